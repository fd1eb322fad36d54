"""Activations: the table of the lectures, row by row, at 50 digits; and its misprints, as our checks find them."""

import math

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mpf
from networks import TABLE, soft_clipping_slope, soft_exponential

from autograd_lite import Value, custom_derivative, exp, grad, gradients, log, square, surprisal, tanh
from autograd_lite.core.table import float_values
from autograd_lite.nn import activations as a
from autograd_lite.nn.activation_modules import activation_of
from autograd_lite.nn.activations import ACTIVATIONS, WHOLE_LAYER
from autograd_lite.testing import gradcheck

EPS = 2.0**-53


def assert_close(found, exact_at, x, what):
    """A few ulps, and as many more as the rounding of x itself moves the exact value."""
    with mpmath.workdps(400):
        exact = exact_at(mpf(x))
        h = max(abs(mpf(x)), mpf(1e-9)) * mpf(2) ** -53
        moved = max(abs(exact_at(mpf(x) + h) - exact), abs(exact_at(mpf(x) - h) - exact))
        error = abs(mpf(found) - exact)
        bound = 6 * abs(exact) * mpf(2) ** -52 + 4 * moved + mpf(2) ** -1074
    assert error <= bound, f"{what}({x!r}) is {found!r}, exactly {mpmath.nstr(exact, 20)}"


@pytest.mark.thorough
@pytest.mark.parametrize("name", TABLE)
@given(data=st.data())
@settings(max_examples=60)
def test_the_function_and_derivative_columns(name, data):
    row = TABLE[name]
    near = st.floats(max(row.low, -3.0), min(row.high, 3.0))
    x = data.draw(st.floats(row.low, row.high) | near | st.sampled_from([0.0, 1e-9, -1e-9, 1.0, -1.0, 0.5]))
    if any(abs(x - kink) < 1e-6 for kink in row.kinks) or (not row.low <= x <= row.high):
        return
    if name in ("ISRLU(1)", "ReLU", "ELU(0.3)", "SELU", "SQ-RBF", "hard tanh") and abs(abs(x) % 1.0) < 1e-6:
        return  # kinks, where the other side is a rounding away
    if "eaky" in name or "PReLU" in name or ("soft exponential" in name and abs(x) < 1e-6):
        x = x if abs(x) > 1e-6 else 1.0
    v = Value(x)
    out = row.f(v)
    assert_close(out.data, row.value, x, name)
    assert row.f(x) == out.data
    assert_close(gradients(out, [v])[0], row.slope, x, f"{name}'")


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (ACTIVATIONS["relu"], 0.0, 0.0), (a.leaky_relu, 0.0, 1.0), (a.elu, 0.0, 1.0), (a.binary_step, 0.0, 0.0),
        (lambda x: a.elu(x, 0.25), 0.0, 0.25), (a.selu, 0.0, a.SELU_SCALE * a.SELU_ALPHA), (a.isrlu, 0.0, 1.0),
        (a.hard_tanh, 1.0, 1.0), (a.hard_tanh, -1.0, 1.0), (a.sqnl, 2.0, 0.0), (a.sqnl, 0.0, 1.0),
        (a.sinc, 0.0, 0.0), (a.sq_rbf, 1.0, -1.0), (a.sq_rbf, 2.0, 0.0), (a.softsign, 0.0, 1.0),
        (lambda x: a.srelu(x, 0.0, 0.2, 1.0, 0.3), 0.0, 0.2), (lambda x: a.srelu(x, 0.0, 0.2, 1.0, 0.3), 1.0, 0.3),
        (lambda x: a.apl(x, [0.5], [1.0]), 1.0, 1.0),
    ],
)  # fmt: skip
def test_kinks_follow_the_table(function, x, slope):
    assert grad(function)(x) == slope


@given(st.floats(-5, 5), st.floats(0.1, 3))
def test_parameters_are_differentiated_too(x, p):
    def slope_in(function):
        return grad(lambda q: function(x, q))(p)

    assert slope_in(a.prelu) == (x if x < 0 else 0.0)
    assert slope_in(a.elu) == (math.expm1(x) if x <= 0 else 0.0)
    assert slope_in(a.isru) == pytest.approx(-0.5 * (x / math.sqrt(1 + p * x * x)) ** 3, rel=1e-14)
    with mpmath.workdps(50):
        exact = mpmath.diff(lambda q: soft_exponential(mpf(x), q), p)
    assert slope_in(a.soft_exponential) == pytest.approx(float(exact), rel=1e-11, abs=1e-13)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=6))
def test_brelu_turns_every_other_unit(xs):
    expected = [max(0.0, x) if i % 2 == 0 else -max(0.0, -x) for i, x in enumerate(xs)]
    assert a.brelu(xs) == expected
    slopes = grad(lambda v: sum(a.brelu(v), 0.0))(xs)
    assert slopes == [float(x > 0) if i % 2 == 0 else float(x < 0) for i, x in enumerate(xs)]


@pytest.mark.thorough
@given(st.lists(st.floats(-700, 700), min_size=1, max_size=6))
def test_softmax_and_its_logarithm(xs):
    with mpmath.workdps(700):
        total = mpmath.fsum(mpmath.exp(x) for x in xs)
        exact = [mpmath.exp(x) / total for x in xs]
        logarithms = [mpmath.log(p) for p in exact]
    for found, p, log_p, found_log in zip(a.softmax(xs), exact, logarithms, a.log_softmax(xs), strict=True):
        assert abs(found_log - log_p) <= 4 * EPS * (abs(log_p) + max(xs) - min(xs))
        assert abs(found - p) <= 8 * EPS * p * (1 + max(xs) - min(xs)) + 2**-1074
    slopes = grad(lambda v: a.softmax(v)[0])(xs)
    for j, slope in enumerate(slopes):
        expected = exact[0] * ((j == 0) - exact[j])
        assert abs(slope - expected) <= 1e-13


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=5))
def test_the_slopes_of_softmax_and_its_logarithm_keep_their_digits(xs):
    with mpmath.workdps(1000):
        terms = [mpmath.exp(mpf(x) - max(xs)) for x in xs]
        odds = [t / mpmath.fsum(terms) for t in terms]
        others = mpmath.fsum(odds[1:])
    slack = 30 * (1 + max(xs) - min(xs)) * EPS
    slopes, log_slopes = (grad(lambda v, f=f: f(v)[0])(xs) for f in (a.softmax, a.log_softmax))
    for j, p in enumerate(odds):
        exact = others if j == 0 else -p
        assert abs(log_slopes[j] - exact) <= slack * abs(exact) + 1e-300
        assert abs(slopes[j] - odds[0] * exact) <= 2 * slack * abs(odds[0] * exact) + 1e-300


def test_log_softmax_of_a_certain_class_keeps_its_digits():
    assert a.log_softmax([100.0, 0.0])[0] == -math.exp(-100.0)
    assert a.log_softmax([1e6 + 40.0, 1e6])[0] == pytest.approx(-math.exp(-40.0), rel=1e-15)


# -- the misprints of the lectures, as findings of gradcheck

PRINTED = {  # f and f' as printed; f and f' as they are; a place to look at
    "tanh": (  # B prints 1 - 2 tanh^2
        tanh, lambda x: 1.0 - 2.0 * square(tanh(x)), tanh, lambda x: 1.0 - square(tanh(x)), 0.7,
    ),
    "soft exponential": (  # V leaves out the minus for a < 0: it falls, and its printed derivative is positive
        lambda x: log(1.0 + 0.5 * (x - 0.5)) / -0.5, lambda x: 1.0 / (1.0 + 0.5 * (x - 0.5)),
        lambda x: a.soft_exponential(x, -0.5), lambda x: 1.0 / (1.0 + 0.5 * (x - 0.5)), 0.3,
    ),
    "SQ-RBF": (  # V prints 2 - (2 - x^2) / 2 with the slope 2 - x for 1 < |x| < 2
        lambda x: 2.0 - (2.0 - square(x)) / 2.0, lambda x: 2.0 - x, a.sq_rbf, lambda x: x - 2.0, 1.5,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PRINTED)
def test_errata_are_findings_of_gradcheck(name):
    f, slope, right, right_slope, x = PRINTED[name]
    report = gradcheck(custom_derivative(lambda x: f(x), lambda out, x: (slope(x),)), x)
    assert not report
    assert all("expected" in finding for finding in report.findings)
    assert float(report.worst.got) == slope(x)
    assert gradcheck(custom_derivative(lambda x: right(x), lambda out, x: (right_slope(x),)), x)
    assert gradcheck(right, x)


def test_what_is_printed_would_not_join_its_neighbours_either():
    f = PRINTED["SQ-RBF"][0]
    assert abs(f(1.0) - 0.5) > 0.5  # 1 - x^2/2 ends at 1/2
    assert a.sq_rbf(1.0 + 1e-12) == pytest.approx(0.5)
    assert a.sq_rbf(2.0 - 1e-9) == pytest.approx(0.0, abs=1e-17)
    # the minus makes the soft exponential meet the identity as a goes to 0
    assert a.soft_exponential(0.3, -1e-9) == pytest.approx(0.3, rel=1e-8)


def test_printed_forms_lose_the_digits_that_ours_keep():
    x = -40.0
    printed = (math.exp(x) - 1) + 1  # f + a
    assert printed == 0.0
    assert grad(a.elu)(x) == math.exp(x)
    x = 1e-4
    printed = math.cos(x) / x - math.sin(x) / x**2
    assert abs(printed + x / 3) > 1e-11 * x
    assert grad(a.sinc)(x) == pytest.approx(-x / 3 + x**3 / 30, rel=1e-15)
    x, p = 60.0, 1.0
    printed = ACTIVATIONS["logistic"](p * x) - ACTIVATIONS["logistic"](p * (x - 1))
    assert printed == 0.0
    assert grad(a.soft_clipping)(x) == pytest.approx(float(soft_clipping_slope(mpf(x), mpf(p))), rel=1e-14)


# -- names


def test_every_name_finds_its_function():
    for name, function in ACTIVATIONS.items():
        assert activation_of(name) == (name, function)
        assert activation_of(function)[1] is function
    assert activation_of(lambda x: exp(x))[0] == "<lambda>"
    assert set(ACTIVATIONS.values()) >= WHOLE_LAYER
    with pytest.raises(ValueError, match=f"the known ones are {', '.join(ACTIVATIONS)}"):
        activation_of("rel")


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"brelu", "softmax", "log_softmax"}))
def test_second_derivatives_exist(name):
    first = grad(ACTIVATIONS[name])
    x, h = 0.3, 1e-5
    assert grad(first)(x) == pytest.approx((first(x + h) - first(x - h)) / (2 * h), rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=5))
def test_what_is_restated_for_speed_is_the_rule(xs):
    out = surprisal(xs)
    assert surprisal.lowering(xs) == out
    generic = surprisal.partials(Value(out), [Value(x) for x in xs])
    assert [float_of(s) for s in generic] == float_values.surprisal_slopes(xs)


def float_of(x):
    return x.data if isinstance(x, Value) else x
