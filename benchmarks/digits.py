"""The digits table of `programs`: a training step of the lectures' network 784-30-10, and large programs.

Sigmoid, quadratic cost, mini-batches of 10, rate 3.0. The pixels are drawn at random, which takes as long as
real ones and needs no download. Every system starts from the same parameters; the costs after three steps
show that all of them did the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Workload, feature, timed, workload

WORKLOADS: list[Workload] = []
SIZES, BATCH, BATCHES, RATE, EPOCHS = (784, 30, 10), 10, 100, 3.0, 60
OURS, FAST = "autograd_lite.nn, compiled", "autograd_lite.nn, compiled, fastmath"
JAX, TORCH, MATRICES, LECTURE = "JAX jit", "PyTorch", "NumPy, matrices", "NumPy, sample by sample"
HIDDEN = (8, 15, 30)  # a program of 784-30-10 in single products and sums has some 72,000 nodes


def data() -> tuple[np.ndarray, np.ndarray]:
    """Pixels and one-hot labels of 100 mini-batches."""
    draw = np.random.default_rng(5)
    X = draw.random((BATCHES * BATCH, SIZES[0])) * (draw.random((BATCHES * BATCH, SIZES[0])) < 0.2)
    return X, np.eye(SIZES[-1])[draw.integers(SIZES[-1], size=len(X))]


def parameters() -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases, layer by layer."""
    draw = np.random.default_rng(6)
    return [(draw.normal(size=(m, n)) / np.sqrt(n), draw.normal(size=m)) for n, m in pairwise(SIZES)]


def cost(layers: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Half the mean squared distance from the labels, over all data: what is compared after three steps."""
    X, Y = data()
    for weights, bias in layers:
        X = 1 / (1 + np.exp(-(X @ weights.T + bias)))
    return float(((X - Y) ** 2).sum() / 2 / len(X))


def training(step: Callable[[Any, Any], Any], layers: Callable[[], Any], convert: Any = np.asarray) -> Figures:
    """Three steps to compare, then the time of a step, over one mini-batch after the other."""
    X, Y = data()
    batches = [(convert(X[k : k + BATCH]), convert(Y[k : k + BATCH])) for k in range(0, len(X), BATCH)]
    first, _ = harness.first_call(lambda: step(*batches[0]))
    for batch in batches[1:3]:
        step(*batch)
    found = cost([(np.asarray(weights), np.asarray(bias)) for weights, bias in layers()])

    marks = []
    for _ in range(EPOCHS + 1):
        marks.append((time.process_time(), time.perf_counter()))
        for batch in batches:
            step(*batch)
    epochs = np.diff(marks, axis=0).min(1)  # the clock that was kinder: threads of a library add up in the first one
    return {"seconds": float(np.median(epochs)) / BATCHES, "compile": first, "cost": found}


def fitted(fastmath: bool) -> Figures:
    """`fit` itself, which reports the seconds of an epoch: what it does besides the steps is in it.

    They are of the processor, as for the others: an epoch is long enough for other processes to run in between.
    """
    feature("autograd_lite.nn.training_run").time = SimpleNamespace(perf_counter=time.process_time)
    X, Y = data()

    def train(epochs: int, rows: int) -> tuple[Any, Any, float]:
        model = feature("autograd_lite.nn:Sequential")(
            *(feature("autograd_lite.nn:Layer")(n, m, activation="sigmoid") for n, m in pairwise(SIZES))
        )
        numbers = [v for W, b in parameters() for row, bias in zip(W, b, strict=True) for v in (*row, bias)]
        for p, number in zip(model.parameters(), numbers, strict=True):
            p.data = float(number)
        fit = feature("autograd_lite.nn:fit")
        first, history = harness.first_call(lambda: fit(
            model, X[:rows], Y[:rows], loss="half_squared", lr=RATE, batch_size=BATCH, epochs=epochs, compile=True,
            shuffle=False, progress=False, fastmath=fastmath,
        ))  # fmt: skip
        return model, history["seconds"], first

    model, _, first = train(1, 3 * BATCH)
    _, seconds, _ = train(EPOCHS + 1, len(X))
    flat = np.array([p.data for p in model.parameters()])
    inner, outer = np.split(flat, [(SIZES[0] + 1) * SIZES[1]])
    layers = [(a[:, :-1], a[:, -1]) for a in (inner.reshape(SIZES[1], -1), outer.reshape(SIZES[2], -1))]
    return {"seconds": float(np.median(seconds[1:])) / BATCHES, "compile": first, "cost": cost(layers)}


for label, fastmath in ((OURS, False), (FAST, True)):
    WORKLOADS.append(Workload(label, fitted, ("llvmlite",), arguments={"fastmath": fastmath}))


@workload(WORKLOADS, JAX, needs="jax")
def jax_step() -> Figures:
    import jax

    def loss(layers: Any, x: Any, Y: Any) -> Any:
        for weights, bias in layers:
            x = jax.nn.sigmoid(x @ weights.T + bias)
        return ((x - Y) ** 2).sum() / 2 / BATCH

    @jax.jit
    def update(layers: Any, X: Any, Y: Any) -> Any:
        return jax.tree.map(lambda p, g: p - RATE * g, layers, jax.grad(loss)(layers, X, Y))

    state = [jax.tree.map(jax.numpy.asarray, parameters())]

    def step(X: Any, Y: Any) -> None:
        state[0] = jax.block_until_ready(update(state[0], X, Y))

    return training(step, lambda: state[0], jax.numpy.asarray)


@workload(WORKLOADS, TORCH, needs="torch")
def torch_step() -> Figures:
    import torch

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    inner, outer = torch.nn.Linear(*SIZES[:2]), torch.nn.Linear(*SIZES[1:])
    model = torch.nn.Sequential(inner, torch.nn.Sigmoid(), outer, torch.nn.Sigmoid())
    with torch.no_grad():
        for layer, pair in zip((inner, outer), parameters(), strict=True):
            layer.weight[:], layer.bias[:] = (torch.as_tensor(array) for array in pair)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)

    def step(X: Any, Y: Any) -> None:
        optimizer.zero_grad()
        (((model(X) - Y) ** 2).sum() / 2 / BATCH).backward()
        optimizer.step()

    return training(step, lambda: [(a.weight.detach(), a.bias.detach()) for a in (inner, outer)], torch.as_tensor)


@workload(WORKLOADS, LECTURE)
def lecture() -> Figures:
    """As courses write it: column vectors, sample by sample, gradients added up over the mini-batch."""
    weights = [pair[0].copy() for pair in parameters()]
    biases = [pair[1][:, None].copy() for pair in parameters()]

    def sample_gradient(x: np.ndarray, y: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        activations = [x]
        for w, b in zip(weights, biases, strict=True):
            activations.append(1 / (1 + np.exp(-(np.dot(w, activations[-1]) + b))))
        a = activations[-1]
        delta = (a - y) * a * (1 - a)
        by_weight, by_bias = [np.dot(delta, activations[-2].T)], [delta]
        for k in range(2, len(SIZES)):
            a = activations[-k]
            delta = np.dot(weights[-k + 1].T, delta) * a * (1 - a)
            by_weight.insert(0, np.dot(delta, activations[-k - 1].T))
            by_bias.insert(0, delta)
        return by_weight, by_bias

    def step(X: np.ndarray, Y: np.ndarray) -> None:
        w_sum = [np.zeros(w.shape) for w in weights]
        b_sum = [np.zeros(b.shape) for b in biases]
        for x, y in zip(X, Y, strict=True):
            by_weight, by_bias = sample_gradient(x[:, None], y[:, None])
            w_sum = [total + g for total, g in zip(w_sum, by_weight, strict=True)]
            b_sum = [total + g for total, g in zip(b_sum, by_bias, strict=True)]
        weights[:] = [w - RATE / BATCH * g for w, g in zip(weights, w_sum, strict=True)]
        biases[:] = [b - RATE / BATCH * g for b, g in zip(biases, b_sum, strict=True)]

    return training(step, lambda: [(w, b[:, 0]) for w, b in zip(weights, biases, strict=True)])


@workload(WORKLOADS, MATRICES)
def numpy_matrices() -> Figures:
    (w1, b1), (w2, b2) = parameters()

    def step(X: np.ndarray, Y: np.ndarray) -> None:
        hidden = 1 / (1 + np.exp(-(X @ w1.T + b1)))
        out = 1 / (1 + np.exp(-(hidden @ w2.T + b2)))
        d2 = (out - Y) * out * (1 - out) * (RATE / BATCH)
        d1 = d2 @ w2 * hidden * (1 - hidden)
        for array, gradient in ((w2, d2.T @ hidden), (b2, d2.sum(0)), (w1, d1.T @ X), (b1, d1.sum(0))):
            array -= gradient

    return training(step, lambda: [(w1, b1), (w2, b2)])


def large(hidden: int) -> Figures:
    """Compile the gradient of the cost of one sample, in single products and sums: about 3 nodes a weight."""
    compile_, value_and_grad, sigmoid = (
        feature(f"autograd_lite:{name}") for name in ("compile", "value_and_grad", "sigmoid")
    )
    sizes = (SIZES[0], hidden, SIZES[-1])
    count = sum((n + 1) * m for n, m in pairwise(sizes))

    def loss(p: Any, x: Any, y: Any) -> Any:
        numbers = iter(p)
        for n, m in pairwise(sizes):
            rows = [[next(numbers) for _ in range(n + 1)] for _ in range(m)]
            x = [sigmoid(sum((w * v for w, v in zip(row, x)), row[-1])) for row in rows]  # noqa: B905
        return sum((a - t) * (a - t) for a, t in zip(x, y, strict=True)) * 0.5

    X, Y = data()
    p = np.random.default_rng(6).normal(size=count) / 28
    step = compile_(value_and_grad(loss), backend="llvm")
    compilation, _ = harness.first_call(lambda: step(p, X[0], Y[0]))
    return {"nodes": 3 * count, "compile": compilation, "seconds": timed(lambda: step(p, X[0], Y[0]))}


LARGE = [Workload(f"784-{m}-10", large, ("llvmlite",), arguments={"hidden": m}) for m in HIDDEN]


def table(rounds: int, slow: bool) -> str:
    """Both tables in Markdown, with their targets below them."""
    results = harness.measure(WORKLOADS, rounds)
    base = OURS if "seconds" in results[OURS] else JAX
    rows = [
        (label, f"{found['seconds'] * 1e6:.1f}", f"{harness.ratio(results, label, base):.2f}",
         f"{found['compile'] * 1e3:,.0f}", f"{found['cost']:.12f}")
        for label, found in results.items() if "seconds" in found
    ]  # fmt: skip
    bounds = [(OURS, JAX, 1), (OURS, MATRICES, 1), (FAST, JAX, 1.5), (FAST, MATRICES, 1.5), (OURS, TORCH, 4)]
    goals = [
        harness.goal(f"{ours}, times faster than {peer}", harness.ratio(results, peer, ours), f">= {bound}")
        for ours, peer, bound in (*bounds, (OURS, LECTURE, 10))
    ]
    goals.append(harness.goal("first step, s", results[OURS].get("compile"), "<= 0.3"))
    steps = harness.section(
        "Programs: a training step of 784-30-10",
        "A mini-batch of 10 with its SGD update, in CPU time (of the others wall time, where that is less). The costs "
        "after three steps have to agree.",
        ("system", "µs a step", f"times {base}", "first step ms", "cost"), rows, goals, results,
    )  # fmt: skip

    results = harness.measure(LARGE, 1)
    found = [figures for figures in results.values() if "nodes" in figures]
    rows = [
        (f"{one['nodes']:,}", f"{one['compile']:.2f}", f"{one['compile'] / one['nodes'] * 1e6:.1f}",
         f"{one['seconds'] * 1e6:.1f}")
        for one in found
    ]  # fmt: skip
    a_node = [one["compile"] / one["nodes"] for one in found]
    goals = [
        harness.goal("seconds to compile the largest", found[-1]["compile"] if found else None, "<= 5"),
        harness.goal("compile time a node, largest over smallest", a_node[-1] / a_node[0] if found else None,
                     "<= 1.5"),
    ]  # fmt: skip
    programs = harness.section(
        "Programs: large ones",
        "The gradient of one sample's cost, in single products and sums, compiled by llvm.",
        ("nodes, about", "compile s", "µs a node", "µs a call"), rows, goals, results,
    )  # fmt: skip
    return f"{steps}\n\n{programs}"
