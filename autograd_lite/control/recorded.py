"""Loops in the graph of a traced function: nodes with a payload, and how adjoints and tangents pass them.

A loop is one node, whose value is an array (see `program.payloads`).  Its body is the graph of one step, recorded on
leaves.  The adjoint of a loop is a loop backwards over the stored carries, whose body is the adjoint graph of a step;
its tangent is a loop over the tangents.  Both are loops like any other, so derivatives of any order follow.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from autograd_lite.core.create_graph import AdjointPass, Arrived, forward
from autograd_lite.core import table
from autograd_lite.core.branches import ChosenPropagation, propagation_for
from autograd_lite.core.fast.clock import time_now, time_of
from autograd_lite.core.graph import BATCHED, CONSTANT, DETACHED, LOOPED, NUMBER, TRACED, Node, operands_of
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.recording import many
from autograd_lite.core.symbolic import Propagation
from autograd_lite.core.value import Value, traced
from autograd_lite.program import payloads
from autograd_lite.program.flattening import Flattener, between
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.program import Program
from autograd_lite.transforms.differentiation import as_value

Scalar = Value | float


class Column(NamedTuple):
    """Numbers of an array node, one for each step t of a loop: offset + t x stride."""

    array: Node
    offset: int
    stride: int


class Piece(NamedTuple):
    """An adjoint of some numbers of an array: of those in a column, one of another array."""

    offset: int
    stride: int
    adjoint: Column


class Number(NamedTuple):
    """An adjoint of one number of an array."""

    offset: int
    adjoint: Scalar


def node_of(payload: Any, operands: Sequence[Node], flags: int = 0) -> Any:
    """A node with a payload: it has no number, like all traced nodes."""
    row = Primitive(type(payload).__name__.lower(), None, payloads.no_number, payloads.no_partials, payload=payload)
    partials = [None if x._flags & CONSTANT else math.nan for x in operands]
    node = many(row, math.nan, tuple(operands), partials)
    constant = all(p is None for p in partials)
    node._flags |= TRACED | LOOPED | flags | (CONSTANT if constant else 0)
    return node


class Item:
    """One number of an array."""

    def __init__(self, offset: int) -> None:
        self.offset = offset

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(payloads.Item(self.offset), operands)

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> list[tuple[Node, Arrived]]:
        adjoint = arrived.total(node, walk.propagation)
        if node in walk.inputs:
            walk.found[node] = adjoint
            if walk.step:
                return []
        (array,) = operands_of(node)
        number = Number(self.offset, walk.propagation.result(adjoint))
        return [(array, Arrived([number], []))] if array in walk.dependent else []

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        (array,) = operands_of(node)
        return propagation.start(item(tangents[array], self.offset))


def item(array: Node, offset: int) -> Value:
    """A number of an array node."""
    return node_of(Item(offset), [array])  # type: ignore[no-any-return]


class Stack:
    """Numbers as an array."""

    def __init__(self, size: int) -> None:
        self.size = size

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(payloads.Stack(len(operands)), operands)

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> list[tuple[Node, Arrived]]:
        terms = []
        for i, x in reversed(list(enumerate(operands_of(node)))):
            if x in walk.dependent:
                for number in adjoints_at(arrived, i):
                    source = number if isinstance(number, Node) else x
                    terms.append(walk.term(source, x, walk.propagation.start(number)))
        return terms

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        return stack([propagation.result(tangents[x]) if x in tangents else 0.0 for x in operands_of(node)])


def stack(numbers: Sequence[Scalar]) -> Node:
    """An array node of these numbers."""
    if all(not isinstance(x, Node) for x in numbers):
        return node_of(Numbers(numbers), [])  # type: ignore[no-any-return]
    return node_of(Stack(len(numbers)), [as_value(x) for x in numbers])  # type: ignore[no-any-return]


def adjoints_at(arrived: Arrived, offset: int) -> list[Scalar]:
    """All that has arrived at one number of an array."""
    found: list[Scalar] = []
    for part in arrived.whole:
        if isinstance(part, Number):
            found += [part.adjoint] if part.offset == offset else []
        else:
            t, rest = divmod(offset - part.offset, part.stride)
            if not rest and t >= 0:
                found.append(item(part.adjoint.array, part.adjoint.offset + t * part.adjoint.stride))
    return found


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


class Body(NamedTuple):
    """The graph of one step: leaves for the carry and x, and what they become."""

    carry: list[Value]
    xs: list[Value]
    carry_out: list[Scalar]
    ys: list[Scalar]


class RecordedLoop:
    """The payload of a loop in the graph.  The operands of its node: the first carry, arrays, shared nodes."""

    def __init__(self, body: Body, length: int, reverse: bool, columns: list[Column], inside: "Inside") -> None:
        self.nodes, free, read = inside.closure([*body.carry_out, *body.ys], [*body.carry, *body.xs])
        used = [j for j, x in enumerate(body.xs) if x in read]
        self.body, self.columns = body._replace(xs=[body.xs[j] for j in used]), [columns[j] for j in used]
        self.length, self.reverse = length, reverse
        self.arrays = list(dict.fromkeys([column.array for column in self.columns] + [x for x in free if is_array(x)]))
        outside = set(free)
        self.whole = [k for k, x in enumerate(self.arrays) if x in outside]
        self.shared = [x for x in free if not is_array(x)]
        self.residuals: list[Node] = []

    # Columns of the value

    def carry_column(self, node: Node, k: int) -> Column:
        """The number k of the carry before each step."""
        m, last = len(self.body.carry), self.length - 1
        return Column(node, last * m + k, -m) if self.reverse else Column(node, k, m)

    def y_column(self, node: Node, j: int) -> Column:
        m = len(self.body.carry)
        return Column(node, (self.length + 1) * m + j, len(self.body.ys))

    def residual_column(self, node: Node, x: Node) -> Column:
        """A node of the body in each step, for derivatives; the column is resolved when all of these are known."""
        if x not in set(self.residuals):
            self.residuals.append(x)
        (r,) = [r for r, y in enumerate(self.residuals) if y is x]
        return Column(node, -1 - r, 0)

    def resolved(self, column: Column) -> Column:
        """A column with the offset that it has in the end."""
        if column.stride:
            return column
        rule: RecordedLoop = column.array._row.payload
        start = (rule.length + 1) * len(rule.body.carry) + rule.length * len(rule.body.ys)
        return Column(column.array, start - 1 - column.offset, len(rule.residuals))

    def final(self, k: int) -> int:
        return self.length * len(self.body.carry) + k

    # Programs

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        body, m = self.body, len(self.body.carry)
        arguments = [
            Argument("carry", m, False),
            Argument("x", len(body.xs), False),
            Argument("shared", len(self.shared), False),
        ]
        for k in self.whole:
            size = flattener.array_size(operands[m + k])
            arguments.append(Argument(f"array{k}", size, False))
        inner = Flattener(arguments, lowers=flattener.lowers)
        numbers: dict[Node, int] = {x: i for i, x in enumerate([*body.carry, *body.xs, *self.shared])}
        for i, k in enumerate(self.whole, 3):
            numbers[self.arrays[k]] = inner.payload(payloads.Whole(i, arguments[i].size), ())
        values, y_end = inner.graph([*body.carry_out, *body.ys, *self.residuals], numbers), m + len(body.ys)
        results = [Result(tuple(part), False) for part in (values[:m], values[m:y_end], values[y_end:])]
        position = {x: k for k, x in enumerate(self.arrays)}
        resolved = [self.resolved(column) for column in self.columns]
        columns = tuple([payloads.Column(position[c.array], c.offset, c.stride) for c in resolved])
        loop = payloads.Loop(
            Program(*inner.finished(results)), self.length, self.reverse, m, len(self.arrays), columns,
            tuple(self.whole), len(body.ys), len(self.residuals),
        )  # fmt: skip
        return flattener.payload(loop, operands)

    # Derivatives

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> list[tuple[Node, Arrived]]:
        operands, m, rules = operands_of(node), len(self.body.carry), walk.propagation
        final: dict[int, Scalar] = {}
        for k in range(m):
            for term in adjoints_at(Arrived([p for p in arrived.whole if isinstance(p, Number)], []), self.final(k)):
                final[k] = final[k] + term if k in final else term
        streams = [
            *[Stream(self.body.carry[k], c, None) for k in range(m) for c in self.pieces(arrived, self.carry_column(node, k))],
            *[stream for j in range(len(self.body.ys)) for stream in self.y_adjoints(arrived, node, j)],
            *[Stream(x, c, None) for x in self.residuals for c in self.pieces(arrived, self.residual_column(node, x))],
        ]
        xs = [self.body.xs[j] for j, column in enumerate(self.columns) if column.array in walk.dependent]
        shared = [x for x in self.shared if x in walk.dependent]
        step = AdjointStep(self, set(final), [*self.body.carry, *xs, *shared], streams)
        receiving = [x for x in shared if x in step.reached]
        moved = [j for j, x in enumerate(self.body.xs) if x in step.reached]
        inits = [shared_so_far(walk, node, x) for x in receiving]
        body = step.body(receiving, [self.body.xs[j] for j in moved])
        body, columns = self.with_residuals(node, body, step.columns, step.inside)
        first = [final.get(k, 0.0) for k in step.present] + [float(k in final) for k in step.uncertain]
        back = loop_node(body, first + inits, self.length, not self.reverse, columns, step.inside)
        rule: RecordedLoop = back._row.payload
        terms = [
            walk.term(node, x, rules.start(item(back, rule.final(len(first) + i)))) for i, x in enumerate(receiving)
        ]
        for i, j in enumerate(moved):
            column = self.columns[j]
            piece = Piece(column.offset, column.stride, rule.y_column(back, i))
            terms.append((column.array, Arrived([piece], [])))
        for k in reversed(step.present_at_last(self.length)):
            if operands[k] in walk.dependent:
                terms.append(walk.term(node, operands[k], rules.start(item(back, rule.final(step.present.index(k))))))
        return terms

    def with_residuals(
        self, node: Node, body: Body, more: list[Column], inside: "Inside"
    ) -> tuple[Body, list[Column]]:
        """A body that reads the carry, x and what else is expensive of each step, and the columns of its x.

        `body` has as its x what the columns in `more` hold.
        """
        columns = [self.carry_column(node, k) for k in range(len(self.body.carry))] + self.columns + more
        leaves = [*self.body.carry, *self.body.xs, *body.xs]
        nodes, _, _ = inside.closure([*body.carry_out, *body.ys], [*leaves, *body.carry])
        kept = sorted([x for x in nodes if x in self.nodes and is_expensive(x)], key=time_of)
        columns += [self.residual_column(node, x) for x in kept]
        return body._replace(xs=leaves + kept), columns

    def pieces(self, arrived: Arrived, column: Column) -> list[Column]:
        wanted = (column.offset, column.stride)
        return [p.adjoint for p in arrived.whole if isinstance(p, Piece) and (p.offset, p.stride) == wanted]

    def y_adjoints(self, arrived: Arrived, node: Node, j: int) -> "list[Stream]":
        """The adjoints of y number j."""
        column = self.y_column(node, j)
        at: dict[int, Scalar] = {}
        for part in arrived.whole:
            if isinstance(part, Number):
                t, rest = divmod(part.offset - column.offset, column.stride)
                if t >= 0 and not rest:
                    at[t] = at[t] + part.adjoint if t in at else part.adjoint
        found = [Stream(self.body.ys[j], c, None) for c in self.pieces(arrived, column)]
        if at:
            steps = range(self.length)
            arrives = None if len(at) == self.length else Column(stack([float(t in at) for t in steps]), 0, 1)
            found.append(Stream(self.body.ys[j], Column(stack([at.get(t, 0.0) for t in steps]), 0, 1), arrives))
        return found

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        operands, body, m = operands_of(node), self.body, len(self.body.carry)
        moved = [j for j, column in enumerate(self.columns) if column.array in tangents]
        present = {k for k in range(m) if operands[k] in tangents}
        inside = Inside(self.nodes)
        order = between_nodes(self.nodes)
        while True:
            carry = [leaf(node) for _ in range(m)]
            xs = [leaf(node) for _ in moved]
            rules = propagation_for([*body.carry_out, *body.ys])
            seeds = {body.carry[k]: rules.start(carry[k]) for k in present}
            seeds |= {body.xs[j]: rules.start(x) for j, x in zip(moved, xs, strict=True)}
            seeds |= {x: rules.start(propagation.result(tangents[x])) for x in self.shared if x in tangents}
            found = forward(order, seeds, rules.tangent)
            outputs = [
                rules.result(found[x]) if isinstance(x, Node) and x in found else 0.0
                for x in [*body.carry_out, *body.ys]
            ]
            more = {k for k in range(m) if body.carry_out[k] in found} - present
            if not more:
                break
            present |= more
        first = [propagation.result(tangents[x]) if x in tangents else 0.0 for x in operands[:m]]
        step = Body(carry, xs, outputs[:m], outputs[m:])
        more = [self.columns[j]._replace(array=tangents[self.columns[j].array]) for j in moved]
        step, columns = self.with_residuals(node, step, more, inside)
        return loop_node(step, first, self.length, self.reverse, columns, inside)


class Stream(NamedTuple):
    """Adjoints of a number in each step, and where they do not arrive in all of them, a column of 1 and 0 that tells."""

    of: Scalar
    column: Column
    arrives: Column | None


class AdjointStep:
    """The adjoint graph of one step of a loop, for those adjoints that arrive.

    That nothing arrived is not the same as 0, which an infinite partial would turn into nan.  So the carry of the loop
    backwards tells, for each number whose adjoint does not arrive in every step, whether it has.
    """

    def __init__(self, loop: RecordedLoop, final: set[int], inputs: list[Node], streams: list[Stream]) -> None:
        self.loop, self.final, self.inputs, self.streams = loop, final, inputs, streams
        self.inside = Inside(loop.nodes)
        self.order = [*loop.shared, *loop.body.carry, *loop.body.xs, *between_nodes(loop.nodes)]
        self.columns = [s.column for s in streams] + [s.arrives for s in streams if s.arrives is not None]
        self.present: list[int] = []  # the numbers of the carry that get an adjoint in some step
        self.uncertain: list[int] = []  # those of them that do not in every step
        self.reached: set[Node] = set()
        present = set(final)
        while True:
            self.present = sorted(present)
            self.uncertain = sorted((present - final) | set(self.uncertain))
            self.reached = set(self.run([]).found)
            more = self.carries_in(self.reached)
            vague = {k for k in more & present if self.condition(self.adjoints[self.loop.body.carry[k]]) is not None}
            vague |= present - more
            if more <= present and vague <= set(self.uncertain):
                return
            present |= more
            self.uncertain = sorted(set(self.uncertain) | vague)

    def carries_in(self, nodes: Collection[Node]) -> set[int]:
        return {k for k, x in enumerate(self.loop.body.carry) if x in nodes}

    def condition(self, adjoint: Any) -> Any:
        """Whether an adjoint has arrived; None: for sure."""
        return adjoint[1] if isinstance(adjoint, tuple) else None

    def present_at_last(self, length: int) -> list[int]:
        """The numbers of the carry whose adjoint arrives at the first carry."""
        if not self.uncertain:
            return self.present
        present, seen = frozenset(self.final), {}
        for _ in range(length):
            if present not in seen:
                seen[present] = frozenset(self.carries_in(self.run([], present).found))
            if seen[present] == present:
                break
            present = seen[present]
        return sorted(present)

    def body(self, receiving: list[Node], moved: list[Value]) -> Body:
        """The body of the loop backwards; its carry: adjoints, whether they arrived, and sums for shared nodes."""
        walk = self.run(receiving)
        loop, result = self.loop.body, walk.propagation.result
        values = {x: result(adjoint) for x, adjoint in self.adjoints.items()}
        out = [values.get(loop.carry[k], 0.0) for k in self.present]
        for k in self.uncertain:
            found = self.adjoints.get(loop.carry[k])
            condition = self.condition(found)
            out.append(0.0 if found is None else 1.0 if condition is None else condition)
        out += [values[x] for x in receiving]
        return Body(self.carry, self.xs, out, [values[x] for x in moved])

    def run(self, receiving: list[Node], present: Collection[int] | None = None) -> AdjointPass:
        """A reverse pass through one step, with sums that go on for some nodes; `present` are the adjoints for sure."""
        body = self.loop.body
        certain = present is not None
        wanted = self.present if present is None else sorted(present)
        uncertain = [] if certain else self.uncertain
        new = lambda count: [leaf_like([*body.carry, *body.xs]) for _ in range(count)]  # noqa: E731
        adjoints, known, sums, self.xs = new(len(wanted)), new(len(uncertain)), new(len(receiving)), new(len(self.columns))
        self.carry = adjoints + known + sums
        arrives = dict(zip(uncertain, known, strict=True))
        given = iter(self.xs[len(self.streams) :])
        told = [None if s.arrives is None else next(given) for s in self.streams]
        rules = propagation_for([*body.carry_out, *body.ys])
        if (uncertain or self.xs[len(self.streams) :]) and not isinstance(rules, ChosenPropagation):
            rules = ChosenPropagation(self.carry[0] if self.carry else self.xs[0])
        walk = AdjointPass(rules, self.order, self.inputs, step=True)

        def seed(root: Scalar, adjoint: Value, condition: Value | None) -> None:
            if isinstance(root, Node) and root in walk.dependent:
                term = (adjoint, condition) if isinstance(rules, ChosenPropagation) else adjoint
                walk.arrived.setdefault(root, Arrived([], [])).whole.append(term)

        for x, total in zip(receiving, sums, strict=True):
            seed(x, total, None)
        streams = list(zip(self.streams, self.xs, told, strict=False))
        carries = {id(x) for x in body.carry}
        for stream, x, condition in streams:
            if id(stream.of) in carries:
                seed(stream.of, x, condition)
        for k, adjoint in reversed(list(zip(wanted, adjoints, strict=True))):
            seed(body.carry_out[k], adjoint, arrives.get(k))
        for stream, x, condition in reversed(streams):
            if id(stream.of) not in carries:
                seed(stream.of, x, condition)
        walk.run(self.order)
        self.adjoints = walk.found
        return walk


def shared_so_far(walk: AdjointPass, node: Node, x: Node) -> Scalar:
    """What has arrived at a node that all steps share: their sum begins with it, as it does without a loop."""
    if bool(node._flags & BATCHED) != bool(x._flags & BATCHED) or x not in walk.arrived:
        return -0.0  # the number that changes no sum
    return walk.propagation.result(walk.arrived.pop(x).total(x, walk.propagation))  # type: ignore[no-any-return]


class Inside:
    """What belongs to a step: nodes of the body that it is made of, and all that is recorded from now on."""

    def __init__(self, nodes: set[Node] | None = None) -> None:
        self.start, self.known = time_now(), nodes or set()

    def closure(
        self, outputs: Iterable[Scalar], leaves: Iterable[Node]
    ) -> tuple[set[Node], list[Node], set[Node]]:
        """The nodes of a step, those outside that it reads, in the order in which they were made, and its leaves."""
        stops = set(leaves)
        nodes: set[Node] = set()
        free: set[Node] = set()
        read: set[Node] = set()
        stack = [x for x in outputs if isinstance(x, Node)]
        while stack:
            x = stack.pop()
            if x in stops:
                read.add(x)
                continue
            if x in nodes or x in free or x._row is NUMBER or x._row is DETACHED:
                continue
            if isinstance(x._row.payload, Whole) or not (time_of(x) > self.start or x in self.known):
                free.add(x)
            else:
                nodes.add(x)
                stack.extend(operands_of(x))
        return nodes, sorted(free, key=time_of), read


def is_array(x: Node) -> bool:
    return x._row.payload is not None and not isinstance(x._row.payload, Item)


def is_expensive(x: Node) -> bool:
    """Whether it is better to keep the number of a node for derivatives than to compute it again."""
    row = x._row
    if row.payload is not None:
        return False
    return len(operands_of(x)) > 8 if row.fold is not None else not row.llvm and row.lowering is not table.identity.lowering


def between_nodes(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=time_of)


def leaf(node: Node) -> Value:
    """A leaf of a body, in a loop like that of a node."""
    return traced((node._flags & BATCHED) | LOOPED)


def leaf_like(nodes: Sequence[Node]) -> Value:
    return traced(LOOPED | (BATCHED if any(x._flags & BATCHED for x in nodes) else 0))


def loop_node(
    body: Body, init: Sequence[Scalar], length: int, reverse: bool, columns: list[Column], inside: Inside
) -> Any:
    """The node of a loop over a recorded body."""
    rule = RecordedLoop(body, length, reverse, columns, inside)
    return node_of(rule, [*[as_value(x) for x in init], *rule.arrays, *rule.shared])
