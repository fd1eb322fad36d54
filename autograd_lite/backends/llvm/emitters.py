"""The rows of the table as LLVM IR, by their columns `llvm`, `fold`, `libm` and `fastmath`.

A row is an instruction, an intrinsic, a comparison or a few of these where its column `llvm` gives them. All others are
calls, once for each lane, to the function of the C library that Python's `math` calls, so that the bits are those of
the eager engine, or to code of the definition that the eager engine runs. Rows of users without a lowering are called
back in Python: slow, and exact. With `fast`, vectorized approximations replace some calls.

Conditions are 1.0 and 0.0, as everywhere; where one is read, the i1 that it was made of is used again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partialmethod

from autograd_lite.backends.batch_order import LANES
from autograd_lite.core.graph import BATCH_SIZE
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import fmod, identity, mul, pow
from autograd_lite.core.table.definition_reader import Definition

from . import approximations
from .approximations import VectorMath
from .definition_code import CodeReader
from .ir_text import (
    INTEGERS,
    MASKS,
    ONES,
    SCALAR,
    SUFFIXES,
    VECTOR,
    WIDE_VECTOR,
    WIDER,
    Function,
    Lengths,
    lane_type,
    literal,
)

Body = Callable[[Function, list[str]], str]
"""What writes a function of its parameters, and returns its result."""

ARITHMETIC = frozenset(["fadd", "fsub", "fmul", "fdiv", "fneg"])
LANED = (VECTOR, WIDE_VECTOR)
ALIKE = re.compile(r"f|llvm\.|emit_(where|logical_and|logical_or|logical_not|relu|maximum|minimum|sign|copysign)")


def is_rounded_alike(row: Primitive) -> bool:
    """Whether a row computed in float32 is what it is in float64, rounded.

    That holds for arithmetic and square roots, since float64 has more than twice the digits, and for choices.
    Source: Figueroa, When is double rounding innocuous? (1995).
    """
    return row is identity or row is BATCH_SIZE or ALIKE.match(row.llvm) is not None


class Emitter:
    """Writes rows into functions, and collects what these need: declarations, helper functions, addresses."""

    def __init__(self, fast: bool, lanes: int = LANES) -> None:
        self.fast, self.lanes = fast, lanes
        self.is_float32 = lanes > LANES
        self.rows: dict[str, tuple[Primitive, int]] = {}  # those that are called, and the number of their operands
        self.kernels: set[str] = set()  # those that are called
        self.definitions: dict[str, str] = {}  # declarations and helper functions
        self.lengths: Lengths | None = None  # what depends on lengths, where the code does not
        # by which functions calls run, and where their own lengths and constants begin
        self.calls: dict[str, tuple[str, int, int]] = {}
        self.called: dict[tuple[str, ...], str] = {}  # these functions, by their text
        self._names: dict[tuple[Primitive, int], str] = {}
        self._widened_names: dict[tuple[Primitive, int, str], str] = {}

    def emit(self, f: Function, row: Primitive, type: str, operands: list[str]) -> str:
        """A row on operands of one type; the name of the result."""
        text = row.llvm
        if text in ARITHMETIC:
            return f.arithmetic(text, type, *operands)
        if self.is_float32 and type in WIDER and not is_rounded_alike(row):
            return self._widened(f, row, type, operands)
        if text.startswith("emit_"):
            emitted: str = getattr(self, text)(VectorMath(f, type, self._intrinsic, self._call), *operands)
            return emitted
        if text.startswith("llvm."):
            return self._intrinsic(f, text, type, *operands)
        if text.startswith("fcmp "):
            return f.condition(f.compare(text.removeprefix("fcmp "), type, *operands), type)
        if row is identity:
            return operands[0]
        if row is BATCH_SIZE:
            integer = f.value(f"ptrtoint ptr {f.pointer('batch')} to i64")
            return f.value(f"sitofp i64 {integer} to {SCALAR}")
        if self.fast and row.fastmath:
            return self._approximation(f, row.name, type, operands)
        if isinstance(row.lowering, Definition):
            return self._defined(f, row.lowering, type, operands)
        return self._call(f, row, type, operands)

    def for_half(self) -> Emitter:
        """What writes rows for half of the lanes; it calls the same functions."""
        half = Emitter(self.fast, LANES // 2)
        half.rows, half._names, half.lengths = self.rows, self._names, self.lengths
        return half

    def needed(self, functions: list[str]) -> list[str]:
        """The declarations and helper functions that a module with these functions needs."""
        texts = list(functions)
        needed: list[str] = []
        for name, text in reversed(self.definitions.items()):  # a helper comes after what it calls
            if any(f"@{name}(" in x for x in texts):
                texts.append(text)
                needed.append(text)
        return needed[::-1]

    def reduce(self, f: Function, row: Primitive, type: str, so_far: str, factors: list[str]) -> str:
        """A reduction after one more term; `so_far` is empty before the first."""
        term = factors[0]
        if len(factors) == 2:
            one = ONES[type]
            rest = [factor for factor in factors if factor != one]
            term = self.emit(f, mul, type, rest) if len(rest) == 2 else [*rest, one][0]
        if not so_far or not isinstance(row.fold, Primitive):
            return term
        return self.emit(f, row.fold, type, [so_far, term])

    # rows that are several instructions

    def emit_where(self, w: VectorMath, condition: str, a: str, b: str) -> str:
        return w.f.select(w.f.truth(condition, w.type), a, b, w.type)

    def _logical(self, operation: str, w: VectorMath, x: str, y: str) -> str:
        truths = f"{w.f.truth(x, w.type)}, {w.f.truth(y, w.type)}"
        return w.f.condition(w.f.value(f"{operation} {MASKS[w.type]} {truths}"), w.type)

    emit_logical_and, emit_logical_or = partialmethod(_logical, "and"), partialmethod(_logical, "or")

    def emit_logical_not(self, w: VectorMath, x: str) -> str:
        return w.f.select(w.f.truth(x, w.type), w.number(0.0), w.number(1.0), w.type)

    def emit_relu(self, w: VectorMath, x: str) -> str:
        return w.where("ugt", x, 0.0, x, 0.0)  # nan passes

    def _extreme(self, order: str, w: VectorMath, x: str, y: str) -> str:
        larger = w.where(order, y, x, y, x)  # x where it is nan, but also where y is
        never_nan = not y.startswith("%") and literal(math.nan) not in y
        return larger if never_nan else w.where("uno", y, y, y, larger)

    emit_maximum, emit_minimum = partialmethod(_extreme, "ogt"), partialmethod(_extreme, "olt")

    def emit_sign(self, w: VectorMath, x: str) -> str:
        return w.where("uno", x, x, x, w.where("ogt", x, 0.0, 1.0, w.where("olt", x, 0.0, -1.0, 0.0)))

    def emit_copysign(self, w: VectorMath, x: str, y: str) -> str:
        return w.f.select(w.f.compare("uno", w.type, y, y), y, w.call("copysign", x, y), w.type)

    def emit_mod(self, w: VectorMath, x: str, y: str) -> str:
        """As Python: a remainder with the sign of the divisor."""
        rest, other_side = self._remainder(w, x, y)
        shifted = w.f.select(other_side, w.f.arithmetic("fadd", w.type, rest, y), rest, w.type)
        return w.where("oeq", rest, 0.0, w.call("copysign", 0.0, y), shifted)

    def emit_floor_divide(self, w: VectorMath, x: str, y: str) -> str:
        """As Python: the floor of a quotient that is whole but for rounding; x / y where y is 0."""
        rest, other_side = self._remainder(w, x, y)
        whole = w.div(w.sub(x, rest), y)
        whole = w.f.select(other_side, w.sub(whole, 1.0), whole, w.type)
        floor = w.call("floor", whole)
        high = w.f.compare("ogt", w.type, w.sub(whole, floor), w.number(0.5))
        floor = w.f.select(high, w.add(floor, 1.0), floor, w.type)
        quotient = w.div(x, y)
        floor = w.where("oeq", whole, 0.0, w.call("copysign", 0.0, quotient), floor)
        return w.where("oeq", y, 0.0, quotient, floor)

    def _remainder(self, w: VectorMath, x: str, y: str) -> tuple[str, str]:
        """C's remainder, and whether it is not 0 and has not the sign of y."""
        zero, mask = w.number(0.0), MASKS[w.type]
        rest = self._call(w.f, fmod, w.type, [x, y])
        signs = f"{w.f.compare('olt', w.type, y, zero)}, {w.f.compare('olt', w.type, rest, zero)}"
        differ = w.f.value(f"xor {mask} {signs}")
        return rest, w.f.value(f"and {mask} {differ}, {w.f.compare('une', w.type, rest, zero)}")

    def emit_pow(self, w: VectorMath, x: str, y: str) -> str:
        """As Python, but x * x where y is 2, and nan wherever an operand is: in C pow(1, nan) is 1."""
        power = self._call(w.f, pow, w.type, [x, y])
        square = w.f.arithmetic("fmul", w.type, x, x)
        return w.where("uno", x, y, math.nan, w.where("oeq", y, 2.0, square, power))

    def emit_exponent(self, w: VectorMath, x: str) -> str:
        bits = w.on_bits("sub", w.on_bits("lshr", w.bits(x), 52), 1023)
        return w.f.value(f"sitofp {INTEGERS[w.type]} {bits} to {w.type}")

    def emit_power_of_two(self, w: VectorMath, n: str) -> str:
        return w.power_of_2(n)

    # rows that are calls

    def _intrinsic(self, f: Function, name: str, type: str, *operands: str) -> str:
        if name == "llvm.fabs" and type == SCALAR and f.lanes == LANES:
            # without optimization LLVM takes as long for this intrinsic as for twenty instructions
            return f.value(
                f"bitcast i64 {f.integer('and', f.value(f'bitcast double {operands[0]} to i64'), 2**63 - 1)} to double"
            )
        full = f"{name}.{SUFFIXES[type]}"
        self.definitions[full] = f"declare {type} @{full}({', '.join([type] * len(operands))})"
        return f.call(full, type, *operands)

    def _widened(self, f: Function, row: Primitive, type: str, operands: list[str]) -> str:
        """A row in float64, rounded to float32."""
        wide = WIDER[type]
        names = self._widened_names

        def body(g: Function, parameters: list[str]) -> str:
            result = self.emit(g, row, wide, [g.value(f"fpext {type} {x} to {wide}") for x in parameters])
            return g.value(f"fptrunc {wide} {result} to {type}")

        name = names.setdefault((row, len(operands), type), f"rounded.{len(names)}")
        return self._shared(f, name, type, operands, self.fast, body)

    def _shared(self, f: Function, name: str, type: str, operands: list[str], fast: bool, body: Body) -> str:
        """A call of a function of the module, which is written at its first use."""
        full = name + (".lanes" if type in LANED else "")
        if full not in self.definitions:
            parameters = [f"%x{k}" for k in range(len(operands))]
            g = Function(full, ", ".join([f"{type} {x}" for x in parameters]), {}, fast, self.lanes)
            self.definitions[full] = g.text(f"internal {type}", f"ret {type} {body(g, parameters)}")
        return f.call(full, type, *operands)

    def _approximation(self, f: Function, name: str, type: str, operands: list[str]) -> str:
        def body(g: Function, parameters: list[str]) -> str:
            written: str = getattr(approximations, name)(VectorMath(g, type, self._intrinsic, self._call), *parameters)
            return written

        return self._shared(f, f"fast.{name}", type, operands, True, body)

    def _defined(self, f: Function, definition: Definition, type: str, operands: list[str]) -> str:
        def body(g: Function, parameters: list[str]) -> str:
            written: str = CodeReader(self.emit, g, type).read(definition, parameters)
            return written

        return self._shared(f, f"{definition.module}.{definition.function}", type, operands, False, body)

    def _call(self, f: Function, row: Primitive, type: str, operands: list[str]) -> str:
        """A call of a function on floats, for vectors once a lane."""
        count, element = len(operands), lane_type(type)
        full = self._names.get((row, count))
        if full is None:
            name = "math." + re.sub(r"\W", "_", row.name, flags=re.ASCII)
            full = name if name not in self.definitions else f"{name}.{len(self._names)}"
            self._names[row, count] = full
            self.rows[full] = row, count
        self.definitions.setdefault(full, f"declare {element} @{full}({', '.join([element] * count)})")
        if type == element:
            return f.call(full, type, *operands)
        lanes = full + ".lanes"
        if lanes not in self.definitions:
            parameters = [f"%x{k}" for k in range(count)]
            g = Function(lanes, ", ".join([f"{type} {x}" for x in parameters]), {}, lanes=self.lanes)
            result = "poison"
            for lane in range(self.lanes):
                y = g.call(full, element, *[g.value(f"extractelement {type} {x}, i64 {lane}") for x in parameters])
                result = g.value(f"insertelement {type} {result}, {element} {y}, i64 {lane}")
            self.definitions[lanes] = g.text(f"internal {type}", f"ret {type} {result}")
        return f.call(lanes, type, *operands)
