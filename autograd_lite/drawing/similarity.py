"""Which nodes do the same: of one operation on operands that are alike, or the links of a chain that adds up such."""

from collections.abc import Hashable, Mapping, Sequence

from autograd_lite.drawing.grouping import N
from autograd_lite.drawing.picture import CONSTANT
from autograd_lite.drawing.sources import Source

OUTSIDE = -1  # the class of operands that are not drawn
Kind = tuple[Hashable, frozenset[int]]  # what nodes of a class do, and the classes of their operands


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
    # Constants that are used as different operands get numbers of their own.
    uses: dict[N, set[tuple[int, int]]] = {}
    for x in order:
        operands = source.parents(x)
        for i, p in enumerate(operands):
            if not source.parents(p) and p not in atoms and source.kind(p) == CONSTANT:
                uses.setdefault(p, set()).add((found[x], i if len(operands) == 2 else 0))
    apart: dict[Hashable, int] = {}
    for p, users in uses.items():
        if p in found:
            found[p] = apart.setdefault((found[p], frozenset(users)), len(classes) + len(apart))
    return found


def link_of_a_chain(key: Kind, classes: Sequence[Kind]) -> int | None:
    """The class of an operand that does the same, and that this node goes on with, as in a + b + c + ..."""
    operation, operands = key
    for i in operands - {OUTSIDE}:
        before, ingredients = classes[i]
        if before == operation and ingredients and operands - {i} <= ingredients:
            return i
    return None
