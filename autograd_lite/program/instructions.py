"""What programs are made of: arguments, instructions, results.  Plain data."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from autograd_lite.core.graph import BATCH_SUM, DETACHED, LEAF
from autograd_lite.core.primitives import INTERNAL, PRIMITIVES, Primitive

ROWS: Mapping[str, Primitive] = ChainMap(
    PRIMITIVES, {row.name: row for row in INTERNAL.values() if row is not LEAF and row is not DETACHED}
)
"""The rows that a program may hold: those of the table, also such as are entered later, and those of rules alone."""


class Argument(NamedTuple):
    """A flat array of `size` numbers; if `batched`, one such array for each sample.

    `numbers` are the names of these, where they are not name[0], name[1] and so on, or the name for a single one.
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


TUPLE: Final = tuple.__new__


def instruction(row: Primitive, operands: tuple[int, ...], constant: float | None = None) -> Instruction:
    """The same as `Instruction`, in half the time: a program has many."""
    return TUPLE(Instruction, (row, operands, constant))


Parts = tuple[list[Argument], list[Instruction], list[Result]]


def batched_values(arguments: Sequence[Argument], instructions: Sequence[Instruction]) -> bytearray:
    """For every value of a program, whether it differs from sample to sample."""
    if not any([argument.batched for argument in arguments]):  # noqa: C419  (a list is faster when compiled)
        return bytearray(sum([argument.size for argument in arguments]) + len(instructions))
    flags = bytearray()
    for argument in arguments:
        flags += bytes([argument.batched]) * argument.size
    if 1 not in flags:  # then nothing differs
        return flags + bytes(len(instructions))
    for row, operands, _ in instructions:
        differs = False
        if row.payload is not None:
            read = getattr(row.payload, "argument", None)  # the number of the argument that an array is
            differs = read is not None and arguments[read].batched
        if row is not BATCH_SUM:
            for i in operands:
                if flags[i]:
                    differs = True
                    break
        flags.append(differs)
    return flags


def rows_in(instructions: Sequence[Instruction]) -> set[Primitive]:
    """The rows that occur in a program."""
    return {x[0] for x in instructions}


def operations(instruction: Instruction) -> int:
    """The scalar operations of an instruction: n - 1 for a sum of n operands, 2n - 1 for a dot of n products."""
    row, operands, _ = instruction
    if row.payload is not None:
        body = getattr(row.payload, "body", None)
        if body is not None:
            return row.payload.length * sum(map(operations, body.instructions))  # type: ignore[no-any-return]
        return getattr(row.payload, "operations", 0)
    if row.operations is not None:
        return row.operations(len(operands))
    if row.arity is None:
        return max(len(operands) - 1, 0)
    return 1 if operands else 0
