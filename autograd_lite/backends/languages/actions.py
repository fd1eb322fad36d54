"""What the source of a program does, in order, and where it is cut into functions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd_lite.program.payloads import Loop
from autograd_lite.program.program import Program

LONG = 800  # operations of one function: V8 does not optimise one of more than 60 KB of its bytecode

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

    def __init__(self, actions: list[Action]) -> None:
        self.parts: list[list[Action]] = [[]]
        work = 0
        for action in actions:
            work += action.work
            if work > LONG and self.parts[-1]:
                self.parts.append([])
                work = action.work
            self.parts[-1].append(action)

    def is_cut(self) -> bool:
        return len(self.parts) > 1


def work_of(program: Program) -> int:
    """How many operations the text of a program has, about."""
    bodies = [row.payload.body for row, _, _ in program.instructions if isinstance(row.payload, Loop)]
    return sum([max(1, len(operands)) for _, operands, _ in program.instructions]) + sum(map(work_of, bodies))
