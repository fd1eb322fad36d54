"""The row of the logarithm of the normal distribution function, whose derivatives keep their digits in the left tail.

Above `normal_distribution`.  There the slope is that of -x^2 / 2, and what else there is has derivatives of its own.
"""

from typing import Any, Final

from autograd_lite.core.columns.entering import primitive, slope
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions
from autograd_lite.core.table import taylor_coefficients as series
from autograd_lite.core.table.ball_choices import Ball
from autograd_lite.core.table.choices import abs, decide, infinite, less, minimum, relu
from autograd_lite.core.table.definitions import on_floats, polynomial
from autograd_lite.core.table.exponentials import exp, log, log1p, sqrt
from autograd_lite.core.table.normal_distribution import (
    ONE_OVER_SQRT_2_PI,
    SQRT_2_OVER_PI,
    SQRT_HALF,
    erfcx,
    ndtr,
    scaled_to_the_right,
)  # fmt: skip

__all__ = ["log_ndtr"]

TAIL: Final = 1.2  # from here on a continued fraction, of so many steps that its beginning no longer counts
STEPS: Final = 140

# -log_ndtr'' in powers of x + 1/2, x from -TAIL to 0
_HAZARD_SLOPE: Final = tuple(-float((j + 1) * (j + 2)) * series.LOG_NDTR[j + 1] for j in range(26))


def log_ndtr_formula(x: Scalar) -> Any:
    u = minimum(abs(x), 1e300)
    return decide(
        less(x, -1.0),
        lambda: log(0.5 * scaled_to_the_right(u * SQRT_HALF)) - 0.5 * (x * x),
        lambda: decide(less(x, 0.0), lambda: log(ndtr(x)), lambda: log1p(-ndtr(-x))),
    )


def log_ndtr_slope(out: Scalar, x: Scalar) -> Any:
    """The density over the probability, which is -x and 0 at the ends."""
    return decide(
        infinite(x),
        lambda: relu(-x),
        lambda: decide(
            less(x, -0.03),
            lambda: hazard(-x),
            lambda: ONE_OVER_SQRT_2_PI * exp(-0.5 * (x * x) - out),
        ),
    )


def tail_ratio(n: int, z: Scalar) -> Any:
    """Q_n = 1 / (z + (n + 1) Q_(n + 1)), the ratio of repeated integrals of the density, for z >= TAIL.

    Q_1 is hazard(z) - z.
    """
    q = 2.0 / (z + sqrt(z * z + (4.0 * (n + STEPS) + 2.0)))
    for k in range(n + STEPS - 1, n - 1, -1):
        q = 1.0 / (z + (k + 1.0) * q)
    return q


def hazard_slope(out: Scalar, z: Scalar) -> Any:
    """h (h - z), next to 0 by the Taylor series of log_ndtr at -1/2, far out as 1 + Q_1'."""
    return decide(
        less(z, TAIL),
        lambda: polynomial(_HAZARD_SLOPE, 0.5 - z),
        lambda: 1.0 + tail_ratio_1(z) * (tail_ratio_1(z) - 2.0 * tail_ratio_2(z)),
    )


def ball_ratio(n: int, z: Ball) -> Ball:
    q = ball_functions.hazard(z) - z
    for k in range(1, n):
        q = (1 / q - z) / (k + 1)
    return q


def ratio_row(n: int, slope_of: Any) -> Primitive:
    formula = lambda z: tail_ratio(n, z)  # noqa: E731
    return slope(
        f"tail_ratio_{n}", on_floats(formula), (slope_of,), f"the ratio of the repeated integrals {n} and {n - 1} of "
        "the normal density, from z to infinity", lowering=formula, bend=2.0, never_zero=True,
        intervals=((TAIL, 1e150),), ball_value=lambda z: ball_ratio(n, z),
    )  # fmt: skip


hazard: Primitive = slope(
    "hazard", lambda z: SQRT_2_OVER_PI / erfcx(z * SQRT_HALF),
    (lambda out, z: hazard_slope(out, z),),
    "the normal density over the probability beyond z", lowering=lambda z: SQRT_2_OVER_PI / erfcx(z * SQRT_HALF),
    bend=2.0, never_zero=True, intervals=((0.0, 1e150),), ball_value=ball_functions.hazard,
    lecture=(lambda out, z: out * (out - z),),
)  # fmt: skip
# of all these Q_n' = Q_n (n Q_n - (n + 1) Q_(n + 1)), in which nothing cancels
tail_ratio_1: Primitive = ratio_row(1, lambda out, z: out * (out - 2.0 * tail_ratio_2(z)))
tail_ratio_2: Primitive = ratio_row(2, lambda out, z: out * (2.0 * out - 3.0 * tail_ratio_3(z)))
tail_ratio_3: Primitive = ratio_row(3, lambda out, z: out * (3.0 * out - (1.0 / out - z)))
log_ndtr: Primitive = primitive(
    "log_ndtr", on_floats(log_ndtr_formula), (lambda out, x: log_ndtr_slope(out, x),),
    "ln ndtr(x)", sign="ln Φ", lowering=log_ndtr_formula, intervals=((-1e150, 1e300),), bend=2.0, never_zero=True,
    lecture=(lambda out, x: ONE_OVER_SQRT_2_PI * exp(-0.5 * x**2) / ndtr(x),),
    ball_value=ball_functions.log_ndtr, infinity="-inf: -inf; inf: 0",
    taylor=lambda out, x, order: series.log_ndtr_coefficients(out, log_ndtr_slope(out, x), x, order),
)  # fmt: skip
