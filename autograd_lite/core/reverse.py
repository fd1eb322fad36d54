"""The reverse pass: the chain rule from a result back to everything that it depends on.

`reverse` is the chain rule for adjoints of any kind, over a graph that `topological_order` sorts.  `sweep` is the same
written out for floats: it differentiates while it sorts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from mypy_extensions import i64

from autograd_lite.core.fast.clock import in_order_of_making
from autograd_lite.core.graph import LEAF, ORDERED, PASS, REACHED, STATE, Node, operands_of, partials_of, use, used_once

SORT: Final = 1 << 32
"""How much larger the base of each sort is: more uses than a node can have."""


def reverse(
    order: Sequence[Node],
    seeds: dict[Node, Any],
    pull: Callable[[Node, Any], Iterable[tuple[Node, Any]]],
    combine: Callable[[Any, Any], Any],
) -> Iterator[tuple[Node, Any]]:
    """The chain rule over a sorted graph (operands first): each node that has an adjoint, with it, results first.

    `seeds` are the adjoints of the roots, and hold what has arrived so far while the pass runs.  `pull(node, adjoint)`
    gives what a node passes on to its operands, and `combine` adds up what arrives at one of them.
    """
    for node in reversed(order):
        if node in seeds:
            adjoint = seeds.pop(node)
            yield node, adjoint
            for operand, term in pull(node, adjoint):
                seeds[operand] = combine(seeds[operand], term) if operand in seeds else term


def float_terms(node: Node, adjoint: float) -> list[tuple[Node, float]]:
    """Adjoint x partial for each operand; the branch that a choice did not take gets 0, whatever the adjoint is."""
    return [
        (x, adjoint * partial if partial != 0.0 or not node._row.selects else 0.0)
        for x, partial in zip(operands_of(node), partials_of(node), strict=True)
        if partial is not None
    ]


def topological_order(roots: Sequence[Node], everything: bool = False) -> list[Node]:
    """All nodes that the roots depend on, operands first; without recursion, linear in nodes and edges.

    Follows the edges that a gradient follows, or with `everything` those to constants and conditions too.
    Source: Kahn, Topological sorting of large networks (1962), from the roots.
    """
    with PASS:
        ready = count_uses(roots, everything, False)
        base = STATE.base
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
                extra.release(ready, base, everything, False)
    ready.reverse()
    return in_order_of_making(ready) if is_ordered(roots) else ready


def count_uses(roots: Sequence[Node], everything: bool, brief: bool) -> list[Node]:
    """Count the uses of every node that the roots depend on; returns the roots that no other root uses.

    With `brief`, leaves whose adjoint nobody stores may be left out (`fast.vectors` does).
    """
    STATE.base += SORT
    base = STATE.base
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
            extra.count_uses(found, base, everything, brief)
    return [root for root in distinct if root._uses == base]


def is_ordered(roots: Sequence[Node]) -> bool:
    """Whether anything depends on a choice between functions or on a loop, which programs hold in other graphs."""
    return any([root._flags & ORDERED != 0 for root in roots])  # noqa: C419  (a list is faster when compiled)


def sweep(roots: Sequence[Node], seeds: Sequence[float], store: bool) -> list[Node]:
    """`reverse` with floats, written out: each node adds adjoint x partial to its operands' adjoints when it is ready.

    The same order as `topological_order` backwards, without sorting first.  With `store`, interior nodes keep their
    adjoint as gradient; the leaves are returned, for the caller to add theirs when all is done.  The caller holds PASS.
    """
    leaves: list[Node] = []
    if is_ordered(roots):
        sweep_in_order(roots, seeds, leaves if store else None)
        return leaves
    ready = count_uses(roots, False, not store)
    base = STATE.base
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
            extra.pull(node)
            extra.release(ready, base, False, not store)
        if store:
            keep(node, leaves)
    return leaves


def sweep_in_order(roots: Sequence[Node], seeds: Sequence[float], leaves: list[Node] | None) -> None:
    """The same over the sorted graph, where the order of the sweep would depend on branches that are not there."""
    start: dict[Node, float] = {}
    for root, seed in zip(roots, seeds, strict=True):
        start[root] = start.get(root, -0.0) + seed
    for node, adjoint in reverse(topological_order(roots), start, float_terms, float.__add__):
        node._adjoint = adjoint
        if leaves is not None:
            keep(node, leaves)


def keep(node: Node, leaves: list[Node]) -> None:
    """Store the adjoint of an interior node; a leaf goes to a list."""
    if node._row is LEAF:
        leaves.append(node)
    else:
        node._grad = node._adjoint + 0.0  # -0.0, if nothing arrived, reads 0.0
        node._flags |= REACHED


def float_adjoints(roots: Sequence[Node], seeds: Sequence[float], inputs: Sequence[Node]) -> list[float]:
    """The gradients of sum(seed x root) in the inputs; 0.0 where nothing arrives.  Stores nothing."""
    with PASS:
        sweep(roots, seeds, store=False)
        return [x._adjoint if x._uses >= STATE.base else 0.0 for x in inputs]  # below it: not in this graph
