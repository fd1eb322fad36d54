"""The back end `python`: straight-line source without any dependency, with the bits of the eager engine.

Python's own operators and functions raise where IEEE 754 has inf or nan, and a program never does: a call that
raises is made again with functions that don't.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.backends.batch_order import tree
from autograd_lite.backends.source_text import INFIX, SAFE, Text, function
from autograd_lite.program.instructions import ROWS
from autograd_lite.program.program import Program


class PythonCode:
    """A program as a Python function of lists."""

    def __init__(self, program: Program) -> None:
        self.program = program
        values = {name: row.value for name, row in ROWS.items()}
        self.source = Text(program, INFIX, blocks=False).write()
        self.fast = function(self.source, {**values, "add_lanes": add_lanes})
        self.careful: Callable[..., Any] | None = None

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Any]:
        """The results, a list of numbers each, or for batched ones a list of such lists."""
        lists = [listed(x, a.batched, samples) for x, a in zip(arguments, self.program.arguments, strict=True)]
        try:
            return self.fast(samples, *lists)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError):
            if self.careful is None:
                self.careful = careful(self.program)
            return self.careful(samples, *lists)  # type: ignore[no-any-return]


def listed(x: Any, batched: bool, samples: int) -> Any:
    """An argument as a list, of one list a sample if batched."""
    if not hasattr(x, "tolist"):
        return x
    return (x.reshape(samples, -1) if batched and samples else x.reshape(-1)).tolist()


def add_lanes(sums: list[float], *lanes: list[float]) -> list[float]:
    """Each sum, with its accumulators of one more block."""
    return [total + tree(a) for total, a in zip(sums, zip(*lanes, strict=True), strict=True)]


def careful(program: Program) -> Callable[..., Any]:
    """The same function where nothing raises."""
    infix = {name: text for name, text in INFIX.items() if name in SAFE}
    rows = {name: never_raising(name) for name in ROWS}
    return function(Text(program, infix, blocks=False).write(), {**rows, "add_lanes": add_lanes})


def never_raising(name: str) -> Callable[..., float]:
    row = ROWS[name]
    return row.ieee_value if row.arity is not None else lambda operands: row.ieee_value(*operands)
