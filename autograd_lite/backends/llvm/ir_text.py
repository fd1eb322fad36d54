"""Text of LLVM IR: functions, loops, loads and stores, over 8 lanes of `double` or one.

Text is what the llvm back end produces (llvmlite's IRBuilder takes ten times as long), and what a user can look at.
Floor: below what the rows say (`rows`) and the loops around them (`nests`, `sums`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

LANES = 8  # samples computed at once: a vector of AVX-512, two of AVX2, four of SSE2 or NEON
SCALAR = "double"
VECTOR = f"<{LANES} x double>"
MASK = f"<{LANES} x i1>"
INTEGERS = f"<{LANES} x i64>"
BYTES = {SCALAR: 8, VECTOR: 8 * LANES}


def number(value: float, type: str = SCALAR) -> str:
    """A constant operand, with every bit of the float."""
    text = f"0x{struct.pack('>d', value).hex().upper()}"
    return text if type == SCALAR else "<" + ", ".join([f"double {text}"] * LANES) + ">"


def mask(type: str) -> str:
    """The type of a comparison of two operands of `type`."""
    return "i1" if type == SCALAR else MASK


def suffix(type: str) -> str:
    """The ending of an intrinsic's name, as in `llvm.sqrt.v8f64`."""
    return "f64" if type == SCALAR else f"v{LANES}f64"


class Index(NamedTuple):
    """An offset that loops move: `base` plus every (loop counter, stride) product."""

    base: int
    terms: tuple[tuple[str, int], ...] = ()

    def plus(self, base: int = 0, *terms: tuple[str, int]) -> Index:
        return Index(self.base + base, self.terms + tuple([term for term in terms if term[1]]))


class Loop:
    """A loop being written: its counter, the values it carries, and after its end their last values."""

    def __init__(self, counter: str, carried: list[str]) -> None:
        self.counter = counter
        self.carried = carried


class Function:
    """One function being written. Pointers to spaces are fetched once, at its start.

    `spaces` says where the pointer of a space is found: in a slot of `%context` (int), under a name (str), or a number
    of vectors behind another space (tuple).
    """

    def __init__(
        self, name: str, parameters: str, spaces: Mapping[str, int | str | tuple[str, int]], fast: bool = False
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.spaces = spaces
        self.fast = fast
        self.start: list[str] = []
        self.lines: list[str] = []
        self.block = "entry"
        self._count = 0
        self._pointers: dict[str, str] = {}
        self._known: dict[object, str] = {}  # addresses and loads of the block being written
        self._remembered: dict[object, str] = {}  # values whose place need not be loaded
        self._truths: dict[str, str] = {}  # what conditions were made of

    # instructions

    def value(self, text: str) -> str:
        """Write an instruction; return the name of its result."""
        self._count += 1
        self.lines.append(f"  %v{self._count} = {text}")
        return f"%v{self._count}"

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
        return self.value(f"select {mask(type)} {truth}, {type} {a}, {type} {b}")

    def condition(self, truth: str, type: str) -> str:
        """1.0 for true, 0.0 for false."""
        name = self.select(truth, number(1.0, type), number(0.0, type), type)
        self._truths[name] = truth
        return name

    def truth(self, condition: str, type: str) -> str:
        """Whether a number is not 0.0: nan is true, as in Python."""
        return self._truths.get(condition) or self.compare("une", type, condition, number(0.0, type))

    def call(self, name: str, type: str, *operands: str) -> str:
        arguments = ", ".join([f"{type} {operand}" for operand in operands])
        return self.value(f"call {type} @{name}({arguments})")

    # memory

    def pointer(self, space: str) -> str:
        if space not in self._pointers:
            where = self.spaces[space]
            name = self._pointers[space] = where if isinstance(where, str) else f"%{space}"
            if isinstance(where, int):
                self.start.append(f"  {name}.slot = getelementptr inbounds ptr, ptr %context, i64 {where}")
                self.start.append(f"  {name} = load ptr, ptr {name}.slot")
            elif isinstance(where, tuple):
                whole = self.pointer(where[0])
                self.start.append(f"  {name} = getelementptr inbounds {VECTOR}, ptr {whole}, i64 {where[1]}")
        return self._pointers[space]

    def address(self, space: str, index: Index, type: str) -> str:
        """The address of element `index` of a space whose elements are of `type`."""
        key = (space, index.terms, type)
        pointer = self._known.get(key) or self.pointer(space)
        if key not in self._known:
            sum = ""
            for counter, stride in index.terms:
                term = counter if stride == 1 else self.value(f"mul nsw i64 {counter}, {stride}")
                sum = self.value(f"add nsw i64 {sum}, {term}") if sum else term
            if sum:
                pointer = self.value(f"getelementptr inbounds {type}, ptr {pointer}, i64 {sum}")
            self._known[key] = pointer
        if index.base:
            pointer = self.value(f"getelementptr inbounds {type}, ptr {pointer}, i64 {index.base}")
        return pointer

    def load(self, space: str, index: Index, element: str, type: str) -> str:
        """Element `index` of a space of `element`s as a `type`: itself, one number in all lanes, or 8 in a row.

        Every place is written once and then only read, so what was loaded in this block is not loaded again.
        """
        key = (space, index, type)
        if key in self._remembered:
            return self._remembered[key]
        if key not in self._known:
            address = self.address(space, index, element)
            self._known[key] = self.value(f"load {type}, ptr {address}, align {BYTES[element]}")
        return self._known[key]

    def remember(self, value: str, space: str, index: Index, type: str) -> None:
        """Use a value in place of loads of the place that it has, until `forget`."""
        self._remembered[space, index, type] = value

    def forget(self) -> None:
        """Load again what was remembered."""
        self._remembered = {}

    def load_splat(self, space: str, index: Index) -> str:
        """One number of a space of numbers, in all lanes."""
        key = (space, index, "splat")
        if key not in self._known:
            self._known[key] = self.splat(self.load(space, index, SCALAR, SCALAR))
        return self._known[key]

    def store(self, value: str, space: str, index: Index, element: str, type: str) -> None:
        address = self.address(space, index, element)
        self.do(f"store {type} {value}, ptr {address}, align {BYTES[element]}")

    def splat(self, scalar: str, type: str = VECTOR) -> str:
        """One number (or integer, by the type of the vector) in every lane."""
        if type == SCALAR:
            return scalar
        element = "double" if type == VECTOR else "i64"
        lane = self.value(f"insertelement {type} poison, {element} {scalar}, i64 0")
        return self.value(f"shufflevector {type} {lane}, {type} poison, <{LANES} x i32> zeroinitializer")

    def shuffle(self, left: str, right: str, lanes: Sequence[int]) -> str:
        """The lanes of two vectors, numbered 0 to 15, that are asked for."""
        picks = ", ".join([f"i32 {lane}" for lane in lanes])
        return self.value(f"shufflevector {VECTOR} {left}, {VECTOR} {right}, <{LANES} x i32> <{picks}>")

    def lanes_below(self, limit: str) -> str:
        """A mask of the lanes with a number less than an i64."""
        counting = ", ".join([f"i64 {lane}" for lane in range(LANES)])
        return self.value(f"icmp slt {INTEGERS} <{counting}>, {self.splat(limit, INTEGERS)}")

    def integer(self, operation: str, *operands: str | int) -> str:
        """add, sub, mul, udiv, urem of i64."""
        return self.value(f"{operation} i64 {', '.join(map(str, operands))}")

    def smaller(self, x: str, y: str | int) -> str:
        """The smaller of two i64."""
        return self.value(f"select i1 {self.value(f'icmp slt i64 {x}, {y}')}, i64 {x}, i64 {y}")

    def offset(self, pointer: str, type: str, index: str | int) -> str:
        """The address of an element that lies so many of `type` behind a pointer."""
        return self.value(f"getelementptr {type}, ptr {pointer}, i64 {index}") if index != 0 else pointer

    def load_some(self, pointer: str, lanes: str) -> str:
        """8 numbers in a row, 0.0 in the lanes that a mask leaves out, whose memory is not touched."""
        arguments = f"ptr {pointer}, i32 8, {MASK} {lanes}, {VECTOR} {number(0.0, VECTOR)}"
        return self.value(f"call {VECTOR} @llvm.masked.load.v8f64.p0({arguments})")

    def store_some(self, value: str, pointer: str, lanes: str) -> None:
        self.do(f"call void @llvm.masked.store.v8f64.p0({VECTOR} {value}, ptr {pointer}, i32 8, {MASK} {lanes})")

    # control

    def label(self, name: str) -> None:
        self.lines.append(f"{name}:")
        self.block = name
        self._known = {}

    def fresh(self, *names: str) -> list[str]:
        """Names for blocks that no other block has."""
        self._count += 1
        return [f"{name}{self._count}" for name in names]

    @contextmanager
    def loop(self, count: int | str, carried: Sequence[tuple[str, str]] = ()) -> Iterator[Loop]:
        """A loop `count` times around what is written inside; `count` may be 0 only where it is not a constant.

        `carried` are (type, first value) of values that go around; the body replaces them in `Loop.carried`, which
        holds their last values after the loop.
        """
        head, body, done = self.fresh("head", "body", "done")
        before = self.block
        counter = f"%{head}.i"
        phis = [f"%{head}.c{k}" for k in range(len(carried))]
        self.jump(head)
        self.label(head)
        hole = len(self.lines)
        if isinstance(count, str):
            go = self.value(f"icmp slt i64 {counter}, {count}")
            self.branch(go, body, done)
            self.label(body)
        loop = Loop(counter, list(phis))
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
        self.lines[hole:hole] = heads
        self.label(done)
        if isinstance(count, str):
            loop.carried = phis

    def jump(self, name: str) -> None:
        self.do(f"br label %{name}")

    def branch(self, condition: str, yes: str, no: str) -> None:
        self.do(f"br i1 {condition}, label %{yes}, label %{no}")

    def merge(self, arrivals: Sequence[tuple[str, Sequence[str]]], type: str = VECTOR) -> list[str]:
        """At the start of a block: the values that come along with each (block, values)."""
        columns = zip(*[values for _, values in arrivals], strict=True)
        blocks = [block for block, _ in arrivals]
        merged = []
        for column in columns:
            pairs = ", ".join([f"[ {value}, %{block} ]" for value, block in zip(column, blocks, strict=True)])
            merged.append(self.value(f"phi {type} {pairs}"))
        return merged

    @contextmanager
    def unless(self, condition: str) -> Iterator[None]:
        """What is written inside runs where the i1 `condition` is false."""
        body, done = self.fresh("body", "done")
        self.branch(condition, done, body)
        self.label(body)
        yield
        self.jump(done)
        self.label(done)

    def text(self, returns: str = "void", result: str = "ret void") -> str:
        """The whole function."""
        lines = [f"define {returns} @{self.name}({self.parameters}) #0 {{", "entry:"]
        return "\n".join([*lines, *self.start, *self.lines, f"  {result}", "}", ""])
