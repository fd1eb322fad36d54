"""Rows that networks need: compositions of others whose composed derivatives would lose digits."""

import math
from collections.abc import Sequence
from typing import Any

from autograd_lite.core.columns.constants import INF, NAN, SQRT_HALF
from autograd_lite.core.columns.entering import primitive, slope
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions, complex_functions, float_values
from autograd_lite.core.table.arithmetic import square
from autograd_lite.core.table.choices import (
    abs,
    equal,
    finite_or_zero,
    infinite,
    less_equal,
    logical_and,
    logical_or,
    sign,
    where,
    within_the_bell,
)
from autograd_lite.core.table.elementwise import for_each, left_to_right, with_first
from autograd_lite.core.table.exponentials import log1p, sigmoid, sigmoid_slope, sqrt
from autograd_lite.core.table.sequences import Exponentials, share, sum
from autograd_lite.core.table.special import bell, erfc
from autograd_lite.core.table.trigonometry import cosine, hypot

__all__ = ["softsign", "isru", "silu", "gelu", "bent_identity", "surprisal"]

ONE_OVER_SQRT_2_PI = 0.3989422804014327

softsign: Primitive = primitive(
    "softsign", float_values.softsign, (lambda out, x: square(1.0 / (1.0 + abs(x))),), "x / (1 + |x|)",
    lowering=lambda x: where(infinite(x), sign(x), x / (1.0 + abs(x))), role="saturating",
    distance=math.fabs,  # 0: no second derivative
    complex_value=complex_functions.softsign,
    ball_value=ball_functions.softsign, infinity="-inf: -1; inf: 1",
)  # fmt: skip
isru: Primitive = primitive(
    "isru", float_values.isru,
    (lambda out, x, a: isru_slope(x, a), lambda out, x, a: -0.5 * out * out * out),
    "x / (1 + a x^2)^(1/2)", lowering=lambda x, a: stable_isru(x, a),
    domain="a >= 0", intervals=((-1e150, 1e150), (0.0, 1e300)), distance=lambda x, a: a, role="saturating",
    complex_value=complex_functions.isru,
    lecture=(lambda out, x, a: 1.0 / sqrt(1.0 + a * x * x) ** 3, lambda out, x, a: -0.5 * out**3),
    ball_value=ball_functions.isru, infinity="x = inf: 1/a^(1/2); a = inf: 0",
)  # fmt: skip
silu: Primitive = primitive(
    "silu", float_values.silu, (lambda out, x: sigmoid(x) + finite_or_zero(x) * sigmoid_slope(x),), "x / (1 + e^-x)",
    lowering=lambda x: where(equal(x, -INF), 0.0, x * sigmoid(x)), label="SiLU", bend=2.0, role="rectifier",
    complex_value=lambda x: x * complex_functions.sigmoid(x), ball_value=lambda x: x * ball_functions.sigmoid(x),
    lecture=(lambda out, x: sigmoid(x) + x * sigmoid(x) * (1.0 - sigmoid(x)),), infinity="-inf: 0; inf: inf",
)  # fmt: skip
gelu: Primitive = primitive(
    "gelu", float_values.gelu,
    (lambda out, x: 0.5 * erfc(-SQRT_HALF * x) + ONE_OVER_SQRT_2_PI * (within_the_bell(x) * bell(SQRT_HALF * x)),),
    "x (1 + erf(x / 2^(1/2))) / 2",
    lowering=lambda x: where(equal(x, -INF), 0.0, 0.5 * x * erfc(-SQRT_HALF * x)), label="GELU", bend=2.0,
    role="rectifier", ball_value=lambda x: x * ball_functions.ndtr(x), infinity="-inf: 0; inf: inf",
)  # fmt: skip
bent_identity: Primitive = primitive(
    "bent_identity", float_values.bent_identity, (lambda out, x: 0.5 * cosine(x, 1.0) + 1.0,),
    "((x^2 + 1)^(1/2) - 1) / 2 + x",
    lowering=lambda x: where(infinite(x), x, 0.5 * x * (x / (hypot(x, 1.0) + 1.0)) + x), role="activation",
    complex_value=lambda x: 0.5 * x * (x / (complex_functions.hypot(x, complex(1.0)) + 1.0)) + x,
    ball_value=lambda x: ((x * x + 1).sqrt() - 1) / 2 + x,
    lecture=(lambda out, x: 0.5 * x / sqrt(x * x + 1.0) + 1.0,), infinity="-inf: -inf; inf: inf",
)  # fmt: skip
isru_slope: Primitive = slope(
    "isru_slope", lambda x, a: cube(1.0 / math.sqrt(float_values.stretch(x, a))),
    (
        lambda out, x, a: -3.0 * (finite_or_zero(a) * isru(near(x, a), a)) * (out / sqrt(stretch(x, a))),
        lambda out, x, a: -1.5 * square(isru(x, a)) * out,
    ),
    "(1 + a x^2)^(-3/2)", lowering=lambda x, a: cube(1.0 / sqrt(stretch(x, a))), distance=lambda x, a: a,
    complex_value=lambda x, a: (1.0 + a * x * x) ** -1.5,
    ball_value=lambda x, a: 1 / ((1 + a * ball_functions.product(x, x)).sqrt() ** 3),
)  # fmt: skip
surprisal: Primitive = primitive(
    "surprisal", float_values.surprisal, lambda out, xs: odds(out, xs), "ln(1 + e^(x_1 - x_0) + ...)",
    infinity="inf at x_0 = -inf or another x = inf; nan at x_0 = another x = the largest, infinite",
    lowering=lambda xs: stable_surprisal(xs), takes_arrays=True, intervals=((-350.0, 350.0),), bend=2.0,
    complex_value=lambda xs: complex_functions.logsumexp([x - xs[0] for x in xs]),
    lecture=lambda out, xs: odds(out, xs), words="p of the others, minus their sum for the first; p = softmax(x)",
)  # fmt: skip


def stretch(x: Scalar, a: Scalar) -> Any:
    """1 + a x^2, which is 1 at x = inf where a is 0, and at a = inf where x is 0."""
    x, a = near(x, a), near(a, x)
    return 1.0 + a * x * x


def near(x: Scalar, a: Scalar) -> Any:
    """x, but 0 where x is infinite and a is 0."""
    return where(equal(a, 0.0), finite_or_zero(x), x)


def stable_isru(x: Scalar, a: Scalar) -> Any:
    """x / (1 + a x^2)^(1/2), as in `float_values.isru`."""
    far = sign(x) * where(equal(a, 0.0), INF, 1.0 / sqrt(a))
    scaled = sqrt(a) * x
    near = x / hypot(1.0, scaled)
    return where(
        logical_or(infinite(x), infinite(scaled)), far, where(logical_and(equal(x, 0.0), less_equal(0.0, a)), x, near)
    )


def cube(x: Scalar) -> Any:
    return x * x * x


def odds(out: Scalar, xs: Sequence[Any]) -> Any:
    """The probabilities of all but the first, which has minus their sum: p_0 - 1 cancels."""
    if type(out) is float:
        return float_values.surprisal_slopes(xs)  # the same, restated for speed
    if len(xs) == 1:
        return [0.0]
    if len(xs) == 2:
        slope = sigmoid(xs[1] - xs[0])
        return [-slope, slope]
    found = Exponentials(xs)
    slopes = with_first(-share(left_to_right(sum, found.terms[1:]), found.terms[0]), found.shares())
    several = found.several()
    first = found.at_largest[0]
    return for_each(lambda p, e: where(logical_and(several, logical_or(e, first)), NAN, p), slopes, found.at_largest)


def stable_surprisal(xs: Sequence[Any]) -> Any:
    """(m - x_0) + ln(1 + (the other terms + (e^(x_0 - m) - 1))), as in `float_values.surprisal`."""
    found = Exponentials(xs)
    at_infinity = where(found.at_largest[0], where(found.several(), NAN, 0.0), INF)
    rest = left_to_right(sum, found.terms[1:]) + (found.terms[0] - 1.0)
    return where(found.infinite, at_infinity, (found.largest - xs[0]) + log1p(rest))
