"""The moons example of micrograd's README, as data and as mathematics: what `core` and `programs` measure.

An MLP 2-16-16-1 with relu, 100 points on two half circles, the hinge loss and an L2 penalty: 337 parameters,
and about 65,000 nodes where every product and every sum is a node of its own. `loss` serves all
scalar engines; `expected` is the same in NumPy, differentiated by hand, against which all are checked.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, pairwise
from typing import Any

SIZES = (2, 16, 16, 1)
POINTS = 100
ALPHA = 1e-4
Network = list[list[list[Any]]]  # layers of neurons of numbers: weights, then the bias


def data() -> tuple[list[list[float]], list[float]]:
    """Points on two interleaved half circles with a little noise, and their labels, -1 or 1."""
    noise = random.Random(1)
    X, y = [], []
    for k in range(POINTS):
        angle = math.pi * (k // 2) / (POINTS // 2 - 1)
        outer = k % 2 == 0
        point = (math.cos(angle), math.sin(angle)) if outer else (1 - math.cos(angle), 0.5 - math.sin(angle))
        X.append([coordinate + noise.gauss(0.0, 0.1) for coordinate in point])
        y.append(-1.0 if outer else 1.0)
    return X, y


def parameters() -> list[float]:
    """The 337 numbers that training starts from: weights in (-1, 1) and biases, neuron after neuron."""
    draw = random.Random(1337)
    return [draw.uniform(-1.0, 1.0) for n, m in pairwise(SIZES) for _ in range((n + 1) * m)]


def network(numbers: Iterable[Any]) -> Network:
    """The flat parameters as layers of neurons."""
    flat = iter(numbers)
    return [[list(islice(flat, n + 1)) for _ in range(m)] for n, m in pairwise(SIZES)]


def score(layers: Network, x: Sequence[Any], relu: Callable[[Any], Any]) -> Any:
    """The output of the network at one point, in single products and sums, in micrograd's order."""
    # Each zip ends with the inputs, before the bias; `strict` would be wrong, and costs time in this loop.
    for layer in layers[:-1]:
        x = [relu(sum((w * v for w, v in zip(neuron, x)), neuron[-1])) for neuron in layer]  # noqa: B905
    (last,) = layers[-1]
    return sum((w * v for w, v in zip(last, x)), last[-1])  # noqa: B905


def loss(layers: Network, X: Sequence[Sequence[Any]], y: Sequence[Any], relu: Callable[[Any], Any]) -> Any:
    """The mean hinge loss over the points, and the L2 penalty."""
    losses = [relu(1 + -label * score(layers, x, relu)) for x, label in zip(X, y, strict=True)]
    penalty = ALPHA * sum(p * p for layer in layers for neuron in layer for p in neuron)
    return sum(losses) * (1.0 / len(losses)) + penalty


def expected() -> tuple[float, list[float]]:
    """The loss and its gradient in the order of `parameters`, by matrices, differentiated by hand."""
    import numpy as np

    X, y = (np.array(part) for part in data())
    layers = [np.array(layer) for layer in network(parameters())]
    inputs, x = [], X
    for k, layer in enumerate(layers):
        inputs.append(np.column_stack([x, np.ones(len(x))]))
        x = inputs[-1] @ layer.T
        if k + 1 < len(layers):
            x = np.maximum(x, 0.0)
    margin = 1 - y * x[:, 0]
    value = np.maximum(margin, 0.0).mean() + ALPHA * sum((layer**2).sum() for layer in layers)
    adjoint = (-y * (margin > 0) / len(y))[:, None]
    gradients = []
    for layer, entered in zip(reversed(layers), reversed(inputs), strict=True):
        gradients.append((adjoint.T @ entered + 2 * ALPHA * layer).ravel())
        adjoint = (adjoint @ layer[:, :-1]) * (entered[:, :-1] > 0)
    return float(value), np.concatenate(gradients[::-1]).tolist()


def error(figures: dict[str, Any]) -> float:
    """The largest difference of loss and gradient from `expected`."""
    value, gradient = expected()
    found = [figures["loss"], *figures["gradient"]]
    return max(abs(a - b) for a, b in zip([value, *gradient], found, strict=True))


def agreement(figures: dict[str, Any]) -> str:
    """The error for a table, marked where the figures of a workload are those of another function."""
    largest = error(figures)
    return f"{largest:.0e}" if largest < 1e-9 else f"{largest:.0e} **WRONG**"
