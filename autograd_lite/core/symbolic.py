"""Partials as graphs: the rules of the table read with Values in place of floats.

Above `graph`.  `Propagation` is the step of the chain rule at one node, for adjoints and tangents that are graphs.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_lite.core.contexts.variables import Mode
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import ASSIGNED, BATCH_SUM, CHOSEN, CONSTANT, NUMBER, PASSED, Node, operands_of
from autograd_lite.core.reverse import Cotangents, of_outputs

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


def check_unassigned(node: Node, operands: Sequence[Node]) -> None:
    """Raise where data was assigned under a graph, so that its partials can't be recorded any more."""
    for x in (node, *operands):
        if x._flags & ASSIGNED and time_of(x) >= time_of(node):
            raise RuntimeError(
                f"a graph cannot be differentiated with create_graph=True after data in it was assigned: "
                f"{x._row.name or 'a leaf'} now holds {x._data!r}, not what {node._row.name} was recorded "
                f"with; rebuild the graph after assigning, or leave create_graph at False"
            )


def through_rule(node: Node, tangents: dict[Node, Any], record: bool) -> Any:
    """The tangent of a call by its rule, of several outputs a list of them; that of one of these."""
    row, operands = node._row, operands_of(node)
    if row.item >= 0:
        return tangents[operands[0]][row.item]
    if record:
        check_unassigned(node, operands)
    assert row.rule is not None
    found = row.rule.push(node, [tangents.get(x) for x in operands], record)
    return found if row.outputs > 1 else found[0]


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
        if row.item >= 0:
            return [(operands_of(node)[0], Cotangents({row.item: adjoint}))]
        if row.rule is not None:
            check_unassigned(node, operands_of(node))
            return row.rule.pull(node, of_outputs(node, adjoint), True)
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
        if node._row.item >= 0 or node._row.rule is not None:
            return through_rule(node, tangents, True)
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
