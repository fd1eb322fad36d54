"""What the source of a program does, in order, and where it is cut into functions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd_lite.program.payloads import Loop
from autograd_lite.program.program import Program


class Limits(NamedTuple):
    """How long what may be, in operations.

    V8 does not optimise a function of more than 60 KB of its bytecode, some 4,000 operations on names.
    """

    whole: int = 3200  # of a function
    piece: int = 1200  # of each function into which a longer one is cut: these read and write arrays
    apart: int = 100  # from which on a section of a long program is a function of its own
    many: int = 32  # operands from which on a sum is a loop


LIMITS = Limits()

Named = Callable[[int], str]
"""What a value is called in some part of the source."""


class Action(NamedTuple):
    """Something to do: to compute a value, or to store some."""

    value: int  # -1: none
    uses: Sequence[int]
    work: int
    lines: Callable[[Named], list[str]]


class Section:
    """Actions that follow each other: what is computed once, or what is for each sample, or each step of a loop."""

    def __init__(self, actions: list[Action], limits: Limits) -> None:
        self.parts: list[list[Action]] = [[]]
        self.work = sum([action.work for action in actions])
        self.is_apart = False
        """Whether it is a function of its own."""
        work = 0
        for action in actions:
            work += action.work
            if self.work > limits.whole and work > limits.piece and self.parts[-1]:
                self.parts.append([])
                work = action.work
            self.parts[-1].append(action)

    def is_cut(self) -> bool:
        return len(self.parts) > 1


def operation_count(program: Program) -> int:
    """How many operations the text of a program has, about."""
    bodies = [row.payload.body for row, _, _ in program.instructions if isinstance(row.payload, Loop)]
    return sum([max(1, len(operands)) for _, operands, _ in program.instructions]) + sum(map(operation_count, bodies))
