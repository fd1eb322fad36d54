"""What rules of any number of operands do with all of them: with a list of numbers or Values, or with an array.

An array is whatever has the methods `each` and `folded`, as `control.array_operands.Elements`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import float_values
from autograd_lite.core.table.arithmetic import add


def for_each(f: Callable[..., Any], *xs: Any) -> Any:
    """f of the elements of sequences, one after the other."""
    if isinstance(xs[0], (list, tuple)):
        return [f(*x) for x in zip(*xs, strict=True)]
    return xs[0].each(f, *xs[1:])


def folded(f: Callable[..., tuple[Any, ...]], start: tuple[Any, ...], *xs: Any) -> tuple[Any, ...]:
    """f(*state, *elements), which is the next state, from the first elements to the last."""
    if not isinstance(xs[0], (list, tuple)):
        return xs[0].folded(f, start, *xs[1:])  # type: ignore[no-any-return]
    state = start
    for x in zip(*xs, strict=True):
        state = f(*state, *x)
    return state


def left_to_right(row: Primitive, xs: Any) -> Any:
    """A row of all elements, which adds up or compares them from left to right."""
    return row(xs) if isinstance(xs, (list, tuple)) else xs.reduced(row.fold)


def with_first(x: Any, xs: Any) -> Any:
    """The elements with x in the place of the first."""
    return [x, *xs[1:]] if isinstance(xs, (list, tuple)) else xs.with_first(x)


def sums_of_others(terms: Sequence[Any]) -> Any:
    """The sum of all others, for each term, as in `float_values`."""
    if isinstance(terms, (list, tuple)):
        return float_values.sums_of_others(terms)
    return terms.of_others(add, -0.0)  # type: ignore[attr-defined]
