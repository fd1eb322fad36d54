"""Entries as matrices: in the formats of `scipy.sparse`, as an array, or as rows, columns and values."""

from __future__ import annotations

import copy
import os
from functools import cache
from typing import Any

import numpy as np

from autograd_lite.sparse.patterns import SparsityPattern
from autograd_lite.support.extras import required

FORMATS = ("csr", "csc", "coo", "array", "triplets")

UNKNOWN = 16 * 2**30
"""The memory that a machine is taken to have where it does not tell."""


class Maker:
    """Makes matrices of one pattern out of the values of its entries, given row by row."""

    def __init__(self, pattern: SparsityPattern, format: str, name: str) -> None:
        self.pattern, self.format = pattern, format
        self.by_columns: Any = None
        self.template: Any = None
        if format in ("csr", "csc", "coo"):
            scipy = required("scipy.sparse", name, "sparse")
            places = (pattern.rows, pattern.columns)
            coo = scipy.coo_array((np.arange(pattern.nnz), places), shape=pattern.shape)
            found = coo.asformat(format)
            if format == "csc":
                self.by_columns = found.data
            self.template = scipy.coo_array((np.zeros(pattern.nnz), places), shape=pattern.shape).asformat(format)
            self.template.has_canonical_format = True

    def __call__(self, values: Any) -> Any:
        """The matrix, which shares nothing with the others: users change matrices in place."""
        if self.template is None:
            if self.format == "triplets":
                return self.pattern.rows, self.pattern.columns, values
            dense = np.zeros(self.pattern.shape)
            dense[self.pattern.rows, self.pattern.columns] = values
            return dense
        made = copy.copy(self.template)
        made.data = values if self.by_columns is None else values[self.by_columns]
        if self.format == "coo":
            made.coords = tuple([x.copy() for x in made.coords])
        else:
            made.indices, made.indptr = made.indices.copy(), made.indptr.copy()
        return made


@cache
def memory() -> int:
    """The bytes of memory of this machine."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # not on Windows
        return UNKNOWN


def check_memory(needed: float, what: str, instead: str) -> None:
    """Raise MemoryError, before anything is computed, where this machine has not the memory."""
    if needed > memory():
        sizes = f"about {needed / 2**30:,.1f} GiB, and this machine has {memory() / 2**30:,.1f}"
        raise MemoryError(f"{what} would need {sizes}; {instead}")
