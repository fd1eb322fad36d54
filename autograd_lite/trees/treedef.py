"""The structure of a pytree, by which its leaves are put together again.

A treedef is flat: its nodes from the outside in, from left to right.  So every walk is a loop, in linear time for
a pytree of any depth.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, product
from math import prod
from typing import Any, Final, NamedTuple

from autograd_lite.trees.array_leaves import array_of
from autograd_lite.trees.nested_lists import nested_again
from autograd_lite.trees.registry import ARRAY, MODULE, SAMPLES, WHOLE, Kind


class TreeNode(NamedTuple):
    """A container of a treedef: so many nodes inside of it follow, or it holds so many leaves and no containers."""

    kind: Kind
    aux: Any  # what else it consists of: keys, a shape, a class
    children: int
    leaves: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Of an array or a table; () of anything else."""
        if self.kind is TABLE:
            return tuple([n for _, n in self.aux])
        return self.aux if self.kind is ARRAY else ()

    def inner(self, axis: int = 0) -> "TreeNode":
        """Without an axis of an array, or a level of a table; a number where none is left."""
        if len(self.shape) <= 1:
            return LEAF.nodes[0]
        axis %= len(self.aux)
        return sized(self.kind, self.aux[:axis] + self.aux[axis + 1 :])


def sized(kind: Kind, sizes: Sequence[Any]) -> TreeNode:
    """An array of that shape, or a table of these levels; a number where it has none."""
    node = TreeNode(kind, tuple(sizes), 0, 0)
    return node._replace(leaves=prod(node.shape)) if sizes else LEAF.nodes[0]


NUMBER: Final = Kind("number", lambda x: ((), None), lambda _, leaves: leaves[0], words=lambda _, size: "one number")
TABLE: Final = Kind(
    "table",
    lambda x: (x, None),
    nested_again,
    words=lambda levels, size: f"a {levels[0][0].__name__} of {levels[0][1]}",
)


class Written(str):
    """Part of a treedef in words."""

    def __repr__(self) -> str:
        return str(self)


SHOWN: Final = Kind(
    "shown", lambda x: ((), x), lambda kind, children: Written(f"{kind!r}({', '.join(map(repr, children))})")
)  # what is written for a container of a class that was registered


class Way:
    """The way to a part of a pytree: the key in what is around it, and the way to that.

    Written out only where it is shown: the ways into a deep pytree are together quadratic in its size.
    """

    __slots__ = ("depth", "key", "outer")

    def __init__(self, outer: "Way | None", key: str, depth: int = 0) -> None:
        self.outer, self.key, self.depth = outer, key, depth

    def to(self, key: str) -> "Way":
        return Way(self, key, self.depth + 1)

    def keys(self) -> list[str]:
        """All keys, from the outermost on."""
        found: list[str] = []
        way: Way | None = self
        while way is not None:
            found.append(way.key)
            way = way.outer
        return found[::-1]


def shortened_path(keys: Sequence[str]) -> str:
    """A path as messages write it: of a deep one, its ends."""
    return "".join(keys) if len(keys) <= 40 else f"{''.join(keys[:10])}...{''.join(keys[-10:])}"


class LeafEntry(NamedTuple):
    """Part of a treedef: one number, or one array, table or Module of numbers, or what is mapped over samples."""

    way: Way
    node: TreeNode
    samples: int  # 0 for what is not mapped over samples, else the same for all of one sample

    @property
    def path(self) -> list[str]:
        return self.way.keys()

    @property
    def name(self) -> str:
        return "".join(self.path)

    def names(self, whole: bool = False) -> list[str]:
        """A name for each number in it, or with `whole` one for an array or a Module."""
        kind, aux, _, _ = self.node
        if whole and kind in WHOLE:
            return [self.name]
        if kind is MODULE:
            return [f"{self.name}.{key}" for key in aux.names]
        sizes = self.node.shape if kind is not SAMPLES else [0]
        return [self.name + "".join([f"[{i}]" for i in key]) for key in product(*map(range, sizes))]


class PyTreeDef:
    """The structure of a pytree, without its numbers; immutable and hashable.

    >>> from autograd_lite.trees import flatten
    >>> flatten({"w": [1.0, 2.0], "b": (3.0, None)})[1]
    PyTreeDef({'w': [*, *], 'b': (*, None)})
    """

    __slots__ = ("nodes",)
    nodes: tuple[TreeNode, ...]

    def __init__(self, nodes: Iterable[TreeNode]) -> None:
        object.__setattr__(self, "nodes", tuple(nodes))

    def __setattr__(self, name: str, x: object) -> None:
        raise AttributeError(f"a treedef does not change, but {name} was assigned; flatten another pytree")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PyTreeDef) and self.nodes == other.nodes

    def __hash__(self) -> int:
        return hash(self.nodes)

    def __reduce__(self) -> tuple[Any, ...]:
        return PyTreeDef, (self.nodes,)

    def __repr__(self) -> str:
        """As the pytree itself is written, with a star for each number."""
        leaves: list[Written] = []
        for kind, aux, _, count in self.nodes:
            whole = Written(f"array{aux}" if kind is ARRAY else repr(aux))
            leaves += [whole] if kind in WHOLE else [Written("*")] * count
        shown = [node._replace(kind=SHOWN, aux=node.kind) if "." in node.kind.name else node for node in self.nodes]
        try:
            return f"PyTreeDef({PyTreeDef(shown).unflatten(leaves, whole=WHOLE)!r})"
        except RecursionError:
            return f"PyTreeDef({self.num_leaves} leaves in {len(self.nodes)} nodes)"

    @property
    def num_leaves(self) -> int:
        return sum([node.leaves for node in self.nodes])

    def unflatten(self, leaves: Iterable[Any], whole: Collection[Kind] = (), copies: bool = False) -> Any:
        """The pytree with these leaves, of which each container of a kind in `whole` takes one.

        In the place of a Module comes a dict of its leaves by name, or with `copies` a copy of it that computes with
        them.
        """
        given = leaves if isinstance(leaves, list) else list(leaves)
        if self is LEAF and len(given) == 1:
            return given[0]
        end = len(given)
        made: list[Any] = []
        for kind, aux, children, count in reversed(self.nodes):
            if kind is NUMBER or kind in whole:
                end -= 1
                made.append(given[end])
            elif children:
                made[-children:] = [kind.unflatten(aux, made[: -children - 1 : -1])]
            else:
                end -= count
                part = given[end : end + count]
                copied = copies and kind is MODULE
                made.append(aux.module.with_parameters(part) if copied else kind.unflatten(aux, part))
        if end:
            raise ValueError(f"{self!r} takes {len(given) - end} leaves, but got {len(given)}; pass one for each")
        return made[0]

    def of_arrays(self, shape: tuple[int, ...], rows: Sequence[Sequence[Any]]) -> Any:
        """The pytree made of arrays with these axes before their own; each row has the leaves of one index."""
        start, arrays = 0, []
        for inner, _ in self.array_leaves():
            stop = start + prod(inner)
            arrays.append(array_of([x for row in rows for x in row[start:stop]], shape + inner))
            start = stop
        return self.unflatten(arrays, whole=[ARRAY])

    def array_leaves(self) -> list[tuple[tuple[int, ...], bool]]:
        """What `unflatten` takes where arrays are whole: the shape of an array and True, or () and False."""
        each = [[(aux, True)] if kind is ARRAY else [((), False)] * leaves for kind, aux, _, leaves in self.nodes]
        return list(chain.from_iterable(each))

    def holds_samples(self) -> bool:
        return any(node.kind is SAMPLES for node in self.nodes)

    def in_samples(self) -> list[int]:
        """For each node 0, or k in what the k-th samples node has inside, and there."""
        found = []
        samples = pending = 0  # pending: the nodes to come that are part of these samples
        for node in self.nodes:
            if node.kind is SAMPLES and not pending:
                samples, pending = samples + 1, 1
            found.append(samples if pending else 0)
            if pending:
                pending += node.children - 1
        return found

    def entries(self, name: str) -> Iterator[LeafEntry]:
        """Its numbers, arrays, tables, Modules and samples, with their paths in a container of that name."""
        waiting = [Way(None, name)]
        for node, batch in zip(self.nodes, self.in_samples(), strict=True):
            kind, aux, children, leaves = node
            way = waiting.pop()
            if kind in (NUMBER, ARRAY, TABLE, MODULE, SAMPLES):
                yield LeafEntry(way, node, batch)
            else:
                for i in range(leaves):
                    yield LeafEntry(way.to(kind.key(aux, i)), LEAF.nodes[0], batch)
            waiting += [way.to(kind.key(aux, i)) for i in reversed(range(children))]

    def leaf_names(self, name: str, whole: bool = False) -> list[str]:
        """A name for each leaf: how Python writes the way to it from a container of that name."""
        return [path for entry in self.entries(name) for path in entry.names(whole)]

    def leaf_name(self, name: str, i: int) -> str:
        """That of the i-th leaf, where arrays and Modules are one leaf each."""
        for entry in self.entries(name):
            count = 1 if entry.node.kind in WHOLE else entry.node.leaves
            if i < count:
                inner = entry.names(whole=True)[i].removeprefix(entry.name)
                return shortened_path(entry.path) + inner
            i -= count
        return name


LEAF: Final = PyTreeDef([TreeNode(NUMBER, None, 0, 1)])


def container_of(kind: Kind, aux: Any, children: Sequence[PyTreeDef]) -> PyTreeDef:
    """The treedef of a container whose children have these treedefs."""
    return PyTreeDef([TreeNode(kind, aux, len(children), 0), *[node for child in children for node in child.nodes]])
