"""The same pass recorded as a graph, which can be differentiated again or compiled: rules applied to Values.

Above `reverse`, and in its order, so that floats and graphs agree to the bit.  `partials_as_graphs` reads the rules of
a row with Values in place of floats, `Propagation` is the step of the chain rule at one node, and `AdjointPass` runs it
over a graph.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_lite.core.columns.outputs import Cotangents, call_tangent, call_terms, is_call
from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.contexts.variables import Mode
from autograd_lite.core.fast.clock import age_of, time_of

from autograd_lite.core.graph import (  # isort: skip
    ASSIGNED, BATCH_SUM, BATCHED, CHOSEN, CONSTANT, NUMBER, PASSED, Node, operands_of,
)  # fmt: skip
from autograd_lite.core.reverse import dependent_on, reverse, topological_order

READING: Final = Mode("autograd_lite.reading", None)
"""What applies the rules of a row in place of `applied_rules` (`transforms.unrounded`), or None."""


def times(adjoint: Any, partial: Any) -> Any:
    """adjoint x partial, without the products by 1 and -1 that change no bit."""
    if isinstance(partial, float):
        if partial == 1.0:
            return adjoint
        if partial == -1.0:
            return -adjoint
    if isinstance(adjoint, float) and adjoint == 1.0:
        return partial
    return adjoint * partial


def argument(node: Node) -> Any:
    """An operand as rules get it: a constant as a float, so that x * 1.0 in a rule makes no node.

    Not so a number that a transform passed on: compiled it is an input, and both make the same graph, in which
    contributions are added up in the same order.
    """
    return node._data if node._row is NUMBER and not node._flags & PASSED else node


def check_unassigned(node: Node, operands: Sequence[Node]) -> None:
    """Raise where data was assigned under a graph, so that its partials can't be recorded any more."""
    for x in (node, *operands):
        if x._flags & ASSIGNED and time_of(x) >= time_of(node):
            raise RuntimeError(
                f"a graph cannot be differentiated with create_graph=True after data in it was assigned: "
                f"{x._row.name or 'a leaf'} now holds {x._data!r}, not what {node._row.name} was recorded "
                f"with; rebuild the graph after assigning, or leave create_graph at False"
            )


def applied_rules(node: Node, operands: tuple[Node, ...], arguments: list[Any]) -> list[Any]:
    """The rules of a row for its partials, applied; None where nothing flows."""
    reading = READING.get()
    if reading is not None:
        return list(reading(node, operands))
    rules = node._row.partials
    if not isinstance(rules, tuple):
        every: list[Any] = list(rules(node, arguments))
        return [None if x._flags & CONSTANT else p for x, p in zip(operands, every, strict=True)]
    partials: list[Any] = []
    for x, rule in zip(operands, rules, strict=True):
        if rule is None or x._flags & CONSTANT:
            partials.append(None)
        else:
            partials.append(rule if isinstance(rule, float) else rule(node, *arguments))
    return partials


def partials_as_graphs(node: Node) -> list[tuple[Node, Any]]:
    """The operands of a node to which something flows, each with its partial.

    Singular ones are inf or nan; the caller is in `ieee_arithmetic`.
    """
    operands = operands_of(node)
    check_unassigned(node, operands)
    try:
        partials = applied_rules(node, operands, [argument(x) for x in operands])
    except ArithmeticError:  # a rule on floats alone may raise, as 1 / 0 does; on nodes it gives inf
        partials = applied_rules(node, operands, list(operands))
    return [(x, p) for x, p in zip(operands, partials, strict=True) if p is not None]


class Propagation:
    """How adjoints and tangents pass one node, and how they are added up.

    `pull` takes the adjoint of a node to its operands, `push` the tangents of the operands to the node.
    """

    def start(self, seed: Any) -> Any:
        """An adjoint or tangent as the pass carries it."""
        return seed

    def total(self, terms: list[Any]) -> Any:
        """The sum, from left to right."""
        result = terms[0]
        for term in terms[1:]:
            result = result + term
        return result

    def over_samples(self, node: Node, x: Any) -> Any:
        """The sum over the samples of a batch."""
        return node.apply(BATCH_SUM, (x,))

    def result(self, x: Any) -> Any:
        """What the pass carries as the caller gets it."""
        return x

    def pull(self, node: Node, adjoint: Any) -> list[tuple[Node, Any]]:
        """Adjoint x partial for each operand to which something flows."""
        row = node._row
        if is_call(row):
            check_unassigned(node, operands_of(node))
            return call_terms(node, adjoint, True)
        if not row.selects:
            return [(x, times(adjoint, partial)) for x, partial in partials_as_graphs(node)]
        condition, a, b = operands_of(node)
        check_unassigned(node, (condition, a, b))
        chooser = argument(condition)
        return [
            (a, node._row.selected(chooser, adjoint, 0.0)),
            (b, node._row.selected(chooser, 0.0, adjoint)),
        ]

    def push(self, node: Node, tangents: dict[Node, Any]) -> list[Any]:
        """Partial x tangent for each operand that has a tangent."""
        if not node._row.selects:
            return [times(tangents[x], partial) for x, partial in partials_as_graphs(node) if x in tangents]
        condition, a, b = operands_of(node)
        check_unassigned(node, (condition, a, b))
        if a not in tangents and b not in tangents:
            return []
        return [node._row.selected(argument(condition), tangents.get(a, 0.0), tangents.get(b, 0.0))]

    def tangent(self, node: Node, tangents: dict[Node, Any]) -> Any:
        """The tangent of a node (of a call with several outputs, theirs), None where nothing arrives."""
        if node._row.payload is not None:
            return node._row.payload.push(self, node, tangents)
        if is_call(node._row):
            check_unassigned(node, operands_of(node))
            return call_tangent(node, tangents, True)
        terms = self.push(node, tangents)
        if not terms:
            return None
        total = self.total(terms)
        return self.over_samples(node, total) if node._row is BATCH_SUM else total


LAZY: Final[list[Callable[[Node], Propagation]]] = []
"""The rules for graphs with rows that are lazy, entered by a floor above: `transforms.branches`."""


def propagation_for(roots: Sequence[Any]) -> Propagation:
    """The rules for a pass over everything that the roots depend on."""
    for x in roots:
        if isinstance(x, Node) and x._flags & CHOSEN:
            return LAZY[0](x)
    return Propagation()


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
        self.dependent = {*inputs, *dependent_on(order, inputs)}

    def seed(self, root: Node, adjoint: Any) -> None:
        self.arrived.setdefault(root, Arrived([], [])).whole.append(self.propagation.start(adjoint))

    def run(self, order: Sequence[Node]) -> dict[Node, Any]:
        """The adjoints of the inputs that are reached, as a graph."""
        dependent = [x for x in order if x in self.dependent]
        # once for the pass: for each node it would cost as much as the node
        ieee_arithmetic().run(deque, reverse(dependent, self.arrived, self.pull, Arrived.joined), 0)
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
        if not any([x in self.dependent for x in operands_of(node)]):  # noqa: C419  (a list is faster when compiled)
            return []  # an input whose operands nobody asked for: what was assigned to these does not matter
        return [self.term(node, x, t) for x, t in self.propagation.pull(node, adjoint) if x in self.dependent]


def adjoint_pass(
    roots: Sequence[Any], seeds: Sequence[Any], inputs: Sequence[Node]
) -> tuple[AdjointPass, Sequence[Node]]:
    """The pass that finds them, and the order that it is to run in."""
    order = topological_order(roots, since=age_of(inputs))
    walk = AdjointPass(propagation_for(roots), order, inputs)
    for root, seed in zip(roots, seeds, strict=True):
        walk.seed(root, seed)
    return walk, order


def adjoints(roots: Sequence[Node], seeds: Sequence[Any], inputs: Sequence[Node]) -> list[Any]:
    """The gradients of sum(seed x root) in the inputs, recorded as a graph; None where nothing arrived."""
    walk, order = adjoint_pass(roots, seeds, inputs)
    found = walk.run(order)
    return [found.get(x) for x in inputs]
