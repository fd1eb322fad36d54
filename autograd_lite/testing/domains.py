"""Which operands a row is defined at, where its kinks are, and floats drawn by their spacing.

Beside `precision`: what strategies draw from, and what tells that a point is too near a kink.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.primitives import Primitive
from autograd_lite.testing.precision import LARGEST, SMALLEST, next_float

Interval = tuple[float, float]
EVERYWHERE: Interval = (-LARGEST, LARGEST)
POSITIVE: Interval = (SMALLEST, LARGEST)
CONDITION: Interval = (0.0, 1.0)

INTERVALS: dict[str, tuple[Interval, ...]] = {
    "pow": ((0.0, LARGEST), (-200.0, 200.0)),
    "exp": ((-746.0, 709.7),),
    "expm1": ((-746.0, 709.7),),
    "exp2": ((-1075.0, 1023.9),),
    "log": (POSITIVE,),
    "log1p": ((next_float(-1.0), LARGEST),),
    "log2": (POSITIVE,),
    "log10": (POSITIVE,),
    "sqrt": ((0.0, LARGEST),),
    "asin": ((-1.0, 1.0),),
    "acos": ((-1.0, 1.0),),
    "sinh": ((-710.4, 710.4),),
    "cosh": ((-710.4, 710.4),),
    "acosh": ((1.0, LARGEST),),
    "atanh": ((next_float(-1.0), next_float(1.0, -1)),),
    "gamma": ((-180.0, 171.6),),
    "lgamma": ((-1e6, 1e305),),
    "digamma": ((-1e6, LARGEST),),
    "trigamma": ((-1e6, LARGEST),),
    "polygamma": ((0.0, 8.0), (-1e3, 1e150)),
    "where": (CONDITION, EVERYWHERE, EVERYWHERE),
    "cond": (CONDITION, EVERYWHERE, EVERYWHERE),
}
"""An interval for each operand that holds what is drawn; rows that are not here are drawn from everywhere."""

WHOLE = {("polygamma", 0)}
"""Operands that are whole numbers."""


def intervals(row: Primitive, count: int) -> tuple[Interval, ...]:
    """Where the `count` operands of a row are drawn from."""
    return INTERVALS.get(row.name, (EVERYWHERE,) * count)


def is_defined(row: Primitive, operands: Sequence[float]) -> bool:
    """Whether the row has a finite value at these floats."""
    try:
        value = row.value(list(operands)) if row.arity is None else row.value(*operands)
    except (ArithmeticError, ValueError):
        return False
    return math.isfinite(value)


def to_whole(x: float) -> float:
    """The distance of x from the nearest whole number."""
    return math.fabs(x - round(x)) if math.fabs(x) < 2.0**53 else 0.0


def to_half(x: float) -> float:
    return math.fabs(math.fabs(math.fmod(x, 1.0)) - 0.5) if math.fabs(x) < 2.0**52 else 0.5


def to_pole(x: float) -> float:
    """The distance of x from 0, -1, -2, ..."""
    return x if x > 0.0 else to_whole(x)


def lead(xs: Sequence[float]) -> float:
    """How far the largest of xs is above the second."""
    if len(xs) < 2:
        return math.inf
    first, second = sorted(xs, reverse=True)[:2]
    return first - second


Distance = Callable[..., float]

DISTANCES: dict[str, Distance] = {
    "abs": abs,
    "relu": abs,
    "sign": abs,
    "sqrt": abs,
    "cbrt": abs,
    "floor": to_whole,
    "ceil": to_whole,
    "trunc": lambda x: to_whole(x) if abs(x) >= 0.5 else 1.0 - abs(x),
    "round": to_half,
    "mod": lambda x, y: to_whole(x / y) * abs(y) / max(1.0, abs(x / y)),
    "floor_divide": lambda x, y: to_whole(x / y) * abs(y) / max(1.0, abs(x / y)),
    "fmod": lambda x, y: (to_whole(x / y) if abs(x / y) >= 0.5 else 1.0 - abs(x / y)) * abs(y) / max(1.0, abs(x / y)),
    "copysign": lambda x, y: min(abs(x), abs(y)),
    "maximum": lambda x, y: abs(x - y),
    "minimum": lambda x, y: abs(x - y),
    "clip": lambda x, low, high: min(abs(x - low), abs(high - x), abs(high - low)),
    "less": lambda x, y: abs(x - y),
    "less_equal": lambda x, y: abs(x - y),
    "equal": lambda x, y: abs(x - y),
    "div": lambda x, y: abs(y),
    "reciprocal": abs,
    "log": abs,
    "log1p": lambda x: abs(1.0 + x),
    "log2": abs,
    "log10": abs,
    "tan": lambda x: abs(math.cos(x)),
    "atanh": lambda x: 1.0 - abs(x),
    "gamma": to_pole,
    "lgamma": to_pole,
    "digamma": to_pole,
    "trigamma": to_pole,
    "polygamma": lambda n, x: to_pole(x),
    "asin": lambda x: 1.0 - abs(x),
    "acos": lambda x: 1.0 - abs(x),
    "acosh": lambda x: x - 1.0,
    "atan2": lambda y, x: math.hypot(x, y) if x > 0.0 else abs(y),
    "hypot": math.hypot,
    "pow": lambda x, y: abs(x),
    "max": lead,
    "min": lambda xs: lead([-x for x in xs]),
}
"""How far the operands are from the nearest kink, jump, pole or end of the domain, in units of the operands;
other rows have none."""


TRUTHS = {"where": 1, "cond": 1, "logical_not": 1, "logical_and": 2, "logical_or": 2}
"""How many operands of a row, the first ones, count as true unless they are 0: there they jump."""


def is_flat(row: Primitive) -> bool:
    """Whether a row is constant between its jumps, so that nothing flows through it."""
    return bool(row.texts) and all(p is None or p == 0.0 for p in row.texts)


def kink_distance(row: Primitive, operands: Sequence[float], steady: Sequence[bool] = ()) -> float:
    """The distance of the operands of a row from its nearest kink, jump or pole; inf where it has none.

    `steady` tells which operands stay what they are when the others move a little: constants, and results of
    rows that are flat between their jumps.  These cross no kink.

    >>> from autograd_lite.core.table import relu, sin, where
    >>> kink_distance(relu, [-0.5]), kink_distance(sin, [0.0])
    (0.5, inf)
    >>> kink_distance(where, [0.0, 1.0, 2.0]), kink_distance(where, [0.0, 1.0, 2.0], [True, False, False])
    (0.0, inf)
    """
    if steady and all(steady):
        return math.inf
    fixed = steady or [False] * len(operands)
    if row.name in TRUTHS:
        return truth_distance(row.name, list(zip(operands, fixed, strict=True))[: TRUTHS[row.name]])
    if row.name == "pow" and fixed[1] and operands[1] >= 0.0 and to_whole(operands[1]) == 0.0:
        return math.inf  # a polynomial
    distance: Any = DISTANCES.get(row.name)
    if distance is None:
        return math.inf
    try:
        return float(distance(list(operands)) if row.arity is None else distance(*operands))
    except (ArithmeticError, ValueError):
        return 0.0


def truth_distance(name: str, operands: list[tuple[float, bool]]) -> float:
    """How far the operands that may move are from changing whether the row is true."""
    free = [abs(x) for x, fixed in operands if not fixed]
    known = [x != 0.0 for x, fixed in operands if fixed]
    if not free or (name == "logical_and" and False in known) or (name == "logical_or" and True in known):
        return math.inf
    return max(free) if name == "logical_or" else min(free)
