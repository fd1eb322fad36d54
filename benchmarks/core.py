"""The core table: a training pass of micrograd's moons example, forward, backward and free.

Every scalar engine runs the same function, `moons.loss`, in single products and sums; `nn` runs the same network
with two nodes a neuron. A pass is what a training loop repeats: clear the gradients, build the loss,
differentiate it, drop it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from benchmarks import harness, moons
from benchmarks.harness import Figures, Workload, feature, timed, workload

WORKLOADS: list[Workload] = []
NATIVE, PURE, NN = "autograd_lite, native", "autograd_lite, pure Python", "autograd_lite.nn"
MICROGRAD, XAD = "micrograd", "XAD"


def scalar_training(value: Any) -> Figures:
    """The pass on an engine with micrograd's interface: its Value class is all that changes."""
    X, y = moons.data()
    flat = [value(number) for number in moons.parameters()]
    layers = moons.network(flat)

    def one_pass() -> float:
        for p in flat:
            p.grad = 0.0
        total = moons.loss(layers, [[value(c) for c in x] for x in X], y, value.relu)
        total.backward()
        return float(total.data)

    seconds = timed(one_pass, seconds=2.0)
    return {"seconds": seconds, "loss": one_pass(), "gradient": [float(p.grad) for p in flat]}


@workload(WORKLOADS, NATIVE)
def native() -> Figures:
    if not feature("autograd_lite.support.build:is_native")():
        return {"missing": feature("autograd_lite.support.build:describe")()}
    return scalar_training(feature("autograd_lite:Value"))


@workload(WORKLOADS, PURE)
def pure() -> Figures:
    os.environ["AUTOGRAD_LITE_PURE"] = "1"
    return scalar_training(feature("autograd_lite:Value"))


@workload(WORKLOADS, NN)
def dots() -> Figures:
    X, y = moons.data()
    model = feature("autograd_lite.nn:MLP")(2, [16, 16, 1], activation="relu")
    sum_, relu = feature("autograd_lite:sum"), feature("autograd_lite:relu")
    flat = model.parameters()
    for p, number in zip(flat, moons.parameters(), strict=True):
        p.data = number

    def one_pass() -> float:
        model.zero_grad()
        losses = [relu(1 - label * model(x)) for x, label in zip(X, y, strict=True)]
        total = sum_(losses) / len(losses) + moons.ALPHA * sum_(p * p for p in flat)
        total.backward()
        return float(total.data)

    seconds = timed(one_pass, seconds=2.0)
    return {"seconds": seconds, "loss": one_pass(), "gradient": [p.grad for p in flat]}


@workload(WORKLOADS, MICROGRAD, needs="micrograd")
def micrograd() -> Figures:
    from micrograd.engine import Value

    return scalar_training(Value)


@workload(WORKLOADS, XAD, needs="xad")
def xad() -> Figures:
    import xad.math
    from xad.adj_1st import Real, Tape

    X, y = moons.data()
    numbers = moons.parameters()

    def relu(v: Any) -> Any:
        return xad.math.max(v, 0.0)

    def one_pass() -> tuple[float, list[float]]:
        flat = [Real(number) for number in numbers]
        with Tape() as tape:
            tape.registerInputs(flat)
            tape.newRecording()
            total = moons.loss(moons.network(flat), X, y, relu)
            tape.registerOutput(total)
            total.derivative = 1.0
            tape.computeAdjoints()
            return total.value, [p.derivative for p in flat]

    return result(one_pass)


def result(one_pass: Callable[[], tuple[Any, Sequence[Any]]]) -> Figures:
    """The figures of a pass that returns its loss and its gradient."""
    seconds = timed(one_pass, seconds=2.0, least=3, warm_up=1)
    value, gradient = one_pass()
    return {"seconds": seconds, "loss": float(value), "gradient": [float(g) for g in gradient]}


@workload(WORKLOADS, "PyTorch, a tensor a scalar", needs="torch", slow=True)
def torch_scalars() -> Figures:
    import torch

    torch.set_num_threads(1)
    X, y = moons.data()
    flat = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in moons.parameters()]

    def one_pass() -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        total = moons.loss(moons.network(flat), X, y, torch.relu)
        return total, torch.autograd.grad(total, flat)

    return result(one_pass)


@workload(WORKLOADS, "HIPS autograd, scalars", needs="autograd", slow=True)
def hips_scalars() -> Figures:
    import autograd
    import autograd.numpy as np

    X, y = moons.data()
    flat = moons.parameters()
    function = autograd.value_and_grad(
        lambda numbers: moons.loss(moons.network(numbers), X, y, lambda v: np.maximum(v, 0.0))
    )
    return result(lambda: function(flat))


@workload(WORKLOADS, "PyTorch, matrices", needs="torch")
def torch_matrices() -> Figures:
    import torch

    torch.set_num_threads(1)
    X, y = (torch.tensor(part, dtype=torch.float64) for part in moons.data())
    layers = [torch.tensor(part, dtype=torch.float64) for part in moons.network(moons.parameters())]
    pairs = [(layer[:, :-1].clone().requires_grad_(), layer[:, -1].clone().requires_grad_()) for layer in layers]
    flat = list(chain(*pairs))

    def one_pass() -> torch.Tensor:
        x = X
        for weights, bias in pairs[:-1]:
            x = torch.relu(torch.nn.functional.linear(x, weights, bias))
        scores = torch.nn.functional.linear(x, *pairs[-1])[:, 0]
        total = torch.relu(1 - y * scores).mean() + moons.ALPHA * sum((p * p).sum() for p in flat)
        for p in flat:
            p.grad = None
        total.backward()
        return total.detach()

    seconds = timed(one_pass)
    total = one_pass()
    gradient = [torch.column_stack([w.grad, b.grad]).ravel() for w, b in pairs]  # type: ignore[list-item]
    return {"seconds": seconds, "loss": total.item(), "gradient": torch.cat(gradient).tolist()}


def table(rounds: int, slow: bool) -> str:
    """The table in Markdown, with its targets below it."""
    results = harness.measure([work for work in WORKLOADS if slow or not work.slow], rounds)
    base = next((label for label in (NATIVE, PURE, XAD) if "seconds" in results[label]), MICROGRAD)
    rows = [
        (label, f"{figures['seconds'] * 1e3:.2f}", f"{harness.ratio(results, label, base):.2f}",
         moons.agreement(figures))
        for label, figures in results.items() if "seconds" in figures
    ]  # fmt: skip
    goals = [
        harness.goal("native, times faster than micrograd", harness.ratio(results, MICROGRAD, NATIVE), ">= 70"),
        harness.goal("native, times faster than XAD", harness.ratio(results, XAD, NATIVE), ">= 8"),
        harness.goal("pure Python, times faster than micrograd", harness.ratio(results, MICROGRAD, PURE), ">= 6"),
        harness.goal("nn, times faster than single products and sums", harness.ratio(results, NATIVE, NN), ">= 3"),
    ]
    return harness.section(
        "Core: one pass of the moons example, about 65,000 nodes",
        f"Forward, backward and free, collector on: medians of {rounds} alternating fresh processes.",
        ("system", "ms a pass", f"times {base}", "largest error"), rows, goals, results,
    )  # fmt: skip
