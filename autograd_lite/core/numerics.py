"""Functions of floats that `math` lacks: floats in, a float out.

A nan operand gives nan; what is outside of the domain raises as `math` does.  The other functions that rows have as
values are beside the rows, in `table.float_values`.
"""

import math
from collections.abc import Sequence
from typing import Final

NAN: Final = math.nan
INF: Final = math.inf
SQRT_HALF: Final = math.sqrt(0.5)
LN2: Final = 0.6931471805599453
LOG2_E: Final = 1.4426950408889634
LARGEST: Final = math.ldexp(1.0 - 2.0**-53, 1024)
SMALLEST: Final = math.ldexp(1.0, -1074)
ENLARGED: Final = 2.0**600
TINY: Final = 2.0**-1022  # the smallest number of all digits, whose reciprocal is finite


def power(x: float, y: float) -> float:
    """x to the power y, with Python's exceptions, x*x at y = 2, and nan wherever an operand is nan."""
    if x != x or y != y:
        return NAN
    if y == 2.0:
        result = x * x
        if result == INF and abs(x) != INF:
            raise OverflowError("the result is too large for a float")
        return result
    if x == 0.0 and -INF < y < 0.0:
        raise ZeroDivisionError("0 cannot be raised to a negative power")
    return math.pow(x, y)


def power_limit(x: float, y: float) -> float:
    """x to the power y by IEEE 754 where Python raises."""
    if x < 0.0 and y != math.floor(y):
        return NAN
    odd = abs(y) < INF and abs(math.fmod(y, 2.0)) == 1.0
    return math.copysign(INF, x) if odd else INF


def quotient(x: float, y: float) -> float:
    """x / y by IEEE 754: a zero divisor gives a signed infinity, or nan for 0 / 0 and nan / 0."""
    if y != 0.0:
        return x / y
    if x != x or x == 0.0:
        return NAN
    return math.copysign(INF, x) * math.copysign(1.0, y)


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), with an exponential that never overflows."""
    t = math.exp(-abs(x))
    return (t if x < 0.0 else 1.0) / (1.0 + t)


def total(xs: Sequence[float]) -> float:
    """x0 + x1 + ..., from left to right; not ``sum``, which compensates its rounding since Python 3.12."""
    if not xs:
        return 0.0
    result = xs[0]
    for i in range(1, len(xs)):
        result += xs[i]
    return result


def product(xs: Sequence[float]) -> float:
    if not xs:
        return 1.0
    result = xs[0]
    for i in range(1, len(xs)):
        result *= xs[i]
    return result


def dot(operands: Sequence[float]) -> float:
    """w0 x0 + w1 x1 + ..., from left to right; the operands are all w, then all x."""
    n = len(operands) // 2
    if n == 0:
        return 0.0
    result = operands[0] * operands[n]
    for i in range(1, n):
        result += operands[i] * operands[n + i]
    return result
