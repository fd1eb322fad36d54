"""Paths: no two things in a container have the same, and a path falls apart into its keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.trees.paths import check_distinct, inner_path, is_within, joined, parts, renamed

KEYS = st.one_of(
    st.sampled_from(["a", "b", "a.b", ".", "", "0", "1", "[0]", "a[0]", "['a']", "]", '"', "'", "\\", "\n", "\ud800"]),
    st.text(max_size=4), st.integers(-2, 2), st.none(), st.tuples(st.integers(0, 1), st.sampled_from(["a", "."])),
)  # fmt: skip
ROUTES = st.lists(KEYS, max_size=4).map(tuple)


def path_of(route):
    path = ""
    for key in route:
        path = inner_path(path, key)
    return path


@given(st.lists(ROUTES, max_size=8, unique_by=repr))
def test_different_routes_have_different_paths(routes):
    assert len({path_of(route) for route in routes}) == len(routes)


@given(ROUTES, ROUTES)
def test_a_path_falls_apart_into_its_keys(outer, more):
    path = path_of(outer + more)
    assert "".join(parts(path)) == path
    assert len(parts(path)) == len(outer + more)
    assert is_within(path, path_of(outer))
    assert path_of(outer + more) == joined(path_of(outer), path_of(more))


@given(ROUTES, ROUTES)
def test_what_is_elsewhere_is_not_within(one, other):
    wanted = one[: len(other)] == other and repr(one[: len(other)]) == repr(other)
    assert is_within(path_of(one), path_of(other)) == wanted


def test_two_things_under_one_name_are_both_shown():
    with pytest.raises(ValueError, match=r"It has two things under one name, 'd\[K\]': 1\.5 and 2\.5; give them keys"):
        check_distinct(["a", "d[K]", "d[K]"], [0.5, 1.5, 2.5], "It")


def test_a_state_with_the_names_of_earlier_versions_is_found_where_that_is_clear():
    assert renamed({"d.1": 1.0, "d.a.b": 2.0, "w[0]": 3.0}, ["d[1]", "d['a.b']", "w[0]"]) == {
        "d[1]": 1.0, "d['a.b']": 2.0, "w[0]": 3.0,
    }  # fmt: skip
    for unclear in ({"d.1": 1.0}, {"d.1": 1.0, "d[1]": 2.0}, {"d.2": 1.0, "d.a.b": 2.0, "w[0]": 3.0}):
        assert renamed(unclear, ["d[1]", "d['a.b']", "w[0]"]) is unclear
