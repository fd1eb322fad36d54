"""Rows that networks need: compositions of others whose composed derivatives would lose digits."""

import math
from collections.abc import Sequence
from typing import Any

from autograd_lite.core import numerics
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive, primitive
from autograd_lite.core.table import complex_functions
from autograd_lite.core.table.arithmetic import square
from autograd_lite.core.table.choices import abs
from autograd_lite.core.table.exponentials import exp, sqrt
from autograd_lite.core.table.sequences import logsumexp, sum
from autograd_lite.core.table.trigonometry import hypot

__all__ = ["softsign", "isru", "surprisal"]

softsign: Primitive = primitive(
    "softsign", lambda x: x / (1.0 + math.fabs(x)), (lambda out, x: square(1.0 / (1.0 + abs(x))),), "x / (1 + |x|)",
    lowering=lambda x: x / (1.0 + abs(x)), distance=math.fabs, role="saturating",  # 0: no second derivative
    complex_value=complex_functions.softsign,
)  # fmt: skip
isru: Primitive = primitive(
    "isru", lambda x, a: x / numerics.hypot(1.0, math.sqrt(a) * x),
    (lambda out, x, a: cube(1.0 / sqrt(1.0 + a * x * x)), lambda out, x, a: -0.5 * out * out * out),
    "x / (1 + a x^2)^(1/2)", lowering=lambda x, a: x / hypot(1.0, sqrt(a) * x),
    domain="a >= 0", intervals=((-1e150, 1e150), (0.0, 1e300)), distance=lambda x, a: a, role="saturating",
    complex_value=complex_functions.isru,
    lecture=(lambda out, x, a: 1.0 / sqrt(1.0 + a * x * x) ** 3, lambda out, x, a: -0.5 * out**3),
)  # fmt: skip
surprisal: Primitive = primitive(
    "surprisal", numerics.surprisal, lambda out, xs: odds(out, xs), "ln(1 + e^(x_1 - x_0) + ...)",
    lowering=lambda xs: logsumexp([0.0, *[x - xs[0] for x in xs[1:]]]), intervals=((-350.0, 350.0),), bend=2.0,
    complex_value=lambda xs: complex_functions.logsumexp([x - xs[0] for x in xs]),
    lecture=lambda out, xs: odds(out, xs), words="p of the others, minus their sum for the first; p = softmax(x)",
)  # fmt: skip


def cube(x: Scalar) -> Any:
    return x * x * x


def odds(out: Scalar, xs: Sequence[Any]) -> list[Any]:
    """The probabilities p_i = e^(x_i - x_0 - out) of all but the first, which has minus their sum: p_0 - 1 cancels."""
    if type(out) is float:
        return numerics.surprisal_slopes(out, xs)  # the same, restated for speed
    others = [exp((x - xs[0]) - out) for x in xs[1:]]
    return [-sum(others), *others]
