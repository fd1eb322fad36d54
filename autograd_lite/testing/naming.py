"""What a report calls things: arguments by their names in the function, and what is inside of them as Python writes it.

Below `checking`; knows shapes, and nothing of graphs.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.transforms.differentiation import numbered, parameter_names
from autograd_lite.trees import Shape, children, keys


def derivative(title: str, operand: str) -> str:
    """The name of the derivative of a result, or of its derivative, in an operand."""
    return f"d2{title[1:]} d {operand}" if title.startswith("d ") else f"d {title} / d {operand}"


def argument_names(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """What f calls its arguments."""
    return numbered(parameter_names(f), len(args))


def paths(shape: Shape, name: str) -> list[str]:
    """A name for each leaf of a pytree, as Python would write it."""
    if shape[0] == "leaf":
        return [name]
    if shape[0] == "module":
        return [f"{name}.{key}" for key in keys(shape)]
    labels = [repr(key) for key in keys(shape)] if shape[0] == "dict" else range(len(children(shape)))
    parts = zip(labels, children(shape), strict=True)
    return [path for label, child in parts for path in paths(child, f"{name}[{label}]")]
