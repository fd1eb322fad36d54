"""Arrays in the graph that are made of numbers, and numbers at computed places of arrays; the adjoints of both.

Above `array_nodes`.  The adjoint of a gather is a scatter, an array of sums, and that of a scatter is a gather.
Nothing flows to an index.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

from autograd_lite.control.array_nodes import (
    Column,
    Entry,
    Number,
    Numbers,
    Piece,
    Record,
    Scattered,
    Terms,
    condition_at,
    filled,
    item,
    node_of,
    number_in,
    so_far,
    stays,
    terms_by_place,
    widened,
    with_number,
)  # fmt: skip
from autograd_lite.core.abstract.tracers import is_tracing
from autograd_lite.core.graph import BATCHED, CONSTANT, NUMBER, TRACED, Node, operands_of
from autograd_lite.core.value import Value
from autograd_lite.program import gathers, payloads
from autograd_lite.program.flattening import Flattener
from autograd_lite.transforms.branches import masked
from autograd_lite.transforms.differentiation import as_value
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.power_series import Expansion
from autograd_lite.transforms.propagation import Cotangents, Propagation, arrival, under
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived
from autograd_lite.transforms.series import KnownSeries, Series

MANY = 32
"""Numbers from which on adjoints of an array are added up in an array."""


class Gather:
    """The number of an array at a computed index.  The operands of its node: the array, the index."""

    is_number = True

    def __init__(self, places: gathers.Gather) -> None:
        self.places = places

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        array, index = operands
        payload, known = self.places, flattener.value_of(index)
        if known is None:
            return flattener.payload(payload, operands)
        i = gathers.place_of(known, payload.bound)
        if i is None:
            return flattener.constant(float("nan"))
        return flattener.payload(payloads.Item(payload.offset + i * payload.stride), (array,))

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        adjoint = arrived.total(node, walk.propagation)
        if node in walk.inputs:
            walk.found[node] = adjoint
            if walk.step:
                return []
        array, index = operands_of(node)
        if array not in walk.dependent:
            return []
        record = Record(cast(Value, index), walk.propagation.result(adjoint), self.places, arrival(adjoint))
        return [(array, Arrived([record], []))]

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        array, index = operands_of(node)
        return propagation.start(gather(tangents[array], index, self.places)) if array in tangents else None

    def expand(self, expansion: Expansion, node: Node) -> Series:
        (array, index), order, later = operands_of(node), expansion.order, list[Value]()
        if array in expansion.series:
            series = expansion.series[array]
            later = [gather(series, index, coefficient_places(self.places, order, k)) for k in range(order)]
        return KnownSeries(expansion, [cast(Value, node), *later])


def places_of(entry: Entry) -> gathers.Gather:
    return gathers.Gather(entry.offset, entry.stride, entry.bound)


def coefficient_places(places: gathers.Gather, order: int, k: int) -> gathers.Gather:
    """The places of coefficient k, in the array that holds `order` of them in the place of each number."""
    return gathers.Gather(places.offset * order + k, places.stride * order, places.bound)


def gather(array: Node, index: Node, places: gathers.Gather) -> Value:
    """The number of an array node at a computed index."""
    return node_of(Gather(places), [array, index])


class Gathers:
    """The numbers of an array at many indices, as an array.

    Where it is a `view`, these are no nodes of their own without arrays: adjoints go to the array itself.
    """

    def __init__(self, length: int, first: int, apart: int, places: gathers.Gather, view: bool) -> None:
        self.view = view
        self.length, self.first, self.apart, self.places = length, first, apart, places

    @property
    def instruction(self) -> gathers.Gathers:
        return gathers.Gathers(self.length, self.first, self.apart, self.places)

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(self.instruction, operands)

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        if stays(walk, node, arrived):
            return []
        array, indices = operands_of(node)
        if array not in walk.dependent:
            return []
        found = dense(arrived.whole, self.length)
        index = Column(indices, self.first, self.apart)
        entry = Entry(Column(found, 0, 1), index, self.places.offset, self.places.stride, self.places.bound)
        return [(array, Arrived([Scattered(self.length, True, [entry])], []))]

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        array, indices = operands_of(node)
        if array not in tangents:
            return None
        return gathered(tangents[array], Column(indices, self.first, self.apart), self.length, self.places)

    def expand(self, expansion: Expansion, node: Node) -> Node:
        (array, indices), order = operands_of(node), expansion.order
        if array not in expansion.series:
            return stack([0.0] * (order * self.length))
        series, column = expansion.series[array], Column(indices, self.first, self.apart)
        found = [gathered(series, column, self.length, coefficient_places(self.places, order, k)) for k in range(order)]
        entries = [Entry(Column(x, 0, 1), None, k, order, self.length) for k, x in enumerate(found)]
        return scatter(self.length * order, [Scattered(self.length, False, entries)])


def gathered(array: Node, indices: Column, length: int, places: gathers.Gather, view: bool = False) -> Value:
    """The numbers of an array node at the indices in a column of another one."""
    return node_of(Gathers(length, indices.offset, indices.stride, places, view), [array, indices.array])


class Scatter:
    """An array of sums of numbers of arrays.  Operands of its node: what they begin with, if `based`, and arrays."""

    def __init__(self, size: int, based: bool, groups: Sequence[Scattered], arrays: Sequence[Node]) -> None:
        self.size, self.based, self.groups = size, based, groups
        self.position = {x: k for k, x in enumerate(arrays, based)}

    @property
    def instruction(self) -> gathers.Scatter:
        def placed(column: Column) -> gathers.Column:
            return gathers.Column(self.position[column.array], column.offset, column.stride)

        groups = [
            gathers.Additions(
                length,
                reverse,
                tuple(
                    [
                        gathers.Entry(placed(x.value), None if x.indices is None else placed(x.indices), *x[2:])
                        for x in entries
                    ]
                ),
            )
            for length, reverse, entries in self.groups
        ]
        return gathers.Scatter(self.size, self.based, tuple(groups))

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(self.instruction, operands)

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        if stays(walk, node, arrived):
            return []
        found = dense(arrived.whole, self.size)
        terms: Terms = []
        for length, _, entries in reversed(self.groups):
            for (array, offset, stride), index, *places in reversed(entries):
                if array in walk.dependent:
                    column = Column(found, places[0], places[1])
                    if index is not None:
                        column = Column(gathered(found, index, length, gathers.Gather(*places)), 0, 1)
                    terms.append((array, Arrived([Piece(offset, stride, length, column)], [])))
        if self.based and operands_of(node)[0] in walk.dependent:
            terms.append((operands_of(node)[0], Arrived([Piece(0, 1, self.size, Column(found, 0, 1))], [])))
        return terms

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        groups = []
        for length, reverse, entries in self.groups:
            moved = [
                x._replace(value=x.value._replace(array=tangents[x.value.array]))
                for x in entries
                if x.value.array in tangents
            ]
            groups += [Scattered(length, reverse, moved)] if moved else []
        base = tangents.get(operands_of(node)[0]) if self.based else None
        return scatter(self.size, groups, base) if groups or base is not None else None

    def expand(self, expansion: Expansion, node: Node) -> Node:
        order, series, groups = expansion.order, expansion.series, []
        for length, reverse, entries in self.groups:
            moved = [
                Entry(
                    widened(x.value, series[x.value.array], order, k + 1),
                    x.indices,
                    *coefficient_places(places_of(x), order, k),
                )
                for x in entries
                if x.value.array in series
                for k in range(order)
            ]
            groups += [Scattered(length, reverse, moved)] if moved else []
        base = series.get(operands_of(node)[0]) if self.based else None
        return scatter(self.size * order, groups, base)


def scatter(size: int, groups: Sequence[Scattered], base: Node | None = None) -> Value:
    """An array node of sums; the columns of the groups are of array nodes."""
    columns = [c for group in groups for x in group.entries for c in (x.value, x.indices) if c is not None]
    arrays = list(dict.fromkeys([column.array for column in columns]))
    return node_of(Scatter(size, base is not None, groups, arrays), [*([] if base is None else [base]), *arrays])


def dense(parts: Sequence[Any], size: int, base: Node | None = None) -> Node:
    """An array of all adjoints of an array that arrived in parts, added up in their order."""
    if len(parts) == 1 and base is None and isinstance(parts[0], Piece):
        offset, stride, count, column, holds = parts[0]
        if (offset, stride, count, column.offset, column.stride, holds) == (0, 1, size, 0, 1, None):
            return column.array
    groups: list[Scattered] = []
    for is_number, run in groupby(parts, lambda part: isinstance(part, Number)):
        if is_number:
            numbers = list(run)
            values = Column(stack([masked(x.adjoint, x.holds) for x in numbers]), 0, 1)
            places = Column(stack([float(x.offset) for x in numbers]), 0, 1)
            groups.append(Scattered(len(numbers), False, [Entry(values, places, 0, 1, size)]))
            continue
        for part in run:
            if isinstance(part, Record):
                value, index = (
                    Column(stack([masked(part.adjoint, part.holds)]), 0, 1),
                    Column(stack([part.indexed_by]), 0, 1),
                )
                groups.append(Scattered(1, False, [Entry(value, index, *part.places)]))
            elif isinstance(part, Piece):
                offset, stride, count, column, holds = part
                if holds is not None:
                    terms = [masked(number_in(column, t), condition_at(part, t)) for t in range(count)]
                    column = Column(stack(terms), 0, 1)
                groups.append(Scattered(count, True, [Entry(column, None, offset, stride, count)]))
            else:
                groups.append(part)
    return scatter(size, groups, base)


def is_long(part: Any) -> bool:
    """Whether so many adjoints arrive in a part that it is better to add them up in an array."""
    return isinstance(part, Piece) and part.length > MANY


class Stack:
    """Numbers as an array; their values, where they are known; and of tangents the places at which none arrives."""

    def __init__(self, data: Sequence[float] | None = None) -> None:
        self.data = data
        self.absent: frozenset[int] = frozenset()

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.stack(operands)

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        if stays(walk, node, arrived):
            return []
        operands, parts, rules = operands_of(node), arrived.whole, walk.propagation
        many = self.data is None and sum(map(is_long, parts)) > 1
        if many or any(isinstance(part, (Record, Scattered)) for part in parts):
            array = dense(parts, len(operands))
            if not (array._flags ^ node._flags) & BATCHED:  # else what has arrived would count for each sample
                sums = [so_far(walk, node, x) if x in walk.dependent else None for x in operands]
                if any(x is not None for x in sums):
                    array = dense(parts, len(operands), stack([-0.0 if x is None else x[0] for x in sums]))
            found = [(i, x, item(array, i)) for i, x in enumerate(operands) if x in walk.dependent]
            return [walk.term(number, x, rules.start(number)) for _, x, number in reversed(found)]
        terms: Terms = []
        if len(parts) == 1 and isinstance(parts[0], Piece) and parts[0].holds is None and parts[0].stride > 0:
            offset, stride, length, column, _ = parts[0]
            for t in reversed(range(length)):
                if (x := operands[offset + t * stride]) in walk.dependent:
                    adjoint = number_in(column, t)
                    terms.append(walk.term(adjoint, x, rules.start(adjoint)))
            return terms
        at = terms_by_place(parts, len(operands))
        for i in reversed(range(len(operands))):
            x = operands[i]
            if x in walk.dependent:
                for number, holds in at[i]:
                    source = number if isinstance(number, Node) else x
                    terms.append(walk.term(source, x, under(rules, number, holds)))
        return terms

    def pull_floats(self, node: Node, adjoint: Cotangents, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        terms, operands = adjoint.terms, operands_of(node)
        return [(operands[i], terms[i]) for i in sorted(terms, reverse=True) if not operands[i]._flags & CONSTANT]

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> list[float]:
        return [tangents.get(x, 0.0) for x in operands_of(node)]

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        return stack_of_tangents(
            [propagation.result(tangents[x]) if x in tangents else None for x in operands_of(node)]
        )

    def arrives_at(self, node: Node, offset: int) -> bool:
        return offset not in self.absent

    def expand(self, expansion: Expansion, node: Node) -> Node:
        return stack([c for x in operands_of(node) for c in filled(expansion.coefficients(cast(Value, x)))])


def stack(numbers: Sequence[Scalar | Node], kind: type[Stack] = Stack) -> Node:
    """An array node of these numbers."""
    constants = [x._data if isinstance(x, Node) else x for x in numbers if not isinstance(x, Node) or x._row is NUMBER]
    if len(constants) == len(numbers):
        node = node_of(Numbers(constants), [])
        return node if is_tracing() else with_number(node, 0.0)
    operands = [x if isinstance(x, Node) else as_value(x) for x in numbers]
    if is_tracing() or any(x._flags & TRACED for x in operands):
        return node_of(kind(), operands)
    return with_number(node_of(kind([x._data for x in operands]), operands), 0.0)


def stack_of_tangents(numbers: Sequence[Scalar | None]) -> Node:
    """An array of tangents; None where none arrives, which is not the same as 0: see `transforms.branches`."""
    node = stack(filled(numbers))
    if isinstance(node._row.payload, Stack):
        node._row.payload.absent = frozenset([i for i, x in enumerate(numbers) if x is None])
    return node
