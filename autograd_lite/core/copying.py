"""Copies and pickles of nodes, of any depth: a graph is written down flat, so nothing recurses.

Above `reverse`.  A deep copy keeps all sharing; a pickle keeps what one graph shares, and leaves that several pickled
graphs share.
"""

from typing import Any

from autograd_lite.core.fast.clock import CLOCK, flags_without_time, note_assigned, time_of
from autograd_lite.core.graph import ASSIGNED, Extra, Node, connect, operands_of, partials_of
from autograd_lite.core.primitives import INTERNAL, Primitive
from autograd_lite.core.reverse import topological_order

Record = tuple[Primitive | str, float, float, int, str, tuple[int, ...], list[float | None]]
"""Row (its name, where no operation of a user made the node), data, gradient, flags, label, operands, partials."""

Snapshot = tuple[list[Node], list[Record], list[int]]
"""Leaves, a record for each other node, and the numbers of the nodes to which data was assigned late."""


def record_of(x: Node, operands: tuple[int, ...]) -> Record:
    label = "" if x._extra is None else x._extra.label
    row = x._row
    kept = row.name if INTERNAL.get(row.name) is row else row
    return kept, x._data, x._grad, flags_without_time(x) & ~ASSIGNED, label, operands, partials_of(x)


def filled_node(x: Node, record: Record, operands: tuple[Node, ...]) -> Node:
    """A blank node, filled with a record."""
    row, x._data, x._grad, flags, label, _, partials = record
    x._row = INTERNAL[row] if isinstance(row, str) else row
    x._flags |= flags
    if label:
        x._extra = Extra()
        x._extra.label = label
    connect(x, operands, partials)
    return x


def clone(x: Node, operands: tuple[Node, ...]) -> Node:
    """A node of the same content, and of the same time, over other operands."""
    result = filled_node(x.blank(), record_of(x, ()), operands)
    result._flags = x._flags
    return result


def deep_copy(root: Node, memo: dict[int, Any]) -> Node:
    """A copy of a node and of all that it depends on.  `memo` holds what was copied already, by identity."""
    for x in topological_order([root], everything=True):
        if id(x) not in memo:
            memo[id(x)] = clone(x, tuple([memo[id(y)] for y in operands_of(x)]))
    copied: Node = memo[id(root)]
    return copied


def assigned_later(order: list[Node]) -> list[Node]:
    """The nodes of a graph whose data was assigned after it was computed, or after something was computed from it."""
    found = [x for x in order if operands_of(x) and x._flags & ASSIGNED]
    for node in order:
        found += [x for x in operands_of(node) if time_of(x) > time_of(node)]  # no operand is younger otherwise
    return found


def state_of(root: Node) -> Snapshot:
    """What pickle keeps of a node and of all that it depends on."""
    order = topological_order([root], everything=True)
    leaves = [x for x in order if not operands_of(x) and x is not root]
    index: dict[Node, int] = {x: i for i, x in enumerate(leaves)}
    records: list[Record] = []
    for x in order:
        if x not in index:
            index[x] = len(leaves) + len(records)
            records.append(record_of(x, tuple([index[y] for y in operands_of(x)])))
    return leaves, records, sorted({index[x] for x in assigned_later(order)})


def restore(root: Node, state: Snapshot) -> None:
    """Make a new node what the state was taken from."""
    leaves, records, assigned = state
    nodes = list(leaves)
    last = len(records) - 1
    for k, record in enumerate(records):
        x = root.blank() if k < last else root
        x._flags = CLOCK.tick()  # pickle makes the root first; it has to be younger than its operands
        nodes.append(filled_node(x, record, tuple([nodes[i] for i in record[5]])))
    for i in assigned:
        note_assigned(nodes[i])
