"""A program run instruction by instruction, with any meaning of its rows.

On Values it is differentiated and traced like a function, on complex numbers it gives the complex step, and on floats
by `Primitive.total` it is the reference that the back ends are tested against.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.program import Program

T = TypeVar("T")


def interpret(
    program: Program,
    meaning: Callable[[Primitive, list[T | float]], T | float],
    arguments: Sequence[Sequence[T | float] | Sequence[Sequence[T | float]]],
    samples: int = 1,
) -> list[Any]:
    """The flat results of a program, for batched ones a list for each sample.

    `arguments` are flat too, batched ones a list for each sample.  `meaning(row, operands)` is the value of a row; the
    operands of BATCH_SUM are what it adds up, one for each sample.

    >>> from autograd_lite import Value
    >>> x, y = Value(2.0), Value(3.0)
    >>> program = Program.from_values([x * y + x], [x, y])
    >>> interpret(program, lambda row, operands: row.ieee_value(*operands), [[5.0], [7.0]])
    [[40.0]]
    """
    values = every_value(program, meaning, arguments, samples)
    return [
        [sample_of(program, values, result.values, k) for k in range(samples)]
        if result.batched
        else sample_of(program, values, result.values, 0)
        for result in program.results
    ]


def every_value(
    program: Program,
    meaning: Callable[[Primitive, list[T | float]], T | float],
    arguments: Sequence[Sequence[T | float] | Sequence[Sequence[T | float]]],
    samples: int = 1,
) -> list[list[T | float]]:
    """All values of a program by number: a list over the samples, or of the one number that all samples share."""
    values: list[list[T | float]] = []
    for data, argument in zip(arguments, program.arguments, strict=True):
        if argument.batched:
            values += [[row[k] for row in data] for k in range(argument.size)]  # type: ignore[index]
        else:
            values += [[x] for x in data]  # type: ignore[list-item]
    for (row, operands, constant), batched in zip(program.instructions, program.batched[program.size :], strict=True):
        if constant is not None:
            values.append([constant])
        elif row is BATCH_SIZE:
            values.append([float(samples)])
        elif row is BATCH_SUM:
            terms = values[operands[0]]
            values.append([meaning(row, terms if program.batched[operands[0]] else terms * samples)])
        else:
            each = range(samples if batched else 1)
            values.append([meaning(row, sample_of(program, values, operands, k)) for k in each])
    return values


def sample_of(program: Program, values: list[list[T | float]], wanted: Sequence[int], sample: int) -> list[T | float]:
    """The values of these numbers at one sample."""
    return [values[i][sample if program.batched[i] else 0] for i in wanted]
