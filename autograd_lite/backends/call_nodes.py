"""A call of a compiled function in a graph of Values: one node, whose value and derivatives are computed by programs.

Above `call_programs`.  The node has a payload, like a loop or a checkpoint; of several results each is an item of it.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from math import nan
from operator import add, and_
from typing import Any, NamedTuple, cast

from autograd_lite.backends.call_programs import CallProgram, FlatCall, Pullback, Pushforward, Taken
from autograd_lite.control.array_nodes import Item, Terms, terms_by_place
from autograd_lite.control.calls import SMALL, recorded, work_of
from autograd_lite.control.step_graphs import Inside
from autograd_lite.control.unbounded_loops import RecordedWhile
from autograd_lite.core.abstract.tracers import TracingError, is_tracing
from autograd_lite.core.contexts.modes import enable_grad
from autograd_lite.core.create_graph import check_unassigned
from autograd_lite.core.graph import CONSTANT, NUMERIC, Node, operands_of, partials_of
from autograd_lite.core.recording import detached, many, records_nothing
from autograd_lite.core.value import Value, constant, passed_on
from autograd_lite.program.closures import Closures
from autograd_lite.program.payloads import made_row
from autograd_lite.transforms.differentiation import as_float
from autograd_lite.transforms.levels import Scalar, returned
from autograd_lite.transforms.power_series import Expansion
from autograd_lite.transforms.propagation import Cotangents, Propagation, under
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived
from autograd_lite.transforms.series import KnownSeries
from autograd_lite.transforms.signatures import Function, name_of


class RecordedNumbers(NamedTuple):
    """The numbers that a call was recorded with."""

    operands: list[float]
    numbers: list[float]
    arrays: list[Any]
    closed_over: dict[Node, float]


class ProgramCall:
    """The payload of the calls of one program.

    The operands of a node are those of the program and the Values that it closes over.
    """

    def __init__(self, program: CallProgram, outputs: int) -> None:
        self.program, self.outputs = program, outputs
        self.is_number = outputs == 1
        self.row = made_row(self, program.name)
        self.items = [] if outputs == 1 else [made_row(Item(k), f"{program.name}[{k}]") for k in range(outputs)]

    def node(self, operands: Sequence[Node], numbers: RecordedNumbers, found: list[float]) -> list[Scalar]:
        """The outputs of a call."""
        partials = [None if x._flags & CONSTANT else nan for x in operands]
        node: Any = many(self.row, found[0], tuple(operands), partials)
        node._flags |= self.program.f.flags
        node._extra.recorded = numbers
        items: list[Any] = [many(row, x, (node,), [nan]) for row, x in zip(self.items, found, strict=False)]
        return items or [node]

    def partials(self, node: Node) -> list[float | None]:
        """What the derivative makes of an adjoint of 1; nan where it has several outputs."""
        recorded = partials_of(node)
        if not self.is_number:
            return recorded
        found = dict(self.derived(node, Pullback, (0,), [1.0]))
        return [None if p is None else found.get(k, 0.0) for k, p in enumerate(recorded)]

    def derived(self, node: Node, kind: Any, given: tuple[int, ...], seeds: list[float]) -> list[tuple[int, float]]:
        """The numbers of a derivative that arrive, after the number of the operand or output that each belongs to."""
        program = self.program.derivative(kind, given)
        call = recorded_in(node)
        found = program.run([*call.operands, *seeds], call.numbers, call.arrays, call.closed_over)
        if not program.f.sometimes:
            return list(zip(program.f.found, found, strict=True))
        return [(k, x) for k, x, holds in program.f.told(found) if holds is None or holds]

    def derived_graph(
        self, propagation: Propagation, node: Node, kind: Any, given: tuple[int, ...], seeds: Sequence[Scalar]
    ) -> dict[int, Any]:
        """The same as terms of a pass that records a graph."""
        check_unassigned(node, operands_of(node))
        program = self.program.derivative(kind, given)
        call = recorded_in(node)
        operands = [*operands_of(node)[: len(call.operands)], *seeds]
        found = call_outputs(program, operands, call.numbers, call.arrays)  # type: ignore[arg-type]
        terms: dict[int, Any] = {}
        for k, x, holds in program.f.told(found):
            arrives = holds.truth() if isinstance(holds, Value) else holds
            if arrives is None or arrives:
                terms[k] = under(propagation, x, holds if isinstance(holds, Value) and arrives is None else None)
        return terms

    def pull_floats(self, node: Node, adjoint: Any, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        terms = adjoint.terms if isinstance(adjoint, Cotangents) else {0: adjoint}
        given = tuple(sorted(terms))
        found = self.derived(node, Pullback, given, [float(terms[k]) for k in given])
        operands = operands_of(node)
        return [(operands[k], x) for k, x in reversed(found) if not operands[k]._flags & CONSTANT]

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        if self.outputs == 1:
            adjoint = arrived.total(node, walk.propagation)
            if node in walk.inputs:
                walk.found[node] = adjoint
            seeds = {0: walk.propagation.result(adjoint)}
        else:
            every = enumerate(terms_by_place(arrived.whole, self.outputs))
            seeds = {k: reduce(add, [term for term, _ in terms]) for k, terms in every if terms}
        operands = operands_of(node)
        if not any(x in walk.dependent for x in operands):
            return []
        found = self.derived_graph(walk.propagation, node, Pullback, tuple(seeds), list(seeds.values()))
        return [
            walk.term(node, operands[k], found[k]) for k in sorted(found, reverse=True) if operands[k] in walk.dependent
        ]

    def given(self, node: Node, tangents: dict[Node, Any]) -> tuple[tuple[int, ...], list[Any]]:
        moved = [(k, tangents[x]) for k, x in enumerate(operands_of(node)) if x in tangents]
        return tuple([k for k, _ in moved]), [t for _, t in moved]

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> Any:
        moved, seeds = self.given(node, tangents)
        return self.told(dict(self.derived(node, Pushforward, moved, list(map(float, seeds)))))

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        moved, seeds = self.given(node, tangents)
        seeds = [propagation.result(t) for t in seeds]
        return self.told(self.derived_graph(propagation, node, Pushforward, moved, seeds))

    def expand(self, expansion: Expansion, node: Node) -> Any:
        """The series of the outputs: the function is run on the Values again."""
        call, inside = recorded_in(node), Inside()
        inputs: list[Any] = list(operands_of(node)[: len(call.operands)])
        outputs = self.again(node, inputs)
        nodes, _, _ = inside.closure(outputs, inputs)
        inner = expansion.within({x: expansion.series[x] for x in operands_of(node) if x in expansion.series})
        inner.record = expansion.record
        inner.follow(nodes)
        numbers = outputs if expansion.record else [as_float(x) for x in outputs]
        found = [[x, *inner.coefficients(y)] for x, y in zip(numbers, outputs, strict=True)]
        return KnownSeries(expansion, found[0]) if self.outputs == 1 else found

    def again(self, node: Node, inputs: list[Any]) -> list[Any]:
        """The outputs of the function, run on Values with the numbers of the call: their graph is recorded."""
        call = recorded_in(node)
        with enable_grad():
            return self.program.f(inputs, call.numbers, call.arrays)  # type: ignore[no-any-return]

    def told(self, found: dict[int, Any]) -> Any:
        """The tangent of the node: that of its only output, or a list."""
        return found.get(0) if self.outputs == 1 else [found.get(k) for k in range(self.outputs)]


def recorded_in(node: Node) -> RecordedNumbers:
    call: Any = node._extra and node._extra.recorded
    return call  # type: ignore[no-any-return]


def call_outputs(
    program: CallProgram, operands: Sequence[Scalar], numbers: list[float], arrays: list[Any]
) -> Sequence[Scalar]:
    """The outputs of a program on Values: one node, or items of one."""
    if is_tracing():
        return program.f(operands, numbers, arrays)  # type: ignore[no-any-return]
    nodes: list[Node] = [x if isinstance(x, Value) else constant(x) for x in operands]
    data = [x._data for x in nodes]
    entry = program.entry(data, numbers, arrays)
    closed_over: dict[Node, float] = {x: x._data for x in entry.closed_over} if entry.closed_over else {}
    found = program.run(data, numbers, arrays, closed_over)
    nodes += closed_over
    if not found or records_nothing() or all([x._flags & CONSTANT for x in nodes]):  # noqa: C419  (as it is called)
        common = reduce(and_, [x._flags for x in nodes], NUMERIC)
        return [cast(Value, detached(x, common)) for x in found]
    if program.payload is None:
        program.payload = ProgramCall(program, len(found))
    outputs: list[Scalar] = program.payload.node(nodes, RecordedNumbers(data, numbers, arrays, closed_over), found)
    return outputs


class ValueCall:
    """Calls of one compiled function on Values, of one structure."""

    def __init__(self, f: Function, taken: Taken, compiled: Callable[[Any], Any]) -> None:
        self.f = FlatCall(f, taken.key)
        self.program = CallProgram(self.f, len(taken.operands), compiled, name_of(f))
        self.closed_over: Sequence[Value] = ()
        self.is_node = False
        try:
            entry = self.program.entry([x._data for x in taken.operands], taken.numbers, taken.arrays)
        except TracingError:  # it branches on numbers, which Values have
            return
        self.closed_over = entry.closed_over
        nodes = entry.traced.nodes
        unbounded = any(isinstance(x._row.payload, RecordedWhile) for x in nodes)  # which Values differentiate
        self.is_node = sum(map(work_of, nodes)) >= SMALL and not entry.traced.draws and not unbounded
        self.moves_all = all(self.f.moves)

    def is_stale(self) -> bool:
        return bool(self.closed_over) and self.program.code.is_stale()

    def __call__(self, taken: Taken) -> Any:
        found = list(call_outputs(self.program, taken.operands, taken.numbers, taken.arrays))
        if not self.moves_all:
            found = [x if moves else without_graph(x) for x, moves in zip(found, self.f.moves, strict=True)]
        result = tuple(found) if self.f.is_tuple else self.f.treedef.unflatten(found)
        return result if any([not x._flags & NUMERIC for x in taken.operands]) else returned(result)  # noqa: C419


class TracedCall:
    """A compiled function as it was recorded in a trace, for its calls of one structure."""

    def __init__(self, f: Function, taken: Taken) -> None:
        self.f = FlatCall(f, taken.key)
        self.recorded = recorded(lambda xs, ys: self.f(xs, ys, taken.arrays), taken.operands, taken.numbers)
        free: list[Any] = self.recorded.free if self.recorded else []
        self.closures = Closures(f, free) if free else None

    def is_stale(self) -> bool:
        """Whether another Value is in the place of one that the function closes over."""
        return self.closures is not None and self.closures.changed()


def without_graph(x: Scalar) -> Scalar:
    """An output that depends on no operand, as the function gives it."""
    return passed_on(x._data if isinstance(x, Value) else x)
