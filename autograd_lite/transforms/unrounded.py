"""Rules of the table as graphs in which no number is rounded: for programs of which the real value is wanted.

A rule gets operands that record all that is computed with them,
constants included: y - 1 in the rule of x ** y is an instruction, not the float next to it.  The few constants of rules
that are rounded themselves, such as ln 2, become the numbers that they round.
"""

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_lite.core.columns.constants import LN2, LOG2_E
from autograd_lite.core.columns.row import Partials
from autograd_lite.core.contexts.scopes import Scope, Settings
from autograd_lite.core.create_graph import READING
from autograd_lite.core.fast.pool import number_node
from autograd_lite.core.graph import CONSTANT, NUMBER, Node
from autograd_lite.core.operands import Operand
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import acos, log, sqrt


class Unrounded(Operand):
    """A node as the operand of a rule."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def apply(self, row: Primitive, operands: tuple[object, ...]) -> Any:
        nodes = [exact_node_of(x) for x in operands]
        if (row.compares or row.truths) and not row.selects and all(x._row is NUMBER for x in nodes):
            found = row.ieee_value(*[x._data for x in nodes])  # a comparison rounds nothing
            return found if found in (0.0, 1.0) else Unrounded(exact_node(found))  # the larger is no constant of a rule
        return Unrounded(self.node.apply(row, tuple(nodes)))

    def truth(self) -> bool | None:
        return self.node._data != 0.0 if self.node._row is NUMBER else None


RULE: Final = threading.local()
"""Whether the rule that is applied in this thread holds constants that may be rounded."""


class unrounded_rules(Scope):
    """A context in which the rules of rows are applied without rounding constants."""

    def modes(self) -> Settings:
        return ((READING, partials_of_rules),)


def is_unrounded() -> bool:
    return READING.get() is not None


def exact_node(x: float) -> Node:
    return number_node(x, CONSTANT)


def pi() -> Any:
    return acos(Unrounded(exact_node(-1.0)))


def exact_root(x: float) -> Any:
    return sqrt(Unrounded(exact_node(x)))


def ln(x: float) -> Any:
    return log(Unrounded(exact_node(x)))


EXACT: Final[dict[float, Callable[[], Any]]] = {
    LN2: lambda: ln(2.0),
    math.log(10.0): lambda: ln(10.0),
    LOG2_E: lambda: 1.0 / ln(2.0),
    0.4342944819032518: lambda: 1.0 / ln(10.0),
    math.pi: pi,
    2.0 * math.pi: lambda: 2.0 * pi(),
    0.5 * math.pi: lambda: 0.5 * pi(),
    math.log(2.0 * math.pi): lambda: log(2.0 * pi()),
    math.sqrt(math.pi): lambda: sqrt(pi()),
    1.1283791670955126: lambda: 2.0 / sqrt(pi()),
    0.886226925452758: lambda: 0.5 * sqrt(pi()),
    0.3989422804014327: lambda: 1.0 / sqrt(2.0 * pi()),
    0.7978845608028654: lambda: sqrt(2.0 / pi()),
    2.5066282746310002: lambda: sqrt(2.0 * pi()),
    1.2533141373155001: lambda: sqrt(0.5 * pi()),
    1.4142135623730951: lambda: exact_root(2.0),
    0.7071067811865476: lambda: exact_root(0.5),
}
"""The numbers that rounded constants in rules of the table are for; such floats are met in rules alone."""


def exact_node_of(x: object) -> Node:
    """An operand of a rule, or its result, as a node."""
    if isinstance(x, Unrounded):
        return x.node
    if isinstance(x, Node):
        return x
    number = float(x)  # type: ignore[arg-type]
    exact = EXACT.get(abs(number))
    if exact is None:
        RULE.rounded = getattr(RULE, "rounded", False) or is_approximate(number)
        return exact_node(number)
    return exact_node_of(exact() if number > 0.0 else -exact())


def is_approximate(x: float) -> bool:
    """Whether a constant of a rule may be the rounding of an unknown number: what one writes exactly has few bits."""
    return math.isfinite(x) and not (math.frexp(x)[0] * 2.0**40).is_integer() and abs(x) not in EXACT


def partials_of_rules(node: Node, operands: Sequence[Node]) -> list[Any]:
    """The partials of a row in all its operands as nodes; None where nothing flows, 1.0 and -1.0 as they are.

    A rule that holds rounded constants, as of a polynomial that approximates, is taken as lectures write it; ValueError
    where the table does not know how.  Constants in a rule of a user are what they are.
    """
    row = node._row
    RULE.rounded = False
    found = partials_by(row.partials, node, operands)
    if RULE.rounded and row.lecture is not None:
        found = partials_by(row.lecture, node, operands)
    elif RULE.rounded and is_of_the_table(row):
        raise ValueError(
            f"the derivative of {row.name} is computed by a formula that approximates, and no other is known; certify "
            f"the parts of the function without it"
        )
    return found


def is_of_the_table(row: Primitive) -> bool:
    rule = next((rule for rule in row.partial_rules or (row.partials,) if callable(rule)), None)
    return getattr(rule, "__module__", "").startswith("autograd_lite.core.table")


def partials_by(rules: Partials, node: Node, operands: Sequence[Node]) -> list[Any]:
    out, arguments = Unrounded(node), [Unrounded(x) for x in operands]
    found: Sequence[Any]
    if isinstance(rules, tuple):
        found = [rule(out, *arguments) if callable(rule) else rule for rule in rules]
    else:
        found = rules(out, arguments)
    return [
        None if p is None or x._flags & CONSTANT else exact_partial(p, len(operands))
        for x, p in zip(operands, found, strict=True)
    ]


def exact_partial(p: Any, count: int) -> Any:
    """A partial as a node; 1.0 and -1.0 as they are, and 1/n in n operands as a quotient."""
    if isinstance(p, float) and p in (1.0, -1.0, 0.0):
        return p
    return exact_node_of(1.0 / Unrounded(exact_node(float(count))) if p == 1.0 / count else p)
