"""`vmap`: a function of one sample becomes a function of many.

Above `transforms`.  Eagerly it is a loop.  While a program is traced, the function runs once, on a sample that
stands for all of them, and the program runs it across the batch.
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.graph import BATCH_SIZE, BATCH_SUM, BATCHED
from autograd_lite.primitives import sum as total
from autograd_lite.structure import Samples, flatten, is_array, unflatten
from autograd_lite.transforms import as_value, mapped, name_of, transformed
from autograd_lite.value import Value, traced


def vmap(f: Callable[..., Any], in_axes: Any = 0, reduce: str | None = None) -> Callable[..., Any]:
    """The function that maps f over samples.

    `in_axes` says which axis of each argument counts the samples: 0 (or another axis of an array), None for
    an argument that all samples share, a tuple with one entry an argument, or inside it a tuple or dict in the
    structure of the argument.  A list maps over its items.  `reduce` is None (all results, an array where the
    samples came in arrays), "sum" or "mean".

    Compiled, the samples are added up in one fixed order, whatever the back end and the number of threads; see
    `autograd_lite.compiling`.

    Raises ValueError where the arguments hold different numbers of samples.

    >>> vmap(lambda w, x: w * x, in_axes=(None, 0))(2.0, [1.0, 2.0, 3.0])
    [2.0, 4.0, 6.0]
    >>> vmap(lambda w, x: w * x, in_axes=(None, 0), reduce="mean")(2.0, [1.0, 2.0, 3.0])
    4.0
    """
    if reduce not in (None, "sum", "mean"):
        raise ValueError(f'vmap reduces by None, "sum" or "mean", but got {reduce!r}; choose one of these')

    def mapped_over_samples(*args: Any) -> Any:
        axes = axes_of(in_axes, args, name_of(f))
        if any(holds_samples(x) for x in args):
            with mapped():
                return gathered(f(*[content(x) for x in args]), reduce)
        n = sample_count(args, axes, name_of(f))
        results = [f(*[sample(x, axis, i) for x, axis in zip(args, axes, strict=True)]) for i in range(n)]
        return collected(results, reduce, any(is_array(x) for x in args))

    transformed(f, mapped_over_samples, "vmap").in_axes = in_axes  # type: ignore[attr-defined]
    return mapped_over_samples


def axes_of(in_axes: Any, args: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    """One entry an argument."""
    if isinstance(in_axes, (int, type(None))):
        axes = (in_axes,) * len(args)
    elif isinstance(in_axes, (tuple, list)) and len(in_axes) == len(args):
        axes = tuple(in_axes)
    else:
        raise ValueError(
            f"in_axes of vmap({name}) is {in_axes!r}, but the call has {len(args)} arguments; give an int, None, "
            f"or a tuple with one entry an argument"
        )
    if all(axis is None for axis in axes):
        raise ValueError(f"vmap({name}) maps over nothing: all in_axes are None; give 0 where samples are")
    return axes


def sample_count(args: tuple[Any, ...], axes: tuple[Any, ...], name: str) -> int:
    counts = [n for x, axis in zip(args, axes, strict=True) for n in lengths(x, axis)]
    if len(set(counts)) != 1:
        raise ValueError(
            f"vmap({name}) got {' and '.join(map(str, dict.fromkeys(counts))) or 'no'} samples in its mapped "
            f"arguments; give all of them the same number"
        )
    return counts[0]


def lengths(x: Any, axis: Any) -> list[int]:
    """The numbers of samples in an argument."""
    if axis is None:
        return []
    if isinstance(axis, (tuple, list, dict)) or isinstance(x, (tuple, dict)):
        return [n for part, inner in parts(x, axis) for n in lengths(part, inner)]
    if is_array(x):
        if not -x.ndim <= axis < x.ndim:
            raise ValueError(
                f"in_axes names axis {axis}, but the array has shape {x.shape}; choose an axis it has"
            )
        return [x.shape[axis]]
    if isinstance(x, list):
        if axis != 0:
            raise ValueError(f"a list maps over axis 0, but in_axes says {axis!r}; make it an array or say 0")
        return [len(x)]
    raise TypeError(
        f"in_axes says {axis!r} for {x!r} of type {type(x).__name__}, which holds no samples; pass an array or a "
        f"list, or say None"
    )


def parts(x: Any, axis: Any) -> list[tuple[Any, Any]]:
    """The pieces of a tuple or dict, each with its axis."""
    keys = list(x) if isinstance(x, dict) else list(range(len(x)))
    if isinstance(axis, dict) != isinstance(x, dict) and isinstance(axis, (dict, tuple, list)):
        raise ValueError(f"in_axes {axis!r} does not have the structure of {type(x).__name__}; give it that")
    if isinstance(axis, dict) and set(axis) != set(x):
        raise ValueError(
            f"in_axes has the keys {list(axis)}, the argument {list(x)}; give them the same keys"
        )
    if isinstance(axis, (tuple, list)) and len(axis) != len(x):
        raise ValueError(f"in_axes has {len(axis)} entries, the argument {len(x)}; give them the same length")
    single = isinstance(axis, (int, type(None)))
    return [(x[k], axis if single else axis[k]) for k in keys]


def sample(x: Any, axis: Any, i: int) -> Any:
    """The i-th sample of an argument."""
    if axis is None:
        return x
    if isinstance(x, (tuple, dict)):
        pieces = [sample(part, inner, i) for part, inner in parts(x, axis)]
        return tuple(pieces) if isinstance(x, tuple) else dict(zip(x, pieces, strict=True))
    if is_array(x):
        part = x.take(i, axis=axis)
        return part.item() if part.ndim == 0 else part
    return x[i]


def collected(results: list[Any], reduce: str | None, arrays: bool) -> Any:
    """The results of all samples, stacked or reduced."""
    pairs = [flatten(r, "result of a mapped function") for r in results]
    if not pairs:
        return [] if reduce is None else 0.0
    shape = pairs[0][1]
    columns = list(zip(*[leaves for leaves, _ in pairs], strict=True))
    if reduce is not None:
        sums = [total(column) for column in columns]
        return unflatten(shape, iter([x / len(pairs) for x in sums] if reduce == "mean" else sums))
    if not arrays:
        return results
    import numpy

    if shape[0] in ("leaf", "array"):
        stacked = numpy.array([x for leaves, _ in pairs for x in leaves])
        return stacked.reshape(len(pairs), *(shape[1] if shape[0] == "array" else ()))
    return unflatten(shape, iter([numpy.array(column) for column in columns]))


# -- while a program is traced


def holds_samples(x: Any) -> bool:
    if isinstance(x, (tuple, list)):
        return any(holds_samples(y) for y in x)
    if isinstance(x, dict):
        return any(holds_samples(y) for y in x.values())
    return isinstance(x, Samples)


def content(x: Any) -> Any:
    """The argument as one sample sees it."""
    if isinstance(x, Samples):
        return x.content
    if isinstance(x, tuple) and holds_samples(x):
        return tuple(content(y) for y in x)
    if isinstance(x, dict) and holds_samples(x):
        return {key: content(y) for key, y in x.items()}
    return x


def gathered(out: Any, reduce: str | None) -> Any:
    """The result for all samples, from the one that stands for them."""
    if reduce is None:
        return Samples(out)
    leaves, shape = flatten(out, "result of a mapped function")
    size = traced("", 0, BATCH_SIZE)
    sums = [added(as_value(x), size) for x in leaves]
    return unflatten(shape, iter([x / size for x in sums] if reduce == "mean" else sums))


def added(x: Value, size: Value) -> Value:
    """The sum over the samples of what may be the same in all of them."""
    if x._flags & BATCHED:
        return x.apply(BATCH_SUM, (x,))
    product: Value = x * size
    return product
