"""The items of a stage, loops and instructions, as functions that LLVM can compile in little time.

The time that LLVM takes grows faster than a function does, so long sections are cut; a value that another function
needs goes through memory. What optimization is good for are loops: many instructions without a loop run nearly as fast
without it, and compile in a quarter of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from .emitters import Rows
from .fusion import Op
from .ir_text import Function
from .loops import Writer, fused
from .plan import Plan, Stage
from .rerolling import Nest, Place

PART = 1200  # lines, about, after which a section goes on in another function
STRAIGHT = 400  # lines, about, without a loop, that are not worth optimizing

Items = Sequence[Op | list[Nest]]


class Written(NamedTuple):
    """A function, and whether it is worth optimizing."""

    function: Function
    optimized: bool


def write_section(
    items: Sequence[Op | Nest], stage: Stage, batched: bool, plan: Plan, rows: Rows, new: Callable[[int], Function]
) -> list[Written]:
    """The functions that compute the items, to be called one after the other; `new(k)` begins the k-th."""
    parts = _cut(fused(items, batched))
    places = {**plan.places, **stage.places} if batched else plan.places
    stored = _stored(parts, places, plan.shared)
    written = []
    for k, (optimized, part) in enumerate(parts):
        f = new(k)
        writer = Writer(f, rows, batched, places, plan.constants)
        for item in part:
            if isinstance(item, list):
                writer.nests(item, [any(op.id in stored for op in nest.members) for nest in item])
            else:
                writer.op(item, item.id in stored)
        written.append(Written(f, optimized))
    return written


def _cut(items: Items) -> list[tuple[bool, Items]]:
    """The items as functions, and whether these are optimized; many instructions in a row stand apart from loops."""
    parts: list[tuple[bool, list[Op | list[Nest]]]] = []
    full = True
    for looped, group in groupby(items, lambda item: isinstance(item, list)):
        run = list(group)
        apart = not looped and sum([_lines(item) for item in run]) >= STRAIGHT
        full = full or apart
        for item in run:
            if full:
                parts.append((not apart, []))
                lines = 0
            parts[-1][1].append(item)
            lines += _lines(item)
            full = lines >= PART
        full = full or apart
    return [*parts]


def _lines(item: Op | list[Nest]) -> int:
    """How many lines an item takes, about."""
    return 80 * len(item) if isinstance(item, list) else 3 + 4 * item.terms()


def _stored(parts: Sequence[tuple[bool, Items]], places: dict[int, Place], shared: set[int]) -> set[int]:
    """The values that go through memory: all that are read outside of their function, or of their loop."""
    maker: dict[int, object] = {}  # the loop or function that a value is made in
    readers: list[tuple[object, list[Op]]] = []
    for k, (_, part) in enumerate(parts):
        for j, item in enumerate(part):
            here: object = (k, j) if isinstance(item, list) else k
            members = [op for nest in item for op in nest.members] if isinstance(item, list) else [item]
            maker |= {op.id: here for op in members}
            readers.append((here, members))
    stored = {id for id in maker if places[id][0] not in ("s", "t") or id in shared}
    for here, members in readers:
        stored.update([x for op in members for x in op.operands if x in maker and maker[x] != here])
    return stored
