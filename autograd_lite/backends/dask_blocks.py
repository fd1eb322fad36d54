"""The back end `llvm` on Dask arrays: lazy arrays whose blocks are computed by native code, wherever they are.

A block of samples is one task.  What the tasks share is the program, as a document: each process compiles it once,
whatever the number of blocks, and runs a block on one thread, because the scheduler runs as many tasks as there are
cores.  Sums over samples are added inside of a block as everywhere (`batch_order`), then from block to block in order,
so that the results do not depend on where, when, or how often a block was computed.
"""

import hashlib
import importlib
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy
from numpy.typing import NDArray

from autograd_lite.backends.choice import llvm
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.fingerprint import is_own
from autograd_lite.program.payloads import Loop
from autograd_lite.program.program import Program
from autograd_lite.program.rolling import rolled
from autograd_lite.program.sample_rounds import rounds_of
from autograd_lite.support.forking import ProcessLock
from autograd_lite.trees import is_foreign_array

Array = NDArray[numpy.float64]

KEPT = 64
"""Programs whose code a process keeps: those that were used last."""

MADE: dict[str, Callable[..., list[Array]]] = {}
"""The code of this process, by the fingerprint of the program, in order of use."""

LOCK = ProcessLock()


def strangers(program: Program) -> set[str]:
    """The names of the rows that another process may not have: those of users without a lowering, and rules."""
    found: set[str] = set()
    for row, _, _ in program.instructions:
        if isinstance(row.payload, Loop):
            found |= strangers(row.payload.body)
        elif row.payload is None and not is_own(row):
            found.add(row.name)
    return found


def portable(program: Program) -> Program:
    """The program without the rows of users that have a lowering."""
    return program.lowered(has_own_lowering)


def has_own_lowering(row: Primitive) -> bool:
    return row.lowering is not None and not is_own(row)


class Task:
    """A program for the blocks of an array; pickled as the document that it is."""

    def __init__(self, text: str, fastmath: bool) -> None:
        self.text, self.fastmath = text, fastmath
        self.key = hashlib.sha256(f"{fastmath} {text}".encode()).hexdigest()

    def __reduce__(self) -> tuple[Any, ...]:
        return Task, (self.text, self.fastmath)

    def __dask_tokenize__(self) -> str:
        return self.key

    def code(self) -> Callable[..., list[Array]]:
        """The code in this process: made by the first task that asks, while the others wait."""
        with LOCK.here():
            made = MADE.pop(self.key, None)
            if made is None:
                made = llvm(Program.from_json(self.text), self.fastmath, threads=False)
                while len(MADE) >= KEPT:
                    del MADE[next(iter(MADE))]
            MADE[self.key] = made
            return made


def on_block(task: Task, batched: Sequence[bool], *arguments: Any) -> Array:
    """The results of a program side by side: of the samples of a block, or of all samples where none is batched."""
    samples = next((len(x) for x, each in zip(arguments, batched, strict=True) if each), 1)
    found = task.code()(list(arguments), samples)
    return found[0] if len(found) == 1 else numpy.concatenate(found, axis=-1)


def sums_on_block(task: Task, batched: Sequence[bool], *arguments: Any) -> Array:
    """The sums over the samples of a block, as a row of the table of all blocks."""
    return on_block(task, batched, *arguments).reshape(1, -1)


def sum_of_blocks(rows: Array) -> Array:
    """The sums over all blocks."""
    total = numpy.zeros(rows.shape[1])
    with numpy.errstate(all="ignore"):
        for row in rows:
            total += row
    return total


def one(n: int) -> int:
    return 1


class BlockCode:
    """A program as a function of Dask arrays: nothing is computed before the results are asked for."""

    def __init__(self, program: Program, fastmath: bool) -> None:
        self.program = portable(rolled(program))
        self.fastmath = fastmath
        rounds = rounds_of(self.program)
        self.sums = [BlockPart(part, fastmath) for part in rounds.sums]
        self.each = BlockPart(rounds.each, fastmath) if rounds.each else None
        self.whole = BlockPart(rounds.whole, fastmath) if rounds.whole else None

    @property
    def source(self) -> str:
        return llvm(self.program, self.fastmath).source

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Any]:
        da = importlib.import_module("dask.array")
        given = list(zip(arguments, self.program.arguments, strict=True))
        chunks = next((x.chunks[0] for x, a in given if a.batched and is_foreign_array(x)), (samples,))
        arrays = [samples_in(da, x, samples, chunks) if a.batched else numbers_in(da, x) for x, a in given]
        arrays += [numbers_in(da, [float(samples)]), numbers_in(da, [])]
        for part in self.sums:
            rows = part.on(da, sums_on_block, arrays, "ij", adjust_chunks={"i": one})
            new = da.blockwise(sum_of_blocks, "j", rows, "ij", concatenate=True, dtype=float, meta=numpy.empty(0))
            arrays[-1] = da.concatenate([arrays[-1], new]).rechunk(-1)
        each = self.each.results(da, [*arrays, da.zeros(samples, chunks=(chunks,))]) if self.each else []
        whole = self.whole.results(da, arrays) if self.whole else []
        return [(each if result.batched else whole).pop(0) for result in self.program.results]


def samples_in(da: Any, x: Any, samples: int, chunks: tuple[int, ...]) -> Any:
    """A batched argument in blocks of so many samples, each with all numbers of its samples."""
    if is_foreign_array(x):
        return x.rechunk({0: chunks, **dict.fromkeys(range(1, x.ndim), -1)})
    table = numpy.asarray(x, dtype=numpy.float64).reshape(samples, -1)
    return da.from_array(table, chunks=(chunks, -1))


def numbers_in(da: Any, x: Any) -> Any:
    """An argument that is not batched, in one block."""
    return x.rechunk(-1).reshape(-1) if is_foreign_array(x) else da.from_array(numpy.array(x, float).reshape(-1), -1)


class BlockPart:
    """One of the programs that a program over samples is cut into, over lazy arrays."""

    def __init__(self, program: Program, fastmath: bool) -> None:
        self.task = Task(program.to_json(), fastmath)
        self.arguments = program.arguments
        self.sizes = [len(result.values) for result in program.results]
        self.each = program.results[0].batched

    def on(self, da: Any, function: Callable[..., Array], arrays: Sequence[Any], axes: str, **how: Any) -> Any:
        """A function of the task and of the blocks of its arguments: one table, or one flat array."""
        delayed = importlib.import_module("dask.delayed").delayed
        batched = [a.batched for a in self.arguments]
        operands: list[Any] = [delayed(self.task, pure=True, traverse=False), None, batched, None]
        for k, (x, argument) in enumerate(zip(arrays, self.arguments, strict=True)):
            if argument.batched:
                operands += [x, ("i", *[f"{k}.{axis}" for axis in range(1, x.ndim)])]
            else:
                operands += [x, (str(k),)] if argument.size else [numpy.empty(0), None]
        return da.blockwise(
            function, tuple(axes), *operands, new_axes={"j": sum(self.sizes)}, concatenate=True, dtype=float,
            meta=numpy.empty((0,) * len(axes)), **how,
        )  # fmt: skip

    def results(self, da: Any, arrays: Sequence[Any]) -> list[Any]:
        """The results, of shape (samples, size) where they are of each sample."""
        table = self.on(da, on_block, arrays, "ij" if self.each else "j")
        ends = list(accumulate(self.sizes))
        return [table[..., end - size : end] for end, size in zip(ends, self.sizes, strict=True)]
