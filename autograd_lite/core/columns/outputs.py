"""Calls with rules of their own, and the nodes of their outputs: the columns `rule`, `outputs` and `item`.

Above `graph`.  A call of several outputs is one node, and each output another one with the call as operand.
"""

from typing import Any, Final, final

from autograd_lite.core.graph import Node, operands_of
from autograd_lite.core.primitives import Primitive


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


def is_call(row: Primitive) -> bool:
    """Whether a row is a call with a rule of its own, or one of its outputs."""
    return row.item >= 0 or row.rule is not None


def call_terms(node: Node, adjoint: Any, record: bool) -> list[tuple[Node, Any]]:
    """What such a node passes on to its operands: as graphs with `record`, else as floats."""
    row = node._row
    if row.rule is None:
        return [(operands_of(node)[0], Cotangents({row.item: adjoint}))]
    return row.rule.pull(node, of_outputs(node, adjoint), record)


def call_tangent(node: Node, tangents: dict[Node, Any], record: bool) -> Any:
    """The tangent of such a node; of a call of several outputs, a list of theirs."""
    row, operands = node._row, operands_of(node)
    if row.rule is None:
        return tangents[operands[0]][row.item]
    found = row.rule.push(node, [tangents.get(x) for x in operands], record)
    return found if row.outputs > 1 else found[0]
