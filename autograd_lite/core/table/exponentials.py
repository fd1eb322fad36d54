"""Rows of powers, exponentials and logarithms, and the functions of networks that are made of them."""

import math
from typing import Any

from autograd_lite.core import numerics
from autograd_lite.core.numerics import INF, LN2, LOG2_E, LOG10_E, NAN
from autograd_lite.core.primitives import Operand, Primitive, primitive
from autograd_lite.core.table.choices import abs, decide, equal, less, logical_and, maximum, relu, where

pow: Primitive = primitive(
    "pow", numerics.power,
    (
        lambda out, x, y: decide(equal(y, 0.0), lambda: zero_with_slopes(out, x, y), lambda: y * lower_power(x, y)),
        lambda out, x, y: out * log(where(logical_and(equal(x, 0.0), less(0.0, y)), 1.0, x)),
    ),
    "x ** y", "**", domain="x > 0; x = 0 with y >= 0; x < 0 with y whole",
    kinks="x = 0 in y: 0 for y > 0; x < 0 in y: nan; y = 0 in x: 0", limit=numerics.power_limit,
    libm="pow", array=lambda xp, x, y: power_of_arrays(xp, x, y), llvm="emit_pow", rewrites=("x 1.0 = x", "x 2.0 = mul x x"),
)  # fmt: skip
exp: Primitive = primitive("exp", math.exp, (lambda out, x: out,), "e^x", domain="x < 709.79", limit=INF,
    libm="exp", fastmath=2,
)  # fmt: skip
expm1: Primitive = primitive("expm1", math.expm1, (lambda out, x: exp(x),), "e^x - 1", domain="x < 709.79", limit=INF,
    libm="expm1", fastmath=2,
)  # fmt: skip
exp2: Primitive = primitive("exp2", math.exp2, (lambda out, x: LN2 * out,), "2^x", domain="x < 1024", limit=INF,
    libm="exp2", fastmath=2,
)  # fmt: skip
log: Primitive = primitive(
    "log", math.log, (lambda out, x: 1.0 / x,), "ln x", "ln",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF,
    libm="log", fastmath=2,
)  # fmt: skip
log1p: Primitive = primitive(
    "log1p", math.log1p, (lambda out, x: 1.0 / (1.0 + x),), "ln(1 + x)",
    domain="x > -1", limit=lambda x: NAN if x < -1.0 else -INF,
    libm="log1p", fastmath=2,
)  # fmt: skip
log2: Primitive = primitive(
    "log2", math.log2, (lambda out, x: LOG2_E / x,), "log2 x",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF,
    libm="log2", fastmath=2,
)  # fmt: skip
log10: Primitive = primitive(
    "log10", math.log10, (lambda out, x: LOG10_E / x,), "log10 x",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF,
    libm="log10", fastmath=3,
)  # fmt: skip
sqrt: Primitive = primitive(
    "sqrt", math.sqrt, (lambda out, x: 0.5 / out,), "x^(1/2)", "√",
    domain="x >= 0", kinks="0: inf",
    array="sqrt", llvm="llvm.sqrt",
)  # fmt: skip
cbrt: Primitive = primitive(
    "cbrt", math.cbrt, (lambda out, x: 1.0 / (3.0 * out * out),), "x^(1/3)", "∛", kinks="0: inf",
    libm="cbrt",
)
sigmoid: Primitive = primitive(
    "sigmoid", numerics.sigmoid, (lambda out, x: out * sigmoid(-x),), "1 / (1 + e^-x)", "sigmoid",
    lowering=lambda x: stable_sigmoid(x, exp(-abs(x))),
)  # fmt: skip
softplus: Primitive = primitive(
    "softplus", numerics.softplus, (lambda out, x: sigmoid(x),), "ln(1 + e^x)",
    lowering=lambda x: relu(x) + log1p(exp(-abs(x))),
)  # fmt: skip
logaddexp: Primitive = primitive(
    "logaddexp", numerics.logaddexp, (lambda out, x, y: sigmoid(x - y), lambda out, x, y: sigmoid(y - x)),
    "ln(e^x + e^y)",
    lowering=lambda x, y: where(equal(x, y), x + LN2, maximum(x, y) + log1p(exp(-abs(x - y)))),
)  # fmt: skip


def lower_power(x: Any, y: Any) -> Any:
    """x to the power y - 1; x itself where y is the number 2."""
    return x if not isinstance(y, Operand) and y == 2.0 else pow(x, y - 1.0)


def zero_with_slopes(out: Any, x: Any, y: Any) -> Any:
    """0 and, where y can change, what y x^(y - 1) has for slopes at y = 0: as y x^y / x, which is 0 for tiny x too."""
    can_change = isinstance(y, Operand)
    # 0 + because -0.0 is not 0.0 to the bit
    return 0.0 + where(less(0.0, x), y * out / x, 0.0) if can_change else 0.0


def stable_sigmoid(x: Any, t: Any) -> Any:
    return where(less(x, 0.0), t, 1.0) / (1.0 + t)


def power_of_arrays(xp: Any, x: Any, y: Any) -> Any:
    return xp.where((x != x) | (y != y), NAN, xp.where(y == 2.0, x * x, x**y))
