"""Compiled functions of arrays beside the functions: whether the bits are the same, and how much the program holds."""

import numpy as np

from autograd_lite import compile


def flat(x):
    """The numbers of a result, all nans as one."""
    if isinstance(x, (tuple, list)):
        return np.concatenate([flat(y) for y in x])
    found = np.ravel(np.asarray(x, dtype=float))
    return np.where(np.isnan(found), np.nan, found)


def same(f, *args, backend="llvm"):
    """Whether the compiled function has the bits of the function."""
    found, expected = flat(compile(f, backend=backend)(*args)), flat(f(*args))
    return np.array_equal(found.view(np.int64), expected.view(np.int64))


def instructions(f, *args):
    """How many instructions there are beside the numbers of arrays."""
    return sum(row.name not in ("item", "constant") for row, _, _ in compile(f).trace(*args).instructions)
