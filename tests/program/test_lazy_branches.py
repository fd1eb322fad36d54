"""Branches that run only where they are taken: at every order, with the bits that they have where both are computed."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looping import loop_function, numbers_of

import autograd_lite as ag
from autograd_lite import compile, custom_derivative, grad, jvp, value_and_grad, vmap
from autograd_lite.backends.python import PythonCode
from autograd_lite.program import lazy_branches
from autograd_lite.program.lazy_branches import with_lazy_branches

BACKENDS = ["python", "llvm"]


def heavy(x, times=30):
    for _ in range(times):
        x = ag.sin(x) * 1.3 + ag.exp(-x * x) * 0.5
    return x


def of_loop(x, y):
    return ag.scan(lambda c, t: (ag.sin(c) * y + t, c), x, [0.1, 0.2, 0.3] * 20)[0]


CHOICES = {
    "one side": lambda x, y: ag.where(ag.less(x, 0.0), lambda: heavy(x) * y, lambda: x * y + 1.0),
    "both": lambda x, y: ag.where(ag.less(x, 0.0), lambda: heavy(x) * y, lambda: heavy(y) + x),
    "two results": lambda x, y: ag.sum(ag.cond(ag.less(x, y), lambda: [heavy(x), y], lambda: [y, heavy(x * y)])),
    "loop": lambda x, y: ag.where(ag.less(x, 0.0), lambda: of_loop(x, y), lambda: ag.sqrt(x)),
    "nested": lambda x, y: ag.where(
        ag.less(x, 0.0),
        lambda: ag.where(ag.less(y, 0.0), lambda: heavy(x * y), lambda: heavy(y) * x),
        lambda: heavy(x + y),
    ),
    "in steps": lambda x, y: ag.scan(
        lambda c, t: (ag.where(ag.less(c, t), lambda: heavy(c) * y, lambda: c - t), c), x, [0.1, -0.4, 0.7]
    )[0],
    "switch": lambda x, y: ag.switch(ag.floor(2.0 * y), [lambda: heavy(x), lambda: x * y, lambda: of_loop(x, y)]),
    "condition in a branch": lambda x, y: ag.where(
        ag.less(x, 0.0),
        lambda: ag.where(ag.less(heavy(x), y), lambda: heavy(x * y), lambda: x),
        lambda: ag.where(ag.logical_or(ag.less(y, 0.0), ag.less(x, 1.0)), lambda: heavy(y), lambda: x),
    ),
    "shared": lambda x, y: ag.where(ag.less(x, 0.0), lambda: heavy(x) * y, lambda: heavy(x) + y) * heavy(x),
    "twice": lambda x, y: (
        ag.where(ag.less(x, 0.0), lambda: heavy(x), lambda: y)
        * ag.where(ag.less(x, 0.0), lambda: y, lambda: heavy(y))
    ),
}  # fmt: skip
ORDERS = {
    "value": lambda f: f,
    "gradient": lambda f: value_and_grad(f, (0, 1)),
    "second": lambda f: grad(lambda x, y: grad(f)(x, y) + grad(f, 1)(x, y), (0, 1)),
    "tangent": lambda f: lambda x, y: jvp(f, (x, y), (1.0, -0.5)),
}
POINTS = [(-0.3, 0.7), (0.4, 0.7), (-0.3, -0.7), (0.4, -0.7), (-0.6, 1.2)]


@pytest.mark.thorough
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", CHOICES)
def test_values_and_derivatives_keep_their_bits(name, order, backend):
    pytest.importorskip("llvmlite")
    f = ORDERS[order](CHOICES[name])
    compiled = compile(f, backend=backend)
    program = compiled.trace(*POINTS[0])
    for point in POINTS:
        found = compiled(*point)
        both = PythonCode(program)([[x] for x in point], 1)
        assert ag.trees.flatten(found)[0] == [x for part in both for x in part]
        if order != "second" or ("step" not in name and name not in ("loop", "switch")):
            assert numbers_of(found) == numbers_of(f(*point))


@pytest.mark.thorough
@pytest.mark.parametrize("name", CHOICES)
def test_something_is_moved_aside(name):
    program = with_lazy_branches(compile(value_and_grad(CHOICES[name])).trace(0.5, 0.5))
    assert "= when" in str(program)
    assert with_lazy_branches(program) is with_lazy_branches(program)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("order", ["value", "gradient", "second"])
def test_only_the_branch_that_is_taken_is_called(order, backend):
    """Functions of plain numbers, which programs call back, tell when they are called."""
    pytest.importorskip("llvmlite")
    calls = []

    def counted(name, x):
        calls.append(name)
        return float(x) * 2.0

    def opaque(name):
        f = lambda x: counted(name, x.data if hasattr(x, "data") else x)  # noqa: E731
        return custom_derivative(lambda x: f(x), lambda out, x: (2.0,))

    low, high = opaque("low"), opaque("high")

    def f(x):
        return ag.where(ag.less(x, 0.0), lambda: low(x * x), lambda: high(x * x * x)) * x

    transform = {"value": lambda f: f, "gradient": value_and_grad, "second": lambda f: grad(grad(f))}[order]
    compiled = compile(transform(f), backend=backend)
    for x, name in ((-1.5, "low"), (2.5, "high")):
        compiled(x)
        calls.clear()
        found = compiled(x)
        assert set(calls) <= {name}
        assert found == transform(f)(x)
    assert order == "second" or calls


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_samples_choose_for_themselves(backend):
    np = pytest.importorskip("numpy")
    pytest.importorskip("llvmlite")
    xs = np.linspace(-1.0, 1.0, 21)
    f = CHOICES["nested"]
    found = compile(vmap(value_and_grad(f), in_axes=(0, None)), backend=backend)(xs, 0.5)
    expected = [value_and_grad(f)(float(x), 0.5) for x in xs]
    assert np.allclose(np.transpose(found), expected, rtol=1e-12)


def test_cheap_branches_stay():
    program = compile(value_and_grad(lambda x: ag.where(ag.less(x, 0.0), lambda: -x, lambda: x * x))).trace(1.0)
    assert with_lazy_branches(program) is program


@pytest.mark.thorough
@given(st.integers(0, 10**9), st.booleans())
@settings(max_examples=20, deadline=None)
def test_random_branches_keep_their_bits(seed, loops_on_both_sides):
    f, arguments = loop_function(seed)
    g, others = loop_function(seed + 1) if loops_on_both_sides else (lambda *xs: xs[0][0] * 2.0, arguments)

    def chosen(condition, a, b):
        return ag.where(ag.less(condition, 0.5), partial(f, *a), partial(g, *b)) * condition

    compiled = compile(value_and_grad(chosen, (0, 1, 2)), backend="python")
    for condition in (0.0, 1.0):
        found = compiled(condition, arguments, others)
        expected = value_and_grad(chosen, (0, 1, 2))(condition, arguments, others)
        assert repr(numbers_of(found)) == repr(numbers_of(expected))


def sizes_visited(monkeypatch):
    """A list to which every pass over a program adds how many instructions it visits."""
    visited = []

    class Counted(lazy_branches.Branches):
        def __init__(self, program, *others):
            visited.append(len(program.instructions))
            super().__init__(program, *others)

    monkeypatch.setattr(lazy_branches, "Branches", Counted)
    return visited


@pytest.mark.parametrize("looped", [False, True])
def test_the_work_grows_with_the_program(looped, monkeypatch):
    """Derivatives of a choice with many results have few conditions, however many results there are."""

    def loss(layers):
        total = 0.0
        for x in ([0.1, -0.2, 0.3], [0.2, 0.1, -0.3]):
            for weights in layers:
                x = [ag.tanh(ag.dot(row, x)) for row in weights]
            total = total + ag.square(x[0] - 0.5)
        return total

    def adam(state):
        p, means, squares, time = state
        leaves, structure = ag.trees.flatten(p)
        slopes = ag.trees.flatten(grad(loss)(p))[0]
        means = [0.9 * m + 0.1 * g for m, g in zip(means, slopes, strict=True)]
        squares = [0.999 * s + 0.001 * g * g for s, g in zip(squares, slopes, strict=True)]
        a, b = 1.0 - 0.9 ** (time + 1.0), 1.0 - 0.999 ** (time + 1.0)
        new = zip(leaves, means, squares, strict=True)
        leaves = [x - 0.1 * (m / a) / (ag.sqrt(s / b) + 1e-8) for x, m, s in new]
        return [structure.unflatten(leaves), means, squares, time + 1.0]

    def start(p):
        nothing = [0.0] * len(ag.trees.flatten(p)[0])
        return [p, nothing, nothing, 0.0]

    def chosen(p, xs):
        if looped:
            return loss(ag.while_loop(lambda s: ag.less(s[3], 4.0 * xs[0]), adam, start(p), max_steps=4)[0])
        return loss(ag.scan(lambda s, x: (ag.cond(ag.less(0.0, x), adam, lambda s: s, s), x), start(p), xs)[0][0])

    visited = sizes_visited(monkeypatch)
    costs, carries = [], []
    for width in (2, 4):
        sizes = [(width, 3), (width, width), (1, width)]
        layers = [[[0.1 * i - 0.07 * j for i in range(n)] for j in range(m)] for m, n in sizes]
        arguments = layers, [0.5, -0.5, 0.5]
        visited.clear()
        program = compile(grad(chosen), backend="python").trace(*arguments)
        split = with_lazy_branches(program)
        costs.append(sum(visited) / max(visited))
        forwards, backwards = [row.payload.carries for row, _, _ in program.instructions if row.name == "loop"][:2]
        carries.append(backwards - forwards)
        flat = [ag.trees.flatten(x)[0] for x in arguments]
        assert "= when" in str(split)
        assert repr(PythonCode(split)(flat, 1)) == repr(PythonCode(program)(flat, 1))
    assert max(costs) < 4.0
    assert max(carries) < 4  # numbers that tell whether an adjoint has arrived


@pytest.mark.parametrize("backend", BACKENDS)
def test_many_choices_are_moved_aside_at_once(backend, monkeypatch):
    """Each in a branch of its own, in a time that grows with their number."""
    pytest.importorskip("llvmlite")
    visited = sizes_visited(monkeypatch)
    rows = [ag.sin, ag.exp, ag.tanh, ag.cos, ag.atan, ag.sqrt]

    def other(x, k):  # of another length and other rows, so that they do not become a loop
        for i in range(40 + k):
            x = rows[(i * i + k * i + k) % 5](x) * 0.5
        return x

    def f(x, ts):
        for k, t in enumerate(ts):
            x = ag.cond(ag.less(0.0, t), lambda x, k=k: other(x, k), lambda x, t=t: x * t, x)
        return x

    for count in (6, 12):
        ts = [(-1.0) ** k * (k + 1.0) for k in range(count)]
        compiled = compile(value_and_grad(f), backend=backend)
        program = compiled.trace(0.7, ts)
        visited.clear()
        assert str(with_lazy_branches(program)).count("= when") == 2 * count - 1  # the last one at once
        assert sum(visited) < 5 * len(program.instructions)
        assert compiled(0.7, ts) == value_and_grad(f)(0.7, ts)


def test_the_data_of_a_loop_has_no_list_of_its_numbers():
    n = 100_000
    loop = compile(lambda x, xs: ag.scan(lambda c, t: ((c[0], ag.sin(c[1]) * t * c[0]), None), (x, x), xs)[0][1])
    program = loop.trace(0.5, np.ones(n))
    tracemalloc.start()
    try:
        assert lazy_branches.with_lazy_bodies(program) is not program
        assert tracemalloc.get_traced_memory()[1] < 4 * n
    finally:
        tracemalloc.stop()
