"""The back end `python`: straight-line source without any dependency, with the bits of the eager engine.

Python's own operators and functions raise where IEEE 754 has inf or nan, and a program never does: a call that
raises is repeated with functions that do not.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from operator import add
from typing import TYPE_CHECKING, Any

from autograd_lite.backends.batch_order import tree
from autograd_lite.backends.source_text import Expression, Text, function, indented, operators
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
        return self.on_lists(
            samples,
            *[rows_as_lists(x, a.batched, samples) for x, a in zip(arguments, self.program.arguments, strict=True)],
        )

    def on_lists(self, samples: int, *lists: Sequence[Any]) -> list[Any]:
        """The same of arguments that are lists, as a step of a loop has them."""
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
        return payload_function(row.payload, operators, value_on_floats)
    module: str = getattr(row.value, "__module__", None) or "math"
    if module.partition(".")[0] in ("math", "autograd_lite"):
        return row.value
    return lambda *operands: float(row.value(*operands))


def payload_function(payload: Payload, expression: Expression, value: Callable[[Primitive], Function]) -> Function:
    """The function of a loop, or of an array of constants."""
    if type(payload) is Loop and not payload.is_call:
        return steps_in_a_row(payload, expression, value)
    if not isinstance(payload, Loop):
        return lambda operands: payload.evaluate(operands, Environment(step=step_of))
    step = step_of(payload.body)
    return lambda operands: payload.evaluate(operands, Environment(step=lambda body: step))


def steps_in_a_row(loop: Loop, expression: Expression, value: Callable[[Primitive], Function]) -> Function:
    """The function of a loop, with its steps in a `for` statement: a call of a step would take longer than the step."""
    text, m, (carry, ys, kept) = Text(loop.body, expression, blocks=False), loop.carries, loop.body.results
    steps = range(loop.length)[::-1] if loop.reverse else range(loop.length)

    def columns(arrays: Sequence[Any]) -> Iterable[Sequence[Any]]:
        read = [column.read(arrays, steps) for column in loop.columns]
        return zip(*read, strict=True) if read else repeat((), loop.length)

    def in_order(numbers: list[Any], count: int) -> list[Any]:
        starts = range(len(numbers) - count, -1, -count) if loop.reverse and count else ()
        return [x for start in starts for x in numbers[start : start + count]] or numbers

    lines = [
        f"a0, arrays, a2 = operands[:{m}], operands[{m}:{m + loop.arrays}], operands[{m + loop.arrays}:]",
        *[f"a{k} = arrays[{array}]" for k, array in enumerate(loop.whole, 3)],
        *text.unpacked(False, range(2, 3 + len(loop.whole))),
        "values, ys, kept = [*a0], [], []",
        "for a1 in columns(arrays):",
        *indented(
            [
                *text.unpacked(False, (0, 1)),
                *text.statements(range(loop.body.size, loop.body.size + len(loop.body.instructions))),
                *[f"a0 = {text.listed(carry.values)}", "values += a0"][: 2 * bool(m)],
                *[f"{name} += {text.listed(x.values)}" for name, x in (("ys", ys), ("kept", kept)) if x.values],
                "pass",
            ]
        ),
        f"return values + in_order(ys, {loop.outputs}) + in_order(kept, {loop.residuals})",
    ]
    source = "\n".join(["def loop(operands):", *indented(lines)]) + "\n"
    values = {name: value(row) for row, name in text.called.items()}
    return function(source, {**values, "n": 1, "columns": columns, "in_order": in_order})


def step_of(body: Any) -> Step:
    code = body.codes.get("python")
    if code is None:  # which all calls of a function share
        code = body.codes["python"] = PythonCode(body)
    return lambda carry, x, shared, whole: code.on_lists(1, carry, x, shared, *whole)


def value_by_ieee_754(row: Primitive) -> Callable[..., float]:
    """The function of a row that never raises."""
    if row.payload is not None:
        return payload_function(row.payload, total_operators, value_by_ieee_754)
    return row.ieee_value if row.arity is not None else lambda operands: row.ieee_value(*operands)
