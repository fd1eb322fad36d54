"""On which inputs the outputs of a graph depend, by sets of bits: without a derivative, for graphs of any depth."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import CONSTANT, Node, operands_of
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import Value
from autograd_lite.sparse.matrices import check_memory
from autograd_lite.sparse.scalar_graphs import ScalarGraph


def flows_from(node: Node) -> list[Node]:
    """The operands to which something flows: not through conditions, signs and roundings, whose derivatives are 0."""
    operands = operands_of(node)
    rules = node._row.partials
    if not isinstance(rules, tuple) or len(rules) != len(operands):
        return [x for x in operands if not x._flags & CONSTANT]
    return [
        x
        for x, rule in zip(operands, rules, strict=True)
        if not x._flags & CONSTANT and rule is not None and not (isinstance(rule, float) and rule == 0.0)
    ]


class Dependence:
    """For each output the inputs that it depends on, as the bits of an integer.

    `steps` counts the pairs of a node and an input that it depends on: the cost of forward mode in these alone.
    """

    def __init__(self, graph: ScalarGraph, name: str) -> None:
        roots = [x for x in graph.outputs if isinstance(x, Value)]
        order = topological_order(roots, since=age_of(graph.inputs)) if roots else []
        bits: dict[Node, int] = {x: 1 << k for k, x in enumerate(graph.inputs)}
        self.nodes = len(order)
        self.steps = taken = 0
        for node in order:
            if node not in bits:
                found = 0
                for x in flows_from(node):
                    found |= bits.get(x, 0)
                bits[node] = found
                self.steps += found.bit_count()
                taken += found.bit_length() // 8
                check_memory(taken, f"the pattern of {name}", "differentiate in fewer arguments")
        self.outputs = [bits.get(x, 0) if isinstance(x, Value) else 0 for x in graph.outputs]
        self.nnz = sum([x.bit_count() for x in self.outputs])

    def entries(self) -> list[tuple[int, int]]:
        """The rows and columns of the pattern, row by row."""
        return [(i, j) for i, bits in enumerate(self.outputs) for j in places_of_bits(bits)]


def places_of_bits(bits: int) -> Sequence[int]:
    """The places of the ones in an integer.

    >>> places_of_bits(0b10110)
    [1, 2, 4]
    """
    text = bin(bits)[:1:-1]
    found = []
    place = text.find("1")
    while place >= 0:
        found.append(place)
        place = text.find("1", place + 1)
    return found
