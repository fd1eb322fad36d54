"""Python source for a program: one assignment for each instruction, on floats or on arrays.

Shared by the back ends `python` and `numpy`, which bind the names in the source to different functions.  Batched
instructions are in a loop over the samples, or for arrays over blocks of samples.
"""

import keyword
import linecache
import re
import weakref
from collections.abc import Callable, Mapping
from itertools import count
from types import CodeType, FunctionType
from typing import Any

from autograd_lite.backends.batch_order import BLOCK, LANES
from autograd_lite.core.columns import Row
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import mul
from autograd_lite.program.program import Program

Expression = Callable[[Row], str]
"""How a row is written in Python's operators, as "{} + {}"; "" where it is a call."""

TERMS = 64  # operands a line: Python's parser limits nesting
RESERVED = re.compile(r"[acrsv]\d+|row\d+|n|k|blocks|start|lane|lanes|sums|float|range|inf|nan|add_lanes|BatchSums")
"""Names that the source uses for other things than rows."""


def operators(row: Row) -> str:
    """The expression of a row on floats."""
    return row.python


class Text:
    """The source of one program, and the rows that it calls by name.

    With `blocks`, a variable is an array of many samples, and the loop runs over blocks of them; without, it runs over
    the samples.
    """

    def __init__(self, program: Program, expression: Expression, blocks: bool) -> None:
        self.program, self.expression, self.blocks = program, expression, blocks
        self.room = f"[None] * {'blocks' if blocks else 'n'}"  # for something of each sample, or block of samples
        self.lines: list[str] = []
        self.called: dict[Primitive, str] = {}
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
        """The source: unbatched instructions, a loop over the samples, what needs its sums, and so on."""
        program = self.program
        arguments = ["n", *(["blocks"] if self.blocks else []), *(f"a{k}" for k in range(len(program.arguments)))]
        self.lines = [f"def program({', '.join(arguments)}):"]
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
                self.statement(1, i)
            last = phase == len(looped) - 1
            if body or (last and outputs):
                self.loop(phase, body, outputs if last else [])
        returned = [f"r{k}" if r.batched else self.listed(r.values) for k, r in enumerate(program.results)]
        self.line(1, f"return [{', '.join(returned)}]")
        return "\n".join(self.lines) + "\n"

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
        """One loop over the samples: what it reads of earlier loops, computes, keeps, returns and sums."""
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
            self.statement(indent, i)
        for i in kept:
            self.line(indent, f"c{i}[k] = v{i}")
        for k in outputs:
            self.line(indent, f"r{k}[k] = {self.listed(program.results[k].values)}")
        if sums:
            self.finish(indent, sums)

    def begin(self, sums: list[int]) -> int:
        """The head of a loop, with its sums in the accumulators of `batch_order`.  Returns the indent inside."""
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
        """The end of a loop: its sums."""
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
        """The assignment of a value; none for an input or a constant."""
        if i < self.program.size or i in self.constants:
            return
        row, operands, _ = self.program.instructions[i - self.program.size]
        names = [self.name(j) for j in operands]
        if row is BATCH_SIZE:
            self.line(indent, f"v{i} = float(n)")
        elif row is BATCH_SUM:
            self.line(indent, f"v{i} = s{operands[0]}")
        elif row.fold is not None and names and (operator := self.operator(row.fold)):
            half = len(names) // 2
            pairs = zip(names[:half], names[half:], strict=True) if row.sequences == 2 else ()
            terms = [mul.python.format(*pair) for pair in pairs] or names
            self.line(indent, f"v{i} = {operator.join(terms[:TERMS])}")
            for start in range(TERMS, len(terms), TERMS):
                self.line(indent, f"v{i} = {operator.join([f'v{i}', *terms[start : start + TERMS]])}")
        elif expression := self.expression(row):
            self.line(indent, f"v{i} = {expression.format(*names)}")
        else:
            shown = ", ".join(names)
            self.line(indent, f"v{i} = {self.callee(row)}({shown if row.arity is not None else f'[{shown}]'})")

    def operator(self, row: Row) -> str:
        """Between two operands, where the expression of the row has that form."""
        expression = self.expression(row)
        return expression[2:-2] if re.fullmatch(r"\{\}[^{}]+\{\}", expression) else ""

    def callee(self, row: Primitive) -> str:
        """The name of a row in the source: its own, where that is an identifier and free."""
        if row not in self.called:
            free = row.name.isidentifier() and not keyword.iskeyword(row.name) and not RESERVED.fullmatch(row.name)
            self.called[row] = row.name if free else f"row{len(self.called)}"
        return self.called[row]


def phases_of(program: Program) -> list[int]:
    """For every value, the number of loops over the samples before it."""
    phases = [0] * program.size
    for row, operands, _ in program.instructions:
        phase = max((phases[j] for j in operands), default=0)
        phases.append(phase + 1 if row is BATCH_SUM else phase)
    return phases


def used_later(program: Program, phases: list[int]) -> tuple[list[set[int]], list[set[int]]]:
    """For every loop, the batched values that are summed after it, and those that a later loop reads."""
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


_SOURCES = count(1)


def function(text: str, meaning: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that the source defines; tracebacks and debuggers show its lines."""
    filename = f"<autograd_lite program {next(_SOURCES)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = compile(text, filename, "exec")
    (code,) = [x for x in module.co_consts if isinstance(x, CodeType)]
    names = {"float": float, "range": range, "inf": float("inf"), "nan": float("nan"), **meaning}
    result = FunctionType(code, {"__builtins__": {}, **names})
    weakref.finalize(result, linecache.cache.pop, filename, None)
    return result
