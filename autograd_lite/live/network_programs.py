"""The programs that the playground's page runs: neurons, activations, losses, optimisers, in pieces from which a
network of any shape is assembled.

Each is traced from the library's own layers, losses and optimisers, and written by the back end `javascript`.  A sample
is a point of the data or, for the optimisers, a parameter: every program runs over all samples of a call.
"""

import random
from collections.abc import Callable
from typing import Any

from autograd_lite.backends import compile
from autograd_lite.core.table import sin, square
from autograd_lite.core.value import Value
from autograd_lite.nn.activations import ACTIVATIONS
from autograd_lite.nn.dense import Neuron
from autograd_lite.nn.initialisation import INITIALISERS, initialiser_for
from autograd_lite.nn.losses import LOSSES, l1_penalty, l2_penalty
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.rules import SGD, Adam, RMSprop
from autograd_lite.program.program import Program
from autograd_lite.transforms.batching import vmap
from autograd_lite.transforms.differentiation import grad, value_and_grad

WIDEST = 8
"""Units of a layer, and inputs of a neuron."""

DEEPEST = 4
"""Hidden layers."""

SHOWN = (
    "tanh", "relu", "sigmoid", "gelu", "silu", "leaky_relu", "elu", "softplus", "gaussian", "sinusoid", "linear",
    "binary_step",
)  # fmt: skip
"""The activations that the page offers."""

COSTS = ("binary_cross_entropy_with_logits", "half_squared", "hinge")
FEATURES = ("x1", "x2", "x1^2", "x2^2", "x1 x2", "sin x1", "sin x2")
STARTS = ("xavier_uniform", "xavier_normal", "he_uniform", "he_normal", "normal", "uniform", "constant")

OPTIMISERS: dict[str, Callable[[list[Value]], Optimizer]] = {
    "SGD": lambda p: SGD(p),
    "momentum": lambda p: SGD(p, momentum=0.9),
    "Nesterov": lambda p: SGD(p, momentum=0.9, nesterov=True),
    "RMSprop": lambda p: RMSprop(p),
    "Adam": lambda p: Adam(p),
}


def features(x: list[Any]) -> list[Any]:
    """What a network may get of a point of the plane."""
    a, b = x
    return [a, b, square(a), square(b), a * b, sin(a), sin(b)]


def programs() -> dict[str, Program]:
    """All of them, by name."""
    column, pairs = [0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]
    found = {"features": compile(vmap(features)).trace(pairs)}
    for n in range(1, WIDEST + 1):
        found |= sums(n)
    for name in SHOWN:
        f = ACTIVATIONS[name]
        found[name] = compile(vmap(lambda z, f=f: f(z))).trace(column)
        slope = grad(lambda z, g, f=f: g * f(z))
        found[f"{name}, adjoint"] = compile(vmap(slope)).trace(column, column)
    for name in COSTS:
        both = value_and_grad(lambda z, y, cost=LOSSES[name]: cost(z, y))
        found[name] = compile(vmap(both)).trace(column, column)
    found["penalties"] = compile(vmap(penalised, in_axes=(0, 0, None, None))).trace(column, column, 0.0, 0.0)
    return found | {name: optimiser_step(make) for name, make in OPTIMISERS.items()}


def sums(n: int) -> dict[str, Program]:
    """The weighted sum of a neuron with n inputs, and the adjoints of its weights and of its inputs."""
    neuron, rows, column = Neuron(n, activation="linear", rng=0), [[0.0] * n] * 2, [0.0, 0.0]

    def weighted(neuron: Neuron, x: list[Any], g: Any) -> Any:
        return g * neuron(x)

    def over_samples(neuron: Neuron, X: list[list[Any]], G: list[Any]) -> Any:
        return vmap(weighted, in_axes=(None, 0, 0), reduce="sum")(neuron, X, G)

    of_inputs = vmap(grad(weighted, argnums=1), in_axes=(None, 0, 0))
    return {
        f"sum of {n}": compile(vmap(lambda neuron, x: neuron(x), in_axes=(None, 0))).trace(neuron, rows),
        f"sum of {n}, adjoint of weights": compile(grad(over_samples)).trace(neuron, rows, column),
        f"sum of {n}, adjoint of inputs": compile(of_inputs).trace(neuron, rows, column),
    }


def penalised(w: Any, g: Any, l1: Any, l2: Any) -> Any:
    """The gradient of a weight with those of both penalties."""
    return g + grad(lambda w: l1_penalty([w], l1) + l2_penalty([w], l2))(w)


def optimiser_step(make: Callable[[list[Value]], Optimizer]) -> Program:
    """One step of an optimiser: the new parameter and the new state, from the old ones, gradient, rate and count."""
    optimizer = make([Value(0.0)])
    memory = [[0.0, 0.0] for _ in optimizer.memory]

    def moved(p: Any, g: Any, rate: Any, steps: Any, momentum: Any, *state: Any) -> tuple[Any, ...]:
        optimizer.steps = steps
        if isinstance(optimizer, SGD) and state:
            optimizer.momentum = momentum
        return optimizer.rule(p, g, rate, *state)

    axes = (0, 0, None, None, None, *[0 for _ in memory])
    program: Program = compile(vmap(moved, in_axes=axes)).trace([0.0, 0.0], [0.0, 0.0], 0.1, 0.0, 0.9, *memory)
    return program


class RecordedDraws(random.Random):
    """A generator that remembers what it was asked for."""

    asked: tuple[str, float, float] = ("constant", 0.0, 0.0)

    def uniform(self, a: float, b: float) -> float:
        self.asked = ("uniform", a, b)
        return a

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        self.asked = ("normal", mu, sigma)
        return mu


def asked(init: str | None, activation: str, nin: int, nout: int) -> tuple[str, float, float]:
    """The distribution that an initialiser draws a weight from: its kind and its two parameters."""
    draws = RecordedDraws()
    drawn = initialiser_for(activation, init)(nin, nout, draws)
    return draws.asked if draws.asked[0] != "constant" else ("constant", drawn, drawn)


def starts() -> dict[str, list[list[tuple[str, float, float]]]]:
    """For every initialiser, by inputs and by units, the distribution of a weight."""
    sizes = range(1, WIDEST + 1)
    return {name: [[asked(name, "linear", n, m) for m in sizes] for n in sizes] for name in STARTS}


def suited() -> dict[str, str]:
    """The initialiser that suits an activation, by its name."""
    known = {asked(name, "linear", 3, 2): name for name in STARTS if name in INITIALISERS}
    return {name: known[asked(None, name, 3, 2)] for name in SHOWN}


def programs_described() -> dict[str, Any]:
    """What the page knows of the programs."""
    return {
        "features": FEATURES, "activations": SHOWN, "losses": COSTS, "widest": WIDEST, "deepest": DEEPEST,
        "memory": {name: len(make([Value(0.0)]).memory) for name, make in OPTIMISERS.items()},
        "starts": starts(), "suited": suited(),
    }  # fmt: skip
