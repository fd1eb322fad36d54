"""Programs of a row run for many rows, each of which reads and writes numbers by places of its own.

The places are affine in the row or a table of them.  8 rows are computed at once, as lanes, the rest one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd_lite.backends.batch_order import LANES
from autograd_lite.program.program import Program

from .emitters import Emitter
from .engine import object_code
from .fusion import term_width
from .ir_text import SCALAR, VECTOR, Function, literal
from .machine_code import MachineCode, ObjectCode
from .modules import ATTRIBUTES, DECLARATIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RowPlaces(NamedTuple):
    """Where a number of each row is: at start + row x stride, or by `table`."""

    start: int
    stride: int
    table: NDArray[np.int32] | None = None


def row_places(indices: NDArray[np.int64]) -> RowPlaces:
    """The places with these indices, one a row."""
    first = int(indices[0])
    stride = int(indices[1]) - first if len(indices) > 1 else 1
    if (indices == first + stride * np.arange(len(indices))).all():
        return RowPlaces(first, stride)
    return RowPlaces(0, 0, np.ascontiguousarray(indices, dtype=np.int32))


class Rows(NamedTuple):
    """A program, the number of rows, where each of its inputs is read, and where each of its results goes.

    The inputs of the program are its numbers in order: those read from the first buffer, then those of `constants`,
    which has a column for each.
    """

    program: Program
    repeats: int
    reads: Sequence[RowPlaces]
    constants: Sequence[NDArray[np.float64]]
    writes: Sequence[RowPlaces]


class Sums(NamedTuple):
    """Results that are sums: of the numbers at `terms[starts[k]:starts[k + 1]]` of the scratch, from left to right."""

    terms: NDArray[np.int32]
    starts: NDArray[np.int32]
    scratch: int


class GatheredRows:
    """Native code that runs rows: called with an array to read and one to write, both flat and of float64.

    With `sums`, the rows write to scratch memory, whose numbers are added up into the array.
    """

    def __init__(self, parts: Sequence[Rows], sums: Sums | None, fastmath: bool = False) -> None:
        emitter = Emitter(fastmath)
        self.arrays: list[Any] = []  # what the code reads besides its arguments
        functions = [self.part(f"rows{k}", rows, emitter, fastmath) for k, rows in enumerate(parts)]
        if sums is not None:
            functions.append(self.added("added", sums))
        main = Function("call", "ptr %self, ptr %arguments, i64 %n", {})
        objects = [main.value(f"load ptr, ptr {main.offset('%arguments', 'ptr', k)}") for k in range(3)]
        read, write, scratch = [
            main.value(f"load ptr, ptr {main.offset(x, 'i8', object.__basicsize__)}") for x in objects
        ]
        state = main.value("call ptr @PyEval_SaveThread()") if sum(x.repeats for x in parts) > 100_000 else ""
        for f in functions:
            source, target = (scratch, write) if f.name == "added" else (read, write if sums is None else scratch)
            main.do(f"call void @{f.name}(ptr {source}, ptr {target})")
        if state:
            main.do(f"call void @PyEval_RestoreThread(ptr {state})")
        main.do("call void @Py_IncRef(ptr %self)")
        texts = [f.text() for f in functions] + [main.text("ptr", "ret ptr %self")]
        self.source = "\n".join([DECLARATIONS, *emitter.definitions.values(), *texts, ATTRIBUTES, ""])
        code = MachineCode(ObjectCode([object_code(self.source, True)], emitter.rows, [], ["call"]))
        self._call = code.engine.builtin("call", [code.callbacks, self.arrays])
        self._failures = code.failures
        self._scratch = 1 if sums is None else max(1, sums.scratch)

    def __call__(self, read: NDArray[np.float64], write: NDArray[np.float64]) -> None:
        self._call(read, write, np.empty(self._scratch))
        if self._failures:
            error = self._failures[0]
            self._failures.clear()
            raise error

    def table(self, f: Function, array: Any) -> str:
        """The address of an array that lives as long as the code."""
        self.arrays.append(array)
        return f.value(f"inttoptr i64 {array.ctypes.data} to ptr")

    def part(self, name: str, rows: Rows, emitter: Emitter, fast: bool) -> Function:
        """name(read, write): all rows of a part."""
        f = Function(name, "ptr %read, ptr %write", {}, fast)
        reads = [(place, "%read" if place.table is None else self.table(f, place.table)) for place in rows.reads]
        constants = [self.table(f, np.ascontiguousarray(x)) for x in rows.constants]
        writes = [(place, "" if place.table is None else self.table(f, place.table)) for place in rows.writes]
        tiles = rows.repeats // LANES if len(rows.program.instructions) else 0
        for first, count, width, type in ((0, tiles, LANES, VECTOR), (tiles * LANES, -1, 1, SCALAR)):
            left = rows.repeats - first if count < 0 else count
            if left:
                with f.loop(left) as loop:
                    row = f.integer("add", f.integer("mul", loop.counter, width), first)
                    inputs = [self.read(f, place, at, row, width) for place, at in reads]
                    inputs += [f.value(f"load {type}, ptr {f.offset(at, 'double', row)}, align 8") for at in constants]
                    for value, (place, at) in zip(
                        write_instructions(f, rows.program, emitter, inputs, type), writes, strict=True
                    ):
                        self.write(f, value, place, at, row, width)
        return f

    def read(self, f: Function, place: RowPlaces, at: str, row: str, width: int) -> str:
        if place.table is None and place.stride == 1:
            address = f.offset(f.offset("%read", "double", place.start), "double", row)
            return f.value(f"load {VECTOR if width > 1 else SCALAR}, ptr {address}, align 8")
        lanes = [f.value(f"load double, ptr {self.address(f, '%read', place, at, row, k)}") for k in range(width)]
        if width == 1:
            return lanes[0]
        result = "poison"
        for k, lane in enumerate(lanes):
            result = f.value(f"insertelement {VECTOR} {result}, double {lane}, i64 {k}")
        return result

    def write(self, f: Function, value: str, place: RowPlaces, at: str, row: str, width: int) -> None:
        if place.table is None and place.stride == 1:
            address = f.offset(f.offset("%write", "double", place.start), "double", row)
            f.do(f"store {VECTOR if width > 1 else SCALAR} {value}, ptr {address}, align 8")
            return
        for k in range(width):
            lane = value if width == 1 else f.value(f"extractelement {VECTOR} {value}, i64 {k}")
            f.do(f"store double {lane}, ptr {self.address(f, '%write', place, at, row, k)}")

    def address(self, f: Function, base: str, place: RowPlaces, at: str, row: str, lane: int) -> str:
        """The address of a number of the row that is so many behind `row`."""
        if place.table is None:
            first = f.integer("add", f.integer("mul", row, place.stride), place.start + lane * place.stride)
            return f.offset(base, "double", first)
        index = f.value(f"load i32, ptr {f.offset(f.offset(at, 'i32', row), 'i32', lane)}")
        return f.value(f"getelementptr double, ptr {base}, i32 {index}")

    def added(self, name: str, sums: Sums) -> Function:
        """name(scratch, write): the sums of numbers of the scratch."""
        f = Function(name, "ptr %read, ptr %write", {})
        terms, starts = self.table(f, sums.terms), self.table(f, sums.starts)
        if len(sums.starts) > 1:
            with f.loop(len(sums.starts) - 1) as loop:
                at = f.offset(starts, "i32", loop.counter)
                ends = [f.value(f"load i32, ptr {f.offset(at, 'i32', k)}") for k in (0, 1)]
                first, last = [f.value(f"sext i32 {end} to i64") for end in ends]

                def term(k: str) -> str:
                    index = f.value(f"load i32, ptr {f.offset(terms, 'i32', k)}")
                    return f.value(f"load double, ptr {f.value(f'getelementptr double, ptr %read, i32 {index}')}")

                more = f.integer("sub", f.integer("sub", last, first), 1)
                with f.loop(more, [(SCALAR, term(first))]) as inner:
                    next = f.integer("add", f.integer("add", first, inner.counter), 1)
                    inner.carried = [f.exact("fadd", SCALAR, inner.carried[0], term(next))]
                f.do(f"store double {inner.carried[0]}, ptr {f.offset('%write', 'double', loop.counter)}")
        return f


def write_instructions(f: Function, program: Program, emitter: Emitter, inputs: list[str], type: str) -> list[str]:
    """The instructions of a program; the names of its results."""
    values = list(inputs)
    for row, operands, constant in program.instructions:
        if constant is not None:
            values.append(literal(constant, type))
        elif width := term_width(row):
            value, terms = "", len(operands) // width
            for k in range(terms):  # of a dot, all first factors come before all second ones
                value = emitter.reduce(f, row, type, value, [values[i] for i in operands[k::terms]])
            values.append(value)
        else:
            values.append(emitter.emit(f, row, type, [values[i] for i in operands]))
    return [values[i] for result in program.results for i in result.values]
