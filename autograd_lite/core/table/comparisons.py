"""Rows that compare: conditions beside those of `choices`, NumPy's step, and the larger of two that skips nan."""

import math

from autograd_lite.core.columns.constants import INF, LARGEST
from autograd_lite.core.columns.entering import primitive
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_choices, complex_functions
from autograd_lite.core.table.choices import abs, decide, equal, less, less_equal, logical_not, where
from autograd_lite.core.table.definitions import on_floats

__all__ = ["greater", "greater_equal", "not_equal", "isnan", "isinf", "isfinite", "fmax", "fmin", "heaviside"]

greater: Primitive = primitive(
    "greater", lambda x, y: 1.0 if x > y else 0.0, (None, None), "x > y", label=">",
    compares=True, notation="[<x> > <y>]", latex="[<x> > <y>]",
    python="1.0 if {} > {} else 0.0", array=lambda xp, x, y: x > y, c="{} > {} ? 1.0 : 0.0", llvm="fcmp ogt",
    ball_value=lambda x, y: ball_choices.less(y, x), infinity="inf > x > -inf",
)  # fmt: skip
greater_equal: Primitive = primitive(
    "greater_equal", lambda x, y: 1.0 if x >= y else 0.0, (None, None), "x >= y", label=">=", sign="≥",
    compares=True, notation="[<x> ≥ <y>]", latex=r"[<x> \ge <y>]",
    python="1.0 if {} >= {} else 0.0", array=lambda xp, x, y: x >= y, c="{} >= {} ? 1.0 : 0.0", llvm="fcmp oge",
    ball_value=lambda x, y: ball_choices.less_equal(y, x), infinity="inf >= x >= -inf",
)  # fmt: skip
not_equal: Primitive = primitive(
    "not_equal", lambda x, y: 1.0 if x != y else 0.0, (None, None), "x != y", label="!=", sign="≠",
    compares=True, notation="[<x> ≠ <y>]", latex=r"[<x> \ne <y>]",
    python="1.0 if {} != {} else 0.0", array=lambda xp, x, y: x != y, c="{} != {} ? 1.0 : 0.0", llvm="fcmp une",
    ball_value=ball_choices.not_equal, infinity="inf = inf",
)  # fmt: skip
isnan: Primitive = primitive(
    "isnan", lambda x: 1.0 if x != x else 0.0, (None,), "whether x is nan", lowering=lambda x: not_equal(x, x),
    ball_value=ball_choices.is_no_number, infinity="-inf and inf: 0",
)  # fmt: skip
isinf: Primitive = primitive(
    "isinf", lambda x: 1.0 if math.fabs(x) == INF else 0.0, (None,), "whether x is infinite",
    lowering=lambda x: equal(abs(x), INF),
    ball_value=ball_choices.is_infinite, infinity="-inf and inf: 1",
)  # fmt: skip
isfinite: Primitive = primitive(
    "isfinite", lambda x: 1.0 if math.fabs(x) <= LARGEST else 0.0, (None,), "whether x is neither infinite nor nan",
    lowering=lambda x: less_equal(abs(x), LARGEST),
    ball_value=ball_choices.is_a_number, infinity="-inf and inf: 0",
)  # fmt: skip


def larger_or_only(x: Scalar, y: Scalar) -> object:
    return where(equal(x, x), where(less(x, y), y, x), y)


def smaller_or_only(x: Scalar, y: Scalar) -> object:
    return where(equal(x, x), where(less(y, x), y, x), y)


def share(wins: Scalar, x: Scalar, y: Scalar) -> object:
    """The partial of x, which passes through where it wins, half at a tie, and whole where y is nan."""
    return decide(isnan(y), lambda: logical_not(isnan(x)), lambda: wins + 0.5 * equal(x, y))


fmax: Primitive = primitive(
    "fmax", on_floats(larger_or_only),
    (lambda out, x, y: share(less(y, x), x, y), lambda out, x, y: share(less(x, y), y, x)),
    "max(x, y), the other where one is nan", kinks="x = y: 1/2 each", compares=True,
    lowering=larger_or_only, complex_value=complex_functions.largest,
    lecture=(lambda out, x, y: less(y, x), lambda out, x, y: less(x, y)),
    ball_value=ball_choices.maximum, infinity="x = inf: inf; x = -inf: y",
)  # fmt: skip
fmin: Primitive = primitive(
    "fmin", on_floats(smaller_or_only),
    (lambda out, x, y: share(less(x, y), x, y), lambda out, x, y: share(less(y, x), y, x)),
    "min(x, y), the other where one is nan", kinks="x = y: 1/2 each", compares=True,
    lowering=smaller_or_only, complex_value=complex_functions.smallest,
    lecture=(lambda out, x, y: less(x, y), lambda out, x, y: less(y, x)),
    ball_value=ball_choices.minimum, infinity="x = inf: y; x = -inf: -inf",
)  # fmt: skip
heaviside: Primitive = primitive(
    "heaviside", lambda x, y: 1.0 if x > 0.0 else 0.0 if x < 0.0 else y if x == 0.0 else x,
    (0.0, lambda out, x, y: equal(x, 0.0)), "0 if x < 0, y if x = 0, 1 if x > 0", sign="H", kinks="x = 0: 0 in x",
    lowering=lambda x, y: where(less(0.0, x), 1.0, where(less(x, 0.0), 0.0, where(equal(x, 0.0), y, x))),
    distance=lambda x, y: math.fabs(x), complex_value=lambda x, y: complex(x.real > 0.0) if x.real else y,
    ball_value=ball_choices.heaviside, infinity="x = -inf: 0; x = inf: 1",
)  # fmt: skip
