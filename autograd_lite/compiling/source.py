"""The text of a program: one assignment an instruction, for floats or for arrays.

Shared by the back ends `python` and `numpy`, which differ in what a name in the text means.  Batched
instructions stand in a loop over the samples, or on arrays in no loop at all.
"""

import linecache
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from autograd_lite.graph import BATCH_SUM
from autograd_lite.instructions import Instruction
from autograd_lite.program import Program

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

    `infix` are the rows written in operators.  With `loops` the batched instructions stand in loops over the
    samples (a new loop after each batch_sum that they need); without, the operators work on whole arrays.
    """

    def __init__(self, program: Program, infix: dict[str, str], loops: bool) -> None:
        self.program = program
        self.infix = infix
        self.loops = loops
        self.lines: list[str] = []
        self.constants = {
            program.size + k: instruction.constant
            for k, instruction in enumerate(program.instructions)
            if instruction.constant is not None
        }

    def name(self, i: int) -> str:
        x = self.constants.get(i)
        if x is None:
            return f"v{i}"
        return repr(x) if x >= 0.0 and str(x)[0] != "-" and x != float("inf") else f"({literal(x)})"

    def write(self) -> str:
        program = self.program
        self.lines = [f"def program(n, {', '.join(f'a{k}' for k in range(len(program.arguments)))}):"]
        self.unpack(batched=False, indent=1)
        if self.loops:
            self.write_phases()
        else:
            self.unpack(batched=True, indent=1)
            for i, instruction in enumerate(program.instructions, program.size):
                self.statement(i, instruction, 1)
        returned = []
        for k, result in enumerate(program.results):
            if result.batched and self.loops:
                returned.append(f"r{k}")
            else:
                returned.append("[" + ", ".join(self.name(i) for i in result.values) + "]")
        self.line(1, f"return [{', '.join(returned)}]")
        return "\n".join(self.lines) + "\n"

    def line(self, indent: int, text: str) -> None:
        self.lines.append("    " * indent + text)

    def unpack(self, batched: bool, indent: int) -> None:
        start = 0
        for k, argument in enumerate(self.program.arguments):
            if argument.batched == batched and argument.size:
                names = "".join(f"v{i}, " for i in range(start, start + argument.size))
                row = f"a{k}[k]" if batched and self.loops else f"a{k}"
                self.line(indent, f"[{names[:-2]}] = {row}")
            start += argument.size

    def statement(self, i: int, instruction: Instruction, indent: int) -> None:
        row, operands, constant = instruction
        if constant is not None:
            return
        names = [self.name(j) for j in operands]
        if row.name == "batch_size":
            self.line(indent, f"v{i} = float(n)")
        elif row is BATCH_SUM and self.loops:
            self.line(indent, f"v{i} = batch_sum(c{operands[0]})")
        elif row.name in ("sum", "prod", "dot") and names:
            half = len(names) // 2
            terms = [f"{w} * {x}" for w, x in zip(names[:half], names[half:], strict=True)]
            sign = " * " if row.name == "prod" else " + "
            self.chain(i, terms if row.name == "dot" else names, sign, indent)
        elif row.name in self.infix:
            self.line(indent, f"v{i} = {self.infix[row.name].format(*names)}")
        elif row.arity is None:
            self.line(indent, f"v{i} = {row.name}(({''.join(x + ', ' for x in names)}))")
        else:
            self.line(indent, f"v{i} = {row.name}({', '.join(names)})")

    def chain(self, i: int, terms: list[str], sign: str, indent: int) -> None:
        """One sum from left to right, over as many lines as it needs."""
        self.line(indent, f"v{i} = {sign.join(terms[:TERMS])}")
        for start in range(TERMS, len(terms), TERMS):
            self.line(indent, f"v{i} = {sign.join([f'v{i}', *terms[start : start + TERMS]])}")

    def write_phases(self) -> None:
        """Unbatched instructions, then a loop over the samples, then what needs its sums, and so on."""
        program = self.program
        phases = phases_of(program)
        carried = carried_values(program, phases)
        for i in sorted(carried):
            self.line(1, f"c{i} = []")
        outputs = [(k, r) for k, r in enumerate(program.results) if r.batched]
        for k, _ in outputs:
            self.line(1, f"r{k} = []")
        last = max(phases, default=0)
        for phase in range(last + 1):
            for i, instruction in enumerate(program.instructions, program.size):
                if phases[i] == phase and not program.batched[i]:
                    self.statement(i, instruction, 1)
            inside = [i for i in range(program.size + len(program.instructions)) if program.batched[i]]
            body = [i for i in inside if phases[i] == phase]
            if not body and not (outputs and phase == last):
                continue
            self.line(1, "for k in range(n):")
            if phase == 0:
                self.unpack(batched=True, indent=2)
            needed = {
                j for i in body if i >= program.size for j in program.instructions[i - program.size].operands
            }
            if phase == last:
                needed |= {j for _, r in outputs for j in r.values}
            for i in inside:
                if i in needed and phases[i] < phase:
                    self.line(2, f"v{i} = c{i}[k]")
            for i in body:
                if i >= program.size:
                    self.statement(i, program.instructions[i - program.size], 2)
            for i in body:
                if i in carried:
                    self.line(2, f"c{i}.append(v{i})")
            if phase == last:
                for k, r in outputs:
                    self.line(2, f"r{k}.append([{', '.join(self.name(i) for i in r.values)}])")


def literal(x: float) -> str:
    return {"inf": "inf", "-inf": "-inf", "nan": "nan"}.get(str(x), repr(x))


def phases_of(program: Program) -> list[int]:
    """For every value, how many rounds over the samples stand before it."""
    phases = [0] * program.size
    for row, operands, _ in program.instructions:
        phase = max((phases[j] for j in operands), default=0)
        phases.append(phase + 1 if row is BATCH_SUM else phase)
    return phases


def carried_values(program: Program, phases: list[int]) -> set[int]:
    """The batched values that are summed, or used in a later round."""
    carried = set()
    for i, (row, operands, _) in enumerate(program.instructions, program.size):
        for j in operands:
            if program.batched[j] and (row is BATCH_SUM or phases[j] < phases[i]):
                carried.add(j)
    last = max(phases, default=0)
    for result in program.results:
        if result.batched:
            carried |= {j for j in result.values if program.batched[j] and phases[j] < last}
    return carried


_NUMBER_OF_TEXTS = 0


def function(text: str, meaning: dict[str, Any]) -> Callable[..., Any]:
    """The function that the text defines; tracebacks and debuggers show the text."""
    global _NUMBER_OF_TEXTS
    _NUMBER_OF_TEXTS += 1
    filename = f"<autograd_lite program {_NUMBER_OF_TEXTS}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    module = compile(text, filename, "exec", dont_inherit=True)
    (code,) = [x for x in module.co_consts if isinstance(x, CodeType)]
    return FunctionType(
        code, {**meaning, "inf": float("inf"), "nan": float("nan"), "float": float, "range": range}
    )
