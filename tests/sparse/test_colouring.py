"""Colourings, by their definitions, on random patterns."""

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given

from autograd_lite.sparse.colouring import acyclic, apart, colour_count, neighbours_of, star, two_sided

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))
PATTERNS = SHAPES.flatmap(
    lambda shape: st.tuples(
        st.just(shape),
        st.sets(st.tuples(st.integers(0, shape[0] - 1), st.integers(0, shape[1] - 1))).map(sorted),
    )
)
SYMMETRIC = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))).map(
            lambda e: sorted(e | {(j, i) for i, j in e})
        ),
    )
)


def banded(n, width):
    return [(i, j) for i in range(n) for j in range(n) if abs(i - j) <= width]


def is_star(colours, entries):
    """Whether a colouring is a star colouring, by its definition."""
    graph = neighbours_of(entries, len(colours))
    for a, near in enumerate(graph):
        for b in near:
            if colours[a] == colours[b]:
                return False
            for c in graph[b]:
                if c != a and colours[c] == colours[a]:
                    for d in graph[c]:
                        if d not in (a, b) and colours[d] == colours[b]:
                            return False
    return True


@pytest.mark.thorough
@given(PATTERNS, st.sampled_from([0, 1]))
def test_columns_of_one_colour_have_no_row_in_common(pattern, line):
    shape, entries = pattern
    colours = apart(entries, shape, line)
    places = [(colours[entry[line]], entry[1 - line]) for entry in entries]
    assert len(set(places)) == len(places)
    assert [c >= 0 for c in colours] == [any(e[line] == k for e in entries) for k in range(shape[line])]


@given(PATTERNS)
def test_two_sided_colours_recover_every_entry(pattern):
    shape, entries = pattern
    rows, columns = found = two_sided(entries, shape)
    for i, j in entries:
        if rows[i] >= 0:
            assert sum(rows[k] == rows[i] for k, other in entries if other == j) == 1
        else:
            assert sum(columns[k] == columns[j] for other, k in entries if other == i) == 1
    assert found.colours <= min(colour_count(apart(entries, shape, 0)), colour_count(apart(entries, shape, 1)))


@given(SYMMETRIC)
def test_star_colourings_are(pattern):
    n, entries = pattern
    assert is_star(star(entries, n), entries)


@pytest.mark.parametrize(
    ("colours", "is_one"), [([0, 1, 0, 1], False), ([0, 0, 1, 2], False), ([0, 1, 0, 2], True), ([0, 1, 2, 0], True)]
)
def test_a_wrong_star_colouring_is_found(colours, is_one):
    assert is_star(colours, banded(4, 1)) == is_one


@given(SYMMETRIC)
def test_two_colours_of_an_acyclic_colouring_are_a_forest(pattern):
    n, entries = pattern
    colours = acyclic(entries, n)
    graph = neighbours_of(entries, n)
    assert all(colours[i] != colours[j] for i in range(n) for j in graph[i])
    for pair in itertools.combinations(set(colours), 2):
        nodes = [i for i in range(n) if colours[i] in pair]
        edges = sum(colours[j] in pair for i in nodes for j in graph[i]) // 2
        seen, trees = set(), 0
        for root in nodes:
            trees += root not in seen
            stack = [root]
            while stack:
                i = stack.pop()
                if i not in seen:
                    seen.add(i)
                    stack += [j for j in graph[i] if colours[j] in pair]
        assert edges == len(nodes) - trees


@pytest.mark.parametrize(("width", "columns", "stars", "forest"), [(1, 3, 3, 2), (2, 5, 5, 3)])
def test_colours_of_banded_matrices(width, columns, stars, forest):
    entries = banded(30, width)
    assert colour_count(apart(entries, (30, 30), 1)) == columns
    assert colour_count(star(entries, 30)) <= stars
    assert forest <= colour_count(acyclic(entries, 30)) <= stars


def test_an_arrow_takes_both_sides():
    n = 20
    entries = sorted({(0, k) for k in range(n)} | {(k, 0) for k in range(n)} | {(k, k) for k in range(n)})
    assert colour_count(apart(entries, (n, n), 0)) == colour_count(apart(entries, (n, n), 1)) == n
    assert two_sided(entries, (n, n)).colours == 3
    assert colour_count(star(entries, n)) == 2
