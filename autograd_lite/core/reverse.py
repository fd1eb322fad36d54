"""Backpropagation: the chain rule, written once.

`topological_order` sorts a graph, `sweep` walks it backwards.  `differentials` walks it in the same order while
recording a new graph, so that both agree to the bit.
"""

from collections.abc import Sequence

from mypy_extensions import i64

from autograd_lite.core.fast.vectors import add_gathered, give
from autograd_lite.core.graph import (
    ASSIGNED,
    BASE,
    CHOSEN,
    CONSTANT,
    LEAF,
    PASS,
    REACHED,
    STATE,
    UNKNOWN,
    USES,
    Extra,
    Node,
    born,
    operands_of,
)  # fmt: skip


def topological_order(roots: Sequence[Node], everything: bool = False) -> list[Node]:
    """All nodes that the roots depend on, operands first; without recursion, linear in nodes and edges.

    Follows the edges that a gradient follows, or with `everything` those to constants and conditions too.
    Source: Kahn, Topological sorting of large networks (1962), from the roots.
    """
    with PASS:
        ready = count_uses(roots, everything)
        i: i64 = 0
        while i < len(ready):
            node = ready[i]
            i += 1
            left = node._left
            if left is not None:
                release(left, ready, everything)
                right = node._right
                if right is not None:
                    release(right, ready, everything)
            else:
                extra = node._extra
                if extra is not None:
                    release_many(extra, ready, everything, False, [])
    ready.reverse()
    return as_written(ready) if has_choice(roots) else ready


def has_choice(roots: Sequence[Node]) -> bool:
    """Whether anything depends on a choice between branches that are functions."""
    return any([root._flags & CHOSEN != 0 for root in roots])  # noqa: C419  (a list is faster when compiled)


def as_written(order: list[Node]) -> list[Node]:
    """The same in the order in which the nodes were made.

    Branches that are not taken are recorded while a program is traced, and not otherwise.  In this order, the nodes
    that both graphs have come in one order, so their contributions are added up to the same bits.
    """
    for node in order:
        if node._flags & ASSIGNED and operands_of(node):
            return order  # it looks younger than what was made of it
    order.sort(key=born)
    return order


def count_uses(roots: Sequence[Node], everything: bool, brief: bool = False) -> list[Node]:
    """Count in the mark of each node how often it is used, above a base that is new in every sort.

    With `brief` the leaves that a vector holds are not among what is found: nothing waits for them.
    Returns the roots that nothing uses.  Leaves the adjoints at -0.0, the number that changes no sum.
    """
    STATE.sorts += BASE
    base: i64 = STATE.sorts
    first: i64 = base + 1
    mark: i64 = 0
    found: list[Node] = []
    for root in roots:
        if root._mark < base:
            root._mark = base
            root._adjoint = -0.0
            found.append(root)
    distinct = found[:]
    i: i64 = 0
    while i < len(found):
        node = found[i]
        i += 1
        left = node._left
        if left is not None:
            mark = left._mark
            if mark >= base:
                left._mark = mark + 1
            elif everything or not left._flags & CONSTANT:
                left._mark = first
                left._adjoint = -0.0
                found.append(left)
            right = node._right
            if right is not None:
                mark = right._mark
                if mark >= base:
                    right._mark = mark + 1
                elif everything or not right._flags & CONSTANT:
                    right._mark = first
                    right._adjoint = -0.0
                    found.append(right)
        else:
            extra = node._extra
            if extra is not None:
                use_many(node, extra, found, base, everything, brief)
    return [root for root in distinct if root._mark == base]


def use(node: Node, found: list[Node], base: i64, everything: bool) -> None:
    if everything or not node._flags & CONSTANT:
        if node._mark < base:
            node._mark = base + 1
            node._adjoint = -0.0
            found.append(node)
        else:
            node._mark += 1


def use_many(node: Node, extra: Extra, found: list[Node], base: i64, everything: bool, brief: bool) -> None:
    weights, inputs = extra.weights, extra.inputs
    if weights is not None and inputs is not None:
        # The nodes of a vector count as used once, by the vector, however many dots share it.
        for vector in (weights, inputs):
            if vector.mark < base:
                vector.mark = base + 1
                vector.place = UNKNOWN
                if brief and vector.leaves:
                    for x in vector.nodes:
                        if x._mark < base:
                            x._mark = base + 1
                            x._adjoint = -0.0
                        else:
                            x._mark += 1
                elif everything or not vector.constant:
                    for x in vector.all_nodes(node):
                        use(x, found, base, everything)
            else:
                vector.mark += 1
        return
    operands, partials = extra.operands, extra.partials
    for i in range(len(operands)):
        if everything or partials[i] is not None:
            use(operands[i], found, base, everything)


def release(node: Node, ready: list[Node], everything: bool) -> None:
    """One use is done; after the last the node is ready."""
    if everything or not node._flags & CONSTANT:
        mark: i64 = node._mark - 1
        node._mark = mark
        if mark & USES == 0:
            ready.append(node)


def release_many(extra: Extra, ready: list[Node], everything: bool, brief: bool, gathered: list[list[Node]]) -> None:
    weights, inputs = extra.weights, extra.inputs
    if weights is not None and inputs is not None:
        for vector in (weights, inputs):
            vector.mark -= 1
            if vector.mark & USES == 0:
                if vector.place >= 0:
                    add_gathered(vector, gathered[vector.place])
                if not (brief and vector.leaves) and (everything or not vector.constant):
                    for x in vector.nodes:
                        release(x, ready, everything)
        return
    operands, partials = extra.operands, extra.partials
    for i in range(len(operands)):
        if everything or partials[i] is not None:
            release(operands[i], ready, everything)


def sweep(roots: Sequence[Node], seeds: Sequence[float], store: bool) -> list[Node]:
    """The chain rule with floats: each node adds adjoint x partial to its operands' adjoints, when it is ready.

    The same order as `topological_order` backwards.  With `store`, interior nodes keep their adjoint as
    gradient; the leaves are returned, for the caller to add theirs when all is done.  The caller holds PASS.
    """
    if has_choice(roots):
        return sweep_as_written(roots, seeds, store)
    ready = count_uses(roots, False, not store)
    first: i64 = STATE.sorts + 1
    mark: i64 = 0
    for k in range(len(roots)):
        roots[k]._adjoint += seeds[k]
    leaves: list[Node] = []
    gathered: list[list[Node]] = []
    i: i64 = 0
    while i < len(ready):
        node = ready[i]
        i += 1
        adjoint = node._adjoint
        left = node._left
        if left is not None:
            left._adjoint += adjoint * node._dleft
            mark = left._mark
            if mark == first:
                ready.append(left)
            left._mark = mark - 1
            right = node._right
            if right is not None:
                right._adjoint += adjoint * node._dright
                mark = right._mark
                if mark == first:
                    ready.append(right)
                right._mark = mark - 1
        else:
            extra = node._extra
            if extra is not None:
                spread(node, extra, gathered)
                release_many(extra, ready, False, not store, gathered)
        if store:
            keep(node, leaves)
    return leaves


def keep(node: Node, leaves: list[Node]) -> None:
    """Store the adjoint of an interior node; a leaf goes to a list."""
    if node._row is LEAF:
        leaves.append(node)
    else:
        node._grad = node._adjoint + 0.0
        node._flags |= REACHED


def sweep_as_written(roots: Sequence[Node], seeds: Sequence[float], store: bool) -> list[Node]:
    """The same in the order in which the nodes were made."""
    order = topological_order(roots)
    for root, seed in zip(roots, seeds, strict=True):
        root._adjoint += seed
    leaves: list[Node] = []
    for node in reversed(order):
        left, right, extra = node._left, node._right, node._extra
        if left is not None:
            left._adjoint += node._adjoint * node._dleft
            if right is not None:
                right._adjoint += node._adjoint * node._dright
        elif extra is not None:
            spread(node, extra, [])
        if store:
            keep(node, leaves)
    return leaves


def spread(node: Node, extra: Extra, gathered: list[list[Node]]) -> None:
    """One step of the sweep for a node of many operands."""
    weights, inputs = extra.weights, extra.inputs
    if weights is not None and inputs is not None:
        if not weights.constant:
            give(weights, node, inputs, gathered)
        if not inputs.constant:
            give(inputs, node, weights, gathered)
        return
    adjoint = node._adjoint
    operands = extra.operands
    partials = extra.partials
    selects = node._row.selects
    for i in range(len(partials)):
        partial = partials[i]
        if partial is not None:
            if selects:  # the branch not taken gets 0, even where the adjoint is inf or nan
                operands[i]._adjoint += adjoint if partial != 0.0 else 0.0
            else:
                operands[i]._adjoint += adjoint * partial


def float_adjoints(roots: Sequence[Node], seeds: Sequence[float], inputs: list[Node]) -> list[float]:
    """The gradients of sum(seed x root) in the inputs; 0.0 where nothing arrives.  Stores nothing."""
    with PASS:
        sweep(roots, seeds, store=False)
        return [x._adjoint if x._mark >= STATE.sorts else 0.0 for x in inputs]
