"""`vmap`: a function of one sample becomes a function of many.

Eagerly it is a loop.  While a program is traced, the function runs once, on a sample that represents all of them.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

from autograd_lite.core import table
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.fast.clock import time_now
from autograd_lite.core.graph import BATCH_SIZE
from autograd_lite.core.value import Value, passed_on, traced
from autograd_lite.transforms.levels import (
    in_step,
    is_differentiable,
    is_mapped,
    mapped,
    node_apart,
    passed,
    passing,
    put_in_order,
    returned,
)
from autograd_lite.transforms.propagation import summed_over_samples
from autograd_lite.transforms.signatures import Function, name_of, transformed
from autograd_lite.trees import PyTreeDef, flatten, flatten_numbers, is_array, summary
from autograd_lite.trees.array_leaves import array_of, check_real
from autograd_lite.trees.registry import DICT, LIST, SAMPLES, WHOLE, Level, Samples, one_level
from autograd_lite.trees.treedef import LEAF, TreeNode

Axes = int | None | Sequence["Axes"] | Mapping[Any, "Axes"]

WRITTEN_OUT = 32
"""Samples up to which a `vmap` that is no batch is written out, sample by sample; more are a loop."""

REDUCTIONS = ("sum", "mean", "max", "min", "prod", "logsumexp")
"""What the results of the samples may be reduced by."""


MAPS = "autograd_lite.control.maps"  # a floor above, therefore by name


def reduction(name: str) -> Callable[[Sequence[Any]], Any]:
    """The row of many operands that reduces; a mean is a sum first."""
    return getattr(table, "sum" if name == "mean" else name)  # type: ignore[no-any-return]


def vmap(f: Function, in_axes: Axes = 0, reduce: str | None = None) -> Function:
    """The function that maps f over samples.

    `in_axes` is the axis of each argument that counts the samples: 0 (or another axis of an array), None for
    an argument that all samples share, a tuple with one entry an argument, or inside it a tuple or dict in the
    structure of the argument.  A list maps over its items.  `reduce` is None (all results: arrays with the samples
    along axis 0 where any of them came in an array, else a list), "sum", "mean", "max", "min", "prod" or "logsumexp".
    f gets floats as constants of the library, as compiled code has them; ints, strings and shared arrays stay what
    they are.

    Compiled, the samples are added up in one fixed order, whatever the back end and the number of threads; see
    `autograd_lite.backends`.  Inside of a compiled function, a sum or mean over its arguments, arrays or lists of
    numbers, is a batch; any other vmap of more than 32 samples is a loop over them (docs/LOOPS.md).

    Raises ValueError where the arguments hold different numbers of samples, or lack the axis.

    >>> vmap(lambda w, x: w * x, in_axes=(None, 0))(2.0, [1.0, 2.0, 3.0])
    [2.0, 4.0, 6.0]
    >>> vmap(lambda w, x: w * x, in_axes=(None, 0), reduce="mean")(2.0, [1.0, 2.0, 3.0])
    4.0
    """
    if reduce is not None and reduce not in REDUCTIONS:
        known = ", ".join([f'"{name}"' for name in REDUCTIONS])
        raise ValueError(f"vmap reduces by None, {known}, but got {reduce!r}; choose one of these")

    name = f"vmap({name_of(f)})"

    def over_samples(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise TypeError(f"{name} takes its arguments by position, but got {', '.join(kwargs)} by name")
        axes = axes_of_arguments(in_axes, args, name)
        if TRACE.get() is not None:
            leaves, treedef = flatten(args, whole=True)
            if treedef.holds_samples():
                sample = PyTreeDef([node for node in treedef.nodes if node.kind is not SAMPLES])
                return at_once(f, sample.unflatten(leaves, whole=WHOLE), reduce)
        arguments = [parts_with_axes(x, axis) for x, axis in zip(args, axes, strict=True)]
        n = sample_count(arguments, name)
        trace = TRACE.get()
        if trace is not None and trace.scalar:
            found = trace.terms(f, arguments, n, reduce)
            if found is not None:
                return found
        elif trace is not None:
            one = one_sample(arguments, n, reduce)
            if one is not None:
                return at_once(f, one, reduce)
            if n > WRITTEN_OUT:
                return looped_or_written_out(f, arguments, n, name, reduce)
        return each_sample(f, arguments, n, reduce)

    result = transformed(f, over_samples, "vmap", vmap, f, in_axes, reduce)
    if reduce in (None, "sum", "mean"):  # else it is no batch
        result.in_axes = in_axes
    return result


# -- axes


def axes_of_arguments(in_axes: Axes, args: Sequence[Any], name: str) -> tuple[Axes, ...]:
    """One entry an argument."""
    if in_axes is None or is_axis(in_axes):
        axes = (in_axes,) * len(args)
    elif isinstance(in_axes, (tuple, list)) and len(in_axes) == len(args):
        axes = tuple(in_axes)
    else:
        raise ValueError(
            f"in_axes of {name} is {in_axes!r}, but the call has {len(args)} arguments; give an int, None, "
            f"or a tuple with one entry an argument"
        )
    if not any(flatten(axis, whole=True)[0] for axis in axes):
        raise ValueError(f"{name} maps over nothing: in_axes is {in_axes!r}; give 0 where samples are")
    return axes


def is_axis(x: object) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


class ArgumentPart(NamedTuple):
    """Part of an argument: what all samples share, if the axis is None, or an array or a list with that axis."""

    content: Any
    axis: int | None

    @property
    def samples(self) -> int | None:
        x, axis = self
        if axis is None:
            return None
        if not is_axis(axis):
            raise TypeError(f"in_axes holds {axis!r}; give an int, None, or a tuple or dict of these")
        if isinstance(x, list):
            if axis != 0:
                raise ValueError(f"a list maps over axis 0, but in_axes is {axis!r}; make it an array, or pass 0")
            return len(x)
        if hasattr(x, "shape") and hasattr(x, "ndim"):
            if not -x.ndim <= axis < x.ndim:
                raise ValueError(
                    f"in_axes names axis {axis}, but the array has shape {tuple(x.shape)}; choose an axis it has"
                )
            return int(x.shape[axis])
        raise TypeError(
            f"in_axes is {axis!r} for {summary(x)}, which holds no samples; pass an array or a list, or the axis None"
        )

    def holds_ints(self) -> bool:
        """Whether the samples are ints, or may be."""
        x, axis = self
        return axis is not None and (x.dtype.kind in "iub" if is_array(x) else isinstance(x, list))

    def sample(self, i: int) -> Any:
        x, axis = self
        if axis is None:
            return x
        if isinstance(x, list):
            return passed(x[i])
        part = x[(slice(None),) * (axis % x.ndim) + (i,)]  # an array, of another library perhaps
        if getattr(part, "ndim", 1) == 0:
            return passed(part.item())
        is_float = is_array(part) and part.dtype.kind == "f"
        return array_of(list(map(passed_on, part.ravel().tolist())), part.shape) if is_float else part


class Parts(NamedTuple):
    """The parts of an argument, and the tree that they are the leaves of."""

    parts: list[ArgumentPart]
    treedef: PyTreeDef

    def passed(self) -> "Parts":
        """With constants in the place of the floats that all samples share."""
        return self._replace(
            parts=[part if part.axis is not None else ArgumentPart(passed(part.content), None) for part in self.parts]
        )

    def map(self, f: Callable[[ArgumentPart], Any]) -> Any:
        return self.treedef.unflatten(list(map(f, self.parts)))


def parts_with_axes(x: Any, axis: Axes) -> Parts:
    """The parts of an argument that have an axis each, where `in_axes` has the structure of the argument or less."""
    parts: list[ArgumentPart] = []
    nodes: list[TreeNode] = []
    stack = [(x, axis)]
    while stack:
        y, inner = stack.pop()
        found = children_with_axes(y, inner)
        if found is None:
            parts.append(ArgumentPart(y, inner))  # type: ignore[arg-type]
            nodes.append(LEAF.nodes[0])
        else:
            level, children = found
            nodes.append(TreeNode(level.kind, level.aux, len(children), 0))
            stack += reversed(children)
    return Parts(parts, PyTreeDef(nodes))


def children_with_axes(x: Any, axis: Axes) -> tuple[Level, list[tuple[Any, Axes]]] | None:
    """A container and its children with the axis of each; None where it is a part with that axis."""
    several = isinstance(axis, (tuple, list, dict))
    if not several and is_array(x):
        check_real(x, "array")
        return None
    level = None if axis is None else one_level(x)
    if not several and (level is None or level.kind in (LIST, SAMPLES, *WHOLE)):
        return None
    keys = level.aux if level is not None and level.kind is DICT else None
    children: Sequence[Any] = () if level is None else level.children
    axes: Sequence[Any] = ()
    if not several:
        axes = [axis] * len(children)
    elif isinstance(axis, dict) and keys is not None and set(axis) == set(keys):
        axes = [axis[key] for key in keys]
    elif not isinstance(axis, dict) and keys is None:
        axes = axis  # type: ignore[assignment]
    if level is None or len(axes) != len(children):
        raise ValueError(f"in_axes has {axis!r} for {summary(x)}; give it the structure of the argument")
    return level, list(zip(children, axes, strict=True))


def sample_count(arguments: Sequence[Parts], name: str) -> int:
    counts = [n for parts, _ in arguments for part in parts if (n := part.samples) is not None]
    if len(set(counts)) != 1:
        raise ValueError(
            f"{name} got {' and '.join(map(str, dict.fromkeys(counts))) or 'no'} samples in its mapped "
            f"arguments; give all of them the same number"
        )
    return counts[0]


# -- eagerly


def one_by_one(f: Function, arguments: Sequence[Parts], n: int) -> list[Any]:
    """The results of all samples."""
    given = [x.passed() for x in arguments]
    start = time_now()
    with passing():
        results = [f(*[x.map(lambda part: own_nodes(part, i)) for x in given]) for i in range(n)]  # noqa: B023
    for leaf in flatten(results, whole=True)[0]:
        for x in leaf.ravel().tolist() if is_array(leaf) and leaf.dtype == object else (leaf,):
            put_in_order(x, start)
    return list(map(returned, results))


def own_nodes(part: ArgumentPart, i: int) -> Any:
    """A sample; a Value in it gets a node of its own, so that adjoints add up as in a loop over the samples.

    Not so a constant: transforms of it do what they do without a vmap.
    """
    x = part.sample(i)
    if part.axis is None or not (isinstance(x, Value) or holds_values(x)):
        return x
    leaves, treedef = flatten(x)
    return treedef.unflatten([shared_apart(y) for y in leaves])


def shared_apart(x: Any) -> Any:
    return node_apart(x) if isinstance(x, Value) and is_differentiable(x) else x


def holds_values(x: Any) -> bool:
    return (is_array(x) and x.dtype == object) or (isinstance(x, (list, tuple, dict)) and bool(x))


def numbers_of_results(results: Sequence[Any]) -> tuple[list[list[Any]], PyTreeDef]:
    """The numbers of each result, and the structure that all results have."""
    pairs = [flatten_numbers(r, "result of a mapped function") for r in results]
    for i, (_, treedef) in enumerate(pairs):
        if treedef != pairs[0][1]:
            raise ValueError(
                f"a mapped function gave results of different structure: {summary(results[0])} for sample 0, "
                f"{summary(results[i])} for sample {i}; give all of them one structure"
            )
    return [leaves for leaves, _ in pairs], pairs[0][1]


def reduced(results: Sequence[Any], reduce: str) -> Any:
    rows, treedef = numbers_of_results(results)
    found = [reduction(reduce)(column) for column in zip(*rows, strict=True)]
    return treedef.unflatten([x / len(results) for x in found] if reduce == "mean" else found)


def stacked_results(results: list[Any], arguments: Sequence[Parts]) -> Any:
    """The results of all samples: arrays where samples came in any, else a list."""
    return assembled(*numbers_of_results(results), arguments) if in_arrays(arguments) else results


def without_samples(f: Function, arguments: Sequence[Parts], reduce: str | None) -> Any:
    """The result where there is no sample: that of one number where f alone knows what it returns."""
    treedef = import_module(MAPS).structure_without_samples(f, arguments) or flatten(0.0)[1]
    if not reduce:
        return assembled([], treedef, arguments)
    found = math.nan if reduce == "mean" else reduction(reduce)([])
    return treedef.unflatten([found] * treedef.num_leaves)


def assembled(rows: list[list[Any]], treedef: PyTreeDef, arguments: Sequence[Parts]) -> Any:
    if in_arrays(arguments):
        return treedef.of_arrays((len(rows),), rows)
    return [treedef.unflatten(row) for row in rows]


def in_arrays(arguments: Sequence[Parts]) -> bool:
    return any(part.axis is not None and is_array(part.content) for parts, _ in arguments for part in parts)


# -- while a program is traced


def one_sample(arguments: Sequence[Parts], n: int, reduce: str | None) -> list[Any] | None:
    """The arguments as one sample that represents all n gets them, where these are a batch of the compiled function."""
    if is_mapped() or in_step() or reduce not in ("sum", "mean"):
        return None
    return TRACE.get().one_sample(arguments, n)  # type: ignore[no-any-return]


def each_sample(f: Function, arguments: Sequence[Parts], n: int, reduce: str | None) -> Any:
    if not n:
        return without_samples(f, arguments, reduce)
    results = one_by_one(f, arguments, n)
    return reduced(results, reduce) if reduce else stacked_results(results, arguments)


def looped_or_written_out(f: Function, arguments: Sequence[Parts], n: int, name: str, reduce: str | None) -> Any:
    try:
        return looped(f, arguments, n, name, reduce)
    except (TypeError, IndexError):
        if not any(part.holds_ints() for parts, _ in arguments for part in parts):
            raise  # else f may count with the ints, which it gets when it is written out
    return each_sample(f, arguments, n, reduce)


def looped(f: Function, arguments: Sequence[Parts], n: int, name: str, reduce: str | None) -> Any:
    """The result as that of a loop over the samples."""
    rows, treedef = import_module(MAPS).mapped_numbers(f, arguments, n, name, "sum" if reduce == "mean" else reduce)
    if reduce is None:
        return assembled(rows, treedef, arguments)
    if reduce == "mean":
        return treedef.unflatten([x / n for x in rows[0]])
    return treedef.unflatten(rows[0] if reduce == "sum" else [reduction(reduce)(x) for x in zip(*rows, strict=True)])


def at_once(f: Function, args: Iterable[Any], reduce: str | None) -> Any:
    """The result for all samples, from the one that represents them."""
    with mapped():
        out = f(*args)
        if reduce is None:
            return Samples(out)
        leaves, treedef = flatten_numbers(out, "result of a mapped function")
        sums = [summed_over_samples(x) for x in leaves]
        if reduce == "mean":
            n = traced(0, BATCH_SIZE)
            sums = [x / n for x in sums]
        return treedef.unflatten(sums)
