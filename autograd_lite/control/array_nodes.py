"""Arrays in the graph of a traced function: nodes with a payload, and how adjoints, tangents and series pass them.

The adjoint of an array is not one number: it arrives in parts, of single numbers and of columns.  Its tangent is an
array of the same layout; its Taylor coefficients after the first are one array, which has all those of a number in
the place of that number.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from autograd_lite.core.create_graph import AdjointPass, Arrived
from autograd_lite.core.graph import CONSTANT, LOOPED, NUMBER, TRACED, Node, operands_of
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.recording import many
from autograd_lite.core.reverse import Cotangents
from autograd_lite.core.symbolic import Propagation
from autograd_lite.core.value import Value
from autograd_lite.program import payloads
from autograd_lite.program.flattening import Flattener
from autograd_lite.transforms.differentiation import as_value
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.power_series import Expansion, Given, Series

Terms = list[tuple[Node, Arrived]]


class Column(NamedTuple):
    """Numbers of an array node, one for each step t of a loop: offset + t x stride."""

    array: Node
    offset: int
    stride: int


def widened(column: Column, array: Node, order: int, k: int) -> Column:
    """The column of coefficient k > 0, in the array that holds `order` of them in the place of each number."""
    offset, stride = column[1:]
    if not stride:  # of residuals, which are counted backwards from -1 (see `loop_nodes`)
        return Column(array, -1 - ((-1 - offset) * order + k - 1), 0)
    return Column(array, offset * order + k - 1, stride * order)


class Piece(NamedTuple):
    """An adjoint of some numbers of an array: of those in a column, one of another array.

    Where it does not always arrive, `holds` is the condition under which it does, as in `core.branches`.
    """

    offset: int
    stride: int
    adjoint: Column
    holds: Any = None


class Number(NamedTuple):
    """An adjoint of one number of an array, and the condition under which it arrives."""

    offset: int
    adjoint: Scalar
    holds: Any = None


def node_of(payload: Any, operands: Sequence[Node], flags: int = 0) -> Value:
    """A node with a payload: it has no number, like all traced nodes."""
    row = Primitive(type(payload).__name__.lower(), None, payloads.no_number, payloads.no_partials, payload=payload)
    partials = [None if x._flags & CONSTANT else math.nan for x in operands]
    node = many(row, math.nan, tuple(operands), partials)
    node._flags |= TRACED | LOOPED | flags | (0 if any(p is not None for p in partials) else CONSTANT)
    return cast(Value, node)


def is_array(x: Node) -> bool:
    return x._row.payload is not None and not isinstance(x._row.payload, Item)


class Item:
    """One number of an array."""

    def __init__(self, offset: int) -> None:
        self.offset = offset

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(payloads.Item(self.offset), operands)

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        adjoint = arrived.total(node, walk.propagation)
        if node in walk.inputs:
            walk.found[node] = adjoint
            if walk.step:
                return []
        (array,) = operands_of(node)
        number = Number(self.offset, walk.propagation.result(adjoint), arrival(adjoint))
        return [(array, Arrived([number], []))] if array in walk.dependent else []

    def pull_floats(self, node: Node, adjoint: float, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        """What it passes on in a pass over floats: to an array, adjoints by place."""
        return [(operands_of(node)[0], Cotangents({self.offset: adjoint}))]

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        (array,) = operands_of(node)
        tangent = tangents[array]
        if isinstance(tangent, list):  # of what is recomputed: a tangent for each number
            return tangent[self.offset]
        return propagation.start(item(tangent, self.offset))

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> Any:
        return tangents[operands_of(node)[0]][self.offset]

    def expand(self, expansion: Expansion, node: Node) -> Series:
        array = expansion.series[operands_of(node)[0]]
        if isinstance(array, list):  # of what is recomputed: a series for each number
            return Given(expansion, array[self.offset])
        order = expansion.order
        later = [item(array, self.offset * order + k) for k in range(order)]
        return Given(expansion, [cast(Value, node), *later])


def item(array: Node, offset: int) -> Value:
    """A number of an array node."""
    return node_of(Item(offset), [array])


class Stack:
    """Numbers as an array."""

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(payloads.Stack(len(operands)), operands)

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        terms = []
        for i, x in reversed(list(enumerate(operands_of(node)))):
            if x in walk.dependent:
                for number, holds in terms_at(arrived, i):
                    source = number if isinstance(number, Node) else x
                    terms.append(walk.term(source, x, under(walk.propagation, number, holds)))
        return terms

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        return stack([propagation.result(tangents[x]) if x in tangents else 0.0 for x in operands_of(node)])

    def expand(self, expansion: Expansion, node: Node) -> Node:
        return stack([c for x in operands_of(node) for c in filled(expansion.coefficients(cast(Value, x)))])


def filled(coefficients: Iterable[Scalar | None]) -> list[Scalar]:
    """Coefficients of a series as numbers."""
    return [0.0 if c is None else c for c in coefficients]


def stack(numbers: Sequence[Scalar]) -> Node:
    """An array node of these numbers."""
    constants = [
        x._data if isinstance(x, Value) else x for x in numbers if not isinstance(x, Value) or x._row is NUMBER
    ]
    if len(constants) == len(numbers):
        return node_of(Numbers(constants), [])
    return node_of(Stack(), [as_value(x) for x in numbers])


def terms_at(arrived: Arrived, offset: int) -> list[tuple[Scalar, Any]]:
    """All that has arrived at one number of an array, each with the condition under which it has."""
    found: list[tuple[Scalar, Any]] = []
    for part in arrived.whole:
        if isinstance(part, Number):
            found += [(part.adjoint, part.holds)] if part.offset == offset else []
        else:
            t, rest = divmod(offset - part.offset, part.stride)
            if not rest and t >= 0:
                found.append((item(part.adjoint.array, part.adjoint.offset + t * part.adjoint.stride), part.holds))
    return found


def adjoints_at(arrived: Arrived, offset: int) -> list[Scalar]:
    """All that has arrived at one number of an array."""
    return [adjoint for adjoint, _ in terms_at(arrived, offset)]


def arrival(adjoint: Any) -> Any:
    """The condition under which an adjoint has arrived; None: for sure."""
    return adjoint[1] if isinstance(adjoint, tuple) else None


def under(propagation: Propagation, adjoint: Scalar, holds: Any) -> Any:
    """A term that arrives under a condition."""
    return propagation.start(adjoint) if holds is None else (adjoint, holds)


class Numbers:
    """An array of constants."""

    def __init__(self, numbers: Iterable[float]) -> None:
        self.numbers = tuple(float(x) for x in numbers)

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(payloads.Numbers(self.numbers), ())


class Whole:
    """An argument of the program, or a part of one: an array whose numbers nobody has to name."""

    def __init__(self, piece: int) -> None:
        self.piece = piece

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        argument = flattener.pieces[self.piece]
        return flattener.payload(payloads.Whole(argument, flattener.arguments[argument].size), ())
