"""Sparsity patterns: where the entries of a matrix are, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd_lite.support.extras import required
from autograd_lite.support.wording import computed_from_rest

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Indices: TypeAlias = NDArray[numpy.int64]


class SparsityPattern:
    """Where a matrix may be other than 0: `rows` and `columns` of its entries, sorted by rows, then by columns.

    `shape` is that of the matrix, `nnz` the number of entries, `density` their share of it.  Made of two sequences of
    indices; raises ValueError where an entry comes twice or is outside of the shape.  `in` tells whether there is an
    entry; patterns compare by value, and | joins two of one shape.

    >>> pattern = SparsityPattern([0, 1, 1], [0, 0, 1], (2, 2))
    >>> pattern.nnz, (0, 1) in pattern, list(pattern)
    (3, False, [(0, 0), (1, 0), (1, 1)])
    """

    def __init__(self, rows: Any, columns: Any, shape: tuple[int, int]) -> None:
        numpy = required("numpy", "SparsityPattern", "sparse")
        self.shape: tuple[int, int] = (int(shape[0]), int(shape[1]))
        i, j = [numpy.asarray(x if len(x) else [], dtype=numpy.int64).ravel() for x in (rows, columns)]
        if len(i) != len(j):
            raise ValueError(
                f"a pattern has a row and a column for each entry, but got {len(i)} rows and {len(j)} columns"
            )
        for x, size, what in ((i, self.shape[0], "row"), (j, self.shape[1], "column")):
            outside = x[(x < 0) | (x >= size)]
            if len(outside):
                raise ValueError(
                    f"a pattern of shape {self.shape} has an entry in {what} {int(outside[0])}; give indices from 0 to "
                    f"{size - 1}"
                )
        order = numpy.lexsort((j, i))
        self.rows: Indices = i[order]
        self.columns: Indices = j[order]
        twice = (self.rows[1:] == self.rows[:-1]) & (self.columns[1:] == self.columns[:-1])
        if twice.any():
            k = int(twice.argmax())
            raise ValueError(
                f"a pattern has the entry ({int(self.rows[k])}, {int(self.columns[k])}) twice; give each entry once"
            )
        self.rows.flags.writeable = self.columns.flags.writeable = False

    @computed_from_rest("make a pattern of other rows and columns")
    def nnz(self) -> int:
        return len(self.rows)

    @computed_from_rest("make a pattern of other rows and columns")
    def density(self) -> float:
        size = self.shape[0] * self.shape[1]
        return self.nnz / size if size else 0.0

    def toarray(self) -> Any:
        """The pattern as an array of bools."""
        numpy = required("numpy", "SparsityPattern", "sparse")
        found = numpy.zeros(self.shape, dtype=bool)
        found[self.rows, self.columns] = True
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """The same, for NumPy, so that `least_squares(jac_sparsity=)` and `solve_ivp` take a pattern as it is."""
        return self.toarray() if dtype is None else self.toarray().astype(dtype)

    def tocsr(self) -> Any:
        """The pattern as `scipy.sparse.csr_array` of ones, which takes less memory than an array where it is large."""
        scipy = required("scipy.sparse", "SparsityPattern.tocsr", "sparse")
        numpy = required("numpy", "SparsityPattern.tocsr", "sparse")
        return scipy.csr_array((numpy.ones(self.nnz), (self.rows, self.columns)), shape=self.shape)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.rows.tolist(), self.columns.tolist(), strict=True)

    def __len__(self) -> int:
        return self.nnz

    def __contains__(self, entry: object) -> bool:
        if not isinstance(entry, tuple) or len(entry) != 2:
            return False
        return bool(((self.rows == entry[0]) & (self.columns == entry[1])).any())

    def __or__(self, other: SparsityPattern) -> SparsityPattern:
        if not isinstance(other, SparsityPattern):
            return NotImplemented
        if self.shape != other.shape:
            raise ValueError(f"patterns of the shapes {self.shape} and {other.shape} have no union; give one shape")
        entries = sorted({*self, *other})
        return SparsityPattern([i for i, _ in entries], [j for _, j in entries], self.shape)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SparsityPattern):
            return NotImplemented
        if self.shape != other.shape or self.nnz != other.nnz:
            return False
        return bool((self.rows == other.rows).all() and (self.columns == other.columns).all())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        m, n = self.shape
        return f"<SparsityPattern of {m} x {n} with {self.nnz} entries>"
