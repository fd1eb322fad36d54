"""Rows of special functions: the error function, gamma, and the derivatives of its logarithm."""

import cmath
import math

from autograd_lite.core.numerics import INF, LARGEST, NAN
from autograd_lite.core.primitives import Primitive, primitive, slope
from autograd_lite.core.table import ball_functions, special_functions
from autograd_lite.core.table.choices import decide, equal, within_the_bell
from autograd_lite.core.table.distances import to_pole
from autograd_lite.core.table.exponentials import exp

__all__ = ["erf", "erfc", "gamma", "lgamma", "digamma", "trigamma", "polygamma"]

TWO_OVER_SQRT_PI = 1.1283791670955126

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
    "gamma", math.gamma,
    (lambda out, x: decide(equal(x, INF), lambda: out, lambda: out * digamma(x)),), "(x - 1)!",
    domain="x < 171.62, x not 0, -1, -2, ...",
    limit=lambda x: NAN if x == -INF or (x < 0.0 and x == math.floor(x)) else math.copysign(INF, x),
    intervals=((-180.0, 171.6),), distance=to_pole, never_zero=True, notation="Γ", latex=r"\Gamma",
    array="gamma", c="gamma_of({})",
    ball_value="gamma", infinity="inf: inf",
)  # fmt: skip
lgamma: Primitive = primitive(
    "lgamma", math.lgamma, (lambda out, x: digamma(x),), "ln |gamma(x)|",
    domain="x not 0, -1, -2, ...", limit=INF, intervals=((-1e6, 1e305),), distance=to_pole,
    # SciPy's is infinite at subnormal numbers.
    array=lambda xp, x: xp.where(xp.abs(x) < 2.0**-1000, -xp.log(xp.abs(x)), xp.gammaln(x)),
    c="log_gamma({})",
    ball_value=ball_functions.lgamma, infinity="-inf and inf: inf",
)  # fmt: skip
digamma: Primitive = primitive(
    "digamma", special_functions.digamma, (lambda out, x: trigamma(x),), "the derivative of ln gamma(x)", label="ψ",
    domain="x not 0, -1, -2, ...", intervals=((-1e6, LARGEST),), distance=to_pole, notation="ψ", latex=r"\psi",
    array="digamma", c="psi({})",
    ball_value="digamma", infinity="inf: inf",
)  # fmt: skip
trigamma: Primitive = primitive(
    "trigamma", special_functions.trigamma, (lambda out, x: polygamma(2.0, x),), "the derivative of digamma(x)",
    label="ψ'", domain="x not 0, -1, -2, ...", intervals=((-1e6, LARGEST),), distance=to_pole,
    array=lambda xp, x: xp.polygamma(1.0, x), c="psi_derivative(1.0, {})",
    ball_value=ball_functions.trigamma, infinity="inf: 0",
)  # fmt: skip
polygamma: Primitive = primitive(
    "polygamma", special_functions.polygamma, (None, lambda out, n, x: polygamma(n + 1.0, x)),
    "the n-th derivative of digamma(x)", domain="n = 0, 1, 2, ...; x not 0, -1, -2, ...",
    intervals=((0.0, 8.0), (-1e3, 1e150)), whole=(0,), distance=lambda n, x: to_pole(x),
    array="polygamma", c="psi_derivative({}, {})",
    ball_value=ball_functions.polygamma, infinity="x = inf: 0, inf for n = 0",
)  # fmt: skip
