"""The table, row by row: value and partials against 60 digits and against differences, in both directions.

Every test loops over PRIMITIVES, so a new row is tested when it is there (and has a line in
`reference`).  At the end wrong rows are planted, which the very same checks must find.
"""

import functools
import itertools
import math
import operator
import struct

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from precision import is_comfortable, partial_excess, unsigned_zeros, value_excess
from reference import EXACT, MP, exact_partials

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, gradients
from autograd_lite.core.operands import IEEEFloat, float_of
from autograd_lite.core.primitives import INTERNAL, Primitive
from autograd_lite.core.table.definition_reader import Definition
from autograd_lite.testing.domains import intervals, is_defined, kink_distance
from autograd_lite.testing.precision import ulp, ulps
from autograd_lite.testing.strategies import floats_by_spacing, operands

EXAMPLES = settings(max_examples=25)
ROWS = list(PRIMITIVES.values())
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 5e-324, -1e308, 710.0, math.inf, -math.inf, math.nan)
CONDITIONS = tuple([row.name for row in ROWS if row.partial_rules and all(p is None for p in row.partial_rules)])
CHOICES = ("where", "cond", "fmax", "fmin", "heaviside")
"""What may leave an operand out, and be a number where that is nan."""

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def bits(x):
    """The float to the bit, all nans equal."""
    return "nan" if x != x else struct.pack("<d", x)


def value_of(row, xs):
    return row.value(list(xs)) if row.arity is None else row.value(*xs)


def applied(row, xs):
    """row(x, ...), the operands given as users do."""
    if row.name == "dot":
        return row(xs[: len(xs) // 2], xs[len(xs) // 2 :])
    return row(list(xs)) if row.arity is None else row(*xs)


def partials_of(row, xs):
    return row.all_partials(value_of(row, xs), list(xs))


SCALE_ONE = ("sin", "cos", "tan", "j0", "j1", "sinpi", "cospi", "sinc", "cardinal_sine", "logaddexp", "logsumexp")
"""What changes as fast far from 0 as near it: longer steps would see nothing of that."""


def anything(row):
    """Operands inside and outside of the domain."""
    one = st.one_of(st.sampled_from(SPECIAL), floats_by_spacing())
    first = st.integers(0, 8).map(float) if row.name == "polygamma" else one
    return st.tuples(first, *[one] * ((row.arity or 4) - 1)).map(list)


# -- the checks, as functions of a row, so that planted rows can go through them


def check_value(row, xs):
    if not is_comfortable(row, xs):
        return
    got = value_of(row, xs)
    excess = value_excess(row, xs, got)
    assert excess <= 1.0, f"{row.name}{tuple(xs)} = {got!r}, {excess:.3g} times the allowed error"


def check_partials(row, xs):
    """Where the reference is a finite number: elsewhere conventions rule, which have tests of their own."""
    if not is_comfortable(row, xs):
        return
    try:
        want = exact_partials(row, xs)
    except (ZeroDivisionError, ValueError):
        return
    for i, (p, exact) in enumerate(zip(partials_of(row, xs), want, strict=True)):
        if p is not None and MP.isfinite(exact):
            excess = partial_excess(row, i, xs, p)
            assert excess <= 1.0, f"{row.name}{tuple(xs)}: partial {i} is {p!r}, {excess:.3g} times the allowed error"


def check_differences(row, xs):
    """Partials against centred differences of the row's own value: no reference, no table of formulas."""
    if not is_comfortable(row, xs):
        return
    out = value_of(row, xs)
    partials = row.all_partials(out, list(xs))
    moved = max([abs(x * p) for x, p in zip(xs, partials, strict=True) if p is not None], default=0.0)
    for i, p in enumerate(partials):
        if p is None or not math.isfinite(p):
            continue
        # Differences at two steps that agree, in a stretch without a kink, say how good they are.
        h = 1e-3 * max(min(abs(xs[i]), 1.0) if row.name in SCALE_ONE else abs(xs[i]), 1e-3)
        if not 2.0 * h < kink_distance(row, xs) or h < 1e8 * ulp(xs[i]):
            continue
        found, values = [], [out]
        for step in (h, h / 2.0, h / 4.0):
            up, down = list(xs), list(xs)
            up[i] += step
            down[i] -= step
            if not (is_defined(row, up) and is_defined(row, down)):
                break
            values += [value_of(row, up), value_of(row, down)]
            found.append((values[-2] - values[-1]) / (up[i] - down[i]))
        if len(found) < 3:
            continue
        # Two steps of Richardson's extrapolation, and what they moved.
        first, second = (4.0 * found[1] - found[0]) / 3.0, (4.0 * found[2] - found[1]) / 3.0
        best = (16.0 * second - first) / 15.0
        noise = (1e-14 * max(moved, *map(abs, values)) + 1e-322) / h
        error = 10.0 * abs(best - second) + noise
        if error < 1e-3 * abs(best) + 1e-300:
            allowed = error + 1e-9 * abs(best) + 1e-307
            assert abs(p - best) <= allowed, f"{row.name}{tuple(xs)}: partial {i} is {p!r}, not {best!r}"


def check_lowering(row, xs):
    """The lowering gives the value, bit for bit, in IEEE arithmetic."""
    wrapped = [x if i in row.whole else IEEEFloat(x) for i, x in enumerate(xs)]
    lowered = row.lowering(wrapped) if row.arity is None else row.lowering(*wrapped)
    total = row.ieee_value(*xs)
    assert bits(float_of(lowered)) == bits(total), f"{row.name}{tuple(xs)}: lowered {lowered}, value {total!r}"


# -- value and partials


def test_every_row_has_a_reference():
    assert set(EXACT) == set(PRIMITIVES)


@pytest.mark.thorough
@every_row
def test_value(row):
    @EXAMPLES
    @given(operands(row))
    def check(xs):
        check_value(row, unsigned_zeros(row, xs))

    check()


@every_row
def test_partials(row):
    @EXAMPLES
    @given(operands(row))
    def check(xs):
        check_partials(row, unsigned_zeros(row, xs))

    check()


@pytest.mark.thorough
@every_row
def test_differences(row):
    @EXAMPLES
    @given(operands(row))
    def check(xs):
        check_differences(row, xs)

    check()


EVERYDAY = {
    **{name: st.floats(-0.9, 0.9) for name in ("asin", "acos", "atanh", "erfinv")},
    **{name: st.floats(0.1, 0.9) for name in ("logit", "ndtri")},
    "acosh": st.floats(1.1, 9.0),
}


@pytest.mark.thorough
@every_row
def test_the_reference_is_right(row):
    """Its partials against differences of its values, in 60 digits."""
    if row.name in CONDITIONS:
        return

    @settings(max_examples=10)
    @given(st.lists(EVERYDAY.get(row.name, st.floats(0.1, 9.7)), min_size=row.arity or 4, max_size=row.arity or 4))
    def check(xs):
        if row.selects:
            xs[0] = float(xs[0] > 5.0)
        if row.name == "polygamma":
            xs[0] = float(int(xs[0]))
        assume(kink_distance(row, xs, [row.selects and i == 0 for i in range(len(xs))]) > 1e-6)
        partials = exact_partials(row, xs)
        h = MP.mpf(10) ** -20
        for i in range(len(xs)):
            if partials_of(row, xs)[i] is None or MP.isnan(partials[i]):
                continue
            up = [MP.mpf(x) + (h if i == j else 0) for j, x in enumerate(xs)]
            down = [MP.mpf(x) - (h if i == j else 0) for j, x in enumerate(xs)]
            entry = EXACT[row.name]
            ends = [entry.value(e) if row.arity is None else entry.value(*e) for e in (up, down)]
            slope = (ends[0] - ends[1]) / (2 * h)
            assert abs(slope - partials[i]) <= MP.mpf(10) ** -15 * (1 + abs(slope)), (xs, i)

    check()


# -- special operands


@every_row
def test_nan_propagates(row):
    if row.name in CONDITIONS or row.name in CHOICES:
        return
    count = row.arity or 4
    for i in range(count):
        for other in (0.0, 1.0, -2.0, math.inf, -math.inf, math.nan):
            xs = [math.nan if i == j else other for j in range(count)]
            assert math.isnan(applied(row, xs)), xs
            assert math.isnan(applied(row, [Value(x) for x in xs]).data), xs
            assert math.isnan(row.ieee_value(*xs)), xs


def test_conditions_on_nan_are_those_of_python():
    nan = math.nan
    assert [PRIMITIVES[name](nan, 1.0) for name in ("less", "less_equal", "equal")] == [0.0, 0.0, 0.0]
    assert (ag.logical_not(nan), ag.logical_and(nan, 1.0), ag.logical_or(nan, 0.0)) == (0.0, 1.0, 1.0)
    assert ag.where(nan, 1.0, 2.0) == 1.0


@pytest.mark.thorough
@every_row
def test_only_domain_errors_are_raised(row):
    """And `total` raises nothing, and agrees with `value` wherever that is defined."""

    @EXAMPLES
    @given(anything(row))
    def check(xs):
        total = row.ieee_value(*xs)
        assert isinstance(total, float)
        try:
            assert bits(value_of(row, xs)) == bits(total)
        except (ValueError, ZeroDivisionError, OverflowError):
            assert not math.isfinite(total)

    check()


@pytest.mark.thorough
@every_row
def test_partials_never_raise(row):
    @EXAMPLES
    @given(anything(row))
    def check(xs):
        try:
            out = value_of(row, xs)
        except (ValueError, ArithmeticError):
            return
        for p in row.all_partials(out, list(xs)):
            assert p is None or isinstance(p, float)

    check()


def real(x):
    """A complex power is a ValueError: the table is real."""
    if isinstance(x, complex):
        raise ValueError("complex")
    return float(x)


IN_PYTHON = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "pow": lambda x, y: x * x if y == 2.0 and abs(x) < 1e150 else real(x**y), "mod": operator.mod,
    "floor_divide": operator.floordiv, "square": lambda x: x * x, "reciprocal": lambda x: 1.0 / x,
    "identity": lambda x: x, "abs": abs, "round": lambda x: math.copysign(round(x), x),
    "floor": lambda x: math.copysign(math.floor(x), x), "ceil": lambda x: math.copysign(math.ceil(x), x),
    "trunc": lambda x: math.copysign(math.trunc(x), x), "maximum": max, "minimum": min,
    "less": operator.lt, "less_equal": operator.le, "equal": operator.eq, "logical_not": operator.not_,
    "logical_and": lambda x, y: bool(x and y), "logical_or": lambda x, y: bool(x or y),
    "where": lambda c, a, b: a if c else b, "cond": lambda c, a, b: a if c else b,
    "clip": lambda x, low, high: min(max(x, low), high), "relu": lambda x: max(0.0, x),
    **{row.name: getattr(math, row.name) for row in ROWS if hasattr(math, row.name) and row.name not in
       ("pow", "floor", "ceil", "trunc", "sum", "prod", "dist", "dot")},
    "sum": lambda *xs: functools.reduce(operator.add, xs), "prod": lambda *xs: functools.reduce(operator.mul, xs),
    "mean": lambda *xs: functools.reduce(operator.add, xs) / len(xs), "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs), "dot": lambda v, w, x, y: v * x + w * y,
}  # fmt: skip
"""What Python itself has for a row: an operator, a built-in function, or one of `math`."""

BIG = 2.0**500
NOT_IN_PYTHON = {
    # x: the value there, or the exception
    "sign": {0.0: 0.0, math.inf: 1.0, -math.inf: -1.0, 5e-324: 1.0},
    "digamma": {0.0: ValueError, -1.0: ValueError, math.inf: math.inf, -math.inf: ValueError},
    "trigamma": {0.0: ValueError, -2.0: ValueError, 3e-311: math.inf, -3e-311: math.inf, math.inf: 0.0,
                 -math.inf: ValueError},
    "polygamma": {(3.0, 0.0): ValueError, (0.0, -1.0): ValueError, (2.0, math.inf): 0.0, (1.0, -math.inf): ValueError,
                  (2.0, -5e-324): math.inf, (3.0, -5e-324): math.inf,
                  (0.5, 1.0): ValueError, (-1.0, 1.0): ValueError, (0.0, math.inf): math.inf},
    "sigmoid": {0.0: 0.5, math.inf: 1.0, -math.inf: 0.0, 1e308: 1.0, -1e308: 0.0},
    "softplus": {0.0: math.log(2.0), math.inf: math.inf, -math.inf: 0.0, 1e308: 1e308, -1e308: 0.0},
    "log_sigmoid": {0.0: -math.log(2.0), math.inf: 0.0, -math.inf: -math.inf, 1e308: 0.0, -1e308: -1e308},
    "logit": {0.5: 0.0, 0.0: ValueError, 1.0: ValueError, -1.0: ValueError, math.inf: ValueError},
    "log1mexp": {0.0: ValueError, -1.0: ValueError, math.inf: -0.0, 1e308: -0.0, -math.inf: ValueError},
    "logcosh": {0.0: 0.0, math.inf: math.inf, -math.inf: math.inf, -1e308: 1e308},
    "xlogy": {(0.0, 0.0): 0.0, (0.0, -1.0): 0.0, (0.0, math.inf): 0.0, (1.0, 0.0): ValueError, (1.0, -1.0): ValueError,
              (2.0, math.inf): math.inf, (-2.0, math.inf): -math.inf, (math.inf, 0.5): -math.inf,
              (0.0, math.nan): math.nan},
    "xlog1py": {(0.0, -1.0): 0.0, (0.0, -2.0): 0.0, (0.0, math.inf): 0.0, (1.0, -1.0): ValueError,
                (2.0, math.inf): math.inf, (math.inf, -0.5): -math.inf, (0.0, math.nan): math.nan},
    "entr": {0.0: 0.0, 1.0: -0.0, -1.0: -math.inf, -math.inf: -math.inf, math.inf: -math.inf},
    "rsqrt": {4.0: 0.5, 0.0: ZeroDivisionError, -1.0: ValueError, math.inf: 0.0, 5e-324: 2.0**537},
    "heaviside": {(0.0, 0.5): 0.5, (2.0, 0.5): 1.0, (-5e-324, 0.5): 0.0, (math.inf, math.nan): 1.0,
                  (-math.inf, 1.0): 0.0, (math.nan, 0.5): math.nan},
    "fmax": {(math.nan, 2.0): 2.0, (2.0, math.nan): 2.0, (-math.inf, math.nan): -math.inf, (1.0, math.inf): math.inf,
             (math.nan, math.nan): math.nan},
    "fmin": {(math.nan, 2.0): 2.0, (2.0, math.nan): 2.0, (math.inf, math.nan): math.inf, (1.0, -math.inf): -math.inf,
             (math.nan, math.nan): math.nan},
    "erfcx": {0.0: 1.0, math.inf: 0.0, -math.inf: OverflowError, -27.0: OverflowError, 1e308: 5.641895835477563e-309},
    "erfinv": {0.0: 0.0, 1.0: ValueError, -1.0: ValueError, 2.0: ValueError, math.inf: ValueError},
    "ndtr": {0.0: 0.5, math.inf: 1.0, -math.inf: 0.0, 1e308: 1.0, -1e308: 0.0},
    "log_ndtr": {math.inf: -0.0, -math.inf: -math.inf, 1e308: -0.0, -BIG: -0.5 * BIG * BIG},
    "ndtri": {0.5: 0.0, 0.0: ValueError, 1.0: ValueError, 2.0: ValueError, -math.inf: ValueError},
    "sinpi": {-0.0: -0.0, 1.0: 0.0, -1.0: -0.0, 0.5: 1.0, 1.5: -1.0, 1e308: 0.0, math.inf: ValueError},
    "cospi": {0.0: 1.0, 1.0: -1.0, 0.5: 0.0, -1.5: 0.0, 1e308: 1.0, 2.0**53 - 1.0: -1.0, -math.inf: ValueError},
    "cardinal_sine": {0.0: 1.0, math.inf: 0.0, -math.inf: 0.0, 5e-324: 1.0},
    "sinc": {0.0: 1.0, 1.0: 0.0, 0.5: 2.0 / math.pi, math.inf: 0.0, -math.inf: 0.0, 5e-324: 1.0},
    "j0": {0.0: 1.0, math.inf: 0.0, -math.inf: 0.0, 5e-324: 1.0},
    "j1": {-0.0: -0.0, math.inf: 0.0, -math.inf: 0.0, 1e-300: 5e-301},
    "i0e": {0.0: 1.0, math.inf: 0.0, -math.inf: 0.0, 1e300: 3.989422804014327e-151},
    "i1e": {0.0: 0.0, math.inf: 0.0, -math.inf: -0.0, 1e-300: 5e-301, -1e300: -3.989422804014327e-151},
    "betaln": {(1.0, 1.0): 0.0, (1.0, 0.5): math.log(2.0), (0.0, 1.0): ValueError, (1.0, -1.0): ValueError},
    "gammainc": {(1.0, 0.0): 0.0, (0.5, 0.0): 0.0, (2.0, math.inf): 1.0, (30.0, math.inf): 1.0, (0.0, 1.0): ValueError,
                 (1.0, -1.0): ValueError, (-1.0, 1.0): ValueError, (math.inf, 1.0): ValueError},
    "gammaincc": {(1.0, 0.0): 1.0, (0.5, 0.0): 1.0, (2.0, math.inf): 0.0, (30.0, math.inf): 0.0, (0.0, 1.0): ValueError,
                  (1.0, -1.0): ValueError, (-1.0, 1.0): ValueError, (math.inf, 1.0): ValueError},
    "euclidean_norm": {(3.0, 4.0): 5.0, (0.0, 0.0): 0.0, (3.0 * BIG, 4.0 * BIG): 5.0 * BIG,
                       (3.0 / BIG, 4.0 / BIG): 5.0 / BIG,
                       (-math.inf, 1.0): math.inf, (math.inf, math.inf): math.inf, (5e-324,): 5e-324},
    "logaddexp": {(0.0, 0.0): math.log(2.0), (math.inf, 1.0): math.inf, (-math.inf, 1.0): 1.0,
                  (math.inf, math.inf): math.inf, (-math.inf, -math.inf): -math.inf, (math.inf, -math.inf): math.inf},
    "logsumexp": {(1.0,): 1.0, (0.0, 0.0): math.log(2.0), (-math.inf, -math.inf): -math.inf, (math.inf, 0.0): math.inf,
                  (-math.inf, 3.0): 3.0, (math.inf, -math.inf): math.inf},
    "softsign": {0.0: 0.0, 1.0: 0.5, -3.0: -0.75, 1e308: 1.0, 5e-324: 5e-324, math.inf: 1.0, -math.inf: -1.0},
    "isru": {(0.0, 1.0): 0.0, (3.0, 0.0): 3.0, (4.0, 0.1): 4.0 / math.hypot(1.0, math.sqrt(0.1) * 4.0),
             (2.0, math.inf): 0.0, (1.0, -1.0): ValueError, (math.inf, 1.0): 1.0,
             (-math.inf, 4.0): -0.5, (-math.inf, 0.0): -math.inf, (0.0, math.inf): 0.0, (math.inf, math.inf): 0.0},
    "surprisal": {(1.0,): 0.0, (0.0, 0.0): math.log(2.0), (0.0, -math.inf): 0.0, (0.0, math.inf): math.inf,
                  (math.inf, 0.0): 0.0, (-math.inf, 0.0): math.inf, (math.inf, math.inf): math.nan,
                  (-math.inf, -math.inf): math.nan, (-math.inf, -math.inf, 0.0): math.inf, (-math.inf,): 0.0,
                  (math.inf,): 0.0, (0.0, math.inf, math.inf): math.inf},
    "share": {(1.0, 0.0): 1.0, (0.0, 1.0): 0.0, (1.0, 3.0): 0.25, (0.0, 0.0): ZeroDivisionError, (1e308, 1e308): 0.5,
              (math.inf, 1.0): 1.0, (1.0, math.inf): 0.0, (0.0, math.inf): 0.0, (math.inf, 0.0): 1.0,
              (math.inf, math.inf): math.nan},
}  # fmt: skip
"""At infinities, zeros and poles, the rows that Python has not."""


def test_what_python_decides_and_what_is_listed_here_are_rows_and_apart():
    assert set(IN_PYTHON) | set(NOT_IN_PYTHON) <= set(PRIMITIVES)
    assert not set(IN_PYTHON) & set(NOT_IN_PYTHON)


@pytest.mark.thorough
@every_row
def test_special_operands_against_the_reference(row):
    """Every row, whether Python or this file knows its special values or not: a new one needs no entry here."""
    count = row.arity or 4
    numbers = [x for x in (SPECIAL if count < 3 else SPECIAL[::2]) if math.isfinite(x) and bits(x) != bits(-0.0)]
    ranges = intervals(row, count)
    for xs in itertools.product(numbers, repeat=count):
        if all(low <= x <= high for x, (low, high) in zip(xs, ranges, strict=True)) and is_defined(row, xs):
            check_value(row, list(xs))
            check_partials(row, list(xs))


def outcome(f, xs):
    """The bits of the result, or the class of the exception."""
    try:
        result = f(*xs)
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error)
    return bits(float(result.data if isinstance(result, Value) else result)), ""


@pytest.mark.parametrize("name", IN_PYTHON)
def test_python_decides(name):
    """Nan, inf, zero and exceptions are Python's, on floats and on Values; nan wherever an operand is, in functions."""
    row = PRIMITIVES[name]
    propagates = name not in CONDITIONS and name not in CHOICES
    for xs in itertools.product(SPECIAL if (row.arity or 4) < 3 else SPECIAL[::2], repeat=row.arity or 4):
        want, _ = outcome(IN_PYTHON[name], xs)
        if propagates and any(x != x for x in xs):
            want = "nan"
        own = isinstance(row.lowering, Definition) and isinstance(want, bytes)
        if own and math.isfinite(number := struct.unpack("<d", want)[0]) and number != 0.0:
            continue  # which is held to 60 digits
        for make in (float, Value):
            found, text = outcome(lambda *xs: applied(row, list(xs)), [make(x) for x in xs])
            assert found == want, (xs, make)
            if isinstance(want, type):
                assert text.startswith(f"{name}("), text
                assert row.domain in text


@pytest.mark.parametrize(("name", "x"), [(name, x) for name, values in NOT_IN_PYTHON.items() for x in values])
def test_special_values_of_rows_that_python_has_not(name, x):
    row, want, xs = PRIMITIVES[name], NOT_IN_PYTHON[name][x], x if isinstance(x, tuple) else (x,)
    for make in (float, Value):
        found, _ = outcome(lambda *xs: applied(row, list(xs)), [make(x) for x in xs])
        assert found == (want if isinstance(want, type) else bits(want))


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
def test_roundings_are_pythons_as_floats(name):
    f = {"floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "round": round}[name]
    for x in (0.0, -0.0, 0.3, -0.3, 0.5, -0.5, 1.5, -1.5, 2.5, 7.0, 1e300, -5e-324):
        got = PRIMITIVES[name](x)
        assert got == f(x)
        assert math.copysign(1.0, got) == math.copysign(1.0, x) or got != 0.0
    for x in (math.inf, -math.inf):
        with pytest.raises(OverflowError, match=f"{name}\\("):
            PRIMITIVES[name](x)
        assert PRIMITIVES[name].ieee_value(x) == x


LIMITS = [
    (ag.div, (1.0, -0.0), -math.inf), (ag.div, (-2.0, 0.0), -math.inf), (ag.div, (0.0, 0.0), math.nan),
    (ag.reciprocal, (0.0,), math.inf), (ag.reciprocal, (-0.0,), -math.inf),
    (ag.pow, (-8.0, 1.0 / 3.0), math.nan), (ag.pow, (-0.0, -3.0), -math.inf), (ag.pow, (0.0, -2.0), math.inf),
    (ag.pow, (-1e200, 3.0), -math.inf), (ag.mod, (1.0, 0.0), math.nan), (ag.fmod, (math.inf, 1.0), math.nan),
    (ag.floor_divide, (-1.0, 0.0), -math.inf), (ag.floor, (-math.inf,), -math.inf),
    *[(log, (x,), want) for log in (ag.log, ag.log2, ag.log10)
      for x, want in ((0.0, -math.inf), (-0.0, -math.inf), (-0.5, math.nan), (-math.inf, math.nan))],
    (ag.log1p, (-1.0,), -math.inf), (ag.log1p, (-1.5,), math.nan), (ag.log1p, (-math.inf,), math.nan),
    (ag.sqrt, (-1.0,), math.nan), (ag.exp, (1000.0,), math.inf), (ag.expm1, (1000.0,), math.inf),
    (ag.exp2, (1024.0,), math.inf), (ag.sinh, (-1000.0,), -math.inf), (ag.sinh, (1000.0,), math.inf),
    (ag.cosh, (-1000.0,), math.inf), (ag.sin, (math.inf,), math.nan), (ag.acosh, (0.5,), math.nan),
    (ag.asin, (1.5,), math.nan), (ag.atanh, (1.0,), math.inf), (ag.atanh, (-1.0,), -math.inf),
    (ag.atanh, (2.0,), math.nan), (ag.atanh, (-2.0,), math.nan), (ag.gamma, (0.0,), math.inf),
    (ag.gamma, (-0.0,), -math.inf), (ag.gamma, (-1.0,), math.nan), (ag.gamma, (-math.inf,), math.nan),
    (ag.gamma, (200.0,), math.inf), (ag.gamma, (200.5,), math.inf), (ag.gamma, (-1e-310,), -math.inf),
    (ag.logit, (0.0,), -math.inf), (ag.logit, (1.0,), math.inf), (ag.logit, (-0.5,), math.nan),
    (ag.log1mexp, (0.0,), -math.inf), (ag.log1mexp, (-1.0,), math.nan), (ag.rsqrt, (0.0,), math.inf),
    (ag.rsqrt, (-1.0,), math.nan), (ag.xlogy, (2.0, 0.0), -math.inf), (ag.xlogy, (2.0, -1.0), math.nan),
    (ag.xlog1py, (2.0, -1.0), -math.inf), (ag.erfcx, (-30.0,), math.inf), (ag.erfcx, (-math.inf,), math.inf),
    (ag.erfinv, (1.0,), math.inf), (ag.erfinv, (-1.0,), -math.inf), (ag.erfinv, (1.5,), math.nan),
    (ag.ndtri, (0.0,), -math.inf), (ag.ndtri, (1.0,), math.inf), (ag.ndtri, (-0.5,), math.nan),
    (ag.lgamma, (-3.0,), math.inf), (ag.digamma, (0.0,), math.nan), (ag.hypot, (1.5e308, 1.5e308), math.inf),
]  # fmt: skip


@pytest.mark.parametrize(("row", "xs", "want"), LIMITS, ids=lambda x: getattr(x, "name", None))
def test_limits_where_the_value_raises(row, xs, want):
    """What compiled programs compute there: inf and nan by IEEE 754."""
    assert bits(row.ieee_value(*xs)) == bits(want)


def test_limits_of_choices_are_those_of_the_branch():
    """The branch that is not taken passes nothing on, even where the adjoint is infinite."""
    selecting = [row.name for row in ROWS if row.selects]
    assert selecting == ["where", "cond"]
    for name in selecting:
        x, y = Value(2.0), Value(3.0)
        out = PRIMITIVES[name](1.0, x, y)
        assert [bits(g) for g in gradients(out * math.inf, [x, y])] == [bits(math.inf), bits(0.0)]


def test_signed_zeros():
    assert bits(ag.copysign(3.0, -0.0)) == bits(-3.0)
    assert bits(ag.abs(-0.0)) == bits(0.0)
    assert bits(ag.relu(-0.0)) == bits(0.0)
    assert bits(ag.sqrt(-0.0)) == bits(-0.0)
    assert ag.atan2(-0.0, -1.0) == -math.pi
    assert bits(ag.sum([-0.0, -0.0])) == bits(-0.0)
    assert bits(ag.dot([-0.0], [1.0])) == bits(-0.0)
    assert bits(ag.reciprocal.ieee_value(-0.0)) == bits(-math.inf)
    assert bits(ag.div.ieee_value(1.0, -0.0)) == bits(-math.inf)


# -- conventions: kinks, ties, powers


def slopes(f, *xs):
    inputs = [Value(x) for x in xs]
    return gradients(f(*inputs), inputs)


@pytest.mark.parametrize(
    ("f", "xs", "want"),
    [
        (ag.relu, (0.0,), [0.0]),
        (ag.abs, (0.0,), [0.0]),
        (ag.sign, (2.0,), [0.0]),
        (ag.maximum, (1.0, 1.0), [0.5, 0.5]),
        (ag.minimum, (1.0, 1.0), [0.5, 0.5]),
        (lambda *xs: ag.max(xs), (2.0, 5.0, 5.0, 1.0, 5.0), [0.0, 1 / 3, 1 / 3, 0.0, 1 / 3]),
        (lambda *xs: ag.min(xs), (2.0, 2.0), [0.5, 0.5]),
        (ag.clip, (1.0, 1.0, 3.0), [1.0, 0.0, 0.0]),
        (ag.clip, (3.0, 1.0, 3.0), [1.0, 0.0, 0.0]),
        (ag.clip, (0.0, 1.0, 3.0), [0.0, 1.0, 0.0]),
        (ag.clip, (9.0, 1.0, 3.0), [0.0, 0.0, 1.0]),
        (ag.clip, (2.0, 5.0, 3.0), [0.0, 0.0, 1.0]),  # bounds the wrong way round: the upper one wins
        (ag.sqrt, (0.0,), [math.inf]),
        (ag.cbrt, (0.0,), [math.inf]),
        (ag.asin, (1.0,), [math.inf]),
        (ag.acos, (-1.0,), [-math.inf]),
        (ag.acosh, (1.0,), [math.inf]),
        (ag.hypot, (0.0, 0.0), [math.nan, math.nan]),
        (ag.pow, (0.0, 0.0), [0.0, -math.inf]),
        (ag.pow, (3.0, 0.0), [0.0, math.log(3.0)]),
        (ag.pow, (0.0, 2.0), [0.0, 0.0]),
        (ag.pow, (0.0, 0.5), [math.inf, 0.0]),
        (ag.pow, (-2.0, 3.0), [12.0, math.nan]),
        (ag.where, (3.0, 5.0, 7.0), [0.0, 1.0, 0.0]),
        (ag.where, (0.0, 5.0, 7.0), [0.0, 0.0, 1.0]),
        (ag.copysign, (-3.0, 2.0), [-1.0, 0.0]),
        (lambda *xs: ag.prod(xs), (0.0, 3.0, 0.0), [0.0, 0.0, 0.0]),
        (lambda *xs: ag.prod(xs), (0.0, 3.0, 4.0), [12.0, 0.0, 0.0]),
        (lambda *xs: ag.logsumexp(xs), (1e16, 1e16), [0.5, 0.5]),  # where the result has no digits for ln 2
        (ag.mod, (7.5, 2.0), [1.0, -3.0]),
        (ag.mod, (-7.5, 2.0), [1.0, 4.0]),
        (ag.fmod, (-7.5, 2.0), [1.0, 3.0]),
    ],
)  # fmt: skip
def test_conventions(f, xs, want):
    got = slopes(f, *xs)
    assert [bits(x) for x in got] == [bits(x) for x in want]
    # and the recorded gradient is the same
    inputs = [Value(x) for x in xs]
    recorded = gradients(f(*inputs), inputs, create_graph=True)
    assert [bits(x.data + 0.0) for x in recorded] == [bits(x + 0.0) for x in want]


def test_the_partial_in_a_constant_exponent_is_never_computed():
    # (-8) ** y has no derivative in y; a constant y must not drag a nan in.
    x = Value(-8.0)
    y = x**3
    assert y.partials == (192.0, None)


def test_partials_of_a_choice_are_0_and_1_whatever_the_truth_is():
    c, a, b = Value(3.0), Value(5.0), Value(7.0)
    assert ag.where(c, a, b).partials == (None, 1.0, 0.0)


# -- digits that textbook formulas lose


@pytest.mark.parametrize(
    ("row", "x", "slope"),
    [
        (ag.tanh, 20.0, 1.6993417021166355e-17),
        (ag.tanh, -350.0, 3.943870617503908e-304),
        (ag.sigmoid, 40.0, 4.248354255291589e-18),
        (ag.sigmoid, -40.0, 4.248354255291589e-18),
        (ag.softplus, -700.0, 9.859676543759770e-305),
        (ag.log1p, 1e-300, 1.0),
        (ag.expm1, 1e-300, 1.0),
        (ag.lgamma, -0.5, 0.03648997397857652),  # half-way between poles, where the cotangent is 0
        (ag.trigamma, -19.5, -0.0024984397723677343),
        (lambda x: ag.polygamma(7.0, x), -11.5, -1.1482523628694959e-05),
    ],
)
def test_digits_are_kept(row, x, slope):
    (got,) = slopes(row, x)
    assert ulps(got, slope) <= 4.0


def test_nothing_overflows_up_to_700():
    for x in (700.0, -700.0):
        for row in (ag.sigmoid, ag.softplus, ag.tanh):
            assert all(map(math.isfinite, [row(x), *slopes(row, x)]))
        for y in (700.0, -700.0, 0.0):
            for f in (ag.logaddexp, lambda *xs: ag.logsumexp(xs)):
                assert all(map(math.isfinite, [f(x, y), *slopes(f, x, y)]))


# -- texts that say the same thing twice


LOWERED = [row for row in ROWS if row.lowering is not None]


@pytest.mark.thorough
@pytest.mark.parametrize("row", LOWERED, ids=lambda row: row.name)
def test_lowering(row):
    @settings(max_examples=200)
    @given(
        st.integers(1, 5).flatmap(
            lambda n: st.lists(
                st.one_of(st.sampled_from(SPECIAL), floats_by_spacing(), st.floats(-800.0, 800.0)),
                min_size=row.arity or n, max_size=row.arity or n,
            )
        )
    )  # fmt: skip
    def check(xs):
        check_lowering(row, xs)

    check()


SLOPES = [row for row in INTERNAL.values() if row.lowering is not None]


@pytest.mark.thorough
@pytest.mark.parametrize("row", SLOPES, ids=lambda row: row.name)
def test_rows_of_slopes_have_lowerings_that_agree(row):
    """They are in no table, and their values are partials of rows that are: held to the bounds of these."""

    @EXAMPLES
    @given(operands(row))
    def check(xs):
        check_lowering(row, xs)

    check()


@every_row
def test_a_value_computes_what_a_float_does(row):
    """One node, its data and partials those of the row: the inline operators restate neither wrongly."""

    @EXAMPLES
    @given(operands(row))
    def check(xs):
        inputs = [Value(x) for x in xs]
        out = applied(row, inputs)
        assert bits(out.data) == bits(applied(row, xs)) == bits(value_of(row, xs))
        assert out.row is row
        assert [id(p) for p in out.parents] == [id(x) for x in inputs]
        want = partials_of(row, xs)
        if row.name == "cond":
            want = [p or None for p in want]  # nothing flows into the branch not taken
        assert [p if p is None else bits(p) for p in out.partials] == [p if p is None else bits(p) for p in want]

    check()


@pytest.mark.parametrize("x", [-2.0, -0.0, 0.0, 2.0, math.inf])
@pytest.mark.parametrize("y", [-0.0, 0.0])
def test_the_slope_of_a_power_of_0_is_the_same_zero_recorded(x, y):
    """A zero of the exponent's sign would be another number than that of the recorded rule."""
    inputs = [Value(x), Value(y)]
    out = PRIMITIVES["pow"](*inputs)
    for slope in (gradients(out, inputs)[0], gradients(out, inputs, create_graph=True)[0].data):
        assert bits(slope) == bits(0.0)


@pytest.mark.thorough
@every_row
def test_recorded_partials_are_the_float_ones(row):
    """Bit for bit, and without exceptions, at singular points too: one text, two interpretations."""

    @EXAMPLES
    @given(anything(row))
    def check(xs):
        inputs = [Value(x) for x in xs]
        try:
            out = applied(row, inputs)
        except (ValueError, ArithmeticError):
            return
        want = gradients(out, inputs)
        got = gradients(out, inputs, create_graph=True)
        assert [bits(g.data) for g in got] == [bits(w) for w in want]

    check()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("add", lambda a, b: a + b),
        ("sub", lambda a, b: a - b),
        ("mul", lambda a, b: a * b),
        ("div", lambda a, b: a / b),
        ("pow", lambda a, b: a**b),
        ("mod", lambda a, b: a % b),
        ("floor_divide", lambda a, b: a // b),
    ],
)
def test_operators_agree_with_their_rows(name, operator):
    row = PRIMITIVES[name]

    @settings(max_examples=100)
    @given(st.tuples(*[st.one_of(st.sampled_from(SPECIAL), floats_by_spacing())] * 2))
    def check(xs):
        a, b = xs
        try:
            want = row(a, b)
        except (ArithmeticError, ValueError) as error:
            for left, right in ((Value(a), Value(b)), (Value(a), b), (a, Value(b))):
                with pytest.raises(type(error), match=f"^{name}"):
                    operator(left, right)
            return
        partials = row.all_partials(want, [a, b])
        for left, right in ((Value(a), Value(b)), (Value(a), b), (a, Value(b))):
            out = operator(left, right)
            assert bits(out.data) == bits(want)
            assert out.op == name
            for got, p, given_as in zip(out.partials, partials, (left, right), strict=True):
                assert (got is None) == (not isinstance(given_as, Value))
                assert got is None or bits(got) == bits(p)

    check()


# -- wrong rows are found


def planted(name, **changed):
    """The row of that name with one column changed."""
    row = PRIMITIVES[name]
    columns = {"value": row.value, "partials": row.partials, "formula": row.formula, **row.columns}
    return Primitive(name, row.arity, **{**columns, **changed})


WRONG_VALUES = [
    planted("tanh", value=lambda x: math.tanh(x) * (1.0 + 1e-14)),
    planted("sigmoid", value=lambda x: 0.5 * (1.0 + math.tanh(0.5 * x))),
    planted("sin", value=math.cos),
    planted("log1p", value=lambda x: math.log(1.0 + x)),
    planted("softplus", value=lambda x: math.log(1.0 + math.exp(min(x, 700.0)))),
    planted("hypot", value=lambda x, y: math.sqrt(x * x + y * y)),
    planted("sub", value=lambda x, y: y - x),
    planted("logsumexp", value=lambda xs: math.log(math.fsum(math.exp(min(x, 700.0)) for x in xs) + 5e-324)),
]
WRONG_PARTIALS = [
    planted("tanh", partials=(lambda out, x: 1.0 - out * out,)),  # the textbook's
    planted("exp", partials=(lambda out, x: -out,)),
    planted("div", partials=(lambda out, x, y: 1.0 / y, lambda out, x, y: out / y)),
    planted("mul", partials=(lambda out, x, y: x, lambda out, x, y: y)),
    planted("log2", partials=(lambda out, x: 1.0 / (0.6931471805599 * x),)),
    planted("maximum", partials=(lambda out, x, y: float(x > y), lambda out, x, y: float(y > x))),
    planted("atan", partials=(lambda out, x: 1.0 / (1.0 + abs(x)),)),
    planted("prod", partials=lambda out, xs: [out / x if x else 0.0 for x in xs]),
    planted("max", partials=lambda out, xs: [float(x == out) for x in xs]),
]
WRONG_SLOPES = [
    planted("sin", partials=(lambda out, x: math.cos(x) * (1.0 + 1e-6),)),
    planted("sqrt", partials=(lambda out, x: 1.0 / out if out else math.inf,)),
    planted("mul", partials=(lambda out, x, y: x, lambda out, x, y: y)),
    planted("dot", partials=lambda out, wx: wx),
]
WRONG_LOWERINGS = [
    planted("sigmoid", lowering=lambda x: 1.0 / (1.0 + ag.exp(-x))),
    planted("mean", lowering=lambda xs: ag.sum([x / float(len(xs)) for x in xs])),
    planted("clip", lowering=lambda x, low, high: ag.maximum(ag.minimum(x, high), low)),
    planted("square", lowering=lambda x: ag.pow(x, 2.0) + 5e-324),
]


def found(check, row, draw):
    """Whether the check fails on some drawn operands."""

    @settings(max_examples=400, database=None, derandomize=True)
    @given(draw)
    def run(xs):
        check(row, xs)

    try:
        run()
    except AssertionError:
        return True
    return False


@pytest.mark.thorough
@pytest.mark.parametrize("row", WRONG_VALUES, ids=lambda row: row.name)
def test_a_wrong_value_is_found(row):
    assert found(check_value, row, operands(PRIMITIVES[row.name]))


@pytest.mark.thorough
@pytest.mark.parametrize("row", WRONG_PARTIALS, ids=lambda row: row.name)
def test_a_wrong_partial_is_found(row):
    ties = st.lists(st.sampled_from([1.0, 2.0, 0.0]), min_size=row.arity or 3, max_size=row.arity or 3)
    drawn = operands(PRIMITIVES[row.name])
    assert found(check_partials, row, drawn if row.arity == 1 else st.one_of(drawn, ties))


@pytest.mark.thorough
@pytest.mark.parametrize("row", WRONG_SLOPES, ids=lambda row: row.name)
def test_a_wrong_partial_is_found_by_differences(row):
    assert found(check_differences, row, operands(PRIMITIVES[row.name]))


@pytest.mark.thorough
@pytest.mark.parametrize("row", WRONG_LOWERINGS, ids=lambda row: row.name)
def test_a_wrong_lowering_is_found(row):
    drawn = st.lists(st.floats(-800.0, 800.0), min_size=row.arity or 3, max_size=row.arity or 3)
    assert found(check_lowering, row, drawn)
