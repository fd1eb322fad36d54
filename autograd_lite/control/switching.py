"""A choice between several functions, over pytrees; JAX's `lax.switch`.

Above `loops`.  While a program is traced all branches are computed; nothing computed in one that is not taken reaches a
value or a derivative.
"""

from collections.abc import Callable, Sequence
from math import isfinite, nan
from typing import Any

from autograd_lite.core import table
from autograd_lite.core.operands import number
from autograd_lite.core.value import Value
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.signatures import checked_function
from autograd_lite.trees import flatten
from autograd_lite.trees.array_leaves import of_no_dimensions
from autograd_lite.trees.pytree import leaves_like


def switch(index: Scalar, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """branches[index](*operands), with an index below 0 taken as the first and one too large as the last.

    Nothing flows back to the index.  All branches return pytrees of one structure where the index is a value of a
    traced function; else only the chosen one is called.  Raises ValueError where there is no branch, TypeError where
    the index is no whole number.

    >>> switch(1, [lambda x: x, lambda x: x * x, lambda x: -x], 3.0)
    9.0
    """
    if callable(branches):
        raise TypeError(f"switch chooses from a list of functions, but got {branches!r}; pass them in a list")
    for branch in branches:
        checked_function("switch", branch)
    if not branches:
        raise ValueError("switch has no branches to choose from; pass one or more functions")
    index = of_no_dimensions(index)
    if isinstance(index, Value) and index.truth() is None:
        return branch_of(index, branches, 0, operands)
    x = index.data if isinstance(index, Value) else number(index)
    if x is None or not isfinite(x) or x != int(x):
        raise TypeError(f"the index of switch is a whole number, but got {index!r}; pass an int, or round it before")
    found = branches[max(0, min(int(x), len(branches) - 1))](*operands)
    if not isinstance(index, Value):
        return found
    return selected(index, found, None) if x else selected(index, None, found)


def branch_of(index: Value, branches: Sequence[Callable[..., Any]], first: int, operands: Sequence[Any]) -> Any:
    """The result of the branch with that index, of branches that are counted from `first` on.

    By halves, so that choices are nested as deep as a binary number is long.
    """
    if len(branches) == 1:
        return branches[0](*operands)
    half = len(branches) // 2
    low = branch_of(index, branches[:half], first, operands)
    high = branch_of(index, branches[half:], first + half, operands)
    return selected(table.less(index, float(first + half)), low, high, f"branch {first} of switch")


def selected(condition: Scalar, a: Any, b: Any, what: str = "the first branch") -> Any:
    """a where the condition holds, else b: two pytrees of one structure, None where that was not computed.

    Raises ValueError where the structures differ, naming the place.
    """
    if a is None or b is None:
        leaves, structure = flatten(b if a is None else a, "result of a branch")
        pairs = [(nan, x) if a is None else (x, nan) for x in leaves]
    else:
        others, structure = flatten(b, "result of a branch")
        pairs = list(zip(leaves_like(a, structure, f"result of {what}"), others, strict=True))
    return structure.unflatten([table.cond(condition, x, y) for x, y in pairs])
