"""Runs of numbers of an array among the results of a program: copied in one loop, not by an instruction each."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from autograd_lite.program.payloads import Item
from autograd_lite.program.program import Program

FEW = 16


class CopiedRun(NamedTuple):
    """Numbers of an array from `first` on, which a result has from number `offset` on."""

    result: int
    offset: int
    array: int
    first: int
    values: tuple[int, ...]


class Copy(NamedTuple):
    """The payload of an instruction that copies numbers of an array, its operand, to a result."""

    result: int
    offset: int
    first: int
    length: int


def runs_of(program: Program) -> list[CopiedRun]:
    """The runs of numbers that are nothing but results."""
    found: list[CopiedRun] = []
    if not any(isinstance(row.payload, Item) for row in program.rows):
        return found
    uses: dict[int, int] = {}
    for _, operands, _ in program.instructions:
        for x in operands:
            uses[x] = uses.get(x, 0) + 1
    for result in program.results:
        for x in result.values:
            uses[x] = uses.get(x, 0) + 1
    for k, result in enumerate(program.results):
        places = [array_place(program, x) if uses[x] == 1 and not result.batched else None for x in result.values]
        start = 0
        # in a run, the array and the distance of both places stay the same
        keys = [None if place is None else (place[0], place[1] - i) for i, place in enumerate(places)]
        for key, group in groupby(keys):
            count = len(list(group))
            if key is not None and count > FEW:
                array, distance = key
                found.append(CopiedRun(k, start, array, start + distance, result.values[start : start + count]))
            start += count
    return found


def array_place(program: Program, x: int) -> tuple[int, int] | None:
    """The array that a value is a number of, and its place there."""
    if x < program.size:
        return None
    row, operands, _ = program.instructions[x - program.size]
    return (operands[0], row.payload.offset) if isinstance(row.payload, Item) else None
