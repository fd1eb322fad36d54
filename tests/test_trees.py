"""Nests taken apart and put together again."""

from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, nn
from autograd_lite.trees import LEAF, described, flatten, leaves_like, size, unflatten

Pair = namedtuple("Pair", "first second")

numbers = st.one_of(st.floats(allow_nan=False), st.integers(-9, 9), st.booleans(), st.floats().map(Value))
nests = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.builds(Pair, inner, inner),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
)


@given(nests)
def test_a_nest_taken_apart_is_put_together_again(x):
    leaves, shape = flatten(x)
    again = unflatten(shape, iter(leaves))
    assert repr(again) == repr(x)
    assert type(again) is type(x)
    assert len(leaves) == size(shape)
    assert all(a is b for a, b in zip(leaves_like(x, shape, "nest"), leaves, strict=True))
    assert hash(shape) == hash(flatten(x)[1])


@given(nests, nests)
def test_leaves_go_along_exactly_where_the_structure_is_the_same(x, y):
    leaves, shape = flatten(x)
    other, other_shape = flatten(y)
    if shape == other_shape:
        assert leaves_like(y, shape, "direction") == other
        return
    try:
        found = leaves_like(y, shape, "direction")
    except ValueError:
        return
    # a list and a tuple may stand for each other, and a dict's entries in another order
    assert len(found) == len(leaves)
    assert {id(a) for a in found} == {id(a) for a in other}


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 1, 2)])
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.bool_, object])
def test_arrays(shape, kind):
    a = np.ones(shape, dtype=kind)
    leaves, found = flatten(a)
    assert (found, len(leaves), size(found)) == (("array", shape), a.size, a.size)
    again = unflatten(found, iter(leaves))
    assert again.dtype == np.float64
    assert np.array_equal(again, a)
    assert leaves_like(a.tolist(), found, "direction") == leaves


def test_arrays_of_values_stay_arrays_of_objects():
    a = np.array([[Value(1.0)], [Value(2.0)]])
    leaves, shape = flatten(a)
    again = unflatten(shape, iter(leaves))
    assert (again.dtype, again.shape) == (object, (2, 1))
    assert again[1, 0] is a[1, 0]


def test_a_module_is_a_nest_of_its_parameters():
    model = nn.Linear(2, 1, rng=0)
    leaves, shape = flatten(model)
    assert leaves == [p for _, p in model.named_parameters()]
    slope = unflatten(shape, iter([1.0, 2.0, 3.0]))
    assert slope == dict(zip((name for name, _ in model.named_parameters()), (1.0, 2.0, 3.0), strict=True))
    assert leaves_like(slope, shape, "direction") == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("bad", ["text", None, 1j, object(), {1.0, 2.0}, np.array(["a"]), np.array([1j])])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [1.0, (x,)], lambda x: {"a": x}])
def test_what_is_no_number_is_refused(bad, wrap):
    with pytest.raises(TypeError, match=r"the argument (holds|is an array)"):
        flatten(wrap(bad))


def test_shapes_in_words():
    assert described(LEAF) == "one number"
    assert described(flatten([1, 2])[1]) == "a list of 2"
    assert described(flatten(Pair(1, 2))[1]) == "a tuple of 2"
    assert described(flatten({"a": 1})[1]) == "a dict with the keys ['a']"
    assert described(flatten(np.ones((2, 3)))[1]) == "an array of shape (2, 3)"
    with pytest.raises(ValueError, match=r"direction\[1\] is 5.0 of type float, but a list of 2 belongs there"):
        leaves_like([1.0, 5.0], flatten([1.0, [2.0, 3.0]])[1], "direction")
