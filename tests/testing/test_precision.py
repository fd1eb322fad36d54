"""`ulps` and `condition`: against exact fractions, and against what a changed last place does."""

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reference import MP

import autograd_lite as ag
from autograd_lite.testing import condition, expressions, ulps
from autograd_lite.testing.precision import LARGEST, SMALLEST, float_at, nearest_float, next_float, position

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, st.integers(-3, 3))
def test_neighbours_are_whole_ulps_apart(x, steps):
    assume(abs(x) < LARGEST / 2.0 and (x == 0.0 or abs(math.frexp(x)[0]) > 0.5))  # a power of 2 has two spacings
    moved = x
    for _ in range(abs(steps)):
        moved = math.nextafter(moved, math.copysign(math.inf, steps))
    assume(x == 0.0 or math.frexp(moved)[1] == math.frexp(x)[1])
    assert ulps(moved, x) == abs(steps)


@given(finite)
def test_what_is_rounded_to_nearest_is_within_half(x):
    want = Fraction(x) / 3
    assert ulps(nearest_float(want), want) <= 0.5
    assert ulps(float(MP.mpf(x) / 3), MP.mpf(x) / 3) <= 0.5 or abs(x) < 1e-300
    assert ulps(x, x) == ulps(x, Fraction(x)) == ulps(x, MP.mpf(x)) == 0.0


@pytest.mark.parametrize(
    ("got", "want", "error"),
    [
        (math.nan, math.nan, 0.0), (math.inf, math.inf, 0.0), (-math.inf, math.inf, math.inf),
        (math.nan, 1.0, math.inf), (1.0, math.nan, math.inf), (LARGEST, math.inf, math.inf),
        (math.inf, Fraction(10) ** 400, 0.0), (-math.inf, Fraction(10) ** 400, math.inf), (0.0, -0.0, 0.0),
        (SMALLEST, 0.0, 1.0), (math.inf, MP.mpf(10) ** 400, 0.0), (0.0, MP.mpf(10) ** -400, 0.0), (0, 0, 0.0),
        (2.0, 1.0, 2.0**52), (1.0, 2.0, 2.0**51),
    ],
)  # fmt: skip
def test_special_numbers(got, want, error):
    assert ulps(got, want) == pytest.approx(error, abs=1e-70)


@given(finite)
def test_floats_have_places(x):
    assert float_at(position(x)) == x
    assert next_float(x) == math.nextafter(x, math.inf) or x == 0.0
    assert next_float(next_float(x), -1) == x


@given(st.floats(0.1, 500.0))
def test_conditions_that_are_known(x):
    assert condition(ag.exp, x) == pytest.approx(x)
    assert condition(lambda x: x**3, x) == pytest.approx(3.0)
    assert condition(lambda x: 7.0 * x, x) == pytest.approx(1.0)
    assert condition(lambda x, y: x * y, x, 3.0) == pytest.approx(2.0)
    assert condition(lambda x: 1.0 / x, -x) == pytest.approx(1.0)


def test_conditions_at_zeros():
    assert condition(lambda x: x - 1.0, 1.0) == math.inf
    assert condition(lambda x: 0.0 * x, 1.0) == 0.0
    assert condition(lambda x: 3.0, 1.0) == 0.0
    assert condition(lambda x: ag.Value(0.0) * x, 1.0) == 0.0


@pytest.mark.thorough
@given(expressions(max_size=6))
def test_the_condition_bounds_what_a_change_of_the_operands_costs(f):
    """A relative change of the operands is multiplied by at most the condition number, to first order."""
    value, bound = f(*f.point), condition(f, *f.point)
    assume(value != 0.0 and 0.1 < bound < 1e3)
    changed = f(*[x * (1.0 + s * 1e-7) for x, s in zip(f.point, (1, -1, 1), strict=False)])
    assert abs(changed - value) <= (1.01 * bound * 1e-7 + 1e-9) * abs(value)
