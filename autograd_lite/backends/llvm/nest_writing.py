"""Loop nests and single instructions as LLVM IR.

Batched code computes 8 samples at a time: a value is one vector, its lanes are samples. Unbatched code is scalar,
except for loops whose operands are contiguous in memory: their lanes are 8 iterations of the loop. Loops are unrolled
here, so that the latencies of several sums overlap: each sum has to keep its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

from autograd_lite.program.gathers import Gather, Gathers, Scatter

from .arrays_of_loops import ArrayLayout
from .emitters import Emitter
from .fusion import ONE, Op, term_width
from .gather_writing import load_at, write_copy, write_gathers, write_scatter
from .ir_text import ONES, SCALAR, VECTOR, Function, Index
from .kernel_calls import write_kernel
from .plan import KernelLayout, LoopLayout
from .rerolling import Access, Location, LoopNest, Scheduled
from .result_copies import Copy

UNROLL = 8  # sums side by side: an addition has a latency of 3 or 4 cycles, and one or two start in each
FIRST = Index(0)  # the first term of a reduction
LONG = 64  # trip counts from here on may come from data
SHORT = 4  # so many terms are unrolled, more are a loop
MOST_FUSED = 8  # nests in one loop: their live values have to fit into registers


def is_lanes(buffer: str) -> bool:
    """Whether the elements of a buffer are vectors of samples: tile, kept, batched arguments and results."""
    return buffer[0] in "tkvxob"


class Induction(NamedTuple):
    """The value of one loop of a nest for an unrolled instance: start + scale * counter."""

    start: int
    counter: str
    scale: int


Instance = tuple[Induction, ...]  # one for every loop of the nest


@dataclass
class SectionWriter:
    """Writes the loop nests and single instructions of one section into a function."""

    f: Function
    emitter: Emitter
    batched: bool
    locations: dict[int, Location]
    constants: dict[int, float]
    loops: dict[int, LoopLayout]
    arrays: dict[int, ArrayLayout]
    kernels: dict[int, KernelLayout]
    values: dict[int, str] = field(default_factory=dict)  # results of instructions in this function

    # single instructions

    def op(self, op: Op, stored: bool) -> None:
        """One instruction, whose result is stored if other functions read it."""
        type = VECTOR if self.batched else SCALAR
        row, known, operands = op.row, self.values, op.operands
        payload = row.payload
        if isinstance(payload, Gather):
            array, index = operands
            value = load_at(self.f, self.arrays[array], payload, self.operand(index, type), type)
        elif payload is not None:
            self.of_payload(op)
            return
        elif width := term_width(row):
            value = ""
            for k in range(0, len(operands), width):
                factors = [known.get(x) or self.operand(x, type) for x in operands[k : k + width]]
                value = self.emitter.reduce(self.f, row, type, value, factors)
        else:
            value = self.emitter.emit(self.f, row, type, [known.get(x) or self.operand(x, type) for x in operands])
        known[op.id] = value
        if stored:
            buffer, offset = self.locations[op.id]
            self.f.store(value, buffer, Index(offset), type, type)

    def of_payload(self, op: Op) -> None:
        """What makes an array."""
        payload = op.row.payload
        if isinstance(payload, Gathers):
            write_gathers(self.f, payload, *[self.arrays[x] for x in (op.id, *op.operands)])
        elif isinstance(payload, Scatter):
            write_scatter(self.f, payload, *[self.arrays[x] for x in (op.id, *op.operands)])
        elif op.id in self.kernels:
            write_kernel(self.f, self.emitter, self.kernels[op.id])
        elif isinstance(payload, Copy):
            write_copy(self.f, payload, self.arrays[op.operands[0]])
        elif op.id in self.loops:
            name, arguments = f"{self.loops[op.id].name}steps", "ptr %context" + (", ptr %kept" if self.batched else "")
            if name in self.emitter.calls:
                name, lengths, constants = self.emitter.calls[name]
                arguments += f", ptr {self.f.offset(self.f.pointer('n'), 'i64', lengths)}"
                arguments += f", ptr {self.f.offset(self.f.pointer('e'), SCALAR, constants)}"
            self.f.do(f"call void @{name}({arguments})")

    def operand(self, id: int, type: str) -> str:
        found = self.values.get(id)
        if not found:
            if id == ONE:
                found = ONES[type]
            elif id in self.constants:
                found = self.f.constant(self.constants[id], type)
            else:
                buffer, offset = self.locations[id]
                found = self.load(buffer, Index(offset), type)
            self.values[id] = found
        return found

    # loop nests

    def nests(self, nests: Sequence[LoopNest], stored: Sequence[bool]) -> None:
        """Nests of the same loops, fused; a result is stored if other functions or loops read it."""
        dims = nests[0].dims
        type = VECTOR if self.batched else SCALAR
        if not dims:
            self._instances(nests, stored, [()], type, 0)
            return
        vectorizable = _vectorizable(nests, 0 if self.batched else self.f.lanes)
        lanes = 0 if vectorizable is None else self.f.lanes
        inner = max(range(len(dims)), key=lambda dim: dims[dim]) if vectorizable is None else vectorizable
        outer: list[Induction] = []
        with ExitStack() as loops:
            for dim, count in enumerate(dims):
                counter = "" if dim == inner else loops.enter_context(self.f.loop(self._count(count))).counter
                outer.append(Induction(0, counter, 1))
            if self._is_long(dims[inner]):
                self._of_any_length(nests, stored, outer, type, inner, lanes)
                return
            width = lanes or 1
            for start, count, unroll in _unrolled(nests, dims[inner], lanes):
                with nullcontext() if count == 1 else self.f.loop(count) as loop:
                    counter = loop.counter if loop else ""
                    inners = [Induction(start + k * width, counter, unroll * width) for k in range(unroll)]
                    instances = [(*outer[:inner], induction, *outer[inner + 1 :]) for induction in inners]
                    self._instances(nests, stored, instances, VECTOR if lanes else type, inner)

    def _is_long(self, count: int) -> bool:
        """Whether a trip count may be a length of data, for any of which the code has to be right."""
        return count >= LONG and self.f.lengths is not None

    def _count(self, count: int) -> int | str:
        return self.f.fixed(count) if self._is_long(count) else count

    def _of_any_length(
        self,
        nests: Sequence[LoopNest],
        stored: Sequence[bool],
        outer: list[Induction],
        type: str,
        inner: int,
        lanes: int,
    ) -> None:
        """The innermost loop in blocks, of which the last one ends with the last iteration and may overlap another."""
        width, unroll = lanes or 1, _side_by_side(nests, lanes)
        length, block = nests[0].dims[inner], width * unroll
        with self.f.loop(self.f.fixed(-(-length // block))) as loop:
            start = self.f.integer("mul", loop.counter, block)
            if block > 1:
                start = self.f.smaller(start, self.f.fixed(length - block))
            inners = [Induction(k * width, start, 1) for k in range(unroll)]
            instances = [(*outer[:inner], induction, *outer[inner + 1 :]) for induction in inners]
            self._instances(nests, stored, instances, VECTOR if lanes else type, inner)

    def _instances(
        self, nests: Sequence[LoopNest], stored: Sequence[bool], instances: Sequence[Instance], type: str, inner: int
    ) -> None:
        """Unrolled instances of nests, as straight-line code but for loops over terms."""
        for nest, keep in zip(nests, stored, strict=True):
            if nest.row.fold is not None:
                values = self._reductions(nest, instances, type, inner)
            else:
                ((_, accesses),) = nest.runs
                operands = [[self._access(a, instance, type, inner) for a in accesses] for instance in instances]
                values = [self.emitter.emit(self.f, nest.row, type, row) for row in operands]
            for instance, value in zip(instances, values, strict=True):
                buffer, index = nest.destination.buffer, _index(nest.destination, instance)
                self.f.forwarded[buffer, index, type] = value
                if keep:
                    self.f.store(value, buffer, index, VECTOR if self.batched else SCALAR, type)
        self.f.forwarded.clear()

    def _reductions(self, nest: LoopNest, instances: Sequence[Instance], type: str, inner: int) -> list[str]:
        def continued(sums: Sequence[str], accesses: Sequence[Access], term: Index) -> list[str]:
            """The sums after one more term."""
            later = []
            for sum, instance in zip(sums, instances, strict=True):
                factors = [self._access(access, instance, type, inner, term) for access in accesses]
                later.append(self.emitter.reduce(self.f, nest.row, type, sum, factors))
            return later

        sums = [""] * len(instances)
        for count, accesses in nest.runs:
            first = 0
            while first < count and (count <= SHORT or not sums[0]):
                sums = continued(sums, accesses, Index(first))
                first += 1
            if first < count:
                with self.f.loop(self._count(count - first), [(type, sum) for sum in sums]) as loop:
                    loop.carried = continued(loop.carried, accesses, Index(first, ((loop.counter, 1),)))
                sums = loop.carried
        return sums

    def _access(self, access: Access, instance: Instance, type: str, inner: int, term: Index = FIRST) -> str:
        if access.constant is not None:
            return ONES[type] if access.constant == 1.0 else self.f.constant(access.constant, type)
        index = _index(access, instance).plus(term.base * access.step)
        index = index.plus(0, *[(counter, access.step) for counter, _ in term.terms])
        return self.load(access.buffer, index, type, not self.batched and access.strides[inner : inner + 1] == (1,))

    def load(self, buffer: str, index: Index, type: str, contiguous: bool = False) -> str:
        """The value of an element: a vector of samples, 8 contiguous numbers, or one number broadcast to all lanes."""
        if is_lanes(buffer):
            return self.f.load(buffer, index, VECTOR, VECTOR)
        if type == VECTOR and not contiguous:
            return self.f.load_splat(buffer, index)
        return self.f.load(buffer, index, SCALAR, type)


def _index(access: Access, instance: Instance) -> Index:
    base = access.base
    terms = []
    for stride, induction in zip(access.strides, instance, strict=True):
        base += stride * induction.start
        if induction.counter and stride:
            terms.append((induction.counter, stride * induction.scale))
    return Index(base, tuple(terms))


def _vectorizable(nests: Sequence[LoopNest], lanes: int) -> int | None:
    """A loop whose iterations can be so many lanes: every operand is invariant or contiguous."""
    accesses = [access for nest in nests for _, run in nest.runs for access in run]
    for dim, count in enumerate(nests[0].dims if lanes else ()):
        contiguous = all(nest.destination.strides[dim] == 1 for nest in nests)
        if count >= lanes and contiguous and {access.strides[dim] for access in accesses} <= {0, 1}:
            return dim
    return None


def _side_by_side(nests: Sequence[LoopNest], lanes: int) -> int:
    """How many instances are computed at once, at most: several where additions of a sum have to wait."""
    has_latency = any(terms > SHORT for nest in nests for terms, _ in nest.runs)
    return (UNROLL // 2 if lanes else UNROLL) if has_latency else 1


def _unrolled(nests: Sequence[LoopNest], count: int, lanes: int) -> list[tuple[int, int, int]]:
    """A loop unrolled, and its remainders: (first iteration, trip count, instances).

    The last lanes overlap those before where the count leaves some over: they compute the same once more.
    """
    most = _side_by_side(nests, lanes)
    width = lanes or 1
    steps = count // width
    unroll = min(most, steps) if lanes else ceil(count / ceil(count / most))
    left = steps % unroll
    blocks = [(0, steps // unroll, unroll), ((steps - left) * width, 1, left), (count - width, 1, count % width and 1)]
    return [block for block in blocks if block[2]]


def fuse_loops(items: Sequence[Scheduled], lanes: int) -> list[Op | list[LoopNest]]:
    """The items, with neighbouring nests that can share their loops in one group."""
    groups: list[Op | list[LoopNest]] = []
    for item in items:
        last = groups[-1] if groups else None
        if isinstance(item, Op):
            groups.append(item)
        elif isinstance(last, list) and len(last) < MOST_FUSED and _fusible(last, item, lanes):
            last.append(item)
        else:
            groups.append([item])
    return groups


def _fusible(nests: list[LoopNest], last: LoopNest, lanes: int) -> bool:
    """Whether a nest depends on the others only within one iteration, so that their loops can be fused."""
    same_loops = nests[0].dims == last.dims and last.dims
    if not same_loops or _vectorizable(nests, lanes) != _vectorizable([*nests, last], lanes):
        return False
    for nest in nests:
        written = nest.destination
        low, high = _extent(written, nest.dims, 1)
        for count, run in last.runs:
            for access in run:
                first, end = _extent(access, last.dims, count)
                same = access[:3] == written[:3] and access.step == 0
                if access.buffer == written.buffer and first <= high and low <= end and not same:
                    return False
    return True


def _extent(access: Access, dims: tuple[int, ...], terms: int) -> tuple[int, int]:
    """The first and last offset of an access."""
    moves = [(count - 1) * stride for count, stride in zip((*dims, terms), (*access.strides, access.step), strict=True)]
    return access.base + sum([min(0, move) for move in moves]), access.base + sum([max(0, move) for move in moves])
