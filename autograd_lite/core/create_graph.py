"""The same pass recorded as a graph, which can be differentiated again or compiled: rules applied to Values.

Above `reverse`, and in its order, so that floats and graphs agree to the bit.
"""

import operator
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from mypy_extensions import mypyc_attr

from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.contexts.variables import Mode
from autograd_lite.core.fast.clock import age_of, time_of
from autograd_lite.core.graph import ASSIGNED, CONSTANT, NUMBER, ORDERED, PASSED, TRACED, Node, operands_of
from autograd_lite.core.reverse import dependent_on, reverse, topological_order

READING: Final = Mode("autograd_lite.reading", None)
"""What applies the rules of a row in place of `applied_rules` (`transforms.unrounded`), or None."""


def times(adjoint: Any, partial: Any) -> Any:
    """adjoint x partial, without the products by 1 and -1 that change no bit."""
    if isinstance(partial, float) and (partial == 1.0 or partial == -1.0):
        return adjoint if partial == 1.0 else -adjoint
    if isinstance(adjoint, float) and adjoint == 1.0:
        return partial
    return adjoint * partial


def argument(node: Node) -> Any:
    """An operand as rules get it: a constant as a float, so that x * 1.0 in a rule makes no node.

    Not so a number that a transform passed on: compiled it is an input, and both are to make the same graph.
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


def applied_rules(node: Node, operands: tuple[Node, ...], on_nodes: bool = False) -> list[Any]:
    """The rules of a row for its partials, applied to its operands as `argument` gives them, or `on_nodes` alone.

    None where nothing flows.
    """
    reading = READING.get()
    if reading is not None:
        return list(reading(node, operands))
    rules = node._row.partials
    arguments: list[Any] = []
    partials: list[Any] = []
    if not isinstance(rules, tuple):
        partials = list(rules(node, list(operands) if on_nodes else [argument(x) for x in operands]))
        return [None if x._flags & CONSTANT else p for x, p in zip(operands, partials, strict=True)]
    for x, rule in zip(operands, rules, strict=True):
        if rule is None or x._flags & CONSTANT:
            partials.append(None)
        elif isinstance(rule, float):
            partials.append(rule)
        else:
            arguments = arguments or (list(operands) if on_nodes else [argument(y) for y in operands])
            partials.append(rule(node, *arguments))
    return partials


def partials_as_graphs(node: Node) -> list[tuple[Node, Any]]:
    """The operands of a node to which something flows, each with its partial.

    Singular ones are inf or nan; the caller is in `ieee_arithmetic`.
    """
    operands = operands_of(node)
    check_unassigned(node, operands)
    try:
        partials = applied_rules(node, operands)
    except ArithmeticError:  # a rule on floats alone may raise, as 1 / 0 does; on nodes it gives inf
        partials = applied_rules(node, operands, True)
    return [(x, p) for x, p in zip(operands, partials, strict=True) if p is not None]


def graph_terms(node: Node, adjoint: Any, wanted: set[Node]) -> list[tuple[Node, Any]]:
    """Adjoint x partial for each wanted operand to which something flows; the branch that was not taken gets 0."""
    row = node._row
    if not row.selects:
        return [(x, times(adjoint, partial)) for x, partial in partials_as_graphs(node) if x in wanted]
    condition, *both = operands_of(node)
    check_unassigned(node, (condition, *both))
    chooser, pairs = argument(condition), zip(both, ((adjoint, 0.0), (0.0, adjoint)), strict=True)
    return [(x, row.selected(chooser, *pair)) for x, pair in pairs if x in wanted]


def added_up(terms: Sequence[Any]) -> Any:
    """The sum, from left to right."""
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


@mypyc_attr(allow_interpreted_subclasses=True)
class RecordedPass:
    """The reverse pass over the nodes that depend on an input: what a node passes on, and the adjoints of the inputs.

    What arrives at a node is a list of terms, which grows in place and is added up when all are there.
    """

    def __init__(self, order: Sequence[Node], inputs: Sequence[Node]) -> None:
        self.inputs = set(inputs)
        self.dependent = set(inputs)
        self.order = dependent_on(order, self.dependent)
        self.arrived: dict[Node, Any] = {}
        self.found: dict[Node, Any] = {}

    def run(self) -> None:
        """The chain rule, from what has arrived."""
        # once for the pass: for each node it would cost as much as the node
        ieee_arithmetic().run(deque, reverse(self.order, self.arrived, self.pull, operator.iadd), 0)

    def pull(self, node: Node, terms: Any) -> list[tuple[Node, Any]]:
        adjoint = added_up(terms)
        if node in self.inputs:
            self.found[node] = adjoint
            if self.dependent.isdisjoint(operands_of(node)):
                return []  # nobody asked for its operands: what was assigned to these does not matter
        return [(x, [term]) for x, term in graph_terms(node, adjoint, self.dependent)]


PROGRAMS: Final[list[Callable[[Sequence[Node], Sequence[Any], Sequence[Node]], list[Any]]]] = []
"""`adjoints` of graphs that hold what only programs have, such as arrays and samples: `transforms.reverse_mode`."""


def adjoints(roots: Sequence[Node], seeds: Sequence[Any], inputs: Sequence[Node]) -> list[Any]:
    """The gradients of sum(seed x root) in the inputs, recorded as a graph; None where nothing arrived."""
    if any([x._flags & (TRACED | ORDERED) != 0 for x in roots]):  # noqa: C419  (a list is faster when compiled)
        return PROGRAMS[0](roots, seeds, inputs)
    walk = RecordedPass(topological_order(roots, since=age_of(inputs)), inputs)
    for root, seed in zip(roots, seeds, strict=True):
        walk.arrived.setdefault(root, []).append(seed)
    walk.run()
    return [walk.found.get(x) for x in inputs]
