"""The row of the Euclidean norm."""

import math
from collections.abc import Sequence
from typing import Any, Final

from autograd_lite.core.columns.constants import NAN
from autograd_lite.core.columns.entering import primitive
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions, complex_functions, float_values
from autograd_lite.core.table.arithmetic import square
from autograd_lite.core.table.choices import abs, copysign, decide, equal, less, logical_and, where
from autograd_lite.core.table.comparisons import isinf
from autograd_lite.core.table.elementwise import for_each, left_to_right, sums_of_others
from autograd_lite.core.table.exponentials import sqrt
from autograd_lite.core.table.sequences import max, sum

__all__ = ["euclidean_norm"]

HUGE: Final = 2.0**450  # beyond, or below its reciprocal, squares are scaled
SCALE: Final = 2.0**600


def norm_formula(xs: Sequence[Scalar]) -> Any:
    """The root of the sum of squares, scaled by a power of two where these would overflow or underflow."""
    if not len(xs):
        return 0.0
    size = left_to_right(max, for_each(abs, xs))
    scale = where(less(HUGE, size), 1.0 / SCALE, where(less(size, 1.0 / HUGE), SCALE, 1.0))
    return sqrt(left_to_right(sum, for_each(lambda x: square(x * scale), xs))) / scale


def norm_on_floats(xs: Sequence[float]) -> float:
    """The same, restated for speed."""
    size = 0.0
    for x in xs:
        size = float_values.maximum(size, math.fabs(x))
    scale = 1.0 / SCALE if size > HUGE else SCALE if size < 1.0 / HUGE else 1.0
    squares = 0.0
    for x in xs:
        squares += (x * scale) * (x * scale)
    return math.sqrt(squares) / scale


def direction(out: Scalar, xs: Sequence[Scalar]) -> Any:
    """x / out for each operand, 0 at the origin."""
    shares = for_each(lambda x: share(out, x), xs)
    squares = for_each(square, shares)
    return for_each(exact_share, xs, shares, squares, sums_of_others(squares))


def share(out: Scalar, x: Scalar) -> Any:
    """x / out; one infinite operand is the whole norm."""
    return decide(
        equal(out, 0.0),
        lambda: 0.0,
        lambda: decide(isinf(x), lambda: copysign(1.0, x), lambda: x / out),
    )


def exact_share(x: Scalar, u: Scalar, squared: Scalar, rest: Scalar) -> Any:
    """u, where x is most of the norm as the root of 1 - the squares of the other shares, whose sum is `rest`.

    Else the slope of x / out, (1 - u^2) / out, would cancel there.  Several infinite operands have no direction.
    """
    return decide(
        logical_and(less(0.6, squared), less(rest, 0.7)),
        lambda: copysign(sqrt(1.0 - rest), x),
        lambda: where(isinf(x), NAN, u),
    )


euclidean_norm: Primitive = primitive(
    "euclidean_norm", norm_on_floats, lambda out, xs: direction(out, xs), "(x^2 + ...)^(1/2)", label="norm",
    empty=0.0, kinks="the origin: 0", lowering=lambda xs: norm_formula(xs), takes_arrays=True,
    distance=lambda xs: norm_on_floats(xs), complex_value=complex_functions.norm,
    lecture=lambda out, xs: [x / out for x in xs], operations=lambda n: 2 * n,
    ball_value=ball_functions.norm, infinity="x infinite: inf",
)  # fmt: skip
