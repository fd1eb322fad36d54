"""Colourings of sparsity patterns: columns, or rows, of one colour are differentiated along one direction.

Greedy, in the order of decreasing degree.  Source: Gebremedhin, Manne and Pothen, What color is your Jacobian? Graph
coloring for computing derivatives (2005).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Entry = tuple[int, int]


def lines(entries: Iterable[Entry], size: int, line: int) -> list[list[int]]:
    """For each row (line 0) or column (line 1), the other indices of its entries."""
    found: list[list[int]] = [[] for _ in range(size)]
    for entry in entries:
        found[entry[line]].append(entry[1 - line])
    return found


def smallest_free(taken: set[int]) -> int:
    """The smallest colour that is not taken."""
    colour = 0
    while colour in taken:
        colour += 1
    return colour


def apart(entries: Sequence[Entry], shape: tuple[int, int], line: int) -> list[int]:
    """Colours of the rows (line 0) or columns (line 1), -1 for empty ones: two of one colour share no place.

    >>> apart([(0, 0), (0, 1), (1, 1), (1, 2)], (2, 3), 1)
    [1, 0, 1]
    """
    own, across = lines(entries, shape[line], line), lines(entries, shape[1 - line], 1 - line)
    colours = [-1] * shape[line]
    for j in sorted(range(shape[line]), key=lambda j: -len(own[j])):
        if own[j]:
            colours[j] = smallest_free({colours[k] for i in own[j] for k in across[i]})
    return colours


def colour_count(colours: Sequence[int]) -> int:
    """How many colours there are."""
    return max(colours, default=-1) + 1


class TwoSided(NamedTuple):
    """Colours of rows and columns: rows with a colour are computed by reverse mode, the others by forward mode."""

    rows: list[int]
    columns: list[int]

    @property
    def colours(self) -> int:
        return colour_count(self.rows) + colour_count(self.columns)


def two_sided(entries: Sequence[Entry], shape: tuple[int, int]) -> TwoSided:
    """The colouring of some full rows and of the columns of all others, of those with the fewest colours together.

    >>> arrow = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0), (2, 2)]
    >>> two_sided(arrow, (3, 3)).colours, colour_count(apart(arrow, (3, 3), 1))
    (3, 3)
    """
    degree = [0] * shape[0]
    for i, _ in entries:
        degree[i] += 1
    by_degree = sorted(range(shape[0]), key=lambda i: -degree[i])
    best: TwoSided | None = None
    tried = {0, shape[0]} | {1 << k for k in range(shape[0].bit_length()) if 1 << k < shape[0]}
    for some in sorted(tried):
        if best is not None and some < shape[0] and some >= best.colours:
            continue
        full = set(by_degree[:some])
        reverse, rest = [e for e in entries if e[0] in full], [e for e in entries if e[0] not in full]
        found = TwoSided(apart(reverse, shape, 0), apart(rest, shape, 1))
        if best is None or found.colours < best.colours:
            best = found
    assert best is not None
    return best


def neighbours_of(entries: Iterable[Entry], size: int) -> list[list[int]]:
    """The graph of a symmetric pattern: for each index, the others that it has an entry with."""
    found: list[set[int]] = [set() for _ in range(size)]
    for i, j in entries:
        if i != j:
            found[i].add(j)
            found[j].add(i)
    return [sorted(x) for x in found]


def star(entries: Sequence[Entry], size: int) -> list[int]:
    """A star colouring of a symmetric pattern: neighbours differ, and every path of four indices has three colours.

    Each entry of the matrix then is alone in a product with the indices of one colour.

    >>> star([(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)], 4)
    [1, 0, 1, 2]
    """
    graph = neighbours_of(entries, size)
    colours = [-1] * size
    for v in sorted(range(size), key=lambda v: -len(graph[v])):
        taken: set[int] = set()
        for w in graph[v]:
            if colours[w] < 0:
                # two coloured neighbours of w would be joined by a path of two colours if v had the colour of one
                taken.update([colours[x] for x in graph[w] if colours[x] >= 0])
                continue
            taken.add(colours[w])
            for x in graph[w]:
                if x != v and colours[x] >= 0 and any(y not in (w, v) and colours[y] == colours[w] for y in graph[x]):
                    taken.add(colours[x])
            same: dict[int, int] = {}
            for u in graph[v]:
                if colours[u] == colours[w]:
                    same[u] = 1
            if len(same) > 1:  # v joins two indices of one colour: no further one may have v's colour behind them
                taken.update([colours[x] for u in same for x in graph[u] if x != v and colours[x] >= 0])
        colours[v] = smallest_free(taken)
    return colours


class Trees:
    """Sets of the entries of two colours, joined where they touch: a union-find structure."""

    def __init__(self) -> None:
        self.parent: dict[Entry, Entry] = {}

    def find(self, x: Entry) -> Entry:
        root = x
        while self.parent.setdefault(root, root) != root:
            root = self.parent[root]
        while self.parent[x] != root:
            self.parent[x], x = root, self.parent[x]
        return root


def acyclic(entries: Sequence[Entry], size: int) -> list[int]:
    """An acyclic colouring of a symmetric pattern: neighbours differ, and the indices of two colours form no cycle.

    The entries of two colours are a forest then, and are found from its leaves on by substitution: of fewer colours
    than `star`.  Source: Gebremedhin, Tarafdar, Pothen and Walther, Efficient computation of sparse Hessians using
    coloring and automatic differentiation (2009).
    """
    graph = neighbours_of(entries, size)
    colours = [-1] * size
    trees: dict[Entry, Trees] = {}
    for v in sorted(range(size), key=lambda v: -len(graph[v])):
        near: dict[int, list[int]] = {}
        for w in graph[v]:
            if colours[w] >= 0:
                near.setdefault(colours[w], []).append(w)
        colour = 0
        while colour in near or any(
            has_cycle(trees.get((min(colour, other), max(colour, other))), ws) for other, ws in near.items()
        ):
            colour += 1
        colours[v] = colour
        for other, ws in near.items():
            forest = trees.setdefault((min(colour, other), max(colour, other)), Trees())
            for w in ws:
                forest.parent[forest.find((w, w))] = forest.find((v, v))
    return colours


def has_cycle(forest: Trees | None, indices: Sequence[int]) -> bool:
    """Whether an index that is joined to all of these would close a cycle of two colours."""
    if forest is None or len(indices) < 2:
        return False
    roots = [forest.find((w, w)) for w in indices]
    return len(set(roots)) < len(roots)
