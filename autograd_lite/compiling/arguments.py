"""What a compiled function is called with: nests taken apart into flat arrays, and results put together again.

A piece is a flat array for the program: one array of the caller's, or a run of single numbers.  The shape of a
nest, with what is mapped over samples, decides which program runs.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from autograd_lite.mapping import lengths, parts
from autograd_lite.rows import Operand, number
from autograd_lite.structure import LEAF, Shape, is_array, size


class Pieces:
    """Collects the pieces of all arguments of a call."""

    def __init__(self) -> None:
        self.data: list[Any] = []
        self.names: list[str] = []
        self.batched: list[bool] = []
        self.open_run = False
        self.samples: int | None = None
        self.has_values = False

    def add(self, data: Any, name: str, batched: bool) -> None:
        self.data.append(data)
        self.names.append(name)
        self.batched.append(batched)
        self.open_run = False

    def number(self, x: float, name: str) -> None:
        """One more number: of the run before, if that is of the same argument."""
        if not self.open_run:
            self.add([], name, False)
            self.open_run = True
        self.data[-1].append(x)

    def take(self, x: Any, axis: Any, name: str) -> Shape:
        """The shape of an argument; its numbers are added."""
        if axis is not None:
            return self.take_samples(x, axis, name)
        if isinstance(x, Operand):
            self.has_values = True
            return LEAF
        value = number(x)
        if value is not None:
            self.number(value, name)
            return LEAF
        if isinstance(x, (list, tuple)):
            children = tuple([self.take(y, None, f"{name}[{i}]") for i, y in enumerate(x)])
            kind = "list" if isinstance(x, list) else "tuple"
            return (kind, type(x) if hasattr(x, "_fields") else (), children)
        if isinstance(x, dict):
            return ("dict", tuple(x), tuple([self.take(y, None, f"{name}[{k!r}]") for k, y in x.items()]))
        if is_array(x) or is_foreign_array(x):
            return self.take_array(x, name)
        if hasattr(x, "named_parameters"):
            values = [v.data for _, v in x.named_parameters()]
            if values:
                self.add(values, name, False)
            return ("module", x, modes(x))
        if x is None or isinstance(x, str):
            return ("static", x)
        raise TypeError(
            f"argument {name} is {x!r} of type {type(x).__name__}; a compiled function takes numbers, arrays, "
            f"Modules, lists, tuples and dicts of these, None and strings"
        )

    def take_array(self, x: Any, name: str) -> Shape:
        if is_array(x) and x.dtype.kind == "O":
            self.has_values = True
            return ("array", x.shape)
        self.add(real_array(x, name).reshape(-1), name, False)
        return ("array", tuple(x.shape))

    def take_samples(self, x: Any, axis: Any, name: str) -> Shape:
        """The shape of an argument that is mapped over samples."""
        if isinstance(x, (tuple, dict)):
            children = tuple(
                [self.take(y, inner, f"{name}[{k}]") for k, (y, inner) in enumerate(parts(x, axis))]
            )
            if isinstance(x, dict):
                return ("dict", tuple(x), children)
            return ("tuple", type(x) if hasattr(x, "_fields") else (), children)
        (n,) = lengths(x, axis) if not is_foreign_array(x) else [x.shape[axis]]
        if self.samples is not None and self.samples != n:
            raise ValueError(
                f"argument {name} has {n} samples, but those before have {self.samples}; give all of them the "
                f"same number"
            )
        self.samples = n
        if is_array(x) and x.dtype.kind == "O":
            self.has_values = True
            return LEAF
        if isinstance(x, list):
            x = self.table_of(x, name)
            if isinstance(x, tuple):
                table, shape = x
                self.add(table, name, True)
                return ("samples", (), (shape,))
        moved = x if axis == 0 else x.swapaxes(0, axis) if x.ndim == 2 else moved_to_front(x, axis)
        inner = tuple(moved.shape[1:])
        width = 1
        for k in inner:
            width *= k
        self.add(real_array(moved, name).reshape((n, width)), name, True)
        return ("samples", (), (LEAF if not inner else ("array", inner),))

    def table_of(self, rows: list[Any], name: str) -> tuple[Any, Shape]:
        """A list of samples as a table with a row for each, and the shape of one sample."""
        table: list[list[float]] = []
        first: Shape = LEAF
        for i, row in enumerate(rows):
            inner = Pieces()
            shape = inner.take(row, None, f"{name}[{i}]")
            self.has_values |= inner.has_values
            if i == 0:
                first = shape
            elif shape != first:
                raise ValueError(
                    f"sample {i} of {name} is {row!r}, which has another structure than sample 0; give all "
                    f"samples one structure"
                )
            table.append([float(v) for piece in inner.data for v in piece])
        return table, first


def moved_to_front(x: Any, axis: int) -> Any:
    import numpy

    return numpy.moveaxis(x, axis, 0)


def modes(module: Any) -> Any:
    """Whether each part of a Module is in training: another program."""
    return tuple(part.training for part in module.modules()) if hasattr(module, "modules") else ()


def is_foreign_array(x: Any) -> bool:
    """Whether x is an array of another library than NumPy (PyTorch, JAX, CuPy, Dask, ...)."""
    return (
        not is_array(x) and all(hasattr(x, name) for name in ("shape", "dtype", "ndim")) and number(x) is None
    )


def real_array(x: Any, name: str) -> Any:
    """The array as float64."""
    if not is_array(x):
        return x
    if x.dtype.kind not in "biuf":
        raise TypeError(f"argument {name} is an array of {x.dtype}; a program computes with real numbers")
    import numpy

    return numpy.ascontiguousarray(x, dtype=numpy.float64)


def result_pieces(shape: Shape, batched: bool = False) -> list[tuple[int, bool]]:
    """The sizes of the flat results, and whether they are batched: one an array, one a run of numbers."""
    sizes: list[tuple[int, bool]] = []
    run = 0
    for count, single, in_samples in _walk(shape, batched):
        if single:
            run += 1
            if in_samples != batched:
                raise AssertionError("a run of numbers is batched as a whole")
            continue
        if run:
            sizes.append((run, batched))
            run = 0
        sizes.append((count, in_samples))
    if run:
        sizes.append((run, batched))
    return sizes


def _walk(shape: Shape, batched: bool) -> Iterator[tuple[int, bool, bool]]:
    kind = shape[0]
    if kind == "leaf":
        yield 1, not batched, batched
    elif kind == "array":
        yield size(shape), False, batched
    elif kind == "module":
        raise TypeError("a compiled function returned a Module; return its values, in a list or a dict")
    else:
        for child in shape[2]:
            yield from _walk(child, batched or kind == "samples")


class Rebuilder:
    """Puts flat results together in the structure that the function returned."""

    def __init__(self, results: Sequence[Any], samples: int) -> None:
        self.results = iter(results)
        self.samples = samples
        self.run: Iterator[float] | None = None

    def build(self, shape: Shape, batched: bool = False) -> Any:
        kind = shape[0]
        if kind == "leaf" and not batched:
            if self.run is None:
                found = next(self.results)
                self.run = iter(found.tolist() if hasattr(found, "tolist") else found)
            return next(self.run)
        if kind in ("leaf", "array"):
            self.run = None
            inner = shape[1] if kind == "array" else ()
            found = next(self.results)
            dimensions = (self.samples, *inner) if batched else inner
            if hasattr(found, "reshape"):
                return found.reshape(dimensions)
            return nested_array(found, dimensions)
        children = [self.build(child, batched or kind == "samples") for child in shape[2]]
        if kind == "samples":
            return children[0]
        if kind == "dict":
            return dict(zip(shape[1], children, strict=True))
        if kind == "list":
            return children
        return shape[1](*children) if shape[1] else tuple(children)


def nested_array(values: Any, dimensions: tuple[int, ...]) -> Any:
    """Results of the back end without dependencies: an array where NumPy is there, else lists."""
    import sys

    numpy = sys.modules.get("numpy")
    if numpy is not None:
        return numpy.array(values, dtype=numpy.float64).reshape(dimensions)
    return [row[0] for row in values] if len(dimensions) == 1 else values
