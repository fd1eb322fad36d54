"""Matrices as products of simpler ones."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_lite.control.array_algebra import Array, array, call_kernel
from autograd_lite.control.array_rules import identity, matmul, placed, plus, triangle, turned, upper
from autograd_lite.linalg.matrix_operands import Made, check_matrix, given, known, made, of_square, over_stacks, refuse


class LUResult(NamedTuple):
    """A permutation matrix P, a lower triangle L with ones on its diagonal, and an upper triangle U."""

    P: Any
    L: Any
    U: Any


class QRResult(NamedTuple):
    """Orthonormal columns Q and an upper triangle R."""

    Q: Any
    R: Any


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


def cholesky(a: Any, *, upper: bool = False) -> Any:
    """The lower triangle L with a = L L^T, as `numpy.linalg.cholesky`; with `upper`, L^T.

    `a` has shape (..., n, n) and is symmetric and positive definite; only its lower triangle is read (with `upper` the
    upper one), so all of the gradient is there.  Its adjoint is S + S^T in that triangle, the diagonal once, with S =
    L^-T Phi(L^T L_bar) L^-1; Phi takes the lower triangle with half of the diagonal.  Source: Murray, Differentiation
    of the Cholesky decomposition (2016).

    Raises LinAlgError where a is not square or not positive definite; compiled, L is nan from there on.

    >>> cholesky([[4.0, 2.0], [2.0, 10.0]])
    [[2.0, 0.0], [1.0, 3.0]]
    """

    def one(n: int, matrix: Array, p: Sequence[Any]) -> list[Made]:
        found = call_kernel("cholesky", (n,), turned(n, n, matrix) if upper else matrix)
        if known(matrix) is not None:
            check_positive(n, found)
        return [made(turned(n, n, found) if upper else found, (n, n), (p,))]

    return of_square("cholesky", a, one)[0]


def check_positive(n: int, factor: Array) -> None:
    assert factor.data is not None
    for i in range(n):
        if factor.data[i * n + i] != factor.data[i * n + i]:
            refuse(
                "cholesky",
                f"the matrix is not positive definite: its leading block of {i + 1} rows has no positive determinant",
                "add a small multiple of the identity, as a kernel's noise",
            )


def lu(a: Any) -> LUResult:
    """P, L and U with a = P L U, as `scipy.linalg.lu`, for a square matrix of shape (..., n, n).

    In each column the largest number of what is left becomes the pivot, the first of several; P is constant.  The
    adjoint is a_bar = P L^-T (tril_-1(L^T L_bar) + triu(U_bar U^T)) U^-T, nan where a is singular.  Source: Walter,
    Structured higher-order algorithmic differentiation (2012).

    Raises LinAlgError where a is not square.

    >>> lu([[2.0, 1.0], [4.0, 4.0]])
    LUResult(P=[[0.0, 1.0], [1.0, 0.0]], L=[[1.0, 0.0], [0.5, 1.0]], U=[[4.0, 4.0], [0.0, -1.0]])
    """

    def one(n: int, matrix: Array, p: Sequence[Any]) -> list[Made]:
        factors = call_kernel("lu", (n,), matrix)
        both = factors.part(0, n * n)
        permutation = call_kernel("rows_of", (n, n, 1), factors, identity(n))
        lower = plus(triangle(n, both, 0), identity(n))
        return [made(part, (n, n), (p,)) for part in (permutation, lower, of_upper(n, both))]

    return LUResult(*of_square("lu", a, one))


of_upper = upper


def qr(a: Any, mode: str = "reduced") -> Any:
    """Q and R with a = Q R, as `numpy.linalg.qr`; with mode "r" R alone.

    `a` has shape (..., m, n); with k the smaller of both, Q has (..., m, k) and orthonormal columns, and R is an upper
    triangle of (..., k, n).  By Householder's reflections, each of which turns its column to the side away from it: so
    the signs are LAPACK's.  The adjoint, for m >= n, is a_bar = (Q_bar + Q copyltu(R R_bar^T - Q_bar^T Q)) R^-T, where
    copyltu copies the lower triangle to the upper one; it is nan where columns are dependent.  Source: Walter (2012).

    Raises LinAlgError where a is no matrix, ValueError on another mode.

    >>> qr([[3.0, 1.0], [4.0, 2.0]], mode="r")[0][0]
    -5.0
    """
    if mode not in ("reduced", "r"):
        raise ValueError(
            f'qr has the modes "reduced" and "r", but got {mode!r}; "complete" has no derivative in general'
        )
    x = given(a, "qr")
    check_matrix(x, "qr", square=False)
    m, n = x.shape[-2:]
    k = min(m, n)

    def one(p: Sequence[Any]) -> list[Made]:
        if m >= n:
            found = call_kernel("qr", (m, n), array(p))
            q, r = found.part(0, m * n), found.part(m * n, n * n)
        else:  # Q of the first m columns; the others of R follow from it
            columns = turned(m, n, array(p))
            found = call_kernel("qr", (m, m), turned(m, m, columns.part(0, m * m)))
            q, r = found.part(0, m * m), found.part(m * m, m * m)
            rest = matmul(n - m, m, m, columns.part(m * m, (n - m) * m), q)  # transposed
            joined = placed(n * m, (0, turned(m, m, r)), (m * m, rest))
            r = turned(n, m, joined)
        return [made(q, (m, k), (p,)), made(r, (k, n), (p,))]

    found = over_stacks("qr", one, [x], [2])
    return QRResult(*found) if mode == "reduced" else found[1]


def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues and eigenvectors of a symmetric matrix, as `numpy.linalg.eigh`.

    `a` has shape (..., n, n); only its lower triangle is read, with `UPLO="U"` the upper one.  The eigenvalues, of
    shape (..., n), ascend.  The eigenvectors are the columns of (..., n, n), of length 1; the sign of each is such that
    its number of largest size is positive, the first of several.  By Jacobi's rotations.

    With w and V, and F_ij = 1 / (w_j - w_i), the adjoint is V (diag(w_bar) + F * (V^T V_bar)) V^T, in that triangle
    (Giles 2008).  Eigenvectors of equal eigenvalues have no derivative: nan.

    Raises LinAlgError where a is not square, ValueError on another UPLO.

    >>> eigh([[2.0, 0.0], [0.0, 1.0]])
    EighResult(eigenvalues=[1.0, 2.0], eigenvectors=[[0.0, 1.0], [1.0, 0.0]])
    """
    if UPLO not in ("L", "U"):
        raise ValueError(f'eigh reads the lower or the upper triangle, but UPLO is {UPLO!r}; pass "L" or "U"')

    def one(n: int, matrix: Array, p: Sequence[Any]) -> list[Made]:
        found = call_kernel("eigh", (n,), turned(n, n, matrix) if UPLO == "U" else matrix)
        return [made(found.part(0, n), (n,), (p,)), made(found.part(n, n * n), (n, n), (p,))]

    return EighResult(*of_square("eigh", a, one))
