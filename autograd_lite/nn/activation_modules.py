"""Activations that are Modules, with parameters that are trained or slopes that are drawn; above `activations`.
`activation_of` finds any activation by its name, for the layers."""

from typing import Any, TypeAlias

from autograd_lite.core.fast.layers import each
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.value import Value
from autograd_lite.nn.activations import ACTIVATIONS, WHOLE_LAYER, ActivationFunction, apl, identity, prelu, srelu
from autograd_lite.nn.module import Module
from autograd_lite.nn.randomness import Seed, draw_uniform, spawned
from autograd_lite.nn.shapes import NestedNumbers, Scalar, check_size, map_numbers
from autograd_lite.support.suggestions import lookup

AnyActivation: TypeAlias = str | ActivationFunction | Module
"""A name, a function or a Module."""


class ScalarModule(Module):
    """An activation of a number, or of each number in nested lists."""

    def forward(self, x: NestedNumbers) -> Any:
        return map_numbers(x, self.of_number)

    def of_number(self, x: Scalar) -> Any:
        raise NotImplementedError

    def input_sizes(self) -> None:
        """It takes any."""


class PReLU(ScalarModule):
    """f = weight x for x < 0, x otherwise; weight is trained, from `a` on.  He et al. 2015, and PyTorch's names.

    >>> PReLU()(-2.0).data
    -0.5
    """

    def __init__(self, a: float = 0.25) -> None:
        self.weight = [Value(a)]

    def of_number(self, x: Scalar) -> Any:
        return prelu(x, self.weight[0])


class RReLU(ScalarModule):
    """Leaky ReLU with a slope drawn between low and high for every number in training; in evaluation their mean.
    Xu et al. 2015."""

    def __init__(self, low: float = 1.0 / 8.0, high: float = 1.0 / 3.0, rng: Seed = None) -> None:
        if not low <= high:
            raise ValueError(f"RReLU draws slopes from low to high, but got {low!r} and {high!r}; swap them")
        self.low, self.high = low, high
        self._rng = spawned(rng)

    def of_number(self, x: Scalar) -> Any:
        mean = (self.low + self.high) / 2.0
        return prelu(x, self.low + (self.high - self.low) * draw_uniform(self._rng) if self.training else mean)


class SReLU(ScalarModule):
    """f = tl + al (x - tl) for x <= tl, x between, tr + ar (x - tr) for x >= tr; all four are trained.
    Jin et al. 2016."""

    def __init__(self, tl: float = -1.0, al: float = 0.1, tr: float = 1.0, ar: float = 0.1) -> None:
        self.tl, self.al, self.tr, self.ar = Value(tl), Value(al), Value(tr), Value(ar)

    def of_number(self, x: Scalar) -> Any:
        return srelu(x, self.tl, self.al, self.tr, self.ar)


class APL(ScalarModule):
    """f = max(0, x) + sum a_i max(0, b_i - x) with `pieces` hinges; a and b are trained.  Agostinelli et al. 2014.

    The hinges start at -1, 0, 1, ... around 0, with small slopes.
    """

    def __init__(self, pieces: int = 2) -> None:
        pieces = check_size("pieces", pieces)
        self.a = [Value(0.1) for _ in range(pieces)]
        self.b = [Value(i - (pieces - 1) / 2.0) for i in range(pieces)]

    def of_number(self, x: Scalar) -> Any:
        return apl(x, self.a, self.b)


MODULES: dict[str, type[Module]] = {"prelu": PReLU, "rrelu": RReLU, "srelu": SReLU, "apl": APL}


def activation_of(given: AnyActivation, rng: Seed = None) -> tuple[str, ActivationFunction | Module]:
    """The name and the function of an activation, given as either; a new Module where it has parameters.

    Raises ValueError on an unknown name, with the known ones, TypeError on what is neither.

    >>> activation_of("tanh")
    ('tanh', <primitive tanh: tanh x>)
    """
    if isinstance(given, str):
        if given in MODULES:
            return given, RReLU(rng=rng) if given == "rrelu" else MODULES[given]()
        known: dict[str, Any] = {**ACTIVATIONS, **MODULES}
        return given, lookup("activation", given, known)
    if isinstance(given, Module):
        return given.describe(), given
    if callable(given):
        names = [name for name, function in ACTIVATIONS.items() if function is given]
        return (names or [getattr(given, "__name__", type(given).__name__)])[0], given
    names = [*ACTIVATIONS, *MODULES]
    kinds = f"an activation is a name or a function of one Value, but got {given!r}"
    raise TypeError(f"{kinds}; the names are {', '.join(names)}")


def activated(activation: ActivationFunction | Module, sums: list[Value]) -> list[Any]:
    if activation is identity:
        return sums
    if isinstance(activation, Primitive):
        return each(activation, sums)
    if isinstance(activation, Module) or activation not in WHOLE_LAYER:
        return [activation(z) for z in sums]
    return activation(sums)  # type: ignore[no-any-return]


class Activation(Module):
    """An activation as a Module, for `Sequential`: of a number, or of each number of nested lists.

    >>> Activation("relu")([-1.0, 2.0])
    [0.0, 2.0]
    """

    def __init__(self, activation: AnyActivation, rng: Seed = None) -> None:
        self._name, self.activation = activation_of(activation, rng)

    def forward(self, x: NestedNumbers) -> Any:
        if not isinstance(self.activation, Module) and self.activation in WHOLE_LAYER:
            return self.activation(x)
        if isinstance(x, list) and all(isinstance(y, Value) for y in x):
            return activated(self.activation, x)
        return map_numbers(x, self.activation)

    def describe(self) -> str:
        return f"Activation({self._name})"
