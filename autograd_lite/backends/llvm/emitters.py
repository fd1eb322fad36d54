"""The rows of the table as LLVM IR: one instruction or a few where the processor knows the function, else a call.

A call goes to the very function of the C library that Python's `math` calls, once for each lane; so the bits are those
of the eager engine. Functions that Python computes itself (gamma, hypot, digamma, ...) are called back in Python: slow,
and exact. With `fast`, approximations in vectors take the place of some calls (`fast`).

Conditions are 1.0 and 0.0, as everywhere; the truth value that one was made of is used again where one is read.
"""

from __future__ import annotations

import _thread
import ctypes
import math
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from autograd_lite.core.primitives import Primitive
from autograd_lite.program.instructions import ROWS

from . import approximations
from .ir_text import LANES, SCALAR, VECTOR, Function, mask, number, suffix

ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "neg": "fneg"}
INTRINSICS = {
    "abs": "fabs", "sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "round": "roundeven"
}  # fmt: skip
COMPARISONS = {"less": "olt", "less_equal": "ole", "equal": "oeq"}
LIBRARY = {
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "fmod", "pow",
}  # fmt: skip
PROBES = (0.1, 0.3, 0.7, 0.95, -0.2, -0.6, -0.99, 1.1, 1.9, 2.6, 7.3, 33.1, 250.7, -5.3, -41.9, 3e5, 1e-9, 2e-310)


class Rows:
    """Writes rows into functions, and collects what these need: declarations, helpers, addresses."""

    def __init__(self, fast: bool) -> None:
        self.fast = fast
        self.addresses: dict[str, int] = {}  # of the functions that the module imports
        self.callbacks: list[object] = []  # must live as long as the code
        self._texts: dict[str, str] = {}

    def texts(self) -> list[str]:
        """Declarations and helper functions."""
        return list(self._texts.values())

    def write(self, f: Function, name: str, type: str, operands: list[str]) -> str:
        """A row on operands of one type; the name of the result."""
        if name in ARITHMETIC:
            return f.arithmetic(ARITHMETIC[name], type, *operands)
        if name in INTRINSICS:
            return self._intrinsic(f, INTRINSICS[name], type, *operands)
        if name in COMPARISONS:
            return f.condition(f.compare(COMPARISONS[name], type, *operands), type)
        own = getattr(self, f"row_{name}", None)
        if own is not None:
            result: str = own(f, type, *operands)
            return result
        if self.fast and name in approximations.FUNCTIONS:
            return self._approximation(f, name, type, operands)
        return self._call(f, name, type, operands)

    def reduce(self, f: Function, name: str, type: str, so_far: str, factors: list[str]) -> str:
        """A reduction after one more term; `so_far` is empty before the first."""
        term = factors[0]
        if name == "dot":
            one = number(1.0, type)
            rest = [factor for factor in factors if factor != one]
            term = f.arithmetic("fmul", type, *rest) if len(rest) == 2 else [*rest, one][0]
        if not so_far:
            return term
        row = {"dot": "add", "prod": "mul", "max": "maximum", "min": "minimum"}[name]
        return self.write(f, row, type, [so_far, term])

    # rows that are a few instructions

    def row_copy(self, f: Function, type: str, x: str) -> str:
        return x

    def row_batch_size(self, f: Function, type: str) -> str:
        integer = f.value(f"ptrtoint ptr {f.pointer('batch')} to i64")
        return f.value(f"sitofp i64 {integer} to double")

    def row_where(self, f: Function, type: str, condition: str, a: str, b: str) -> str:
        return f.select(f.truth(condition, type), a, b, type)

    def row_logical_and(self, f: Function, type: str, x: str, y: str) -> str:
        return f.condition(f.value(f"and {mask(type)} {f.truth(x, type)}, {f.truth(y, type)}"), type)

    def row_logical_or(self, f: Function, type: str, x: str, y: str) -> str:
        return f.condition(f.value(f"or {mask(type)} {f.truth(x, type)}, {f.truth(y, type)}"), type)

    def row_logical_not(self, f: Function, type: str, x: str) -> str:
        return f.select(f.truth(x, type), number(0.0, type), number(1.0, type), type)

    def row_relu(self, f: Function, type: str, x: str) -> str:
        zero = number(0.0, type)
        return f.select(f.compare("ugt", type, x, zero), x, zero, type)  # nan passes

    def row_maximum(self, f: Function, type: str, x: str, y: str) -> str:
        return self._extreme(f, type, "ogt", x, y)

    def row_minimum(self, f: Function, type: str, x: str, y: str) -> str:
        return self._extreme(f, type, "olt", x, y)

    def _extreme(self, f: Function, type: str, order: str, x: str, y: str) -> str:
        larger = f.select(f.compare(order, type, y, x), y, x, type)  # x where it is nan, but also where y is
        return larger if is_number(y) else f.select(f.compare("uno", type, y, y), y, larger, type)

    def row_sign(self, f: Function, type: str, x: str) -> str:
        zero = number(0.0, type)
        sign = f.select(f.compare("olt", type, x, zero), number(-1.0, type), zero, type)
        sign = f.select(f.compare("ogt", type, x, zero), number(1.0, type), sign, type)
        return f.select(f.compare("uno", type, x, x), x, sign, type)

    def row_copysign(self, f: Function, type: str, x: str, y: str) -> str:
        return f.select(f.compare("uno", type, y, y), y, self._intrinsic(f, "copysign", type, x, y), type)

    def row_mod(self, f: Function, type: str, x: str, y: str) -> str:
        """As Python: a remainder with the sign of the divisor."""
        zero = number(0.0, type)
        rest, other_side = self._remainder(f, type, x, y)
        shifted = f.select(other_side, f.arithmetic("fadd", type, rest, y), rest, type)
        none = self._intrinsic(f, "copysign", type, zero, y)
        return f.select(f.compare("oeq", type, rest, zero), none, shifted, type)

    def row_floor_divide(self, f: Function, type: str, x: str, y: str) -> str:
        """As Python: the floor of a quotient that is whole but for rounding; x / y where y is 0."""
        zero, one = number(0.0, type), number(1.0, type)
        rest, other_side = self._remainder(f, type, x, y)
        whole = f.exact("fdiv", type, f.exact("fsub", type, x, rest), y)
        whole = f.select(other_side, f.exact("fsub", type, whole, one), whole, type)
        floor = self._intrinsic(f, "floor", type, whole)
        high = f.compare("ogt", type, f.exact("fsub", type, whole, floor), number(0.5, type))
        floor = f.select(high, f.exact("fadd", type, floor, one), floor, type)
        quotient = f.exact("fdiv", type, x, y)
        none = self._intrinsic(f, "copysign", type, zero, quotient)
        floor = f.select(f.compare("oeq", type, whole, zero), none, floor, type)
        return f.select(f.compare("oeq", type, y, zero), quotient, floor, type)

    def _remainder(self, f: Function, type: str, x: str, y: str) -> tuple[str, str]:
        """C's remainder, and whether it is not 0 and on the other side of 0 than y."""
        zero = number(0.0, type)
        rest = self._call(f, "fmod", type, [x, y])
        signs = f.value(f"xor {mask(type)} {f.compare('olt', type, y, zero)}, {f.compare('olt', type, rest, zero)}")
        return rest, f.value(f"and {mask(type)} {signs}, {f.compare('une', type, rest, zero)}")

    def row_pow(self, f: Function, type: str, x: str, y: str) -> str:
        """As Python, but x * x where y is 2, and nan wherever an operand is: C says that pow(1, nan) is 1."""
        power = self._call(f, "pow", type, [x, y])
        square = f.arithmetic("fmul", type, x, x)
        power = f.select(f.compare("oeq", type, y, number(2.0, type)), square, power, type)
        return f.select(f.compare("uno", type, x, y), number(math.nan, type), power, type)

    # rows that are calls

    def _intrinsic(self, f: Function, name: str, type: str, *operands: str) -> str:
        full = f"llvm.{name}.{suffix(type)}"
        self._texts[full] = f"declare {type} @{full}({', '.join([type] * len(operands))})"
        return f.call(full, type, *operands)

    def _approximation(self, f: Function, name: str, type: str, operands: list[str]) -> str:
        full = f"fast.{name}" + (".lanes" if type == VECTOR else "")
        if full not in self._texts:
            parameters = [f"%x{k}" for k in range(len(operands))]
            g = Function(full, ", ".join([f"{type} {x}" for x in parameters]), {}, True)
            writer = approximations.Writer(g, type, self._intrinsic, self._call)
            result = approximations.FUNCTIONS[name](writer, *parameters)
            self._texts[full] = g.text(type, f"ret {type} {result}")
        return f.call(full, type, *operands)

    def _call(self, f: Function, name: str, type: str, operands: list[str]) -> str:
        """A call of a function on floats, for vectors once a lane."""
        full = f"math.{name}"
        parameters = [f"%x{k}" for k in range(len(operands))]
        if full not in self._texts:
            self._texts[full] = f"declare double @{full}({', '.join(['double'] * len(operands))})"
            self.addresses[full] = self._address(ROWS[name], len(operands))
        if type == SCALAR:
            return f.call(full, type, *operands)
        lanes = full + ".lanes"
        if lanes not in self._texts:
            g = Function(lanes, ", ".join([f"{VECTOR} {x}" for x in parameters]), {})
            result = "poison"
            for lane in range(LANES):
                floats = [g.value(f"extractelement {VECTOR} {x}, i64 {lane}") for x in parameters]
                y = g.call(full, SCALAR, *floats)
                result = g.value(f"insertelement {VECTOR} {result}, double {y}, i64 {lane}")
            self._texts[lanes] = g.text(VECTOR, f"ret {VECTOR} {result}")
        return f.call(lanes, type, *operands)

    def _address(self, row: Primitive, operands: int) -> int:
        """The address of a row's function: the C library's, else one that calls Python."""
        function = library_function(row)
        if function is None:
            function = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * operands)(never_raising(row.ieee_value))
            self.callbacks.append(function)
        return ctypes.cast(function, ctypes.c_void_p).value or 0


def is_number(operand: str) -> bool:
    """Whether an operand is a constant other than nan."""
    return operand[0] != "%" and number(math.nan) not in operand


@cache
def library_function(row: Primitive) -> Any:
    """The function of the C library that computes what a row says, to the bit; None if there is none."""
    if row.name not in LIBRARY:
        return None
    try:
        function = getattr(ctypes.CDLL(None), row.name)
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


def never_raising(total: Callable[..., float]) -> Callable[..., float]:
    """A function for native code to call, where an exception has nowhere to go."""

    def call(*operands: float) -> float:
        try:
            return total(*operands)
        except KeyboardInterrupt:
            _thread.interrupt_main()  # comes again, where it can be raised
        except BaseException:
            pass
        return math.nan

    return call
