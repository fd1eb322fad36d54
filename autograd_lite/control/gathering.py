"""Elements by a computed index: NumPy's `take`, for lists and arrays of numbers and Values.

NumPy cannot index an array by a Value.  In a traced function the element is chosen among all of them, so the cost grows
with their number; nothing flows into those that are not taken.
"""

from collections.abc import Sequence
from typing import Any

from autograd_lite.control.array_places import column_of
from autograd_lite.control.gather_nodes import gather
from autograd_lite.core.primitives import number
from autograd_lite.core.value import Value
from autograd_lite.program.gathers import Gather
from autograd_lite.transforms.levels import node_apart
from autograd_lite.trees import flatten, flatten_numbers, is_array, summary
from autograd_lite.trees.array_leaves import array_of
from autograd_lite.trees.pytree import leaves_like


def take(x: Any, indices: Any, axis: int = 0) -> Any:
    """x[indices] along an axis, as `numpy.take` and `jax.numpy.take`.

    `x` is a list or an array of numbers and Values, nested as deep as one likes; `indices` is a whole number, a Value
    that is one, or a list or an array of them, whose shape then takes the place of that axis.  Negative indices count
    from the end.  The gradient flows to the elements taken, and adds up where one is taken several times; nothing flows
    to the index.  An axis other than 0 needs an array.

    Raises IndexError where an index is out of bounds; in a compiled function the result is nan there.  Raises TypeError
    where an index is no whole number.

    >>> take([10.0, 20.0, 30.0], [2, 0, 2])
    [30.0, 10.0, 30.0]
    >>> from autograd_lite import compile, grad
    >>> compile(grad(lambda x, i: take(x, i) ** 2.0), backend="python")([1.0, 2.0, 3.0], 1)
    [0.0, 4.0, 0.0]
    """
    if is_array(x) and x.ndim:
        if axis % x.ndim:
            return moved(x, indices, axis % x.ndim)
    elif axis:
        raise TypeError(f"take along axis {axis} needs an array, but got {summary(x)}; pass numpy.array(x)")
    if not isinstance(x, (list, tuple)) and not (is_array(x) and x.ndim):
        raise TypeError(f"take reads a list or an array, but got {summary(x)}; pass the elements in a list")
    if isinstance(indices, (list, tuple)):
        found = [take(x, i) for i in indices]
        return gathered(found, (len(found),)) if is_array(x) else found
    if is_array(indices) and indices.ndim:
        found = [element(x, i) for i in indices.ravel().tolist()]
        return gathered(found, indices.shape)
    return element(x, indices)


def moved(x: Any, indices: Any, axis: int) -> Any:
    """Along another axis: that one comes first, and goes back where it was."""
    import numpy

    found = take(numpy.moveaxis(x, axis, 0), indices)
    count = numpy.ndim(found) - x.ndim + 1
    return numpy.moveaxis(found, range(count), range(axis, axis + count)) if count else found


def gathered(found: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Elements of an array in the shape of their indices."""
    inner = found[0].shape if found and is_array(found[0]) else ()
    leaves = [y for part in found for y in (part.ravel().tolist() if is_array(part) else [part])]
    return array_of(leaves, shape + inner)


def element(x: Any, index: Any) -> Any:
    """x[index] for one index."""
    count = len(x)
    if isinstance(index, Value) and index.is_traced:
        return chosen(x, index, count)
    i = index.data if isinstance(index, Value) else number(index)
    if i is None or i != int(i):
        raise TypeError(f"take has whole numbers as indices, but got {index!r}; round it before, or pass an int")
    if not -count <= i < count:
        raise IndexError(f"take has index {int(i)}, but there are {count} elements; pass one from 0 to {count - 1}")
    return as_nodes(x[int(i)])


def as_nodes(x: Any) -> Any:
    """An element with a node of its own for each Value: its adjoint is added up apart, as in compiled code."""
    if isinstance(x, Value):
        return node_apart(x)
    leaves, treedef = flatten(x, "element of take")
    return treedef.unflatten([node_apart(y) if isinstance(y, Value) else y for y in leaves]) if leaves else x


def chosen(x: Any, index: Value, count: int) -> Any:
    """The element of a traced index: numbers of an array of all elements."""
    if not count:
        raise IndexError("take reads from nothing: there are no elements; pass one or more")
    first, structure = flatten_numbers(x[0], "element of take")
    width = len(first)
    leaves = [leaf for k in range(count) for leaf in leaves_like(x[k], structure, f"element {k} of take")]
    array, offset, stride = column_of(leaves)
    places = [Gather(offset + j * stride, width * stride, count) for j in range(width)]
    return structure.unflatten([gather(array, index, place) for place in places])
