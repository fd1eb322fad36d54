"""The loop nests and instructions of a stage as functions that LLVM compiles in little time.

LLVM's time is superlinear in the size of a function, so long sections are split; a value that another function reads
goes through memory. Loops profit from optimization; long straight-line code runs nearly as fast without it, and
compiles in a quarter of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from .emitters import Emitter
from .fusion import Op
from .ir_text import Function
from .nest_writing import SectionWriter, fuse_loops
from .plan import ProgramPlan, Stage
from .rerolling import Location, LoopNest, Scheduled

PART = 1200  # lines, about, after which a section is continued in another function
MUCH = 4096  # instances of instructions
STRAIGHT = 400  # lines, about, of straight-line code that are not worth optimizing

Items = Sequence[Op | list[LoopNest]]


def write_section(
    items: Sequence[Scheduled],
    stage: Stage,
    batched: bool,
    plan: ProgramPlan,
    emitter: Emitter,
    new: Callable[[int], Function],
) -> list[tuple[Function, bool]]:
    """The functions that compute the items, and whether each is worth optimizing; `new(k)` begins the k-th."""
    parts = _split(fuse_loops(items, 0 if batched else plan.lanes))
    locations = {**plan.locations, **stage.locations} if batched else plan.locations
    stored = _stored(parts, locations, plan.shared)
    loops = stage.loops if batched else plan.loops
    arrays = {**plan.arrays, **stage.arrays} if batched else plan.arrays
    kernels = stage.kernels if batched else plan.kernels
    written = []
    for k, (optimized, part) in enumerate(parts):
        f = new(k)
        writer = SectionWriter(f, emitter, batched, locations, plan.constants, loops, arrays, kernels)
        for item in part:
            if isinstance(item, list):
                writer.nests(item, [any(op.id in stored for op in nest.members) for nest in item])
            else:
                writer.op(item, item.id in stored)
        # beside loops, what runs once is worth the time only where it is much
        written.append((f, optimized and (emitter.lengths is None or _work(part) >= MUCH)))
    return written


def _split(items: Items) -> list[tuple[bool, Items]]:
    """The items of each function, and whether it is optimized: long straight-line code is kept apart from loops."""
    parts: list[tuple[bool, list[Op | list[LoopNest]]]] = []
    full = True
    for looped, group in groupby(items, lambda item: isinstance(item, list)):
        run = [*group]
        lengths = [80 * len(item) if isinstance(item, list) else 3 + 4 * item.terms() for item in run]
        apart = not looped and sum(lengths) >= STRAIGHT
        full = full or apart
        for item, count in zip(run, lengths, strict=True):
            if full:
                parts.append((not apart, []))
                lines = 0
            parts[-1][1].append(item)
            lines += count
            full = lines >= (4 * PART if apart else PART)  # LLVM is quicker with what it does not optimize
        full = full or apart
    return [*parts]


def _work(items: Items) -> int:
    return sum([nest.members[0].terms() * len(nest.members) for x in items if isinstance(x, list) for nest in x])


def _stored(parts: Sequence[tuple[bool, Items]], locations: dict[int, Location], shared: set[int]) -> set[int]:
    """The values that go through memory: those that are live outside of their function, or of their loop."""
    stored: set[int] = set()
    for _, part in parts:
        groups: list[list[Op]] = [[item for item in part if isinstance(item, Op)]]
        groups += [[op for nest in item for op in nest.members] for item in part if isinstance(item, list)]
        for members in groups:
            own = {op.id for op in members}
            stored |= {x for op in members for x in op.operands} - own
            stored.update([id for id in own if id in shared or locations[id][0] not in ("s", "t")])
    return stored
