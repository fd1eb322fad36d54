"""Rows of trigonometry: circular and hyperbolic functions, and their inverses."""

import cmath
import math
from typing import Any

from autograd_lite.core.columns.constants import ENLARGED, INF, LARGEST, NAN, TINY
from autograd_lite.core.columns.entering import primitive, slope
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions, complex_functions, float_values
from autograd_lite.core.table.choices import (
    abs,
    decide,
    equal,
    finite_or_zero,
    infinite,
    less,
    logical_and,
    sign,
    where,
)
from autograd_lite.core.table.definition_reader import Definition
from autograd_lite.core.table.distances import to_one
from autograd_lite.core.table.exponentials import sigmoid_slope, sqrt

__all__ = [
    "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "hypot",
]  # fmt: skip

sin: Primitive = primitive(
    "sin", math.sin, (lambda out, x: cos(x),), "sin x", domain="x finite",
    bend=2.0, complex_value=cmath.sin, latex=r"\sin", role="activation",
    libm="sin", fastmath=2,
)  # fmt: skip
cos: Primitive = primitive(
    "cos", math.cos, (lambda out, x: -sin(x),), "cos x", domain="x finite",
    bend=2.0, complex_value=cmath.cos, latex=r"\cos",
    libm="cos", fastmath=2,
)  # fmt: skip
tan: Primitive = primitive(
    "tan", math.tan, (lambda out, x: 1.0 + out * out,), "tan x", domain="x finite",
    distance=lambda x: abs(math.cos(x)), bend=2.0, complex_value=cmath.tan, latex=r"\tan",
    libm="tan",
)  # fmt: skip
asin: Primitive = primitive(
    "asin", math.asin, (lambda out, x: 1.0 / sqrt(one_minus_square(x)),), "arcsin x",
    domain="-1 <= x <= 1", kinks="-1 and 1: inf", intervals=((-1.0, 1.0),), distance=to_one,
    complex_value=cmath.asin, latex=r"\arcsin", lecture=(lambda out, x: 1.0 / sqrt(1.0 - x * x),),
    libm="asin",
)  # fmt: skip
acos: Primitive = primitive(
    "acos", math.acos, (lambda out, x: -1.0 / sqrt(one_minus_square(x)),), "arccos x",
    domain="-1 <= x <= 1", kinks="-1 and 1: -inf", intervals=((-1.0, 1.0),), distance=to_one,
    complex_value=cmath.acos, latex=r"\arccos", lecture=(lambda out, x: -1.0 / sqrt(1.0 - x * x),),
    libm="acos",
)  # fmt: skip
atan: Primitive = primitive(
    "atan", math.atan, (lambda out, x: atan_slope(x),), "arctan x",
    complex_value=cmath.atan, latex=r"\arctan", role="saturating", lecture=(lambda out, x: 1.0 / (1.0 + x * x),),
    libm="atan", infinity="-inf: -pi/2; inf: pi/2",
)  # fmt: skip
atan2: Primitive = primitive(
    "atan2", math.atan2,
    (lambda out, y, x: turn(x, y), lambda out, y, x: -turn(y, x)),
    "the angle of (x, y)", kinks="(0, 0): nan; the cut y = 0, x < 0: the partials from either side",
    distance=lambda y, x: math.hypot(x, y) if x > 0.0 else abs(y), complex_value=complex_functions.angle,
    lecture=(lambda out, y, x: x / (x * x + y * y), lambda out, y, x: -y / (x * x + y * y)),
    libm="atan2",
    ball_value=ball_functions.angle, infinity="the angle of the direction, pi/4 where both are inf",
)  # fmt: skip
sinh: Primitive = primitive(
    "sinh", math.sinh, (lambda out, x: cosh(x),), "(e^x - e^-x) / 2",
    domain="|x| < 710.47", limit=lambda x: math.copysign(INF, x), intervals=((-710.4, 710.4),),
    bend=2.0, complex_value=cmath.sinh, latex=r"\sinh",
    libm="sinh", infinity="-inf: -inf; inf: inf",
)  # fmt: skip
cosh: Primitive = primitive(
    "cosh", math.cosh, (lambda out, x: sinh(x),), "(e^x + e^-x) / 2",
    domain="|x| < 710.47", limit=INF, intervals=((-710.4, 710.4),),
    bend=2.0, complex_value=cmath.cosh, latex=r"\cosh",
    libm="cosh", infinity="-inf and inf: inf",
)  # fmt: skip
tanh: Primitive = primitive(
    "tanh", math.tanh, (lambda out, x: 4.0 * sigmoid_slope(2.0 * x),), "tanh x",
    bend=2.0, complex_value=cmath.tanh, latex=r"\tanh", role="saturating", lecture=(lambda out, x: 1.0 - out**2,),
    libm="tanh", fastmath=3, infinity="-inf: -1; inf: 1",
)  # fmt: skip
asinh: Primitive = primitive(
    "asinh", math.asinh, (lambda out, x: 1.0 / hypot(1.0, x),), "ln(x + (x^2 + 1)^(1/2))",
    complex_value=cmath.asinh, role="activation",
    libm="asinh", infinity="-inf: -inf; inf: inf",
)  # fmt: skip
acosh: Primitive = primitive(
    "acosh", math.acosh, (lambda out, x: 1.0 / root_below_square(x),), "ln(x + (x^2 - 1)^(1/2))",
    domain="x >= 1", kinks="1: inf", intervals=((1.0, LARGEST),), distance=lambda x: x - 1.0,
    complex_value=cmath.acosh, lecture=(lambda out, x: 1.0 / sqrt(x * x - 1.0),),
    libm="acosh", infinity="inf: inf",
)  # fmt: skip
atanh: Primitive = primitive(
    "atanh", math.atanh, (lambda out, x: 1.0 / one_minus_square(x),), "ln((1 + x) / (1 - x)) / 2",
    domain="-1 < x < 1", limit=lambda x: math.copysign(INF, x) if math.fabs(x) == 1.0 else NAN,
    intervals=((math.nextafter(-1.0, 0.0), math.nextafter(1.0, 0.0)),), distance=to_one, complex_value=cmath.atanh,
    lecture=(lambda out, x: 1.0 / (1.0 - x * x),),
    libm="atanh",
)  # fmt: skip
hypot: Primitive = primitive(
    "hypot", float_values.hypot, (lambda out, x, y: cosine_in(out, x, y), lambda out, x, y: cosine_in(out, y, x)),
    "(x^2 + y^2)^(1/2)",
    kinks="(0, 0): nan", limit=INF, distance=math.hypot, complex_value=complex_functions.hypot,
    lecture=(lambda out, x, y: x / out, lambda out, x, y: y / out),
    lowering=Definition("float_values", "hypot"),
    ball_value=ball_functions.hypot, infinity="x or y infinite: inf",
)  # fmt: skip


def turn(x: Scalar, y: Scalar) -> Any:
    """x / (x^2 + y^2), which is 0 where both are infinite, though the cosine has no limit there."""
    return decide(logical_and(infinite(x), infinite(y)), lambda: 0.0, lambda: cosine(x, y) / hypot(x, y))


# Slopes

cosine: Primitive = slope(
    "cosine", float_values.cosine,
    (
        lambda out, x, y: cosine(y, x) * (cosine(y, x) / hypot(x, y)),
        lambda out, x, y: -out * (cosine(y, x) / hypot(x, y)),
    ),
    "x / (x^2 + y^2)^(1/2)", distance=math.hypot,
    lowering=lambda x, y: where(logical_and(equal(abs(x), INF), less(abs(y), INF)), sign(x), over_length(x, y)),
    complex_value=complex_functions.cosine,
    ball_value=lambda x, y: x / ball_functions.hypot(x, y),
)  # fmt: skip
one_minus_square: Primitive = slope(
    "one_minus_square", lambda x: (1.0 - x) * (1.0 + x), (lambda out, x: -2.0 * x,), "1 - x^2",
    lowering=lambda x: (1.0 - x) * (1.0 + x), complex_value=lambda x: 1.0 - x * x,
)  # fmt: skip
root_below_square: Primitive = slope(
    "root_below_square", lambda x: math.sqrt(x - 1.0) * math.sqrt(x + 1.0),
    (lambda out, x: decide(infinite(x), lambda: 1.0, lambda: x / out),),
    "(x^2 - 1)^(1/2)",
    lowering=lambda x: sqrt(x - 1.0) * sqrt(x + 1.0), distance=lambda x: x - 1.0,
    complex_value=lambda x: cmath.sqrt(x - 1.0) * cmath.sqrt(x + 1.0),
)  # fmt: skip
atan_slope: Primitive = slope(
    "atan_slope", lambda x: 1.0 / (1.0 + x * x), (lambda out, x: -2.0 * (finite_or_zero(x) * out) * out,),
    "1 / (1 + x^2)",
    lowering=lambda x: 1.0 / (1.0 + x * x), complex_value=lambda x: 1.0 / (1.0 + x * x),
)  # fmt: skip


def over_length(x: Scalar, y: Scalar) -> Any:
    """x / (x^2 + y^2)^(1/2), enlarged where the length has lost digits by underflow."""
    length = hypot(x, y)
    a, b = x * ENLARGED, y * ENLARGED
    return where(less(length, TINY), a / sqrt(a * a + b * b), x / length)


def cosine_in(out: Scalar, x: Scalar, y: Scalar) -> Any:
    """cosine(x, y) where the hypotenuse is known: the same, restated for speed."""
    return x / out if type(out) is float and TINY <= out < INF else cosine(x, y)
