"""Digamma and its derivatives: against 50 digits, by their recurrences, at their poles."""

import math
import sys

import mpmath
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from autograd_lite.core.table import polygamma
from autograd_lite.core.table.special_functions import digamma, lgamma, pi_cotangent, trigamma

MP = mpmath.mp.clone()
MP.dps = 50

POSITIVE = st.floats(1e-10, 1e10)
NEGATIVE = st.floats(-50.0, -0.01).filter(lambda x: abs(x - round(x)) > 0.01)


def relative(got, want):
    return float(abs((MP.mpf(got) - want) / want))


@given(st.one_of(POSITIVE, NEGATIVE))
def test_digamma(x):
    want = MP.digamma(x)
    # Near the negative zeros the result is as good as the slope times the spacing of x allows.
    slack = 4e-16 * abs(float(MP.polygamma(1, x) * x / want)) if x < 0 else 0.0
    assert relative(digamma(x), want) <= 8e-15 + slack


@given(st.one_of(st.floats(1.4616, 1.4617), st.floats(1.2117, 1.7116)))
@example(1.2117)
@example(1.7116)
def test_digamma_keeps_its_digits_around_its_zero(x):
    assert relative(digamma(x), MP.digamma(x)) <= 1e-15


@given(st.integers(2, 20), st.floats(-0.7, 0.7), st.sampled_from([-1.0, 1.0]))
def test_lgamma_keeps_its_digits_around_its_zeros(n, power, side):
    """Which are about 1 / n! to both sides of the poles at -n."""
    x = -n + side * math.exp(power) / math.factorial(n)
    assume(x != round(x))
    assert abs(lgamma(x) - MP.log(abs(MP.gamma(MP.mpf(x))))) <= 1e-15


@given(st.integers(1, 170), st.floats(-3.0, 6.0))
@example(170, 3.0)  # (170!) and 1000^-171 are 1e306 and 1e-513
@example(170, 2.0)
@example(1, -300.0)
def test_polygamma(n, power):
    """Of any order its factorial and its powers are never alone, which may be beyond the floats."""
    x = 10.0**power
    with MP.workdps(1000):
        want = (-1) ** (n + 1) * MP.factorial(n) * MP.zeta(n + 1, MP.mpf(x))
    if abs(want) > sys.float_info.max:
        assert abs(polygamma(float(n), x)) == math.inf
    else:
        assert abs(polygamma(float(n), x) - want) <= 4e-15 * abs(want) + 1e-322


@given(st.integers(1, 100), st.floats(1.0, 3.0))
@example(100, 1.0)
def test_polygamma_where_its_series_begins(n, beyond):
    """At n + 11 the terms of Euler and Maclaurin are largest, the more so the higher the order."""
    x = n + 10.0 + beyond
    assert relative(polygamma(float(n), x), MP.polygamma(n, x)) <= 2e-15


@given(st.integers(1, 5), NEGATIVE)
def test_polygamma_left_of_zero(n, x):
    want = MP.polygamma(n, x)
    assume(abs(want) > 1e-3)
    slack = 4e-16 * abs(float(MP.polygamma(n + 1, x) * x / want))
    assert relative(polygamma(float(n), x), want) <= 1e-13 + 4 * slack


@given(st.floats(1e-300, 0.5))
@example(0.25)
@example(0.4999999999)
@example(0.5)
def test_the_cotangent_keeps_its_digits_next_to_its_pole_and_zero(x):
    want = MP.pi * MP.cot(MP.pi * MP.mpf(x))
    assert abs(pi_cotangent(x) - want) <= 1e-15 * abs(want) + 1e-45  # the 50 digits of pi


@given(st.integers(0, 5), st.floats(0.1, 30.0))
def test_the_recurrence(n, x):
    """psi_n(x + 1) = psi_n(x) + (-1)^n n! / x^(n+1)"""
    step = (-1) ** n * math.factorial(n) / x ** (n + 1)
    left, right = polygamma(float(n), x + 1.0), polygamma(float(n), x)
    assert left == pytest.approx(right + step, abs=1e-13 * (abs(right) + abs(step) + abs(left)) * (1 + n))


@given(POSITIVE)
def test_the_first_orders_have_names(x):
    assert polygamma(0.0, x) == digamma(x)
    assert polygamma(1.0, x) == trigamma(x)


@pytest.mark.parametrize("x", [0.0, -0.0, -1.0, -17.0, -math.inf])
@pytest.mark.parametrize("f", [digamma, trigamma, lambda x: polygamma(3.0, x)])
def test_poles_are_outside_the_domain(f, x):
    with pytest.raises(ValueError, match="poles"):
        f(x)


def test_ends():
    assert digamma(math.inf) == math.inf
    for order in (1.0, 2.0):
        assert math.copysign(1.0, polygamma(order, math.inf)) == 1.0
        assert polygamma(order, math.inf) == 0.0
    for value in (digamma(math.nan), trigamma(math.nan), polygamma(2.0, math.nan), polygamma(math.nan, 1.0)):
        assert math.isnan(value)
    for order in (-1.0, 0.5):
        with pytest.raises(ValueError, match="whole number"):
            polygamma(order, 1.0)
