"""The back end `python`: straight-line source without any dependency, with the bits of the eager engine.

Python's own operators and functions raise where IEEE 754 has inf or nan, and a program never does: a call that
raises is made again with functions that don't.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.compiling.batches import batch_sum
from autograd_lite.compiling.source import INFIX, SAFE, Text, function
from autograd_lite.instructions import ROWS
from autograd_lite.program import Program


class PythonCode:
    """A program as a Python function of flat lists."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.source = Text(program, INFIX, loops=True).write()
        meaning: dict[str, Any] = {name: row.value for name, row in ROWS.items()}
        self.fast = function(self.source, {**meaning, "batch_sum": batch_sum})
        self.careful: Callable[..., Any] | None = None

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Any]:
        """The results, a list of numbers each, or for batched ones a list of such lists."""
        lists = [x.tolist() if hasattr(x, "tolist") else x for x in arguments]
        try:
            return self.fast(samples, *lists)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError):
            if self.careful is None:
                infix = {name: text for name, text in INFIX.items() if name in SAFE}
                text = Text(self.program, infix, loops=True).write()
                meaning: dict[str, Any] = {name: never_raising(name) for name in ROWS}
                self.careful = function(text, {**meaning, "batch_sum": batch_sum})
            return self.careful(samples, *lists)  # type: ignore[no-any-return]


def never_raising(name: str) -> Callable[..., float]:
    row = ROWS[name]
    return row.total if row.arity is not None else lambda operands: row.total(*operands)


def python_source(program: Program) -> str:
    return Text(program, INFIX, loops=True).write()
