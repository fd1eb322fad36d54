"""`vmap`: a function of one sample becomes a function of many.

Above `transforms`.  Eagerly it is a loop.  While a program is traced, the function runs once, on a sample that
stands for all of them, and the program runs it across the batch.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.modes import MODE
from autograd_lite.core.table import sum as total
from autograd_lite.core.value import traced
from autograd_lite.support.user_lines import warn
from autograd_lite.transforms.differentiation import as_value, is_mapped, mapped, name_of, transformed
from autograd_lite.trees import (
    Samples,
    Shape,
    array_of,
    children,
    flatten,
    is_array,
    nest,
    size,
    summary,
    unflatten,
)

WRITTEN_OUT = 100
"""Samples from which on a program that holds each of them apart deserves a warning."""


def vmap(f: Callable[..., Any], in_axes: Any = 0, reduce: str | None = None) -> Callable[..., Any]:
    """The function that maps f over samples.

    `in_axes` says which axis of each argument counts the samples: 0 (or another axis of an array), None for
    an argument that all samples share, a tuple with one entry an argument, or inside it a tuple or dict in the
    structure of the argument.  A list maps over its items.  `reduce` is None (all results: arrays with the samples
    along axis 0 where any of them came in an array, else a list), "sum" or "mean".

    Compiled, the samples are added up in one fixed order, whatever the back end and the number of threads; see
    `autograd_lite.backends`.  Inside of a compiled function, a reduced vmap over its arguments, arrays or lists
    of numbers, is a batch; any other is written out sample by sample, with a warning where these are many.

    Raises ValueError where the arguments hold different numbers of samples, or lack the axis.

    >>> vmap(lambda w, x: w * x, in_axes=(None, 0))(2.0, [1.0, 2.0, 3.0])
    [2.0, 4.0, 6.0]
    >>> vmap(lambda w, x: w * x, in_axes=(None, 0), reduce="mean")(2.0, [1.0, 2.0, 3.0])
    4.0
    """
    if reduce not in (None, "sum", "mean"):
        raise ValueError(f'vmap reduces by None, "sum" or "mean", but got {reduce!r}; choose one of these')

    name = f"vmap({name_of(f)})"

    def over_samples(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            raise TypeError(f"{name} takes its arguments by position, but got {', '.join(kwargs)} by name")
        axes = axes_of(in_axes, args, name)
        if MODE.trace is not None and any(map(holds_samples, args)):
            return at_once(f, map(content, args), reduce)
        n = sample_count(args, axes, name)
        if MODE.trace is not None:
            one = one_sample(args, axes, n, reduce)
            if not isinstance(one, str):
                return at_once(f, one, reduce)
            if n > WRITTEN_OUT:
                warn(f"in a compiled function {name} is written out for each of its {n:,} samples: {one}")
        results = [f(*[sample(x, axis, i) for x, axis in zip(args, axes, strict=True)]) for i in range(n)]
        return reduced(results, reduce) if reduce else stacked(results, args, axes)

    transformed(f, over_samples, "vmap").in_axes = in_axes  # type: ignore[attr-defined]
    return over_samples


def at_once(f: Callable[..., Any], args: Iterable[Any], reduce: str | None) -> Any:
    """The result for all samples, from the one that stands for them."""
    with mapped():
        return gathered(f(*args), reduce)


# -- axes


def axes_of(in_axes: Any, args: tuple[Any, ...], name: str) -> tuple[Any, ...]:
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
    if all(map(maps_nothing, axes)):
        raise ValueError(f"{name} maps over nothing: in_axes is {in_axes!r}; give 0 where samples are")
    return axes


def is_axis(x: Any) -> bool:
    return isinstance(x, int) and not isinstance(x, bool)


def maps_nothing(axis: Any) -> bool:
    if isinstance(axis, (tuple, list, dict)):
        return all(map(maps_nothing, axis.values() if isinstance(axis, dict) else axis))
    return axis is None


def sample_count(args: tuple[Any, ...], axes: tuple[Any, ...], name: str) -> int:
    counts = [n for x, axis in zip(args, axes, strict=True) for n in lengths(x, axis)]
    if len(set(counts)) != 1:
        raise ValueError(
            f"{name} got {' and '.join(map(str, dict.fromkeys(counts))) or 'no'} samples in its mapped "
            f"arguments; give all of them the same number"
        )
    return counts[0]


def lengths(x: Any, axis: Any) -> list[int]:
    """The numbers of samples in an argument."""
    if axis is None:
        return []
    if has_parts(x, axis):
        return [n for part, inner in parts(x, axis) for n in lengths(part, inner)]
    if not is_axis(axis):
        raise TypeError(f"in_axes holds {axis!r}; give an int, None, or a tuple or dict of these")
    if isinstance(x, list):
        if axis != 0:
            raise ValueError(f"a list maps over axis 0, but in_axes says {axis!r}; make it an array or say 0")
        return [len(x)]
    if hasattr(x, "shape") and hasattr(x, "ndim"):
        if not -x.ndim <= axis < x.ndim:
            raise ValueError(
                f"in_axes names axis {axis}, but the array has shape {tuple(x.shape)}; choose an axis it has"
            )
        return [x.shape[axis]]
    raise TypeError(
        f"in_axes says {axis!r} for {summary(x)}, which holds no samples; pass an array or a list, or say None"
    )


def has_parts(x: Any, axis: Any) -> bool:
    """Whether the parts of an argument have axes of their own."""
    return isinstance(axis, (tuple, list, dict)) or isinstance(x, (tuple, dict))


def parts(x: Any, axis: Any) -> list[tuple[Any, Any]]:
    """The pieces of a tuple or dict, each with its axis."""
    if not isinstance(axis, (tuple, list, dict)):
        return [(y, axis) for y in (x.values() if isinstance(x, dict) else x)]
    if isinstance(axis, dict) and isinstance(x, dict) and set(axis) == set(x):
        return [(y, axis[key]) for key, y in x.items()]
    if not isinstance(axis, dict) and isinstance(x, (tuple, list)) and len(axis) == len(x):
        return list(zip(x, axis, strict=True))
    raise ValueError(f"in_axes has {axis!r} for {summary(x)}; give it the structure of the argument")


# -- eagerly


def sample(x: Any, axis: Any, i: int) -> Any:
    """The i-th sample of an argument."""
    if axis is None:
        return x
    if has_parts(x, axis):
        inside = [sample(part, inner, i) for part, inner in parts(x, axis)]
        return rebuilt(x, inside)
    if isinstance(x, list):
        return x[i]
    part = x[(slice(None),) * (axis % x.ndim) + (i,)]  # an array, of another library perhaps
    return part.item() if getattr(part, "ndim", 1) == 0 else part


def rebuilt(x: Any, inside: list[Any]) -> Any:
    """A list, tuple or dict like x around new parts."""
    if isinstance(x, dict):
        return dict(zip(x, inside, strict=True))
    return inside if isinstance(x, list) else type(x)(*inside) if hasattr(x, "_fields") else tuple(inside)


def taken_apart(results: list[Any]) -> tuple[list[list[Any]], Shape]:
    """The numbers of each sample's result, and the structure that all of them have."""
    pairs = [flatten(r, "result of a mapped function") for r in results]
    for i, (_, shape) in enumerate(pairs):
        if shape != pairs[0][1]:
            raise ValueError(
                f"a mapped function gave results of different structure: {summary(results[0])} for sample 0, "
                f"{summary(results[i])} for sample {i}; give all of them one structure"
            )
    return [leaves for leaves, _ in pairs], pairs[0][1]


def reduced(results: list[Any], reduce: str) -> Any:
    """The sum or mean of the results of all samples."""
    if not results:
        return 0.0 if reduce == "sum" else math.nan
    rows, shape = taken_apart(results)
    sums = [total(column) for column in zip(*rows, strict=True)]
    return unflatten(shape, iter([x / len(rows) for x in sums] if reduce == "mean" else sums))


def stacked(results: list[Any], args: tuple[Any, ...], axes: tuple[Any, ...]) -> Any:
    """The results of all samples: arrays where samples came in any, else a list."""
    if not any(map(maps_array, args, axes)):
        return results
    if not results:
        return array_of([], (0,))
    rows, shape = taken_apart(results)
    return stack(rows, shape)


def maps_array(x: Any, axis: Any) -> bool:
    """Whether samples come in an array."""
    if axis is None:
        return False
    if has_parts(x, axis):
        return any(maps_array(part, inner) for part, inner in parts(x, axis))
    return is_array(x)


def stack(rows: Sequence[Sequence[Any]], shape: Shape) -> Any:
    """The structure of one result, made of arrays over all samples."""
    if shape[0] in ("leaf", "array"):
        inner = shape[1] if shape[0] == "array" else ()
        return array_of([x for row in rows for x in row], (len(rows), *inner))
    start, made = 0, []
    for child in children(shape):
        stop = start + size(child)
        made.append(stack([row[start:stop] for row in rows], child))
        start = stop
    return nest(shape, made)


# -- while a program is traced


def one_sample(args: tuple[Any, ...], axes: tuple[Any, ...], n: int, reduce: str | None) -> list[Any] | str:
    """The arguments as one sample that stands for all n sees them; or why there is none, and what to do."""
    if is_mapped():
        return (
            "it runs for each sample of another vmap; write the inner one with dot, sum and other rows of many operands"
        )
    if reduce is None:
        return 'it keeps the result of each sample; let it reduce by "sum" or "mean", or compile the vmap itself'
    found: list[Any] | str = MODE.trace.one_sample(args, axes, n)
    return found


def holds_samples(x: Any) -> bool:
    if isinstance(x, (tuple, list, dict)):
        return any(map(holds_samples, x.values() if isinstance(x, dict) else x))
    return isinstance(x, Samples)


def content(x: Any) -> Any:
    """The argument as one sample sees it."""
    if isinstance(x, Samples):
        return x.content
    if isinstance(x, (tuple, list, dict)):
        return rebuilt(x, [content(y) for y in (x.values() if isinstance(x, dict) else x)])
    return x


def gathered(out: Any, reduce: str | None) -> Any:
    """The result for all samples, from the one that stands for them."""
    if reduce is None:
        return Samples(out)
    leaves, shape = flatten(out, "result of a mapped function")
    sums = [x.apply(BATCH_SUM, (x,)) for x in map(as_value, leaves)]
    if reduce == "mean":
        n = traced(0, BATCH_SIZE)
        sums = [x / n for x in sums]
    return unflatten(shape, iter(sums))
