"""Arguments as a traced function gets them, made of traced values; and where in a call the number of each comes from.

Between `arguments`, whose treedefs these are, and `tracing`, which asks where the data is that a `vmap` maps over.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, product, takewhile
from operator import is_
from typing import Any, NamedTuple

from autograd_lite.core.value import Value
from autograd_lite.program.arguments import axis_first
from autograd_lite.trees import PyTreeDef, item_name, joined
from autograd_lite.trees.nested_lists import cut, table_of
from autograd_lite.trees.registry import ARRAY, MODULE, SAMPLES, with_parameters
from autograd_lite.trees.treedef import NUMBER, TABLE, Entry, TreeNode, array_treedef, table_treedef


class Span(NamedTuple):
    """The numbers of a part of an argument: which of a piece of the call they are, their structure and their name."""

    piece: int
    start: int
    node: TreeNode
    name: str

    @property
    def size(self) -> int:
        return self.node.leaves

    def inner(self, axis: int) -> TreeNode:
        """The structure of one sample of an array or a table."""
        sizes = self.node.aux
        axis %= len(sizes)
        rest = sizes[:axis] + sizes[axis + 1 :]
        return (array_treedef(rest) if self.node.kind is ARRAY else table_treedef(rest)).nodes[0]

    def samples(self, piece: Any, axis: int) -> Any:
        """Their numbers, sample by sample: an array with the samples in front, or a list of rows."""
        sizes = self.node.aux
        if self.node.kind is ARRAY:
            return axis_first(piece.reshape(sizes), axis)
        return cut(piece[self.start : self.start + self.size], sizes[0][1])

    def build(self, values: Sequence[Value]) -> Any:
        """The part of the argument, made of values."""
        kind, aux, _, _ = self.node
        return with_parameters(aux.module, list(values)) if kind is MODULE else kind.unflatten(aux, values)

    def lists(self, x: Any) -> Iterator[tuple[Any, "Span"]]:
        """The lists inside of a table of lists, with their spans."""
        levels, items = self.node.aux, [x]
        for depth in range(1, len(levels)):
            items = list(chain.from_iterable(items))
            node = table_treedef(levels[depth:]).nodes[0]
            keys = product(*[range(n) for _, n in levels[:depth]])
            for i, (y, key) in enumerate(zip(items, keys, strict=True)):
                name = self.name + "".join([f"[{k}]" for k in key])
                yield y, Span(self.piece, self.start + i * node.leaves, node, name)


class AbstractPiece:
    """A piece of a call without its numbers: the parts of an argument that it holds, each with its first number."""

    def __init__(self, entry: Entry) -> None:
        self.entries: list[Entry] = []
        self.starts: list[int] = []
        self.batched = entry.samples > 0
        self.kind = entry.node.kind
        self.samples = entry.samples
        self.width = 0

    def takes(self, entry: Entry) -> bool:
        """Whether the next part of the same argument is in this piece too."""
        if self.batched or entry.samples:
            return self.samples == entry.samples and entry.node.kind is not SAMPLES
        return all(kind is not ARRAY and kind is not MODULE for kind in (self.kind, entry.node.kind))

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.starts.append(self.width)
        self.width += entry.node.leaves

    @property
    def name(self) -> str:
        """The path of what holds all of its numbers."""
        paths = [entry.path for entry in self.entries if entry.node.leaves] or [self.entries[0].path]
        shared = takewhile(lambda keys: len(set(keys)) == 1, zip(*paths, strict=False))
        return "".join([keys[0] for keys in shared])

    def number_names(self, several: bool) -> tuple[str, ...]:
        """What its numbers are called; nothing where they are x[0], x[1] and so on, or a single x.

        Parameters of a Module have their paths, behind the name of the Module where there are `several`.
        """
        entries = [entry for entry in self.entries if entry.node.kind is not SAMPLES]
        if len(entries) == 1:
            node = entries[0].node
            if node.kind is NUMBER or (node.kind is not MODULE and len(node.aux) == 1 and node.leaves != 1):
                return ()
        return tuple([name for entry in entries for name in names_in(entry, several)])


def names_in(entry: Entry, several: bool) -> list[str]:
    kind, aux, _, _ = entry.node
    if kind is MODULE:
        return [joined(entry.name if several else "", path) for path in aux.names]
    if kind is ARRAY:
        return [item_name(entry.name, *key) for key in product(*map(range, aux))]
    return entry.names()


def abstract_pieces(treedefs: Sequence[PyTreeDef], names: Sequence[str]) -> list[list[AbstractPiece]]:
    """The pieces of each argument of a call, as `arguments` makes them."""
    found: list[list[AbstractPiece]] = []
    for treedef, name in zip(treedefs, names, strict=True):
        pieces: list[AbstractPiece] = []
        for entry in treedef.entries(name):
            if not (pieces and pieces[-1].takes(entry)):
                if not entry.node.leaves and entry.node.kind not in (ARRAY, SAMPLES):
                    continue
                pieces.append(AbstractPiece(entry))
            pieces[-1].add(entry)
        found.append(pieces)
    return found


class AbstractArguments:
    """The arguments of a traced function, made of the traced values of the pieces of a call."""

    def __init__(
        self,
        treedefs: Sequence[PyTreeDef],
        names: Sequence[str],
        pieces: Sequence[Sequence[AbstractPiece]],
        values: Sequence[list[Value]],
        mapped: bool,
    ) -> None:
        self.values = values
        self.mapped = mapped
        self.arguments: list[Any] = []
        self.found: dict[int, tuple[Any, Span]] = {}  # the arrays and the tables by identity
        self.inner: dict[int, tuple[Any, Span]] | None = None  # the lists inside of tables too
        index = 0
        for treedef, name, own in zip(treedefs, names, pieces, strict=True):
            first: dict[Entry, tuple[int, int]] = {}
            for piece in own:
                first.update((entry, (index, start)) for entry, start in zip(piece.entries, piece.starts, strict=True))
                index += 1
            parts = []
            for entry in treedef.entries(name):
                if entry.node.kind is not SAMPLES:
                    span = Span(*first.get(entry, (0, 0)), entry.node, entry.name)
                    parts.append(span.build(self.values_of(span)))
                    if entry.node.kind in (ARRAY, TABLE):
                        self.found[id(parts[-1])] = parts[-1], span
            self.arguments.append(treedef.unflatten(parts, whole=(ARRAY, TABLE, MODULE)))

    def values_of(self, span: Span) -> list[Value]:
        return self.values[span.piece][span.start : span.start + span.size] if span.size else []

    def find(self, x: Any) -> Span | None:
        """The numbers of an array or a list, if it came as an argument and is as it was."""
        if self.mapped:
            return None  # what a sample is made of is no data of the whole call
        if id(x) not in self.found and self.inner is None:
            tables = [(y, span) for y, span in self.found.values() if span.node.kind is TABLE and span.size]
            self.inner = {id(y): (y, inner) for table, span in tables for y, inner in span.lists(table)}
        _, span = self.found.get(id(x)) or (self.inner or {}).get(id(x)) or (None, None)
        if span is None or (span.node.kind is TABLE and not span.size):
            return None
        return span if all(map(is_, items_of(x, span), self.values_of(span))) else None


def items_of(x: Any, span: Span) -> Sequence[Any]:
    """What is in an array or a table; as many times None where it has another shape than it came with."""
    kind, aux, _, leaves = span.node
    if kind is ARRAY:
        return x.ravel().tolist() if x.shape == aux else [None] * leaves
    table = table_of(x)
    return table.numbers if table is not None and table.levels == aux else [None] * leaves
