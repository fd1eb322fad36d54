import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import compile, register_pytree_node
from autograd_lite.trees import flatten
from autograd_lite.trees.exact_keys import exact

DATA = st.recursive(
    st.floats() | st.integers(-1, 2) | st.booleans() | st.none() | st.text(max_size=1) | st.binary(max_size=1)
    | st.complex_numbers(max_magnitude=1.0) | st.sampled_from([0.0, -0.0, 1.0, 1, True]),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(st.sampled_from([0.0, 0, 1, True, "a"])),
    max_leaves=4,
)  # fmt: skip


class Tagged:
    def __init__(self, content, tag):
        self.content, self.tag = content, tag


register_pytree_node(Tagged, lambda x: ([x.content], x.tag), lambda tag, children: Tagged(*children, tag))


@given(DATA, DATA)
def test_two_keys_are_equal_where_python_writes_them_alike(x, y):
    if not isinstance(x, frozenset) and not isinstance(y, frozenset) and "frozenset" not in repr((x, y)):
        assert (exact(x) == exact(y)) == (repr(x) == repr(y))
    assert exact(x) == exact(x)
    assert hash(exact(x)) == hash(exact(x))


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0.0, -0.0), ((1, 2.0), (True, 2.0)), ("1", 1)])
def test_structures_with_keys_of_other_types_or_bits_have_programs_of_their_own(one, other):
    f = compile(lambda x: x, backend="python")
    for key in (one, other, one):
        (found,) = f({key: 2.0})
        assert repr(found) == repr(key)
        assert repr(f(Tagged(2.0, key)).tag) == repr(key)
    assert flatten({one: 2.0})[1] != flatten({other: 2.0})[1]
    assert flatten({one: 2.0})[1] == flatten({one: 3.0})[1]


def test_keys_of_numpy_are_told_from_those_of_python():
    assert exact(np.float64(1.0)) != exact(1.0)
    assert exact(np.str_("a")) != exact("a")
