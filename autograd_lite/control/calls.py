"""Calls in the graph of a traced function: a function that is recorded once, and stays one however often it is called.

Above `loop_nodes`.  A call is a loop of one step that has no carry: its operands are what the step reads, all of them.
So it differentiates, maps and compiles as loops do.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd_lite.control.array_nodes import Column, Piece, Terms, is_array_node, item, node_of, stays
from autograd_lite.control.gather_nodes import stack
from autograd_lite.control.loop_nodes import RecordedLoop
from autograd_lite.control.step_graphs import AdjointStep, Inside, RecordedStep, Step
from autograd_lite.core.abstract.tracers import TracingError
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import BATCHED, CONSTANT, NUMBER, Node, operands_of
from autograd_lite.core.reverse import is_ordered, topological_order
from autograd_lite.core.value import Value, traced
from autograd_lite.transforms.levels import CallDraws, MapsInside, Scalar, Source, drawn_number
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived

FlatFunction = Callable[[Sequence[Scalar], Sequence[Scalar]], list[Any]]
"""From operands, and other numbers, to numbers."""

SMALL = 16
"""Operations below which a call is no node: the function is run in the graph around it."""


def work_of(node: Node) -> int:
    """The operations of a node: those of a loop are many."""
    payload = node._row.payload
    if isinstance(payload, RecordedLoop):
        return payload.length * len(payload.nodes)
    return 1 if operands_of(node) and payload is None else 0


class RecordedCall(RecordedLoop):
    """The payload of a call.  All calls of one function share its body, and so the graph of its adjoint."""

    def __init__(self, body: RecordedStep, columns: Sequence[Column]) -> None:
        super().__init__(body, 1, False, columns)

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        if stays(walk, node, arrived):
            return []
        if self.body.arrays or any(getattr(part, "holds", None) is not None for part in arrived.whole):
            return super().pull(walk, node, arrived)
        places = self.places(self.in_columns(node, arrived))
        kept = [s for x in self.residuals for s in self.streams(x, places, self.residual_column(node, x))]
        ys = self.y_adjoints(walk.propagation, places, node)
        wanted = tuple([j for j, column in enumerate(self.columns) if column.array in walk.dependent])
        key = tuple([s.of for s in kept]), tuple([s.of for s in ys]), wanted
        if key not in self.body.backwards:
            inputs = [self.step.xs[j] for j in wanted]
            nodes = in_order_of_sweep(self.nodes, [s.of for s in (*ys, *kept)])
            back = AdjointStep(self.step, nodes, (), inputs, kept, ys, spans=self.body.spans)
            moved = [j for j, x in enumerate(self.step.xs) if x in back.reached]
            xs = [self.step.xs[j] for j in moved]
            told = back.telling(xs)
            step, _ = back.backwards((), xs, {}, told)
            step, read = self.reading(step, back.inside, ())
            self.body.backwards[key] = moved, told, read, RecordedStep(step, back.inside)
        moved, told, read, body = self.body.backwards[key]
        columns = [*self.columns, *[s.column for s in (*kept, *ys)], *[self.residual_column(node, x) for x in read]]
        loop = call_node(body, columns)
        rule: RecordedCall = loop._row.payload
        arrives = {x: rule.y_column(loop, len(moved) + n) for x, n in told.items()}
        terms = []
        for i, j in enumerate(moved):
            array, offset, stride = self.columns[j]
            piece = Piece(offset, stride, 1, rule.y_column(loop, i), arrives.get(self.step.xs[j]))
            terms.append((array, Arrived([piece], [])))
        return terms


def in_order_of_sweep(nodes: list[Node], outputs: Sequence[Any]) -> list[Node]:
    """The nodes of a function in the order in which a pass over its own graph alone takes them."""
    roots = list(dict.fromkeys([x for x in outputs if isinstance(x, Node)]))
    if not nodes or is_ordered(roots):
        return nodes
    own = set(nodes)
    order = [x for x in topological_order(roots, since=age_of(nodes)) if x in own]
    reached = set(order)
    return [x for x in nodes if x not in reached] + order


def call_node(body: RecordedStep, columns: Sequence[Column]) -> Value:
    rule = RecordedCall(body, columns)
    return node_of(rule, [*rule.arrays, *rule.shared], body.flags)


class RecordedFunction(NamedTuple):
    """What was recorded of a function: its leaves, what it draws and reads from outside, and its outputs."""

    leaves: list[Value]
    drawn: list[tuple[Value, Source]]
    free: list[Node]
    outputs: list[Any]
    body: RecordedStep


def recorded(f: FlatFunction, operands: Sequence[Value], numbers: Sequence[float]) -> RecordedFunction | None:
    """The function recorded once; None where it is better run in the graph around each call."""
    inside = Inside()
    leaves = [traced(x._flags & BATCHED) for x in operands] + [traced(0) for _ in numbers]
    draws = CallDraws()
    try:
        with draws:
            outputs = f(leaves[: len(operands)], leaves[len(operands) :])
    except (MapsInside, TracingError):  # it maps over samples, or branches on a number that the caller has
        return None
    own = [*leaves, *[x for x, _ in draws.drawn]]
    TRACE.get().steps.update(own)
    nodes, free, _ = inside.closure(outputs, own)
    if sum(map(work_of, nodes)) < SMALL:
        return None
    free = [x for x in free if not is_array_node(x)]
    body = RecordedStep(Step([], [*own, *free], [], [x for x in outputs if is_output(x)]), inside, reads_all=True)
    return RecordedFunction(leaves, draws.drawn, free, outputs, body)


def recorded_call(call: RecordedFunction, operands: Sequence[Value], numbers: Sequence[float]) -> list[Any]:
    """The outputs of a call: items of one node."""
    given: list[Any] = [*operands, *numbers, *[drawn_number(source) for _, source in call.drawn], *call.free]
    columns: list[Any] = [None] * len(given)
    for places in ([k for k, x in enumerate(given) if moves(x)], [k for k, x in enumerate(given) if not moves(x)]):
        if places:
            array = stack([given[k] for k in places])
            for i, k in enumerate(places):
                columns[k] = Column(array, i, len(places))  # of one step, so that no other number is in the column
    node = call_node(call.body, columns)
    place: RecordedCall = node._row.payload
    found = iter([item(node, place.y_column(node, j).offset) for j in range(len(place.step.ys))])
    return [told(x, next(found)) if is_output(x) else x for x in call.outputs]


def is_output(x: Scalar) -> bool:
    """Whether it is computed in the call, and is not a number that is written in the function."""
    return isinstance(x, Value) and x._row is not NUMBER


def moves(x: object) -> bool:
    return isinstance(x, Value) and not x._flags & CONSTANT


def told(x: Value, result: Value) -> Value:
    """An output of the call: nothing flows back to it where nothing does in the function."""
    return result if moves(x) else result.detach()
