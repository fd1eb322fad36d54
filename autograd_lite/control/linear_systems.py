"""Linear systems of equations by Householder reflections, in the library's own functions, on floats and on Values.

No row is exchanged, so that a program of it has no branches.  Source: Golub and Van Loan, Matrix computations, ch. 5.
"""

import sys
from collections.abc import Sequence
from typing import Any

from autograd_lite.core.graph import TRACED, Node
from autograd_lite.core.table import copysign, dot, sqrt

Matrix = Sequence[Sequence[Any]]


class SingularMatrix(RuntimeError):
    """A system has no solution, or many."""


def solved(rows: Matrix, right: Sequence[Any]) -> list[Any]:
    """The solution x of A x = b.  Raises SingularMatrix where numbers show that A is singular, to rounding.

    >>> solved([[2.0, 0.0], [1.0, 4.0]], [6.0, 11.0])
    [3.0, 2.0]
    """
    n = len(rows)
    columns = [[row[j] for row in rows] for j in range(n)]
    sizes = [size_of(column) for column in columns]
    b = list(right)
    diagonal: list[Any] = []
    for k in range(n):
        head, tail = columns[k][k], columns[k][k:]
        if k < n - 1:
            pivot = -copysign(sqrt(dot(tail, tail)), head)
            if is_negligible(pivot, sizes[k]):
                raise singular(k)
            mirror = [head - pivot, *tail[1:]]
            half = -pivot * mirror[0]  # of the square of its length
            for column in (*columns[k + 1 :], b):
                factor = dot(mirror, column[k:]) / half
                column[k:] = [x - factor * v for x, v in zip(column[k:], mirror, strict=True)]
            head = pivot
        if is_negligible(head, sizes[k]):
            raise singular(k)
        diagonal.append(head)
    x: list[Any] = [0.0] * n
    for k in reversed(range(n)):
        known = dot([columns[j][k] for j in range(k + 1, n)], x[k + 1 :]) if k < n - 1 else 0.0
        x[k] = (b[k] - known) / diagonal[k] if k < n - 1 else b[k] / diagonal[k]
    return x


def known_number(x: Any) -> float | None:
    """The number that x is or holds; None where it is not known."""
    if isinstance(x, Node):
        return None if x._flags & TRACED else x._data
    return float(x)


def size_of(column: Sequence[Any]) -> float:
    """The sum of the sizes of the numbers of a column that are known."""
    return sum([abs(found) for x in column if (found := known_number(x)) is not None])


def is_negligible(pivot: Any, size: float) -> bool:
    """Whether what is left of a column of that size is rounding: it is a combination of the columns before it."""
    found = known_number(pivot)
    return found is not None and not abs(found) > 32.0 * sys.float_info.epsilon * size


def singular(k: int) -> SingularMatrix:
    return SingularMatrix(f"column {k} of a matrix is a combination of those before it, so it has no inverse")
