"""What a compiled function is called with: nests taken apart into flat arrays.

A piece is an array for the program: one array of the caller's, or a run of single numbers.  The shape of a
nest, with what is mapped over samples, decides which program runs.  To the shapes of `structure` it adds
("static", it) for what is no number, and ("table", levels) for nested lists of equal lengths.
"""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.fast.layers import data_of
from autograd_lite.core.primitives import Operand, number
from autograd_lite.program.nested_lists import cut, table_of
from autograd_lite.transforms.batching import has_parts, lengths, parts
from autograd_lite.trees import LEAF, Shape, is_array, item_name, kind_of, size, summary


class Pieces:
    """Collects the pieces of all arguments of a call."""

    def __init__(self) -> None:
        self.data: list[Any] = []
        self.names: list[str] = []
        self.widths: list[int] = []  # numbers in a piece; in one sample of it, if batched
        self.batched: list[bool] = []
        self.whole: list[int] = []  # the pieces that are one array each, not mapped, in order
        self.modules: set[int] = set()  # the pieces that are the parameters of a Module
        self.samples: int | None = None
        self.lists = True  # whether all that is mapped comes in lists, so that results shall
        self.has_values = False
        self.open_run = False

    def argument(self, x: Any, axis: Any, name: str) -> Shape:
        """The shape of an argument; its numbers are added, beginning a new piece."""
        self.open_run = False
        return self.take(x, name) if axis is None else self.take_samples(x, axis, name)

    def add(self, data: Any, name: str, width: int, batched: bool = False) -> None:
        self.data.append(data)
        self.names.append(name)
        self.widths.append(width)
        self.batched.append(batched)
        self.open_run = False

    def add_numbers(self, numbers: list[float], name: str) -> None:
        """More numbers: of the run before, if that is of the same argument."""
        if not self.open_run:
            self.add(numbers, name, len(numbers))
            self.open_run = True
        else:  # the run is called as what holds all of its numbers: w for w[0], w[1]
            holder = self.names[-1]
            while not name.startswith(f"{holder}["):
                holder = holder[: holder.rindex("[")]
            self.names[-1] = holder
            self.data[-1].extend(numbers)
            self.widths[-1] += len(numbers)

    def take(self, x: Any, name: str) -> Shape:
        """The shape of what is not mapped."""
        if isinstance(x, Operand):
            self.has_values = True
            return LEAF
        value = number(x)
        if value is not None:
            self.add_numbers([value], name)
            return LEAF
        if type(x) is list and (found := table_of(x)):
            levels, numbers = found
            if numbers:
                self.add_numbers(numbers, name)
            return ("table", levels)
        if isinstance(x, (list, tuple)):
            return (*kind_of(x), tuple([self.take(y, item_name(name, i)) for i, y in enumerate(x)]))
        if isinstance(x, dict):
            return (*kind_of(x), tuple([self.take(y, item_name(name, key)) for key, y in x.items()]))
        if is_array(x) or is_foreign_array(x):
            return self.take_array(x, name)
        if hasattr(x, "named_parameters"):
            values, fixed = taken_apart(x)
            if getattr(x, "_given", None):  # its parameters are Values of a transform that runs
                self.has_values = True
            elif values:
                self.modules.add(len(self.data))
                self.add(data_of(values), name, len(values))
            return ("module", x, fixed)
        if x is None or isinstance(x, str):
            return ("static", x)
        raise TypeError(
            f"argument {name} is {summary(x)}; a compiled function takes numbers, arrays, "
            f"Modules, lists, tuples and dicts of these, None and strings: bind anything else with functools.partial"
        )

    def take_array(self, x: Any, name: str) -> Shape:
        shape = ("array", tuple(x.shape))
        if is_array(x) and x.dtype.kind == "O":
            self.has_values = True
            return shape
        self.whole.append(len(self.data))
        self.add(real_array(x, name), name, size(shape))
        return shape

    def take_samples(self, x: Any, axis: Any, name: str) -> Shape:
        """The shape of what is mapped over samples."""
        if has_parts(x, axis):
            pairs = zip(x if isinstance(x, dict) else range(len(x)), parts(x, axis), strict=True)
            return (*kind_of(x), tuple([self.argument(y, inner, item_name(name, k)) for k, (y, inner) in pairs]))
        (n,) = lengths(x, axis)
        if self.samples not in (None, n):
            raise ValueError(
                f"argument {name} has {n} samples, but those before have {self.samples}; give all of them the "
                f"same number"
            )
        self.samples = n
        if isinstance(x, list):
            return self.take_rows(x, name)
        self.lists = False
        if is_array(x) and x.dtype.kind == "O":
            self.has_values = True
            return LEAF
        moved = axis_first(x, axis)
        inner = ("array", tuple(moved.shape[1:])) if x.ndim > 1 else LEAF
        self.add(real_array(moved, name), name, size(inner), batched=True)
        return ("samples", (), (inner,))

    def take_rows(self, rows: list[Any], name: str) -> Shape:
        """The shape of a list of samples, which become a table with a row for each."""
        found = table_of(rows)
        if found and rows:
            levels, numbers = found
            self.add(cut(numbers, len(rows)), name, len(numbers) // len(rows), batched=True)
            return ("samples", (), (("table", levels[1:]) if len(levels) > 1 else LEAF,))
        table: list[list[float]] = []
        first: Shape | None = None
        for i, row in enumerate(rows):
            inner = Pieces()
            shape = inner.take(row, item_name(name, i))
            self.has_values |= inner.has_values
            first = first or shape
            if shape != first and not self.has_values:
                raise ValueError(
                    f"sample {i} of {name} is {summary(row)}, which has another structure than sample 0; give all "
                    f"samples one structure"
                )
            flat = [piece.reshape(-1).tolist() if is_array(piece) else piece for piece in inner.data]
            table.append([x for piece in flat for x in piece])
        if first is None:
            raise ValueError(
                f"argument {name} is an empty list, which does not show what a sample looks like; pass an array of "
                f"shape (0, ...)"
            )
        self.add(table, name, len(table[0]), batched=True)
        return ("samples", (), (first,))


def axis_first(x: Any, axis: int) -> Any:
    """The array with the axis of the samples in front."""
    if axis in (0, -x.ndim):
        return x
    return x.transpose(order(x.ndim, axis)) if is_array(x) else permuted(x, order(x.ndim, axis))


def order(ndim: int, axis: int) -> tuple[int, ...]:
    first = axis % ndim
    return (first, *[i for i in range(ndim) if i != first])


def permuted(x: Any, axes: Sequence[int]) -> Any:
    return x.permute(*axes) if hasattr(x, "permute") else x.transpose(axes)  # PyTorch's transpose swaps two


def taken_apart(module: Any) -> tuple[list[Any], Any]:
    """The parameters of a Module, and what is fixed in a program of it: with other settings it is another program."""
    if hasattr(module, "taken_apart"):
        return module.taken_apart()  # type: ignore[no-any-return]
    values = [x for _, x in module.named_parameters()]
    return values, (len(values), getattr(module, "training", None))


def is_foreign_array(x: Any) -> bool:
    """Whether x is an array of another library than NumPy (PyTorch, JAX, CuPy, Dask, ...)."""
    return not is_array(x) and all(hasattr(x, name) for name in ("shape", "dtype", "ndim")) and number(x) is None


def library_of(x: Any) -> str:
    """The name of the library that an array is of."""
    name = type(x).__module__.partition(".")[0]
    return "jax" if name == "jaxlib" else name


def real_array(x: Any, name: str) -> Any:
    """The array as float64, its numbers in order; an array of another library as it is."""
    if not is_array(x):
        return x
    if x.dtype.kind not in "biuf":
        raise TypeError(
            f"argument {name} is an array of {x.dtype}, but a program computes with real numbers; convert it with "
            f"astype(float)"
        )
    import numpy

    return numpy.ascontiguousarray(x, dtype=numpy.float64)
