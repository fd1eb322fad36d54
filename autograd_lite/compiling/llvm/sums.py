"""Sums over the samples of a block, `batch_sum`, as LLVM IR.

Sample i goes to accumulator i mod 8. Two kinds of code give the same bits:

- A vector of 8 samples is added to one vector of accumulators, lane by lane; at the end, 8 of these vectors are added
  up across their lanes, for 8 sums at once, in 7 vector additions.
- Where a factor is a batched argument, its samples lie one after the other as they came: 8 neighbours of one sample are
  a vector, and the lanes are 8 sums. That wastes no lanes on a batch of 10, and adds nothing up across lanes.

An accumulator starts with its first sample instead of 0.0 plus the first sample. That can only turn a total of 0.0
into -0.0, and 0.0 is added to it in the end.

The functions written here take addresses and strides as arguments: a program has few of them, and calls each for all
of its layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import product
from typing import NamedTuple

from .rolling import Column, Nest
from .text import LANES, SCALAR, VECTOR, Function, Index, number

WIDE = range(LANES)
PARAMETERS = (
    "ptr %a, i64 %a.across, i64 %a.second, i64 %a.rows, ptr %b, i64 %b.across, i64 %b.rows, "
    "ptr %to, i64 %to.across, i64 %to.second, i64 %across, i64 %second, i64 %count, i1 %fresh"
)


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


def write_sums(f: Function, nest: Nest, rows: int, sizes: Sequence[int]) -> set[str]:
    """Compute a nest of sums by calls; returns the names of the functions that are needed.

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
    return {f"sums.{form.kind}", "sums.scatter"}


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


def function(name: str, fast: bool) -> Function:
    """A function that `write_sums` calls, by its name."""
    if name == "sums.scatter":
        return _scatter()
    f = Function(name, PARAMETERS, {}, fast)
    kind = name.removeprefix("sums.")
    together = 1 if kind == "pair" else 2  # turns of the loop `second` at once
    blocks = f.integer("udiv", f.integer("add", "%across", LANES - 1), LANES)
    rounds = f.integer("udiv", f.integer("add", "%second", together - 1), together)
    last = f.integer("sub", "%second", 1)
    with f.loop(blocks) as outer:
        start = f.integer("mul", outer.counter, LANES)
        left = f.integer("sub", "%across", start)
        with f.loop(rounds) as inner:
            turns = [f.integer("mul", inner.counter, together)]
            if together == 2:  # the last turn may come twice
                turns.append(f.smaller(f.integer("add", turns[0], 1), last))
            groups = _samples(f, start, left, turns) if kind == "native" else _vectors(f, kind, start, turns)
            for k, (turn, group) in enumerate(zip(turns, groups, strict=True)):
                total = _added(f, group) if kind == "native" else _added_across(f, group)
                place = f.integer("add", f.integer("mul", start, "%to.across"), f.integer("mul", turn, "%to.second"))
                with f.unless(f.value(f"icmp eq i64 {turns[0]}, {last}")) if k else nullcontext():
                    _deliver(f, total, f.offset("%to", SCALAR, place), left)
    return f


def _vectors(f: Function, kind: str, start: str, turns: Sequence[str]) -> list[list[str]]:
    """8 accumulators for each of `turns`: their lanes are those of 8 samples."""
    if kind == "outer":  # where a block is not full, the vectors behind it are read and not used
        first = f.offset("%b", VECTOR, start)
        b = [f.offset(first, VECTOR, lane) for lane in WIDE]
        a = [f.offset("%a", VECTOR, f.integer("mul", turn, "%a.second")) for turn in turns]
    else:  # its last sum is repeated
        last = f.integer("sub", "%across", 1)
        neighbours = [f.smaller(f.integer("add", start, lane), last) for lane in WIDE]
        a, b = [
            [f.offset(x, VECTOR, f.integer("mul", place, f"{x}.across")) for place in neighbours] for x in ("%a", "%b")
        ]

    def terms(tile: str) -> list[str]:
        """The terms of 8 samples."""
        x, y = [
            [f.value(f"load {VECTOR}, ptr {f.offset(place, VECTOR, behind)}, align 64") for place in side]
            for side, behind in ((a, f.integer("mul", tile, "%a.rows")), (b, f.integer("mul", tile, "%b.rows")))
        ]
        pairs = zip(x, y, strict=True) if kind == "pair" else product(x, y)
        return [f.arithmetic("fmul", VECTOR, *pair) for pair in pairs]

    sums = terms("0")
    more = f.integer("udiv", f.integer("sub", "%count", 1), LANES)  # after the first 8 samples; none of a batch of 0
    more = f.value(f"select i1 {f.value('icmp eq i64 %count, 0')}, i64 0, i64 {more}")
    with f.loop(more, [(VECTOR, sum) for sum in sums]) as loop:
        pairs = zip(loop.carried, terms(f.integer("add", loop.counter, 1)), strict=True)
        loop.carried = [f.arithmetic("fadd", VECTOR, sum, term) for sum, term in pairs]
    return [loop.carried[k : k + LANES] for k in range(0, len(sums), LANES)]


def _samples(f: Function, start: str, left: str, turns: Sequence[str]) -> list[list[str]]:
    """8 accumulators for each of `turns`: their lanes are 8 sums, accumulator k takes the samples k, k + 8, ..."""
    columns = f.lanes_below(left)
    b = f.offset("%b", SCALAR, start)
    a = [f.offset("%a", VECTOR, f.integer("mul", turn, "%a.second")) for turn in turns]
    eight = f.integer("mul", "%b.rows", LANES)

    def terms(tile: str, lane: int) -> list[str]:
        """The terms of one sample of a tile."""
        place = f.integer("add", f.integer("mul", tile, eight), f.integer("mul", lane, "%b.rows"))
        x = f.load_some(f.offset(b, SCALAR, place), columns)
        behind = f.integer("mul", tile, "%a.rows")
        numbers = [f.offset(f.offset(g, VECTOR, behind), SCALAR, lane) for g in a]
        factors = [f.splat(f.value(f"load double, ptr {pointer}, align 8")) for pointer in numbers]
        return [f.arithmetic("fmul", VECTOR, factor, x) for factor in factors]

    def add(sums: list[str], more: list[str]) -> list[str]:
        return [f.arithmetic("fadd", VECTOR, sum, term) for sum, term in zip(sums, more, strict=True)]

    tiles = f.integer("udiv", "%count", LANES)
    left = f.integer("urem", "%count", LANES)
    before = f.block
    some, rest, done = f.fresh("some", "rest", "done")
    f.branch(f.value(f"icmp sgt i64 {tiles}, 0"), some, rest)
    f.label(some)
    sums = [sum for lane in WIDE for sum in terms("0", lane)]
    with f.loop(f.integer("sub", tiles, 1), [(VECTOR, sum) for sum in sums]) as loop:
        tile = f.integer("add", loop.counter, 1)
        loop.carried = add(loop.carried, [term for lane in WIDE for term in terms(tile, lane)])
    arrivals = [(before, [number(0.0, VECTOR)] * len(sums)), (f.block, loop.carried)]
    f.jump(rest)
    f.label(rest)
    sums = f.merge(arrivals)
    arrivals = []
    many = len(turns)
    for lane in range(LANES - 1):  # the samples that fill no tile
        arrivals.append((f.block, sums))
        (go,) = f.fresh("go")
        f.branch(f.value(f"icmp sgt i64 {left}, {lane}"), go, done)
        f.label(go)
        here = slice(lane * many, (lane + 1) * many)
        sums = [*sums[: here.start], *add(sums[here], terms(tiles, lane)), *sums[here.stop :]]
    arrivals.append((f.block, sums))
    f.jump(done)
    f.label(done)
    sums = f.merge(arrivals)
    return [sums[k::many] for k in range(many)]


def _added(f: Function, a: Sequence[str]) -> str:
    """((a0+a4)+(a2+a6))+((a1+a5)+(a3+a7)), lane by lane."""
    while len(a) > 1:
        half = len(a) // 2
        a = [f.arithmetic("fadd", VECTOR, x, y) for x, y in zip(a[:half], a[half:], strict=True)]
    return a[0]


def _added_across(f: Function, vectors: Sequence[str]) -> str:
    """A vector whose lane k is the sum of the lanes of vector k, in the order of `_added`.

    Every step adds one half of the lanes of a sum to the other half, and so makes two vectors one.
    """
    width = LANES  # lanes that a sum is still spread over
    while width > 1:
        half = width // 2
        lower = [k * width + lane for k in range(2 * LANES // width) for lane in range(half)]
        upper = [lane + half for lane in lower]
        pairs = list(zip(vectors[::2], vectors[1::2], strict=True))
        halves = [(f.shuffle(x, y, lower), f.shuffle(x, y, upper)) for x, y in pairs]
        vectors = [f.arithmetic("fadd", VECTOR, *pair) for pair in halves]
        width = half
    return vectors[0]


def _deliver(f: Function, total: str, to: str, left: str) -> None:
    """Store the first `left` sums of a block, or add them to those of the blocks before."""
    near, far, done = f.fresh("near", "far", "done")
    f.branch(f.value("icmp eq i64 %to.across, 1"), near, far)
    f.label(near)
    lanes = f.lanes_below(left)
    old = f.value(f"select i1 %fresh, {VECTOR} {number(0.0, VECTOR)}, {VECTOR} {f.load_some(to, lanes)}")
    f.store_some(f.exact("fadd", VECTOR, old, total), to, lanes)
    f.jump(done)
    f.label(far)
    f.do(f"call void @sums.scatter({VECTOR} {total}, ptr {to}, i64 %to.across, i64 {left}, i1 %fresh)")
    f.jump(done)
    f.label(done)


def _scatter() -> Function:
    """sums.scatter(total, to, step, left, fresh): the same where the sums do not lie side by side."""
    f = Function("sums.scatter", f"{VECTOR} %total, ptr %to, i64 %step, i64 %left, i1 %fresh", {})
    with f.loop(f.smaller("%left", LANES)) as loop:
        lane = f.value(f"extractelement {VECTOR} %total, i64 {loop.counter}")
        address = f.offset("%to", SCALAR, f.integer("mul", loop.counter, "%step"))
        old = f.value(f"load double, ptr {address}, align 8")
        old = f.value(f"select i1 %fresh, double {number(0.0)}, double {old}")
        f.do(f"store double {f.exact('fadd', SCALAR, old, lane)}, ptr {address}, align 8")
    return f
