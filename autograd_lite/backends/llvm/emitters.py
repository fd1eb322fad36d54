"""The rows of the table as LLVM IR, by their columns `llvm`, `fold`, `libm` and `fastmath`.

A row is an instruction, an intrinsic, a comparison or a few of these where its column `llvm` gives them. All others are
calls, once for each lane, to the function of the C library that Python's `math` calls, so that the bits are those of
the eager engine. What Python computes itself (gamma, hypot, digamma, rows of users) is called back in Python: slow, and
exact. With `fast`, vectorized approximations replace some calls.

Conditions are 1.0 and 0.0, as everywhere; where one is read, the i1 that it was made of is used again.
"""

from __future__ import annotations

import _thread
import ctypes
import math
import re
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from autograd_lite.backends.batch_order import LANES
from autograd_lite.core.graph import BATCH_SIZE
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import fmod, identity, mul, pow

from . import approximations
from .ir_text import SCALAR, VECTOR, Function, mask, number, suffix

PROBES = (0.1, 0.3, 0.7, 0.95, -0.2, -0.6, -0.99, 1.1, 1.9, 2.6, 7.3, 33.1, 250.7, -5.3, -41.9, 3e5, 1e-9, 2e-310)


class Emitter:
    """Writes rows into functions, and collects what these need: declarations, helper functions, addresses."""

    def __init__(self, fast: bool) -> None:
        self.fast = fast
        self.addresses: dict[str, int] = {}  # of the functions that the module imports
        self.callbacks: list[object] = []  # must live as long as the code
        self._definitions: dict[str, str] = {}
        self._names: dict[tuple[Primitive, int], str] = {}

    def definitions(self) -> list[str]:
        """Declarations and helper functions."""
        return list(self._definitions.values())

    def emit(self, f: Function, row: Primitive, type: str, operands: list[str]) -> str:
        """A row on operands of one type; the name of the result."""
        text = row.llvm
        if text.startswith("emit_"):
            emitted: str = getattr(self, text)(f, type, *operands)
            return emitted
        if text.startswith("llvm."):
            return self._intrinsic(f, text, type, *operands)
        if text.startswith("fcmp "):
            return f.condition(f.compare(text.removeprefix("fcmp "), type, *operands), type)
        if text:
            return f.arithmetic(text, type, *operands)
        if row is identity:
            return operands[0]
        if row is BATCH_SIZE:
            integer = f.value(f"ptrtoint ptr {f.pointer('batch')} to i64")
            return f.value(f"sitofp i64 {integer} to double")
        if self.fast and row.fastmath:
            return self._approximation(f, row.name, type, operands)
        return self._call(f, row, type, operands)

    def reduce(self, f: Function, row: Primitive, type: str, so_far: str, factors: list[str]) -> str:
        """A reduction after one more term; `so_far` is empty before the first."""
        term = factors[0]
        if len(factors) == 2:
            one = number(1.0, type)
            rest = [factor for factor in factors if factor != one]
            term = self.emit(f, mul, type, rest) if len(rest) == 2 else [*rest, one][0]
        if not so_far or not isinstance(row.fold, Primitive):
            return term
        return self.emit(f, row.fold, type, [so_far, term])

    # rows that are several instructions

    def emit_where(self, f: Function, type: str, condition: str, a: str, b: str) -> str:
        return f.select(f.truth(condition, type), a, b, type)

    def emit_logical_and(self, f: Function, type: str, x: str, y: str) -> str:
        return f.condition(f.value(f"and {mask(type)} {f.truth(x, type)}, {f.truth(y, type)}"), type)

    def emit_logical_or(self, f: Function, type: str, x: str, y: str) -> str:
        return f.condition(f.value(f"or {mask(type)} {f.truth(x, type)}, {f.truth(y, type)}"), type)

    def emit_logical_not(self, f: Function, type: str, x: str) -> str:
        return f.select(f.truth(x, type), number(0.0, type), number(1.0, type), type)

    def emit_relu(self, f: Function, type: str, x: str) -> str:
        zero = number(0.0, type)
        return f.select(f.compare("ugt", type, x, zero), x, zero, type)  # nan passes

    def emit_maximum(self, f: Function, type: str, x: str, y: str) -> str:
        return self._extreme(f, type, "ogt", x, y)

    def emit_minimum(self, f: Function, type: str, x: str, y: str) -> str:
        return self._extreme(f, type, "olt", x, y)

    def _extreme(self, f: Function, type: str, order: str, x: str, y: str) -> str:
        larger = f.select(f.compare(order, type, y, x), y, x, type)  # x where it is nan, but also where y is
        return larger if is_number(y) else f.select(f.compare("uno", type, y, y), y, larger, type)

    def emit_sign(self, f: Function, type: str, x: str) -> str:
        zero = number(0.0, type)
        sign = f.select(f.compare("olt", type, x, zero), number(-1.0, type), zero, type)
        sign = f.select(f.compare("ogt", type, x, zero), number(1.0, type), sign, type)
        return f.select(f.compare("uno", type, x, x), x, sign, type)

    def emit_copysign(self, f: Function, type: str, x: str, y: str) -> str:
        return f.select(f.compare("uno", type, y, y), y, self._intrinsic(f, "llvm.copysign", type, x, y), type)

    def emit_mod(self, f: Function, type: str, x: str, y: str) -> str:
        """As Python: a remainder with the sign of the divisor."""
        zero = number(0.0, type)
        rest, other_side = self._remainder(f, type, x, y)
        shifted = f.select(other_side, f.arithmetic("fadd", type, rest, y), rest, type)
        none = self._intrinsic(f, "llvm.copysign", type, zero, y)
        return f.select(f.compare("oeq", type, rest, zero), none, shifted, type)

    def emit_floor_divide(self, f: Function, type: str, x: str, y: str) -> str:
        """As Python: the floor of a quotient that is whole but for rounding; x / y where y is 0."""
        zero, one = number(0.0, type), number(1.0, type)
        rest, other_side = self._remainder(f, type, x, y)
        whole = f.exact("fdiv", type, f.exact("fsub", type, x, rest), y)
        whole = f.select(other_side, f.exact("fsub", type, whole, one), whole, type)
        floor = self._intrinsic(f, "llvm.floor", type, whole)
        high = f.compare("ogt", type, f.exact("fsub", type, whole, floor), number(0.5, type))
        floor = f.select(high, f.exact("fadd", type, floor, one), floor, type)
        quotient = f.exact("fdiv", type, x, y)
        none = self._intrinsic(f, "llvm.copysign", type, zero, quotient)
        floor = f.select(f.compare("oeq", type, whole, zero), none, floor, type)
        return f.select(f.compare("oeq", type, y, zero), quotient, floor, type)

    def _remainder(self, f: Function, type: str, x: str, y: str) -> tuple[str, str]:
        """C's remainder, and whether it is not 0 and has not the sign of y."""
        zero = number(0.0, type)
        rest = self._call(f, fmod, type, [x, y])
        signs = f.value(f"xor {mask(type)} {f.compare('olt', type, y, zero)}, {f.compare('olt', type, rest, zero)}")
        return rest, f.value(f"and {mask(type)} {signs}, {f.compare('une', type, rest, zero)}")

    def emit_pow(self, f: Function, type: str, x: str, y: str) -> str:
        """As Python, but x * x where y is 2, and nan wherever an operand is: C says that pow(1, nan) is 1."""
        power = self._call(f, pow, type, [x, y])
        square = f.arithmetic("fmul", type, x, x)
        power = f.select(f.compare("oeq", type, y, number(2.0, type)), square, power, type)
        return f.select(f.compare("uno", type, x, y), number(math.nan, type), power, type)

    # rows that are calls

    def _intrinsic(self, f: Function, name: str, type: str, *operands: str) -> str:
        full = f"{name}.{suffix(type)}"
        self._definitions[full] = f"declare {type} @{full}({', '.join([type] * len(operands))})"
        return f.call(full, type, *operands)

    def _approximation(self, f: Function, name: str, type: str, operands: list[str]) -> str:
        full = f"fast.{name}" + (".lanes" if type == VECTOR else "")
        if full not in self._definitions:
            parameters = [f"%x{k}" for k in range(len(operands))]
            g = Function(full, ", ".join([f"{type} {x}" for x in parameters]), {}, True)
            writer = approximations.VectorMath(g, type, self._intrinsic, self._call)
            result = getattr(approximations, name)(writer, *parameters)
            self._definitions[full] = g.text(type, f"ret {type} {result}")
        return f.call(full, type, *operands)

    def _call(self, f: Function, row: Primitive, type: str, operands: list[str]) -> str:
        """A call of a function on floats, for vectors once a lane."""
        count = len(operands)
        full = self._names.get((row, count))
        if full is None:
            full = self._names[row, count] = self._new_name(row)
            self._definitions[full] = f"declare double @{full}({', '.join(['double'] * count)})"
            self.addresses[full] = self._address(row, count)
        if type == SCALAR:
            return f.call(full, type, *operands)
        lanes = full + ".lanes"
        if lanes not in self._definitions:
            parameters = [f"%x{k}" for k in range(count)]
            g = Function(lanes, ", ".join([f"{VECTOR} {x}" for x in parameters]), {})
            result = "poison"
            for lane in range(LANES):
                floats = [g.value(f"extractelement {VECTOR} {x}, i64 {lane}") for x in parameters]
                y = g.call(full, SCALAR, *floats)
                result = g.value(f"insertelement {VECTOR} {result}, double {y}, i64 {lane}")
            self._definitions[lanes] = g.text(VECTOR, f"ret {VECTOR} {result}")
        return f.call(lanes, type, *operands)

    def _new_name(self, row: Primitive) -> str:
        name = "math." + re.sub(r"\W", "_", row.name, flags=re.ASCII)
        return name if name not in self._definitions else f"{name}.{len(self._names)}"

    def _address(self, row: Primitive, operands: int) -> int:
        """The address of a row's function: the C library's, else one that calls Python."""
        function = library_function(row)
        if function is None:
            function = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * operands)(guarded(row.ieee_value))
            self.callbacks.append(function)
        return ctypes.cast(function, ctypes.c_void_p).value or 0


def is_number(operand: str) -> bool:
    """Whether an operand is a constant other than nan."""
    return operand[0] != "%" and number(math.nan) not in operand


@cache
def library_function(row: Primitive) -> Any:
    """The function of the C library that has the bits of a row; None if there is none."""
    if not row.libm:
        return None
    try:
        function = getattr(ctypes.CDLL(None), row.libm)
    except (AttributeError, OSError, TypeError):
        return None
    operands = row.arity or 0
    function.argtypes = [ctypes.c_double] * operands
    function.restype = ctypes.c_double
    points = [(x,) for x in PROBES] if operands == 1 else [(x, y) for x in PROBES for y in PROBES if y != 2.0]
    same = all(bits(function(*point)) == bits(row.ieee_value(*point)) for point in points)
    return function if same else None


def bits(x: float) -> bytes:
    return struct.pack("<d", x) if x == x else b"nan"


def guarded(function: Callable[..., float]) -> Callable[..., float]:
    """A function for native code to call, through which no exception can pass."""

    def call(*operands: float) -> float:
        try:
            return function(*operands)
        except KeyboardInterrupt:
            _thread.interrupt_main()  # raises it again outside of native code
        except BaseException:
            pass
        return math.nan

    return call
