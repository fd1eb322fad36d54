"""What a row is: how it is called, what it refuses, what it gives where `math` raises, how it is pickled."""

import math
import pickle
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import PRIMITIVES
from autograd_lite.core.columns.entering import row_named
from autograd_lite.core.columns.row import COLUMNS
from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.operands import IEEEFloat, number
from autograd_lite.core.primitives import INTERNAL, Primitive
from autograd_lite.core.table import cond, div, dot, exp, log, mean, sqrt, tanh, where
from autograd_lite.core.table import max as largest
from autograd_lite.core.table import sum as total

ROWS = pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)


@pytest.mark.parametrize("x", [1, 1.0, True, Fraction(1, 1)])
def test_real_numbers_are_numbers(x):
    assert number(x) == 1.0
    assert type(number(x)) is float
    assert tanh(x) == math.tanh(1.0)


@pytest.mark.parametrize("x", ["1", None, 1j, [1.0], (1.0,), b"1", object()])
def test_nothing_else_is(x):
    assert number(x) is None
    with pytest.raises(TypeError, match="tanh works on real numbers and Values, but got"):
        tanh(x)


@ROWS
def test_a_row_tells_all_of_itself(row):
    assert row.name.isidentifier()
    assert row.label
    assert row.formula
    assert row.domain
    assert row.kinks
    assert row.columns.keys() <= COLUMNS
    assert row.arity is None or len(row.partials) == row.arity
    assert repr(row) == f"<primitive {row.name}: {row.formula}>"


def test_a_row_is_written_with_the_names_of_its_operands():
    table = {
        "atan2": "atan2(y, x)",
        "clip": "clip(x, low, high)",
        "add": "add(x, y)",
        "floor": "floor(x)",
        "where": "where(condition, a, b)",
        "logsumexp": "logsumexp([x, ...])",
        "dot": "dot([w, ...], [x, ...])",
    }
    assert {name: PRIMITIVES[name].written() for name in table} == table
    assert Primitive("f", 4, max, lambda out, xs: list(xs)).operand_names() == ["x0", "x1", "x2", "x3"]


@ROWS
def test_rows_are_pickled_by_name(row):
    assert pickle.loads(pickle.dumps(row)) is row
    assert row_named(row.name) is row


def test_marks_are_pickled_by_name_and_no_row_has_theirs():
    assert not INTERNAL.keys() & PRIMITIVES.keys()
    for mark in INTERNAL.values():
        assert pickle.loads(pickle.dumps(mark)) is mark


def test_a_row_of_the_user_is_pickled_whole():
    row = Primitive("half_root", 1, math.sqrt, (0.5,), formula="x^(1/2)", domain="x >= 0")
    twin = pickle.loads(pickle.dumps(row))
    assert (twin.name, twin(4.0), twin.partials, twin.domain) == ("half_root", 2.0, (0.5,), "x >= 0")


def test_a_name_that_is_not_in_the_table():
    with pytest.raises(KeyError, match="no row 'tan_h'; its rows are add, sub"):
        row_named("tan_h")


@ROWS
def test_the_number_of_operands_is_checked(row):
    wrong = [()] if row.arity is None else [(1.0,) * (row.arity + 1), (1.0,) * (row.arity - 1)]
    for operands in wrong:
        with pytest.raises(TypeError, match=row.name):
            row(*operands)


def test_rows_of_any_number_take_any_iterable():
    assert total(x for x in (1.0, 2.0)) == total([1, 2]) == total((1.0, 2.0)) == 3.0
    assert dot(range(3), (1, 2, 3)) == 8.0
    assert (total([]), dot([], [])) == (0.0, 0.0)
    for row in (largest, mean):
        with pytest.raises(ValueError, match="at least one"):
            row([])
    with pytest.raises(TypeError, match="iterable"):
        total("12")


# -- outside the domain


def test_outside_the_domain_a_row_tells_which_and_what_to_do():
    with pytest.raises(ValueError, match=r"log\(-2\) failed: .*; its domain is x > 0: keep the operands inside it"):
        log(-2.0)
    with pytest.raises(ZeroDivisionError, match=r"div\(1, 0\)"):
        div(1, 0)
    with pytest.raises(OverflowError, match=r"exp\(1e\+06\)"):
        exp(1e6)


def test_where_nothing_raises_the_limits_of_ieee_754_come():
    with ieee_arithmetic():
        assert (log(0.0), div(-1.0, 0.0), exp(1e6)) == (-math.inf, -math.inf, math.inf)
        assert math.isnan(log(-1.0))
        assert math.isnan(sqrt(-1.0))
    with pytest.raises(ValueError, match="log"):
        log(0.0)


@given(st.floats(), st.floats())
def test_extended_floats_follow_ieee_754(x, y):
    numpy = pytest.importorskip("numpy")
    a, b = numpy.float64(x), numpy.float64(y)
    with numpy.errstate(all="ignore"):
        want = [a + b, a - b, a * b, a / b]
    for left, right in ((IEEEFloat(x), IEEEFloat(y)), (IEEEFloat(x), y), (x, IEEEFloat(y))):
        got = [(left + right).data, (left - right).data, (left * right).data, (left / right).data]
        assert [repr(float(w)) for w in want] == [repr(g) for g in got]


@ROWS
@given(source=st.data())
def test_partials_are_floats_everywhere(row, source):
    if row.arity is None:
        count = 2 * source.draw(st.integers(1, 3))
        xs = source.draw(st.lists(st.floats(), min_size=count, max_size=count))
    else:
        xs = [source.draw(st.floats()) for _ in range(row.arity)]
        if row.name == "polygamma":
            xs[0] = float(source.draw(st.integers(0, 4)))
            xs[1] = source.draw(st.floats(-40.0, 1e6))
    partials = row.all_partials(row.ieee_value(*xs), xs)
    assert len(partials) == len(xs)
    assert all(p is None or type(p) is float for p in partials)


# -- choices with functions


@pytest.mark.parametrize("row", [where, cond])
def test_only_the_chosen_branch_is_called(row):
    assert row(1.0, lambda: 2.0, lambda: 1 / 0) == 2.0
    assert row(0.0, lambda: 1 / 0, lambda: 3.0) == 3.0
    assert row(True, 2.0, lambda: 1 / 0) == 2.0
