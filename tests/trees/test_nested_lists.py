"""Tables of nested lists: taken as such exactly where they are, and put together again."""

import math
from fractions import Fraction

import dags
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.trees import flatten
from autograd_lite.trees.nested_lists import count_of, cut, nested_again, table_of

numbers = st.floats() | st.integers(-(2**60), 2**60) | st.booleans() | st.fractions() | st.floats().map(np.float64)
nests = st.recursive(
    numbers | st.sampled_from(["1.0", None, Value(1.0), np.ones(2)]),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
    max_leaves=12,
)


@st.composite
def tables(draw):
    """Nested lists and tuples of equal lengths."""
    sizes = draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
    kinds = [list] + [draw(st.sampled_from([list, tuple])) for _ in sizes[1:]]

    def level(depth):
        if depth == len(sizes):
            return draw(numbers)
        return kinds[depth](level(depth + 1) for _ in range(sizes[depth]))

    return level(0)


@given(tables())
def test_a_table_gives_its_numbers_and_is_built_again(x):
    levels, found, _ = table_of(x)
    leaves = flatten(x)[0]
    assert dags.same_bits([float(leaf) for leaf in found], [float(leaf) for leaf in leaves])
    assert count_of(levels) == len(leaves)
    assert nested_again(levels, leaves) == x or any(map(math.isnan, found))


def is_table(x):
    """What the words say, one item after the other: items of one kind and one length, down to numbers."""
    level = [x]
    while isinstance(level[0], (list, tuple)):
        if any(type(y) is not type(level[0]) or len(y) != len(level[0]) for y in level):
            return False
        level = [z for y in level for z in y] or [0.0]
    return all(isinstance(y, (int, float, Fraction, Value)) for y in level)


@pytest.mark.thorough
@given(st.lists(nests, max_size=3))
def test_nothing_else_is_taken_for_a_table(x):
    assert (table_of(x) is not None) == is_table(x)


@pytest.mark.parametrize(
    "x", [["1.5"], [[1.0], [2.0, 3.0]], [1.0, [2.0]], [[1.0], (2.0,)], [None], [np.array(1.0)], [1j]]
)
def test_examples_of_what_is_no_table(x):
    assert table_of(x) is None


@given(st.integers(1, 4), st.integers(0, 3))
def test_rows(count, width):
    rows = [[float(i * width + j) for j in range(width)] for i in range(count)]
    assert cut([x for row in rows for x in row], count) == rows
