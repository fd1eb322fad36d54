"""Formulas: what a row and its partials say, in letters instead of numbers.

A `Formula` is an operand like any other, so the rows of the table and their partials apply to it as they
stand.  Nothing of the mathematics is written down twice, but for a few partials that lectures say in another
way (`partials`).  `writing` puts formulas into text and LaTeX.
"""

from collections.abc import Mapping
from typing import Any

from autograd_lite.core.primitives import Operand, Primitive, number, row_named

# How tightly an operation binds; what binds less needs brackets inside of it.
SUM, PRODUCT, MINUS, POWER, ATOM = range(5)
STRENGTHS = {
    "add": SUM, "sub": SUM, "mean": SUM, "mul": PRODUCT, "prod": PRODUCT, "div": PRODUCT, "reciprocal": PRODUCT,
    "where": SUM, "cond": SUM, "neg": MINUS, "pow": POWER, "square": POWER, "exp": POWER, "exp2": POWER,
}  # fmt: skip


class Formula(Operand):
    """An expression: a name, a number, or a row applied to expressions."""

    __slots__ = ()

    @property
    def strength(self) -> int:
        """How tightly it binds."""
        return ATOM

    def apply(self, row: Primitive, operands: tuple[object, ...]) -> "Formula":
        return Applied(row.name, tuple(as_formula(x) for x in operands))

    def truth(self) -> bool | None:
        return None

    def __neg__(self) -> "Formula":
        return Applied("neg", (self,))

    def __add__(self, other: object) -> "Formula":
        return simplified("add", self, as_formula(other))

    def __radd__(self, other: object) -> "Formula":
        return simplified("add", as_formula(other), self)

    def __sub__(self, other: object) -> "Formula":
        return simplified("sub", self, as_formula(other))

    def __rsub__(self, other: object) -> "Formula":
        return simplified("sub", as_formula(other), self)

    def __mul__(self, other: object) -> "Formula":
        return simplified("mul", self, as_formula(other))

    def __rmul__(self, other: object) -> "Formula":
        return simplified("mul", as_formula(other), self)

    def __truediv__(self, other: object) -> "Formula":
        return simplified("div", self, as_formula(other))

    def __rtruediv__(self, other: object) -> "Formula":
        return simplified("div", as_formula(other), self)

    def __pow__(self, other: object) -> "Formula":
        return simplified("pow", self, as_formula(other))


class Name(Formula):
    """A variable."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Number(Formula):
    """A number as such."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    @property
    def strength(self) -> int:
        return MINUS if self.value < 0.0 else ATOM


class Applied(Formula):
    """A row applied to expressions."""

    __slots__ = ("name", "operands")

    def __init__(self, name: str, operands: tuple[Formula, ...]) -> None:
        self.name = name
        self.operands = operands

    @property
    def strength(self) -> int:
        if self.name in ("dot", "sum"):
            several = len(self.operands) > (2 if self.name == "dot" else 1)
            return SUM if several else PRODUCT
        return STRENGTHS.get(self.name, ATOM)


def as_formula(x: object) -> Formula:
    """x as an expression."""
    if isinstance(x, Formula):
        return x
    value = number(x)
    if value is None:
        raise TypeError(f"a formula is made of names and numbers, but got {x!r}; pass one of them")
    return Number(value)


def simplified(name: str, a: Formula, b: Formula) -> Formula:
    """The operation without what changes nothing: factors of 1, terms of 0; a minus comes first; x·x is x²."""
    x = a.value if isinstance(a, Number) else None
    y = b.value if isinstance(b, Number) else None
    if name == "mul" and x == 1.0:
        return b
    if name in ("mul", "div", "pow") and y == 1.0:
        return a
    if name == "mul" and 0.0 in (x, y):
        return Number(0.0)
    if name == "add" and x == 0.0:
        return b
    if name in ("add", "sub") and y == 0.0:
        return a
    if name in ("mul", "div") and isinstance(a, Applied) and a.name == "neg":
        return -simplified(name, a.operands[0], b)
    if name == "mul" and isinstance(a, Name) and isinstance(b, Name) and a.name == b.name:
        return Applied("square", (a,))
    return Applied(name, (a, b))


def formula_of(row: Primitive, operands: tuple[Any, ...]) -> Formula:
    """What a row says of these operands."""
    formulas = tuple(as_formula(x) for x in operands)
    return formulas[0] if row.name == "identity" else Applied(row.name, formulas)


def evaluated(x: Formula, numbers: Mapping[str, float]) -> float:
    """The number that an expression means, by IEEE 754.  Raises KeyError on a name or a row that is not known."""
    if isinstance(x, Applied):
        return row_named(x.name).total(*[evaluated(y, numbers) for y in x.operands])
    assert isinstance(x, (Name, Number))
    return numbers[x.name] if isinstance(x, Name) else x.value


def substituted(x: Formula, numbers: dict[str, float]) -> Formula:
    """The expression with numbers in place of names."""
    if isinstance(x, Name) and x.name in numbers:
        return Number(numbers[x.name])
    if isinstance(x, Applied):
        return Applied(x.name, tuple(substituted(y, numbers) for y in x.operands))
    return x
