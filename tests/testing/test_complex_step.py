"""The complex step, row by row: its derivatives are those of the reference, to the last digits."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import exact_partials

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Program, Value
from autograd_lite.core.table import bessel, gamma_functions, normal_distribution, normal_logarithm, special
from autograd_lite.testing import random_expression
from autograd_lite.testing.complex_step import complex_step
from autograd_lite.testing.domains import is_flat, kink_distance

ANALYTIC = [name for name, row in PRIMITIVES.items() if row.complex_value is not None]
FAMILIES = (special, normal_distribution, normal_logarithm, bessel, gamma_functions)
SPECIAL = {*[name for family in FAMILIES for name in family.__all__], "gelu"}
"""Rows without a complex function; gelu is x times one of them, the normal distribution."""
INSIDE = {"asin": (-0.95, 0.95), "acos": (-0.95, 0.95), "atanh": (-0.95, 0.95), "acosh": (1.05, 9.0),
          "sqrt": (0.1, 9.0), "log": (0.1, 9.0), "log2": (0.1, 9.0), "log10": (0.1, 9.0), "log1p": (-0.9, 9.0),
          "pow": (0.1, 5.0), "isru": (0.1, 5.0), "entr": (0.1, 9.0),
          "rsqrt": (0.1, 9.0), "log1mexp": (0.1, 9.0), "xlogy": (0.1, 5.0), "xlog1py": (0.1, 5.0),
          "logit": (0.05, 0.95)}  # fmt: skip


SCALE_ONE = {"logsumexp", "logaddexp", "atan2", "hypot", "sinpi", "cospi", "sinc", "euclidean_norm"}


def stepped(f, *xs):
    inputs = [Value(x) for x in xs]
    return complex_step(Program.from_values([f(*inputs)], inputs), xs)[0]


def test_every_row_is_known_but_the_special_functions():
    known = {name for name, row in PRIMITIVES.items() if name in ANALYTIC or is_flat(row)}
    assert set(PRIMITIVES) - known == SPECIAL


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(set(ANALYTIC) - {"identity"}))
def test_rows(name):
    row = PRIMITIVES[name]
    low, high = INSIDE.get(name, (-9.0, 9.0))
    count = row.arity or 4

    def f(*xs):
        if name == "dot":
            return row(xs[:2], xs[2:])
        return row(xs) if row.arity is None else row(ag.less(0.0, xs[0]), *xs[1:]) if row.selects else row(*xs)

    @settings(max_examples=40)
    @given(st.lists(st.floats(low, high), min_size=count, max_size=count))
    def check(xs):
        if kink_distance(row, xs) < 1e-3 or any(0.0 < abs(x) < 1e-9 for x in xs):
            return
        found = stepped(f, *xs)
        operands = [float(xs[0] > 0.0), *xs[1:]] if row.selects else xs
        for got, want in zip(found, exact_partials(row, operands), strict=True):
            size = abs(float(want)) if name not in SCALE_ONE else 1.0
            assert abs(got - float(want)) <= 1e-13 * size + 1e-200, (xs, got, want)

    check()


@pytest.mark.parametrize("x", [-3.0, -0.5, 0.0, 0.5, 3.0])
@pytest.mark.parametrize("n", [-3.0, -1.0, 0.0, 1.0, 2.0, 3.0, 8.0])
def test_whole_powers(x, n):
    if x or n >= 0.0:
        want = n * x ** (n - 1.0) if n else 0.0
        assert stepped(lambda x: x**n, x)[0] == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("x", [1e-60, 0.0, -2.0, 1e60])
def test_at_every_scale(x):
    assert stepped(lambda x: 3.0 * x, x) == [3.0]
    assert stepped(lambda x, y: ag.hypot(x, y), x, 1e-30)[0] == pytest.approx(x / math.hypot(x, 1e-30), rel=1e-14)


def test_branches_are_those_of_the_real_program():
    for x in (-1.5, 1.5):
        assert stepped(lambda x: ag.where(ag.less(x, 0.0), x * x, ag.exp(x)), x)[0] == pytest.approx(
            2.0 * x if x < 0.0 else math.exp(x), rel=1e-14
        )


@pytest.mark.parametrize("seed", range(30))
def test_expressions(seed):
    f = random_expression(seed, size=15, rows=[PRIMITIVES[name] for name in sorted(set(ANALYTIC) - {"where", "cond"})])
    inputs = [Value(x) for x in f.point]
    want = ag.gradients(f(*inputs), inputs)
    assert stepped(f, *f.point) == pytest.approx(want, rel=1e-9, abs=1e-9)


def test_what_cannot_be_stepped_is_named():
    with pytest.raises(ValueError, match="erf, gamma not known for complex numbers"):
        stepped(lambda x: ag.erf(x) + ag.gamma(x), 0.5)
    with pytest.raises(ValueError, match="too near the ends of the floats"):
        stepped(ag.sin, 5e-324)
    x = Value(1.0)
    program = Program.from_values([ag.log(x)], [x])
    with pytest.raises(ValueError, match=r"log has no complex step at 0\.0"):
        complex_step(program, [0.0])
