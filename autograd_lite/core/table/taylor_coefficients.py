"""Taylor coefficients of rows whose recurrence by partials loses digits; the column `taylor`.

Such a recurrence has other solutions, which outgrow the function that is wanted: those with a pole at 0 of the Bessel
functions and of sin(x) / x, e^(x^2) of erfcx.  A recurrence that is run from high orders to low ones is stable where
the other direction is not.  Source: Gautschi, Computational aspects of three-term recurrence relations, SIAM Review
9 (1967).  Each takes x and the order, and gives the coefficients of orders 0, 1, ... in rows, so that they compile.
"""

import math
from collections.abc import Callable
from typing import Any, Final

from autograd_lite.core.operands import Operand, Scalar
from autograd_lite.core.table.choices import abs, cond, less, minimum
from autograd_lite.core.table.definitions import polynomial
from autograd_lite.core.table.exponentials import sqrt

Coefficients = list[Any]

SQRT_HALF: Final = 0.7071067811865476
TWO_OVER_SQRT_PI: Final = 1.1283791670955126

# those of log_ndtr at -1/2 from the first on, computed by `benchmarks/coefficients.py`
LOG_NDTR: Final = (
    1.1410777703680646, -0.3657597964220605, 0.027100654196020493, 0.004292161252521431, 0.00035243993599879753,
    -6.002558798048912e-05, -3.1758856155206256e-05, -6.283457186000634e-06, -2.1251616834744846e-07,
    2.8380986365180687e-07, 1.0120974208761028e-07, 1.5310066947535316e-08, -1.2224020347073794e-09,
    -1.3405494844117962e-09, -3.606832328771242e-10, -3.34560566979068e-11, 1.2022806210186948e-11,
    6.1341883682820826e-12, 1.2568566192134661e-12, 1.8086294667264825e-14, -7.649629918949697e-14,
    -2.680810682123803e-14, -3.925059577487601e-15, 4.646347251803617e-16, 4.1873832320431117e-16,
    1.1013641069001155e-16, 9.058925096116758e-18, -4.361890957428544e-18, -2.090436542230298e-18,
    -4.134661823415273e-19, 1.6100688458362105e-21, 2.869935242870149e-20, 9.656462407667583e-21,
    1.327350226249075e-21, -2.0874536501541456e-22, -1.6226721397199193e-22, -4.106486913981299e-23,
    -2.867037787193844e-24, 1.8491485990224926e-24, 8.305211030732132e-25, 1.5660193456865865e-25,
    -3.797811227436902e-27, -1.2146388321772009e-26, -3.902423238688123e-27, -4.961077929328393e-28,
    1.0078384050769316e-28, 6.911384566516786e-29, 1.6734452954285165e-29, 9.381640660765835e-31,
    -8.441163723084983e-31, -3.5588575429355336e-31, -6.354274526239743e-32, 2.9931152614565046e-33,
    5.474961986258961e-33, 1.676942680136277e-33, 1.945569062244954e-34, -5.04397934560405e-35,
    -3.103881275000274e-35, -7.168840289080361e-36, -2.9473620917998843e-37, 4.018466541871061e-37,
    1.594628129015235e-37, 2.681416013194198e-38, -1.9564776608015948e-39, -2.5635564464624204e-39,
)  # fmt: skip


def chosen(condition: Scalar, a: Callable[[], Coefficients], b: Callable[[], Coefficients]) -> Coefficients:
    """a() or b(), of which only one reaches a value or a derivative."""
    if isinstance(condition, Operand):
        return [cond(condition, x, y) for x, y in zip(a(), b(), strict=True)]
    return a() if condition else b()


# -- Bessel's J


def bessel_j(x: Scalar, first: Callable[[], tuple[Any, Any]], count: int) -> Coefficients:
    """J of orders 0 to count - 1: near 0 from high orders to low ones, else from `first`, those of orders 0 and 1."""
    end = max(count, 12)

    def far() -> Coefficients:
        found = [*first()]
        for n in range(1, count):
            found.append(2.0 * n / x * found[n] - found[n - 1])
        return found[:count]

    return chosen(less(abs(x), float(end)), lambda: bessel_j_near_0(minimum(x, float(end)), count, 2 * end + 20), far)


def bessel_j_near_0(x: Scalar, count: int, start: int) -> Coefficients:
    """J_n = (x/2)^n / n! g_n with g_(n - 1) = g_n - (x/2)^2 / (n (n + 1)) g_(n + 1); J_0 + 2 J_2 + 2 J_4 + ... is 1."""
    half = 0.5 * x
    square = half * half
    g: Coefficients = [1.0, 1.0]  # downwards from start + 1
    for n in range(start, 0, -1):
        g.append(g[-1] - square / (n * (n + 1.0)) * g[-2])
    g.reverse()
    power: Any = 1.0
    found: Coefficients = [g[0]]
    total: Any = g[0]
    for n in range(1, start):
        power = power * (half / n)
        found.append(power * g[n])
        if n % 2 == 0:
            total = total + 2.0 * found[n]
    return [j / total for j in found[:count]]


def j0_coefficients(x: Scalar, first: Callable[[], tuple[Any, Any]], order: int) -> Coefficients:
    """The derivatives of J_0 are sums of J, as J_n' = (J_(n - 1) - J_(n + 1)) / 2; source: DLMF 10.6.7."""
    j = bessel_j(x, first, order + 1)
    found = []
    for k in range(order + 1):
        total: Any = 0.0
        for i in range(k // 2 + 1):
            factor = (-1) ** (i + k) * (1 if 2 * i == k else 2) * math.comb(k, i) / (2**k * math.factorial(k))
            total = total + factor * j[k - 2 * i]
        found.append(total)
    return found


def j1_coefficients(x: Scalar, first: Callable[[], tuple[Any, Any]], order: int) -> Coefficients:
    """J_1 is -J_0'."""
    return [-k * c for k, c in enumerate(j0_coefficients(x, first, order + 1))][1:]


# -- Bessel's I


def bessel_i_ratios(u: Scalar, count: int) -> Coefficients:
    """-f^(n + 1) / f^(n) of f = i0e for n < count, at u >= 0, where the derivatives alternate.

    f^(n) is up to its sign the mean of (1 - cos t)^n e^(-u (1 - cos t)), from which r_n =
    (2 n + 1) / (n + 1 + u (2 - r_(n + 1))).
    """
    u = minimum(u, 1e150)
    start = count + 100
    b, c = start + 1.0 + 2.0 * u, 2.0 * start + 1.0
    ratio = 2.0 * c / (b + sqrt(b * b - 4.0 * c * u))
    found = []
    for n in range(start - 1, -1, -1):
        ratio = (2.0 * n + 1.0) / (n + 1.0 + u * (2.0 - ratio))
        found.append(ratio)
    return found[::-1][:count]


def i0e_coefficients(out: Scalar, x: Scalar, sign: Scalar, order: int) -> Coefficients:
    """At 0, as the row has it, no derivative but 0."""
    found: Coefficients = [out]
    for n, ratio in enumerate(bessel_i_ratios(abs(x), order)):
        found.append(-sign * found[n] * ratio / (n + 1.0))
    return found


def i1e_coefficients(out: Scalar, even: Scalar, x: Scalar, sign: Scalar, order: int) -> Coefficients:
    """For x >= 0 i1e is i0e + i0e'; `even` is i0e at x."""
    found: Coefficients = [out]
    for k, ratio in enumerate(bessel_i_ratios(abs(x), order + 1)):
        if k:
            beyond = even * (1.0 - ratio)
            found.append(beyond if k == 1 else sign * beyond if k % 2 == 0 else sign * sign * beyond)
        even = -even * ratio / (k + 1.0)
    return found


# -- sin(a x) / (a x)


def sinc_coefficients(x: Scalar, sine: Scalar, cosine: Scalar, a: float, order: int) -> Coefficients:
    """x c_k + c_(k - 1) is what the sine has: upwards while k is below |a x|, downwards beyond."""
    start = 2 * order + 40
    waves = [sine, cosine, -sine, -cosine]
    of_sine = [a ** (k - 1) / math.factorial(k) * waves[k % 4] for k in range(start + 1)]
    size = a * abs(x)
    down: Coefficients = [0.0]
    for k in range(start, 0, -1):
        down.append(of_sine[k] - x * down[-1])
    down.reverse()
    if not isinstance(x, Operand):
        found: Coefficients = []
        for k in range(order + 1):
            up = k < size
            found.append((of_sine[k] - (found[-1] if found else 0.0)) / x if up else down[k])
        return found
    found, last = [], 0.0
    for k in range(order + 1):
        last = (of_sine[k] - last) / x
        found.append(cond(less(float(k), size), last, down[k]))
    return found


# -- the complementary error function


def tail_ratios(x: Scalar, count: int) -> Coefficients:
    """i^n erfc(x) / i^(n - 1) erfc(x) for n = 1 ... count, the repeated integrals; x >= 0.6.

    q_n = 1 / (2 x + 2 (n + 1) q_(n + 1)); source: DLMF 7.18.
    """
    n = count + 200.0
    ratio = 1.0 / (x + sqrt(x * x + 2.0 * n + 1.0))
    found = []
    for n in range(count + 199, 0, -1):
        ratio = 1.0 / (2.0 * x + 2.0 * (n + 1.0) * ratio)
        found.append(ratio)
    return found[::-1][:count]


def erfcx_coefficients(out: Scalar, x: Scalar, order: int) -> Coefficients:
    """To the right by ratios, else upwards by y'' = 2 x y' + 2 y."""

    def right() -> Coefficients:
        found = [out]
        for k, ratio in enumerate(tail_ratios(x, order)):
            found.append(-2.0 * ratio * found[k])
        return found

    def left() -> Coefficients:
        found: Coefficients = [out, 2.0 * x * out - TWO_OVER_SQRT_PI]
        for k in range(1, order):
            found.append(2.0 * (x * found[k] + found[k - 1]) / (k + 1.0))
        return found[: order + 1]

    return chosen(less(x, 0.6), left, right)


def log_ndtr_coefficients(out: Scalar, slope: Scalar, x: Scalar, order: int) -> Coefficients:
    """To the left the logarithm of the series of erfcx, less x^2 / 2; else by h' = -h (x + h) of the slope h.

    Between them both cancel: there up to order 28 those at -1/2, moved.
    """

    def left() -> Coefficients:
        a: Coefficients = [1.0]
        for k, ratio in enumerate(tail_ratios(x * -SQRT_HALF, order)):
            a.append(2.0 * SQRT_HALF * ratio * a[k])
        found: Coefficients = [out]
        terms: Coefficients = [0.0]  # k times the coefficient k of the logarithm
        for k in range(1, order + 1):
            rest: Any = k * a[k]
            for j in range(1, k):
                rest = rest - terms[j] * a[k - j]
            terms.append(rest)
            found.append(rest / k if k > 2 else rest - x if k == 1 else 0.5 * rest - 0.5)
        return found

    def right() -> Coefficients:
        h: Coefficients = [slope]
        for k in range(order):
            rest = x * h[k]
            for j in range(k + 1):
                rest = rest + h[j] * (h[k - j] + (1.0 if k - j == 1 else 0.0))
            h.append(-rest / (k + 1.0))
        return [out, *[c / (k + 1.0) for k, c in enumerate(h[:order])]]

    def middle() -> Coefficients:
        found: Coefficients = [out, slope, -0.5 * slope * (x + slope)]
        for k in range(3, order + 1):
            found.append(polynomial([math.comb(j, k) * LOG_NDTR[j - 1] for j in range(k, len(LOG_NDTR))], x + 0.5))
        return found[: order + 1]

    beyond_left = right if order > 28 else lambda: chosen(less(x, 0.2), middle, right)
    return chosen(less(x, -1.2), left, beyond_left)
