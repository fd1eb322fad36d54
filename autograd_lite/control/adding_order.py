"""The reverse pass over a graph with sums of array expressions, in the order of the graph of every element.

Above `array_sums`.  The graph of every element is written in numbers alone, and visited (`core.fast.flat_order`); each
adjoint comes with the time at which it arrives there.  Where numbers of an array get theirs from the same places, loops
add them up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from autograd_lite.control.array_nodes import Column, Item, Numbers, Terms, Whole, item
from autograd_lite.control.array_operands import ArrayRow
from autograd_lite.control.array_places import column_at
from autograd_lite.control.array_sums import ArraySum, Contribution, SharedAdjoints
from autograd_lite.control.gather_nodes import Gathers, Stack
from autograd_lite.control.loop_nodes import RecordedLoop, loop_node
from autograd_lite.control.step_graphs import Inside, Step
from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.fast.flat_order import visited
from autograd_lite.core.graph import BATCHED, CHOSEN, ORDERED, Node, operands_of
from autograd_lite.core.reverse import followed, topological_order
from autograd_lite.core.value import Value, traced
from autograd_lite.program.tracing import Unnamed
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.propagation import Propagation
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    Indices: TypeAlias = NDArray[numpy.int64]

FEW = 8
"""Numbers that are added up one by one."""

MOST = 64
"""Adjoints of one number, or such as are added up one by one, from which on the graph is recorded in full."""


KNOWN = (ArraySum, ArrayRow, RecordedLoop, Stack, Gathers, Item, Numbers, Whole)
"""The payloads of which the values of sums are made."""


class Placed(NamedTuple):
    """An adjoint, and the time at which it arrives."""

    time: int
    term: Any


class Times:
    """When the nodes of the elements of a sum are visited; `order` are those of one element, operands first."""

    def __init__(self, of_nodes: dict[Node, Indices], of_sum: Indices) -> None:
        self.of_nodes, self.of_sum = of_nodes, of_sum
        middle = len(of_sum) // 2
        self.order = sorted(of_nodes, key=lambda x: -int(of_nodes[x][middle]))

    def of(self, user: Node | None) -> Indices:
        """The times of a node, of all elements; None: of the additions that take them up."""
        return self.of_sum if user is None else self.of_nodes[user]


class EveryElement:
    """The graph of every element, in numbers."""

    def __init__(self, order: Sequence[Node], inputs: Sequence[Node], since: int) -> None:
        import numpy

        if not all(x._row.payload is None or isinstance(x._row.payload, KNOWN) for x in order):
            raise Unnamed  # rules of its own, which pass adjoints on in another way
        self.sums = [x for x in order if isinstance(x._row.payload, ArraySum)]
        self.plain = [x for x in order if x._row.payload is None or isinstance(x._row.payload, ArrayRow)]
        self.number = {x: k for k, x in enumerate(self.plain)}
        self.starts: dict[Node, int] = {}
        size = len(self.plain)
        for x in self.sums:
            self.starts[x] = size
            self.number[x] = size + x._row.payload.count - 1
            size += x._row.payload.count * (1 + len(x._row.payload.followed()))
        self.left = numpy.full(size, -1, dtype=numpy.int64)
        self.right = numpy.full(size, -1, dtype=numpy.int64)
        self.more: dict[int, tuple[int, ...]] = {}
        self.since = since
        self.numbers: dict[Node, Indices] = {}  # of what expressions read
        ends = set(inputs)  # whose operands are older
        for x in self.plain:
            if x in ends:
                continue
            if isinstance(x._row.payload, ArrayRow):
                among = self.numbers_of(x._row.payload.source)[x._row.payload.places]
                self.enter(self.number[x], among[among >= 0].tolist())
            else:
                self.enter(self.number[x], [self.number[y] for y in followed(x, False, since) if y in self.number])
        self.elements = {x: self.of_sum(x, x._row.payload) for x in self.sums}

    def enter(self, k: int, operands: list[int]) -> None:
        if len(operands) > 2:
            self.more[k] = tuple(operands)
        elif operands:
            self.left[k], self.right[k] = operands[0], operands[1] if len(operands) == 2 else -1

    def numbers_of(self, source: Node, is_one: bool = False) -> Indices:
        """The numbers of all that is in an array, or of a Value that is one; -1 where nothing goes to."""
        import numpy

        if source not in self.numbers:
            own = [source] if is_one else operands_of(source)
            known = [self.number.get(y, -1) if y._flags >= self.since else -1 for y in own]
            self.numbers[source] = numpy.array(known)
        return self.numbers[source]

    def of_sum(self, node: Node, payload: ArraySum) -> tuple[Any, dict[Node, int]]:
        """Enter all elements: element k of the sum from `start` on is its addition; of nodes where they start."""
        import numpy

        n, start, found = payload.count, self.starts[node], payload.followed()
        begins = {x: start + n * (1 + k) for k, x in enumerate(found)}
        count = numpy.arange(n)

        def numbers(x: Node) -> Any:
            if x in begins:
                return begins[x] + count
            _, source, places = payload.uses[x]
            if source is None:
                return numpy.full(n, -1)
            found = self.numbers_of(source, places is None)
            return numpy.broadcast_to(found, n) if places is None else found[places]

        for x, operands in found.items():
            if len(operands) > 2:
                columns = numpy.stack([numbers(y) for y in operands], axis=1).tolist()
                self.more |= {begins[x] + k: tuple([y for y in row if y >= 0]) for k, row in enumerate(columns)}
                continue
            parts = [numbers(y) for y in operands]
            if parts:
                at = slice(begins[x], begins[x] + n)
                second = parts[1] if len(parts) == 2 else numpy.full(n, -1)
                self.left[at] = numpy.where(parts[0] >= 0, parts[0], second)
                self.right[at] = numpy.where(parts[0] >= 0, second, -1)
        terms = numbers(payload.root)
        added = start + count  # addition k takes up element k, the first one two of them, and is none itself
        before = numpy.concatenate([[-1], terms[:1], added[1:-1]])
        self.left[added[1:]] = numpy.where(before[1:] >= 0, before[1:], terms[1:])
        self.right[added[1:]] = numpy.where((before[1:] >= 0), terms[1:], -1)
        return added, begins

    def visits(self, roots: Sequence[Node]) -> Any:
        """The time at which each number is visited; -1: it is not."""
        import numpy

        found = visited(self.left.tolist(), self.right.tolist(), self.more, [self.number[x] for x in roots])
        times = numpy.full(len(self.left), -1, dtype=numpy.int64)
        times[found] = numpy.arange(len(found))
        return times

    def times(self, visits: Any) -> dict[Node, Times]:
        """When the nodes of the elements of each sum are visited."""
        import numpy

        times: dict[Node, Times] = {}
        for x, (added, begins) in self.elements.items():
            n = len(added)
            of_sum = visits[numpy.concatenate([added[1:2], added[1:]])]
            times[x] = Times({y: visits[begin : begin + n] for y, begin in begins.items()}, of_sum)
        return times


class OrderedPass(AdjointPass):
    """A reverse pass in which what arrives is told when."""

    def __init__(self, roots: Sequence[Node], inputs: Sequence[Node]) -> None:
        since = age_of(inputs)
        order = topological_order(roots, since=since)
        super().__init__(Propagation(), order, inputs)
        graph = EveryElement(order, inputs, since)
        visits = graph.visits(roots)
        self.times = graph.times(visits)
        self.visit = {x: int(visits[k]) for x, k in graph.number.items()}
        arrays = {use.source for x in graph.sums for use in x._row.payload.uses.values() if use.places is not None}
        arrays |= {x._row.payload.source for x in graph.plain if isinstance(x._row.payload, ArrayRow)}
        ends = {y for x in arrays for y in operands_of(x)}
        first = [x for x in order if x in self.visit and x not in ends]
        first.sort(key=lambda x: -self.visit[x])
        own = {*arrays, *first}
        order = [*[x for x in order if x not in own], *[x for x in order if x in arrays], *first]
        self.order = [x for x in order if x in self.dependent]

    def term(self, node: Node, x: Node, term: Any) -> tuple[Node, Arrived]:
        return x, Arrived([Placed(self.visit[node], term)], [])

    def pull(self, node: Node, arrived: Any) -> Terms:
        payload = node._row.payload
        if isinstance(payload, Stack):
            return self.to_numbers(node, arrived.whole)
        adjoint = Arrived(ordered_terms(arrived.whole, self.propagation), []).total(node, self.propagation)
        if self.ends_at(node, adjoint):
            return []
        if payload is not None:
            return payload.pull(self, node, Arrived([adjoint], []))  # type: ignore[no-any-return]
        return [self.term(node, x, term) for x, term in self.propagation.pull(node, adjoint, self.dependent)]

    def to_numbers(self, node: Node, parts: Sequence[Any]) -> Terms:
        """What has arrived at an array, for each of its numbers, added up."""
        import numpy

        operands = operands_of(node)
        if not all(isinstance(part, Contribution) for part in parts):
            raise Unnamed
        counts = [len(part.targets) for part in parts]
        targets = numpy.concatenate([part.targets for part in parts])
        times = numpy.concatenate([part.times for part in parts])
        stream = numpy.repeat(numpy.arange(len(parts)), counts)
        element = numpy.concatenate([numpy.arange(n) for n in counts])
        by = numpy.lexsort((stream, times, targets))
        targets, stream, element, times = targets[by], stream[by], element[by], times[by]
        new = numpy.flatnonzero(numpy.diff(targets, prepend=-1))
        width = numpy.diff(new, append=len(targets))
        row = numpy.repeat(numpy.arange(len(new)), width)
        slot = numpy.arange(len(targets)) - new[row]
        if width.max() > MOST:
            raise Unnamed
        streams = numpy.full((len(new), width.max()), -1, dtype=numpy.int64)
        elements = streams.copy()
        streams[row, slot], elements[row, slot] = stream, element
        columns = [part.column for part in parts]
        terms: Terms = []
        places = targets[new].tolist()
        for rows, of in groups_of_rows(streams):
            among = [columns[j] for j in of]
            found = [column_places(c, elements[rows, k]) for k, c in enumerate(among)]
            early = [i for i in rows.tolist() if operands[places[i]] in self.arrived]
            if early:  # what other nodes send arrives in between
                for i in early:
                    for k in range(new[i], new[i] + width[i]):
                        c, t = columns[stream[k]], int(element[k])
                        number = item(c.array, c.offset + t * c.stride)
                        terms.append((operands[places[i]], Arrived([Placed(int(times[k]), number)], [])))
                kept = ~numpy.isin(rows, early)
                rows, found = rows[kept], [x[kept] for x in found]
            own = [operands[places[i]] for i in rows.tolist()]
            totals = self.totals([c.array for c in among], found)
            for x, y in zip(own, totals, strict=True):
                if x in self.inputs and self.dependent.isdisjoint(operands_of(x)):
                    self.found[x] = y  # in one step: these are most nodes
                elif x in self.dependent:
                    terms.append((x, Arrived([y], [])))
        return terms

    def totals(self, arrays: Sequence[Node], places: Sequence[Indices]) -> list[Value]:
        """For each number the sum of what is at these places, one in each of the arrays."""
        count = len(places[0])
        if len(arrays) == 1:
            return [item(arrays[0], k) for k in places[0].tolist()]
        if count < FEW:
            rows = zip(*[x.tolist() for x in places], strict=True)
            return [self.propagation.total([item(*x) for x in zip(arrays, row, strict=True)]) for row in rows]
        inside, xs = Inside(), [traced(0) for _ in arrays]
        total = self.propagation.total(list(xs))
        columns = [
            Column(x, int(k[0]), 0) if (k == k[0]).all() else column_at(x, k.tolist())
            for x, k in zip(arrays, places, strict=True)
        ]
        loop = loop_node(Step([], [*xs], [], [total]), [], count, False, columns, inside)
        column = loop._row.payload.y_column(loop, 0)
        return [item(loop, column.offset + t * column.stride) for t in range(count)]


def column_places(column: Column, elements: Indices) -> Indices:
    return column.offset + column.stride * elements


def groups_of_rows(rows: Indices) -> list[tuple[Indices, list[int]]]:
    """Rows with the same numbers: which they are, and the numbers, without those below 0 at their ends."""
    import numpy

    keys = numpy.zeros(len(rows), dtype=numpy.int64)
    for column in rows.T:  # a number for each kind of beginning
        _, keys = numpy.unique(keys * (rows.max() + 2) + column + 1, return_inverse=True)
    order = numpy.argsort(keys, kind="stable")
    groups = numpy.split(order, numpy.flatnonzero(numpy.diff(keys[order])) + 1)
    return [(group, [j for j in rows[group[0]].tolist() if j >= 0]) for group in groups]


def ordered_terms(parts: Sequence[Any], propagation: Propagation) -> list[Any]:
    """What has arrived at a number, in order; adjoints from all terms of a sum are added up."""
    if len(parts) == 1 and not isinstance(parts[0], (Placed, SharedAdjoints)):
        return list(parts)
    runs = [part for part in parts if isinstance(part, SharedAdjoints)]
    singles = [
        part if isinstance(part, Placed) else Placed(-1, part) for part in parts if not isinstance(part, SharedAdjoints)
    ]
    if not runs:
        return [part.term for part in sorted(singles, key=lambda part: part.time)]
    import numpy

    times = numpy.concatenate([[part.time for part in singles], *[run.times for run in runs]])
    counts = [len(singles), *[len(run.times) for run in runs]]
    stream = numpy.repeat(numpy.arange(len(runs) + 1), counts)
    element = numpy.concatenate([numpy.arange(n) for n in counts])
    by = numpy.argsort(times, kind="stable")
    stream, element = stream[by], element[by]
    found: list[Any] = []
    i = 0
    for start, periods in periods_of(stream, element, len(runs)):
        found += [term_at(runs, singles, stream[k], element[k]) for k in range(i, start)]
        init = propagation.total(found) if found else -0.0
        columns = []
        for k in range(start, start + len(runs)):
            array, offset, stride = runs[stream[k] - 1].column
            columns.append(Column(array, offset + stride * int(element[k]), -stride))
        found = [folded_columns(init, columns, periods)]
        i = start + periods * len(runs)
    return found + [term_at(runs, singles, stream[k], element[k]) for k in range(i, len(stream))]


def term_at(runs: Sequence[SharedAdjoints], singles: Sequence[Placed], stream: int, element: int) -> Any:
    if not stream:
        return singles[element].term
    array, offset, stride = runs[stream - 1].column
    return item(array, offset + stride * int(element))


def periods_of(stream: Indices, element: Indices, period: int) -> list[tuple[int, int]]:
    """Where the same streams come again and again, each with the element before: the starts, and how many times."""
    import numpy

    again = (stream[period:] == stream[:-period]) & (element[period:] == element[:-period] - 1) & (stream[period:] > 0)
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate([[0], again.astype(numpy.int64), [0]])))
    found = [(int(a), int(b - a) // period + 1) for a, b in edges.reshape(-1, 2) if b - a >= FEW * period]
    if len(stream) - sum(count for _, count in found) * period > MOST:
        raise Unnamed
    return found


def folded_columns(init: Scalar, columns: Sequence[Column], length: int) -> Value:
    """init + an element of each column + the next of each + ..., from left to right."""
    inside, total, xs = Inside(), traced(0), [traced(0) for _ in columns]
    out: Any = total
    for x in xs:
        out = out + x
    loop = loop_node(Step([total], [*xs], [out], []), [init], length, False, columns, inside)
    return item(loop, loop._row.payload.final(0))


def ordered_adjoints(roots: Sequence[Node], seeds: Sequence[Any], inputs: Sequence[Node]) -> list[Any]:
    """The adjoints of a graph with array sums, as `core.create_graph.adjoints` has those of other ones.

    Derivatives of the sums are loops, whose adjoints are not added up in the order of every element.
    """
    if any(x._flags & (ORDERED | CHOSEN | BATCHED) for x in roots):
        raise Unnamed
    walk = OrderedPass(roots, inputs)
    for root, seed in zip(roots, seeds, strict=True):
        walk.seed(root, seed)
    found = walk.adjoints()
    return [found.get(x) for x in inputs]
