"""The back end `numpy`: the program's source on whole arrays, of NumPy or of any library of the array standard.

PyTorch, JAX, CuPy and Dask arrays stay on their devices and clusters.  A large batch of NumPy arrays is computed in
blocks, so that memory holds the values of one block of samples only.  `array_rows` has the rows on arrays, and how near
they are to `math`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from autograd_lite.backends.array_rows import Library, array_operators, functions_on_arrays
from autograd_lite.backends.batch_order import BLOCK, LANES, tree
from autograd_lite.backends.source_text import Text, function
from autograd_lite.program.arguments import library_of
from autograd_lite.program.payloads import While
from autograd_lite.program.program import Program
from autograd_lite.trees import is_foreign_array

NUMBERS = 2**24  # the values of one block, about


class ArrayCode:
    """A program as a function of arrays."""

    def __init__(self, program: Program) -> None:
        self.program = program.lowered()
        text = Text(self.program, array_operators, blocks=True)
        self.source = text.write()
        self.called = text.called
        self.block = block_size(sum(self.program.batched))
        self.functions: dict[str, Callable[..., Any]] = {}

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Any]:
        """The results: flat arrays, or arrays of shape (samples, size) for batched ones."""
        foreign = next((x for x in arguments if is_foreign_array(x)), None)
        if foreign is None:
            with numpy.errstate(all="ignore"):
                return self.in_blocks(arguments, samples)
        library = Library(library_of(foreign), foreign)
        run = self.function(library, lambda: AllSamples(library))
        columns = [library.columns(x, a.batched) for x, a in zip(arguments, self.program.arguments, strict=True)]
        blocks = [[x] if a.batched else x for x, a in zip(columns, self.program.arguments, strict=True)]
        found = run(samples, 1, *blocks)
        return [
            library.joined(values[0], samples) if r.batched else library.joined(values, None)
            for values, r in zip(found, self.program.results, strict=True)
        ]

    def function(self, library: Library, batch_sums: Callable[[], Any]) -> Callable[..., Any]:
        if library.name not in self.functions:
            loops = {row for row in self.called if isinstance(row.payload, While)}
            found = functions_on_arrays(library, [row for row in self.called if row not in loops])
            found |= {row: until(library, row.payload) for row in loops}
            names: dict[str, Callable[..., Any]] = {name: found[row] for row, name in self.called.items()}
            names |= {"BatchSums": batch_sums, "float": lambda n: library.array(float(n))}
            self.functions[library.name] = function(self.source, names)
        return self.functions[library.name]

    def in_blocks(self, arguments: Sequence[Any], samples: int) -> list[Any]:
        """The same on NumPy arrays."""
        run = self.function(Library("numpy", None), BlockSums)
        starts = range(0, max(samples, 1), self.block)  # an empty block, where there are no samples
        lists: list[Any] = []
        for x, argument in zip(arguments, self.program.arguments, strict=True):
            array = numpy.asarray(x, dtype=numpy.float64)
            if argument.batched:
                table = array.reshape(samples, argument.size)
                lists.append([list(numpy.ascontiguousarray(table[i : i + self.block].T)) for i in starts])
            else:
                lists.append(list(array.reshape(-1)))
        found = run(samples, len(starts), *lists)
        results = []
        for values, result in zip(found, self.program.results, strict=True):
            if result.batched:
                out = numpy.empty((samples, len(result.values)))
                for i, block in zip(starts, values, strict=True):
                    for j, column in enumerate(block):
                        out[i : i + self.block, j] = column
                results.append(out)
            else:
                results.append(numpy.array(values, dtype=numpy.float64))
        return results


def until(library: Library, loop: While) -> Callable[[Sequence[Any]], Any]:
    """The function of a loop that goes on while any sample does."""
    step = ArrayCode(loop.body.unrolled()).function(library, lambda: AllSamples(library))

    def run(operands: Sequence[Any]) -> Any:
        carry, _, shared, whole = loop.parts(operands)
        while True:
            carry = step(1, 1, carry, [], shared, *whole)[0]
            if not library.xp.any(library.array(carry[0]) != 0.0):
                return carry

    return run


def block_size(values: int) -> int:
    """The samples of a block: a multiple of 1024, or of programs too large for that a power of two below."""
    samples = NUMBERS // max(values, 1)
    if samples >= BLOCK:
        return samples - samples % BLOCK
    return max(1 << samples.bit_length() - 1, LANES) if samples else LANES


class BlockSums:
    """The sums over the samples of some values, of NumPy arrays, in the order of `batch_order`."""

    def __init__(self) -> None:
        self.result = numpy.float64(0.0)
        self.waiting: list[Any] = []  # tables, until they have 1024 samples

    def add(self, values: list[Any]) -> None:
        table = numpy.empty((len(values[0]), len(values)))  # a row for each sample
        for i, x in enumerate(values):
            table[:, i] = x
        self.waiting.append(table)
        if sum(map(len, self.waiting)) >= BLOCK:
            self.total()

    def total(self) -> Any:
        if self.waiting:
            table = self.waiting[0] if len(self.waiting) == 1 else numpy.concatenate(self.waiting)
            for start in range(0, max(len(table), 1), BLOCK):
                self.result = self.result + tree(lanes(table[start : start + BLOCK]))
            self.waiting = []
        return self.result


def lanes(table: NDArray[numpy.float64]) -> Any:
    """The accumulators of a block.  Along the outer axis NumPy adds row after row: each is a plain running sum."""
    samples, count = table.shape
    whole = samples - samples % LANES
    rows = table[:whole].reshape(whole // LANES, LANES * count)
    found = numpy.add.reduce(rows, axis=0, initial=0.0).reshape(LANES, count)
    found[: samples - whole] += table[whole:]
    return found


class AllSamples:
    """The sums over the samples of some arrays of another library, in that library's order."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.values: list[Any] = []

    def add(self, values: list[Any]) -> None:
        self.values = values

    def total(self) -> Any:
        return [self.library.xp.sum(x) for x in self.values]
