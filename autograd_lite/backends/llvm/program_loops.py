"""Loops of a program as loops of native code: a function that runs the code of the body again and again.

The body is a program with a plan and functions of its own. Its arguments and results are where a context of its own
points. A loop that is the same for all samples moves the pointers to the carry and to y before each step. One that
differs from sample to sample runs for 8 samples at once, inside of the tile: its numbers are vectors, and its body a
program over samples.
"""

from __future__ import annotations

from collections.abc import Iterator

from autograd_lite.program.gathers import Column
from autograd_lite.program.payloads import Loop, When, While
from autograd_lite.program.program import Program

from .arrays_of_loops import ArrayLayout
from .ir_text import MASK, SCALAR, VECTOR, Function, literal
from .plan import LoopLayout

FOREVER = str(2**62)
FEW = 8  # vectors that are copied without a loop
PATIENCE = 2**24  # instructions that run between two looks for Ctrl-C: some 0.05 s
INTERRUPTED = """\
declare i32 @PyGILState_Ensure()
declare void @PyGILState_Release(i32)
declare i32 @PyOS_InterruptOccurred()
declare void @PyErr_SetInterrupt()
define internal i32 @interrupted() noinline cold {
  %state = call i32 @PyGILState_Ensure()
  %pressed = call i32 @PyOS_InterruptOccurred()
  %is = icmp ne i32 %pressed, 0
  br i1 %is, label %yes, label %no
yes:
  call void @PyErr_SetInterrupt()
  br label %no
no:
  call void @PyGILState_Release(i32 %state)
  ret i32 %pressed
}
"""
"""Whether Ctrl-C was pressed and this is the thread that answers; CPython forgets by being asked, so it is told again.

The loops that are running end, whatever their results, and Python raises KeyboardInterrupt after the call.
"""


def steps_between_looks(loop: Loop) -> int:
    """After how many steps a loop looks for Ctrl-C: a power of two, at least 1."""
    return 1 << max(0, (PATIENCE // max(1, instruction_count(loop.body))).bit_length() - 1)


def instruction_count(program: Program) -> int:
    """The instructions that run in a call."""
    loops = [row.payload for row, _, _ in program.instructions if isinstance(row.payload, Loop)]
    return len(program.instructions) + sum([loop.steps * instruction_count(loop.body) for loop in loops])


def copy(f: Function, source: str, target: str, count: int, type: str, read: str = "") -> None:
    """Copy numbers or vectors; or of numbers that are `read` vectors that have each of them in all lanes."""
    read = read or type

    def one(i: str | int) -> None:
        value = f.value(f"load {read}, ptr {f.offset(source, read, i)}")
        f.do(f"store {type} {value if read == type else f.splat(value)}, ptr {f.offset(target, type, i)}")

    done = 0
    if type == SCALAR and count > FEW:
        done = count - count % f.lanes
        with f.loop(count // f.lanes) as loop:
            first = f.integer("mul", loop.counter, f.lanes)
            value = f.value(f"load {VECTOR}, ptr {f.offset(source, SCALAR, first)}, align 8")
            f.do(f"store {VECTOR} {value}, ptr {f.offset(target, SCALAR, first)}, align 8")
    if count - done > FEW:
        with f.loop(count - done) as loop:
            one(loop.counter)
    else:
        for i in range(done, count):
            one(i)


class StepsWriter:
    """Writes the function that runs the steps of a loop."""

    def __init__(
        self,
        f: Function,
        loop: Loop,
        layout: LoopLayout,
        places: list[ArrayLayout],
        slots: dict[str, int],
        definitions: dict[str, str],
    ) -> None:
        self.f, self.loop, self.layout, self.slots = f, loop, layout, slots
        self.definitions = definitions
        self.own, *self.arrays = places
        self.type = self.own.type
        self.start = f.pointer(self.own.buffer)
        self.context = f.value(f"alloca [{len(slots)} x ptr]")

    def at(self, offset: int | str, start: str = "") -> str:
        """An address in the array or the room beside it, which depends on lengths; or so far behind a start."""
        if not start and isinstance(offset, int):
            offset = self.f.fixed(offset)
        return self.f.offset(start or self.start, self.type, offset)

    def point(self, name: str, pointer: str) -> None:
        """Let the body find a buffer there."""
        self.f.do(f"store ptr {pointer}, ptr {self.f.offset(self.context, 'ptr', self.slots[name])}")

    def surroundings(self) -> None:
        """What the body reads besides its arguments of a step."""
        for k, i in enumerate(self.loop.whole, 3):
            array = self.arrays[i]
            self.point(f"{'b' if array.type == VECTOR else 'a'}{k}", array.address(self.f))
        for name in "nec":
            self.point(name, self.f.pointer(name))
        scratch = self.at(self.layout.scratch)
        self.point("s", scratch)
        self.point("m", self.f.offset(scratch, SCALAR, self.layout.plan.padded(self.layout.plan.sizes["s"])))

    def runs(self, t: str) -> Iterator[tuple[ArrayLayout, int, int, str]]:
        """Columns side by side: their array, the first one, their number, and the address of its element of step t."""
        f, columns, j = self.f, self.loop.columns, 0
        while j < len(columns):
            k, offset, stride = columns[j]
            array, count = self.arrays[k], 1
            place = array.place(offset)
            while columns[j + count : j + count + 1] == (Column(k, offset + count, stride),):
                if array.place(offset + count) != place + count:
                    break
                count += 1
            moved = 0 if t == "0" else f.integer("mul", t, stride)
            yield array, j, count, f.offset(array.address(f, offset), array.type, moved)
            j += count

    def gather(self, t: str, xs: str) -> None:
        """The elements of step t of all columns, one after the other."""
        for array, j, count, source in self.runs(t):
            copy(self.f, source, self.at(j, xs), count, self.type, array.type)

    def lanes(self) -> None:
        """8 steps at once; the last ones again where their number is no multiple of 8."""
        loop, f, layout = self.loop, self.f, self.layout
        self.surroundings()
        work = self.at(layout.work)
        self.point("v", f.offset(work, VECTOR, layout.plan.stages[0].tile))
        places = {name: f.offset(work, VECTOR, offset) for name, (_, offset) in layout.plan.stages[0].buffers.items()}
        self.point("t", work)
        self.point("a2", f.offset(f.pointer("s"), SCALAR, layout.shared))
        f.do(f"call void @{layout.name}stage0.numbers(ptr {self.context})")
        ys = self.at(self.own.offset)
        residuals = self.at(f.fixed(loop.length * loop.outputs), ys)
        with f.loop(f.fixed(-(-loop.length // f.lanes))) as counted:
            t = f.smaller(f.integer("mul", counted.counter, f.lanes), f.fixed(loop.length - f.lanes))
            for j, column in enumerate(loop.columns if "x1" in places else ()):
                array = self.arrays[column.array]
                first = array.address(f, column.offset)
                self.move(f.offset(first, SCALAR, f.integer("mul", t, column.stride)), column.stride, places["x1"], j)
            f.do(f"call void @{layout.name}tile(ptr {self.context}, ptr {work})")
            for name, target, count in (("o1", ys, loop.outputs), ("o2", residuals, loop.residuals)):
                for j in range(count if name in places else 0):
                    start = f.offset(target, SCALAR, f.integer("mul", t, count))
                    self.move(f.offset(start, SCALAR, j), count, places[name], j, stores=True)
            self.look(counted.counter)

    def move(self, numbers: str, stride: int, vectors: str, j: int, stores: bool = False) -> None:
        """A vector of numbers that are a stride apart: loaded, or stored."""
        f, vector = self.f, self.f.offset(vectors, VECTOR, j)
        if stride == 1:
            source, target = (vector, numbers) if stores else (numbers, vector)
            f.do(f"store {VECTOR} {f.value(f'load {VECTOR}, ptr {source}, align 8')}, ptr {target}, align 8")
            return
        for lane in range(f.lanes):
            one, place = f.offset(numbers, SCALAR, lane * stride), f.offset(vector, SCALAR, lane)
            source, target = (place, one) if stores else (one, place)
            f.do(f"store double {f.value(f'load double, ptr {source}')}, ptr {target}")

    def steps(self) -> None:
        """One step after the other, for all samples alike or for those of a tile."""
        loop, f, layout, m = self.loop, self.f, self.layout, self.loop.carries
        batched = self.type == VECTOR
        if isinstance(loop, When):
            self.only_if()
        self.surroundings()
        stage = layout.plan.stages[0]
        work = self.at(layout.work)
        places = {name: self.at(offset, work) for name, (_, offset) in stage.buffers.items()}
        if batched:
            self.point("t", work)
            self.point("v", self.at(stage.tile, work))
        self.point("a2", f.offset(f.pointer("s"), SCALAR, layout.shared))
        if batched:
            f.do(f"call void @{layout.plan.name}stage0.numbers(ptr {self.context})")
        else:
            self.point("a1", work)
        carry, ys = self.at(self.own.offset), self.at(self.own.place((loop.length + 1) * m))
        residuals = self.at(f.fixed(loop.length * loop.outputs), ys)
        count = FOREVER if isinstance(loop, While) else f.fixed(loop.length)
        with f.loop(count) as counted:
            p = counted.counter
            t = f.integer("sub", f.fixed(loop.length - 1), p) if loop.reverse else p
            after = f.integer("add", p, 1)
            if self.own.folded:
                p, after = f.integer("and", p, 1), f.integer("and", after, 1)
            before, then = self.at(f.integer("mul", p, m), carry), self.at(f.integer("mul", after, m), carry)
            y = self.at(f.integer("mul", t, loop.outputs), ys)
            residual = self.at(f.integer("mul", t, loop.residuals), residuals)
            if batched:
                if "x0" in places:
                    copy(f, before, places["x0"], m, VECTOR)
                if "x1" in places:
                    self.gather(t, places["x1"])
                f.do(f"call void @{layout.plan.name}tile(ptr {self.context}, ptr {work})")
                if "o0" in places:
                    copy(f, places["o0"], then, m, VECTOR)
                if "o1" in places:
                    copy(f, places["o1"], y, loop.outputs, VECTOR)
                if "o2" in places:
                    copy(f, places["o2"], residual, loop.residuals, VECTOR)
            else:
                self.point("a0", before)
                self.point("r0", then)
                self.point("r1", y)
                self.point("r2", residual)
                self.gather(t, work)
                f.do(f"call void @{layout.plan.name}stage0.numbers(ptr {self.context})")
            if isinstance(loop, While):
                self.end(then, carry)
            self.look(counted.counter)

    def only_if(self) -> None:
        """Return from the function at once where the condition does not hold."""
        f = self.f
        place = f.offset(f.pointer("s"), SCALAR, self.layout.shared)
        condition = f.value(f"load {SCALAR}, ptr {place}")
        go, skip = f.fresh("go", "skip")
        f.branch(f.value(f"fcmp une {SCALAR} {condition}, {literal(0.0)}"), go, skip)
        f.label(skip)
        f.do("ret void")
        f.label(go)

    def end(self, then: str, carry: str) -> None:
        """Return from the function with the new carry, if its first number is 0 for all samples."""
        f = self.f
        running = f.value(f"fcmp une {self.type} {f.value(f'load {self.type}, ptr {then}')}, {literal(0.0, self.type)}")
        if self.type == VECTOR:
            running = f.value(f"icmp ne i{f.lanes} {f.value(f'bitcast {MASK} {running} to i{f.lanes}')}, 0")
        done, go = f.fresh("done", "go")
        f.branch(running, go, done)
        f.label(done)
        copy(f, then, carry, self.loop.carries, self.type)
        f.do("ret void")
        f.label(go)

    def look(self, steps: str) -> None:
        """Return from the function if Ctrl-C was pressed, every so many steps."""
        f = self.f
        if self.loop.is_call:
            return
        self.definitions.setdefault("interrupted", INTERRUPTED)
        look, stop, go = f.fresh("look", "stop", "go")
        last = f.fixed(steps_between_looks(self.loop) - 1)
        f.branch(f.value(f"icmp eq i64 {f.integer('and', steps, last)}, {last}"), look, go)
        f.label(look)
        pressed = f.value("call i32 @interrupted()")
        f.branch(f.value(f"icmp ne i32 {pressed}, 0"), stop, go)
        f.label(stop)
        f.do("ret void")
        f.label(go)
