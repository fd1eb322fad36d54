"""The loops and instructions of `rolling` as LLVM IR.

A batched section runs for 8 samples at a time: a value is one vector, its lanes are samples. An unbatched section is
scalar code, except where a loop finds its operands side by side in memory: then its lanes are 8 turns of the loop.
Loops are unrolled by hand, so that several sums are under way at once: a sum of its own has to keep its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from math import ceil
from typing import NamedTuple

from .emitters import Rows
from .fusion import TERM, Op
from .ir_text import LANES, SCALAR, VECTOR, Function, Index, number
from .rerolling import Column, Nest, Place

TOGETHER = 8  # sums under way at once: an addition takes 3 or 4 cycles, and one or two start in each
FIRST = Index(0)  # the first term of a reduction
SHORT = 4  # so many terms are written out, more are a loop
MOST_FUSED = 8  # nests in one loop: their values have to fit into registers


def is_lanes(space: str) -> bool:
    """Whether the elements of a space are vectors of samples: tile, kept, batched arguments and results."""
    return space[0] in "tkxo"


class Turn(NamedTuple):
    """Where along one loop an instance stands: start + scale * counter."""

    start: int
    counter: str
    scale: int


Instance = tuple[Turn, ...]  # one turn for every loop of the nest


class Writer:
    """Writes the nests and single instructions of one section into functions."""

    def __init__(
        self, f: Function, rows: Rows, batched: bool, places: dict[int, Place], constants: dict[int, float]
    ) -> None:
        self.f = f
        self.rows = rows
        self.batched = batched
        self.places = places
        self.constants = constants
        self.values: dict[int, str] = {}  # results of instructions in this function

    # single instructions

    def op(self, op: Op, stored: bool) -> None:
        """One instruction, whose result is stored if it is asked for elsewhere."""
        type = VECTOR if self.batched else SCALAR
        if op.row in TERM:
            width = TERM[op.row]
            value = ""
            for k in range(0, len(op.operands), width):
                factors = [self.known(x, type) for x in op.operands[k : k + width]]
                value = self.rows.reduce(self.f, op.row, type, value, factors)
        else:
            value = self.rows.write(self.f, op.row, type, [self.known(x, type) for x in op.operands])
        self.values[op.id] = value
        if stored:
            space, offset = self.places[op.id]
            self.f.store(value, space, Index(offset), type, type)

    def known(self, id: int, type: str) -> str:
        if id in self.constants:
            return number(self.constants[id], type)
        if id in self.values:
            return self.values[id]
        space, offset = self.places[id]
        return self.fetch(space, Index(offset), type)

    # nests

    def nests(self, nests: Sequence[Nest], stored: Sequence[bool]) -> None:
        """Nests of the same loops, in one; a result is stored if it is asked for elsewhere."""
        dims = nests[0].dims
        type = VECTOR if self.batched else SCALAR
        if not dims:
            self._together(nests, stored, [()], type, 0)
            return
        inner = _side_by_side(nests, self.batched)
        lanes = inner is not None
        if inner is None:
            inner = max(range(len(dims)), key=lambda dim: dims[dim])
        outer: list[Turn] = []
        with ExitStack() as loops:
            for dim, count in enumerate(dims):
                counter = "" if dim == inner else loops.enter_context(self.f.loop(count)).counter
                outer.append(Turn(0, counter, 1))
            for start, turns, together, in_lanes in _blocks(nests, dims[inner], lanes):
                width = LANES if in_lanes else 1
                with nullcontext() if turns == 1 else self.f.loop(turns) as loop:
                    counter = loop.counter if loop else ""
                    inners = [Turn(start + k * width, counter, together * width) for k in range(together)]
                    instances = [(*outer[:inner], turn, *outer[inner + 1 :]) for turn in inners]
                    self._together(nests, stored, instances, VECTOR if in_lanes else type, inner)

    def _together(
        self, nests: Sequence[Nest], stored: Sequence[bool], instances: Sequence[Instance], type: str, inner: int
    ) -> None:
        """Some instances of nests side by side, as straight-line code but for loops over terms."""
        for nest, keep in zip(nests, stored, strict=True):
            if nest.row in TERM:
                values = self._reductions(nest, instances, type, inner)
            else:
                ((_, columns),) = nest.runs
                operands = [[self._operand(c, instance, type, inner) for c in columns] for instance in instances]
                values = [self.rows.write(self.f, nest.row, type, row) for row in operands]
            for instance, value in zip(instances, values, strict=True):
                space, index = nest.destination.space, _index(nest.destination, instance)
                self.f.remember(value, space, index, type)
                if keep:
                    self.f.store(value, space, index, VECTOR if self.batched else SCALAR, type)
        self.f.forget()

    def _reductions(self, nest: Nest, instances: Sequence[Instance], type: str, inner: int) -> list[str]:
        sums = [""] * len(instances)
        for count, columns in nest.runs:
            first = 0
            while first < count and (count <= SHORT or not sums[0]):
                sums = [
                    self._term(nest, sum, i, columns, type, inner, Index(first))
                    for sum, i in zip(sums, instances, strict=True)
                ]
                first += 1
            if first < count:
                with self.f.loop(count - first, [(type, sum) for sum in sums]) as loop:
                    term = Index(first, ((loop.counter, 1),))
                    loop.carried = [
                        self._term(nest, sum, i, columns, type, inner, term)
                        for sum, i in zip(loop.carried, instances, strict=True)
                    ]
                sums = loop.carried
        return sums

    def _term(
        self, nest: Nest, sum: str, instance: Instance, columns: Sequence[Column], type: str, inner: int, term: Index
    ) -> str:
        """The sum after one more term."""
        factors = [self._operand(column, instance, type, inner, term) for column in columns]
        return self.rows.reduce(self.f, nest.row, type, sum, factors)

    def _operand(self, column: Column, instance: Instance, type: str, inner: int, term: Index = FIRST) -> str:
        if column.constant is not None:
            return number(column.constant, type)
        index = _index(column, instance).plus(term.base * column.step)
        index = index.plus(0, *[(counter, column.step) for counter, _ in term.terms])
        return self.fetch(column.space, index, type, not self.batched and column.strides[inner : inner + 1] == (1,))

    def fetch(self, space: str, index: Index, type: str, row: bool = False) -> str:
        """The value at a place, in lanes: a vector of samples, 8 numbers in a row, or one number in all lanes."""
        if is_lanes(space):
            return self.f.load(space, index, VECTOR, VECTOR)
        if type == VECTOR and not row:
            return self.f.load_splat(space, index)
        return self.f.load(space, index, SCALAR, type)


def _index(column: Column, instance: Instance) -> Index:
    base = column.base
    terms = []
    for stride, turn in zip(column.strides, instance, strict=True):
        base += stride * turn.start
        if turn.counter and stride:
            terms.append((turn.counter, stride * turn.scale))
    return Index(base, tuple(terms))


def _side_by_side(nests: Sequence[Nest], batched: bool) -> int | None:
    """A loop whose turns can be lanes: every operand is the same for all, or lies side by side."""
    columns = [column for nest in nests for _, run in nest.runs for column in run]
    for dim, count in enumerate(nests[0].dims):
        contiguous = all(nest.destination.strides[dim] == 1 for nest in nests)
        if not batched and count >= LANES and contiguous and {column.strides[dim] for column in columns} <= {0, 1}:
            return dim
    return None


def _blocks(nests: Sequence[Nest], count: int, lanes: bool) -> list[tuple[int, int, int, bool]]:
    """Cut a loop: (first instance, turns, instances side by side, whether these are lanes), then what is left over."""
    waits = any(terms > SHORT for nest in nests for terms, _ in nest.runs)  # for the sum of the terms before
    most = (TOGETHER // 2 if lanes else TOGETHER) if waits else 1
    if not lanes:
        together = ceil(count / ceil(count / most))
        left = count % together
        blocks = [(0, count // together, together, False)]
        if left:
            blocks.append((count - left, 1, left, False))
        return blocks
    vectors = count // LANES
    together = min(most, vectors)
    blocks = [(0, vectors // together, together, True)]
    if vectors % together:
        blocks.append((vectors // together * together * LANES, 1, vectors % together, True))
    if count % LANES:
        blocks.append((vectors * LANES, 1, count % LANES, False))
    return blocks


def fused(items: Sequence[Op | Nest], batched: bool) -> list[Op | list[Nest]]:
    """The items, with neighbouring nests that can share their loops put together."""
    groups: list[Op | list[Nest]] = []
    for item in items:
        last = groups[-1] if groups else None
        if isinstance(item, Op):
            groups.append(item)
        elif isinstance(last, list) and len(last) < MOST_FUSED and _fits(last, item, batched):
            last.append(item)
        else:
            groups.append([item])
    return groups


def _fits(nests: list[Nest], last: Nest, batched: bool) -> bool:
    """Whether a nest reads of the others' results only what the same turn of the loops has made."""
    if nests[0].dims != last.dims or not last.dims:
        return False
    if _side_by_side(nests, batched) != _side_by_side([*nests, last], batched):
        return False
    for nest in nests:
        made = nest.destination
        low, high = _extent(made, nest.dims, 1)
        for count, run in last.runs:
            for column in run:
                first, end = _extent(column, last.dims, count)
                same = column[:3] == made[:3] and column.step == 0
                if column.space == made.space and first <= high and low <= end and not same:
                    return False
    return True


def _extent(column: Column, dims: tuple[int, ...], terms: int) -> tuple[int, int]:
    """The first and last offset of a column."""
    moves = [(count - 1) * stride for count, stride in zip((*dims, terms), (*column.strides, column.step), strict=True)]
    return column.base + sum([min(0, move) for move in moves]), column.base + sum([max(0, move) for move in moves])
