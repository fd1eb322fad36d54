"""What a compiled function is called with: flat arrays of numbers, and the treedefs that they are the leaves of.

A piece is an array for the program: one array of the caller's, the parameters of a Module, or the numbers between
those.  The treedefs, in which samples are one node, decide which program runs.
"""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.fast.layers import ValueNumbers
from autograd_lite.core.operands import Operand, number
from autograd_lite.transforms.batching import ArgumentPart, Axes, parts_with_axes
from autograd_lite.trees import PyTreeDef, is_array, is_foreign_array, summary
from autograd_lite.trees.array_leaves import check_real
from autograd_lite.trees.nested_lists import cut, table_of
from autograd_lite.trees.pytree import taken_apart
from autograd_lite.trees.registry import ARRAY, MODULE, SAMPLES, is_module
from autograd_lite.trees.treedef import NUMBER, TABLE, container_of, sized

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
        parts, treedef = parts_with_axes(x, axis)
        inner = [
            self.shared(part.content, path) if part.axis is None else self.mapped(part, path)
            for part, path in zip(parts, treedef.leaf_names(name), strict=True)
        ]
        given = iter(inner)
        return PyTreeDef([n for node in treedef.nodes for n in (next(given).nodes if node.kind is NUMBER else [node])])

    def shared(self, x: Any, name: str) -> PyTreeDef:
        """The treedef of what is not mapped."""
        leaves, treedef, types = taken_apart(x, f"argument {name}", whole=True)
        if types <= NUMBERS:
            self.data += [floats(leaves, types)] if leaves else []
            return treedef
        numbers: list[float] | None = None  # the piece that the next number goes to
        modules = iter([node.aux for node in treedef.nodes if node.kind is MODULE])
        for i, leaf in enumerate(leaves):
            if is_array(leaf) or is_foreign_array(leaf):
                numbers = None
                self.add_array(leaf, name)
            elif is_module(leaf):
                structure = next(modules)
                if getattr(leaf, "_given", None):  # its parameters are Values of a transform that runs
                    self.has_values = True
                elif structure.parameters:
                    numbers = None
                    self.modules.append(len(self.data))
                    self.data.append(structure.numbers)
            elif isinstance(leaf, Operand):
                self.has_values = True
            elif (value := number(leaf)) is not None:
                if numbers is None:
                    self.data.append(numbers := [])
                numbers.append(value)
            else:
                raise TypeError(
                    f"argument {treedef.leaf_name(name, i)} is {summary(leaf)}; a compiled function takes numbers, "
                    f"arrays, Modules, lists, tuples, dicts and dataclasses of these, None and strings: bind anything "
                    f"else with functools.partial"
                )
        return treedef

    def add_array(self, x: Any, name: str) -> None:
        check_real(x, f"argument {name}")
        if not is_array(x):
            self.library = self.library or library_of(x)
            self.data.append(x)
        elif x.dtype.kind == "O" and any(isinstance(y, Operand) for y in x.ravel().tolist()):
            self.has_values = True
        else:
            import numpy

            self.data.append(numpy.ascontiguousarray(x, dtype=numpy.float64))

    def mapped(self, part: ArgumentPart, name: str) -> PyTreeDef:
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
            return container_of(SAMPLES, None, [self.rows(x, name)])
        self.lists = False
        moved = axis_first(x, axis or 0)
        self.add_array(moved, name)
        return container_of(SAMPLES, None, [PyTreeDef([sized(ARRAY, moved.shape[1:])])])

    def rows(self, rows: list[Any], name: str) -> PyTreeDef:
        """The treedef of a sample in a list of them, which become a table with a row for each."""
        found = table_of(rows)
        if found and rows and found.types <= NUMBERS:
            self.data.append(cut(floats(found.numbers, found.types), len(rows)))
            return PyTreeDef([sized(TABLE, found.levels[1:])])
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
            table.append([x for piece in inner.data for x in numbers_of(piece)])
        if first is None:
            raise ValueError(
                f"argument {name} is an empty list, which does not show what a sample looks like; pass an array of "
                f"shape (0, ...)"
            )
        self.data.append(table)
        return first


def numbers_of(piece: Any) -> list[float]:
    """The numbers of a piece, whatever it is."""
    if isinstance(piece, ValueNumbers):
        return piece.floats()
    return piece.ravel().tolist() if is_array(piece) else piece  # type: ignore[no-any-return]


def floats(numbers: Sequence[Any], types: set[type]) -> Sequence[float]:
    return numbers if types == {float} else list(map(float, numbers))


def axis_first(x: Any, axis: int) -> Any:
    """The array with the axis of the samples in front."""
    first = axis % x.ndim
    axes = (first, *[i for i in range(x.ndim) if i != first])
    if first == 0:
        return x
    return x.permute(*axes) if hasattr(x, "permute") else x.transpose(axes)  # PyTorch's transpose swaps two


def library_of(x: Any) -> str:
    name = type(x).__module__.partition(".")[0]
    return "jax" if name == "jaxlib" else name
