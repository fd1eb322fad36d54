"""Kernels that take a matrix apart, and the exponential.

Source: Golub and Van Loan, Matrix computations (4th edition), ch. 4.2 (cholesky), 5.2 (qr), 8.5 (eigh), 8.6.3
(singular_values); Higham, The scaling and squaring method for the matrix exponential revisited (2005).
"""

from autograd_lite.program.kernels.kernel_registry import Floats, kernel, nan, sqrt
from autograd_lite.program.kernels.linear_kernels import matmul
from autograd_lite.program.kernels.system_kernels import lu, lu_solve


@kernel(lambda n: (n * n,), lambda n: n * n, lambda n: (n * n,), operations=lambda n: n**3 // 3)
def cholesky(n: int, a: Floats, work: Floats, out: Floats) -> None:
    """L of the symmetric A = L L^T whose lower triangle is read; nan from the pivot on that is not positive."""
    for i in range(n):
        for j in range(i, n):
            work[i * n + j] = a[j * n + i]
    for k in range(n):
        row = k * n
        d = work[row + k]
        d = sqrt(d) if d > 0.0 else nan
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
    """Q of m x n and R of n x n, for m >= n, by Householder's reflections: each turns a column away from its side.

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
    """The singular values, descending, for m >= n: rotations make the columns orthogonal to each other.

    All is divided by the largest number, so that no square overflows.
    """
    scale = 0.0
    for i in range(m * n):
        x = abs(a[i])
        if x > scale or x != x:
            scale = x
    if scale == 0.0:
        scale = 1.0
    for i in range(m):
        for j in range(n):
            w[j * m + i] = a[i * n + j] / scale
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
        out[j] = scale * sqrt(alpha)
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
    for _step in range(squarings):
        matmul(n, n, n, out, out, t)
        for i in range(size):
            out[i] = t[i]


@kernel(lambda n: (n * n, n * n), lambda n: 2)
def shrinking(n: int, a: Floats, b: Floats, out: Floats) -> None:
    """A power of two that makes no entry of B larger than the largest of A, or 1, and its reciprocal."""
    largest = 1.0
    other = 0.0
    for i in range(n * n):
        x = abs(a[i])
        if x > largest:
            largest = x
        x = abs(b[i])
        if x > other and x - x == 0.0:
            other = x
    scale = 1.0
    back = 1.0
    halvings = 0
    while other * scale > largest and halvings < 1023:
        scale = scale * 0.5
        back = back * 2.0
        halvings = halvings + 1
    out[0] = scale
    out[1] = back
