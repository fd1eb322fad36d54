"""Formulas: what a row and its partials are in letters instead of numbers.

A `Formula` is an operand, so the rows and their partials apply to it unchanged, and nothing is written down twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from autograd_lite.core.operands import Operand, Scalar, number
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import add, div, identity, mul, neg, pow, square, sub

# How tightly an operation binds; what binds less needs brackets inside of it.
STRENGTHS = ("sum", "quotient", "product", "minus", "power", "atom")
SUM, QUOTIENT, PRODUCT, MINUS, POWER, ATOM = range(6)
Operator = Callable[["Formula", Scalar], "Formula"]


def methods_of(row: Primitive) -> tuple[Operator, Operator]:
    """The methods that apply a row to an expression and what is at its right, or at its left."""
    return (
        lambda self, other: simplified(row, self, as_formula(other)),
        lambda self, other: simplified(row, as_formula(other), self),
    )


class Formula(Operand):
    """An expression: a name, a number, or a row applied to expressions."""

    @property
    def strength(self) -> int:
        """How tightly it binds."""
        return ATOM

    def apply(self, row: Primitive, operands: tuple[object, ...]) -> "Formula":
        return Applied(row, tuple(as_formula(x) for x in operands))

    def truth(self) -> bool | None:
        return None

    def __neg__(self) -> "Formula":
        return Applied(neg, (self,))

    __add__, __radd__ = methods_of(add)
    __sub__, __rsub__ = methods_of(sub)
    __mul__, __rmul__ = methods_of(mul)
    __truediv__, __rtruediv__ = methods_of(div)
    __pow__, __rpow__ = methods_of(pow)


@dataclass(eq=False)
class Name(Formula):
    name: str


@dataclass(eq=False)
class Numeral(Formula):
    value: float

    @property
    def strength(self) -> int:
        return MINUS if self.value < 0.0 else ATOM

    def __sub__(self, other: Scalar) -> Formula:
        """The difference of two numbers is a number: a constant exponent comes down."""
        x = number(other)
        return simplified(sub, self, as_formula(other)) if x is None else Numeral(self.value - x)


@dataclass(eq=False)
class Applied(Formula):
    row: Primitive
    operands: tuple[Formula, ...]

    @property
    def strength(self) -> int:
        one_term = self.row.arity is None and len(self.operands) <= self.row.sequences
        return QUOTIENT if one_term and self.row.binds == "sum" else STRENGTHS.index(self.row.binds)


class Slot(float):
    """A number of a lesson: a float that knows its place among them, so that a page can compute it anew.

    `place` is a position in `Lesson.numbers`, or two of them joined by a star, for their product.
    """

    __slots__ = ("place",)
    place: str

    def __new__(cls, x: float, place: str) -> "Slot":
        self = super().__new__(cls, x)
        self.place = place
        return self


def constant_value(x: Formula) -> float | None:
    """The number that stays what it is whatever the operands are; None for anything else."""
    return x.value if isinstance(x, Numeral) and not isinstance(x.value, Slot) else None


def as_formula(x: object) -> Formula:
    if isinstance(x, Formula):
        return x
    value = number(x)
    if value is None:
        raise TypeError(f"a formula is made of names and numbers, but got {x!r}; pass one of them")
    return Numeral(value)


def simplified(row: Primitive, a: Formula, b: Formula) -> Formula:
    """The operation without what changes nothing: factors of 1, terms of 0; a minus comes first; x·x is x²."""
    x, y = constant_value(a), constant_value(b)
    if (row is mul and x == 1.0) or (row is add and x == 0.0):
        return b
    if (row in (mul, div, pow) and y == 1.0) or (row in (add, sub) and y == 0.0):
        return a
    if row is mul and 0.0 in (x, y):
        return Numeral(0.0)
    if row in (mul, div) and isinstance(a, Applied) and a.row is neg:
        return -simplified(row, a.operands[0], b)
    if row is mul and isinstance(a, Name) and isinstance(b, Name) and a.name == b.name:
        return Applied(square, (a,))
    return Applied(row, (a, b))


def formula_of(row: Primitive, operands: tuple[Scalar, ...]) -> Formula:
    formulas = tuple(as_formula(x) for x in operands)
    return formulas[0] if row is identity else Applied(row, formulas)


def formula_value(x: Formula, numbers: Mapping[str, Any]) -> Any:
    """What an expression is of these numbers, by IEEE 754, or of Values.  Raises KeyError on a name not among them."""
    if isinstance(x, Applied):
        operands = tuple([formula_value(y, numbers) for y in x.operands])
        more = next((y for y in operands if isinstance(y, Operand)), None)
        return x.row.ieee_value(*operands) if more is None else more.apply(x.row, operands)
    assert isinstance(x, (Name, Numeral))
    return numbers[x.name] if isinstance(x, Name) else x.value


def substituted(x: Formula, numbers: dict[str, float]) -> Formula:
    if isinstance(x, Name) and x.name in numbers:
        return Numeral(numbers[x.name])
    if isinstance(x, Applied):
        return Applied(x.row, tuple(substituted(y, numbers) for y in x.operands))
    return x
