"""Numbers as they are shown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.drawing.number_format import check_precision, latex, numeral


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 17))
def test_what_is_shown_reads_back_to_the_precision_that_was_asked_for(x, precision):
    shown = float(numeral(x, precision).replace("−", "-"))
    if math.isfinite(shown):  # the largest floats round up to infinity
        assert shown == float(f"{x:.{precision}g}")


@given(st.floats(allow_nan=False))
def test_seventeen_digits_lose_nothing(x):
    text = numeral(x, 17).replace("−", "-").replace("∞", "inf")
    assert float(text) == x


def test_nan_and_infinities():
    assert [numeral(x) for x in (math.nan, math.inf, -math.inf)] == ["nan", "∞", "−∞"]
    assert [latex(x) for x in (math.nan, math.inf, -math.inf)] == [r"\text{nan}", r"\infty", r"-\infty"]


@pytest.mark.parametrize("precision", [0, 18, 2.0, "4", None, True])
def test_a_wrong_precision_is_refused(precision):
    with pytest.raises(ValueError, match="significant digits"):
        check_precision(precision)
