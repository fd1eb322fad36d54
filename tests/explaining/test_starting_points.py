"""Where sliders begin and end, and what arguments become."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autograd_lite import Value, tanh
from autograd_lite.explaining.starting_points import Starts, bound, slider_ends


@given(st.floats())
@example(0.0)
@example(1.7976931348623157e308)
@example(-5e-324)
def test_a_slider_has_room_on_both_sides_of_where_it_starts(x):
    low, high = slider_ends(x)
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    if abs(x) < 1e300:
        assert low < x < high
        assert high - low >= 10.0 * min(1.0, abs(x))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_a_range_starts_in_its_middle(low, width):
    starts = Starts()
    x = starts.of((low, low + width), "x")
    assert starts.ranges[x] == (low, low + width)
    assert low <= x.data <= low + width
    assert x.label == "x"


def test_numbers_in_containers_become_values_and_all_else_stays():
    starts = Starts()
    given_value, word = Value(1.0), "word"
    found = starts.of([1, (2.0, 3.0, 4.0), {"k": True}, given_value, word, None], "x")
    assert [x.label for x in starts.ranges] == ["x[0]", "x[1][0]", "x[1][1]", "x[1][2]"]
    assert found[2] == {"k": True}
    assert found[3] is given_value
    assert found[4:] == [word, None]
    assert isinstance(found[1], tuple)


@pytest.mark.parametrize("ends", [(1.0, 1.0), (2.0, 1.0), (-math.inf, 0.0), (0.0, math.nan), (0.0, math.inf)])
def test_a_range_that_is_none_is_refused(ends):
    with pytest.raises(ValueError, match="goes from a low number to a higher one"):
        Starts().of(ends, "x")


def test_arguments_by_name_go_to_their_places():
    assert bound(lambda a, b, *, c: None, [1], {"c": 3, "b": 2}) == ((1, 2), {"c": 3})
    assert bound(tanh, [], {"x": 2}) == ([2], {})
    with pytest.raises(TypeError, match=r"pass each by its name, as a number to start from or a pair \(low, high\)"):
        bound(lambda a: None, [], {})
