"""Nested lists, tuples, dicts and NumPy arrays of numbers, taken apart into leaves and put together again.

Knows nothing of graphs: a leaf is whatever is no container.  The shape of a nest is a hashable tuple, so that
programs are kept per shape.  An object with `named_parameters` (a Module) is a nest of its parameters.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from autograd_lite.rows import Operand, number

Shape = tuple[Any, ...]
"""("leaf",), ("list", "tuple", "dict" or "samples", keys, children), ("array", sizes) or ("module", it)."""

LEAF: Shape = ("leaf",)


class Samples:
    """A per-sample nest that stands for a whole batch while a mapped function is traced."""

    def __init__(self, content: Any) -> None:
        self.content = content


def is_array(x: object) -> bool:
    """Whether x is a NumPy array, without importing NumPy."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.ndarray)


def flatten(x: Any, what: str = "argument") -> tuple[list[Any], Shape]:
    """The leaves of a nest from left to right, and its shape.

    Raises TypeError where a leaf is neither a number nor a Value.

    >>> flatten({"a": [1.0, 2.0], "b": 3.0})[0]
    [1.0, 2.0, 3.0]
    """
    leaves: list[Any] = []
    return leaves, _take_apart(x, leaves, what)


def _take_apart(x: Any, leaves: list[Any], what: str) -> Shape:
    if isinstance(x, Operand) or number(x) is not None:
        leaves.append(x)
        return LEAF
    if isinstance(x, (list, tuple)):
        children = tuple([_take_apart(y, leaves, what) for y in x])
        return ("list" if isinstance(x, list) else "tuple", _fields(x), children)
    if isinstance(x, dict):
        return ("dict", tuple(x), tuple([_take_apart(y, leaves, what) for y in x.values()]))
    if is_array(x):
        if x.dtype.kind not in "biufO":
            raise TypeError(f"the {what} is an array of {x.dtype}; arrays of real numbers are differentiable")
        leaves.extend(x.ravel().tolist())
        return ("array", x.shape)
    if isinstance(x, Samples):
        return ("samples", (), (_take_apart(x.content, leaves, what),))
    if hasattr(x, "named_parameters"):
        leaves.extend(value for _, value in x.named_parameters())
        return ("module", x)
    raise TypeError(
        f"the {what} holds {x!r} of type {type(x).__name__}; expected numbers, Values, NumPy arrays, "
        f"Modules, or lists, tuples and dicts of them"
    )


def _fields(x: Any) -> Any:
    """The class of a named tuple, which is kept; () for ordinary ones."""
    return type(x) if hasattr(x, "_fields") else ()


def unflatten(
    shape: Shape, leaves: Iterator[Any], module: Callable[[Any, list[Any]], Any] | None = None
) -> Any:
    """The nest of that shape with new leaves; `module` says what stands for a Module, a dict by default."""
    kind = shape[0]
    if kind == "leaf":
        return next(leaves)
    if kind == "array":
        return array_of([next(leaves) for _ in range(size(shape))], shape[1])
    if kind == "module":
        names = [name for name, _ in shape[1].named_parameters()]
        values = [next(leaves) for _ in names]
        return dict(zip(names, values, strict=True)) if module is None else module(shape[1], values)
    children = [unflatten(child, leaves, module) for child in shape[2]]
    if kind == "list":
        return children
    if kind == "tuple":
        return shape[1](*children) if shape[1] else tuple(children)
    if kind == "dict":
        return dict(zip(shape[1], children, strict=True))
    return Samples(children[0])


def size(shape: Shape) -> int:
    """The number of leaves."""
    kind = shape[0]
    if kind == "leaf":
        return 1
    if kind == "array":
        result = 1
        for n in shape[1]:
            result *= n
        return result
    if kind == "module":
        return len(list(shape[1].named_parameters()))
    return sum(size(child) for child in shape[2])


def array_of(leaves: list[Any], dimensions: tuple[int, ...]) -> Any:
    """An array of floats, or of objects where any leaf is more than a number."""
    numpy = sys.modules["numpy"]
    if any(isinstance(x, Operand) for x in leaves):
        result = numpy.empty(len(leaves), dtype=object)
        result[:] = leaves
        return result.reshape(dimensions)
    return numpy.array(leaves, dtype=numpy.float64).reshape(dimensions)


def with_parameters(module: Any, values: list[Any]) -> Any:
    """A copy of a Module that computes with the given values in place of its parameters."""
    return module.with_parameters(values)
