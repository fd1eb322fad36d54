"""Python source for a program: one assignment for each instruction, on floats or on arrays.

Shared by the back ends `python` and `numpy`, which bind the names in the source to different functions.  Batched
instructions are in a loop over the samples, or for arrays over blocks of samples.
"""

import keyword
import linecache
import re
import sys
import weakref
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import accumulate, count
from types import CodeType, FunctionType
from typing import Any

from autograd_lite.backends.batch_order import BLOCK, LANES
from autograd_lite.core.columns.row import Row
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import mul
from autograd_lite.program.flattening import NO_INSTRUCTION
from autograd_lite.program.payloads import Item, Stack, Whole
from autograd_lite.program.program import Program

Expression = Callable[[Row], str]
"""How a row is written in Python's operators, as "{} + {}"; "" where it is a call."""

TERMS = 64  # operands a line: Python's parser limits nesting
RESERVED = re.compile(
    r"[acrsv]\d+|row\d+|n|k|operands|arrays|values|ys|kept|columns|in_order|blocks|start|lane|lanes|sums|float|range|inf|nan|add_lanes|BatchSums"
)
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
        self.called: dict[Primitive, str] = {}
        constants = enumerate([constant for _, _, constant in program.instructions], program.size)
        # As Python reads them back; inf and nan are names in the text.
        self.constants = {i: repr(constant) for i, constant in constants if constant is not None}
        self.phases = phases_of(program)
        self.sums, self.kept = used_later(program, self.phases)
        self.uses = Counter(j for _, operands, _ in program.instructions for j in operands)
        self.uses.update(j for result in program.results for j in result.values)

    def name(self, i: int) -> str:
        return self.constants.get(i) or f"v{i}"

    def write(self) -> str:
        """The source: unbatched instructions, a loop over the samples, what needs its sums, and so on."""
        program = self.program
        arguments = ["n", *(["blocks"] if self.blocks else []), *(f"a{k}" for k in range(len(program.arguments)))]
        lines = self.unpacked(batched=False)
        flat: list[list[int]] = [[] for _ in range(max(self.phases, default=0) + 1)]
        looped: list[list[int]] = [[] for _ in flat]
        for i in range(program.size + len(program.instructions)):
            (looped if program.batched[i] else flat)[self.phases[i]].append(i)
        outputs = [k for k, result in enumerate(program.results) if result.batched]
        lines += [f"r{k} = {self.room}" for k in outputs]
        for phase, body in enumerate(looped):
            lines += self.statements(flat[phase])
            last = phase == len(looped) - 1
            if body or (last and outputs):
                lines += self.loop(phase, body, outputs if last else [])
        returned = [f"r{k}" if r.batched else self.listed(r.values) for k, r in enumerate(program.results)]
        lines.append(f"return [{', '.join(returned)}]")
        return "\n".join([f"def program({', '.join(arguments)}):", *indented(lines)]) + "\n"

    def listed(self, values: Iterable[int]) -> str:
        return f"[{', '.join(map(self.name, values))}]"

    def unpacked(self, batched: bool, which: Container[int] = range(sys.maxsize)) -> list[str]:
        """The numbers of the arguments (of `which` of them), or of one sample (or block) of them."""
        stops = accumulate(argument.size for argument in self.program.arguments)
        used = {j for _, operands, _ in self.program.instructions for j in operands}
        used |= {j for result in self.program.results for j in result.values}
        return [
            f"{self.listed(range(stop - argument.size, stop))} = a{k}{'[k]' if batched else ''}"
            for k, (argument, stop) in enumerate(zip(self.program.arguments, stops, strict=True))
            if argument.batched == batched
            and argument.size
            and k in which
            and (batched or not used.isdisjoint(range(stop - argument.size, stop)))
        ]

    def loop(self, phase: int, body: list[int], outputs: list[int]) -> list[str]:
        """One loop over the samples: what it reads of earlier loops, computes, keeps, returns and sums.

        Sums are added up in the accumulators of `batch_order`.
        """
        program = self.program
        wanted = {j for i in body if i >= program.size for j in program.instructions[i - program.size].operands}
        wanted |= {j for k in outputs for j in program.results[k].values}
        known = sorted(j for j in wanted if program.batched[j] and self.phases[j] < phase)
        sums, kept = sorted(self.sums[phase]), sorted(self.kept[phase])
        totals = f"[{', '.join(f's{i}' for i in sums)}]"
        before = [f"c{i} = {self.room}" for i in kept]
        terms = {} if self.blocks else self.terms(sums)  # of sums, in which they are written
        inside = [
            *(self.unpacked(batched=True) if phase == 0 else []),
            *(f"v{i} = c{i}[k]" for i in known),
            *self.statements([i for i in body if i not in terms]),
            *(f"c{i}[k] = v{i}" for i in kept),
            *(f"r{k}[k] = {self.listed(program.results[k].values)}" for k in outputs),
        ]
        if not sums:
            return [*before, f"for k in range({'blocks' if self.blocks else 'n'}):", *indented(inside)]
        if self.blocks:
            inside.append(f"sums.add({self.listed(sums)})")
            head = [*before, "sums = BatchSums()", "for k in range(blocks):"]
            return [*head, *indented(inside), f"{totals} = sums.total()"]
        lane = [
            " = ".join([*(f"s{i}" for i in sums), "0.0"]),
            f"for k in range(n)[start + lane : start + {BLOCK} : {LANES}]:",
            *indented([*inside, *(f"s{i} += {terms.get(i, f'v{i}')}" for i in sums)]),
            f"lanes.append({totals})",
        ]
        block = ["lanes = []", f"for lane in range({LANES}):", *indented(lane), "sums = add_lanes(sums, *lanes)"]
        head = [*before, f"sums = [0.0] * {len(sums)}", f"for start in range(0, n, {BLOCK}):"]
        return [*head, *indented(block), f"{totals} = sums"]

    def terms(self, sums: Iterable[int]) -> dict[int, str]:
        """The expressions of those values that nothing but their sum over the samples reads."""
        program, found = self.program, {}
        for i in sums:
            row, operands, _ = program.instructions[i - program.size] if i >= program.size else NO_INSTRUCTION
            if self.uses[i] == 1 and row.arity and self.expression(row):
                found[i] = self.expression(row).format(*map(self.name, operands))
        return found

    def statements(self, values: Iterable[int]) -> list[str]:
        """The assignments of values; none for inputs and constants."""
        computed = [i for i in values if i >= self.program.size and i not in self.constants]
        return [f"v{i} = {expression}" for i in computed for expression in self.expressions(i)]

    def expressions(self, i: int) -> list[str]:
        """What a value is assigned; a fold from left to right may need several lines."""
        row, operands, _ = self.program.instructions[i - self.program.size]
        names = [self.name(j) for j in operands]
        if row.payload is not None:
            return [self.of_payload(row, names)]
        if row is BATCH_SIZE:
            return ["float(n)"]
        if row is BATCH_SUM:
            return [f"s{operands[0]}"]
        if row.fold is not None and names and (operator := self.operator(row.fold)):
            half = len(names) // 2
            pairs = zip(names[:half], names[half:], strict=True) if row.sequences == 2 else ()
            terms = [mul.python.format(*pair) for pair in pairs] or names
            more = [[f"v{i}", *terms[start : start + TERMS]] for start in range(TERMS, len(terms), TERMS)]
            return [operator.join(part) for part in (terms[:TERMS], *more)]
        if expression := self.expression(row):
            return [expression.format(*names)]
        shown = ", ".join(names)
        return [f"{self.callee(row)}({shown if row.arity is not None else f'[{shown}]'})"]

    def of_payload(self, row: Primitive, names: list[str]) -> str:
        """An array, a number of one, or a call of a loop."""
        if isinstance(row.payload, Item):
            return f"{names[0]}[{row.payload.offset}]"
        if isinstance(row.payload, Whole):
            argument, size, first = row.payload
            is_part = size < self.program.arguments[argument].size
            return f"a{argument}[{first}:{first + size}]" if is_part else f"a{argument}"
        array = f"[{', '.join(names)}]"
        return array if isinstance(row.payload, Stack) else f"{self.callee(row)}({array})"

    def operator(self, row: Row) -> str:
        """Between two operands, where the expression of the row has that form."""
        expression = self.expression(row)
        return expression[2:-2] if re.fullmatch(r"\{\}[^{}]+\{\}", expression) else ""

    def callee(self, row: Primitive) -> str:
        """The name of a row in the source: its own, where that is an identifier and free."""
        if row not in self.called:
            free = (
                row.payload is None
                and row.name.isidentifier()
                and not keyword.iskeyword(row.name)
                and not RESERVED.fullmatch(row.name)
                and row.name not in self.called.values()  # two functions of users may have one name
            )
            self.called[row] = row.name if free else f"row{len(self.called)}"
        return self.called[row]


def indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" if line else line for line in lines]


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
