"""Arguments as a traced function gets them, made of traced values; and where in a call the number of each comes from.

Between `arguments`, whose treedefs these are, and `tracing`, which asks where the data is that a `vmap` maps over.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, product, repeat, takewhile
from operator import is_
from typing import Any, NamedTuple

from autograd_lite.core.value import Value
from autograd_lite.program.arguments import axis_first
from autograd_lite.trees import PyTreeDef, joined
from autograd_lite.trees.array_leaves import broadcast_object, objects_in
from autograd_lite.trees.nested_lists import cut, table_of
from autograd_lite.trees.registry import ARRAY, MODULE, SAMPLES, WHOLE, Kind
from autograd_lite.trees.treedef import NUMBER, TABLE, LeafEntry, TreeNode, Way, sized

LONGEST_NAMES = 10_000
"""Keys in the names of all numbers of a piece, beyond ten for each, from which on they are numbered instead."""


class Span(NamedTuple):
    """The numbers of a part of an argument: which of a piece of the call they are, their structure and their name."""

    piece: int
    start: int
    node: TreeNode
    way: Way

    @property
    def name(self) -> str:
        return "".join(self.way.keys())

    def samples(self, piece: Any, axis: int) -> Any:
        """Their numbers, sample by sample: an array with the samples in front, or a list of rows."""
        if self.node.kind is ARRAY:
            array = piece if piece.shape == self.node.aux else piece.reshape(self.node.aux)
            return axis_first(array, axis) if axis else array
        return cut(piece[self.start : self.start + self.node.leaves], self.node.shape[0])

    def build(self, values: Sequence[Value]) -> Any:
        kind, aux, _, count = self.node
        if len(values) < count:  # data, with one value for all of it
            return broadcast_object(values[0], aux) if kind is ARRAY else kind.unflatten(aux, [values[0]] * count)
        return aux.module.with_parameters(list(values)) if kind is MODULE else kind.unflatten(aux, values)

    def lists(self, x: Any) -> Iterator[tuple[Any, "Span"]]:
        """The lists inside of a table of lists, with their spans."""
        levels, items = self.node.aux, [x]
        for depth in range(1, len(levels)):
            items = list(chain.from_iterable(items))
            node = sized(TABLE, levels[depth:])
            keys = product(*[range(n) for _, n in levels[:depth]])
            for i, (y, key) in enumerate(zip(items, keys, strict=True)):
                way = self.way.to("".join([f"[{k}]" for k in key]))
                yield y, Span(self.piece, self.start + i * node.leaves, node, way)

    def is_in(self, x: Any, values: Sequence[Value]) -> bool:
        """Whether an array or a list has the structure and the values with which it came."""
        kind, aux, _, count = self.node
        known: Iterable[Value] = repeat(values[0]) if len(values) < count else values
        if kind is ARRAY:
            return x.shape == aux and all(map(is_, objects_in(x), known))
        table = table_of(x)
        return table is not None and table.levels == aux and all(map(is_, table.numbers, known))


class AbstractPiece:
    """A piece of a call without its numbers: the parts of an argument that it holds."""

    def __init__(self, entry: LeafEntry) -> None:
        self.entries = [entry]
        self.batched = entry.samples > 0
        self.kind: Kind = entry.node.kind
        self.width = entry.node.leaves

    def add(self, entry: LeafEntry) -> None:
        self.entries.append(entry)
        self.width += entry.node.leaves

    def is_deep(self) -> bool:
        """Whether the names of its numbers are too long together to be of use."""
        return sum([entry.way.depth for entry in self.entries]) > LONGEST_NAMES + 10 * len(self.entries)

    @property
    def name(self) -> str:
        """The path of what holds all of its numbers."""
        entries = [entry for entry in self.entries if entry.node.leaves] or [self.entries[0]]
        if self.is_deep():
            return entries[0].path[0]
        paths = [entry.path for entry in entries]
        shared = takewhile(lambda keys: len(set(keys)) == 1, zip(*paths, strict=False))
        return "".join([keys[0] for keys in shared])

    def number_names(self, several: bool) -> tuple[str, ...]:
        """What its numbers are called; nothing where they are x[0], x[1] and so on, or a single x.

        Parameters of a Module have their paths, behind the name of the Module where there are `several`.
        """
        entries = [entry for entry in self.entries if entry.node.kind is not SAMPLES]
        if self.is_deep():
            return ()
        if len(entries) == 1:
            node = entries[0].node
            if node.kind is NUMBER or (node.kind is not MODULE and len(node.aux) == 1 and node.leaves != 1):
                return ()
        return tuple([name for entry in entries for name in element_names(entry, several)])


def element_names(entry: LeafEntry, several: bool) -> list[str]:
    kind, aux, _, _ = entry.node
    if kind is MODULE:
        return [joined(entry.name if several else "", path) for path in aux.names]
    if kind is ARRAY:
        own = entry.name
        names = [own] if not aux else [f"{own}[{i}" for i in range(aux[0])]
        for count in aux[1:]:  # axis by axis: names of large arrays take most of their tracing otherwise
            ends = [f", {i}" for i in range(count)]
            names = [name + end for name in names for end in ends]
        return [f"{name}]" for name in names] if aux else names
    return entry.names()


class AbstractArguments:
    """The arguments of a traced function, made of the traced values of the pieces of a call.

    The pieces are those that `arguments` makes; `traced_values` gives a value for each number of one, or for
    data a single one; `array` is what an array of them becomes.
    """

    def __init__(
        self,
        treedefs: Sequence[PyTreeDef],
        names: Sequence[str],
        traced_values: Callable[[AbstractPiece], list[Value]],
        mapped: bool,
        array: Callable[[Any], Any] | None = None,
    ) -> None:
        self.mapped = mapped
        self.pieces: list[AbstractPiece] = []
        spans = [self.spans(treedef, name) for treedef, name in zip(treedefs, names, strict=True)]
        self.values = [traced_values(piece) for piece in self.pieces]
        self.arguments: list[Any] = []
        self.found: dict[int, tuple[Any, Span]] = {}  # the arrays and the tables by identity
        self.opened = False  # whether the lists inside of tables are among them
        for treedef, own in zip(treedefs, spans, strict=True):
            parts = [span.build(self.values_of(span)) for span in own]
            if array is not None:
                parts = [array(x) if span.node.kind is ARRAY else x for x, span in zip(parts, own, strict=True)]
            self.found |= {
                id(part): (part, span)
                for part, span in zip(parts, own, strict=True)
                if span.node.kind is ARRAY or (span.node.kind is TABLE and span.node.leaves)
            }
            self.arguments.append(treedef.unflatten(parts, whole=(ARRAY, TABLE, MODULE)))

    def spans(self, treedef: PyTreeDef, name: str) -> list[Span]:
        """Where the parts of an argument are in the pieces, of which it begins a new one."""
        spans: list[Span] = []
        last = None
        for i, entry in enumerate(treedef.entries(name)):
            kind, start = entry.node.kind, 0
            key = (entry.samples, i if kind in WHOLE and not entry.samples else None)  # the same for all of one piece
            if key == last:
                start = self.pieces[-1].width
                self.pieces[-1].add(entry)
            elif entry.node.leaves or kind in (ARRAY, SAMPLES):
                self.pieces.append(AbstractPiece(entry))
                last = key
            if kind is not SAMPLES:
                spans.append(Span(len(self.pieces) - 1, start, entry.node, entry.way))
        return spans

    def values_of(self, span: Span) -> list[Value]:
        if not span.node.leaves:
            return []
        values = self.values[span.piece]
        if len(values) < self.pieces[span.piece].width:
            return values
        return self.values[span.piece][span.start : span.start + span.node.leaves]

    def find(self, x: Any) -> Span | None:
        """The numbers of an array or a list, if it came as an argument and is as it was."""
        if self.mapped:
            return None  # what a sample is made of is no data of the whole call
        if id(x) not in self.found and not self.opened:
            self.opened = True
            tables = [(y, span) for y, span in self.found.values() if span.node.kind is TABLE]
            self.found |= {id(y): (y, inner) for table, span in tables for y, inner in span.lists(table)}
        _, span = self.found.get(id(x), (None, None))
        return span if span is not None and span.is_in(x, self.values_of(span)) else None
