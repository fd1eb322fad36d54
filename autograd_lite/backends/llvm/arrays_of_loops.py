"""Where the arrays of a program are in memory, and the bodies of loops as programs over samples.

An array has its numbers one after the other: those of a loop are the carries before each step and after the last, y of
each step, and the residuals of each step. Carries that nobody reads afterwards are kept for two steps only, so that a
long loop needs no memory for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.core.table.definition_reader import is_written_inline
from autograd_lite.program.flattening import Flattener, replayed
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.payloads import Loop, When
from autograd_lite.program.program import Program

from .ir_text import SCALAR, VECTOR, Function


class ArrayLayout(NamedTuple):
    """Where the numbers of an array are: in a buffer, the first ones at an offset; `folded` carries in two slots."""

    buffer: str
    offset: int
    carries: int = 0
    length: int = 0
    folded: bool = False

    def place(self, i: int) -> int:
        """The offset of number i in the buffer."""
        if not self.folded:
            return self.offset + i
        step, k = divmod(i, self.carries) if self.carries else (self.length + 1, 0)
        if step <= self.length:
            return self.offset + step % 2 * self.carries + k
        return self.offset + i - (self.length - 1) * self.carries

    @property
    def type(self) -> str:
        return VECTOR if self.buffer[0] in "vb" else SCALAR

    def address(self, f: Function, i: int = 0) -> str:
        """The address of number i."""
        return f.offset(f.pointer(self.buffer), self.type, f.fixed(self.place(i)))


def is_over_lanes(loop: Loop, buffer: str, lanes: int) -> bool:
    """Whether a loop computes steps in lanes, because none needs another one."""
    return buffer == "s" and not loop.carries and loop.length >= lanes


def over_samples(loop: Loop, batched: Sequence[bool]) -> tuple[Program, int]:
    """The body of a loop as a program over samples, and how many shared numbers are the same for all of them.

    Its arguments are the carry, x, these shared numbers, the arrays that it reads as a whole, the other shared numbers.
    """
    body, (carry, x, shared, *whole) = loop.body, loop.body.arguments
    differs = batched[loop.carries + loop.arrays :]
    arrays = [a._replace(batched=batched[loop.carries + k]) for a, k in zip(whole, loop.whole, strict=True)]
    same = differs.count(False)
    arguments = [
        carry._replace(batched=True), x._replace(batched=True), shared._replace(size=same, numbers=()), *arrays,
        Argument("of_samples", shared.size - same, True),
    ]  # fmt: skip
    flattener = Flattener(arguments, lowers=is_written_inline)
    ids = iter(range(flattener.size))
    given = [[next(ids) for _ in range(argument.size)] for argument in arguments]
    equal, other = iter(given[2]), iter(given[-1])
    mixed = [next(other) if own else next(equal) for own in differs]
    ends = [result.values for result in body.results]
    found = replayed(flattener, [*given[:2], mixed, *given[3:-1]], body.instructions, is_branch, ends)
    return Program(*flattener.finished([Result(tuple(values), True) for values in found])), same


def is_branch(payload: object, batched: Sequence[bool]) -> bool:
    """Whether a branch differs from sample to sample: it is computed for all of them, and so written out."""
    return isinstance(payload, When) and any(batched)
