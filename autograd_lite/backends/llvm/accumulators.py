"""The functions that add up products over the samples of a block, as LLVM IR: sample i goes to accumulator i mod 8.

Lanes are samples (`_across`), and 8 sums at once are reduced across their lanes at the end, in 7 vector additions; or
lanes are 8 neighbouring sums (`_native`), which wastes none on a batch of 10. The bits are the same: there, an
accumulator starts with its first sample, not with 0.0 plus it; that only turns 0.0 into -0.0, to which 0.0 is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product

from .ir_text import MASK, SCALAR, VECTOR, Function, literal

TILES = 2  # of samples whose vectors stay in registers: half of the registers of AVX-512
REGISTERS = 16  # of accumulators
PART = 32  # tiles of samples after which accumulators go to memory: what they add up stays in the second cache
STRIP = 32  # iterations of `second` whose accumulators are spilled to memory, 16 KB
PARAMETERS = (
    "ptr %a, i64 %a.across, i64 %a.second, i64 %a.rows, ptr %b, i64 %b.across, i64 %b.rows, "
    "ptr %to, i64 %to.across, i64 %to.second, i64 %across, i64 %second, i64 %count, i1 %fresh, "
    "ptr %sums, i64 %sums.rows, i1 %begins, i1 %ends"
)


def sum_function(name: str, fast: bool, lanes: int) -> Function:
    """sums.native, sums.outer or sums.pair, by the kind of the kernel (`batch_sums.SumKernel`)."""
    f = Function(name, PARAMETERS, {}, fast, lanes)
    if name == "sums.native":
        _native(f)
    else:
        _across(f, name.removeprefix("sums."))
    return f


@contextmanager
def _blocks(f: Function) -> Iterator[tuple[str, str]]:
    """A loop over blocks of 8 sums: the number of the first, and how many are left."""
    with f.loop(f.integer("udiv", f.integer("add", "%across", f.lanes - 1), f.lanes)) as loop:
        start = f.integer("mul", loop.counter, f.lanes)
        yield start, f.integer("sub", "%across", start)


def _across(f: Function, kind: str) -> None:
    """Lanes are samples; the accumulators of 8 sums, for one or two iterations of `second`, stay in registers.

    Between one part of a block and the next they are in memory, where those of 8 sums have so many `rows`; with none,
    the block is one part.
    """
    unroll = 1 if kind == "pair" else max(1, REGISTERS // f.lanes)
    rounds = f.integer("udiv", f.integer("add", "%second", unroll - 1), unroll)
    last = f.integer("sub", "%second", 1)
    with _blocks(f) as (start, left), f.loop(rounds) as loop:
        first = f.integer("mul", loop.counter, unroll)
        iterations = [f.smaller(f.integer("add", first, k), last) for k in range(unroll)]
        row = f.integer("add", f.integer("mul", start, "%sums.rows"), f.integer("mul", first, f.lanes))
        row = f.value(f"select i1 {f.value('icmp eq i64 %sums.rows, 0')}, i64 0, i64 {row}")
        memory = f.offset("%sums", VECTOR, row)
        so_far = _so_far(f, memory, unroll * f.lanes)
        _store(f, _vectors(f, kind, start, iterations, so_far), memory)
        with f.unless(f.value("xor i1 %ends, true")):
            lanes = f.lanes_below(left)
            with f.loop(f.smaller(f.integer("sub", "%second", first), unroll)) as inner:
                iteration = f.integer("add", first, inner.counter)
                to = f.integer("add", f.integer("mul", start, "%to.across"), f.integer("mul", iteration, "%to.second"))
                sums = _load(f, f.offset(memory, VECTOR, f.integer("mul", inner.counter, f.lanes)), f.lanes)
                _store_sums(f, _added_across(f, sums), f.offset("%to", SCALAR, to), left, lanes)


def memory_rows(second: int) -> int:
    """The rows in memory of the accumulators of 8 sums and their iterations: of 1 with one more, as of 2."""
    return second + second % 2


def _so_far(f: Function, place: str, count: int) -> list[str]:
    """Accumulators as the last part left them, or new ones."""
    old, rest = f.fresh("old", "rest")
    before = f.block
    f.branch("%begins", rest, old)
    f.label(old)
    kept = _load(f, place, count)
    f.jump(rest)
    f.label(rest)
    return f.merge([(before, [literal(0.0, VECTOR)] * count), (old, kept)])


def _store(f: Function, vectors: Sequence[str], place: str) -> None:
    for k, vector in enumerate(vectors):
        f.do(f"store {VECTOR} {vector}, ptr {f.offset(place, VECTOR, k)}, align 64")


def _load(f: Function, place: str, count: int) -> list[str]:
    return [f.value(f"load {VECTOR}, ptr {f.offset(place, VECTOR, k)}, align 64") for k in range(count)]


def _vectors(f: Function, kind: str, start: str, iterations: Sequence[str], so_far: Sequence[str]) -> list[str]:
    """8 accumulators for each of `iterations`, whose lanes are samples, after these ones."""
    if kind == "outer":  # of a partial block, the vectors behind it are read and not used
        a = [f.integer("mul", iteration, "%a.second") for iteration in iterations]
        b: Sequence[str | int] = range(f.lanes)
        origin = f.offset("%b", VECTOR, start)
    else:  # of a partial block, the last sum is repeated
        last = f.integer("sub", "%across", 1)
        neighbours = [f.smaller(f.integer("add", start, lane), last) for lane in range(f.lanes)]
        a, b = [[f.integer("mul", place, f"{x}.across") for place in neighbours] for x in ("%a", "%b")]
        origin = "%b"
    tiles = f.integer("udiv", f.integer("add", "%count", f.lanes - 1), f.lanes)
    with f.loop(tiles, [(VECTOR, x) for x in so_far]) as loop:
        tile_a = f.offset("%a", VECTOR, f.integer("mul", loop.counter, "%a.rows"))
        tile_b = f.offset(origin, VECTOR, f.integer("mul", loop.counter, "%b.rows"))
        x = [f.value(f"load {VECTOR}, ptr {f.offset(tile_a, VECTOR, place)}, align 64") for place in a]
        y = [f.value(f"load {VECTOR}, ptr {f.offset(tile_b, VECTOR, place)}, align 64") for place in b]
        pairs = zip(x, y, strict=True) if kind == "pair" else product(x, y)
        terms = [f.arithmetic("fmul", VECTOR, *pair) for pair in pairs]
        loop.carried = [f.arithmetic("fadd", VECTOR, *pair) for pair in zip(loop.carried, terms, strict=True)]
    return loop.carried


def _native(f: Function) -> None:
    """Lanes are 8 sums. The vectors of a group of samples stay in registers over the iterations of the loop `second`.

    That loop is split into strips, whose accumulators are in memory between one group and the next.
    """
    memory = f.value(f"alloca [{STRIP * f.lanes} x {VECTOR}], align 64")
    strips = f.integer("udiv", f.integer("add", "%second", STRIP - 1), STRIP)
    last = f.integer("udiv", f.integer("sub", "%count", 1), (TILES * f.lanes))
    last = f.value(f"select i1 {f.value('icmp eq i64 %count, 0')}, i64 0, i64 {last}")
    with f.loop(strips) as strip, _blocks(f) as (start, left):
        first = f.integer("mul", strip.counter, STRIP)
        iterations = f.smaller(f.integer("sub", "%second", first), STRIP)
        columns = f.lanes_below(left)
        to = f.integer("add", f.integer("mul", start, "%to.across"), f.integer("mul", first, "%to.second"))
        to = f.offset("%to", SCALAR, to)
        with f.loop(f.integer("add", last, 1)) as group:
            done = f.integer("mul", group.counter, (TILES * f.lanes))
            count = f.integer("sub", "%count", done)
            corner = f.offset("%b", SCALAR, f.integer("add", start, f.integer("mul", done, "%b.rows")))
            b = []
            for k in range(TILES * f.lanes):
                exists = f.value(f"icmp sgt i64 {count}, {k}")
                lanes = f.value(f"select i1 {exists}, {MASK} {columns}, {MASK} zeroinitializer")
                b.append(f.load_some(f.offset(corner, SCALAR, f.integer("mul", "%b.rows", k)), lanes))
            tile = f.integer("mul", f.integer("mul", group.counter, TILES), "%a.rows")
            side = f.offset("%a", VECTOR, f.integer("add", tile, f.integer("mul", first, "%a.second")))
            with f.loop(iterations) as loop:
                a = f.offset(side, VECTOR, f.integer("mul", loop.counter, "%a.second"))
                spilled = f.offset(memory, VECTOR, f.integer("mul", loop.counter, f.lanes))
                sums = _group(f, a, b, count, spilled, f.value(f"icmp eq i64 {group.counter}, 0"))
                with f.unless(f.value(f"icmp slt i64 {group.counter}, {last}")):
                    place = f.offset(to, SCALAR, f.integer("mul", loop.counter, "%to.second"))
                    _store_sums(f, _added(f, sums), place, left, columns)
                with f.unless(f.value(f"icmp eq i64 {group.counter}, {last}")):
                    _store(f, sums, spilled)


def _group(f: Function, a: str, b: Sequence[str], count: str, spilled: str, fresh: str) -> list[str]:
    """The accumulators of 8 sums after one more group of samples, of which the first tile is not empty."""

    def term(k: int) -> str:
        tile = a if k < f.lanes else f.offset(a, VECTOR, "%a.rows")
        factor = f.splat(f.value(f"load double, ptr {f.offset(tile, SCALAR, k % f.lanes)}, align 8"))
        return f.arithmetic("fmul", VECTOR, factor, b[k])

    old, rest, done = f.fresh("old", "rest", "done")
    sums = [term(k) for k in range(f.lanes)]
    before = f.block
    f.branch(fresh, rest, old)
    f.label(old)
    continued = [f.arithmetic("fadd", VECTOR, *pair) for pair in zip(_load(f, spilled, f.lanes), sums, strict=True)]
    f.jump(rest)
    f.label(rest)
    sums = f.merge([(before, sums), (old, continued)])
    incoming = []
    for k in range(f.lanes):  # the samples of the second tile, which may be empty
        incoming.append((f.block, sums))
        (go,) = f.fresh("go")
        f.branch(f.value(f"icmp sgt i64 {count}, {f.lanes + k}"), go, done)
        f.label(go)
        sums = [*sums[:k], f.arithmetic("fadd", VECTOR, sums[k], term(f.lanes + k)), *sums[k + 1 :]]
    incoming.append((f.block, sums))
    f.jump(done)
    f.label(done)
    return f.merge(incoming)


def _added(f: Function, a: Sequence[str]) -> str:
    """((a0+a4)+(a2+a6))+((a1+a5)+(a3+a7)), lane by lane."""
    while len(a) > 1:
        half = len(a) // 2
        a = [f.arithmetic("fadd", VECTOR, x, y) for x, y in zip(a[:half], a[half:], strict=True)]
    return a[0]


def _added_across(f: Function, vectors: Sequence[str]) -> str:
    """A vector whose lane k is the sum of the lanes of vector k, in the order of `_added`.

    Every step adds one half of the lanes of each sum to the other half, and so turns two vectors into one.
    """
    width = f.lanes  # lanes of one sum
    while width > 1:
        half = width // 2
        lower = [k * width + lane for k in range(2 * f.lanes // width) for lane in range(half)]
        upper = [lane + half for lane in lower]
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        halves = [(f.shuffle(x, y, lower), f.shuffle(x, y, upper)) for x, y in pairs]
        vectors = [f.arithmetic("fadd", VECTOR, *pair) for pair in halves]
        width = half
    return vectors[0]


def _store_sums(f: Function, total: str, to: str, left: str, lanes: str) -> None:
    """Store the first `left` sums of a block, or add them to those of earlier samples."""

    def increased(old: str, type: str, total: str) -> str:
        return f.exact("fadd", type, f.value(f"select i1 %fresh, {type} {literal(0.0, type)}, {type} {old}"), total)

    whole, others, near, far, done = f.fresh("whole", "others", "near", "far", "done")
    is_near = f.value("icmp eq i64 %to.across, 1")
    is_new = f.value(f"and i1 %fresh, {f.value(f'icmp sge i64 {left}, {f.lanes}')}")
    f.branch(f.value(f"and i1 {is_near}, {is_new}"), whole, others)
    f.label(whole)  # neither a load nor a mask
    f.do(f"store {VECTOR} {f.exact('fadd', VECTOR, total, literal(0.0, VECTOR))}, ptr {to}, align 8")
    f.jump(done)
    f.label(others)
    f.branch(is_near, near, far)
    f.label(near)
    f.store_some(increased(f.load_some(to, lanes), VECTOR, total), to, lanes)
    f.jump(done)
    f.label(far)
    with f.loop(f.smaller(left, f.lanes)) as loop:
        lane = f.value(f"extractelement {VECTOR} {total}, i64 {loop.counter}")
        address = f.offset(to, SCALAR, f.integer("mul", loop.counter, "%to.across"))
        old = f.value(f"load double, ptr {address}, align 8")
        f.do(f"store double {increased(old, SCALAR, lane)}, ptr {address}, align 8")
    f.jump(done)
    f.label(done)
