"""Sums over the samples of a block, `batch_sum`, as calls of the functions of `accumulators`.

Those take addresses and strides as arguments: a program has few of them, and calls each for all its layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from math import prod
from typing import NamedTuple

from autograd_lite.backends.batch_order import LANES

from .accumulators import memory_rows
from .ir_text import SCALAR, VECTOR, Function, Index
from .rerolling import Access, LoopNest


class SumKernel(NamedTuple):
    """The function that computes a nest of sums of a * b, and its loops; a is 1 where there is only one factor.

    Along the loop `across`, 8 sums make a block; along `second` only factor a changes. All other loops are around the
    call. `kind` is "outer" (along `across` a is invariant and the vectors of b are contiguous), "native" (the same, but
    b is an argument, read in the order of its array) or "pair" (anything else).
    """

    kind: str
    across: int | None
    second: int | None
    a: Access | None
    b: Access


def kernel_of(nest: LoopNest) -> SumKernel:
    ((_, accesses),) = nest.runs
    dims = range(len(nest.dims))
    wide = [dim for dim in dims if nest.dims[dim] >= LANES] or list(dims)
    across = min(wide, key=lambda dim: (nest.destination.strides[dim] != 1, -nest.dims[dim]), default=None)
    a, b = accesses if len(accesses) == 2 else (None, accesses[0])
    if a is not None and _stride(b, across) == 0:
        a, b = b, a
    if _stride(a, across) != 0 or (across is not None and _stride(b, across) != 1):
        return SumKernel("pair", across, None, a, b)
    others = [dim for dim in dims if dim != across and a is not None and b.strides[dim] == 0]
    second = max(others, key=lambda dim: nest.dims[dim], default=None)
    native = a is not None and across is not None and b.buffer[0] == "x" and nest.dims[across] >= LANES
    return SumKernel("native" if native else "outer", across, second, a, b)


def _stride(access: Access | None, dim: int | None) -> int:
    return 0 if dim is None or access is None else access.strides[dim]


def kept_factors(kernel: SumKernel) -> list[Access]:
    """The factors that are read as vectors of 8 samples."""
    return [factor for factor in (kernel.a, None if kernel.kind == "native" else kernel.b) if factor]


def vectors_between(nest: LoopNest, lanes: int) -> int | None:
    """The accumulators of a nest that are in memory between parts of a block; None where a block has one part alone."""
    kernel = kernel_of(nest)
    counts = [1 if dim is None else nest.dims[dim] for dim in (kernel.across, kernel.second)]
    if kernel.kind == "native" or prod(nest.dims) != prod(counts):
        return None
    return -(-counts[0] // lanes) * lanes * memory_rows(counts[1])


def write_sums(f: Function, nest: LoopNest, rows: int, sizes: Sequence[int], sums: int | None) -> str:
    """Write the calls that compute a nest of sums; returns the name of the function that they call.

    `f` has the parameters %first and %count, the samples of a part of a block, %fresh: whether their sums are stored or
    added to those of earlier blocks, %begins and %ends: whether the part is the first or the last one. A tile of kept
    values has `rows` vectors; `sizes` are those of the arguments. From the vector `sums` on, accumulators are in memory
    between parts; None: a block is one part.
    """
    kind, across, second, a, b = kernel_of(nest)
    to = nest.destination

    def at(access: Access) -> Index:
        return Index(access.base).plus(0, *[(counter, access.strides[dim]) for dim, counter in counters])

    with ExitStack() as loops:
        around = [dim for dim in range(len(nest.dims)) if dim not in (across, second)]
        counters = [(dim, loops.enter_context(f.loop(nest.dims[dim])).counter) for dim in around]
        first = "@ones" if a is None else f.address(a.buffer, at(a), VECTOR)
        if kind == "native":
            argument = int(b.buffer[1:])
            distance = f.fixed(sizes[argument])
            sample = f.integer("mul", "%first", distance)
            factor = f.address(f"b{argument}", at(b).plus(0, (sample, 1)), SCALAR)
        else:
            distance = f.fixed(rows)
            factor = f.address(b.buffer, at(b), VECTOR)
        total = f.address(to.buffer.upper(), at(to), SCALAR)
        counts = [1 if dim is None else nest.dims[dim] for dim in (across, second)]
        arguments: list[str | int] = [
            f"ptr {first}", _stride(a, across), _stride(a, second), 0 if a is None else f.fixed(rows),
            f"ptr {factor}", _stride(b, across), distance,
            f"ptr {total}", _stride(to, across), _stride(to, second), *map(f.fixed, counts), "%count",
        ]  # fmt: skip
        listed = ", ".join([x if isinstance(x, str) and x.startswith("ptr") else f"i64 {x}" for x in arguments])
        memory = f.offset(f.pointer("w"), VECTOR, f.fixed(sums or 0))
        between = f.fixed(0 if sums is None else memory_rows(counts[1]))
        f.do(f"call void @sums.{kind}({listed}, i1 %fresh, ptr {memory}, i64 {between}, i1 %begins, i1 %ends)")
    return f"sums.{kind}"
