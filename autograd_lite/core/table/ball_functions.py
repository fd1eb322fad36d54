"""Functions of balls that Arb lacks: the column by which `certify` encloses what a row is.

A ball is an interval of real numbers, an object with Arb's methods (`arb` of python-flint): its comparisons are true
where they hold for all numbers in it.  A result holds the value for all numbers in the operands; it is nan where the
value need not exist.  One object as two operands is one number: x - x is 0.

Choices are in `ball_choices`.
"""

import math
from collections.abc import Callable, Sequence

from autograd_lite.core.table.ball_choices import Ball, ball_like, folded, nowhere, ratio, undecided, whole

# Arithmetic


def difference(x: Ball, y: Ball) -> Ball:
    return ball_like(x, 0) if x is y and x.is_finite() else x - y


def product(x: Ball, y: Ball) -> Ball:
    return (x * x).nonnegative_part() if x is y and not x.is_exact() else x * y


def quotient(x: Ball, y: Ball) -> Ball:
    return ball_like(x, 1) if x is y and x.is_finite() and x != 0 else x / y


total = folded(lambda x, y: x + y)
multiplied = folded(product)


def dot(wx: Sequence[Ball]) -> Ball:
    n = len(wx) // 2
    return total([product(w, x) for w, x in zip(wx[:n], wx[n:], strict=True)])


def scaled_bessel_i(n: int, x: Ball) -> Ball:
    """e^-|x| times Bessel's I of order 0 or 1."""
    return abs(x).bessel_i(0, scaled=True) if n == 0 else odd(lambda u: u.bessel_i(1, scaled=True), x)


def odd(f: Callable[[Ball], Ball], x: Ball) -> Ball:
    """An odd function by its values from 0 on."""
    if x >= 0 or x.is_nan():
        return f(x)
    return -f(-x) if x < 0 else f(abs(x)).union(-f(abs(x)))


# Powers, exponentials and logarithms


def power(x: Ball, y: Ball) -> Ball:
    """x to the power y, 1 at y = 0; a negative x has one where y is a whole number, 0 where y is above 0."""
    if y == 0:
        return x if x.is_nan() else ball_like(x, 1)
    if x > 0:
        return x**y
    if x == 0 and y > 0:
        return ball_like(x, 0)
    exponent = ratio(y)
    if exponent is not None and exponent[1] == 1:
        odd = exponent[0] % 2 == 1
        if x < 0:
            return -((-x) ** y) if odd else (-x) ** y
        if y > 0 and x.is_finite():
            low, high = power_of_end(-x.lower(), y), power_of_end(x.upper(), y)
            return (-low).union(high) if odd else low.union(high).union(ball_like(x, 0))
    return ball_like(x, 0).union(power_of_end(x.upper(), y)) if x >= 0 and y > 0 else nowhere(x)


def power_of_end(x: Ball, y: Ball) -> Ball:
    """x to the power y > 0; 0 where x is not above it."""
    return x**y if x > 0 else ball_like(x, 0)


def power_slope(k: Ball, m: Ball, x: Ball, y: Ball) -> Ball:
    """The derivative of x^y, k times in x and m times in y, by Leibniz's rule; 0 at x = 0 where it is 0 for good."""
    times, others = whole(k), whole(m)
    if times is None or others is None or times < 0 or others < 0:
        return nowhere(x)
    falling = [ball_like(x, 1)]  # y (y - 1) ... in powers of a step in y
    for i in range(times):
        factor = y - i
        falling = [
            a * factor + b for a, b in zip([*falling, ball_like(x, 0)], [ball_like(x, 0), *falling], strict=True)
        ]
    if falling[0] == 0 and others == 0:
        return ball_like(x, 0)
    lower = power(x, y if not times else y - times)
    if others == 0:
        return falling[0] * lower
    if x == 0 and lower == 0:
        return lower
    logarithm = x.log()
    terms = [
        falling[j] * math.perm(others, j) * logarithm ** (others - j) if j < others else falling[j] * math.factorial(j)
        for j in range(min(times, others) + 1)
    ]
    return lower * total(terms)


def exp2(x: Ball) -> Ball:
    return ball_like(x, 2) ** x


def log2(x: Ball) -> Ball:
    return x.log() / type(x).const_log2()


def log10(x: Ball) -> Ball:
    return x.log() / type(x).const_log10()


def cbrt(x: Ball) -> Ball:
    """Monotone: between the roots of both ends."""
    if x > 0 or x.is_nan():
        return x.root(3)
    return -((-x).root(3)) if x < 0 else root_of_end(x.lower()).union(root_of_end(x.upper()))


def root_of_end(x: Ball) -> Ball:
    return x if x == 0 else cbrt(x)


def sigmoid(x: Ball) -> Ball:
    """With an exponential that never overflows: Arb's numbers have an end too."""
    return x.exp() * sigmoid(-x) if x < -1000 else 1 / (1 + (-x).exp())


def sigmoid_slope(x: Ball) -> Ball:
    return sigmoid(x) * sigmoid(-x)


def softplus(x: Ball) -> Ball:
    return x + (-x).exp().log1p() if x > 1 else x.exp().log1p()


def logsumexp(xs: Sequence[Ball]) -> Ball:
    """m + ln(1 + the sum of e^(x - m) over the others), for an m that need not be the largest but should be."""
    k = max(range(len(xs)), key=lambda i: float(xs[i].mid()))
    m = xs[k]
    if not m.is_finite():
        return m
    rest = [difference(x, m).exp() for i, x in enumerate(xs) if i != k]
    return m + total(rest).log1p() if rest else m


def logit(x: Ball) -> Ball:
    return x.log() - (-x).log1p()


def log1mexp(x: Ball) -> Ball:
    return (-((-x).exp())).log1p() if x > 1 else (-((-x).expm1())).log()


def logcosh(x: Ball) -> Ball:
    u = abs(x)
    if u > 1000:
        return u - type(x).const_log2() + (-2 * u).exp().log1p()
    half = (x / 2).sinh()
    return (2 * product(half, half)).log1p()


def times_logarithm(x: Ball, y: Ball) -> Ball:
    """x ln y, 0 at x = 0."""
    return x if x == 0 and not y.is_nan() else x * y.log()


def entropy(x: Ball) -> Ball:
    if x == 0:
        return x
    return type(x).neg_inf() if x < 0 else -x * x.log()


# The normal distribution


def erfcx(x: Ball) -> Ball:
    """e^(x^2) erfc(x); to the right U(1/2, 1/2, x^2) / pi^(1/2); source: DLMF 7.11.5."""
    if x > 1:
        half = ball_like(x, 0.5)
        return product(x, x).hypgeom_u(half, half) / type(x).pi().sqrt()
    return product(x, x).exp() * x.erfc()


def root_of_half(like: Ball) -> Ball:
    return ball_like(like, 0.5).sqrt()


def ndtr(x: Ball) -> Ball:
    return (-x * root_of_half(x)).erfc() / 2


def log_ndtr(x: Ball) -> Ball:
    y = x * root_of_half(x)
    if x < -1:
        return (erfcx(-y) / 2).log() - product(y, y)
    return (-(y.erfc() / 2)).log1p()


def hazard(z: Ball) -> Ball:
    """The normal density over the probability beyond z."""
    return 2 * root_of_half(z) / (z.pi().sqrt() * erfcx(z * root_of_half(z)))


def ndtri(p: Ball) -> Ball:
    return -(2 * p).erfcinv() / root_of_half(p)


# Trigonometry


def angle(y: Ball, x: Ball) -> Ball:
    """atan2; at the origin, on the cut, and where the point may be on both sides of it, it is not decided."""
    if x > 0 or y > 0 or y < 0 or y.is_nan() or x.is_nan():
        return type(y).atan2(y, x)
    return undecided(type(y).pi().union(-type(y).pi()))


def norm(xs: Sequence[Ball]) -> Ball:
    others = [x for x in xs if not x == 0]  # noqa: SIM201  (`!=` is true where all of it differs)
    if len(others) <= 1:
        return abs(others[0]) if others else xs[0]
    return total([product(x, x) for x in others]).nonnegative_part().sqrt()


def hypot(x: Ball, y: Ball) -> Ball:
    return norm([x, y])


def softsign(x: Ball) -> Ball:
    return 1 - 1 / (1 + x) if x > 1 else x / (1 + abs(x))


def isru(x: Ball, a: Ball) -> Ball:
    return x / (1 + a * product(x, x)).sqrt() if a >= 0 else nowhere(x)


# Gamma


def lgamma(x: Ball) -> Ball:
    """The logarithm of |gamma|, by reflection left of 0; source: DLMF 5.5.3."""
    if x > 0:
        return x.lgamma()
    sine = x.sin_pi()
    return (type(x).pi() / abs(sine)).log() - (1 - x).lgamma() if sine != 0 else nowhere(x)


def betaln(a: Ball, b: Ball) -> Ball:
    return a.lgamma() + b.lgamma() - (a + b).lgamma() if a > 0 and b > 0 else nowhere(a)


def gammainc(a: Ball, x: Ball) -> Ball:
    if not (a > 0 and x >= 0):
        return nowhere(x)
    return x if x == 0 else x.gamma_lower(a, regularized=1)


def gammaincc(a: Ball, x: Ball) -> Ball:
    if not (a > 0 and x >= 0):
        return nowhere(x)
    return ball_like(x, 1) if x == 0 else x.gamma_upper(a, regularized=1)


def trigamma(x: Ball) -> Ball:
    return polygamma(ball_like(x, 1), x)


def polygamma(n: Ball, x: Ball) -> Ball:
    """(-1)^(n+1) n! zeta(n+1, x) from 0 on, by reflection left of it; source: DLMF 5.15.1 and 5.15.6."""
    k = whole(n)
    if k is None or k < 0:
        return nowhere(x)
    if k == 0:
        return x.digamma()
    if x > 0:
        result = math.factorial(k) * ball_like(x, k + 1).zeta(x)
        return result if k % 2 else -result
    if not x < 0:
        return nowhere(x)
    mirrored = polygamma(n, 1 - x)
    return (-mirrored if k % 2 else mirrored) - cotangent_derivative(k, x)


def cotangent_derivative(n: int, x: Ball) -> Ball:
    """The n-th derivative of pi cot(pi x): pi^(n+1) P(cot), with P' times -(1 + cot^2) as the next P."""
    polynomial = [0, 1]
    for _ in range(n):
        slope = [k * c for k, c in enumerate(polynomial)][1:]
        polynomial = [-a - b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    cotangent = x.cot_pi()
    value = ball_like(x, 0)
    for c in reversed(polynomial):
        value = value * cotangent + c
    return value * type(x).pi() ** (n + 1)
