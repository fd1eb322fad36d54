"""Rows of many operands that are elements of one array: their rules, recorded as loops over the array.

Above `array_sums`.  In a traced function a row of numbers of an argument, or of what a transform differentiates in, is
one node (`ArrayRow`), whose value and partials are the rules of the row, applied to `Elements` in the place of a list.
What arrives at the numbers is added up in the order of the graph of every element (`adding_order`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd_lite.control.array_nodes import Column, Terms, item, node_of, number_in
from autograd_lite.control.array_places import column_at
from autograd_lite.control.array_sums import Contribution
from autograd_lite.control.gather_nodes import stack
from autograd_lite.control.loop_nodes import loop_node
from autograd_lite.control.step_graphs import Inside, Step
from autograd_lite.core.contexts.modes import TRACE, ieee_arithmetic
from autograd_lite.core.create_graph import times
from autograd_lite.core.graph import ARRAYED, BATCHED, CHOSEN, ORDERED, Node
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import where
from autograd_lite.core.table.elementwise import left_to_right
from autograd_lite.core.value import Value, traced
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.make_program import EXPRESSION
from autograd_lite.program.tracing import Unnamed
from autograd_lite.transforms.differentiation import as_value
from autograd_lite.transforms.levels import in_step, is_mapped
from autograd_lite.transforms.reverse_mode import Arrived

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Indices: TypeAlias = NDArray[numpy.int64]


class Elements:
    """So many numbers in a column, with which rules do what they do with a list (`core.table.elementwise`)."""

    def __init__(self, column: Column, count: int) -> None:
        self.column, self.count = column, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, k: int | slice) -> Any:
        if isinstance(k, int):
            return number_in(self.column, k)
        array, offset, stride = self.column
        start, _, step = k.indices(self.count)
        return Elements(Column(array, offset + start * stride, stride * step), len(range(*k.indices(self.count))))

    def loop(self, f: Callable[..., tuple[Any, Any]], start: Sequence[Any], others: Sequence[Elements],
             reverse: bool = False) -> Value:  # fmt: skip
        """The loop of steps (state, elements) -> (new state, y)."""
        columns = [x.column for x in (self, *others)]
        inside, state, xs = Inside(), [traced(ORDERED) for _ in start], [traced(0) for _ in columns]
        new, ys = f(state, xs)
        return loop_node(Step(state, [*xs], list(new), list(ys)), start, self.count, reverse, columns, inside)

    def each(self, f: Callable[..., Any], *others: Elements) -> Elements:
        found = self.loop(lambda _, xs: ((), (f(*xs),)), (), others)
        return Elements(found._row.payload.y_column(found, 0), self.count)

    def folded(self, f: Callable[..., tuple[Any, ...]], start: tuple[Any, ...], *others: Elements) -> tuple[Any, ...]:
        found = self.loop(lambda state, xs: (f(*state, *xs), ()), start, others)
        return tuple([item(found, found._row.payload.final(k)) for k in range(len(start))])

    def reduced(self, row: Callable[..., Any]) -> Any:
        return self[1:].folded(lambda total, x: (row(total, x),), (self[0],))[0]

    def of_others(self, row: Primitive, unit: float) -> Elements:
        """For each element the row of all others, from those before and those after; `unit` changes none of them."""
        before, after = [
            self.loop(lambda total, x: ((row(total[0], x[0]),), ()), (unit,), (), reverse) for reverse in (False, True)
        ]
        sides = [Elements(x._row.payload.carry_column(x, 0), self.count) for x in (before, after)]
        return sides[0].each(row, sides[1])

    def with_first(self, x: Any) -> Elements:
        later = Elements(Column(stack([0.0] + [1.0] * (self.count - 1)), 0, 1), self.count)
        return self.each(lambda y, is_later: where(is_later, y, x), later)


class ArrayRow:
    """The payload of a row of elements of an array.  The operands of its node: the value, the array."""

    is_number = True

    def __init__(self, row: Primitive, elements: Elements, source: Node, places: Indices) -> None:
        self.row, self.elements, self.source, self.places = row, elements, source, places

    def node(self) -> Value:
        row, xs = self.row, self.elements
        value: Any = ieee_arithmetic().run(row.lowering, xs) if row.lowering else left_to_right(row, xs)
        made = node_of(self, [as_value(value), self.source], ARRAYED)
        made._flags &= ~(ORDERED | CHOSEN)
        return made

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return operands[0]

    def pull(self, walk: Any, node: Value, arrived: Arrived) -> Terms:
        visit = getattr(walk, "visit", None)
        if visit is None:
            raise Unnamed
        import numpy

        adjoint = arrived.total(node, walk.propagation)
        rules: Any = self.row.partials
        found = ieee_arithmetic().run(rules, node, self.elements)
        moved = found.each(lambda p: times(adjoint, p))
        moved.column.array._flags |= ARRAYED
        arrives = numpy.full(len(self.places), visit[node])
        return [(self.source, Arrived([Contribution(moved.column, self.places, arrives)], []))]

    def push(self, *_: Any) -> Any:
        raise Unnamed

    expand = push


def row_of_elements(row: Primitive, operands: Sequence[Node]) -> Value | None:
    """A row of numbers of one argument, or of what a transform differentiates in; None where they are others."""
    import numpy

    if len(operands) < EXPRESSION or operands[0]._flags & (ORDERED | CHOSEN | BATCHED) or in_step() or is_mapped():
        return None
    trace = TRACE.get()
    start = trace.place_of(operands[0])
    if start is None:
        return None
    places = [place[1] for x in operands if (place := trace.places.get(x)) is not None and place[0] == start[0]]
    if len(places) < len(operands):
        return None
    source = trace.stack(start[0], stack)
    trace.has_expressions = True
    elements = Elements(column_at(source, places), len(places))
    return ArrayRow(row, elements, source, numpy.array(places)).node()
