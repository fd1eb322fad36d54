"""The rows of a program as expressions, and the functions that these call, each written once.

A row is what its column `c` has, or else its column `python`, a call of C's function of the same bits, or a call of a
function that is made of its lowering.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from autograd_lite.backends.languages.dialects import Dialect
from autograd_lite.backends.languages.error_functions import FORMULAS
from autograd_lite.backends.languages.functions import functions_in_c, javascript_texts
from autograd_lite.backends.source_text import indented
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table.definition_reader import Definition, Reader
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.program import Program


def expression(row: Primitive) -> str:
    """How C writes a row, with {} for its operands; "" where it is a call of a function made of its lowering."""
    if row.c:
        return row.c
    if row.python and " if " not in row.python:
        return row.python
    name = row.libm or row.llvm.removeprefix("llvm.") * row.llvm.startswith("llvm.")
    name = {"roundeven": "rint"}.get(name, name)
    return f"{name}({', '.join(['{}'] * (row.arity or 0))})" if name else ""


class Functions:
    """The functions that a source defines, in an order in which each is defined before it is called."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.texts: list[str] = []
        self.names: dict[object, str] = {}  # of functions by C's name, and of rows

    def applied(self, row: Primitive, operands: list[str], known: Sequence[float | None] = ()) -> str:
        """A row of a fixed number of operands; `known` are those of them that are constants."""
        if written := expression(row):
            return self.resolved(written).format(*operands)
        if row.lowering is None or row.arity is None:
            raise self.refused(row.name)
        if None in known and any(x is not None for x in known) and not is_written(of_lowering(row, ())):
            fixed = tuple(known)  # as of gammainc, whose first operand decides how long it is
            operands = [x for x, number in zip(operands, known, strict=True) if number is None]
            return f"{self.of_lowering(row, fixed)}({', '.join(operands)})"
        return f"{self.of_lowering(row, ())}({', '.join(operands)})"

    def resolved(self, text: str) -> str:
        """A text in C that calls functions by their names in the dialect, where each is defined."""
        return re.sub(r"(?<![\w.])([A-Za-z_]\w*)\(", lambda called: f"{self.function(called[1])}(", text)

    def function(self, name: str) -> str:
        """The name of a function in the dialect; it is defined where the language has none."""
        if found := self.dialect.called(name) or self.names.get(name):
            return found
        if name in FORMULAS:
            return self.of_lowering(FORMULAS[name], ())
        self.names[name] = self.fresh(name)
        if name in functions_in_c():
            self.texts.append(self.dialect.function(self.resolved(functions_in_c()[name])))
        elif name in javascript_texts():
            self.texts.append(javascript_texts()[name])
        else:
            raise self.refused(name)
        return self.names[name]

    def fresh(self, name: str) -> str:
        """A name for a function that no other thing has."""
        free = name.isidentifier() and name.isascii() and name not in self.dialect.reserved
        local = self.dialect.local(name if free else f"row{len(self.names)}")
        return local if local not in self.names.values() else f"{local}_{len(self.names)}"

    def refused(self, name: str) -> NotImplementedError:
        return NotImplementedError(
            f"the source in {self.dialect.name} has no function for {name}; write it in rows that have one, or as the "
            f'lowering of a row of your own, or compute with the back end "python"'
        )

    def of_lowering(self, row: Primitive, fixed: tuple[float | None, ...]) -> str:
        """The name of a function that computes the lowering of a row, where so many operands are fixed."""
        key = (row, *map(repr, fixed))
        if key not in self.names:
            name = self.names[key] = self.fresh(row.name)
            operands = [x for i, x in enumerate(row.operand_names()) if not fixed or fixed[i] is None]
            if isinstance(row.lowering, Definition):
                lines = TextReader(self).body(row.lowering, operands)
            else:
                lines = self.body(of_lowering(row, fixed), [*operands])
            head = f"double {name}({', '.join(f'double {x}' for x in operands)}) {{"
            self.texts.append(self.dialect.function("\n".join([head, *indented(lines), "}"])))
        return self.names[key]

    def body(self, program: Program, names: list[str]) -> list[str]:
        """The statements of a program that gives one number."""
        lines = []
        for i, (row, operands, constant) in enumerate(program.instructions, program.size):
            if constant is not None:
                names.append(self.dialect.number(constant))
                continue
            names.append(f"v{i}")
            known = [program.instructions[j - program.size].constant if j >= program.size else None for j in operands]
            lines.append(self.dialect.declared(f"v{i}", self.applied(row, [names[j] for j in operands], known)))
        return [*lines, f"return {names[program.results[0].values[0]]};"]


class TextReader(Reader):
    """Writes a definition as statements."""

    def __init__(self, functions: Functions) -> None:
        self.functions, self.dialect = functions, functions.dialect
        self.lines: list[str] = []
        self.count = 0

    def body(self, definition: Definition, operands: Sequence[str]) -> list[str]:
        result = self.operand(self.read(definition, operands))
        return [*self.lines, f"return {result};"]

    def operand(self, x: Any) -> str:
        return self.dialect.number(x) if isinstance(x, float) else str(x)

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def applied(self, row: Primitive, operands: Sequence[Any]) -> str:
        name = self.fresh()
        self.lines.append(self.dialect.declared(name, self.functions.applied(row, [self.operand(x) for x in operands])))
        return name

    def chosen(self, condition: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> str:
        name, around = self.fresh(), self.lines
        parts = []
        for branch in (yes, no):
            self.lines = []
            result = self.operand(branch())
            parts.append(indented([*self.lines, f"{name} = {result};"]))
        self.lines = around
        self.lines += [
            self.dialect.variable(name, "0.0"),
            f"if ({condition} != 0.0) {{",
            *parts[0],
            "} else {",
            *parts[1],
            "}",
        ]
        return name


@cache
def of_lowering(row: Primitive, fixed: tuple[float | None, ...]) -> Program:
    """The program of the lowering of a row, of those operands that are not fixed."""
    names = row.operand_names()
    known = fixed or (None,) * len(names)
    flattener = Flattener([Argument(x, 1, False) for x, number in zip(names, known, strict=True) if number is None])
    free = iter(range(flattener.size))
    operands = [next(free) if number is None else flattener.constant(number) for number in known]
    out = flattener.expand(row, tuple(operands))
    return Program(*flattener.finished([Result((out,), False)]))


def is_written(program: Program) -> bool:
    """Whether all rows of a program have a text."""
    rows = [row for row, _, constant in program.instructions if constant is None]
    return all(expression(row) or (row.lowering is not None and row.arity is not None) for row in rows)
