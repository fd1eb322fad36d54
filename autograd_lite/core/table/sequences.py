"""Rows of any number of operands: one function gives all the partials of each."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core import numerics
from autograd_lite.core.numerics import INF
from autograd_lite.core.primitives import Primitive, primitive
from autograd_lite.core.table.arithmetic import add, mul
from autograd_lite.core.table.choices import abs, equal, logical_and, logical_not, logical_or, maximum, minimum, where
from autograd_lite.core.table.exponentials import exp, log1p

sum: Primitive = primitive("sum", numerics.total, lambda out, xs: [1.0] * len(xs), "x + ...", "Σ",
    fold=add, rewrites=("x = x", "x y = add x y"),
)  # fmt: skip
prod: Primitive = primitive("prod", numerics.product, lambda out, xs: products_of_others(xs), "x * ...", "Π",
    fold=mul, rewrites=("x = x", "x y = mul x y"),
)  # fmt: skip
mean: Primitive = primitive(
    "mean", lambda xs: numerics.total(xs) / len(xs), lambda out, xs: [1.0 / len(xs)] * len(xs),
    "(x + ...) / n", lowering=lambda xs: sum(xs) / float(len(xs)),
    operations=lambda n: n,
)  # fmt: skip
max: Primitive = primitive(
    "max",
    numerics.largest,
    lambda out, xs: shares(out, xs),
    "the largest x",
    kinks="k tied operands: 1/k each",
    fold=maximum, rewrites=("x = x",),
)
min: Primitive = primitive(
    "min",
    numerics.smallest,
    lambda out, xs: shares(out, xs),
    "the smallest x",
    kinks="k tied operands: 1/k each",
    fold=minimum, rewrites=("x = x",),
)
logsumexp: Primitive = primitive(
    "logsumexp", numerics.logsumexp, lambda out, xs: softmax(out, xs),
    "ln(e^x + ...)", lowering=lambda xs: stable_logsumexp(xs),
)  # fmt: skip
dot: Primitive = primitive(
    "dot", numerics.dot, lambda out, wx: [*wx[len(wx) // 2 :], *wx[: len(wx) // 2]],
    "w * x + ...", "·",
    fold=add, rewrites=("x y = mul x y",),
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
