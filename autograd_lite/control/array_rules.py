"""The derivatives of the kernels of linear algebra, each in kernels again.

Above `array_algebra`.  With a dot for tangents and a bar for adjoints; Phi takes the lower triangle with half of the
diagonal.  Sources: Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation
(2008); Murray, Differentiation of the Cholesky decomposition (2016); Walter, Structured higher-order algorithmic
differentiation in the forward and reverse mode with application in optimum experimental design (2012), for qr;
Najfeld and Havel, Derivatives of the matrix exponential and their computation (1995).
"""

from collections.abc import Callable, Sequence

from autograd_lite.control.array_algebra import RULES, Array, KernelRule, call_kernel, full, plain

Sizes = Sequence[int]
Found = list[Array | None]
Moved = Sequence[Array | None]
Reaches = Callable[[int, int], bool]

# -- kernels as operations


def plus(a: Array, b: Array) -> Array:
    return call_kernel("plus", (a.size,), a, b)


def minus(a: Array) -> Array:
    return call_kernel("minus", (a.size,), a)


def times(a: Array, b: Array) -> Array:
    return call_kernel("times", (a.size,), a, b)


def matmul(m: int, k: int, n: int, a: Array, b: Array) -> Array:
    return call_kernel("matmul", (m, k, n), a, b)


def turned(m: int, n: int, a: Array) -> Array:
    """The transpose."""
    return call_kernel("transpose", (m, n), a)


def triangle(n: int, a: Array, half: int = 2) -> Array:
    return call_kernel("triangle", (n, half), a)


def upper(n: int, a: Array) -> Array:
    """The upper triangle."""
    return turned(n, n, triangle(n, turned(n, n, a)))


def placed(size: int, *parts: tuple[int, Array]) -> Array:
    """An array of zeros, but for parts from a place on."""
    found = full(size, 0.0)
    for start, part in parts:
        found = call_kernel("placed", (size, start, part.size), found, part)
    return found


def identity(n: int) -> Array:
    return plain([float(i == j) for i in range(n) for j in range(n)])


def sum_of_terms(*terms: Array | None) -> Array | None:
    """The sum of those terms that there are."""
    found: Array | None = None
    for term in terms:
        if term is not None:
            found = term if found is None else plus(found, term)
    return found


def or_zero(a: Array | None, size: int) -> Array:
    return full(size, 0.0) if a is None else a


def symmetric(n: int, a: Array) -> Array:
    """The symmetric matrix with that lower triangle."""
    part = triangle(n, a, 1)
    return plus(part, turned(n, n, part))


def of_triangle(n: int, a: Array) -> Array:
    """The adjoint of a lower triangle, from that of the symmetric matrix with it."""
    return triangle(n, plus(a, turned(n, n, a)), 1)


# -- linear kernels


def linear(
    name: str, pull: Callable[[Sizes, Array], Found], counts: Callable[..., Sequence[int]] | None = None
) -> None:
    """Enter the rule of a kernel that is linear in all of its operands together."""

    def push(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
        return call_kernel(name, sizes, *[or_zero(x, a.size) for x, a in zip(moved, operands, strict=True)])

    RULES[name] = KernelRule(lambda sizes, operands, out, g, reaches: pull(sizes, g), push)


linear("plus", lambda sizes, g: [g, g])
linear("minus", lambda sizes, g: [minus(g)])
linear("placed", lambda sizes, g: [g, g.part(sizes[1], sizes[2])])
linear("transpose", lambda sizes, g: [turned(sizes[1], sizes[0], g)])
linear("triangle", lambda sizes, g: [triangle(sizes[0], g, sizes[1])])
linear("diagonal", lambda sizes, g: [call_kernel("diagonal_of", sizes, g)])
linear("diagonal_of", lambda sizes, g: [call_kernel("diagonal", sizes, g)])
linear("block", lambda sizes, g: [call_kernel("as_block", sizes, g)])
linear("as_block", lambda sizes, g: [call_kernel("block", sizes, g)])


def pull_blocks(sizes: Sizes, g: Array) -> Found:
    (n,) = sizes
    parts = [call_kernel("block", (n, i, j), g) for i, j in ((0, 0), (1, 1), (0, 1))]
    return [plus(parts[0], parts[1]), parts[2]]


linear("blocks", pull_blocks)


def rule(
    name: str, pull: Callable[[Sizes, list[Array], Array, Array, Reaches], Found], push: Callable[..., Array]
) -> None:
    RULES[name] = KernelRule(pull, push)


# -- products


def pull_product(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    return [times(g, operands[1]), times(g, operands[0])]


def push_product(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    (a, b), (da, db) = operands, moved
    found = sum_of_terms(None if da is None else times(da, b), None if db is None else times(a, db))
    return or_zero(found, out.size)


def pull_matmul(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """A_bar = C_bar B^T, B_bar = A^T C_bar."""
    (m, k, n), (a, b) = sizes, operands
    return [matmul(m, n, k, g, turned(k, n, b)), matmul(k, m, n, turned(m, k, a), g)]


def push_matmul(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    (m, k, n), (a, b), (da, db) = sizes, operands, moved
    found = sum_of_terms(None if da is None else matmul(m, k, n, da, b), None if db is None else matmul(m, k, n, a, db))
    return or_zero(found, out.size)


rule("times", pull_product, push_product)
rule("matmul", pull_matmul, push_matmul)

# -- systems


def pull_substitute(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """B_bar = A^-T X_bar, A_bar = -B_bar X^T in the triangle."""
    (n, m, is_upper, unit), (a, _) = sizes, operands
    b_bar = call_kernel("substitute", (n, m, 1 - is_upper, unit), turned(n, n, a), g)
    half = 0 if unit else 2
    if is_upper:
        product = triangle(n, matmul(n, m, n, out, turned(n, m, b_bar)), half)  # of the transpose
        return [minus(turned(n, n, product)), b_bar]
    return [minus(triangle(n, matmul(n, m, n, b_bar, turned(n, m, out)), half)), b_bar]


def push_substitute(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    """X_dot = A^-1 (B_dot - A_dot X)."""
    (n, m, is_upper, unit), (a, _), (da, db) = sizes, operands, moved
    change: Array | None = None
    if da is not None:
        half = 0 if unit else 2
        part = turned(n, n, triangle(n, turned(n, n, da), half)) if is_upper else triangle(n, da, half)
        change = minus(matmul(n, n, m, part, out))
    return call_kernel("substitute", sizes, a, or_zero(sum_of_terms(db, change), n * m))


def pull_lu_solve(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """B_bar = A^-T X_bar, A_bar = -B_bar X^T; of A^T X = B its transpose."""
    (n, m, back), (a, factors, _) = sizes, operands
    b_bar = call_kernel("lu_solve", (n, m, 1 - back), a, factors, g)
    left, right = (out, b_bar) if back else (b_bar, out)
    return [minus(matmul(n, m, n, left, turned(n, m, right))), None, b_bar]


def push_lu_solve(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    (n, m, back), (a, factors, _), (da, _, db) = sizes, operands, moved
    change: Array | None = None
    if da is not None:
        change = minus(matmul(n, n, m, turned(n, n, da) if back else da, out))
    return call_kernel("lu_solve", sizes, a, factors, or_zero(sum_of_terms(db, change), n * m))


def inverse_turned(n: int, operands: Sequence[Array]) -> Array:
    """A^-T."""
    return call_kernel("lu_solve", (n, n, 1), operands[0], operands[1], identity(n))


def pull_lu_det(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """A_bar = det_bar det A^-T."""
    (n,) = sizes
    return [matmul(n * n, 1, 1, inverse_turned(n, operands), times(g, out)), None]


def push_lu_det(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    (n,) = sizes
    trace = matmul(1, n * n, 1, inverse_turned(n, operands), or_zero(moved[0], n * n))
    return times(trace, out)


def pull_lu_logdet(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """A_bar = logdet_bar A^-T; the sign is constant."""
    (n,) = sizes
    return [matmul(n * n, 1, 1, inverse_turned(n, operands), g.part(1, 1)), None]


def push_lu_logdet(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    (n,) = sizes
    trace = matmul(1, n * n, 1, inverse_turned(n, operands), or_zero(moved[0], n * n))
    return placed(2, (1, trace))


def pull_rows_of(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    n, m, back = sizes
    return [None, call_kernel("rows_of", (n, m, 1 - back), operands[0], g)]


def push_rows_of(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    return call_kernel("rows_of", sizes, operands[0], or_zero(moved[1], out.size))


rule("substitute", pull_substitute, push_substitute)
rule("lu_solve", pull_lu_solve, push_lu_solve)
rule("lu_det", pull_lu_det, push_lu_det)
rule("lu_logdet", pull_lu_logdet, push_lu_logdet)
rule("rows_of", pull_rows_of, push_rows_of)

# -- factorisations


def pull_lu(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """A_bar = P^T L^-T (tril_-1(L^T L_bar) + triu(U_bar U^T)) U^-T."""
    (n,) = sizes
    factors, g = out.part(0, n * n), g.part(0, n * n)
    lower = plus(triangle(n, factors, 0), identity(n))
    of_l = triangle(n, matmul(n, n, n, turned(n, n, lower), triangle(n, g, 0)), 0)
    of_u = upper(n, matmul(n, n, n, upper(n, g), turned(n, n, upper(n, factors))))
    left = call_kernel("substitute", (n, n, 1, 1), turned(n, n, factors), plus(of_l, of_u))
    both = call_kernel("substitute", (n, n, 1, 0), factors, turned(n, n, left))
    return [call_kernel("rows_of", (n, n, 1), out, turned(n, n, both))]


def push_lu(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    """L_dot = L tril_-1(M), U_dot = triu(M) U with M = L^-1 P A_dot U^-1."""
    (n,) = sizes
    factors = out.part(0, n * n)
    change = call_kernel("rows_of", (n, n, 0), out, or_zero(moved[0], n * n))
    left = call_kernel("substitute", (n, n, 0, 1), factors, change)
    inner = turned(n, n, call_kernel("substitute", (n, n, 0, 0), turned(n, n, factors), turned(n, n, left)))
    lower = plus(triangle(n, factors, 0), identity(n))
    of_l = matmul(n, n, n, lower, triangle(n, inner, 0))
    of_u = matmul(n, n, n, upper(n, inner), upper(n, factors))
    return placed(out.size, (0, plus(of_l, of_u)))


def pull_cholesky(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """S + S^T in the lower triangle, its diagonal once, with S = L^-T Phi(L^T L_bar) L^-1."""
    (n,) = sizes
    other = turned(n, n, out)
    inner = triangle(n, matmul(n, n, n, other, triangle(n, g)), 1)
    left = call_kernel("substitute", (n, n, 1, 0), other, inner)
    return [of_triangle(n, call_kernel("substitute", (n, n, 1, 0), other, turned(n, n, left)))]


def push_cholesky(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    """L_dot = L Phi(L^-1 A_dot L^-T)."""
    (n,) = sizes
    left = call_kernel("substitute", (n, n, 0, 0), out, symmetric(n, or_zero(moved[0], n * n)))
    inner = call_kernel("substitute", (n, n, 0, 0), out, turned(n, n, left))
    return matmul(n, n, n, out, triangle(n, inner, 1))


def pull_qr(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """A_bar = (Q_bar + Q copyltu(M)) R^-T, M = R R_bar^T - Q_bar^T Q, whose lower triangle copyltu copies."""
    m, n = sizes
    q, r = out.part(0, m * n), out.part(m * n, n * n)
    q_bar, r_bar = g.part(0, m * n), upper(n, g.part(m * n, n * n))
    inner = plus(matmul(n, n, n, r, turned(n, n, r_bar)), minus(matmul(n, m, n, turned(m, n, q_bar), q)))
    copied = plus(triangle(n, inner), turned(n, n, triangle(n, inner, 0)))
    change = plus(q_bar, matmul(m, n, n, q, copied))
    return [turned(n, m, call_kernel("substitute", (n, m, 1, 0), r, turned(m, n, change)))]


def push_qr(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    """Q_dot = Z - Q (C - W), R_dot = (C - W) R, Z = A_dot R^-1, C = Q^T Z, W = tril_-1(C) - tril_-1(C)^T."""
    m, n = sizes
    q, r = out.part(0, m * n), out.part(m * n, n * n)
    change = turned(m, n, or_zero(moved[0], m * n))
    z = turned(n, m, call_kernel("substitute", (n, m, 0, 0), turned(n, n, r), change))
    c = matmul(n, m, n, turned(m, n, q), z)
    low = triangle(n, c, 0)
    rest = plus(upper(n, c), turned(n, n, low))  # C - W, which is an upper triangle
    dq = plus(z, minus(matmul(m, n, n, q, rest)))
    return placed(out.size, (0, dq), (m * n, matmul(n, n, n, rest, r)))


def pull_eigh(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """V (diag(w_bar) + F * (V^T V_bar)) V^T with F_ij = 1 / (w_j - w_i), in the lower triangle."""
    (n,) = sizes
    w, v = out.part(0, n), out.part(n, n * n)
    inner = call_kernel("diagonal", (n,), g.part(0, n))
    if reaches(n, n + n * n):  # equal eigenvalues have derivatives together, their vectors have none
        part = matmul(n, n, n, turned(n, n, v), g.part(n, n * n))
        inner = plus(inner, times(call_kernel("gaps", (n,), w), part))
    found = matmul(n, n, n, matmul(n, n, n, v, inner), turned(n, n, v))
    return [of_triangle(n, found)]


def push_eigh(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    """w_dot = diag(B), V_dot = V (F * B) with B = V^T A_dot V."""
    (n,) = sizes
    w, v = out.part(0, n), out.part(n, n * n)
    change = symmetric(n, or_zero(moved[0], n * n))
    inner = matmul(n, n, n, matmul(n, n, n, turned(n, n, v), change), v)
    dv = matmul(n, n, n, v, times(call_kernel("gaps", (n,), w), inner))
    return placed(out.size, (0, call_kernel("diagonal_of", (n,), inner)), (n, dv))


def pull_gaps(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    (n,) = sizes
    squares, ones = times(g, times(out, out)), full(n, 1.0)
    return [plus(matmul(n, n, 1, squares, ones), minus(matmul(1, n, n, ones, squares)))]


def push_gaps(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    (n,) = sizes
    ones, dw = full(n, 1.0), or_zero(moved[0], n)
    apart = plus(matmul(n, 1, n, dw, ones), minus(matmul(n, 1, n, ones, dw)))
    return times(times(out, out), apart)


def pull_expm(sizes: Sizes, operands: list[Array], out: Array, g: Array, reaches: Reaches) -> Found:
    """The derivative at A^T in the direction of the adjoint: a corner of the exponential of [[A^T, G], [0, A^T]]."""
    (n,) = sizes
    return [derivative_of_expm(n, turned(n, n, operands[0]), g)]


def push_expm(sizes: Sizes, operands: list[Array], out: Array, moved: Moved) -> Array:
    (n,) = sizes
    return derivative_of_expm(n, operands[0], or_zero(moved[0], n * n))


def derivative_of_expm(n: int, a: Array, change: Array) -> Array:
    """Of a change that is no larger than A, and enlarged again: else it decides how often all is halved and squared."""
    scales = call_kernel("shrinking", (n,), a, change)
    small = matmul(n * n, 1, 1, change, scales.part(0, 1))
    found = call_kernel("block", (n, 0, 1), call_kernel("expm", (2 * n,), call_kernel("blocks", (n,), a, small)))
    return matmul(n * n, 1, 1, found, scales.part(1, 1))


rule("lu", pull_lu, push_lu)
rule("cholesky", pull_cholesky, push_cholesky)
rule("qr", pull_qr, push_qr)
rule("eigh", pull_eigh, push_eigh)
rule("gaps", pull_gaps, push_gaps)
rule("expm", pull_expm, push_expm)
rule("shrinking", lambda *_: [None, None], lambda *_: full(2, 0.0))  # whatever it is, the result is the same
