"""Random expressions: graphs with sharing, repeated operands and constants, which print as runnable Python.

An `Expression` is a function of numbers or Values, and the point at which it is well defined: each row is
chosen so that its value there is finite, of ordinary size, and not at a kink.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from autograd_lite.rows import PRIMITIVES, Primitive
from autograd_lite.testing.domains import kink_distance

Step = tuple[Primitive, tuple[int | float, ...]]
"""A row and its operands: the number of an earlier value (inputs first), or a constant."""

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "mod": "%"}
AVOIDED = {
    "cond", "identity", "polygamma", "trigamma", "digamma", "floor_divide", "logical_and", "logical_or", "logical_not",
}  # fmt: skip
"""Rows that composition makes no sense of, or whose reference is slow."""

ROWS = [row for name, row in PRIMITIVES.items() if name not in AVOIDED]
SMOOTHEST, LARGEST_RESULT = 1e-3, 1e6


class Expression:
    """A computation of `inputs` numbers in steps; calling it computes it, on floats or on Values."""

    def __init__(self, point: Sequence[float], steps: Sequence[Step], repeat: int = 1) -> None:
        self.point = tuple(point)
        self.steps = tuple(steps)
        self.repeat = repeat

    def __call__(self, *xs: Any) -> Any:
        values = list(xs)
        for _ in range(self.repeat):
            values = values[: len(xs)]
            for row, operands in self.steps:
                values.append(apply(row, [values[i] if isinstance(i, int) else i for i in operands]))
            values[0] = values[-1]
        return values[-1]

    def __repr__(self) -> str:
        """Python that computes it, to be pasted where a failure is looked into."""
        names = [f"x{i}" for i in range(len(self.point))]
        lines = ["import autograd_lite as ag", "", f"def f({', '.join(names)}):"]
        indent = "    "
        if self.repeat > 1:
            lines.append(f"    for _ in range({self.repeat}):")
            indent = "        "
        for k, (row, operands) in enumerate(self.steps):
            words = [names[i] if isinstance(i, int) else repr(i) for i in operands]
            target = names[0] if k == len(self.steps) - 1 else f"v{k}"
            lines.append(f"{indent}{target} = {text(row, words)}")
            names.append(f"v{k}")
        return "\n".join([*lines, "    return x0", "", f"f({', '.join(map(repr, self.point))})"])


def apply(row: Primitive, operands: list[Any]) -> Any:
    if row.name == "dot":
        half = len(operands) // 2
        return row(operands[:half], operands[half:])
    return row(operands) if row.arity is None else row(*operands)


def text(row: Primitive, words: list[str]) -> str:
    if row.name in INFIX:
        return f"{words[0]} {INFIX[row.name]} {words[1]}"
    if row.name == "dot":
        half = len(words) // 2
        return f"ag.dot([{', '.join(words[:half])}], [{', '.join(words[half:])}])"
    return f"ag.{row.name}([{', '.join(words)}])" if row.arity is None else f"ag.{row.name}({', '.join(words)})"


def build(
    integer: Callable[[int, int], int],
    constant: Callable[[], float],
    point: Sequence[float],
    size: int,
    rows: Sequence[Primitive] = ROWS,
) -> Expression:
    """An expression of up to `size` steps, chosen by `integer(low, high)` and `constant()`."""
    values = list(point)
    steps: list[Step] = []
    for _ in range(size):
        start = integer(0, len(rows) - 1)
        operands: tuple[int | float, ...] = ()
        for k in range(len(rows)):
            row = rows[(start + k) % len(rows)]
            if not k or len(operands) != (row.arity or len(operands)):
                count = row.arity or 2 * integer(1, 2)
                # Small numbers count from the newest value back, so that what shrinks stays connected.
                operands = tuple(
                    constant() if integer(0, 9) == 9 else len(values) - 1 - integer(0, len(values) - 1)
                    for _ in range(count)
                )
                if all(isinstance(i, float) for i in operands):
                    operands = (len(values) - 1, *operands[1:])
            numbers = [values[i] if isinstance(i, int) else i for i in operands]
            if is_ordinary(row, numbers):
                values.append(apply(row, numbers))
                steps.append((row, operands))
                break
    if not steps:
        steps.append((PRIMITIVES["mul"], (0, 1.0)))
    return Expression(point, steps)


def is_ordinary(row: Primitive, operands: list[float]) -> bool:
    """Whether the row has a value of ordinary size there, away from kinks."""
    value = row.total(*operands)
    if not abs(value) <= LARGEST_RESULT or kink_distance(row, operands) < SMOOTHEST:
        return False
    partials = row.all_partials(value, operands)
    return all(p is None or math.isfinite(p) for p in partials)


def random_expression(seed: int, inputs: int = 3, size: int = 20) -> Expression:
    """An expression drawn without hypothesis: quickly, and the same for the same seed.

    >>> f = random_expression(7)
    >>> f(*f.point) == random_expression(7)(*f.point)
    True
    """
    source = random.Random(seed)
    point = [source.uniform(-3.0, 3.0) for _ in range(inputs)]
    return build(source.randint, lambda: source.uniform(-3.0, 3.0), point, size)


@st.composite
def expressions(draw: Any, inputs: int = 3, max_size: int = 20) -> Expression:
    """Expressions of up to `max_size` steps; they shrink towards few steps on the newest values."""
    numbers = st.floats(-3.0, 3.0, width=32)
    point = draw(st.lists(numbers, min_size=1, max_size=inputs))
    size = draw(st.integers(1, max_size))
    return build(lambda low, high: draw(st.integers(low, high)), lambda: draw(numbers), point, size)
