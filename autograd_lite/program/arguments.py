"""What a compiled function is called with: flat arrays of numbers, and the treedefs that they are the leaves of.

A piece is an array for the program: one array of the caller's, the parameters of a Module, or the numbers between
those.  The treedefs, in which samples are one node, decide which program runs.
"""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.fast.layers import data_of
from autograd_lite.core.primitives import Operand, number
from autograd_lite.transforms.batching import Axes, Part, parts_of
from autograd_lite.trees import PyTreeDef, is_array, is_foreign_array, summary
from autograd_lite.trees.nested_lists import cut, table_of
from autograd_lite.trees.pytree import taken_apart
from autograd_lite.trees.registry import MODULE, SAMPLES, ModuleStructure, is_module
from autograd_lite.trees.treedef import array_treedef, container_of, table_treedef

FLOAT = {float}
NUMBERS = {float, int, bool}


class Pieces:
    """Collects the pieces of all arguments of a call."""

    def __init__(self) -> None:
        self.data: list[Any] = []
        self.modules: list[int] = []  # the pieces that are the parameters of a Module
        self.samples: int | None = None
        self.lists = True  # whether all that is mapped comes in lists, so that results shall
        self.has_values = False
        self.library = ""  # another one than NumPy, which an array is of

    def argument(self, x: Any, axis: Axes, name: str) -> PyTreeDef:
        """The treedef of an argument; its numbers are added, beginning a new piece."""
        if axis is None:
            return self.shared(x, name)
        parts, treedef = parts_of(x, axis)
        names = treedef.leaf_names(name)
        return treedef.with_leaves(
            [
                self.shared(part.content, path) if part.axis is None else self.mapped(part, path)
                for part, path in zip(parts, names, strict=True)
            ]
        )

    def shared(self, x: Any, name: str) -> PyTreeDef:
        """The treedef of what is not mapped."""
        leaves, treedef, types = taken_apart(x, f"argument {name}", whole=True)
        if types <= NUMBERS:
            if leaves:
                self.data.append(leaves if types == FLOAT else list(map(float, leaves)))
            return treedef
        numbers: list[float] = []
        modules = iter([node.aux for node in treedef.nodes if node.kind is MODULE])
        for i, leaf in enumerate(leaves):
            if is_array(leaf):
                numbers = self.add_run(numbers)
                self.add_array(leaf, name)
            elif is_module(leaf):
                structure = next(modules)
                if structure.parameters:
                    numbers = self.add_run(numbers)
                    self.add_module(leaf, structure)
            elif is_foreign_array(leaf):
                numbers = self.add_run(numbers)
                self.add_array(leaf, name)
            elif isinstance(leaf, Operand):
                self.has_values = True
            elif (value := number(leaf)) is not None:
                numbers.append(value)
            else:
                path = treedef.leaf_names(name, whole=True)[i]
                raise TypeError(
                    f"argument {path} is {summary(leaf)}; a compiled function takes numbers, arrays, Modules, lists, "
                    f"tuples, dicts and dataclasses of these, None and strings: bind anything else with "
                    f"functools.partial"
                )
        self.add_run(numbers)
        return treedef

    def add_run(self, numbers: list[float]) -> list[float]:
        """Add a piece of numbers, if there are any; the next run."""
        if numbers:
            self.data.append(numbers)
        return []

    def add_array(self, x: Any, name: str) -> None:
        if not is_array(x):
            self.library = self.library or library_of(x)
            self.data.append(x)
        elif x.dtype.kind == "O":
            self.has_values = True
        else:
            self.data.append(real_array(x, name))

    def add_module(self, module: Any, structure: ModuleStructure) -> None:
        if getattr(module, "_given", None):  # its parameters are Values of a transform that runs
            self.has_values = True
        else:
            self.modules.append(len(self.data))
            self.data.append(data_of(structure.parameters))

    def mapped(self, part: Part, name: str) -> PyTreeDef:
        """The treedef of what is mapped over samples."""
        x, axis = part
        n = part.samples
        if self.samples not in (None, n):
            raise ValueError(
                f"argument {name} has {n} samples, but those before have {self.samples}; give all of them the "
                f"same number"
            )
        self.samples = n
        if isinstance(x, list):
            return samples_of(self.rows(x, name))
        self.lists = False
        moved = axis_first(x, axis or 0)
        self.add_array(moved, name)
        return samples_of(array_treedef(moved.shape[1:]))

    def rows(self, rows: list[Any], name: str) -> PyTreeDef:
        """The treedef of a sample in a list of them, which become a table with a row for each."""
        found = table_of(rows)
        if found and rows and found.types <= NUMBERS:
            numbers = found.numbers if found.types == FLOAT else list(map(float, found.numbers))
            self.data.append(cut(numbers, len(rows)))
            return table_treedef(found.levels[1:])
        table: list[list[float]] = []
        first: PyTreeDef | None = None
        for i, row in enumerate(rows):
            inner = Pieces()
            treedef = inner.shared(row, f"{name}[{i}]")
            self.has_values |= inner.has_values
            first = first or treedef
            if treedef != first and not self.has_values:
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
        self.data.append(table)
        return first


def samples_of(treedef: PyTreeDef) -> PyTreeDef:
    """The treedef of what has that structure in each sample."""
    return container_of(SAMPLES, None, [treedef])


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


def library_of(x: Any) -> str:
    """The name of the library that an array is of."""
    name = type(x).__module__.partition(".")[0]
    return "jax" if name == "jaxlib" else name


def real_array(x: Any, name: str) -> Any:
    """The array as float64, its numbers in order."""
    if x.dtype.kind not in "biuf":
        raise TypeError(
            f"argument {name} is an array of {x.dtype}, but a program computes with real numbers; convert it with "
            f"astype(float)"
        )
    import numpy

    return numpy.ascontiguousarray(x, dtype=numpy.float64)
