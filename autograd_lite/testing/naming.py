"""What a report calls things: arguments by their names in the function, what is inside them as Python writes it.

Below `checking`; knows shapes, and nothing of graphs.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.rows import Primitive
from autograd_lite.structure import Shape, children, keys


def derivative(title: str, operand: str) -> str:
    """The name of the derivative of a result, or of its derivative, in an operand."""
    return f"d2{title[1:]} d {operand}" if title.startswith("d ") else f"d {title} / d {operand}"


def argument_names(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """What f calls its arguments."""
    names = [f"x{i}" for i in range(len(args))]
    try:
        parameters = () if isinstance(f, Primitive) else tuple(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return names
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    for i, parameter in enumerate(parameters[: len(args)]):
        if parameter.kind not in plain:
            break
        names[i] = parameter.name
    return names


def paths(shape: Shape, name: str) -> list[str]:
    """A name for each leaf of a nest: how Python would write it."""
    if shape[0] == "leaf":
        return [name]
    if shape[0] == "module":
        return [f"{name}.{key}" for key in keys(shape)]
    labels = [repr(key) for key in keys(shape)] if shape[0] == "dict" else range(len(children(shape)))
    parts = zip(labels, children(shape), strict=True)
    return [path for label, child in parts for path in paths(child, f"{name}[{label}]")]
