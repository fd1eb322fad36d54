"""Arguments as a traced function gets them, made of values that stand for numbers; and where which numbers are.

Between `arguments`, whose shapes these are, and `trace`, which asks where the data is that a `vmap` maps over.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from operator import is_
from typing import Any, NamedTuple

from autograd_lite.core.value import Value
from autograd_lite.program import nested_lists as lists
from autograd_lite.program.arguments import Pieces, axis_first
from autograd_lite.program.nested_lists import levels_of
from autograd_lite.trees import LEAF, Shape, array_of, item_name, joined, nest, with_parameters
from autograd_lite.trees import size as size_of


class Place(NamedTuple):
    """Where the numbers of an argument, or of a part of it, are among the pieces of a call, and what it is called."""

    piece: int
    start: int  # the first of them in that piece
    shape: Shape
    name: str

    def inner(self, axis: int) -> Shape:
        """The shape of one sample of an array or a table."""
        kind, sizes = self.shape
        axis %= len(sizes)
        rest = sizes[:axis] + sizes[axis + 1 :]
        return (kind, rest) if rest else LEAF

    def samples(self, piece: Any, axis: int) -> Any:
        """Their numbers, sample by sample: an array with the samples in front, or a list of rows."""
        kind, sizes = self.shape
        if kind == "array":
            return axis_first(piece.reshape(sizes), axis)
        return lists.cut(piece[self.start : self.start + size(self.shape)], sizes[0][1])


def size(shape: Shape) -> int:
    """How many numbers."""
    return lists.count_of(shape[1]) if shape[0] == "table" else size_of(shape)


def built(shape: Shape, leaves: Sequence[Any]) -> Any:
    """What a leaf, an array, a table or a Module becomes around its numbers."""
    kind = shape[0]
    if kind == "leaf":
        return leaves[0]
    if kind == "array":
        return array_of(list(leaves), shape[1])
    return lists.nested(shape[1], leaves) if kind == "table" else with_parameters(shape[1], list(leaves))


class Filler:
    """Makes the arguments of a traced function out of the values that stand for the numbers of the pieces of a call."""

    def __init__(self, pieces: Pieces, values: Sequence[list[Value]]) -> None:
        self.values = values
        self.arrays = iter(pieces.whole)
        self.mapped = pieces.samples is not None
        self.piece = self.start = 0  # of the next number
        self.made: list[tuple[Any, Place]] = []
        self.inner: dict[int, Place] | None = None  # by identity, the lists inside of others too

    def fill(self, shape: Shape, name: str) -> Any:
        """An argument of that name."""
        kind = shape[0]
        if kind == "static":
            return shape[1]
        if kind in ("list", "tuple", "dict", "samples"):
            items = zip(shape[2], item_names(shape, name), strict=True)
            return nest(shape, [self.fill(child, inner) for child, inner in items])
        if kind == "array" and not self.mapped:
            self.piece, self.start = next(self.arrays), 0
        count = size(shape)
        while count and self.start == len(self.values[self.piece]):
            self.piece, self.start = self.piece + 1, 0
        place = Place(self.piece, self.start, shape, name)
        self.start += count
        self.made.append((built(shape, self.leaves(place)), place))
        return self.made[-1][0]

    def leaves(self, place: Place) -> list[Value]:
        """The values at a place."""
        count = size(place.shape)
        return self.values[place.piece][place.start : place.start + count] if count else []

    def by_piece(self) -> list[list[Place]]:
        """The places of what each piece is made of, in order."""
        found: list[list[Place]] = [[] for _ in self.values]
        for _, place in self.made:
            if size(place.shape):
                found[place.piece].append(place)
        return found

    def find(self, x: Any) -> Place | None:
        """The place of an array or a list, if it came as an argument and is as it was."""
        if self.mapped:
            return None  # what a sample is made of is no data of the whole call
        place = next((place for y, place in self.made if y is x), None)
        if place is None:
            if self.inner is None:
                self.inner = {id(y): place for made in self.made for y, place in mappable(*made)}
            place = self.inner.get(id(x))
        if place is None or (place.shape[0] == "table" and not size(place.shape)):
            return None
        return place if all(map(is_, items_of(x, place), self.leaves(place))) else None


def item_names(shape: Shape, name: str) -> Iterator[str]:
    """What the items of a container are called."""
    keys = shape[1] if shape[0] == "dict" else range(len(shape[2]))
    return (name if shape[0] == "samples" else item_name(name, key) for key in keys)


def number_names(places: Sequence[Place], several: bool) -> tuple[str, ...]:
    """What the numbers at some places are called; empty where they are x[0], x[1] and so on, or a single x.

    Parameters of a Module have their paths, behind the name of the Module where there are `several`.
    """
    if len(places) == 1:
        shape = places[0].shape
        if shape == LEAF or (shape[0] in ("array", "table") and len(shape[1]) == 1 and size(shape) != 1):
            return ()
    return tuple([number for place in places for number in names_at(place, several)])


def names_at(place: Place, several: bool) -> Iterator[str]:
    """The names of the numbers at one place."""
    kind, name = place.shape[0], place.name
    if kind == "leaf":
        yield name
    elif kind == "module":
        for path, _ in place.shape[1].named_parameters():
            yield joined(name if several else "", path)
    elif kind == "array":
        yield from (item_name(name, *i) for i in product(*map(range, place.shape[1])))
    else:
        for i in product(*[range(n) for _, n in place.shape[1]]):
            yield name + "".join([item_name("", k) for k in i])


def items_of(x: Any, place: Place) -> list[Any]:
    """What is in an array or a table; as many nothings where it has another shape than it came with."""
    kind, sizes = place.shape
    if kind == "array" and x.shape == sizes:
        found: list[Any] = x.ravel().tolist()
        return found
    levels = levels_of(x) if kind == "table" else None
    return levels[1] if levels is not None and levels[0] == sizes else [None] * size(place.shape)


def mappable(x: Any, place: Place) -> Iterator[tuple[Any, Place]]:
    """The array, or the list and the lists inside of it, with their places."""
    if place.shape[0] == "array":
        yield x, place
    elif place.shape[0] == "table" and size(place.shape):
        if type(x) is list:
            yield x, place
        inner = place.inner(0)
        if inner != LEAF:
            for i, y in enumerate(x):
                start = place.start + i * size(inner)
                yield from mappable(y, Place(place.piece, start, inner, item_name(place.name, i)))
