"""Distances to kinks, jumps, poles and the ends of domains, in units of the operands: a column of the table."""

import math
from collections.abc import Sequence


def to_whole(x: float) -> float:
    """The distance of x from the nearest whole number."""
    return math.fabs(x - round(x)) if math.fabs(x) < 2.0**53 else 0.0


def to_half(x: float) -> float:
    """The distance of x from the nearest of ±1/2, ±3/2, ..."""
    return math.fabs(math.fabs(math.fmod(x, 1.0)) - 0.5) if math.fabs(x) < 2.0**52 else 0.5


def to_step_of_trunc(x: float) -> float:
    """The distance of x from the nearest whole number but 0."""
    return to_whole(x) if abs(x) >= 0.5 else 1.0 - abs(x)


def to_pole(x: float) -> float:
    """The distance of x from 0, -1, -2, ..."""
    return x if x > 0.0 else to_whole(x)


def to_cell(x: float, y: float) -> float:
    """How far x and y are from where floor(x / y) jumps."""
    return to_whole(x / y) * abs(y) / max(1.0, abs(x / y))


def to_cell_of_trunc(x: float, y: float) -> float:
    """How far x and y are from where trunc(x / y) jumps."""
    return to_step_of_trunc(x / y) * abs(y) / max(1.0, abs(x / y))


def to_one(x: float) -> float:
    """How far x is inside of [-1, 1]."""
    return 1.0 - abs(x)


def lead(xs: Sequence[float]) -> float:
    """How far the largest of xs is above the second."""
    if len(xs) < 2:
        return math.inf
    first, second = sorted(xs, reverse=True)[:2]
    return first - second
