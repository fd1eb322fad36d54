"""Numbers of arrays at computed places: an instruction that reads one, and one that adds up many.

Below `payloads`, which lists all instructions on arrays.
"""

from collections.abc import Iterable, Sequence
from math import nan
from typing import Any, NamedTuple

from autograd_lite.core.graph import CONSTANT, TRACED, Node
from autograd_lite.core.table import add, equal, identity, less, where


class Column(NamedTuple):
    """Numbers of an array that are a stride apart, one for each step: the element of step t is offset + t x stride."""

    array: int
    offset: int
    stride: int

    def at(self, arrays: Sequence[Any], t: int) -> Any:
        return arrays[self.array][self.offset + t * self.stride]

    def read(self, arrays: Sequence[Any], steps: Iterable[int]) -> list[Any]:
        """The elements of these steps."""
        _, offset, stride = self
        array = arrays[self.array]
        return [array[offset + t * stride] for t in steps]


class Gather(NamedTuple):
    """The number of an array at a computed index; its operands: the array and the index.

    Index i is the place offset + i x stride, where 0 <= i < bound; a negative one counts from the end.  All others, and
    those that are no whole numbers, give nan.
    """

    offset: int
    stride: int
    bound: int

    def shown(self) -> str:
        return f"[{self.offset} + {self.stride} x index], index below {self.bound}"

    def evaluate(self, operands: Sequence[Any], run: Any) -> Any:
        array, index = operands
        known = known_index(index, run)
        if known is not None:
            i = place_of(known, self.bound)
            if i is None:
                return nan if run.apply is None else run.apply(identity, [nan])
            return array[self.offset + i * self.stride]
        numbers = [array[self.offset + i * self.stride] for i in range(self.bound)]
        found: Any = nan
        for taken, x in zip(choices(index, self.bound, run), numbers, strict=True):
            found = run.apply(where, [taken, x, found])
        return found


class Gathers(NamedTuple):
    """Numbers of an array at computed indices, as an array: a `Gather` for each of them.

    The operands: the array, and that of the indices, `length` of them from number `first` on, and
    `apart` places from one another.
    """

    length: int
    first: int
    apart: int
    places: Gather

    def shown(self) -> str:
        return f"{self.length} times {self.places.shown()}"

    @property
    def size(self) -> int:
        return self.length

    def evaluate(self, operands: Sequence[Any], run: Any) -> Any:
        array, indices = operands
        found = range(self.first, self.first + self.length * self.apart, self.apart) if self.apart else [self.first]
        return [self.places.evaluate([array, indices[i]], run) for i in found]


class Entry(NamedTuple):
    """What is added up in each step: an element of the column `value`, to the sum at offset + i x stride.

    i is the step, or with `indices` an element of that column, read as `Gather` reads it: where it is out of bounds
    nothing is added.
    """

    value: Column
    indices: Column | None
    offset: int
    stride: int
    bound: int


class Additions(NamedTuple):
    """So many steps, from the first to the last or in reverse, in each of which all entries are added, in order."""

    length: int
    reverse: bool
    entries: tuple[Entry, ...]


class Scatter(NamedTuple):
    """An array of sums, to which numbers of arrays are added at known or computed places: the adjoint of `Gather`.

    The operands are arrays; with `based`, the first one is what the sums begin with.
    """

    size: int
    based: bool
    groups: tuple[Additions, ...]

    def shown(self) -> str:
        return f"to {self.size}"

    def evaluate(self, operands: Sequence[Any], run: Any) -> Any:
        sums = list(operands[0]) if self.based else [-0.0] * self.size  # -0.0 changes no sum
        for length, reverse, entries in self.groups:
            for t in reversed(range(length)) if reverse else range(length):
                for value, indices, offset, stride, bound in entries:
                    x = value.at(operands, t)
                    if indices is None:
                        places, terms = [offset + t * stride], [x]
                    else:
                        places, terms = scattered(x, indices.at(operands, t), offset, stride, bound, run)
                    for place, term in zip(places, terms, strict=True):
                        sums[place] = sums[place] + term if run.apply is None else run.apply(add, [sums[place], term])
        return [x + 0.0 if run.apply is None else run.apply(add, [x, 0.0]) for x in sums]


def scattered(x: Any, index: Any, offset: int, stride: int, count: int, run: Any) -> tuple[list[int], list[Any]]:
    """The places to which a number may have to be added, and what is added there."""
    known = known_index(index, run)
    if known is not None:
        i = place_of(known, count)
        return ([], []) if i is None else ([offset + i * stride], [x])
    places = [offset + i * stride for i in range(count)]
    return places, [run.apply(where, [taken, x, -0.0]) for taken in choices(index, count, run)]


def choices(index: Any, count: int, run: Any) -> list[Any]:
    """For each place, whether it is that of the index."""
    i = run.apply(where, [run.apply(less, [index, 0.0]), run.apply(add, [index, float(count)]), index])
    return [run.apply(equal, [i, float(k)]) for k in range(count)]


def place_of(index: float, count: int) -> int | None:
    """The place of an index; None: out of bounds, or no whole number."""
    i = index + count if index < 0.0 else index
    return int(i) if 0.0 <= i < count and i == int(i) else None


def known_index(index: Any, run: Any) -> float | None:
    """An index as a number, where it is known."""
    if run.apply is None or isinstance(index, float):
        return float(index)
    return index._data if isinstance(index, Node) and is_fixed(index) else None


def is_fixed(index: Node) -> bool:
    """Whether an index is a constant: one that a function closes over is read at each call."""
    return bool(index._flags & CONSTANT) and not index._flags & TRACED
