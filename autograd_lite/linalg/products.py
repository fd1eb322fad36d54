"""Products, sums and norms of matrices, and the exponential."""

from collections.abc import Sequence
from math import inf
from numbers import Real
from operator import index
from typing import Any

from autograd_lite.control.array_algebra import array, call_kernel
from autograd_lite.control.array_rules import matmul as product_of
from autograd_lite.control.array_rules import turned
from autograd_lite.core import table
from autograd_lite.linalg.matrix_operands import (
    Given,
    Made,
    as_result,
    check_matrix,
    given,
    made,
    of_square,
    over_stacks,
)


def matmul(a: Any, b: Any) -> Any:
    """The matrix product, as `numpy.matmul`: (..., m, k) and (..., k, n) to (..., m, n), or vectors of (k,).

    One instruction, where `a @ b` of arrays of Values records every sum.  Its adjoint is a_bar = out_bar b^T, b_bar =
    a^T out_bar.  Raises ValueError where the shapes do not fit, or an operand is a number.

    >>> matmul([[1.0, 2.0]], [[3.0], [4.0]]), matmul([1.0, 2.0], [3.0, 4.0])
    ([[11.0]], 11.0)
    """
    x, y = given(a, "matmul"), given(b, "matmul")
    if not x.shape or not y.shape:
        raise ValueError("matmul multiplies vectors and matrices, but got a number; write * for that")
    left, right = min(len(x.shape), 2), min(len(y.shape), 2)
    m, k = (1, x.shape[0]) if left == 1 else x.shape[-2:]
    rows, n = (y.shape[0], 1) if right == 1 else y.shape[-2:]
    if k != rows:
        raise ValueError(f"matmul has shapes {x.shape} and {y.shape}: {k} columns meet {rows} rows; make them as many")
    shape = (() if left == 1 else (m,)) + (() if right == 1 else (n,))

    def one(p: Sequence[Any], q: Sequence[Any]) -> list[Made]:
        return [made(product_of(m, k, n, array(p), array(q)), shape, (p, q))]

    return over_stacks("matmul", one, [x, y], [left, right])[0]


def trace(a: Any, offset: int = 0) -> Any:
    """The sum of the diagonal, as `numpy.linalg.trace`: (..., m, n) to (...); `offset` counts upwards.

    Raises LinAlgError where a is no matrix.

    >>> trace([[1.0, 2.0], [3.0, 4.0]]), trace([[1.0, 2.0], [3.0, 4.0]], offset=1)
    (5.0, 2.0)
    """
    x = given(a, "trace")
    check_matrix(x, "trace", square=False)
    m, n = x.shape[-2:]
    offset = index(offset)

    def one(p: Sequence[Any]) -> list[Made]:
        return [Made([table.sum([p[i * n + i + offset] for i in range(m) if 0 <= i + offset < n])], ())]

    return over_stacks("trace", one, [x], [2])[0]


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """A norm of vectors or of matrices, as `numpy.linalg.norm`.

    Without `axis` and `ord`, the root of the sum of all squares.  Of vectors (one axis): `ord` 2, 1, inf, -inf, 0 (how
    many are not 0), or another number p, (sum |x|^p)^(1/p).  Of matrices (two axes): "fro", 1 and -1 (sums of columns),
    inf and -inf (of rows), 2 (the largest singular value).  At kinks the gradient is that of `abs`, `max` and
    `euclidean_norm`: 0 at the origin.

    Raises ValueError on another `ord`, or an axis that x does not have.

    >>> norm([3.0, 4.0]), norm([[1.0, -2.0], [3.0, 4.0]], ord=1)
    (5.0, 6.0)
    """
    given_x = given(x, "norm")
    dimensions = len(given_x.shape)
    if axis is None and ord is None:
        found = Made([table.euclidean_norm(given_x.leaves)], (1,) * dimensions if keepdims else ())
        return as_result(found, [given_x])
    axes = axes_of(axis, dimensions)
    if len(axes) not in (1, 2):
        raise ValueError(f"norm of an operand of {dimensions} axes with ord={ord!r} needs one axis or two; pass axis=")
    others = [i for i in range(dimensions) if i not in axes]
    moved = permuted(given_x, [*others, *axes])

    def one(p: Sequence[Any]) -> list[Made]:
        rows = [*moved.last(2)] if len(axes) == 2 else []
        return [Made([of_vector(p, ord) if len(axes) == 1 else of_matrix(p, rows[0], rows[1], ord)], ())]

    result = over_stacks("norm", one, [moved], [len(axes)])[0]
    if keepdims:
        shape = tuple([1 if i in axes else size for i, size in enumerate(given_x.shape)])
        return as_result(Made(given(result, "norm").leaves, shape), [given_x])
    return result


def axes_of(axis: Any, dimensions: int) -> list[int]:
    """The axes of a norm, counted from the front."""
    axes = list(range(dimensions)) if axis is None else list(axis) if isinstance(axis, (tuple, list)) else [axis]
    known = [index(i) % dimensions for i in axes if -dimensions <= index(i) < dimensions]
    if len(set(known)) < len(axes):
        raise ValueError(f"norm has axis={axis!r}, but the operand has {dimensions} axes; choose of these, each once")
    return known


def permuted(x: Given, order: Sequence[int]) -> Given:
    """An operand with its axes in another order."""
    if list(order) == list(range(len(order))):
        return x
    strides = [1] * len(x.shape)
    for i in reversed(range(len(x.shape) - 1)):
        strides[i] = strides[i + 1] * x.shape[i + 1]
    places = [0]
    for i in order:
        places = [place + k * strides[i] for place in places for k in range(x.shape[i])]
    return Given([x.leaves[i] for i in places], tuple([x.shape[i] for i in order]), x.is_array)


def of_vector(xs: Sequence[Any], ord: Any) -> Any:
    if ord is None or ord == 2:
        return table.euclidean_norm(xs)
    sizes = [table.abs(x) for x in xs]
    if ord == inf:
        return max_or_zero(sizes)
    if ord == -inf:
        return table.min(sizes)
    if ord == 1:
        return table.sum(sizes)
    if ord == 0:
        return table.sum([table.logical_not(table.equal(x, 0.0)) for x in xs])
    if isinstance(ord, Real):
        p = float(ord)
        if not sizes:
            return 0.0 if p > 0.0 else inf
        kink = table.max(sizes) if p > 0.0 else table.min(sizes)  # where it is 0, so is the norm, without a slope
        return table.where(
            table.equal(kink, 0.0), 0.0, lambda: table.pow(table.sum([table.pow(x, p) for x in sizes]), 1.0 / p)
        )
    raise ValueError(f"norm of vectors has no ord={ord!r}; pass a number, inf or -inf")


def of_matrix(xs: Sequence[Any], m: int, n: int, ord: Any) -> Any:
    if ord is None or ord == "fro":
        return table.euclidean_norm(xs)
    sizes = [table.abs(x) for x in xs]
    if ord == 2:
        scale = table.stop_gradient(max_or_zero(sizes))  # else squares overflow
        if not xs:
            return 0.0
        is_zero = table.equal(scale, 0.0)
        scaled = [x / table.where(is_zero, 1.0, scale) for x in xs]
        scaled[0] = table.where(is_zero, 1.0, scaled[0])  # nothing flows through the root of 0
        return scale * spectral(scaled, m, n)
    rows = [table.sum(sizes[i * n : (i + 1) * n]) for i in range(m)]
    columns = [table.sum(sizes[j::n]) for j in range(n)]
    if ord in (1, -1):
        return max_or_zero(columns) if ord == 1 else table.min(columns)
    if ord in (inf, -inf):
        return max_or_zero(rows) if ord == inf else table.min(rows)
    raise ValueError(f'norm of matrices has no ord={ord!r}; pass "fro", 1, -1, 2, inf or -inf')


def max_or_zero(sizes: Sequence[Any]) -> Any:
    return table.max(sizes) if sizes else 0.0


def spectral(xs: Sequence[Any], m: int, n: int) -> Any:
    """The largest singular value of a matrix that is not 0."""
    matrix = array(xs) if m >= n else turned(m, n, array(xs))
    long, size = max(m, n), min(m, n)
    squares = product_of(size, long, size, turned(long, size, matrix), matrix)
    return table.sqrt(made(call_kernel("eigh", (size,), squares).part(size - 1, 1), (), (xs,)).leaves[0])


def expm(a: Any) -> Any:
    """The exponential of a square matrix, as `scipy.linalg.expm`; shape (..., n, n).

    By Pade's approximant of degree 13 of a / 2^s, squared s times (Higham 2005).  The derivative at a in direction e is
    a corner of the exponential of [[a, e], [0, a]] (Najfeld and Havel 1995), e over a power of two that makes it no
    larger than a; the adjoint that at a^T in direction out_bar.

    Raises LinAlgError where a is not square.

    >>> expm([[0.0, 1.0], [0.0, 0.0]])
    [[1.0, 1.0], [0.0, 1.0]]
    """
    return of_square("expm", a, lambda n, matrix, p: [made(call_kernel("expm", (n,), matrix), (n, n), (p,))])[0]
