"""A plan as LLVM modules: functions for every stage, one that calls them all, and one that Python calls.

Every function loads the addresses of the buffers from a context, an array of pointers (`_slots`). There are several
modules: those with what runs in each step of a loop and the one with nests are optimized; one with the rest is not.
"""

from __future__ import annotations

from collections.abc import Mapping

from autograd_lite.backends.batch_order import BLOCK, LANES
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.program.payloads import Kernel, Loop

from .accumulators import PART, sum_function
from .arrays_of_loops import ArrayLayout, is_over_lanes
from .batch_sums import vectors_between, write_sums
from .emitters import Emitter
from .gather_writing import GATHER
from .ir_text import VECTOR, Base, Function, Lengths, in_float32, in_half_vectors, literal
from .loops_in_registers import StepsInRegisters, has_single_numbers, is_short, write_samples
from .plan import LoopLayout, ProgramPlan, Stage
from .program_loops import StepsWriter, instruction_count
from .rerolling import LoopNest, Scheduled
from .sections import MUCH, write_section
from .tiles import tile_function, tile_name

LOOPED_LINES = 4000  # of a module of loops: LLVM optimizes only modules that are not too long
MOST_BETWEEN = 1024  # vectors of accumulators that go to memory between the parts of a block
TWO_ROWS = 32  # vectors for the accumulators of 8 sums, or of 16 in float32, in two iterations
LONG = 1_000_000  # operations times samples from which on a call releases the GIL
ATTRIBUTES = 'attributes #0 = { nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }'
DECLARATIONS = f"""\
declare {VECTOR} @llvm.masked.load.v8f64.p0(ptr, i32, <8 x i1>, {VECTOR})
declare void @llvm.masked.store.v8f64.p0({VECTOR}, ptr, i32, <8 x i1>)
{GATHER}\
declare i64 @PyLong_AsSsize_t(ptr)
declare void @Py_IncRef(ptr)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
"""


class Modules:
    """The modules of a plan as text, and the layout of memory that their caller provides."""

    def __init__(
        self, plan: ProgramPlan, emitter: Emitter, fast: bool, bodies: dict[str, Modules] | None = None
    ) -> None:
        self.plan = plan
        self.emitter = emitter
        self.fast = fast
        self.bodies: dict[str, Modules] = {} if bodies is None else bodies  # of loops, by the names of their plans
        self.looped: dict[str, Function] = {}  # what runs in each step of a loop
        self.halved: dict[str, Function] = {}  # what computes the first half of a tile
        self.half = emitter.for_half()
        self.optimized: dict[str, Function] = {}
        self.plain: list[str] = []
        self.slots = _slots(plan)
        self.called: set[str] = set()  # functions of `tiles` and `accumulators`
        if not plan.name and any(op.row.payload is not None for op in plan.ops.values()):
            emitter.lengths = Lengths()
        self._loops(plan.loops, plan.arrays, None)
        width = 64 // plan.lanes
        self.bytes = {"s": 0, "m": width * plan.padded(plan.sizes["s"])}  # offsets of buffers in the scratch memory
        self.bytes["t"] = width * plan.padded(plan.numbers)
        self.bytes["v"] = self.bytes["t"] + 64 * max([stage.tile for stage in plan.stages])
        self.bytes["w"] = self.bytes["v"] + 64 * max([stage.arrays_in_tile for stage in plan.stages])
        between = [vectors_between(nest, plan.lanes) for stage in plan.stages for nest in stage.sums]
        several = bool(between) and None not in between and sum([x or 0 for x in between]) <= MOST_BETWEEN
        self.tiles = PART if several else BLOCK // plan.lanes  # of a part of a block
        self.bytes["k"] = self.bytes["w"] + 64 * max(TWO_ROWS, sum([x or 0 for x in between]) if several else 0)
        self.sums = 0 if several else None  # the vector of w from which on the next nest has its accumulators
        batched = plan.batched
        ops = plan.ops.values()
        self.operations = 1 + sum([len(op.operands) for op in ops if batched[op.id] or op.row is BATCH_SUM])
        self.operations += sum([2 * table.products for table in plan.tables])
        self.parts: dict[str, int] = {}  # offsets of the sums of a block that a thread computes, in numbers
        self.part = 0  # the size of all of them
        for buffer, size in [*((f"R{k}", size) for k, size in enumerate(plan.result_sizes)), ("S", plan.sizes["s"])]:
            if buffer in self.slots:
                self.parts[buffer] = self.part
                self.part += size
        for index, stage in enumerate(plan.stages):
            self._loops(stage.loops, {**plan.arrays, **stage.arrays}, stage)
            self._numbers(index, stage)
            if plan.name:  # the body of a loop
                self._tile(stage)
            elif stage.passes:
                self._part(index, stage)
                self._block(index)
                self._blocks(index)
        if plan.name:
            return
        self._run()
        self._call()

    def sources(self) -> tuple[list[str], str]:
        """The modules to be optimized, and the other one."""
        parts: list[dict[str, str]] = [{}]
        lines = 0
        for name, f in self.looped.items():
            text = f.text()
            lines += text.count("\n")
            if lines > LOOPED_LINES:
                parts.append({})
                lines = text.count("\n")
            parts[-1][name] = text
        parts.append({name: f.text() for name, f in self.optimized.items()})
        ones = f"@ones = internal constant {VECTOR} {literal(1.0, VECTOR)}"
        shared = {name: shared_function(name, self.fast, self.plan.lanes) for name in sorted(self.called)}
        functions = {**self.looped, **self.optimized, **shared, **self.halved}

        def module(own: dict[str, str], texts: list[str]) -> str:
            others = [f for name, f in functions.items() if name not in own]
            imported = [f"declare void @{f.name}({f.parameters})" for f in others]
            return finished(
                [DECLARATIONS, *self.emitter.needed(texts), *imported, *texts, ATTRIBUTES, ""], self.plan.lanes
            )

        optimized = [module(part, list(part.values())) for part in parts if part]
        for kind in ("tile.", "sums."):  # whose text is that of many programs
            texts = [f.text() for name, f in shared.items() if name.startswith(kind)]
            if texts:
                optimized.append(finished([DECLARATIONS, *texts, ATTRIBUTES, ""], self.plan.lanes))
        if self.halved:
            texts = [f.text() for f in self.halved.values()]
            optimized.append(
                in_half_vectors("\n".join([DECLARATIONS, *self.half.needed(texts), *texts, ATTRIBUTES, ""]))
            )
        return optimized, module({}, [ones, *self.plain])

    def _short_batch(self) -> int:
        """The largest number of samples for which a call keeps the GIL; -1 for none."""
        once, each = 0, self.operations
        for op in self.plan.ops.values():
            if isinstance(op.row.payload, Loop):
                work = op.row.payload.steps * instruction_count(op.row.payload.body)
                once, each = (once, each + work) if self.plan.batched[op.id] else (once + work, each)
            elif isinstance(op.row.payload, Kernel):
                work = op.row.payload.operations
                once, each = (once, each + work) if self.plan.batched[op.id] else (once + work, each)
        return (LONG - once) // each if once <= LONG else -1

    def _function(self, name: str, parameters: str, buffers: Mapping[str, Base] | None = None) -> Function:
        f = Function(name, parameters, {**self.slots, **(buffers or {})}, self.fast, self.plan.lanes)
        f.lengths = self.emitter.lengths
        return f

    def _section(self, name: str, items: list[Scheduled], stage: Stage, batched: bool) -> list[str]:
        """Write the items of a stage; return the names of the functions."""
        buffers: dict[str, Base] = {**stage.buffers, "k": "%kept"} if batched else {}
        parameters = "ptr %context, ptr %kept" if batched else "ptr %context"

        def new(k: int) -> Function:
            return self._function(f"{name}.{k}", parameters, buffers)

        written = write_section(items, stage, batched, self.plan, self.emitter, new)
        inner = bool(self.plan.name)
        if inner:
            self.looped |= {f.name: f for f, _ in written}
        self.optimized |= {f.name: f for f, optimized in written if optimized and not inner}
        self.plain += [f.text() for f, optimized in written if not (optimized or inner)]
        return [f.name for f, _ in written]

    # stages

    def _halves(self, index: int, stage: Stage) -> list[str]:
        """The names of functions for the first half of a tile, where that is much work; none where it is not."""
        nests = [x for x in stage.batched if isinstance(x, LoopNest)]
        work = sum([nest.members[0].terms() * len(nest.members) for nest in nests])
        plain = not stage.loops and not stage.kernels and not stage.arrays and self.plan.lanes == LANES
        if work < MUCH or not plain or self.emitter.lengths is not None:
            return []
        buffers: dict[str, Base] = {**stage.buffers, "k": "%kept"}
        name = f"stage{index}.half"

        def new(k: int) -> Function:
            return Function(f"{name}.{k}", "ptr %context, ptr %kept", {**self.slots, **buffers}, self.fast, LANES // 2)

        written = write_section(stage.batched, stage, True, self.plan, self.half, new)
        self.halved |= {f.name: f for f, _ in written}
        return [f.name for f, _ in written]

    def _numbers(self, index: int, stage: Stage) -> None:
        """stage.numbers(context): the unbatched values of a stage."""
        f = self._function(f"{self.plan.name}stage{index}.numbers", "ptr %context")
        for part in self._section(f.name, stage.unbatched, stage, False):
            f.do(f"call void @{part}(ptr %context)")
        if self.plan.name:
            self.looped[f.name] = f
        else:
            self.plain.append(f.text())

    def _tile(self, stage: Stage) -> None:
        """tile(context, kept): the pass over 8 samples, of the body of a loop."""
        f = self._function(f"{self.plan.name}tile", "ptr %context, ptr %kept")
        for part in self._section(f.name, stage.batched, stage, True):
            f.do(f"call void @{part}(ptr %context, ptr %kept)")
        self.looped[f.name] = f

    def _loops(self, loops: dict[int, LoopLayout], arrays: dict[int, ArrayLayout], stage: Stage | None) -> None:
        """Functions for the steps of loops, and for their bodies; all are worth optimizing."""
        for id, layout in loops.items():
            op = self.plan.ops[id]
            loop = op.row.payload
            read = op.operands[loop.carries : loop.carries + loop.arrays]
            f = self._function(f"{layout.name}steps", "ptr %context" if stage is None else "ptr %context, ptr %kept")
            lengths = self.emitter.lengths if loop.is_call else None
            if lengths is not None:  # calls of a function differ in places alone, which are lengths
                f.parameters += ", ptr %lengths, ptr %constants"
                f.buffers = {**f.buffers, "lengths": "%lengths", "constants": "%constants"}
                f.lengths = own = Lengths()
            places = [arrays[x] for x in (id, *read)]
            steps: StepsWriter
            if is_short(loop, layout.plan, lengths is not None):
                steps = StepsInRegisters(f, loop, layout, places, self.emitter)
            else:
                body = self.bodies.get(layout.plan.name)
                if body is None:
                    body = self.bodies[layout.plan.name] = Modules(layout.plan, self.emitter, self.fast, self.bodies)
                    self.looped |= body.looped
                steps = StepsWriter(f, loop, layout, places, body.slots, self.emitter.definitions)
            if is_over_lanes(loop, "s" if stage is None else "t", self.plan.lanes):
                steps.lanes()
            else:
                steps.steps()
            if lengths is not None:
                name = self.emitter.called.setdefault((f.parameters, *f.entry, *f.lines), f.name)
                self.emitter.calls[f.name] = name, len(lengths.integers), lengths.place_of(own.constants)
                lengths.integers += own.integers
                if name != f.name:
                    continue
            self.looped[f.name] = f

    def _block(self, index: int) -> None:
        """stage.block(context, first, count, fresh): the samples of a block, part by part."""
        f = self._function(f"stage{index}.block", "ptr %context, i64 %first, i64 %count, i1 %fresh")
        samples = self.tiles * f.lanes
        last = f.integer("sdiv", f.integer("sub", "%count", 1), samples)  # 0 where there are none
        with f.loop(f.integer("add", last, 1)) as loop:
            done = f.integer("mul", loop.counter, samples)
            count = f.smaller(f.integer("sub", "%count", done), samples)
            ends = [f.value(f"icmp eq i64 {loop.counter}, {x}") for x in (0, last)]
            f.do(
                f"call void @stage{index}.part(ptr %context, i64 {f.integer('add', '%first', done)}, i64 {count}, "
                f"i1 %fresh, i1 {ends[0]}, i1 {ends[1]})"
            )
        self.plain.append(f.text())

    def _part(self, index: int, stage: Stage) -> None:
        """stage.part(context, first, count, fresh, begins, ends): the pass over samples of a block, and their sums."""
        f = self._function(
            f"stage{index}.part", "ptr %context, i64 %first, i64 %count, i1 %fresh, i1 %begins, i1 %ends"
        )
        tile, block = f.pointer("t"), f.pointer("k")
        empty = f.value("icmp eq i64 %count, 0")  # then there is one tile, without a sample
        rounded = f.integer("udiv", f.integer("add", "%count", f.lanes - 1), f.lanes)
        tiles, first = f.value(f"select i1 {empty}, i64 1, i64 {rounded}"), "0"
        if has_single_numbers(self.plan, stage):
            first = f.integer("udiv", "%count", f.lanes)
            tiles = f.integer("sub", tiles, first)
            write_samples(f, self.plan, stage, self.emitter, "%first", first)
        with f.loop(tiles) as loop:
            done = f.integer("mul", f.integer("add", loop.counter, first), f.lanes)
            valid = f.smaller(f.integer("sub", "%count", done), f.lanes)
            sample = f.integer("add", "%first", done)
            kept = f.offset(block, VECTOR, f.integer("mul", loop.counter, f.fixed(stage.kept)))
            bases = {"t": tile, "k": kept}

            def move(name: str, array: str, size: int, buffer: str) -> None:
                name = tile_name(name, size)
                self.called.add(name)
                base, offset = stage.buffers[buffer]
                count = f.fixed(size)
                start = f.offset(f.pointer(array), "double", f.integer("mul", sample, count))
                vectors = f.offset(bases[base], VECTOR, f.fixed(offset))
                f.do(f"call void @{name}(ptr {start}, i64 {count}, i64 {valid}, ptr {vectors})")

            for k, size in enumerate(self.plan.argument_sizes):
                if f"x{k}" in stage.buffers:
                    move("tile.read", f"b{k}", size, f"x{k}")
            parts = self._section(f"stage{index}.tile", stage.batched, stage, True)
            halves = self._halves(index, stage)
            half, whole, done_with = f.fresh("half", "whole", "done")
            if halves:
                f.branch(f.value(f"icmp sle i64 {valid}, {LANES // 2}"), half, whole)
                f.label(half)
                for part in halves:
                    f.do(f"call void @{part}(ptr %context, ptr {kept})")
                f.jump(done_with)
                f.label(whole)
            for part in parts:
                f.do(f"call void @{part}(ptr %context, ptr {kept})")
            if halves:
                f.jump(done_with)
                f.label(done_with)
            if stage.kept:
                self.called.add("tile.clear")
                with f.unless(f.value(f"icmp eq i64 {valid}, {f.lanes}")):
                    f.do(f"call void @tile.clear(ptr {kept}, i64 {f.fixed(stage.kept)}, i64 {valid})")
            for k in stage.results:
                move("tile.write", f"p{k}", self.plan.result_sizes[k], f"o{k}")
        if stage.sums:
            f.do(f"call void @stage{index}.sums(ptr %context, i64 %first, i64 %count, i1 %fresh, i1 %begins, i1 %ends)")
            stored = {name: base for name, base in stage.buffers.items() if base[0] == "k"}
            sums = self._function(f"stage{index}.sums", f.parameters, stored)
            for nest in stage.sums:
                self.called.add(write_sums(sums, nest, stage.kept, self.plan.argument_sizes, self.sums))
                if self.sums is not None:
                    self.sums += vectors_between(nest, self.plan.lanes) or 0
            self.plain.append(sums.text())
        if not stage.sums and all(part in self.optimized for part in parts):
            self.optimized[f.name] = f  # around little work its own instructions count
        else:
            self.plain.append(f.text())

    def _blocks(self, index: int) -> None:
        """stage.blocks(context, first, count, samples, parts): some blocks, with the sums of each in its own part."""
        f = self._function(f"stage{index}.blocks", "ptr %context, i64 %first, i64 %count, i64 %samples, ptr %parts")
        with f.loop("%count") as loop:
            part = f.offset("%parts", "double", f.integer("mul", loop.counter, f.fixed(self.part)))
            for buffer, offset in self.parts.items():
                slot = f.offset("%context", "ptr", self.slots[buffer])
                f.do(f"store ptr {f.offset(part, 'double', f.fixed(offset))}, ptr {slot}")
            start = f.integer("mul", f.integer("add", "%first", loop.counter), BLOCK)
            count = f.smaller(f.integer("sub", "%samples", start), BLOCK)
            f.do(f"call void @stage{index}.block(ptr %context, i64 {start}, i64 {count}, i1 true)")
        self.plain.append(f.text())

    # the whole program

    def _run(self) -> None:
        """run(context, batch): all stages, block by block."""
        f = self._function("run", "ptr %context, i64 %batch")
        rounded = f.integer("udiv", f.integer("add", "%batch", BLOCK - 1), BLOCK)
        empty = f.value("icmp eq i64 %batch, 0")
        blocks = f.value(f"select i1 {empty}, i64 1, i64 {rounded}")
        for index, stage in enumerate(self.plan.stages):
            f.do(f"call void @stage{index}.numbers(ptr %context)")
            if stage.passes:
                with f.loop(blocks) as loop:
                    first = f.integer("mul", loop.counter, BLOCK)
                    count = f.smaller(f.integer("sub", "%batch", first), BLOCK)
                    fresh = f.value(f"icmp eq i64 {loop.counter}, 0")
                    f.do(f"call void @stage{index}.block(ptr %context, i64 {first}, i64 {count}, i1 {fresh})")
        self.plain.append(f.text())

    def _call(self) -> None:
        """call(self, arguments, n): what Python calls with batch, scratch, and the arrays n, e, c, arguments, results.

        The calling convention is CPython's METH_FASTCALL. The pointer to an array's data follows the object header.
        """
        f = self._function("call", "ptr %self, ptr %arguments, i64 %count")
        arguments, results = len(self.plan.argument_sizes), len(self.plan.result_sizes)
        objects = [f.value(f"load ptr, ptr {f.offset('%arguments', 'ptr', k)}") for k in range(5 + arguments + results)]
        batch = f.value(f"call i64 @PyLong_AsSsize_t(ptr {objects[0]})")
        data = [f.value(f"load ptr, ptr {f.offset(array, 'i8', object.__basicsize__)}") for array in objects[1:]]
        address = f.value(f"ptrtoint ptr {data[0]} to i64")
        scratch = f.value(f"inttoptr i64 {f.integer('and', f.integer('add', address, 63), -64)} to ptr")
        f.buffers = dict(zip("nec", data[1:4], strict=True))
        context = f.value(f"alloca [{len(self.slots)} x ptr]")
        for name, slot in self.slots.items():
            if name == "batch":
                pointer = f.value(f"inttoptr i64 {batch} to ptr")
            elif name.lower() in self.bytes:
                pointer = f.offset(scratch, "i8", f.fixed(self.bytes[name.lower()]))
            elif name in f.buffers:
                pointer = f.pointer(name)
            else:
                pointer = data[4 + slot - (results if name[0] in "PR" else 0)]
            f.do(f"store ptr {pointer}, ptr {f.offset(context, 'ptr', slot)}")
        long = f.value(f"icmp sgt i64 {batch}, {f.fixed(self._short_batch())}")
        alone, shared, done = f.fresh("alone", "shared", "done")
        f.branch(long, shared, alone)
        f.label(alone)
        f.do(f"call void @run(ptr {context}, i64 {batch})")
        f.jump(done)
        f.label(shared)
        state = f.value("call ptr @PyEval_SaveThread()")
        f.do(f"call void @run(ptr {context}, i64 {batch})")
        f.do(f"call void @PyEval_RestoreThread(ptr {state})")
        f.jump(done)
        f.label(done)
        f.do("call void @Py_IncRef(ptr %self)")
        self.plain.append(f.text("ptr", "ret ptr %self"))


def finished(parts: list[str], lanes: int) -> str:
    """The text of a module, of float32 where that has twice the lanes."""
    text = "\n".join(parts)
    return text if lanes == LANES else in_float32(text)


def shared_function(name: str, fast: bool, lanes: int) -> Function:
    return tile_function(name, lanes) if name.startswith("tile.") else sum_function(name, fast, lanes)


def _slots(plan: ProgramPlan) -> dict[str, int]:
    """The slots of the context that hold the addresses of the buffers.

    Sums over samples are written through R0, R1, ... and S: those are r0, r1, ... and s, except in a thread that
    computes its own blocks.
    """
    arguments = [f"{'b' if x.batched else 'a'}{index}" for index, x in enumerate(plan.program.arguments)]
    results = [f"{'p' if x.batched else 'r'}{index}" for index, x in enumerate(plan.program.results)]
    names = [*arguments, *results, *map(str.upper, results), "s", "S", "m", "t", "v", "w", "k", "n", "e", "c", "batch"]
    return {name: slot for slot, name in enumerate(names)}
