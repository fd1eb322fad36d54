"""Functions of complex numbers that ``cmath`` lacks: the column by which the complex step checks the table.

Up to a real constant; those that choose do so by the real parts, which is right away from kinks.
"""

import cmath
import math
from collections.abc import Callable, Sequence

from autograd_lite.core.columns.constants import LN2


def power(x: complex, y: complex) -> complex:
    """x to the power y, by the modulus and the small angle from the nearer half of the axis where y is whole."""
    if y.imag == 0.0 and y.real == math.floor(y.real):
        if y.real == 0.0:
            return complex(1.0)
        if x.real == 0.0:  # a polynomial through 0 has no angle
            return x if y.real == 1.0 else complex(0.0)
        odd = math.fmod(y.real, 2.0) != 0.0
        return -power_of_positive(-x, y) if x.real < 0.0 and odd else power_of_positive(-x if x.real < 0.0 else x, y)
    return power_of_positive(x, y)


def power_of_positive(x: complex, y: complex) -> complex:
    return complex(0.0) if x.real == 0.0 else cmath.exp(y * cmath.log(x))


def power_slope(k: complex, m: complex, x: complex, y: complex) -> complex:
    """The derivative of x^y, k times in x and m times in y, as `slope_of_power` has it."""
    count, factors = int(m.real), [complex(1.0)]
    for i in range(int(k.real)):
        factors = [a * (y - i) + b for a, b in zip([*factors, 0.0], [0.0, *factors], strict=True)]
    if not any(factors[: count + 1]):
        return complex(0.0)
    last = min(count, len(factors) - 1)
    logs = [cmath.log(x) ** (count - j) if j < count else complex(1.0) for j in range(last + 1)]
    terms = [factors[j] * math.perm(count, j) * logs[j] for j in range(last + 1)]
    return power(x, y - k) * sum(terms)


def share(a: complex, b: complex) -> complex:
    """a / (a + b), as 1 / (1 + b / a): a quotient of a by the sum cancels where b is small."""
    return 1.0 / (1.0 + b / a) if a else complex(0.0)


def log1p(x: complex) -> complex:
    """ln(1 + x), by Kahan's quotient of the sum as it was rounded."""
    rounded = 1.0 + x
    return x if rounded == 1.0 else cmath.log(rounded) * (x / (rounded - 1.0))


def exp2(x: complex) -> complex:
    return cmath.exp(x * LN2)


def cbrt(x: complex) -> complex:
    return -cbrt(-x) if x.real < 0.0 else cmath.exp(cmath.log(x) / 3.0)


def magnitude(x: complex) -> complex:
    return x if x.real > 0.0 else -x


def relu(x: complex) -> complex:
    return x if x.real > 0.0 else complex(0.0)


def angle(y: complex, x: complex) -> complex:
    """atan2 by the quotient whose denominator is the larger."""
    return cmath.atan(y / x) if abs(x.real) >= abs(y.real) else -cmath.atan(x / y)


def hypot(x: complex, y: complex) -> complex:
    big = max(abs(x.real), abs(y.real))
    return big * cmath.sqrt((x / big) ** 2 + (y / big) ** 2)


def by_real_part(choose: Callable[..., int]) -> Callable[..., complex]:
    """The operand that `choose`, max or min, finds by the real parts."""
    return lambda *xs: xs[choose(range(len(xs)), key=lambda i: xs[i].real)]


largest, smallest = by_real_part(max), by_real_part(min)


def softsign(x: complex) -> complex:
    """Without its limit at infinity, ±1, from which it would be subtracted."""
    return math.copysign(1.0, -x.real) / (1.0 + magnitude(x))


def isru(x: complex, a: complex) -> complex:
    """Divided by x, which does not cancel far out."""
    return math.copysign(1.0, x.real) / hypot(1.0 / x, cmath.sqrt(a)) if x.real else x


def cosine(x: complex, y: complex) -> complex:
    """x / hypot(x, y) by the quotient whose denominator is the larger, which moves where the result hardly does."""
    if abs(x.real) > abs(y.real):
        return math.copysign(1.0, x.real) / cmath.sqrt(1.0 + (y / x) ** 2)
    return math.copysign(1.0, y.real) * (x / y) / cmath.sqrt(1.0 + (x / y) ** 2)


def sigmoid_slope(x: complex) -> complex:
    """1 / (4 cosh(x/2)^2), which is stationary at 0; far out an exponential."""
    return 0.25 / cmath.cosh(0.5 * x) ** 2 if abs(x.real) < 80.0 else cmath.exp(-x if x.real > 0.0 else x)


def sigmoid(x: complex) -> complex:
    return cmath.exp(x) / (1.0 + cmath.exp(x)) if x.real < 0.0 else 1.0 / (1.0 + cmath.exp(-x))


def sinpi(x: complex) -> complex:
    """sin(pi x), from the zero of the function or of its slope that is nearer."""
    n = float(round(x.real))
    rest = x - n
    turned = 1.0 - 2.0 * math.fmod(abs(n), 2.0)
    if abs(rest.real) < 0.25:
        return turned * cmath.sin(math.pi * rest)
    return math.copysign(turned, turned * rest.real) * cmath.cos(math.pi * (0.5 - magnitude(rest)))


def cospi(x: complex) -> complex:
    n = float(round(x.real))
    rest = x - n
    turned = 1.0 - 2.0 * math.fmod(abs(n), 2.0)
    if abs(rest.real) < 0.25:
        return turned * cmath.cos(math.pi * rest)
    return turned * cmath.sin(math.pi * (0.5 - magnitude(rest)))


def sinc(x: complex) -> complex:
    """sin(pi x) / (pi x)."""
    return sinpi(x) / (math.pi * x) if abs(x.real) >= 0.5 else cardinal_sine(math.pi * x)


def cardinal_sine(x: complex) -> complex:
    """sin(x) / x, near 0 by Taylor's series."""
    if abs(x.real) >= 1.6:
        return cmath.sin(x) / x
    result = complex(1.0)
    for k in range(12, 0, -1):
        result = 1.0 - x * x * result / (2.0 * k * (2.0 * k + 1.0))
    return result


def norm(xs: Sequence[complex]) -> complex:
    big = max([abs(x.real) for x in xs], default=0.0)
    return big * cmath.sqrt(complex_sum([(x / big) ** 2 for x in xs])) if big else complex(0.0)


def logcosh(x: complex) -> complex:
    size = magnitude(x)
    return cmath.log(cmath.cosh(size)) if size.real < 20.0 else size  # up to a constant


def logsumexp(xs: Sequence[complex]) -> complex:
    top = max(x.real for x in xs)
    return top + cmath.log(complex_sum([cmath.exp(x - top) for x in xs]))


def complex_sum(xs: Sequence[complex]) -> complex:
    return sum(xs, complex(0.0))


def product(xs: Sequence[complex]) -> complex:
    result = complex(1.0)
    for x in xs:
        result *= x
    return result


def dot(wx: Sequence[complex]) -> complex:
    n = len(wx) // 2
    return complex_sum([w * x for w, x in zip(wx[:n], wx[n:], strict=True)])
