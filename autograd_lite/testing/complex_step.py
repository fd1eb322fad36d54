"""The complex step: derivatives of a Program, evaluated at complex numbers just off the real axis.

For an analytic f, f(x + ih) = f(x) + ih f'(x) + O(h^2): with h = 2^-200 x the imaginary part over h is the
derivative to the last digits, since nothing is subtracted.  No rule of differentiation takes part.  Source:
Squire and Trapp, Using complex variables to estimate derivatives of real functions (1998).
"""

import math
from collections.abc import Sequence

from autograd_lite.core.graph import NUMBER
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.interpreter import interpret
from autograd_lite.program.program import Program
from autograd_lite.testing.domains import is_flat

STEP = 2.0**-200  # relative: its square is nothing, and small derivatives don't underflow


def step_at(point: Sequence[float], j: int) -> float:
    """How far from the real axis a number of the point is moved: little beside it, and beside the others if it is 0.

    Raises ValueError where it is so large or small that the derivative would be lost.
    """
    sizes = [abs(x) for x in point if x]
    scale = min(1.0, abs(point[j]) or min(sizes, default=1.0))
    if STEP * scale < 2.0**-900 or abs(point[j]) > 2.0**300:
        raise ValueError(f"{point[j]!r} is too near the ends of the floats")
    return STEP * math.ldexp(1.0, math.frexp(scale)[1])  # a power of 2: multiplying by it is exact


def complex_step(program: Program, point: Sequence[float]) -> list[list[float]]:
    """d result / d input of a Program of single numbers, a list over the inputs for each result.

    Raises ValueError that names the row where one is not known for complex numbers, or has no finite value there.

    >>> from autograd_lite import Value, sin
    >>> x = Value(0.5)
    >>> complex_step(Program.from_values([sin(x)], [x]), [0.5]) == [[math.cos(0.5)]]
    True
    """
    rows = {row for row, _, _ in program.instructions if row is not NUMBER and not is_flat(row)}
    if unknown := sorted(row.name for row in rows if row.complex_value is None):
        raise ValueError(f"{', '.join(unknown)} not known for complex numbers")
    columns = []
    for j in range(len(point)):
        step = step_at(point, j)
        inputs = [[complex(y, step if i == j else 0.0)] for i, y in enumerate(point)]
        columns.append([z.imag / step for result in interpret(program, complex_value_at, inputs) for z in result])
    return [list(row) for row in zip(*columns, strict=True)]


def complex_value_at(row: Primitive, operands: Sequence[complex]) -> complex:
    """The value of a row at complex operands; its real part is that of the real operands."""
    real = row.ieee_value(*[z.real for z in operands])
    if is_flat(row) or not any(z.imag for z in operands):
        return complex(real)
    assert row.complex_value is not None
    try:
        imaginary = (row.complex_value(operands) if row.arity is None else row.complex_value(*operands)).imag
    except (ArithmeticError, ValueError):
        imaginary = math.nan
    if not (math.isfinite(imaginary) and math.isfinite(real)):
        raise ValueError(f"{row.name} has no complex step at {', '.join(repr(z.real) for z in operands)}")
    return complex(real, imaginary)
