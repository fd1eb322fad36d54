"""How adjoints and tangents pass one node of any graph, and how they are added up.

Above `core.create_graph`.  Beside ordinary rows there are sums over the samples of a batch, and rows with a payload,
which do it on their own (`rule_calls`, `control.array_nodes`).
"""

import math
from typing import Any, Final, final

from autograd_lite.core.abstract.tracers import traced_node, traced_partials
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.create_graph import added_up, argument, check_unassigned, graph_terms, partials_as_graphs, times
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM, BATCHED, Node, of_a_batch, operands_of
from autograd_lite.core.recording import many, record
from autograd_lite.core.table import mul


@final
class Cotangents:
    """What has arrived at the outputs of a call or the numbers of an array, by their places."""

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


def summed_over_samples(x: Any) -> Any:
    """The sum of x over the samples of a traced batch: n x where all samples share it."""
    if TRACE.get() is None:
        of_a_batch(math.nan)
    if not isinstance(x, Node) or not x._flags & BATCHED:
        return record(mul, (x, traced_node(0, BATCH_SIZE)))
    result = many(BATCH_SUM, math.nan, (x,), traced_partials(BATCH_SUM, (x,)))
    result._flags &= ~BATCHED
    return result


class Propagation:
    """The rules of a pass: `pull` takes the adjoint of a node to its operands, `push` their tangents to the node."""

    def start(self, seed: Any) -> Any:
        """An adjoint or tangent as the pass carries it."""
        return seed

    def total(self, terms: list[Any]) -> Any:
        """The sum, from left to right."""
        return added_up(terms)

    def over_samples(self, node: Node, x: Any) -> Any:
        """The sum over the samples of a batch."""
        return summed_over_samples(x)

    def result(self, x: Any) -> Any:
        """What the pass carries as the caller gets it."""
        return x

    def pull(self, node: Node, adjoint: Any, wanted: set[Node]) -> list[tuple[Node, Any]]:
        """Adjoint x partial for each of the wanted operands to which something flows."""
        return graph_terms(node, adjoint, wanted)

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
        terms = self.push(node, tangents)
        if not terms:
            return None
        total = self.total(terms)
        return self.over_samples(node, total) if node._row is BATCH_SUM else total


def arrival(term: Any) -> Any:
    """The condition under which a term has arrived (`branches`); None: for sure."""
    return term[1] if isinstance(term, tuple) else None


def under(propagation: Propagation, term: Any, holds: Any) -> Any:
    """A term that arrives under a condition."""
    return propagation.start(term) if holds is None else (term, holds)
