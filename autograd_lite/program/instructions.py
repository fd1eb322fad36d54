"""What programs are made of: arguments, instructions, results.  Plain data, below everything that uses it."""

from collections import ChainMap
from typing import Final, NamedTuple

from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM, NUMBER
from autograd_lite.core.primitives import PRIMITIVES, Primitive

ROWS: Final = ChainMap({row.name: row for row in (NUMBER, BATCH_SUM, BATCH_SIZE)}, PRIMITIVES)
"""The rows that a program may hold: the table, and those that only programs have."""


class Argument(NamedTuple):
    """A flat array of `size` numbers; if `batched`, one such array for each sample.

    `numbers` says what these are called, where it is not name[0], name[1] and so on, or the name for a single one.
    """

    name: str
    size: int
    batched: bool
    numbers: tuple[str, ...] = ()


class Instruction(NamedTuple):
    """One row, the numbers of its operands, and the payload of a constant."""

    row: Primitive
    operands: tuple[int, ...]
    constant: float | None = None


class Result(NamedTuple):
    """A flat array of values; if `batched`, one such array for each sample."""

    values: tuple[int, ...]
    batched: bool


def operations(instruction: Instruction) -> int:
    """The scalar operations of an instruction: n - 1 for a sum of n operands, 2n - 1 for a dot of n products."""
    row, operands, _ = instruction
    if row.arity is None:
        return len(operands) if row.name == "mean" else max(len(operands) - 1, 0)
    return 1 if operands else 0
