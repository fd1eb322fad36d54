"""The algorithms of linear algebra, each written once, as loops over flat arrays of numbers in row-major order.

A kernel is a Python function of sizes and arrays, in the small part of Python that `backends.llvm.kernel_text` reads:
whole numbers that index, numbers that are added, subtracted, multiplied, divided and compared, `for`, `while` and `if`,
calls of `sqrt`, `log`, `abs` and of other kernels.  Python runs it on floats, and on Values, which opens it into
scalars; native code is made of the same text, with the same order of every addition, and so the same bits.  It never
divides by zero, because Python raises there: what has no value becomes `nan`.  Innermost loops run along rows, so that
their iterations can be lanes.

Source: Golub and Van Loan, Matrix computations (4th edition): chapters 3 (lu), 4.2 (cholesky), 5.2 (qr), 8.5 (eigh, by
Jacobi's method), 8.6.3 (singular_values); Higham, The scaling and squaring method for the matrix exponential revisited
(2005): expm.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from autograd_lite.core import table

Floats = list[Any]
"""Numbers, or Values."""

Sizes = Callable[..., Sequence[int]]

nan = math.nan


class ArrayKernel:
    """An algorithm, and the sizes of its operands, of its result, and of what it needs beside these."""

    def __init__(
        self,
        run: Callable[..., None],
        inputs: Sizes,
        output: Callable[..., int],
        work: Sizes,
        operations: Callable[..., int] | None,
        allowed: Callable[..., bool],
    ) -> None:
        self.run, self.inputs, self.output, self.work, self.allowed = run, inputs, output, work, allowed
        self.operations = operations or output  # about how many scalar operations it takes
        self.name = run.__name__

    def __call__(self, sizes: Sequence[int], operands: Sequence[Sequence[Any]]) -> list[Any]:
        """The result for operands that are numbers or Values."""
        out = [0.0] * self.output(*sizes)
        self.run(*sizes, *operands, *[[0.0] * size for size in self.work(*sizes)], out)
        return out

    @cached_property
    def counts(self) -> tuple[int, int]:
        """How many sizes and how many arrays the function takes."""
        annotations = [x for name, x in self.run.__annotations__.items() if name != "return"]
        return annotations.count(int), len(annotations) - annotations.count(int)


KERNELS: dict[str, ArrayKernel] = {}
"""All kernels by name."""


def kernel(
    inputs: Sizes,
    output: Callable[..., int],
    work: Sizes = lambda *sizes: (),
    operations: Callable[..., int] | None = None,
    allowed: Callable[..., bool] = lambda *sizes: True,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter a function as a kernel; the sizes of its arrays are functions of its own sizes, of which not all may be."""

    def enter(run: Callable[..., None]) -> Callable[..., None]:
        KERNELS[run.__name__] = ArrayKernel(run, inputs, output, work, operations, allowed)
        return run

    return enter


def sqrt(x: Any) -> Any:
    if x < 0.0:
        return nan
    return table.sqrt(x)


def log(x: Any) -> Any:
    if x == 0.0:
        return -math.inf
    return nan if x < 0.0 else table.log(x)


# -- what is linear in its operands


@kernel(lambda n: (n, n), lambda n: n)
def plus(n: int, a: Floats, b: Floats, out: Floats) -> None:
    for i in range(n):
        out[i] = a[i] + b[i]


@kernel(lambda n: (n,), lambda n: n)
def minus(n: int, a: Floats, out: Floats) -> None:
    for i in range(n):
        out[i] = -a[i]


@kernel(lambda n: (n, n), lambda n: n)
def times(n: int, a: Floats, b: Floats, out: Floats) -> None:
    for i in range(n):
        out[i] = a[i] * b[i]


@kernel(
    lambda size, start, n: (size, n),
    lambda size, start, n: size,
    allowed=lambda size, start, n: start + n <= size,
)
def placed(size: int, start: int, n: int, a: Floats, b: Floats, out: Floats) -> None:
    """a, with b added from number `start` on."""
    for i in range(size):
        out[i] = a[i]
    for i in range(n):
        out[start + i] = a[start + i] + b[i]


@kernel(lambda m, n: (m * n,), lambda m, n: n * m)
def transpose(m: int, n: int, a: Floats, out: Floats) -> None:
    for j in range(n):
        for i in range(m):
            out[j * m + i] = a[i * n + j]


@kernel(lambda n, half: (n * n,), lambda n, half: n * n)
def triangle(n: int, half: int, a: Floats, out: Floats) -> None:
    """The lower triangle; of the diagonal so many halves."""
    for i in range(n):
        row = i * n
        for j in range(n):
            out[row + j] = 0.0
        for j in range(i):
            out[row + j] = a[row + j]
        if half == 1:
            out[row + i] = a[row + i] * 0.5
        if half == 2:
            out[row + i] = a[row + i]


@kernel(lambda n: (n,), lambda n: n * n)
def diagonal(n: int, a: Floats, out: Floats) -> None:
    """The matrix with that diagonal."""
    for i in range(n):
        for j in range(n):
            out[i * n + j] = 0.0
        out[i * n + i] = a[i]


@kernel(lambda n: (n * n,), lambda n: n)
def diagonal_of(n: int, a: Floats, out: Floats) -> None:
    for i in range(n):
        out[i] = a[i * n + i]


@kernel(lambda m, k, n: (m * k, k * n), lambda m, k, n: m * n, operations=lambda m, k, n: 2 * m * k * n)
def matmul(m: int, k: int, n: int, a: Floats, b: Floats, out: Floats) -> None:
    """The sums are from left to right, four products at a time on their way through memory."""
    most = k - k % 4
    for i in range(m):
        row = i * n
        for j in range(n):
            out[row + j] = 0.0
        for p in range(0, most, 4):
            x0 = a[i * k + p]
            x1 = a[i * k + p + 1]
            x2 = a[i * k + p + 2]
            x3 = a[i * k + p + 3]
            at = p * n
            for j in range(n):
                out[row + j] = (
                    out[row + j] + x0 * b[at + j] + x1 * b[at + n + j] + x2 * b[at + 2 * n + j] + x3 * b[at + 3 * n + j]
                )
        for p in range(most, k):
            x0 = a[i * k + p]
            at = p * n
            for j in range(n):
                out[row + j] += x0 * b[at + j]


@kernel(lambda n: (n * n, n * n), lambda n: 4 * n * n)
def blocks(n: int, a: Floats, b: Floats, out: Floats) -> None:
    """The matrix [[A, B], [0, A]]."""
    for i in range(n):
        top = 2 * n * i
        low = 2 * n * (n + i)
        for j in range(n):
            out[top + j] = a[i * n + j]
            out[top + n + j] = b[i * n + j]
            out[low + j] = 0.0
            out[low + n + j] = a[i * n + j]


@kernel(lambda n, i, j: (4 * n * n,), lambda n, i, j: n * n, allowed=lambda n, i, j: i < 2 and j < 2)
def block(n: int, i: int, j: int, a: Floats, out: Floats) -> None:
    """Block (i, j) of a matrix of two by two blocks."""
    start = 2 * n * n * i + n * j
    for p in range(n):
        for q in range(n):
            out[p * n + q] = a[start + 2 * n * p + q]


@kernel(lambda n, i, j: (n * n,), lambda n, i, j: 4 * n * n, allowed=lambda n, i, j: i < 2 and j < 2)
def as_block(n: int, i: int, j: int, a: Floats, out: Floats) -> None:
    """The matrix of two by two blocks that are zero, but for block (i, j)."""
    start = 2 * n * n * i + n * j
    for p in range(4 * n * n):
        out[p] = 0.0
    for p in range(n):
        for q in range(n):
            out[start + 2 * n * p + q] = a[p * n + q]


# -- systems


@kernel(
    lambda n, m, upper, unit: (n * n, n * m),
    lambda n, m, upper, unit: n * m,
    operations=lambda n, m, upper, unit: n * n * m,
)
def substitute(n: int, m: int, upper: int, unit: int, a: Floats, b: Floats, out: Floats) -> None:
    """The solution X of A X = B, where only the lower or the upper triangle of A is read; nan where A is singular."""
    for i in range(n * m):
        out[i] = b[i]
    for step in range(n):
        i = step
        first = 0
        last = step
        if upper == 1:
            i = n - 1 - step
            first = i + 1
            last = n
        row = i * m
        most = last - (last - first) % 4
        for p in range(first, most, 4):
            x0 = a[i * n + p]
            x1 = a[i * n + p + 1]
            x2 = a[i * n + p + 2]
            x3 = a[i * n + p + 3]
            at = p * m
            for j in range(m):
                out[row + j] = (
                    out[row + j]
                    - x0 * out[at + j]
                    - x1 * out[at + m + j]
                    - x2 * out[at + 2 * m + j]
                    - x3 * out[at + 3 * m + j]
                )
        for p in range(most, last):
            x0 = a[i * n + p]
            at = p * m
            for j in range(m):
                out[row + j] -= x0 * out[at + j]
        if unit == 0:
            d = a[i * n + i]
            if d == 0.0:
                d = nan
            for j in range(m):
                out[row + j] = out[row + j] / d


@kernel(lambda n: (n * n,), lambda n: n * n + n + 1, operations=lambda n: 2 * n**3 // 3)
def lu(n: int, a: Floats, out: Floats) -> None:
    """L below the diagonal and U from it on, of the matrix with its rows in the order that follows; then its sign.

    In each column the largest number of what is left is the pivot, the first of several.
    """
    size = n * n
    for i in range(size):
        out[i] = a[i]
    for i in range(n):
        out[size + i] = 0.0 + i
    sign = 1.0
    for k in range(n):
        pivot = k
        for i in range(k + 1, n):
            if abs(out[i * n + k]) > abs(out[pivot * n + k]):
                pivot = i
        if pivot != k:
            sign = -sign
            for j in range(n):
                x = out[k * n + j]
                out[k * n + j] = out[pivot * n + j]
                out[pivot * n + j] = x
            x = out[size + k]
            out[size + k] = out[size + pivot]
            out[size + pivot] = x
        d = out[k * n + k]
        if d != 0.0:
            for i in range(k + 1, n):
                x = out[i * n + k] / d
                out[i * n + k] = x
                for j in range(k + 1, n):
                    out[i * n + j] -= x * out[k * n + j]
    out[size + n] = sign


@kernel(lambda n, m, back: (n * n + n + 1, n * m), lambda n, m, back: n * m)
def rows_of(n: int, m: int, back: int, factors: Floats, b: Floats, out: Floats) -> None:
    """The rows of b in the order of the factors, or with `back` in that from which it came."""
    size = n * n
    for i in range(n):
        for p in range(n):
            if factors[size + i] == 0.0 + p:
                if back == 0:
                    for j in range(m):
                        out[i * m + j] = b[p * m + j]
                if back == 1:
                    for j in range(m):
                        out[p * m + j] = b[i * m + j]


@kernel(
    lambda n, m, turned: (n * n, n * n + n + 1, n * m),
    lambda n, m, turned: n * m,
    lambda n, m, turned: (n * m,),
    operations=lambda n, m, turned: 2 * n * n * m,
)
def lu_solve(n: int, m: int, turned: int, a: Floats, factors: Floats, b: Floats, work: Floats, out: Floats) -> None:
    """The solution X of A X = B by the factors of A, or with `turned` that of the transpose; nan where A is singular.

    Of A itself nothing is read: it is an operand because the derivative is one in A.
    """
    size = n * n
    if turned == 0:
        rows_of(n, m, 0, factors, b, work)
        substitute(n, m, 0, 1, factors, work, out)
        for i in range(n * m):
            work[i] = out[i]
        substitute(n, m, 1, 0, factors, work, out)
    if turned == 1:
        for i in range(n * m):
            work[i] = b[i]
        for i in range(n):
            d = factors[i * n + i]
            if d == 0.0:
                d = nan
            for j in range(m):
                work[i * m + j] = work[i * m + j] / d
            for p in range(i + 1, n):
                x = factors[i * n + p]
                for j in range(m):
                    work[p * m + j] -= x * work[i * m + j]
        for step in range(n):
            i = n - 1 - step
            for p in range(i):
                x = factors[i * n + p]
                for j in range(m):
                    work[p * m + j] -= x * work[i * m + j]
        rows_of(n, m, 1, factors, work, out)


@kernel(lambda n: (n * n, n * n + n + 1), lambda n: 1)
def lu_det(n: int, a: Floats, factors: Floats, out: Floats) -> None:
    """The determinant of A by its factors."""
    det = factors[n * n + n]
    for i in range(n):
        det = det * factors[i * n + i]
    out[0] = det


@kernel(lambda n: (n * n, n * n + n + 1), lambda n: 2)
def lu_logdet(n: int, a: Floats, factors: Floats, out: Floats) -> None:
    """The sign of the determinant of A by its factors, and the logarithm of its size."""
    sign = factors[n * n + n]
    size = 0.0
    for i in range(n):
        d = factors[i * n + i]
        size = size + log(abs(d))
        if d < 0.0:
            sign = -sign
        if d == 0.0:
            sign = 0.0
        if d != d:
            sign = nan
    out[0] = sign
    out[1] = size


# -- factorisations


@kernel(lambda n: (n * n,), lambda n: n * n, lambda n: (n * n,), operations=lambda n: n**3 // 3)
def cholesky(n: int, a: Floats, work: Floats, out: Floats) -> None:
    """L of the symmetric A = L L^T whose lower triangle is read; nan from the pivot on that is not positive."""
    for i in range(n):
        for j in range(i, n):
            work[i * n + j] = a[j * n + i]
    for k in range(n):
        row = k * n
        d = work[row + k]
        if d > 0.0:
            d = sqrt(d)
        else:
            d = nan
        work[row + k] = d
        for j in range(k + 1, n):
            work[row + j] = work[row + j] / d
        for i in range(k + 1, n):
            x = work[row + i]
            at = i * n
            for j in range(i, n):
                work[at + j] -= x * work[row + j]
    for i in range(n):
        for j in range(n):
            out[i * n + j] = 0.0
        for j in range(i + 1):
            out[i * n + j] = work[j * n + i]


@kernel(
    lambda m, n: (m * n,),
    lambda m, n: m * n + n * n,
    lambda m, n: (m * n, m * n, n, n),
    operations=lambda m, n: 4 * m * n * n,
    allowed=lambda m, n: m >= n,
)
def qr(m: int, n: int, a: Floats, w: Floats, q: Floats, tau: Floats, sums: Floats, out: Floats) -> None:
    """Q of m x n and R of n x n, for m >= n, by Householder's reflections: each turns a number to the side away from it.

    So the diagonal of R has the signs that LAPACK gives it.  A column that is zero below the diagonal stays as it is.
    """
    for i in range(m * n):
        w[i] = a[i]
        q[i] = 0.0
    for k in range(n):
        largest = 0.0
        rest = 0.0
        for i in range(k, m):
            x = abs(w[i * n + k])
            if x > largest:
                largest = x
            if x != x:
                largest = nan
            if i > k:
                rest = rest + x
        tau[k] = 0.0
        if rest != 0.0:
            sum = 0.0
            for i in range(k, m):
                x = w[i * n + k] / largest
                sum = sum + x * x
            length = largest * sqrt(sum)
            head = w[k * n + k]
            if head > 0.0:
                length = -length
            tau[k] = (length - head) / length
            for i in range(k + 1, m):
                w[i * n + k] = w[i * n + k] / (head - length)
            w[k * n + k] = length
            for j in range(k + 1, n):
                sums[j] = w[k * n + j]
            for i in range(k + 1, m):
                x = w[i * n + k]
                for j in range(k + 1, n):
                    sums[j] += x * w[i * n + j]
            for j in range(k + 1, n):
                sums[j] = sums[j] * tau[k]
                w[k * n + j] -= sums[j]
            for i in range(k + 1, m):
                x = w[i * n + k]
                for j in range(k + 1, n):
                    w[i * n + j] -= x * sums[j]
    for k in range(n):
        q[k * n + k] = 1.0
    for step in range(n):
        k = n - 1 - step
        for j in range(k, n):
            sums[j] = q[k * n + j]
        for i in range(k + 1, m):
            x = w[i * n + k]
            for j in range(k, n):
                sums[j] += x * q[i * n + j]
        for j in range(k, n):
            sums[j] = sums[j] * tau[k]
            q[k * n + j] -= sums[j]
        for i in range(k + 1, m):
            x = w[i * n + k]
            for j in range(k, n):
                q[i * n + j] -= x * sums[j]
    for i in range(m * n):
        out[i] = q[i]
    at = m * n
    for i in range(n):
        for j in range(n):
            out[at + i * n + j] = 0.0
        for j in range(i, n):
            out[at + i * n + j] = w[i * n + j]


@kernel(lambda n: (n * n,), lambda n: n + n * n, lambda n: (n * n, n * n), operations=lambda n: 50 * n**3)
def eigh(n: int, a: Floats, w: Floats, v: Floats, out: Floats) -> None:
    """The eigenvalues of the symmetric matrix whose lower triangle is read, and its eigenvectors as columns.

    Rotations make one number beside the diagonal after the other zero, until all are.  The values ascend; of each
    vector the largest number is positive, the first of several.
    """
    for i in range(n):
        for j in range(i + 1):
            w[i * n + j] = a[i * n + j]
            w[j * n + i] = a[i * n + j]
        for j in range(n):
            v[i * n + j] = 0.0
        v[i * n + i] = 1.0
    sweep = 0
    off = 1.0
    while off > 0.0 and sweep < 60:
        off = 0.0
        sweep = sweep + 1
        for p in range(n - 1):
            for q in range(p + 1, n):
                x = w[p * n + q]
                y = abs(x)
                head = w[p * n + p]
                tail = w[q * n + q]
                if y > 0.0 and sweep > 4 and abs(head) + y == abs(head) and abs(tail) + y == abs(tail):
                    w[p * n + q] = 0.0
                    w[q * n + p] = 0.0
                    y = 0.0
                if y > 0.0:
                    off = off + y
                    theta = (tail - head) / (2.0 * x)
                    t = 1.0 / (abs(theta) + sqrt(theta * theta + 1.0))
                    if theta < 0.0:
                        t = -t
                    c = 1.0 / sqrt(t * t + 1.0)
                    s = t * c
                    for j in range(n):
                        g = w[p * n + j]
                        h = w[q * n + j]
                        w[p * n + j] = c * g - s * h
                        w[q * n + j] = s * g + c * h
                    for j in range(n):
                        g = v[p * n + j]
                        h = v[q * n + j]
                        v[p * n + j] = c * g - s * h
                        v[q * n + j] = s * g + c * h
                    for j in range(n):
                        w[j * n + p] = w[p * n + j]
                        w[j * n + q] = w[q * n + j]
                    w[p * n + p] = head - t * x
                    w[q * n + q] = tail + t * x
                    w[p * n + q] = 0.0
                    w[q * n + p] = 0.0
                if y != y:
                    off = nan
    for i in range(n):
        out[i] = w[i * n + i]
        if off != off:
            out[i] = nan
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if out[i] < out[best]:
                best = i
        if best != k:
            x = out[k]
            out[k] = out[best]
            out[best] = x
            for j in range(n):
                x = v[k * n + j]
                v[k * n + j] = v[best * n + j]
                v[best * n + j] = x
    for k in range(n):
        best = 0
        for j in range(n):
            if abs(v[k * n + j]) > abs(v[k * n + best]):
                best = j
        side = 1.0
        if v[k * n + best] < 0.0:
            side = -1.0
        for j in range(n):
            x = side * v[k * n + j]
            if off != off:
                x = nan
            out[n + j * n + k] = x


@kernel(lambda n: (n,), lambda n: n * n)
def gaps(n: int, w: Floats, out: Floats) -> None:
    """1 / (w[j] - w[i]) in row i and column j, 0 on the diagonal; nan between equal numbers."""
    for i in range(n):
        for j in range(n):
            x = w[j] - w[i]
            if i == j:
                x = 1.0
            if x == 0.0:
                x = nan
            x = 1.0 / x
            if i == j:
                x = 0.0
            out[i * n + j] = x


@kernel(
    lambda m, n: (m * n,),
    lambda m, n: n,
    lambda m, n: (n * m,),
    operations=lambda m, n: 50 * m * n * n,
    allowed=lambda m, n: m >= n,
)
def singular_values(m: int, n: int, a: Floats, w: Floats, out: Floats) -> None:
    """The singular values, descending, for m >= n: rotations make the columns orthogonal to each other."""
    for i in range(m):
        for j in range(n):
            w[j * m + i] = a[i * n + j]
    sweep = 0
    turned = 1
    while turned == 1 and sweep < 60:
        turned = 0
        sweep = sweep + 1
        for p in range(n - 1):
            for q in range(p + 1, n):
                alpha = 0.0
                beta = 0.0
                gamma = 0.0
                for i in range(m):
                    x = w[p * m + i]
                    y = w[q * m + i]
                    alpha = alpha + x * x
                    beta = beta + y * y
                    gamma = gamma + x * y
                if abs(gamma) > 1e-16 * sqrt(alpha) * sqrt(beta):
                    turned = 1
                    theta = (beta - alpha) / (2.0 * gamma)
                    t = 1.0 / (abs(theta) + sqrt(theta * theta + 1.0))
                    if theta < 0.0:
                        t = -t
                    c = 1.0 / sqrt(t * t + 1.0)
                    s = t * c
                    for i in range(m):
                        x = w[p * m + i]
                        y = w[q * m + i]
                        w[p * m + i] = c * x - s * y
                        w[q * m + i] = s * x + c * y
    for j in range(n):
        alpha = 0.0
        for i in range(m):
            alpha = alpha + w[j * m + i] * w[j * m + i]
        out[j] = sqrt(alpha)
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if out[i] > out[best]:
                best = i
        x = out[k]
        out[k] = out[best]
        out[best] = x


@kernel(
    lambda n: (n * n,),
    lambda n: n * n,
    lambda n: (n * n, n * n, n * n, n * n, n * n, n * n, n * n, n * n + n + 1, n * n),
    operations=lambda n: 20 * n**3,
)
def expm(
    n: int, a: Floats, x: Floats, a2: Floats, a4: Floats, a6: Floats, u: Floats, v: Floats, t: Floats, f: Floats,
    work: Floats, out: Floats,
) -> None:  # fmt: skip
    """The exponential, by Pade's approximant of degree 13 of the matrix over a power of two, squared again."""
    size = n * n
    norm = 0.0
    for j in range(n):
        total = 0.0
        for i in range(n):
            total = total + abs(a[i * n + j])
        if total > norm or total - total != 0.0:
            norm = total - total + total
    squarings = 0
    scale = 1.0
    while norm * scale > 5.371920351148152 and squarings < 1100:
        scale = scale * 0.5
        squarings = squarings + 1
    for i in range(size):
        x[i] = a[i] * scale
        if norm - norm != 0.0:
            x[i] = nan
    matmul(n, n, n, x, x, a2)
    matmul(n, n, n, a2, a2, a4)
    matmul(n, n, n, a2, a4, a6)
    for i in range(size):
        t[i] = a6[i] + 16380.0 * a4[i] + 40840800.0 * a2[i]
        v[i] = 182.0 * a6[i] + 960960.0 * a4[i] + 1323241920.0 * a2[i]
    matmul(n, n, n, a6, t, u)
    matmul(n, n, n, a6, v, t)
    for i in range(size):
        u[i] = u[i] + 33522128640.0 * a6[i] + 10559470521600.0 * a4[i] + 1187353796428800.0 * a2[i]
        v[i] = t[i] + 670442572800.0 * a6[i] + 129060195264000.0 * a4[i] + 7771770303897600.0 * a2[i]
    for i in range(n):
        u[i * n + i] = u[i * n + i] + 32382376266240000.0
        v[i * n + i] = v[i * n + i] + 64764752532480000.0
    matmul(n, n, n, x, u, t)
    for i in range(size):
        u[i] = v[i] - t[i]
        v[i] = v[i] + t[i]
    lu(n, u, f)
    lu_solve(n, n, 0, u, f, v, work, out)
    for step in range(squarings):
        matmul(n, n, n, out, out, t)
        for i in range(size):
            out[i] = t[i]
