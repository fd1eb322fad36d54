"""The topological sort and the reverse pass with floats, written out: 19 ns a node, where `reverse` takes 899.

Above `vectors`.  The caller holds PASS.
"""

from collections.abc import Sequence

from mypy_extensions import i64

from autograd_lite.core.fast.uses import COUNTS, SORT, use, used_once
from autograd_lite.core.fast.vectors import Pair
from autograd_lite.core.graph import LEAF, REACHED, Extra, Node


def count_uses(roots: Sequence[Node], everything: bool, brief: bool, since: i64) -> list[Node]:
    """Count the uses of every node that the roots depend on; returns the roots that no other root uses.

    With `brief`, leaves whose adjoint nobody stores may be left out (`fast.vectors` does).
    """
    COUNTS.base += SORT
    COUNTS.since = since
    base = COUNTS.base
    found: list[Node] = []
    for root in roots:
        if root._uses < base:
            root._uses = base
            root._adjoint = -0.0
            found.append(root)
    distinct = found[:]
    i: i64 = 0
    while i < len(found):
        node = found[i]
        i += 1
        left = node._left
        if left is not None:
            use(left, found, base, everything)
            right = node._right
            if right is not None:
                use(right, found, base, everything)
        elif (extra := node._extra) is not None:
            count_operands(extra, found, base, everything, brief)
    COUNTS.visited += len(found)
    return [root for root in distinct if root._uses == base]


def count_operands(extra: Extra, found: list[Node], base: i64, everything: bool, brief: bool) -> None:
    if isinstance(extra, Pair):
        extra.count_uses(found, base, everything, brief)
        return
    operands, partials = extra.operands, extra.partials
    for i in range(len(operands)):
        if everything or partials[i] is not None:
            use(operands[i], found, base, everything)


def release(extra: Extra, ready: list[Node], base: i64, everything: bool, brief: bool) -> None:
    if isinstance(extra, Pair):
        extra.release(ready, base, everything, brief)
        return
    operands, partials = extra.operands, extra.partials
    for i in range(len(operands)):
        if everything or partials[i] is not None:
            used_once(operands[i], ready, base, everything)


def sorted_nodes(roots: Sequence[Node], everything: bool, since: i64) -> list[Node]:
    COUNTS.stores = False
    ready = count_uses(roots, everything, False, since)
    base = COUNTS.base
    i: i64 = 0
    while i < len(ready):
        node = ready[i]
        i += 1
        left = node._left
        if left is not None:
            used_once(left, ready, base, everything)
            right = node._right
            if right is not None:
                used_once(right, ready, base, everything)
        elif (extra := node._extra) is not None:
            release(extra, ready, base, everything, False)
    ready.reverse()
    return ready


def sweep(roots: Sequence[Node], seeds: Sequence[float], stores: bool, since: i64) -> list[Node]:
    """Add seed x d(root)/d(node) to the `_adjoint` of every node: each passes on adjoint x partial when it is ready.

    The order is that of `sorted_nodes` backwards.  With `stores`, interior nodes keep their adjoint as gradient; the
    leaves are returned, for the caller to add theirs when all is done.
    """
    leaves: list[Node] = []
    COUNTS.stores = stores
    ready = count_uses(roots, False, not stores, since)
    base = COUNTS.base
    uses: i64 = 0
    for k in range(len(roots)):
        roots[k]._adjoint += seeds[k]
    i: i64 = 0
    while i < len(ready):
        node = ready[i]
        i += 1
        adjoint = node._adjoint
        left = node._left
        if left is not None:
            left._adjoint += adjoint * node._dleft
            uses = left._uses
            if uses == base + 1:
                ready.append(left)
            left._uses = uses - 1
            right = node._right
            if right is not None:
                right._adjoint += adjoint * node._dright
                uses = right._uses
                if uses == base + 1:
                    ready.append(right)
                right._uses = uses - 1
        elif (extra := node._extra) is not None:
            pull(node, extra)
            release(extra, ready, base, False, not stores)
        if stores:
            if node._row is LEAF:
                leaves.append(node)
            else:
                store(node, adjoint)
    COUNTS.stores = False
    return leaves


def pull(node: Node, extra: Extra) -> None:
    if isinstance(extra, Pair):
        extra.pull(node)
        return
    adjoint, selects, operands, partials = node._adjoint, node._row.selects, extra.operands, extra.partials
    for i in range(len(operands)):
        partial = partials[i]
        if partial is not None:
            if selects:  # the branch not taken gets 0, even where the adjoint is inf or nan
                operands[i]._adjoint += adjoint if partial != 0.0 else 0.0
            else:
                operands[i]._adjoint += adjoint * partial


def store(node: Node, adjoint: float) -> None:
    """Store the adjoint of an interior node as its gradient; -0.0, if nothing arrived, reads 0.0."""
    node._grad = adjoint + 0.0
    node._flags |= REACHED
