"""What parameters start from: rules that keep the size of signals about the same from layer to layer.

A rule is a function (number of inputs, number of outputs, generator) -> a number, called for each weight.
"""

import math
import random
from collections.abc import Callable
from typing import Any

from autograd_lite.nn.randomness import choice

Rule = Callable[[int, int, random.Random], float]


def normal(sigma: float = 1.0) -> Rule:
    """N(0, sigma^2), the lectures' first choice."""
    return lambda nin, nout, rng: rng.gauss(0.0, sigma)


def uniform(low: float = -1.0, high: float = 1.0) -> Rule:
    """The same probability from low to high; -1 to 1 is micrograd's."""
    return lambda nin, nout, rng: rng.uniform(low, high)


def constant(value: float = 0.0) -> Rule:
    """Always the same number: right for biases, useless for the weights of several neurons."""
    return lambda nin, nout, rng: value


def xavier_uniform(gain: float = 1.0) -> Rule:
    """U(-a, a), a = gain (6 / (nin + nout))^(1/2): variance 2 gain^2 / (nin + nout); Glorot, Bengio 2010."""

    def rule(nin: int, nout: int, rng: random.Random) -> float:
        a = gain * math.sqrt(6.0 / (nin + nout))
        return rng.uniform(-a, a)

    return rule


def xavier_normal(gain: float = 1.0) -> Rule:
    """N(0, 2 gain^2 / (nin + nout)); Glorot and Bengio 2010."""
    return lambda nin, nout, rng: rng.gauss(0.0, gain * math.sqrt(2.0 / (nin + nout)))


def he_uniform(gain: float = math.sqrt(2.0)) -> Rule:
    """U(-a, a), a = gain (3 / nin)^(1/2): variance gain^2 / nin; He et al. 2015."""

    def rule(nin: int, nout: int, rng: random.Random) -> float:
        a = gain * math.sqrt(3.0 / nin)
        return rng.uniform(-a, a)

    return rule


def he_normal(gain: float = math.sqrt(2.0)) -> Rule:
    """N(0, gain^2 / nin): what a rectifier halves, gain^2 = 2 restores; He et al. 2015."""
    return lambda nin, nout, rng: rng.gauss(0.0, gain / math.sqrt(nin))


def lecun_normal() -> Rule:
    """N(0, 1 / nin), which SELU needs; LeCun et al. 1998, Klambauer et al. 2017."""
    return he_normal(1.0)


RULES: dict[str, Callable[..., Rule]] = {
    "normal": normal,
    "uniform": uniform,
    "constant": constant,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "lecun_normal": lecun_normal,
}

RECTIFIERS = {
    "relu", "brelu", "leaky_relu", "prelu", "rrelu", "elu", "srelu", "apl", "isrlu", "gelu", "silu",
    "swish", "softplus", "maxout",
}  # fmt: skip


def rule_for(activation: str, init: Any = None) -> Rule:
    """The rule named `init` (or itself, if it is one), by default what suits the activation: He's for
    rectifiers, LeCun's for SELU, Xavier's otherwise.

    Raises ValueError on an unknown name.
    """
    if callable(init):
        return init  # type: ignore[no-any-return]
    if init is not None:
        return choice("initialisation", init, RULES)()  # type: ignore[no-any-return]
    if activation == "selu":
        return lecun_normal()
    return he_uniform() if activation.partition("(")[0].lower() in RECTIFIERS else xavier_uniform()
