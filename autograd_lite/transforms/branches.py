"""Gradients through choices between functions, of which only the chosen one exists.

While a program is traced both branches are recorded, and eagerly only one.  So every term holds under a condition, that
a branch was taken.  A payload that gives 0 for the branch not taken would not do: in

    r = sqrt(x)
    return cond(less(0.0, x), lambda: r, lambda: 1.0)

nothing arrives at r for x = 0, and 0 times its infinite partial would be nan.  Nor would a call of the branch that was
taken do, as loops and functions have it: its adjoint is a call too, and gives a number for each value that any branch
uses, so that a condition would have to go on with this number all the same.  So the conditions are here, one for all
that arrives together (`conditions`), and what one branch alone needs is moved aside when the program is there, for
derivatives of all orders at once (`program.lazy_branches`).

Bits are those of the eager graph because terms are added up in the order in which nodes were made.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from autograd_lite.core.create_graph import argument, check_unassigned, partials_as_graphs, times
from autograd_lite.core.graph import BATCHED, CHOSEN, ORDERED, Node, operands_of
from autograd_lite.core.table import cond, identity, less, logical_and
from autograd_lite.transforms.conditions import Conditions
from autograd_lite.transforms.propagation import Propagation

Term = tuple[Any, Any]
"""A value, and the condition under which it holds; None: always."""


def masked(value: Any, condition: Any, otherwise: float = -0.0) -> Any:
    """A term where it holds; -0.0, which changes no sum, elsewhere."""
    return value if condition is None else cond(condition, value, otherwise)


def either(rules: Any, conditions: Iterable[Any]) -> Any:
    """What holds under any of the conditions of a pass by these rules."""
    found = list(conditions)
    return None if any(x is None for x in found) else reduce(rules.conditions.either, found)


class ChosenPropagation(Propagation):
    """The rules with terms in place of values."""

    def __init__(self, choice: Node) -> None:
        self.choice = choice
        self.conditions = Conditions()

    def branches(self, node: Node, arrivals: dict[Node, Any]) -> list[tuple[Node, Any]]:
        """The branches that may have been taken, each with the condition under which it was and something arrived."""
        condition, a, b = operands_of(node)
        taken, conditions = condition.truth(), self.conditions
        if taken is not None:
            return [(x, arrivals[x]) for x in (a if taken else b,) if x in arrivals]
        holds = argument(condition)
        both = [(a, holds), (b, conditions.negated(holds))]
        found = [(x, conditions.both(arrivals[x], holds)) for x, holds in both if x in arrivals]
        return [(x, holds) for x, holds in found if not isinstance(holds, float)]

    def start(self, seed: Any) -> Term:
        return seed, None

    def total(self, terms: list[Term]) -> Term:
        """The sum, and the condition under which any of it holds.

        A single term gets a node of its own too: others may have come from branches that were not taken, and
        derivatives of this sum have to be added up alike.
        """
        value, condition = terms[0]
        begun = condition  # what masks the sum so far: None where each of its terms is masked
        for term in terms[1:]:
            if term[1] is condition:
                value, begun = value + term[0], condition
            else:
                value, begun = masked(value, begun) + masked(*term), None
                condition = self.conditions.either(condition, term[1])
        return self.choice.apply(identity, (value,)) if len(terms) == 1 else value, condition

    def over_samples(self, node: Node, x: Term) -> Term:
        """The sum, which arrives where it does for any of the samples."""
        value, condition = x
        if isinstance(condition, Node):
            if not condition._flags & BATCHED:  # all samples share it
                return super().over_samples(node, value), condition
            some = less(0.0, super().over_samples(node, logical_and(condition, 1.0)))
            return super().over_samples(node, masked(*x)), some
        return super().over_samples(node, masked(*x)), None

    def result(self, x: Term) -> Any:
        derivative = masked(*x, 0.0)
        if isinstance(derivative, Node):
            derivative._flags |= CHOSEN | ORDERED
        return derivative

    def pull(self, node: Node, adjoint: Any, wanted: set[Node]) -> list[tuple[Node, Any]]:
        value, condition = adjoint
        if node._row is cond:
            check_unassigned(node, operands_of(node))
            arrivals = dict.fromkeys(operands_of(node), condition)
            return [(x, (value, holds)) for x, holds in self.branches(node, arrivals) if x in wanted]
        return [(x, (term, condition)) for x, term in super().pull(node, value, wanted)]

    def push(self, node: Node, tangents: dict[Node, Term]) -> list[Term]:
        operands = operands_of(node)
        if node._row is cond:
            check_unassigned(node, operands)
            arrivals = {x: tangents[x][1] for x in operands[1:] if x in tangents}
            return [(tangents[x][0], holds) for x, holds in self.branches(node, arrivals)]
        if node._row.selects:
            moved = [x for x in operands[1:] if x in tangents]
            conditions = [tangents[x][1] for x in moved]
            terms = super().push(node, {x: masked(*tangents[x], 0.0) for x in moved})
            return [(term, either(self, conditions)) for term in terms]
        return [
            (times(tangents[x][0], partial), tangents[x][1]) for x, partial in partials_as_graphs(node) if x in tangents
        ]


def propagation_for(roots: Sequence[Any]) -> Propagation:
    """The rules for a pass over everything that the roots depend on."""
    for x in roots:
        if isinstance(x, Node) and x._flags & CHOSEN:
            return ChosenPropagation(x)
    return Propagation()
