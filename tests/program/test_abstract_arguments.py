"""Data of a call is found by the vmap inside of it, whatever holds it; and numbers have the names of their places."""

import gc
import random
import sys
import warnings
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import compile, dot, draw, grad, nn, scan, take, tanh, value_and_grad, vmap
from autograd_lite import sum as total
from autograd_lite.program import make_program as traced
from autograd_lite.program.program import Program

RNG = random.Random(5)
W = [0.5, -0.25]
X = [[RNG.uniform(-2.0, 2.0) for _ in W] for _ in range(150)]
Y = [RNG.uniform(-2.0, 2.0) for _ in X]


def loss(w, x, y):
    return (tanh(dot(w, x)) - y) ** 2


mapped = vmap(loss, in_axes=(None, 0, 0), reduce="mean")
WANT = value_and_grad(mapped)(W, X, Y)


def backends():
    try:
        import llvmlite  # noqa: F401
    except ImportError:
        return ["python", "numpy"]
    return ["python", "numpy", "llvm"]


def is_loop(program):
    """Whether the samples are a batch, not a part of the program for each."""
    return len(program.instructions) < 100


HOLDERS = [
    (lambda w, X, y: mapped(w, X, y), (W, X, Y)),
    (lambda w, data: mapped(w, data["X"], data["y"]), (W, {"X": X, "y": Y})),
    (lambda w, data: mapped(w, *data), (W, (X, Y))),
    (lambda w, data: mapped(w, *data), (W, [X, Y])),
    (lambda w, columns, y: mapped(w, columns, y), (W, list(map(tuple, X)), Y)),
    (lambda w, deep: mapped(w, deep[1], deep[0][0]), (W, [[Y], X])),
    (lambda w, data: vmap(lambda w, d: loss(w, d["x"], d["y"]), (None, 0), "mean")(w, data), (W, {"x": X, "y": Y})),
    (lambda w, X, y: mapped(w, X, y), (W, np.array(X), Y)),
    (lambda w, data: mapped(w, data[0], data[1]), (W, (X, np.array(Y)))),
    (lambda w, lists: vmap(lambda w, a, b, y: loss(w, [a, b], y), (None, 0, 0, 0), "mean")(w, *lists),
     (W, [*map(list, zip(*X, strict=True)), Y])),
]  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("backend", backends())
@pytest.mark.parametrize(("f", "args"), HOLDERS)
def test_lists_of_numbers_are_a_batch_as_arrays_are(f, args, backend):
    step = compile(value_and_grad(f), backend=backend)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, slope = step(*args)
        again = step(*args)
    assert is_loop(step.trace(*args))
    assert (value, slope) == again
    assert value == pytest.approx(WANT[0], rel=1e-13)
    assert slope == pytest.approx(WANT[1], rel=1e-13)


def test_the_same_bits_from_lists_and_from_arrays():
    step = compile(value_and_grad(lambda w, X, y: mapped(w, X, y)), backend="python")
    value, slope = step(np.array(W), np.array(X), np.array(Y))
    assert step(W, X, Y) == (value, slope.tolist())


def test_data_that_is_used_in_two_ways():
    def f(w, X, y):
        return mapped(w, X, y) + X[3][1] * w[0] + total(y)

    found = compile(value_and_grad(f), backend="python")(W, X, Y)
    want = value_and_grad(f)(W, X, Y)
    assert found[0] == pytest.approx(want[0], rel=1e-13)
    assert found[1] == pytest.approx(want[1], rel=1e-13)


@pytest.mark.parametrize("kind", [list, np.array])
def test_data_that_the_function_has_changed_is_no_data_of_the_call(kind):
    def f(w, X, y):
        X[1], y[0] = X[0], 3.0
        return mapped(w, X, y)

    args = lambda: (kind(W), kind([list(row) for row in X[:4]]), kind(Y[:4]))  # noqa: E731
    assert compile(f, backend="python")(*args()) == pytest.approx(f(*args()), rel=1e-13)


def test_lists_without_samples():
    f = compile(lambda X: vmap(total, reduce="sum")(X), backend="python")
    assert f([]) == 0.0
    assert f([[], []]) == 0.0


@pytest.mark.parametrize("large", [10, 1000])
def test_large_data_is_traced_without_its_numbers(large, monkeypatch):
    monkeypatch.setattr(traced, "LARGE", large)
    step = compile(value_and_grad(lambda w, X, y: mapped(w, X, y) + X[0][0]), backend="python")
    value, slope = step(W, X, Y)
    assert value == pytest.approx(WANT[0] + X[0][0], rel=1e-13)
    assert slope == pytest.approx(WANT[1], rel=1e-13)


@pytest.mark.parametrize("kind", [list, np.array])
@pytest.mark.parametrize(
    "f",
    [
        lambda w, x: scan(lambda c, y: (c * w[0] + y, None), w[1], x)[0],
        lambda w, x: scan(lambda c, y: (c * w[0] + y, None), x[0], x[1:])[0],
        lambda w, x: total([w[0] * y for y in x]),
        lambda w, x: take(x, w[0] * 0.0) * w[1],
        lambda w, x: vmap(lambda y: y * w[0], reduce="sum")(x),
        lambda w, x: grad(lambda z: scan(lambda c, y: (c * y, None), w[0], z)[0])(x)[3] * w[1],
        lambda w, x: total([grad(lambda z: z * z * w[0])(y) for y in x]),
    ],
)
def test_data_may_be_used_in_any_way(f, kind, monkeypatch):
    args = [0.5, 0.25], kind([float(i % 7) - 2.0 for i in range(40)])
    found = []
    for large in (10, 1000):
        monkeypatch.setattr(traced, "LARGE", large)
        found.append(compile(value_and_grad(f), backend="python")(*args))
    assert found[0] == found[1]
    assert found[0][0] == pytest.approx(f(*args), rel=1e-13)


@pytest.mark.parametrize("shape", [(100_000,), (50_000, 2)])
def test_the_length_of_data_costs_a_trace_nothing(shape):
    step = compile(value_and_grad(lambda w, x: scan(lambda c, y: (c * w + np.sum(y), None), 0.0, x)[0]))
    sizes = []
    for n in (shape[0] // 10, shape[0]):
        gc.collect()
        data, before = np.ones((n, *shape[1:])), sys.getallocatedblocks()
        program = step.trace(0.5, data)
        sizes.append(sys.getallocatedblocks() - before)
        assert len(program.instructions) < 50
    assert sizes[1] < 1.5 * sizes[0] + 1000


# -- what cannot be a batch is a loop over its samples


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (lambda w, X, y: mapped(w, [row[::-1] for row in X], y), (W, X, Y)),
        (lambda w, X, y: mapped(w, X, y[:100] + y[100:]), (W, X, Y)),
        (lambda w: mapped(w, X, Y), (W,)),
        (lambda w, X, y: mapped(w, X[:9], y[:9]) + mapped(w, X[9:], y[9:]), (W, X, Y)),
        (lambda w, X, y, Z: mapped(w, Z, Z[0]) + mapped(w, X, y), (W, X, Y, [[1.0, 2.0]] * 2)),
        (lambda w, X, y: total(vmap(loss, in_axes=(None, 0, 0))(w, X, y)), (W, X, Y)),
        (vmap(lambda w, y: vmap(lambda t: t * w, reduce="sum")(y), (0, None)), (W, Y)),
    ],
)
def test_what_is_no_batch_is_a_loop(f, args):
    step = compile(f, backend="python")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        program = step.trace(*args)
    assert "loop" in {row.name for row, _, _ in program.instructions}
    assert len(program.instructions) < 500
    assert step(*args) == pytest.approx(f(*args), rel=1e-12)


# -- names

Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("w", "names"),
    [
        (3.0, ["w"]),
        ([3.0], ["w[0]"]),
        ([1.0, 2.0], ["w[0]", "w[1]"]),
        ([[1.0, 2.0], [3.0, 4.0]], ["w[0][0]", "w[0][1]", "w[1][0]", "w[1][1]"]),
        ([[1.0, 2.0], [3.0]], ["w[0][0]", "w[0][1]", "w[1][0]"]),
        ({"w": [1.0, 2.0], "b": 3.0}, ["w['w'][0]", "w['w'][1]", "w['b']"]),
        ({"a[": 1.0, "b": [2.0]}, ["w['a[']", "w['b'][0]"]),
        ((1.0, Point(2.0, [3.0])), ["w[0]", "w[1][0]", "w[1][1][0]"]),
        ([(1.0, 2.0)], ["w[0][0]", "w[0][1]"]),
        (np.ones(2), ["w[0]", "w[1]"]),
        (np.ones(1), ["w[0]"]),
        (np.array(3.0), ["w"]),
        (np.ones((1, 2)), ["w[0, 0]", "w[0, 1]"]),
        ({"a": np.ones((1, 1)), "b": [np.ones(1), "text", 2.0]}, ["w['a'][0, 0]", "w['b'][0][0]", "w['b'][2]"]),
    ],
)
def test_numbers_are_called_as_the_caller_calls_them(w, names):
    program = compile(lambda w, y: y * 1.0, backend="python").trace(w, 2.0)
    assert program.names() == [*names, "y"]
    assert Program.from_json(program.to_json()).names() == program.names()


def test_parameters_are_called_by_their_paths():
    model, other = nn.MLP(2, [2, 1], rng=0), nn.Linear(1, 1, rng=0)
    paths = [name for name, _ in model.named_parameters()]
    program = compile(lambda m, x: m(x), backend="python").trace(model, [1.0, 2.0])
    assert program.names() == [*paths, "x[0]", "x[1]"]
    program = compile(lambda m, n: n([1.0]), backend="python").trace({"a": model}, other)
    assert program.names() == [*(f"m['a'].{path}" for path in paths), "n.weight[0][0]", "n.bias[0]"]
    picture = str(draw(compile(lambda m, x: m(x), backend="python").trace(other, [1.0])))
    assert "weight[0][0]" in picture


def test_a_sample_is_called_as_what_holds_it():
    program = compile(lambda w, d: mapped(w, d["X"], d["y"]), backend="python").trace(W, {"X": X, "y": Y})
    assert program.names() == ["w[0]", "w[1]", "d['X'][0]", "d['X'][1]", "d['y']"]
    assert [a.batched for a in program.arguments] == [False, True, True]


@given(st.recursive(st.just(1.0), lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=9))
def test_a_name_leads_to_its_number(w):
    counted = iter(range(99))

    def count(x):
        return [count(y) for y in x] if isinstance(x, list) else float(next(counted))

    w = count(w)
    for i, name in enumerate(compile(lambda w: 1.0, backend="python").trace(w).names()):
        assert eval(name, {"w": w}) == i
