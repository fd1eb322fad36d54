"""Batched arrays transposed into tiles and back, as LLVM IR: an array is sample-major, a tile has vectors of 8 samples.

Lanes beyond the batch have the numbers of its last sample (0.0 where it is empty), so that loops end in them as they do
there; they are never written to an array.
"""

from __future__ import annotations

from collections.abc import Sequence

from .ir_text import MASK, SCALAR, VECTOR, Function, Index, literal

NARROW = 4  # numbers of a sample, up to which a tile without a gap is read and written as it is in memory


def tile_name(name: str, size: int) -> str:
    """The function that moves samples of so many numbers."""
    return f"{name}.{size}" if 0 < size <= NARROW else name


def tile_function(name: str, lanes: int) -> Function:
    """tile.read(array, size, valid, tile), tile.write with the same parameters, or tile.clear(tile, count, valid)."""
    if name == "tile.clear":
        return _clear(lanes)
    f = Function(name, "ptr %array, i64 %size, i64 %valid, ptr %tile", {"tile": "%tile"}, lanes=lanes)
    reads = name.startswith("tile.read")
    if name[-1].isdigit():
        _narrow(f, reads, int(name[-1]))
    else:
        _move(f, reads)
    return f


def _move(f: Function, reads: bool) -> None:
    """Samples of any size, some of which may be missing."""
    lanes = f.lanes
    wide = range(lanes)
    blocks = f.integer("udiv", f.integer("add", "%size", lanes - 1), lanes)
    exist = [f.value(f"icmp slt i64 {row}, %valid") for row in wide]
    rows = [f.offset("%array", "double", f.integer("mul", "%size", row)) for row in wide]
    if reads:
        last = f.integer("sub", "%valid", 1)
        rows = [f.offset("%array", "double", f.integer("mul", "%size", f.smaller(last, row))) for row in wide]
        exist = [f.value("icmp sgt i64 %valid, 0")] * lanes
    with f.loop(blocks) as loop:  # over 8 columns of the `valid` rows of `size` numbers
        first = f.integer("mul", loop.counter, lanes)
        columns = f.lanes_below(f.integer("sub", "%size", first))
        masks = [f.value(f"select i1 {exists}, {MASK} {columns}, {MASK} zeroinitializer") for exists in exist]
        addresses = [f.offset(row, "double", first) for row in rows]
        place = Index(0, ((loop.counter, lanes),))
        if reads:
            vectors = [f.load_some(address, mask) for address, mask in zip(addresses, masks, strict=True)]
            for k, vector in enumerate(_transposed(f, vectors)):
                f.store(vector, "tile", place.plus(k), VECTOR, VECTOR)
        else:
            vectors = [f.load("tile", place.plus(k), VECTOR, VECTOR) for k in wide]
            for vector, address, mask in zip(_transposed(f, vectors), addresses, masks, strict=True):
                f.store_some(vector, address, mask)


def _narrow(f: Function, reads: bool, size: int) -> None:
    """Samples of few numbers: in whole vectors that are shuffled, unless some are missing."""
    some, whole, done = f.fresh("some", "whole", "done")
    zero = f.value(f"alloca {SCALAR}")
    f.do(f"store {SCALAR} {literal(0.0)}, ptr {zero}")
    exist, last = f.value("icmp sgt i64 %valid, 0"), f.integer("sub", "%valid", 1)
    f.branch(f.value(f"icmp eq i64 %valid, {f.lanes}"), whole, some)
    f.label(some)
    with f.loop(f.lanes if reads else "%valid") as loop:  # number by number, which is less code
        sample = f.integer("mul", f.smaller(loop.counter, last), size)
        for k in range(size):
            own = f.offset("%array", SCALAR, f.integer("add", sample, k))
            lane = f.offset("%tile", SCALAR, f.integer("add", loop.counter, k * f.lanes))
            source = f.value(f"select i1 {exist}, ptr {own}, ptr {zero}") if reads else lane
            f.do(f"store {SCALAR} {f.value(f'load {SCALAR}, ptr {source}')}, ptr {lane if reads else own}")
    f.jump(done)
    f.label(whole)
    source, target = ("%array", "%tile") if reads else ("%tile", "%array")
    vectors = [f.value(f"load {VECTOR}, ptr {f.offset(source, VECTOR, k)}, align 8") for k in range(size)]
    for k in range(size):
        if reads:  # number k of each sample
            places = [divmod(i * size + k, f.lanes) for i in range(f.lanes)]
        else:  # the numbers of one sample after the other
            places = [divmod(k * f.lanes + i, size)[::-1] for i in range(f.lanes)]
        f.do(f"store {VECTOR} {_picked(f, vectors, places)}, ptr {f.offset(target, VECTOR, k)}, align 8")
    f.jump(done)
    f.label(done)


def _picked(f: Function, vectors: Sequence[str], places: Sequence[tuple[int, int]]) -> str:
    """A vector whose lanes are at these places: (vector, lane)."""
    found = vectors[0]
    for k, vector in enumerate(vectors[1:], 1):
        kept = [lane if k == 1 else i for i, (_, lane) in enumerate(places)]
        picks = [f.lanes + lane if own == k else kept[i] for i, (own, lane) in enumerate(places)]
        found = f.shuffle(found, vector, picks)
    return found


def _transposed(f: Function, vectors: Sequence[str]) -> list[str]:
    """Vectors as a matrix, transposed: the off-diagonal blocks of 1 lane are swapped, then those of 2, of 4, ..."""
    lanes = len(vectors)
    rows = list(vectors)
    for step in [2**k for k in range(lanes.bit_length() - 1)]:
        upper = [lane + lanes - step if lane & step else lane for lane in range(lanes)]
        lower = [lane + lanes if lane & step else lane + step for lane in range(lanes)]
        for k in [row for row in range(lanes) if not row & step]:
            pair = rows[k], rows[k + step]
            rows[k], rows[k + step] = f.shuffle(*pair, upper), f.shuffle(*pair, lower)
    return rows


def _clear(lanes: int) -> Function:
    """Set the lanes from `valid` on to 0.0 in `count` vectors."""
    f = Function("tile.clear", "ptr %tile, i64 %count, i64 %valid", {"tile": "%tile"}, lanes=lanes)
    below = f.lanes_below("%valid")
    zero = literal(0.0, VECTOR)
    with f.loop("%count") as loop:
        place = Index(0, ((loop.counter, 1),))
        vector = f.load("tile", place, VECTOR, VECTOR)
        f.store(f.value(f"select {MASK} {below}, {VECTOR} {vector}, {VECTOR} {zero}"), "tile", place, VECTOR, VECTOR)
    return f
