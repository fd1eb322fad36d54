"""A program run instruction by instruction, with any meaning of its rows.

On Values it is differentiated and traced like a function, on complex numbers it gives the complex step, and on floats
by `Primitive.ieee_value` it is the reference that the back ends are tested against.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.payloads import Environment, Payload, Step
from autograd_lite.program.program import Program

T = TypeVar("T")

Evaluate = Callable[[Payload, list[Any], Environment], Any]


def evaluated(payload: Payload, operands: list[Any], run: Environment) -> Any:
    return payload.evaluate(operands, run)


def interpret(
    program: Program,
    meaning: Callable[[Primitive, list[T | float]], T | float],
    arguments: Sequence[Sequence[Any]],
    samples: int = 1,
    evaluate: Evaluate = evaluated,
) -> list[Any]:
    """The flat results of a program, for batched ones a list for each sample.

    `arguments` are flat too, batched ones a list for each sample.  `meaning(row, operands)` is the value of a row; the
    operands of BATCH_SUM are what it adds up, one for each sample.  `evaluate(payload, operands, run)` is the value of
    an instruction on arrays.

    >>> from autograd_lite import Value
    >>> x, y = Value(2.0), Value(3.0)
    >>> program = Program.from_values([x * y + x], [x, y])
    >>> interpret(program, lambda row, operands: row.ieee_value(*operands), [[5.0], [7.0]])
    [[40.0]]
    """
    values: list[list[T | float]] = []  # by number: a list over the samples, or of the one number that all share
    batched = program.batched

    def at(numbers: Sequence[int], sample: int) -> list[T | float]:
        return [values[i][sample if batched[i] else 0] for i in numbers]

    def run_of(sample: int) -> Environment:
        given = [x[sample] if argument.batched else x for x, argument in zip(arguments, program.arguments, strict=True)]
        return Environment(given, step, meaning)

    def step(body: Program) -> Step:
        return lambda c, x, s, whole: tuple(interpret(body, meaning, [c, x, s, *whole], evaluate=evaluate))

    for data, argument in zip(arguments, program.arguments, strict=True):
        values += [[row[k] for row in data] for k in range(argument.size)] if argument.batched else [[x] for x in data]
    for (row, operands, constant), each in zip(program.instructions, batched[program.size :], strict=True):
        if constant is not None:
            values.append([constant])
        elif row.payload is not None:
            values.append([evaluate(row.payload, at(operands, k), run_of(k)) for k in range(samples if each else 1)])
        elif row is BATCH_SIZE:
            values.append([float(samples)])
        elif row is BATCH_SUM:
            values.append([meaning(row, [x for k in range(samples) for x in at(operands, k)])])
        elif each:
            values.append([meaning(row, at(operands, k)) for k in range(samples)])
        else:
            values.append([meaning(row, [values[i][0] for i in operands])])
    return [
        [at(result.values, k) for k in range(samples)] if result.batched else at(result.values, 0)
        for result in program.results
    ]
