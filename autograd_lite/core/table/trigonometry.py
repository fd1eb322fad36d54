"""Rows of trigonometry: circular and hyperbolic functions, and their inverses."""

import math

from autograd_lite.core import numerics
from autograd_lite.core.numerics import INF, NAN
from autograd_lite.core.primitives import Primitive, primitive
from autograd_lite.core.table.exponentials import sigmoid, sqrt

sin: Primitive = primitive("sin", math.sin, (lambda out, x: cos(x),), "sin x", domain="x finite")
cos: Primitive = primitive("cos", math.cos, (lambda out, x: -sin(x),), "cos x", domain="x finite")
tan: Primitive = primitive("tan", math.tan, (lambda out, x: 1.0 + out * out,), "tan x", domain="x finite")
asin: Primitive = primitive(
    "asin", math.asin, (lambda out, x: 1.0 / sqrt((1.0 - x) * (1.0 + x)),), "arcsin x",
    domain="-1 <= x <= 1", kinks="-1 and 1: inf",
)  # fmt: skip
acos: Primitive = primitive(
    "acos", math.acos, (lambda out, x: -1.0 / sqrt((1.0 - x) * (1.0 + x)),), "arccos x",
    domain="-1 <= x <= 1", kinks="-1 and 1: -inf",
)  # fmt: skip
atan: Primitive = primitive("atan", math.atan, (lambda out, x: 1.0 / (1.0 + x * x),), "arctan x")
atan2: Primitive = primitive(
    "atan2", math.atan2,
    (lambda out, y, x: x / hypot(x, y) / hypot(x, y), lambda out, y, x: -y / hypot(x, y) / hypot(x, y)),
    "the angle of (x, y)", kinks="(0, 0): nan; the cut y = 0, x < 0: the partials from either side",
)  # fmt: skip
sinh: Primitive = primitive(
    "sinh", math.sinh, (lambda out, x: cosh(x),), "(e^x - e^-x) / 2",
    domain="|x| < 710.47", limit=lambda x: math.copysign(INF, x),
)  # fmt: skip
cosh: Primitive = primitive(
    "cosh", math.cosh, (lambda out, x: sinh(x),), "(e^x + e^-x) / 2", domain="|x| < 710.47", limit=INF
)
tanh: Primitive = primitive("tanh", math.tanh, (lambda out, x: 4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x),), "tanh x")
asinh: Primitive = primitive("asinh", math.asinh, (lambda out, x: 1.0 / hypot(1.0, x),), "ln(x + (x^2 + 1)^(1/2))")
acosh: Primitive = primitive(
    "acosh", math.acosh, (lambda out, x: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),), "ln(x + (x^2 - 1)^(1/2))",
    domain="x >= 1", kinks="1: inf",
)  # fmt: skip
atanh: Primitive = primitive(
    "atanh", math.atanh, (lambda out, x: 1.0 / ((1.0 - x) * (1.0 + x)),), "ln((1 + x) / (1 - x)) / 2",
    domain="-1 < x < 1", limit=lambda x: math.copysign(INF, x) if math.fabs(x) == 1.0 else NAN,
)  # fmt: skip
hypot: Primitive = primitive(
    "hypot", numerics.hypot, (lambda out, x, y: x / out, lambda out, x, y: y / out), "(x^2 + y^2)^(1/2)",
    kinks="(0, 0): nan", limit=INF,
)  # fmt: skip
