"""What a compiled function returns: the flat results of its program in the structure that the function has.

Beside `arguments`.  Each run of single numbers is one flat result, and so is each array.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd_lite.trees import LEAF, Shape, is_array, nest, size

Build = Callable[[Sequence[Any], int], Any]
"""Puts flat results, of so many samples, together."""


def flat_results(shape: Shape) -> list[tuple[int, bool]]:
    """The sizes of the flat results, and whether they are batched."""
    found: list[tuple[int, bool]] = []
    run = False  # whether the last one is a run of numbers, which the next number joins
    for inner, batched in leaves_and_arrays(shape):
        single = inner == LEAF and not batched
        if single and run:
            found[-1] = (found[-1][0] + 1, False)
        else:
            found.append((size(inner), batched))
        run = single
    return found


def leaves_and_arrays(shape: Shape, batched: bool = False) -> Iterator[tuple[Shape, bool]]:
    kind = shape[0]
    if kind in ("leaf", "array"):
        yield shape, batched
    elif kind == "module":
        raise TypeError("a compiled function returned a Module; return its values, in a list or a dict")
    else:
        for child in shape[2]:
            yield from leaves_and_arrays(child, batched or kind == "samples")


class Builder:
    """Makes the function that puts the results of one program together.

    With `lists`, what is mapped over samples becomes a list of each sample's result, as `vmap` gives it of lists.
    With `arrays`, the flat results are NumPy arrays for sure, which takes less looking.
    """

    def __init__(self, lists: bool, arrays: bool) -> None:
        self.lists = lists
        self.arrays = arrays
        self.number = -1  # the flat result that is being read
        self.position: int | None = None  # the next number of it, if it is a run

    def build(self, shape: Shape, batched: bool = False) -> Build:
        """The function that makes that part of the result from the flat results and the number of samples."""
        kind = shape[0]
        if kind == "leaf" and not batched:
            k, i, _ = self.take(1)
            if self.arrays:
                return lambda results, n: results[k].item(i)
            return lambda results, n: numbers(results[k], i, i + 1)[0]
        if kind in ("leaf", "array"):
            return self.reshaped(shape[1] if kind == "array" else (), batched)
        if kind == "samples":
            whole = self.build(shape[2][0], True)
            return (lambda results, n: unstacked(whole(results, n), shape[2][0], n)) if self.lists else whole
        if not batched and shape[2] and all(child == LEAF for child in shape[2]):
            k, first, last = self.take(len(shape[2]))
            return lambda results, n: nest(shape, numbers(results[k], first, last))
        parts = [self.build(child, batched) for child in shape[2]]
        if kind == "tuple" and not shape[1] and len(parts) == 2:  # a value and its gradient
            one, two = parts
            return lambda results, n: (one(results, n), two(results, n))
        return lambda results, n: nest(shape, [part(results, n) for part in parts])

    def take(self, count: int) -> tuple[int, int, int]:
        """Where the next numbers are: which flat result, from where to where."""
        if self.position is None:
            self.number, self.position = self.number + 1, 0
        first = self.position
        self.position += count
        return self.number, first, self.position

    def reshaped(self, dimensions: tuple[int, ...], batched: bool) -> Build:
        """A flat result in its dimensions."""
        self.number, self.position = self.number + 1, None
        k = self.number
        if self.arrays and len(dimensions) == 1:
            return lambda results, n: results[k]  # it has them already
        return lambda results, n: as_array(results[k], (n, *dimensions) if batched else dimensions)


def numbers(x: Any, first: int, last: int) -> list[Any]:
    """Numbers of a run, as floats; those that another library still has to compute, as they are."""
    if isinstance(x, list):
        return x[first:last]
    return x[first:last].tolist() if is_array(x) else [x[i] for i in range(first, last)]


def as_array(x: Any, dimensions: tuple[int, ...]) -> Any:
    """A flat result in its dimensions: an array, or lists where NumPy is not loaded."""
    if hasattr(x, "shape"):
        return x if x.shape == dimensions else x.reshape(dimensions)
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        return numpy.array(x, dtype=numpy.float64).reshape(dimensions)
    return [row[0] for row in x] if len(dimensions) == 1 else x


def unstacked(x: Any, shape: Shape, n: int) -> list[Any]:
    """The results of each sample, from one nest of arrays."""
    if shape[0] in ("leaf", "array"):
        return x.tolist() if shape == LEAF and is_array(x) else list(x)
    whole = x.values() if isinstance(x, dict) else x
    columns = [unstacked(y, child, n) for y, child in zip(whole, shape[2], strict=True)]
    return [nest(shape, [column[i] for column in columns]) for i in range(n)]
