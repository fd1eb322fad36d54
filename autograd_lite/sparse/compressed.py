"""Sparse matrices from products with few directions: mapped jvp, vjp and hvp, and the entries recovered from them.

Above `colouring`.  One program gives the products with all directions, which are its samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from autograd_lite.backends.choice import BACKENDS
from autograd_lite.core.graph import Node
from autograd_lite.core.value import Value, traced
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.instructions import Argument, Result, operations
from autograd_lite.program.program import Program
from autograd_lite.sparse.colouring import acyclic, apart, colour_count, neighbours_of, star, two_sided
from autograd_lite.sparse.scalar_graphs import ScalarGraph
from autograd_lite.transforms.differentiation import reverse_mode
from autograd_lite.transforms.jacobians import forward_mode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]
    Indices: TypeAlias = NDArray[np.int64]


class Products(NamedTuple):
    """A program of products with directions, and the directions, one a row."""

    program: Program
    directions: Numbers


class Compressed:
    """Products with directions, and where each entry is in them; `steps` subtract known entries from others."""

    def __init__(self, products: list[Products], picks: Indices, steps: list[tuple[Indices, ...]], how: str) -> None:
        self.products, self.picks, self.steps, self.how = products, picks, steps, how

    @property
    def operations(self) -> int:
        return sum(sum(map(operations, p.program.instructions)) * len(p.directions) for p in self.products)

    def code(self, backend: str, fastmath: bool) -> Callable[[Numbers], Numbers]:
        codes = [BACKENDS[backend](p.program, fastmath) for p in self.products]

        def run(x: Numbers) -> Numbers:
            tables = [
                np.asarray(code([x, p.directions], len(p.directions))[0], dtype=np.float64).ravel()
                for code, p in zip(codes, self.products, strict=True)
            ]
            return self.recovered(np.concatenate(tables) if tables else np.zeros(0))

        return run

    def recovered(self, products: Numbers) -> Numbers:
        """The entries, from the products in one flat array."""
        values: Numbers = products[self.picks]
        for found, known in self.steps:
            np.subtract.at(values, found, values[known])
        return values


def directional(graph: ScalarGraph, colours: Sequence[int], forward: bool) -> Products:
    """The products of the Jacobian with a direction for each colour: of columns, or from the left of rows."""
    size = graph.size if forward else len(graph.outputs)
    directions = [traced(0) for _ in range(size)]
    if forward:
        (found,) = forward_mode(graph.outputs, graph.inputs, [directions], True)
    else:
        found = reverse_mode(graph.outputs, directions, graph.inputs, True)
    flattener = Flattener([Argument("x", len(graph.places), False), Argument("direction", size, True)])
    numbers: dict[Node, int] = {x: k for k, x in enumerate([*graph.places, *directions])}
    values = flattener.graph([x if isinstance(x, Value) else float(x) for x in found], numbers)
    program = Program(*flattener.finished([Result(tuple(values), True)]))
    table = np.zeros((colour_count(colours), size))
    for k, colour in enumerate(colours):
        if colour >= 0:
            table[colour, k] = 1.0
    return Products(program, table)


def of_jacobian(graph: ScalarGraph, entries: list[tuple[int, int]], method: str) -> Compressed:
    """The Jacobian by column colouring ("forward"), row colouring ("reverse"), or both ("bidirectional")."""
    shape = (len(graph.outputs), graph.size)
    rows, columns = [-1] * shape[0], [-1] * shape[1]
    if method == "forward":
        columns = apart(entries, shape, 1)
    elif method == "reverse":
        rows = apart(entries, shape, 0)
    else:
        rows, columns = two_sided(entries, shape)
    products = [directional(graph, c, c is columns) for c in (columns, rows) if colour_count(c)]
    start = colour_count(columns) * shape[0]
    picks = [start + rows[i] * shape[1] + j if rows[i] >= 0 else columns[j] * shape[0] + i for i, j in entries]
    how = [
        f"{colour_count(c)} {name}"
        for c, name in ((columns, "jvp of columns"), (rows, "vjp of rows"))
        if colour_count(c)
    ]
    return Compressed(products, np.array(picks, dtype=np.int64), [], f"{' and '.join(how) or 'nothing'} by colouring")


def of_hessian(graph: ScalarGraph, entries: list[tuple[int, int]], method: str) -> Compressed:
    """The Hessian, of a graph whose outputs are the gradient: by "star" colouring, or "acyclic" and substitution.

    Entries (i, j) and (j, i) are the same number.
    """
    n = graph.size
    symmetric = sorted({*entries, *[(j, i) for i, j in entries]})
    touched = {i for i, _ in symmetric}
    colours = star(symmetric, n) if method == "star" else acyclic(symmetric, n)
    colours = [c if i in touched else -1 for i, c in enumerate(colours)]
    products = [directional(graph, colours, True)] if entries else []
    if method == "star":
        near = neighbours_of(symmetric, n)
        picks = []
        for i, j in entries:
            alone = i == j or sum(colours[k] == colours[j] for k in near[i]) == 1
            picks.append(colours[j] * n + i if alone else colours[i] * n + j)
        how = f"{colour_count(colours)} hvp by star colouring"
        return Compressed(products, np.array(picks, dtype=np.int64), [], how)
    picks, steps = substitution(symmetric, entries, colours, n)
    how = f"{colour_count(colours)} hvp by acyclic colouring and {len(steps)} substitutions in turn"
    return Compressed(products, np.array(picks, dtype=np.int64), steps, how)


def substitution(
    symmetric: list[tuple[int, int]], entries: list[tuple[int, int]], colours: list[int], n: int
) -> tuple[list[int], list[tuple[Indices, ...]]]:
    """Where each entry is picked, and the subtractions level by level: an entry at a leaf of a tree of two colours is
    alone in a product, and is subtracted from the others of its neighbour."""
    place: dict[tuple[int, int], list[int]] = {}
    for k, (i, j) in enumerate(entries):
        place.setdefault((min(i, j), max(i, j)), []).append(k)
    neighbours = neighbours_of(symmetric, n)
    picks = [0] * len(entries)
    for k, (i, j) in enumerate(entries):
        if i == j:
            picks[k] = colours[i] * n + i
    left = [{} for _ in range(n)]  # type: list[dict[int, set[int]]]
    for i, near in enumerate(neighbours):
        for j in near:
            left[i].setdefault(colours[j], set()).add(j)
    subtract: dict[tuple[int, int], list[tuple[int, int]]] = {}  # by (index, colour): the entries found there
    level_of: dict[tuple[int, int], int] = {}
    leaves = [(i, c) for i in range(n) for c, js in left[i].items() if len(js) == 1]
    steps: list[tuple[list[int], list[int]]] = []
    while leaves:
        following: list[tuple[int, int]] = []
        for i, c in leaves:
            if len(left[i].get(c, ())) != 1:
                continue
            (j,) = left[i][c]
            edge = (min(i, j), max(i, j))
            known = subtract.get((i, c), [])
            level = 1 + max((level_of[e] for e in known), default=-1)
            level_of[edge] = level
            for k in place.get(edge, ()):
                picks[k] = c * n + i
                for e in known:
                    while len(steps) < level:
                        steps.append(([], []))
                    steps[level - 1][0].append(k)
                    steps[level - 1][1].append(place[e][0])
            left[i][c].discard(j)
            left[j][colours[i]].discard(i)
            subtract.setdefault((j, colours[i]), []).append(edge)
            if len(left[j][colours[i]]) == 1:
                following.append((j, colours[i]))
        leaves = following
    return picks, [tuple([np.array(x, dtype=np.int64) for x in step]) for step in steps]
