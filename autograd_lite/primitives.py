"""The table: all the mathematics of the library, one row per primitive.

A row says the value on floats, the partial derivative in each operand, the label in drawings, the formula,
the domain and the points with no derivative.  The function on Values, the operators, forward and reverse
mode, gradients of gradients and the compiled programs all derive from it; `autograd_lite.rows.Primitive`
explains the columns.  `out` is the result of the row; partials are written in rows themselves.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_lite import numerics, special
from autograd_lite.numerics import INF, LN2, LOG2_E, LOG10_E, NAN, TWO_OVER_SQRT_PI
from autograd_lite.rows import PRIMITIVES, Operand, Partial, Primitive


def row(
    name: str,
    value: Callable[..., float],
    partials: tuple[Partial, ...] | Callable[..., Any],
    formula: str,
    label: str = "",
    domain: str = "all reals",
    kinks: str = "none",
    limit: Callable[..., float] | float = NAN,
    lowering: Callable[..., Any] | None = None,
    selects: bool = False,
) -> Primitive:
    """A row, entered into the table; the partials say how many operands it has."""
    arity = len(partials) if isinstance(partials, tuple) else None
    entry = Primitive(name, arity, value, partials, label, formula, domain, kinks, limit, lowering, selects)
    PRIMITIVES[name] = entry
    return entry


def decide(condition: Any, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """a() or b(): at once where the condition is a number, by `where` where it is more than that."""
    if isinstance(condition, Operand):
        return where(condition, a(), b())
    return a() if condition else b()


# -- arithmetic ---------------------------------------------------------------------------------------

add: Final[Primitive] = row("add", lambda x, y: x + y, (1.0, 1.0), "x + y", "+")
sub: Final[Primitive] = row("sub", lambda x, y: x - y, (1.0, -1.0), "x - y", "-")
mul: Final[Primitive] = row("mul", lambda x, y: x * y, (lambda out, x, y: y, lambda out, x, y: x), "x * y", "*")
div: Final[Primitive] = row(
    "div", lambda x, y: x / y, (lambda out, x, y: 1.0 / y, lambda out, x, y: -out / y), "x / y", "/",
    domain="y != 0", limit=numerics.quotient,
)  # fmt: skip
neg: Final[Primitive] = row("neg", lambda x: -x, (-1.0,), "-x", "-")
pow: Final[Primitive] = row(
    "pow", numerics.power,
    (
        lambda out, x, y: decide(equal(y, 0.0), lambda: zero_with_slopes(out, x, y), lambda: y * lower_power(x, y)),
        lambda out, x, y: out * log(where(logical_and(equal(x, 0.0), less(0.0, y)), 1.0, x)),
    ),
    "x ** y", "**", domain="x > 0; x = 0 with y >= 0; x < 0 with y whole",
    kinks="x = 0 in y: 0 for y > 0; x < 0 in y: nan; y = 0 in x: 0", limit=numerics.power_limit,
)  # fmt: skip
mod: Final[Primitive] = row(
    "mod", lambda x, y: x % y, (1.0, lambda out, x, y: -floor_divide(x, y)), "x % y", "%",
    domain="y != 0", kinks="x / y whole: the partials from within the cell",
)  # fmt: skip
floor_divide: Final[Primitive] = row(
    "floor_divide", numerics.floor_divide, (0.0, 0.0), "floor(x / y)", "//",
    domain="y != 0", kinks="x / y whole: 0", limit=numerics.quotient,
)  # fmt: skip
fmod: Final[Primitive] = row(
    "fmod", math.fmod, (1.0, lambda out, x, y: -round((x - out) / y)), "x - y trunc(x / y)",
    domain="x finite, y != 0", kinks="x / y whole: the partials from within the cell",
)  # fmt: skip
square: Final[Primitive] = row(
    "square", lambda x: x * x, (lambda out, x: 2.0 * x,), "x^2", "x²", lowering=lambda x: x * x
)
reciprocal: Final[Primitive] = row(
    "reciprocal", lambda x: 1.0 / x, (lambda out, x: -out * out,), "1 / x", "1/x",
    domain="x != 0", limit=lambda x: numerics.quotient(1.0, x), lowering=lambda x: 1.0 / x,
)  # fmt: skip
identity: Final[Primitive] = row("identity", lambda x: x, (1.0,), "x", "=", lowering=lambda x: x)

# -- pieces: rounding, signs, choices -----------------------------------------------------------------

abs: Final[Primitive] = row("abs", math.fabs, (lambda out, x: sign(x),), "|x|", kinks="0: 0")
sign: Final[Primitive] = row("sign", numerics.sign, (0.0,), "x / |x|, 0 at 0", kinks="0: 0")
floor: Final[Primitive] = row(
    "floor", numerics.floor, (0.0,), "the largest whole number <= x",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x,
)  # fmt: skip
ceil: Final[Primitive] = row(
    "ceil", numerics.ceil, (0.0,), "the smallest whole number >= x",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x,
)  # fmt: skip
round: Final[Primitive] = row(
    "round", numerics.round_half_even, (0.0,), "the nearest whole number, the even one of two",
    domain="x finite", kinks="x = n + 1/2: 0", limit=lambda x: x,
)  # fmt: skip
trunc: Final[Primitive] = row(
    "trunc", numerics.trunc, (0.0,), "x without its fraction",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x,
)  # fmt: skip
copysign: Final[Primitive] = row(
    "copysign", numerics.copysign,
    (lambda out, x, y: sign(x) * copysign(1.0, y), 0.0), "|x| with the sign of y",
    kinks="x = 0: 0; y = 0 in y: 0",
)  # fmt: skip
maximum: Final[Primitive] = row(
    "maximum", numerics.maximum,
    (lambda out, x, y: less(y, x) + 0.5 * equal(x, y), lambda out, x, y: less(x, y) + 0.5 * equal(x, y)),
    "max(x, y)", "max", kinks="x = y: 1/2 each",
)  # fmt: skip
minimum: Final[Primitive] = row(
    "minimum", numerics.minimum,
    (lambda out, x, y: less(x, y) + 0.5 * equal(x, y), lambda out, x, y: less(y, x) + 0.5 * equal(x, y)),
    "min(x, y)", "min", kinks="x = y: 1/2 each",
)  # fmt: skip
clip: Final[Primitive] = row(
    "clip", numerics.clip,
    (
        lambda out, x, low, high: less_equal(low, x) * less_equal(x, high),
        lambda out, x, low, high: less(x, low) * less_equal(low, high),
        lambda out, x, low, high: less(high, maximum(x, low)),
    ),
    "min(max(x, low), high)", kinks="x at a bound: 1 in x, 0 in the bound",
    lowering=lambda x, low, high: minimum(maximum(x, low), high),
)  # fmt: skip
relu: Final[Primitive] = row("relu", numerics.relu, (lambda out, x: less(0.0, x),), "max(0, x)", "ReLU", kinks="0: 0")

# -- conditions: 1 for true, 0 for false; nothing flows back through them -------------------------------

less: Final[Primitive] = row("less", lambda x, y: 1.0 if x < y else 0.0, (None, None), "x < y", "<")
less_equal: Final[Primitive] = row("less_equal", lambda x, y: 1.0 if x <= y else 0.0, (None, None), "x <= y", "<=")
equal: Final[Primitive] = row("equal", lambda x, y: 1.0 if x == y else 0.0, (None, None), "x = y", "=")
logical_and: Final[Primitive] = row("logical_and", lambda x, y: 1.0 if x and y else 0.0, (None, None), "x and y", "and")
logical_or: Final[Primitive] = row("logical_or", lambda x, y: 1.0 if x or y else 0.0, (None, None), "x or y", "or")
logical_not: Final[Primitive] = row("logical_not", lambda x: 0.0 if x else 1.0, (None,), "not x", "not")
where: Final[Primitive] = row(
    "where", lambda condition, a, b: a if condition else b,
    (None, lambda out, condition, a, b: truth(condition), lambda out, condition, a, b: logical_not(condition)),
    "a if condition else b", selects=True,
)  # fmt: skip
cond: Final[Primitive] = row(
    "cond", lambda condition, a, b: a if condition else b,
    (None, lambda out, condition, a, b: truth(condition), lambda out, condition, a, b: logical_not(condition)),
    "a() if condition else b()", selects=True, lowering=lambda condition, a, b: where(condition, a, b),
)  # fmt: skip

# -- exponentials and logarithms ----------------------------------------------------------------------

exp: Final[Primitive] = row("exp", math.exp, (lambda out, x: out,), "e^x", domain="x < 709.79", limit=INF)
expm1: Final[Primitive] = row("expm1", math.expm1, (lambda out, x: exp(x),), "e^x - 1", domain="x < 709.79", limit=INF)
exp2: Final[Primitive] = row("exp2", math.exp2, (lambda out, x: LN2 * out,), "2^x", domain="x < 1024", limit=INF)
log: Final[Primitive] = row(
    "log", math.log, (lambda out, x: 1.0 / x,), "ln x", "ln",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF,
)  # fmt: skip
log1p: Final[Primitive] = row(
    "log1p", math.log1p, (lambda out, x: 1.0 / (1.0 + x),), "ln(1 + x)",
    domain="x > -1", limit=lambda x: NAN if x < -1.0 else -INF,
)  # fmt: skip
log2: Final[Primitive] = row(
    "log2", math.log2, (lambda out, x: LOG2_E / x,), "log2 x",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF,
)  # fmt: skip
log10: Final[Primitive] = row(
    "log10", math.log10, (lambda out, x: LOG10_E / x,), "log10 x",
    domain="x > 0", limit=lambda x: NAN if x < 0.0 else -INF,
)  # fmt: skip
sqrt: Final[Primitive] = row(
    "sqrt", math.sqrt, (lambda out, x: 0.5 / out,), "x^(1/2)", "√",
    domain="x >= 0", kinks="0: inf",
)  # fmt: skip
cbrt: Final[Primitive] = row(
    "cbrt", math.cbrt, (lambda out, x: 1.0 / (3.0 * out * out),), "x^(1/3)", "∛", kinks="0: inf"
)

# -- trigonometry and hyperbolic functions --------------------------------------------------------------

sin: Final[Primitive] = row("sin", math.sin, (lambda out, x: cos(x),), "sin x", domain="x finite")
cos: Final[Primitive] = row("cos", math.cos, (lambda out, x: -sin(x),), "cos x", domain="x finite")
tan: Final[Primitive] = row("tan", math.tan, (lambda out, x: 1.0 + out * out,), "tan x", domain="x finite")
asin: Final[Primitive] = row(
    "asin", math.asin, (lambda out, x: 1.0 / sqrt((1.0 - x) * (1.0 + x)),), "arcsin x",
    domain="-1 <= x <= 1", kinks="-1 and 1: inf",
)  # fmt: skip
acos: Final[Primitive] = row(
    "acos", math.acos, (lambda out, x: -1.0 / sqrt((1.0 - x) * (1.0 + x)),), "arccos x",
    domain="-1 <= x <= 1", kinks="-1 and 1: -inf",
)  # fmt: skip
atan: Final[Primitive] = row("atan", math.atan, (lambda out, x: 1.0 / (1.0 + x * x),), "arctan x")
atan2: Final[Primitive] = row(
    "atan2", math.atan2,
    (lambda out, y, x: x / hypot(x, y) / hypot(x, y), lambda out, y, x: -y / hypot(x, y) / hypot(x, y)),
    "the angle of (x, y)", kinks="(0, 0): nan; the cut y = 0, x < 0: the partials from either side",
)  # fmt: skip
sinh: Final[Primitive] = row(
    "sinh", math.sinh, (lambda out, x: cosh(x),), "(e^x - e^-x) / 2",
    domain="|x| < 710.47", limit=lambda x: math.copysign(INF, x),
)  # fmt: skip
cosh: Final[Primitive] = row(
    "cosh", math.cosh, (lambda out, x: sinh(x),), "(e^x + e^-x) / 2", domain="|x| < 710.47", limit=INF
)
tanh: Final[Primitive] = row("tanh", math.tanh, (lambda out, x: 4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x),), "tanh x")
asinh: Final[Primitive] = row("asinh", math.asinh, (lambda out, x: 1.0 / hypot(1.0, x),), "ln(x + (x^2 + 1)^(1/2))")
acosh: Final[Primitive] = row(
    "acosh", math.acosh, (lambda out, x: 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),), "ln(x + (x^2 - 1)^(1/2))",
    domain="x >= 1", kinks="1: inf",
)  # fmt: skip
atanh: Final[Primitive] = row(
    "atanh", math.atanh, (lambda out, x: 1.0 / ((1.0 - x) * (1.0 + x)),), "ln((1 + x) / (1 - x)) / 2",
    domain="-1 < x < 1", limit=lambda x: math.copysign(INF, x) if math.fabs(x) == 1.0 else NAN,
)  # fmt: skip
hypot: Final[Primitive] = row(
    "hypot", numerics.hypot, (lambda out, x, y: x / out, lambda out, x, y: y / out), "(x^2 + y^2)^(1/2)",
    kinks="(0, 0): nan", limit=INF,
)  # fmt: skip

# -- special functions ----------------------------------------------------------------------------------

erf: Final[Primitive] = row(
    "erf", math.erf, (lambda out, x: TWO_OVER_SQRT_PI * exp(-x * x),), "2/pi^(1/2) ∫ e^-t^2 dt, 0 to x"
)  # fmt: skip
erfc: Final[Primitive] = row("erfc", math.erfc, (lambda out, x: -TWO_OVER_SQRT_PI * exp(-x * x),), "1 - erf(x)")
gamma: Final[Primitive] = row(
    "gamma", math.gamma, (lambda out, x: out * digamma(x),), "(x - 1)!",
    domain="x < 171.62, x not 0, -1, -2, ...",
    limit=lambda x: NAN if x == -INF or (x < 0.0 and x == math.floor(x)) else math.copysign(INF, x),
)  # fmt: skip
lgamma: Final[Primitive] = row(
    "lgamma", math.lgamma, (lambda out, x: digamma(x),), "ln |gamma(x)|",
    domain="x not 0, -1, -2, ...", limit=INF,
)  # fmt: skip
digamma: Final[Primitive] = row(
    "digamma", special.digamma, (lambda out, x: trigamma(x),), "the derivative of ln gamma(x)", "ψ",
    domain="x not 0, -1, -2, ...",
)  # fmt: skip
trigamma: Final[Primitive] = row(
    "trigamma", special.trigamma, (lambda out, x: polygamma(2.0, x),), "the derivative of digamma(x)", "ψ'",
    domain="x not 0, -1, -2, ...",
)  # fmt: skip
polygamma: Final[Primitive] = row(
    "polygamma", special.polygamma, (None, lambda out, n, x: polygamma(n + 1.0, x)),
    "the n-th derivative of digamma(x)", domain="n = 0, 1, 2, ...; x not 0, -1, -2, ...",
)  # fmt: skip

# -- units of networks ------------------------------------------------------------------------------------

sigmoid: Final[Primitive] = row(
    "sigmoid", numerics.sigmoid, (lambda out, x: out * sigmoid(-x),), "1 / (1 + e^-x)", "sigmoid",
    lowering=lambda x: stable_sigmoid(x, exp(-abs(x))),
)  # fmt: skip
softplus: Final[Primitive] = row(
    "softplus", numerics.softplus, (lambda out, x: sigmoid(x),), "ln(1 + e^x)",
    lowering=lambda x: relu(x) + log1p(exp(-abs(x))),
)  # fmt: skip
logaddexp: Final[Primitive] = row(
    "logaddexp", numerics.logaddexp, (lambda out, x, y: sigmoid(x - y), lambda out, x, y: sigmoid(y - x)),
    "ln(e^x + e^y)",
    lowering=lambda x, y: where(equal(x, y), x + LN2, maximum(x, y) + log1p(exp(-abs(x - y)))),
)  # fmt: skip

# -- rows of any number of operands: one function gives all partials ---------------------------------------

sum: Final[Primitive] = row("sum", numerics.total, lambda out, xs: [1.0] * len(xs), "x + ...", "Σ")
prod: Final[Primitive] = row("prod", numerics.product, lambda out, xs: products_of_others(xs), "x * ...", "Π")
mean: Final[Primitive] = row(
    "mean", lambda xs: numerics.total(xs) / len(xs), lambda out, xs: [1.0 / len(xs)] * len(xs),
    "(x + ...) / n", lowering=lambda xs: sum(xs) / float(len(xs)),
)  # fmt: skip
max: Final[Primitive] = row(
    "max",
    numerics.largest,
    lambda out, xs: shares(out, xs),
    "the largest x",
    kinks="k tied operands: 1/k each",
)
min: Final[Primitive] = row(
    "min",
    numerics.smallest,
    lambda out, xs: shares(out, xs),
    "the smallest x",
    kinks="k tied operands: 1/k each",
)
logsumexp: Final[Primitive] = row(
    "logsumexp", numerics.logsumexp, lambda out, xs: softmax(out, xs),
    "ln(e^x + ...)", lowering=lambda xs: stable_logsumexp(xs),
)  # fmt: skip
dot: Final[Primitive] = row(
    "dot", numerics.dot, lambda out, wx: [*wx[len(wx) // 2 :], *wx[: len(wx) // 2]],
    "w * x + ...", "·",
)  # fmt: skip


def products_of_others(xs: Sequence[Any]) -> list[Any]:
    """The product of all others, for each operand, from running products: no division, zeros welcome."""
    n = len(xs)
    if n == 1:
        return [1.0]
    before: list[Any] = [1.0, xs[0]]
    for i in range(2, n):
        before.append(before[i - 1] * xs[i - 1])
    after = xs[n - 1]
    for i in range(n - 2, 0, -1):
        before[i] = before[i] * after
        after = xs[i] * after
    before[0] = after
    return before


def lower_power(x: Any, y: Any) -> Any:
    """x to the power y - 1; x itself where y is the number 2."""
    return x if not isinstance(y, Operand) and y == 2.0 else pow(x, y - 1.0)


def zero_with_slopes(out: Any, x: Any, y: Any) -> Any:
    """0 and, where y can change, what y x^(y - 1) has for slopes at y = 0: as y x^y / x, which is 0 for tiny x too."""
    can_change = isinstance(y, Operand)
    # 0 + because -0.0 is not 0.0 to the bit
    return 0.0 + where(less(0.0, x), y * out / x, 0.0) if can_change else 0.0


def truth(condition: Any) -> Any:
    """1 for any condition that is not 0."""
    return logical_not(logical_not(condition))


def stable_sigmoid(x: Any, t: Any) -> Any:
    return where(less(x, 0.0), t, 1.0) / (1.0 + t)


def shares(out: Any, xs: Sequence[Any]) -> list[Any]:
    """1/k for each of the k operands that equal the result, 0 for the others."""
    tied = [equal(x, out) for x in xs]
    count = sum(tied)
    return [t / count for t in tied]


def softmax(out: Any, xs: Sequence[Any]) -> list[Any]:
    """e^(x - out) over their sum, which would be 1 if `out` were not rounded (at 1e16 it may be 2)."""
    terms = [exp(x - out) for x in xs]
    total = sum(terms)
    return [term / total for term in terms]


def stable_logsumexp(xs: Sequence[Any]) -> Any:
    """m + ln(1 + the terms of all but the first largest operand), as `numerics.logsumexp` says it."""
    m = max(xs)
    rest: Any = 0.0
    seen: Any = 0.0
    for x in xs:
        largest = equal(x, m)
        rest = rest + where(logical_and(largest, logical_not(seen)), 0.0, exp(x - m))
        seen = logical_or(seen, largest)
    return where(equal(abs(m), INF), m, m + log1p(rest))
