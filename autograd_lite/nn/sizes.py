"""Sizes at the door of a layer: what does not fit is named, with the layer, what it expects and what it got."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.fast.layers import as_values, vector
from autograd_lite.core.fast.vectors import Vector
from autograd_lite.core.primitives import Operand
from autograd_lite.core.value import Value
from autograd_lite.nn.module import Module


def check_size(what: str, given: Any, least: int = 1) -> int:
    """A number of inputs or outputs; raises TypeError or ValueError where it can't be one."""
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        raise TypeError(f"{what} is a whole number, but got {given!r}; pass an int")
    if given < least:
        raise ValueError(f"{what} is at least {least}, but got {given!r}; pass an int from {least} on")
    return int(given)


def as_vector(x: Any, expected: int, layer: Module, *ends: float) -> Vector:
    """The inputs, numbers and Values, as one side of dots; `ends` come after them, as the 1.0 that meets the bias.

    Raises ValueError unless there are as many inputs as the layer expects.
    """
    if type(x) is not list:
        x = [x] if isinstance(x, (Value, int, float)) else x.tolist() if hasattr(x, "tolist") else x
    try:
        inputs = vector([*x, *ends])
    except TypeError:
        raise TypeError(
            f"{layer.describe()} takes {expected} numbers or Values, but got {_short(x)}; pass one sample, a flat list"
        ) from None
    found = inputs.size - len(ends)
    if found != expected:
        raise ValueError(
            f"{layer.describe()} expects {expected} inputs, but got {found}: {_short(x)}; "
            f"pass one sample, with {expected} numbers"
        )
    return inputs


def _short(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 60 else f"{text[:50]}...{text[-7:]}"


def each_number(x: Any, f: Callable[[Any], Any]) -> Any:
    """f of each number in nested lists or arrays, in their structure."""
    if hasattr(x, "tolist") and not isinstance(x, Operand):
        x = x.tolist()
    return [each_number(y, f) for y in x] if isinstance(x, (list, tuple)) else f(x)


def sizes_of(x: Any) -> tuple[int, ...]:
    """The sizes of nested lists: (3, 2) for three lists of two."""
    sizes = []
    while isinstance(x, (list, tuple)):
        sizes.append(len(x))
        if not x:
            break
        x = x[0]
    return tuple(sizes)


def shown(sizes: Sequence[int | str]) -> str:
    """2 x 8 x 8, as messages say it."""
    return " x ".join(map(str, sizes)) or "one number"


def as_image(x: Any, sizes: tuple[int | None, ...], layer: Module) -> Any:
    """Nested lists of Values of the given sizes, where None is any size.

    Raises ValueError where they differ, or where lists of one level do.
    """
    if hasattr(x, "tolist") and not isinstance(x, Operand):
        x = x.tolist()
    found = sizes_of(x)
    fits = len(found) == len(sizes) and all(n in (None, m) for n, m in zip(sizes, found, strict=True))
    if not fits or not is_full(x, found):
        expected = shown(["any" if n is None else n for n in sizes])
        got = shown(found) + ("" if not fits else ", but lists of one level differ in size")
        raise ValueError(f"{layer.describe()} expects {expected}, but got {got}; pass one sample of that size")
    return _values(x)


def is_full(x: Any, sizes: tuple[int, ...]) -> bool:
    """Whether nested lists have these sizes everywhere."""
    if not sizes:
        return not isinstance(x, (list, tuple))
    return isinstance(x, (list, tuple)) and len(x) == sizes[0] and all(is_full(y, sizes[1:]) for y in x)


def _values(x: Any) -> Any:
    return as_values(list(x)) if not isinstance(x[0], (list, tuple)) else [_values(y) for y in x]
