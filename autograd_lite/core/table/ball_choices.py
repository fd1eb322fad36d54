"""Choices of balls: comparisons, roundings, the larger of two, decided for all numbers in an interval or told.

Below `ball_functions`, which defines balls.  Where the operands do not decide a choice, the result holds what
either gives, and `undecided` counts it.  A zero has no sign here: what depends on that is not decided either.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

Ball = Any
"""An `arb` of python-flint, which this floor does not import."""

CHOICES: Final = threading.local()
"""How many choices were not decided, per thread."""

EXPONENTS = 20_000
"""The bits of whole numbers up to which roundings and remainders are exact: longer ones would fill the memory."""


def undecided_choices() -> int:
    return getattr(CHOICES, "undecided", 0)


def undecided(hull: Ball) -> Ball:
    """The hull of what a choice may give; counts the choice."""
    CHOICES.undecided = undecided_choices() + 1
    return hull


def ball_like(like: Ball, n: Any) -> Ball:
    return type(like)(n)


def nowhere(like: Ball) -> Ball:
    """What has no value."""
    return type(like).nan()


def folded(f: Callable[[Ball, Ball], Ball]) -> Callable[[Sequence[Ball]], Ball]:
    """A function of two balls over any number of them, from left to right."""

    def of_all(xs: Sequence[Ball]) -> Ball:
        result = xs[0]
        for x in xs[1:]:
            result = f(result, x)
        return result

    return of_all


# Rounding to whole numbers, and remainders


def ratio(x: Ball) -> tuple[int, int] | None:
    """Numerator and denominator of the number that an exact ball is; None where it is none, or has too many bits."""
    if not (x.is_exact() and x.is_finite()):
        return None
    mantissa, exponent = map(int, x.man_exp())
    if abs(exponent) > EXPONENTS:
        return None
    return (mantissa << exponent, 1) if exponent >= 0 else (mantissa, 1 << -exponent)


def whole(x: Ball) -> int | None:
    """The whole number that an exact ball is."""
    found = ratio(x)
    return found[0] if found is not None and found[1] == 1 else None


def floor_of(n: int, d: int) -> int:
    return n // d


def ceil_of(n: int, d: int) -> int:
    return -(-n // d)


def trunc_of(n: int, d: int) -> int:
    return n // d if n >= 0 else -(-n // d)


def round_of(n: int, d: int) -> int:
    """The nearest whole number, the even one of two."""
    twice = 2 * n + d
    result = twice // (2 * d)
    return result - 1 if twice % (2 * d) == 0 and result % 2 else result


def rounded(step: Callable[[int, int], int]) -> Callable[[Ball], Ball]:
    """A rounding, which is monotone: decided where both ends are rounded alike."""

    def of_ball(x: Ball) -> Ball:
        if not x.is_finite():
            return x
        low, high = ratio(x.lower()), ratio(x.upper())
        if low is None or high is None:
            return undecided((x - 1).union(x + 1))
        below, above = step(*low), step(*high)
        return ball_like(x, below) if below == above else undecided(ball_like(x, below).union(ball_like(x, above)))

    return of_ball


def quotient_rounded(step: Callable[[int, int], int], x: Ball, y: Ball) -> Ball:
    """x / y, rounded; exact operands without the rounding of the quotient."""
    m, n = ratio(x), ratio(y)
    if m is None or n is None or n[0] == 0:
        return rounded(step)(x / y)
    above, below = m[0] * n[1], m[1] * n[0]
    return ball_like(x, step(above, below) if below > 0 else step(-above, -below))


def exact_remainder(step: Callable[[int, int], int], x: Ball, y: Ball) -> Ball | None:
    """x - y times the rounded quotient, of exact operands; None of others."""
    m, n = ratio(x), ratio(y)
    if m is None or n is None or n[0] == 0:
        return None
    numerator, denominator = m[0] * n[1], m[1] * n[0]
    times = step(numerator, denominator) if denominator > 0 else step(-numerator, -denominator)
    return ball_like(x, (numerator - times * denominator, 1 - (m[1] * n[1]).bit_length()))


def mod(x: Ball, y: Ball) -> Ball:
    exact = exact_remainder(floor_of, x, y)
    if exact is not None:
        return exact
    times = (x / y).floor()
    if times.is_exact() and times.is_finite():
        return x - times * y
    return undecided(ball_like(y, 0).union(y)) if times.is_finite() else nowhere(x)


def fmod(x: Ball, y: Ball) -> Ball:
    exact = exact_remainder(trunc_of, x, y)
    if exact is not None:
        return exact
    if abs(x) < abs(y):
        return x
    q = x / y
    times = q.floor() if q > 0 else q.ceil()
    if times.is_exact() and times.is_finite() and not q.contains(0):
        return x - times * y
    return undecided(abs(y).union(-abs(y))) if q.is_finite() else nowhere(x)


# Signs, comparisons and choices


def sign(x: Ball) -> Ball:
    if x > 0 or x < 0 or x == 0 or x.is_nan():
        return x if x.is_nan() else x.sgn()
    return undecided(ball_like(x, -1).union(ball_like(x, 1)))


def magnitude(x: Ball) -> Ball:
    if x >= 0:
        return x
    return -x if x < 0 else undecided(abs(x))


def copysign(x: Ball, y: Ball) -> Ball:
    if y > 0 or y < 0 or y.is_nan():
        return y if y.is_nan() else (abs(x) if y > 0 else -abs(x))
    return undecided(x.union(-x))


def truths(like: Ball, yes: bool, no: bool) -> Ball:
    """1 or 0; the hull of both where it is not known."""
    if yes or no:
        return ball_like(like, 1 if yes else 0)
    return undecided(ball_like(like, 0).union(ball_like(like, 1)))


def is_same(x: Ball, y: Ball) -> bool:
    return x is y and not x.is_nan()


def less(x: Ball, y: Ball) -> Ball:
    return truths(x, x is not y and bool(x < y), is_same(x, y) or bool(x >= y))


def less_equal(x: Ball, y: Ball) -> Ball:
    return truths(x, is_same(x, y) or bool(x <= y), x is not y and bool(x > y))


def equal(x: Ball, y: Ball) -> Ball:
    return truths(x, is_same(x, y) or bool(x == y), x is not y and differs(x, y))


def differs(x: Ball, y: Ball) -> bool:
    return bool(x != y) and not x.is_nan() and not y.is_nan()


def not_equal(x: Ball, y: Ball) -> Ball:
    return truths(x, x is not y and differs(x, y), is_same(x, y) or bool(x == y))


def is_infinite(x: Ball) -> Ball:
    """A number that need not exist may be any: then nothing is decided."""
    return truths(x, bool(x.is_exact()) and not x.is_finite() and not x.is_nan(), bool(x.is_finite()))


def is_a_number(x: Ball) -> Ball:
    return truths(x, bool(x.is_finite()), bool(x.is_exact()) and not x.is_finite() and not x.is_nan())


def is_no_number(x: Ball) -> Ball:
    return truths(x, False, not x.is_nan())


def heaviside(x: Ball, y: Ball) -> Ball:
    if x == 0:
        return y
    if x > 0 or x < 0 or x.is_nan():
        return x if x.is_nan() else ball_like(x, 1 if x > 0 else 0)
    return undecided(ball_like(x, 0).union(ball_like(x, 1)).union(y))


def is_true(x: Ball) -> bool:
    return bool(x > 0) or bool(x < 0)


def logical_and(x: Ball, y: Ball) -> Ball:
    return truths(x, is_true(x) and is_true(y), bool(x == 0) or bool(y == 0))


def logical_or(x: Ball, y: Ball) -> Ball:
    return truths(x, is_true(x) or is_true(y), bool(x == 0) and bool(y == 0))


def logical_not(x: Ball) -> Ball:
    return truths(x, bool(x == 0), is_true(x))


def maximum(x: Ball, y: Ball) -> Ball:
    if x is y or x >= y or x.is_nan():
        return x
    return y if y > x or y.is_nan() else undecided(x.max(y))


def minimum(x: Ball, y: Ball) -> Ball:
    if x is y or x <= y or x.is_nan():
        return x
    return y if y < x or y.is_nan() else undecided(x.min(y))


largest, smallest = folded(maximum), folded(minimum)


def relu(x: Ball) -> Ball:
    return maximum(x, ball_like(x, 0))
