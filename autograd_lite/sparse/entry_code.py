"""Plans as code: a flat array of inputs in, the entries out, row by row of the matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autograd_lite.backends.choice import BACKENDS, module
from autograd_lite.core.table.definition_reader import is_written_inline
from autograd_lite.sparse.plans import Plan, RowsOf

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]
    Indices: TypeAlias = NDArray[np.int64]

LONG = 1500
"""Instructions from which on a program that runs for few rows is compiled by the back end for programs."""

FEW = 8
"""Rows that are few."""


class Located:
    """Where the entries of a plan are: the rows and columns of the matrix, sorted, and the terms of each entry."""

    def __init__(self, plan: Plan) -> None:
        parts = plan.parts
        empty = np.zeros(0, dtype=np.int64)
        rows, columns, order = [
            np.concatenate([getattr(p, name).ravel() for p in parts]) if parts else empty
            for name in ("rows", "columns", "order")
        ]
        by = np.lexsort((order, columns, rows))
        i, j = rows[by], columns[by]
        new = np.ones(len(i), dtype=bool)
        new[1:] = (i[1:] != i[:-1]) | (j[1:] != j[:-1])
        self.rows: Indices = i[new]
        self.columns: Indices = j[new]
        self.terms: Indices = by
        self.starts: Indices = np.append(np.flatnonzero(new), len(i))
        self.place: Indices = np.empty(len(i), dtype=np.int64)  # of each number that the parts compute
        self.place[by] = np.cumsum(new) - 1

    @property
    def nnz(self) -> int:
        return len(self.rows)


class Evaluation:
    """The code of a plan: called with the flat inputs, it gives the entries in the order of `located`."""

    def __init__(self, plan: Plan, located: Located, backend: str, fastmath: bool) -> None:
        self.backend, self.located, self.adds = backend, located, plan.adds
        self.loose: list[tuple[Any, RowsOf, Indices]] = []
        self.rows: Any = None
        first = 0
        native, scratch = [], 0
        if backend == "llvm":
            code = module("llvm.gathered_rows", "llvm", "llvmlite", "numpy")
        for part in plan.parts:
            count = part.rows.size
            place = located.place[first : first + count].reshape(part.rows.shape)
            target = np.arange(first, first + count).reshape(part.rows.shape) if plan.adds else place
            first += count
            rows = [row for row, _, _ in part.program.instructions]
            long = len(rows) > LONG and len(part.leaves) < FEW and not plan.adds
            if backend != "llvm" or long or any(row.payload is not None for row in rows):
                self.loose.append((BACKENDS[backend](part.program, fastmath), part, target))
            else:
                native.append(
                    code.Rows(
                        part.program.lowered(is_written_inline),
                        len(part.leaves),
                        [code.row_places(column) for column in part.leaves.T],
                        list(part.constants.T),
                        [code.row_places(column) for column in target.T],
                    )
                )
        scratch = first
        if native:
            as_int32 = [x.astype(np.int32) for x in (located.terms, located.starts)]
            sums = code.Sums(*as_int32, scratch) if plan.adds else None
            self.rows = code.GatheredRows(native, sums, fastmath)
        self.scratch = scratch

    def __call__(self, x: Numbers) -> Numbers:
        values = np.empty(self.located.nnz)
        if self.rows is not None:
            self.rows(x, values)
        if self.loose:
            out = np.empty(self.scratch) if self.adds else values
            for code, part, target in self.loose:
                arguments = [
                    a.reshape(-1) if len(a) == 1 else a for a in (x[part.leaves], part.constants) if a.shape[1]
                ]
                (found,) = code(arguments, len(part.leaves))
                out[target] = np.array(found, dtype=np.float64).reshape(target.shape)
            if self.adds:
                terms, starts = self.located.terms, self.located.starts
                values[:] = out[terms[starts[:-1]]]
                for k in range(1, int(np.diff(starts).max(initial=0))):
                    more = np.flatnonzero(np.diff(starts) > k)
                    values[more] += out[terms[starts[more] + k]]
        return values
