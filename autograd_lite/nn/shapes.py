"""Nested lists of numbers, which samples, outputs and targets are made of: their types, their shapes, their numbers.
NumPy arrays and their like count as the lists that their `tolist` gives.  Above `module`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from autograd_lite.core.fast.layers import as_values, vector
from autograd_lite.core.fast.vectors import Vector
from autograd_lite.core.operands import Operand, has_unit
from autograd_lite.core.value import Value
from autograd_lite.nn.module import Module


class ArrayLike(Protocol):
    """An array of NumPy, PyTorch or another library."""

    def tolist(self) -> Any: ...


Scalar: TypeAlias = Value | float
NestedNumbers: TypeAlias = "Scalar | ArrayLike | Sequence[NestedNumbers]"


def as_lists(x: NestedNumbers) -> Any:
    """An array as nested lists; anything else as it is."""
    if not hasattr(x, "tolist") or isinstance(x, Operand):
        return x
    return x if has_unit(x) or getattr(getattr(x, "dtype", None), "kind", "") in ("m", "M") else x.tolist()


def all_numbers(x: NestedNumbers) -> Iterator[Any]:
    """The numbers of nested lists or arrays, from left to right."""
    x = as_lists(x)
    if isinstance(x, (list, tuple)):
        for y in x:
            yield from all_numbers(y)
    else:
        yield x


def map_numbers(x: NestedNumbers, f: Callable[[Any], Any]) -> Any:
    """f of each number in nested lists or arrays, in their structure."""
    x = as_lists(x)
    return [map_numbers(y, f) for y in x] if isinstance(x, (list, tuple)) else f(x)


def data_in(x: NestedNumbers) -> Any:
    """The data of the Values in nested lists, in their structure."""
    if isinstance(x, (list, tuple)):
        return [y.data if type(y) is Value else data_in(y) for y in x]
    return x.data if isinstance(x, Value) else float(x)  # type: ignore[arg-type]


def shape_of(x: NestedNumbers) -> tuple[int, ...]:
    """The sizes of nested lists along their first entries: (3, 2) for three lists of two.

    >>> shape_of([[1, 2], [3, 4], [5, 6]]), shape_of(1.0)
    ((3, 2), ())
    """
    if not isinstance(x, (list, tuple)):
        return ()
    return (len(x), *(shape_of(x[0]) if x else ()))


def has_shape(x: NestedNumbers, shape: tuple[int, ...]) -> bool:
    """Whether nested lists have this shape everywhere.

    >>> has_shape([[1, 2], [3, 4]], (2, 2)), has_shape([[1, 2], [3]], (2, 2))
    (True, False)
    """
    if not isinstance(x, (list, tuple)) or not shape:
        return not shape and not isinstance(x, (list, tuple))
    if len(x) != shape[0]:
        return False
    if len(shape) == 1:
        return not any(issubclass(kind, (list, tuple)) for kind in set(map(type, x)))
    return all(has_shape(y, shape[1:]) for y in x)


def shape_text(shape: Sequence[int | str]) -> str:
    """2 x 8 x 8, for messages."""
    return " x ".join(map(str, shape)) or "one number"


def short_repr(x: object) -> str:
    text = repr(x)
    return text if len(text) <= 60 else f"{text[:50]}...{text[-7:]}"


def check_size(what: str, given: int, least: int = 1) -> int:
    """A number of inputs, outputs, epochs ...; raises TypeError or ValueError where it can't be one."""
    if isinstance(given, bool) or not hasattr(given, "__index__"):
        raise TypeError(f"{what} is a whole number, but got {given!r}; pass an int")
    if given < least:
        raise ValueError(f"{what} is at least {least}, but got {given!r}; pass an int from {least} on")
    return int(given)


def as_vector(x: NestedNumbers, expected: int, layer: Module, *ends: float) -> Vector:
    """The inputs of a dense layer as one side of dots; `ends` come after them, as the 1.0 that meets the bias.  Raises
    ValueError unless there are as many inputs as the layer expects."""
    if type(x) is not list:
        x = [x] if isinstance(x, (Value, int, float)) else x.tolist() if hasattr(x, "tolist") else x
    try:
        inputs = vector([*x, *ends])
    except TypeError:
        what = f"{layer.describe()} takes {expected} numbers or Values"
        raise TypeError(f"{what}, but got {short_repr(x)}; pass one sample, a flat list") from None
    found = inputs.size - len(ends)
    if found != expected:
        got = f"{layer.describe()} expects {expected} inputs, but got {found}: {short_repr(x)}"
        raise ValueError(f"{got}; pass one sample, with {expected} numbers")
    return inputs


def as_image(x: NestedNumbers, shape: Sequence[int | None], layer: Module) -> Any:
    """The input of a convolution as nested lists of Values of that shape, where None is any size.  Raises ValueError
    where the shape is another one, or where lists of one level differ."""
    lists = as_lists(x)
    found = shape_of(lists)
    fits = len(found) == len(shape) and all(n in (None, m) for n, m in zip(shape, found, strict=True))
    if not fits or not has_shape(lists, found):
        expected = shape_text(["any" if n is None else n for n in shape])
        got = shape_text(found) + (", but lists of one level differ in size" if fits else "")
        raise ValueError(f"{layer.describe()} expects {expected}, but got {got}; pass one sample of that size")
    return _values(lists)


def _values(x: Sequence[Any]) -> Any:
    return as_values(list(x)) if not isinstance(x[0], (list, tuple)) else [_values(y) for y in x]
