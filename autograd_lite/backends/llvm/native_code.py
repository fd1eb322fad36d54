"""Native code called from Python: arrays in, arrays out, and large batches on all cores."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import empty, ndarray

from autograd_lite.backends.batch_order import BLOCK, LANES
from autograd_lite.backends.python import PythonCode
from autograd_lite.program.program import Program

from .machine_code import Layout, code_of_program, compiler

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]
    Context = ctypes.Array[ctypes.c_void_p]

WORTH = 1e-3  # seconds on one thread from which on more are worth starting, which takes some 0.1 ms each
AGAIN = 32  # large batches after which what seemed slower is measured again, and before after 4, 8 and 16
PARTS = 1_000_000  # numbers in the sums of blocks that are computed before they are added up


class NativeCode:
    """A compiled program.

    Called with its arguments as flat arrays of its dtype (a table with a row for each sample where batched) and the
    number of samples, it returns its results in the same form. Threads may call it at once.
    """

    def __init__(self, program: Program, fastmath: bool = False, threads: bool = True, dtype: str = "float64") -> None:
        self._program, self._fastmath = program, fastmath
        self._dtype = np.dtype(dtype)
        self._lanes = lanes = LANES * 8 // self._dtype.itemsize
        self._code = code_of_program(program, fastmath, lanes)
        self._call = self._code.engine.builtin("call", [self._code.callbacks])
        self._failures = self._code.failures
        self._layout: Layout = self._code.layout  # type: ignore[assignment]
        with np.errstate(over="ignore"):  # infinite in float32
            self._constants: list[Any] = [  # the buffers n, e and c
                np.array(self._layout.lengths, dtype=np.int64),
                np.array(self._layout.constants, dtype),
                np.array(self._layout.pooled, dtype),
            ]
        self._arguments = [(k, argument.size, argument.batched) for k, argument in enumerate(program.arguments)]
        self._results = program.shapes()
        self._scratch: tuple[int, list[Array]] = (-1, [])  # a free list of scratch memory, for so many samples
        self._threads = threads and any(passes for passes, _ in self._layout.stages)
        self._alone = 0.0  # seconds for a sample, on one thread: the least that large batches took so far
        self._shared = 0.0  # on several, when they ran last
        self._batches = 0  # that were worth more threads, so far

    @property
    def source(self) -> str:
        """The LLVM IR."""
        return compiler().llvm_ir(self._program, self._fastmath, self._lanes)  # type: ignore[no-any-return]

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Array]:
        results = self.room(samples)
        self.into(self.arrays(arguments, samples), samples, results)
        return results

    def arrays(self, arguments: Sequence[Any], samples: int) -> list[Array]:
        """Arguments as arrays that code may read."""
        arrays, dtype = list(arguments), self._dtype
        if len(arrays) != len(self._arguments):
            takes = f"a compiled program takes {len(self._arguments)} arrays, but got {len(arrays)}"
            raise TypeError(f"{takes}; pass one for each of its arguments")
        for k, size, batched in self._arguments:
            x = arrays[k]
            if type(x) is not ndarray or x.dtype is not dtype or not x.flags.c_contiguous:
                arrays[k] = x = np.ascontiguousarray(x, dtype=dtype)
            if x.size != (size * samples if batched else size):
                each = f" for each of {samples} samples" if batched else ""
                raise ValueError(
                    f"argument {self._program.arguments[k].name} of a compiled program has {size} numbers{each}, "
                    f"but got an array of shape {x.shape}; pass an array of that many numbers"
                )
        return arrays

    def room(self, samples: int) -> list[Array]:
        """Arrays for the results."""
        return [empty((samples, size) if batched else size, self._dtype) for size, batched in self._results]

    def into(self, arrays: Sequence[Array], samples: int, results: list[Array]) -> None:
        """Compute results from what `arrays` gives, or would give back as it is."""
        large = self._threads and samples >= 2 * BLOCK and not 0.0 < self._alone * samples < WORTH / 4
        start = perf_counter() if large else 0.0
        if large and self._share(samples) and (cores := _cores()) > 1:
            _run_on_threads(self, arrays, results, samples, cores)
            self._shared = (perf_counter() - start) / samples
            if self._failures:
                self._check(arrays, samples)
            return
        room, free = self._scratch
        if samples > room and room < BLOCK:
            room, free = self._scratch = min(2 * samples, BLOCK), []
        try:
            scratch = free.pop()
        except IndexError:
            scratch = self._memory(room)
        self._call(samples, scratch, *self._constants, *arrays, *results)
        if large:
            seconds = (perf_counter() - start) / samples
            self._alone = min(self._alone or seconds, seconds)
        free.append(scratch)
        if self._failures:
            self._check(arrays, samples)

    def _share(self, samples: int) -> bool:
        """Whether several threads are faster for a large batch, by what they took; now and then the other way is tried.

        They are slower where other processes keep the cores busy.
        """
        if self._alone * samples < WORTH:
            return False
        n = self._batches = self._batches + 1
        return (self._shared < self._alone) != (n in (4, 8, 16) or n % AGAIN == 0)

    def on_numbers(self) -> OnNumbers | None:
        """The program as a function of the numbers of its arguments, one after the other; None where it has batches."""
        return None if any(batched for *_, batched in (*self._arguments, *self._results)) else OnNumbers(self)

    def _check(self, arguments: Sequence[Any], samples: int) -> None:
        """Raise what a Python function raised that was called back for one of the samples.

        Lanes without a sample call it too, so the python back end decides, which computes the same.
        """
        self._failures.clear()
        PythonCode(compiler().prepared(self._program))(arguments, samples)

    def _memory(self, samples: int) -> Array:
        """Scratch memory for a call with so many samples, or a block of more."""
        tiles = -(-max(1, min(samples, BLOCK)) // self._lanes)
        vectors = (
            self._layout.kept * min(tiles, self._layout.tiles) + self._lanes
        )  # sums may read as many vectors behind, less one
        # the start is rounded up to a vector
        return empty(self._layout.bytes["k"] // 8 + LANES * vectors + LANES)


class OnNumbers:
    """A compiled program that takes and gives lists of floats, for few of them: no call makes an array."""

    def __init__(self, code: NativeCode) -> None:
        self._code = code
        self._sizes = [size for _, size, _ in code._arguments], [size for size, _ in code._results]
        self._free: list[tuple[Array, Array, list[Array]]] = []

    def __call__(self, numbers: Sequence[float]) -> list[float]:
        try:
            room = self._free.pop()
        except IndexError:
            room = self._room()
        given, found, arrays = room
        given[:] = numbers
        code = self._code
        code._call(1, *arrays)
        results: list[float] = found.tolist()
        if code._failures:
            code._check([*np.split(given, np.cumsum(self._sizes[0])[:-1])], 1)
        self._free.append(room)
        return results

    def _room(self) -> tuple[Array, Array, list[Array]]:
        """Memory for a call: the numbers that it takes and gives, and the arrays in these that it runs on."""
        given, found = (empty(sum(sizes)) for sizes in self._sizes)
        arrays = [self._code._memory(1), *self._code._constants]
        for whole, sizes in zip((given, found), self._sizes, strict=True):
            arrays += [whole[a:b] for a, b in pairwise(accumulate(sizes, initial=0))]
        return given, found, arrays


def _run_on_threads(
    code: NativeCode, arrays: Sequence[Array], results: list[Array], samples: int, threads: int
) -> None:
    """One call on several threads.

    Each thread takes a few blocks of samples at a time, and stores the sums of each block separately; then they are
    added up in the order of the blocks, so that the number of threads changes no bit.
    """
    layout, engine = code._layout, code._code.engine
    dtype = code._dtype
    room = empty(layout.numbers + code._lanes, dtype)
    numbers = room[-room.ctypes.data % 64 // dtype.itemsize :]  # loops read vectors in it
    outputs = {f"r{k}": x for k, x in enumerate(results)} | {"s": numbers}
    memories = [code._memory(samples) for _ in range(threads)]

    def context_of(memory: Array) -> Context:
        context = (ctypes.c_void_p * len(layout.slots))(*[x.ctypes.data for x in (*arrays, *results, *results)])
        base = -(-memory.ctypes.data // 64) * 64
        addresses = {name: base + offset for name, offset in layout.bytes.items()}
        addresses |= {"s": numbers.ctypes.data, "m": numbers.ctypes.data + layout.bytes["m"], "batch": samples}
        addresses |= {name: x.ctypes.data for name, x in zip("nec", code._constants, strict=True)}
        for name, address in addresses.items():
            context[layout.slots[name]] = address
        return context

    contexts = [context_of(memory) for memory in memories]
    blocks = -(-samples // BLOCK)
    at_once = min(blocks, max(threads, PARTS // (1 + layout.part)))
    parts = empty((at_once, layout.part), dtype)

    def share(work: Callable[..., None], start: int, count: int) -> None:
        """Compute `count` blocks from `start` on, a few at a time on each free thread."""
        few = max(1, count // (8 * threads))
        queue = iter(range(0, count, few))
        failures: list[BaseException] = []

        def take(context: Context) -> None:
            try:
                for k in queue:
                    work(context, start + k, min(few, count - k), samples, parts[k:].ctypes.data)
            except BaseException as error:
                failures.append(error)

        # Not an executor, which refuses work while Python exits.
        others = [threading.Thread(target=take, args=(context,)) for context in contexts[1:]]
        for thread in others:
            thread.start()
        take(contexts[0])
        for thread in others:
            thread.join()
        if failures:
            raise failures[0]

    types = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
    for index, (passes, summed) in enumerate(layout.stages):
        engine.function(f"stage{index}.numbers", ctypes.c_void_p)(contexts[0])
        if passes:
            work = engine.function(f"stage{index}.blocks", *types)
            total = np.zeros(layout.part, dtype)
            for start in range(0, blocks, at_once):
                count = min(at_once, blocks - start)
                share(work, start, count)
                with np.errstate(all="ignore"):  # uninitialised elements hold no sum
                    for part in parts[:count]:
                        total += part
            for buffer, offsets in summed.items():
                outputs[buffer][offsets] = total[np.array(offsets) + layout.parts[buffer.upper()]]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
