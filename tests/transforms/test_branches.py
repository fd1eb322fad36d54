"""Choices between functions: what is not taken is as if it were not there, eagerly and in programs, at every order."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import ran

import autograd_lite as ag
from autograd_lite import compile, cond, grad, less, scan, vmap

SINGULAR = {  # rows with an infinite partial at 0, where the branch that uses them is not taken
    "sqrt": ag.sqrt,
    "cbrt": ag.cbrt,
    "power": lambda x: x**0.5,
    "hypot of a root": lambda x: ag.hypot(ag.sqrt(x), 1.0),
}


def outside(row):
    """The singular node is made before the choice: the adjoint 0 of a payload would be multiplied by its partial."""

    def f(x):
        r = row(x)
        return x + cond(less(0.0, x), lambda: r * r, lambda: 2.0 * x)

    return f


def inside(row):
    return lambda x: x + cond(less(0.0, x), lambda: row(x) ** 2, lambda: 2.0 * x)


def of_two_branches(row):
    """One branch does without it, and another choice takes it only where the first one does."""

    def f(x):
        r = row(x)
        inner = cond(less(1.0, x), lambda: r * x, lambda: x * x)
        return x * cond(less(0.0, x), lambda: inner + r, lambda: x + 3.0)

    return f


def shared_by_steps(row):
    def f(x):
        r = row(x)
        return scan(lambda c, k: (c + cond(less(0.0, x), lambda: r * k, lambda: x * k), None), x, [1.0, 2.0, 3.0])[0]

    return f


def read_in_steps(row):
    def f(x):
        r = row(x)
        return scan(lambda c, k: (c + cond(less(0.0, x), lambda: k, lambda: x), None), x, [r, 2.0 * r, x])[0]

    return f


def carried(row):
    def f(x):
        step = lambda c, _: ((c[1], cond(less(0.0, x), lambda: c[0], lambda: x)), None)  # noqa: E731
        return scan(step, (row(x), x), length=3)[0][1]

    return f


def shared_by_samples(row):
    def f(x):
        r = row(x)
        return vmap(lambda k: cond(less(0.0, x), lambda: r * k, lambda: x * k), reduce="sum")([*map(float, range(40))])

    return f


def differs_by_sample(row):
    def f(x):
        return vmap(lambda k: cond(less(0.0, x), lambda: k, lambda: x), reduce="sum")([k * row(x) for k in range(40)])

    return f


def waves(x):
    return sum([ag.sin(k * x) for k in range(1, 12)])


def in_a_call(row):
    g = compile(lambda r, x: cond(less(0.0, x), lambda: r * waves(x), lambda: x + waves(x)), backend="python")
    return lambda x: g(row(x), x) + g(x, x)


def shared_by_calls(row):
    def f(x):
        r = row(x)
        g = compile(lambda x: cond(less(0.0, x), lambda: r * waves(x), lambda: x + waves(x)), backend="python")
        return g(x) + g(2.0 * x)

    return f


def shared_by_no_adjoint(row):
    """What each step reads goes into a number of the carry that nothing uses after the last."""

    def f(x):
        r = row(x)
        return scan(lambda c, k: ((c[0] * 1.5 + x, r * k), None), (x, x), [1.0])[0][0]

    return f


IN_PAYLOADS = (
    shared_by_no_adjoint, shared_by_steps, read_in_steps, carried, shared_by_samples, differs_by_sample, in_a_call,
    shared_by_calls,
)  # fmt: skip
SHAPES = {f.__name__: f for f in (outside, inside, of_two_branches, *IN_PAYLOADS)}


@pytest.mark.parametrize("row", SINGULAR)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_nothing_arrives_at_what_the_branch_not_taken_uses(shape, row, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    f = SHAPES[shape](SINGULAR[row])
    for g in (grad(f), grad(grad(f)), lambda x: ag.jvp(f, (x,), (1.0,))[1]):
        eager = g(0.0)
        assert math.isfinite(eager)
        assert compile(g, backend=backend)(0.0) == eager


def carried_along(row):
    def f(x):
        (a, b), ys = scan(lambda c, k: ((c[0] * 1.5, c[1] * k), c[1]), (x, 1.0), [1.0, 0.0, 2.0])
        return a + row(b) + sum([row(y) for y in ys])

    return f


def beside_what_moves(row):
    def f(x):
        a, ys = scan(lambda c, k: (c * 1.5, {"moves": c, "stays": k * k}), x, [1.0, 0.0, 2.0])
        return a + sum([row(y["stays"]) for y in ys]) + ys[1]["moves"]

    return f


def read_by_another_loop(row):
    def f(x):
        ys = scan(lambda c, k: (c * 1.5, (c, k * k)), x, [1.0, 0.0, 2.0])[1]
        return scan(lambda c, y: (c * y[0] + row(y[1]), None), x, ys)[0]

    return f


def of_a_call(row):
    g = compile(lambda a, b: (waves(a), row(waves(b) - waves(0.0))), backend="python")
    return lambda x: g(x, 0.0)[0] + row(g(x, 0.0)[1]) * x


def of_a_loop_without_a_bound(row):
    def f(x):
        last = ag.while_loop(lambda s: less(s[0], 3.0), lambda s: (s[0] + 1.0, s[1] * 0.5, s[2]), (0.0, x, 0.0))
        return last[1] + row(last[2])

    return f


def of_a_selection(row):
    """Both operands move in branches that are not taken, neither always."""

    def f(x):
        a = cond(less(1.0, x), lambda: 2.0 * x, lambda: 0.0)
        b = cond(less(2.0, x), lambda: x * x, lambda: 0.0)
        return x + row(ag.where(less(x, 3.0), a, b))

    return f


STILL = {
    f.__name__: f
    for f in (
        carried_along, beside_what_moves, read_by_another_loop, of_a_call, of_a_loop_without_a_bound, of_a_selection,
    )
}  # fmt: skip


@pytest.mark.parametrize("row", SINGULAR)
@pytest.mark.parametrize("shape", STILL)
@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_no_tangent_arrives_where_nothing_moves(shape, row, backend):
    """The partials of the rows are infinite at 0, and 0 times them would be nan."""
    pytest.importorskip("llvmlite")
    f = STILL[shape](SINGULAR[row])
    for g in (lambda x: ag.jvp(f, (x,), (1.0,))[1], lambda x: ag.jvp(lambda y: ag.jvp(f, (y,), (y,))[1], (x,), (1.0,))):
        eager = ag.trees.flatten(g(0.5))[0]
        assert all(map(math.isfinite, eager))
        assert ag.trees.flatten(compile(g, backend=backend)(0.5))[0] == eager


@given(st.sampled_from(sorted(SHAPES)), st.sampled_from(sorted(SINGULAR)), st.floats(0.0, 3.0))
def test_bits_are_those_of_the_branch_that_is_taken(shape, row, x):
    f = SHAPES[shape](SINGULAR[row])
    assert repr(compile(grad(f), backend="python")(x)) == repr(grad(f)(x))
    second, eager = compile(grad(grad(f)), backend="python")(x), grad(grad(f))(x)
    if SHAPES[shape] in IN_PAYLOADS:  # a step computes cheap numbers again
        assert second == pytest.approx(eager, rel=1e-12, abs=1e-12, nan_ok=True)
    else:
        assert repr(second) == repr(eager)


def tangent(f):
    """The derivative with regard to the first argument, in forward mode."""
    return lambda w, xs: ag.jvp(lambda w: f(w, xs), (w,), (1.0,))[1]


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
@pytest.mark.parametrize("number", [0.7, 1.3])
def test_samples_that_take_different_branches_are_summed(backend, number):
    """What arrives at a number that they share is the sum of those samples that take the branch that uses it."""
    if backend == "llvm":
        pytest.importorskip("llvmlite")

    def f(w, x):
        root = ag.sqrt(w)
        return cond(less(0.5, x), lambda: root * x, lambda: 3.0 * w * w * x) + cond(less(x, w), lambda: x, lambda: w)

    xs = [0.2, 0.4, 0.6, 1.0, 2.0]
    both = vmap(f, in_axes=(None, 0), reduce="sum")
    wanted = sum([0.5 * x / math.sqrt(number) if x > 0.5 else 6.0 * number * x for x in xs]) + sum(
        number <= x for x in xs
    )
    second = sum([-0.25 * x / number**1.5 if x > 0.5 else 6.0 * x for x in xs])
    for g in (grad(both), tangent(both)):
        assert compile(g, backend=backend)(number, xs) == pytest.approx(wanted, rel=1e-14)
        for h in (grad(g), tangent(g)):
            assert compile(h, backend=backend)(number, xs) == pytest.approx(second, rel=1e-14)


@pytest.mark.parametrize("moving", [(True, True), (True, False), (False, True)])
@given(st.floats(0.1, 5.0))
def test_tangents_of_a_selection_are_those_of_what_is_selected(moving, x):
    """Whichever of its operands move: those that come from a choice have tangents under its condition."""

    def f(x):
        a = cond(less(1.0, x), lambda: 2.0 * x * x, lambda: x) if moving[0] else 2.0
        b = cond(less(1.0, x), lambda: 3.0 * x * x, lambda: x) if moving[1] else 3.0
        return ag.sin(ag.where(less(x, 3.0), a, b))

    for g in (lambda x: ag.jvp(f, (x,), (1.0,))[1], lambda x: ag.jvp(grad(f), (x,), (1.0,))[1]):
        assert compile(g, backend="python")(x) == pytest.approx(g(x), rel=1e-13)


@pytest.mark.parametrize("assigned", ["condition", "taken", "not taken", "result"])
def test_a_choice_is_not_differentiated_after_data_in_it_was_assigned(assigned):
    """Whether it was the same branch that is taken then is not known any more."""

    def f(x):
        nodes = {"condition": less(x, 0.0), "not taken": -x, "taken": x * x}
        nodes["result"] = cond(nodes["condition"], nodes["not taken"], nodes["taken"])
        nodes[assigned].data = 0.5
        return nodes["result"]

    x = ag.Value(2.0)
    with pytest.raises(RuntimeError, match="after data in it was assigned"):
        ag.gradients(f(x), [x], create_graph=True)


@pytest.mark.parametrize(
    ("transform", "wanted"),
    [
        ("ag.gradients(f(x), [x], create_graph=True)[0].data", 4.0),
        ("ag.grad(ag.grad(lambda x: x * f(x)))(2.0)", 12.0),
        ("ag.hessian(lambda xs: xs[0] * f(xs[0]))([2.0])[0][0]", 12.0),
        ("ag.hvp(lambda xs: xs[0] * f(xs[0]))([2.0], [1.0])[0]", 12.0),
        ("ag.jvp(f, (2.0,), (1.0,))[1]", 4.0),
        ("ag.jvp(ag.grad(lambda x: x * f(x)), (2.0,), (1.0,))[1]", 12.0),
        ("ag.vmap(ag.grad(ag.grad(lambda x: x * f(x))))([2.0])[0]", 12.0),
        ("ag.compile(ag.grad(lambda x: x * f(x)), backend='python')(2.0)", 12.0),
    ],
)
def test_a_choice_is_the_first_thing_that_a_process_differentiates(transform, wanted):
    """The rules for choices must be there without a call before that loads them."""
    choice = "f = lambda x: ag.cond(ag.less(x, 0.0), -x, x * x); x = ag.Value(2.0)"
    assert float(ran("-c", f"import autograd_lite as ag; {choice}; print({transform})").stdout) == wanted


@pytest.mark.parametrize("differs", [False, True])
@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_nothing_arrives_from_samples_of_which_none_takes_the_branch(backend, differs):
    """The root is outside of the branches and shared by the samples; at 0 its partial is infinite."""

    def f(w, x):
        r = ag.sqrt(w)
        return ag.cond(ag.less(5.0, x) if differs else ag.less(0.0, w), lambda: r * x, lambda: 3.0 * w * x)

    total = ag.vmap(f, in_axes=(None, 0), reduce="sum")
    for w, xs in ((0.0, [0.1, 0.2]), (2.0, [8.0, 0.5]), (2.0, [8.0, 9.0])):
        for derivative in (
            ag.grad(total),
            ag.grad(ag.grad(total)),
            lambda w, xs: ag.jvp(ag.grad(total), (w, xs), (1.0, [0.0, 0.0]))[1],
        ):
            wanted = float(derivative(w, xs))
            assert math.isfinite(wanted)
            assert float(ag.compile(derivative, backend=backend)(w, xs)) == pytest.approx(wanted, rel=1e-12)
