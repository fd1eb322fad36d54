"""Rows of the normal distribution and of the error function's scaled and inverse forms.

Each is one formula in rows (see `definitions`).  The coefficients are of interpolations at Chebyshev's nodes, computed
in 60 digits by `benchmarks/coefficients.py`; the relative error of each is below 1e-16.
"""

import math
from typing import Any, Final

from autograd_lite.core.columns.constants import INF, SMALLEST
from autograd_lite.core.columns.entering import primitive
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions
from autograd_lite.core.table import taylor_coefficients as series
from autograd_lite.core.table.choices import abs, copysign, decide, equal, infinite, less, minimum, where
from autograd_lite.core.table.definitions import by_ieee_754, halves, on_floats, polynomial
from autograd_lite.core.table.distances import to_one
from autograd_lite.core.table.exponentials import exp, expm1, log, sqrt
from autograd_lite.core.table.special import TWO_OVER_SQRT_PI, erfc

__all__ = ["erfcx", "erfinv", "ndtr", "ndtri"]

SQRT_2: Final = 1.4142135623730951
SQRT_HALF: Final = 0.7071067811865476
SQRT_2_PI: Final = 2.5066282746310002
ONE_OVER_SQRT_2_PI: Final = 0.3989422804014327
SQRT_2_OVER_PI: Final = 0.7978845608028654
HALF_SQRT_PI: Final = 0.886226925452758
LEFT_END: Final = -26.62873571375149  # of erfcx: beyond, it is too large for a float

# (1 + 2 x) erfcx(x) in powers of q = (x - 3) / (x + 3)
_ERFCX: Final = (
    1.2530080582697296, -0.13562110612458117, -0.04756229435345087, 0.1296451587027606, -0.11927366341530699,
    0.06830802734397848, -0.023770514918645888, 0.002529391816066239, 0.0018886903591561553, -0.0007798322721083991,
    -0.00010515979981501177, 0.00012509935235563107, 4.949484992570595e-06, -2.0100567931289227e-05,
    -7.315105164159062e-07, 3.472414602875686e-06, 3.5683839153992204e-07, -6.166496077604353e-07,
    -1.4160064940265987e-07, 1.0187000600072885e-07, 4.180784698845582e-08, -1.3326364813003834e-08,
    -8.500397929772615e-09, 9.885798831139365e-10, 8.864219016427092e-10,
)  # fmt: skip
# (1 + 2 x)^2 times -1/2 the derivative of erfcx, in the same
_ERFCX_SLOPE: Final = (
    1.3321203701757354, -0.10273528039965173, -0.3468042144196784, 0.43313770739524815, -0.23596473706677298,
    0.009638746656920287, 0.0844390105420652, -0.06275982676803157, 0.01587845645432554, 0.0049594866794941414,
    -0.004007518389861983, -0.00011836822587001983, 0.00074065149023344, -3.2913524893757055e-05,
    -0.0001417048792719665, 4.510011218627208e-06, 2.9135036860617607e-05, 1.5872767615761905e-06,
    -6.073809231080558e-06, -1.2346140905239423e-06, 1.157281918836668e-06, 4.920075438456049e-07,
    -1.6952238049346454e-07, -1.3821565794596282e-07, 1.0895007525354719e-08, 2.5941084007076445e-08,
    1.960560795445795e-09, -2.4461969546067603e-09, -4.278759728033271e-10,
)  # fmt: skip
# (erfinv(x) / x - pi^(1/2)/2) / x^2 in powers of 0.85^2 - x^2: numerator, denominator
_CENTRE: Final = (
    0.43087250673264127, 4.647457007334462, 19.475997461324393, 40.20620172217676, 42.87716925194352,
    22.69034108860156, 5.212541225078127, 0.3700259553006543, 0.0008430250749965878,
)  # fmt: skip
_CENTRE_BELOW: Final = (
    1.0, 12.292232980713399, 60.495614753245604, 152.92357116724736, 212.18511294256913, 160.47372712883856,
    61.94240714319775, 10.497008116521963, 0.5418314257520953,
)  # fmt: skip
# s + ndtri(p) in powers of s - 2.27, s = (-2 ln p)^(1/2)
_TAIL: Final = (
    0.8378012855496404, 1.0685132198755865, 0.5453463614101701, 0.14517953733869127, 0.02169833442492273,
    0.0017436559755226483, 6.367228513254816e-05, 7.257917417285254e-07, 4.0709132115627894e-10,
)  # fmt: skip
_TAIL_BELOW: Final = (
    1.0, 1.5220599174966545, 0.9534550667819353, 0.32081079854398026, 0.06316198769530618, 0.007306899288709273,
    0.00045974118242380924, 1.3059790949897517e-05, 1.1000151356160947e-07,
)  # fmt: skip
# s + ndtri(p) in powers of s - 6.5, s = (-2 ln p)^(1/2)
_FAR_TAIL: Final = (
    0.4372717972053671, 0.2478308237939654, 0.05932206636052854, 0.007796708860777833, 0.0006104173943213403,
    2.8934988273511466e-05, 8.133606425105429e-07, 1.287541771923746e-08, 1.0477695732354956e-10,
    3.7191716831363287e-13, 4.009852677881806e-16, 1.7117857062182427e-20,
)  # fmt: skip
_FAR_TAIL_BELOW: Final = (
    1.0, 0.6698213862143065, 0.1924801797762445, 0.03101605080635731, 0.0030687646484961243, 0.00019177527689806818,
    7.519972902640229e-06, 1.789862799751395e-07, 2.433006346873313e-09, 1.7074458804810286e-11,
    5.170579508818399e-14, 4.516376705452403e-17,
)  # fmt: skip


def gaussian(x: Scalar, factor: float) -> Any:
    """e^(factor x^2) for |x| < 1024, factor a power of two: the rounding of x^2 would cost as many ulps as x^2 is."""
    high, low = halves(x)
    coarse = exp(factor * high * high)
    return coarse + coarse * expm1(factor * (low * (x + high)))


def scaled_to_the_right(x: Scalar) -> Any:
    """erfcx(x) for x >= 0 (the map of Shepherd and Laframboise 1981)."""
    return 0.5 * polynomial(_ERFCX, transformed_point(x)) / (0.5 + x)


def transformed_point(x: Scalar) -> Any:
    """(x - 3) / (x + 3), 1 at infinity."""
    bounded = minimum(x, 1e300)
    return (bounded - 3.0) / (bounded + 3.0)


def erfcx_formula(x: Scalar) -> Any:
    u = abs(x)
    return decide(
        less(u, 0.5),
        lambda: exp(x * x) * erfc(x),
        lambda: decide(
            less(x, 0.0),
            lambda: where(less(x, LEFT_END), INF, 2.0 * gaussian(minimum(x, 0.0), 1.0) - scaled_to_the_right(u)),
            lambda: scaled_to_the_right(u),
        ),
    )


def erfcx_slope(out: Scalar, x: Scalar) -> Any:
    """2 x erfcx(x) - 2/pi^(1/2), which cancels to the right: there, by a polynomial of its own."""
    width = 0.5 + abs(x)
    return decide(
        less(x, 0.47),
        lambda: 2.0 * (x * out) - TWO_OVER_SQRT_PI,
        lambda: -0.5 * polynomial(_ERFCX_SLOPE, transformed_point(abs(x))) / width / width,
    )


def ndtr_formula(x: Scalar) -> Any:
    u = minimum(abs(x), 40.0)
    return decide(
        less(x, -1.0),
        lambda: 0.5 * (gaussian(u, -0.5) * scaled_to_the_right(u * SQRT_HALF)),
        lambda: 0.5 * erfc(x * -SQRT_HALF),
    )


def inverse_near_0(x: Scalar) -> Any:
    """erfinv(x) for |x| <= 0.85."""
    square = x * x
    rest = 0.7225 - square
    return x * (HALF_SQRT_PI + square * (polynomial(_CENTRE, rest) / polynomial(_CENTRE_BELOW, rest)))


def inverse_of_tail(p: Scalar) -> Any:
    """-ndtri(p) for p <= 0.075 (the variable of Wichura 1988, algorithm AS 241)."""
    s = sqrt(-2.0 * log(p))
    near, far = s - 2.27, s - 6.5
    return decide(
        less(s, 6.5),
        lambda: s - polynomial(_TAIL, near) / polynomial(_TAIL_BELOW, near),
        lambda: decide(
            equal(p, 0.0), lambda: INF, lambda: s - polynomial(_FAR_TAIL, far) / polynomial(_FAR_TAIL_BELOW, far)
        ),
    )


def erfinv_formula(x: Scalar) -> Any:
    u = abs(x)
    return decide(
        less(u, 0.85),
        lambda: inverse_near_0(x),
        lambda: copysign(SQRT_HALF * inverse_of_tail(0.5 * (1.0 - u)), x),
    )


def erfinv_slope(out: Scalar, x: Scalar) -> Any:
    """pi^(1/2)/2 e^(out^2); in the tails by e^(-out^2) erfcx(|out|) = 1 - |x|, which knows the digits of x."""
    return decide(
        less(x * x, 0.71),
        lambda: HALF_SQRT_PI * exp(out * out),
        lambda: HALF_SQRT_PI * erfcx(abs(out)) / (1.0 - abs(x)),
    )


def ndtri_formula(p: Scalar) -> Any:
    x = 2.0 * p - 1.0
    return decide(
        less(abs(x), 0.85),
        lambda: SQRT_2 * inverse_near_0(x),
        lambda: copysign(inverse_of_tail(minimum(p, 1.0 - p)), x),
    )


def ndtri_slope(out: Scalar, p: Scalar) -> Any:
    """(2 pi)^(1/2) e^(out^2/2); in the tails by e^(-out^2/2) erfcx(|out|/2^(1/2)) = 2 min(p, 1 - p)."""
    return decide(
        less((2.0 * p - 1.0) * (2.0 * p - 1.0), 0.71),
        lambda: SQRT_2_PI * exp(0.5 * (out * out)),
        lambda: (0.5 * SQRT_2_PI) * erfcx(abs(out) * SQRT_HALF) / minimum(p, 1.0 - p),
    )


def ndtr_slope(x: Scalar) -> Any:
    """The density."""
    return decide(infinite(x), lambda: 0.0, lambda: ONE_OVER_SQRT_2_PI * exp(-0.5 * x * x))


erfcx: Primitive = primitive(
    "erfcx", on_floats(erfcx_formula, lambda x: x >= LEFT_END, OverflowError), (lambda out, x: erfcx_slope(out, x),),
    "e^x^2 erfc(x)", domain=f"x > {LEFT_END:.2f}", limit=by_ieee_754(erfcx_formula), lowering=erfcx_formula,
    intervals=((-26.6, 1e300),), bend=2.0, never_zero=True,
    lecture=(lambda out, x: 2.0 * x * out - TWO_OVER_SQRT_PI,),
    ball_value=ball_functions.erfcx, infinity="inf: 0",
    taylor=series.erfcx_coefficients,
)  # fmt: skip
erfinv: Primitive = primitive(
    "erfinv", on_floats(erfinv_formula, lambda x: -1.0 < x < 1.0), (lambda out, x: erfinv_slope(out, x),),
    "the inverse of erf", domain="-1 < x < 1", limit=by_ieee_754(erfinv_formula), lowering=erfinv_formula,
    intervals=((math.nextafter(-1.0, 0.0), math.nextafter(1.0, 0.0)),), distance=to_one,
    lecture=(lambda out, x: HALF_SQRT_PI * exp(out**2),),
    ball_value="erfinv",
)  # fmt: skip
ndtr: Primitive = primitive(
    "ndtr", on_floats(ndtr_formula), (lambda out, x: ndtr_slope(x),),
    "the probability that a standard normal number is below x", sign="Φ", notation="Φ", latex=r"\Phi",
    lowering=ndtr_formula, bend=2.0, never_zero=True, role="saturating",
    ball_value=ball_functions.ndtr, infinity="-inf: 0; inf: 1",
)  # fmt: skip
ndtri: Primitive = primitive(
    "ndtri", on_floats(ndtri_formula, lambda p: 0.0 < p < 1.0), (lambda out, p: ndtri_slope(out, p),),
    "the inverse of ndtr", domain="0 < p < 1", limit=by_ieee_754(ndtri_formula), lowering=ndtri_formula,
    intervals=((SMALLEST, math.nextafter(1.0, 0.0)),), distance=lambda p: min(p, 1.0 - p),
    lecture=(lambda out, p: SQRT_2_PI * exp(0.5 * out**2),),
    ball_value=ball_functions.ndtri,
)  # fmt: skip
