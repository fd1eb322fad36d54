"""Native code as Python calls it: arrays in, arrays out, and large batches on all cores."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd_lite.compiling.batches import BLOCK
from autograd_lite.program import Program

from .engine import Engine
from .module import Module
from .plan import Plan
from .rows import Rows
from .text import LANES

Array = NDArray[np.float64]
FLOAT64 = np.dtype(np.float64)
PARALLEL = 5_000_000  # operations times samples from which on more threads are worth starting
PARTS = 1_000_000  # numbers in the sums of blocks that wait to be added up


class NativeCode:
    """A compiled program.

    Called with its arguments as flat arrays of float64 (a table with a row for each sample where batched) and the
    number of samples, it returns its results in the same form. `source` is the LLVM IR. Threads may call it at once.
    """

    def __init__(self, program: Program, fastmath: bool = False) -> None:
        rows = Rows(fastmath)
        self._plan = Plan(program)
        self._module = Module(self._plan, rows, fastmath)
        self.source = self._module.text()
        self._engine = Engine(self.source, rows.addresses)
        self._call = self._engine.builtin("call", rows.callbacks)
        self._arguments = [(argument.size, argument.batched) for argument in program.arguments]
        self._results = [(len(result.values), result.batched) for result in program.results]
        self._scratch: list[Array] = []  # memory of calls that are over
        self._fixed = self._module.bytes["k"] + 64
        self._per_tile = 64 * max([stage.kept for stage in self._plan.stages])
        passes = any(stage.passes for stage in self._plan.stages)
        self._parallel_from = max(2 * BLOCK, PARALLEL // self._module.operations) if passes else None

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Array]:
        arrays = []
        for k, (x, (size, batched)) in enumerate(zip(arguments, self._arguments, strict=True)):
            numbers = size * samples if batched else size
            if type(x) is not np.ndarray or x.dtype is not FLOAT64 or not x.flags.c_contiguous or x.size != numbers:
                x = self._array(k, x, samples)
            arrays.append(x)
        results = [np.empty((samples, size) if batched else size) for size, batched in self._results]
        if self._parallel_from is not None and samples >= self._parallel_from and (cores := _cores()) > 1:
            _Parallel(self, arrays, results, samples).run(cores)
            return results
        scratch = self._memory(samples)
        self._call(samples, scratch, *arrays, *results)
        self._scratch.append(scratch)
        return results

    def _array(self, k: int, x: Any, samples: int) -> Array:
        """Argument k as an array that native code can read."""
        size, batched = self._arguments[k]
        array = np.ascontiguousarray(x, dtype=np.float64)
        if array.size != (size * samples if batched else size):
            name = self._plan.program.arguments[k].name
            each = f" for each of {samples} samples" if batched else ""
            raise ValueError(
                f"argument {name} of a compiled program has {size} numbers{each}, but got an array of shape "
                f"{array.shape}; pass an array of that many numbers"
            )
        return array

    def _memory(self, samples: int) -> Array:
        """Scratch memory for a call, that of an older call if it is large enough."""
        needed = (self._fixed + self._per_tile * -(-min(samples + 1, BLOCK) // LANES)) // 8 + LANES
        try:
            scratch = self._scratch.pop()
        except IndexError:
            return np.empty(needed)
        return scratch if scratch.size >= needed else np.empty(needed)


class _Parallel:
    """One call on several threads.

    Each thread takes a few blocks of samples after the other, and leaves the sums of each block in memory of its own;
    then they are added up in the order of the blocks, so that the number of threads changes no bit.
    """

    def __init__(self, code: NativeCode, arrays: list[Array], results: list[Array], samples: int) -> None:
        self.code = code
        self.samples = samples
        self.module = code._module
        self.numbers = np.empty(max(1, code._plan.sizes["s"]))
        self.pointers = [x.ctypes.data for x in (*arrays, *results, *results)]
        self.homes = {f"r{k}": x for k, x in enumerate(results)} | {"s": self.numbers}

    def run(self, threads: int) -> None:
        contexts = [self._context() for _ in range(threads)]
        blocks = -(-self.samples // BLOCK)
        at_once = min(blocks, max(threads, PARTS // self.module.part))
        parts = np.empty((at_once, self.module.part))
        for index, stage in enumerate(self.code._plan.stages):
            numbers = self.code._engine.function(f"stage{index}.numbers", ctypes.c_void_p)
            numbers(contexts[0][0])
            if stage.passes:
                types = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
                work = self.code._engine.function(f"stage{index}.blocks", *types)
                total = np.zeros(self.module.part)
                for start in range(0, blocks, at_once):
                    count = min(at_once, blocks - start)
                    self._share(work, [context for context, _ in contexts], start, count, parts)
                    with np.errstate(all="ignore"):  # also of the places that hold no sum
                        for part in parts[:count]:
                            total += part
                for space, offsets in stage.summed.items():
                    self.homes[space][offsets] = total[np.array(offsets) + self.module.parts[space.upper()]]
        self.code._scratch += [memory for _, memory in contexts]

    def _context(self) -> tuple[Any, Array]:
        """The pointers that native code works with, and the memory that some of them point to."""
        memory = self.code._memory(self.samples)
        base = -(-memory.ctypes.data // 64) * 64
        named = {name: base + offset for name, offset in self.module.bytes.items()}
        named |= {"s": self.numbers.ctypes.data, "batch": self.samples}
        context = (ctypes.c_void_p * self.module.context)(*self.pointers)
        for name, address in named.items():
            context[self.module.slots[name]] = address
        return context, memory

    def _share(
        self, work: Callable[..., None], contexts: Sequence[Any], start: int, count: int, parts: Array
    ) -> None:
        """Compute `count` blocks from `start` on, a few at a time by whichever thread is free."""
        few = max(1, count // (8 * len(contexts)))
        waiting = iter(range(0, count, few))
        failures: list[BaseException] = []

        def take(context: Any) -> None:
            try:
                for k in waiting:
                    here = parts[k:].ctypes.data
                    work(context, start + k, min(few, count - k), self.samples, here)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=take, args=(context,)) for context in contexts[1:]]
        for thread in threads:
            thread.start()
        take(contexts[0])
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]


def _cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
