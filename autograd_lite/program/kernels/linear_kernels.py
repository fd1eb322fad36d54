"""Kernels that are linear in their operands, and products."""

from autograd_lite.program.kernels.kernel_registry import Floats, kernel


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
