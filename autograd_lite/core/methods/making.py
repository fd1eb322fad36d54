"""Rows of the table as methods and as operators of Values.

Plain Python in every build, so that each has the name and the documentation that `help` shows.
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.core.primitives import Primitive

Method = Callable[..., Any]


def named(function: Method, name: str, formula: str) -> Method:
    function.__name__, function.__qualname__, function.__doc__ = name, f"Value.{name}", f"{formula}."
    return function


def method(row: Primitive) -> Method:
    """A row as a method of its first operand."""
    if row.arity == 1:
        return named(lambda self: self.apply(row, (self,)), row.name, row.formula)
    return named(lambda self, *others: row(self, *others), row.name, row.formula)


def operator(row: Primitive) -> Method:
    return named(lambda self, other: self.with_number(row, other), row.name, row.formula)


def reflected_operator(row: Primitive) -> Method:
    return named(lambda self, other: self.reflected(row, other), row.name, f"{row.formula}, reflected")


def in_place(operation: Method, sign: str) -> Method:
    """An operator that assigns, as `-=`: it makes a new Value."""

    def assigned(self: Any, other: object) -> Any:
        self.check_assigned(other, sign)
        return operation(self, other)

    return named(assigned, f"__i{operation.__name__}__", f"self {sign[0]} other")
