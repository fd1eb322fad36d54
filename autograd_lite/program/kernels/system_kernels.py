"""Kernels of systems of equations; source: Golub and Van Loan, Matrix computations (4th edition), ch. 3."""

from autograd_lite.program.kernels.kernel_registry import Floats, kernel, log, nan


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
        for p in range(first, last - 3, 4):
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
