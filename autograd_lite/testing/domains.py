"""Where a row is defined and where its kinks are, by its columns.

Beside `precision`: what strategies draw from, and whether a point is too near a kink.
"""

import math
from collections.abc import Sequence
from itertools import combinations

from autograd_lite.core.columns.row import EVERYWHERE, Interval
from autograd_lite.core.primitives import Primitive


def intervals(row: Primitive, count: int) -> tuple[Interval, ...]:
    """Where the `count` operands of a row are drawn from."""
    if row.arity is None and row.intervals:
        return row.intervals * count
    return row.intervals or (EVERYWHERE,) * count


def is_defined(row: Primitive, operands: Sequence[float]) -> bool:
    """Whether the row has a finite value at these floats."""
    try:
        return math.isfinite(row.raw(list(operands)))
    except (ArithmeticError, ValueError):
        return False


def is_flat(row: Primitive) -> bool:
    """Whether a row is constant between its jumps, so that its derivatives are all 0."""
    return bool(row.partial_rules) and all(p is None or p == 0.0 for p in row.partial_rules)


def kink_distance(row: Primitive, operands: Sequence[float], steady: Sequence[bool] = ()) -> float:
    """The distance of the operands of a row from its nearest kink, jump or pole; inf where it has none.

    `steady`: which operands stay what they are when the others move a little: constants, and results of
    rows that are flat between their jumps.  These cross no kink.

    >>> from autograd_lite.core.table import relu, sin, where
    >>> kink_distance(relu, [-0.5]), kink_distance(sin, [0.0])
    (0.5, inf)
    >>> kink_distance(where, [0.0, 1.0, 2.0]), kink_distance(where, [0.0, 1.0, 2.0], [True, False, False])
    (0.0, inf)
    """
    if steady and all(steady):
        return math.inf
    fixed = list(steady) or [False] * len(operands)
    if row.truths:
        return truth_distance(row, operands[: row.truths], fixed[: row.truths])
    if row.entire is not None and all(fixed[1:]) and row.entire(*operands):
        return math.inf
    if row.compares:
        return abs(operands[0] - operands[1])
    if row.distance is None:
        return math.inf
    try:
        return float(row.distance(list(operands)) if row.arity is None else row.distance(*operands))
    except (ArithmeticError, ValueError):
        return 0.0


def truth_distance(row: Primitive, operands: Sequence[float], fixed: Sequence[bool]) -> float:
    """How far the operands that may move are from a change of truth that changes the value of the row."""

    def value(truths: Sequence[bool]) -> float:
        return row.value(*map(float, truths), *map(float, range((row.arity or 0) - row.truths)))

    now = [x != 0.0 for x in operands]
    free = [i for i, x in enumerate(fixed) if not x]
    changes = [changed for size in range(1, len(free) + 1) for changed in combinations(free, size)]
    telling = [c for c in changes if value([truth != (i in c) for i, truth in enumerate(now)]) != value(now)]
    return min([max([abs(operands[i]) for i in changed]) for changed in telling], default=math.inf)
