"""Under which conditions adjoints and tangents arrive, each of them one node however it is put together.

What arrives under equal conditions is added up as one, and what arrives in any case is known to: of the results of a
choice, all in one branch arrive or none.  Source: Bryant, Graph-based algorithms for Boolean function manipulation
(1986).
"""

from typing import Any, Final

from autograd_lite.core.create_graph import argument
from autograd_lite.core.graph import Node, operands_of
from autograd_lite.core.table import cond, logical_and, logical_not, logical_or

LARGE: Final = 64
"""Decisions from which on a condition counts as one that is made of no others."""


class Decision:
    """A condition by cases: what it is where another one, known by its number, holds, and where it does not.

    Both are decisions about conditions of higher numbers, or True, or False.
    """

    __slots__ = ("no", "number", "yes")

    def __init__(self, number: int, yes: Any, no: Any) -> None:
        self.number, self.yes, self.no = number, yes, no


class Conditions:
    """The conditions that one pass has met; None: what always holds."""

    def __init__(self) -> None:
        self.elements: list[Any] = []  # those that are made of no others
        self.decisions: dict[Any, Any] = {}
        self.nodes: dict[Any, Any] = {}  # of decisions
        self.made: dict[tuple[int, Any, Any], Decision] = {}
        self.chosen: dict[tuple[Any, Any, Any], Any] = {}

    def both(self, condition: Any, other: Any) -> Any:
        """What holds under two conditions."""
        if condition is None or other is None:
            return other if condition is None else condition
        return self.node(self.choice(self.decision(condition), self.decision(other), False))

    def either(self, condition: Any, other: Any) -> Any:
        """What holds under any of two conditions."""
        if condition is None or other is None:
            return None
        return self.node(self.choice(self.decision(condition), True, self.decision(other)))

    def negated(self, condition: Any) -> Any:
        return self.node(self.choice(self.decision(condition), False, True))

    def decision(self, condition: Any) -> Any:
        if not isinstance(condition, Node):
            return condition is None or bool(condition)
        if condition not in self.decisions:
            if condition._row is logical_not:
                found = self.choice(self.decision(argument(operands_of(condition)[0])), False, True)
            else:
                found = self.decided(len(self.elements), True, False)
                self.elements.append(condition)
            self.decisions[condition] = found
            self.nodes.setdefault(found, condition)
        return self.decisions[condition]

    def decided(self, number: int, yes: Any, no: Any) -> Any:
        return yes if yes is no else self.made.setdefault((number, yes, no), Decision(number, yes, no))

    def choice(self, condition: Any, a: Any, b: Any) -> Any:
        """The decision a where a condition holds, else b."""
        if not isinstance(condition, Decision) or a is b:
            return a if condition else b
        key = condition, a, b
        if key not in self.chosen:
            number = min([x.number for x in key if isinstance(x, Decision)])
            cases = [
                [(x.yes if holds else x.no) if isinstance(x, Decision) and x.number == number else x for x in key]
                for holds in (True, False)
            ]
            yes, no = [self.choice(*case) for case in cases]
            self.chosen[key] = self.decided(number, yes, no)
        return self.chosen[key]

    def node(self, decision: Any) -> Any:
        """The condition as a node of the graph."""
        if not isinstance(decision, Decision):
            return None if decision else 0.0
        if decision not in self.nodes:
            condition, yes, no = self.elements[decision.number], decision.yes, decision.no
            if yes is False or no is True:
                condition, yes, no = logical_not(condition), no, yes
            if yes is True:
                found = condition if no is False else logical_or(condition, self.node(no))
            elif no is False:
                found = logical_and(condition, self.node(yes))
            else:
                found = cond(condition, self.node(yes), self.node(no))
            self.nodes[decision] = found
            if len(parts_of(decision)) < LARGE:
                self.decisions[found] = decision
        return self.nodes[decision]


def parts_of(decision: Decision) -> list[Decision]:
    """The decisions that one is made of, the first ones of them if they are many."""
    found = [decision]
    for x in found:  # which grows
        if len(found) < LARGE:
            found += [y for y in (x.yes, x.no) if isinstance(y, Decision) and y not in found]
    return found
