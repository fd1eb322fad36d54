"""The loops and instructions of `llvm_rolling` as LLVM IR.

A batched section runs for 8 samples at a time: a value is one vector, its lanes are samples. An unbatched section is
scalar code, except where a loop finds its operands side by side in memory: then its lanes are 8 turns of the loop.
Loops are unrolled by hand, so that several sums are under way at once: a sum of its own has to keep its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from .rolling import Column, Nest, Place
from .rows import Rows
from .simplify import TERM, Op
from .text import LANES, SCALAR, VECTOR, Function, Index, number

TOGETHER = 8  # sums under way at once: an addition takes 3 or 4 cycles, and one or two start in each
FIRST = Index(0)  # the first term of a reduction
SHORT = 4  # so many terms are written out, more are a loop


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

    def item(self, item: Op | Nest, stored: bool) -> None:
        """Write a nest, or an instruction, whose result is stored if it is asked for elsewhere."""
        if isinstance(item, Nest):
            self.nest(item)
        else:
            self.op(item, stored)

    # single instructions

    def op(self, op: Op, stored: bool) -> None:
        type = VECTOR if self.batched else SCALAR
        if op.row in TERM:
            width = TERM[op.row]
            value = ""
            for k in range(0, len(op.operands), width):
                factors = [self.known(x, type) for x in op.operands[k : k + width] if self.constants.get(x) != 1.0]
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

    def nest(self, nest: Nest) -> None:
        if not nest.dims:
            self.instances(nest, [()], VECTOR if self.batched else SCALAR, 0)
            return
        inner = None if self.batched else _side_by_side(nest)
        lanes = inner is not None
        if inner is None:
            inner = max(range(len(nest.dims)), key=lambda dim: nest.dims[dim])
        self._loops(nest, 0, inner, lanes, ())

    def _loops(self, nest: Nest, dim: int, inner: int, lanes: bool, outer: Instance) -> None:
        """Loops over every dimension but `inner`, then blocks along that one."""
        if dim == len(nest.dims):
            for start, turns, together, type in _blocks(nest, inner, lanes, self.batched):
                width = LANES if type == VECTOR and not self.batched else 1
                if turns == 1:
                    self._block(nest, inner, outer, start, "", together, width, type)
                else:
                    with self.f.loop(turns) as loop:
                        self._block(nest, inner, outer, start, loop.counter, together, width, type)
        elif dim == inner:
            self._loops(nest, dim + 1, inner, lanes, (*outer, Turn(0, "", 0)))
        else:
            with self.f.loop(nest.dims[dim]) as loop:
                self._loops(nest, dim + 1, inner, lanes, (*outer, Turn(0, loop.counter, 1)))

    def _block(
        self, nest: Nest, inner: int, outer: Instance, start: int, counter: str, together: int, width: int, type: str
    ) -> None:
        instances = []
        for k in range(together):
            turn = Turn(start + k * width, counter, together * width if counter else 0)
            instances.append((*outer[:inner], turn, *outer[inner + 1 :]))
        self.instances(nest, instances, type, inner)

    def instances(self, nest: Nest, instances: Sequence[Instance], type: str, inner: int) -> None:
        """Some instances of a nest side by side, as straight-line code or one loop over their terms."""
        if nest.row in TERM:
            values = self._reductions(nest, instances, type, inner)
        else:
            ((_, columns),) = nest.runs
            values = []
            for instance in instances:
                operands = [self._operand(column, instance, type, inner) for column in columns]
                values.append(self.rows.write(self.f, nest.row, type, operands))
        for instance, value in zip(instances, values, strict=True):
            index = _index(nest.destination, instance)
            self.f.store(value, nest.destination.space, index, VECTOR if self.batched else SCALAR, type)

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
        factors = [self._operand(column, instance, type, inner, term) for column in columns if column.constant != 1.0]
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


def _side_by_side(nest: Nest) -> int | None:
    """A loop whose turns can be lanes: every operand is the same for all, or lies side by side."""
    columns = [column for _, run in nest.runs for column in run]
    for dim, count in enumerate(nest.dims):
        strides = {column.strides[dim] for column in columns}
        if count >= LANES and nest.destination.strides[dim] == 1 and strides <= {0, 1}:
            return dim
    return None


def _blocks(nest: Nest, inner: int, lanes: bool, batched: bool) -> list[tuple[int, int, int, str]]:
    """Cut a loop: (first instance, turns, instances side by side, type), then what is left over."""
    count = nest.dims[inner]
    reduces = nest.row in TERM
    most = TOGETHER if reduces and not lanes else TOGETHER // 2
    if not lanes:
        type = VECTOR if batched else SCALAR
        together = ceil(count / ceil(count / most))
        left = count % together
        blocks = [(0, count // together, together, type)]
        if left:
            blocks.append((count - left, 1, left, type))
        return blocks
    vectors = count // LANES
    together = min(most, vectors)
    blocks = [(0, vectors // together, together, VECTOR)]
    if vectors % together:
        blocks.append((vectors // together * together * LANES, 1, vectors % together, VECTOR))
    if count % LANES:
        blocks.append((vectors * LANES, 1, count % LANES, SCALAR))
    return blocks
