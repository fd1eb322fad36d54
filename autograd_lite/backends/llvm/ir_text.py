"""LLVM IR as text: functions, loops, loads and stores, over vectors of 8 lanes of `double` or scalars.

llvmlite's IRBuilder takes ten times as long to produce the same text.
"""

from __future__ import annotations

import ctypes
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from autograd_lite.backends.batch_order import LANES

# LANES samples are computed at once: a vector of AVX-512, two of AVX2, four of SSE2 or NEON.
SCALAR = "double"
VECTOR = f"<{LANES} x double>"
WIDE = "binary64"
WIDE_VECTOR = f"<{LANES} x binary64>"
"""The types of float64 in code of float32, where a row is computed in it (see `in_float32`)."""
WIDER = {SCALAR: WIDE, VECTOR: WIDE_VECTOR}
MASK = f"<{LANES} x i1>"
MASKS = {SCALAR: "i1", VECTOR: MASK, WIDE: "i1", WIDE_VECTOR: MASK}  # the types of comparisons
INTEGERS = dict.fromkeys((SCALAR, WIDE), "i64") | dict.fromkeys((VECTOR, WIDE_VECTOR), f"<{LANES} x i64>")
# of the names of intrinsics, as in `llvm.sqrt.v8f64`
SUFFIXES = {SCALAR: "f64", VECTOR: f"v{LANES}f64", WIDE: "b64", WIDE_VECTOR: f"v{LANES}b64"}
BYTES = {SCALAR: 8, VECTOR: 8 * LANES}
ARRAYS = "mvc"  # the buffers of arrays, in which places depend on the lengths of those before


def literal(value: float, type: str = SCALAR) -> str:
    """A constant operand, with every bit of the float."""
    digits = struct.pack(">d", value).hex().upper()
    text = f"0x{digits}" if type in (SCALAR, VECTOR) else f"0w{digits}"
    return text if type in (SCALAR, WIDE) else f"splat ({lane_type(type)} {text})"


def lane_type(type: str) -> str:
    """The type of a lane."""
    return WIDE if type in (WIDE, WIDE_VECTOR) else SCALAR


NAMES = (  # in the order of replacement
    (f"<{LANES} x ", f"<{2 * LANES} x "), (f"v{LANES}f64", f"v{2 * LANES}f32"), (f"v{LANES}b64", f"v{2 * LANES}f64"),
    (f"v{LANES}p0", f"v{2 * LANES}p0"), ("double", "float"), (".f64", ".f32"), ("binary64", "double"), (".b64", ".f64"),
    ("align 8", "align 4"), (f"i32 8, {MASK.replace(str(LANES), str(2 * LANES))}",
                             f"i32 4, {MASK.replace(str(LANES), str(2 * LANES))}"), ("0w", "0x"),
)  # fmt: skip


def in_float32(text: str) -> str:
    """A module that was written for `Function.lanes` of twice LANES, with float32 in the place of float64."""
    text = re.sub("0x([0-9A-F]{16})", float32_literal, text)
    for old, new in NAMES:
        text = text.replace(old, new)
    return text


def in_half_vectors(text: str) -> str:
    """A module that was written for `Function.lanes` of half of LANES: vectors are the first half, places stay."""
    half = LANES // 2
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if " getelementptr " not in line:
            lines[i] = line.replace(f"<{LANES} x ", f"<{half} x ").replace(f"v{LANES}f64", f"v{half}f64")
    return "\n".join(lines)


def float32_literal(digits: re.Match[str]) -> str:
    """A constant rounded to float32; LLVM writes it as a float64."""
    (value,) = struct.unpack(">d", bytes.fromhex(digits[1]))
    return f"0x{struct.pack('>d', ctypes.c_float(value).value).hex().upper()}"


ONES = {type: literal(1.0, type) for type in (SCALAR, VECTOR)}

Base = int | str | tuple[str, int]


class Lengths:
    """The integers and the constants of a program that are not in its code, so that other lengths of data run the same.

    They are trip counts, places of arrays and constants; code reads them at run time, each by its number.
    """

    def __init__(self) -> None:
        self.integers: list[int] = []
        self.constants: list[float] = []
        self._places: dict[bytes, int] = {}

    def place_of(self, constants: list[float]) -> int:
        """Where constants are that a function has of its own; the same for all of its calls."""
        key = struct.pack(f"{len(constants)}d", *constants)
        if key not in self._places:
            self._places[key] = len(self.constants)
            self.constants += constants
        return self._places[key]


class Index(NamedTuple):
    """An affine offset: `base` plus the sum of the (loop counter, stride) products."""

    base: int
    terms: tuple[tuple[str, int], ...] = ()

    def plus(self, base: int = 0, *terms: tuple[str, int]) -> Index:
        return Index(self.base + base, self.terms + tuple([term for term in terms if term[1]]))


MemoryKey = tuple[str, Index | tuple[tuple[str, int], ...], str]  # buffer, index or its products, and type


@dataclass
class LoopWriter:
    """A loop being written: its counter and its loop-carried values, which are the last ones after its end."""

    counter: str
    carried: list[str]


class Function:
    """One function being written. Pointers to buffers are loaded once, in its entry block.

    `buffers` tells where the pointer to a buffer comes from: from a slot of `%context` (int), a register (str), or a
    number of vectors behind another buffer (tuple).
    """

    def __init__(
        self, name: str, parameters: str, buffers: Mapping[str, Base], fast: bool = False, lanes: int = LANES
    ) -> None:
        self.name = name
        self.lanes = lanes
        self.parameters = parameters
        self.buffers = buffers
        self.fast = fast
        self.entry: list[str] = []
        self.lines: list[str] = []
        self.block = "entry"
        self._count = 0
        self._pointers: dict[str, str] = {}
        self._available: dict[MemoryKey, str] = {}  # addresses and loads of this basic block, common subexpressions
        self.forwarded: dict[MemoryKey, str] = {}  # values that loads of their location are replaced by
        self.made: dict[tuple[object, ...], tuple[str, str]] = {}  # what was written in this block, to be used again
        self.lengths: Lengths | None = None
        self._truths: dict[str, str] = {}  # the i1 of each condition

    # instructions

    def value(self, text: str) -> str:
        """Write an instruction; return the name of its result."""
        self._count += 1
        name = f"%{self._count}"
        self.lines.append(f"  {name} = {text}")
        return name

    def do(self, text: str) -> None:
        self.lines.append("  " + text)

    def arithmetic(self, operation: str, type: str, *operands: str) -> str:
        """fadd, fsub, fmul, fdiv or fneg."""
        flags = "contract " if self.fast else ""
        return self.value(f"{operation} {flags}{type} {', '.join(operands)}")

    def exact(self, operation: str, type: str, *operands: str) -> str:
        """Arithmetic that is never fused."""
        return self.value(f"{operation} {type} {', '.join(operands)}")

    def compare(self, order: str, type: str, x: str, y: str) -> str:
        return self.value(f"fcmp {order} {type} {x}, {y}")

    def select(self, truth: str, a: str, b: str, type: str) -> str:
        return self.value(f"select {MASKS[type]} {truth}, {type} {a}, {type} {b}")

    def condition(self, truth: str, type: str) -> str:
        """1.0 for true, 0.0 for false."""
        name = self.select(truth, literal(1.0, type), literal(0.0, type), type)
        self._truths[name] = truth
        return name

    def truth(self, condition: str, type: str) -> str:
        """Whether a number is not 0.0: nan is true, as in Python."""
        return self._truths.get(condition) or self.compare("une", type, condition, literal(0.0, type))

    def call(self, name: str, type: str, *operands: str) -> str:
        arguments = ", ".join([f"{type} {operand}" for operand in operands])
        return self.value(f"call {type} @{name}({arguments})")

    def fixed(self, x: int) -> str:
        """An integer that depends on the length of data: read at run time if the code is for all lengths."""
        if self.lengths is None:
            return str(x)
        k = len(self.lengths.integers)
        self.lengths.integers.append(x)
        own = "lengths" in self.buffers  # which a function gets that several calls share
        pointer = self.pointer("lengths" if own else "n")
        lines = self.entry if own or isinstance(self.buffers["n"], int) else self.lines
        lines.append(f"  %n{k}.at = getelementptr i64, ptr {pointer}, i64 {k}")
        lines.append(f"  %n{k} = load i64, ptr %n{k}.at")
        return f"%n{k}"

    def constant(self, x: float, type: str) -> str:
        """A constant of the program, which may come from a length: read at run time if the code is for all of them."""
        if self.lengths is None:
            return literal(x, type)
        k = len(self.lengths.constants)
        self.lengths.constants.append(x)
        pointer = self.pointer("constants" if "constants" in self.buffers else "e")
        return self.splat(self.value(f"load double, ptr {self.offset(pointer, SCALAR, k)}"), type)

    # memory

    def pointer(self, buffer: str) -> str:
        if buffer not in self._pointers:
            base = self.buffers[buffer]
            name = self._pointers[buffer] = base if isinstance(base, str) else f"%{buffer}"
            if isinstance(base, int):
                self.entry.append(f"  {name}.slot = getelementptr inbounds ptr, ptr %context, i64 {base}")
                self.entry.append(f"  {name} = load ptr, ptr {name}.slot")
            elif isinstance(base, tuple):
                whole = self.pointer(base[0])
                place = self.fixed(base[1])
                self.entry.append(f"  {name} = getelementptr inbounds {VECTOR}, ptr {whole}, i64 {place}")
        return self._pointers[buffer]

    def address(self, buffer: str, index: Index, type: str) -> str:
        """The address of element `index` of a buffer whose elements are of `type`."""
        pointer, terms = self.pointer(buffer), index.terms
        if terms:
            key = (buffer, terms, type)
            known = self._available.get(key)
            if known is None:
                sum = ""
                for counter, stride in terms:
                    term = counter if stride == 1 else self.value(f"mul nsw i64 {counter}, {stride}")
                    sum = self.value(f"add nsw i64 {sum}, {term}") if sum else term
                known = self._available[key] = self.value(f"getelementptr inbounds {type}, ptr {pointer}, i64 {sum}")
            pointer = known
        if index.base or buffer in ARRAYS:
            base = self.fixed(index.base) if buffer in ARRAYS else index.base
            pointer = self.value(f"getelementptr inbounds {type}, ptr {pointer}, i64 {base}")
        return pointer

    def load(self, buffer: str, index: Index, element: str, type: str) -> str:
        """Element `index` of a buffer of `element`s as a `type`: itself, broadcast to all lanes, or 8 contiguous ones.

        Every location is written once before it is read, so a load of this basic block is not repeated.
        """
        key = (buffer, index, type)
        if key in self.forwarded:
            return self.forwarded[key]
        if key not in self._available:
            address = self.address(buffer, index, element)
            self._available[key] = self.value(f"load {type}, ptr {address}, align {BYTES[element]}")
        return self._available[key]

    def load_splat(self, buffer: str, index: Index) -> str:
        """One number of a buffer of numbers, in all lanes."""
        key = (buffer, index, "splat")
        if key not in self._available:
            self._available[key] = self.splat(self.load(buffer, index, SCALAR, SCALAR))
        return self._available[key]

    def store(self, value: str, buffer: str, index: Index, element: str, type: str) -> None:
        self.do(f"store {type} {value}, ptr {self.address(buffer, index, element)}, align {BYTES[element]}")

    def splat(self, scalar: str, type: str = VECTOR) -> str:
        """One number (or integer, by the type of the vector) in every lane."""
        if type == SCALAR:
            return scalar
        element = "i64" if type == INTEGERS[VECTOR] else lane_type(type)
        lane = self.value(f"insertelement {type} poison, {element} {scalar}, i64 0")
        return self.value(f"shufflevector {type} {lane}, {type} poison, <{LANES} x i32> zeroinitializer")

    def shuffle(self, left: str, right: str, lanes: Sequence[int]) -> str:
        """A shuffle of the lanes of two vectors, numbered one after the other."""
        picks = ", ".join([f"i32 {lane}" for lane in lanes])
        return self.value(f"shufflevector {VECTOR} {left}, {VECTOR} {right}, <{LANES} x i32> <{picks}>")

    def lanes_below(self, limit: str) -> str:
        """The mask of the lanes whose number is less than an i64."""
        counting = ", ".join([f"i64 {lane}" for lane in range(self.lanes)])
        lanes = INTEGERS[VECTOR]
        return self.value(f"icmp slt {lanes} <{counting}>, {self.splat(limit, lanes)}")

    def integer(self, operation: str, *operands: str | int) -> str:
        """add, sub, mul, udiv, urem of i64."""
        return self.value(f"{operation} i64 {', '.join(map(str, operands))}")

    def smaller(self, x: str, y: str | int) -> str:
        return self.value(f"select i1 {self.value(f'icmp slt i64 {x}, {y}')}, i64 {x}, i64 {y}")

    def offset(self, pointer: str, type: str, index: str | int) -> str:
        """The address of the element that is so many elements of `type` behind a pointer."""
        return self.value(f"getelementptr {type}, ptr {pointer}, i64 {index}") if index != 0 else pointer

    def load_some(self, pointer: str, lanes: str) -> str:
        """A masked load of 8 contiguous numbers, 0.0 in the lanes that the mask leaves out."""
        arguments = f"ptr {pointer}, i32 8, {MASK} {lanes}, {VECTOR} {literal(0.0, VECTOR)}"
        return self.value(f"call {VECTOR} @llvm.masked.load.v8f64.p0({arguments})")

    def store_some(self, value: str, pointer: str, lanes: str) -> None:
        self.do(f"call void @llvm.masked.store.v8f64.p0({VECTOR} {value}, ptr {pointer}, i32 8, {MASK} {lanes})")

    # control

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")
        self.block = name
        self._available = {}
        self.made = {}

    def fresh(self, *names: str) -> list[str]:
        self._count += 1
        return [f"{name}{self._count}" for name in names]

    @contextmanager
    def loop(self, count: int | str, carried: Sequence[tuple[str, str]] = ()) -> Iterator[LoopWriter]:
        """A loop of trip count `count` around what is written inside; a constant `count` is positive.

        `carried` are (type, initial value) of the loop-carried values; the body replaces them in
        `LoopWriter.carried`, which holds their last values after the loop.
        """
        head, body, done = self.fresh("head", "body", "done")
        before = self.block
        counter = f"%{head}.i"
        phis = [f"%{head}.c{k}" for k in range(len(carried))]
        self.jump(head)
        self.label(head)
        phi_line = len(self.lines)
        if isinstance(count, str):
            self.branch(self.value(f"icmp slt i64 {counter}, {count}"), body, done)
            self.label(body)
        loop = LoopWriter(counter, list(phis))
        yield loop
        next = self.value(f"add nuw nsw i64 {counter}, 1")
        back = self.block
        if isinstance(count, str):
            self.jump(head)
        else:
            self.branch(self.value(f"icmp slt i64 {next}, {count}"), head, done)
        heads = [f"  {counter} = phi i64 [ 0, %{before} ], [ {next}, %{back} ]"]
        for phi, (type, first), last in zip(phis, carried, loop.carried, strict=True):
            heads.append(f"  {phi} = phi {type} [ {first}, %{before} ], [ {last}, %{back} ]")
        self.lines[phi_line:phi_line] = heads
        self.label(done)
        if isinstance(count, str):
            loop.carried = phis

    def jump(self, name: str) -> None:
        self.do(f"br label %{name}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        self.do(f"br i1 {condition}, label %{yes}, label %{no}")

    def merge(self, incoming: Sequence[tuple[str, Sequence[str]]], type: str = VECTOR) -> list[str]:
        """The phi nodes at the start of a basic block, for the values of each (predecessor, values)."""
        pairs = [[f"[ {value}, %{block} ]" for value in values] for block, values in incoming]
        return [self.value(f"phi {type} {', '.join(column)}") for column in zip(*pairs, strict=True)]

    @contextmanager
    def unless(self, condition: str) -> Iterator[None]:
        """A branch around what is written inside, taken where the i1 `condition` is true."""
        body, done = self.fresh("body", "done")
        self.branch(condition, done, body)
        self.label(body)
        yield
        self.jump(done)
        self.label(done)

    def text(self, returns: str = "void", result: str = "ret void") -> str:
        lines = [f"define {returns} @{self.name}({self.parameters}) #0 {{", "entry:"]
        return "\n".join([*lines, *self.entry, *self.lines, f"  {result}", "}", ""])
