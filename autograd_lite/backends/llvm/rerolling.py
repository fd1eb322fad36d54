"""A program as loops: the second step of the llvm back end.

A traced program is straight-line: a layer of 30 neurons is 30 `dot` instructions, its gradient 23,550 `mul`. `roll`
collects instructions of the same row whose operands lie a constant step apart in memory, and calls them a `Nest`: a
loop, or loops in loops. Where results live is chosen here too, so that the results of one nest lie as the next one
reads them. What belongs to no nest stays an `Op`, one instruction.

Floor: above `simplify`, below `plan`. Knows rows by name only.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from math import prod
from typing import Any, NamedTuple, Protocol

from .fusion import TERM, Op

SMALLEST = 16  # operations that are worth a loop

Place = tuple[str, int]  # where a value lives: a space (an array, see `plan`) and an offset in it


class Column(NamedTuple):
    """One operand of a nest: the place of its first element, and its step along each loop of the nest.

    `step` is the step along the terms of a reduction. `constant` says that every element is this number.
    """

    space: str
    base: int
    strides: tuple[int, ...]
    step: int = 0
    constant: float | None = None


class Nest(NamedTuple):
    """Loops `dims`, outermost first, around one instruction; `members` are its instances in order of the loops.

    A reduction has runs of terms, each a loop as well: (number of terms, the columns of a term). Any other
    instruction is one run of one term.
    """

    row: str
    dims: tuple[int, ...]
    destination: Column
    runs: tuple[tuple[int, tuple[Column, ...]], ...]
    members: tuple[Op, ...]


class Memory(Protocol):
    """What `roll` has to know of memory, and changes."""

    places: dict[int, Place]  # of operands, and of results that must have a certain place
    constants: dict[int, float]  # values that live nowhere

    def home(self, op: Op) -> str:
        """The space of a result that may live anywhere."""

    def allocate(self, space: str, count: int) -> int:
        """The offset of so many new places in a row."""

    def pool(self, numbers: list[float]) -> int:
        """The offset of constants in a row, in the space "c"."""


def roll(ops: Iterable[Op], memory: Memory, smallest: int = SMALLEST) -> list[Op | Nest]:
    """The instructions as nests and leftovers, in an order in which they can run; their results get places.

    Instructions may share a nest when none waits for another, that is, on one level of the graph.
    """
    levels: dict[int, int] = {}
    waiting: defaultdict[int, list[Op]] = defaultdict(list)
    for op in ops:
        level = 0
        for x in op.operands:
            if x in levels and levels[x] > level:
                level = levels[x]
        levels[op.id] = level + 1
        waiting[level].append(op)
    items: list[Op | Nest] = []
    for level in sorted(waiting):
        groups: defaultdict[Any, list[tuple[tuple[int, ...], Op]]] = defaultdict(list)
        for op in waiting[level]:
            signature, offsets = _describe(op, memory)
            groups[signature].append((offsets, op))
        for (fixed, space, _, *shape), group in groups.items():
            group.sort()
            if not fixed:
                start = memory.allocate(space, len(group))
                for offset, (_, op) in enumerate(group, start):
                    memory.places[op.id] = (space, offset)
            if len(group) == 1 and group[0][1].terms() < smallest:
                items.append(group[0][1])
            else:
                items += _nests(group, fixed, shape, memory, smallest)
    return _in_order(items)


Run = tuple[int, tuple[tuple[str, int], ...]]  # the number of terms, and each operand's space ("" if constant) and step


def _describe(op: Op, memory: Memory) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """What an instruction must share with the others of its nest, and the offsets in which it may differ."""
    offsets: list[int] = []
    if op.id in memory.places:
        space, offset = memory.places[op.id]
        offsets.append(offset)
        start = (True, space)
    else:
        start = (False, memory.home(op))
    places = [("", 0) if x in memory.constants else memory.places[x] for x in op.operands]
    if op.row not in TERM:
        offsets += [offset for space, offset in places if space]
        return (*start, op.row, (1, tuple([(space, 0) for space, _ in places]))), tuple(offsets)
    width = TERM[op.row]
    sides = [places[side::width] for side in range(width)]
    runs: list[Run] = []
    begin, terms = 0, len(sides[0])
    while begin < terms:
        end = begin + 1
        firsts = [side[begin] for side in sides]
        steps = [0] * width
        if end < terms and all(side[end][0] == side[begin][0] for side in sides):
            steps = [side[end][1] - side[begin][1] for side in sides]
            end = min([_run(side, begin, step) for side, step in zip(sides, steps, strict=True)])
        runs.append((end - begin, tuple([(space, step) for (space, _), step in zip(firsts, steps, strict=True)])))
        offsets += [offset for space, offset in firsts if space]
        begin = end
    return (*start, op.row, *runs), tuple(offsets)


def _run(places: list[Place], begin: int, step: int) -> int:
    """The end of the run of places in steps."""
    space, offset = places[begin]
    for end in range(begin + 1, len(places)):
        offset += step
        if places[end] != (space, offset):
            return end
    return len(places)


def _nests(
    group: list[tuple[tuple[int, ...], Op]], fixed: bool, shape: list[Run], memory: Memory, smallest: int
) -> list[Op | Nest]:
    """Cut a group of instructions that look alike into nests and into those that are not worth a loop."""
    row = group[0][1].row
    width = TERM.get(row, len(group[0][1].operands))
    terms = sum([count for count, _ in shape])
    items: list[Op | Nest] = []
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
        moving = zip(base, strides, strict=True)
        space, offset = memory.places[members[0].id]
        destination = Column(space, *next(moving)) if fixed else Column(space, offset, dense)
        runs = []
        term = 0
        for count, sides in shape:
            columns = []
            for side, (source, step) in enumerate(sides):
                if source:
                    columns.append(Column(source, *next(moving), step))
                    continue
                first = term * width + side
                last = (term + count) * width
                numbers = [memory.constants[x] for op in members for x in op.operands[first:last:width]]
                if len({repr(number) for number in numbers}) == 1:
                    columns.append(Column("", 0, (0,) * len(dims), 0, numbers[0]))
                else:
                    columns.append(Column("c", memory.pool(numbers), tuple([count * s for s in dense]), 1))
            runs.append((count, tuple(columns)))
            term += count
        items.append(Nest(row, dims, destination, tuple(runs), members))
    return items


Box = tuple[tuple[int, ...], tuple[int, ...], tuple[tuple[int, ...], ...]]  # dims, first row, the step along each dim


def _boxes(rows: list[tuple[int, ...]]) -> list[Box]:
    """Cut a list of rows into boxes: row[i, j, ...] = first + i * step_i + j * step_j + ..., in order."""
    boxes: list[Box] = [((), row, ()) for row in rows]
    while True:
        merged: list[Box] = []
        start = 0
        while start < len(boxes):
            end, step = _equal_steps(boxes, start)
            if end == start + 2 and _equal_steps(boxes, start + 1)[0] > end + 1:
                end = start + 1  # two are in step by chance: the second belongs to those behind it
            dims, first, steps = boxes[start]
            merged.append(((end - start, *dims), first, (step, *steps)) if end > start + 1 else boxes[start])
            start = end
        if len(merged) == len(boxes):
            return merged
        boxes = merged


def _equal_steps(boxes: list[Box], start: int) -> tuple[int, tuple[int, ...]]:
    """The end of a run of like boxes that are a constant step apart, and this step."""
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


def _in_order(items: list[Op | Nest]) -> list[Op | Nest]:
    """The items in an order in which each runs after what it reads, otherwise as they were traced."""
    members = [(item,) if isinstance(item, Op) else item.members for item in items]
    maker = {op.id: index for index, ops in enumerate(members) for op in ops}
    users: list[list[int]] = [[] for _ in items]
    missing = []
    for index, ops in enumerate(members):
        needs = {maker[x] for op in ops for x in op.operands if x in maker}
        missing.append(len(needs))
        for need in needs:
            users[need].append(index)
    keys = [ops[0].id for ops in members]
    ready = [(keys[index], index) for index, count in enumerate(missing) if not count]
    heapq.heapify(ready)
    ordered = []
    while ready:
        _, index = heapq.heappop(ready)
        ordered.append(items[index])
        for user in users[index]:
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, (keys[user], user))
    return ordered
