"""Rows of any number of operands: one function gives all the partials."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.columns.constants import INF, NAN
from autograd_lite.core.columns.entering import primitive, slope
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_choices, ball_functions, complex_functions, float_values
from autograd_lite.core.table.arithmetic import add, mul, stop_gradient

from autograd_lite.core.table.choices import (  # isort: skip
    equal, infinite, logical_and, logical_not, logical_or, maximum, minimum, where,
)  # fmt: skip
from autograd_lite.core.table.distances import lead
from autograd_lite.core.table.elementwise import folded, for_each, left_to_right, sums_of_others
from autograd_lite.core.table.exponentials import exp, log1p, sigmoid
from autograd_lite.core.table.exponentials import lead as lead_over

__all__ = ["prod", "mean", "share", "logsumexp", "dot"]

sum: Primitive = primitive(
    "sum", float_values.sum_in_order, lambda out, xs: [1.0] * len(xs), "x + ...", label="Σ", empty=0.0, role="affine",
    complex_value=complex_functions.complex_sum, notation="<x:quotient> + ...", latex="<x:quotient> + ...", binds="sum",
    fold=add, rewrites=("x = x", "x y = add x y"),
    ball_value=ball_functions.total, infinity="inf - inf: nan",
)  # fmt: skip
prod: Primitive = primitive(
    "prod", float_values.product, lambda out, xs: products_of_others(xs), "x * ...", label="Π", empty=1.0,
    complex_value=complex_functions.product, notation="<x:power>·...", latex=r"<x:power> \cdot ...",
    binds="quotient", words="the product of the others", takes_arrays=True,
    fold=mul, rewrites=("x = x", "x y = mul x y"),
    ball_value=ball_functions.multiplied, infinity="0 inf: nan",
)  # fmt: skip
mean: Primitive = primitive(
    "mean", lambda xs: float_values.sum_in_order(xs) / len(xs), lambda out, xs: equal_shares(xs),
    "(x + ...) / n", lowering=lambda xs: sum(xs) / float(len(xs)),
    complex_value=lambda xs: complex_functions.complex_sum(xs) / len(xs),
    notation="(<x:quotient> + ...)/<n>", latex=r"\frac{<x:quotient> + ...}{<n>}", binds="sum",
    lecture=lambda out, xs: equal_shares(xs), words="1/n",
    operations=lambda n: n, infinity="inf - inf: nan",
)  # fmt: skip
max: Primitive = primitive(
    "max", float_values.largest, lambda out, xs: shares(out, xs), "the largest x", kinks="k tied operands: 1/k each",
    distance=lead, complex_value=lambda xs: complex_functions.largest(*xs), latex=r"\max",
    words="1 for the largest, 0 for the others", takes_arrays=True,
    fold=maximum, rewrites=("x = x",),
    ball_value=ball_choices.largest, infinity="x = inf: inf; x = -inf: the others",
)  # fmt: skip
min: Primitive = primitive(
    "min", float_values.smallest, lambda out, xs: shares(out, xs), "the smallest x", kinks="k tied operands: 1/k each",
    distance=lambda xs: lead([-x for x in xs]), complex_value=lambda xs: complex_functions.smallest(*xs),
    latex=r"\min", words="1 for the smallest, 0 for the others", takes_arrays=True,
    fold=minimum, rewrites=("x = x",),
    ball_value=ball_choices.smallest, infinity="x = inf: the others; x = -inf: -inf",
)  # fmt: skip
share: Primitive = primitive(
    "share", lambda a, b: shared(a, b),
    (lambda out, a, b: share(b, a) / (a + b), lambda out, a, b: -out / (a + b)), "a / (a + b)",
    domain="a, b >= 0, not both 0", infinity="1 at a = inf, 0 at b = inf, nan at both",
    limit=NAN, intervals=((0.0, 1e300), (0.0, 1e300)), lowering=lambda a, b: scaled_share(a, b, a + b),
    distance=lambda a, b: a + b, complex_value=complex_functions.share,
    lecture=(lambda out, a, b: b / (a + b) ** 2, lambda out, a, b: -a / (a + b) ** 2),
    ball_value=lambda a, b: a / (a + b),
)  # fmt: skip
"""Of two parts: keeps the digits of its partials, which a quotient of a by the sum loses where b is small."""
share_of_terms: Primitive = slope(
    "share_of_terms", lambda a, b: float_values.share(a, b),
    (lambda out, a, b: share_of_terms(b, a) / (a + b), lambda out, a, b: -out / (a + b)), "a / (a + b)",
    domain="a, b >= 0, their sum positive and finite", lowering=lambda a, b: a / (a + b),
    distance=lambda a, b: a + b, complex_value=complex_functions.share, ball_value=lambda a, b: a / (a + b),
)  # fmt: skip
"""The same of terms that are 1 at most, in fewer operations."""
same: Primitive = slope(
    "same", lambda x, y: 1.0 if x == y else 0.0, (None, None), "x = y, of a choice without a kink",
    lowering=lambda x, y: equal(x, y), complex_value=lambda x, y: complex(float(x.real == y.real)),
    ball_value=ball_choices.equal,
)  # fmt: skip
logsumexp: Primitive = primitive(
    "logsumexp", float_values.logsumexp, lambda out, xs: probabilities(out, xs),
    "ln(e^x + ...)", lowering=lambda xs: stable_logsumexp(xs), bend=2.0, takes_arrays=True,
    kinks="all x = -inf: 1/n each; several x = inf: nan for them",
    complex_value=complex_functions.logsumexp, lecture=lambda out, xs: [exp(x - out) for x in xs],
    ball_value=ball_functions.logsumexp, infinity="x = -inf: the others; x = inf: inf",
)  # fmt: skip
dot: Primitive = primitive(
    "dot", float_values.dot, lambda out, wx: [*wx[len(wx) // 2 :], *wx[: len(wx) // 2]],
    "w * x + ...", label="·", sequences=2, empty=0.0, role="affine",
    complex_value=complex_functions.dot, notation="<w x:quotient> + ...", latex="<w x:quotient> + ...", binds="sum",
    fold=add, rewrites=("x y = mul x y",),
    ball_value=ball_functions.dot, infinity="0 inf and inf - inf: nan",
)  # fmt: skip


def equal_shares(xs: Sequence[Scalar]) -> list[float]:
    return [1.0 / len(xs)] * len(xs)


def products_of_others(xs: Sequence[Scalar]) -> Any:
    """The product of all others, for each operand, from running products: no division, zeros welcome."""
    if not isinstance(xs, (list, tuple)):
        return xs.of_others(mul, 1.0)  # type: ignore[attr-defined]
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


def shares(out: Scalar, xs: Sequence[Scalar]) -> Any:
    """1/k for each of the k operands that equal the result, 0 for the others."""
    tied = for_each(lambda x: equal(x, out), xs)
    count = left_to_right(sum, tied)
    return for_each(lambda t: t / count, tied)


class Exponentials:
    """e^(x - m) for each x, m the largest: where that is infinite, 1 for those that equal it and 0 for the others.

    Nothing flows back through m, which is in no result but for rounding, nor through the terms at infinity.  So no
    derivative of any order is infinity minus infinity, or a difference of numbers that cancel.
    """

    def __init__(self, xs: Sequence[Any]) -> None:
        self.largest = m = stop_gradient(left_to_right(max, xs))
        self.infinite = infinite(m)
        self.at_largest = for_each(lambda x: same(x, m), xs)
        exponents = for_each(lambda e: where(e, 0.0, -INF), self.at_largest)
        self.terms = for_each(lambda e, x: exp(where(self.infinite, e, x - m)), exponents, xs)

    def shares(self) -> Any:
        """Each term over the sum of all, which is nowhere taken apart again."""
        return for_each(share_of_terms, self.terms, sums_of_others(self.terms))

    def several(self) -> Any:
        """Whether several operands are the same infinity, and the largest."""
        return logical_and(self.infinite, logical_not(same(left_to_right(sum, self.terms), 1.0)))


def probabilities(out: Scalar, xs: Sequence[Scalar]) -> Any:
    """e^x over the sum of all e^x: 1/n where all are -inf, nan for several that are inf."""
    if type(out) is float:
        return float_values.probabilities(xs)  # type: ignore[arg-type]  # the same, restated for speed
    if len(xs) == 1:
        return [1.0]
    if len(xs) == 2:
        ahead = lead_over(xs[0], xs[1])
        return [sigmoid(ahead), sigmoid(-ahead)]
    found = Exponentials(xs)
    undefined = logical_and(equal(found.largest, INF), found.several())
    return for_each(lambda p, e: where(logical_and(undefined, e), NAN, p), found.shares(), found.at_largest)


def shared(a: float, b: float) -> float:
    """The value of `share`, which raises where it has none."""
    if a == 0.0 and b == 0.0:
        raise ZeroDivisionError("two parts of nothing")
    return float_values.share(a, b)


def scaled_share(a: Scalar, b: Scalar, total: Scalar) -> Any:
    """a / total, also where the sum is beyond the floats."""
    return where(equal(total, INF), 1.0 / (1.0 + b / a), a / total)


def stable_logsumexp(xs: Sequence[Scalar]) -> Any:
    """m + ln(1 + the terms of all but the first largest operand), as in `float_values.logsumexp`."""
    found = Exponentials(xs)

    def but_the_first(rest: Any, seen: Any, term: Any, largest: Any) -> tuple[Any, Any]:
        return rest + where(logical_and(largest, logical_not(seen)), 0.0, term), logical_or(seen, largest)

    rest, _ = folded(but_the_first, (0.0, 0.0), found.terms, found.at_largest)
    return where(found.infinite, found.largest, found.largest + log1p(rest))
