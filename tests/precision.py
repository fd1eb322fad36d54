"""How precise each row has to be: the bounds that the tests of the table assert, in ulps.

A bound is `base`, or `base + conditioned x condition number` where the formula passes a rounded intermediate
result on: then the loss is what a last-place change of the operands would cause too.  The condition number is
taken from the reference, never from the library.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from reference import EXACT, MP, bessel_i, bessel_i_step, exact_partials, exact_value

from autograd_lite.testing.precision import ulp, ulps


class Bound(NamedTuple):
    base: float
    conditioned: float = 0.0
    floor: float = 0.0  # an error smaller than this is accepted, whatever the result
    of: Callable[..., float] | None = None  # what takes the place of the condition number


def spread(*operands):
    return min(max(operands) - min(operands), 800.0)  # beyond that, e^x is 0


def logarithm(x, y):
    return abs(math.log(abs(x))) * max(1.0, abs(y)) if x else 0.0


def cancellation(first, second):
    """By how many times the sum of two terms the larger of them exceeds it."""
    return max(0.0, float(max(abs(first), abs(second)) / abs(first + second)) - 1.0)


def i1e_slope_terms(x):
    x = MP.mpf(x)
    return cancellation(bessel_i_step(x), -(bessel_i(1, x) / x if x else MP.mpf(1) / 2))


def j1_slope_terms(x):
    j0, j2 = MP.besselj(0, x), MP.besselj(2, x)
    return 16.0 * cancellation(j0, -(j0 + j2) / 2) + condition_of(EXACT["j1"].partials[0], [x])


NORMAL = 2.0**-1022
"""The smallest float with all its digits: an intermediate result below it has lost some."""


VALUE = Bound(2.0)  # a libm within an ulp, and one rounding of ours
# A rounded result, and a handful of operations on it; where that result is subnormal, its lost digits stay lost.
PARTIAL = Bound(4.0, floor=2.0**-1022)

# Rounding to nearest, and nothing else.
ROUNDED = Bound(0.5)
EXACTLY = Bound(0.0)

VALUES = {
    **dict.fromkeys(("add", "sub", "mul", "div", "square", "reciprocal", "sqrt", "mod"), ROUNDED),
    **dict.fromkeys(
        ("neg", "identity", "abs", "sign", "floor", "ceil", "round", "trunc", "copysign", "maximum", "minimum",
         "clip", "relu", "less", "less_equal", "equal", "logical_and", "logical_or", "logical_not", "where",
         "cond", "fmod", "max", "min", "greater", "greater_equal", "not_equal", "isnan", "isinf", "isfinite", "fmax",
         "fmin", "heaviside"), EXACTLY),
    "gamma": Bound(10.0),
    "lgamma": Bound(16.0, floor=1e-15),  # absolute near its zeros at negative numbers
    "digamma": Bound(16.0, 4.0),
    "trigamma": Bound(8.0, 4.0),
    "polygamma": Bound(16.0, 8.0, floor=NORMAL),
    "cbrt": Bound(4.0),
    "logcosh": Bound(3.0),
    "erfcx": Bound(3.0),
    "erfinv": Bound(3.0),
    "ndtr": Bound(4.0, floor=NORMAL),
    "log_ndtr": Bound(4.0, floor=NORMAL),
    "ndtri": Bound(3.0),
    "j0": Bound(4.0, 1.0),
    "j1": Bound(4.0, 1.0),
    "betaln": Bound(4.0, 1.0),
    "gammainc": Bound(16.0, 1.0, floor=NORMAL),  # 10 of the gamma that it divides by, and a handful of operations
    "gammaincc": Bound(16.0, 1.0, floor=NORMAL),
    "i0e": Bound(4.0),
    "i1e": Bound(4.0),
    "sigmoid": Bound(3.0),
    "logaddexp": Bound(2.0, 1.0),
    "logsumexp": Bound(8.0, 1.0),
    "isru": Bound(3.0),
    "silu": Bound(4.0),
    "gelu": Bound(4.0, 2.0),  # of two roundings, of 1 / 2^(1/2) and of x times it
    "logit": Bound(4.0),  # of 1 - x and of the quotient, which the logarithm passes on, and its own
    "bent_identity": Bound(3.0),
    "surprisal": Bound(8.0, 2.0),  # of the rounding of x - x_0, and of its difference from the largest
    "sum": Bound(0.5, 3.0),  # n roundings of partial sums, each within the sum of magnitudes
    "dot": Bound(0.5, 3.0),
    "mean": Bound(1.0, 3.0),
    "prod": Bound(3.0),
    "euclidean_norm": Bound(3.0),
    "sinc": Bound(3.0),
    "cardinal_sine": Bound(3.0),
}  # fmt: skip

PARTIALS = {
    **dict.fromkeys(
        ("add", "sub", "mul", "neg", "square", "identity", "abs", "copysign", "maximum", "minimum", "clip",
         "relu", "where", "cond", "sum", "dot", "fmax", "fmin", "heaviside"), EXACTLY),
    "cbrt": Bound(14.0),  # twice the error of the libm's cbrt, and three roundings
    "pow": Bound(4.0, 2.0, of=logarithm),  # of the rounding of y - 1
    "entr": Bound(2.0, 1.0),  # of the rounding of ln x, near 1/e
    "erf": Bound(2.0, 1.0),
    "erfc": Bound(2.0, 1.0),
    "ndtr": Bound(3.0, 1.0, floor=NORMAL),  # of the rounding of x^2
    "log_ndtr": Bound(4.0, 1.0, floor=NORMAL),
    "erfinv": Bound(6.0, 1.0),
    "ndtri": Bound(8.0, 1.0),
    "j0": Bound(4.0, 1.0),
    "j1": Bound(4.0, 1.0, of=j1_slope_terms),  # the same 16, and the condition
    "betaln": Bound(4.0),
    "gammainc": Bound(16.0, 3.0, floor=NORMAL),  # the same 10
    "gammaincc": Bound(16.0, 3.0, floor=NORMAL),
    "i0e": Bound(6.0),
    "i1e": Bound(4.0, 16.0, of=i1e_slope_terms),  # 4 ulps of each of two terms, 8 of their sum's at most
    "sinc": Bound(4.0, 1.0),  # of its zeros
    "cardinal_sine": Bound(4.0, 1.0),
    "euclidean_norm": Bound(5.0, floor=NORMAL),
    "gamma": Bound(24.0, 4.0),
    "lgamma": Bound(16.0, 4.0),
    "digamma": Bound(8.0, 4.0),
    "trigamma": Bound(16.0, 8.0),
    "polygamma": Bound(16.0, 8.0, floor=NORMAL),
    "atan2": Bound(4.0, floor=NORMAL),
    "logaddexp": Bound(3.0, 1.0),
    "logsumexp": Bound(10.0, 2.0, of=spread),  # of the rounding of x - out
    "atan": Bound(4.0, floor=NORMAL),
    "silu": Bound(6.0, 2.0),
    "gelu": Bound(6.0, 2.0),  # of the rounding of the square in e^(-x^2 / 2), and a zero
    "bent_identity": Bound(4.0),
    "isru": Bound(10.0, floor=NORMAL),  # three times the error of a root
    "surprisal": Bound(10.0, 3.0, of=spread),  # of the rounding of x - x_0, of the result, and of their difference
}  # fmt: skip


MANY = 16.0
"""Ulps from which on a figure needs a reason beside it."""

REASONS = {
    "div": "a quotient below 2^-1022 has lost digits, and -out / y brings them to light",
    "pow": "y - 1 is rounded for y < 1/2, which ln x magnifies (by 709 at 1e308)",
    "atan": "1 + x² overflows from |x| = 1.3e154 on: 0 for a slope below 2^-1022",
    "erf": "the rounding of x² is magnified by x², up to 708",
    "erfc": "the rounding of x² is magnified by x², up to 708",
    "entr": "its slope has a zero at 1/e",
    "ndtr": "the rounding of x² is magnified by x², up to 1,400",
    "log_ndtr": "the rounding of x² is magnified by x², up to 1,400",
    "j0": "its zeros, which are no floats",
    "j1": "its zeros, which are no floats",
    "i1e": "its slope has a zero, where two terms cancel",
    "betaln": "its zeros, which are no floats",
    "gammainc": "the tails, which an ulp of x moves by as much",
    "gammaincc": "the tails, which an ulp of x moves by as much",
    "silu": "its slope has a zero, where two terms cancel",
    "gelu": "the rounding of x / 2^(1/2) is magnified by x², up to 1,400; its slope has a zero",
    "sinc": "its slope has zeros, where two terms cancel",
    "cardinal_sine": "its slope has zeros, where two terms cancel",
    "gamma": "the slope is gamma x digamma, and digamma has zeros",
    "lgamma": "its zeros at negative numbers, next to which up to 7e-16 absolute is left",
    "digamma": "its zeros at negative numbers: two terms cancel",
    "polygamma": "zeros at negative numbers; results below 2^-1022",
    "logaddexp": "the rounding of x - y is magnified by as much as 700",
    "sum": "cancellation: the rounding of partial sums",
    "mean": "cancellation: the rounding of partial sums",
    "dot": "cancellation: the rounding of products and partial sums",
    "logsumexp": "the rounding of x - out is magnified by as much as 700",
    "surprisal": "the rounding of x - x_0 is magnified by as much as 700",
}
"""Why a row is many ulps off somewhere, though within its bound: shown beside its figures."""


def is_normal(x):
    return NORMAL <= abs(x) < math.inf


def segments(xs):
    return [xs[i:j] for i in range(len(xs)) for j in range(i + 1, len(xs) + 1)]


COMFORTABLE = {
    "pow": lambda x, y: y == 0.0 or x == 0.0 or is_normal(power_of(x, y - 1.0)),
    "prod": lambda *xs: all(0.0 in part or is_normal(math.prod(part)) for part in segments(xs)),
    "atan2": lambda y, x: x == y == 0.0 or is_normal(math.hypot(x, y)),
    "euclidean_norm": lambda *xs: not any(xs) or is_normal(math.hypot(*xs)),
    "hypot": lambda x, y: x == y == 0.0 or is_normal(math.hypot(x, y)),
    "power_slope": lambda k, m, x, y: x == 0.0 or is_normal(power_of(x, y - k)),  # the slopes of pow
    "cosine": lambda x, y: is_normal(math.hypot(x, y)),  # the slope of hypot
}
"""Where the intermediate results that a formula takes are floats with all their digits."""


def power_of(x, y):
    try:
        return math.pow(x, y)
    except (ArithmeticError, ValueError):
        return math.nan


def unsigned_zeros(row, xs):
    """-0.0 as 0.0 where its sign matters: the reference has none (`test_signed_zeros` looks at these)."""
    return [x + 0.0 for x in xs] if row.name in ("copysign", "atan2") else xs


def is_comfortable(row, operands):
    return row.name not in COMFORTABLE or COMFORTABLE[row.name](*operands)


def excess(u, bound, operands, f, want):
    """How many times the allowed error an error of `u` ulps is; f is the reference of what it is an error of."""
    if u <= bound.base:
        return u / bound.base if u else 0.0
    if u * ulp(float(want)) <= bound.floor:
        return u * ulp(float(want)) / bound.floor
    if bound.conditioned:
        allowed = bound.of(*operands) if bound.of else condition_of(f, operands)
        return u / (bound.base + bound.conditioned * allowed)
    return u / bound.base if bound.base else math.inf


def value_excess(row, operands, got, want=None):
    """How many times the allowed error the value of a row is off at these operands; at most 1 is right.

    Who has the exact value gives it: of some rows it takes long.
    """
    want = exact_value(row, operands) if want is None else want
    entry = EXACT[row.name]
    value = entry.value if row.arity is not None else lambda *xs: entry.value(list(xs))
    return excess(ulps(got, want), VALUES.get(row.name, VALUE), operands, value, want)


def partial_excess(row, i, operands, got, want=None):
    """How many times the allowed error the partial in operand `i` is off, from its exact value if that is given."""
    want = exact_partials(row, operands)[i] if want is None else want
    partials = EXACT[row.name].partials
    partial = (lambda *xs: partials(list(xs))[i]) if row.arity is None else partials[i]
    return excess(ulps(got, want), PARTIALS.get(row.name, PARTIAL), operands, partial, want)


def condition_of(f, operands):
    """How many ulps of f an ulp in every operand costs, from differences in 60 digits."""
    exact = [MP.mpf(x) for x in operands]
    at = f(*exact)
    if at == 0:
        return math.inf
    moved = MP.mpf(0)
    for i, x in enumerate(exact):
        if x != 0:
            h = abs(x) * MP.mpf(10) ** -20
            there = f(*[y + h if i == j else y for j, y in enumerate(exact)])
            moved += abs(there - at) / h * abs(x)
    return float(min(moved / abs(at), MP.mpf(10) ** 300))
