"""Rows of any number of operands: one function gives all the partials."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core import numerics
from autograd_lite.core.numerics import INF
from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import Primitive, primitive
from autograd_lite.core.table import complex_functions
from autograd_lite.core.table.arithmetic import add, mul
from autograd_lite.core.table.choices import abs, equal, logical_and, logical_not, logical_or, maximum, minimum, where
from autograd_lite.core.table.distances import lead
from autograd_lite.core.table.exponentials import exp, log1p

__all__ = ["prod", "mean", "logsumexp", "dot"]

sum: Primitive = primitive(
    "sum", numerics.total, lambda out, xs: [1.0] * len(xs), "x + ...", label="Σ", empty=0.0, role="affine",
    complex_value=complex_functions.total, notation="<x:quotient> + ...", latex="<x:quotient> + ...", binds="sum",
    fold=add, rewrites=("x = x", "x y = add x y"),
)  # fmt: skip
prod: Primitive = primitive(
    "prod", numerics.product, lambda out, xs: products_of_others(xs), "x * ...", label="Π", empty=1.0,
    complex_value=complex_functions.product, notation="<x:power>·...", latex=r"<x:power> \cdot ...",
    binds="quotient", words="the product of the others",
    fold=mul, rewrites=("x = x", "x y = mul x y"),
)  # fmt: skip
mean: Primitive = primitive(
    "mean", lambda xs: numerics.total(xs) / len(xs), lambda out, xs: equal_shares(xs),
    "(x + ...) / n", lowering=lambda xs: sum(xs) / float(len(xs)),
    complex_value=lambda xs: complex_functions.total(xs) / len(xs),
    notation="(<x:quotient> + ...)/<n>", latex=r"\frac{<x:quotient> + ...}{<n>}", binds="sum",
    lecture=lambda out, xs: equal_shares(xs), words="1/n",
    operations=lambda n: n,
)  # fmt: skip
max: Primitive = primitive(
    "max", numerics.largest, lambda out, xs: shares(out, xs), "the largest x", kinks="k tied operands: 1/k each",
    distance=lead, complex_value=lambda xs: complex_functions.largest(*xs), latex=r"\max",
    words="1 for the largest, 0 for the others",
    fold=maximum, rewrites=("x = x",),
)  # fmt: skip
min: Primitive = primitive(
    "min", numerics.smallest, lambda out, xs: shares(out, xs), "the smallest x", kinks="k tied operands: 1/k each",
    distance=lambda xs: lead([-x for x in xs]), complex_value=lambda xs: complex_functions.smallest(*xs),
    latex=r"\min", words="1 for the smallest, 0 for the others",
    fold=minimum, rewrites=("x = x",),
)  # fmt: skip
logsumexp: Primitive = primitive(
    "logsumexp", numerics.logsumexp, lambda out, xs: probabilities(out, xs),
    "ln(e^x + ...)", lowering=lambda xs: stable_logsumexp(xs), bend=2.0,
    complex_value=complex_functions.logsumexp, lecture=lambda out, xs: [exp(x - out) for x in xs],
)  # fmt: skip
dot: Primitive = primitive(
    "dot", numerics.dot, lambda out, wx: [*wx[len(wx) // 2 :], *wx[: len(wx) // 2]],
    "w * x + ...", label="·", sequences=2, empty=0.0, role="affine",
    complex_value=complex_functions.dot, notation="<w x:quotient> + ...", latex="<w x:quotient> + ...", binds="sum",
    fold=add, rewrites=("x y = mul x y",),
)  # fmt: skip


def equal_shares(xs: Sequence[Scalar]) -> list[float]:
    return [1.0 / len(xs)] * len(xs)


def products_of_others(xs: Sequence[Scalar]) -> list[Any]:
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


def shares(out: Scalar, xs: Sequence[Scalar]) -> list[Any]:
    """1/k for each of the k operands that equal the result, 0 for the others."""
    tied = [equal(x, out) for x in xs]
    count = sum(tied)
    return [t / count for t in tied]


def probabilities(out: Scalar, xs: Sequence[Scalar]) -> list[Any]:
    """e^(x - out) over their sum, which would be 1 if `out` were not rounded (at 1e16 it may be 2)."""
    terms = [exp(x - out) for x in xs]
    total = sum(terms)
    return [term / total for term in terms]


def stable_logsumexp(xs: Sequence[Scalar]) -> Any:
    """m + ln(1 + the terms of all but the first largest operand), as in `numerics.logsumexp`."""
    m = max(xs)
    rest: Any = 0.0
    seen: Any = 0.0
    for x in xs:
        largest = equal(x, m)
        rest = rest + where(logical_and(largest, logical_not(seen)), 0.0, exp(x - m))
        seen = logical_or(seen, largest)
    return where(equal(abs(m), INF), m, m + log1p(rest))
