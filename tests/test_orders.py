"""Second and third derivatives of every row: right in every mode, or alike where there is none, in every back end."""

import math
import os

import orders
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import MP

import autograd_lite as ag
from autograd_lite import PRIMITIVES, grad
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import float_values

MANY = os.environ.get("HYPOTHESIS_PROFILE") == "ci"  # `.ci/run` samples more


@pytest.mark.thorough
@pytest.mark.parametrize("name", orders.ROWS)
def test_derivatives_of_partials(name):
    row = PRIMITIVES[name]
    tally = orders.look_at(row, orders.points_of(row, 6 if MANY else 1, 12 if MANY else 2))
    assert not tally.failures, "\n".join(tally.failures[:5])


@pytest.mark.thorough
@pytest.mark.parametrize("name", orders.ROWS)
def test_every_back_end_has_the_bits_of_the_eager_derivatives(name):
    """numpy within its bound."""
    pytest.importorskip("llvmlite")
    row = PRIMITIVES[name]
    points = orders.points_of(row, 4 if MANY else 1, 12 if MANY else 3)
    assert not orders.back_end_faults(row, points)


@pytest.mark.parametrize("x", [-1e155, -4.7e176, 1e160, 1e300])
@pytest.mark.parametrize("name", ["gelu", "erf", "erfc", "silu", "softplus", "atan", "tanh"])
def test_far_away_the_modes_agree(name, x):
    """A power of x that overflows beside a factor that is 0 is nan in one mode and 0 in the other."""
    row = PRIMITIVES[name]
    for modes in (orders.MODES, orders.THIRD):
        assert orders.alike([orders.leaves(mode(orders.applied(row))([x]))[0] for mode in modes.values()])


@pytest.mark.parametrize(("name", "xs"), [("xlogy", [0.0, 0.0]), ("xlog1py", [0.0, -1.0])])
def test_mixed_derivatives_at_the_corner_are_the_same_in_both_orders(name, xs):
    for mode in orders.MODES.values():
        (_, xy), (yx, _) = mode(orders.applied(PRIMITIVES[name]))(xs)
        assert xy == yx == math.inf


@pytest.mark.parametrize("x", [5e-324, 1e-323, 1e-310, 2.0**-1022])
def test_a_slope_does_not_overflow_by_its_parts(x):
    assert grad(lambda v: v**v)(x) == pytest.approx(1.0 + math.log(x), rel=1e-15)
    slope = 5e-324 / x
    assert grad(lambda v: v**5e-324)(x) == grad(ag.pow)(x, 5e-324) == pytest.approx(slope, rel=1e-15)
    assert ag.compile(grad(ag.pow), backend="python")(x, 5e-324) == grad(ag.pow)(x, 5e-324)


@given(st.floats(1e-10, 1e300), st.floats(1e100, 1e300), st.sampled_from([1.0, -1.0]))
def test_a_saturated_isru_does_not_underflow(x, a, sign):
    want = MP.mpf(x) / MP.sqrt(1 + MP.mpf(a) * MP.mpf(x) ** 2)
    assert ag.nn.isru(sign * x, a) == pytest.approx(sign * float(want), rel=1e-15)


@given(st.integers(1, 2**40), st.integers(-(2**40), 2**40), st.integers(0, 30))
def test_the_direction_keeps_its_digits_where_the_length_has_none(m, n, k):
    """Subnormal operands: the length is rounded, the direction is not."""
    x, y = math.ldexp(m >> k, -1074), math.ldexp(n >> k, -1074)
    if x or y:
        want = [v / math.hypot(m >> k, n >> k) for v in (m >> k, n >> k)]
        assert grad(lambda v: ag.hypot(*v))([x, y]) == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize("x", [-0.04, -0.5, -1.0, -1.19, -1.21, -2.0, -5.0, -20.0, -40.0, -1e4, -1e8, -1e100])
def test_the_third_derivative_of_log_ndtr_far_to_the_left(x):
    assert not orders.look_at(PRIMITIVES["log_ndtr"], [[x]]).failures


# -- planted faults


def test_a_cancelled_second_derivative_is_found():
    """The product that was the partial of tanh: right itself, and its own derivative is 0 next to 0."""
    partial = lambda out, x: 4.0 * ag.sigmoid(2.0 * x) * (1.0 - ag.sigmoid(2.0 * x))  # noqa: E731
    row = Primitive("tanh", 1, PRIMITIVES["tanh"].value, (partial,))
    assert orders.look_at(row, [[1e-8]], orders.applied(row)).failures
    assert not orders.look_at(PRIMITIVES["tanh"], [[1e-8]]).failures


def test_a_choice_that_leaks_is_found():
    """Both branches are computed, and 0 times the infinite partial of the one not taken is nan."""
    partials = (
        lambda out, x, y: ag.where(ag.equal(x, 0.0), x * y, y * out / x),
        lambda out, x, y: out * ag.log(ag.where(ag.equal(x, 0.0), 1.0, x)),
    )
    row = Primitive("pow", 2, float_values.power, partials)
    assert orders.look_at(row, [[0.0, 2.0]], orders.applied(row)).failures
    assert not orders.look_at(PRIMITIVES["pow"], [[0.0, 2.0]]).failures
