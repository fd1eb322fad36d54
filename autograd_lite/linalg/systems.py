"""Systems of linear equations, by factors of their matrices."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_lite.control.array_algebra import Array, array, call_kernel
from autograd_lite.control.array_rules import identity, matmul, minus, plus, turned
from autograd_lite.core import table
from autograd_lite.linalg.matrix_operands import (
    Given,
    Made,
    check_matrix,
    given,
    known,
    made,
    of_square,
    over_stacks,
    refuse,
)


class SlogdetResult(NamedTuple):
    """The sign of a determinant and the logarithm of its absolute value."""

    sign: Any
    logabsdet: Any


class LstsqResult(NamedTuple):
    """What `lstsq` gives, as NumPy does: x, the sums of squares that remain, the rank, the singular values."""

    x: Any
    residuals: Any
    rank: Any
    s: Any


def factors_of(n: int, a: Array) -> Array:
    return call_kernel("lu", (n,), a)


def check_regular(name: str, n: int, a: Array, factors: Array) -> None:
    """Raise where numbers show that a matrix is singular."""
    if known(a) is None or factors.data is None:
        return
    for i in range(n):
        if factors.data[i * n + i] == 0.0:
            refuse(
                name,
                f"the matrix is singular: column {i} is a combination of those before it",
                "use lstsq, or add a small multiple of the identity",
            )


def right_side(name: str, a: Given, b: Given) -> tuple[int, int]:
    """How many axes of the right side are of one system, and how many columns it has."""
    if not b.shape:
        raise ValueError(f"{name} needs a right side with an axis, but got a number; pass a list")
    axes = 1 if len(b.shape) == 1 else 2
    rows = b.last(axes)[0]
    if rows != a.shape[-2]:
        raise ValueError(
            f"{name} has a matrix of shape {a.shape[-2:]} and a right side of {rows} rows; give it {a.shape[-2]}"
        )
    return axes, 1 if axes == 1 else b.shape[-1]


def solve(a: Any, b: Any) -> Any:
    """The solution x of a x = b, as `numpy.linalg.solve`.

    `a` has shape (..., n, n); `b` has (n,), or (..., n, k) for k right sides; x has the shape of b.  By factors L U
    with rows exchanged.  Its adjoint is b_bar = a^-T x_bar, a_bar = -b_bar x^T; source: Giles, Collected matrix
    derivative results for forward and reverse mode algorithmic differentiation (2008).

    Raises LinAlgError where a is not square or singular, ValueError where b does not fit; compiled, x is nan where a is
    singular.

    >>> solve([[2.0, 1.0], [0.0, 4.0]], [4.0, 8.0])
    [1.0, 2.0]
    """
    x, y = given(a, "solve"), given(b, "solve")
    check_matrix(x, "solve")
    n = x.shape[-1]
    axes, m = right_side("solve", x, y)

    def one(p: Sequence[Any], q: Sequence[Any]) -> list[Made]:
        matrix = array(p)
        factors = factors_of(n, matrix)
        check_regular("solve", n, matrix, factors)
        return [made(call_kernel("lu_solve", (n, m, 0), matrix, factors, array(q)), y.last(axes), (p, q))]

    return over_stacks("solve", one, [x, y], [2, axes])[0]


def inv(a: Any) -> Any:
    """The inverse of a square matrix, as `numpy.linalg.inv`; shape (..., n, n).

    Its adjoint is a_bar = -a^-T inv_bar a^-T (Giles 2008).  To solve a system, `solve` is faster and more exact.

    Raises LinAlgError where a is not square or singular; compiled, the inverse is nan there.

    >>> inv([[2.0, 0.0], [0.0, 4.0]])
    [[0.5, 0.0], [0.0, 0.25]]
    """

    def one(n: int, matrix: Array, p: Sequence[Any]) -> list[Made]:
        factors = factors_of(n, matrix)
        check_regular("inv", n, matrix, factors)
        return [made(call_kernel("lu_solve", (n, n, 0), matrix, factors, identity(n)), (n, n), (p,))]

    return of_square("inv", a, one)[0]


def det(a: Any) -> Any:
    """The determinant of a square matrix, as `numpy.linalg.det`: shape (..., n, n) to (...).

    Its adjoint is a_bar = det_bar det a^-T (Giles 2008), which is nan where a is singular.  Where it may overflow,
    `slogdet` does not.  Raises LinAlgError where a is not square.

    >>> det([[2.0, 1.0], [0.0, 4.0]])
    8.0
    """

    def one(n: int, matrix: Array, p: Sequence[Any]) -> list[Made]:
        return [made(call_kernel("lu_det", (n,), matrix, factors_of(n, matrix)), (), (p,))]

    return of_square("det", a, one)[0]


def slogdet(a: Any) -> SlogdetResult:
    """The sign of the determinant and the logarithm of its absolute value, as `numpy.linalg.slogdet`.

    The determinant is sign * exp(logabsdet); of a singular matrix they are 0 and -inf.  The adjoint is a_bar =
    logabsdet_bar a^-T (Giles 2008); the sign has none.  Raises LinAlgError where a is not square.

    >>> slogdet([[0.0, 1.0], [1.0, 0.0]])
    SlogdetResult(sign=-1.0, logabsdet=0.0)
    """

    def one(n: int, matrix: Array, p: Sequence[Any]) -> list[Made]:
        found = call_kernel("lu_logdet", (n,), matrix, factors_of(n, matrix))
        return [made(found.part(i, 1), (), (p,)) for i in range(2)]

    return SlogdetResult(*of_square("slogdet", a, one))


def solve_triangular(a: Any, b: Any, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """The solution x of a x = b for a triangular matrix, as `scipy.linalg.solve_triangular`.

    Of `a`, of shape (..., n, n), only the upper triangle is read, or with `lower` the lower one, with `unit_diagonal`
    without its diagonal, which counts as ones; with `trans` 1 or "T" the system is a^T x = b.  `b` is as in `solve`.
    The adjoint is that of `solve`, in the triangle.

    Raises LinAlgError where a is not square or has a 0 on its diagonal; compiled, x is nan there.

    >>> solve_triangular([[2.0, 0.0], [1.0, 4.0]], [2.0, 9.0], lower=True)
    [1.0, 2.0]
    """
    name = "solve_triangular"
    x, y = given(a, name), given(b, name)
    check_matrix(x, name)
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise ValueError(f'{name} has trans={trans!r}; pass 0 or "N" for a x = b, 1 or "T" for the transpose')
    transposed = trans not in (0, "N")
    n = x.shape[-1]
    axes, m = right_side(name, x, y)
    is_upper = bool(lower) == transposed

    def one(p: Sequence[Any], q: Sequence[Any]) -> list[Made]:
        matrix = array(p)
        check_diagonal(name, n, matrix, unit_diagonal)
        system = turned(n, n, matrix) if transposed else matrix
        found = call_kernel("substitute", (n, m, int(is_upper), int(bool(unit_diagonal))), system, array(q))
        return [made(found, y.last(axes), (p, q))]

    return over_stacks(name, one, [x, y], [2, axes])[0]


def check_diagonal(name: str, n: int, matrix: Array, unit_diagonal: bool) -> None:
    if matrix.data is not None and not unit_diagonal:
        for i in range(n):
            if matrix.data[i * n + i] == 0.0:
                refuse(name, f"the matrix is singular: number {i} on its diagonal is 0", "use lstsq")


def lstsq(a: Any, b: Any, rcond: float | None = None) -> LstsqResult:
    """The least-squares solution x of a x = b, as `numpy.linalg.lstsq`: (x, residuals, rank, s).

    `a` has shape (..., m, n) and full rank, `b` has (m,) or (..., m, k).  With more equations than unknowns x minimises
    the sum of squares of a x - b, with fewer it is the smallest of all solutions.  By `qr`, whose derivative it has;
    the rank and the singular values s are numbers without a derivative.  `residuals` are the sums of squares that
    remain, empty unless m > n.

    Raises LinAlgError where the rank is not full, to `rcond` times the largest singular value (default: the spacing of
    floats times the larger of m and n; below 0: that spacing): there x has no derivative.  Compiled, x is nan where it
    is not full exactly.

    >>> lstsq([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1.0, 3.0, 5.0]).rank
    2
    """
    x, y = given(a, "lstsq"), given(b, "lstsq")
    check_matrix(x, "lstsq", square=False)
    rows, columns = x.shape[-2:]
    axes, k = right_side("lstsq", x, y)
    size = min(rows, columns)
    shape = (columns,) if axes == 1 else (columns, k)

    def one(p: Sequence[Any], q: Sequence[Any]) -> list[Made]:
        matrix, right = array(p), array(q)
        tall = matrix if rows >= columns else turned(rows, columns, matrix)
        long = max(rows, columns)
        values = call_kernel("singular_values", (long, size), tall)
        check_rank(long, size, tall, values, rcond)
        found = call_kernel("qr", (long, size), tall)
        u, r = found.part(0, long * size), found.part(long * size, size * size)
        if rows >= columns:
            inner = matmul(size, long, k, turned(long, size, u), right)
            solution = call_kernel("substitute", (size, k, 1, 0), r, inner)
        else:
            inner = call_kernel("substitute", (size, k, 0, 0), turned(size, size, r), right)
            solution = matmul(long, size, k, u, inner)
        results = [made(solution, shape, (p, q))]
        if rows > columns:
            rest = plus(matmul(rows, columns, k, matrix, solution), minus(right)).leaves()
            sums = [table.sum([x * x for x in rest[j::k]]) for j in range(k)]
            results.append(Made(sums, (k,)))
        else:
            results.append(Made([], (0,)))
        return [*results, made(values, (size,), (p,))]

    solution, residuals, s = over_stacks("lstsq", one, [x, y], [2, axes])
    return LstsqResult(solution, residuals, size, s)


def check_rank(long: int, size: int, matrix: Array, values: Array, rcond: float | None) -> None:
    if known(matrix) is None or values.data is None or not size:
        return
    eps = 2.220446049250313e-16
    limit = (eps * long if rcond is None else eps if rcond < 0.0 else rcond) * values.data[0]
    rank = sum([x > limit for x in values.data])
    if rank < size:
        refuse(
            "lstsq",
            f"the matrix has rank {rank}, not {size}: its singular values are {list(values.data)}",
            "leave out dependent columns, or add rows that keep the solution small",
        )
