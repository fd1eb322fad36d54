"""Gathers and scatters as instructions: what they compute, with every kind of number, and in files."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import compile, scan, take, value_and_grad
from autograd_lite.program.gathers import Additions, Column, Entry, Gather, Scatter
from autograd_lite.program.payloads import Environment
from autograd_lite.program.program import Program

FLOATS = Environment()
indices = st.one_of(st.integers(-7, 7).map(float), st.floats(-7, 7), st.sampled_from([math.nan, math.inf, -math.inf]))


def expected_place(index, bound):
    i = index + bound if index < 0 else index
    return int(i) if 0 <= i < bound and i == math.floor(i) else None


@given(st.lists(st.floats(-5, 5), min_size=8, max_size=20), st.integers(0, 1), st.integers(1, 2), indices)
def test_a_gather_reads_at_its_place_and_nowhere_else(array, offset, stride, index):
    bound = (len(array) - 1 - offset) // stride + 1
    found = Gather(offset, stride, bound).evaluate([array, index], FLOATS)
    place = expected_place(index, bound)
    assert (found != found) if place is None else found == array[offset + place * stride]


@given(st.lists(st.tuples(st.floats(-5, 5), indices), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_a_scatter_adds_up_in_its_order(pairs, reverse, based):
    base = [0.5, -1.0, 2.0, 0.25]
    entry = Entry(Column(0 + based, 0, 1), Column(1 + based, 0, 1), 1, 1, 3)
    payload = Scatter(4, based, (Additions(len(pairs), reverse, (entry,)),))
    arrays = [[x for x, _ in pairs], [i for _, i in pairs]]
    expected = list(base) if based else [-0.0] * 4
    for x, i in reversed(pairs) if reverse else pairs:
        place = expected_place(i, 3)
        if place is not None:
            expected[1 + place] += x
    assert payload.evaluate([base, *arrays] if based else arrays, FLOATS) == [x + 0.0 for x in expected]


def program_with_gathers():
    def f(p, symbols):
        total = scan(lambda c, s: (c * 0.5 + take(p, s) * take([c, p[1]], s), None), 0.1, symbols)[0]
        return total + ag.sum(take(p, [i % 3 for i in range(40)]))

    step = compile(value_and_grad(f), backend="python")
    arguments = ([1.0, 2.0, 3.0], [0.0, 1.0, 1.0, 5.0])
    return step.trace(*arguments), arguments


def test_files_keep_them():
    program, arguments = program_with_gathers()
    names = {row.name for row, _, _ in program.instructions}
    assert {"gathers", "scatter"} <= names
    again = Program.from_json(program.to_json())
    assert str(again) == str(program)
    assert repr(again(*arguments, backend="python")) == repr(program(*arguments, backend="python"))
    unrolled = program.unrolled()
    assert repr(unrolled(*arguments, backend="python")) == repr(program(*arguments, backend="python"))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("gathers", {"length": 10**12}),
        ("gathers", {"first": -1}),
        ("gathers", {"places": [0, 1, 99]}),
        ("gathers", {"places": [0, 1, 0]}),
        ("gathers", {"places": [True, 1, 1]}),
        ("scatter", {"size": 10**12}),
        ("scatter", {"size": 1}),
        ("scatter", {"based": 1}),
        ("scatter", {"groups": [[0, False, []]]}),
        ("scatter", {"groups": [[2, False, [[[9, 0, 1], None, 0, 1, 1]]]]}),
        ("scatter", {"groups": [[2, False, [[[0, 0, 10**9], None, 0, 1, 1]]]]}),
        ("scatter", {"groups": [[2, False, [[[0, 0, 1], None, 0, 10**9, 1]]]]}),
        ("scatter", {"more": 1}),
    ],
)
def test_files_are_checked(name, changes):
    document = json.loads(program_with_gathers()[0].to_json())
    for entry in document["instructions"]:
        if entry[0] == name:
            entry[2].update(changes)
    with pytest.raises(ValueError, match="does not hold a valid program"):
        Program.from_json(json.dumps(document))
