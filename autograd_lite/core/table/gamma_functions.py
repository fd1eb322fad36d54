"""Rows of functions that belong to gamma: the logarithm of beta, and the incomplete gamma functions.

Each is one formula in rows (see `definitions`), with the coefficients of `special_functions`.
"""

import math
from typing import Any, Final

from autograd_lite.core.columns.constants import INF, NAN
from autograd_lite.core.columns.entering import primitive, slope
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions, special_functions
from autograd_lite.core.table.choices import decide, equal, less, logical_and, maximum, minimum
from autograd_lite.core.table.definitions import by_ieee_754, on_floats, polynomial, setting
from autograd_lite.core.table.exponentials import exp, expm1, log, log1p, pow, sqrt
from autograd_lite.core.table.special import digamma, gamma

__all__ = ["betaln", "gammainc", "gammaincc"]

SQRT_2_PI: Final = 2.5066282746310002
HALF_LOG_2_PI: Final = 0.9189385332046728
LARGEST_SETTING: Final = 1e6  # of a in gammainc: the loops take 12 a^(1/2) steps


def log_gamma_of_small(x: Scalar) -> Any:
    """ln gamma(x) for 0 < x <= 4: between 1/2 and 4 with its zeros at 1 and 2 as factors, below by the recurrence."""
    y = decide(less(x, 0.5), lambda: x + 1.0, lambda: x)
    quotient = log_gamma_quotient(y - 0.5)
    return decide(
        less(x, 0.5),
        lambda: (x * (x - 1.0)) * quotient - log(x),
        lambda: ((x - 1.0) * (x - 2.0)) * quotient,
    )


def log_gamma_quotient(rest: Scalar) -> Any:
    """ln gamma(x) / ((x - 1) (x - 2)) at x = 1/2 + rest."""
    return polynomial(special_functions._LOG_GAMMA, rest) / polynomial(special_functions._LOG_GAMMA_BELOW, rest)


def stirling(x: Scalar) -> Any:
    """The rest of Stirling's formula for ln gamma(x), x >= 3."""
    return polynomial(special_functions._STIRLING, 1.0 / x / x) / x


def betaln_formula(a: Scalar, b: Scalar) -> Any:
    """By Stirling's formula, in a form without differences of large numbers; arguments below 3 are raised by 3."""
    small, large = minimum(a, b), maximum(a, b)
    raised = decide(less(large, 3.0), lambda: large + 3.0, lambda: large)
    total = small + raised
    common = (raised - 0.5) * log1p(small / raised)
    rest = stirling(raised) - stirling(maximum(total, 3.0))
    bounded = maximum(small, 3.0)
    value = decide(
        less(small, 3.0),
        lambda: (log_gamma_of_small(minimum(small, 3.0)) + (small - common)) - small * log(total) + rest,
        lambda: (
            ((HALF_LOG_2_PI - 0.5 * log(total)) - (bounded - 0.5) * log1p(raised / bounded))
            - common
            + (rest + stirling(bounded))
        ),
    )
    sums, terms = small + large, large
    ratio = (sums * (sums + 1.0) * (sums + 2.0)) / (terms * (terms + 1.0) * (terms + 2.0))
    near = decide(less(large, 3.0), lambda: value + log(ratio), lambda: value)
    return decide(equal(large, INF), lambda: -INF, lambda: near)


def digamma_difference(a: Scalar, b: Scalar) -> Any:
    """digamma(a) - digamma(a + b), a and b > 0: -inf at b = inf, 0 at a = inf, nan at both."""
    return decide(
        equal(b, INF),
        lambda: digamma(a) + -INF,
        lambda: decide(equal(a, INF), lambda: 0.0, lambda: finite_digamma_difference(a, b)),
    )


def finite_digamma_difference(a: Scalar, b: Scalar) -> Any:
    """The same, where nothing cancels."""
    c = decide(less(a, 3.02), lambda: a + 3.0, lambda: a)
    d = c + b
    u, v = 1.0 / c / c, 1.0 / d / d
    # u p(u) - v p(v) is u - v times p(u) + v p[u, v], where p[u, v] is the divided difference of the polynomial.
    value: Any = 0.0
    divided: Any = 0.0
    for coefficient in reversed(special_functions._DIGAMMA):
        divided = divided * v + value
        value = value * u + coefficient
    part = b / c / d
    far = -log1p(b / c) - 0.5 * part - part * ((c + d) / c / d) * (value + v * divided)
    return decide(
        less(a, 3.02),
        lambda: far - (gap(a, b) + gap(a + 1.0, b) + gap(a + 2.0, b)),
        lambda: far,
    )


def gap(a: Scalar, b: Scalar) -> Any:
    """1/a - 1/(a + b), in the form of which neither the value nor the slopes cancel."""
    return decide(less(b, 1.07 * a), lambda: b / a / (a + b), lambda: 1.0 / a - 1.0 / (a + b))


def power_over_gamma(x: Scalar, power: Scalar, a: Scalar) -> Any:
    """x^power e^-x / gamma(a), a <= 21; the exponential in two halves, neither of which underflows too early."""
    bounded = minimum(x, 1500.0)
    half = exp(-0.5 * bounded)
    return half * pow(bounded, power) * half / gamma(a)


def lower_power_over_gamma(x: Scalar, a: Scalar) -> Any:
    """x^(a - 1) e^-x / gamma(a), 0 < a < 1, without rounding a - 1; by roots, as x^a underflows."""
    root = exp(-0.5 * minimum(x, 1500.0)) * (pow(x, 0.5 * a) / sqrt(x))
    return root / gamma(a) * root


def poisson(a: Scalar, x: Scalar) -> Any:
    """x^a e^-x / gamma(a + 1) for a >= 20: near a by the distance of x from it (Loader 2000), else by a power."""
    bounded = minimum(x, 1e9)
    ratio = (bounded - a) / a
    near = decide(
        less(ratio * ratio, 0.24),
        lambda: exp(-a * (ratio - log1p(maximum(ratio, -0.75)))),
        lambda: pow(bounded / a * exp(-ratio), a),
    )
    return near * exp(-stirling(a)) / (SQRT_2_PI * sqrt(a))


def weight(a: Scalar, x: Scalar) -> Any:
    """x^a e^-x / gamma(a + 1); by gamma(a) where the rounding of a + 1 would cost up to 40 ulps."""
    return decide(
        less(a, 20.0),
        lambda: decide(less(a, 1.0), lambda: power_over_gamma(x, a, a + 1.0), lambda: power_over_gamma(x, a, a) / a),
        lambda: poisson(a, x),
    )


def density(a: Scalar, x: Scalar) -> Any:
    """The derivative of gammainc in x: x^(a - 1) e^-x / gamma(a)."""
    return decide(
        less(a, 20.0),
        lambda: decide(
            # where a - 1 would be rounded; at infinity the exponential decides
            logical_and(less(a, 1.0), logical_and(less(0.0, x), less(x, INF))),
            lambda: lower_power_over_gamma(x, a),
            lambda: power_over_gamma(x, a - 1.0, a),
        ),
        lambda: poisson(a, x) * (a / maximum(x, 1e-100)),
    )


def start(a: float) -> float:
    """Where the continued fraction takes over from the series."""
    return max(a, 1.0)


def series(a: float, x: Scalar) -> Any:
    """1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ..., for x up to where the continued fraction takes over."""
    bounded = minimum(x, start(a))
    result: Any = 1.0
    for n in range(int(12.0 * math.sqrt(a + 1.0)) + 8, 0, -1):
        result = 1.0 + result * (bounded / (a + float(n)))
    return result


def continued_fraction(a: float, x: Scalar) -> Any:
    """gamma(a, x) / (x^a e^-x), by Legendre's continued fraction, from its end."""
    bounded = minimum(maximum(x, start(a)), 1e300)
    terms = 120 if a < 10.0 else int(5.0 * math.sqrt(a)) + 20
    result = bounded + (2.0 * terms + 1.0 - a)
    for k in range(terms, 0, -1):
        result = (bounded + (2.0 * k - 1.0 - a)) + k * (a - k) / result
    return 1.0 / result


def near_0(a: float, x: Scalar) -> Any:
    """gammaincc for a and x below 1, where 1 - gammainc would cancel: 1 - x^a / gamma(1 + a), and the series' rest."""
    bounded = minimum(x, 1.0)

    def value() -> Any:
        logarithm = a * log(bounded) - (a * (a - 1.0)) * log_gamma_quotient(a + 0.5)  # ln gamma(1 + a), for tiny a too
        result: Any = 0.0
        for n in range(18, 0, -1):
            result = (1.0 / (a + float(n)) - result) * (bounded / float(n))
        return exp(logarithm) * a * result - expm1(logarithm)

    return decide(equal(x, 0.0), lambda: 1.0, value)


def gammainc_formula(a: Scalar, x: Scalar) -> Any:
    s = setting(a)
    if s is None:
        return gammainc_by_call(a, x)
    if not 0.0 < s <= LARGEST_SETTING:
        return NAN

    def left() -> Any:
        value = weight(s, x) * series(s, x)
        return value if s >= 1.0 else decide(less(value, 0.5), lambda: value, lambda: 1.0 - near_0(s, x))

    def right() -> Any:
        return 1.0 - weight(s, x) * (s * continued_fraction(s, x))

    return decide(less(x, 0.0), lambda: NAN, lambda: decide(less(x, start(s)), left, right))


def gammaincc_formula(a: Scalar, x: Scalar) -> Any:
    s = setting(a)
    if s is None:
        return gammaincc_by_call(a, x)
    if not 0.0 < s <= LARGEST_SETTING:
        return NAN

    def left() -> Any:
        return near_0(s, x) if s < 1.0 else 1.0 - weight(s, x) * series(s, x)

    def right() -> Any:
        return weight(s, x) * (s * continued_fraction(s, x))

    return decide(less(x, 0.0), lambda: NAN, lambda: decide(less(x, start(s)), left, right))


def is_in_domain(a: float, x: float) -> bool:
    return 0.0 < a <= LARGEST_SETTING and x >= 0.0


betaln: Primitive = primitive(
    "betaln", on_floats(betaln_formula, lambda a, b: a > 0.0 and b > 0.0),
    (lambda out, a, b: digamma_difference(a, b), lambda out, a, b: digamma_difference(b, a)),
    "ln (gamma(a) gamma(b) / gamma(a + b))", domain="a > 0, b > 0", limit=by_ieee_754(betaln_formula),
    lowering=betaln_formula, intervals=((1e-100, 1e100), (1e-100, 1e100)), distance=lambda a, b: min(a, b),
    ball_value=ball_functions.betaln,
    lecture=(lambda out, a, b: digamma(a) - digamma(a + b), lambda out, a, b: digamma(b) - digamma(a + b)),
    infinity="a or b = inf: -inf",
)  # fmt: skip
gammainc: Primitive = primitive(
    "gammainc", on_floats(gammainc_formula, is_in_domain), (NAN, lambda out, a, x: density(a, x)),
    "∫ t^(a - 1) e^-t dt / gamma(a), 0 to x", sign="P", domain="0 < a <= 1e6, x >= 0",
    kinks="in a: nan, it is a setting", limit=NAN, lowering=gammainc_formula,
    intervals=((0.01, 100.0), (0.0, 1e300)), distance=lambda a, x: x,
    ball_value=ball_functions.gammainc,
    lecture=(NAN, lambda out, a, x: x ** (a - 1.0) * exp(-x) / gamma(a)), infinity="x = inf: 1",
)  # fmt: skip
gammaincc: Primitive = primitive(
    "gammaincc", on_floats(gammaincc_formula, is_in_domain), (NAN, lambda out, a, x: -density(a, x)),
    "1 - gammainc(a, x)", sign="Q", domain="0 < a <= 1e6, x >= 0", kinks="in a: nan, it is a setting",
    limit=NAN, lowering=gammaincc_formula, intervals=((0.01, 100.0), (0.0, 1e300)), distance=lambda a, x: x,
    ball_value=ball_functions.gammaincc,
    lecture=(NAN, lambda out, a, x: -(x ** (a - 1.0)) * exp(-x) / gamma(a)), infinity="x = inf: 0",
)  # fmt: skip

# In programs, where a is computed: the same value by a call of Python, since it decides how long the loops are.
gammainc_by_call: Primitive = slope(
    "gammainc_by_call", gammainc.value, gammainc.partial_rules, gammainc.formula, limit=NAN, array="gammainc",
    ball_value=ball_functions.gammainc, lecture=gammainc.lecture,
)  # fmt: skip
gammaincc_by_call: Primitive = slope(
    "gammaincc_by_call", gammaincc.value, gammaincc.partial_rules, gammaincc.formula, limit=NAN, array="gammaincc",
    ball_value=ball_functions.gammaincc, lecture=gammaincc.lecture,
)  # fmt: skip
