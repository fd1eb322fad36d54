"""Activations: the functions between the sums of a network, by their usual names.

A function of one number or Value each, written in rows of the table; those that are a row are one node.
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.nn.module import Module
from autograd_lite.nn.randomness import choice
from autograd_lite.primitives import relu, sigmoid, softplus, tanh

Activation = Callable[[Any], Any]


def identity(x: Any) -> Any:
    """x; derivative 1."""
    return x


ACTIVATIONS: dict[str, Activation] = {
    "identity": identity,
    "linear": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "softplus": softplus,
}


def activation_of(given: Any) -> tuple[str, Activation]:
    """The name and the function of an activation, given as either.

    Raises ValueError on an unknown name, with the known ones, TypeError on what is neither.
    """
    if isinstance(given, str):
        return given, choice("activation", given, ACTIVATIONS)
    if isinstance(given, Module):
        return given.describe(), given
    if callable(given):
        for name, function in ACTIVATIONS.items():
            if function is given:
                return name, given
        return getattr(given, "__name__", type(given).__name__), given
    raise TypeError(
        f"an activation is a name or a function of one Value, but got {given!r}; the names are {', '.join(ACTIVATIONS)}"
    )
