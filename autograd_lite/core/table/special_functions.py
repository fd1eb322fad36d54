"""Digamma and its derivatives, which ``math`` lacks: the partials of gamma and lgamma.

Beside ``numerics`` on the lowest floor: floats in, a float out.
"""

import math
from typing import Final

from autograd_lite.core.numerics import INF, NAN

# B(2k) / (2k)! for k = 1, 2, ...: the Bernoulli numbers of Euler-Maclaurin summation.
_BERNOULLI: Final = (
    8.333333333333333e-02, -1.388888888888889e-03, 3.306878306878307e-05, -8.267195767195768e-07,
    2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225828e-13,
    8.586062056277845e-15, -2.174868698558062e-16,
)  # fmt: skip

# The derivatives of digamma at its positive zero, over n!: the coefficients of Taylor's series there.
_DIGAMMA_SERIES: Final = (
    0.9676722454476212, -0.4427631689835921, 0.258499760955651, -0.16394270544240652,
    0.10782405069126237, -0.07219956125645471, 0.04880428816414311, -0.03316112647484736,
    0.022597648232218104, -0.01542476590494896, 0.010538791616612175, -0.007204534386356869,
    0.004926781395729853, -0.003369801655439328, 0.002305126326734928, -0.0015769367714301972,
    0.0010788252019162967, -0.0007380709389960052, 0.000504953265834602, -0.0003454680251063077,
    0.00023635601564027053, -0.00016170622091974803,
)  # fmt: skip


def digamma(x: float) -> float:
    """The derivative of ln(gamma(x)); source: Abramowitz and Stegun 6.3.5 to 6.3.18."""
    if x == -INF or (x <= 0.0 and x == math.floor(x)):
        raise ValueError("digamma has poles at 0, -1, -2, ...")
    # The logarithm cancels near the zero at 1.4616...: there, expand around it.
    if abs(x - 1.4616321449683622) < 0.25:
        return _digamma_near_zero(x)
    if x < 0.5:
        return digamma(1.0 - x) - math.pi * _cotangent(x)
    shift = 0.0
    while x < 10.0:
        shift += 1.0 / x
        x += 1.0
    square = 1.0 / (x * x)
    series = 0.0
    power_of_square = square
    factorial = 2.0  # (2k)! / (2k) of B(2k) / (2k x^2k)
    for k in range(1, 10):
        series += _BERNOULLI[k - 1] * (factorial / (2.0 * k)) * power_of_square
        power_of_square *= square
        factorial *= (2.0 * k + 1.0) * (2.0 * k + 2.0)
    return ((math.log(x) - 0.5 / x) - series) - shift


def _digamma_near_zero(x: float) -> float:
    """Taylor's series at the zero, whose distance is taken in two floats so that no digit is lost."""
    h = (x - 1.4616321449683622) - 9.549995429965697e-17
    result = 0.0
    for coefficient in reversed(_DIGAMMA_SERIES):
        result = (result + coefficient) * h
    return result


def trigamma(x: float) -> float:
    """The derivative of digamma: the sum over k of 1 / (x + k)^2."""
    return polygamma(1.0, x)


def polygamma(n: float, x: float) -> float:
    """The n-th derivative of digamma, n = 0, 1, 2, ...; source: Abramowitz and Stegun 6.4."""
    if x != x or n != n:
        return NAN
    if n < 0.0 or n != math.floor(n):
        raise ValueError("the order is a whole number from 0 on")
    if n == 0.0:
        return digamma(x)
    if x == INF:
        return 0.0
    if x == -INF or (x <= 0.0 and x == math.floor(x)):
        raise ValueError("polygamma has poles at 0, -1, -2, ...")
    order = int(n)
    parity = -1.0 if order % 2 == 0 else 1.0
    if x < 0.0:
        return -parity * polygamma(n, 1.0 - x) - _cotangent_derivative(order, x)
    return parity * math.gamma(n + 1.0) * hurwitz_zeta(n + 1.0, x)


def hurwitz_zeta(s: float, x: float) -> float:
    """The sum over k >= 0 of (x + k)^-s, x > 0: some terms, then Euler-Maclaurin."""
    result = 0.0
    while x < 10.0 + s:
        result += _lowered(x, s)
        x += 1.0
    result += math.pow(x, 1.0 - s) / (s - 1.0) + 0.5 * math.pow(x, -s)
    rising = s * math.pow(x, -s - 1.0)  # s (s+1) ... (s+2k-2) x^(-s-2k+1)
    for k in range(len(_BERNOULLI)):
        result += _BERNOULLI[k] * rising
        rising *= (s + 2.0 * k + 1.0) * (s + 2.0 * k + 2.0) / (x * x)
    return result


def _lowered(x: float, s: float) -> float:
    """x to the power -s, inf where that is too large."""
    try:
        return math.pow(x, -s)
    except OverflowError:
        return INF


def _cotangent(x: float) -> float:
    """cot(pi x), its argument reduced before pi comes in, from its zero where that is nearer than its pole."""
    r = x - round(x)
    return 1.0 / math.tan(math.pi * r) if abs(r) < 0.25 else math.tan(math.pi * (math.copysign(0.5, r) - r))


def _cotangent_derivative(n: int, x: float) -> float:
    """The n-th derivative of pi cot(pi x), a polynomial in the cotangent times pi^(n+1)."""
    cotangent = _cotangent(x)
    polynomial = [0.0, 1.0]  # coefficients in c; d/dx c = -pi (1 + c^2)
    for _ in range(n):
        slope = [polynomial[i] * i for i in range(1, len(polynomial))]
        polynomial = [0.0] * (len(slope) + 2)
        for i in range(len(slope)):
            polynomial[i] -= slope[i]
            polynomial[i + 2] -= slope[i]
    value = polynomial[n + 1]
    for i in range(n, -1, -1):
        value = value * cotangent + polynomial[i]
    return value * math.pow(math.pi, n + 1.0)
