"""Arrays in the graph of a traced function: nodes with a payload, and how adjoints, tangents and series pass them.

The adjoint of an array is not one number: it arrives in parts, of single numbers and of columns.  Its tangent is an
array of the same layout; its Taylor coefficients after the first are one array, which has all those of a number in
the place of that number.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from autograd_lite.core.graph import BATCHED, CONSTANT, ORDERED, TRACED, Node, operands_of
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.recording import many
from autograd_lite.core.value import Value
from autograd_lite.program import payloads
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.gathers import Gather
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.power_series import Expansion
from autograd_lite.transforms.propagation import Cotangents, Propagation, arrival
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived
from autograd_lite.transforms.series import KnownSeries, Series

Terms = list[tuple[Node, Arrived]]


class Column(NamedTuple):
    """Numbers of an array node, one for each step t of a loop: offset + t x stride."""

    array: Node
    offset: int
    stride: int


def widened(column: Column, array: Node, order: int, k: int) -> Column:
    """The column of coefficient k > 0, in the array that holds `order` of them in the place of each number."""
    offset, stride = column[1:]
    if offset < 0:  # of residuals, which are counted backwards from -1 (see `loop_nodes`)
        return Column(array, -1 - ((-1 - offset) * order + k - 1), 0)
    return Column(array, offset * order + k - 1, stride * order)


class Piece(NamedTuple):
    """An adjoint of some numbers of an array: of `length` in a column, one of another array.

    Where it does not always arrive, `holds` is the condition under which it does, as in `transforms.branches`; a column
    of them is one for each number.
    """

    offset: int
    stride: int
    length: int
    adjoint: Column
    holds: Any = None


class Timed(Piece):
    """An adjoint that a kernel sends, which was made at that time."""

    time: int


class Direct(Timed):
    """An adjoint of neighbours in an array that are the operand of a kernel, as if it came by way of these numbers.

    The time is that at which the numbers were made.
    """


class Number(NamedTuple):
    """An adjoint of one number of an array, and the condition under which it arrives."""

    offset: int
    adjoint: Scalar
    holds: Any = None


class Own(Number):
    """One of several adjoints of a number that is among those which `Direct` ones go round."""


class Entry(NamedTuple):
    """Adjoints of an array that arrive in the steps of a loop: see `program.gathers.Entry`."""

    value: Column
    indices: Column | None
    offset: int
    stride: int
    bound: int

    def piece(self, length: int, holds: Any) -> Piece:
        return Piece(self.offset, self.stride, length, self.value, holds)


class Scattered(NamedTuple):
    """Adjoints of an array, of which entries arrive in each of so many steps, in the order in which they do."""

    length: int
    reverse: bool
    entries: Sequence[Entry]


class Record(NamedTuple):
    """An adjoint of the number of an array at a computed index, at a place as `program.gathers.Gather` has it."""

    indexed_by: Value
    adjoint: Scalar
    places: Gather
    holds: Any = None


def outermost(offset: int, stride: int, count: int) -> tuple[int, int]:
    """The first and the last place of numbers that are a stride apart, whichever way they go."""
    last = offset + (count - 1) * stride
    return min(offset, last), max(offset, last)


def node_of(payload: Any, operands: Sequence[Node], flags: int = 0) -> Value:
    """A node with a payload: it has no number, like all traced nodes."""
    row = payloads.made_row(payload, getattr(payload, "name", ""))
    partials = [None if x._flags & CONSTANT else math.nan for x in operands]
    node = many(row, math.nan, tuple(operands), partials)
    node._flags |= TRACED | ORDERED | flags | (0 if any(p is not None for p in partials) else CONSTANT)
    return cast(Value, node)


@cache
def item_row(offset: int) -> Primitive:
    return payloads.made_row(Item(offset), "item")


def with_number(node: Value, x: float) -> Value:
    """A node of a payload that has its number, because nothing is traced."""
    node._flags = (node._flags & ~TRACED) | ORDERED
    node._data = x
    return node


def data_of(node: Node) -> Sequence[float] | None:
    """The numbers of an array node, where they are known."""
    return getattr(node._row.payload, "data", None)


def is_array_node(x: Node) -> bool:
    """Whether a node is an array rather than one number."""
    return x._row.payload is not None and not getattr(x._row.payload, "is_number", False)


def stays(walk: AdjointPass, node: Node, arrived: Arrived) -> bool:
    """Whether a pass through a step ends at an array: what has arrived at it is kept as it is."""
    if walk.step and node in walk.inputs:
        walk.arrays[node] = arrived
        return True
    return False


def arrives(column: Column, length: int = 1) -> bool:
    """Whether a tangent arrives at any of so many numbers in an array of tangents."""
    array, offset, stride = column
    arrives_at = getattr(array._row.payload, "arrives_at", None)
    return arrives_at is None or any(arrives_at(array, offset + t * stride) for t in range(length))


class Item(payloads.Item):
    """One number of an array, in the graph; its row is that of the instruction too."""

    __slots__ = ()
    is_number = True

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.item(item_row(self.offset), operands[0])

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        adjoint = arrived.total(node, walk.propagation)
        if node in walk.inputs:
            walk.found[node] = adjoint
            if walk.step:
                return []
        (array,) = operands_of(node)
        if array not in walk.dependent:
            return []
        if array in walk.direct:
            return [(array, Arrived(own_terms(walk, node, arrived, self.offset), []))]
        number = Number(self.offset, walk.propagation.result(adjoint), arrival(adjoint))
        return [(array, Arrived([number], []))]

    def pull_floats(self, node: Node, adjoint: float, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        """What it passes on in a pass over floats: to an array, adjoints by place."""
        return [(operands_of(node)[0], Cotangents({self.offset: adjoint}))]

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        (array,) = operands_of(node)
        tangent = tangents[array]
        if isinstance(tangent, list):  # of what is recomputed: a tangent for each number
            return tangent[self.offset]
        return propagation.start(item(tangent, self.offset)) if arrives(Column(tangent, self.offset, 0)) else None

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> Any:
        return tangents[operands_of(node)[0]][self.offset]

    def expand(self, expansion: Expansion, node: Node) -> Series:
        array = expansion.series[operands_of(node)[0]]
        if isinstance(array, list):  # of what is recomputed: a series for each number
            return KnownSeries(expansion, array[self.offset])
        order = expansion.order
        later = [item(array, self.offset * order + k) for k in range(order)]
        return KnownSeries(expansion, [cast(Value, node), *later])


def own_terms(walk: AdjointPass, node: Node, arrived: Arrived, offset: int) -> list[Own]:
    """What has arrived at a number of an array, term by term: others may arrive in between, at the array itself."""
    if arrived.from_samples:
        return [Own(offset, arrived.total(node, walk.propagation))]
    return [Own(offset, term) for term in arrived.whole]


def item(array: Node, offset: int) -> Value:
    """A number of an array node."""
    constant, data = array._flags & CONSTANT, data_of(array)
    node = cast(Value, many(item_row(offset), math.nan, (array,), [None if constant else math.nan]))
    node._flags |= TRACED | ORDERED | constant
    return node if data is None else with_number(node, data[offset])


def filled(coefficients: Iterable[Scalar | None]) -> list[Scalar]:
    """Coefficients of a series as numbers."""
    return [0.0 if c is None else c for c in coefficients]


def terms_by_place(parts: Sequence[Any], size: int) -> list[list[tuple[Scalar, Any]]]:
    """For each number of an array all that has arrived at it, each with the condition under which it has."""
    found: list[list[tuple[Scalar, Any]]] = [[] for _ in range(size)]
    for part in parts:
        if isinstance(part, Number):
            found[part.offset].append((part.adjoint, part.holds))
        else:
            for t in range(part.length):
                found[part.offset + t * part.stride].append((number_in(part.adjoint, t), condition_at(part, t)))
    return found


def number_in(column: Column, t: int) -> Value:
    return item(column.array, column.offset + t * column.stride)


def condition_at(part: Piece, t: int) -> Any:
    """The condition under which number t of a piece arrives."""
    return number_in(part.holds, t) if isinstance(part.holds, Column) else part.holds


def so_far(walk: AdjointPass, node: Node, x: Node) -> tuple[Scalar, Any] | None:
    """What has arrived at a node that all steps share: their sum begins with it, as it does without a loop."""
    if bool(node._flags & BATCHED) != bool(x._flags & BATCHED) or x not in walk.arrived:
        return None
    found = walk.arrived.pop(x).total(x, walk.propagation)
    return walk.propagation.result(found), arrival(found)


class Numbers:
    """An array of constants."""

    def __init__(self, numbers: Iterable[float]) -> None:
        self.numbers = self.data = tuple(float(x) for x in numbers)

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(payloads.Numbers(self.numbers), ())


class Whole:
    """An argument of the program, or a part of one: an array whose numbers nobody has to name."""

    def __init__(self, piece: int) -> None:
        self.piece = piece

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        argument = flattener.pieces[self.piece]
        return flattener.payload(payloads.Whole(argument, flattener.arguments[argument].size), ())
