"""Patterns: what they hold, and what they refuse."""

import numpy as np
import pytest

from autograd_lite import SparsityPattern


def test_entries_are_sorted_and_counted():
    pattern = SparsityPattern([2, 0, 2], [1, 3, 0], (3, 4))
    assert list(pattern) == [(0, 3), (2, 0), (2, 1)]
    assert (pattern.nnz, len(pattern), pattern.density) == (3, 3, 0.25)
    assert repr(pattern) == "<SparsityPattern of 3 x 4 with 3 entries>"
    assert (2, 1) in pattern
    assert (1, 2) not in pattern
    assert 3 not in pattern
    assert pattern.toarray().sum() == 3
    assert (pattern.tocsr().toarray() == pattern.toarray()).all()


def test_patterns_compare_and_join():
    one, other = SparsityPattern([0], [0], (2, 2)), SparsityPattern([0, 1], [0, 1], (2, 2))
    assert one != other
    assert one | other == other
    assert one != SparsityPattern([0], [0], (2, 3))
    assert one != 3
    with pytest.raises(ValueError, match="have no union"):
        one | SparsityPattern([], [], (3, 3))
    with pytest.raises(TypeError):
        one | 3
    with pytest.raises(TypeError):
        hash(one)


def test_empty_patterns():
    for shape in ((0, 0), (0, 3), (4, 0), (2, 2)):
        pattern = SparsityPattern([], [], shape)
        assert (pattern.nnz, pattern.density, list(pattern)) == (0, 0.0, [])


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([0, 0], [1, 1], r"the entry \(0, 1\) twice; give each entry once"),
        ([2], [0], "an entry in row 2; give indices from 0 to 1"),
        ([0], [-1], "an entry in column -1"),
        ([0, 1], [0], "got 2 rows and 1 columns"),
    ],
)
def test_wrong_entries(rows, columns, message):
    with pytest.raises(ValueError, match=message):
        SparsityPattern(rows, columns, (2, 2))


def test_a_pattern_does_not_change():
    pattern = SparsityPattern([0], [0], (2, 2))
    with pytest.raises(ValueError, match="read-only"):
        pattern.rows[0] = 1
    assert np.array_equal(pattern.rows, [0])
