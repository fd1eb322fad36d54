"""The graph of one step of a loop, and its adjoint graph.

Above `array_nodes`.  A step is recorded once, on leaves for the carry and for x.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from autograd_lite.control.array_nodes import (
    Column,
    Number,
    Numbers,
    Piece,
    Record,
    Whole,
    condition_at,
    is_array_node,
    number_in,
)  # fmt: skip
from autograd_lite.control.gather_nodes import Gathers, Stack, stack
from autograd_lite.core import table
from autograd_lite.core.fast.clock import time_now, time_of
from autograd_lite.core.graph import BATCHED, CHOSEN, DETACHED, LEAF, NUMBER, ORDERED, TRACED, Node, operands_of
from autograd_lite.core.value import Value, traced
from autograd_lite.program.program import Program
from autograd_lite.program.reaching import within
from autograd_lite.transforms.branches import ChosenPropagation, masked, propagation_for
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.opaque_functions import CallPayload
from autograd_lite.transforms.propagation import arrival
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived

ARRAYS = (Stack, Numbers, Gathers)
"""Arrays that may be made in a step though they are the same in each of them."""

SHORT = 64
"""Numbers of an array that may be copied in each step."""

FEW = 8
"""Operands of a sum that are added again rather than kept."""

ROUNDS = 6
"""How often it is looked which conditions of the carry differ, before each number gets its own."""

Key = TypeVar("Key", bound=Hashable)


class Step(NamedTuple):
    """The graph of one step: leaves for the carry and x, and what they become."""

    carry: list[Value]
    xs: list[Node]
    carry_out: list[Scalar]
    ys: list[Scalar]

    @property
    def outputs(self) -> list[Scalar]:
        return self.carry_out + self.ys

    def leaves(self, count: int) -> list[Value]:
        """New leaves for a step that is made of this one."""
        batched = any(x._flags & BATCHED for x in (*self.carry, *self.xs))
        return [traced(ORDERED | (BATCHED if batched else 0)) for _ in range(count)]


class Inside:
    """What belongs to a step: nodes of the step that it is made of, and all that is recorded from now on."""

    def __init__(self, nodes: Collection[Node] = (), spans: Sequence[tuple[int, int]] = ()) -> None:
        self.start, self.known = time_now(), set(nodes)
        self.spans = tuple(spans)  # of time, in which what the step is made of was recorded

    def closure(self, outputs: Iterable[Scalar], leaves: Iterable[Node]) -> tuple[list[Node], list[Node], set[Node]]:
        """The nodes of a step, and those outside that it reads, in the order in which they were made; its leaves."""
        ends = set(leaves)
        nodes, free, seen = within(outputs, ends, self.known, self.start, self.spans, lambda x: self.is_free(x, ends))
        inside = arrays_read_twice(free)
        nodes += inside
        own = set(inside)
        free = [x for x in dict.fromkeys([*free, *[y for x in inside for y in operands_of(x)]]) if x not in own]
        free = [x for x in free if x._row is not NUMBER and x._row is not DETACHED]
        return sorted(nodes, key=time_of), sorted(free, key=time_of), ends & seen

    def is_free(self, x: Node, leaves: Set[Node]) -> bool:
        """Whether a leaf or an array is one of outside, though it was made in the step."""
        # a leaf that is none of the step is an argument, which a map in the step named
        argument = isinstance(x._row.payload, Whole) or (x._row is LEAF and bool(x._flags & TRACED))
        return argument or self.is_invariant(x, leaves)

    def is_outside(self, x: Node) -> bool:
        time = time_of(x)
        return not (time > self.start or x in self.known or any([a < time <= b for a, b in self.spans]))  # noqa: C419

    def is_invariant(self, x: Node, leaves: Set[Node]) -> bool:
        """Whether an array that was made in the step is the same in each of them: it is made before the loop."""
        if not isinstance(x._row.payload, ARRAYS):
            return False
        return all(
            y._row is NUMBER or (y not in leaves and (self.is_outside(y) or self.is_invariant(y, leaves)))
            for y in operands_of(x)
        )


def arrays_read_twice(free: Sequence[Node]) -> list[Node]:
    """The short arrays outside of a step of which it reads numbers in another way too.

    They are made in each step, so that what arrives at these numbers is added up in one order.
    """
    arrays = [x for x in free if isinstance(x._row.payload, Stack) and len(operands_of(x)) <= SHORT]
    read = Counter([y for x in arrays for y in operands_of(x)] + list(free))
    return [x for x in arrays if any(read[y] > 1 for y in operands_of(x))]


class RecordedStep:
    """A recorded step: its nodes, and what it reads from outside; the numbers of the nodes `kept` are kept.

    Calls of one function have one body.  `programs` are those that were made of it, `backwards` the steps of its
    adjoints, by what arrives and what is wanted.
    """

    def __init__(self, step: Step, inside: Inside, kept: Sequence[Value] = (), reads_all: bool = False) -> None:
        self.nodes, free, read = inside.closure([*step.outputs, *kept], [*step.carry, *step.xs])
        self.used = [j for j, x in enumerate(step.xs) if reads_all or x in read]
        self.step = step._replace(xs=[step.xs[j] for j in self.used])
        self.arrays = [x for x in free if is_array_node(x)]
        self.shared = [x for x in free if not is_array_node(x)]
        # nodes of the step whose numbers are kept for derivatives
        self.residuals: dict[Node, int] = {x: k for k, x in enumerate(kept)}
        chosen = [x for x in (*step.outputs, *kept) if isinstance(x, Node) and x._flags & CHOSEN]
        self.flags = CHOSEN if chosen else 0
        if any(x._flags & BATCHED for x in (*step.carry, *step.xs)):
            self.flags |= BATCHED
        self.spans = (*inside.spans, (inside.start, time_now()))
        self.programs: dict[Any, Program] = {}
        self.backwards: dict[Any, Any] = {}


def is_expensive(x: Node) -> bool:
    """Whether it is better to keep the number of a node for derivatives than to compute it again."""
    row = x._row
    if row.payload is not None:
        return isinstance(row.payload, CallPayload) and row.payload.is_kept
    if row.fold is not None:
        return len(operands_of(x)) > FEW
    return not row.llvm and row.lowering is not table.identity.lowering


class StepAdjoints(NamedTuple):
    """Adjoints of a number in each step; where they do not arrive in all of them, conditions that tell."""

    of: Scalar
    column: Column
    arrives: Column | tuple[Any, ...] | None


def numbered(keys: Mapping[Key, Hashable]) -> dict[Key, int]:
    """A number for each thing, the same for those that have the same key, from 0 on."""
    known: dict[Hashable, int] = {}
    return {x: known.setdefault(key, len(known)) for x, key in keys.items()}


def first_of(numbers: Mapping[Key, int]) -> list[Key]:
    """The first thing with each number."""
    found: dict[int, Key] = {}
    for x, n in numbers.items():
        found.setdefault(n, x)
    return list(found.values())


Place = tuple[int, int | None, int, int, int]
"""The numbers of y that are an adjoint of an array and an index, None where its place is known; then as in `Entry`."""


class AdjointStep:
    """The adjoint graph of one step, for those adjoints that arrive.

    That nothing arrived is not the same as 0, which an infinite partial would turn into nan.  So the carry of the loop
    backwards tells, for each number whose adjoint does not arrive in every step, whether it has.

    `nodes` are those of the step, `final` the numbers of its carry to which an adjoint arrives after the last step (to
    those of `perhaps` under a condition), `kept` and `ys` the adjoints that arrive in each step, of what derivatives
    read and of y.
    """

    def __init__(
        self,
        step: Step,
        nodes: Sequence[Node],
        final: Collection[int],
        inputs: Sequence[Node],
        kept: Sequence[StepAdjoints],
        ys: Sequence[StepAdjoints],
        perhaps: Mapping[int, Any] = MappingProxyType({}),
        spans: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.perhaps = set(perhaps)
        self.arrays: dict[Node, Arrived] = {}  # arrays outside of the step, and what has arrived at their numbers
        self.step, self.final, self.inputs, self.kept, self.ys = step, set(final), inputs, kept, ys
        self.inside = Inside(nodes, spans)
        leaves = set(step.carry) | set(step.xs)
        self.order = [*[x for x in inputs if x not in leaves], *step.carry, *step.xs, *nodes]
        """Operands first; adjoints are added up in its reverse."""
        streams = [*kept, *ys]
        self.told = numbered({s.arrives: s.arrives for s in streams if s.arrives is not None})
        arrive = [x if isinstance(x, Column) else Column(stack(x), 0, 1) for x in self.told]
        self.columns = [s.column for s in streams] + arrive
        self.present: list[int] = []  # the numbers of the carry that get an adjoint in some step
        self.uncertain: dict[int, int] = {}
        """Those of them that do not in every step, each with the number of the condition that tells."""
        self.carry: list[Value] = []
        self.xs: list[Value] = []
        start = {k: perhaps.get(k, float(k in final)) for k in range(len(step.carry))}
        present, uncertain, rounds = set(final), set(perhaps), 0
        while True:
            self.present = sorted(present)
            if not rounds:
                self.uncertain = numbered({k: start[k] for k in sorted(uncertain)})
            found = self.run([]).found
            self.reached = {*found, *self.arrays}
            more = self.carries_in(found)
            vague = {k for k in more & present if arrival(found[step.carry[k]]) is not None} | (present - more)
            vague |= (present | more) - (self.final - self.perhaps)
            if not (more <= present and vague <= uncertain):
                present |= more
                uncertain |= vague
                rounds = 0
                continue
            ends = {k: arrival(found[step.carry[k]]) if k in more else 0.0 for k in self.uncertain}
            parted = numbered({k: (n, ends[k]) for k, n in self.uncertain.items()})
            if parted == self.uncertain:
                break
            rounds += 1
            self.uncertain = parted if rounds < ROUNDS else {k: i for i, k in enumerate(parted)}
        self.sometimes = numbered({x: arrival(found[x]) for x in found if arrival(found[x]) is not None})

    def carries_in(self, nodes: Collection[Node]) -> set[int]:
        return {k for k, x in enumerate(self.step.carry) if x in nodes}

    def telling(self, xs: Iterable[Node]) -> dict[Node, int]:
        """Those of them to which something arrives in some steps, each with the number of the condition that tells."""
        return numbered({x: self.sometimes[x] for x in xs if x in self.sometimes})

    def in_steps(self, length: int) -> tuple[list[int], set[Node]]:
        """The numbers of the carry whose adjoint arrives at the first carry; all that anything arrives at in a step."""
        if not self.uncertain:
            return self.present, self.reached
        present, reached, after = frozenset(self.final), set[Node](), dict[frozenset[int], frozenset[int]]()
        for _ in range(length):
            if present not in after:
                walk = self.run([], present)
                reached |= {*walk.found, *walk.arrays}
                after[present] = frozenset(self.carries_in(walk.found))
            if after[present] == present:
                break
            present = after[present]
        return sorted(present), reached

    def backwards(
        self, receiving: Sequence[Node], moved: Sequence[Node], marked: Mapping[Node, int], told: Mapping[Node, int]
    ) -> tuple[Step, list[tuple[Node, list[Place]]]]:
        """A step of the loop backwards; its carry: adjoints, whether they arrived, and sums for shared nodes.

        Its y are the adjoints of x that are `moved`, and those of numbers of arrays; the places of these.  After the
        sums, and after the adjoints of x, come the conditions that tell for nodes that are `marked` and `told` whether
        anything has arrived.
        """
        walk, carry = self.run(receiving, marked=marked), self.step.carry
        values = {x: walk.propagation.result(adjoint) for x, adjoint in walk.found.items()}

        def whether(x: Node) -> Scalar:
            condition: Any = arrival(walk.found.get(x))
            return 0.0 if x not in walk.found else 1.0 if condition is None else condition

        out = [values.get(carry[k], 0.0) for k in self.present] + [whether(carry[k]) for k in first_of(self.uncertain)]
        out += [values[x] for x in receiving] + [whether(x) for x in first_of(marked)]
        ys = [values[x] for x in moved] + [whether(x) for x in first_of(told)]
        places = [(array, append_adjoints(arrived, ys)) for array, arrived in walk.arrays.items()]
        return Step(self.carry, list(self.xs), out, ys), places

    def run(
        self,
        receiving: Sequence[Node],
        present: Collection[int] | None = None,
        marked: Mapping[Node, int] = MappingProxyType({}),
    ) -> AdjointPass:
        """The reverse pass through one step, with sums that go on for some nodes; to those `marked` nothing may have
        arrived.

        With `present`, just these adjoints of the carry arrive.
        """
        step = self.step
        wanted = self.present if present is None else sorted(present)
        uncertain = self.uncertain if present is None else {}
        counts = [len(wanted), len(set(uncertain.values())), len(receiving), len(set(marked.values()))]
        adjoints, arrives, sums, begun = [step.leaves(count) for count in counts]
        self.carry, self.xs = adjoints + arrives + sums + begun, step.leaves(len(self.columns))
        rules = propagation_for(step.outputs)
        count = len(self.kept) + len(self.ys)
        if (uncertain or marked or len(self.xs) > count) and not isinstance(rules, ChosenPropagation):
            rules = ChosenPropagation(self.carry[0] if self.carry else self.xs[0])
        walk = AdjointPass(rules, self.order, self.inputs, step=True)

        def seed(root: object, adjoint: Value, condition: Value | None) -> None:
            if isinstance(root, Node) and root in walk.dependent:
                term = (adjoint, condition) if isinstance(rules, ChosenPropagation) else adjoint
                walk.arrived.setdefault(root, Arrived([], [])).whole.append(term)

        told = self.xs[count:]
        given = [
            (s.of, adjoint, None if s.arrives is None else told[self.told[s.arrives]])
            for s, adjoint in zip([*self.kept, *self.ys], self.xs, strict=False)
        ]
        begins = {x: begun[n] for x, n in marked.items()}
        for x, total in zip(receiving, sums, strict=True):
            seed(x, total, begins.get(x))
        for root, adjoint, condition in given[: len(self.kept)]:
            seed(root, adjoint, condition)
        known = {k: arrives[n] for k, n in uncertain.items()}
        for k, adjoint in reversed(list(zip(wanted, adjoints, strict=True))):
            seed(step.carry_out[k], adjoint, known.get(k))
        for root, adjoint, condition in reversed(given[len(self.kept) :]):
            seed(root, adjoint, condition)
        walk.adjoints()
        self.arrays = walk.arrays
        return walk


def append_adjoints(arrived: Arrived, ys: list[Scalar]) -> list[Place]:
    """The adjoints that arrive at numbers of an array in a step, appended to its y."""

    def y(x: Scalar) -> int:
        ys.append(x)
        return len(ys) - 1

    places: list[Place] = []
    for part in arrived.whole:
        if isinstance(part, Number):
            places.append((y(masked(part.adjoint, part.holds)), None, part.offset, 0, 1))
        elif isinstance(part, Record):
            places.append((y(masked(part.adjoint, part.holds)), y(part.indexed_by), *part.places))
        elif isinstance(part, Piece):
            for t in range(part.length):
                x = masked(number_in(part.adjoint, t), condition_at(part, t))
                places.append((y(x), None, part.offset + t * part.stride, 0, 1))
        else:
            steps = range(part.length)
            for t in reversed(steps) if part.reverse else steps:
                for value, index, offset, stride, count in part.entries:
                    if index is None:
                        places.append((y(number_in(value, t)), None, offset + t * stride, 0, 1))
                    else:
                        places.append((y(number_in(value, t)), y(number_in(index, t)), offset, stride, count))
    return places
