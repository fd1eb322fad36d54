"""Instructions that are one computation, joined: the first step of the llvm back end.

A chain of additions of products is a `dot` (p = a0*b0, then p += ai*bi), whichever way it was traced, and
`batch_sum(mul(a, b))` is one sum of products. This changes no bit of a result. It makes what `rolling` looks for, alike
instructions, out of what networks are made of.

Floor: above `program`, below `rolling`. Knows rows by name only.
"""

from __future__ import annotations

from typing import NamedTuple

from autograd_lite.program.program import Program

ONE = -1  # the id of the number 1.0, the second factor of a plain term in a sum
TERM = {"dot": 2, "prod": 1, "max": 1, "min": 1}  # rows that reduce a list of terms: the operands of one term


class Op(NamedTuple):
    """One instruction; `id` is its result. A `dot` has the operands of its terms in turn: a0, b0, a1, b1, ..."""

    id: int
    row: str
    operands: tuple[int, ...]

    def terms(self) -> int:
        """Number of terms of a reduction, 1 for any other row."""
        return len(self.operands) // TERM[self.row] if self.row in TERM else 1


class Simplified(NamedTuple):
    """Live instructions in order, and what is known of every value by its id."""

    ops: dict[int, Op]
    constants: dict[int, float]
    batched: list[bool]
    stage: list[int]  # how many batch sums, one after the other, a value waits for


def simplify(program: Program) -> Simplified:
    """The instructions of a program, with sums of products joined into `dot` and batch sums of products into one."""
    inputs = program.size
    batched = list(program.batched)
    stage = [0] * len(batched)
    uses = [0] * len(batched)
    constants = {ONE: 1.0}
    for id, (row, operands, constant) in enumerate(program.instructions, inputs):
        if constant is not None:
            constants[id] = constant
        deepest = 0
        for x in operands:
            uses[x] += 1
            if stage[x] > deepest:
                deepest = stage[x]
        stage[id] = deepest + 1 if row.name == "batch_sum" else deepest
    for result in program.results:
        for x in result.values:
            uses[x] += 2  # it is asked for by name, so it is no instruction's own
    return Simplified(_Joined(program, uses, constants, batched).ops, constants, batched, stage)


class _Joined:
    """Takes products and sums into their users where they are these users' own.

    Own means: used by nothing else, and on the same side of a batch sum (else a product of parameters would be computed
    once a sample).
    """

    def __init__(self, program: Program, uses: list[int], constants: dict[int, float], batched: list[bool]) -> None:
        self.ops: dict[int, Op] = {}
        self.uses = uses
        self.batched = batched
        self.sums: dict[int, list[int]] = {}  # the terms of every sum so far; it may still be taken into a longer one
        for id, (row, operands, _) in enumerate(program.instructions, program.size):
            if id in constants:
                continue
            name = row.name
            if name in ("add", "sum"):
                self.sums[id] = self.sum(id, name, operands)
                name = "dot"
            elif name == "dot":
                half = len(operands) // 2
                self.sums[id] = [x for pair in zip(operands[:half], operands[half:], strict=True) for x in pair]
            elif name == "batch_sum":
                operands = self.summed(operands[0])
            self.ops[id] = Op(id, name, operands)
        for id, terms in self.sums.items():
            plain = len(terms) == 4 and terms[1] == terms[3] == ONE
            self.ops[id] = Op(id, "add", (terms[0], terms[2])) if plain else Op(id, "dot", tuple(terms))

    def own(self, x: int, row: str, user: int) -> bool:
        return self.uses[x] == 1 and x in self.ops and self.ops[x].row == row and self.batched[x] == self.batched[user]

    def sum(self, id: int, name: str, operands: tuple[int, ...]) -> list[int]:
        """The terms of a sum; it goes on with its first operand, or if it has two the second, if that is a sum."""
        first = operands[0]
        rest = operands[1:]
        if name == "add" and not self.own(first, "dot", id) and self.own(operands[1], "dot", id):
            first, rest = operands[1], operands[:1]  # a + b has the bits of b + a
        terms: list[int] = []
        if self.own(first, "dot", id):
            del self.ops[first]
            terms = self.sums.pop(first)
        else:
            rest = operands
        for x in rest:
            terms += self.ops.pop(x).operands if self.own(x, "mul", id) else (x, ONE)
        return terms

    def summed(self, x: int) -> tuple[int, ...]:
        """What a batch sum adds up: x, or the factors of x."""
        if self.own(x, "mul", x) and all(self.batched[factor] for factor in self.ops[x].operands):
            return self.ops.pop(x).operands
        return (x,)
