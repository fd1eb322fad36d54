"""Sums over the samples of a block, `batch_sum`, as LLVM IR: calls of what `accumulators` writes.

Those functions take addresses and strides as arguments: a program has few of them, and calls each for all its layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .ir_text import LANES, SCALAR, VECTOR, Function, Index
from .rerolling import Column, Nest


class Shape(NamedTuple):
    """How a nest of sums of a * b is computed; a is 1 where there is only one factor.

    Along the loop `across`, 8 sums make a block; along `second` only factor a changes. Loops that are neither stand
    around. `kind` is "outer" (along `across` a stays, and the vectors of b lie side by side), "native" (the same, but b
    is an argument, taken in the order of the array) or "pair" (anything else).
    """

    kind: str
    across: int | None
    second: int | None
    a: Column | None
    b: Column


def shape(nest: Nest) -> Shape:
    """The best shape for a nest of sums."""
    ((_, columns),) = nest.runs
    dims = range(len(nest.dims))
    wide = [dim for dim in dims if nest.dims[dim] >= LANES] or list(dims)
    across = min(wide, key=lambda dim: (nest.destination.strides[dim] != 1, -nest.dims[dim]), default=None)
    a, b = columns if len(columns) == 2 else (None, columns[0])
    if a is not None and _stride(b, across) == 0:
        a, b = b, a
    if _stride(a, across) != 0 or (across is not None and _stride(b, across) != 1):
        return Shape("pair", across, None, a, b)
    others = [dim for dim in dims if dim != across and a is not None and b.strides[dim] == 0]
    second = max(others, key=lambda dim: nest.dims[dim], default=None)
    native = a is not None and across is not None and b.space[0] == "x" and nest.dims[across] >= LANES
    return Shape("native" if native else "outer", across, second, a, b)


def _stride(column: Column | None, dim: int | None) -> int:
    return 0 if dim is None or column is None else column.strides[dim]


def kept_factors(form: Shape) -> list[Column]:
    """The factors that are read as vectors of 8 samples."""
    return [factor for factor in (form.a, None if form.kind == "native" else form.b) if factor]


def write_sums(f: Function, nest: Nest, rows: int, sizes: Sequence[int]) -> str:
    """Compute a nest of sums by calls; returns the name of the function that is needed.

    `f` has the parameters %first, %count and %fresh: the samples of the block, and whether their sums are stored or
    added to what is there. Kept values of 8 samples are `rows` vectors; `sizes` are those of the arguments.
    """
    form = shape(nest)
    around = [dim for dim in range(len(nest.dims)) if dim not in (form.across, form.second)]

    def loops(dims: list[int], turns: tuple[tuple[int, str], ...]) -> None:
        if dims:
            with f.loop(nest.dims[dims[0]]) as loop:
                loops(dims[1:], (*turns, (dims[0], loop.counter)))
        else:
            _call(f, nest, form, turns, rows, sizes)

    loops(around, ())
    return f"sums.{form.kind}"


def _call(
    f: Function, nest: Nest, form: Shape, turns: tuple[tuple[int, str], ...], rows: int, sizes: Sequence[int]
) -> None:
    def at(column: Column) -> Index:
        return Index(column.base).plus(0, *[(turn, column.strides[dim]) for dim, turn in turns])

    def count(dim: int | None) -> int:
        return 1 if dim is None else nest.dims[dim]

    a, b, to = form.a, form.b, nest.destination
    first = "@ones" if a is None else f.address(a.space, at(a), VECTOR)
    if form.kind == "native":
        argument = int(b.space[1:])
        distance = sizes[argument]
        sample = f.integer("mul", "%first", distance)
        factor = f.address(f"b{argument}", at(b).plus(0, (sample, 1)), SCALAR)
    else:
        distance = rows
        factor = f.address(b.space, at(b), VECTOR)
    arguments: list[str | int] = [
        f"ptr {first}", _stride(a, form.across), _stride(a, form.second), 0 if a is None else rows,
        f"ptr {factor}", _stride(b, form.across), distance,
        f"ptr {f.address(to.space.upper(), at(to), SCALAR)}", _stride(to, form.across), _stride(to, form.second),
        count(form.across), count(form.second), "%count",
    ]  # fmt: skip
    listed = ", ".join([x if isinstance(x, str) and x.startswith("ptr") else f"i64 {x}" for x in arguments])
    f.do(f"call void @sums.{form.kind}({listed}, i1 %fresh)")
