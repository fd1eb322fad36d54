"""Rows of one definition: a formula in rows, which is the value on floats and the lowering of compiled programs alike.

So the bits are the same in every engine, and there is no second definition that could differ.

Where a slope chooses between two formulas that agree, it does so at odd numbers: `gradcheck` takes the condition for a
kink where second derivatives are asked for, and should not meet it at 0, 1/2 or 1.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.operands import IEEEFloat, Operand, Scalar, float_of
from autograd_lite.core.table.choices import round

Definition = Callable[..., Any]


def anywhere(*operands: float) -> bool:
    return True


def on_floats(
    formula: Definition, inside: Callable[..., bool] = anywhere, error: type[Exception] = ValueError
) -> Callable[..., float]:
    """The value of a row: the formula on floats, which raises outside of the domain."""

    def value(*operands: float) -> float:
        if not inside(*operands) and all(x == x for x in operands):
            raise error("math domain error" if error is ValueError else "math range error")
        result: float = formula(*operands)
        return result

    return value


def by_ieee_754(formula: Definition) -> Callable[..., float]:
    """The limit of a row: the formula in an arithmetic that does not raise."""
    return lambda *operands: float_of(formula(*[IEEEFloat(x) for x in operands]))


def polynomial(coefficients: Sequence[float], x: Scalar) -> Any:
    """c0 + c1 x + c2 x^2 + ..., by Horner's rule."""
    result: Any = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        result = result * x + c
    return result


def halves(x: Scalar) -> tuple[Any, Any]:
    """x as a sum whose first part, a multiple of 2^-16, has an exact square while |x| < 1024."""
    high = round(x * 65536.0) * 2.0**-16
    return high, x - high


def setting(a: Scalar) -> float | None:
    """An operand as a number, which decides how long the loops are; None where it is not known."""
    return None if isinstance(a, Operand) and not isinstance(a, IEEEFloat) else float_of(a)
