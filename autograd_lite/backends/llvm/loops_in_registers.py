"""Loops whose body is short: it is written into the loop, and its numbers stay in registers.

Above `program_loops`, which calls the code of a body and moves pointers. Here the carry goes from step to step as
values, what all steps share is read before the first one, and only what is read afterwards is stored. The loop over
samples is written so too, where each has single numbers: they are read and written where they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd_lite.program.payloads import Loop, While
from autograd_lite.program.program import Program

from .arrays_of_loops import ArrayLayout
from .emitters import Emitter
from .fusion import ONE, Op
from .ir_text import SCALAR, VECTOR, Function, Index
from .nest_writing import SectionWriter
from .plan import LoopLayout, ProgramPlan, Stage
from .program_loops import FOREVER, StepsWriter
from .rerolling import Scheduled

MOST = 128  # operands of the instructions of a body: more fill the registers, and take LLVM longer
MOST_CALLED = 1024  # of a function: a call of its code takes longer than some numbers that do not fit


def is_short(loop: Loop, plan: ProgramPlan, shared: bool) -> bool:
    """Whether a body may be written into its loop: it has few instructions, and each makes a number.

    That of a function is written where it is called if all its calls share what is written.
    """
    if plan.arrays or (loop.is_call and not (shared and type(loop) is Loop)):
        return False
    stage = plan.stages[0]
    return are_few([*stage.unbatched, *stage.batched], MOST_CALLED if loop.is_call else MOST)


def are_few(items: Sequence[Scheduled], most: int = MOST) -> bool:
    ops = [x for x in items if isinstance(x, Op) and x.row.payload is None]
    return len(ops) == len(items) and sum([len(op.operands) for op in ops]) <= most


def has_single_numbers(plan: ProgramPlan, stage: Stage) -> bool:
    """Whether samples have single numbers, with which few instructions compute, and nothing adds these up."""
    sizes = [(plan.argument_sizes if name[0] == "x" else plan.result_sizes)[int(name[1:])] for name in stage.buffers]
    return not plan.name and not stage.sums and set(sizes) == {1} and are_few(stage.batched)


def write_samples(f: Function, plan: ProgramPlan, stage: Stage, emitter: Emitter, first: str, tiles: str) -> None:
    """The instructions of a stage for so many whole tiles of samples, from the first one on."""
    ops: list[Op] = [*stage.batched]  # type: ignore[list-item]
    known: dict[int, str] = {}
    inputs: dict[int, int] = {}  # the arguments that are read
    for x in sorted({x for op in ops for x in op.operands} - {ONE}):
        if x in plan.constants:
            known[x] = f.constant(plan.constants[x], VECTOR)
        elif x not in stage.locations:
            buffer, offset = plan.locations[x]
            if buffer[0] == "x":
                inputs[x] = int(buffer[1:])
            else:
                known[x] = f.load_splat(buffer, Index(offset))
    with f.loop(tiles) as loop:
        sample = f.integer("add", first, f.integer("mul", loop.counter, f.lanes))
        read = {
            x: f.value(f"load {VECTOR}, ptr {f.offset(f.pointer(f'b{k}'), SCALAR, sample)}, align 8")
            for x, k in inputs.items()
        }
        writer = SectionWriter(f, emitter, True, {}, {ONE: 1.0}, {}, {}, {}, known | read)
        for op in ops:
            writer.op(op, False)
        for x, (buffer, _) in stage.locations.items():
            if buffer[0] == "o":
                place = f.offset(f.pointer(f"p{buffer[1:]}"), SCALAR, sample)
                f.do(f"store {VECTOR} {writer.values[x]}, ptr {place}, align 8")


class StepsInRegisters(StepsWriter):
    """Writes a loop around its body."""

    def __init__(
        self, f: Function, loop: Loop, layout: LoopLayout, places: list[ArrayLayout], emitter: Emitter
    ) -> None:
        super().__init__(f, loop, layout, places, {}, emitter.definitions)
        self.emitter = emitter
        self.program: Program = layout.plan.program
        self.stage = layout.plan.stages[0]
        first, self.inputs = 0, []  # the values of each argument of the body
        for argument in self.program.arguments:
            self.inputs.append(range(first, first + argument.size))
            first += argument.size

    def load(self, type: str, address: str) -> str:
        return self.f.value(f"load {type}, ptr {address}, align {8 if type == SCALAR else 64}")

    def writer(self, type: str, known: dict[int, str]) -> SectionWriter:
        """What writes the instructions of the body for numbers of a type, of which some are known."""
        return SectionWriter(self.f, self.emitter, type == VECTOR, {}, {ONE: 1.0}, {}, {}, {}, dict(known))

    def shared(self, type: str) -> dict[int, str]:
        """What all steps share, as values of a type."""
        f, layout, plan = self.f, self.layout, self.layout.plan
        ops: list[Op] = [*self.stage.batched] or [*self.stage.unbatched]  # type: ignore[list-item]
        once: list[Op] = [*self.stage.unbatched] if type == VECTOR else []  # type: ignore[list-item]
        results = [x for result in self.program.results for x in result.values]
        read = {x for op in ops + once for x in op.operands} | set(results)
        start = f.pointer("s")
        known = {
            x: self.load(SCALAR, f.offset(start, SCALAR, layout.shared + i))
            for i, x in enumerate(self.inputs[2])
            if x in read
        }
        known |= {x: f.constant(c, SCALAR) for x, c in plan.constants.items() if x in read and x != ONE}
        if type == SCALAR:
            return known
        writer = self.writer(SCALAR, known)
        for op in once:
            writer.op(op, False)
        vectors = {x: f.splat(value) for x, value in writer.values.items() if x in read}
        index = 3 + len(self.loop.whole)
        if f"x{index}" in self.stage.buffers:  # what differs from sample to sample
            own = layout.work + self.stage.buffers[f"x{index}"][1]
            vectors |= {x: self.load(VECTOR, self.at(own + i)) for i, x in enumerate(self.inputs[index]) if x in read}
        return vectors

    def body(self, type: str, known: dict[int, str], carry: Sequence[str], xs: Sequence[str]) -> list[list[str]]:
        """One step: the new carry, y and residuals."""
        writer = self.writer(type, known)
        writer.values |= dict(zip(self.inputs[0], carry, strict=True)) | dict(zip(self.inputs[1], xs, strict=False))
        for op in self.stage.batched or self.stage.unbatched:
            assert isinstance(op, Op)
            writer.op(op, False)
        return [[writer.operand(x, type) for x in result.values] for result in self.program.results]

    def elements(self, t: str) -> list[str]:
        """The elements of step t of all columns, for all samples alike or for those of a tile."""
        found: list[str] = []
        for array, _, count, source in self.runs(t):
            for i in range(count):
                one = self.load(array.type, self.f.offset(source, array.type, i))
                found.append(one if array.type == self.type else self.f.splat(one))
        return found

    def keep(self, values: Sequence[str], start: str) -> None:
        """Store values one after the other."""
        for i, value in enumerate(values):
            self.f.do(f"store {self.type} {value}, ptr {self.at(i, start)}, align {8 if self.type == SCALAR else 64}")

    def steps(self) -> None:
        loop, f, m = self.loop, self.f, self.loop.carries
        known = self.shared(self.type)
        if loop.is_call:
            _, y, residual = self.body(self.type, known, [], self.elements("0"))
            return self.keep([*y, *residual], self.at(self.own.offset))
        carry, ys = self.at(self.own.offset), self.at(self.own.place((loop.length + 1) * m))
        residuals = self.at(f.fixed(loop.length * loop.outputs), ys)
        first = [(self.type, self.load(self.type, self.at(i, carry))) for i in range(m)]
        with f.loop(FOREVER if isinstance(loop, While) else f.fixed(loop.length), first) as counted:
            p = counted.counter
            t = f.integer("sub", f.fixed(loop.length - 1), p) if loop.reverse else p
            xs = self.elements(t)
            new, y, residual = self.body(self.type, known, counted.carried, xs)
            self.keep(y, self.at(f.integer("mul", t, loop.outputs), ys))
            self.keep(residual, self.at(f.integer("mul", t, loop.residuals), residuals))
            if isinstance(loop, While):
                self.keep(new, carry)
                self.end(carry, carry)
            elif not self.own.folded:
                self.keep(new, self.at(f.integer("mul", f.integer("add", p, 1), m), carry))
            self.look(p)
            counted.carried = new
        if self.own.folded and not isinstance(loop, While):
            self.keep(counted.carried, self.at(self.own.place(loop.length * m)))

    def lanes(self) -> None:
        """8 steps at once; the last ones again where their number is no multiple of 8."""
        loop, f = self.loop, self.f
        known = self.shared(VECTOR)
        ys = self.at(self.own.offset)
        residuals = self.at(f.fixed(loop.length * loop.outputs), ys)
        with f.loop(f.fixed(-(-loop.length // f.lanes))) as counted:
            t = f.smaller(f.integer("mul", counted.counter, f.lanes), f.fixed(loop.length - f.lanes))
            xs = []
            for column in loop.columns:
                array = self.arrays[column.array]
                first = f.offset(array.address(f, column.offset), SCALAR, f.integer("mul", t, column.stride))
                xs.append(self.row_of(first, column.stride))
            _, *found = self.body(VECTOR, known, [], xs)
            for values, target in zip(found, (ys, residuals), strict=True):
                start = f.offset(target, SCALAR, f.integer("mul", t, len(values)))
                for j, value in enumerate(values):
                    self.spread(value, f.offset(start, SCALAR, j), len(values))
            self.look(counted.counter)

    def row_of(self, first: str, stride: int) -> str:
        """A vector of numbers that are a stride apart."""
        f = self.f
        if stride == 1:
            return f.value(f"load {VECTOR}, ptr {first}, align 8")
        if not stride:
            return f.splat(self.load(SCALAR, first))
        found = "poison"
        for lane in range(f.lanes):
            one = self.load(SCALAR, f.offset(first, SCALAR, lane * stride))
            found = f.value(f"insertelement {VECTOR} {found}, double {one}, i64 {lane}")
        return found

    def spread(self, vector: str, first: str, stride: int) -> None:
        """Store the numbers of a vector a stride apart."""
        f = self.f
        if stride == 1:
            f.do(f"store {VECTOR} {vector}, ptr {first}, align 8")
            return
        for lane in range(f.lanes):
            one = f.value(f"extractelement {VECTOR} {vector}, i64 {lane}")
            f.do(f"store double {one}, ptr {f.offset(first, SCALAR, lane * stride)}, align 8")
