"""Values of rows on floats: what `math` lacks, careful where the textbook formula loses digits or overflows on the way.

Below the rows; compiled natively.  A nan operand gives nan; what is outside of the domain raises as `math` does.
"""

import math
from collections.abc import Sequence
from typing import Any

from autograd_lite.core.columns.constants import ENLARGED, INF, LN2, NAN, SQRT_HALF, TINY


def power(x: float, y: float) -> float:
    """x to the power y, with Python's exceptions, x*x at y = 2, and nan wherever an operand is nan."""
    if x != x or y != y:
        return NAN
    if y == 2.0:
        result = x * x
        if result == INF and abs(x) != INF:
            raise OverflowError("the result is too large for a float")
        return result
    if x == 0.0 and -INF < y < 0.0:
        raise ZeroDivisionError("0 cannot be raised to a negative power")
    return math.pow(x, y)


def power_limit(x: float, y: float) -> float:
    """x to the power y by IEEE 754 where Python raises."""
    if x < 0.0 and y != math.floor(y):
        return NAN
    odd = abs(y) < INF and abs(math.fmod(y, 2.0)) == 1.0
    return math.copysign(INF, x) if odd else INF


def ordinary_power_slope(k: float, m: float, x: float, y: float) -> float:
    """The first derivative of x^y, in x (k = 1) or in y (m = 1); nan for others, and where a limit may be met."""
    if k + m != 1.0 or not 0.0 < x < INF or not -INF < y < INF:
        return NAN
    try:
        factor, result = (math.log(x), power(x, y)) if m else (y, power(x, y - 1.0))
    except OverflowError:
        return NAN
    return factor * result if factor and result else NAN


def quotient(x: float, y: float) -> float:
    """x / y by IEEE 754: a zero divisor gives a signed infinity, or nan for 0 / 0 and nan / 0."""
    if y != 0.0:
        return x / y
    if x != x or x == 0.0:
        return NAN
    return math.copysign(INF, x) * math.copysign(1.0, y)


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), with an exponential that never overflows."""
    t = math.exp(-abs(x))
    return (t if x < 0.0 else 1.0) / (1.0 + t)


def sum_in_order(xs: Sequence[float]) -> float:
    """x0 + x1 + ..., from left to right; not ``sum``, which compensates its rounding since Python 3.12."""
    if not xs:
        return 0.0
    result = xs[0]
    for i in range(1, len(xs)):
        result += xs[i]
    return result


def product(xs: Sequence[float]) -> float:
    if not xs:
        return 1.0
    result = xs[0]
    for i in range(1, len(xs)):
        result *= xs[i]
    return result


def dot(operands: Sequence[float]) -> float:
    """w0 x0 + w1 x1 + ..., from left to right; the operands are all w, then all x."""
    n = len(operands) // 2
    if n == 0:
        return 0.0
    result = operands[0] * operands[n]
    for i in range(1, n):
        result += operands[i] * operands[n + i]
    return result


def maximum(x: float, y: float) -> float:
    if x != x or y != y:
        return NAN
    return y if y > x else x


def minimum(x: float, y: float) -> float:
    if x != x or y != y:
        return NAN
    return y if y < x else x


def largest(xs: Sequence[float]) -> float:
    result = xs[0]
    for x in xs:
        result = maximum(result, x)
    return result


def smallest(xs: Sequence[float]) -> float:
    result = xs[0]
    for x in xs:
        result = minimum(result, x)
    return result


def relu(x: float) -> float:
    return x if x > 0.0 or x != x else 0.0


def floor(x: float) -> float:
    return x if x != x else math.copysign(float(math.floor(x)), x)


def ceil(x: float) -> float:
    return x if x != x else math.copysign(float(math.ceil(x)), x)


def trunc(x: float) -> float:
    return x if x != x else math.copysign(float(math.trunc(x)), x)


def round_half_even(x: float) -> float:
    return x if x != x else math.copysign(float(round(x)), x)


def sign(x: float) -> float:
    if x > 0.0:
        return 1.0
    return -1.0 if x < 0.0 else (x if x != x else 0.0)


def copysign(x: float, y: float) -> float:
    return NAN if y != y else math.copysign(x, y)


def hypot(x: float, y: float) -> float:
    """(x^2 + y^2)^(1/2): the root, corrected by what is left of the squares in twice the digits (Borges 2019)."""
    a = math.fabs(x)
    b = math.fabs(y)
    large = b if a < b else a
    small = a if a < b else b
    if x != x or y != y:
        return NAN
    if large == INF or small <= large * 5e-17:
        return large
    scale = 2.409919865102884e-181 if large > 1e150 else (4.149515568880993e180 if small < 1e-150 else 1.0)
    u = large * scale
    v = small * scale
    h = math.sqrt(u * u + v * v)
    c = u * 134217729.0
    d = v * 134217729.0
    e = h * 134217729.0
    high_u = c - (c - u)
    high_v = d - (d - v)
    high_h = e - (e - h)
    low_u = u - high_u
    low_v = v - high_v
    low_h = h - high_h
    squares = (high_u * high_u - high_h * high_h) + high_v * high_v
    products = 2.0 * ((high_u * low_u - high_h * low_h) + high_v * low_v)
    rest = (squares + products) + ((low_u * low_u - low_h * low_h) + low_v * low_v)
    return (h + rest / (2.0 * h)) / scale


def clip(x: float, low: float, high: float) -> float:
    return minimum(maximum(x, low), high)


def sigmoid_slope(x: float) -> float:
    """e^-x / (1 + e^-x)^2, which is even: the slope of the sigmoid."""
    t = math.exp(-abs(x))
    u = 1.0 + t
    return t / (u * u)


def cosine(x: float, y: float) -> float:
    """x / (x^2 + y^2)^(1/2): the sign of x where that alone is infinite."""
    if abs(x) == INF and abs(y) < INF:
        return math.copysign(1.0, x)
    length = hypot(x, y)
    if length < TINY:
        x, y = x * ENLARGED, y * ENLARGED
        length = math.sqrt(x * x + y * y)
    return quotient(x, length)


def softplus(x: float) -> float:
    """ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|)."""
    return relu(x) + math.log1p(math.exp(-abs(x)))


def softsign(x: float) -> float:
    return math.copysign(1.0, x) if abs(x) == INF else x / (1.0 + abs(x))


def isru(x: float, a: float) -> float:
    """x / (1 + a x^2)^(1/2), its limits at infinity included."""
    root = math.sqrt(a)
    if (abs(x) == INF and a == a) or abs(root * x) == INF:
        return math.copysign(quotient(1.0, root), x)
    return x if x == 0.0 and a >= 0.0 else x / hypot(1.0, root * x)


def stretch(x: float, a: float) -> float:
    """1 + a x^2, which is 1 at x = inf where a is 0, and at a = inf where x is 0."""
    return 1.0 if (a == 0.0 and abs(x) == INF) or (x == 0.0 and abs(a) == INF) else 1.0 + a * x * x


def silu(x: float) -> float:
    return 0.0 if x == -INF else x * sigmoid(x)


def gelu(x: float) -> float:
    return 0.0 if x == -INF else 0.5 * x * math.erfc(-SQRT_HALF * x)


def bent_identity(x: float) -> float:
    """((x^2 + 1)^(1/2) - 1) / 2 + x, the difference as a quotient, which keeps its digits near 0."""
    return x if abs(x) == INF else 0.5 * x * (x / (hypot(x, 1.0) + 1.0)) + x


def logaddexp(x: float, y: float) -> float:
    """ln(e^x + e^y); equal operands apart, because inf - inf has no value."""
    if x == y:
        return x + LN2
    return maximum(x, y) + math.log1p(math.exp(-abs(x - y)))


def logsumexp(xs: Sequence[float]) -> float:
    """m + ln(1 + sum of e^(x - m) over all but the first largest), m the largest: keeps tiny terms."""
    m = largest(xs)
    if abs(m) == INF or m != m:
        return m
    rest = 0.0
    first = True
    for x in xs:
        if first and x == m:
            first = False
        else:
            rest += math.exp(x - m)
    return m + math.log1p(rest)


def share(a: float, b: float) -> float:
    """a / (a + b), also where the sum is beyond the floats."""
    total = a + b
    return quotient(1.0, 1.0 + quotient(b, a)) if total == INF else quotient(a, total)


def surprisal(xs: Sequence[float]) -> float:
    """ln(e^x_0 + e^x_1 + ...) - x_0 = (m - x_0) + ln(1 + (the other terms + (e^(x_0 - m) - 1))), m the largest.

    Where x_0 is the largest, 1 is added to tiny terms nowhere.
    """
    m = largest(xs)
    first = xs[0]
    if abs(m) == INF:
        return INF if first < m else NAN if is_tied(xs, m) else 0.0
    terms = scaled_terms(xs, m)
    return (m - first) + math.log1p(sum_in_order(terms[1:]) + (terms[0] - 1.0))


def is_tied(xs: Sequence[float], m: float) -> bool:
    """Whether several numbers are m."""
    count = 0
    for x in xs:
        if x == m:
            count += 1
    return count > 1


def scaled_terms(xs: Sequence[float], m: float) -> list[float]:
    """e^(x - m), m the largest: where that is infinite, 1 for those that equal it and 0 for the others."""
    if abs(m) == INF:
        return [1.0 if x == m else math.exp(-INF) for x in xs]
    return [math.exp(x - m) for x in xs]


def probabilities(xs: Sequence[float]) -> list[float]:
    """e^x over the sum of all e^x, for each x: 1/n where all are -inf, nan for several that are inf.

    Of two by their difference, which tells how far they are from a tie where the exponentials are equal.
    """
    if len(xs) == 1:
        return [1.0]
    if len(xs) == 2:
        lead = 0.0 if xs[0] == xs[1] == -INF else xs[0] - xs[1]
        return [sigmoid(lead), sigmoid(-lead)]
    m = largest(xs)
    terms = scaled_terms(xs, m)
    shares = shares_of(terms)
    if m == INF and is_tied(xs, m):
        return [NAN if xs[i] == m else shares[i] for i in range(len(xs))]
    return shares


def shares_of(terms: Sequence[float]) -> list[float]:
    """Each term over the sum of all."""
    others = sums_of_others(terms)
    return [share(terms[i], others[i]) for i in range(len(terms))]


def sums_of_others(terms: Sequence[Any]) -> list[Any]:
    """The sum of all others, for each term, from running sums: the largest is not subtracted from a sum again.

    Of floats, or of anything else that rules compute with.
    """
    n = len(terms)
    if n < 2:
        return [0.0] * n
    before: list[Any] = [0.0, terms[0]]
    for i in range(2, n):
        before.append(before[i - 1] + terms[i - 1])
    after = terms[n - 1]
    for i in range(n - 2, 0, -1):
        before[i] = before[i] + after
        after = terms[i] + after
    before[0] = after
    return before


def surprisal_slopes(xs: Sequence[float]) -> list[float]:
    """The probabilities of all but the first, which has minus their sum; nan for what has no limit."""
    if len(xs) == 1:
        return [0.0]
    if len(xs) == 2:
        slope = sigmoid(xs[1] - xs[0])
        return [-slope, slope]
    m = largest(xs)
    terms = scaled_terms(xs, m)
    slopes = shares_of(terms)
    slopes[0] = -share(sum_in_order(terms[1:]), terms[0])
    if abs(m) == INF and is_tied(xs, m):
        return [NAN if xs[i] == m or xs[0] == m else slopes[i] for i in range(len(xs))]
    return slopes
