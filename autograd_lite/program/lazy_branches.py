"""Branches that run only where they are taken: what a program computes for one branch of choices alone, moved aside.

A choice by `cond` holds both branches in the program, and so does each of its derivatives.  What only one branch needs
becomes an instruction `when`, a program that runs where the condition holds; the choices stay and select from its
outputs, so that no bit changes.  Cheap branches stay where they are, and so does what differs from sample to sample,
which is computed side by side.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Final

from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import cond, logical_and, logical_not, logical_or
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.payloads import Item, Loop, When, Whole, row_of
from autograd_lite.program.program import Program

Fact = tuple[int, bool]
"""That a condition, a value of the program, holds or does not."""

NOTHING: Final[frozenset[Fact]] = frozenset()
CHOOSING: Final = {cond: 1, logical_and: 1, logical_or: 2}
"""Rows whose first operand decides whether others matter, and which of them does where it is true."""

CHEAP: Final = 120
"""Operations that are not worth a jump around them."""

CALLED_BACK: Final = 10**6
"""Operations that a call of Python counts for."""

NEAR: Final = 32
"""Facts that are followed from a condition made of others."""


def with_lazy_branches(program: Program) -> Program:
    """The same computation, in which branches of some cost run only where they are taken."""
    found: Program | None = program.simpler.get(with_lazy_branches)
    if found is None:
        found = program.simpler[with_lazy_branches] = made_lazy(program, frozenset())
    return found


def made_lazy(program: Program, known: frozenset[int]) -> Program:
    """The same, where the conditions `known` hold or do not hold for sure, since the program is a branch itself."""
    if any(isinstance(row.payload, Loop) for row in program.rows):
        program = with_lazy_bodies(program)
    while cond in program.rows:
        branches = Branches(program, known)
        moved = branches.moved()
        if not moved:
            break
        program = Split(branches, moved).program()
    return program


def with_lazy_bodies(program: Program) -> Program:
    """The same in the bodies of loops; a carry that no step changes, as a condition may be, is what it started as."""
    loops = [x.payload for x in program.rows if isinstance(x.payload, Loop) and not isinstance(x.payload, When)]
    bodies = {loop.body for loop in loops}
    if not any(with_lazy_branches(x) is not x or passes(x) for x in bodies):
        return program
    instructions: list[Instruction] = []
    later: list[int] = []  # the new numbers of the instructions; those of arguments stay, which may be very many

    def new(i: int) -> int:
        return i if i < program.size else later[i - program.size]

    for i, (row, operands, constant) in enumerate(program.instructions, program.size):
        same = unchanged_carry(program, i)
        if same is not None:
            later.append(new(same))
            continue
        if isinstance(row.payload, Loop) and not isinstance(row.payload, When):
            body = with_lazy_branches(row.payload.body)
            if body is not row.payload.body:
                row = row_of(row.payload._replace(body=body))
        later.append(program.size + len(instructions))
        instructions.append(Instruction(row, tuple(map(new, operands)), constant))
    results = [Result(tuple(map(new, r.values)), r.batched) for r in program.results]
    return Program(program.arguments, instructions, results)


def passes(body: Program) -> bool:
    """Whether a number of the carry goes on unchanged."""
    return any(i == k for k, i in enumerate(body.results[0].values))


def unchanged_carry(program: Program, i: int) -> int | None:
    """The number that a value is, where it is a carry that no step of a loop changes."""
    row, operands, _ = program.instructions[i - program.size]
    if not isinstance(row.payload, Item) or program.batched[i] or operands[0] < program.size:
        return None
    source = program.instructions[operands[0] - program.size]
    loop = source.row.payload
    if type(loop) is not Loop or row.payload.offset >= (loop.length + 1) * loop.carries:
        return None
    k = row.payload.offset % loop.carries
    return source.operands[k] if loop.body.results[0].values[k] == k else None


def cost(row: Primitive, operands: Sequence[int]) -> int:
    """The operations of an instruction, about."""
    payload = row.payload
    if isinstance(payload, Loop):
        inner = [cost(row, operands) for row, operands, _ in payload.body.instructions]
        return payload.steps * sum(inner)
    if payload is not None:
        return getattr(payload, "operations", 1)
    if row.called_back:
        return CALLED_BACK
    each = 1 if row.llvm or row.fold else 10
    return each * max(1, len(operands) - 1) if operands else 0


class Branches:
    """For each value of a program under which conditions alone it is needed."""

    def __init__(self, program: Program, known: frozenset[int]) -> None:
        self.known = known
        self.held: dict[Fact, frozenset[Fact]] = {}
        self.instructions, self.start = program.instructions, program.size
        self.of = program
        self.facts: list[frozenset[Fact] | None] = [None] * (program.size + len(program.instructions))
        for result in program.results:
            for i in result.values:
                self.facts[i] = NOTHING
        for i in range(len(self.facts) - 1, program.size - 1, -1):
            row, operands, constant = self.instructions[i - program.size]
            needed = self.facts[i]
            if needed is None:
                continue
            stays = constant is not None or row in (BATCH_SUM, BATCH_SIZE) or isinstance(row.payload, Whole)
            if stays or program.batched[i] or self.is_moved(i):
                needed = self.facts[i] = NOTHING
            for k, j in enumerate(operands):
                own = needed | self.holding(operands[0], k == holds) if k and (holds := CHOOSING.get(row)) else needed
                before = self.facts[j]
                self.facts[j] = own if before is None else before & own

    def source(self, i: int) -> Instruction | None:
        return self.instructions[i - self.start] if i >= self.start else None

    def is_moved(self, i: int) -> bool:
        """Whether it was moved aside already, or is an output of what was."""
        source = self.source(i)
        if source is not None and isinstance(source.row.payload, Item):
            source = self.source(source.operands[0])
        return source is not None and isinstance(source.row.payload, When)

    def holding(self, condition: int, holds: bool) -> frozenset[Fact]:
        """What is known where a condition holds, or does not; of a long chain of conditions, what is near."""
        known = self.held.get((condition, holds))
        if known is not None:
            return known
        found: set[Fact] = set()
        stack = [(condition, holds)]
        for fact in stack:
            if len(found) >= NEAR:
                break
            source = self.source(fact[0])
            if fact in found or self.of.batched[fact[0]] or fact[0] in self.known:
                continue
            found.add(fact)
            if source is not None:
                if source.row is logical_not:
                    stack.append((source.operands[0], not fact[1]))
                elif source.row is (logical_and if fact[1] else logical_or):
                    stack += [(x, fact[1]) for x in source.operands]
        known = self.held[condition, holds] = frozenset(found)
        return known

    def moved(self) -> dict[int, Fact]:
        """What is computed under one condition alone, for each condition that is worth a branch, costliest first.

        Calls of Python are never worth less: they may have effects.
        """
        members: dict[Fact, list[int]] = {}
        work: dict[int, int] = {}
        for i, facts in enumerate(self.facts[self.start :], self.start):
            if facts:
                row, operands, _ = self.instructions[i - self.start]
                work[i] = cost(row, operands)
                for fact in facts:
                    members.setdefault(fact, []).append(i)
        totals = {fact: sum([work[i] for i in found]) for fact, found in members.items()}
        conditions: set[int] = set()
        moved: dict[int, Fact] = {}
        for fact in sorted(members, key=lambda fact: (-totals[fact], fact[0])):
            found = [i for i in members[fact] if i not in moved and i != fact[0] and i not in conditions]
            if sum([work[i] for i in found]) > CHEAP and fact[0] not in moved:
                conditions.add(fact[0])
                moved.update(dict.fromkeys(found, fact))
        return moved


class BranchPart:
    """Instructions that are computed under one condition, one after the other."""

    def __init__(self, fact: Fact, members: list[int]) -> None:
        self.condition, self.holds = fact
        self.members = members
        self.outputs: dict[int, int] = {}  # members that are read elsewhere, and their places


class Split:
    """A program with what is computed under some conditions alone `moved` aside.

    What is moved under one condition comes in parts, since it may need what was computed from an earlier part: the
    derivatives of a branch do.
    """

    def __init__(self, branches: Branches, moved: dict[int, Fact]) -> None:
        self.instructions, self.start, self.of = branches.instructions, branches.start, branches.of
        self.known, self.moved = branches.known, moved
        self.part_of: dict[int, BranchPart] = {}
        self.order: list[int | BranchPart] = []
        self.schedule([i for i, facts in enumerate(branches.facts) if facts is not None and i >= self.start])
        wanted: list[tuple[int, BranchPart | None]] = []
        for x in self.order:
            for i in self.complete(x) if isinstance(x, BranchPart) else (x,):
                wanted += [(j, x if isinstance(x, BranchPart) else None) for j in self.operands(i)]
        for j, reader in wanted:
            part = self.part_of.get(j)
            if part is not None and part is not reader and not self.is_array(j):
                part.outputs.setdefault(j, len(part.outputs))
        self.made: list[Instruction] = []
        self.new: dict[int, int] = {i: i for i in range(self.start)}

    def schedule(self, used: Sequence[int]) -> None:
        """Order the instructions: of those moved under a condition as many as can be one after the other."""
        waits: dict[int, int] = {}
        readers: dict[int, list[int]] = {}
        for i in used:
            before = {j for j in self.needs(i) if j >= self.start}
            waits[i] = len(before)
            for j in before:
                readers.setdefault(j, []).append(i)
        ready: dict[Fact | None, list[int]] = {}

        def let(i: int) -> None:
            heappush(ready.setdefault(self.moved.get(i), []), i)

        for i in used:
            if not waits[i]:
                let(i)
        while ready:
            fact = None if None in ready else min(ready, key=lambda fact: ready[fact][0])
            queue = ready[fact]
            done: list[int] = []
            while queue:
                i = heappop(queue)
                done.append(i)
                for j in readers.get(i, ()):
                    waits[j] -= 1
                    if not waits[j]:
                        let(j)
            del ready[fact]
            if fact is None:
                self.order += done
            else:
                part = BranchPart(fact, done)
                self.order.append(part)
                self.part_of.update(dict.fromkeys(done, part))

    def needs(self, i: int) -> Sequence[int]:
        """What has to be there before an instruction."""
        fact = self.moved.get(i)
        return self.operands(i) if fact is None else (*self.operands(i), fact[0])

    def operands(self, i: int) -> Sequence[int]:
        return self.instructions[i - self.start].operands if i >= self.start else ()

    def is_array(self, i: int) -> bool:
        return self.size(i) is not None

    def size(self, i: int) -> int | None:
        payload = self.instructions[i - self.start].row.payload if i >= self.start else None
        return None if payload is None or isinstance(payload, Item) else getattr(payload, "size", None)

    def complete(self, part: BranchPart) -> list[int]:
        """Its members, to which arrays of earlier parts are added that it reads: parts pass numbers on."""
        members, stack = set(part.members), list(part.members)
        while stack:
            for j in self.operands(stack.pop()):
                if j in self.moved and j not in members and self.is_array(j):
                    members.add(j)
                    stack.append(j)
        part.members = sorted(members)
        return part.members

    # Writing

    def program(self) -> Program:
        for x in self.order:
            if isinstance(x, BranchPart):
                self.call(x)
            else:
                row, operands, constant = self.instructions[x - self.start]
                self.new[x] = self.add(Instruction(row, tuple([self.new[j] for j in operands]), constant))
        results = [Result(tuple([self.new[i] for i in r.values]), r.batched) for r in self.of.results]
        return Program(self.of.arguments, self.made, results)

    def inputs(self, part: BranchPart) -> list[int]:
        """What a part reads from outside of it, but constants."""
        members = set(part.members)
        found = {j for i in members for j in self.operands(i) if j not in members and not self.is_constant(j)}
        return sorted(found)

    def is_constant(self, i: int) -> bool:
        return i >= self.start and self.instructions[i - self.start].constant is not None

    def add(self, instruction: Instruction) -> int:
        self.made.append(instruction)
        return self.start + len(self.made) - 1

    def call(self, part: BranchPart) -> None:
        """The instruction that computes a part where the condition holds, and its outputs."""
        inputs = self.inputs(part)
        arrays = [j for j in inputs if self.is_array(j)]
        numbers = [j for j in inputs if not self.is_array(j)]
        condition = self.new[part.condition]
        if not part.holds:
            condition = self.add(Instruction(logical_not, (condition,)))
        body = self.body(part, arrays, numbers)
        when = When(body, 1, False, 0, len(arrays), (), tuple(range(len(arrays))), len(part.outputs), 0)
        operands = [*[self.new[j] for j in arrays], condition, *[self.new[j] for j in numbers]]
        call = self.add(Instruction(row_of(when), tuple(operands)))
        for i, place in part.outputs.items():
            self.new[i] = self.add(Instruction(row_of(Item(place)), (call,)))

    def body(self, part: BranchPart, arrays: list[int], numbers: list[int]) -> Program:
        arguments = [Argument("carry", 0, False), Argument("x", 0, False), Argument("shared", 1 + len(numbers), False)]
        for k, j in enumerate(arrays):
            arguments.append(Argument(f"array{k}", self.size(j) or 0, False))
        start = sum([a.size for a in arguments])
        new = {j: k for k, j in enumerate(numbers, 1)}
        made: list[Instruction] = []

        def add(i: int, instruction: Instruction) -> None:
            made.append(instruction)
            new[i] = start + len(made) - 1

        for k, j in enumerate(arrays, 3):
            add(j, Instruction(row_of(Whole(k, arguments[k].size)), ()))
        for i in part.members:
            row, operands, constant = self.instructions[i - self.start]
            for j in operands:
                if j not in new:
                    add(j, self.instructions[j - self.start])  # a constant
            if row is cond and operands[0] == part.condition:  # which is known here
                new[i] = new[operands[1 if part.holds else 2]]
            else:
                add(i, Instruction(row, tuple([new[j] for j in operands]), constant))
        ends: list[tuple[int, ...]] = [(), tuple([new[i] for i in part.outputs]), ()]
        known = {0, *[new[j] for j in (*self.known, part.condition) if j in new]}
        return made_lazy(Program(arguments, made, [Result(x, False) for x in ends]), frozenset(known))
