"""Definitions: functions of floats whose Python text all engines read, so that none has another algorithm.

A definition runs as it is on floats, natively compiled where the package is.  Here it is read on operands of any kind:
on those of a graph it gives rows, and a back end writes code by saying how a row is applied and how a branch is chosen.
Loops are over tables of constants and are written out, calls of other definitions in the same module are inlined.
"""

import ast
import importlib
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, Final, NamedTuple

from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import INTERNAL, Primitive
from autograd_lite.core.table import arithmetic, choices, exponentials

OPERATORS: Final[dict[type[ast.AST], Primitive]] = {
    ast.Add: arithmetic.add, ast.Sub: arithmetic.sub, ast.Mult: arithmetic.mul, ast.Div: arithmetic.div,
    ast.USub: arithmetic.neg, ast.Lt: choices.less, ast.LtE: choices.less_equal, ast.Eq: choices.equal,
    ast.And: choices.logical_and, ast.Or: choices.logical_or,
}  # fmt: skip
MIRRORED: Final[dict[type[ast.AST], Primitive]] = {ast.Gt: choices.less, ast.GtE: choices.less_equal}
FUNCTIONS: Final = {"fabs": choices.abs, "copysign": choices.copysign, "sqrt": exponentials.sqrt}
Names = dict[str, Any]


class Definition(NamedTuple):
    """A function of a module of `core.table`; as the lowering of a row it is read in rows."""

    module: str
    function: str

    def __call__(self, *operands: Scalar) -> Any:
        return Reader().read(self, operands)


def is_written_inline(row: Primitive) -> bool:
    """Whether back ends that read definitions replace a row by its lowering: it has one that is none."""
    return row.lowering is not None and not isinstance(row.lowering, Definition)


class ModuleSource(NamedTuple):
    """The functions of a module as syntax, and its constants."""

    functions: dict[str, ast.FunctionDef]
    constants: Names


@cache
def source_of(name: str) -> ModuleSource:
    """By the source file, which lies beside the native code of a module that is compiled."""
    import pkgutil  # which nothing else needs, while all import this module

    text = pkgutil.get_data("autograd_lite", f"core/table/{name}.py") or b""
    found = {x.name: x for x in ast.parse(text).body if isinstance(x, ast.FunctionDef)}
    return ModuleSource(found, vars(importlib.import_module(f"autograd_lite.core.table.{name}")))


class Reader:
    """Reads a definition on operands, of which floats are known; this one in rows on the operands of a graph."""

    def applied(self, row: Primitive, operands: Sequence[Any]) -> Any:
        return row(*operands)

    def chosen(self, condition: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        """The number of one branch or of the other, each of which is computed only where it is needed."""
        return choices.decide(condition, yes, no)

    def read(self, definition: Definition, operands: Sequence[Any]) -> Any:
        self.source = source_of(definition.module)
        return self.call(definition.function, operands)

    def call(self, name: str, operands: Sequence[Any]) -> Any:
        if name in INTERNAL:
            return self.operation(INTERNAL[name], *operands)
        function = self.source.functions[name]
        return self.block(function.body, dict(zip([x.arg for x in function.args.args], operands, strict=True)))

    def operation(self, row: Primitive, *operands: Any) -> Any:
        known = [x for x in operands if isinstance(x, float)]
        return row.ieee_value(*known) if len(known) == len(operands) else self.applied(row, operands)

    def block(self, statements: Sequence[ast.stmt], names: Names) -> Any:
        """What the statements return; behind a branch that returns, the rest is the other branch."""
        for k, statement in enumerate(statements):
            match statement:
                case ast.Return(ast.expr() as result):
                    return self.value(result, names)
                case ast.Assign([ast.Name(name)], value):
                    names[name] = self.value(value, names)
                case ast.Assign([ast.Tuple(targets)], value):
                    places = [x.id for x in targets if isinstance(x, ast.Name)]
                    names |= zip(places, self.value(value, names), strict=True)
                case ast.For(ast.Name(name), numbers, body):
                    for x in self.value(numbers, names):
                        names[name] = x
                        self.block(body, names)
                case ast.If(test, body):
                    condition, rest = self.value(test, names), statements[k + 1 :]
                    if isinstance(condition, float):
                        return self.block(body if condition else rest, names)
                    yes, no = [partial(self.block, part, dict(names)) for part in (body, rest)]
                    return self.chosen(condition, yes, no)
        return None

    def value(self, x: ast.expr, names: Names) -> Any:
        match x:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                return names[name] if name in names else self.source.constants[name]
            case ast.Attribute(ast.Name("math"), "pi"):
                return self.source.constants["math"].pi
            case ast.Tuple(parts):
                return tuple([self.value(part, names) for part in parts])
            case ast.UnaryOp(operator, operand):
                return self.operation(OPERATORS[type(operator)], self.value(operand, names))
            case ast.BinOp(left, operator, right):
                return self.operation(OPERATORS[type(operator)], self.value(left, names), self.value(right, names))
            case ast.BoolOp(operator, parts):
                first, *rest = [self.value(part, names) for part in parts]
                for part in rest:
                    first = self.operation(OPERATORS[type(operator)], first, part)
                return first
            case ast.Compare(left, [operator], [right]):
                a, b = self.value(left, names), self.value(right, names)
                if isinstance(operator, ast.NotEq):
                    return self.operation(choices.logical_not, self.operation(choices.equal, a, b))
                if type(operator) in MIRRORED:
                    return self.operation(MIRRORED[type(operator)], b, a)
                return self.operation(OPERATORS[type(operator)], a, b)
            case ast.IfExp(test, yes, no):
                return self.operation(
                    choices.where, self.value(test, names), self.value(yes, names), self.value(no, names)
                )
            case ast.Call(ast.Name("reversed"), [operand]):
                return self.value(operand, names)[::-1]
            case ast.Call(ast.Attribute(ast.Name("math"), name), operands):
                return self.operation(FUNCTIONS[name], *[self.value(y, names) for y in operands])
            case ast.Call(ast.Name(name), operands):
                return self.call(name, [self.value(y, names) for y in operands])
        raise NotImplementedError(f"a definition cannot hold {ast.unparse(x)}")
