"""Loop re-rolling: the second step of the llvm back end.

A traced program is straight-line code: a layer of 30 neurons is 30 `dot` instructions, its gradient 23,550 `mul`.
`reroll` groups instructions of the same row whose operands are a constant stride apart in memory into a `LoopNest`.
The locations of results are chosen here too, so that the results of one nest are contiguous where the next one reads
them. An instruction that fits into no nest stays an `Op`.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from math import prod
from typing import Any, NamedTuple, Protocol

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


class Memory(Protocol):
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


def reroll(ops: Iterable[Op], memory: Memory, smallest: int = SMALLEST) -> list[Scheduled]:
    """Loop nests and single instructions in a schedule that respects dependences; their results get locations.

    The instances of a nest are independent: they are on one level of the graph.
    """
    levels: dict[int, int] = {}
    by_level: defaultdict[int, list[Op]] = defaultdict(list)
    sources = memory.sources
    for op in ops:
        level = 0
        for x in op.operands:
            found = levels.get(sources.get(x, x) if sources else x, 0)
            if found > level:
                level = found
        levels[op.id] = level + 1
        by_level[level].append(op)
    items: list[Scheduled] = []
    for level in sorted(by_level):
        alike: defaultdict[tuple[Primitive, int], list[Op]] = defaultdict(list)
        for op in by_level[level]:
            alike[op.row, len(op.operands)].append(op)
        for some in alike.values():
            if len(some) * some[0].terms() < smallest:
                items += some
                free = [op for op in some if op.id not in memory.locations]
                if len(free) > 1:  # in the order of what they read, as what reads them may be a nest
                    free.sort(key=lambda op: [memory.locations.get(x, NOWHERE) for x in op.operands])
                for op in free:
                    buffer = memory.buffer_of(op)
                    memory.locations[op.id] = (buffer, memory.allocate(buffer, 1))
            else:
                items += _rolled(some, memory, smallest)
    return _scheduled(items, sources)


def _rolled(ops: list[Op], memory: Memory, smallest: int) -> list[Scheduled]:
    """Independent instructions of one row as nests, and what is left."""
    groups: defaultdict[Any, list[tuple[tuple[int, ...], Op]]] = defaultdict(list)
    for op in ops:
        signature, offsets = _describe(op, memory)
        groups[signature].append((offsets, op))
    items: list[Scheduled] = []
    for (fixed, buffer, _, *shape), group in groups.items():
        group.sort()
        if not fixed:
            start = memory.allocate(buffer, len(group))
            for offset, (_, op) in enumerate(group, start):
                memory.locations[op.id] = (buffer, offset)
        if len(group) * group[0][1].terms() < smallest:
            items += [op for _, op in group]
        else:
            items += _nests(group, fixed, shape, memory, smallest)
    return items


Run = tuple[int, tuple[tuple[str, int], ...]]  # the number of terms, each operand's buffer ("" if constant) and step


def _describe(op: Op, memory: Memory) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """The signature that is common to the instructions of a nest, and the offsets in which they may differ."""
    offsets: list[int] = []
    if op.id in memory.locations:
        buffer, offset = memory.locations[op.id]
        offsets.append(offset)
        start = (True, buffer)
    else:
        start = (False, memory.buffer_of(op))
    if op.row.payload is not None:
        return (*start, op.id), (0,)  # an instruction that no other one is like
    width = term_width(op.row)
    if not width:
        sides: list[tuple[str, int]] = []
        for x in op.operands:
            if x in memory.constants:
                sides.append(NOWHERE)
            else:
                buffer, offset = memory.locations[x]
                sides.append((buffer, 0))
                offsets.append(offset)
        return (*start, op.row, (1, tuple(sides))), tuple(offsets)
    locations = [NOWHERE if x in memory.constants else memory.locations[x] for x in op.operands]
    columns = [locations[side::width] for side in range(width)]
    runs: list[Run] = []
    begin, terms = 0, len(columns[0])
    while begin < terms:
        firsts = [column[begin] for column in columns]
        end, steps = begin + 1, [0] * width
        if end < terms and all(column[end][0] == column[begin][0] for column in columns):
            steps = [column[end][1] - column[begin][1] for column in columns]
            end = min([_run(column, begin, step) for column, step in zip(columns, steps, strict=True)])
        runs.append((end - begin, tuple([(buffer, step) for (buffer, _), step in zip(firsts, steps, strict=True)])))
        offsets += [offset for buffer, offset in firsts if buffer]
        begin = end
    return (*start, op.row, *runs), tuple(offsets)


def _run(locations: list[Location], begin: int, step: int) -> int:
    """The end of the run of locations that are `step` apart."""
    buffer, offset = locations[begin]
    for end in range(begin + 1, len(locations)):
        offset += step
        if locations[end] != (buffer, offset):
            return end
    return len(locations)


def _nests(
    group: list[tuple[tuple[int, ...], Op]], fixed: bool, shape: list[Run], memory: Memory, smallest: int
) -> list[Scheduled]:
    """Split a group of instructions of one signature into nests and those that are not worth a loop."""
    row = group[0][1].row
    width = term_width(row) or len(group[0][1].operands)
    terms = sum([count for count, _ in shape])
    items: list[Scheduled] = []
    done = 0
    for dims, base, steps in _boxes([offsets for offsets, _ in group]):
        size = prod(dims)
        members = tuple([op for _, op in group[done : done + size]])
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


def _scheduled(items: list[Scheduled], arrays: dict[int, int]) -> list[Scheduled]:
    """The items in topological order, otherwise as they were traced."""
    members = [(item,) if type(item) is Op else item.members for item in items]  # type: ignore[union-attr]
    keys = [ops[0].id for ops in members]
    missing = {op.id for ops in members for op in ops}
    waiting: defaultdict[int, list[int]] = defaultdict(list)  # items, by a value that they wait for
    ready: list[tuple[int, int]] = []
    ordered: list[Scheduled] = []

    def take(index: int) -> None:
        """The next item; or it waits, for the value of an item that comes later."""
        for op in members[index]:
            if not missing.isdisjoint(op.operands):
                waiting[next(x for x in op.operands if x in missing)].append(index)
                return
            for x in op.operands if arrays else ():
                if arrays.get(x, x) in missing:
                    waiting[arrays[x]].append(index)
                    return
        ordered.append(items[index])
        for op in members[index]:
            missing.remove(op.id)
            if op.id in waiting:
                for waits in waiting.pop(op.id):
                    heapq.heappush(ready, (keys[waits], waits))

    for _, index in sorted(zip(keys, range(len(keys)), strict=True)):
        take(index)
        while ready:
            take(heapq.heappop(ready)[1])
    return ordered
