"""Nested lists, tuples, dicts and NumPy arrays of numbers, taken apart into leaves and put together again.

Knows nothing of graphs: a leaf is whatever is no container.  The shape of a nest is a hashable tuple, so that
programs are kept per shape.  An object with `named_parameters` (a Module) is a nest of its parameters.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd_lite.core.primitives import Operand, number

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


def is_leaf(x: object) -> bool:
    """Whether x is a Value or a real number."""
    return isinstance(x, Operand) or number(x) is not None


# -- taking apart


def flatten(x: Any, what: str = "argument") -> tuple[list[Any], Shape]:
    """The leaves of a nest from left to right, and its shape.

    Raises TypeError where a leaf is neither a number nor a Value.

    >>> flatten({"a": [1.0, 2.0], "b": 3.0})[0]
    [1.0, 2.0, 3.0]
    """
    leaves: list[Any] = []
    return leaves, _take_apart(x, leaves, what)


def _take_apart(x: Any, leaves: list[Any], what: str) -> Shape:
    if is_leaf(x):
        leaves.append(x)
        return LEAF
    if isinstance(x, (list, tuple)):
        return (*kind_of(x), tuple([_take_apart(y, leaves, what) for y in x]))
    if isinstance(x, dict):
        return (*kind_of(x), tuple([_take_apart(y, leaves, what) for y in x.values()]))
    if is_array(x):
        found = x.ravel().tolist()
        if x.dtype.kind not in "biuf":
            for y in found:
                if not is_leaf(y):
                    raise TypeError(
                        f"the {what} is an array of {x.dtype} that holds {y!r}; make it one of real numbers or Values"
                    )
        leaves.extend(found)
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


def kind_of(x: Any) -> tuple[str, Any]:
    """How the shape of a list, a tuple or a dict begins; named tuples keep their class."""
    if isinstance(x, dict):
        return "dict", tuple(x)
    if isinstance(x, list):
        return "list", ()
    return "tuple", type(x) if hasattr(x, "_fields") else ()


def leaves_like(x: Any, shape: Shape, what: str) -> list[Any]:
    """The leaves of a nest that goes with another one of that shape, in the order of that shape.

    A list, a tuple and an array may stand for each other, and a dict of its parameters for a Module.  Raises
    ValueError where the nest has another structure.

    >>> leaves_like({"b": 3, "a": [1, 2]}, flatten({"a": (0, 0), "b": 0})[1], "direction")
    [1, 2, 3]
    """
    leaves: list[Any] = []
    _follow(x, shape, leaves, what)
    return leaves


def _follow(x: Any, shape: Shape, leaves: list[Any], what: str) -> None:
    kind = shape[0]
    if shape == ("array", ()):
        x, kind = (x.item() if is_array(x) and x.ndim == 0 else x), "leaf"
    if kind == "leaf" and is_leaf(x):
        leaves.append(x)
    elif kind == "samples" and isinstance(x, Samples):
        _follow(x.content, shape[2][0], leaves, what)
    elif kind in ("dict", "module") and (entries := named(x)) is not None and set(entries) == set(keys(shape)):
        for key, child in zip(keys(shape), children(shape), strict=True):
            _follow(entries[key], child, leaves, f"{what}[{key!r}]")
    elif kind in ("list", "tuple", "array") and length(x) == len(children(shape)):
        for i, child in enumerate(children(shape)):
            _follow(x[i], child, leaves, f"{what}[{i}]")
    else:
        raise ValueError(f"the {what} is {summary(x)}, but {described(shape)} belongs there; give it that structure")


def named(x: Any) -> dict[Any, Any] | None:
    """The entries of a dict or a Module by name; None for anything else."""
    return x if isinstance(x, dict) else dict(x.named_parameters()) if hasattr(x, "named_parameters") else None


def length(x: Any) -> int:
    """The length of a list, a tuple or an array; -1 for anything else."""
    return len(x) if isinstance(x, (list, tuple)) or (is_array(x) and x.ndim) else -1


# -- names


def item_name(name: str, *key: Any) -> str:
    """What an item of a container is called; one of an array has as many keys as that has axes.

    >>> item_name("w", 2), item_name("params", "w"), item_name("X", 0, 1)
    ('w[2]', "params['w']", 'X[0, 1]')
    """
    return f"{name}[{', '.join(map(repr, key))}]" if key else name


def joined(*parts: str) -> str:
    """A path of the parts that are not empty."""
    return ".".join(part for part in parts if part)


# -- shapes


def children(shape: Shape) -> Sequence[Shape]:
    """The shapes inside a container or an array."""
    if shape[0] == "array":
        return [LEAF if len(shape[1]) == 1 else ("array", shape[1][1:])] * shape[1][0]
    if shape[0] == "module":
        return [LEAF] * len(keys(shape))
    return shape[2]  # type: ignore[no-any-return]


def keys(shape: Shape) -> Sequence[Any]:
    """The keys of a dict, or the names of a Module's parameters."""
    return [name for name, _ in shape[1].named_parameters()] if shape[0] == "module" else shape[1]


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
        return len(keys(shape))
    return sum(size(child) for child in shape[2])


def described(shape: Shape) -> str:
    """A shape in words."""
    kind = shape[0]
    if kind == "leaf":
        return "one number"
    if kind == "array":
        return f"an array of shape {shape[1]}"
    if kind in ("dict", "module"):
        return f"a dict with the keys {list(keys(shape))}"
    return "what is mapped over samples" if kind == "samples" else f"a {kind} of {len(shape[2])}"


def summary(x: Any) -> str:
    """A value in a few words, for messages."""
    if isinstance(x, (list, tuple, dict)):
        return described((*kind_of(x), x))
    if hasattr(x, "shape"):
        return described(("array", tuple(x.shape)))
    text = repr(x)
    return f"{text if len(text) <= 60 else text[:57] + '...'} of type {type(x).__name__}"


# -- putting together


def unflatten(shape: Shape, leaves: Iterator[Any], module: Callable[[Any, list[Any]], Any] | None = None) -> Any:
    """The nest of that shape with new leaves; `module` says what stands for a Module, a dict by default."""
    kind = shape[0]
    if kind == "leaf":
        return next(leaves)
    if kind == "array":
        return array_of([next(leaves) for _ in range(size(shape))], shape[1])
    parts = [unflatten(child, leaves, module) for child in children(shape)]
    return module(shape[1], parts) if kind == "module" and module is not None else nest(shape, parts)


def nest(shape: Shape, parts: Sequence[Any]) -> Any:
    """A container of that kind around new parts; a dict for a Module."""
    kind = shape[0]
    if kind == "list":
        return list(parts)
    if kind == "tuple":
        return shape[1](*parts) if shape[1] else tuple(parts)
    if kind == "samples":
        return Samples(parts[0])
    return dict(zip(keys(shape), parts, strict=True))


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
