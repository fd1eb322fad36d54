"""Which nodes do the same, with no need of modules.

Nodes of one operation whose operands are alike are alike, and so are the links of a chain that adds up such operands.
"""

from collections.abc import Hashable, Mapping, Sequence

from autograd_lite.drawing.grouping import N
from autograd_lite.drawing.picture import CONSTANT
from autograd_lite.drawing.sources import Source

OUTSIDE = -1  # the class of operands that are not drawn

Kind = tuple[Hashable, frozenset[int]]
"""What nodes of a class do, and the classes of their operands."""


def alike(source: Source[N], order: Sequence[N], atoms: Mapping[N, Hashable]) -> dict[N, int]:
    """A number for each node, the same for nodes that do the same; `atoms` are already classed."""
    numbers: dict[Kind, int] = {}
    classes: list[Kind] = []
    found: dict[N, int] = {}
    for x in order:
        if x in atoms:
            key: Kind = (atoms[x], frozenset())
        else:
            key = (source.similar(x), frozenset([found.get(p, OUTSIDE) for p in source.parents(x)]))
            link = link_of_a_chain(key, classes)
            if link is not None:
                found[x] = link
                continue
        if key not in numbers:
            numbers[key] = len(classes)
            classes.append(key)
        found[x] = numbers[key]
    tell_constants_apart(source, order, atoms, found, len(classes))
    return found


def tell_constants_apart(
    source: Source[N], order: Sequence[N], atoms: Mapping[N, Hashable], found: dict[N, int], number: int
) -> None:
    """Give constants that are used as different operands numbers of their own, from `number` on."""
    uses: dict[N, set[tuple[int, int]]] = {}
    for x in order:
        operands = source.parents(x)
        for i, p in enumerate(operands):
            if not source.parents(p) and p not in atoms and source.kind(p) == CONSTANT:
                uses.setdefault(p, set()).add((found[x], i if len(operands) == 2 else 0))
    numbers: dict[Hashable, int] = {}
    for p, users in uses.items():
        if p in found:
            found[p] = numbers.setdefault((found[p], frozenset(users)), number + len(numbers))


def link_of_a_chain(key: Kind, classes: Sequence[Kind]) -> int | None:
    """The class of an operand that does the same, and that this node goes on with, as in a + b + c + ..."""
    operation, operands = key
    for i in operands - {OUTSIDE}:
        before, ingredients = classes[i]
        if before == operation and ingredients and operands - {i} <= ingredients:
            return i
    return None
