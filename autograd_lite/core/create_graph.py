"""Passes that record a graph: gradients and tangents that can be differentiated again or compiled.

Above `reverse`, and in its order, so that floats and graphs agree to the bit: `adjoints` goes backwards through a
graph, `tangents` forwards.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import BATCHED, CONSTANT, Node, operands_of, partials_of
from autograd_lite.core.modes import ieee_arithmetic
from autograd_lite.core.reverse import Cotangents, reverse, topological_order
from autograd_lite.core.symbolic import Propagation, propagation_for, through_rule, times


class Arrived:
    """What has arrived at a node: terms of the whole batch, and terms of each sample, to be summed over it once."""

    __slots__ = ("from_samples", "whole")

    def __init__(self, whole: list[Any], from_samples: list[Any]) -> None:
        self.whole = whole
        self.from_samples = from_samples

    def joined(self, other: "Arrived") -> "Arrived":
        self.whole += other.whole
        self.from_samples += other.from_samples
        return self

    def total(self, node: Node, propagation: Propagation) -> Any:
        """The adjoint of the node; of a call with several outputs, theirs."""
        if node._row.outputs > 1:
            of_each: dict[int, list[Any]] = {}
            for part in self.whole:
                for k, term in part.terms.items():
                    of_each.setdefault(k, []).append(term)
            return Cotangents({k: propagation.total(of_each[k]) for k in of_each})
        if self.from_samples:
            terms = [propagation.over_samples(node, propagation.total(self.from_samples))]
            if self.whole:
                terms.insert(0, propagation.total(self.whole))
            return terms[0] if len(terms) == 1 else propagation.total(terms)
        return propagation.total(self.whole)


class AdjointPass:
    """The reverse pass over the nodes that depend on an input.

    `arrived` is what nodes have got so far.  In one `step` of a loop the inputs are leaves, behind which the pass
    does not go, and nothing is summed over samples.
    """

    def __init__(
        self, propagation: Propagation, order: Sequence[Node], inputs: Sequence[Node], step: bool = False
    ) -> None:
        self.propagation = propagation
        self.step = step
        self.arrived: dict[Node, Arrived] = {}
        self.inputs = set(inputs)
        self.direct: set[Node] = set()  # arrays that have got adjoints of their numbers round these
        self.found: dict[Node, Any] = {}
        self.arrays: dict[Node, Arrived] = {}  # inputs of a step that are arrays: what has arrived at them
        self.dependent = set(inputs)  # on an input
        for node in order:
            if node not in self.dependent and self.has_dependent_operand(node):
                self.dependent.add(node)

    def has_dependent_operand(self, node: Node) -> bool:
        return any([x in self.dependent for x in operands_of(node)])  # noqa: C419  (a list is faster when compiled)

    def seed(self, root: Node, adjoint: Any) -> None:
        self.arrived.setdefault(root, Arrived([], [])).whole.append(self.propagation.start(adjoint))

    def run(self, order: Sequence[Node]) -> dict[Node, Any]:
        """The adjoints of the inputs that are reached, as a graph."""
        dependent = [x for x in order if x in self.dependent]
        # once for the pass: for each node it would cost as much as the node
        ieee_arithmetic().run(to_the_end, reverse(dependent, self.arrived, self.pull, Arrived.joined))
        return {x: self.propagation.result(adjoint) for x, adjoint in self.found.items()}

    def term(self, node: Node, x: Node, term: Any) -> tuple[Node, Arrived]:
        """A term that goes from a node to its operand x; over all samples, where x is the same for each of them."""
        summed = bool(node._flags & BATCHED) and not x._flags & BATCHED and not self.step
        return x, Arrived([], [term]) if summed else Arrived([term], [])

    def pull(self, node: Node, arrived: Arrived) -> list[tuple[Node, Arrived]]:
        if node._row.payload is not None:
            return node._row.payload.pull(self, node, arrived)  # type: ignore[no-any-return]
        adjoint = arrived.total(node, self.propagation)
        if node in self.inputs:
            self.found[node] = adjoint
            if self.step:
                return []
        if not self.has_dependent_operand(node):
            return []  # an input whose operands nobody asked for: what was assigned to these does not matter
        return [self.term(node, x, t) for x, t in self.propagation.pull(node, adjoint) if x in self.dependent]


def adjoints(roots: Sequence[Node], seeds: Sequence[Any], inputs: Sequence[Node]) -> list[Any]:
    """The gradients of sum(seed x root) in the inputs, recorded as a graph; None where nothing arrived."""
    walk, order = adjoint_pass(roots, seeds, inputs)
    found = walk.run(order)
    return [found.get(x) for x in inputs]


def adjoint_pass(
    roots: Sequence[Any], seeds: Sequence[Any], inputs: Sequence[Node]
) -> tuple[AdjointPass, Sequence[Node]]:
    """The pass that finds them, and the order that it is to run in."""
    order = topological_order(roots, since=age_of(inputs))
    walk = AdjointPass(propagation_for(roots), order, inputs)
    for root, seed in zip(roots, seeds, strict=True):
        walk.seed(root, seed)
    return walk, order


def to_the_end(walk: Iterator[tuple[Node, Any]]) -> None:
    for _ in walk:
        pass


def forward(
    order: Sequence[Node], seeds: dict[Node, Any], push: Callable[[Node, dict[Node, Any]], Any]
) -> dict[Node, Any]:
    """Forward mode over a sorted graph: the tangents of all nodes that the seeds reach.

    `push(node, tangents)` gives that of a node from those of its operands, or None.
    """
    tangents = dict(seeds)
    for node in order:
        if node not in tangents and has_moved_operand(node, tangents):
            tangent = push(node, tangents)
            if tangent is not None:
                tangents[node] = tangent
    return tangents


def has_moved_operand(node: Node, tangents: dict[Node, Any]) -> bool:
    left, right = node._left, node._right
    if left is not None:
        return left in tangents or (right is not None and right in tangents)
    for x in operands_of(node):  # noqa: SIM110  (a loop is faster when compiled)
        if x in tangents:
            return True
    return False


def float_tangents(order: Sequence[Node], seeds: dict[Node, Any]) -> dict[Node, Any]:
    """Forward mode with floats, from the recorded partials."""
    return forward(order, seeds, push_floats)


def push_floats(node: Node, tangents: dict[Node, Any]) -> Any:
    """The sum of partial x tangent over the operands."""
    left, right = node._left, node._right
    if left is not None and node._row.item < 0:
        first = None if left._flags & CONSTANT else tangents.get(left)
        second = None if right is None or right._flags & CONSTANT else tangents.get(right)
        if first is None:
            return None if second is None else times(second, node._dright)
        term = times(first, node._dleft)
        return term if second is None else term + times(second, node._dright)
    if node._row.item >= 0 or node._row.rule is not None:
        return through_rule(node, tangents, False)
    if node._row.payload is not None:
        return node._row.payload.push_floats(node, tangents)
    operands = operands_of(node)
    if node._row.selects:
        taken = operands[node._row.passing(operands[0]._data)]
        return tangents.get(taken, 0.0) if operands[1] in tangents or operands[2] in tangents else None
    result: Any = None
    for x, partial in zip(operands, partials_of(node), strict=True):
        if partial is not None and x in tangents:
            term = times(tangents[x], partial)
            result = term if result is None else result + term
    return result


def tangents(order: Sequence[Node], seeds: dict[Node, Any], outputs: Sequence[Any], record: bool) -> list[Any]:
    """The tangents of the outputs, 0.0 where nothing arrives: graphs with `record`, else floats."""
    if not record:
        moved = float_tangents(order, seeds)
        return [moved.get(x, 0.0) for x in outputs]
    propagation = propagation_for(outputs)
    start = {x: propagation.start(seed) for x, seed in seeds.items()}
    found = ieee_arithmetic().run(forward, order, start, propagation.tangent)
    # the tangent of an input is its seed as it was given
    results = {x: seeds[x] if x in seeds else propagation.result(found[x]) for x in outputs if x in found}
    return [results.get(x, 0.0) for x in outputs]
