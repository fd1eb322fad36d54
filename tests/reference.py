"""The table a second time, in 60 digits: what each row and each partial is, by the textbook.

Written without looking at the table, in mpmath and exact fractions, so that a slip there is no slip here.
Textbook formulas that lose half of their digits are fine with so many.  Operands and results are numbers of
the context `MP`; arithmetic with cancellation goes through fractions and is exact.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath
from mpmath.ctx_mp_python import mpnumeric

from autograd_lite.core.primitives import Primitive
from autograd_lite.testing.precision import exact_fraction

MP: Any = mpmath.MPContext()
MP.dps = 60

Reference = Callable[..., Any]


class Exact(NamedTuple):
    """A row in many digits: its value, and the partial in each operand (of any number of operands: all, as a list)."""

    value: Reference
    partials: tuple[Reference, ...] | Reference


def mp_number(x: float | Fraction | mpnumeric) -> Any:
    """A float, an integer or a fraction as a number of MP."""
    return MP.mpf(x.numerator) / MP.mpf(x.denominator) if isinstance(x, Fraction) else MP.mpf(x)


def exactly(f: Reference) -> Reference:
    """f on fractions: no rounding but the last."""
    return lambda *operands: mp_number(f(*map(as_fraction, operands)))


def over_all(f: Reference) -> Reference:
    """The same for a row of any number of operands; f may give one number or a list."""

    def on_fractions(operands: Sequence[Any]) -> Any:
        result = f(list(map(as_fraction, operands)))
        return [mp_number(x) for x in result] if isinstance(result, list) else mp_number(result)

    return on_fractions


def as_fraction(x: mpnumeric) -> Fraction:
    result = exact_fraction(x)
    if result is None:
        raise ValueError(f"{x} is no finite number")
    return result


def power_in_exponent(x: mpnumeric, y: mpnumeric) -> Any:
    if x < 0:
        return MP.nan
    return MP.mpf(0) if x == 0 and y > 0 else MP.power(x, y) * MP.log(x)


def gauss(x: mpnumeric) -> Any:
    return 2 / MP.sqrt(MP.pi) * MP.exp(-x * x)


def erfc(x: mpnumeric) -> Any:
    if abs(x) > 1e4:  # where mpmath gives up, and any float has long underflowed
        return MP.mpf(0 if x > 0 else 2)
    return MP.erfc(x)


def scaled_erfc(x: mpnumeric) -> Any:
    """e^(x^2) erfc(x), far to the right by its asymptotic series."""
    if x < 100:
        return MP.exp(x * x) * MP.erfc(x)
    terms = [MP.mpf(1)]
    for k in range(1, 40):
        terms.append(-terms[-1] * (2 * k - 1) / (2 * x * x))
    return MP.fsum(terms) / (x * MP.sqrt(MP.pi))


def scaled_erfc_slope(x: mpnumeric) -> Any:
    if x < 100:
        return 2 * x * scaled_erfc(x) - 2 / MP.sqrt(MP.pi)
    terms = [-1 / (x * x)]
    for k in range(2, 40):
        terms.append(-terms[-1] * (2 * k - 1) / (2 * x * x))
    return MP.fsum(terms) / MP.sqrt(MP.pi)


def normal_probability(x: mpnumeric) -> Any:
    """The probability below x of the normal distribution."""
    return erfc(-x / MP.sqrt(2)) / 2


def log_normal(x: mpnumeric) -> Any:
    if x < -10:
        return MP.ln(scaled_erfc(-x / MP.sqrt(2)) / 2) - x * x / 2
    return MP.log1p(-normal_probability(-x))


def hazard(x: mpnumeric) -> Any:
    """The derivative of log_normal."""
    return (
        MP.sqrt(2 / MP.pi) / scaled_erfc(-x / MP.sqrt(2))
        if x < 0
        else gauss(x / MP.sqrt(2)) / normal_probability(x) / MP.sqrt(8)
    )


def normal_quantile(p: mpnumeric) -> Any:
    """The inverse of normal, by Newton's method on its logarithm, from the centre or the tail's leading term."""
    if p > 0.5:
        return -normal_quantile(1 - p)
    if p == 0.5:
        return MP.mpf(0)
    x = MP.mpf(0) if p > 0.1 else -MP.sqrt(-2 * MP.ln(p))
    for _ in range(60):
        step = (MP.ln(normal_probability(x)) - MP.ln(p)) / hazard(x)
        x -= step
        if abs(step) < MP.eps * abs(x) * 8:
            break
    return x


def error_inverse(x: mpnumeric) -> Any:
    if abs(x) < MP.mpf(10) ** -25:
        return x * MP.sqrt(MP.pi) / 2
    return MP.sign(x) * -normal_quantile((1 - abs(x)) / 2) / MP.sqrt(2)


def cardinal_sine(x: mpnumeric) -> Any:
    return MP.sin(x) / x if x else MP.mpf(1)


def cardinal_sine_slope(x: mpnumeric) -> Any:
    """By its series near 0, where the quotient loses more digits than there are."""
    if abs(x) < MP.mpf(10) ** -6:
        return -x / 3 + x**3 / 30 - x**5 / 840 + x**7 / 45360 - x**9 / 3991680
    return (MP.cos(x) - cardinal_sine(x)) / x


def sinc(x: mpnumeric) -> Any:
    return MP.sinpi(x) / (MP.pi * x) if x else MP.mpf(1)


def sinc_slope(x: mpnumeric) -> Any:
    return MP.pi * cardinal_sine_slope(MP.pi * x) if abs(x) < MP.mpf(10) ** -6 else (MP.cospi(x) - sinc(x)) / x


def length(xs: Sequence[mpnumeric]) -> Any:
    return MP.sqrt(over_all(lambda ys: sum([y * y for y in ys], Fraction(0)))(xs))


def bessel_i(order: int, x: mpnumeric) -> Any:
    """e^-|x| I(x), far out by Hankel's series."""
    u = abs(x)
    if u < 500:
        return MP.exp(-u) * MP.besseli(order, x)
    return (signum(x) if order else 1) * MP.fsum(hankel_terms(order, u)) / MP.sqrt(2 * MP.pi * u)


def hankel_terms(order: int, u: mpnumeric) -> list[Any]:
    terms = [MP.mpf(1)]
    for k in range(1, 40):
        terms.append(terms[-1] * ((2 * k - 1) ** 2 - 4 * order**2) / (8 * u * k))
    return terms


def bessel_i_step(x: mpnumeric) -> Any:
    """e^-|x| (I of order 0 - I of order 1) at |x|, far out term by term: the first ones, 1, are the same."""
    u = abs(x)
    if u < 500:
        return bessel_i(0, u) - bessel_i(1, u)
    steps = [a - b for a, b in zip(hankel_terms(0, u)[1:], hankel_terms(1, u)[1:], strict=True)]
    return MP.fsum(steps) / MP.sqrt(2 * MP.pi * u)


def bessel_j_slope(x: mpnumeric) -> Any:
    return (MP.besselj(0, x) - MP.besselj(2, x)) / 2


def spread_of(a: mpnumeric, b: mpnumeric) -> int:
    """The digits that differences of functions of a, b and a + b may lose."""
    return 2 * int(abs(MP.log10(a))) + 2 * int(abs(MP.log10(b)))


def log_beta(a: mpnumeric, b: mpnumeric) -> Any:
    """With so many more digits that the difference of logarithms of gamma may cancel."""
    with MP.workdps(MP.dps + 20 + spread_of(a, b)):
        return MP.loggamma(a) + MP.loggamma(b) - MP.loggamma(a + b)


def digamma_step(a: mpnumeric, b: mpnumeric) -> Any:
    """digamma(a) - digamma(a + b)."""
    with MP.workdps(MP.dps + 20 + spread_of(a, b)):
        return MP.psi(0, a) - MP.psi(0, a + b)


def gamma_density(a: mpnumeric, x: mpnumeric) -> Any:
    return MP.exp((a - 1) * MP.ln(x) - x - MP.loggamma(a)) if x else MP.inf if a < 1 else MP.mpf(1 if a == 1 else 0)


def lower_gamma(a: mpnumeric, x: mpnumeric) -> Any:
    if x > a + 1:
        return 1 - upper_gamma(a, x)
    return MP.exp(a * MP.ln(x) - x - MP.loggamma(a + 1)) * MP.hyp1f1(1, a + 1, x) if x else MP.mpf(0)


def upper_gamma(a: mpnumeric, x: mpnumeric) -> Any:
    """By mpmath, with digits for the difference that it takes where x is small."""
    if x > 1e5:
        return MP.mpf(0)  # below any float
    with MP.workdps(MP.dps + 30 + int(min(x, 200))):
        return MP.gammainc(a, x, regularized=True) if x else MP.mpf(1)


def psi(n: mpnumeric, x: mpnumeric) -> Any:
    if n == 0 and x < 0:  # by reflection: mpmath's own steps up to the right half plane one by one
        return MP.psi(0, 1 - x) - MP.pi / MP.tan(MP.pi * (x - MP.nint(x)))
    return MP.re(MP.psi(int(n), x))


def logistic(x: mpnumeric) -> Any:
    return 1 / (1 + MP.exp(-x))


def log_sum(xs: Sequence[mpnumeric]) -> Any:
    first, *others = sorted(xs, reverse=True)
    return first + MP.log1p(MP.fsum(MP.exp(x - first) for x in others))


def stretch(x: mpnumeric, a: mpnumeric) -> Any:
    return MP.sqrt(exactly(lambda s, t: 1 + t * s * s)(x, a))


def ratios(xs: Sequence[mpnumeric]) -> list[Any]:
    return [MP.exp(x - xs[0]) for x in xs[1:]]


def signum(x: mpnumeric) -> Any:
    return MP.mpf((x > 0) - (x < 0))


def indicator(condition: bool) -> Any:
    return MP.mpf(1 if condition else 0)


def tie_share(mine: mpnumeric, best: mpnumeric, xs: Sequence[mpnumeric]) -> Fraction:
    return Fraction(1, sum(x == best for x in xs)) if mine == best else Fraction(0)


def half_at_tie(larger: mpnumeric, smaller: mpnumeric) -> Any:
    return MP.mpf(1 if larger > smaller else 0.5 if larger == smaller else 0)


def products_of_others(xs: Sequence[Fraction]) -> list[Fraction]:
    return [Fraction(math.prod(xs[:i]) * math.prod(xs[i + 1 :])) for i in range(len(xs))]


def halves(wx: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    n = len(wx) // 2
    return wx[:n], wx[n:]


UNKNOWN: Reference = lambda *_: MP.nan  # noqa: E731
ZERO, ONE, MINUS = (lambda *_: MP.mpf(0)), (lambda *_: MP.mpf(1)), (lambda *_: MP.mpf(-1))

# fmt: off
EXACT: dict[str, Exact] = {
    # arithmetic
    "add":          Exact(exactly(lambda x, y: x + y), (ONE, ONE)),
    "sub":          Exact(exactly(lambda x, y: x - y), (ONE, MINUS)),
    "mul":          Exact(exactly(lambda x, y: x * y), (lambda x, y: y, lambda x, y: x)),
    "div":          Exact(exactly(lambda x, y: x / y), (exactly(lambda x, y: 1 / y), exactly(lambda x, y: -x / y**2))),
    "neg":          Exact(lambda x: -x, (MINUS,)),
    "pow":          Exact(MP.power, (lambda x, y: y * MP.power(x, y - 1) if y else MP.mpf(0), power_in_exponent)),
    "mod":          Exact(exactly(lambda x, y: x % y), (ONE, exactly(lambda x, y: -(x // y)))),
    "floor_divide": Exact(exactly(lambda x, y: x // y), (ZERO, ZERO)),
    "fmod":         Exact(exactly(lambda x, y: x - y * math.trunc(x / y)),
                          (ONE, exactly(lambda x, y: -math.trunc(x / y)))),
    "square":       Exact(exactly(lambda x: x * x), (lambda x: 2 * x,)),
    "reciprocal":   Exact(exactly(lambda x: 1 / x), (exactly(lambda x: -1 / x**2),)),
    "identity":     Exact(lambda x: x, (ONE,)),
    "stop_gradient": Exact(lambda x: x, (ZERO,)),
    # pieces
    "abs":          Exact(abs, (signum,)),
    "sign":         Exact(signum, (ZERO,)),
    "floor":        Exact(exactly(math.floor), (ZERO,)),
    "ceil":         Exact(exactly(math.ceil), (ZERO,)),
    "round":        Exact(exactly(round), (ZERO,)),
    "trunc":        Exact(exactly(math.trunc), (ZERO,)),
    "copysign":     Exact(lambda x, y: abs(x) if y >= 0 else -abs(x),  # mpmath has no -0
                          (lambda x, y: signum(x) if y >= 0 else -signum(x), ZERO)),
    "maximum":      Exact(max, (lambda x, y: half_at_tie(x, y), lambda x, y: half_at_tie(y, x))),
    "minimum":      Exact(min, (lambda x, y: half_at_tie(y, x), lambda x, y: half_at_tie(x, y))),
    "fmax":         Exact(max, (lambda x, y: half_at_tie(x, y), lambda x, y: half_at_tie(y, x))),
    "fmin":         Exact(min, (lambda x, y: half_at_tie(y, x), lambda x, y: half_at_tie(x, y))),
    "heaviside":    Exact(lambda x, y: y if x == 0 else indicator(x > 0), (ZERO, lambda x, y: indicator(x == 0))),
    "clip":         Exact(lambda x, low, high: min(max(x, low), high),
                          (lambda x, low, high: indicator(low <= x <= high),
                           lambda x, low, high: indicator(x < low <= high),
                           lambda x, low, high: indicator(high < max(x, low)))),
    "relu":         Exact(lambda x: max(x, MP.mpf(0)), (lambda x: indicator(x > 0),)),
    # conditions
    "less":         Exact(lambda x, y: indicator(x < y), (ZERO, ZERO)),
    "less_equal":   Exact(lambda x, y: indicator(x <= y), (ZERO, ZERO)),
    "equal":        Exact(lambda x, y: indicator(x == y), (ZERO, ZERO)),
    "greater":      Exact(lambda x, y: indicator(x > y), (ZERO, ZERO)),
    "greater_equal": Exact(lambda x, y: indicator(x >= y), (ZERO, ZERO)),
    "not_equal":    Exact(lambda x, y: indicator(x != y), (ZERO, ZERO)),
    "isnan":        Exact(lambda x: indicator(MP.isnan(x)), (ZERO,)),
    "isinf":        Exact(lambda x: indicator(MP.isinf(x)), (ZERO,)),
    "isfinite":     Exact(lambda x: indicator(MP.isfinite(x)), (ZERO,)),
    "logical_and":  Exact(lambda x, y: indicator(x != 0 and y != 0), (ZERO, ZERO)),
    "logical_or":   Exact(lambda x, y: indicator(x != 0 or y != 0), (ZERO, ZERO)),
    "logical_not":  Exact(lambda x: indicator(x == 0), (ZERO,)),
    "where":        Exact(lambda c, a, b: a if c else b,
                          (ZERO, lambda c, a, b: indicator(c), lambda c, a, b: indicator(not c))),
    "cond":         Exact(lambda c, a, b: a if c else b,
                          (ZERO, lambda c, a, b: indicator(c), lambda c, a, b: indicator(not c))),
    # exponentials and logarithms
    "exp":          Exact(MP.exp, (MP.exp,)),
    "expm1":        Exact(MP.expm1, (MP.exp,)),
    "exp2":         Exact(lambda x: MP.power(2, x), (lambda x: MP.ln2 * MP.power(2, x),)),
    "log":          Exact(MP.ln, (exactly(lambda x: 1 / x),)),
    "log1p":        Exact(MP.log1p, (exactly(lambda x: 1 / (1 + x)),)),
    "log2":         Exact(lambda x: MP.ln(x) / MP.ln2, (lambda x: 1 / (x * MP.ln2),)),
    "log10":        Exact(lambda x: MP.ln(x) / MP.ln10, (lambda x: 1 / (x * MP.ln10),)),
    "sqrt":         Exact(MP.sqrt, (lambda x: 1 / (2 * MP.sqrt(x)),)),
    "cbrt":         Exact(lambda x: signum(x) * MP.cbrt(abs(x)), (lambda x: 1 / (3 * MP.cbrt(abs(x)) ** 2),)),
    # logarithms that would cancel
    "log_sigmoid":  Exact(lambda x: -MP.log1p(MP.exp(-x)), (lambda x: logistic(-x),)),
    "logit":        Exact(lambda x: MP.ln(x) - MP.log1p(-x), (exactly(lambda x: 1 / (x * (1 - x))),)),
    "log1mexp":     Exact(lambda x: MP.ln(-MP.expm1(-x)) if x < 1 else MP.log1p(-MP.exp(-x)),
                          (lambda x: 1 / MP.expm1(x),)),
    "logcosh":      Exact(lambda x: MP.log1p(2 * MP.sinh(x / 2) ** 2) if abs(x) < 1 else
                          abs(x) + MP.log1p(MP.exp(-2 * abs(x))) - MP.ln2, (MP.tanh,)),
    "xlogy":        Exact(lambda x, y: x * MP.ln(y) if x else MP.mpf(0),
                          (lambda x, y: MP.ln(y), exactly(lambda x, y: x / y))),
    "xlog1py":      Exact(lambda x, y: x * MP.log1p(y) if x else MP.mpf(0),
                          (lambda x, y: MP.log1p(y), exactly(lambda x, y: x / (1 + y)))),
    "entr":         Exact(lambda x: -x * MP.ln(x) if x else MP.mpf(0), (lambda x: -MP.ln(x) - 1,)),
    "rsqrt":        Exact(lambda x: 1 / MP.sqrt(x), (lambda x: -1 / (2 * x * MP.sqrt(x)),)),
    # trigonometry
    "sin":          Exact(MP.sin, (MP.cos,)),
    "cos":          Exact(MP.cos, (lambda x: -MP.sin(x),)),
    "tan":          Exact(MP.tan, (lambda x: MP.sec(x) ** 2,)),
    "asin":         Exact(MP.asin, (lambda x: 1 / MP.sqrt(exactly(lambda t: 1 - t * t)(x)),)),
    "acos":         Exact(MP.acos, (lambda x: -1 / MP.sqrt(exactly(lambda t: 1 - t * t)(x)),)),
    "atan":         Exact(MP.atan, (exactly(lambda x: 1 / (1 + x * x)),)),
    "atan2":        Exact(MP.atan2, (exactly(lambda y, x: x / (x * x + y * y)),
                                     exactly(lambda y, x: -y / (x * x + y * y)))),
    "sinh":         Exact(MP.sinh, (MP.cosh,)),
    "cosh":         Exact(MP.cosh, (MP.sinh,)),
    "tanh":         Exact(MP.tanh, (lambda x: MP.sech(x) ** 2,)),
    "asinh":        Exact(MP.asinh, (lambda x: 1 / MP.sqrt(exactly(lambda t: 1 + t * t)(x)),)),
    "acosh":        Exact(MP.acosh, (lambda x: 1 / MP.sqrt(exactly(lambda t: t * t - 1)(x)),)),
    "atanh":        Exact(MP.atanh, (exactly(lambda x: 1 / (1 - x * x)),)),
    "hypot":        Exact(lambda x, y: MP.sqrt(exactly(lambda s, t: s * s + t * t)(x, y)),
                          (lambda x, y: x / MP.sqrt(exactly(lambda s, t: s * s + t * t)(x, y)),
                           lambda x, y: y / MP.sqrt(exactly(lambda s, t: s * s + t * t)(x, y)))),
    "sinpi":        Exact(MP.sinpi, (lambda x: MP.pi * MP.cospi(x),)),
    "cospi":        Exact(MP.cospi, (lambda x: -MP.pi * MP.sinpi(x),)),
    "sinc":         Exact(sinc, (sinc_slope,)),
    "cardinal_sine": Exact(cardinal_sine, (cardinal_sine_slope,)),
    # special functions
    "erf":          Exact(lambda x: 1 - erfc(x) if x > 1 else MP.erf(x) if x > -1 else erfc(-x) - 1, (gauss,)),
    "erfc":         Exact(erfc, (lambda x: -gauss(x),)),
    "erfcx":        Exact(scaled_erfc, (scaled_erfc_slope,)),
    "erfinv":       Exact(error_inverse, (lambda x: MP.sqrt(MP.pi) / 2 * MP.exp(error_inverse(x) ** 2),)),
    "ndtr":         Exact(normal_probability, (lambda x: gauss(x / MP.sqrt(2)) / MP.sqrt(8),)),
    "log_ndtr":     Exact(log_normal, (hazard,)),
    "ndtri":        Exact(normal_quantile, (lambda p: MP.sqrt(2 * MP.pi) * MP.exp(normal_quantile(p) ** 2 / 2),)),
    "gamma":        Exact(MP.gamma, (lambda x: MP.gamma(x) * psi(0, x),)),
    "lgamma":       Exact(lambda x: MP.re(MP.loggamma(x)), (lambda x: psi(0, x),)),
    "digamma":      Exact(lambda x: psi(0, x), (lambda x: psi(1, x),)),
    "trigamma":     Exact(lambda x: psi(1, x), (lambda x: psi(2, x),)),
    "polygamma":    Exact(psi, (ZERO, lambda n, x: psi(n + 1, x))),
    "j0":           Exact(lambda x: MP.besselj(0, x), (lambda x: -MP.besselj(1, x),)),
    "j1":           Exact(lambda x: MP.besselj(1, x), (bessel_j_slope,)),
    "i0e":          Exact(lambda x: bessel_i(0, x), (lambda x: -signum(x) * bessel_i_step(x),)),
    "i1e":          Exact(lambda x: bessel_i(1, x), (lambda x: bessel_i_step(x) - (
                           bessel_i(1, x) / x if x else MP.mpf(1) / 2),)),
    "betaln":       Exact(log_beta, (digamma_step, lambda a, b: digamma_step(b, a))),
    "gammainc":     Exact(lower_gamma, (UNKNOWN, gamma_density)),
    "gammaincc":    Exact(upper_gamma, (UNKNOWN, lambda a, x: -gamma_density(a, x))),
    # units of networks
    "sigmoid":      Exact(logistic, (lambda x: logistic(x) * logistic(-x),)),
    "softplus":     Exact(lambda x: MP.log1p(MP.exp(x)), (logistic,)),
    "logaddexp":    Exact(lambda x, y: log_sum([x, y]), (lambda x, y: logistic(x - y), lambda x, y: logistic(y - x))),
    "softsign":     Exact(exactly(lambda x: x / (1 + abs(x))), (exactly(lambda x: 1 / (1 + abs(x)) ** 2),)),
    "isru":         Exact(lambda x, a: x / stretch(x, a),
                          (lambda x, a: 1 / stretch(x, a) ** 3, lambda x, a: -x**3 / stretch(x, a) ** 3 / 2)),
    "silu":         Exact(lambda x: x * logistic(x), (lambda x: logistic(x) * (1 + x * logistic(-x)),)),
    "gelu":         Exact(lambda x: x * erfc(-x / MP.sqrt(2)) / 2,
                          (lambda x: erfc(-x / MP.sqrt(2)) / 2 + x * MP.exp(-x * x / 2) / MP.sqrt(2 * MP.pi),)),
    "bent_identity": Exact(lambda x: x * x / (MP.sqrt(exactly(lambda t: 1 + t * t)(x)) + 1) / 2 + x,
                           (lambda x: x / MP.sqrt(exactly(lambda t: 1 + t * t)(x)) / 2 + 1,)),
    "share":        Exact(exactly(lambda a, b: a / (a + b)), (exactly(lambda a, b: b / (a + b) ** 2),
                                                              exactly(lambda a, b: -a / (a + b) ** 2))),
    "surprisal":    Exact(lambda xs: MP.log1p(MP.fsum(ratios(xs))),
                          lambda xs: [p / (1 + MP.fsum(ratios(xs))) for p in (-MP.fsum(ratios(xs)), *ratios(xs))]),
    # any number of operands
    "sum":          Exact(over_all(sum), over_all(lambda xs: [Fraction(1)] * len(xs))),
    "prod":         Exact(over_all(math.prod), over_all(products_of_others)),
    "mean":         Exact(over_all(lambda xs: sum(xs) / len(xs)),
                          over_all(lambda xs: [Fraction(1, len(xs))] * len(xs))),
    "max":          Exact(over_all(max), over_all(lambda xs: [tie_share(x, max(xs), xs) for x in xs])),
    "min":          Exact(over_all(min), over_all(lambda xs: [tie_share(x, min(xs), xs) for x in xs])),
    "euclidean_norm": Exact(length, lambda xs: [x / length(xs) if length(xs) else MP.mpf(0) for x in xs]),
    "logsumexp":    Exact(log_sum, lambda xs: [1 / MP.fsum(MP.exp(y - x) for y in xs) for x in xs]),
    "dot":          Exact(over_all(lambda wx: sum((w * x for w, x in zip(*halves(wx), strict=True)), Fraction(0))),
                          lambda wx: [*halves(wx)[1], *halves(wx)[0]]),
}
# fmt: on


def exact_value(row: Primitive, operands: Sequence[float]) -> Any:
    """The value of a row of the table at finite floats, in 60 digits."""
    entry, exact = EXACT[row.name], [MP.mpf(x) for x in operands]
    return entry.value(exact) if row.arity is None else entry.value(*exact)


def exact_partials(row: Primitive, operands: Sequence[float]) -> list[Any]:
    """The partials of a row of the table at finite floats, in 60 digits."""
    entry, exact = EXACT[row.name], [MP.mpf(x) for x in operands]
    if callable(entry.partials):
        return list(entry.partials(exact))
    return [p(*exact) for p in entry.partials]
