"""Repetition in a program becomes a loop.

A `for` of Python in a traced function leaves the instructions of each of its steps, and so does the gradient, step by
step.  What an operand is tells what the loop makes of it: a value of the same step; one of a step before, which is
carried; one that all steps share; or values from before the loop, one for each step, which are a column of an array.
No value is computed in another order from other operands, so all bits stay.
"""

from collections.abc import Sequence
from typing import Final, final

from autograd_lite.core.graph import NUMBER
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.gathers import Column
from autograd_lite.program.instructions import Argument, Instruction, Parts, Result
from autograd_lite.program.payloads import Item, Loop, Numbers, Payload, Stack, Whole, row_of
from autograd_lite.program.program import Program
from autograd_lite.program.repetitions import CONSTANT, FEWEST, Codes, Repetition, Stream, demanded, is_plain_row

SMALLEST: Final = 500
"""Instructions that are worth a loop: fewer compile in no time, and run a little faster one by one."""


@final
class Roller:
    """Writes a program again, with loops in the place of repetitions."""

    def __init__(self, program: Program, smallest: int) -> None:
        self.program = program
        self.size = program.size
        self.order = demanded(program)
        self.positions = [-1] * len(program.batched)  # in its stream
        self.streams = [Stream(), Stream()]  # of what is the same for all samples, and of what is not
        self.enter()
        self.steps: list[Repetition] = []
        self.owners = [-1] * len(program.batched)  # the repetitions that an instruction is in
        for stream in self.streams:
            for steps in stream.repetitions(smallest):
                if len(stream.numbers) == len(self.order) or self.is_ready(steps, stream):
                    self.own(steps, stream)
        self.instructions: list[Instruction] = []
        self.new = list(range(self.size)) + [-1] * len(program.instructions)  # the numbers in the new program
        self.known: dict[tuple[Payload, tuple[int, ...]], int] = {}
        self.bodies: dict[tuple[object, ...], Program] = {}

    def enter(self) -> None:
        """Enter the instructions into the streams."""
        size, instructions, flags, positions = (
            self.size,
            self.program.instructions,
            self.program.batched,
            self.positions,
        )
        kinds: dict[Primitive, int] = {}
        for i in self.order:
            row, flag = instructions[i - size][0], flags[i]
            kind = kinds.get(row, -2)
            if kind == -2:
                kind = kinds[row] = len(kinds) if is_plain_row(row) else -1
            if kind < 0:
                continue
            codes: list[int] = []
            for j in instructions[i - size][1]:
                position = positions[j]
                if position >= 0 and flags[j] == flag:
                    codes.append(position)
                elif j >= size and instructions[j - size][0] is NUMBER:
                    codes.append(CONSTANT - j)
                else:
                    codes.append(-1 - j)
            stream = self.streams[flag]
            positions[i] = len(stream.numbers)
            stream.numbers.append(i)
            stream.kinds.append(kind)
            stream.codes.append(tuple(codes))

    def is_ready(self, steps: Repetition, stream: Stream) -> bool:
        """Whether all that the steps read from elsewhere is computed before them."""
        end = steps.start + steps.period * steps.count
        before = set(self.order[: self.order.index(stream.numbers[steps.start])])
        for codes in stream.codes[steps.start : end]:
            for code in codes:
                i = -1 - code
                if CONSTANT < code < 0 and i >= self.size and i not in before:
                    row, operands, _ = self.program.instructions[i - self.size]
                    if not isinstance(row.payload, Item) or operands[0] not in before:
                        return False
        return True

    def own(self, steps: Repetition, stream: Stream) -> None:
        """Enter repetitions, without first and last steps that read elsewhere than the ones between."""
        start, period, count = steps.start, steps.period, steps.count
        first, end, middle = 0, count, count // 2
        for x in range(start + middle * period, start + (middle + 1) * period):
            before, after = stream.codes[x], stream.codes[x + period]
            for s in range(len(before)):
                code, stride = before[s], after[s] - before[s]
                if stride and 0 <= code < start and self.owners[stream.numbers[code]] >= 0:
                    source = self.steps[self.owners[stream.numbers[code]]]
                    low, high = source.start - code, source.start + source.period * source.count - 1 - code
                    if stride < 0:
                        low, high, stride = -high, -low, -stride
                    first, end = max(first, middle - (-low // stride)), min(end, middle + high // stride + 1)
        if (first or end < count) and end - first >= FEWEST:
            steps = Repetition(start + first * period, period, end - first)
        steps.stream = stream
        for i in stream.numbers[steps.start : steps.start + steps.period * steps.count]:
            self.owners[i] = len(self.steps)
        self.steps.append(steps)

    def parts(self) -> Parts:
        program, size, owners = self.program, self.size, self.owners
        for i in self.order:
            for j in program.instructions[i - size][1]:
                if owners[j] >= 0 and owners[j] != owners[i]:
                    self.reads(j)
        for result in program.results:
            for j in result.values:
                if owners[j] >= 0:
                    self.reads(j)
        for i in self.order:
            if owners[i] >= 0:
                steps = self.steps[owners[i]]
                if steps.array < 0:
                    self.loop(steps)
            elif not isinstance(program.instructions[i - size].row.payload, Item):
                row, operands, _ = program.instructions[i - size]
                self.new[i] = self.append(row, [self.value(j) for j in operands])
        results = [Result(tuple([self.value(i) for i in r.values]), r.batched) for r in program.results]
        return list(program.arguments), self.instructions, results

    def reads(self, j: int) -> None:
        """Note that a value of repetitions is read elsewhere."""
        owner = self.steps[self.owners[j]]
        owner.read.add((self.positions[j] - owner.start) % owner.period)

    def append(self, row: Primitive, operands: Sequence[int], constant: float | None = None) -> int:
        self.instructions.append(Instruction(row, tuple(operands), constant))
        return self.size + len(self.instructions) - 1

    def payload(self, payload: Payload, operands: Sequence[int]) -> int:
        key = payload, tuple(operands)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self.append(row_of(payload), operands)
        return found

    def value(self, i: int) -> int:
        """The number of a value in the new program."""
        found = self.new[i]
        if found < 0:
            instruction = self.program.instructions[i - self.size]
            home = self.home(i)
            if home is not None:
                found = self.payload(Item(home[1]), [home[0]])
            else:
                found = self.append(instruction.row, (), instruction.constant)
            self.new[i] = found
        return found

    def home(self, i: int) -> tuple[int, int] | None:
        """The array in the new program that a value is a number of, and its place; arguments are arrays -1, -2, ..."""
        if i < self.size:
            for k, argument in enumerate(self.program.arguments):
                if i < argument.size:
                    return None if argument.batched else (-1 - k, i)
                i -= argument.size
        if self.owners[i] >= 0:
            owner = self.steps[self.owners[i]]
            return owner.array, owner.place(self.positions[i])
        row, operands, _ = self.program.instructions[i - self.size]
        return (self.value(operands[0]), row.payload.offset) if isinstance(row.payload, Item) else None

    def column(self, values: Sequence[int]) -> tuple[int, int, int]:
        """An array that has these values, the place of the first, and the distance from one to the next."""
        homes = [self.home(i) for i in values[:2]]
        if homes[0] is not None and homes[1] is not None and homes[0][0] == homes[1][0]:
            id, first = homes[0]
            stride = homes[1][1] - first
            if all(self.home(i) == (id, first + t * stride) for t, i in enumerate(values)):
                if id < 0:
                    id = self.payload(Whole(-1 - id, self.program.arguments[-1 - id].size), ())
                return id, first, stride
        numbers = [None if i < self.size else self.program.instructions[i - self.size].constant for i in values]
        known = [x for x in numbers if x is not None]
        if len(known) == len(numbers):
            return self.payload(Numbers(tuple(known)), ()), 0, 1
        return self.payload(Stack(len(values)), [self.value(i) for i in values]), 0, 1

    def loop(self, steps: Repetition) -> None:
        """One instruction for repetitions."""
        body = RolledStep(self.program, steps)
        columns = [self.column(values) for values in body.columns]
        arrays = list(dict.fromkeys([id for id, _, _ in columns]))
        columns_of = [Column(arrays.index(id), first, stride) for id, first, stride in columns]
        first = [self.value(i) for i in body.first]
        shared = [self.value(i) for i in body.shared]
        program = body.program()
        program = self.bodies.setdefault((program.arguments, program.instructions, program.results), program)
        carries, outputs = len(first), len(body.outputs)
        loop = Loop(program, steps.count, False, carries, len(arrays), tuple(columns_of), (), outputs, 0)
        steps.array = self.append(row_of(loop), [*first, *arrays, *shared])
        for k in steps.read:
            if k in body.carried:
                steps.places[k] = (carries + body.carried[k], carries)
            else:
                steps.places[k] = ((steps.count + 1) * carries + body.outputs.index(k), outputs)


@final
class RolledStep:
    """One step: what it takes and gives, and its program."""

    def __init__(self, program: Program, steps: Repetition) -> None:
        self.source, self.steps = program, steps
        stream = self.stream = steps.stream
        self.columns: list[list[int]] = []  # values of the program
        self.shared: list[int] = []
        self.first: list[int] = []  # the first carry
        self.next: list[tuple[bool, int]] = []  # the next carry: an instruction of the step, or a number of the carry
        self.carried: dict[int, int] = {}  # which number of the carry is what an instruction gave in the step before
        self.constants: dict[int, int] = {}
        self.numbers_of_columns: dict[tuple[int, ...], int] = {}
        self.numbers_of_carry: dict[tuple[int, int, int], int] = {}
        self.numbers_of_shared: dict[int, int] = {}
        self.operands: list[list[tuple[int, int]]] = []
        start, period, count = steps.start, steps.period, steps.count
        end = start + period * count
        for k in range(period):
            rows = stream.codes[start + k : end : period]
            self.operands.append([self.operand(column) for column in zip(*rows, strict=True)])
        self.outputs = [k for k in sorted(steps.read) if k not in self.carried]

    def operand(self, codes: Codes) -> tuple[int, int]:
        """What an operand is: (0: a number of the carry, 1: of x, 2: shared, 3: a constant, 4: of the step; which)."""
        start, period, count = self.steps.start, self.steps.period, self.steps.count
        last = codes[-1]
        if last >= start:
            step, k = divmod(last - start, period)
            lag = count - 1 - step
            return (0, self.carry(k, [self.number(x) for x in codes[:lag]])) if lag else (4, k)
        if codes.count(last) == count:
            number = self.number(last)
            if number >= self.source.size and self.source.instructions[number - self.source.size].constant is not None:
                return 3, self.constants.setdefault(number, len(self.constants))
            if number not in self.numbers_of_shared:
                self.numbers_of_shared[number] = len(self.shared)
                self.shared.append(number)
            return 2, self.numbers_of_shared[number]
        if codes not in self.numbers_of_columns:
            self.numbers_of_columns[codes] = len(self.columns)
            self.columns.append([self.number(x) for x in codes])
        return 1, self.numbers_of_columns[codes]

    def number(self, code: int) -> int:
        if code >= 0:
            return self.stream.numbers[code]
        return -1 - code if code > CONSTANT else CONSTANT - code

    def carry(self, k: int, before: Sequence[int]) -> int:
        """The number of the carry that is what an instruction gave some steps ago; in the first steps, those values."""
        key = k, len(before), before[0]
        found = self.numbers_of_carry.get(key)
        if found is None:
            one_less = self.carry(k, before[1:]) if len(before) > 1 else -1
            found = self.numbers_of_carry[key] = len(self.first)
            self.first.append(before[0])
            self.next.append((False, one_less) if one_less >= 0 else (True, k))
            if one_less < 0:
                self.carried.setdefault(k, found)
        return found

    def program(self) -> Program:
        sizes = len(self.first), len(self.columns), len(self.shared)
        arguments = [Argument(name, size, False) for name, size in zip(("carry", "x", "shared"), sizes, strict=True)]
        instructions = [self.source.instructions[i - self.source.size] for i in self.constants]
        starts = (0, sizes[0], sizes[0] + sizes[1], sum(sizes), sum(sizes) + len(instructions))
        for k, operands in enumerate(self.operands, self.steps.start):
            row = self.source.instructions[self.stream.numbers[k] - self.source.size].row
            instructions.append(Instruction(row, tuple([starts[kind] + i for kind, i in operands])))
        following = [starts[4] + i if of_step else i for of_step, i in self.next]
        outputs = [starts[4] + k for k in self.outputs]
        return Program(arguments, instructions, [Result(tuple(x), False) for x in (following, outputs, [])])


def rolled(program: Program, smallest: int = SMALLEST) -> Program:
    """The same computation with repetitions as loops; looked for once."""
    if len(program.instructions) < smallest:
        return program
    key = "rolled", smallest
    if key not in program.simpler:
        roller, made = Roller(program, smallest), None
        if roller.steps:
            made = Program(*roller.parts())
            made.simpler[key] = None
        program.simpler[key] = made
    return program.simpler[key] or program
