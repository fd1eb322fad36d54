"""Taylor mode: coefficients against mpmath in 60 digits, eager and compiled, and against nested gradients."""

import itertools
import math
from functools import partial

import pytest
from dags import leaves, same_bits
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import EXACT, MP

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, compile, grad, jvp, taylor, vmap
from autograd_lite.testing.random_graphs import random_expression

SPECIAL = ["erf", "erfc", "gamma", "lgamma", "digamma", "trigamma", "ndtr", "erfinv", "ndtri", "gelu"]
OWN = [row.name for row in PRIMITIVES.values() if row.taylor is not None]
FLAT = {row.name for row in PRIMITIVES.values() if row.partial_rules in ((0.0,), (None,))}
ELEMENTARY = [
    row.name
    for row in PRIMITIVES.values()
    if row.arity == 1 and row.name not in {*SPECIAL, *OWN, *FLAT, "stop_gradient"}
]
ORDER, DIGITS = 20, 1e-12


def worst(found, f, x):
    """The largest relative error of the coefficients whose condition number is below 100."""
    return worst_of(found, MP.taylor(f, MP.mpf(x), len(found)), x)


def worst_of(found, want, x):
    errors = [0.0]
    for k, c in enumerate(found):
        if 1e-290 < abs(want[k]) < 1e300 and abs(x * (k + 1) * want[k + 1] / want[k]) < 100:
            errors.append(float(abs((MP.mpf(c) - want[k]) / want[k])))
    return max(errors)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ELEMENTARY)
def test_rows_keep_their_digits(name):
    """Eager and compiled, with the same bits."""
    row = PRIMITIVES[name]
    for x in (0.3, 0.75) if name != "acosh" else (1.3, 1.75):
        found = taylor(row, x, ORDER)
        assert worst(found, EXACT[name].value, x) <= DIGITS
    assert same_bits(compile(lambda x: taylor(row, x, ORDER), backend="python")(x), found)


def upwards(first, step):
    """The coefficients of x after `first`, from the lower ones; in so many digits that a recurrence loses none."""

    def reference(x):
        found = list(first(x))
        while len(found) < ORDER + 4:
            found.append(step(x, len(found) - 1, [0, *found]))
        return found

    return reference


def of_i0e(u):
    found = [MP.besseli(0, u) * MP.exp(-u)]
    found.append(MP.besseli(1, u) * MP.exp(-u) - found[0])
    return upwards(
        lambda x: found,
        lambda x, n, c: -(n * (n + 2 * x) * c[n + 1] + (2 * n - 1) * c[n]) / (x * n * (n + 1)),
    )(u)


def of_i1e(u):
    even = of_i0e(u)
    return [(k + 1) * b + a for k, (a, b) in enumerate(itertools.pairwise(even))]


def mirrored(of_positive, odd):
    """The coefficients of an even or an odd function."""
    return lambda x: [(-1 if x < 0 and (k + odd) % 2 else 1) * c for k, c in enumerate(of_positive(abs(x)))]


def of_sine_over(scale):
    def step(x, n, c):
        y, k = scale * x, n + 1
        wave = (MP.sin(y), MP.cos(y), -MP.sin(y), -MP.cos(y))[k % 4]
        return (scale ** (k - 1) / MP.factorial(k) * wave - c[n + 1]) / x

    return upwards(lambda x: [MP.sin(scale * x) / (scale * x)], step)


def of_log_ndtr(x):
    z = -x / MP.sqrt(2)
    slopes = [MP.sqrt(2 / MP.pi) / (MP.exp(z * z) * MP.erfc(z))]
    for k in range(ORDER + 2):
        products = MP.fsum(slopes[j] * slopes[k - j] for j in range(k + 1))
        slopes.append(-(x * slopes[k] + (slopes[k - 1] if k else 0) + products) / (k + 1))
    return [MP.log(MP.erfc(z) / 2), *[h / (k + 1) for k, h in enumerate(slopes)]]


of_j0 = upwards(
    lambda x: [MP.besselj(0, x), -MP.besselj(1, x)],
    lambda x, n, c: -(n * n * c[n + 1] + x * c[n] + c[n - 1] * (n > 1)) / (x * n * (n + 1)),
)
REFERENCES = {
    "j0": of_j0,
    "j1": lambda x: [-(k + 1) * c for k, c in enumerate(of_j0(x)[1:])],
    "i0e": mirrored(of_i0e, 0),
    "i1e": mirrored(of_i1e, 1),
    "sinc": of_sine_over(MP.pi),
    "cardinal_sine": of_sine_over(MP.mpf(1)),
    "erfcx": upwards(
        lambda x: [MP.exp(x * x) * MP.erfc(x), 2 * x * MP.exp(x * x) * MP.erfc(x) - 2 / MP.sqrt(MP.pi)],
        lambda x, n, c: 2 * (x * c[n + 1] + c[n]) / (n + 1),
    ),
    "log_ndtr": of_log_ndtr,
}
"""By recurrences too, but upwards in 400 digits."""


@pytest.mark.thorough
@pytest.mark.parametrize("name", OWN)
@given(data=st.data())
@settings(max_examples=12)
def test_rows_with_coefficients_of_their_own_keep_their_digits_everywhere(name, data):
    """From next to 0 to far away, on either side of it, and at the borders between two ways to compute them."""
    anywhere = st.floats(-8.0, 3.0).map(lambda e: 10.0**e) | st.floats(0.01, 30.0) | st.integers(1, 30).map(float)
    x = data.draw(st.builds(math.copysign, anywhere, st.sampled_from([1.0, -1.0])))
    assume(name != "erfcx" or x > -26.0)
    found = taylor(PRIMITIVES[name], x, ORDER)
    with MP.workdps(400):
        want = REFERENCES[name](MP.mpf(x))[: ORDER + 2]
        assert worst_of(found, want, x) <= DIGITS


@pytest.mark.thorough
@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("x", [0.0, 0.4, -0.9, 3.0, 30.0])
def test_every_engine_has_their_bits(name, x):
    """Also where they are those of an inner function."""
    row = PRIMITIVES[name]
    for f in (row, lambda v: row(v * v - 0.5 * v)):
        expanded, second = partial(taylor, f, order=6), lambda v, f=f: taylor(f, v, 2)[2]
        found = expanded(x)
        for backend in ("python", "llvm"):
            if backend == "llvm":
                pytest.importorskip("llvmlite")
            assert same_bits(leaves(compile(expanded, backend=backend)(x)), found)
        third = pytest.approx(grad(grad(grad(f)))(x) / 6.0, rel=1e-6, abs=1e-9)
        assert found[3] == third
        assert grad(second)(x) / 3.0 == third


@pytest.mark.long
@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions_keep_their_digits(name):
    assert worst(taylor(PRIMITIVES[name], 0.6, 16), EXACT[name].value, 0.6) <= DIGITS


@pytest.mark.parametrize("x", [20.0, -20.0, 0.5, 3.0, 30.0])
def test_the_tails_keep_their_digits(x):
    """1 - tanh^2 would be 0 at 20."""
    assert worst(taylor(ag.tanh, x, ORDER), MP.tanh, x) <= DIGITS
    assert worst(taylor(ag.sigmoid, x, ORDER), lambda x: 1 / (1 + MP.exp(-x)), x) <= DIGITS


COMPOSITIONS = [
    (lambda x: ag.exp(ag.sin(x)) / (1.0 + x * x), lambda x: MP.exp(MP.sin(x)) / (1 + x * x)),
    (lambda x: ag.tanh(x) ** 2.5, lambda x: MP.tanh(x) ** MP.mpf(2.5)),
    (lambda x: x**x, lambda x: x**x),
    (lambda x: 2.0**x, lambda x: MP.mpf(2) ** x),
    (lambda x: x**-3.0, lambda x: x**-3),
    (lambda x: ag.logsumexp([x, 2.0 * x, 1.0]), lambda x: MP.log(MP.exp(x) + MP.exp(2 * x) + MP.e)),
    (lambda x: ag.dot([x, ag.cos(x), 2.0], [x, x, 3.0]), lambda x: x * x + MP.cos(x) * x + 6),
    (lambda x: ag.hypot(x, 2.0) * ag.atan2(x, 2.0), lambda x: MP.hypot(x, 2) * MP.atan2(x, 2)),
    (lambda x: ag.prod([x, ag.log(x), x]), lambda x: x * x * MP.log(x)),
    (lambda x: ag.mean([x, x * x, 1.0]), lambda x: (x + x * x + 1) / 3),
    (lambda x: ag.logaddexp(x, x * x), lambda x: MP.log(MP.exp(x) + MP.exp(x * x))),
    (lambda x: ag.maximum(x, x * x), lambda x: x),
    (lambda x: ag.where(ag.less(x, 1.0), lambda: ag.sqrt(x), lambda: x), lambda x: MP.sqrt(x)),
]  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize(("f", "reference"), COMPOSITIONS, ids=range(len(COMPOSITIONS)))
def test_compositions_keep_their_digits(f, reference):
    found = taylor(f, 0.7, 16)
    assert worst(found, reference, 0.7) <= DIGITS
    for backend in ("python", "llvm"):
        if backend == "llvm":
            pytest.importorskip("llvmlite")
        assert same_bits(leaves(compile(lambda x: taylor(f, x, 16), backend=backend)(0.7)), found)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_the_coefficients_are_those_of_nested_gradients(seed):
    f = random_expression(seed, inputs=1, size=8)
    found = taylor(f, f.point[0], 3)
    second = grad(grad(f))
    for k, want in enumerate(
        (float(f(*f.point)), grad(f)(*f.point), second(*f.point) / 2.0, grad(second)(*f.point) / 6.0)
    ):
        assert math.isclose(found[k], want, rel_tol=1e-6, abs_tol=1e-9 * (1.0 + abs(want))), k


def test_at_zero_and_at_kinks():
    assert taylor(lambda x: x**3.0, 0.0, 5) == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    assert taylor(lambda x: x**2.5, 0.0, 2) == [0.0, 0.0, 0.0]
    assert compile(lambda x: taylor(lambda y: y**2.5, x, 2), backend="python")(0.0) == [0.0, 0.0, 0.0]
    assert taylor(lambda x: x**0, 0.0, 2) == [1.0, 0.0, 0.0]
    assert taylor(ag.relu, 0.0, 2) == [0.0, 0.0, 0.0]
    assert taylor(lambda x: ag.maximum(x, -x), 0.0, 1) == [0.0, 0.0]
    assert taylor(lambda x: ag.floor(x) * x, 2.5, 2) == [5.0, 2.0, 0.0]
    assert taylor(ag.sqrt, 0.0, 1) == [0.0, math.inf]


def test_structures_and_constants():
    found = taylor(lambda x: {"a": [x, 3.0], "b": ag.exp(x)}, 0.0, 2)
    assert found[1] == {"a": [1.0, 0.0], "b": 1.0}
    assert len(found) == 3
    assert taylor(lambda x: 3.0, 1.0, 2) == [3.0, 0.0, 0.0]
    assert taylor(ag.sin, 0.5, 0) == [math.sin(0.5)]


def test_it_nests_with_the_other_transforms():
    third = taylor(ag.tanh, 0.7, 4)
    assert math.isclose(grad(lambda x: taylor(ag.tanh, x, 3)[3])(0.7), 4 * third[4], rel_tol=1e-12)
    assert math.isclose(jvp(lambda x: taylor(ag.tanh, x, 3)[3], (0.7,), (1.0,))[1], 4 * third[4], rel_tol=1e-12)
    inner = taylor(lambda x: taylor(ag.exp, x, 2)[2], 0.3, 2)
    assert math.isclose(inner[2], math.exp(0.3) / 4.0, rel_tol=1e-14)
    a = Value(2.0)
    assert taylor(lambda x: ag.exp(a * x), 0.0, 2) == [1.0, 2.0, 2.0]
    assert vmap(lambda x: taylor(ag.sin, x, 2))([0.0, 1.0])[1][0] == math.sin(1.0)


def test_the_program_grows_with_the_square_of_the_order():
    def size(order):
        return len(compile(lambda x: taylor(ag.tanh, x, order), backend="python").trace(0.5).instructions)

    sizes = [size(order) for order in (5, 10, 20, 40)]
    assert sizes[3] / sizes[2] < 4.5
    assert sizes[1] < 300


def test_a_rule_of_the_user_is_expanded():
    custom = ag.custom_derivative(lambda x: ag.exp(x) * ag.sin(x), lambda out, x: (out + ag.exp(x) * ag.cos(x),))
    assert worst(taylor(custom, 2.0, 12), lambda x: MP.exp(x) * MP.sin(x), 2.0) <= DIGITS


def test_a_rule_without_partials_is_refused_by_name():
    @ag.custom_vjp
    def twice(x):
        return 2.0 * x

    twice.defvjp(lambda x: (twice(x), None), lambda residuals, g: (2.0 * g,))
    with pytest.raises(TypeError, match="taylor needs the partials of twice"):
        taylor(twice, 0.5, 2)


@pytest.mark.parametrize(("args", "error", "text"), [
    ((ag.sin, 1.0, -1), ValueError, "order as a whole number from 0 on, but got -1"),
    ((ag.sin, 1.0, 2.0), ValueError, "order as a whole number"),
    ((lambda x: x[0], [1.0, 2.0], 2), TypeError, "in one number"),
    ((lambda x: "text", 1.0, 2), TypeError, "result of"),
])  # fmt: skip
def test_bad_input(args, error, text):
    with pytest.raises(error, match=text):
        taylor(*args)
