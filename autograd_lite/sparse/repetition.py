"""Parts of a graph that compute the same of other numbers: found by their structure.

Two parts with the same signature have isomorphic graphs, whose nodes were made in the same order; so their derivatives
have the same graphs too, with the same order of every sum.
"""

from collections.abc import Container, Hashable, Mapping, Sequence

from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import DETACHED, NUMBER, PASSED, Node, operands_of

Places = Mapping[Node, int]
"""The numbers of leaves among all leaves."""


def nodes_below(root: Node, ends: Container[Node]) -> list[Node]:
    """The nodes that a root depends on, itself included, without ends and constants, in no order."""
    nodes: list[Node] = []
    seen: set[Node] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node not in seen and node not in ends:
            row = node._row
            if row is NUMBER or row is DETACHED:
                continue
            seen.add(node)
            nodes.append(node)
            stack.extend(operands_of(node))
    return nodes


class Subgraph:
    """What some roots compute: `nodes` in the order of making, and its `leaves` and `constants`, each once.

    `signature` is what parts of one kind share.
    """

    __slots__ = ("constants", "leaves", "nodes", "roots", "signature")

    def __init__(self, roots: Sequence[Node], nodes: list[Node], places: Places) -> None:
        nodes.sort(key=time_of)
        self.roots, self.nodes = roots, nodes
        self.leaves: list[Node] = []
        self.constants: list[Node] = []
        local: dict[Node, int] = {}
        key: list[Hashable] = []
        for count, node in enumerate(nodes):
            key.append(node._row)
            for x in operands_of(node):
                number = local.get(x)
                if number is None:
                    number = local[x] = self.leaf(x, places)
                key.append(number)
            local[node] = count
        for root in roots:
            number = local.get(root)
            key.append(self.leaf(root, places) if number is None else number)
        self.signature = tuple(key)

    def leaf(self, x: Node, places: Places) -> int:
        """The number of a leaf or of a constant in the signature."""
        if x in places:
            self.leaves.append(x)
            return -2 * len(self.leaves)
        self.constants.append(x)
        return -2 * len(self.constants) - 1


class RepeatedPart:
    """What is computed again and again of other leaves and constants: those of the first, and the numbers of all."""

    def __init__(self, leaves: list[Node], constants: list[Node]) -> None:
        self.first_leaves, self.first_constants = leaves, constants
        self.leaves: list[list[int]] = []
        self.constants: list[list[float]] = []

    def add(self, leaves: Sequence[Node], constants: Sequence[Node], places: Places) -> None:
        self.leaves.append([places[x] for x in leaves])
        self.constants.append([x._data for x in constants])

    def __len__(self) -> int:
        return len(self.leaves)

    def varying(self) -> list[int]:
        """The constants that are not the same in all: they become inputs, and rules may not read their numbers."""
        found = [k for k, column in enumerate(zip(*self.constants, strict=True)) if len({x.hex() for x in column}) > 1]
        for k in found:
            self.first_constants[k]._flags |= PASSED
        return found
