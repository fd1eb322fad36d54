"""Rows of trigonometry: circular and hyperbolic functions, and their inverses."""

import math

from autograd_lite.core import numerics
from autograd_lite.core.numerics import INF, NAN
from autograd_lite.core.primitives import Primitive, primitive
from autograd_lite.core.table.exponentials import sigmoid, sqrt

sin: Primitive = primitive("sin", math.sin, (lambda out, x: cos(x),), "sin x", domain="x finite",
    libm="sin", fastmath=2,
)  # fmt: skip
cos: Primitive = primitive("cos", math.cos, (lambda out, x: -sin(x),), "cos x", domain="x finite",
    libm="cos", fastmath=2,
)  # fmt: skip
tan: Primitive = primitive("tan", math.tan, (lambda out, x: 1.0 + out * out,), "tan x", domain="x finite",
    libm="tan",
)  # fmt: skip
asin: Primitive = primitive(
    "asin", math.asin, (lambda out, x: 1.0 / sqrt((1.0 - x) * (1.0 + x)),), "arcsin x",
    domain="-1 <= x <= 1", kinks="-1 and 1: inf",
    libm="asin",
)  # fmt: skip
acos: Primitive = primitive(
    "acos", math.acos, (lambda out, x: -1.0 / sqrt((1.0 - x) * (1.0 + x)),), "arccos x",
    domain="-1 <= x <= 1", kinks="-1 and 1: -inf",
    libm="acos",
)  # fmt: skip
atan: Primitive = primitive("atan", math.atan, (lambda out, x: 1.0 / (1.0 + x * x),), "arctan x",
    libm="atan",
)  # fmt: skip
atan2: Primitive = primitive(
    "atan2", math.atan2,
    (lambda out, y, x: x / hypot(x, y) / hypot(x, y), lambda out, y, x: -y / hypot(x, y) / hypot(x, y)),
    "the angle of (x, y)", kinks="(0, 0): nan; the cut y = 0, x < 0: the partials from either side",
    libm="atan2",
)  # fmt: skip
sinh: Primitive = primitive(
    "sinh", math.sinh, (lambda out, x: cosh(x),), "(e^x - e^-x) / 2",
    domain="|x| < 710.47", limit=lambda x: math.copysign(INF, x),
    libm="sinh",
)  # fmt: skip
cosh: Primitive = primitive(
    "cosh", math.cosh, (lambda out, x: sinh(x),), "(e^x + e^-x) / 2", domain="|x| < 710.47", limit=INF,
    libm="cosh",
)
tanh: Primitive = primitive("tanh", math.tanh, (lambda out, x: 4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x),), "tanh x",
    libm="tanh", fastmath=3,
)  # fmt: skip
asinh: Primitive = primitive("asinh", math.asinh, (lambda out, x: 1.0 / hypot(1.0, x),), "ln(x + (x^2 + 1)^(1/2))",
    libm="asinh",
)  # fmt: skip
acosh: Primitive = primitive(
    "acosh", math.acosh, (lambda out, x: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),), "ln(x + (x^2 - 1)^(1/2))",
    domain="x >= 1", kinks="1: inf",
    libm="acosh",
)  # fmt: skip
atanh: Primitive = primitive(
    "atanh", math.atanh, (lambda out, x: 1.0 / ((1.0 - x) * (1.0 + x)),), "ln((1 + x) / (1 - x)) / 2",
    domain="-1 < x < 1", limit=lambda x: math.copysign(INF, x) if math.fabs(x) == 1.0 else NAN,
    libm="atanh",
)  # fmt: skip
hypot: Primitive = primitive(
    "hypot", numerics.hypot, (lambda out, x, y: x / out, lambda out, x, y: y / out), "(x^2 + y^2)^(1/2)",
    kinks="(0, 0): nan", limit=INF,
    array=lambda xp, x, y: xp.where((x != x) | (y != y), x + y, xp.hypot(x, y)), fastmath=2,
)  # fmt: skip
