"""Recording: a row of the table applied to nodes gives a node that knows its operands, and its partial in each.

Above `graph`.  `record` serves every row; the four operators in `value` know their partials and call `binary`.
"""

import math
from typing import Final

from mypy_extensions import i64

from autograd_lite.core import table
from autograd_lite.core.fast.pool import new_node, number_node
from autograd_lite.core.fast.vectors import dot_with_partials

from autograd_lite.core.graph import (  # isort: skip
    CHOSEN, COMMON, CONSTANT, DETACHED, INHERITED, NUMERIC, ORDERED, STATE, STOPPED, TRACED, Node, connect,
)  # fmt: skip
from autograd_lite.core.abstract.tracers import is_tracing, traced_partials
from autograd_lite.core.contexts.modes import PAUSED, TRACE, WATCH
from autograd_lite.core.primitives import Primitive

DOT: Final = table.dot


def records_nothing() -> bool:
    """Whether no_grad is on in this thread; while a program is traced, it is recorded all the same."""
    return PAUSED.get() and not is_tracing()


def observe(result: Node) -> None:
    """Look at a result that was recorded while something is paused or watched in some thread."""
    if PAUSED.get():
        result._flags |= CONSTANT | STOPPED
    watch = WATCH.get()
    if watch is not None:
        watch.saw(result)


def detached(x: float, flags: i64 = 0) -> Node:
    """A number out of its graph: a constant wherever it is used.  `flags` are those that all operands have."""
    result = new_node()
    result._row = DETACHED
    result._data = x
    result._flags |= CONSTANT | (flags & NUMERIC)
    return result


def binary(row: Primitive, data: float, left: Node, right: Node | None, dleft: float, dright: float) -> Node:
    """The result of one operand or two, and the partials in them."""
    if STATE.paused and records_nothing():
        return detached(data, left._flags if right is None else left._flags & right._flags)
    flags: i64 = left._flags
    if right is None:
        flags &= INHERITED | COMMON
    else:
        flags = ((flags | right._flags) & INHERITED) | (flags & right._flags & COMMON)
    result = new_node()
    result._row = row
    result._data = data
    result._left = left
    result._right = right
    result._dleft = dleft
    result._dright = dright
    result._flags |= flags
    if STATE.paused:
        observe(result)
    return result


def many(row: Primitive, data: float, operands: tuple[Node, ...], partials: list[float | None]) -> Node:
    """The result of any number of operands; a partial is None where nothing flows."""
    either: i64 = 0
    if row.lazy:
        either = CHOSEN | ORDERED
        partials = [p or None for p in partials]
    both: i64 = COMMON
    for x in operands:
        either |= x._flags
        both &= x._flags
    if STATE.paused and records_nothing():
        return detached(data, both)
    result = new_node()
    result._row = row
    result._data = data
    result._flags |= (either & INHERITED) | both  # beside the time of making
    connect(result, operands, partials)
    if STATE.paused:
        observe(result)
    return result


def as_node(row: Primitive, x: object) -> Node:
    """An operand as a node: a number becomes a constant, which drawings and programs show."""
    return x if isinstance(x, Node) else number_node(row.as_number(x), CONSTANT)


def recorded_partials(row: Primitive, data: float, floats: list[float], nodes: tuple[Node, ...]) -> list[float | None]:
    """The partials of a row in its operands; those in constants are never computed where each has a rule."""
    if isinstance(row.partials, tuple):
        return [None if x._flags & CONSTANT else row.partial(i, data, floats) for i, x in enumerate(nodes)]
    partials = row.all_partials(data, floats)
    for i in range(len(nodes)):
        if nodes[i]._flags & CONSTANT:
            partials[i] = None
    return partials


def record(row: Primitive, operands: tuple[object, ...]) -> Node:
    """Compute a row on nodes and numbers, with its partials in all operands that are not constants."""
    if row.plain and len(operands) == 1:
        x = operands[0]
        if isinstance(x, Node) and not x._flags & TRACED:
            out = row.evaluate_one(x._data)
            return binary(row, out, x, None, 0.0 if x._flags & CONSTANT else row.partial_of_one(out, x._data), 0.0)
    flags: i64 = 0
    for x in operands:
        if not isinstance(x, Node):
            return record(row, tuple([as_node(row, y) for y in operands]))
        flags |= x._flags
    nodes: tuple[Node, ...] = operands  # type: ignore[assignment]
    if flags & TRACED:
        if row.traced is not None:
            row.traced(nodes)
        trace = TRACE.get() if row.takes_arrays else None
        found: Node | None = None if trace is None else trace.row(row, nodes)
        if found is not None:
            return found
        return many(row, math.nan, nodes, traced_partials(row, nodes))
    if row is DOT:
        data, partials = dot_with_partials(nodes)
        return many(row, data, nodes, partials)
    floats = [x._data for x in nodes]
    data = row.evaluate(floats)
    return many(row, data, nodes, recorded_partials(row, data, floats, nodes))
