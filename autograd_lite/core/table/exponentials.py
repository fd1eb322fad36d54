"""Rows of powers, exponentials and logarithms, and the functions of networks that are made of them."""

import cmath
import math
from typing import Any

from autograd_lite.core.columns.constants import INF, LARGEST, LN2, LOG2_E, NAN, SMALLEST
from autograd_lite.core.columns.entering import primitive, row_named, slope
from autograd_lite.core.operands import IEEEFloat, Operand, Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions, complex_functions, float_values
from autograd_lite.core.table.choices import abs, equal, less, less_equal, logical_and, logical_or, maximum, relu, where
from autograd_lite.core.table.distances import to_whole

__all__ = ["exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sigmoid", "softplus", "logaddexp"]

LN10 = math.log(10.0)
LOG10_E = 0.4342944819032518
SMALL_EXPONENT = 0.05
POSITIVE = ((SMALLEST, LARGEST),)

pow: Primitive = primitive(
    "pow", float_values.power,
    (
        lambda out, x, y: base_slope(x, y),
        lambda out, x, y: power_slope(0.0, 1.0, x, y),
    ),
    "x ** y", label="**", sign="xʸ", domain="x > 0; x = 0 with y >= 0; x < 0 with y whole",
    kinks="x = 0 in y: 0 for y > 0; x < 0 in y: nan; y = 0 in x: 0", limit=float_values.power_limit,
    intervals=((0.0, LARGEST), (-200.0, 200.0)), never_zero=True,
    distance=lambda x, y: math.fabs(x), entire=lambda x, y: y >= 0.0 and to_whole(y) == 0.0,
    complex_value=complex_functions.power,
    notation="<x:atom><y:exponent>", latex="<x:atom>^{<y>}", binds="power",
    lecture=(lambda out, x, y: y * x ** (y - 1.0), lambda out, x, y: out * log(x)),
    rewrites=("x 1.0 = x", "x 2.0 = mul x x"),
    array=lambda xp, x, y: xp.where((x != x) | (y != y), NAN, xp.where(y == 2.0, x * x, x**y)),
    c="power({}, {})", libm="pow", llvm="emit_pow",
    ball_value=ball_functions.power,
    infinity="x = inf: inf for y > 0, 0 for y < 0; y = inf: 0 for |x| < 1, inf for |x| > 1",
)  # fmt: skip
power_slope: Primitive = slope(
    "power_slope", lambda k, m, x, y: value_of_power_slope(k, m, x, y),
    (
        None, None,
        lambda out, k, m, x, y: power_slope(k + 1.0, m, x, y),
        lambda out, k, m, x, y: power_slope(k, m + 1.0, x, y),
    ),
    "the derivative of x^y, k times in x and m times in y", label="**'",
    lowering=lambda k, m, x, y: slope_of_power(k, m, x, y),
    distance=lambda k, m, x, y: math.fabs(x) if m or y < 0.0 or to_whole(y) else INF,
    intervals=((0.0, 4.0), (0.0, 4.0), (0.0, LARGEST), (-200.0, 200.0)), whole=(0, 1),
    complex_value=complex_functions.power_slope,
    ball_value=ball_functions.power_slope,
)  # fmt: skip
exp: Primitive = primitive(
    "exp", math.exp, (lambda out, x: out,), "e^x", sign="eˣ", domain="x < 709.79", limit=INF,
    intervals=((-746.0, 709.7),), bend=2.0, never_zero=True,
    complex_value=cmath.exp, notation="e^<x:atom>", latex="e^{<x>}", binds="power",
    libm="exp", fastmath=2, infinity="-inf: 0; inf: inf",
)  # fmt: skip
expm1: Primitive = primitive(
    "expm1", math.expm1, (lambda out, x: exp(x),), "e^x - 1", domain="x < 709.79", limit=INF,
    intervals=((-746.0, 709.7),), bend=2.0, complex_value=cmath.exp,
    libm="expm1", fastmath=2, infinity="-inf: -1; inf: inf",
)  # fmt: skip
exp2: Primitive = primitive(
    "exp2", math.exp2, (lambda out, x: LN2 * out,), "2^x", sign="2ˣ", domain="x < 1024", limit=INF,
    intervals=((-1075.0, 1023.9),), bend=2.0, never_zero=True,
    complex_value=complex_functions.exp2, notation="2^<x:atom>", latex="2^{<x>}", binds="power",
    libm="exp2", fastmath=2,
    ball_value=ball_functions.exp2, infinity="-inf: 0; inf: inf",
)  # fmt: skip
log: Primitive = primitive(
    "log", math.log, (lambda out, x: 1.0 / x,), "ln x", label="ln",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF, intervals=POSITIVE, distance=math.fabs,
    complex_value=cmath.log, notation="ln", latex=r"\ln",
    libm="log", fastmath=2, infinity="inf: inf",
)  # fmt: skip
log1p: Primitive = primitive(
    "log1p", math.log1p, (lambda out, x: 1.0 / (1.0 + x),), "ln(1 + x)",
    domain="x > -1", limit=lambda x: NAN if x < -1.0 else -INF,
    intervals=((math.nextafter(-1.0, 0.0), LARGEST),), distance=lambda x: math.fabs(1.0 + x),
    complex_value=lambda x: cmath.log(1.0 + x),
    libm="log1p", fastmath=2, infinity="inf: inf",
)  # fmt: skip
log2: Primitive = primitive(
    "log2", math.log2, (lambda out, x: LOG2_E / x,), "log2 x",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF, intervals=POSITIVE, distance=math.fabs,
    complex_value=lambda x: cmath.log(x) / LN2, latex=r"\log_2",
    libm="log2", fastmath=2,
    ball_value=ball_functions.log2, infinity="inf: inf",
)  # fmt: skip
log10: Primitive = primitive(
    "log10", math.log10, (lambda out, x: LOG10_E / x,), "log10 x",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF, intervals=POSITIVE, distance=math.fabs,
    complex_value=lambda x: cmath.log(x) / LN10, latex=r"\log_{10}",
    libm="log10", fastmath=3,
    ball_value=ball_functions.log10, infinity="inf: inf",
)  # fmt: skip
sqrt: Primitive = primitive(
    "sqrt", math.sqrt, (lambda out, x: 0.5 / out,), "x^(1/2)", label="√",
    domain="x >= 0", kinks="0: inf", intervals=((0.0, LARGEST),), distance=math.fabs,
    complex_value=cmath.sqrt, latex=r"\sqrt{<x>}", lecture=(lambda out, x: 1.0 / (2.0 * out),),
    array="sqrt", llvm="llvm.sqrt",
    ball_value="sqrt", infinity="inf: inf",
)  # fmt: skip
cbrt: Primitive = primitive(
    "cbrt", math.cbrt, (lambda out, x: row_named("square")(1.0 / out) / 3.0,), "x^(1/3)", label="∛", kinks="0: inf",
    distance=math.fabs, complex_value=complex_functions.cbrt,
    libm="cbrt",
    ball_value=ball_functions.cbrt, infinity="-inf: -inf; inf: inf",
)  # fmt: skip
sigmoid: Primitive = primitive(
    "sigmoid", float_values.sigmoid, (lambda out, x: sigmoid_slope(x),), "1 / (1 + e^-x)", sign="σ",
    lowering=lambda x: stable_sigmoid(x, exp(-abs(x))), bend=2.0, never_zero=True, role="saturating",
    complex_value=complex_functions.sigmoid, notation="σ", latex=r"\sigma",
    lecture=(lambda out, x: out * (1.0 - out),),
    ball_value=ball_functions.sigmoid, infinity="-inf: 0; inf: 1",
)  # fmt: skip
sigmoid_slope: Primitive = slope(
    "sigmoid_slope", float_values.sigmoid_slope, (lambda out, x: -out * row_named("tanh")(0.5 * x),),
    "e^x / (1 + e^x)^2",
    lowering=lambda x: stable_sigmoid_slope(exp(-abs(x))), bend=2.0, never_zero=True,
    complex_value=complex_functions.sigmoid_slope,
    ball_value=ball_functions.sigmoid_slope,
)  # fmt: skip
softplus: Primitive = primitive(
    "softplus", float_values.softplus, (lambda out, x: sigmoid(x),), "ln(1 + e^x)",
    lowering=lambda x: relu(x) + log1p(exp(-abs(x))), bend=2.0, never_zero=True, role="rectifier",
    complex_value=lambda x: complex_functions.logsumexp([x, complex(0.0)]),
    ball_value=ball_functions.softplus, infinity="-inf: 0; inf: inf",
)  # fmt: skip
logaddexp: Primitive = primitive(
    "logaddexp", float_values.logaddexp, (lambda out, x, y: sigmoid(lead(x, y)), lambda out, x, y: sigmoid(lead(y, x))),
    "ln(e^x + e^y)", bend=2.0, kinks="x = y = -inf: 1/2 each; x = y = inf: nan",
    lowering=lambda x, y: where(equal(x, y), x + LN2, maximum(x, y) + log1p(exp(-abs(x - y)))),
    complex_value=lambda x, y: complex_functions.logsumexp([x, y]),
    lecture=(lambda out, x, y: exp(x - out), lambda out, x, y: exp(y - out)),
    ball_value=lambda x, y: ball_functions.logsumexp([x, y]), infinity="x = -inf: y; x = inf: inf",
)  # fmt: skip


def base_slope(x: Scalar, y: Scalar) -> Any:
    """y x^(y - 1); the row where the exponent can move, or is infinite and only a limit has the slope.

    And where it is so small that x^(y - 1) may overflow though the product does not.
    """
    if isinstance(y, Operand) or math.isinf(y) or 0.0 < math.fabs(y) < SMALL_EXPONENT:
        return power_slope(1.0, 0.0, x, y)
    return y * lower_power(x, y) if y else 0.0  # at y = -0.0 too, as in the row


def lower_power(x: Scalar, y: Scalar) -> Any:
    """x to the power y - 1; x itself where y is the number 2."""
    return x if not isinstance(y, Operand) and y == 2.0 else pow(x, y - 1.0)


def lead(x: Scalar, y: Scalar) -> Any:
    """x - y, but 0 where both are -inf: two impossible terms have equal shares, and finite ones."""
    return where(equal(maximum(x, y), -INF), 0.0, x - y)


def value_of_power_slope(k: float, m: float, x: float, y: float) -> float:
    """`slope_of_power` of floats."""
    ordinary = float_values.ordinary_power_slope(k, m, x, y)
    return slope_of_power(k, m, IEEEFloat(x), IEEEFloat(y)).data if ordinary != ordinary else ordinary


def slope_of_power(k: float, m: float, x: Any, y: Any) -> Any:
    """The derivative of x^y, k times in x and m times in y, by Leibniz's rule.

    x^(y - k) times the sum of m! / (m - j)! c_j (ln x)^(m - j), with c_0 + c_1 t + ... the product of y + t - i for
    i < k.  A factor that is 0 for good, as y at y = 0 or the power at x = 0, counts more than one that is infinite.
    """
    factors = falling_factorial(int(k), y)
    power = pow(x, y - k) if k else pow(x, y)
    if m == 0.0:
        gone = logical_or(equal(factors[0], 0.0), logical_and(equal(power, 0.0), equal(abs(factors[0]), INF)))
        return where(gone, 0.0, product_with_power(factors[0], power, k, x, y))
    log_x = log(x)
    powers: list[Any] = [1.0, log_x]
    while len(powers) <= m:
        powers.append(powers[-1] * log_x)
    total: Any = powers[int(m)]
    if k:
        total = where(logical_and(equal(factors[0], 0.0), equal(abs(log_x), INF)), 0.0, factors[0] * total)
    for j in range(1, min(int(k), int(m)) + 1):
        total = total + factors[j] * math.perm(int(m), j) * powers[int(m) - j]
    return where(logical_and(equal(power, 0.0), less_equal(0.0, x)), 0.0, product_with_power(total, power, k, x, y))


def product_with_power(factor: Any, power: Any, k: float, x: Any, y: Any) -> Any:
    """factor x^(y - k), whose power may overflow where the product does not: there the factor is divided by x^k."""
    if not k:
        return factor * power
    divided = factor
    for _ in range(int(k)):
        divided = divided / x
    inside = logical_and(less(0.0, abs(x)), less(abs(x), 1.0))
    overflows = logical_and(less(abs(y), SMALL_EXPONENT), logical_and(inside, equal(abs(power), INF)))
    return where(overflows, divided * pow(x, y), factor * power)


def falling_factorial(k: int, y: Any) -> list[Any]:
    """The coefficients of (y + t) (y + t - 1) ... (y + t - k + 1) in powers of t."""
    found: list[Any] = [y, 1.0] if k else [1.0]
    for i in range(1, k):
        factor = y - float(i)
        found = [found[0] * factor, *[found[j] * factor + found[j - 1] for j in range(1, i + 1)], 1.0]
    return found


def stable_sigmoid_slope(t: Scalar) -> Any:
    u = 1.0 + t
    return t / (u * u)


def stable_sigmoid(x: Scalar, t: Scalar) -> Any:
    return where(less(x, 0.0), t, 1.0) / (1.0 + t)
