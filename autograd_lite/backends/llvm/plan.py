"""Memory layout and schedule: what the llvm back end decides before it writes IR.

A program runs in stages. Stage s computes the unbatched values that depend on s batch sums, one after the other; then,
in one pass over the samples, the batched operands of the sums of stage s + 1, and these sums. A batched value that two
stages need is recomputed: so no live range is longer than a block of samples.

Buffers; a vector holds a value for 8 samples:

    a0, a1, ...   unbatched arguments                               numbers
    r0, r1, ...   unbatched results                                 numbers
    s             other unbatched values                            numbers
    m             arrays of numbers, and the work of loops          numbers
    c             constants that loops read                         numbers
    x0, x1, ...   batched arguments, transposed, in t or k          vectors
    o0, o1, ...   batched results, to be transposed, in t           vectors
    t             the tile: other batched values                    vectors
    v             arrays in the tile, and the work of loops there   vectors
    w             accumulators of batch sums between one part of a block and the next
    k             the batched values that batch sums read: as many tiles as a part of a block has
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_lite.backends.batch_order import LANES
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.core.table import identity
from autograd_lite.program.gathers import Gather, Gathers, Scatter
from autograd_lite.program.payloads import Item, Kernel, Loop, Numbers, ProductTable, Stack, Whole, row_of
from autograd_lite.program.program import Program

from .arrays_of_loops import ArrayLayout, is_over_lanes, over_samples
from .batch_sums import kept_factors, kernel_of
from .fusion import Fusion, Op
from .ir_text import VECTOR
from .rerolling import SMALLEST, Access, Location, LoopNest, Scheduled, reroll
from .result_copies import Copy, runs_of


class LoopLayout(NamedTuple):
    """What a loop has beside its array, by offsets in its buffer, and the plan of its body.

    In `s`: the shared numbers (for a loop over samples, those that are the same for all of them). Then in the buffer of
    the array: x, or the tile of the body and its arrays; and the numbers of the body and its arrays.
    """

    name: str
    plan: ProgramPlan
    shared: int
    work: int
    scratch: int


class KernelLayout(NamedTuple):
    """Where a kernel reads and writes, and what it needs beside its array, by an offset in the same buffer.

    That is room for its work; one that differs from sample to sample runs for one sample after the other, on numbers
    that are copied there: its operands that have samples, and its result.
    """

    arrays: list[ArrayLayout]
    kernel: Kernel
    work: int


class Stage(NamedTuple):
    """Unbatched loops and instructions; then the pass over the samples: those, its sums, the results that it stores."""

    unbatched: list[Scheduled]
    batched: list[Scheduled]
    sums: list[LoopNest]
    results: list[int]
    buffers: dict[str, tuple[str, int]]  # where in t or k the x and o buffers are
    tile: int  # vectors of t
    arrays_in_tile: int  # vectors of v
    kept: int  # vectors of k for every 8 samples
    locations: dict[int, Location]  # of the values in t and k
    summed: dict[str, list[int]]  # the offsets of the sums, by buffer
    arrays: dict[int, ArrayLayout]  # in the tile
    loops: dict[int, LoopLayout]
    kernels: dict[int, KernelLayout]

    @property
    def passes(self) -> bool:
        """Whether there is anything to do for the samples."""
        return bool(self.sums or self.results)


class AffineRun(NamedTuple):
    """Values in a row, from number `first` on, a constant distance apart in memory."""

    first: int
    length: int
    place: Location
    distance: int


def affine_runs(places: Sequence[Location]) -> list[AffineRun]:
    found: list[AffineRun] = []
    first = 0
    while first < len(places):
        end, (buffer, offset), distance = first + 1, places[first], 1
        if end < len(places):
            distance = places[end][1] - offset
            while end < len(places) and places[end] == (buffer, offset + (end - first) * distance):
                end += 1
        found.append(AffineRun(first, end - first, places[first], distance))
        first = end
    return found


class BodyPlan(NamedTuple):
    """The plan of a body, for all loops that run it, and how many shared numbers are the same for all samples."""

    plan: ProgramPlan
    same: int
    program: Program


class ProgramPlan:
    """The stages of a program, and the locations of its values."""

    def __init__(
        self,
        program: Program,
        name: str = "",
        bodies: dict[Any, BodyPlan] | None = None,
        pooled: list[float] | None = None,
        lanes: int = LANES,
    ) -> None:
        self.name, self.lanes = name, lanes
        core, self.places = program.core(), program.places()
        self.tables = [table.with_factors(core.results) for table in program.tables]
        self.factors = {x for table in self.tables for x in (*table.outer, *table.inner)}
        count = len(program.shapes())
        self.program = core if not self.tables else Program(core.arguments, core.instructions, core.results[:count])
        self.bodies: dict[Any, BodyPlan] = {} if bodies is None else bodies
        self.pooled: list[float] = [] if pooled is None else pooled  # the buffer c, of all bodies too
        self.inputs = program.size
        runs = [] if name or self.tables else runs_of(program)
        self.copied = {x for run in runs for x in run.values}  # numbers of arrays that are results
        fusion = Fusion(core, self.copied)
        self.ops, self.constants = fusion.ops, fusion.constants
        self.batched, self.stage = fusion.batched, fusion.stage
        self.argument_sizes = [argument.size for argument in program.arguments]
        self.result_sizes = [size for size, _ in program.shapes()]
        self.sizes = {"s": 0, "m": 0, "t": 0, "v": 0, "k": 0}
        self.kept: set[int] = set()  # values that batch sums read
        self.locations: dict[int, Location] = {}
        named = [x for op in self.ops.values() for x in op.operands] + [x for r in core.results for x in r.values]
        read, first = sorted({x for x in named if 0 <= x < program.size}, reverse=True), 0
        for index, argument in enumerate(program.arguments):
            whole = bool(name) and 3 <= index < len(program.arguments) - 1  # an array that stays where it is
            buffer = f"{('b' if whole else 'x') if argument.batched else 'a'}{index}"
            first += argument.size
            while read and read[-1] < first:
                x = read.pop()
                self.locations[x] = (buffer, x - first + argument.size)
        for run in runs:
            id = self._value(run.array)
            self.batched[id] = False
            row = row_of(Copy(run.result, run.offset, run.first, len(run.values)))  # type: ignore[arg-type]
            self.ops[id] = Op(id, row, (run.array,))
        self.arrays: dict[int, ArrayLayout] = {}
        self.loops: dict[int, LoopLayout] = {}
        self.kernels: dict[int, KernelLayout] = {}
        self.sources: dict[int, int] = {}  # the arrays that hold values which are read where they are
        self.read = self._carries_read()
        for op in [op for op in self.ops.values() if op.row.payload is not None and not self.batched[op.id]]:
            self._locate_array(op, "s", self.arrays, self.loops, f"{name}loop{len(self.loops)}.")
            self._locate_kernel(op, self.arrays, self.kernels)
        self._prepare_sums()
        self._locate_results()
        self._locate_sums()
        self.shared = {  # unbatched values that another stage or the samples read
            x
            for op in self.ops.values()
            for x in op.operands
            if x in self.ops and not self.batched[x] and (self.batched[op.id] or self.stage[x] != self.stage[op.id])
        }
        self.stage_count = 0
        self.stages = self._stages()

    # `rerolling.MemoryLayout`

    def buffer_of(self, op: Op) -> str:
        if not self.batched[op.id]:
            return "s"
        return "k" if op.id in self.kept else "t"

    def allocate(self, buffer: str, count: int) -> int:
        start = self.sizes[buffer]
        self.sizes[buffer] += count
        return start

    def _aligned(self, count: int) -> int:
        """So many numbers in `m`, which begin where a vector may."""
        self.sizes["m"] = self.padded(self.sizes["m"])
        return self.allocate("m", count)

    def pool(self, numbers: list[float]) -> int:
        self.pooled += numbers
        return len(self.pooled) - len(numbers)

    # fixed locations

    def _locate_array(
        self, op: Op, buffer: str, arrays: dict[int, ArrayLayout], loops: dict[int, LoopLayout], name: str
    ) -> None:
        """The place of an array, if the instruction makes one, and what a loop needs beside it."""
        id, payload = op.id, op.row.payload
        room = "m" if buffer == "s" else "v"
        if isinstance(payload, Whole):
            of_samples = self.program.arguments[payload.argument].batched  # vectors, in the body of a loop
            arrays[id] = ArrayLayout(f"{'b' if of_samples else 'a'}{payload.argument}", payload.first)
        elif isinstance(payload, Numbers):
            arrays[id] = ArrayLayout("c", self.pool(list(payload.numbers)))
        elif isinstance(payload, Stack | Gathers | Scatter | Kernel):
            arrays[id] = ArrayLayout(room, self.allocate(room, payload.size))
        elif isinstance(payload, Loop):
            folded = id not in self.read
            size = payload.size - (payload.length - 1) * payload.carries * folded
            start = self.allocate(room, max(size, 2 * payload.carries))
            arrays[id] = ArrayLayout(room, start, payload.carries, payload.length, folded)
            if is_over_lanes(payload, buffer, self.lanes):
                plan, same, _ = self._body(payload, name, (False,) * len(op.operands))
                shared = self.allocate("s", same)
                work, scratch = [self._aligned(n) for n in (self.lanes * plan.vectors, plan.numbers)]
            elif buffer == "s":
                plan = self._body(payload, name, ()).plan
                count = len(op.operands) - payload.carries - payload.arrays
                shared, work = self.allocate("s", count), self.allocate("m", len(payload.columns))
                scratch = self._aligned(plan.numbers)
            else:
                plan, same, _ = self._body(payload, name, tuple([bool(self.batched[x]) for x in op.operands]))
                shared = self.allocate("s", same)
                work, scratch = [self.allocate("v", n) for n in (plan.vectors, -(-plan.numbers // self.lanes))]
            loops[id] = LoopLayout(name, plan, shared, work, scratch)
        else:
            return
        self.locations[id] = arrays[id][:2]
        if isinstance(payload, Whole | Numbers):
            del self.ops[id]

    def _locate_kernel(self, op: Op, arrays: dict[int, ArrayLayout], kernels: dict[int, KernelLayout]) -> None:
        """What a kernel reads, and room for its work."""
        payload = op.row.payload
        if isinstance(payload, Kernel):
            read = [self.arrays.get(x) or arrays[x] for x in op.operands]
            room = sum(payload.kernel.work(*payload.sizes))
            buffer = arrays[op.id].buffer
            if buffer == "v":
                counts = zip(read, payload.kernel.inputs(*payload.sizes), strict=True)
                room += payload.size + sum([count for array, count in counts if array.type == VECTOR])
                room = -(-room // self.lanes)
            kernels[op.id] = KernelLayout([arrays[op.id], *read], payload, self.allocate(buffer, room))

    def _body(self, loop: Loop, name: str, batched: tuple[bool, ...]) -> BodyPlan:
        """The plan of the body of a loop; where operands are of each sample, of its body over samples."""
        key = id(loop.body), batched
        if key not in self.bodies:
            body, same = over_samples(loop, batched) if batched else (loop.body, 0)
            self.bodies[key] = BodyPlan(ProgramPlan(body, name, self.bodies, self.pooled, self.lanes), same, loop.body)
        return self.bodies[key]

    def _with_copies(
        self, ops: list[Op], arrays: dict[int, ArrayLayout], loops: dict[int, LoopLayout]
    ) -> tuple[list[Op], list[Op]]:
        """The instructions, where what arrays are made of is copied to its place, and read from there.

        Copies of what all samples share come apart: once is enough.
        """
        found: list[Op] = []
        once: list[Op] = []
        for op in ops:
            payload = op.row.payload
            if payload is None:
                found.append(op)
                continue
            if isinstance(payload, Item):
                array = self.arrays.get(op.operands[0]) or arrays[op.operands[0]]
                place = self._value(op.id)
                self.locations[place] = (array.buffer, array.place(payload.offset))
                self.sources[place] = op.operands[0]
                op = Op(op.id, identity, (place,))
            elif not isinstance(payload, Gather | Gathers | Scatter | Kernel | Copy):
                own, m = arrays[op.id], payload.carries if isinstance(payload, Loop) else len(op.operands)
                places: list[tuple[int, Location]] = [
                    (x, (own.buffer, own.offset + i)) for i, x in enumerate(op.operands[:m])
                ]
                if isinstance(payload, Loop):
                    places += self._shared_places(op, payload, loops[op.id])
                copies = []
                for x, (buffer, offset) in places:
                    copy = self._value(op.id)
                    self.batched[copy] = buffer not in ("s", "m")
                    self.locations[copy] = (buffer, offset)
                    self.shared.add(copy)  # a loop reads it
                    (found if self.batched[copy] == self.batched[op.id] else once).append(Op(copy, identity, (x,)))
                    copies.append(copy)
                op = Op(op.id, op.row, (*op.operands, *copies))
            found.append(op)
        return found, once

    def _shared_places(self, op: Op, loop: Loop, layout: LoopLayout) -> list[tuple[int, Location]]:
        """Where the body of a loop finds the numbers that all steps share."""
        shared = op.operands[loop.carries + loop.arrays :]
        if not self.batched[op.id]:
            return [(x, ("s", layout.shared + i)) for i, x in enumerate(shared)]
        same = [x for x in shared if not self.batched[x]]
        _, own = layout.plan.stages[0].buffers.get(f"x{3 + len(loop.whole)}", ("", -1))
        differ = [x for x in shared if self.batched[x]] if own >= 0 else []
        places: list[tuple[int, Location]] = [(x, ("s", layout.shared + i)) for i, x in enumerate(same)]
        return places + [(x, ("v", layout.work + own + i)) for i, x in enumerate(differ)]

    def _value(self, like: int) -> int:
        """A new value, of the stage of another one."""
        self.batched.append(self.batched[like])
        self.stage.append(self.stage[like])
        return len(self.batched) - 1

    def _carries_read(self) -> set[int]:
        """The loops whose carries are read, but for the last ones."""
        read: set[int] = set()
        for op in self.ops.values():
            payload = op.row.payload
            if payload is None:
                continue
            if isinstance(payload, Gather | Gathers | Scatter | Kernel | Copy):
                read |= set(op.operands)
            if isinstance(payload, Item):
                loop = self.ops[op.operands[0]].row.payload if op.operands[0] in self.ops else None
                if type(loop) is Loop and payload.offset < loop.length * loop.carries:
                    read.add(op.operands[0])
            if isinstance(payload, Loop):
                operands = op.operands[payload.carries :]
                read |= {operands[k] for k in payload.whole}
                for column in payload.columns:
                    source = operands[column.array]
                    other = self.ops[source].row.payload
                    if isinstance(other, Loop) and column.offset < (other.length + 1) * other.carries:
                        read.add(source)
        return read

    def _copy(self, value: int, batched: bool) -> int:
        id = self._value(value)
        self.batched[id] = batched
        self.ops[id] = Op(id, identity, (value,))
        return id

    def _prepare_sums(self) -> None:
        for op in [op for op in self.ops.values() if op.row is BATCH_SUM]:
            if not self.batched[op.operands[0]]:  # the same number for every sample
                self.ops[op.id] = Op(op.id, op.row, (self._copy(op.operands[0], True),))
            self.kept.update(self.ops[op.id].operands)
        self.kept |= self.factors

    def _locate_results(self) -> None:
        """A result is computed in its buffer; an input, or what is in another result already, is copied there."""
        for index, result in enumerate(self.program.results):
            buffer = f"{'o' if result.batched else 'r'}{index}"
            for offset, value in zip(self.places[index], result.values, strict=True):
                if value in self.copied:
                    continue
                own = value in self.ops and value not in self.locations and value not in self.kept
                if not own or self.batched[value] != result.batched:
                    value = self._copy(value, result.batched)
                self.locations[value] = (buffer, offset)

    def _locate_sums(self) -> None:
        """Batch sums that are no results are in the order of the results that are computed from them."""
        if BATCH_SUM not in self.program.rows:
            return
        rank: dict[int, Location] = {}
        sums = []
        for op in reversed([op for op in self.ops.values() if not self.batched[op.id]]):
            if op.id in self.locations:
                rank[op.id] = self.locations[op.id]
            elif op.row is BATCH_SUM:
                sums.append(op.id)
            if op.row is not BATCH_SUM and op.id in rank:
                for operand in op.operands:
                    rank.setdefault(operand, rank[op.id])
        sums.sort(key=lambda id: (rank.get(id, ("", 0)), id))
        for offset, id in enumerate(sums, self.allocate("s", len(sums))):
            self.locations[id] = ("s", offset)

    # stages

    def _stages(self) -> list[Stage]:
        count = 1 + max([self.stage[id] for id in self.ops], default=0)
        unbatched: list[list[Op]] = [[] for _ in range(count)]
        sums: list[list[Op]] = [[] for _ in range(count)]
        batched_results: list[list[int]] = [[] for _ in self.program.results]
        for op in self.ops.values():
            if op.row is BATCH_SUM:
                sums[self.stage[op.id] - 1].append(op)
            elif not self.batched[op.id]:
                unbatched[self.stage[op.id]].append(op)
            elif op.id in self.locations:  # in the buffer of a result
                batched_results[self._number(op.id)].append(op.id)
        results: list[list[int]] = [[] for _ in range(count)]  # stored by the stage that has all of their values
        for index, values in enumerate(batched_results):
            if values:
                results[max([self.stage[value] for value in values])].append(index)
        roots = [[value for index in indices for value in batched_results[index]] for indices in results]
        tables: list[list[ProductTable]] = [[] for _ in range(count)]
        for table in self.tables:
            tables[max([self.stage[x] for x in (*table.outer, *table.inner)])].append(table)
        return [self._stage(*stage) for stage in zip(unbatched, roots, sums, results, tables, strict=True)]

    def _stage(
        self, scalars: list[Op], roots: list[int], sums: list[Op], results: list[int], tables: list[ProductTable]
    ) -> Stage:
        roots += [x for op in sums for x in op.operands] + [x for t in tables for x in (*t.outer, *t.inner)]
        needed: set[int] = set()
        while roots:
            id = roots.pop()
            if id not in needed and id not in self.constants and self.batched[id]:
                needed.add(id)
                if id in self.ops:
                    roots += self.ops[id].operands
        self.sizes["t"] = self.sizes["v"] = self.sizes["k"] = 0
        buffers: dict[str, tuple[str, int]] = {}
        ops = [self.ops[id] for id in sorted(needed) if id >= self.inputs]
        for index in sorted({self._number(op.id) for op in ops if op.id in self.locations}):
            buffers[f"o{index}"] = ("t", self.allocate("t", self.padded(self.result_sizes[index])))
        arrays: dict[int, ArrayLayout] = {}
        loops: dict[int, LoopLayout] = {}
        kernels: dict[int, KernelLayout] = {}
        for op in ops:
            if op.row.payload is not None:
                name = f"{self.name}stage{self.stage_count}.loop{len(loops)}."
                self._locate_array(op, "t", arrays, loops, name)
                self._locate_kernel(op, arrays, kernels)
        ops = [op for op in ops if op.id in self.ops]
        self.stage_count += 1
        scalars, _ = self._with_copies(scalars, self.arrays, self.loops)
        ops, once = self._with_copies(ops, arrays, loops)
        # in each step of a loop, one instruction for 8 numbers pays
        unbatched = reroll(scalars + once, self, LANES if self.name else SMALLEST)
        items = reroll(ops, self, SMALLEST)
        nests = [nest for nest in reroll(sums, self, 0) if isinstance(nest, LoopNest)]
        nests += [nest for table in tables for nest in self._nests_of_table(table)]
        kept = {factor.buffer for nest in nests for factor in kept_factors(kernel_of(nest))}
        read = {self.locations[x][0] for op in ops for x in op.operands if 0 <= x < self.inputs and self.batched[x]}
        for buffer in sorted([x for x in kept | read if x[0] == "x"]):
            base = "k" if buffer in kept else "t"
            buffers[buffer] = (base, self.allocate(base, self.padded(self.argument_sizes[int(buffer[1:])])))
        summed: dict[str, list[int]] = {}
        for buffer, offset in [self.locations[op.id] for op in sums]:
            summed.setdefault(buffer, []).append(offset)
        for table in tables:
            summed.setdefault(f"r{table.result}", []).extend(table.places)
        local = {op.id: self.locations[op.id] for op in ops}
        for id, (buffer, _) in local.items():
            if buffer in ("t", "v", "k"):
                del self.locations[id]
        return Stage(
            unbatched, items, nests, results, buffers, self.sizes["t"], self.sizes["v"], self.sizes["k"], local, summed,
            arrays, loops, kernels,
        )  # fmt: skip

    def _nests_of_table(self, table: ProductTable) -> list[LoopNest]:
        """The sums of a table: one nest where the factors of each side are a constant distance apart in memory."""
        result, start, stride, *sides = table
        outer, inner = [affine_runs([self.locations[x] for x in side]) for side in sides]
        return [
            LoopNest(
                BATCH_SUM,
                (a.length, b.length),
                Access(f"r{result}", start + a.first * stride + b.first, (stride, 1)),
                ((1, (Access(*a.place, (a.distance, 0)), Access(*b.place, (0, b.distance)))),),
                (),
            )
            for a in outer
            for b in inner
        ]

    @property
    def numbers(self) -> int:
        """The numbers that it needs room for: s, and then m."""
        return self.padded(self.sizes["s"]) + self.sizes["m"]

    @property
    def vectors(self) -> int:
        """Of the body of a loop, the vectors that it needs room for: t, and then v."""
        return self.stages[0].tile + self.stages[0].arrays_in_tile

    def padded(self, size: int) -> int:
        return -(-size // self.lanes) * self.lanes

    def _number(self, id: int) -> int:
        """The number of the result in whose buffer a value is."""
        return int(self.locations[id][0][1:])
