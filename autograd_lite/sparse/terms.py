"""A function of one number as a sum of terms, each of few inputs: its Hessian is the sum of theirs.

Source: Griewank and Toint, On the unconstrained optimization of partially separable functions (1982).
"""

from collections.abc import Mapping

from autograd_lite.core.graph import DETACHED, NUMBER, Node, operands_of
from autograd_lite.core.table import add, div, mul, neg, sub
from autograd_lite.core.table import sum as total
from autograd_lite.sparse.repetition import Places, Subgraph, nodes_below
from autograd_lite.transforms.propagation import Propagation

SUMS = (add, sub, neg, total)
SCALINGS = (mul, div)


class Terms:
    """The terms of a root, each once: roots that share nodes are one term.  `seeds` are the adjoints of their roots.

    With `coarse`, a term that is a difference, or a sum times a number, is not taken apart.  `parts` is None where a
    node of the sum is used twice, so that it has no terms of its own, or in another term.
    """

    def __init__(self, root: Node, places: Places, coarse: bool = False) -> None:
        self.coarse = coarse
        self.seeds: dict[Node, float] = {}
        self.parts: list[Subgraph] | None = self.found(places) if self.split(root, places) else None

    def split(self, root: Node, places: Places) -> bool:
        """Go down from the root through sums; whether each term is used once."""
        pull = Propagation().pull
        seen: set[Node] = {root}
        stack: list[tuple[Node, float, bool]] = [(root, 1.0, False)]
        while stack:
            node, seed, inside = stack.pop()
            if not is_sum(node, places) or (inside and self.coarse and not is_chain(node)):
                self.seeds[node] = seed
                continue
            inside |= node._row is add or node._row is total
            # it is linear in those that have places
            for x, term in pull(node, seed, {x for x in operands_of(node) if x not in places}):
                if x in seen or not isinstance(term, float):
                    return False
                seen.add(x)
                stack.append((x, term, inside))
        return True

    def found(self, places: Places) -> list[Subgraph] | None:
        """The parts of the graph below the terms, in the order of the terms; None where one is in another."""
        owner: dict[Node, int] = {}
        below: list[list[Node]] = []
        same: dict[int, int] = {}  # terms that share nodes with an earlier one

        def first(k: int) -> int:
            while k in same:
                k = same[k]
            return k

        for k, root in enumerate(self.seeds):
            nodes = []
            for x in nodes_below(root, places):
                j = owner.setdefault(x, k)
                if j == k:
                    nodes.append(x)
                elif x in self.seeds:
                    return None  # a term of the sum in another term: which adjoint comes first is not told by the seeds
                elif (j := first(j)) != (i := first(k)):
                    same[max(i, j)] = min(i, j)
            below.append(nodes)
        groups: dict[int, tuple[list[Node], list[Node]]] = {}
        for k, root in enumerate(self.seeds):
            roots, nodes = groups.setdefault(first(k), ([], []))
            roots.append(root)
            nodes += below[k]
        return [Subgraph(roots, nodes, places) for roots, nodes in groups.values()]


def is_sum(node: Node, places: Places) -> bool:
    """Whether a node is a sum, or a sum by a number, so that the adjoints of its operands are numbers."""
    row = node._row
    if node in places or row is NUMBER or row is DETACHED:
        return False
    if row in SUMS:
        return True
    if row not in SCALINGS:
        return False
    operands = operands_of(node)
    numbers = [x._row is NUMBER for x in operands]
    scaled = [x._row in SUMS or x._row in SCALINGS or x._row.payload is not None for x in operands]
    return numbers[1] and scaled[0] if row is div else any(numbers) and any(scaled)


def is_chain(node: Node) -> bool:
    """Whether a node adds to a sum, or subtracts from one."""
    row = node._row
    return row is add or row is total or (row is sub and operands_of(node)[0]._row in SUMS)


def terms_of(root: Node, places: Places) -> Terms:
    """The terms of a root: as small as they can be, else coarse ones."""
    terms = Terms(root, places)
    return terms if terms.parts is not None else Terms(root, places, coarse=True)


def positions(order: list[Node]) -> Mapping[Node, int]:
    """The place of each node in an order."""
    return {x: k for k, x in enumerate(order)}
