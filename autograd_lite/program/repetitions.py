"""Repetition in a program: runs of instructions of the same rows, a period apart.

What an operand is in a step is told by how it moves from step to step: with the step, or as steps before it do; not at
all; or by a constant distance among what was computed before the first step.
"""

from typing import Final, final

from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM, NUMBER
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import add
from autograd_lite.program.program import Program

FEWEST: Final = 8
"""Steps that are worth a loop."""

LONGEST: Final = 20_000
"""Instructions that a step may have."""

LIKE: Final = 8
"""So many instructions in a row have to be alike where a period is looked for."""

NEAR: Final = 256
"""Operands that are nearer are compared by their distance where a period is looked for."""

TRIES: Final = 16
"""Periods that are tried at one place."""

LAGS: Final = 4
"""So many steps back a step may read."""

IRREGULAR: Final = 2**48
"""From here on a stride is none, but tells up to where it cannot be one."""

CONSTANT: Final = -(2**48)
"""Below are the codes of constants."""


Codes = tuple[int, ...]
"""Operands: the place of one in the same stream, or -1 - its number where it is no instruction of that,
or CONSTANT - its number."""


@final
class Repetition:
    """A run of repetitions: `count` times `period` instructions of a stream from `start` on."""

    def __init__(self, start: int, period: int, count: int) -> None:
        self.start, self.period, self.count = start, period, count
        self.stream: Stream
        self.read: set[int] = set()
        """The instructions of a step whose values are read elsewhere."""
        self.array = -1
        """The array of the loop in the new program."""
        self.places: dict[int, tuple[int, int]] = {}
        """Where in the array these values are: the place of the first step, and the distance between steps."""

    def place(self, position: int) -> int:
        """The place of a value in the array of the loop."""
        step, k = divmod(position - self.start, self.period)
        first, stride = self.places[k]
        return first + step * stride


def demanded(program: Program) -> list[int]:
    """The instructions but for constants, each right before the first one that needs it.

    So what a step needs is in the step, in whatever order it was recorded: the reverse pass goes back along several
    paths at once, one step of each at its own pace.  Sums that go on from step to step take up a term at once.
    """
    size = program.size
    read = [x[1] for x in program.instructions]
    order: list[int] = []
    done = [True] * size + [x[0] is NUMBER for x in program.instructions]
    users: dict[int, list[int]] = {}  # the additions that need a value
    missing = [0] * len(done)  # of an addition, the operands that are not computed yet
    for i, x in enumerate(program.instructions, size):
        if x[0] is add and not done[x[1][0]] and not done[x[1][1]]:
            missing[i] = 2
            for j in x[1]:
                users.setdefault(j, []).append(i)
    for result in program.results:
        for root in result.values:
            stack = [root]
            while stack:
                i = stack[-1]
                if not done[i]:
                    operands, depth = read[i - size], len(stack)
                    for k in range(len(operands) - 1, -1, -1):
                        if not done[operands[k]]:
                            stack.append(operands[k])
                    if len(stack) > depth:
                        continue
                    ready = [i]
                    while ready:
                        j = ready.pop()
                        done[j] = True
                        order.append(j)
                        waiting = users.get(j)
                        if waiting is not None:
                            for k in waiting:
                                missing[k] -= 1
                                if not missing[k] and not done[k]:
                                    ready.append(k)
                stack.pop()
    return order


@final
class Stream:
    """The plain instructions of a program that are the same for all samples, or those that are not, in their order."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.kinds: list[int] = []
        self.codes: list[Codes] = []

    def repetitions(self, smallest: int) -> list[Repetition]:
        """The runs of repetitions, one after the other."""
        found: list[Repetition] = []
        later = self.later()
        failed: dict[int, int] = {}  # for a period, the place up to which no run of it can start
        i, n = 0, len(self.kinds)
        while i < n - smallest:
            j, tries, steps = later[i], 0, None
            while j >= 0 and j - i <= LONGEST and tries < TRIES and steps is None:
                period = j - i
                if failed.get(period, 0) <= i:
                    end, failed[period] = self.run(i, period)
                    count = (end - i) // period
                    if count >= FEWEST and count * period >= smallest:
                        steps = self.shifted(Repetition(i, period, count))
                j = later[j]
                tries += 1
            if steps is not None:
                found.append(steps)
                i = steps.start + steps.period * steps.count
            else:
                i += 1
        return found

    def later(self) -> list[int]:
        """For each place the next one where some instructions are alike; -1: none."""
        hashes: list[int] = []
        for i, codes in enumerate(self.codes):
            found = self.kinds[i]
            for x in codes:
                found = mixed(found, i - x if x >= 0 and i - x <= NEAR else 0)
            hashes.append(found)
        apart = 1
        while apart < LIKE:
            hashes = [mixed(hashes[i], hashes[i + apart]) for i in range(len(hashes) - apart)]
            apart *= 2
        last: dict[int, int] = {}
        places = [-1] * len(self.codes)
        for i in range(len(hashes) - 1, -1, -1):
            places[i] = last.get(hashes[i], -1)
            last[hashes[i]] = i
        return places

    def run(self, start: int, period: int) -> tuple[int, int]:
        """The end of the repetitions of a period that begin there, and up to where others of it cannot begin either.

        What they read from before the first one is a constant distance apart, or constants.
        """
        kinds, codes = self.kinds, self.codes
        early, first = start + LAGS * period, start + period
        strides: list[list[int]] = []
        for x in range(start, len(kinds) - period):
            before, after = codes[x], codes[x + period]
            if kinds[x] != kinds[x + period] or len(before) != len(after):
                return x + period, x + 1
            if x < first:
                strides.append([after[k] - before[k] for k in range(len(before))])
            stride = strides[(x - start) % period]
            for k in range(len(before)):
                u, v = before[k], after[k]
                if u >= start:
                    if v != u + period:
                        return x + period, u + 1
                elif v >= start:
                    if v >= first or x >= early:
                        return x + period, v + 1
                elif v - u != stride[k] and (u > CONSTANT or v > CONSTANT):
                    if x >= early:
                        return x + period, stride[k] - IRREGULAR if stride[k] >= IRREGULAR else x + 1
                    stride[k] = max(stride[k], IRREGULAR + x + 1)
        return len(kinds), len(kinds)

    def shifted(self, steps: Repetition) -> Repetition | None:
        """The same repetitions, where each step begins at the instruction before which fewest values are carried.

        None where nothing is carried: such are maps, which back ends find where they are worth it.
        """
        start, period = steps.start, steps.period
        last = [0] * period  # how far the last reader is from each instruction of a step
        first = start + (steps.count - 2) * period
        for x in range(first, first + period):
            for u in self.codes[x]:
                if u >= start:
                    k = (u - start) % period
                    last[k] = max(last[k], x - u)
        begins = [0] * (
            period + 1
        )  # differences of the number of values that are carried into a step that begins there
        carried = 0
        for k, distance in enumerate(last):
            whole, rest = divmod(distance, period)
            carried += whole
            begins[min(k + 1, period)] += 1
            begins[min(k + 1 + rest, period)] -= 1
            if k + 1 + rest > period:
                begins[0] += 1
                begins[k + 1 + rest - period] -= 1
        best, fewest, now = 0, -1, carried
        for k in range(period):
            now += begins[k]
            if fewest < 0 or now < fewest:
                best, fewest = k, now
        if not fewest:
            return None
        if best:
            end, _ = self.run(start + best, period)
            count = (end - start - best) // period
            if count >= steps.count - 1 and count >= FEWEST:
                return Repetition(start + best, period, count)
        return steps


def mixed(a: int, b: int) -> int:
    return (a * 1_000_003 + b) % 2**31


def is_plain_row(row: Primitive) -> bool:
    return row.payload is None and row is not NUMBER and row is not BATCH_SUM and row is not BATCH_SIZE
