"""A plan as one LLVM module: a function for every stage, one that runs them all, and one that Python calls.

Every function finds the arrays in a context, an array of pointers (`Slots`). Long sections are cut into functions of
a thousand lines or so, because the time that LLVM takes grows faster than a function does; a value that another
function needs goes through memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from autograd_lite.compiling.batches import BLOCK

from . import sums as summing
from . import tiles
from .nests import Writer, fused
from .plan import Plan, Stage
from .rolling import Nest, Place
from .rows import Rows
from .simplify import Op
from .text import LANES, VECTOR, Function, number

PART = 1200  # lines, about, after which a section goes on in another function
STRAIGHT = 400  # lines, about, without a loop, that are worth a module of their own
LONG = 1_000_000  # operations times samples, after which a call lets other Python threads run
ATTRIBUTES = 'attributes #0 = { nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }'
DECLARATIONS = f"""\
declare {VECTOR} @llvm.masked.load.v8f64.p0(ptr, i32, <8 x i1>, {VECTOR})
declare void @llvm.masked.store.v8f64.p0({VECTOR}, ptr, i32, <8 x i1>)
declare i64 @PyLong_AsSsize_t(ptr)
declare void @Py_IncRef(ptr)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
"""


class Module:
    """The text of the module of a plan, and what its caller must know."""

    def __init__(self, plan: Plan, rows: Rows, fast: bool) -> None:
        self.plan = plan
        self.rows = rows
        self.fast = fast
        self.functions: list[str] = []
        self.straight: dict[str, str] = {}  # functions without loops
        self.slots = _slots(plan)
        self.context = len(self.slots)
        self.sums: set[str] = set()
        vectors = max([stage.tile for stage in plan.stages])
        self.bytes = {"s": 0, "t": -(-plan.sizes["s"] // LANES) * 64}  # where spaces are in the memory of a call
        self.bytes["k"] = self.bytes["t"] + vectors * 64
        batched = plan.batched
        ops = plan.ops.values()
        self.operations = 1 + sum([len(op.operands) for op in ops if batched[op.id] or op.row == "batch_sum"])
        self.parts: dict[str, int] = {}  # where a thread puts the sums of a block, in numbers
        self.part = 0  # the size of all of them
        for space, size in [*((f"R{k}", size) for k, size in enumerate(plan.result_sizes)), ("S", plan.sizes["s"])]:
            if space in self.slots:
                self.parts[space] = self.part
                self.part += size
        for index, stage in enumerate(plan.stages):
            self._numbers(index, stage)
            if stage.passes:
                self._block(index, stage)
                self._blocks(index)
        self._run()
        self._call()
        self.functions += summing.functions(self.sums, fast)
        self.functions += tiles.functions(any(stage.results for stage in plan.stages))

    def texts(self) -> tuple[str, str]:
        """The module, and that of the functions without loops, which needs no optimization and so takes less time."""
        pooled = self.plan.pooled
        numbers = ", ".join([f"double {number(value)}" for value in pooled])
        constants = f"@constants = internal constant [{len(pooled)} x double] [{numbers}], align 64\n"
        ones = f"@ones = internal constant {VECTOR} {number(1.0, VECTOR)}"
        main = [DECLARATIONS, *self.rows.texts(), ones, constants, *self.functions, ATTRIBUTES, ""]
        straight = [*self.rows.texts(), *self.straight.values(), ATTRIBUTES, ""] if self.straight else []
        return "\n".join(main), "\n".join(straight)

    def _function(self, name: str, parameters: str, spaces: dict[str, str | tuple[str, int]] | None = None) -> Function:
        return Function(name, parameters, {**self.slots, "c": "@constants", **(spaces or {})}, self.fast)

    # stages

    def _numbers(self, index: int, stage: Stage) -> None:
        """stage.numbers(context): the unbatched values of a stage."""
        f = self._function(f"stage{index}.numbers", "ptr %context")
        for part in self._parts(f.name, stage.unbatched, stage, False):
            f.do(f"call void @{part}(ptr %context)")
        self.functions.append(f.text(public=True))

    def _block(self, index: int, stage: Stage) -> None:
        """stage.block(context, first, count, fresh): the pass over the samples of a block, and their sums."""
        f = self._function(f"stage{index}.block", "ptr %context, i64 %first, i64 %count, i1 %fresh")
        tile, block = f.pointer("t"), f.pointer("k")
        empty = f.value("icmp eq i64 %count, 0")  # then there is one tile, without a sample
        rounded = f.integer("udiv", f.integer("add", "%count", LANES - 1), LANES)
        with f.loop(f.value(f"select i1 {empty}, i64 1, i64 {rounded}")) as loop:
            done = f.integer("mul", loop.counter, LANES)
            left = f.integer("sub", "%count", done)
            valid = f.smaller(left, LANES)
            sample = f.integer("add", "%first", done)
            kept = f.offset(block, VECTOR, f.integer("mul", loop.counter, stage.kept))
            homes = {"t": tile, "k": kept}
            arguments, results = self.plan.argument_sizes, self.plan.result_sizes

            def move(way: str, array: str, size: int, space: str) -> None:
                home, base = stage.spaces[space]
                start = f.offset(f.pointer(array), "double", f.integer("mul", sample, size))
                vectors = f.offset(homes[home], VECTOR, base)
                f.do(f"call void @tile.{way}(ptr {start}, i64 {size}, i64 {valid}, ptr {vectors})")

            for k, size in enumerate(arguments):
                if f"x{k}" in stage.spaces:
                    move("read", f"b{k}", size, f"x{k}")
            for part in self._parts(f"stage{index}.tile", stage.batched, stage, True):
                f.do(f"call void @{part}(ptr %context, ptr {kept})")
            if stage.kept:
                with f.unless(f.value(f"icmp eq i64 {valid}, {LANES}")):
                    f.do(f"call void @tile.clear(ptr {kept}, i64 {stage.kept}, i64 {valid})")
            for k in stage.results:
                move("write", f"p{k}", results[k], f"o{k}")
        if stage.sums:
            f.do(f"call void @stage{index}.sums(ptr %context, i64 %first, i64 %count, i1 %fresh)")
            self._sums(index, stage)
        self.functions.append(f.text())

    def _blocks(self, index: int) -> None:
        """stage.blocks(context, first, count, samples, parts): some blocks, the sums of each in a part of its own."""
        f = self._function(f"stage{index}.blocks", "ptr %context, i64 %first, i64 %count, i64 %samples, ptr %parts")
        with f.loop("%count") as loop:
            part = f.offset("%parts", "double", f.integer("mul", loop.counter, self.part))
            for space, offset in self.parts.items():
                slot = f.offset("%context", "ptr", self.slots[space])
                f.do(f"store ptr {f.offset(part, 'double', offset)}, ptr {slot}")
            start = f.integer("mul", f.integer("add", "%first", loop.counter), BLOCK)
            count = f.smaller(f.integer("sub", "%samples", start), BLOCK)
            f.do(f"call void @stage{index}.block(ptr %context, i64 {start}, i64 {count}, i1 true)")
        self.functions.append(f.text(public=True))

    def _sums(self, index: int, stage: Stage) -> None:
        spaces: dict[str, str | tuple[str, int]] = {s: place for s, place in stage.spaces.items() if place[0] == "k"}
        f = self._function(f"stage{index}.sums", "ptr %context, i64 %first, i64 %count, i1 %fresh", spaces)
        for nest, form in ((nest, summing.shape(nest)) for nest in stage.sums):
            summing.write_sums(f, nest, form, stage.kept, self.plan.argument_sizes)
            self.sums.add(form.kind)
        self.functions.append(f.text())

    def _parts(self, name: str, items: Sequence[Op | Nest], stage: Stage, batched: bool) -> list[str]:
        """Write the items as functions; return their names."""
        parts = _cut(fused(items, batched))
        places = {**self.plan.places, **stage.places} if batched else self.plan.places
        stored = self._stored(parts, places)
        names = []
        parameters = "ptr %context, ptr %kept" if batched else "ptr %context"
        spaces: dict[str, str | tuple[str, int]] = {**stage.spaces, "k": "%kept"} if batched else {}
        for k, part in enumerate(parts):
            f = self._function(f"{name}.{k}", parameters, spaces)
            writer = Writer(f, self.rows, batched, places, self.plan.constants)
            loops = False
            for item in part:
                if isinstance(item, list):
                    loops = True
                    writer.nests(item, [any(op.id in stored for op in nest.members) for nest in item])
                else:
                    writer.op(item, item.id in stored)
            names.append(f.name)
            if loops or len(f.lines) < STRAIGHT // 2:
                self.functions.append(f.text())
            else:
                self.straight[f.name] = f.text(public=True)
                self.functions.append(f"declare void @{f.name}({parameters})")
        return names

    def _stored(self, parts: Sequence[Sequence[Op | list[Nest]]], places: dict[int, Place]) -> set[int]:
        """The values that go through memory: all that are read outside of their function, or of their loop."""
        maker: dict[int, object] = {}  # the loop or function that a value is made in
        for k, part in enumerate(parts):
            for j, item in enumerate(part):
                if isinstance(item, list):
                    maker |= {op.id: (k, j) for nest in item for op in nest.members}
                else:
                    maker[item.id] = k
        stored = {id for id in maker if places[id][0] not in ("s", "t") or id in self.plan.shared}
        for k, part in enumerate(parts):
            for j, item in enumerate(part):
                here: object = (k, j) if isinstance(item, list) else k
                members = [op for nest in item for op in nest.members] if isinstance(item, list) else [item]
                stored |= {x for op in members for x in op.operands if x in maker and maker[x] != here}
        return stored

    # the whole program

    def _run(self) -> None:
        """run(context, batch): everything, one block of samples after the other."""
        f = self._function("run", "ptr %context, i64 %batch")
        rounded = f.integer("udiv", f.integer("add", "%batch", BLOCK - 1), BLOCK)
        empty = f.value("icmp eq i64 %batch, 0")
        blocks = f.value(f"select i1 {empty}, i64 1, i64 {rounded}")
        for index, stage in enumerate(self.plan.stages):
            f.do(f"call void @stage{index}.numbers(ptr %context)")
            if stage.passes:
                with f.loop(blocks) as loop:
                    first = f.integer("mul", loop.counter, BLOCK)
                    left = f.integer("sub", "%batch", first)
                    count = f.smaller(left, BLOCK)
                    fresh = f.value(f"icmp eq i64 {loop.counter}, 0")
                    f.do(f"call void @stage{index}.block(ptr %context, i64 {first}, i64 {count}, i1 {fresh})")
        self.functions.append(f.text())

    def _call(self) -> None:
        """call(self, arguments, n): what Python calls with (batch, scratch, arrays of arguments, arrays of results).

        The type of function is CPython's METH_FASTCALL. The address of an array's numbers stands behind the header
        that every object has.
        """
        f = self._function("call", "ptr %self, ptr %arguments, i64 %n")
        arguments, results = len(self.plan.argument_sizes), len(self.plan.result_sizes)
        objects = []
        for k in range(2 + arguments + results):
            objects.append(f.value(f"load ptr, ptr {f.offset('%arguments', 'ptr', k)}"))
        batch = f.value(f"call i64 @PyLong_AsSsize_t(ptr {objects[0]})")
        data = [f.value(f"load ptr, ptr {f.offset(array, 'i8', object.__basicsize__)}") for array in objects[1:]]
        address = f.value(f"ptrtoint ptr {data[0]} to i64")
        scratch = f.value(f"inttoptr i64 {f.integer('and', f.integer('add', address, 63), -64)} to ptr")
        context = f.value(f"alloca [{self.context} x ptr]")
        for name, slot in self.slots.items():
            if name == "batch":
                pointer = f.value(f"inttoptr i64 {batch} to ptr")
            elif name.lower() in self.bytes:
                pointer = f.offset(scratch, "i8", self.bytes[name.lower()])
            else:
                pointer = data[1 + slot - (results if name[0] in "PR" else 0)]
            f.do(f"store ptr {pointer}, ptr {f.offset(context, 'ptr', slot)}")
        long = f.value(f"icmp sgt i64 {batch}, {LONG // self.operations}")
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
        self.functions.append(f.text("ptr", "ret ptr %self", public=True))


def _cut(items: Sequence[Op | list[Nest]]) -> list[list[Op | list[Nest]]]:
    """The items as functions; many instructions in a row stand apart from loops."""
    parts: list[list[Op | list[Nest]]] = []
    full = True
    for looped, group in groupby(items, lambda item: isinstance(item, list)):
        run = list(group)
        apart = not looped and sum([_lines(item) for item in run]) >= STRAIGHT
        full = full or apart
        for item in run:
            if full:
                parts.append([])
                lines = 0
            parts[-1].append(item)
            lines += _lines(item)
            full = lines >= PART
        full = full or apart
    return parts


def _lines(item: Op | list[Nest]) -> int:
    """How many lines an item takes, about."""
    return 80 * len(item) if isinstance(item, list) else 3 + 4 * item.terms()


def _slots(plan: Plan) -> dict[str, int]:
    """Where in a context the pointers of the spaces are.

    Sums over samples are written through R0, R1, ... and S: the places r0, r1, ... and s, but a thread that computes a
    block of its own has them elsewhere.
    """
    slots: dict[str, int] = {}
    for index, argument in enumerate(plan.program.arguments):
        slots[f"{'b' if argument.batched else 'a'}{index}"] = len(slots)
    for index, result in enumerate(plan.program.results):
        slots[f"{'p' if result.batched else 'r'}{index}"] = len(slots)
    for index, result in enumerate(plan.program.results):
        slots[f"{'P' if result.batched else 'R'}{index}"] = len(slots)
    for name in ("s", "S", "t", "k", "batch"):
        slots[name] = len(slots)
    return slots
