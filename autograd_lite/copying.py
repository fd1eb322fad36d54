"""Pickles of Values, of any depth: a graph is written down flat, its leaves as objects of their own.

Above `value`; importing it teaches `pickle` and `copy.copy` what to do.  Leaves that two pickled graphs share
stay shared; so do nodes inside one graph.
"""

import copyreg

from autograd_lite.graph import Node, operands_of, partials_of, topological_order
from autograd_lite.rows import Primitive
from autograd_lite.value import Value, rebuilt

Record = tuple[Primitive, float, float, int, str, tuple[int, ...], list[float | None]]


def reduce_value(root: Value) -> tuple[object, ...]:
    if not root.parents:
        return (unpickle_leaf, (root.row, root.data, root.grad, root._flags, root.label))
    return (unpickle, pickled(root))


def pickled(root: Node) -> tuple[list[Value], list[Record]]:
    """A graph without nesting, so that pickle needs no recursion: its leaves, then a record per node."""
    leaves: list[Value] = []
    records: list[Record] = []
    index: dict[Node, int] = {}
    order = topological_order([root], everything=True)
    for x in order:
        if not operands_of(x):
            index[x] = len(leaves)
            leaves.append(x)  # type: ignore[arg-type]
    for x in order:
        operands = operands_of(x)
        if operands:
            index[x] = len(leaves) + len(records)
            label = "" if x._extra is None else x._extra.label
            places = tuple([index[y] for y in operands])
            records.append((x._row, x._data, x._grad, x._flags, label, places, partials_of(x)))
    return leaves, records


def unpickle_leaf(row: Primitive, data: float, grad: float, flags: int, label: str) -> Value:
    return rebuilt(row, data, grad, flags, label, (), [])


def unpickle(leaves: list[Value], records: list[Record]) -> Value:
    """The last node of a graph that `pickled` wrote down."""
    nodes: list[Value] = list(leaves)
    for row, data, grad, flags, label, places, partials in records:
        operands = tuple([nodes[i] for i in places])
        nodes.append(rebuilt(row, data, grad, flags, label, operands, list(partials)))
    return nodes[-1]


copyreg.pickle(Value, reduce_value)  # type: ignore[arg-type]
