"""Loops in the graph of a traced function: a node whose value is an array, and whose payload is the graph of a step.

Above `step_graphs`.  The adjoint of a loop is a loop backwards over the stored carries, whose step is the adjoint graph
of a step; its tangent is a loop over the tangents, and its Taylor coefficients are a loop over those.  All are loops
like any other, so derivatives of any order follow.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, cast

from autograd_lite.control.array_nodes import (
    Column,
    Direct,
    Entry,
    Number,
    Piece,
    Record,
    Scattered,
    Terms,
    arrives,
    filled,
    item,
    node_of,
    outermost,
    so_far,
    stays,
    widened,
)  # fmt: skip
from autograd_lite.control.gather_nodes import Gathers, dense, stack
from autograd_lite.control.step_graphs import (
    AdjointStep,
    Inside,
    RecordedStep,
    Step,
    StepAdjoints,
    first_of,
    is_expensive,
    numbered,
)
from autograd_lite.core.graph import Node, operands_of
from autograd_lite.core.table import identity
from autograd_lite.core.value import Value
from autograd_lite.program import gathers, payloads
from autograd_lite.program.flattening import Flattener, Lowers
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.program import Program
from autograd_lite.transforms.branches import ChosenPropagation, either, propagation_for
from autograd_lite.transforms.differentiation import as_value
from autograd_lite.transforms.forward_mode import forward_pass
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.power_series import Expansion
from autograd_lite.transforms.propagation import Propagation, under
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived
from autograd_lite.transforms.series import Coefficient, KnownSeries


class ArrivalPlaces(NamedTuple):
    """Adjoints of the array of a loop, by where they arrive: at columns (offset and stride), and at single numbers."""

    columns: dict[tuple[int, int], list[Piece]]
    numbers: dict[int, list[Number]]


class RecordedLoop:
    """The payload of a loop in the graph.  The operands of its node: the first carry, arrays, shared nodes."""

    kind: type[payloads.Loop] = payloads.Loop
    still: Collection[int] = ()  # of a loop of tangents: the numbers of its carry and then of y where none arrives
    takes_direct = True

    def __init__(self, body: RecordedStep, length: int, reverse: bool, columns: Sequence[Column]) -> None:
        self.body, self.step, self.nodes = body, body.step, body.nodes
        self.shared, self.residuals = body.shared, body.residuals
        self.columns = [columns[j] for j in body.used]
        self.length, self.reverse = length, reverse
        self.arrays = list(dict.fromkeys([column.array for column in self.columns] + body.arrays))
        outside = set(body.arrays)
        self.whole = [k for k, x in enumerate(self.arrays) if x in outside]

    # Where the numbers of its array are (see `program.payloads.Loop`)

    def carry_column(self, node: Node, k: int) -> Column:
        """Number k of the carry before each step."""
        m, last = len(self.step.carry), self.length - 1
        return Column(node, last * m + k, -m) if self.reverse else Column(node, k, m)

    def y_column(self, node: Node, j: int) -> Column:
        return Column(node, (self.length + 1) * len(self.step.carry) + j, len(self.step.ys))

    def residual_column(self, node: Node, x: Node) -> Column:
        """A node of the step in each step: a column whose place is known when all residuals are (`resolved`)."""
        return Column(node, -1 - self.residuals.setdefault(x, len(self.residuals)), 0)

    def resolved(self, column: Column) -> Column:
        """A column with the place that it has in the end."""
        if column.offset >= 0:
            return column
        rule: RecordedLoop = column.array._row.payload
        start = (rule.length + 1) * len(rule.step.carry) + rule.length * len(rule.step.ys)
        return Column(column.array, start - 1 - column.offset, len(rule.residuals))

    def final(self, k: int) -> int:
        """The place of number k of the last carry."""
        return self.length * len(self.step.carry) + k

    # Programs

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        m = len(self.step.carry)
        sizes = tuple([flattener.array_size(operands[m + k]) for k in self.whole])
        key = flattener.lowers, sizes, len(self.residuals)
        program = self.body.programs.get(key)
        if program is None:
            program = self.body.programs[key] = self.program(flattener.lowers, sizes)
        position = {x: k for k, x in enumerate(self.arrays)}
        columns = [
            gathers.Column(position[array], offset, stride)
            for array, offset, stride in map(self.resolved, self.columns)
        ]
        loop = self.kind(
            program, self.length, self.reverse, m, len(self.arrays), tuple(columns), tuple(self.whole),
            len(self.step.ys), len(self.residuals),
        )  # fmt: skip
        return flattener.payload(loop, operands)

    def program(self, lowers: Lowers, sizes: Sequence[int]) -> Program:
        """The program of the body, where the arrays that it reads as a whole have these sizes."""
        step, m = self.step, len(self.step.carry)
        arguments = [
            *[Argument(*a, False) for a in (("carry", m), ("x", len(step.xs)), ("shared", len(self.shared)))],
            *[Argument(f"array{i}", size, False) for i, size in enumerate(sizes)],
        ]
        inner = Flattener(arguments, lowers=lowers)
        numbers: dict[Node, int] = {x: i for i, x in enumerate([*step.carry, *step.xs, *self.shared])}
        for i, k in enumerate(self.whole, 3):
            numbers[self.arrays[k]] = inner.payload(payloads.Whole(i, arguments[i].size), ())
        values = inner.graph([*step.outputs, *self.residuals], numbers)
        ends = (0, m, m + len(step.ys), len(values))
        return Program(*inner.finished([Result(tuple(values[a:b]), False) for a, b in pairwise(ends)]))

    # Derivatives

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        if stays(walk, node, arrived):
            return []
        operands, step, rules = operands_of(node), self.step, walk.propagation
        come = self.places(self.in_columns(node, arrived))
        final: dict[int, Scalar] = {}
        perhaps: dict[int, Any] = {}  # the conditions of those that do not always arrive
        for k in range(len(step.carry)):
            for part in come.numbers.get(self.final(k), []):
                perhaps[k] = either(rules, (perhaps[k], part.holds)) if k in final else part.holds
                final[k] = final[k] + part.adjoint if k in final else part.adjoint
        perhaps = {k: condition for k, condition in perhaps.items() if condition is not None}
        kept: list[tuple[Value | Node, Column]] = [(x, self.carry_column(node, k)) for k, x in enumerate(step.carry)]
        kept += [(x, self.residual_column(node, x)) for x in self.residuals]
        back = AdjointStep(
            step,
            self.nodes,
            final,
            [
                *step.carry,
                *[x for x, column in zip(step.xs, self.columns, strict=True) if column.array in walk.dependent],
                *[x for x in self.shared if x in walk.dependent],
                *[self.arrays[k] for k in self.whole if self.arrays[k] in walk.dependent],
            ],
            [stream for x, column in kept for stream in self.streams(x, come, column)],
            self.y_adjoints(rules, come, node),
            perhaps,
            self.body.spans,
        )
        receiving = [x for x in self.shared if x in back.reached]
        moved = [j for j, x in enumerate(step.xs) if x in back.reached]
        sums = [so_far(walk, node, x) for x in receiving]
        before = {x: (-0.0, 0.0) if found is None else found for x, found in zip(receiving, sums, strict=True)}
        marked, told = dict[Node, int](), dict[Node, int]()
        if isinstance(rules, ChosenPropagation):
            told = back.telling([step.xs[j] for j in moved])
            begun = [x for x in receiving if before[x][1] is not None]
            marked = numbered({x: (n, before[x][1]) for x, n in back.telling(begun).items()})
        backwards, recorded = back.backwards(receiving, [step.xs[j] for j in moved], marked, told)
        backwards, columns = self.with_residuals(node, backwards, back.columns, back.inside, ())
        first = [final.get(k, 0.0) for k in back.present]
        first += [perhaps.get(k, float(k in final)) for k in first_of(back.uncertain)]
        start = [*first, *[before[x][0] for x in receiving]]  # -0.0 changes no sum
        start += [before[x][1] for x in first_of(marked)]
        at_last, reached = back.in_steps(self.length)
        loop = loop_node(backwards, start, self.length, not self.reverse, columns, back.inside)
        rule: RecordedLoop = loop._row.payload
        ends = [item(loop, rule.final(i)) for i in range(len(first), len(start))]
        began = {x: ends[len(receiving) + n] for x, n in marked.items()}
        terms = [
            walk.term(node, x, under(rules, total, began.get(x)))
            for x, total, found in zip(receiving, ends, sums, strict=False)
            if found is not None or x in reached
        ]
        entries: dict[Node, list[Entry]] = {}
        for array, places in [x for x in recorded if x[0] in reached]:
            for value, index, *place in places:
                indices = None if index is None else rule.y_column(loop, index)
                entries.setdefault(array, []).append(Entry(rule.y_column(loop, value), indices, *place))
        arrives: dict[Entry, Column] = {}
        for i, j in reversed([(i, j) for i, j in enumerate(moved) if step.xs[j] in reached]):
            array, entry = array_of_column(self.columns[j], rule.y_column(loop, i), self.length)
            entries.setdefault(array, []).append(entry)
            if step.xs[j] in told:
                arrives[entry] = rule.y_column(loop, len(moved) + told[step.xs[j]])
        for source, found in entries.items():
            alone = found if are_apart(found, self.length) else [x for x in found if x.offset < 0]
            parts: list[Any] = [
                Piece(x.offset, x.stride, self.length, x.value, arrives.get(x)) for x in reversed(alone)
            ]
            if len(alone) < len(found):
                parts.append(Scattered(self.length, not self.reverse, [x for x in found if x.offset >= 0]))
            terms.append((source, Arrived(parts, [])))
        for k in reversed(at_last):
            if operands[k] in walk.dependent:
                final_adjoint, condition = item(loop, rule.final(back.present.index(k))), None
                if k in back.uncertain and isinstance(rules, ChosenPropagation):
                    condition = item(loop, rule.final(len(back.present) + back.uncertain[k]))
                terms.append(walk.term(node, operands[k], under(rules, final_adjoint, condition)))
        return terms

    def in_columns(self, node: Node, arrived: Arrived) -> Arrived:
        """What has arrived at numbers after the last step and at whole columns, which all else is added up to."""
        m = len(self.step.carry)
        if any(isinstance(part, Direct) for part in arrived.whole):
            arrived = Arrived(self.split(arrived.whole), arrived.from_samples)
        whole = [self.carry_column(node, k) for k in range(m)]
        whole += [self.y_column(node, j) for j in range(len(self.step.ys))]
        whole += [self.residual_column(node, x) for x in self.residuals]
        places = {column[1:] for column in whole}

        def fits(part: Any) -> bool:
            if isinstance(part, Number):
                return True
            return isinstance(part, Piece) and part.length == self.length and (part.offset, part.stride) in places

        others = [part for part in arrived.whole if not fits(part)]
        if not others:
            return arrived
        parts = [part for part in arrived.whole if fits(part)]
        start = self.final(m)
        width = len(self.step.ys)
        found = dense(others, start + self.length * width)
        for k in range(width):
            column = self.y_column(node, k)
            parts.append(Piece(column.offset, column.stride, self.length, column._replace(array=found)))
        if any(reads_before(part, start) for part in others):
            parts += [Number(self.final(k), item(found, self.final(k))) for k in range(m)]
            for k in range(m):
                column = self.carry_column(node, k)
                parts.append(Piece(column.offset, column.stride, self.length, column._replace(array=found)))
        return Arrived(parts, arrived.from_samples)

    def split(self, parts: Sequence[Any]) -> list[Any]:
        """Adjoints of all y at once as those of each column; what has arrived at single numbers too is added up."""
        width = len(self.step.ys)
        start, size = self.final(len(self.step.carry)), self.length * width

        def is_all(part: Any) -> bool:
            return isinstance(part, Direct) and part[:3] == (start, 1, size)

        def is_within(part: Any) -> bool:
            return is_all(part) or (isinstance(part, Number) and start <= part.offset < start + size)

        within = [x for x in parts if is_within(x)]
        if not any(map(is_all, within)):
            return list(parts)
        found = [x for x in parts if not is_within(x)]
        if not all(map(is_all, within)):
            array = dense([x._replace(offset=x.offset - start) for x in within], size)
            within = [Piece(start, 1, size, Column(array, 0, 1))]
        for part in within:
            array, first, stride = part.adjoint
            columns = [Column(array, first + j * stride, stride * width) for j in range(width)]
            found += [Piece(start + j, width, self.length, columns[j], part.holds) for j in range(width)]
        return found

    def places(self, arrived: Arrived) -> ArrivalPlaces:
        """What has arrived, by where it has."""
        columns: dict[tuple[int, int], list[Piece]] = {}
        numbers: dict[int, list[Number]] = {}
        for part in arrived.whole:
            if isinstance(part, Number):
                numbers.setdefault(part.offset, []).append(part)
            elif isinstance(part, Piece) and part.length == self.length:
                columns.setdefault((part.offset, part.stride), []).append(part)
        return ArrivalPlaces(columns, numbers)

    def streams(self, x: Any, places: ArrivalPlaces, column: Column) -> list[StepAdjoints]:
        """The adjoints of a column, each of whose numbers is what x is in a step."""
        return [
            StepAdjoints(x, part.adjoint, self.over_steps(part.holds)) for part in places.columns.get(column[1:], [])
        ]

    def over_steps(self, holds: Any) -> Any:
        """A condition as one for each step."""
        return holds if holds is None or isinstance(holds, Column) else (holds,) * self.length

    def y_adjoints(self, rules: Propagation, places: "ArrivalPlaces", node: Node) -> list[StepAdjoints]:
        """The adjoints of all y."""
        width = len(self.step.ys)
        found: list[StepAdjoints] = []
        at: list[dict[int, list[Number]]] = [{} for _ in range(width)]
        start = self.final(len(self.step.carry))
        for offset, parts in places.numbers.items():
            if start <= offset < start + self.length * width:
                t, j = divmod(offset - start, width)
                at[j][t] = parts
        for j, y in enumerate(self.step.ys):
            found += self.streams(y, places, self.y_column(node, j))
            if at[j]:
                adjoints: list[Scalar] = [0.0] * self.length
                holds: list[Any] = [0.0] * self.length
                for t, parts in at[j].items():
                    adjoints[t], condition = parts[0].adjoint, parts[0].holds
                    for part in parts[1:]:
                        adjoints[t], condition = adjoints[t] + part.adjoint, either(rules, (condition, part.holds))
                    holds[t] = 1.0 if condition is None else condition
                always = all(isinstance(x, float) and x == 1.0 for x in holds)
                found.append(StepAdjoints(y, Column(stack(adjoints), 0, 1), None if always else tuple(holds)))
        return found

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        operands, step, m = operands_of(node), self.step, len(self.step.carry)
        of_tangents = [column._replace(array=tangents.get(column.array, column.array)) for column in self.columns]
        moved = [
            j
            for j, (column, x) in enumerate(zip(of_tangents, self.columns, strict=True))
            if column.array is not x.array and arrives(column, self.length)
        ]
        present = {k for k in range(m) if operands[k] in tangents}
        inside, rules = Inside(self.nodes, self.body.spans), propagation_for(step.outputs)
        outputs: list[Scalar] = []
        reached: set[int] | None = None
        while reached is None or not reached <= present:
            present |= reached or set()
            carry, xs = step.leaves(m), step.leaves(len(moved))
            seeds: dict[Node, Any] = {step.carry[k]: rules.start(carry[k]) for k in present}
            seeds |= {step.xs[j]: rules.start(x) for j, x in zip(moved, xs, strict=True)}
            seeds |= {x: rules.start(propagation.result(tangents[x])) for x in self.shared if x in tangents}
            seeds |= {self.arrays[k]: tangents[self.arrays[k]] for k in self.whole if self.arrays[k] in tangents}
            found = forward_pass(self.nodes, seeds, rules.tangent)
            outputs = [rules.result(found[x]) if isinstance(x, Node) and x in found else 0.0 for x in step.outputs]
            reached = {k for k, x in enumerate(step.carry_out) if isinstance(x, Node) and x in found}
        first = [propagation.result(tangents[x]) if x in tangents else 0.0 for x in operands[:m]]
        more = [of_tangents[j] for j in moved]
        # of what is kept too, in the same places, because loops that read it have tangents as well
        kept: list[Value] = [identity(as_value(rules.result(found[x]) if x in found else 0.0)) for x in self.residuals]
        tangent = Step(carry, [*xs], outputs[:m], outputs[m:])
        tangent, columns = self.with_residuals(node, tangent, more, inside, kept)
        loop = loop_node(tangent, first, self.length, self.reverse, columns, inside, kept)
        loop._row.payload.still = (
            {*range(len(step.outputs))}
            - present
            - {m + j for j, x in enumerate(step.ys) if isinstance(x, Node) and x in found}
        )
        return loop

    def arrives_at(self, node: Node, offset: int) -> bool:
        m, width = len(self.step.carry), len(self.step.ys)
        j = offset - (self.length + 1) * m
        if offset < 0 or j >= self.length * width or not self.still:
            return True
        return (offset % m if j < 0 else m + j % width) not in self.still

    def expand(self, expansion: Expansion, node: Node) -> Value:
        """The loop over the coefficients after the first, all of them in one step."""
        operands, step, m, order = operands_of(node), self.step, len(self.step.carry), expansion.order
        moved = [j for j, column in enumerate(self.columns) if column.array in expansion.series]
        first = [expansion.coefficients(x) for x in operands[:m]]
        present = {k for k in range(m) if is_moving(first[k])}
        inside, outputs = Inside(self.nodes, self.body.spans), list[list[Coefficient]]()
        reached: set[int] | None = None
        while reached is None or not reached <= present:
            present |= reached or set()
            carry, xs = step.leaves(m * order), step.leaves(len(moved) * order)
            outside = [*self.shared, *[self.arrays[k] for k in self.whole]]
            inner = expansion.within({x: expansion.series[x] for x in outside if x in expansion.series})
            for k in present:
                inner.series[step.carry[k]] = KnownSeries(inner, [step.carry[k], *carry[k * order : (k + 1) * order]])
            for i, j in enumerate(moved):
                inner.series[step.xs[j]] = KnownSeries(
                    inner, [cast(Value, step.xs[j]), *xs[i * order : (i + 1) * order]]
                )
            inner.follow(self.nodes)
            outputs = [inner.coefficients(x) for x in step.outputs]
            reached = {k for k, found in enumerate(outputs[:m]) if is_moving(found)}
        kept = [identity(as_value(c)) for x in self.residuals for c in filled(inner.coefficients(x))]
        ends = [c for found in outputs for c in filled(found)]
        wide = Step(carry, [*xs], ends[: m * order], ends[m * order :])
        more = [
            widened(self.columns[j], expansion.series[self.columns[j].array], order, k + 1)
            for j in moved for k in range(order)
        ]  # fmt: skip
        wide, columns = self.with_residuals(node, wide, more, inside, kept)
        init = [c for found in first for c in filled(found)]
        return loop_node(wide, init, self.length, self.reverse, columns, inside, kept)

    def with_residuals(
        self, node: Node, step: Step, more: Sequence[Column], inside: Inside, also: Sequence[Value]
    ) -> tuple[Step, list[Column]]:
        """A step that also reads the carry, x and what is expensive of each step of this loop; the columns of its x.

        The x that it has is in the columns `more`; the nodes `also` are computed in it beside its outputs.
        """
        step, kept = self.reading(step, inside, also)
        columns = [self.carry_column(node, k) for k in range(len(self.step.carry))] + self.columns + list(more)
        return step, columns + [self.residual_column(node, x) for x in kept]

    def reading(self, step: Step, inside: Inside, also: Sequence[Value]) -> tuple[Step, list[Node]]:
        """A step that also reads the carry and x of this loop, and the expensive nodes that come with it."""
        leaves = [*self.step.carry, *self.step.xs, *step.xs]
        nodes, _, _ = inside.closure([*step.outputs, *also], [*leaves, *step.carry])
        own = set(self.nodes)
        kept = [x for x in nodes if x in own and is_expensive(x)]
        return step._replace(xs=leaves + kept), kept


def is_moving(coefficients: Sequence[Coefficient]) -> bool:
    return any(c is not None for c in coefficients)


def array_of_column(column: Column, adjoint: Column, length: int) -> tuple[Node, Entry]:
    """The array that a column is of, and its adjoint there; of gathered numbers that which they are gathered from."""
    array, offset, stride = column
    payload = array._row.payload
    if not isinstance(payload, Gathers) or not payload.view:
        return array, Entry(adjoint, None, offset, stride, length)
    source, indices = operands_of(array)
    places = Column(indices, payload.first + offset * payload.apart, stride * payload.apart)
    return source, Entry(adjoint, places, *payload.places)


def are_apart(entries: Sequence[Entry], length: int) -> bool:
    """Whether no two entries are at the same number of an array, so that their order does not matter."""
    entries = [x for x in entries if x.offset >= 0]  # the others are residuals, which are columns of their own
    first = entries[0].stride if entries else 1
    if any(x.indices is not None or x.stride != first or not first for x in entries):
        return False
    offsets = sorted([x.offset for x in entries])
    return all((b - a) % first or b - a >= abs(first) * length for k, a in enumerate(offsets) for b in offsets[k + 1 :])


def reads_before(part: Any, start: int) -> bool:
    """Whether adjoints arrive at numbers of an array before number `start`."""
    if isinstance(part, Piece):
        places: list[tuple[int, int, int]] = [(part.offset, part.stride, part.length)]
    else:
        places = [part.places] if isinstance(part, Record) else [(x.offset, x.stride, x.bound) for x in part.entries]
    return any(outermost(*x)[0] < start for x in places)


def loop_node(
    step: Step,
    init: Sequence[Scalar],
    length: int,
    reverse: bool,
    columns: Sequence[Column],
    inside: Inside,
    kept: Sequence[Value] = (),
) -> Value:
    """The node of a loop over a recorded step, of which also the numbers of the nodes `kept` are kept."""
    body = RecordedStep(step, inside, kept)
    rule = RecordedLoop(body, length, reverse, columns)
    return node_of(rule, [*[as_value(x) for x in init], *rule.arrays, *rule.shared], body.flags)
