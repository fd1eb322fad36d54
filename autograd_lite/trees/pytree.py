"""A pytree taken apart into its leaves and its treedef."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from math import prod
from typing import Any

from autograd_lite.trees.array_leaves import elements, is_array, is_foreign_array, of_no_dimensions
from autograd_lite.trees.nested_lists import all_leaves, is_leaf, table_of
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
    WHOLE,
    Kind,
    kind_of,
    summary,
)
from autograd_lite.trees.treedef import LEAF, NUMBER, TABLE, PyTreeDef, TreeNode, Way, shortened_path


def flatten(x: Any, what: str = "argument", whole: bool = False) -> tuple[list[Any], PyTreeDef]:
    """The leaves of a pytree from left to right, and its treedef.

    With `whole`, arrays, Modules and all that is no container are leaves too.

    None and strings are structure.  Raises TypeError where anything else is neither a number nor a container,
    ValueError where a container holds itself.

    >>> flatten({"a": [1.0, 2.0], "b": 3.0})[0]
    [1.0, 2.0, 3.0]
    """
    return taken_apart(x, what, whole)[:2]


def tree_map(f: Callable[[Any], Any], x: Any, what: str = "argument") -> Any:
    """The same pytree with f of each leaf; arrays, Modules and all that is no container are leaves too.

    >>> tree_map(lambda y: y * 2, {"a": [1, 2.5], "b": (None, "text")})
    {'a': [2, 5.0], 'b': (None, 'text')}
    """
    leaves, treedef = flatten(x, what, whole=True)
    return treedef.unflatten(list(map(f, leaves)), whole=WHOLE)


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
        found: Sequence[Any] = (y,)  # the leaves that y adds
        own: Collection[type] = (cls,)  # their types
        if kind is None and is_leaf(y):
            node = LEAF.nodes[0]
        elif (kind := kind or kind_of(y)) is ARRAY or (whole and kind is None and is_foreign_array(y)):
            node = TreeNode(ARRAY, tuple(y.shape), 0, prod(y.shape))
            found = found if whole else elements(y, what)
        elif kind is MODULE:
            parameters, structure = kind.flatten(y)
            node = TreeNode(MODULE, structure, 0, len(parameters))
            found = found if whole else parameters
        elif kind is None:
            if not whole:
                raise refusal(y, what, path_so_far(outer, len(stack)))
            node = LEAF.nodes[0]
        elif (kind is LIST or kind is TUPLE) and (table := table_of(y)) is not None:
            node = TreeNode(TABLE, table.levels, 0, len(table.numbers))
            found, own = table.numbers, table.types
        else:
            children, aux = kind.flatten(y)
            if children and kind not in (LIST, TUPLE, SAMPLES) and all_leaves(children):
                node = TreeNode(kind, aux, 0, len(children))
                found, own = children, set(map(type, children))
            else:
                node, found, own = TreeNode(kind, aux, len(children), 0), (), ()
                if id(y) in inside:
                    where = path_so_far(outer, len(stack))
                    raise ValueError(f"the {what} holds a {kind!r} that holds itself{where}; pass one that ends")
                if children:
                    inside.add(id(y))
                    outer.append((y, kind, aux, len(children), len(stack)))
                    stack += reversed(children)
        nodes.append(node)
        leaves += found
        types.update(own)
    return leaves, PyTreeDef(nodes), types


def path_so_far(outer: Sequence[tuple[Any, Kind, Any, int, int]], height: int) -> str:
    """Where flatten is, as a path: from the containers around, and from what they have left on the stack."""
    heights = [entry[4] for entry in outer] + [height]
    keys = [
        kind.key(aux, size - 1 - (after - before))
        for (_, kind, aux, size, _), (before, after) in zip(outer, pairwise(heights), strict=True)
    ]
    return f" at {shortened_path(keys)}" if any(keys) else ""


def flatten_numbers(x: Any, what: str, only: bool = False) -> tuple[list[Any], PyTreeDef]:
    """As `flatten`, where numbers are required: None or a string by itself is refused, with `only` any of them."""
    leaves, treedef = flatten(x, what)
    for node in treedef.nodes if only else treedef.nodes[:1]:
        if node.kind is STATIC:
            raise refusal(node.aux, what, "")
    return leaves, treedef


def refusal(x: Any, what: str, where: str) -> TypeError:
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
    nodes: Iterator[TreeNode] = iter(treedef.nodes)
    stack: list[tuple[Any, Way, TreeNode | None]] = [
        (x, Way(None, what), None)
    ]  # with None, what belongs there is the next node
    while stack:
        y, way, known = stack.pop()
        node = known or next(nodes)
        kind, aux, children, count = node
        parts = parts_like(y, node)
        if parts is None:
            words = kind.words(aux, children or count)
            name = shortened_path(way.keys())
            raise ValueError(f"the {name} is {summary(y)}, but {words} belongs there; give it that structure")
        inner = None if children else node.inner()
        if inner is LEAF.nodes[0] and all_leaves(parts):
            leaves += parts
        else:
            stack += [(part, way.to(kind.key(aux, i)), inner) for i, part in enumerate(parts)][::-1]
    return leaves


def parts_like(x: Any, node: TreeNode) -> Sequence[Any] | None:
    """The children of x that go with those of a node; None where x is no such container."""
    kind, aux, children, leaves = node
    if kind is NUMBER or (kind is ARRAY and not aux):
        y = of_no_dimensions(x)
        return [y] if is_leaf(y) else None
    if kind is DICT or kind is MODULE:
        keys = aux if kind is DICT else aux.names
        entries = dict(x.named_parameters()) if kind_of(x) is MODULE else x
        return [entries[key] for key in keys] if hasattr(entries, "keys") and set(entries) == set(keys) else None
    if kind is STATIC:
        return () if x is None or (isinstance(x, str) and x == aux) else None
    if kind in (LIST, TUPLE, NAMED_TUPLE, TABLE, ARRAY):
        n = node.shape[0] if node.shape else children or leaves
        is_sequence = isinstance(x, (list, tuple)) or (is_array(x) and x.ndim)
        return [x[i] for i in range(n)] if is_sequence and len(x) == n else None
    if is_leaf(x) or kind_of(x) is not kind:
        return None
    parts, other = kind.flatten(x)
    return parts if other == aux else None
