"""The time at which a node was made, in one word with its flags: a word of its own would make a node 16 bytes larger.

Above `graph`.  Results are younger than their operands, unless data was assigned to an operand afterwards.
"""

from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import i64

from autograd_lite.core.graph import ASSIGNED, Node, operands_of

TICK: Final = 2048
"""Flags are below it; times are multiples of it."""


@final
class Clock:
    """Counts the nodes and assignments so far."""

    def __init__(self) -> None:
        self.now: i64 = 0

    def tick(self) -> i64:
        """The time of what is made now, as a node without flags keeps it."""
        self.now += TICK
        return self.now


CLOCK: Final = Clock()


def time_now() -> int:
    """The time at which the newest node was made."""
    return CLOCK.now // TICK


def time_of(node: Node) -> int:
    """The time at which a node was made, or its data assigned."""
    return node._flags // TICK


def age_of(inputs: Sequence[Node]) -> int:
    """What nodes made before all inputs have smaller flags than: they cannot depend on an input.

    0 where data was assigned to one: it looks younger than what was made of it before.
    """
    if not inputs:
        return 0
    flags: i64 = inputs[0]._flags
    for x in inputs:
        if x._flags & ASSIGNED:
            return 0
        if x._flags < flags:
            flags = x._flags
    return flags - flags % TICK


def flags_without_time(node: Node) -> int:
    """The flags of a node, without the time."""
    return node._flags & (TICK - 1)


def note_assigned(node: Node) -> None:
    """Note that data of a node was assigned just now, after all that was computed from it so far."""
    node._flags = (node._flags & (TICK - 1)) | ASSIGNED | CLOCK.tick()


def in_order_of_making(order: list[Node]) -> list[Node]:
    """A sorted graph in the order in which its nodes were made.

    A choice between functions computes both branches while a program is traced, and one otherwise.  In this order the
    nodes that both graphs have come in one order, so their contributions are added up to the same bits.
    """
    for node in order:
        if node._flags & ASSIGNED and operands_of(node):
            return order  # it looks younger than what was made of it
    order.sort(key=order_of_making)
    return order


def order_of_making(node: Node) -> int:
    """Leaves are first, also those to which data was assigned after something was computed from them."""
    return time_of(node) if operands_of(node) else 0
