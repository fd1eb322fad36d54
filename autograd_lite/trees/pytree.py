"""A pytree taken apart into leaves and a treedef, and put together again.

A treedef is flat: its nodes from the outside in, from left to right.  So every walk is a loop, which a nest of any
depth takes in linear time.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice, pairwise, product
from math import prod
from typing import Any, Final, NamedTuple

from autograd_lite.trees.nested_lists import Levels, all_leaves, count_of, is_leaf, nested, table_of
from autograd_lite.trees.paths import in_words, summary
from autograd_lite.trees.registry import (
    ARRAY,
    DICT,
    LIST,
    MODULE,
    NAMED_TUPLE,
    RECORD,
    REGISTRY,
    SAMPLES,
    STATIC,
    TUPLE,
    WHOLE,
    Kind,
    is_array,
    is_foreign_array,
    kind_of,
    structure_of,
    with_parameters,
)  # fmt: skip


class TreeNode(NamedTuple):
    """A container of a treedef: so many nodes inside of it follow, or it holds so many leaves and no containers."""

    kind: Kind
    aux: Any  # what else it consists of: keys, a shape, a class
    children: int
    leaves: int


NUMBER: Final = Kind("number", lambda x: ((), None), lambda _, leaves: leaves[0])
TABLE: Final = Kind("table", lambda x: (x, None), nested)


class Entry(NamedTuple):
    """Part of a treedef: one number, or one array, table or Module of numbers, or what is mapped over samples."""

    path: tuple[str, ...]
    node: TreeNode
    start: int  # the first of its leaves
    samples: int  # 0 for what is not mapped over samples, else the same for all of one sample

    @property
    def name(self) -> str:
        return "".join(self.path)

    def names(self, whole: bool = False) -> list[str]:
        """A name for each number in it, or with `whole` one for an array or a Module."""
        kind, aux, _, _ = self.node
        if kind is NUMBER or (whole and kind in WHOLE):
            return [self.name]
        if kind is MODULE:
            return [f"{self.name}.{key}" for key in aux.names]
        sizes = aux if kind is ARRAY else [n for _, n in aux] if kind is TABLE else [0]
        return [self.name + "".join([f"[{i}]" for i in key]) for key in product(*map(range, sizes))]


class PyTreeDef:
    """The structure of a pytree, without its numbers; immutable and hashable.

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
        try:
            return hash(self.nodes)
        except TypeError as error:
            raise TypeError(
                f"the auxiliary data of a pytree is no key of a dict: {error}; let the flatten that was registered "
                f"give tuples and the like"
            ) from None

    def __reduce__(self) -> tuple[Any, ...]:
        return PyTreeDef, (self.nodes,)

    def __repr__(self) -> str:
        """As the pytree itself is written, with a star for each number."""
        written: list[str] = []
        closing: list[list[Any]] = []  # of each open container: its end, and what comes before its next children
        for kind, aux, children, leaves in self.nodes:
            if closing:
                written.append(closing[-1][1].pop())
            opened, labels, closed = brackets(kind, aux, children or leaves)
            if children:
                written.append(opened)
                closing.append([closed, labels[::-1]])
            else:
                written.append(opened + "".join([f"{label}*" for label in labels[:leaves]]) + closed)
            while closing and not closing[-1][1]:
                written.append(closing.pop()[0])
        return f"PyTreeDef({''.join(written)})"

    @property
    def num_leaves(self) -> int:
        return sum([node.leaves for node in self.nodes])

    @property
    def is_static(self) -> bool:
        """Whether it is None or a string by itself."""
        return self.nodes[0].kind is STATIC

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
                made.append(with_parameters(aux.module, part) if copied else kind.unflatten(aux, part))
        if end:
            raise ValueError(f"{self!r} takes {len(given) - end} leaves, but got {len(given)}; pass one for each")
        return made[0]

    def array_leaves(self) -> list[tuple[tuple[int, ...], bool]]:
        """What `unflatten` takes where arrays are whole: the shape of an array and True, or () and False."""
        return [
            leaf
            for kind, aux, _, leaves in self.nodes
            for leaf in ([(aux, True)] if kind is ARRAY else [((), False)] * leaves)
        ]

    def without_modules(self, leaves: list[Any]) -> list[Any]:
        """The leaves that are no parameters of Modules."""
        if all(node[0] is not MODULE for node in self.nodes):
            return leaves
        source = iter(leaves)
        parts = [(node.kind, list(islice(source, node.leaves))) for node in self.nodes]
        return [x for kind, part in parts if kind is not MODULE for x in part]

    def holds_samples(self) -> bool:
        """Whether anything in it is mapped over samples."""
        return any(node.kind is SAMPLES for node in self.nodes)

    def of_one_sample(self) -> "PyTreeDef":
        """The structure that the sample itself has which represents a batch."""
        return PyTreeDef([node for node in self.nodes if node.kind is not SAMPLES])

    def with_leaves(self, treedefs: Sequence["PyTreeDef"]) -> "PyTreeDef":
        """The treedef with another one in the place of each number that is no part of a table or the like."""
        source = iter(treedefs)
        return PyTreeDef([n for node in self.nodes for n in (next(source).nodes if node.kind is NUMBER else [node])])

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

    def entries(self, name: str) -> Iterator[Entry]:
        """Its numbers, arrays, tables, Modules and samples, with their paths in a container of that name."""
        start = 0
        waiting: list[tuple[str, ...]] = [(name,)]
        for node, batch in zip(self.nodes, self.in_samples(), strict=True):
            kind, aux, children, leaves = node
            path = waiting.pop()
            if kind in (NUMBER, ARRAY, TABLE, MODULE, SAMPLES):
                yield Entry(path, node, start, batch)
            else:
                for i in range(leaves):
                    yield Entry((*path, kind.key(aux, i)), LEAF.nodes[0], start + i, batch)
            waiting += [(*path, kind.key(aux, i)) for i in reversed(range(children))]
            start += leaves

    def leaf_names(self, name: str, whole: bool = False) -> list[str]:
        """A name for each leaf: how Python writes the way to it from a container of that name."""
        return [path for entry in self.entries(name) for path in entry.names(whole)]


def brackets(kind: Kind, aux: Any, size: int) -> tuple[str, list[str], str]:
    """How a node is written: what opens it, what comes before each child, and what closes it."""
    commas = ["", *[", "] * (size - 1)]
    if kind is TABLE:
        text = "*"
        for cls, n in reversed(aux):
            opened, labels, closed = brackets(TUPLE if cls is tuple else LIST, None, n)
            text = opened + "".join([label + text for label in labels[:n]]) + closed
        return text, [], ""
    if kind is DICT:
        return "{", [f"{comma}{key!r}: " for comma, key in zip(commas, aux, strict=False)], "}"
    if kind is RECORD:
        return f"{aux[0].__name__}(", [f"{c}{name}=" for c, name in zip(commas, aux[1], strict=False)], ")"
    if kind is NUMBER or kind is ARRAY or kind is MODULE or kind is STATIC:
        return "*" if kind is NUMBER else f"array{aux}" if kind is ARRAY else repr(aux), [], ""
    if kind is LIST:
        return "[", commas, "]"
    return ("" if kind is TUPLE else repr(kind)) + "(", commas, ",)" if kind is TUPLE and size == 1 else ")"


LEAF: Final = PyTreeDef([TreeNode(NUMBER, None, 0, 1)])


def container_of(kind: Kind, aux: Any, children: Sequence[PyTreeDef]) -> PyTreeDef:
    """The treedef of a container whose children have these treedefs."""
    return PyTreeDef([TreeNode(kind, aux, len(children), 0), *[node for child in children for node in child.nodes]])


def table_treedef(levels: Levels) -> PyTreeDef:
    """The treedef of a table; of a number where there are no levels."""
    return PyTreeDef([TreeNode(TABLE, levels, 0, count_of(levels))]) if levels else LEAF


def array_node(shape: Sequence[int]) -> TreeNode:
    return TreeNode(ARRAY, tuple(shape), 0, prod(shape))


def array_treedef(shape: Sequence[int]) -> PyTreeDef:
    """The treedef of an array; of a number where it has no axes."""
    return PyTreeDef([array_node(shape)]) if shape else LEAF


def flatten(x: Any, what: str = "argument", whole: bool = False) -> tuple[list[Any], PyTreeDef]:
    """The leaves of a pytree from left to right, and its treedef.

    With `whole`, arrays, Modules and all that is no container are leaves too.

    None and strings are structure.  Raises TypeError where anything else is neither a number nor a container,
    ValueError where a container holds itself.

    >>> flatten({"a": [1.0, 2.0], "b": 3.0})[0]
    [1.0, 2.0, 3.0]
    """
    return taken_apart(x, what, whole)[:2]


def taken_apart(x: Any, what: str, whole: bool) -> tuple[list[Any], PyTreeDef, set[type]]:
    """As `flatten`, with the types of the leaves."""
    if is_leaf(x):
        return [x], LEAF, {type(x)}
    types: set[type] = set()
    leaves: list[Any] = []
    nodes: list[TreeNode] = []
    stack = [x]
    outer: list[tuple[Any, Kind, Any, int, int]] = []  # the containers around: size, and what was on the stack then
    inside: set[int] = set()  # their identities
    while stack:
        y = stack.pop()
        while outer and len(stack) < outer[-1][4]:
            inside.discard(id(outer.pop()[0]))
        cls = type(y)
        kind = REGISTRY.get(cls)
        if kind is None and is_leaf(y):
            leaves.append(y)
            types.add(cls)
            nodes.append(LEAF.nodes[0])
            continue
        kind = kind or kind_of(y)
        if kind is ARRAY or (whole and kind is None and is_foreign_array(y)):
            nodes.append(array_node(y.shape))
            leaves += [y] if whole else elements(y, what)
            types.add(cls)
            continue
        if kind is MODULE:
            structure = structure_of(y)
            nodes.append(TreeNode(MODULE, structure, 0, len(structure.names)))
            leaves += [y] if whole else structure.parameters
            types.add(cls)
            continue
        if kind is None:
            if not whole:
                raise refused(y, what, place(outer, len(stack)))
            leaves.append(y)
            types.add(cls)
            nodes.append(LEAF.nodes[0])
            continue
        if kind is LIST or kind is TUPLE:
            table = table_of(y)
            if table is not None:
                nodes.append(TreeNode(TABLE, table.levels, 0, len(table.numbers)))
                leaves += table.numbers
                types |= table.types
                continue
        children, aux = kind.flatten(y)
        if children and kind is not LIST and kind is not TUPLE and kind is not SAMPLES and all_leaves(children):
            nodes.append(TreeNode(kind, aux, 0, len(children)))
            leaves += children
            types.update(map(type, children))
            continue
        nodes.append(TreeNode(kind, aux, len(children), 0))
        if children:
            if id(y) in inside:
                raise ValueError(
                    f"the {what} holds a {kind!r} that holds itself{place(outer, len(stack))}; pass one that ends"
                )
            inside.add(id(y))
            outer.append((y, kind, aux, len(children), len(stack)))
            stack += reversed(children)
    return leaves, PyTreeDef(nodes), types


def place(outer: Sequence[tuple[Any, Kind, Any, int, int]], height: int) -> str:
    """Where flatten is, as a path: from the containers around, and from what they have left on the stack."""
    heights = [entry[4] for entry in outer] + [height]
    keys = [
        kind.key(aux, size - 1 - (after - before))
        for (_, kind, aux, size, _), (before, after) in zip(outer, pairwise(heights), strict=True)
    ]
    return f" at {''.join(keys)}" if any(keys) else ""


def elements(array: Any, what: str) -> list[Any]:
    """The numbers in an array."""
    found: list[Any] = array.ravel().tolist()
    if array.dtype.kind not in "biuf":
        for y in found:
            if not is_leaf(y):
                raise TypeError(
                    f"the {what} is an array of {array.dtype} that holds {y!r}; make it one of real numbers or Values"
                )
    return found


def flatten_numbers(x: Any, what: str) -> tuple[list[Any], PyTreeDef]:
    """As `flatten`, where numbers are required: None or a string by itself is refused."""
    leaves, treedef = flatten(x, what)
    if treedef.is_static:
        raise refused(x, what, "")
    return leaves, treedef


def refused(x: Any, what: str, where: str) -> TypeError:
    return TypeError(
        f"the {what} holds {x!r} of type {type(x).__name__}{where}; expected numbers, Values, NumPy arrays, "
        f"Modules, or lists, tuples, dicts and dataclasses of them"
    )


def leaves_like(x: Any, treedef: PyTreeDef, what: str) -> list[Any]:
    """The leaves of a pytree that goes with another one of that structure, in the order of that one.

    A list, a tuple and an array may come for each other, and a dict of its parameters for a Module.  Raises
    ValueError where the structure is another.

    >>> leaves_like({"b": 3, "a": [1, 2]}, flatten({"a": (0, 0), "b": 0})[1], "direction")
    [1, 2, 3]
    """
    leaves: list[Any] = []
    stack = [(x, what)]
    for node in treedef.nodes:
        kind, aux, children, count = node
        y, name = stack.pop()
        if kind is NUMBER or kind is TABLE or kind is ARRAY:
            sizes: Sequence[Any] = () if kind is NUMBER else aux
            leaves += table_like(y, sizes, name)
            continue
        parts = parts_like(y, node)
        if parts is None:
            raise mismatch(y, in_words(kind, aux, children or count), name)
        named = [(part, f"{name}{kind.key(aux, i)}") for i, part in enumerate(parts)]
        if children:
            stack += reversed(named)
        else:
            for part, path in named:
                leaves += table_like(part, (), path)
    return leaves


def parts_like(x: Any, node: TreeNode) -> Sequence[Any] | None:
    """The children of x that go with those of a node; None where x is no such container."""
    kind, aux, children, leaves = node
    if kind is DICT or kind is MODULE:
        keys = aux if kind is DICT else aux.names
        entries = dict(x.named_parameters()) if kind_of(x) is MODULE else x
        return [entries[key] for key in keys] if hasattr(entries, "keys") and set(entries) == set(keys) else None
    if kind is STATIC:
        return () if x is None or (isinstance(x, str) and x == aux) else None
    if kind in (LIST, TUPLE, NAMED_TUPLE):
        return [x[i] for i in range(len(x))] if length(x) == (children or leaves) else None
    if is_leaf(x) or kind_of(x) is not kind:
        return None
    parts, other = kind.flatten(x)
    return parts if other == aux else None


def table_like(x: Any, sizes: Sequence[Any], name: str) -> list[Any]:
    """The numbers of x, which has the levels of a table or the shape of an array."""
    items = [(x, name)]
    for depth, size in enumerate(sizes):
        n = size if isinstance(size, int) else size[1]
        for y, path in items:
            if length(y) != n:
                rest = tuple(sizes[depth:])
                words = in_words(ARRAY, rest, 0) if isinstance(size, int) else f"a {size[0].__name__} of {n}"
                raise mismatch(y, words, path)
        items = [(y[i], f"{path}[{i}]") for y, path in items for i in range(n)]
    found = [(y.item() if is_array(y) and y.ndim == 0 else y, path) for y, path in items]
    for y, path in found:
        if not is_leaf(y):
            raise mismatch(y, "one number", path)
    return [y for y, _ in found]


def length(x: Any) -> int:
    """The length of a list, a tuple or an array; -1 for anything else."""
    return len(x) if isinstance(x, (list, tuple)) or (is_array(x) and x.ndim) else -1


def mismatch(x: Any, words: str, name: str) -> ValueError:
    return ValueError(f"the {name} is {summary(x)}, but {words} belongs there; give it that structure")
