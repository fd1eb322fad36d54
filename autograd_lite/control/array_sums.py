"""Sums of expressions of arrays: one node for all terms, whose adjoints are those of the graph of every element.

Above `loop_nodes`.  `array_expressions` records an expression once, for one element; the sum of it is an `ArraySum`.
Its value is a loop that adds term after term, its adjoint a loop without a carry over the terms.  What arrives at a
number is added up in the order that the reverse pass over the graph of every element has (`adding_order`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from autograd_lite.control.array_nodes import Column, Terms, item, node_of
from autograd_lite.control.gather_nodes import stack
from autograd_lite.control.loop_nodes import RecordedLoop, loop_node
from autograd_lite.control.step_graphs import Inside, Step
from autograd_lite.core.contexts.modes import TRACE, ieee_arithmetic
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import ARRAYED, CONSTANT, NUMBER, ORDERED, Node, operands_of
from autograd_lite.core.reverse import followed
from autograd_lite.core.value import Value, traced
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.tracing import Unnamed
from autograd_lite.transforms.branches import propagation_for
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Indices: TypeAlias = NDArray[numpy.int64]


class LeafUse(NamedTuple):
    """What a leaf of an expression is in its elements: `number_leaf` in a column, from there on or at these places.

    `source` is the array of the numbers, or the Value that all elements share; None: plain numbers.
    """

    column: Column
    source: Node | None
    places: Indices | None


class Contribution(NamedTuple):
    """Adjoints of numbers of an array, one from each term: to which of these, and when they arrive there."""

    column: Column
    targets: Indices
    times: Indices


class SharedAdjoints(NamedTuple):
    """Adjoints of a number that all terms share, one from each of them, and when they arrive."""

    column: Column
    times: Indices


class ArraySum:
    """The payload of a sum of `count` elements.  The operands of its node: the value, then what its leaves are of."""

    is_number = True

    def __init__(self, count: int, root: Value, uses: dict[Node, LeafUse]) -> None:
        self.count, self.root, self.uses = count, root, uses
        found: set[Node] = set()
        pending: list[Node] = [root]
        while pending:
            x = pending.pop()
            if x not in found and x not in uses:
                found.add(x)
                pending += operands_of(x)
        self.nodes = sorted([x for x in found if operands_of(x)], key=time_of)
        """Those of an element, in the order of making."""
        summed = TRACE.get().summed
        if not summed.isdisjoint(self.nodes):  # its elements get adjoints from several sums
            raise Unnamed
        summed.update(self.nodes)
        columns = [use.column for use in uses.values()]
        total, inside = traced(0), Inside(self.nodes)
        step = Step([total], [*uses], [total + root], [])
        self.loop = loop_node(step, [-0.0], count, False, columns, inside)  # -0.0 changes no sum
        self.rule: RecordedLoop = self.loop._row.payload

    def node(self) -> Value:
        sources = dict.fromkeys([use.source for use in self.uses.values() if use.source is not None])
        made = node_of(self, [item(self.loop, self.rule.final(0)), *sources], ARRAYED)
        made._flags &= ~ORDERED
        return made

    def followed(self) -> dict[Node, list[Node]]:
        """The nodes of an element that a gradient goes through, each with the operands that it goes to."""
        found: dict[Node, list[Node]] = {}
        pending: list[Node] = [] if self.root in self.uses else [self.root]
        while pending:
            x = pending.pop()
            if x not in found:
                found[x] = followed(x, False, 0)
                pending += [y for y in found[x] if y not in self.uses]
        return found

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return operands[0]

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        times = getattr(walk, "times", None)
        if times is None:
            raise Unnamed
        adjoint = arrived.total(node, walk.propagation)
        wanted = [x for x, use in self.uses.items() if use.source in walk.dependent and not x._flags & CONSTANT]
        terms: Terms = []
        inside = Inside(self.nodes, self.rule.body.spans)
        found = self.contributions(adjoint, wanted, times[node].order)
        moving = [x for _, _, x in found if x in self.uses or (isinstance(x, Value) and self.is_inside(x, inside))]
        step, columns = self.rule.with_residuals(self.loop, Step([], [], [], [*moving]), [], inside, ())
        loop = loop_node(step, [], self.count, False, columns, inside) if moving else self.loop
        for leaf, user, term in found:
            _, source, places = self.uses[leaf]
            assert source is not None
            if any(term is x for x in moving):
                column = loop._row.payload.y_column(loop, [term is x for x in moving].index(True))
            else:  # the same for all elements
                column = Column(stack([term]), 0, 0)
            column.array._flags |= ARRAYED
            arrives = times[node].of(user)
            part = SharedAdjoints(column, arrives) if places is None else Contribution(column, places, arrives)
            terms.append((source, Arrived([part], [])))
        return terms

    def is_inside(self, x: Value, inside: Inside) -> bool:
        return x._row is not NUMBER and not inside.is_outside(x)

    def contributions(
        self, adjoint: Any, wanted: Sequence[Node], order: Sequence[Node]
    ) -> list[tuple[Node, Node | None, Any]]:
        """What arrives at leaves of one element, one by one: the leaf, the node that it comes from, and the term."""
        if self.root in self.uses:
            return [(self.root, None, adjoint)]
        walk = AdjointPass(propagation_for([self.root]), [*wanted, *order], wanted, step=True)
        walk.arrived[self.root] = Arrived([adjoint], [])
        leaves = set(wanted)
        found: list[tuple[Node, Node | None, Any]] = []

        def collect() -> None:
            for x in reversed(order):
                if x in walk.arrived:
                    for y, term in walk.pull(x, walk.arrived.pop(x)):
                        if y in leaves:
                            found.extend([(y, x, part) for part in term.whole])
                        else:
                            known = walk.arrived.setdefault(y, Arrived([], []))
                            known += term

        ieee_arithmetic().run(collect)
        return found

    def push(self, *_: Any) -> Any:
        raise Unnamed

    expand = push


def shared_leaf(x: Value) -> tuple[Value, LeafUse] | None:
    """A leaf for a Value that all elements share; None where it is a number, which stays one."""
    if x._row is NUMBER:
        return None
    leaf = traced(0)
    leaf._flags |= x._flags & CONSTANT
    return leaf, LeafUse(Column(stack([x]), 0, 0), x, None)


def number_leaf(data: Any) -> tuple[Value, LeafUse]:
    """A leaf for plain numbers, one for each element."""
    leaf = traced(0)
    leaf._flags |= CONSTANT
    return leaf, LeafUse(Column(stack([float(x) for x in data]), 0, 1), None, None)


def total_of(count: int, root: Value, uses: dict[Node, LeafUse]) -> Value:
    """The sum of all elements of an expression, as NumPy adds up an array of objects."""
    return ArraySum(count, root, uses).node()
