"""Ball arithmetic: the rows of the table at intervals of real numbers, by Arb through python-flint.

A further meaning of rows for `program.interpreter`: what comes out holds the value for all numbers in the operands.
"""

import itertools
import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from autograd_lite.core import table
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.core.operands import Operand
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table.ball_choices import undecided_choices
from autograd_lite.support.extras import required

Arb = Any
"""An `arb` of python-flint, which has no types."""


class NoBall(ValueError):
    """A row has no value, or none is known, at some ball."""


class Ball(Operand):
    """An interval of real numbers, in which a value is; an operand of rows like any other.

    `decided` tells whether all choices on the way to it were decided.
    """

    __slots__ = ("arb", "arithmetic", "decided")

    def __init__(self, arb: Arb, arithmetic: "BallArithmetic", decided: bool = True) -> None:
        self.arb = arb
        self.arithmetic = arithmetic
        self.decided = decided

    def apply(self, row: Primitive, operands: tuple[object, ...]) -> "Ball":
        return self.arithmetic.value(row, list(operands))

    def truth(self) -> bool | None:
        return True if self.arb > 0 or self.arb < 0 else False if self.arb == 0 else None

    def known(self, row: Primitive, other: object) -> bool:
        """A comparison in Python, which has to be decided now."""
        truth = self.apply(row, (self, other)).truth()
        if truth is None:
            raise NoBall(
                f"a comparison in Python of {self.arb} with {other} is not decided; write it by less and where"
            )
        return truth

    def __eq__(self, other: object) -> bool:
        return self.known(table.equal, other)

    __hash__ = Operand.__hash__

    def __float__(self) -> float:
        raise TypeError("a ball is no float")

    def __bool__(self) -> bool:
        return self.known(table.logical_not, 0.0) is False

    def __lt__(self, other: object) -> bool:
        return self.known(table.less, other)

    def __le__(self, other: object) -> bool:
        return self.known(table.less_equal, other)

    def __gt__(self, other: object) -> bool:
        return self.apply(table.less, (other, self)).known(table.equal, 1.0)

    def __ge__(self, other: object) -> bool:
        return self.apply(table.less_equal, (other, self)).known(table.equal, 1.0)

    def __neg__(self) -> "Ball":
        return self.apply(table.neg, (self,))

    def __abs__(self) -> "Ball":
        return self.apply(table.abs, (self,))

    def __add__(self, other: object) -> "Ball":
        return self.apply(table.add, (self, other))

    def __radd__(self, other: object) -> "Ball":
        return self.apply(table.add, (other, self))

    def __sub__(self, other: object) -> "Ball":
        return self.apply(table.sub, (self, other))

    def __rsub__(self, other: object) -> "Ball":
        return self.apply(table.sub, (other, self))

    def __mul__(self, other: object) -> "Ball":
        return self.apply(table.mul, (self, other))

    def __rmul__(self, other: object) -> "Ball":
        return self.apply(table.mul, (other, self))

    def __truediv__(self, other: object) -> "Ball":
        return self.apply(table.div, (self, other))

    def __rtruediv__(self, other: object) -> "Ball":
        return self.apply(table.div, (other, self))

    def __pow__(self, other: object) -> "Ball":
        return self.apply(table.pow, (self, other))

    def __rpow__(self, other: object) -> "Ball":
        return self.apply(table.pow, (other, self))

    def __mod__(self, other: object) -> "Ball":
        return self.apply(table.mod, (self, other))

    def __floordiv__(self, other: object) -> "Ball":
        return self.apply(table.floor_divide, (self, other))


MANY = 6
"""Operands up to which the signs of zeros are all tried: twice as many computations for each."""

Widening = Callable[[Primitive, list[Arb], Callable[[list[Arb]], Arb]], Arb]
"""Of a row, its operands and its meaning: an enclosure of what a computation of it gives, errors included."""


class BallArithmetic:
    """One run of ball arithmetic with so many bits, and which choices it could not decide.

    `widening` encloses computed numbers in place of exact ones.  Raises ImportError without python-flint.
    """

    def __init__(self, precision: int, widening: Widening | None = None, by: str = "ball arithmetic") -> None:
        self.flint = required("flint", by, "certify")
        self.arb = self.flint.arb
        self.precision = precision
        self.widening = widening
        self.undecided: dict[str, None] = {}
        self.nowhere: list[str] = []

    def context(self) -> AbstractContextManager[Any]:
        """In which all of it has to run: the precision is a setting of Arb."""
        context: AbstractContextManager[Any] = self.flint.ctx.workprec(self.precision)
        return context

    def exact(self, x: float) -> Ball:
        return Ball(self.arb(x), self)

    def balls(self, operands: Iterable[Any]) -> list[Ball]:
        return [x if isinstance(x, Ball) else self.exact(float(x)) for x in operands]

    def value(self, row: Primitive, operands: list[Any]) -> Ball:
        """A row at balls; this is its meaning for `interpret`."""
        balls = self.balls(operands)
        if row.selects:
            return self.selected(row, balls)
        decided = all([x.decided for x in balls])  # noqa: C419
        f = self.meaning(row)
        if f is None:
            derived = self.derived(row, balls)
            return Ball(derived.arb, self, decided and derived.decided)
        arbs = [x.arb for x in balls]
        before = undecided_choices()
        result = f(arbs) if self.widening is None else self.widening(row, arbs, f)
        if result.is_nan() or not all([x.is_finite() for x in arbs]):  # noqa: C419
            result = self.at_the_ends(row, arbs, result)
        if undecided_choices() != before:
            decided = False
            self.undecided[ball_text(row, arbs)] = None
        return Ball(result, self, decided)

    def selected(self, row: Primitive, balls: list[Ball]) -> Ball:
        """One of two operands; what holds both where it is not known which."""
        condition, a, b = balls
        truth = condition.truth()
        if truth is None and a is not b:
            if condition.decided:  # else what made the condition is told
                self.undecided[ball_text(row, [x.arb for x in balls])] = None
            return Ball(a.arb.union(b.arb), self, False)
        chosen = a if truth or truth is None else b
        return chosen if condition.decided else Ball(chosen.arb, self, False)

    def meaning(self, row: Primitive) -> Callable[[list[Arb]], Arb] | None:
        """The column of the row, as a function of a list of arbs; None where the row is derived."""
        column = row.ball_value or (row.libm if hasattr(self.arb, row.libm or " ") else None)
        if row is BATCH_SUM:
            column = table.sum.ball_value
        if column is None:
            return None
        if isinstance(column, str):
            method = getattr(self.arb, column)
            return lambda arbs: method(*arbs)
        return column if row.arity is None or row is BATCH_SUM else lambda arbs: column(*arbs)

    def derived(self, row: Primitive, balls: list[Ball]) -> Ball:
        """By the lowering of the row, or its value, if that is written in rows."""
        f = row.lowering or row.value
        try:
            result = f(balls) if row.arity is None else f(*balls)
            return result if isinstance(result, Ball) else self.exact(float(result))
        except (TypeError, AttributeError) as error:
            raise NoBall(
                f"{row.name} has no meaning in ball arithmetic: its value is no computation in rows ({error}); give "
                f"the row a column ball_value or lowering, or certify the parts of the function without it"
            ) from error

    def at_the_ends(self, row: Primitive, arbs: list[Arb], result: Arb) -> Arb:
        """At infinite operands, and poles that Arb leaves out: by the value on floats, where that is exact.

        An infinity is one where it does not depend on the sign of a zero.
        """
        floats = [x for x in map(exact_float, arbs) if x is not None]
        if len(floats) == len(arbs) <= MANY and not any(map(math.isnan, floats)):
            signs = [(0.0, -0.0) if x == 0.0 else (x,) for x in floats]
            values = {row.ieee_value(*xs) for xs in itertools.product(*signs)}
            infinite = any(map(math.isinf, floats))
            plain = {0.0, 1.0, -1.0, *floats} | ({2.0} if row.arity == 1 else set())
            if infinite and all(map(math.isnan, values)):
                return self.arb.nan()
            x = values.pop()
            if not values and (math.isinf(x) or (infinite and x in plain)):
                return self.arb(x)
        if result.is_nan() and not any(x.is_nan() for x in arbs):
            self.nowhere.append(ball_text(row, arbs))
        return result


def exact_float(arb: Arb) -> float | None:
    """The float that a ball is; None where it is none."""
    if not arb.is_exact():
        return None
    try:
        x = float(arb.mid())
    except (ArithmeticError, ValueError):
        return None
    return x if arb == x or arb.is_nan() else None


def ball_text(row: Primitive, arbs: list[Arb]) -> str:
    """A row at balls, as messages name it."""
    shown = ", ".join([x.str(12) for x in arbs[:4]] + ["..."] * (len(arbs) > 4))
    return f"{row.name}({shown})"
