"""The recorded reverse pass over graphs of programs: with samples, payloads and choices between functions.

Above `branches`.  Over all other graphs it is that of `core.create_graph`, which calls this one.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mypy_extensions import mypyc_attr

from autograd_lite.core.create_graph import PROGRAMS, RecordedPass
from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import ARRAYED, BATCHED, Node, operands_of
from autograd_lite.core.reverse import topological_order
from autograd_lite.transforms.branches import propagation_for
from autograd_lite.transforms.levels import check_steps
from autograd_lite.transforms.propagation import Propagation


class Arrived:
    """What has arrived at a node: terms of the whole batch, and terms of each sample, to be summed over it once."""

    __slots__ = ("from_samples", "whole")

    def __init__(self, whole: list[Any], from_samples: list[Any]) -> None:
        self.whole = whole
        self.from_samples = from_samples

    def __iadd__(self, other: "Arrived") -> "Arrived":
        self.whole += other.whole
        self.from_samples += other.from_samples
        return self

    def total(self, node: Node, propagation: Propagation) -> Any:
        """The adjoint of the node."""
        if self.from_samples:
            terms = [propagation.over_samples(node, propagation.total(self.from_samples))]
            if self.whole:
                terms.insert(0, propagation.total(self.whole))
            return terms[0] if len(terms) == 1 else propagation.total(terms)
        return propagation.total(self.whole)


@mypyc_attr(allow_interpreted_subclasses=True)
class AdjointPass(RecordedPass):
    """The reverse pass over the nodes that depend on an input; `arrived` is what nodes have got so far.

    In one `step` of a loop the inputs are leaves, behind which the pass does not go, and nothing is summed over
    samples.
    """

    def __init__(
        self, propagation: Propagation, order: Sequence[Node], inputs: Sequence[Node], step: bool = False
    ) -> None:
        super().__init__(order, inputs)
        self.propagation = propagation
        self.step = step
        self.direct: set[Node] = set()  # arrays that have got adjoints of their numbers round these
        self.arrays: dict[Node, Arrived] = {}  # inputs of a step that are arrays: what has arrived at them

    def seed(self, root: Node, adjoint: Any) -> None:
        self.arrived.setdefault(root, Arrived([], [])).whole.append(self.propagation.start(adjoint))

    def adjoints(self) -> dict[Node, Any]:
        """The adjoints of the inputs that are reached, as a graph."""
        self.run()
        return {x: self.propagation.result(adjoint) for x, adjoint in self.found.items()}

    def term(self, node: Node, x: Node, term: Any) -> tuple[Node, Arrived]:
        """A term that goes from a node to its operand x; over all samples, where x is the same for each of them."""
        summed = bool(node._flags & BATCHED) and not x._flags & BATCHED and not self.step
        return x, Arrived([], [term]) if summed else Arrived([term], [])

    def ends_at(self, node: Node, adjoint: Any) -> bool:
        """Note the adjoint of an input; whether the pass goes no further."""
        if node in self.inputs:
            self.found[node] = adjoint
            return self.step or self.dependent.isdisjoint(operands_of(node))
        return False

    def pull(self, node: Node, arrived: Any) -> list[tuple[Node, Any]]:
        if node._row.payload is not None:
            return node._row.payload.pull(self, node, arrived)  # type: ignore[no-any-return]
        adjoint = arrived.total(node, self.propagation)
        if self.ends_at(node, adjoint):
            return []
        return [self.term(node, x, t) for x, t in self.propagation.pull(node, adjoint, self.dependent)]


def adjoint_pass(
    roots: Sequence[Any], seeds: Sequence[Any], inputs: Sequence[Node]
) -> tuple[AdjointPass, dict[Node, Any]]:
    """The pass for sum(seed x root), run, and the adjoints of the inputs that are reached."""
    order = topological_order(roots, since=age_of(inputs))
    check_steps(order)
    walk = AdjointPass(propagation_for(roots), order, inputs)
    for root, seed in zip(roots, seeds, strict=True):
        walk.seed(root, seed)
    return walk, walk.adjoints()


ARRAYS: list[Callable[[Sequence[Node], Sequence[Any], Sequence[Node]], list[Any]]] = []
"""The same of graphs with sums of array expressions, entered by a floor above: `control.adding_order`."""


def adjoints_in_programs(roots: Sequence[Node], seeds: Sequence[Any], inputs: Sequence[Node]) -> list[Any]:
    """The gradients of sum(seed x root) in the inputs, recorded as a graph; None where nothing arrived."""
    if any([x._flags & ARRAYED != 0 for x in roots]):  # noqa: C419  (a list is faster when compiled)
        return ARRAYS[0](roots, seeds, inputs)
    _, found = adjoint_pass(roots, seeds, inputs)
    return [found.get(x) for x in inputs]


PROGRAMS.append(adjoints_in_programs)
