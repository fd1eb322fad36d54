"""What a compiled function returns: the flat results of its program in the structure that the function has.

Each run of single numbers is one flat result, and so is each array.
"""

from collections.abc import Callable, Collection, Sequence
from math import prod
from typing import Any, Final

from autograd_lite.program.named_numbers import NamedNumbers
from autograd_lite.support.extras import imported
from autograd_lite.trees import PyTreeDef, is_array
from autograd_lite.trees.registry import ARRAY, DICT, MODULE, SAMPLES, TUPLE, Kind
from autograd_lite.trees.treedef import NUMBER, TreeNode

DEEPEST = 50
"""Containers within each other from which on a result is put together in a loop."""

Build = Callable[[Sequence[Any], int], Any]
"""Makes the result, or a part of it, from the flat results and the number of samples."""


def flat_results(treedef: PyTreeDef) -> list[tuple[int, bool]]:
    """The sizes of the flat results, and whether they are batched."""
    builder = Builder(lists=False, arrays=False)
    builder.build(treedef)
    return builder.sizes


class Builder:
    """Makes the function that puts the results of one program together.

    With `lists`, what is mapped over samples becomes a list of each sample's result, as `vmap` gives it of lists.
    With `arrays`, the flat results are NumPy arrays for sure, which takes less looking.  A dict of numbers with the
    `names` of the parameters of a Module, as its gradient is, becomes a mapping.
    """

    def __init__(self, lists: bool, arrays: bool, names: Collection[tuple[str, ...]] = ()) -> None:
        self.lists, self.arrays, self.names = lists, arrays, names
        self.sizes: list[tuple[int, bool]] = []  # of the flat results up to the one that is being read
        self.is_run = False  # whether that one is a run of numbers, which the next number joins

    def build(self, treedef: PyTreeDef) -> Build:
        """The function that makes the result: that of each container calls those of its children."""
        nodes: list[TreeNode] = list(treedef.nodes)
        functions: list[tuple[TreeNode, Build | None]] = []
        samples = treedef.in_samples()
        for i, node in enumerate(nodes):
            if node.kind is MODULE:
                raise TypeError("a compiled function returned a Module; return its values, in a list or a dict")
            if not samples[i]:
                functions.append((node, self.leaves(node)))
            elif node.kind is SAMPLES:
                functions.append((node, self.batch(PyTreeDef(nodes[i + 1 : i + samples.count(samples[i])]))))
        if is_deep(treedef):
            return lambda results, n: put_together(functions, results, n)
        stack: list[Build] = []
        for node, function in reversed(functions):
            if function is not None:
                stack.append(function)
            else:
                stack[-node.children :] = [container(node, stack[: -node.children - 1 : -1])]
        return stack[0]

    def leaves(self, node: TreeNode) -> Build | None:
        """The function that makes what has no containers inside."""
        kind, aux, children, count = node
        if children:
            return None
        if kind is ARRAY:
            return self.array(aux, batched=False)
        if not count:
            return lambda results, n: kind.unflatten(aux, ())
        first, _ = self.sizes.pop() if self.is_run else (0, False)
        k, last = len(self.sizes), first + count
        self.sizes.append((last, False))
        self.is_run = True
        if kind is NUMBER and self.arrays:
            return lambda results, n: results[k].item(first)
        if kind is DICT and self.arrays and aux in self.names:
            return lambda results, n: NamedNumbers(aux, results[k][first:last])
        return lambda results, n: kind.unflatten(aux, numbers(results[k], first, last))

    def array(self, shape: tuple[int, ...], batched: bool) -> Build:
        k = len(self.sizes)
        self.sizes.append((prod(shape), batched))
        self.is_run = False
        if self.arrays and len(shape) == 1:
            return lambda results, n: results[k]  # it has it already
        return lambda results, n: as_array(results[k], (n, *shape) if batched else shape)

    def batch(self, inner: PyTreeDef) -> Build:
        """The function that makes the results of all samples, each of which has that structure."""
        parts = [self.array(shape, batched=True) for shape, _ in inner.array_leaves()]
        if self.lists:
            return lambda results, n: unstacked([part(results, n) for part in parts], inner, n)
        return lambda results, n: inner.unflatten([part(results, n) for part in parts], whole=[ARRAY])


def is_deep(treedef: PyTreeDef) -> bool:
    """Whether functions that call one another would be nested too deep."""
    open_: list[int] = []  # the children that the containers around have still to come
    for node in treedef.nodes:
        if open_:
            open_[-1] -= 1
        if node.children:
            open_.append(node.children)
        while open_ and not open_[-1]:
            open_.pop()
        if len(open_) > DEEPEST:
            return True
    return False


def put_together(functions: list[tuple[TreeNode, Build | None]], results: Sequence[Any], n: int) -> Any:
    """The result of a deep structure, from the inside out."""
    made: list[Any] = []
    for node, function in reversed(functions):
        if function is not None:
            made.append(function(results, n))
        else:
            made[-node.children :] = [node.kind.unflatten(node.aux, made[: -node.children - 1 : -1])]
    return made[0]


def container(node: TreeNode, parts: list[Build]) -> Build:
    kind, aux = node.kind, node.aux
    if kind is TUPLE and len(parts) == 2:  # a value and its gradient
        one, two = parts
        return lambda results, n: (one(results, n), two(results, n))
    return lambda results, n: kind.unflatten(aux, [part(results, n) for part in parts])


def numbers(x: Any, first: int, last: int) -> list[Any]:
    """Numbers of a run, as floats; those that another library still has to compute, as they are."""
    if isinstance(x, list):
        return x[first:last]
    return x[first:last].tolist() if is_array(x) else [x[i] for i in range(first, last)]


def as_array(x: Any, shape: tuple[int, ...]) -> Any:
    """A flat result in its shape: an array, or lists where NumPy is not loaded."""
    if hasattr(x, "shape"):
        return x if x.shape == shape else x.reshape(shape)
    if numpy := imported("numpy"):
        return numpy.array(x, dtype=numpy.float64).reshape(shape)
    return [row[0] for row in x] if len(shape) == 1 else x


def unstacked(arrays: list[Any], inner: PyTreeDef, n: int) -> list[Any]:
    columns = [
        x.tolist() if is_array(x) and not whole else list(x)
        for x, (_, whole) in zip(arrays, inner.array_leaves(), strict=True)
    ]
    nodes = [node if node.kind in (NUMBER, ARRAY) else node._replace(kind=ROWS, aux=(node, n)) for node in inner.nodes]
    result: list[Any] = PyTreeDef(nodes).unflatten(columns, whole=[ARRAY])
    return result


def one_for_each(aux: tuple[TreeNode, int], columns: Sequence[Sequence[Any]]) -> list[Any]:
    """A container for each of n samples, from each of its children over all of them."""
    (kind, inner, _, _), n = aux
    return [kind.unflatten(inner, row) for row in (zip(*columns, strict=True) if columns else [()] * n)]


ROWS: Final = Kind("rows", lambda rows: (rows, None), one_for_each)
