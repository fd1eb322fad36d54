"""The reverse pass: the chain rule from a result back to everything that it depends on.

`reverse` is the chain rule for adjoints of any kind, over a graph that `topological_order` sorts.  `sweep` is the same
written out for floats: it differentiates while it sorts.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, final

from mypy_extensions import i64

from autograd_lite.core.fast.clock import age_of, in_order_of_making
from autograd_lite.core.fast.vectors import PENDING

from autograd_lite.core.graph import (  # isort: skip
    LEAF, ORDERED, PASS, REACHED, STATE, Node, operands_of, partials_of, use, used_once,
)  # fmt: skip

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


@final
class Cotangents:
    """What has arrived at the outputs of a call, by their numbers."""

    def __init__(self, terms: dict[int, Any]) -> None:
        self.terms: Final = terms

    def __add__(self, other: "Cotangents") -> "Cotangents":
        """The sum, in place: a call of many outputs gets a term of each, and copies would cost their square."""
        joined = self.terms
        for k, term in other.terms.items():
            joined[k] = joined[k] + term if k in joined else term
        return self

    def __float__(self) -> float:
        """0, where all of them are finite: a call has no adjoint of its own."""
        return 0.0 * float(sum(self.terms.values()))


def of_outputs(node: Node, arrived: Any) -> list[Any]:
    """What has arrived at the outputs of a call, in order; None where nothing has."""
    if isinstance(arrived, Cotangents):
        return [arrived.terms.get(k) for k in range(node._row.outputs)]
    return [arrived]


def float_terms(node: Node, adjoint: Any) -> list[tuple[Node, Any]]:
    """Adjoint x partial for each operand; the branch that a choice did not take gets 0, whatever the adjoint is."""
    row = node._row
    if row.item >= 0:
        return [(operands_of(node)[0], Cotangents({row.item: adjoint}))]
    if row.rule is not None:
        return row.rule.pull(node, of_outputs(node, adjoint), False)
    return [
        (x, adjoint * partial if partial != 0.0 or not row.selects else 0.0)
        for x, partial in zip(operands_of(node), partials_of(node), strict=True)
        if partial is not None
    ]


def topological_order(roots: Sequence[Node], everything: bool = False, since: i64 = 0) -> list[Node]:
    """All nodes that the roots depend on, operands first; without recursion, linear in nodes and edges.

    Follows the edges that a gradient follows, or with `everything` those to constants and conditions too, and leaves
    out what was made before `since`, an `age_of` inputs.
    Source: Kahn, Topological sorting of large networks (1962), from the roots.
    """
    scratch = scratch_of_outer_pass(roots)
    try:
        with PASS:
            return sorted_nodes(roots, everything, since)
    finally:
        if scratch is not None:
            scratch.restore()


def sorted_nodes(roots: Sequence[Node], everything: bool, since: i64) -> list[Node]:
    STATE.stores = False
    ready = count_uses(roots, everything, False, since)
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


def count_uses(roots: Sequence[Node], everything: bool, brief: bool, since: i64) -> list[Node]:
    """Count the uses of every node that the roots depend on; returns the roots that no other root uses.

    With `brief`, leaves whose adjoint nobody stores may be left out (`fast.vectors` does).
    """
    STATE.base += SORT
    STATE.since = since
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
    STATE.visited += len(found)
    return [root for root in distinct if root._uses == base]


def is_ordered(roots: Sequence[Node]) -> bool:
    """Whether anything depends on what programs hold in another graph, as choices between functions and loops."""
    return any([root._flags & ORDERED != 0 for root in roots])  # noqa: C419  (a list is faster when compiled)


def sweep(roots: Sequence[Node], seeds: Sequence[float], store: bool, since: i64 = 0) -> list[Node]:
    """`reverse` with floats, written out: each node adds adjoint x partial to its operands' adjoints when it is ready.

    The same order as `topological_order` backwards, without sorting first.  With `store`, interior nodes keep their
    adjoint as gradient; the leaves are returned, for the caller to add theirs when all is done.  What was made before
    `since` is left out.  The caller holds PASS, and keeps the scratch of an outer pass.
    """
    leaves: list[Node] = []
    if is_ordered(roots):
        sweep_in_order(roots, seeds, leaves if store else None, since)
        return leaves
    STATE.stores = store
    ready = count_uses(roots, False, not store, since)
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


def sweep_in_order(roots: Sequence[Node], seeds: Sequence[float], leaves: list[Node] | None, since: i64) -> None:
    """The same over the sorted graph, where the order of the sweep would depend on branches that are not there."""
    order = sorted_nodes(roots, False, since)
    STATE.stores = leaves is not None
    for node, adjoint in list(adjoints_in(order, roots, seeds)):  # a rule may differentiate on its own
        node._adjoint = float(adjoint)
        if leaves is not None:
            keep(node, leaves)


def adjoints_in(order: Sequence[Node], roots: Sequence[Node], seeds: Sequence[float]) -> Iterator[tuple[Node, Any]]:
    """The adjoints of a sorted graph, results first."""
    start: dict[Node, float] = {}
    for root, seed in zip(roots, seeds, strict=True):
        start[root] = start.get(root, -0.0) + seed
    return float_pass(order, start)


def float_pass(order: Sequence[Node], arrived: dict[Node, Any]) -> Iterator[tuple[Node, Any]]:
    """`reverse` with floats, from what has arrived."""
    return reverse(order, arrived, FloatTerms(arrived).pull, operator.add)


class FloatTerms:
    """`float_terms`, where a payload sees what has arrived elsewhere."""

    def __init__(self, arrived: dict[Node, Any]) -> None:
        self.arrived = arrived

    def pull(self, node: Node, adjoint: Any) -> list[tuple[Node, Any]]:
        if node._row.payload is None:
            return float_terms(node, adjoint)
        found: list[tuple[Node, Any]] = node._row.payload.pull_floats(node, adjoint, self.arrived)
        return found


def dependent_on(order: Sequence[Node], inputs: Sequence[Node]) -> list[Node]:
    """The nodes of a sorted graph that are inputs or depend on one."""
    found = set(inputs)
    kept: list[Node] = []
    for node in order:
        if node in found or any([x in found for x in operands_of(node)]):  # noqa: C419  (as above)
            found.add(node)
            kept.append(node)
    return kept


def keep(node: Node, leaves: list[Node]) -> None:
    """Store the adjoint of an interior node; a leaf goes to a list."""
    if node._row is LEAF:
        leaves.append(node)
    else:
        node._grad = node._adjoint + 0.0  # -0.0, if nothing arrived, reads 0.0
        node._flags |= REACHED


def float_adjoints(roots: Sequence[Node], seeds: Sequence[float], inputs: Sequence[Node]) -> list[float]:
    """The gradients of sum(seed x root) in the inputs; 0.0 where nothing arrives.  Stores nothing."""
    if is_ordered(roots):
        # what orders may have a rule, which differentiates too: the scratch would not be ours alone
        order = dependent_on(topological_order(roots, since=age_of(inputs)), inputs)
        found = dict(adjoints_in(order, roots, seeds))
        return [float(found.get(x, 0.0)) for x in inputs]
    return swept_adjoints(roots, seeds, inputs)


def swept_adjoints(roots: Sequence[Node], seeds: Sequence[float], inputs: Sequence[Node]) -> list[float]:
    scratch = scratch_of_outer_pass(roots)
    try:
        with PASS:
            sweep(roots, seeds, False, age_of(inputs))
            return [x._adjoint if x._uses >= STATE.base else 0.0 for x in inputs]  # below it: not in this graph
    finally:
        if scratch is not None:
            scratch.restore()


@final
class Scratch:
    """What a pass keeps in nodes, for it to go on when a pass has run in the middle of it.

    A signal handler, a finalizer or a weak reference may differentiate at any time, in the thread of the pass.
    """

    def __init__(self, roots: Sequence[Node]) -> None:
        self.base: i64 = STATE.base
        self.since: i64 = STATE.since
        self.stores: bool = STATE.stores
        self.pending = PENDING.taken()
        self.nodes = list(dict.fromkeys(roots))
        found = set(self.nodes)
        for node in self.nodes:  # which grows
            for x in operands_of(node):
                if x not in found:
                    found.add(x)
                    self.nodes.append(x)
        self.numbers = [(x._uses, x._adjoint, x._grad) for x in self.nodes]
        self.extras = [() if x._extra is None else x._extra.scratch() for x in self.nodes]

    def restore(self) -> None:
        STATE.base, STATE.since, STATE.stores = self.base, self.since, self.stores
        PENDING.put_back(self.pending)
        for i in range(len(self.nodes)):
            node, extra, kept = self.nodes[i], self.nodes[i]._extra, self.extras[i]
            uses, adjoint, grad = self.numbers[i]
            if self.stores and uses >= self.base and node._row is not LEAF:
                node._grad = grad  # of the pass that ends later: it is the newest
            node._uses, node._adjoint = uses, adjoint
            if extra is not None and kept:
                extra.restore_scratch(kept)


def scratch_of_outer_pass(roots: Sequence[Node]) -> Scratch | None:
    """What a new pass has to restore: nothing, unless this thread is in the middle of another one."""
    return Scratch(roots) if PASS._is_owned() else None  # type: ignore[attr-defined]
