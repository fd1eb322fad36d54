"""A pytree taken apart into its leaves and its treedef."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from autograd_lite.trees.nested_lists import all_leaves, is_leaf, table_of
from autograd_lite.trees.paths import in_words, summary
from autograd_lite.trees.registry import (
    ARRAY,
    DICT,
    LIST,
    MODULE,
    NAMED_TUPLE,
    REGISTRY,
    SAMPLES,
    STATIC,
    TUPLE,
    Kind,
    is_array,
    is_foreign_array,
    kind_of,
    structure_of,
)
from autograd_lite.trees.treedef import LEAF, NUMBER, TABLE, PyTreeDef, TreeNode, array_node


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


def flatten_numbers(x: Any, what: str, only: bool = False) -> tuple[list[Any], PyTreeDef]:
    """As `flatten`, where numbers are required: None or a string by itself is refused, with `only` any of them."""
    leaves, treedef = flatten(x, what)
    if only or treedef.nodes[0].kind is STATIC:
        for node in treedef.nodes:
            if node.kind is STATIC:
                raise refused(node.aux, what, "")
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
