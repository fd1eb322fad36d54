"""Copies and pickles of nodes, of any depth: a graph is written down flat, so nothing recurses.

Between `graph` and `value`.  In a deep copy all sharing stays; in a pickle what one graph shares stays, and
so do leaves that several pickled graphs share.
"""

from typing import Any

from autograd_lite.core.graph import ASSIGNED, BITS, Extra, Node, born, operands_of, partials_of, stamp
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.reverse import topological_order

Record = tuple[Primitive, float, float, int, str, tuple[int, ...], list[float | None]]


def clone(x: Node, operands: tuple[Node, ...]) -> Node:
    """A node of the same content, and of the same time, over other operands."""
    result = filled(x.blank(), record_of(x, ()), operands)
    result._flags = x._flags
    return result


def deep_copy(root: Node, memo: dict[int, Any]) -> Node:
    for x in topological_order([root], everything=True):
        if id(x) not in memo:
            memo[id(x)] = clone(x, tuple([memo[id(y)] for y in operands_of(x)]))
    return memo[id(root)]  # type: ignore[no-any-return]


def record_of(x: Node, places: tuple[int, ...]) -> Record:
    label = "" if x._extra is None else x._extra.label
    return x._row, x._data, x._grad, x._flags & BITS & ~ASSIGNED, label, places, partials_of(x)


def filled(x: Node, record: Record, operands: tuple[Node, ...]) -> Node:
    """A blank node, filled with what the record says."""
    x._row, x._data, x._grad, flags, label, _, partials = record
    x._flags |= flags
    if operands and x._row.plain and len(operands) <= 2:
        x._left = operands[0]
        x._dleft = recorded(partials[0])
        if len(operands) == 2:
            x._right = operands[1]
            x._dright = recorded(partials[1])
        operands = ()
    if label or operands:
        extra = Extra()
        extra.label = label
        if operands:
            extra.operands = operands
            extra.partials = list(partials)
        x._extra = extra
    return x


def recorded(partial: float | None) -> float:
    """A partial as a node keeps it: 0 where nothing flows."""
    return 0.0 if partial is None else partial


def reduced(root: Node) -> tuple[object, ...]:
    """What pickle keeps: a leaf by itself, or a graph as its leaves and a record for every other node."""
    if not operands_of(root):
        return loaded_leaf, (type(root), record_of(root, ()))
    order = topological_order([root], everything=True)
    leaves = [x for x in order if not operands_of(x)]
    index: dict[Node, int] = {x: i for i, x in enumerate(leaves)}
    records: list[Record] = []
    for x in order:
        operands = operands_of(x)
        if operands:
            index[x] = len(leaves) + len(records)
            records.append(record_of(x, tuple([index[y] for y in operands])))
    return loaded, (leaves, records, sorted({index[x] for x in assigned_later(order)}))


def assigned_later(order: list[Node]) -> list[Node]:
    """The nodes of a graph to which data was assigned after something was computed from them, or that were computed."""
    found: list[Node] = []
    for node in order:
        operands = operands_of(node)
        if operands and node._flags & ASSIGNED:
            found.append(node)
        for x in operands:
            if born(x) > born(node):  # no operand is younger but by an assignment
                found.append(x)
    return found


def loaded_leaf(kind: Any, record: Record) -> Any:
    return filled(kind(record[1]), record, ())


def loaded(leaves: list[Any], records: list[Record], assigned: list[int]) -> Any:
    """The last node of a graph that was written down."""
    nodes = list(leaves)
    for record in records:
        nodes.append(filled(leaves[0].blank(), record, tuple([nodes[i] for i in record[5]])))
    for i in assigned:
        stamp(nodes[i])
    return nodes[-1]
