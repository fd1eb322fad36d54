"""Rows of special functions: the error function, gamma, and the derivatives of its logarithm."""

import cmath
import math
from typing import Any

from autograd_lite.core.columns.constants import INF, LARGEST, NAN
from autograd_lite.core.columns.entering import primitive, slope
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_functions, special_functions
from autograd_lite.core.table.choices import copysign, decide, equal, less, round, where, within_the_bell
from autograd_lite.core.table.definition_reader import Definition
from autograd_lite.core.table.definitions import by_ieee_754, setting
from autograd_lite.core.table.distances import to_pole
from autograd_lite.core.table.exponentials import exp, pow
from autograd_lite.core.table.trigonometry import tan

__all__ = ["erf", "erfc", "gamma", "lgamma", "digamma", "trigamma", "polygamma"]

TWO_OVER_SQRT_PI = 1.1283791670955126

# B(2k) / (2k)! for k = 1, 2, ...: the Bernoulli numbers of Euler-Maclaurin summation.
BERNOULLI = (
    8.333333333333333e-02, -1.388888888888889e-03, 3.306878306878307e-05, -8.267195767195768e-07,
    2.08767569878681e-08, -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225828e-13,
    8.586062056277845e-15, -2.174868698558062e-16,
)  # fmt: skip


def polygamma_formula(n: Scalar, x: Scalar) -> Any:
    """The n-th derivative of digamma; source: Abramowitz and Stegun 6.4."""
    order = setting(n)
    if order is None:
        return polygamma_by_call(n, x)
    if not 0.0 <= order <= 170.0 or order != math.floor(order):
        return NAN
    if order < 2.0:
        return trigamma(x) if order else digamma(x)
    parity = -1.0 if order % 2.0 == 0.0 else 1.0
    factorial = gamma(order + 1.0)
    return decide(
        less(x, 0.0),
        lambda: (
            -parity * (parity * hurwitz_zeta(order + 1.0, 1.0 - x, factorial)) - cotangent_derivative(int(order), x)
        ),
        lambda: decide(equal(x, 0.0), lambda: NAN, lambda: parity * hurwitz_zeta(order + 1.0, x, factorial) + 0.0),
    )


def hurwitz_zeta(s: float, x: Scalar, factor: float) -> Any:
    """The factor times the sum over k >= 0 of (x + k)^-s, x > 0: some terms, then Euler-Maclaurin."""

    def power(x: Scalar, exponent: float) -> Any:
        """The factor between two halves of the power, which alone may be beyond the floats, large or small."""
        half = pow(x, 0.5 * exponent)
        return factor * half * half

    result: Any = 0.0
    for _ in range(10 + int(s)):
        near = less(x, 10.0 + s)
        result = where(near, result + power(x, -s), result)
        x = where(near, x + 1.0, x)
    result = result + (power(x, 1.0 - s) / (s - 1.0) + 0.5 * power(x, -s))
    rising = s * power(x, -s - 1.0)  # s (s+1) ... (s+2k-2) x^(-s-2k+1)
    for k, coefficient in enumerate(BERNOULLI):
        result = result + coefficient * rising
        rising = rising * ((s + 2.0 * k + 1.0) * (s + 2.0 * k + 2.0) / (x * x))
    return result


def cotangent_derivative(n: int, x: Scalar) -> Any:
    """The n-th derivative of pi cot(pi x), a polynomial in the cotangent times pi^(n+1); nan at its poles."""
    r = x - round(x)
    cotangent = decide(
        less(r * r, 0.0625), lambda: 1.0 / tan(math.pi * r), lambda: tan(math.pi * (copysign(0.5, r) - r))
    )
    polynomial = [0.0, 1.0]  # coefficients in c; d/dx c = -pi (1 + c^2)
    for _ in range(n):
        slope = [polynomial[i] * i for i in range(1, len(polynomial))]
        polynomial = [0.0] * (len(slope) + 2)
        for i in range(len(slope)):
            polynomial[i] -= slope[i]
            polynomial[i + 2] -= slope[i]
    value: Any = polynomial[n + 1]
    for i in range(n, -1, -1):
        value = value * cotangent + polynomial[i]
    return where(equal(r, 0.0), NAN, value * math.pow(math.pi, n + 1.0))


def polygamma_on_floats(n: float, x: float) -> float:
    if n == n and x == x:
        if not 0.0 <= n <= 170.0 or n != math.floor(n):
            raise ValueError("the order is a whole number from 0 to 170")
        if x == -INF or (x <= 0.0 and x == math.floor(x)):
            raise ValueError("polygamma has poles at 0, -1, -2, ...")
    return by_ieee_754(polygamma_formula)(n, x)


erf: Primitive = primitive(
    "erf", math.erf, (lambda out, x: TWO_OVER_SQRT_PI * bell(x),), "2/pi^(1/2) ∫ e^-t^2 dt, 0 to x",
    bend=2.0, role="saturating",
    libm="erf", infinity="-inf: -1; inf: 1",
)  # fmt: skip
erfc: Primitive = primitive(
    "erfc", math.erfc, (lambda out, x: -TWO_OVER_SQRT_PI * bell(x),), "1 - erf(x)", bend=2.0, never_zero=True,
    libm="erfc", infinity="-inf: 2; inf: 0",
)  # fmt: skip
bell: Primitive = slope(
    "bell", lambda x: math.exp(-x * x), (lambda out, x: -2.0 * (within_the_bell(x) * out),), "e^-x^2",
    lowering=lambda x: exp(-x * x), bend=2.0, complex_value=lambda x: cmath.exp(-x * x),
    ball_value=lambda x: (-ball_functions.product(x, x)).exp(),
)  # fmt: skip
gamma: Primitive = primitive(
    "gamma", special_functions.gamma,
    (lambda out, x: decide(equal(x, INF), lambda: out, lambda: out * digamma(x)),), "(x - 1)!",
    domain="x < 171.62, x not 0, -1, -2, ...",
    limit=special_functions.gamma_of, lowering=Definition("special_functions", "gamma_of"),
    intervals=((-180.0, 171.6),), distance=to_pole, never_zero=True, notation="Γ", latex=r"\Gamma",
    ball_value="gamma", infinity="inf: inf",
)  # fmt: skip
lgamma: Primitive = primitive(
    "lgamma", special_functions.lgamma, (lambda out, x: digamma(x),), "ln |gamma(x)|",
    domain="x not 0, -1, -2, ...", limit=INF, lowering=Definition("special_functions", "log_gamma"),
    intervals=((-1e6, 1e305),), distance=to_pole,
    ball_value=ball_functions.lgamma, infinity="-inf and inf: inf",
)  # fmt: skip
digamma: Primitive = primitive(
    "digamma", special_functions.digamma, (lambda out, x: trigamma(x),), "the derivative of ln gamma(x)", label="ψ",
    domain="x not 0, -1, -2, ...", lowering=Definition("special_functions", "psi"),
    intervals=((-1e6, LARGEST),), distance=to_pole, notation="ψ", latex=r"\psi",
    ball_value="digamma", infinity="inf: inf",
)  # fmt: skip
trigamma: Primitive = primitive(
    "trigamma", special_functions.trigamma, (lambda out, x: polygamma(2.0, x),), "the derivative of digamma(x)",
    label="ψ'", domain="x not 0, -1, -2, ...", lowering=Definition("special_functions", "psi_slope"),
    intervals=((-1e6, LARGEST),), distance=to_pole,
    ball_value=ball_functions.trigamma, infinity="inf: 0",
)  # fmt: skip
polygamma: Primitive = primitive(
    "polygamma", polygamma_on_floats,
    (None, lambda out, n, x: polygamma(n + 1.0, x)),
    "the n-th derivative of digamma(x)", domain="n = 0, 1, 2, ..., 170; x not 0, -1, -2, ...",
    limit=NAN, lowering=polygamma_formula,
    intervals=((0.0, 8.0), (-1e3, 1e150)), whole=(0,), distance=lambda n, x: to_pole(x),
    ball_value=ball_functions.polygamma, infinity="x = inf: 0, inf for n = 0",
)  # fmt: skip

# In programs, where n is computed: the same value by a call of Python, since it decides how long the loops are.
polygamma_by_call: Primitive = slope(
    "polygamma_by_call", polygamma.value, polygamma.partial_rules, polygamma.formula, limit=NAN, array="polygamma",
    ball_value=ball_functions.polygamma,
)  # fmt: skip

# Parts of definitions, exact in every engine
exponent: Primitive = slope(
    "exponent", special_functions.exponent, (0.0,), "floor(log2(x))", limit=NAN, llvm="emit_exponent",
    array=lambda xp, x: xp.frexp(x)[1] - 1.0, c="exponent_of({})",
)  # fmt: skip
power_of_two: Primitive = slope(
    "power_of_two", special_functions.power_of_two, (0.0,), "2^n, n whole", limit=NAN, llvm="emit_power_of_two",
    array=lambda xp, x: xp.exp2(x), c="power_of_two({})",
)  # fmt: skip
