"""A `vmap` in a traced function as a loop without a carry, whose steps are the samples: one instruction for all.

Above `loop_nodes`.  It is what a `vmap` becomes that is no batch of the compiled function.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from autograd_lite.control.array_nodes import Column, Entry, Scattered, item
from autograd_lite.control.array_places import columns_of
from autograd_lite.control.gather_nodes import scatter, stack
from autograd_lite.control.loop_nodes import loop_node
from autograd_lite.control.step_graphs import Inside, Step
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.fast.clock import time_now
from autograd_lite.core.graph import BATCHED, ORDERED
from autograd_lite.core.value import Value, traced
from autograd_lite.program.tracing import Trace
from autograd_lite.transforms.batching import ArgumentPart, Parts
from autograd_lite.transforms.levels import Draws, Scalar, drawn_number, is_differentiable, is_mapped, put_in_order
from autograd_lite.trees import PyTreeDef, flatten, flatten_numbers, is_array, summary
from autograd_lite.trees.array_leaves import array_of


def mapped_numbers(
    f: Callable[..., Any], arguments: Sequence[Parts], n: int, name: str, reduce: str | None
) -> tuple[list[list[Scalar]], PyTreeDef]:
    """The numbers of the result of each sample, or with "sum" a row of their sums; and the structure of a result."""
    columns: list[Column] = []
    xs: list[Value] = []
    flags = BATCHED if is_mapped() else 0

    def sample(part: ArgumentPart) -> Any:
        found, build = columns_of(part, n, name)
        leaves = [traced(flags | (ORDERED if found and is_moved(part) else 0)) for _ in found]
        columns.extend(found)
        xs.extend(leaves)
        return build(leaves)

    given = [x.passed().map(sample) for x in arguments]
    inside, draws, start = Inside(), Draws(), time_now()
    with draws:
        out, structure = flatten_numbers(f(*given), "result of a mapped function")
    for y in out:
        put_in_order(y, start)
    drawn = [[drawn_number(source) for _, source in draws.drawn] for _ in range(n if draws.drawn else 0)]
    for (leaf, _), numbers in zip(draws.drawn, zip(*drawn, strict=True), strict=True):
        xs.append(leaf)
        columns.append(Column(stack(numbers), 0, 1))
    TRACE.get().steps.update(xs)
    numbers_out = [y if isinstance(y, Value) else float(y) for y in out]
    node = loop_node(Step([], [*xs], [], numbers_out), [], n, False, columns, inside)
    places = [node._row.payload.y_column(node, j) for j in range(len(out))]
    if reduce != "sum":
        return [[item(node, column.offset + t * column.stride) for column in places] for t in range(n)], structure
    entries = [Entry(column, None, k, 0, 1) for k, column in enumerate(places)]
    sums = scatter(len(out), [Scattered(n, False, entries)])
    return [[item(sums, k) for k in range(len(out))]], structure


def structure_without_samples(f: Callable[..., Any], arguments: Sequence[Parts]) -> PyTreeDef | None:
    """The structure of what f would return of a sample where there is none, None where nobody can know.

    f runs on values without numbers, which are thrown away.
    """

    def sample(part: ArgumentPart) -> Any:
        x, axis = part
        if axis is None:
            return x
        if not is_array(x):
            raise TypeError(f"{summary(x)} has no items; pass an array, which has a shape")
        shape = x.shape[: axis % x.ndim] + x.shape[axis % x.ndim + 1 :]
        return array_of([traced(0) for _ in range(prod(shape))], shape) if shape else traced(0)

    try:
        with Trace(lambda x: None):
            return flatten(f(*[x.passed().map(sample) for x in arguments]), "result of a mapped function")[1]
    except (TypeError, ValueError, IndexError):  # f does with numbers what a value without one cannot do
        return None


def is_moved(part: ArgumentPart) -> bool:
    """Whether a gradient may be asked for of any sample: of none that are a part of an argument."""
    if TRACE.get().find(part.content) is not None:
        return False
    return any(isinstance(x, Value) and is_differentiable(x) for x in flatten(part.content)[0])
