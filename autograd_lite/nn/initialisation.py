"""Initialisers of weights, which keep the variance of signals about the same from layer to layer: functions (number of
inputs, number of outputs, generator) -> a number, called for each weight."""

import math
import random
from collections.abc import Callable
from typing import TypeAlias

from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.support.suggestions import lookup

Initialiser: TypeAlias = Callable[[int, int, random.Random], float]
Init: TypeAlias = str | Initialiser | None
"""The name of an initialiser, one, or None for what suits the activation."""


def normal(sigma: float = 1.0) -> Initialiser:
    """N(0, sigma^2), the lectures' first choice."""
    return lambda nin, nout, rng: rng.gauss(0.0, sigma)


def uniform(low: float = -1.0, high: float = 1.0) -> Initialiser:
    """The same probability from low to high; -1 to 1 is micrograd's."""
    return lambda nin, nout, rng: rng.uniform(low, high)


def constant_number(value: float = 0.0) -> Initialiser:
    """Always the same number: right for biases, useless for the weights of several neurons."""
    return lambda nin, nout, rng: value


def xavier_uniform(gain: float = 1.0) -> Initialiser:
    """U(-a, a), a = gain (6 / (nin + nout))^(1/2): variance 2 gain^2 / (nin + nout); Glorot, Bengio 2010."""
    return lambda nin, nout, rng: rng.uniform(-(a := gain * math.sqrt(6.0 / (nin + nout))), a)


def xavier_normal(gain: float = 1.0) -> Initialiser:
    """N(0, 2 gain^2 / (nin + nout)); Glorot and Bengio 2010."""
    return lambda nin, nout, rng: rng.gauss(0.0, gain * math.sqrt(2.0 / (nin + nout)))


def he_uniform(gain: float = math.sqrt(2.0)) -> Initialiser:
    """U(-a, a), a = gain (3 / nin)^(1/2): variance gain^2 / nin; He et al. 2015."""
    return lambda nin, nout, rng: rng.uniform(-(a := gain * math.sqrt(3.0 / nin)), a)


def he_normal(gain: float = math.sqrt(2.0)) -> Initialiser:
    """N(0, gain^2 / nin): what a rectifier halves, gain^2 = 2 restores; He et al. 2015."""
    return lambda nin, nout, rng: rng.gauss(0.0, gain / math.sqrt(nin))


def lecun_normal() -> Initialiser:
    """N(0, 1 / nin), which SELU needs; LeCun et al. 1998, Klambauer et al. 2017."""
    return he_normal(1.0)


INITIALISERS: dict[str, Callable[..., Initialiser]] = {
    "normal": normal, "uniform": uniform, "constant": constant_number, "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal, "he_uniform": he_uniform, "he_normal": he_normal, "lecun_normal": lecun_normal,
}  # fmt: skip

RECTIFIERS = {
    "brelu", "leaky_relu", "prelu", "rrelu", "elu", "srelu", "apl", "isrlu", "swish", "maxout",
}  # fmt: skip
"""Beside the rows of that role."""


def initialiser_for(activation: str, init: Init = None) -> Initialiser:
    """The initialiser named `init` (or itself, if it is one), by default what suits the activation: He's for
    rectifiers, LeCun's for SELU, Xavier's otherwise.  Raises ValueError on an unknown name."""
    if init is not None:
        return init if callable(init) else lookup("initialisation", init, INITIALISERS)()
    if activation == "selu":
        return lecun_normal()
    name = activation.partition("(")[0].lower()
    rectifier = name in RECTIFIERS or (name in PRIMITIVES and PRIMITIVES[name].role == "rectifier")
    return he_uniform() if rectifier else xavier_uniform()
