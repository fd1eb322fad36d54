"""The complex step: derivatives of a Program, run with complex numbers a hair off the real axis.

For an analytic f, f(x + ih) = f(x) + ih f'(x) + O(h^2): with h = 2^-200 x the imaginary part over h is the
derivative to the last digits, since nothing is subtracted.  No rule of differentiation takes part.  Source:
Squire and Trapp, Using complex variables to estimate derivatives of real functions (1998).
"""

import cmath
import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.graph import NUMBER
from autograd_lite.core.numerics import LN2
from autograd_lite.program.program import Program
from autograd_lite.testing.domains import is_flat

STEP = 2.0**-200  # relative: its square is nothing, and small derivatives don't underflow
LN10 = math.log(10.0)


def power(x: complex, y: complex) -> complex:
    if y.imag == 0.0 and y.real == math.floor(y.real):
        if y.real == 0.0:
            return complex(1.0)
        # By the modulus and the small angle from the nearer half of the axis: a polynomial through 0 has no angle.
        if x.real == 0.0:
            return x if y.real == 1.0 else complex(0.0)
        odd = math.fmod(y.real, 2.0) != 0.0
        return -power_of_positive(-x, y) if x.real < 0.0 and odd else power_of_positive(-x if x.real < 0.0 else x, y)
    return power_of_positive(x, y)


def power_of_positive(x: complex, y: complex) -> complex:
    if x.real == 0.0:
        return complex(0.0)
    return cmath.exp(y * cmath.log(x))


def angle(y: complex, x: complex) -> complex:
    """atan2, up to a constant: by the quotient whose denominator is the larger."""
    return cmath.atan(y / x) if abs(x.real) >= abs(y.real) else -cmath.atan(x / y)


def length(x: complex, y: complex) -> complex:
    big = max(abs(x.real), abs(y.real))
    return big * cmath.sqrt((x / big) ** 2 + (y / big) ** 2)


def by_real(choose: Callable[..., Any]) -> Callable[..., complex]:
    """One of the operands, chosen by the real parts."""
    return lambda *xs: xs[choose(range(len(xs)), key=lambda i: xs[i].real)]


def product(xs: Sequence[complex]) -> complex:
    result = complex(1.0)
    for x in xs:
        result *= x
    return result


def logistic(x: complex) -> complex:
    if x.real < 0.0:
        return cmath.exp(x) / (1.0 + cmath.exp(x))
    return 1.0 / (1.0 + cmath.exp(-x))


def log_sum(xs: Sequence[complex]) -> complex:
    largest = max(x.real for x in xs)
    return largest + cmath.log(sum((cmath.exp(x - largest) for x in xs), complex(0.0)))


def cube_root(x: complex) -> complex:
    return -cube_root(-x) if x.real < 0.0 else cmath.exp(cmath.log(x) / 3.0)


ANALYTIC: dict[str, Callable[..., complex]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "pow": power,
    "mod": lambda x, y: x - math.floor(x.real / y.real) * y,
    "fmod": lambda x, y: x - math.trunc(x.real / y.real) * y,
    "abs": lambda x: x if x.real > 0.0 else -x,
    "copysign": lambda x, y: x if (x.real > 0.0) == (math.copysign(1.0, y.real) > 0.0) else -x,
    "maximum": by_real(max),
    "minimum": by_real(min),
    "relu": lambda x: x if x.real > 0.0 else complex(0.0),
    "where": lambda condition, a, b: a if condition.real else b,
    "exp": cmath.exp,
    "expm1": cmath.exp,
    "exp2": lambda x: cmath.exp(x * LN2),
    "log": cmath.log,
    "log1p": lambda x: cmath.log(1.0 + x),
    "log2": lambda x: cmath.log(x) / LN2,
    "log10": lambda x: cmath.log(x) / LN10,
    "sqrt": cmath.sqrt,
    "cbrt": cube_root,
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "asin": cmath.asin,
    "acos": cmath.acos,
    "atan": cmath.atan,
    "atan2": angle,
    "sinh": cmath.sinh,
    "cosh": cmath.cosh,
    "tanh": cmath.tanh,
    "asinh": cmath.asinh,
    "acosh": cmath.acosh,
    "atanh": cmath.atanh,
    "hypot": length,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1.0 / x,
    "identity": lambda x: x,
    "clip": lambda x, low, high: by_real(min)(by_real(max)(x, low), high),
    "sigmoid": logistic,
    "softplus": lambda x: log_sum([x, complex(0.0)]),
    "logaddexp": lambda x, y: log_sum([x, y]),
    "logsumexp": log_sum,
    "mean": lambda xs: sum(xs, complex(0.0)) / len(xs),
    "sum": lambda xs: sum(xs, complex(0.0)),
    "prod": product,
    "max": lambda xs: by_real(max)(*xs),
    "min": lambda xs: by_real(min)(*xs),
    "dot": lambda wx: sum((w * x for w, x in zip(wx[: len(wx) // 2], wx[len(wx) // 2 :], strict=True)), complex(0.0)),
}
"""The rows for complex operands, up to a real constant; those that choose do so by the real parts, which is right
away from kinks.  The special functions are not here: Python has them for floats only."""


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
    unknown = sorted({
        row.name for row, _, _ in program.instructions
        if row is not NUMBER and row.name not in ANALYTIC and not is_flat(row)
    })  # fmt: skip
    if unknown:
        raise ValueError(f"{', '.join(unknown)} not known for complex numbers")
    columns = []
    for j in range(len(point)):
        step = step_at(point, j)
        moved = [complex(y, step if i == j else 0.0) for i, y in enumerate(point)]
        columns.append([z.imag / step for z in run(program, moved)])
    return [list(row) for row in zip(*columns, strict=True)]


def run(program: Program, inputs: list[complex]) -> list[complex]:
    """The results of a program for complex inputs; real parts are those of the real program."""
    values = list(inputs)
    for row, places, constant in program.instructions:
        if constant is not None:
            values.append(complex(constant))
            continue
        operands = [values[i] for i in places]
        real = row.total(*[z.real for z in operands])
        imaginary = 0.0
        if not is_flat(row) and any(z.imag for z in operands):
            try:
                moved = ANALYTIC[row.name](operands) if row.arity is None else ANALYTIC[row.name](*operands)
                imaginary = moved.imag
            except (ArithmeticError, ValueError):
                imaginary = math.nan
            if not (math.isfinite(imaginary) and math.isfinite(real)):
                raise ValueError(f"{row.name} has no complex step at {', '.join(repr(z.real) for z in operands)}")
        values.append(complex(real, imaginary))
    return [values[i] for result in program.results for i in result.values]
