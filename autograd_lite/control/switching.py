"""A choice between several functions, over pytrees; JAX's `lax.switch`.

Above `loops`.  While a program is traced all branches are computed; nothing computed in one that is not taken reaches a
value or a derivative.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core import table
from autograd_lite.core.primitives import number
from autograd_lite.core.value import Value
from autograd_lite.transforms.levels import Scalar
from autograd_lite.trees import flatten
from autograd_lite.trees.pytree import leaves_like


def switch(index: Scalar, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """branches[index](*operands), with an index below 0 taken as the first and one too large as the last.

    Nothing flows back to the index.  All branches return pytrees of one structure where the index is a value of a
    traced function; else only the chosen one is called.  Raises ValueError where there is no branch, TypeError where
    the index is no whole number.

    >>> switch(1, [lambda x: x, lambda x: x * x, lambda x: -x], 3.0)
    9.0
    """
    if not branches:
        raise ValueError("switch has no branches to choose from; pass one or more functions")
    if isinstance(index, Value) and index.is_traced:
        found, structure = flatten(branches[-1](*operands), "result of a branch of switch")
        for k in reversed(range(len(branches) - 1)):
            other = leaves_like(branches[k](*operands), structure, f"result of branch {k} of switch")
            taken = table.less(index, k + 1.0)
            found = [table.cond(taken, a, b) for a, b in zip(other, found, strict=True)]
        return structure.unflatten(found)
    x = index.data if isinstance(index, Value) else number(index)
    if x is None or x != int(x):
        raise TypeError(f"the index of switch is a whole number, but got {index!r}; pass an int, or round it before")
    return branches[max(0, min(int(x), len(branches) - 1))](*operands)
