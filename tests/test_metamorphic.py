"""What must hold between gradients, whatever the truth is: the laws of calculus, and graphs that say the same.

Over random expressions and over the table.  No reference takes part.  Rounding is allowed for in units of the
sizes of the terms that a derivative sums up; where no sum changes its order, bits are compared.
"""

import math
import random

import pytest
from dags import same
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, gradients, hessian, jvp, vjp
from autograd_lite.core.reverse import topological_order
from autograd_lite.testing import expressions, random_expression
from autograd_lite.testing.random_graphs import DRAWN_ROWS, Expression
from autograd_lite.testing.surroundings import Surroundings

EXAMPLES, FEW = settings(max_examples=40), settings(max_examples=20)
ROUNDING = 1e-12
engine = gradients
factors = st.sampled_from([1.0, -2.0, 0.5, 3.0, -0.7])


def slopes(f, point):
    """The value, the gradient, and the sizes of the terms of each derivative."""
    inputs = [Value(x) for x in point]
    out = f(*inputs)
    sizes, _ = Surroundings(inputs, [out]).magnitudes(out)
    return out.data, engine(out, inputs), sizes


def assert_near(got, want, sizes, rounding=ROUNDING):
    for g, w, size in zip(got, want, sizes, strict=True):
        assert abs(g - w) <= rounding * max(size, abs(w)) + 1e-280, (got, want, sizes)


@st.composite
def pairs(draw):
    """Two functions of the same inputs: an expression, and one of the values on its way."""
    f = draw(expressions())
    return f, Expression(f.point, f.steps[: draw(st.integers(1, len(f.steps)))])


# -- the laws of calculus


@pytest.mark.thorough
@EXAMPLES
@given(pairs(), factors, factors)
def test_linearity(fg, a, b):
    f, g = fg
    point = f.point
    _, df, sf = slopes(f, point)
    _, dg, sg = slopes(g, point)
    _, got, _ = slopes(lambda *xs: a * f(*xs) + b * g(*xs), point)
    if not all(map(math.isfinite, got)):
        return
    want = [a * x + b * y for x, y in zip(df, dg, strict=True)]
    assert_near(got, want, [abs(a) * x + abs(b) * y for x, y in zip(sf, sg, strict=True)])


@pytest.mark.thorough
@EXAMPLES
@given(pairs())
def test_product_and_quotient(fg):
    f, g = fg
    point = f.point
    u, du, su = slopes(f, point)
    v, dv, sv = slopes(g, point)
    if v == 0.0 or not all(map(math.isfinite, [*du, *dv, 1.0 / (v * v)])):
        return
    sizes = [abs(u) * y + abs(v) * x for x, y in zip(su, sv, strict=True)]
    _, got, _ = slopes(lambda *xs: f(*xs) * g(*xs), point)
    assert_near(got, [x * v + u * y for x, y in zip(du, dv, strict=True)], sizes)
    _, got, _ = slopes(lambda *xs: f(*xs) / g(*xs), point)
    want = [(x * v - u * y) / (v * v) for x, y in zip(du, dv, strict=True)]
    assert_near(got, want, [s / (v * v) for s in sizes])


UNARY = [row for row in DRAWN_ROWS if row.arity == 1]


@pytest.mark.thorough
@pytest.mark.parametrize("outer", UNARY, ids=lambda row: row.name)
def test_chain(outer):
    @settings(max_examples=8)
    @given(expressions(max_size=8))
    def check(f):
        u, du, su = slopes(f, f.point)
        try:
            (slope,) = gradients(outer(y := Value(u)), [y])
        except (ArithmeticError, ValueError):
            return
        assume(math.isfinite(slope) and all(map(math.isfinite, du)))
        _, got, _ = slopes(lambda *xs: outer(f(*xs)), f.point)
        assert_near(got, [slope * x for x in du], [abs(slope) * s for s in su])

    check()


@EXAMPLES
@given(expressions(max_size=8))
def test_hessians_are_symmetric(f):
    inputs = [Value(x) for x in f.point]
    first = gradients(f(*inputs), inputs, create_graph=True)
    sizes = [Surroundings(inputs, [g]).magnitudes(g)[0] for g in first]
    h = hessian(lambda xs: f(*xs))(list(f.point))
    n = len(f.point)
    assume(all(math.isfinite(x) for row in [*h, *sizes] for x in row))
    for i in range(n):
        assert_near(h[i], [h[j][i] for j in range(n)], [max(sizes[i][j], sizes[j][i]) for j in range(n)], 1e-9)


@pytest.mark.thorough
@EXAMPLES
@given(pairs(), st.lists(factors, min_size=5, max_size=5))
def test_forward_and_reverse_are_adjoint(fg, numbers):
    """<J v, w> = <v, J^T w>, for a function of several results."""
    f, g = fg
    point = f.point

    def both(xs):
        return [f(*xs), g(*xs)]

    v, w = [*numbers[:3]][: len(point)], numbers[3:]
    sizes = [slopes(h, point)[2] for h in (f, g)]
    _, pushed = jvp(both, (point,), (v,))
    _, pullback = vjp(both, point)
    (pulled,) = pullback(w)
    assume(all(map(math.isfinite, [*pushed, *pulled])))
    got = sum(a * b for a, b in zip(pushed, w, strict=True))
    want = sum(a * b for a, b in zip(v, pulled, strict=True))
    size = sum(abs(a * b) * s for a, row in zip(w, sizes, strict=True) for b, s in zip(v, row, strict=True))
    assert_near([got], [want], [size])


@pytest.mark.parametrize("row", [row for row in DRAWN_ROWS if row.name not in ("where",)], ids=lambda row: row.name)
def test_rows_forward_and_reverse(row):
    """The same over the table, each row on the same operands."""
    xs = [1.3, 0.6, 0.9, 0.4][: row.arity or 4] if row.name not in ("asin", "acos", "atanh") else [0.3]
    f = (lambda *xs: row(xs[:2], xs[2:])) if row.name == "dot" else (lambda *xs: row(xs)) if row.arity is None else row
    _, reverse, _ = slopes(f, xs)
    for i in range(len(xs)):
        assert jvp(f, xs, [float(i == j) for j in range(len(xs))])[1] == reverse[i]


# -- graphs that say the same in other words


@pytest.mark.thorough
@EXAMPLES
@given(expressions(), st.randoms(use_true_random=False))
def test_labels_change_nothing(f, source):
    plain = slopes(f, f.point)
    inputs = [Value(x, label=source.choice("abc")) for x in f.point]
    out = f(*inputs)
    for node in (out, *out.parents):
        node.label = "y"
    assert same(out.data, plain[0])
    assert all(map(same, gradients(out, inputs), plain[1]))


@EXAMPLES
@given(expressions(), st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_is_theirs_alone(f, source):
    value, want, _ = slopes(f, f.point)
    places = list(range(len(f.point)))
    source.shuffle(places)

    def turned(*ys):
        return f(*[ys[places.index(i)] for i in range(len(ys))])

    again, got, _ = slopes(turned, [f.point[i] for i in places])
    assert same(again, value)
    assert all(same(g, want[i]) for g, i in zip(got, places, strict=True))


@EXAMPLES
@given(expressions(), st.randoms(use_true_random=False))
def test_steps_may_be_taken_in_any_order(f, source):
    """Another order that respects what needs what: the same value to the bit, sums of the gradient in another order."""
    count = len(f.point)
    waiting, moved, steps = list(range(len(f.steps) - 1)), {i: i for i in range(count)}, []

    def taken(k):
        row, operands = f.steps[k]
        steps.append((row, tuple(moved[i] if isinstance(i, int) else i for i in operands)))
        moved[count + k] = count + len(steps) - 1

    while waiting:
        ready = [k for k in waiting if all(not isinstance(i, int) or i in moved for i in f.steps[k][1])]
        k = source.choice(ready)
        waiting.remove(k)
        taken(k)
    taken(len(f.steps) - 1)
    value, want, sizes = slopes(f, f.point)
    again, got, _ = slopes(Expression(f.point, steps), f.point)
    assert same(again, value)
    assert_near(got, want, sizes)


@EXAMPLES
@given(expressions(max_size=7))
def test_nodes_may_be_computed_twice(f):
    """Without any sharing, each use a computation of its own: a tree in place of a graph."""
    count = len(f.point)

    def unshared(*xs):
        def value(i):
            if not isinstance(i, int) or i < count:
                return xs[i] if isinstance(i, int) else i
            row, operands = f.steps[i - count]
            values = [value(j) for j in operands]
            if row.name == "dot":
                return row(values[: len(values) // 2], values[len(values) // 2 :])
            return row(values) if row.arity is None else row(*values)

        return value(count + len(f.steps) - 1)

    value, want, sizes = slopes(f, f.point)
    again, got, _ = slopes(unshared, f.point)
    assert same(again, value)
    assert_near(got, want, sizes)


@EXAMPLES
@given(expressions())
def test_what_changes_nothing_changes_no_gradient(f):
    """Identities, double negations, additions of 0 and multiplications by 1, on the way in and out."""
    value, want, _ = slopes(f, f.point)
    twice, same_again = lambda x: ag.neg(ag.neg(x)), PRIMITIVES["identity"]
    for change in (same_again, twice, lambda x: x * 1.0, lambda x: x / 1.0, lambda x: x - 0.0):
        again, got, _ = slopes(lambda *xs, change=change: change(f(*map(change, xs))), f.point)
        assert same(again, value)
        assert [g + 0.0 for g in got] == [w + 0.0 for w in want]


@EXAMPLES
@given(expressions(), st.sampled_from([2.0, 0.5, -1.0, 4.0]))
def test_units_may_be_changed(f, c):
    """In other units of the inputs, the gradient scales the other way: a power of 2 changes no digit."""
    value, want, _ = slopes(f, f.point)
    again, got, _ = slopes(lambda *xs: f(*[c * x for x in xs]), [x / c for x in f.point])
    assert same(again, value)
    assert [g + 0.0 for g in got] == [c * w + 0.0 for w in want]


# -- the table: inverse pairs, symmetries, and identities between rows

INVERSES = [
    ("exp", ag.exp, ag.log, (-9.0, 9.0)), ("log", ag.log, ag.exp, (0.1, 9.0)), ("exp2", ag.exp2, ag.log2, (-9.0, 9.0)),
    ("log10", ag.log10, lambda y: 10.0**y, (0.1, 9.0)), ("expm1", ag.expm1, ag.log1p, (-3.0, 9.0)),
    ("sin", ag.sin, ag.asin, (-1.4, 1.4)), ("cos", ag.cos, ag.acos, (0.2, 3.0)), ("tan", ag.tan, ag.atan, (-1.5, 1.5)),
    ("asin", ag.asin, ag.sin, (-0.9, 0.9)), ("sinh", ag.sinh, ag.asinh, (-9.0, 9.0)),
    ("cosh", ag.cosh, ag.acosh, (0.3, 9.0)), ("acosh", ag.acosh, ag.cosh, (1.1, 9.0)),
    ("tanh", ag.tanh, ag.atanh, (-3.0, 3.0)), ("square", ag.square, ag.sqrt, (0.1, 9.0)),
    ("cbrt", ag.cbrt, lambda y: y**3, (0.1, 9.0)), ("reciprocal", ag.reciprocal, ag.reciprocal, (0.1, 9.0)),
    ("neg", ag.neg, ag.neg, (-9.0, 9.0)), ("pow", lambda x: x**2.5, lambda y: y**0.4, (0.1, 9.0)),
    ("sigmoid", ag.sigmoid, lambda y: ag.log(y / (1.0 - y)), (-5.0, 5.0)),
    ("softplus", ag.softplus, lambda y: ag.log(ag.expm1(y)), (-5.0, 5.0)),
]  # fmt: skip


def inverse_pair(f, g, x):
    inner, (slope,), _ = slopes(f, [x])
    back, (other,), _ = slopes(g, [inner])
    _, (whole,), _ = slopes(lambda x: g(f(x)), [x])
    loss = 1e-13 * max(1.0, abs(slope), 1.0 / abs(slope))
    assert abs(back - x) <= 10.0 * loss * max(1.0, abs(x))
    assert abs(slope * other - 1.0) <= 100.0 * loss
    assert abs(whole - 1.0) <= 100.0 * loss


@pytest.mark.parametrize(("f", "g", "domain"), [case[1:] for case in INVERSES], ids=[case[0] for case in INVERSES])
def test_inverse_pairs(f, g, domain):
    """g(f(x)) = x has the derivative 1, in one graph and by the chain rule."""

    @settings(max_examples=25)
    @given(st.floats(*domain))
    def check(x):
        inverse_pair(f, g, x)

    check()


def test_nearly_every_row_that_has_an_inverse_is_there():
    assert {case[0] for case in INVERSES} <= set(PRIMITIVES)


ODD = ["sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf", "cbrt", "neg", "reciprocal", "sign"]
EVEN = ["cos", "cosh", "abs", "square"]


@pytest.mark.parametrize("name", ODD + EVEN)
@FEW
@given(x=st.floats(0.01, 0.99))
def test_odd_and_even_functions(name, x):
    row, sign = PRIMITIVES[name], 1.0 if name in EVEN else -1.0
    (value, (slope,), _), (mirrored, (other,), _) = slopes(row, [x]), slopes(row, [-x])
    assert mirrored == sign * value
    assert other == -sign * slope


SYMMETRIC = ["add", "mul", "maximum", "minimum", "hypot", "logaddexp"]
DEGREES = {
    "add": 1, "sub": 1, "neg": 1, "abs": 1, "relu": 1, "maximum": 1, "minimum": 1, "hypot": 1, "copysign": 1, "clip": 1,
    "mod": 1, "fmod": 1, "sum": 1, "mean": 1, "max": 1, "min": 1, "mul": 2, "square": 2, "dot": 2, "prod": 4, "div": 0,
    "atan2": 0, "reciprocal": -1, "sqrt": 0.5, "cbrt": 1 / 3, "sign": 0, "less": 0, "identity": 1,
}  # fmt: skip


def on_list(row):
    if row.name == "dot":
        return lambda *xs: row(xs[: len(xs) // 2], xs[len(xs) // 2 :])
    return (lambda *xs: row(xs)) if row.arity is None else row


@pytest.mark.parametrize("name", SYMMETRIC)
@FEW
@given(x=st.floats(-9.0, 9.0), y=st.floats(-9.0, 9.0))
def test_symmetric_rows(name, x, y):
    row = PRIMITIVES[name]
    there, back = slopes(row, [x, y]), slopes(row, [y, x])
    assert there[0] == back[0]
    assert all(map(same, there[1], reversed(back[1])))


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "logsumexp"])
@FEW
@given(xs=st.lists(st.floats(-9.0, 9.0, width=16), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_the_order_of_many_operands_is_theirs_alone(name, xs, seed):
    row, places = PRIMITIVES[name], list(range(len(xs)))
    random.Random(seed).shuffle(places)
    _, want, _ = slopes(on_list(row), xs)
    _, got, _ = slopes(on_list(row), [xs[i] for i in places])
    assert_near(got, [want[i] for i in places], [1.0 + abs(w) for w in want])


@pytest.mark.thorough
@pytest.mark.parametrize("name", DEGREES)
@FEW
@given(xs=st.lists(st.floats(0.1, 9.0), min_size=4, max_size=4))
def test_homogeneous_rows(name, xs):
    """Euler: the sum of x df/dx is f times the degree."""
    row = PRIMITIVES[name]
    xs = xs[: row.arity or 4]
    value, partials, _ = slopes(on_list(row), xs)
    size = sum(abs(x * p) for x, p in zip(xs, partials, strict=True)) + abs(value)
    assert abs(sum(x * p for x, p in zip(xs, partials, strict=True)) - DEGREES[name] * value) <= 1e-14 * size


@pytest.mark.parametrize("name", ["max", "min", "mean", "logsumexp"])
@FEW
@given(xs=st.lists(st.floats(-99.0, 99.0), min_size=1, max_size=8))
def test_what_moves_with_its_operands_has_partials_that_add_up_to_1(name, xs):
    assert sum(slopes(on_list(PRIMITIVES[name]), xs)[1]) == pytest.approx(1.0, rel=1e-12)


IDENTITIES = {
    "tan": (ag.tan, lambda x: ag.sin(x) / ag.cos(x)),
    "tanh": (ag.tanh, lambda x: ag.sinh(x) / ag.cosh(x)),
    "sinh": (ag.sinh, lambda x: (ag.exp(x) - ag.exp(-x)) / 2.0),
    "asinh": (ag.asinh, lambda x: ag.log(x + ag.sqrt(x * x + 1.0))),
    "atanh": (lambda x: ag.atanh(x / 2.0), lambda x: 0.5 * (ag.log1p(x / 2.0) - ag.log1p(-x / 2.0))),
    "acos": (lambda x: ag.acos(x / 2.0), lambda x: math.pi / 2.0 - ag.asin(x / 2.0)),
    "sigmoid": (ag.sigmoid, lambda x: 1.0 / (1.0 + ag.exp(-x))),
    "sigmoid by tanh": (ag.sigmoid, lambda x: 0.5 + 0.5 * ag.tanh(0.5 * x)),
    "softplus": (ag.softplus, lambda x: ag.log(1.0 + ag.exp(x))),
    "softplus by logaddexp": (ag.softplus, lambda x: ag.logaddexp(x, 0.0)),
    "logaddexp": (lambda x: ag.logaddexp(x, x * x), lambda x: ag.logsumexp([x, x * x])),
    "erfc": (ag.erfc, lambda x: 1.0 - ag.erf(x)),
    "exp2": (ag.exp2, lambda x: ag.exp(math.log(2.0) * x)),
    "log10": (ag.log10, lambda x: ag.log(x) / math.log(10.0)),
    "pow": (lambda x: x**x, lambda x: ag.exp(x * ag.log(x))),
    "cbrt": (ag.cbrt, lambda x: x ** (1.0 / 3.0)),
    "hypot": (lambda x: ag.hypot(x, x * x), lambda x: ag.sqrt(x * x + x * x * x * x)),
    "atan2": (lambda x: ag.atan2(x, x * x), lambda x: ag.atan(1.0 / x)),
    "gamma": (ag.gamma, lambda x: ag.exp(ag.lgamma(x))),
    "gamma above": (lambda x: ag.gamma(x + 1.0), lambda x: x * ag.gamma(x)),
    "digamma above": (lambda x: ag.digamma(x + 1.0), lambda x: 1.0 / x + ag.digamma(x)),
    "trigamma": (ag.trigamma, lambda x: ag.polygamma(1.0, x)),
    "dot": (lambda x: ag.dot([x, x], [x, 2.0]), lambda x: x * x + x * 2.0),
    "prod": (lambda x: ag.prod([x, 3.0, x]), lambda x: x * 3.0 * x),
    "relu": (lambda x: ag.relu(x - 1.0), lambda x: (x - 1.0 + ag.abs(x - 1.0)) / 2.0),
    "clip": (lambda x: ag.clip(x, 0.5, 1.5), lambda x: ag.minimum(ag.maximum(x, 0.5), 1.5)),
    "mod": (lambda x: x % 0.7, lambda x: x - 0.7 * ag.floor(x / 0.7)),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", IDENTITIES)
@FEW
@given(x=st.floats(0.2, 1.9))
def test_identities_between_rows(name, x):
    """Two texts of the same function have the same value, gradient and second derivative."""
    assume(min(abs(x - kink) for kink in (0.5, 0.7, 1.0, 1.4, 1.5)) > 1e-3)
    for f, order in ((lambda g: g, 0), (ag.grad, 1), (lambda g: ag.grad(ag.grad(g)), 2)):
        one, other = (float(f(g)(x)) for g in IDENTITIES[name])
        assert one == pytest.approx(other, rel=1e-10, abs=1e-10), order


# -- test the tester


def test_a_wrong_partial_breaks_an_inverse_pair():
    wrong = ag.custom_derivative(lambda x: ag.exp(x), lambda out, x: (1.0001 * out,))
    with pytest.raises(AssertionError):
        inverse_pair(wrong, ag.log, 0.5)
    inverse_pair(ag.exp, ag.log, 0.5)


def halved(f):
    return f, Expression(f.point, f.steps[: len(f.steps) // 2])


@pytest.mark.parametrize(
    ("law", "arguments"),
    [
        (test_linearity, lambda f: (halved(f), 2.0, 3.0)),
        (test_product_and_quotient, lambda f: (halved(f),)),
        (test_nodes_may_be_computed_twice, lambda f: (f,)),
    ],
)
def test_a_wrong_engine_breaks_a_law(law, arguments, monkeypatch):
    """One that is off by a little for every node."""

    def wrong(out, inputs):
        return [g + 1e-9 * (1.0 + abs(g)) * len(topological_order([out])) for g in gradients(out, inputs)]

    check = law.hypothesis.inner_test
    check(*arguments(random_expression(3, size=7)))
    monkeypatch.setitem(globals(), "engine", wrong)
    with pytest.raises(AssertionError):
        check(*arguments(random_expression(3, size=7)))
