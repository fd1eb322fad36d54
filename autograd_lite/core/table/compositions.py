"""Functions of sequences and settings that are made of rows, and so need no rule of their own."""

from collections.abc import Iterable
from typing import Any

from autograd_lite.core.columns.constants import INF, LARGEST
from autograd_lite.core.operands import Operand, Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table.arithmetic import square
from autograd_lite.core.table.choices import equal, less, where
from autograd_lite.core.table.comparisons import isnan
from autograd_lite.core.table.exponentials import sqrt
from autograd_lite.core.table.norms import euclidean_norm
from autograd_lite.core.table.sequences import mean, prod, sum
from autograd_lite.core.table.special import lgamma
from autograd_lite.core.table.trigonometry import hypot

__all__ = ["norm", "var", "std", "cumsum", "cumprod", "nan_to_num", "multigammaln"]

LOG_PI = 1.1447298858494002


def norm(xs: Iterable[Scalar], *, zero_at_origin: bool = True) -> Any:
    """The Euclidean norm (x_1^2 + ... + x_n^2)^(1/2), which neither overflows nor underflows on the way.

    At the origin it has a kink.  The gradient there is 0, the smallest subgradient, which PyTorch takes too;
    `zero_at_origin=False` gives nan, as JAX and `hypot` have it.  The norm of no operands is 0.

    >>> from autograd_lite import grad
    >>> norm([3.0, 4.0]), grad(norm)([3.0, 4.0])
    (5.0, [0.6, 0.8])
    >>> grad(norm)([0.0, 0.0]), grad(lambda xs: norm(xs, zero_at_origin=False))([0.0, 0.0])
    ([0.0, 0.0], [nan, nan])

    Raises TypeError where `xs` is no iterable of numbers and Values.
    """
    out = euclidean_norm(xs)
    return out if zero_at_origin else hypot(out, 0.0)


def var(xs: Iterable[Scalar], ddof: float = 0) -> Any:
    """The variance: the sum of (x - mean)^2, over n - `ddof` (0: of a population, NumPy's default; 1: of a sample).

    >>> var([1.0, 2.0, 3.0, 4.0]), var([1.0, 2.0, 3.0, 4.0], ddof=1)
    (1.25, 1.6666666666666667)

    Raises ValueError where `ddof` leaves nothing to divide by.
    """
    deviations, freedom = centred(xs, ddof, "var")
    return sum([square(x) for x in deviations]) / freedom


def std(xs: Iterable[Scalar], ddof: float = 0) -> Any:
    """The standard deviation: the square root of `var`.  Where all operands are equal, a kink, its gradient is 0.

    >>> from autograd_lite import grad
    >>> std([1.0, 3.0]), grad(std)([2.0, 2.0])
    (1.0, [0.0, 0.0])

    Raises ValueError where `ddof` leaves nothing to divide by.
    """
    deviations, freedom = centred(xs, ddof, "std")
    return euclidean_norm(deviations) / sqrt(freedom)


def centred(xs: Iterable[Scalar], ddof: float, name: str) -> tuple[list[Any], float]:
    """The deviations from the mean, and the number of degrees of freedom."""
    values = list(mean.gather((xs,)))
    freedom = float(len(values) - ddof)
    if freedom <= 0.0:
        raise ValueError(
            f"{name} divides by n - ddof, but got {len(values)} operands and ddof={ddof}; pass more operands or a "
            f"smaller ddof"
        )
    middle = mean(values)
    return [x - middle for x in values], freedom


def cumsum(xs: Iterable[Scalar]) -> list[Any]:
    """The running sums x_1, x_1 + x_2, ..., from left to right.

    >>> cumsum([1.0, 2.0, 3.0])
    [1.0, 3.0, 6.0]
    """
    return running(sum, xs)


def cumprod(xs: Iterable[Scalar]) -> list[Any]:
    """The running products x_1, x_1 x_2, ..., from left to right; zeros are welcome.

    >>> from autograd_lite import grad
    >>> cumprod([2.0, 3.0, 4.0]), grad(lambda xs: cumprod(xs)[-1])([0.0, 3.0, 4.0])
    ([2.0, 6.0, 24.0], [12.0, 0.0, 0.0])
    """
    return running(prod, xs)


def running(row: Primitive, xs: Iterable[Scalar]) -> list[Any]:
    """The results of a row that is a fold on the first operand, the first two, and so on."""
    results: list[Any] = []
    for x in row.gather((xs,)):
        value = x if isinstance(x, Operand) else row.as_number(x)
        results.append(row.fold(results[-1], value) if results and row.fold is not None else value)
    return results


def multigammaln(a: Scalar, d: int) -> Any:
    """ln of the multivariate gamma function: d (d - 1) / 4 ln pi + the sum of lgamma(a - j / 2) for j < d.

    `d` is a setting, a whole number from 1 on; a > (d - 1) / 2.

    >>> multigammaln(5.0, 1) == lgamma(5.0), round(multigammaln(5.0, 3), 12)
    (True, 9.140644699193)

    Raises ValueError where d is no whole number from 1 on, or a is not above (d - 1) / 2.
    """
    if isinstance(d, bool) or not isinstance(d, int) or d < 1:
        raise ValueError(f"multigammaln takes the dimension d as a whole number from 1 on, but got {d!r}; pass an int")
    if not isinstance(a, Operand) and sum.as_number(a) <= 0.5 * (d - 1):
        raise ValueError(
            f"multigammaln({a!r}, {d}) does not exist: its domain is a > (d - 1) / 2; pass a larger a or a smaller d"
        )
    return 0.25 * d * (d - 1) * LOG_PI + sum([lgamma(a - 0.5 * j) for j in range(d)])


def nan_to_num(x: Scalar, nan: Scalar = 0.0, posinf: Scalar | None = None, neginf: Scalar | None = None) -> Any:
    """x, with `nan` for nan and the largest floats, or `posinf` and `neginf`, for the infinities: NumPy's defaults.

    The gradient is 1 in x where x is finite; elsewhere it is 0 there, and 1 in what is taken instead.

    >>> from autograd_lite import grad
    >>> nan_to_num(float("nan")), nan_to_num(float("-inf"), neginf=-1.0), nan_to_num(2.0)
    (0.0, -1.0, 2.0)
    >>> grad(nan_to_num)(float("nan")), grad(nan_to_num)(2.0)
    (0.0, 1.0)
    """
    high = LARGEST if posinf is None else posinf
    low = -LARGEST if neginf is None else neginf
    return where(isnan(x), nan, where(equal(x, INF), high, where(less(x, -LARGEST), low, x)))
