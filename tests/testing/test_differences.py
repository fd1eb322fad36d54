"""Extrapolated differences: right where they say so, and honest about what they cannot see."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.testing.differences import differences


def slope(f, x, **options):
    (found,) = differences(lambda xs: [f(xs[0])], [x], 0, **options)
    return found


@given(st.floats(-5.0, 5.0))
def test_smooth_functions(x):
    for f, df in [(math.sin, math.cos), (math.exp, math.exp), (math.atan, lambda x: 1.0 / (1.0 + x * x))]:
        found = slope(f, x)
        assert abs(found.slope - df(x)) <= 10.0 * found.error + 1e-15
        assert found.error < 1e-9 * max(1.0, math.exp(x))


@pytest.mark.thorough
@given(st.floats(-9.0, 9.0), st.lists(st.integers(-3, 3), min_size=1, max_size=5))
def test_polynomials_up_to_what_is_extrapolated_are_exact(x, c):
    found = slope(lambda x: sum(a * x**k for k, a in enumerate(c)), x)
    want = sum(k * a * x ** (k - 1) for k, a in enumerate(c) if k)
    assert abs(found.slope - want) <= 1e-9 * (1.0 + sum(abs(a * x**k) for k, a in enumerate(c)))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6, 1e12])
def test_the_step_is_chosen_for_the_point(scale):
    found = slope(lambda x: math.sin(x / scale), 0.7 * scale)
    assert found.slope * scale == pytest.approx(math.cos(0.7), rel=1e-8)
    assert found.step < scale


def test_a_steep_function_gets_small_steps():
    assert slope(lambda x: math.sin(1e6 * x), 0.3).slope == pytest.approx(1e6 * math.cos(3e5), rel=1e-5)


@pytest.mark.parametrize(("f", "x"), [(math.log, 1e-9), (math.sqrt, 1e-12), (math.asin, 1.0 - 1e-9)])
def test_steps_stay_in_the_domain(f, x):
    found = slope(f, x)
    assert found.step < 1e-8
    assert found.error < 1e-3 * found.slope


def test_no_step_at_the_edge_of_the_domain():
    assert differences(lambda xs: [math.sqrt(xs[0])], [0.0], 0) is None
    assert differences(lambda xs: [math.inf], [1.0], 0) is None


def test_a_limit_is_kept():
    seen = []
    differences(lambda xs: [seen.append(xs[0]) or abs(xs[0])], [0.01], 0, limit=0.01)
    assert min(seen) > 0.0


def test_noise_is_part_of_the_error():
    quiet, noisy = slope(math.sin, 0.5), slope(math.sin, 0.5, noise=[1e-6])
    assert quiet.error < 1e-11
    assert noisy.error > 1e-6
    assert slope(lambda x: 1e17 + x, 0.5).error > 100.0


def test_a_jump_does_not_settle():
    found = slope(lambda x: float(x > 0.5), 0.5)
    assert not found.error <= 1e-3 * abs(found.slope)


def test_every_result_gets_its_own():
    first, second = differences(lambda xs: [xs[0] * xs[1], xs[1] ** 3], [2.0, 3.0], 1)
    assert first.slope == pytest.approx(2.0, rel=1e-12)
    assert second.slope == pytest.approx(27.0, rel=1e-12)


def test_extrapolation_needs_few_steps():
    """Each column of the tableau takes one more power of the step away: a polynomial of degree 5 is done in three."""
    calls = []
    found = slope(lambda x: calls.append(x) or x**5, 1.0)
    assert found.slope == pytest.approx(5.0, rel=1e-13)
    assert found.error < 1e-11
    assert len(calls) <= 14 + 6  # and six confirm it with shorter steps


@pytest.mark.parametrize("x", [300.0, 1000.0, 12345.0, 1e6])
@pytest.mark.parametrize("wave", [1.0, 0.3, 2.0, 7.0])
def test_long_steps_from_wave_to_wave_settle_nothing(x, wave):
    """At 1000 steps of 100 and shorter found a slope of sin(x) / x that was 147 times too small, and agreed on it."""
    found = slope(lambda t: math.sin(wave * t) / t, x)
    right = (wave * math.cos(wave * x) - math.sin(wave * x) / x) / x
    assert abs(found.slope - right) <= 10.0 * found.error + 1e-12 * abs(right)
    assert found.error <= 1e-5 * abs(right)
