"""The Hessian of a sum that `vmap` makes: its function runs once, however many terms there are.

Rows of the Hessian with terms at the same relative places are one kind.  One row of each is differentiated, in a
function of the terms around its input alone, recorded as the dense transform would record it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from autograd_lite.core.create_graph import adjoints
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import CHOSEN, ORDERED, Node, operands_of
from autograd_lite.core.table import add
from autograd_lite.core.table import sum as total
from autograd_lite.core.value import Value, constant, traced
from autograd_lite.sparse.derived import is_nothing, tangents_of
from autograd_lite.sparse.plans import Plan, RowsOf, program_of_rows
from autograd_lite.sparse.repetition import nodes_below
from autograd_lite.sparse.scalar_graphs import MappedSum, ScalarGraph
from autograd_lite.sparse.terms import terms_of

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Indices: TypeAlias = NDArray[numpy.int64]

MOST_KINDS = 100
"""Kinds of rows from which on the terms are written out instead."""

MOST_TERMS = 64
"""Terms of one input from which on they are written out."""


class Sum:
    """The terms of one map: its node, its body, the places of its leaves, and its data."""

    def __init__(self, node: Node, body: MappedSum, leaves: Indices) -> None:
        self.node, self.body, self.leaves = node, body, leaves
        self.nodes = sorted(nodes_below(body.result, set(body.leaves) | set(body.data)), key=time_of)


def of_mapped_terms(graph: ScalarGraph) -> Plan | None:
    """The Hessian of the only output, of which maps are terms; None where they are not, or not alike."""
    import numpy

    (root,) = graph.outputs
    if not isinstance(root, Value):
        return None
    terms = terms_of(root, graph.places)
    sums = [made for x in graph.maps if (made := sum_of(x, graph)) is not None]
    if terms.parts is None or len(sums) < len(graph.maps) or len(terms.seeds) > MOST_KINDS:
        return None
    own = {x.node: x for x in sums}
    plain = [part for part in terms.parts if not any(x in own for x in part.roots)]
    if any(is_opaque(x) for part in plain for x in part.nodes):
        return None
    if any(x in own for part in plain for x in part.nodes) or not all(x in terms.seeds for x in own):
        return None  # a nonlinear function of a sum
    tables = [x.leaves for x in sums]
    tables += [numpy.array([[graph.places[y] for y in part.leaves]], dtype=numpy.int64) for part in plain]
    near = Near(tables, graph.size, [(x.body.count, x.body.chains) for x in sums])
    if near.most > MOST_TERMS:
        return None
    depth = 2 + sum(len(x.nodes) for x in sums) + sum(len(part.nodes) for part in plain)
    if not near.find_gaps(depth):
        return None
    kinds = near.kinds()
    if len(kinds) > MOST_KINDS:
        return None
    parts = []
    for rows in kinds:
        part = rows_of_kind(graph, root, sums, near, rows)
        if part is not None:
            parts.append(part)
    how = "each row by forward over reverse mode through the terms of a map that its input is in"
    return Plan(parts, False, how)


def sum_of(node: Value, graph: ScalarGraph) -> Sum | None:
    """The terms of a map, where they depend on leaves and data alone."""
    import numpy

    body: MappedSum = node._row.payload
    places = numpy.empty((body.count, len(body.leaves)), dtype=numpy.int64)
    for k, column in enumerate(body.columns):
        found = [graph.places.get(x, -1) for x in column]
        places[:, k] = found
    if (places < 0).any():
        return None
    made = Sum(node, body, places)
    for x in made.nodes:
        if x in graph.places or not operands_of(x) or graph.trace.is_closed_over(x):
            return None  # it depends on a Value that is none of its arguments
        if is_opaque(x):
            return None
    return made


def is_opaque(x: Node) -> bool:
    """Whether a node cannot be recorded again by its row alone."""
    return x._row.payload is not None


class Near:
    """Which terms each input is in: (map, term) for each, sorted."""

    def __init__(self, tables: Sequence[Indices], size: int, sums: Sequence[tuple[int, bool]]) -> None:
        import numpy

        self.tables, self.size, self.sums = tables, size, sums
        found = []
        for m, table in enumerate(tables):
            count = len(table)
            for column in table.T:
                triples = numpy.stack([column, numpy.full(count, m), numpy.arange(count)], axis=1)
                found.append(triples[column < size])
        every = numpy.concatenate(found) if found else numpy.empty((0, 3), dtype=numpy.int64)
        every = every[numpy.lexsort((every[:, 2], every[:, 1], every[:, 0]))]
        fresh = numpy.ones(len(every), dtype=bool)
        fresh[1:] = (every[1:] != every[:-1]).any(axis=1)
        self.every = every[fresh]
        self.counts = numpy.bincount(self.every[:, 0], minlength=size) if len(self.every) else numpy.zeros(size, int)
        self.starts = numpy.concatenate([[0], numpy.cumsum(self.counts)])
        self.most = int(self.counts.max(initial=0))

    def find_gaps(self, depth: int) -> bool:
        """How many additions of a chain lie between each term and the next one, or the end of the chain; False: many.

        No path through the terms is longer than `depth`, so that longer gaps are like that.  Where an input is in the
        terms of one chain alone, its end is like its last term.
        """
        import numpy

        self.gaps = numpy.zeros(len(self.every), dtype=numpy.int64)
        chains = numpy.array([chain for _, chain in self.sums] + [False] * (len(self.tables) - len(self.sums)))
        inputs, maps, terms = self.every.T
        if not len(inputs) or not chains[maps].any():
            return True
        counts = numpy.array([n for n, _ in self.sums] + [0] * (len(self.tables) - len(self.sums)))
        back = numpy.where(chains[maps], counts[maps] - 1 - terms, 0)
        last = numpy.append((inputs[1:] != inputs[:-1]) | (maps[1:] != maps[:-1]), True)
        starts = self.starts[:-1][self.counts > 0]
        first = numpy.repeat(maps[starts], self.counts[self.counts > 0])
        row = numpy.repeat(numpy.arange(len(starts)), self.counts[self.counts > 0])
        alone = numpy.logical_and.reduceat((maps == first) & chains[maps], starts)[row]
        every = numpy.logical_and.reduceat(chains[maps], starts)[row]
        nearest = numpy.minimum.reduceat(numpy.where(chains[maps], back, numpy.iinfo(numpy.int64).max), starts)[row]
        nearest = numpy.where(every, nearest, numpy.maximum(nearest - depth, 0))
        following = numpy.where(last, numpy.where(alone, back, nearest), numpy.append(back[1:], 0))
        gaps = numpy.where(chains[maps], back - following, 0)
        self.gaps = numpy.where(alone, numpy.minimum(gaps, depth), gaps)
        return bool(self.gaps.max() <= max(depth, MOST_TERMS))

    def kinds(self) -> list[Indices]:
        """The inputs that are in terms, by kinds: the terms of all in one have their leaves at the same distances."""
        import numpy

        width = max([table.shape[1] for table in self.tables])
        signs = numpy.full((self.size, self.most, 3 + width), numpy.iinfo(numpy.int64).min)
        inputs, maps, terms = self.every.T
        slot = numpy.arange(len(inputs)) - self.starts[inputs]
        signs[inputs, slot, 0] = maps
        signs[inputs, slot, 1] = self.gaps
        signs[inputs, slot, 2] = terms == 0
        for m, table in enumerate(self.tables):
            of = maps == m
            signs[inputs[of], slot[of], 3 : 3 + table.shape[1]] = table[terms[of]] - inputs[of][:, None]
        used = numpy.flatnonzero(self.counts)
        flat = numpy.ascontiguousarray(signs[used].reshape(len(used), -1))
        keys = flat.view([("", flat.dtype)] * flat.shape[1]).ravel() if len(used) else flat.ravel()
        _, inverse = numpy.unique(keys, return_inverse=True)
        order = numpy.argsort(inverse, kind="stable")
        bounds = numpy.flatnonzero(numpy.diff(inverse[order])) + 1
        return numpy.split(used[order], bounds) if len(used) else []


def rows_of_kind(graph: ScalarGraph, root: Value, sums: Sequence[Sum], near: Near, rows: Indices) -> RowsOf | None:
    """What rows of one kind compute, from the first of them."""
    import numpy

    first = int(rows[0])
    around = near.every[near.starts[first] : near.starts[first + 1]]
    nodes = list(graph.places)
    leaves: dict[int, Node] = {}
    data: list[Value] = []
    columns: list[Any] = []
    instances: dict[Node, list[Instance]] = {x.node: [] for x in sums}
    gaps = near.gaps[near.starts[first] : near.starts[first + 1]].tolist()
    for slot, (_, m, term) in enumerate(around.tolist()):
        places = near.tables[m][term].tolist()
        leaves |= {k: nodes[k] for k in places}
        if m >= len(sums):
            continue
        made, own = sums[m], near.every[near.starts[rows] + slot, 2]
        numbers = [traced(0) for _ in made.body.data]
        data += numbers
        columns += [numpy.asarray(column)[own] for column in made.body.numbers]
        given = dict(zip([*made.body.leaves, *made.body.data], [*[nodes[k] for k in places], *numbers], strict=True))
        instances[made.node].append(Instance(given, gaps[slot], term == 0))
    reduced = around_input(root, graph, sums, instances)
    (slope,) = adjoints([reduced], [1.0], [nodes[first]])
    inner = [k for k in leaves if k < graph.size]
    found = tangents_of(slope, [leaves[k] for k in inner], graph.propagation())
    entries = [(k, t) for k, t in zip(inner, found, strict=True) if not is_nothing(t)]
    if not entries:
        return None
    moved = (rows - first)[:, None]
    program = program_of_rows([t for _, t in entries], list(leaves.values()), data, len(rows))
    at = numpy.repeat(rows[:, None], len(entries), axis=1)
    return RowsOf(
        program,
        numpy.array(list(leaves), dtype=numpy.int64)[None] + moved,
        numpy.stack(columns, axis=1) if columns else numpy.empty((len(rows), 0)),
        at,
        numpy.array([k for k, _ in entries], dtype=numpy.int64)[None] + moved,
        numpy.zeros_like(at),
    )


class Instance(NamedTuple):
    """A term: what its leaves are; of a chain how far it is to the next one, and whether it is the first of all."""

    given: dict[Node, Any]
    gap: int
    first: bool


def around_input(
    root: Node, graph: ScalarGraph, sums: Sequence[Sum], instances: Mapping[Node, Sequence[Instance]]
) -> Any:
    """The root recorded again, in the same order, with those terms of the maps alone."""
    bodies = {x.node: x for x in sums}
    given: dict[Node, Any] = {}
    for x in sorted(nodes_below(root, graph.places), key=time_of):
        if x in bodies:
            body = bodies[x]
            found = [rerecorded(body.body.result, body.nodes, known.given) for known in instances[x]]
            if found and body.body.chains:
                given[x] = chained(found, instances[x], x)
            else:
                given[x] = applied(total, found, x) if found else constant(0.0)
        else:
            given[x] = applied(x._row, [given.get(y, y) for y in operands_of(x)], x)
    return given[root]


def chained(terms: Sequence[Any], instances: Sequence[Instance], like: Node) -> Value:
    """Term added after term, with additions of something else in the place of those of other terms."""
    other = constant(0.0)
    found: Any = None
    for term, (_, gap, first) in zip(terms, instances, strict=True):
        found = term if first else applied(add, [other if found is None else found, term], like)
        for _ in range(gap if term is terms[-1] else gap - 1):
            found = applied(add, [found, other], like)
    return found  # type: ignore[no-any-return]


def rerecorded(result: Node, nodes: Sequence[Node], given: dict[Node, Any]) -> Any:
    """The result of nodes, recorded again on what is given in the place of some."""
    for x in nodes:
        if x not in given:
            given[x] = applied(x._row, [given.get(y, y) for y in operands_of(x)], x)
    return given.get(result, result)


def applied(row: Any, operands: Sequence[Any], like: Node) -> Value:
    """A row on Values; its adjoints are added up in the order of those of `like`."""
    made: Value = operands[0].apply(row, tuple(operands))
    made._flags |= like._flags & (CHOSEN | ORDERED)
    return made
