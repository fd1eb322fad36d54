"""The reverse pass: the chain rule from a result back to everything that it depends on.

`reverse` is the chain rule for adjoints of any kind, over a graph that `topological_order` sorts; with floats it is the
gradient.  `fast.sweeps` has sort and gradient written out, with counters and adjoints in the nodes; it serves unless
these are in use, as where a signal handler differentiates in the middle of a pass.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from mypy_extensions import i64

from autograd_lite.core.fast.clock import age_of, in_order_of_making
from autograd_lite.core.fast.sweeps import sorted_nodes, store, sweep
from autograd_lite.core.fast.uses import COUNTS
from autograd_lite.core.graph import CONSTANT, LEAF, ORDERED, PASS, REACHED, STOPPED, Node, operands_of, partials_of


def followed(node: Node, everything: bool, since: i64) -> list[Node]:
    """The operands to which a gradient flows, or with `everything` all, but for those made before `since`."""
    operands = operands_of(node)
    if not everything:
        pairs = zip(operands, partials_of(node), strict=True)
        operands = tuple([x for x, partial in pairs if partial is not None and not x._flags & CONSTANT])
    return [x for x in operands if x._flags >= since]


def sorted_apart(roots: Sequence[Node], everything: bool, since: i64) -> list[Node]:
    """The sort, by Kahn's algorithm (1962): a node comes after all its uses, then the list is reversed."""
    uses: dict[Node, int] = dict.fromkeys(roots, 0)
    found = list(uses)
    for node in found:  # which grows
        for x in followed(node, everything, since):
            if x not in uses:
                uses[x] = 0
                found.append(x)
            uses[x] += 1
    ready = [x for x in dict.fromkeys(roots) if uses[x] == 0]
    for node in ready:  # which grows
        for x in followed(node, everything, since):
            uses[x] -= 1
            if uses[x] == 0:
                ready.append(x)
    ready.reverse()
    return ready


def is_in_a_pass() -> bool:
    """Whether this thread is in the middle of a pass."""
    return bool(PASS._is_owned())  # type: ignore[attr-defined]


def is_ordered(roots: Sequence[Node]) -> bool:
    """Whether anything depends on what programs hold in another graph, as choices between functions and loops."""
    return any([root._flags & ORDERED != 0 for root in roots])  # noqa: C419  (a list is faster when compiled)


def topological_order(roots: Sequence[Node], everything: bool = False, since: i64 = 0) -> list[Node]:
    """All nodes that the roots depend on, operands first; linear in nodes and edges.

    Along the edges that a gradient follows, or with `everything` those to constants and conditions too; without what
    was made before `since`, an `age_of` inputs.
    """
    if is_in_a_pass():
        order = sorted_apart(roots, everything, since)
    else:
        with PASS:
            order = sorted_nodes(roots, everything, since)
    return in_order_of_making(order) if is_ordered(roots) else order


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
        adjoint = seeds.pop(node, None)
        if adjoint is not None:
            yield node, adjoint
            for operand, term in pull(node, adjoint):
                seeds[operand] = combine(seeds[operand], term) if operand in seeds else term


def float_terms(node: Node, adjoint: Any) -> list[tuple[Node, Any]]:
    """Adjoint x partial for each operand; the branch that a choice did not take gets 0, whatever the adjoint is."""
    selects = node._row.selects
    return [
        (x, adjoint * partial if partial != 0.0 or not selects else 0.0)
        for x, partial in zip(operands_of(node), partials_of(node), strict=True)
        if partial is not None
    ]


def pull_floats(arrived: dict[Node, Any], node: Node, adjoint: Any) -> list[tuple[Node, Any]]:
    """The same, where a payload sees what has arrived elsewhere."""
    payload = node._row.payload
    return float_terms(node, adjoint) if payload is None else payload.pull_floats(node, adjoint, arrived)


def float_pass(order: Sequence[Node], arrived: dict[Node, Any]) -> Iterator[tuple[Node, Any]]:
    """`reverse` with floats, from what has arrived."""
    return reverse(order, arrived, partial(pull_floats, arrived), operator.add)


def adjoints_in(order: Sequence[Node], roots: Sequence[Node], seeds: Sequence[float]) -> Iterator[tuple[Node, Any]]:
    """The adjoints of a sorted graph, results first."""
    start: dict[Node, float] = {}
    for root, seed in zip(roots, seeds, strict=True):
        start[root] = start.get(root, -0.0) + seed
    return float_pass(order, start)


def dependent_on(order: Sequence[Node], found: set[Node]) -> list[Node]:
    """The nodes of a sorted graph that were found already or whose derivative depends on one; they are found now."""
    kept: list[Node] = []
    for node in order:
        if node in found or not (node._flags & STOPPED or found.isdisjoint(operands_of(node))):
            found.add(node)
            kept.append(node)
    return kept


def float_adjoints(roots: Sequence[Node], seeds: Sequence[float], inputs: Sequence[Node]) -> list[float]:
    """The gradients of sum(seed x root) in the inputs; 0.0 where nothing arrives.  Stores nothing."""
    since = age_of(inputs)
    if is_ordered(roots) or is_in_a_pass():
        order = dependent_on(topological_order(roots, since=since), set(inputs))
        found = dict(adjoints_in(order, roots, seeds))
        return [float(found.get(x, 0.0)) for x in inputs]
    with PASS:
        sweep(roots, seeds, False, since)
        return [x._adjoint if x._uses >= COUNTS.base else 0.0 for x in inputs]  # below it: not in this graph


def add_adjoints(leaves: list[Node], adjoints: list[float] | None) -> None:
    """Add what arrived at the leaves (`_adjoint`, if not given) to their gradients: at all of them or at none."""
    undo = zip(leaves, [x._grad for x in leaves], strict=True)  # Ctrl-C may come at any line
    try:
        for i in range(len(leaves)):
            x = leaves[i]
            x._grad += x._adjoint if adjoints is None else adjoints[i]
            x._flags |= REACHED
    except BaseException:
        for x, grad in undo:
            x._grad = grad
        raise


def keep(found: list[tuple[Node, float]]) -> None:
    """Store adjoints as `sweep` does, but for those of a running pass: the pass that ends last is the newest."""
    leaves = [x for x, _ in found if x._row is LEAF]
    adjoints = [adjoint for x, adjoint in found if x._row is LEAF]
    with PASS:
        for x, adjoint in found:
            if x._row is not LEAF and not (COUNTS.stores and x._uses >= COUNTS.base):
                store(x, adjoint)
        add_adjoints(leaves, adjoints)


def backward(root: Node, seed: float) -> None:
    """Add seed x d(root)/d(leaf) to the gradient of every leaf, and store the adjoints of all other nodes."""
    if is_ordered([root]) or is_in_a_pass():  # a rule may differentiate too: the nodes would not be ours alone
        found = adjoints_in(topological_order([root]), [root], [seed])
        keep([(node, float(adjoint)) for node, adjoint in found])
    else:
        with PASS:
            add_adjoints(sweep([root], [seed], True, 0), None)
