"""Functions of C's library that JavaScript's lacks, as formulas in rows, within 4 ulps."""

from collections.abc import Callable
from typing import Any, Final

from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table.choices import abs, copysign, decide, less, minimum
from autograd_lite.core.table.definitions import polynomial
from autograd_lite.core.table.normal_distribution import gaussian, scaled_to_the_right

END: Final = 28.0  # from here on erfc is 0

# erf(x) / x for |x| <= 1/2, in powers of x^2: 2 (-1)^n / (pi^(1/2) n! (2n + 1))
_ERF: Final = (
    1.1283791670955126, -0.37612638903183754, 0.11283791670955126, -0.026866170645131252, 0.005223977625442188,
    -0.0008548327023450853, 0.00012055332981789664, -1.492565035840625e-05, 1.6462114365889248e-06,
    -1.6365844691234924e-07, 1.4807192815879218e-08, -1.2290555301717928e-09, 9.422759064650411e-11,
)  # fmt: skip


def erfc_to_the_right(x: Scalar) -> Any:
    """erfc(x) for x >= 1/2."""
    bounded = minimum(x, END)
    return gaussian(bounded, -1.0) * scaled_to_the_right(bounded)


def erf(x: Scalar) -> Any:
    u = abs(x)
    return decide(less(u, 0.5), lambda: x * polynomial(_ERF, x * x), lambda: copysign(1.0 - erfc_to_the_right(u), x))


def erfc(x: Scalar) -> Any:
    return decide(
        less(x, 0.5),
        lambda: decide(less(-0.5, x), lambda: 1.0 - x * polynomial(_ERF, x * x), lambda: 2.0 - erfc_to_the_right(-x)),
        lambda: erfc_to_the_right(x),
    )


def of(formula: Callable[..., Any]) -> Primitive:
    return Primitive(formula.__name__, 1, formula, (None,), lowering=formula)


FORMULAS: Final = {row.name: row for row in map(of, (erf, erfc))}
