"""What networks are made of, against 60 digits over the whole range of floats: activations, losses, normalisation.

Compositions of rows are held to what rows are: so many ulps, and so many for each that an ulp in every operand moves
the truth.
"""

import math
import random
from typing import NamedTuple

import mpmath
from mpmath import mpf

from autograd_lite import Value, gradients, nn
from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.nn import activations as a
from autograd_lite.nn.activations import ACTIVATIONS

L, A = mpf(a.SELU_SCALE), mpf(a.SELU_ALPHA)


class Row(NamedTuple):
    """What the lectures print: f and f', in mpmath, and where they are looked at."""

    f: object
    value: object
    slope: object
    low: float = -700.0
    high: float = 700.0
    kinks: tuple = ()
    least: float = -math.inf  # of the domain
    most: float = math.inf


def step(x):
    return mpf(1) if x >= 0 else mpf(0)


def pieces(*cases):
    """The first value whose condition holds."""
    return next(value for condition, value in cases if condition)


def normal(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def density(x):
    return mpmath.exp(-x * x / 2) / mpmath.sqrt(2 * mpmath.pi)


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def isru(x, p):
    return x / mpmath.sqrt(1 + p * x * x)


def cube(x, p):
    return (1 / mpmath.sqrt(1 + p * x * x)) ** 3


def soft_exponential(x, p):
    if p == 0:
        return x
    return -mpmath.log(1 - p * (x + p)) / p if p < 0 else mpmath.expm1(p * x) / p + p


def soft_exponential_slope(x, p):
    return 1 / (1 - p * (p + x)) if p < 0 else mpmath.exp(p * x)


def soft_clipping(x, p):
    return mpmath.log((1 + mpmath.exp(p * x)) / (1 + mpmath.exp(p * (x - 1)))) / p


def soft_clipping_slope(x, p):
    return mpmath.sinh(p / 2) * mpmath.sech(p * x / 2) * mpmath.sech(p * (1 - x) / 2) / 2


TABLE = {
    "identity": Row(a.identity, lambda x: x, lambda x: mpf(1)),
    "binary step": Row(a.binary_step, step, lambda x: mpf(0), kinks=(0.0,)),
    "logistic": Row(ACTIVATIONS["logistic"], logistic, lambda x: logistic(x) * (1 - logistic(x))),
    "tanh": Row(ACTIVATIONS["tanh"], mpmath.tanh, lambda x: 1 - mpmath.tanh(x) ** 2, -340, 340),
    "SQNL": Row(
        a.sqnl,
        lambda x: pieces((x > 2, mpf(1)), (x >= 0, x - x * x / 4), (x >= -2, x + x * x / 4), (True, mpf(-1))),
        lambda x: pieces((abs(x) > 2, mpf(0)), (True, 1 - abs(x) / 2)),
        -5, 5, (-2.0, 2.0),
    ),
    "arctan": Row(a.arctan, mpmath.atan, lambda x: 1 / (x * x + 1)),
    "arsinh": Row(a.arsinh, mpmath.asinh, lambda x: 1 / mpmath.sqrt(x * x + 1)),
    "Elliott, softsign": Row(a.softsign, lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2, -1e9, 1e9),
    "ISRU(1)": Row(a.isru, lambda x: isru(x, 1), lambda x: cube(x, 1), -1e9, 1e9),
    "ISRU(0.3)": Row(lambda x: a.isru(x, 0.3), lambda x: isru(x, mpf(0.3)), lambda x: cube(x, mpf(0.3))),
    "ISRLU(1)": Row(
        a.isrlu,
        lambda x: isru(x, 1) if x < 0 else x, lambda x: cube(x, 1) if x < 0 else mpf(1), -1e6, 1e6,
    ),
    "ReLU": Row(ACTIVATIONS["relu"], lambda x: max(mpf(0), x), lambda x: mpf(0) if x <= 0 else mpf(1)),
    "leaky ReLU(0.01)": Row(a.leaky_relu, lambda x: x * mpf(0.01) if x < 0 else x,
                            lambda x: mpf(0.01) if x < 0 else mpf(1)),
    "leaky ReLU(0.1)": Row(lambda x: a.leaky_relu(x, 0.1), lambda x: x * mpf(0.1) if x < 0 else x,
                           lambda x: mpf(0.1) if x < 0 else mpf(1)),
    "PReLU(0.3)": Row(lambda x: a.prelu(x, 0.3), lambda x: x * mpf(0.3) if x < 0 else x,
                      lambda x: mpf(0.3) if x < 0 else mpf(1)),
    "ELU(1)": Row(a.elu, lambda x: mpmath.expm1(x) if x <= 0 else x,
                  lambda x: mpmath.exp(x) if x <= 0 else mpf(1)),
    "ELU(0.3)": Row(lambda x: a.elu(x, 0.3), lambda x: mpf(0.3) * mpmath.expm1(x) if x <= 0 else x,
                    lambda x: mpf(0.3) * mpmath.exp(x) if x <= 0 else mpf(1)),
    "SELU": Row(a.selu, lambda x: L * (A * mpmath.expm1(x) if x <= 0 else x),
                lambda x: L * (A * mpmath.exp(x) if x <= 0 else 1)),
    "SReLU(-1, 0.2, 2, 0.3)": Row(
        lambda x: a.srelu(x, -1.0, 0.2, 2.0, 0.3),
        lambda x: pieces((x <= -1, -1 + mpf(0.2) * (x + 1)), (x < 2, x), (True, 2 + mpf(0.3) * (x - 2))),
        lambda x: pieces((x <= -1, mpf(0.2)), (x < 2, mpf(1)), (True, mpf(0.3))),
        -10, 10, (-1.0, 2.0),
    ),
    "APL(2)": Row(
        lambda x: a.apl(x, [0.2, -0.3], [0.5, 1.5]),
        lambda x: max(mpf(0), x) + mpf(0.2) * max(mpf(0), mpf(0.5) - x) - mpf(0.3) * max(mpf(0), mpf(1.5) - x),
        lambda x: (x > 0) - mpf(0.2) * (x < 0.5) + mpf(0.3) * (x < 1.5),
        -10, 10, (0.0, 0.5, 1.5),
    ),
    "softplus": Row(ACTIVATIONS["softplus"], lambda x: mpmath.log1p(mpmath.exp(x)), logistic),
    "bent identity": Row(a.bent_identity, lambda x: (mpmath.sqrt(x * x + 1) - 1) / 2 + x,
                         lambda x: x / (2 * mpmath.sqrt(x * x + 1)) + 1),
    "GELU": Row(a.gelu, lambda x: x * normal(x), lambda x: normal(x) + x * density(x), -37.0, 40.0,
                least=-1e8, most=1e8),
    "SiLU": Row(a.silu, lambda x: x * logistic(x),
                lambda x: logistic(x) + x * logistic(x) * (1 - logistic(x))),
    "soft exponential(-0.5)": Row(
        lambda x: a.soft_exponential(x, -0.5),
        lambda x: soft_exponential(x, mpf(-0.5)), lambda x: soft_exponential_slope(x, mpf(-0.5)),
        -1.49, 1e3, least=-1.49,
    ),
    "soft exponential(0)": Row(a.soft_exponential, lambda x: x, lambda x: mpf(1)),
    "soft exponential(0.5)": Row(
        lambda x: a.soft_exponential(x, 0.5),
        lambda x: soft_exponential(x, mpf(0.5)), lambda x: soft_exponential_slope(x, mpf(0.5)),
    ),
    "soft clipping(1)": Row(
        a.soft_clipping, lambda x: soft_clipping(x, 1), lambda x: soft_clipping_slope(x, 1), -300, 300
    ),
    "soft clipping(10)": Row(
        lambda x: a.soft_clipping(x, 10.0),
        lambda x: soft_clipping(x, 10), lambda x: soft_clipping_slope(x, 10), -30, 30,
    ),
    "sinusoid": Row(a.sinusoid, mpmath.sin, mpmath.cos),
    "sinc": Row(
        a.sinc, lambda x: mpmath.sin(x) / x if x else mpf(1),
        lambda x: mpmath.cos(x) / x - mpmath.sin(x) / x**2 if x else mpf(0), -30, 30,
    ),
    "Gaussian": Row(a.gaussian, lambda x: mpmath.exp(-x * x), lambda x: -2 * x * mpmath.exp(-x * x), -26, 26),
    "SQ-RBF": Row(
        a.sq_rbf,
        lambda x: pieces((abs(x) <= 1, 1 - x * x / 2), (abs(x) < 2, (2 - abs(x)) ** 2 / 2), (True, mpf(0))),
        lambda x: pieces((abs(x) <= 1, -x), (abs(x) < 2, x - 2 * mpmath.sign(x)), (True, mpf(0))),
        -4, 4,
    ),
    "hard tanh": Row(a.hard_tanh, lambda x: max(mpf(-1), min(mpf(1), x)), lambda x: mpf(int(-1 <= x <= 1)), -3, 3),
}  # fmt: skip


# -- functions of several numbers


def total_of_exponentials(xs):
    largest = max(xs)
    return largest + mpmath.log(mpmath.fsum(mpmath.exp(x - largest) for x in xs))


def cross_entropy(xs, k):
    return total_of_exponentials([x - xs[k] for x in xs])


def soft(x):
    return mpmath.log1p(mpmath.exp(x)) if x < 0 else x + mpmath.log1p(mpmath.exp(-x))


def normalised(xs):
    eps, centre = mpf(1e-5), mpmath.fsum(xs) / len(xs)
    variance = mpmath.fsum((x - centre) ** 2 for x in xs) / len(xs)
    return (xs[0] - centre) / mpmath.sqrt(variance + eps)


def over_deviation(xs):
    """The size of the terms of the slopes of a normalised number, of which the sum may be as small as one likes."""
    eps, centre = mpf(1e-5), mpmath.fsum(xs) / len(xs)
    return 1 / mpmath.sqrt(mpmath.fsum((x - centre) ** 2 for x in xs) / len(xs) + eps)


TERMS = {"BatchNorm": over_deviation, "softmax cross-entropy of probabilities": lambda xs: mpf(1)}
"""Of sums: a rounding of a term is allowed, as in the row `sum`."""


def by_batch_norm(xs):
    return nn.BatchNorm(1).batch([[x] for x in xs])[0][0]


OF_LISTS = {
    "mse": (lambda xs: nn.mse(xs, [0.5, -3.0, 7.0]),
            lambda xs: mpmath.fsum((x - y) ** 2 for x, y in zip(xs, (0.5, -3, 7), strict=True)) / 3, 1e150),
    "half_squared": (lambda xs: nn.half_squared(xs, [0.5, -3.0, 7.0]),
                     lambda xs: mpmath.fsum((x - y) ** 2 for x, y in zip(xs, (0.5, -3, 7), strict=True)) / 2, 1e150),
    "binary cross-entropy, 1": (
        lambda xs: nn.binary_cross_entropy_with_logits(xs[:1], [1]), lambda xs: soft(-xs[0]), 1e300),
    "binary cross-entropy, 0": (
        lambda xs: nn.binary_cross_entropy_with_logits(xs[:1], [0]), lambda xs: soft(xs[0]), 1e300),
    "binary cross-entropy, 0.25": (
        lambda xs: nn.binary_cross_entropy_with_logits(xs[:1], [0.25]),
        lambda xs: soft(-xs[0]) / 4 + soft(xs[0]) * 3 / 4, 1e300),
    "softmax cross-entropy": (lambda xs: nn.softmax_cross_entropy(xs, 1), lambda xs: cross_entropy(xs, 1), 1e300),
    "softmax cross-entropy of probabilities": (
        lambda xs: nn.softmax_cross_entropy(xs, [0.25, 0.5, 0.25]),
        lambda xs: cross_entropy(xs, 0) / 4 + cross_entropy(xs, 1) / 2 + cross_entropy(xs, 2) / 4, 1e300),
    "log_softmax": (lambda xs: a.log_softmax(xs)[0], lambda xs: -cross_entropy(xs, 0), 1e300),
    "softmax": (lambda xs: a.softmax(xs)[0], lambda xs: mpmath.exp(-cross_entropy(xs, 0)), 1e300),
    "BatchNorm": (by_batch_norm, normalised, 1e150),
}  # fmt: skip
"""The function, its formula, and the largest operands of which the squares are floats."""


# -- points and bounds

BASE, CONDITIONED, FLOOR = 16.0, 8.0, 2.0**-1020
NEAR_TO_A_KINK = 1e-6


def number(source, largest):
    """A float by the spacing of floats up to `largest`, or an everyday number."""
    x = source.choice([
        lambda: 10.0 ** source.uniform(-300.0, math.log10(largest)), lambda: source.uniform(0.0, 3.0),
        lambda: source.uniform(0.0, min(50.0, largest)), lambda: float(source.randint(0, 3)),
    ])()  # fmt: skip
    return math.copysign(min(x, largest), source.choice([1.0, -1.0]))


def points(name, count):
    source = random.Random(name)
    if name in OF_LISTS:
        for _ in range(count):
            scale = source.choice([OF_LISTS[name][2], 700.0, 30.0])
            xs = [number(source, scale) for _ in range(3)]
            yield [x + xs[0] for x in xs] if source.random() < 0.2 and abs(xs[0]) < scale / 4 else xs
        return
    row = TABLE[name]
    for _ in range(count):
        x = number(source, 1e300)
        if not any(abs(x - kink) < NEAR_TO_A_KINK for kink in row.kinks) and row.least <= x <= row.most:
            yield [x]


def slope_by_differences(f, xs, i):
    """In so many digits that it has 60; from both sides, None where these differ."""
    h = mpf(10) ** -45
    sides = []
    for step in (h, -h):
        moved = [x + step * (j == i) for j, x in enumerate(xs)]
        sides.append((f(moved) - f(xs)) / step)
    agree = abs(sides[0] - sides[1]) <= abs(sides[0]) * mpf(10) ** -30 + mpf(10) ** -400
    return (sides[0] + sides[1]) / 2 if agree else None


def share_of_bound(got, exact_at, xs, terms=0):
    """The ulps that a number is off, and the share of the allowed error that this is."""
    want = exact_at([mpf(x) for x in xs])
    if want is None:
        return None
    off = abs(mpf(got) - want) if math.isfinite(got) else mpmath.inf
    if abs(want) > 1.7e308:
        return 0.0, 0.0
    unit = abs(want) * mpf(2) ** -53
    allowed = BASE * max(unit, terms * mpf(2) ** -53) + FLOOR
    if off > allowed:
        for i, x in enumerate(xs):
            near = [exact_at([mpf(y) * (1 + s * mpf(2) ** -53 * (j == i)) for j, y in enumerate(xs)]) for s in (1, -1)]
            allowed += CONDITIONED * max([abs(y - want) for y in near if y is not None], default=mpf(0)) if x else 0
    return float(off / unit) if unit else 0.0, float(off / allowed)


def looked_at(name, xs):
    """Pairs of what the library gives and a function with the truth: of the value, and of the slope in each operand."""
    row = TABLE.get(name)
    values = [Value(x) for x in xs]
    out = ieee_arithmetic().run(row.f, values[0]) if row else ieee_arithmetic().run(OF_LISTS[name][0], values)
    slopes = gradients(out, values) if isinstance(out, Value) else [0.0] * len(xs)
    yield (
        float(out.data if isinstance(out, Value) else out),
        (lambda ys: row.value(ys[0])) if row else OF_LISTS[name][1],
    )
    for i, slope in enumerate(slopes):
        if row:
            yield slope, lambda ys: row.slope(ys[0])
        else:
            yield slope, lambda ys, i=i: slope_by_differences(OF_LISTS[name][1], ys, i)


def measure(count, names=None):
    """Of each function: points, the worst ulps and share of the bound of values and slopes, and what is beyond it."""
    found = {}
    for name in names or [*TABLE, *OF_LISTS]:
        worst, beyond, seen = [[0.0, 0.0], [0.0, 0.0]], [], 0
        for xs in points(name, count):
            seen += 1
            sizes = [math.log10(abs(x)) for x in xs if x]
            digits = (
                600 + 2 * int(max([0.0, *sizes])) + (3 * int(max([0.0, *(-s for s in sizes)])) if name in TABLE else 0)
            )
            with mpmath.workdps(digits):
                for k, (got, exact_at) in enumerate(looked_at(name, xs)):
                    terms = TERMS[name]([mpf(x) for x in xs]) if k and name in TERMS else mpf(0)
                    result = share_of_bound(got, exact_at, xs, terms)
                    if result is not None:
                        worst[k > 0] = [max(p) for p in zip(worst[k > 0], result, strict=True)]
                        if result[1] > 1.0:
                            beyond.append(f"{name}{tuple(xs)}: number {k} is {got!r}, {result}")
        found[name] = [seen, *worst[0], *worst[1], beyond]
    return found


def section(found):
    """The lines of the page."""
    lines = [
        "Compositions of rows: activations of the lectures, losses, and BatchNorm over three samples, at operands from",
        "1e-300 to 1e300 (to 1e150 where squares are taken), everyday ones among them. Values and gradients against",
        f"their formulas in 600 digits and more; allowed are {BASE:g} ulps, {CONDITIONED:g} times what an ulp in every",
        "operand moves the truth, and 2^-1020. The slopes of BatchNorm and those of softmax_cross_entropy with",
        "probabilities are sums that may be as small as one likes; there the ulps are those of a term.",
        "",
        "| function | points | value, share of the bound | slopes, share of the bound | beyond it |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, (seen, _, value, _, slopes, beyond) in found.items():
        lines.append(f"| {name} | {seen} | {value:.3g} | {slopes:.3g} | {len(beyond)} |")
    return lines
