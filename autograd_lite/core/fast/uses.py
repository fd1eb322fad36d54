"""Uses of nodes (in-degrees), counted in the nodes themselves: a dict would cost more than the rest of a pass.

Above `graph`.  A count starts at a base that is larger in every sort, so that none has to be set back.
"""

from typing import Final, final

from mypy_extensions import i64

from autograd_lite.core.graph import CONSTANT, Node

SORT: Final = 1 << 32
"""How much larger the base of each sort is: more uses than a node can have."""


@final
class Counts:
    """The newest sort."""

    def __init__(self) -> None:
        self.base: i64 = 0
        self.since: i64 = 0  # it leaves out what was made before
        self.stores: bool = False  # whether its pass stores adjoints of interior nodes
        self.visited: i64 = 0  # the number of nodes that all sorts have visited


COUNTS: Final = Counts()


def use(node: Node, found: list[Node], base: i64, everything: bool) -> None:
    """Count one use of a node.  Its adjoint starts at -0.0, the number that changes no sum; 0.0 + -0.0 is 0.0."""
    uses = node._uses
    if uses >= base:
        if everything or not node._flags & CONSTANT:  # which a root may be
            node._uses = uses + 1
    elif node._flags >= COUNTS.since and (everything or not node._flags & CONSTANT):
        node._uses = base + 1
        node._adjoint = -0.0
        found.append(node)


def used_once(node: Node, ready: list[Node], base: i64, everything: bool) -> None:
    """One use of a node is done; after the last it is ready."""
    if everything or not node._flags & CONSTANT:
        uses = node._uses - 1
        node._uses = uses
        if uses == base:
            ready.append(node)
