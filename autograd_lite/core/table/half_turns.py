"""Rows of the circular functions in half turns, whose zeros are floats: sin(pi x), cos(pi x), and NumPy's sinc.

Beside them the sinc of the lectures, sin(x) / x.
"""

import math
from typing import Any, Final

from autograd_lite.core.columns.constants import LARGEST
from autograd_lite.core.columns.entering import primitive
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import complex_functions
from autograd_lite.core.table import taylor_coefficients as series
from autograd_lite.core.table.choices import abs, clip, copysign, decide, equal, floor, less, round, where
from autograd_lite.core.table.definitions import by_ieee_754, on_floats, polynomial
from autograd_lite.core.table.trigonometry import cos, sin

__all__ = ["sinpi", "cospi", "sinc", "cardinal_sine"]

WHOLE: Final = 2.0**54  # from here on every float is an even number

# The derivative of sin(pi x) / (pi x) over x, in powers of x^2: 2k (-1)^k pi^(2k) / (2k + 1)!, k = 1, 2, ...
_SINC_SLOPE: Final = (
    -3.289868133696453, 3.2469697011334144, -1.1445109447325053, 0.2091827825412384, -0.023460810354558236,
    0.001781145516372852, -9.766223126318933e-05, 4.049947846619244e-06, -1.3148481279991994e-07,
    3.4330769499642866e-09, -7.365893777096947e-11, 1.3217901389162318e-12,
)  # fmt: skip
# The same of sin(x) / x
_CARDINAL_SLOPE: Final = (
    -0.3333333333333333, 0.03333333333333333, -0.0011904761904761906, 2.2045855379188714e-05, -2.505210838544172e-07,
    1.9270852604185937e-09, -1.0706029224547743e-11, 4.498331606952833e-14, -1.4797143443923793e-16,
    3.9145882126782523e-19, -8.509974375387505e-22, 1.5472680682522736e-24,
)  # fmt: skip


def rest_and_sign(x: Scalar) -> tuple[Any, Any]:
    """How far x is from the nearest whole number n, and (-1)^n."""
    n = round(x)
    return x - n, 1.0 - 2.0 * (n - 2.0 * floor(0.5 * n))


def sinpi_formula(x: Scalar) -> Any:
    rest, sign = rest_and_sign(x)
    return where(equal(rest, 0.0), copysign(0.0, x), sign * sin(math.pi * rest))


def cospi_formula(x: Scalar) -> Any:
    rest, sign = rest_and_sign(x)
    return sign * sin(math.pi * (0.5 - abs(rest))) + 0.0


def sinc_formula(x: Scalar) -> Any:
    """The quotient; far away the sine is that of an even number, also at infinity."""
    return decide(equal(x, 0.0), lambda: 1.0, lambda: sinpi_formula(clip(x, -WHOLE, WHOLE)) / (math.pi * x))


def sinc_slope(out: Scalar, x: Scalar) -> Any:
    """(cos(pi x) - out) / x, which cancels near 0: there, Taylor's series."""
    return decide(
        less(x * x, 0.24),
        lambda: x * polynomial(_SINC_SLOPE, x * x),
        lambda: decide(less(abs(x), math.inf), lambda: (cospi(x) - out) / x, lambda: 1.0 / x),
    )


def cardinal_sine_formula(x: Scalar) -> Any:
    """Taylor's series near 0, else the quotient."""

    def near_0() -> Any:
        t, out = x * x, 1.0
        for k in range(9, 0, -1):  # up to x^18
            out = 1.0 - t * out / (2.0 * k * (2.0 * k + 1.0))
        return out

    return decide(
        less(abs(x), 1.0),
        near_0,
        lambda: decide(less(abs(x), math.inf), lambda: sin(clip(x, -LARGEST, LARGEST)) / x, lambda: abs(1.0 / x)),
    )


def cardinal_sine_slope(out: Scalar, x: Scalar) -> Any:
    """(cos x - out) / x, which cancels near 0: there, Taylor's series."""
    return decide(
        less(x * x, 2.37),
        lambda: x * polynomial(_CARDINAL_SLOPE, x * x),
        lambda: decide(less(abs(x), math.inf), lambda: (cos(x) - out) / x, lambda: 1.0 / x),
    )


sinpi: Primitive = primitive(
    "sinpi", on_floats(sinpi_formula, math.isfinite), (lambda out, x: math.pi * cospi(x),), "sin(pi x)",
    domain="x finite", limit=by_ieee_754(sinpi_formula), lowering=sinpi_formula, bend=0.5,
    complex_value=complex_functions.sinpi,
    ball_value="sin_pi",
)  # fmt: skip
cospi: Primitive = primitive(
    "cospi", on_floats(cospi_formula, math.isfinite), (lambda out, x: -math.pi * sinpi(x),), "cos(pi x)",
    domain="x finite", limit=by_ieee_754(cospi_formula), lowering=cospi_formula, bend=0.5,
    complex_value=complex_functions.cospi,
    ball_value="cos_pi",
)  # fmt: skip
sinc: Primitive = primitive(
    "sinc", on_floats(sinc_formula), (lambda out, x: sinc_slope(out, x),), "sin(pi x) / (pi x), 1 at 0",
    lowering=sinc_formula, bend=0.5, lecture=(lambda out, x: (cospi(x) - out) / x,),
    complex_value=complex_functions.sinc,
    ball_value="sinc_pi", infinity="-inf and inf: 0",
    taylor=lambda out, x, order: series.sinc_coefficients(x, sinpi(x), cospi(x), math.pi, order),
)  # fmt: skip
cardinal_sine: Primitive = primitive(
    "cardinal_sine", on_floats(cardinal_sine_formula), (lambda out, x: cardinal_sine_slope(out, x),),
    "sin(x) / x, 1 at 0", lowering=cardinal_sine_formula, bend=1.5, lecture=(lambda out, x: (cos(x) - out) / x,),
    sign="sinc", role="activation", complex_value=complex_functions.cardinal_sine,
    ball_value="sinc", infinity="-inf and inf: 0",
    taylor=lambda out, x, order: series.sinc_coefficients(x, sin(x), cos(x), 1.0, order),
)  # fmt: skip
