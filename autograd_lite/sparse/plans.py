"""What computes the entries of a sparse matrix: programs of rows that repeat, and where their numbers go.

`of_outputs` differentiates each output in its leaves, `of_terms` the terms of a sum, `of_graph` the whole graph.  The
first two find what repeats, so that a million entries need one short program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import Node, operands_of
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import Value
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.instructions import Argument, Result, operations
from autograd_lite.program.program import Program
from autograd_lite.sparse.derived import Seeded, adds_anywhere, adjoints_of, is_nothing, tangents_of
from autograd_lite.sparse.repetition import RepeatedPart, Subgraph, nodes_below
from autograd_lite.sparse.scalar_graphs import ScalarGraph
from autograd_lite.sparse.terms import Terms, positions, terms_of
from autograd_lite.transforms.branches import propagation_for
from autograd_lite.transforms.forward_mode import forward_pass as forward_pass
from autograd_lite.transforms.propagation import Propagation

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Indices: TypeAlias = NDArray[numpy.int64]
    Numbers: TypeAlias = NDArray[numpy.float64]

MANY_NODES = 4_000
"""Nodes in all kinds of rows, or in those that few rows have, from which on rows are not what repeats."""

FEW = 4
"""Rows of one kind that are few."""

IN_ONE_PART = 1 << 24
"""More numbers than one term passes on."""


class RowsOf(NamedTuple):
    """A program run for many rows: the leaves and the constants that each reads, and the entries that it computes.

    `rows`, `columns` and `order` have a row for each run and a column for each result: where the entry is, and where it
    comes in the sum of those in the same place.
    """

    program: Program
    leaves: Indices
    constants: Numbers
    rows: Indices
    columns: Indices
    order: Indices


class Plan(NamedTuple):
    """The parts, whether entries in one place add up, and what was done, in words."""

    parts: list[RowsOf]
    adds: bool
    how: str

    @property
    def operations(self) -> int:
        return sum(sum(map(operations, p.program.instructions)) * len(p.leaves) for p in self.parts)


def program_of_rows(values: Sequence[Any], leaves: Sequence[Node], constants: Sequence[Node], rows: int) -> Program:
    """The program of so many rows: of the leaves of each, and of the constants that differ from row to row."""
    sizes = {"x": len(leaves), "c": len(constants)}
    flattener = Flattener([Argument(name, size, rows > 1) for name, size in sizes.items() if size])
    found = flattener.graph(values, {x: k for k, x in enumerate([*leaves, *constants])})
    return Program(*flattener.finished([Result(tuple(found), rows > 1)]))


def as_table(rows: Sequence[Sequence[float]], integers: bool) -> Any:
    import numpy

    width = len(rows[0]) if rows else 0
    return numpy.array(rows, dtype=numpy.int64 if integers else numpy.float64).reshape(len(rows), width)


def part_of(
    kind: RepeatedPart, varying: list[int], values: Sequence[Any], rows: Any, columns: Any, order: Any
) -> RowsOf:
    """The rows of a kind: `values` are the entries of the first, graphs."""
    constants = [kind.first_constants[k] for k in varying]
    numbers = as_table([[row[k] for k in varying] for row in kind.constants], False)
    program = program_of_rows(values, kind.first_leaves, constants, len(kind))
    return RowsOf(program, as_table(kind.leaves, True), numbers, rows, columns, order)


def of_outputs(graph: ScalarGraph, forward: bool, most: int) -> Plan | None:
    """The Jacobian, output by output; None where their parts have more nodes than `most` together."""
    import numpy

    kinds: dict[Any, tuple[RepeatedPart, Subgraph, list[int]]] = {}
    left = most
    for i, out in enumerate(graph.outputs):
        if not isinstance(out, Value):
            continue
        nodes = nodes_below(out, graph.places)
        left -= len(nodes)
        if left < 0:
            return None
        part = Subgraph([out], nodes, graph.places)
        found = kinds.get(part.signature)
        if found is None:
            found = kinds[part.signature] = (RepeatedPart(part.leaves, part.constants), part, [])
        found[0].add(part.leaves, part.constants, graph.places)
        found[2].append(i)
    if sum([len(part.nodes) for kind, part, _ in kinds.values() if len(kind) < FEW]) > MANY_NODES:
        return None
    propagation = propagation_for(graph.outputs)
    parts = []
    for kind, part, outputs in kinds.values():
        varying = kind.varying()
        inner = [k for k, x in enumerate(part.leaves) if graph.places[x] < graph.size]
        leaves = [part.leaves[k] for k in inner]
        root: Any = part.roots[0]
        derivatives = tangents_of(root, leaves, propagation) if forward else adjoints_of(root, leaves)
        entries = [(k, x) for k, x in zip(inner, derivatives, strict=True) if not is_nothing(x)]
        if entries:
            columns = as_table(kind.leaves, True)[:, [k for k, _ in entries]]
            rows = numpy.repeat(numpy.array(outputs)[:, None], len(entries), axis=1)
            parts.append(part_of(kind, varying, [x for _, x in entries], rows, columns, numpy.zeros_like(rows)))
    return Plan(parts, False, f"each output by {'forward' if forward else 'reverse'} mode in the inputs it depends on")


class PartKind(NamedTuple):
    """A kind of terms: its number, and for each leaf the nodes of the part that use it."""

    number: int
    uses: list[list[int]]


class TermsOf:
    """The terms of a function, sorted by kinds, and the order of its whole graph."""

    def __init__(self, graph: ScalarGraph, root: Value, terms: Terms, parts: list[Subgraph]) -> None:
        self.graph, self.terms, self.parts = graph, terms, parts
        self.propagation: Propagation = propagation_for([root])
        self.position = positions(topological_order([root], since=age_of(graph.inputs)))
        self.kinds: dict[Any, PartKind] = {}
        self.kind_of: list[PartKind] = []
        for part in parts:
            key = (part.signature, tuple([terms.seeds[x] for x in part.roots]))
            kind = self.kinds.get(key)
            if kind is None:
                kind = self.kinds[key] = PartKind(len(self.kinds), uses_of(part))
            self.kind_of.append(kind)

    def rows(self) -> Plan | None:
        """The Hessian row by row: the adjoint of each input through the terms that it is in, and its tangents."""
        import numpy

        touching: list[list[int]] = [[] for _ in self.graph.inputs]
        for t, part in enumerate(self.parts):
            for x in part.leaves:
                place = self.graph.places[x]
                if place < len(touching):
                    touching[place].append(t)
        kinds: dict[Any, tuple[RepeatedPart, list[int], list[int]]] = {}
        many = 0
        for i, near in enumerate(touching):
            if not near:
                continue
            signature, leaves, constants = self.signature_of(i, near)
            found = kinds.get(signature)
            if found is None:
                found = kinds[signature] = (RepeatedPart(leaves, constants), near, [])
                many += sum([len(self.parts[t].nodes) for t in near])
                if many > MANY_NODES:
                    return None
            found[0].add(leaves, constants, self.graph.places)
            found[2].append(i)
        parts = []
        for kind, near, inputs in kinds.values():
            varying = kind.varying()
            x = self.graph.inputs[inputs[0]]
            slope = self.seeded([self.parts[t] for t in near], [x]).adjoint()
            inner = [k for k, y in enumerate(kind.first_leaves) if self.graph.places[y] < self.graph.size]
            found_tangents = tangents_of(slope, [kind.first_leaves[k] for k in inner], self.propagation)
            entries = [(k, t) for k, t in zip(inner, found_tangents, strict=True) if not is_nothing(t)]
            if entries:
                columns = as_table(kind.leaves, True)[:, [k for k, _ in entries]]
                rows = numpy.repeat(numpy.array(inputs)[:, None], len(entries), axis=1)
                parts.append(part_of(kind, varying, [t for _, t in entries], rows, columns, numpy.zeros_like(rows)))
        return Plan(parts, False, "each row by forward over reverse mode through the terms that its input is in")

    def seeded(self, parts: Sequence[Subgraph], inputs: Sequence[Node]) -> Seeded:
        seeds = {x: self.terms.seeds[x] for part in parts for x in part.roots}
        return Seeded(self.propagation, [x for part in parts for x in part.nodes], inputs, seeds, self.position)

    def signature_of(self, i: int, near: Sequence[int]) -> tuple[Any, list[Node], list[Node]]:
        """What rows of one kind share; the leaves and the constants of the terms of this row."""
        numbers: dict[Node, int] = {}
        constants: list[Node] = []
        key: list[Any] = []
        arrivals: list[tuple[int, int]] = []
        x = self.graph.inputs[i]
        for t in near:
            part, kind = self.parts[t], self.kind_of[t]
            key.append(kind.number)
            for k, y in enumerate(part.leaves):
                key.append(numbers.setdefault(y, len(numbers)))
                if y is x:
                    arrivals += [
                        (self.position.get(part.nodes[n], -1), len(arrivals) + j) for j, n in enumerate(kind.uses[k])
                    ]
            constants += part.constants
        arrivals.sort()
        key.append(numbers[x])
        key += [k for _, k in arrivals]
        return tuple(key), list(numbers), constants

    def sums(self) -> Plan:
        """The Hessian term by term: entries of the adjoints that each term passes on, which then add up."""
        import numpy

        members: dict[int, list[int]] = {}
        for t, (number, _) in enumerate(self.kind_of):
            members.setdefault(number, []).append(t)
        places, size = self.graph.places, self.graph.size
        last = len(self.position)
        parts = []
        for terms in members.values():
            first = self.parts[terms[0]]
            kind = RepeatedPart(first.leaves, first.constants)
            for t in terms:
                kind.add(self.parts[t].leaves, self.parts[t].constants, places)
            varying = kind.varying()
            inner = [k for k, x in enumerate(first.leaves) if places[x] < size]
            leaves = [first.leaves[k] for k in inner]
            local = {x: k for k, x in enumerate(first.leaves)}
            node_number = {x: k for k, x in enumerate(first.nodes)}
            entries: list[tuple[int, int, Any, int, int]] = []
            for seq, (x, user, adjoint) in enumerate(self.seeded([first], leaves).contributions()):
                for k, tangent in zip(inner, tangents_of(adjoint, leaves, self.propagation), strict=True):
                    if not is_nothing(tangent):
                        entries.append((local[x], k, tangent, node_number[user], seq))
            if entries:
                all_leaves = as_table(kind.leaves, True)
                users = sorted({entry[3] for entry in entries})
                column = {n: k for k, n in enumerate(users)}
                where = as_table([[last - self.position[self.parts[t].nodes[n]] for n in users] for t in terms], True)
                order = where[:, [column[entry[3]] for entry in entries]] * IN_ONE_PART
                order = order + numpy.array([entry[4] for entry in entries])
                rows = all_leaves[:, [entry[0] for entry in entries]]
                columns = all_leaves[:, [entry[1] for entry in entries]]
                parts.append(part_of(kind, varying, [e[2] for e in entries], rows, columns, order))
        return Plan(parts, True, "each term by forward over reverse mode, and the sums of what the terms give")


def uses_of(part: Subgraph) -> list[list[int]]:
    """For each leaf of a part, the nodes that have it as an operand, once for each time."""
    uses: list[list[int]] = [[] for _ in part.leaves]
    number = {x: k for k, x in enumerate(part.leaves)}
    for n, node in enumerate(part.nodes):
        for x in operands_of(node):
            if x in number:
                uses[number[x]].append(n)
    return uses


def of_terms(graph: ScalarGraph) -> Plan | None:
    """The Hessian of the only output as a sum of terms; None where it has none."""
    (root,) = graph.outputs
    if not isinstance(root, Value) or root in graph.places:
        return Plan([], False, "the function is linear")
    terms = terms_of(root, graph.places)
    if terms.parts is None or (len(terms.parts) <= 1 and len(graph.inputs) > 8):
        return None
    found = TermsOf(graph, root, terms, terms.parts)
    return found.rows() or (found.sums() if adds_anywhere(found.propagation) else None)


def of_graph(graph: ScalarGraph, forward: bool) -> Plan:
    """The Jacobian of the whole graph: each tangent or adjoint in the nodes that it reaches."""
    import numpy

    entries = forward_columns(graph) if forward else reverse_rows(graph)
    leaves = list(graph.places)
    numbers = numpy.arange(len(leaves))[None]
    places = as_table([[row for row, _, _ in entries], [column for _, column, _ in entries]], True)
    program = program_of_rows([x for _, _, x in entries], leaves, [], 1)
    rows, columns = places[:1], places[1:]
    part = RowsOf(program, numbers, numpy.empty((1, 0)), rows, columns, numpy.zeros_like(rows))
    how = "each column by forward" if forward else "each row by reverse"
    return Plan([part] if entries else [], False, f"{how} mode through what it reaches of the whole graph")


def forward_columns(graph: ScalarGraph) -> list[tuple[int, int, Any]]:
    """The entries by forward mode, column by column."""
    propagation = propagation_for(graph.outputs)
    roots: dict[Node, list[int]] = {}
    for i, out in enumerate(graph.outputs):
        if isinstance(out, Value):
            roots.setdefault(out, []).append(i)
    position = positions(topological_order(list(roots), since=age_of(graph.inputs)))
    users: dict[Node, list[Node]] = {}
    for node in position:
        for x in set(operands_of(node)):
            users.setdefault(x, []).append(node)
    found: list[tuple[int, int, Any]] = []
    for j, x in enumerate(graph.inputs):
        if x in position:
            reached = sorted(above(x, users), key=position.__getitem__)
            tangents = ieee_arithmetic().run(forward_pass, reached, {x: propagation.start(1.0)}, propagation.tangent)
            for node, tangent in tangents.items():
                value = 1.0 if node is x else propagation.result(tangent) if node in roots else None
                if not is_nothing(value):
                    found += [(i, j, value) for i in roots.get(node, ())]
    return found


def above(x: Node, users: Mapping[Node, list[Node]]) -> set[Node]:
    """The nodes that depend on x."""
    seen: set[Node] = set()
    stack = [x]
    while stack:
        for node in users.get(stack.pop(), ()):
            if node not in seen:
                seen.add(node)
                stack.append(node)
    return seen


def reverse_rows(graph: ScalarGraph) -> list[tuple[int, int, Any]]:
    """The entries by reverse mode, row by row."""
    found: list[tuple[int, int, Any]] = []
    for i, x in enumerate(graph.outputs):
        if isinstance(x, Value):
            leaves = inputs_below(x, graph)
            values = adjoints_of(x, leaves)
            found += [(i, graph.places[y], v) for y, v in zip(leaves, values, strict=True) if not is_nothing(v)]
    return found


def inputs_below(root: Node, graph: ScalarGraph) -> list[Node]:
    """The inputs that a root depends on."""
    if root in graph.places:
        return [root] if graph.places[root] < graph.size else []
    part = Subgraph([root], nodes_below(root, graph.places), graph.places)
    return sorted([x for x in part.leaves if graph.places[x] < graph.size], key=graph.places.__getitem__)
