"""The back end `python`: straight-line source without any dependency, with the bits of the eager engine.

Python's own operators and functions raise where IEEE 754 has inf or nan, and a program never does: a call that
raises is repeated with functions that do not.
"""

from collections.abc import Callable, Sequence
from functools import partial
from operator import add
from typing import TYPE_CHECKING, Any

from autograd_lite.backends.batch_order import tree
from autograd_lite.backends.source_text import Expression, Text, function, operators
from autograd_lite.core.columns.row import Row
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.payloads import Environment, Loop, Payload, Step
from autograd_lite.program.program import Program

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray


Function = Callable[..., Any]


class PythonCode:
    """A program as a Python function of lists."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.source, self.fast = python_source(program, operators, value_on_floats)
        self.careful: Callable[..., Any] | None = None

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Any]:
        """The results, a list of numbers each, or for batched ones a list of such lists."""
        lists = [rows_as_lists(x, a.batched, samples) for x, a in zip(arguments, self.program.arguments, strict=True)]
        try:
            return self.fast(samples, *lists)  # type: ignore[no-any-return]
        except (ArithmeticError, ValueError):
            if self.careful is None:
                self.careful = careful(self.program)
            return self.careful(samples, *lists)  # type: ignore[no-any-return]


def rows_as_lists(x: "Sequence[Any] | NDArray[float64]", batched: bool, samples: int) -> Sequence[Any]:
    """An argument as a list, of one list a sample if batched."""
    if isinstance(x, Sequence):
        return x  # a list, or a tuple of constants
    numbers: list[Any] = (x.reshape(samples, -1) if batched and samples else x.reshape(-1)).tolist()
    return numbers


def add_lanes(sums: list[float], *lanes: list[float]) -> list[float]:
    """Each sum, with its accumulators of one more block."""
    return list(map(add, sums, tree(lanes, partial(map, add))))


def careful(program: Program) -> Callable[..., Any]:
    """The same function where nothing raises."""
    return python_source(program, total_operators, value_by_ieee_754)[1]


def python_source(
    program: Program, expression: Expression, value: Callable[[Primitive], Function]
) -> tuple[str, Function]:
    """The source of a program, and its function where the rows that it calls have these values."""
    text = Text(program, expression, blocks=False)
    source = text.write()
    values = {name: value(row) for row, name in text.called.items()}
    return source, function(source, {**values, "add_lanes": add_lanes})


def total_operators(row: Row) -> str:
    """The expression of a row on floats, if it never raises."""
    return operators(row) if row.domain == "all reals" else ""


def value_on_floats(row: Primitive) -> Callable[..., float]:
    """The function of a row; that of a row of a user may give other numbers than floats."""
    if row.payload is not None:
        return payload_function(row.payload)
    module: str = getattr(row.value, "__module__", None) or "math"
    if module.partition(".")[0] in ("math", "autograd_lite"):
        return row.value
    return lambda *operands: float(row.value(*operands))


def payload_function(payload: Payload) -> Function:
    """The function of a loop, or of an array of constants."""
    if not isinstance(payload, Loop):
        return lambda operands: payload.evaluate(operands, Environment(step=step_of))
    step = step_of(payload.body)
    return lambda operands: payload.evaluate(operands, Environment(step=lambda body: step))


def step_of(body: Any) -> Step:
    code = body.codes.get("python")
    if code is None:  # which all calls of a function share
        code = body.codes["python"] = PythonCode(body)
    return lambda carry, x, shared, whole: tuple(code([carry, x, shared, *whole], 1))


def value_by_ieee_754(row: Primitive) -> Callable[..., float]:
    """The function of a row that never raises."""
    if row.payload is not None:
        return payload_function(row.payload)
    return row.ieee_value if row.arity is not None else lambda operands: row.ieee_value(*operands)
