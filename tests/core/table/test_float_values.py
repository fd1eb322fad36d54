"""Functions of floats, against 50 digits where a formula loses them, and on every special operand."""

import math
import struct

import mpmath
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from autograd_lite.core.operands import IEEEFloat
from autograd_lite.core.table import exponentials, float_values

MP = mpmath.mp.clone()
MP.dps = 50

NUMBERS = st.floats(allow_nan=False)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.floats() | st.integers(-4, 4).map(float)
MODERATE = st.floats(-700.0, 700.0)


def bits(x):
    return "nan" if x != x else struct.pack("<d", x)


def function(name):
    return getattr(float_values, name)


def off(got, want):
    """How many spacings of floats lie between a result and the exact one."""
    return float(abs(MP.mpf(got) - want) / MP.mpf(math.ulp(float(want))))


EXACT = {
    float_values.sigmoid: lambda x: 1 / (1 + MP.exp(-x)),
    float_values.softplus: lambda x: MP.log1p(MP.exp(x)),
}


@pytest.mark.parametrize("function", EXACT)
@given(x=MODERATE)
def test_functions_of_one_operand_keep_their_digits(function, x):
    assert off(function(x), EXACT[function](MP.mpf(x))) <= 3


@given(MODERATE, MODERATE)
def test_logaddexp_keeps_its_digits(x, y):
    want = MP.log(MP.exp(x) + MP.exp(y))
    spacing = max(math.ulp(x), math.ulp(y), math.ulp(float(want)))
    assert abs(MP.mpf(float_values.logaddexp(x, y)) - want) <= 3 * spacing
    assert float_values.logaddexp(x, y) == float_values.logaddexp(y, x)


@given(st.lists(MODERATE, min_size=1, max_size=6))
def test_logsumexp_keeps_its_digits(xs):
    first, *rest = sorted((MP.mpf(x) for x in xs), reverse=True)
    want = first + MP.log1p(MP.fsum(MP.exp(x - first) for x in rest))
    spacing = max(*(math.ulp(x) for x in xs), math.ulp(float(want)))
    assert abs(MP.mpf(float_values.logsumexp(xs)) - want) <= 8 * spacing


@given(st.lists(MODERATE, min_size=2, max_size=5))
def test_surprisal_and_its_slopes_keep_their_digits(xs):
    odds = [MP.exp(MP.mpf(x) - MP.mpf(xs[0])) for x in xs]
    out, want = float_values.surprisal(xs), MP.log1p(MP.fsum(odds[1:]))
    assert abs(MP.mpf(out) - want) <= 4 * max(math.ulp(x - xs[0]) for x in xs) + 4 * math.ulp(float(want))
    slopes = [x / MP.fsum(odds) for x in [-MP.fsum(odds[1:]), *odds[1:]]]
    got = float_values.surprisal_slopes(xs)
    for g, w in zip(got, slopes, strict=True):
        assert float(g) == pytest.approx(float(w), rel=1e-12, abs=1e-300)


def test_tiny_terms_are_not_lost():
    assert float_values.logsumexp([0.0, -700.0]) == math.exp(-700.0)
    assert float_values.logsumexp([1e300, -1e300]) == 1e300
    assert float_values.logsumexp([-math.inf, -math.inf]) == -math.inf
    assert float_values.logsumexp([math.inf, 1.0]) == math.inf
    assert float_values.softplus(-800.0) == 0.0 == float_values.sigmoid(-800.0)
    assert (float_values.softplus(800.0), float_values.sigmoid(800.0)) == (800.0, 1.0)


ROUNDINGS = {
    "floor": math.floor, "ceil": math.ceil, "trunc": math.trunc, "round_half_even": round,
}  # fmt: skip


@pytest.mark.parametrize("name", ROUNDINGS)
@given(x=FINITE)
def test_roundings_are_pythons_with_the_sign_of_a_zero_kept(name, x):
    got = getattr(float_values, name)(x)
    assert got == ROUNDINGS[name](x)
    assert got != 0.0 or math.copysign(1.0, got) == math.copysign(1.0, x)


@given(st.floats(), st.floats())
def test_a_quotient_is_that_of_ieee_754(x, y):
    if y != 0.0:
        assert bits(float_values.quotient(x, y)) == bits(x / y)
    elif x == 0.0 or x != x:
        assert math.isnan(float_values.quotient(x, y))
    else:
        assert float_values.quotient(x, y) == math.copysign(math.inf, x) * math.copysign(1.0, y)


@given(ANY, ANY)
@example(2.0, 3.0)
@example(0.0, -math.inf)
@example(-0.0, -3.0)
@example(-math.inf, 0.5)
def test_a_power_is_pythons_but_for_nan_and_fractional_powers_of_negative_numbers(x, y):
    if x != x or y != y:
        assert math.isnan(float_values.power(x, y))
    elif x < 0.0 and x != -math.inf and not math.isinf(y) and y != math.floor(y):
        with pytest.raises(ValueError, match="math domain"):
            float_values.power(x, y)
    else:
        try:
            want = x**y
        except (OverflowError, ZeroDivisionError) as error:
            with pytest.raises(type(error)):
                float_values.power(x, y)
        else:
            assert bits(float_values.power(x, y)) == bits(want)


@given(st.floats())
def test_the_power_two_is_a_product(x):
    assume(x * x != math.inf or abs(x) == math.inf)
    assert bits(float_values.power(x, 2.0)) == bits(x * x)


POWERS = [0.0, 0.5, 1.0, 2.0, 3.0, -1.0, -2.0, -3.0, -0.5, 1e300, -1e300, 1025.0, -1025.0, 1026.0, -(2.0**53) + 1.0]


@pytest.mark.parametrize("x", [0.0, -0.0, -1.0, -2.0, 2.0, -1e300, 1e300, 1e-300, -1e-300])
@pytest.mark.parametrize("y", POWERS)
def test_the_limit_of_a_power_is_what_c_tells(x, y):
    numpy = pytest.importorskip("numpy")
    try:
        float_values.power(x, y)
    except (ArithmeticError, ValueError):
        with numpy.errstate(all="ignore"):
            want = float(numpy.power(numpy.float64(x), numpy.float64(y)))
        assert bits(float_values.power_limit(x, y)) == bits(want)


@given(st.lists(FINITE, max_size=8))
def test_sums_and_products_go_from_left_to_right(xs):
    total, product = 0.0, 1.0
    for i, x in enumerate(xs):
        total, product = (x, x) if i == 0 else (total + x, product * x)
    assert bits(float_values.sum_in_order(xs)) == bits(total)
    assert bits(float_values.product(xs)) == bits(product)
    assert bits(float_values.dot([*xs, *xs])) == bits(float_values.sum_in_order([x * x for x in xs]))


@given(st.lists(st.floats(), min_size=1, max_size=6))
def test_largest_and_smallest_pass_nan_on(xs):
    if any(x != x for x in xs):
        assert math.isnan(float_values.largest(xs))
        assert math.isnan(float_values.smallest(xs))
    else:
        assert (float_values.largest(xs), float_values.smallest(xs)) == (max(xs), min(xs))


@given(NUMBERS, NUMBERS, NUMBERS)
@example(0.0, -0.0, 0.0)
@example(-0.0, 0.0, -0.0)
def test_choices_have_the_bits_of_pythons(x, low, high):
    """Of two zeros the first, as max and min choose; and no zero has a sign of its own in relu and sign."""
    assert bits(float_values.clip(x, low, high)) == bits(min(max(x, low), high))
    assert bits(float_values.maximum(x, low)) == bits(max(x, low))
    assert bits(float_values.minimum(x, low)) == bits(min(x, low))
    assert bits(float_values.relu(x)) == bits(max(0.0, x))
    assert bits(float_values.sign(x)) == bits(float((x > 0) - (x < 0)))


@pytest.mark.parametrize("name", ["maximum", "minimum", "copysign", "hypot", "power", "logaddexp"])
@given(x=st.floats())
@example(x=math.inf)
def test_nan_on_either_side_gives_nan(name, x):
    f = function(name)
    assert math.isnan(f(math.nan, x))
    assert math.isnan(f(x, math.nan))


@pytest.mark.parametrize("name", ["sign", "relu", "sigmoid", "softplus", *ROUNDINGS])
def test_nan_gives_nan(name):
    assert math.isnan(function(name)(math.nan))


@given(st.sampled_from([(0.0, 1.0), (1.0, 0.0), (1.0, 1.0), (0.0, 2.0)]), ANY | st.floats(0.0, 4.0), ANY)
@example((0.0, 1.0), 0.0, 0.0)
@example((1.0, 0.0), 5e-324, 1e-3)
@example((0.0, 1.0), 1e300, 2.0)
def test_slopes_of_powers_have_the_bits_of_their_definition_where_they_are_computed_at_once(orders, x, y):
    wanted = exponentials.slope_of_power(*orders, IEEEFloat(x), IEEEFloat(y)).data
    assert bits(exponentials.value_of_power_slope(*orders, x, y)) == bits(wanted)
    if sum(orders) == 1.0 and 0.1 < x < 10.0 and 0.1 < abs(y) < 100.0 and x != 1.0:
        assert bits(float_values.ordinary_power_slope(*orders, x, y)) == bits(wanted)
