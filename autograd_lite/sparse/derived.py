"""Entries of sparse matrices as graphs, derived from one part of each kind; the numbers have the bits of dense ones.

What depends on few leaves is differentiated in these alone, by the passes of the dense transforms: adjoints and
tangents that do not arrive are no entries.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import iadd
from typing import Any, NamedTuple

from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.create_graph import adjoints
from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import CONSTANT, Node
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import Value
from autograd_lite.transforms.branches import ChosenPropagation
from autograd_lite.transforms.forward_mode import forward_pass
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.propagation import Propagation
from autograd_lite.transforms.reverse_mode import AdjointPass


class Entry(NamedTuple):
    """A number of the matrix: in the row of `row` and the column of `column`, both leaves or outputs by their numbers.

    `order` is where it comes in the sum of all that have the same row and column.
    """

    row: int
    column: int
    value: Scalar
    order: int = 0


def is_nothing(x: Any) -> bool:
    """Whether a derivative is 0 whatever the inputs are."""
    return x is None or (isinstance(x, float) and x == 0.0)


def along(root: Node, leaf: Node, order: Sequence[Node], propagation: Propagation) -> Any:
    """The tangent of a root along a leaf; None where it does not depend on it."""
    if root is leaf:
        return 1.0
    found = ieee_arithmetic().run(forward_pass, order, {leaf: propagation.start(1.0)}, propagation.tangent)
    return propagation.result(found[root]) if root in found else None


def tangents_of(root: Scalar, leaves: Sequence[Node], propagation: Propagation) -> list[Any]:
    """The tangents of a root along leaves, by forward mode."""
    if not isinstance(root, Value):
        return [None] * len(leaves)
    order = topological_order([root], since=age_of(leaves))
    return [along(root, x, order, propagation) for x in leaves]


def adjoints_of(root: Scalar, leaves: Sequence[Node]) -> list[Any]:
    """The adjoints of leaves, by reverse mode from a root."""
    if not isinstance(root, Value) or root._flags & CONSTANT:
        return [None] * len(leaves)
    return adjoints([root], [1.0], leaves)


class Seeded:
    """The reverse pass over some terms of a sum, in the order in which a pass over the whole graph visits their nodes.

    `seeds` are the adjoints of the roots of the terms, `position` the order of the whole graph.
    """

    def __init__(
        self,
        propagation: Propagation,
        nodes: Iterable[Node],
        inputs: Sequence[Node],
        seeds: Mapping[Node, float],
        position: Mapping[Node, int],
    ) -> None:
        self.propagation, self.inputs = propagation, inputs
        sorted_nodes = sorted([x for x in nodes if x in position], key=position.__getitem__)
        self.order = [*inputs, *[x for x in sorted_nodes if x not in set(inputs)]]
        self.walk = AdjointPass(propagation, self.order, inputs)
        for root, seed in seeds.items():
            if root in self.walk.dependent:
                self.walk.seed(root, seed)

    def adjoint(self) -> Any:
        """The adjoint of the only input; None where nothing arrives."""
        return self.walk.adjoints().get(self.inputs[0])

    def contributions(self) -> list[tuple[Node, Node, Any]]:
        """What arrives at the inputs, one by one: the input, the node that it comes from, and the adjoint."""
        result: list[tuple[Node, Node, Any]] = []
        ieee_arithmetic().run(self.collect, result)
        return result

    def collect(self, result: list[tuple[Node, Node, Any]]) -> None:
        walk, leaves = self.walk, set(self.inputs)
        for node in reversed(self.order):
            if node in leaves or node not in walk.arrived:
                continue
            for x, term in walk.pull(node, walk.arrived.pop(node)):
                if x in leaves:
                    result += [(x, node, self.propagation.result(part)) for part in term.whole]
                else:
                    known = walk.arrived.get(x)
                    walk.arrived[x] = term if known is None else iadd(known, term)  # type: ignore[no-untyped-call]


def adds_anywhere(propagation: Propagation) -> bool:
    """Whether what arrives always arrives, so that sums can be added up anywhere."""
    return not isinstance(propagation, ChosenPropagation)
