"""Where numbers of a traced function are in arrays: an argument, what a transform differentiates in, what a loop gives.

Above `gather_nodes`.  Numbers that are in a row in an array need no array of their own.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.control.array_nodes import Column, Item, Whole, node_of
from autograd_lite.control.gather_nodes import gathered, stack
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.graph import Node, operands_of
from autograd_lite.core.value import Value
from autograd_lite.program import gathers
from autograd_lite.program.abstract_arguments import Span
from autograd_lite.transforms.batching import ArgumentPart
from autograd_lite.transforms.levels import Scalar, is_mapped
from autograd_lite.trees import PyTreeDef, flatten, is_array

SHORT = 64
"""Numbers up to which an array is made of them, wherever they came in."""


def column_of(numbers: Sequence[Scalar]) -> Column:
    """A column that holds these numbers: of the array that they came in, or of a new one.

    Those that are in one array in another order are gathered from it.  A few numbers are an array of their own, so that
    what arrives at them is added up in the order that it has without arrays.
    """
    found = places_in(numbers) if len(numbers) > SHORT else None
    if found is None:
        return Column(stack(numbers), 0, 1)
    return column_at(*found)


def column_at(array: Node, places: Sequence[int]) -> Column:
    """A column of the numbers at these places of an array: of itself, or gathered from it."""
    stride = places[1] - places[0] if len(places) > 1 else 1
    if stride and list(places) == list(range(places[0], places[0] + stride * len(places), stride)):
        return Column(array, places[0], stride)
    least = min(places)
    indices = Column(stack([float(place - least) for place in places]), 0, 1)
    return Column(
        gathered(array, indices, len(places), gathers.Gather(least, 1, max(places) + 1 - least), view=True), 0, 1
    )


def places_in(numbers: Sequence[Scalar]) -> tuple[Node, list[int]] | None:
    """The array that all of these numbers are in, and their places there."""
    first = numbers[0] if numbers else 0.0
    if not isinstance(first, Value):
        return None
    if isinstance(first._row.payload, Item):
        (array,) = operands_of(first)
        places: list[int] = []
        for x in numbers:
            payload: Any = x._row.payload if isinstance(x, Value) else None
            if not isinstance(payload, Item) or operands_of(x)[0] is not array:  # type: ignore[arg-type]
                return None
            places.append(payload.offset)
        return array, places
    trace = TRACE.get()
    start = trace.place_of(first)
    if start is None:
        return None
    known, k = trace.places, start[0]
    places = [place[1] for x in numbers if (place := known.get(x)) is not None and place[0] == k]
    return (trace.stack(k, stack), places) if len(places) == len(numbers) else None


def columns_of(part: ArgumentPart, n: int, name: str) -> tuple[list[Column], Callable[[list[Value]], Any]]:
    """The columns of a part of what is looped over, and how one of its samples is built of their elements."""
    content, axis = part
    if axis is None:
        return [], lambda _: content
    span: Span | None = TRACE.get().find(content) if axis == 0 else None
    if span is not None and not is_mapped():
        row = span._replace(node=span.node.inner(0))
        width = row.node.leaves
        array = TRACE.get().whole(span.piece, lambda: node_of(Whole(span.piece), []))
        return [Column(array, span.start + j, width) for j in range(width)], row.build
    first, structure = flatten(part.sample(0), f"xs of {name}")
    if is_array(content):  # all samples have one structure
        import numpy

        leaves = numpy.moveaxis(content, axis, 0).ravel().tolist()
        return [column_of(leaves[j :: len(first)]) for j in range(len(first))], structure.unflatten
    rows = [first, *[leaves_in(part.sample(t), structure, name, t) for t in range(1, n)]]
    return [column_of(column) for column in zip(*rows, strict=True)], structure.unflatten


def leaves_in(x: Any, structure: PyTreeDef, name: str, t: int) -> list[Scalar]:
    if isinstance(x, Value) and structure.num_leaves == len(structure.nodes) == 1:
        return [x]
    leaves, found = flatten(x, f"xs of {name}")
    if found != structure:
        raise ValueError(
            f"xs of {name} hold {structure!r} for step 0 and {found!r} for step {t}; give all steps one structure"
        )
    return leaves
