"""Random expressions: well defined where they say, printed as Python that computes them, small when they shrink."""

import math

import pytest
from exact import bits, check_expression
from hypothesis import find, given, settings
from hypothesis import strategies as st
from reference import EXACT, MP

from autograd_lite import PRIMITIVES, Value
from autograd_lite.testing.domains import is_flat, kink_distance
from autograd_lite.testing.random_graphs import (
    LARGEST_RESULT,
    SMALLEST_RESULT,
    SMOOTHEST,
    Expression,
    build,
    expressions,
    is_ordinary,
    random_expression,
)


def run(f):
    """What the text of an expression computes when it is pasted."""
    lines = repr(f).splitlines()
    scope = {}
    exec("\n".join([*lines[:-1], f"result = {lines[-1]}"]), scope)
    return scope["result"]


@settings(max_examples=60)
@given(expressions())
def test_an_expression_prints_as_python_that_computes_it(f):
    assert bits(run(f)) == bits(f(*f.point))
    assert bits(f(*[Value(x) for x in f.point]).data) == bits(f(*f.point))


def test_a_negative_base_is_printed_in_parentheses():
    f = Expression((2.0,), [(PRIMITIVES["pow"], (-3.0, 0))])
    assert run(f) == f(2.0) == 9.0


def values_of(f):
    """All values of an expression, as floats and in 60 digits."""
    floats, exact = list(f.point), [MP.mpf(x) for x in f.point]
    for row, operands in f.steps:
        numbers = [floats[i] if isinstance(i, int) else i for i in operands]
        floats.append(row.ieee_value(*numbers))
        entry = EXACT[row.name]
        numbers = [exact[i] if isinstance(i, int) else MP.mpf(i) for i in operands]
        exact.append(entry.value(numbers) if row.arity is None else entry.value(*numbers))
    return floats, exact


TREACHEROUS = ("erfc", "cosh", "where", "mul", "exp", "sub", "sigmoid", "square", "less", "relu")
"""Rows that underflow and rows that choose: together they took another branch than the reference."""


@pytest.mark.parametrize("seed", range(60))
def test_every_choice_is_the_same_in_60_digits(seed):
    f = random_expression(seed, size=30, rows=[PRIMITIVES[name] for name in TREACHEROUS])
    floats, exact = values_of(f)
    for row, operands in f.steps:
        if row.name == "where" and isinstance(operands[0], int):
            assert bool(floats[operands[0]]) == bool(exact[operands[0]]), f
    check_expression(f)


def test_an_underflowed_condition_is_at_a_kink():
    """erfc(300) is 0 in floats and positive in truth: the branch is decided by the rounding."""
    erfc, where = PRIMITIVES["erfc"], PRIMITIVES["where"]
    planted = Expression((300.0, 2.0, 5.0), [(erfc, (0,)), (where, (3, 1, 2))])
    with pytest.raises(AssertionError, match="times the allowed error"):
        check_expression(planted)
    assert kink_distance(where, [erfc(300.0), 2.0, 5.0]) == 0.0


@settings(max_examples=50)
@given(expressions())
def test_no_result_has_lost_its_digits(f):
    for x in values_of(f)[0][len(f.point) :]:
        assert x == 0.0 or SMALLEST_RESULT / 10.0 <= abs(x) <= 100.0 * LARGEST_RESULT


@settings(max_examples=50)
@given(expressions())
def test_every_step_is_used(f):
    used = {i for _, operands in f.steps for i in operands if isinstance(i, int)}
    count = len(f.point)
    assert used >= set(range(count, count + len(f.steps) - 1)), f


@settings(max_examples=50)
@given(expressions())
def test_every_step_keeps_its_distance_from_kinks(f):
    values, exact = list(f.point), [False] * len(f.point)
    for row, operands in f.steps[:-1]:
        numbers = [values[i] if isinstance(i, int) else i for i in operands]
        fixed = [exact[i] if isinstance(i, int) else True for i in operands]
        assert kink_distance(row, numbers, fixed) >= SMOOTHEST
        values.append(row.ieee_value(*numbers))
        exact.append(is_flat(row))


def test_what_underflowed_is_not_ordinary():
    for name, operands in (("erfc", [30.0]), ("exp", [-800.0]), ("pow", [0.5, 2000.0]), ("mul", [1e-40, 1e-40])):
        assert not is_ordinary(PRIMITIVES[name], operands), name
    assert is_ordinary(PRIMITIVES["relu"], [-1.0])
    assert is_ordinary(PRIMITIVES["sub"], [1.0, 1.0])


def test_a_constant_uses_no_value():
    """1.0 is equal to the number of value 1, and is not that value."""
    f = build([(PRIMITIVES["neg"], [0]), (PRIMITIVES["add"], [1, 1.0])], (0.5,), 5)
    assert [row.name for row, _ in f.steps] == ["neg", "add", "sum"]
    assert f(0.5) == 1.0


@pytest.mark.thorough
def test_a_planted_bug_shrinks_to_a_few_nodes():
    """Whatever it is that goes wrong at one row, the smallest example has hardly more than that row."""
    for name in ("tanh", "where"):
        f = find(expressions(), lambda f, name=name: any(row.name == name for row, _ in f.steps),
                 settings=settings(max_examples=5000, database=None))  # fmt: skip
        assert len(f.steps) <= 3, f
        assert len(repr(f).splitlines()) <= 8


@pytest.mark.thorough
def test_sharing_comes_up():
    def shares(f):
        used = [i for _, operands in f.steps for i in operands if isinstance(i, int) and i >= len(f.point)]
        return len(used) > len(set(used))

    f = find(expressions(), shares, settings=settings(max_examples=5000, database=None))
    assert len(f.steps) <= 3, f


@given(st.booleans(), st.booleans(), st.integers(-8, 8), st.integers(-8, 8))
def test_the_distance_of_conditions_from_their_jumps(fix, pinned, x, y):
    """Within the distance nothing changes; at it, something may."""
    for name in ("logical_and", "logical_or"):
        row = PRIMITIVES[name]
        d = kink_distance(row, [x, y], [fix, pinned])
        step = min(d, 10.0) * 0.99
        for a in (x,) if fix else (x - step, x, x + step):
            for b in (y,) if pinned else (y - step, y, y + step):
                assert row(a, b) == row(x, y)
        if 0.0 < d < 10.0:
            ends = [row(a, b) for a in ((x,) if fix else (0.0, x)) for b in ((y,) if pinned else (0.0, y))]
            assert set(ends) != {row(x, y)}
    where = PRIMITIVES["where"]
    assert kink_distance(where, [x, 1.0, 2.0], [True, False, False]) == math.inf
    assert kink_distance(where, [x, 1.0, 2.0]) == abs(x)


def test_flat_rows_are_those_through_which_nothing_flows():
    assert {"less", "sign", "floor", "logical_not"} <= {row.name for row in PRIMITIVES.values() if is_flat(row)}
    assert not any(is_flat(PRIMITIVES[name]) for name in ("relu", "where", "max", "mod", "add"))
