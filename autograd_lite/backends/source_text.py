"""The text of a program: one assignment an instruction, for floats or for arrays.

Shared by the back ends `python` and `numpy`, which differ in what a name in the text means.  Batched
instructions stand in a loop over the samples, or for arrays over blocks of samples.
"""

import linecache
import weakref
from collections.abc import Callable
from itertools import count
from types import CodeType, FunctionType
from typing import Any

from autograd_lite.backends.batch_order import BLOCK, LANES
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.program.program import Program

INFIX = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "neg": "-{}",
    "square": "{0} * {0}",
    "where": "{1} if {0} else {2}",
    "less": "1.0 if {} < {} else 0.0",
    "less_equal": "1.0 if {} <= {} else 0.0",
    "equal": "1.0 if {} == {} else 0.0",
}
"""Rows that Python says in operators; all others are calls of functions with the row's name."""

SAFE = frozenset({"add", "sub", "mul", "neg", "square", "where", "less", "less_equal", "equal"})
"""Of these, what never raises on floats."""

TERMS = 64  # operands a line: Python's parser has a limit to nesting


class Text:
    """Writes the source of one program.

    `infix` are the rows written in operators.  With `blocks`, a name stands for an array of many samples, and
    the loop runs over blocks of them; without, it runs over the samples.
    """

    def __init__(self, program: Program, infix: dict[str, str], blocks: bool) -> None:
        self.program = program
        self.infix = infix
        self.blocks = blocks
        self.room = f"[None] * {'blocks' if blocks else 'n'}"  # for something of each sample, or block of samples
        self.lines: list[str] = []
        self.constants = {
            i: repr(instruction.constant)  # as Python reads it back; inf and nan are names in the text
            for i, instruction in enumerate(program.instructions, program.size)
            if instruction.constant is not None
        }
        self.phases = phases_of(program)
        self.sums, self.kept = used_later(program, self.phases)

    def name(self, i: int) -> str:
        return self.constants.get(i) or f"v{i}"

    def line(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def write(self) -> str:
        """The text: unbatched instructions, a loop over the samples, what needs its sums, and so on."""
        program = self.program
        self.lines = []
        arguments = [f"a{k}" for k in range(len(program.arguments))]
        self.line(0, f"def program({', '.join(['n', *(['blocks'] if self.blocks else []), *arguments])}):")
        self.unpack(1, batched=False)
        flat: list[list[int]] = [[] for _ in range(max(self.phases, default=0) + 1)]
        looped: list[list[int]] = [[] for _ in flat]
        for i in range(program.size + len(program.instructions)):
            (looped if program.batched[i] else flat)[self.phases[i]].append(i)
        outputs = [k for k, result in enumerate(program.results) if result.batched]
        for k in outputs:
            self.line(1, f"r{k} = {self.room}")
        for phase, body in enumerate(looped):
            for i in flat[phase]:
                if i >= program.size:
                    self.statement(1, i)
            last = phase == len(looped) - 1
            if body or (last and outputs):
                self.loop(phase, body, outputs if last else [])
        self.line(1, f"return [{', '.join(self.returned(k) for k in range(len(program.results)))}]")
        return "\n".join(self.lines) + "\n"

    def returned(self, k: int) -> str:
        result = self.program.results[k]
        return f"r{k}" if result.batched else self.listed(result.values)

    def listed(self, values: tuple[int, ...]) -> str:
        return f"[{', '.join(map(self.name, values))}]"

    def unpack(self, indent: int, batched: bool) -> None:
        """The numbers of the arguments, or of one sample (or block) of them."""
        start = 0
        for k, argument in enumerate(self.program.arguments):
            if argument.batched == batched and argument.size:
                names = self.listed(tuple(range(start, start + argument.size)))
                self.line(indent, f"{names} = a{k}{'[k]' if batched else ''}")
            start += argument.size

    def loop(self, phase: int, body: list[int], outputs: list[int]) -> None:
        """One round over the samples: what it reads of earlier rounds, computes, keeps, returns and sums."""
        program = self.program
        wanted = {j for i in body if i >= program.size for j in program.instructions[i - program.size].operands}
        wanted |= {j for k in outputs for j in program.results[k].values}
        known = sorted(j for j in wanted if program.batched[j] and self.phases[j] < phase)
        sums, kept = sorted(self.sums[phase]), sorted(self.kept[phase])
        for i in kept:
            self.line(1, f"c{i} = {self.room}")
        indent = self.begin(sums)
        if phase == 0:
            self.unpack(indent, batched=True)
        for i in known:
            self.line(indent, f"v{i} = c{i}[k]")
        for i in body:
            if i >= program.size:
                self.statement(indent, i)
        for i in kept:
            self.line(indent, f"c{i}[k] = v{i}")
        for k in outputs:
            self.line(indent, f"r{k}[k] = {self.listed(program.results[k].values)}")
        if sums:
            self.finish(indent, sums)

    def begin(self, sums: list[int]) -> int:
        """The head of a round, with its sums: samples go to 8 accumulators, as `batches` says.  The indent inside."""
        if self.blocks or not sums:
            if sums:
                self.line(1, "sums = BatchSums()")
            self.line(1, f"for k in range({'blocks' if self.blocks else 'n'}):")
            return 2
        self.line(1, f"sums = [0.0] * {len(sums)}")
        self.line(1, f"for start in range(0, n, {BLOCK}):")
        self.line(2, "lanes = []")
        self.line(2, f"for lane in range({LANES}):")
        self.line(3, " = ".join([*(f"s{i}" for i in sums), "0.0"]))
        self.line(3, f"for k in range(n)[start + lane : start + {BLOCK} : {LANES}]:")
        return 4

    def finish(self, indent: int, sums: list[int]) -> None:
        """The end of a round: its sums."""
        totals = f"[{', '.join(f's{i}' for i in sums)}]"
        if self.blocks:
            self.line(indent, f"sums.add({self.listed(tuple(sums))})")
            self.line(1, f"{totals} = sums.total()")
        else:
            for i in sums:
                self.line(indent, f"s{i} += v{i}")
            self.line(3, f"lanes.append({totals})")
            self.line(2, "sums = add_lanes(sums, *lanes)")
            self.line(1, f"{totals} = sums")

    def statement(self, indent: int, i: int) -> None:
        row, operands, constant = self.program.instructions[i - self.program.size]
        if constant is not None:
            return
        names = [self.name(j) for j in operands]
        if row is BATCH_SIZE:
            self.line(indent, f"v{i} = float(n)")
        elif row is BATCH_SUM:
            self.line(indent, f"v{i} = s{operands[0]}")
        elif row.name == "dot" and names:
            half = len(names) // 2
            products = [f"{w} * {x}" for w, x in zip(names[:half], names[half:], strict=True)]
            self.chain(indent, i, products, " + ")
        elif row.name in ("sum", "prod") and names:
            self.chain(indent, i, names, " + " if row.name == "sum" else " * ")
        elif row.name in self.infix:
            self.line(indent, f"v{i} = {self.infix[row.name].format(*names)}")
        else:
            shown = ", ".join(names)
            self.line(indent, f"v{i} = {row.name}({shown if row.arity is not None else f'[{shown}]'})")

    def chain(self, indent: int, i: int, terms: list[str], sign: str) -> None:
        """A sum or product from left to right, over as many lines as it needs."""
        self.line(indent, f"v{i} = {sign.join(terms[:TERMS])}")
        for start in range(TERMS, len(terms), TERMS):
            self.line(indent, f"v{i} = {sign.join([f'v{i}', *terms[start : start + TERMS]])}")


def phases_of(program: Program) -> list[int]:
    """For every value, how many rounds over the samples stand before it."""
    phases = [0] * program.size
    for row, operands, _ in program.instructions:
        phase = max((phases[j] for j in operands), default=0)
        phases.append(phase + 1 if row is BATCH_SUM else phase)
    return phases


def used_later(program: Program, phases: list[int]) -> tuple[list[set[int]], list[set[int]]]:
    """For every round, the batched values that are summed after it, and those that a later round reads."""
    last = max(phases, default=0)
    sums: list[set[int]] = [set() for _ in range(last + 1)]
    kept: list[set[int]] = [set() for _ in range(last + 1)]
    for i, (row, operands, _) in enumerate(program.instructions, program.size):
        for j in operands:
            if row is BATCH_SUM:
                sums[phases[j]].add(j)
            elif program.batched[j] and phases[j] < phases[i]:
                kept[phases[j]].add(j)
    for result in program.results:
        for j in result.values if result.batched else ():
            if program.batched[j] and phases[j] < last:
                kept[phases[j]].add(j)
    return sums, kept


_TEXTS = count(1)


def function(text: str, meaning: dict[str, Any]) -> Callable[..., Any]:
    """The function that the text defines; tracebacks and debuggers show the text."""
    filename = f"<autograd_lite program {next(_TEXTS)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = compile(text, filename, "exec")
    (code,) = [x for x in module.co_consts if isinstance(x, CodeType)]
    names = {"float": float, "range": range, "inf": float("inf"), "nan": float("nan"), **meaning}
    result = FunctionType(code, {"__builtins__": {}, **names})
    weakref.finalize(result, linecache.cache.pop, filename, None)
    return result
