"""Elements by a computed index: NumPy's `take`, for lists and arrays of numbers and Values.

NumPy cannot index an array by a Value.  In a traced function an element at a computed index is one load (see
`gather_nodes`),
and so are the elements at many indices.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any

from autograd_lite.control.array_nodes import Column, item
from autograd_lite.control.array_places import column_of
from autograd_lite.control.gather_nodes import gather, gathered
from autograd_lite.core.abstract.tracers import is_tracing
from autograd_lite.core.operands import number
from autograd_lite.core.value import Value
from autograd_lite.program.gathers import Gather
from autograd_lite.transforms.batching import WRITTEN_OUT
from autograd_lite.transforms.levels import node_apart
from autograd_lite.trees import PyTreeDef, flatten, flatten_numbers, is_array, summary
from autograd_lite.trees.array_leaves import array_of, of_no_dimensions
from autograd_lite.trees.pytree import leaves_like


def take(x: Any, indices: Any, axis: int = 0) -> Any:
    """x[indices] along an axis, as `numpy.take` and `jax.numpy.take`.

    `x` is a list or an array of numbers and Values, nested as deep as one likes; `indices` is a whole number, a Value
    that is one, or a list or an array of them, whose shape then takes the place of that axis.  Negative indices count
    from the end.  The gradient flows to the elements taken, and adds up where one is taken several times; nothing flows
    to the index.  An axis other than 0 needs an array.  Elements that are Values get nodes of their own.

    Raises IndexError where an index is out of bounds; in a compiled function the result is nan there.  Raises TypeError
    where an index is no whole number.

    >>> take([10.0, 20.0, 30.0], [2, 0, 2])
    [30.0, 10.0, 30.0]
    >>> from autograd_lite import compile, grad
    >>> compile(grad(lambda x, i: take(x, i) ** 2.0), backend="python")([1.0, 2.0, 3.0], 1)
    [0.0, 4.0, 0.0]
    """
    if is_array(x) and x.ndim:
        if not -x.ndim <= axis < x.ndim:
            raise ValueError(
                f"take along axis {axis} of an array of shape {x.shape}, which has none; choose one it has"
            )
        if axis % x.ndim:
            return take_along(x, indices, axis % x.ndim)
    elif axis:
        raise TypeError(f"take along axis {axis} needs an array, but got {summary(x)}; pass numpy.array(x)")
    if not isinstance(x, (list, tuple)) and not (is_array(x) and x.ndim):
        raise TypeError(f"take reads a list or an array, but got {summary(x)}; pass the elements in a list")
    if is_tracing() and (many := many_indices(indices)):
        rows = all_at_once(x, many)
        return gathered_rows(rows, indices.shape if is_array(indices) else None, is_array(x))
    if isinstance(indices, (list, tuple)):
        found = [take(x, i) for i in indices]
        return gathered_in(found, (len(found),)) if is_array(x) else found
    if is_array(indices) and indices.ndim:
        found = [element(x, i) for i in indices.ravel().tolist()]
        return gathered_in(found, indices.shape)
    return element(x, indices)


def many_indices(indices: Any) -> list[Any]:
    """Indices as a flat list, if they are so many that an element is no instruction of its own."""
    if is_array(indices):
        return indices.ravel().tolist() if indices.size > WRITTEN_OUT else []
    flat = isinstance(indices, (list, tuple)) and not any(isinstance(i, (list, tuple)) or is_array(i) for i in indices)
    return list(indices) if flat and len(indices) > WRITTEN_OUT else []


def all_at_once(x: Any, indices: list[Any]) -> list[Any]:
    """The elements at many indices, as numbers of arrays that are gathered."""
    first, structure, array = in_array(x)
    numbers = [i if isinstance(i, Value) else float(checked_index(i, len(x))) for i in indices]
    places, n = column_of(numbers), len(indices)
    found = [gathered(array.array, places, n, place) for place in places_of_rows(array, len(first), len(x))]
    return [structure.unflatten([item(column, t) for column in found]) for t in range(n)]


def gathered_rows(rows: list[Any], shape: tuple[int, ...] | None, is_in_array: bool) -> Any:
    """Elements in the shape of their indices, None for a list."""
    if shape is None:
        return gathered_in(rows, (len(rows),)) if is_in_array else rows
    return gathered_in(rows, shape)


def take_along(x: Any, indices: Any, axis: int) -> Any:
    """Along another axis: that one comes first, and goes back where it was."""
    import numpy

    found = take(numpy.moveaxis(x, axis, 0), indices)
    count = numpy.ndim(found) - x.ndim + 1
    return numpy.moveaxis(found, range(count), range(axis, axis + count)) if count else found


def gathered_in(found: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Elements of an array in the shape of their indices."""
    inner = found[0].shape if found and is_array(found[0]) else ()
    leaves = [y for part in found for y in (part.ravel().tolist() if is_array(part) else [part])]
    return array_of(leaves, shape + inner)


def element(x: Any, index: Any) -> Any:
    """x[index] for one index."""
    count, index = len(x), of_no_dimensions(index)
    if not count:
        raise IndexError("take reads from nothing: there are no elements; pass one or more")
    if isinstance(index, Value) and index.truth() is None:
        return element_at(x, index, count)
    return as_nodes(x[checked_index(index, count)])


def checked_index(index: Any, count: int) -> int:
    i = index.data if isinstance(index, Value) else number(index)
    if i is None or not isfinite(i) or i != int(i):
        raise TypeError(f"take has whole numbers as indices, but got {index!r}; round it before, or pass an int")
    if not -count <= i < count:
        raise IndexError(f"take has index {int(i)}, but there are {count} elements; pass one from 0 to {count - 1}")
    return int(i)


def as_nodes(x: Any) -> Any:
    """An element with a node of its own for each Value: its adjoint is added up apart, as in compiled code."""
    if isinstance(x, Value):
        return node_apart(x)
    leaves, treedef = flatten(x, "element of take")
    return treedef.unflatten([node_apart(y) if isinstance(y, Value) else y for y in leaves]) if leaves else x


def element_at(x: Any, index: Value, count: int) -> Any:
    """The element of a traced index: numbers of an array of all elements."""
    first, structure, column = in_array(x)
    places = places_of_rows(column, len(first), count)
    return structure.unflatten([gather(column.array, index, place) for place in places])


def in_array(x: Any) -> tuple[list[Any], PyTreeDef, Column]:
    """The first element, the structure of all elements, and where their numbers are."""
    first, structure = flatten_numbers(x[0], "element of take")
    if is_array(x):
        return first, structure, column_of(x.ravel().tolist())
    rows = [leaves_like(row, structure, f"element {k} of take") for k, row in enumerate(x)]
    return first, structure, column_of([leaf for row in rows for leaf in row])


def places_of_rows(column: Column, width: int, count: int) -> list[Gather]:
    """The places of each number of a row, by the index of the row."""
    _, offset, stride = column
    return [Gather(offset + j * stride, width * stride, count) for j in range(width)]
