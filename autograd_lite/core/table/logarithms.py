"""Rows of logarithms whose obvious formulas overflow or cancel: of probabilities, of odds, of cosh, x ln y."""

import cmath
import math
from typing import Any

from autograd_lite.core.columns.constants import INF, LARGEST, SMALLEST
from autograd_lite.core.columns.entering import primitive, slope
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions, complex_functions
from autograd_lite.core.table.arithmetic import square
from autograd_lite.core.table.choices import abs, decide, equal, less, less_equal, logical_and, minimum, where
from autograd_lite.core.table.definitions import by_ieee_754, on_floats
from autograd_lite.core.table.exponentials import exp, expm1, log, log1p, sigmoid, sqrt
from autograd_lite.core.table.trigonometry import sinh, tanh

__all__ = ["log_sigmoid", "logit", "log1mexp", "logcosh", "xlogy", "xlog1py", "entr", "rsqrt"]

# ln 2 in two floats, the first of which has 21 trailing zeros
LN2_HIGH = 0.6931471803691238
LN2_LOW = 1.9082149292705877e-10


def log_sigmoid_formula(x: Scalar) -> Any:
    return minimum(x, 0.0) - log1p(exp(-abs(x)))


def logit_formula(x: Scalar) -> Any:
    """Around 1/2 from the distance to it, which is exact there and where the quotient of odds would cancel."""
    near = less(abs(x - 0.5), 0.25)
    return decide(near, lambda: log1p((2.0 * x - 1.0) / (1.0 - x)), lambda: log(x / (1.0 - x)))


def log1mexp_formula(x: Scalar) -> Any:
    """By the exponential that does not cancel (Maechler 2012, "Accurately computing log(1 - exp(-|a|))")."""
    return decide(less(x, 0.6931471805599453), lambda: log(-expm1(-x)), lambda: log1p(-exp(-x)))


def logcosh_formula(x: Scalar) -> Any:
    """ln(1 + 2 sinh^2(x/2)) near 0; beyond |x| + ln(1 + e^(-2|x|)) - ln 2, which cancels near 0."""
    u = abs(x)
    return decide(
        less(u, 0.75),
        lambda: log1p(2.0 * square(sinh(0.5 * minimum(u, 1.0)))),
        lambda: (u - LN2_HIGH) + (log1p(exp(-2.0 * u)) - LN2_LOW),
    )


def product_with(x: Scalar, y: Scalar, logarithm: Any) -> Any:
    """x logarithm(y), 0 where x is 0, whatever the logarithm is; nan where y is."""
    return decide(logical_and(equal(x, 0.0), equal(y, y)), lambda: 0.0, lambda: x * logarithm(y))


def quotient_formula(x: Scalar, y: Scalar) -> Any:
    return where(logical_and(equal(x, 0.0), equal(y, 0.0)), 0.0, x / y)


def entropy(x: Scalar) -> Any:
    return decide(
        less_equal(x, 0.0), lambda: where(less(x, 0.0), -INF, 0.0), lambda: where(equal(x, INF), -INF, -x * log(x))
    )


log_sigmoid: Primitive = primitive(
    "log_sigmoid", on_floats(log_sigmoid_formula), (lambda out, x: sigmoid(-x),), "ln(1 / (1 + e^-x))", sign="ln σ",
    lowering=log_sigmoid_formula, bend=2.0, never_zero=True,
    complex_value=lambda x: -complex_functions.logsumexp([-x, complex(0.0)]),
    ball_value=lambda x: -ball_functions.softplus(-x), infinity="-inf: -inf; inf: 0",
)  # fmt: skip
logit: Primitive = primitive(
    "logit", on_floats(logit_formula, lambda x: 0.0 < x < 1.0), (lambda out, x: 1.0 / x + 1.0 / (1.0 - x),),
    "ln(x / (1 - x))", domain="0 < x < 1", limit=by_ieee_754(logit_formula), lowering=logit_formula,
    intervals=((SMALLEST, math.nextafter(1.0, 0.0)),), distance=lambda x: min(x, 1.0 - x),
    complex_value=lambda x: cmath.log(x / (1.0 - x)),
    ball_value=ball_functions.logit,
)  # fmt: skip
log1mexp: Primitive = primitive(
    "log1mexp", on_floats(log1mexp_formula, lambda x: x > 0.0), (lambda out, x: exp(-x) / -expm1(-x),),
    "ln(1 - e^-x)", domain="x > 0", limit=by_ieee_754(log1mexp_formula), lowering=log1mexp_formula,
    intervals=((SMALLEST, 746.0),), distance=math.fabs, never_zero=True,
    complex_value=lambda x: (  # by the form that does not cancel
        cmath.log(2.0 * cmath.sinh(0.5 * x)) - 0.5 * x if x.real < 0.7 else cmath.log(1.0 - cmath.exp(-x))
    ),
    lecture=(lambda out, x: 1.0 / (exp(x) - 1.0),),
    ball_value=ball_functions.log1mexp, infinity="inf: 0",
)  # fmt: skip
logcosh: Primitive = primitive(
    "logcosh", on_floats(logcosh_formula), (lambda out, x: tanh(x),), "ln cosh x", sign="ln cosh",
    lowering=logcosh_formula, bend=2.0, latex=r"\ln\cosh",
    complex_value=complex_functions.logcosh,
    ball_value=ball_functions.logcosh, infinity="-inf and inf: inf",
)  # fmt: skip
xlogy: Primitive = primitive(
    "xlogy", on_floats(lambda x, y: product_with(x, y, log), lambda x, y: y > 0.0 or x == 0.0),
    (
        lambda out, x, y: log(y),
        lambda out, x, y: quotient_or_zero(x, y),
    ),
    "x ln y, 0 at x = 0", domain="y > 0; x = 0", kinks="x = 0, y = 0: -inf in x, 0 in y",
    limit=by_ieee_754(lambda x, y: product_with(x, y, log)), lowering=lambda x, y: product_with(x, y, log),
    intervals=((-LARGEST, LARGEST), (SMALLEST, LARGEST)), distance=lambda x, y: math.fabs(y),
    complex_value=lambda x, y: x * cmath.log(y), lecture=(lambda out, x, y: log(y), lambda out, x, y: x / y),
    ball_value=ball_functions.times_logarithm, infinity="y = inf: inf or -inf by the sign of x; 0 at x = 0",
)  # fmt: skip
xlog1py: Primitive = primitive(
    "xlog1py", on_floats(lambda x, y: product_with(x, y, log1p), lambda x, y: y > -1.0 or x == 0.0),
    (
        lambda out, x, y: log1p(y),
        lambda out, x, y: quotient_or_zero(x, 1.0 + y),
    ),
    "x ln(1 + y), 0 at x = 0", domain="y > -1; x = 0", kinks="x = 0, y = -1: -inf in x, 0 in y",
    limit=by_ieee_754(lambda x, y: product_with(x, y, log1p)), lowering=lambda x, y: product_with(x, y, log1p),
    intervals=((-LARGEST, LARGEST), (math.nextafter(-1.0, 0.0), LARGEST)), distance=lambda x, y: math.fabs(1.0 + y),
    complex_value=lambda x, y: x * complex_functions.log1p(y),
    lecture=(lambda out, x, y: log1p(y), lambda out, x, y: x / (1.0 + y)),
    ball_value=lambda x, y: ball_functions.times_logarithm(x, 1 + y),
    infinity="y = inf: inf or -inf by the sign of x; 0 at x = 0",
)  # fmt: skip
quotient_or_zero: Primitive = slope(
    "quotient_or_zero", by_ieee_754(quotient_formula),
    (lambda out, x, y: 1.0 / y, lambda out, x, y: -quotient_or_zero(out, y)),
    "x / y, 0 at 0 / 0", lowering=quotient_formula, distance=lambda x, y: math.fabs(y),
    complex_value=lambda x, y: x / y,
)  # fmt: skip
entr: Primitive = primitive(
    "entr", on_floats(entropy), (lambda out, x: -1.0 - log(x),), "-x ln x, 0 at 0, -inf below",
    domain="x >= 0", kinks="0: inf", lowering=entropy, intervals=((0.0, LARGEST),), distance=math.fabs,
    complex_value=lambda x: -x * cmath.log(x),
    ball_value=ball_functions.entropy, infinity="-inf and inf: -inf",
)  # fmt: skip
rsqrt: Primitive = primitive(
    "rsqrt", lambda x: 1.0 / math.sqrt(x), (lambda out, x: -0.5 * out / x,), "1 / x^(1/2)", label="1/√",
    domain="x > 0", limit=by_ieee_754(lambda x: 1.0 / sqrt(x)), lowering=lambda x: 1.0 / sqrt(x),
    intervals=((SMALLEST, LARGEST),), distance=math.fabs, never_zero=True, complex_value=lambda x: 1.0 / cmath.sqrt(x),
    infinity="inf: 0",
)  # fmt: skip
