"""Sums of products fused: the first step of the llvm back end.

A chain of additions of products is a `dot` (p = a0*b0, then p += ai*bi), whichever way it was traced, and
`batch_sum(mul(a, b))` is one sum of products. This changes no bit of a result. It turns networks into many instructions
of the same form, which `rerolling` looks for.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import final

from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import add, dot, mul
from autograd_lite.core.table import sum as total
from autograd_lite.program.program import Program

ONE = -1  # the id of the number 1.0, the second factor of a term that is no product


def term_width(row: Primitive) -> int:
    """The operands of one term of a reduction, 2 of a dot; 0 of a row that is no reduction."""
    return 0 if row.fold is None else row.sequences


@final
class Op:
    """One instruction; `id` is its result. A `dot` has the operands of its terms in turn: a0, b0, a1, b1, ..."""

    def __init__(self, id: int, row: Primitive, operands: tuple[int, ...]) -> None:
        self.id, self.row, self.operands = id, row, operands

    def terms(self) -> int:
        width = term_width(self.row)
        return len(self.operands) // width if width else 1


@final
class Fusion:
    """The live instructions of a program in order, with products and sums fused into their only user.

    Both have to be on the same side of a batch sum, or a product of parameters would be computed once for each sample.
    The instructions `without` are left out.
    """

    def __init__(self, program: Program, without: Collection[int] = ()) -> None:
        count = len(program.batched)
        self.ops: dict[int, Op] = {}
        self.constants = {ONE: 1.0}
        self.batched = bytearray(program.batched)
        self.stage: list[int] = [0] * count  # the number of batch sums on the longest path to a value
        self.uses: list[int] = [0] * count
        self.sums: dict[int, list[int]] = {}  # the terms of every sum so far; a longer sum may still absorb it
        for id, instruction in enumerate(program.instructions, program.size):
            constant = instruction[2]
            if constant is not None:
                self.constants[id] = constant
            deepest = 0
            for x in instruction[1]:
                self.uses[x] += 1
                if self.stage[x] > deepest:
                    deepest = self.stage[x]
            self.stage[id] = deepest + 1 if instruction[0] is BATCH_SUM else deepest
        for result in program.results:
            for x in result.values:
                self.uses[x] += 2  # a result is never fused into its only user
        for id, instruction in enumerate(program.instructions, program.size):
            row, operands = instruction[0], instruction[1]
            if instruction[2] is not None or id in without:
                continue
            if row is add or row is total:
                self.sums[id] = self.sum(id, row, operands)
                row = dot
            elif row is dot:
                half = len(operands) // 2
                self.sums[id] = [x for pair in zip(operands[:half], operands[half:], strict=True) for x in pair]
            elif row is BATCH_SUM:
                operands = self.summed(operands[0])
            self.ops[id] = Op(id, row, operands)
        for id, terms in self.sums.items():
            plain = len(terms) == 4 and terms[1] == terms[3] == ONE
            self.ops[id] = Op(id, add, (terms[0], terms[2])) if plain else Op(id, dot, tuple(terms))

    def fusible(self, x: int, row: Primitive, user: int) -> bool:
        if self.uses[x] != 1 or self.batched[x] != self.batched[user]:
            return False
        op = self.ops.get(x)
        return op is not None and op.row is row

    def sum(self, id: int, row: Primitive, operands: tuple[int, ...]) -> list[int]:
        """The terms of a sum; it continues its first operand, or if it has two the second, where that is a sum."""
        first, *rest = operands
        if row is add and not self.fusible(first, dot, id) and self.fusible(rest[0], dot, id):
            first, rest = rest[0], [first]  # a + b has the bits of b + a
        terms: list[int] = []
        if self.fusible(first, dot, id):
            del self.ops[first]
            terms = self.sums.pop(first)
        else:
            rest = [*operands]
        for x in rest:
            terms += self.ops.pop(x).operands if self.fusible(x, mul, id) else (x, ONE)
        return terms

    def summed(self, x: int) -> tuple[int, ...]:
        """What a batch sum adds up: x, or the factors of x."""
        if self.fusible(x, mul, x) and all(self.batched[factor] for factor in self.ops[x].operands):
            return self.ops.pop(x).operands
        return (x,)
