"""The kernels of linear algebra as functions of the source: their Python text, statement by statement.

The order of every operation is that of the text, and so the bits are those of Python.  A function takes the sizes and
the arrays of its kernel, so that a source has one of each.
"""

import ast
from collections.abc import Sequence

from autograd_lite.backends.languages.dialects import Dialect
from autograd_lite.backends.languages.rows import Functions
from autograd_lite.backends.source_text import indented
from autograd_lite.program.kernels import KERNELS, ArrayKernel

CALLED = ("abs", "sqrt", "log")
"""The functions of numbers that kernels call."""


def kernel_function(functions: Functions, kernel: ArrayKernel) -> str:
    """The name of the function that is a kernel; it is defined where it is not yet."""
    if kernel not in functions.names:
        name = functions.fresh(kernel.name)
        text = KernelText(functions, kernel).text(name)
        functions.names[kernel] = name
        functions.texts.append(text)
    return functions.names[kernel]


class KernelText:
    """Writes one kernel."""

    def __init__(self, functions: Functions, kernel: ArrayKernel) -> None:
        self.functions, self.kernel = functions, kernel
        self.dialect: Dialect = functions.dialect
        self.sizes, self.arrays, self.body = kernel.syntax()
        self.variables: dict[str, str] = {}  # in the order in which they are set, with what they hold

    def text(self, name: str) -> str:
        lines = self.statements(self.body)
        inputs = len(self.kernel.inputs(*[1] * len(self.sizes)))
        kinds = ["whole"] * len(self.sizes) + ["in"] * inputs + ["out"] * (len(self.arrays) - inputs)
        given = zip([*self.sizes, *self.arrays], kinds, strict=True)
        head = self.dialect.procedure(name, ", ".join([self.dialect.parameter(x, kind) for x, kind in given]))
        read = {x.id for statement in self.body for x in ast.walk(statement) if isinstance(x, ast.Name)}
        unread = [self.dialect.unread(x) for x in (*self.sizes, *self.arrays) if x not in read]
        declared = [self.dialect.unset(x, kind) for x, kind in self.variables.items()]
        return "\n".join([head, *indented([*declared, *filter(None, unread), *lines]), "}"])

    # -- statements

    def statements(self, body: Sequence[ast.stmt]) -> list[str]:
        return [line for x in body for line in getattr(self, f"on_{type(x).__name__}")(x)]

    def on_Expr(self, statement: ast.Expr) -> list[str]:
        """A call of another kernel; or the docstring."""
        call = statement.value
        if not isinstance(call, ast.Call):
            return []
        assert isinstance(call.func, ast.Name)
        name = kernel_function(self.functions, KERNELS[call.func.id])
        return [f"{name}({', '.join(map(self.value, call.args))});"]

    def on_Assign(self, statement: ast.Assign) -> list[str]:
        [target] = statement.targets
        if isinstance(target, ast.Name):
            self.variables.setdefault(target.id, "whole" if self.is_whole(statement.value) else "number")
        return [f"{self.value(target)} = {self.value(statement.value)};"]

    def on_AugAssign(self, statement: ast.AugAssign) -> list[str]:
        sign = {ast.Add: "+", ast.Sub: "-"}[type(statement.op)]
        return [f"{self.value(statement.target)} {sign}= {self.value(statement.value)};"]

    def on_If(self, statement: ast.If) -> list[str]:
        otherwise = ["} else {", *indented(self.statements(statement.orelse))] if statement.orelse else []
        head = f"if ({self.value(statement.test)}) {{"
        return [head, *indented(self.statements(statement.body)), *otherwise, "}"]

    def on_While(self, statement: ast.While) -> list[str]:
        return [f"while ({self.value(statement.test)}) {{", *indented(self.statements(statement.body)), "}"]

    def on_For(self, statement: ast.For) -> list[str]:
        assert isinstance(statement.iter, ast.Call)
        assert isinstance(statement.target, ast.Name)
        i, bounds = statement.target.id, [self.value(x) for x in statement.iter.args]
        self.variables.setdefault(i, "whole")
        start, stop, step = {1: ["0", *bounds, "1"], 2: [*bounds, "1"], 3: bounds}[len(bounds)]
        moved = f"{i}++" if step == "1" else f"{i} += {step}"
        return [f"for ({i} = {start}; {i} < {stop}; {moved}) {{", *indented(self.statements(statement.body)), "}"]

    # -- expressions

    def is_whole(self, x: ast.expr) -> bool:
        """Whether an expression is a whole number, which counts and indexes."""
        if isinstance(x, ast.Constant):
            return isinstance(x.value, int)
        if isinstance(x, ast.Name):
            return x.id in self.sizes or self.variables.get(x.id) == "whole"
        return isinstance(x, ast.BinOp) and self.is_whole(x.left) and self.is_whole(x.right)

    def value(self, x: ast.expr) -> str:
        """An expression.  Python, C and JavaScript agree on how tightly operators bind."""
        if isinstance(x, ast.IfExp):
            return f"{self.value(x.test)} ? {self.value(x.body)} : {self.value(x.orelse)}"
        if isinstance(x, ast.BoolOp):
            return {ast.And: " && ", ast.Or: " || "}[type(x.op)].join(map(self.value, x.values))
        return ast.unparse(Words(self).visit(x))


class Words(ast.NodeTransformer):
    """Changes the words of Python in an expression to those of the language."""

    def __init__(self, text: KernelText) -> None:
        self.functions = text.functions

    def visit_Name(self, x: ast.Name) -> ast.Name:
        if x.id in CALLED:
            return ast.Name(self.functions.function("fabs" if x.id == "abs" else x.id))
        return ast.Name(self.functions.dialect.number(float("nan"))) if x.id == "nan" else x
