"""Rows of one formula: digits of values and of three derivatives, the same bits in every engine, SciPy as a judge."""

import math
import random
import struct

import pytest
import scipy.special
from precision import condition_of
from reference import EXACT, MP

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, grad, gradients, vmap
from autograd_lite.testing import gradcheck
from autograd_lite.testing.precision import ulps
from benchmarks import coefficients

LINES = {  # where each row is looked at, by orders of magnitude or evenly
    "log_sigmoid": [(-40, 40)], "logit": [(0.01, 0.99)], "log1mexp": [(1e-6, 40)], "logcosh": [(-20, 20)],
    "entr": [(1e-6, 50)], "rsqrt": [(1e-6, 50)], "erfcx": [(-20, 1), (0, 50)], "erfinv": [(-0.999, 0.999)],
    "ndtr": [(-30, 5)], "log_ndtr": [(-8, 5)], "ndtri": [(1e-4, 0.999)], "sinpi": [(-3, 3)], "cospi": [(-3, 3)],
    "sinc": [(-3, 3)], "cardinal_sine": [(-9, 9)],
    "j0": [(-20, 20)], "j1": [(-20, 20)], "i0e": [(0.5, 30)], "i1e": [(0.5, 30)],
}  # fmt: skip
WIDE = {
    "log1mexp": (1e-300, 1e-3), "logit": (1e-300, 1e-3), "logcosh": (1e-60, 1e-3), "entr": (1e-300, 1e300),
    "rsqrt": (1e-300, 1e300), "erfcx": (1e-300, 1e300), "erfinv": (1e-300, 1e-2), "ndtri": (1e-307, 1e-2),
    "sinc": (1e-60, 1e-2), "cardinal_sine": (1e-60, 1e-2),
    "i0e": (1.0, 1e300), "i1e": (1.0, 1e300), "j1": (1e-300, 1e-2),
}  # fmt: skip
THIRD_IN_ULPS = {"i0e": 2000.0, "i1e": 5000.0}
"""What cancels in the third derivative: i0e against i1e."""


def points(name, count=40):
    source = random.Random(name)
    found = [source.uniform(*source.choice(LINES[name])) for _ in range(count)]
    if name in WIDE:
        low, high = map(math.log, WIDE[name])
        found += [math.exp(source.uniform(low, high)) for _ in range(count // 2)]
    return found


def derivative(f, x, order):
    """By central differences with 300 digits."""
    h = abs(MP.mpf(x)) * MP.mpf(10) ** -40
    x = MP.mpf(x)
    return (f(x + h) - f(x - h)) / (2 * h) if order == 1 else (f(x + h) - 2 * f(x) + f(x - h)) / h**2


@pytest.mark.thorough
@pytest.mark.parametrize("name", LINES)
def test_values_where_the_condition_is_good(name):
    """At most 4 ulps, and one more for each that an ulp of the operand costs."""
    for x in points(name, 80):
        want = EXACT[name].value(MP.mpf(x))
        error = ulps(PRIMITIVES[name](x), want)
        assert error <= 4.0 or error <= 4.0 + condition_of(EXACT[name].value, [x]), x


@pytest.mark.thorough
@pytest.mark.parametrize("name", LINES)
def test_second_and_third_derivatives(name):
    slope = EXACT[name].partials[0]
    digits = MP.dps
    for x in points(name, 16):
        leaf = Value(x)
        first = gradients(PRIMITIVES[name](leaf), [leaf], create_graph=True)[0]
        second = gradients(first, [leaf], create_graph=True)[0]
        third = gradients(second, [leaf])[0] if second.parents else 0.0
        try:
            MP.dps = 300
            for order, got in ((1, second.data), (2, third)):
                want = derivative(slope, x, order)
                if not 1e-290 < abs(want) < 1e290:
                    continue
                error = ulps(got, want)
                allowed = 100.0 if order == 1 else THIRD_IN_ULPS.get(name, 100.0)
                if error > allowed:
                    allowed *= 1.0 + condition_of(lambda y, order=order: derivative(slope, y, order), [x])
                assert error <= allowed, (x, order, got, float(want))
        finally:
            MP.dps = digits


def bits(x):
    return "nan" if x != x else struct.pack("<d", x)


@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("name", LINES)
def test_programs_have_the_bits_of_the_eager_engine(name, backend):
    pytest.importorskip("llvmlite" if backend == "llvm" else "numpy")
    row = PRIMITIVES[name]
    xs = points(name, 8)
    for f in (row, grad(row), grad(grad(row))):
        compiled = ag.compile(vmap(f), backend=backend)(xs)
        assert [bits(float(y)) for y in compiled] == [bits(f(x)) for x in xs]
    outside = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 1e308, -1e308, 5e-324]
    compiled = ag.compile(vmap(row), backend=backend)(outside)
    assert [bits(float(y)) for y in compiled] == [bits(row.ieee_value(x)) for x in outside]


SCIPY = {
    "log_sigmoid": "log_expit", "logit": "logit", "entr": "entr", "erfcx": "erfcx", "erfinv": "erfinv", "ndtr": "ndtr",
    "log_ndtr": "log_ndtr", "ndtri": "ndtri", "j0": "j0", "j1": "j1", "i0e": "i0e", "i1e": "i1e",
}  # fmt: skip


@pytest.mark.parametrize("name", SCIPY)
def test_scipy_agrees(name):
    for x in points(name):
        want = float(getattr(scipy.special, SCIPY[name])(x))
        assert PRIMITIVES[name](x) == pytest.approx(want, rel=1e-11, abs=1e-14 if name in ("j0", "j1") else 0.0)


PAIRS = {"xlogy": (-3.0, 3.0), "xlog1py": (-3.0, 3.0), "betaln": (0.05, 30.0)}


@pytest.mark.parametrize("name", PAIRS)
def test_scipy_agrees_on_pairs(name):
    source = random.Random(name)
    for _ in range(40):
        x, y = source.uniform(*PAIRS[name]), source.uniform(0.05, 30.0)
        want = float(getattr(scipy.special, name)(x, y))
        assert PRIMITIVES[name](x, y) == pytest.approx(want, rel=1e-11, abs=1e-13)


@pytest.mark.thorough
@pytest.mark.parametrize("a", [1e-9, 0.3, 1.0, 2.5, 19.9, 20.0, 77.7, 1000.0])
@pytest.mark.parametrize("name", ["gammainc", "gammaincc"])
def test_incomplete_gamma_functions(name, a):
    row = PRIMITIVES[name]
    for x in (0.0, 1e-9 * a, 0.3 * a, 0.9 * a, a, 1.0, 1.2 * a, 3.0 * a + 2.0):
        want = float(getattr(scipy.special, name)(a, x))
        assert row(a, x) == pytest.approx(want, rel=1e-12, abs=1e-300)
        for backend in ("python", "llvm"):
            assert bits(ag.compile(lambda x: row(a, x), backend=backend)(x)) == bits(row(a, x))
    both = ag.compile(row, backend="python")(a, 1.2 * a)  # where a is computed, by a call
    assert bits(both) == bits(row(a, 1.2 * a))
    assert math.isnan(grad(row)(a, 1.0))  # not known, and not 0


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_multigammaln(d):
    for a in (d, d + 0.75, 30.0):
        assert ag.multigammaln(a, d) == pytest.approx(float(scipy.special.multigammaln(a, d)), rel=1e-13, abs=1e-13)
        want = sum(float(scipy.special.digamma(a - 0.5 * j)) for j in range(d))
        assert grad(lambda a: ag.multigammaln(a, d))(float(a)) == pytest.approx(want, rel=1e-12)
    with pytest.raises(ValueError, match=r"its domain is a > \(d - 1\) / 2"):
        ag.multigammaln(0.5 * (d - 1), d)
    for wrong in (0, 1.0, True):
        with pytest.raises(ValueError, match="the dimension d as a whole number"):
            ag.multigammaln(9.0, wrong)


def test_zero_times_a_logarithm():
    """A label of 0 asks nothing of its probability, though that is 0 too."""
    for f in (lambda p: ag.xlogy(0.0, p), lambda p: ag.xlogy(Value(0.0), p), lambda p: ag.xlog1py(0.0, p - 1.0)):
        assert f(Value(0.0)).data == 0.0
        assert grad(f)(0.0) == grad(grad(f))(0.0) == 0.0
    assert grad(ag.xlogy)(0.0, 0.0) == -math.inf
    assert grad(grad(ag.xlogy, 1))(0.0, 2.0) == 0.5  # d2/dx dy = 1/y, at x = 0 too


def test_larger_of_two_that_skips_nan():
    for f, larger in ((ag.fmax, 1), (ag.fmin, 0)):
        assert grad(f, (0, 1))(math.nan, 2.0) == (0.0, 1.0)
        assert grad(f, (0, 1))(2.0, math.nan) == (1.0, 0.0)
        assert grad(f, (0, 1))(1.0, 2.0) == (1.0 - larger, float(larger))
        assert grad(f, (0, 1))(2.0, 2.0) == (0.5, 0.5)


EVERYDAY = {
    "erfcx": [0.0, 0.5, 1.0, -1.0], "erfinv": [0.0, 0.5, -0.85], "ndtr": [0.0, -1.0, 1.0], "log_ndtr": [0.0, -1.0, 1.0],
    "ndtri": [0.25, 0.5, 0.925], "sinpi": [0.0, 0.5], "cospi": [0.0, 0.5], "sinc": [0.0, 0.5, 1.0, -0.5],
    "cardinal_sine": [0.0, 0.5, 1.0, 2.0, -1.0],
    "j0": [0.0, 1.0, 4.0, 8.0], "j1": [0.0, 1.0, 4.0, 8.0], "i0e": [1.0, -1.0], "i1e": [1.0, -1.0],
    "logit": [0.25, 0.5, 0.75], "logcosh": [0.0, 0.75], "log_sigmoid": [0.0], "log1mexp": [0.5, 1.0],
}  # fmt: skip


@pytest.mark.parametrize(("name", "x"), [(name, x) for name, xs in EVERYDAY.items() for x in xs])
def test_no_choice_of_a_rule_is_taken_for_a_kink(name, x):
    assert gradcheck(PRIMITIVES[name], x, order=2)


@pytest.mark.parametrize(
    "f", [lambda x: ag.betaln(x, 2.0), lambda x: ag.betaln(x, x), lambda x: ag.gammainc(30.0, 10.0 * x)]
)
def test_nor_at_ties_and_means(f):
    for x in (1.0, 2.0, 3.0):
        assert gradcheck(f, x, order=2)


@pytest.mark.thorough
def test_coefficients_are_those_of_the_script():
    assert coefficients.main(["--check"]) == 0
