"""Sweeps that record themselves: gradients of gradients, and the graphs from which none can be made."""

import itertools
import math

import dags
import numpy as np
import pytest
from comparing import compare_at_points
from hypothesis import given
from hypothesis import strategies as st
from reference import EXACT, MP

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, grad, gradients, jvp
from autograd_lite.core.create_graph import times
from autograd_lite.core.graph import CHOSEN
from autograd_lite.core.primitives import Primitive
from autograd_lite.testing.domains import is_defined, is_flat


def test_created_graphs_differentiate_again():
    x = Value(0.3)
    (first,) = gradients(ag.tanh(x), [x], create_graph=True)
    (second,) = gradients(first, [x], create_graph=True)
    t = math.tanh(0.3)
    assert first.data == pytest.approx(1 - t * t, rel=1e-15)
    assert second.data == pytest.approx(-2 * t * (1 - t * t), rel=1e-14)
    assert not x.has_grad


@given(st.integers(0, 6), st.floats(-3.0, 3.0))
def test_every_derivative_of_a_power(order, x):
    f = lambda x: x**6  # noqa: E731
    for _ in range(order):
        f = grad(f)
    assert f(x) == pytest.approx(math.perm(6, order) * x ** (6 - order), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("backend", [None, "python", "numpy", "llvm"])
@pytest.mark.parametrize("x", [1e-150, 0.5, 1.0, 2.0, 1e150])
def test_powers_have_their_slopes_at_exponent_zero_too(x, backend):
    """There the partial in x is 0, and its own slopes are not."""
    if backend == "llvm":
        pytest.importorskip("llvmlite")

    def at_zero(f):
        return (f if backend is None else ag.compile(f, backend=backend))([x, 0.0])

    curvature = ag.hessian(lambda v: v[0] ** v[1])
    wanted = np.array([[0.0, 1.0 / x], [1.0 / x, math.log(x) ** 2]])
    assert at_zero(curvature) == pytest.approx(wanted, rel=1e-14, abs=0.0)
    along_y = grad(lambda v: curvature(v)[0][1])
    assert at_zero(along_y) == pytest.approx([-1.0 / x / x, 2.0 * math.log(x) / x], rel=1e-14, abs=0.0)


@pytest.mark.parametrize("x", [0.0, -2.0, 5e-324, math.nan, math.inf])
def test_the_slope_of_a_power_at_exponent_zero_is_zero_in_every_engine(x):
    def slope(v):
        return grad(lambda u: u ** v[1])(v[0])

    found = [f([x, 0.0]) for f in (slope, ag.compile(slope, backend="python"), ag.compile(slope, backend="numpy"))]
    assert [*map(repr, map(float, found))] == ["0.0"] * 3


def test_powers_of_a_fixed_exponent_zero_have_a_plain_zero_for_slope():
    program = ag.compile(grad(lambda x: x**0.0), backend="python").trace(2.0)
    assert [(i.row.name, i.constant) for i in program.instructions] == [("constant", 0.0)]


def test_perturbations_are_not_confused():
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(3.0))(3.0) == 6.0
    assert grad(lambda x: x * jvp(lambda y: x * y, [3.0], [1.0])[1])(3.0) == 6.0


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: x + 1.0, ag.sin, lambda x: ag.dot([x, x], [x, 2.0])])
def test_created_graphs_refuse_assigned_data(f):
    x = Value(0.5)
    y = f(x)
    x.data = -0.5
    with pytest.raises(RuntimeError, match="assigned"):
        gradients(y, [x], create_graph=True)
    assert gradients(f(x), [x], create_graph=True)  # a graph built after the assignment is fine


def test_tangents_refuse_assigned_data_on_their_way_alone():
    def f(x, on_the_way):
        apart = Value(2.0) * Value(3.0)
        on_it = x * x
        (on_it if on_the_way else apart).data = 5.0
        return on_it * apart

    x = Value(3.0)
    with pytest.raises(RuntimeError, match="assigned"):
        jvp(lambda x: f(x, True), (x,), (1.0,))
    assert jvp(lambda x: f(x, False), (x,), (1.0,))[1].data == 30.0

    def by_a_factor(x):
        factor = Value(2.0)
        out = x * factor
        factor.data = 5.0
        return out

    with pytest.raises(RuntimeError, match="assigned"):  # no tangent arrives there, but the partial in x is that number
        jvp(by_a_factor, (x,), (1.0,))


def test_a_partial_that_no_number_has_is_recorded_as_a_row():
    """1 / 0 raises as Python's numbers do; in a program, which never raises, it is inf."""
    for slope in (grad(lambda x: x / 0.0), lambda x: jvp(lambda y: y / 0.0, (x,), (1.0,))[1]):
        assert ag.compile(slope, backend="python")(2.0) == math.inf


def test_the_branch_not_taken_gets_nothing_even_from_infinity():
    x, y = Value(2.0), Value(3.0)
    out = ag.where(ag.less(x, y), x, y) * math.inf
    assert [g.data for g in gradients(out, [x, y], create_graph=True)] == [math.inf, 0.0]


def test_data_assigned_below_what_is_asked_for_does_not_matter():
    x = Value(3.0)
    y = x * x
    y.data = 5.0
    z = y * y
    (slope,) = gradients(z, [y], create_graph=True)
    assert slope.data == 10.0
    assert gradients(slope, [y]) == [2.0]
    with pytest.raises(RuntimeError, match="assigned"):
        gradients(z, [x], create_graph=True)


# -- choices between functions: the bits of the branch that is taken, as if the other had never been there

SECOND = ["grad of the sum of grad", "hessian(f)", "jvp of grad", "jacobian(grad(f), mode='reverse')"]


def step(choose, names):
    x, y = choose.one_of(names[-4:]), choose.one_of(names)
    return choose.one_of([f"{x} + {y}", f"{x} - {y}", f"{x} * {y}", f"ag.sin({x})", f"ag.exp({x})"])


def choosing(choose):
    """A function in which every third step is a choice between two, as text."""
    names, lines = ["v0", "v1", "v2"], ["def f(x):", "    v0, v1, v2, = x"]
    for i in range(3, 3 + choose.integer(2, 6)):
        text = step(choose, names)
        if choose.integer(0, 2) == 0:
            x, y = choose.one_of(names), choose.one_of(names)
            text = f"ag.where(ag.less({x}, {y}), lambda: {text}, lambda: {step(choose, names)})"
        lines.append(f"    v{i} = {text}")
        names.append(f"v{i}")
    return "\n".join([*lines, f"    return {names[-1]}", ""])


@pytest.mark.thorough
def test_functions_of_choices_have_their_bits_in_second_derivatives():
    choose = dags.Chooser(0)
    cases = [
        (choosing(choose), choose.one_of(SECOND), [choose.integer(-200, 200) / 100 for _ in range(3)])
        for _ in range(400)
    ]
    tally = compare_at_points(cases, "python")
    assert not tally.failures, tally.failures[0]
    assert tally.dags > 300


@pytest.mark.parametrize(
    ("lines", "x"),
    [
        # One contribution came eagerly, two while tracing: their sum is used twice by the next derivative.
        (["a = y * z", "b = x + a", "return ag.where(ag.less(b, z), lambda: b * z, lambda: a * b + y)"],
         [-0.69, -0.31, 1.03]),
        # What the branch not taken would add comes between what the other adds.
        (["return ag.where(ag.less_equal(y, z), lambda: y + x, lambda: ag.logsumexp([x, y, z, z]))"],
         [-0.7, 2.1, 5e-324]),
        # Only in the order in which it was written are they added up as in the program, which has both branches.
        (["a = ag.where(ag.less(x, y), lambda: z * y, lambda: ag.sin(x))",
          "return ag.where(ag.less(ag.exp(z), x), lambda: y * a, lambda: ag.exp(a))"],
         [0.77, 0.79, -0.58]),
    ],
)  # fmt: skip
def test_sums_are_added_up_alike_whatever_comes_from_other_branches(lines, x):
    text = "\n    ".join(["def f(x):", "x, y, z = x", *lines]) + "\n"
    tally = compare_at_points([(text, "grad of the sum of grad", x)], "python")
    assert not tally.failures, tally.failures[0]


def test_without_a_choice_a_gradient_is_not_written_as_one():
    x, y = Value(2.0), Value(3.0)
    (slope,) = gradients(x * y, [x], create_graph=True)
    assert slope is y
    assert not slope._flags & CHOSEN
    chosen = ag.where(ag.less(x, y), lambda: x * y, lambda: x)
    (slope,) = gradients(chosen, [x], create_graph=True)
    assert slope._flags & CHOSEN
    assert slope is not y


def test_products_by_one_are_not_recorded():
    v = Value(2.0)
    assert times(v, 1.0) is v
    assert times(1.0, v) is v
    assert times(v, -1.0).op == "neg"
    assert times(v, 2.0).op == "mul"


def test_what_lies_behind_a_step_gets_nothing():
    x = Value(1.5)
    (slope,) = gradients(ag.floor(x * x) + ag.less(x * x, 2.0) * x + x, [x], create_graph=True)
    assert (slope if isinstance(slope, float) else slope.data) == 1.0


@pytest.mark.parametrize("p", [0.5, 2.0])
@pytest.mark.parametrize(
    "inside",
    [
        lambda p, x: ag.where(ag.less(x, 0.0), lambda: p, lambda: x * x),
        lambda p, x: ag.where(ag.less(x, 0.0), lambda: p, lambda: x) * -0.0,
        lambda p, x: ag.where(ag.less(x, p), lambda: ag.where(ag.less(x, 0.0), lambda: p, lambda: p * x), lambda: x),
    ],
)
@pytest.mark.parametrize("outside", [lambda p: 0.0, lambda p: ag.where(ag.less(p, 1.0), lambda: p, lambda: 3.0)])
def test_samples_whose_branch_is_not_taken_add_nothing(inside, outside, p):
    """Not even a zero: a sum of -0.0 alone is -0.0."""
    samples = [-1.0, 2.0, -3.0, 0.5]

    def f(p, xs):
        return ag.vmap(inside, in_axes=(None, 0), reduce="sum")(p, xs) + outside(p)

    xs = pytest.importorskip("numpy").array(samples)
    for slope in (grad(f), lambda p, xs: jvp(lambda p: f(p, xs), (p,), (2.0,))):
        assert dags.same_bits(slope(p, xs), ag.compile(slope, backend="python")(p, xs))


@pytest.mark.parametrize("x", [-0.5, 0.5])
@pytest.mark.parametrize("known", [True, False, Value(1.0), ag.less(2.0, 1.0)])
def test_a_choice_that_is_known_inside_of_one_that_is_not(known, x):
    def f(x):
        return ag.where(ag.less(x, 0.0), lambda: ag.where(known, lambda: x, lambda: x * x), lambda: ag.sin(x))

    for transform in (grad, lambda f: grad(grad(f)), lambda f: lambda x: jvp(f, (x,), (2.0,))[1]):
        assert dags.same(ag.compile(transform(f), backend="python")(x), transform(f)(x))


SPECIAL = (0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.0, 20.0)
SMALL = MP.mpf(10) ** -25


def exact_partials(row, xs):
    partials = EXACT[row.name].partials
    return partials(xs) if callable(partials) else [p(*xs) for p in partials]


def slopes_of_partials(row, point, j):
    """Of each partial the exact slope in operand j; nan where it has none: at kinks, and at ends of the domain."""
    try:
        at, found = exact_partials(row, point), []
        for h in (SMALL, -SMALL, SMALL / 7):
            moved = exact_partials(row, [x + h * (k == j) for k, x in enumerate(point)])
            found.append([(b - a) / h for a, b in zip(at, moved, strict=True)])
    except (ArithmeticError, ValueError):
        return [math.nan] * len(point)
    smooth = [
        MP.im(a) == 0 and max(abs(a - b), abs(a - c)) <= MP.mpf(10) ** -15 * (1 + abs(a))
        for a, b, c in zip(*found, strict=True)
    ]
    return [float(MP.re(a)) if whole else math.nan for a, whole in zip(found[0], smooth, strict=True)]


SMOOTH = [name for name, row in PRIMITIVES.items() if not (row.selects or is_flat(row))]


@pytest.mark.thorough
@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives_at_special_points(name):
    """At zeros, ties and whole numbers a rule may be a case of its own; where it is smooth, it has its slopes too."""
    row, checked = PRIMITIVES[name], 0
    count = row.arity or (4 if name == "dot" else 3)

    def f(xs):
        return row(*xs) if row.arity else row(xs[:2], xs[2:]) if name == "dot" else row(xs)

    for point in itertools.product(SPECIAL[: 9 if count < 3 else 5], repeat=count):
        if not is_defined(row, point):
            continue
        curvature = ag.hessian(f)([*point])
        for j in range(count):
            for i, want in enumerate(slopes_of_partials(row, [MP.mpf(x) for x in point], j)):
                if math.isfinite(want):
                    checked += 1
                    assert curvature[i][j] == pytest.approx(want, rel=1e-12, abs=1e-12), (point, i, j)
    assert checked


def test_a_base_of_zero_has_no_curvature_in_its_exponent():
    assert grad(grad(lambda y: Value(0.0) ** y))(2.0) == 0.0
    assert gradients(gradients((x := Value(0.0)) ** (y := Value(3.0)), [y], create_graph=True)[0], [x, y]) == [0.0, 0.0]


# -- rules that choose: a removable singularity, whose branch not taken is 0 / 0

BACKENDS = ["eager", "python", "numpy", "llvm"]
TWICE = {
    "reverse over reverse": lambda f: grad(grad(f)),
    "forward over reverse": lambda f: lambda x: jvp(grad(f), (x,), (1.0,))[1],
    "reverse over forward": lambda f: grad(lambda x: jvp(f, (x,), (1.0,))[1]),
    "forward over forward": lambda f: lambda x: jvp(lambda y: jvp(f, (y,), (1.0,))[1], (x,), (1.0,))[1],
}


def run_by(backend, f, x):
    """f(x), eagerly or compiled; compiled across lanes too, one of which takes the other branch."""
    if backend == "eager":
        return f(x)
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    lanes = ag.compile(ag.vmap(f), backend=backend)(np.array([x, 0.75, x]))
    found = ag.compile(f, backend=backend)(x)
    assert lanes[0] == lanes[2] == found
    return found


@pytest.fixture
def sine_quotient():
    """sin(x) / x, with Taylor's polynomial of its partial in a choice at 0: a row of a user."""
    row = ag.primitive(
        "sine_quotient",
        lambda x: math.sin(x) / x if x else 1.0,
        (
            lambda out, x: ag.where(
                ag.equal(x, 0.0), lambda: -x / 3.0 + x * x * x / 30.0, lambda: (ag.cos(x) - out) / x
            ),
        ),
        lowering=lambda x: ag.where(ag.equal(x, 0.0), lambda: 1.0, lambda: ag.sin(x) / x),
    )
    yield row
    del PRIMITIVES["sine_quotient"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("mode", TWICE)
def test_a_row_with_a_removable_singularity_has_its_second_derivative_there(mode, backend, sine_quotient):
    assert run_by(backend, TWICE[mode](sine_quotient), 0.0) == -1.0 / 3.0


@pytest.mark.thorough
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("mode", TWICE)
@pytest.mark.parametrize("n", [0.0, 1.0, 2.0, 3.0, 4.0, 7.0])
def test_powers_at_zero_have_their_second_derivative(n, mode, backend):
    """The exponent is a Value, so that the rule cannot see that it is not 0."""
    found = run_by(backend, TWICE[mode](lambda x: x ** ag.identity(Value(n))), 0.0)
    assert found == (2.0 if n == 2.0 else 0.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_order_of_a_power_at_zero(backend):
    f = lambda x: x ** Value(5.0)  # noqa: E731
    for order in range(1, 7):
        f = grad(f)
        assert run_by(backend, f, 0.0) == (120.0 if order == 5 else 0.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_exponent_of_a_power_of_zero_has_its_mixed_derivatives(backend):
    def power(x, n):
        return x**n

    for mixed in (grad(grad(power, 0), 1), grad(grad(power, 1), 0)):
        assert run_by(backend, lambda n, mixed=mixed: mixed(0.0 * n, n), 4.0) == 0.0


def test_a_penalty_on_gradients_is_finite_with_a_sample_at_zero():
    xs = np.array([0.0, 0.5, 2.0])

    def penalty(n, w):
        slopes = ag.vmap(lambda x: grad(lambda x: w * x**n)(x) ** 2, reduce="sum")
        return slopes(xs)

    at_zero, alone = (grad(f, (0, 1))(3.0, 0.5) for f in (penalty, lambda n, w: penalty_without_zero(n, w, xs[1:])))
    assert at_zero == alone
    for backend in BACKENDS[1:3]:
        assert ag.compile(grad(penalty, (0, 1)), backend=backend)(3.0, 0.5) == pytest.approx(alone, rel=1e-14)


def penalty_without_zero(n, w, xs):
    return ag.vmap(lambda x: grad(lambda x: w * x**n)(x) ** 2, reduce="sum")(xs)


def test_a_program_that_a_rule_chose_in_keeps_the_choice():
    """Made of an eager graph and called on Values, which differentiates it again."""
    x, n = Value(0.5), Value(2.0)
    slope = ag.Program.from_values(gradients(x**n, [x], create_graph=True), [x, n])
    assert grad(lambda x: slope([x], [Value(2.0)]))(0.0) == 2.0


@given(st.sampled_from(sorted(TWICE)), st.sampled_from([0.0, 1.0, -0.5]))
def test_nothing_comes_from_a_branch_that_is_not_taken(mode, x):
    """Whatever it is computed from: the operand, the result, or another choice."""

    def rule(out, x):
        bad = lambda: ag.log(x - x - 1.0) * (out / (x - x))  # noqa: E731
        return ag.where(ag.less(2.0, x), bad, lambda: ag.where(ag.less(x, -2.0), bad, lambda: 3.0 * x * x))

    row = Primitive("cube_with_bad_branches", 1, lambda x: x**3, (rule,))
    assert TWICE[mode](row)(x) == 6.0 * x
