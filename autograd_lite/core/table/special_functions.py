"""Gamma, its logarithm, and the derivatives of that, in arithmetic, choices and bounded loops for all engines.

Natively compiled Python computes the values on floats; `definition_reader` makes instructions, native code, C and
JavaScript of the same functions.  So they are written in what it reads: assignments, `if` with a `return` at its end,
`for` over tables, arithmetic, comparisons, `math.fabs` and `math.copysign`, and calls of each other.  The functions at
the end raise outside of the domain, as those of `math` do.

The coefficients are of interpolations at Chebyshev's nodes, computed in 60 digits by `benchmarks/coefficients.py`; the
relative error of each is below 2e-16.
"""

import math
from typing import Final

from autograd_lite.core.columns.constants import INF, LARGEST, LOG2_E, NAN, TINY

Table = tuple[float, ...]

HALF_LOG_2_PI: Final = 0.9189385332046728
SQRT_2_PI: Final = 2.5066282746310002
SQRT_HALF_PI: Final = 1.2533141373155003
SQRT_2: Final = 1.4142135623730951
PI_LOW: Final = 1.2246467991473532e-16
LN2_HIGH: Final = 0.693147180369123816490  # with zeros at its end
LN2_LOW: Final = 1.90821492927058770002e-10
WHOLE: Final = 4503599627370496.0  # 2^52: floats from there on are whole
TO_WHOLE: Final = 6755399441055744.0  # 1.5 2^52: added to a small number and subtracted, it rounds that
ZERO: Final = 1.4616321449683622  # of digamma, and the rest of it
ZERO_LOW: Final = 9.549995429965697e-17
ZERO_LESS_1: Final = 0.46163214496836236
ZERO_LESS_1_LOW: Final = -1.5522348162858677e-17
FACTORS: Final[Table] = (
    2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0,
    22.0,
)  # fmt: skip

# (e^r - 1 - r) / r^2
_EXPONENTIAL: Final[Table] = (
    0.5, 0.16666666666666666, 0.041666666666666664, 0.008333333333333333, 0.001388888888888889,
    0.0001984126984126984, 2.48015873015873e-05, 2.7557319223985893e-06, 2.755731922398589e-07,
    2.505210838544172e-08, 2.08767569878681e-09, 1.6059043836821613e-10, 1.1470745597729725e-11,
)  # fmt: skip
# (2 atanh(s) / s - 2) / s^2 for |s| <= 0.1716, in powers of s^2
_ATANH: Final[Table] = (
    0.6666666666666666, 0.4000000000000088, 0.28571428570801954, 0.22222222392089008, 0.18181795600060788,
    0.15386241881938825, 0.13268714792342884, 0.13087236196706833,
)  # fmt: skip
# (sin(pi x) / x - pi) / x^2 and (cos(pi x) - 1) / x^2 for |x| <= 1/4, in powers of x^2
_SINE: Final[Table] = (
    -5.167712780049969, 2.5501640398766154, -0.5992645291845385, 0.08214587730641625, -0.007370143643593738,
    0.00046221110224181096,
)  # fmt: skip
_COSINE: Final[Table] = (
    -4.934802200544679, 4.058712126416765, -1.3352627688538095, 0.23533063028399223, -0.025806887964701875,
    0.001929493874894938, -0.00010370082971593132,
)  # fmt: skip
# ln gamma(x) / ((x - 1) (x - 2)) for 1/2 <= x <= 4, in powers of x - 1/2: numerator and denominator
_LOG_GAMMA: Final[Table] = (
    0.7631532572329335, 5.906279175522917, 19.030570082891455, 33.268759778565276, 34.53577869602758,
    21.95851548218308, 8.544290580454224, 1.9844973394036383, 0.26154859557506605, 0.01791937216802923,
    0.0005450428038897416, 5.2197995775204035e-06, 3.0105001615942345e-09,
)  # fmt: skip
_LOG_GAMMA_BELOW: Final[Table] = (
    1.0, 8.503163852643626, 30.49133085697777, 60.26020061033973, 72.1095988022418, 54.1735651119552,
    25.718860226793414, 7.60662492726572, 1.354886842194277, 0.13710470779409178, 0.007151365068518948,
    0.00016127114560778104, 1.0541027448370642e-06,
)  # fmt: skip
# gamma(x) for 1/2 <= x <= 3, in the same
_GAMMA: Final[Table] = (
    1.772453850905516, 1.0029618520378047, 0.42718172372954966, 0.11475807005072135, 0.02674090826470409,
    0.004428741569547196, 0.0006918642492738402, 6.816002275352973e-05, 7.80378042601556e-06, 1.5996551427311892e-07,
    3.03737888473978e-08, -5.192298564922942e-09,
)  # fmt: skip
_GAMMA_BELOW: Final[Table] = (
    1.0, 2.5293706556369187, 0.8123692092619937, -0.545720422701202, -0.07273809481564915, 0.06375794430895161,
    -0.006430167942543575, -0.0018620141105197795, 0.0005935002188540173, -7.22304788437722e-05,
    4.3553563546392944e-06, -1.0876867386460239e-07,
)  # fmt: skip
# digamma(x) over the distance from its zero, for 1/2 <= x <= 3, in the same
_DIGAMMA_NEAR: Final[Table] = (
    2.041851487905516, 4.5876457690183985, 3.7252066576823544, 1.4303407738759546, 0.2784565029838301,
    0.026861274378858085, 0.0011390694262815191, 1.5371313863566683e-05, 1.2025017289138158e-08,
)  # fmt: skip
_DIGAMMA_NEAR_BELOW: Final[Table] = (
    1.0, 3.720163511798467, 4.552309559662784, 2.5703526177225715, 0.747741740737185, 0.11421646901625102,
    0.008708818727267167, 0.00028634349598293484, 2.7715752134931507e-06,
)  # fmt: skip
# trigamma(x) for 1/2 <= x <= 3, in the same
_TRIGAMMA_NEAR: Final[Table] = (
    4.934802200544679, 19.142425280427705, 33.46484897188031, 33.76711371392576, 21.36046803555457, 8.666814720597905,
    2.208001232605052, 0.3244241168521293, 0.021185890071721173,
)  # fmt: skip
_TRIGAMMA_NEAR_BELOW: Final[Table] = (
    1.0, 7.289293564935936, 21.769938930369708, 35.1962030674543, 34.482141315080256, 21.543997029159094,
    8.693850094980258, 2.209766721098004, 0.3244241169685152, 0.021185890068861197,
)  # fmt: skip
# x times the rest of Stirling's formula for ln gamma(x), x >= 3, in powers of 1 / x^2
_STIRLING: Final[Table] = (
    0.08333333333333333, -0.0027777777777757695, 0.000793650792622404, -0.0005952378854503139, 0.0008417282394032359,
    -0.0019160464198791072, 0.006346110578292672, -0.027601910018978465, 0.13605466944124706, -0.6346190865706115,
    2.348297111372058, -5.724231505133728, 6.653396422514748,
)  # fmt: skip
# x^2 (ln x - 1 / (2 x) - digamma(x)), x >= 3, in the same
_DIGAMMA: Final[Table] = (
    0.08333333333333333, -0.00833333333333146, 0.003968253966976144, -0.004166666318097985, 0.007575707039086117,
    -0.02108830175939314, 0.08306600883135555, -0.43197479150785184, 2.6996290251013693, -17.80160049685406,
    107.92593503576585, -533.2993840198963, 1920.8404424602395, -4373.090261782696, 4664.339079250073,
)  # fmt: skip
# x^3 (trigamma(x) - 1 / x - 1 / (2 x^2)), x >= 3, in the same
_TRIGAMMA: Final[Table] = (
    0.16666666666666666, -0.03333333333333078, 0.023809523807285588, -0.033333332547180204, 0.07575742841367478,
    -0.2530965194189473, 1.1653405454386967, -7.018329661326314, 51.89381170822008, -429.0857196247081,
    3543.8589385279224, -26333.284315261997, 161759.01921089742, -763291.3988129091, 2550025.529887349,
    -5318409.709852678, 5177542.217648674,
)  # fmt: skip


def exponent(x: float) -> float:
    """The largest whole number n with 2^n <= x, for x >= 2^-1022."""
    n = (math.log(x) * LOG2_E + TO_WHOLE) - TO_WHOLE
    if n > 1023.0:
        return 1023.0
    return n - 1.0 if math.pow(2.0, n) > x else n


def power_of_two(n: float) -> float:
    """2^n for whole n from -1022 to 1023."""
    return math.pow(2.0, n)


def horner(coefficients: Table, x: float) -> float:
    """c0 + c1 x + c2 x^2 + ..."""
    result = 0.0
    for c in reversed(coefficients):
        result = result * x + c
    return result


def nearest(a: float) -> float:
    """The whole number nearest to a >= 0, the even one of two."""
    return (a + WHOLE) - WHOLE if a < WHOLE else a


def sine_near(x: float) -> float:
    """sin(pi x), |x| <= 1/4."""
    v = x * x
    return math.pi * x + x * (PI_LOW + v * horner(_SINE, v))


def cosine_near(x: float) -> float:
    """cos(pi x), |x| <= 1/4."""
    v = x * x
    return 1.0 + v * horner(_COSINE, v)


def sine(x: float) -> float:
    """sin(pi x), 0 <= x <= 1/2."""
    return sine_near(x) if x < 0.25 else cosine_near(0.5 - x)


def pi_cotangent(x: float) -> float:
    """pi cot(pi x), 0 < x <= 1/2."""
    y = x if x < 0.25 else 0.5 - x
    s = sine_near(y)
    c = cosine_near(y)
    return math.pi * (c / s if x < 0.25 else s / c)


def logarithm(x: float) -> float:
    """ln x for x > 0, finite: 2 atanh(f / (2 + f)) of the rest f of x over a power of 2."""
    scaled = x * 18014398509481984.0 if x < TINY else x
    n = exponent(scaled)
    m = scaled / power_of_two(n)
    k = n + 1.0 if m > SQRT_2 else n
    f = (0.5 * m if m > SQRT_2 else m) - 1.0
    k = k - 54.0 if x < TINY else k
    s = f / (2.0 + f)
    z = s * s
    square = 0.5 * f * f
    return k * LN2_HIGH + (f - (square - (s * (square + z * horner(_ATANH, z)) + k * LN2_LOW)))


def two_product(x: float, y: float) -> tuple[float, float]:
    """x y as the nearest float and the rest (Dekker 1971)."""
    p = x * y
    c = x * 134217729.0
    d = y * 134217729.0
    u = c - (c - x)
    v = d - (d - y)
    return p, (((u * v - p) + u * (y - v)) + (x - u) * v) + (x - u) * (y - v)


def logarithm_in_parts(x: float) -> tuple[float, float]:
    """ln x as a float and the rest, with an error below 2^-60, for 1 <= x <= 1e300."""
    n = exponent(x)
    m = x / power_of_two(n)
    k = n + 1.0 if m > SQRT_2 else n
    f = (0.5 * m if m > SQRT_2 else m) - 1.0
    t = 2.0 + f
    s = f / t
    p, e = two_product(s, t)
    low = (((f - p) - e) - s * (f - (t - 2.0))) / t
    z = s * s
    high = k * LN2_HIGH
    total = high + 2.0 * s
    part = total - high
    rest = (high - (total - part)) + (2.0 * s - part)
    return total, rest + (k * LN2_LOW + (2.0 * low + s * (z * horner(_ATANH, z))))


def log_gamma_quotient(t: float) -> float:
    """ln gamma(x) / ((x - 1) (x - 2)) at x = 1/2 + t, 0 <= t <= 3.5."""
    return horner(_LOG_GAMMA, t) / horner(_LOG_GAMMA_BELOW, t)


def log_gamma_of_positive(x: float) -> float:
    """ln gamma(x), x >= 1/2, with its zeros at 1 and 2 as factors; from 4 on by Stirling's formula."""
    if x < 4.0:
        return ((x - 1.0) * (x - 2.0)) * log_gamma_quotient(x - 0.5) + 0.0  # not -0.0 at 1
    y = LARGEST if x > LARGEST else x
    r = 1.0 / y
    return (y - 0.5) * (logarithm(y) - 1.0) + (r * horner(_STIRLING, r * r) + (HALF_LOG_2_PI - 0.5))


def psi_quotient(t: float) -> float:
    """digamma(x) over the distance of x from its zero, at x = 1/2 + t, 0 <= t <= 2.5."""
    return horner(_DIGAMMA_NEAR, t) / horner(_DIGAMMA_NEAR_BELOW, t)


def psi_of_positive(x: float) -> float:
    """digamma(x), x >= 1/2, with its zero as a factor; from 3 on by the asymptotic series."""
    if x < 3.0:
        return ((x - ZERO) - ZERO_LOW) * psi_quotient(x - 0.5)
    y = LARGEST if x > LARGEST else x
    r = 1.0 / y
    v = r * r
    value = logarithm(y) - (0.5 * r + v * horner(_DIGAMMA, v))
    return x if x > LARGEST else value


def psi(x: float) -> float:
    """digamma(x), nan at the poles; source: Abramowitz and Stegun 6.3.5 to 6.3.18."""
    a = math.fabs(x)
    if a < 0.5:
        if a == 0.0:
            return NAN
        return ((x - ZERO_LESS_1) - ZERO_LESS_1_LOW) * psi_quotient(x + 0.5) - 1.0 / x
    size = psi_of_positive(a + 1.0 if x < 0.0 else a)
    if x < 0.0:
        rest = a - nearest(a)
        distance = math.fabs(rest)
        if distance > 0.0:
            turned = pi_cotangent(distance)
            return size + (turned if rest > 0.0 else -turned)
        return NAN
    return size


def trigamma_near(t: float) -> float:
    """trigamma(x) at x = 1/2 + t, 0 <= t <= 2.5."""
    return horner(_TRIGAMMA_NEAR, t) / horner(_TRIGAMMA_NEAR_BELOW, t)


def trigamma_of_positive(x: float) -> float:
    """trigamma(x), x >= 1/2; from 3 on by the asymptotic series."""
    if x < 3.0:
        return trigamma_near(x - 0.5)
    r = 1.0 / x
    v = r * r
    return r + v * (0.5 + r * horner(_TRIGAMMA, v))


def psi_slope(x: float) -> float:
    """trigamma(x), nan at the poles."""
    a = math.fabs(x)
    if a < 0.5:
        if a == 0.0:
            return NAN
        r = 1.0 / x
        return r * r + trigamma_near(x + 0.5)
    size = trigamma_of_positive(a + 1.0 if x < 0.0 else a)
    if x < 0.0:
        distance = math.fabs(a - nearest(a))
        if distance > 0.0:
            s = math.pi / sine(distance)
            return s * s - size
        return NAN
    return size


def gamma_near(t: float) -> float:
    """gamma(x) at x = 1/2 + t, 0 <= t <= 2.5."""
    return horner(_GAMMA, t) / horner(_GAMMA_BELOW, t)


def signed_sine(a: float) -> float:
    """sin(pi a), a >= 0."""
    n = nearest(a)
    rest = a - n
    value = sine(math.fabs(rest))
    turned = value if rest > 0.0 else -value
    return turned if n == 2.0 * nearest(0.5 * n) else -turned


def gamma_of(x: float) -> float:
    """gamma(x): a product at small whole numbers, Stirling's formula with a logarithm in two parts far away."""
    a = math.fabs(x)
    if a == nearest(a) and x <= 23.0:
        if x <= 0.0:
            return math.copysign(INF, x) if x == 0.0 else NAN
        product = 1.0
        for factor in FACTORS:
            product = product * factor if factor < x else product
        return product
    if a < 0.5:
        return gamma_near(x + 0.5) / x
    if a < 3.0:
        size = gamma_near(a - 0.5)
        return size if x > 0.0 else -math.pi / (a * signed_sine(a) * size)
    b = 200.0 if a > 200.0 else a
    high, low = logarithm_in_parts(b)
    p, e = two_product(b - 0.5, high)
    r = 1.0 / b
    top = p - b
    bottom = ((p - top) - b) + (e + ((b - 0.5) * low + r * horner(_STIRLING, r * r)))
    up = top if x > 0.0 else -top
    down = bottom if x > 0.0 else -bottom
    n = ((up + down) * LOG2_E + TO_WHOLE) - TO_WHOLE
    rest = ((up - n * LN2_HIGH) - n * LN2_LOW) + down
    power = 1.0 + (rest + rest * rest * horner(_EXPONENTIAL, rest))
    half = (0.5 * n + TO_WHOLE) - TO_WHOLE
    factor = SQRT_2_PI if x > 0.0 else -SQRT_HALF_PI / (a * signed_sine(a))
    return ((factor * power) * power_of_two(half)) * power_of_two(n - half)


def log_gamma(x: float) -> float:
    """ln |gamma(x)|, inf at the poles; near 0 by the recurrence, to the left by the reflection.

    Whose two terms would cancel next to the zeros, which end at -18: there gamma has the digits.
    """
    a = math.fabs(x)
    if a < 0.5:
        if a == 0.0:
            return INF
        return (x * (x - 1.0)) * log_gamma_quotient(x + 0.5) - logarithm(a)
    if x < 0.0:
        distance = math.fabs(a - nearest(a))
        if distance > 0.0:
            if a < 20.0:
                return logarithm(math.fabs(gamma_of(x)))
            return logarithm(math.pi / (a * sine(distance))) - log_gamma_of_positive(a)
        return INF
    return log_gamma_of_positive(a)


# What raises


def gamma(x: float) -> float:
    value = gamma_of(x)
    if (value != value and x == x) or x == 0.0:
        raise ValueError("math domain error")
    if math.fabs(value) == INF and x != INF:
        raise OverflowError("math range error")
    return value


def lgamma(x: float) -> float:
    value = log_gamma(x)
    if value == INF and math.fabs(x) != INF:
        if x > 0.0:
            raise OverflowError("math range error")
        raise ValueError("math domain error")
    return value


def digamma(x: float) -> float:
    """The derivative of ln(gamma(x))."""
    value = psi(x)
    if value != value and x == x:
        raise ValueError("digamma has poles at 0, -1, -2, ...")
    return value


def trigamma(x: float) -> float:
    """The derivative of digamma: the sum over k of 1 / (x + k)^2."""
    value = psi_slope(x)
    if value != value and x == x:
        raise ValueError("trigamma has poles at 0, -1, -2, ...")
    return value
