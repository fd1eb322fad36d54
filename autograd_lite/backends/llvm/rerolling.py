"""Loop re-rolling: the second step of the llvm back end.

A traced program is straight-line code: a layer of 30 neurons is 30 `dot` instructions, its gradient 23,550 `mul`.
`reroll` groups instructions of the same row whose operands are a constant stride apart in memory into a `LoopNest`.
The locations of results are chosen here too, so that the results of one nest are contiguous where the next one reads
them. An instruction that fits into no nest stays an `Op`.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import chain
from math import prod
from typing import Any, NamedTuple, Protocol, final

from autograd_lite.core.primitives import Primitive

from .fusion import Op, term_width

SMALLEST = 16  # operations that are worth a loop

Location = tuple[str, int]  # of a value in memory: a buffer (see `plan`) and an offset
NOWHERE = ("", 0)  # of a constant


class Access(NamedTuple):
    """The affine access of one operand of a loop nest: base + stride * counter for each loop.

    `step` is the stride along the terms of a reduction. With `constant`, every element is this number.
    """

    buffer: str
    base: int
    strides: tuple[int, ...]
    step: int = 0
    constant: float | None = None


class LoopNest(NamedTuple):
    """Loops of trip counts `dims`, outermost first, around one instruction; `members` are its instances in loop order.

    A reduction has runs of terms, each a loop as well: (number of terms, the accesses of a term). Any other
    instruction is one run of one term.
    """

    row: Primitive
    dims: tuple[int, ...]
    destination: Access
    runs: tuple[tuple[int, tuple[Access, ...]], ...]
    members: tuple[Op, ...]


Scheduled = Op | LoopNest  # of a schedule


class MemoryLayout(Protocol):
    """What `reroll` has to know of memory, and changes."""

    locations: dict[int, Location]  # of operands, and of results whose location is fixed
    constants: dict[int, float]  # immediate values, which have no location
    sources: dict[int, int]  # the instructions that make the arrays in which values are

    def buffer_of(self, op: Op) -> str:
        """The buffer of a result whose location is free."""

    def allocate(self, buffer: str, count: int) -> int:
        """The offset of so many contiguous new elements."""

    def pool(self, numbers: list[float]) -> int:
        """The offset of contiguous constants, in the buffer "c"."""


def reroll(ops: Sequence[Op], memory: MemoryLayout, smallest: int = SMALLEST) -> list[Scheduled]:
    """Loop nests and single instructions in a schedule that respects dependences; their results get locations.

    The instances of a nest are independent: they are on one level of the graph.
    """
    levels: dict[int, int] = {}
    by_level: list[list[Op]] = []
    sources, locations = memory.sources, memory.locations
    for op in ops:
        level = 0
        for x in op.operands:
            found = levels.get(sources.get(x, x) if sources else x, 0)
            if found > level:
                level = found
        levels[op.id] = level + 1
        if level == len(by_level):
            by_level.append([])
        by_level[level].append(op)
    items: list[Scheduled] = []
    for those in by_level:
        alike: dict[tuple[Primitive, int], list[Op]] = {}
        for op in those:
            alike.setdefault((op.row, len(op.operands)), []).append(op)
        for some in alike.values():
            if len(some) * some[0].terms() >= smallest:
                items += _rolled(some, memory, smallest)
                continue
            items += some
            free = [op for op in some if op.id not in locations]
            if len(free) > 1:  # in the order of what they read, as what reads them may be a nest
                free = [op for _, _, op in sorted([(_places(op, locations), op.id, op) for op in free])]
            for op in free:
                buffer = memory.buffer_of(op)
                locations[op.id] = (buffer, memory.allocate(buffer, 1))
    return Schedule(items, sources).ordered


def _places(op: Op, locations: dict[int, Location]) -> list[Location]:
    return [locations.get(x, NOWHERE) for x in op.operands]


def _rolled(ops: list[Op], memory: MemoryLayout, smallest: int) -> list[Scheduled]:
    """Independent instructions of one row as nests, and what is left."""
    groups: dict[Any, list[tuple[tuple[int, ...], int, Op]]] = {}
    for op in ops:
        signature, offsets = _describe(op, memory)
        groups.setdefault(signature, []).append((offsets, op.id, op))
    items: list[Scheduled] = []
    for (fixed, buffer, _, *shape), group in groups.items():
        group.sort()
        if not fixed:
            start = memory.allocate(buffer, len(group))
            for k in range(len(group)):
                memory.locations[group[k][1]] = (buffer, start + k)
        if len(group) * group[0][2].terms() < smallest:
            items += [op for _, _, op in group]
        else:
            items += _nests(group, fixed, shape, memory, smallest)
    return items


Run = tuple[int, tuple[tuple[str, int], ...]]  # the number of terms, each operand's buffer ("" if constant) and step


def _describe(op: Op, memory: MemoryLayout) -> tuple[Any, tuple[int, ...]]:
    """The signature that is common to the instructions of a nest, and the offsets in which they may differ."""
    offsets: list[int] = []
    own = memory.locations.get(op.id)
    if own is not None:
        offsets.append(own[1])
    start = (own is not None, memory.buffer_of(op) if own is None else own[0])
    if op.row.payload is not None:
        return (*start, op.id), (0,)  # an instruction that no other one is like
    places = [NOWHERE if x in memory.constants else memory.locations[x] for x in op.operands]
    width = term_width(op.row)
    if not width:
        offsets += [place[1] for place in places if place[0]]
        return (*start, op.row, (1, tuple([(place[0], 0) for place in places]))), tuple(offsets)
    runs: list[Run] = []
    begin, count = 0, len(places)
    while begin < count:
        end = begin + width
        steps = [0] * width
        if end < count:
            sides = range(width)
            if all(places[end + k][0] == places[begin + k][0] for k in sides):
                steps = [places[end + k][1] - places[begin + k][1] for k in sides]
                end = _run(places, end, width, steps)
        firsts = places[begin : begin + width]
        runs.append(((end - begin) // width, tuple([(firsts[k][0], steps[k]) for k in range(width)])))
        offsets += [place[1] for place in firsts if place[0]]
        begin = end
    return (*start, op.row, *runs), tuple(offsets)


def _run(places: list[Location], end: int, width: int, steps: list[int]) -> int:
    """The end of the run of terms, of `width` places each, that are `steps` apart, after a term that ends at `end`.

    No side is looked at beyond the run: the next run may begin there, and one side may go on through all of them.
    """
    while end < len(places):
        for k in range(end, end + width):
            before, place = places[k - width], places[k]
            if place[1] - before[1] != steps[k - end] or place[0] != before[0]:
                return end
        end += width
    return end


def _nests(
    group: list[tuple[tuple[int, ...], int, Op]], fixed: bool, shape: list[Run], memory: MemoryLayout, smallest: int
) -> list[Scheduled]:
    """Split a group of instructions of one signature into nests and those that are not worth a loop."""
    row = group[0][2].row
    width = term_width(row) or len(group[0][2].operands)
    terms = sum([count for count, _ in shape])
    items: list[Scheduled] = []
    done = 0
    for dims, base, steps in _boxes([offsets for offsets, _, _ in group]):
        size = prod(dims)
        members = tuple([op for _, _, op in group[done : done + size]])
        done += size
        if size * terms < (smallest and max(smallest, 4 * len(shape))):
            items += members
            continue
        dense = tuple([prod(dims[k + 1 :]) for k in range(len(dims))])
        strides = zip(*steps, strict=True) if dims else iter([()] * len(base))
        affine = zip(base, strides, strict=True)
        buffer, offset = memory.locations[members[0].id]
        destination = Access(buffer, *next(affine)) if fixed else Access(buffer, offset, dense)
        runs, term = [], 0
        for count, sides in shape:
            accesses = []
            for side, (source, step) in enumerate(sides):
                if source:
                    accesses.append(Access(source, *next(affine), step))
                    continue
                first = term * width + side
                last = (term + count) * width
                numbers = [memory.constants[x] for op in members for x in op.operands[first:last:width]]
                if len({repr(number) for number in numbers}) == 1:
                    accesses.append(Access("", 0, (0,) * len(dims), 0, numbers[0]))
                else:
                    accesses.append(Access("c", memory.pool(numbers), tuple([count * s for s in dense]), 1))
            runs.append((count, tuple(accesses)))
            term += count
        items.append(LoopNest(row, dims, destination, tuple(runs), members))
    return items


Box = tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[int, ...], ...]]  # dims, first row, strides along each dim


def _boxes(rows: list[tuple[int, ...]]) -> list[Box]:
    """Split rows of offsets into affine boxes: row[i, j, ...] = first + i * stride_i + j * stride_j + ..., in order."""
    boxes: list[Box] = [((), row, ()) for row in rows]
    while True:
        merged: list[Box] = []
        start = 0
        while start < len(boxes):
            end, step = _equal_steps(boxes, start)
            if end == start + 2 and _equal_steps(boxes, start + 1)[0] > end + 1:
                end = start + 1  # two have a common stride by chance: the second belongs to the next box
            dims, first, steps = boxes[start]
            merged.append(((end - start, *dims), first, (step, *steps)) if end > start + 1 else boxes[start])
            start = end
        if len(merged) == len(boxes):
            return merged
        boxes = merged


def _equal_steps(boxes: list[Box], start: int) -> tuple[int, tuple[int, ...]]:
    """The end of a run of boxes of one form that are a constant stride apart, and this stride."""
    dims, row, steps = boxes[start]
    end = start + 1
    if end == len(boxes) or boxes[end][0] != dims or boxes[end][2] != steps:
        return end, ()
    step = tuple([b - a for a, b in zip(row, boxes[end][1], strict=True)])
    while end < len(boxes):
        row = tuple([a + b for a, b in zip(row, step, strict=True)])
        if boxes[end] != (dims, row, steps):
            break
        end += 1
    return end, step


@final
class Schedule:
    """Items in topological order, otherwise as they were traced."""

    def __init__(self, items: list[Scheduled], arrays: dict[int, int]) -> None:
        self.items, self.arrays = items, arrays
        self.members: list[tuple[Op, ...]] = [(x,) if isinstance(x, Op) else x.members for x in items]
        self.unread = [chain.from_iterable([op.operands for op in ops]) for ops in self.members]  # by `take`
        self.missing = {op.id for ops in self.members for op in ops}
        self.waiting: dict[int, list[int]] = {}  # items, by a value that they wait for
        self.ready: list[tuple[int, int]] = []
        self.ordered: list[Scheduled] = []
        for _, index in sorted([(ops[0].id, index) for index, ops in enumerate(self.members)]):
            self.take(index)
            while self.ready:
                self.take(heapq.heappop(self.ready)[1])

    def take(self, index: int) -> None:
        """The next item; or it waits, for the value of an item that comes later.

        An item that waited goes on after the operand that it waited for, as no value becomes missing again.
        """
        missing, arrays = self.missing, self.arrays
        for x in self.unread[index]:
            source = arrays.get(x, x) if arrays else x
            if source in missing:
                self.waiting.setdefault(source, []).append(index)
                return
        self.ordered.append(self.items[index])
        for op in self.members[index]:
            missing.remove(op.id)
            for waits in self.waiting.pop(op.id, ()):
                heapq.heappush(self.ready, (self.members[waits][0].id, waits))
