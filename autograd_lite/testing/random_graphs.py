"""Random expressions: graphs with sharing, repeated operands and constants, which print as runnable Python.

An `Expression` is a function of numbers or Values, and the point at which it is well defined: each row is
chosen so that its value there is finite, of ordinary size, and not at a kink.
"""

import math
import random
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import PRIMITIVES, Primitive
from autograd_lite.testing.domains import is_flat, kink_distance

T = TypeVar("T")

# A row, and for each operand a constant or a value: counted back from the newest, or from the first input on.
Proposal = tuple[Primitive, Sequence[int | float]]
Operation = tuple[Primitive, tuple[int | float, ...]]

OPERATORS = ("+", "-", "*", "/", "**", "%")  # the labels of rows of two operands that are printed as Python's operators
DRAWN = (
    "add", "sub", "mul", "div", "neg", "pow", "mod", "fmod", "square", "reciprocal", "abs", "sign", "floor", "ceil",
    "round", "trunc", "copysign", "maximum", "minimum", "clip", "relu", "less", "less_equal", "equal", "where", "exp",
    "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "hypot", "erf", "erfc", "gamma", "lgamma", "sigmoid",
    "softplus", "logaddexp", "sum", "prod", "mean", "max", "min", "logsumexp", "dot",
)  # fmt: skip
"""The rows that random graphs are made of.  A fixed list: a new row must not change the graphs of a given seed."""

DRAWN_ROWS = [PRIMITIVES[name] for name in DRAWN]
SMOOTHEST = 1e-3  # the distance kept from kinks
SMALLEST_RESULT, LARGEST_RESULT = 1e-60, 1e6  # of results but 0: no product of a few of them loses its digits
CONSTANTS = (1.0, 2.0, 0.5, -1.0, 3.0, -2.5, 0.1)


class Expression:
    """A computation of `inputs` numbers in steps; calling it computes it, on floats or on Values."""

    def __init__(self, point: Sequence[float], steps: Sequence[Operation], repeat: int = 1) -> None:
        self.point = tuple(point)
        self.steps = tuple(steps)
        self.repeat = repeat

    def __call__(self, *xs: Scalar) -> Any:
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
        last = len(self.steps) - 1
        indent, result = "    ", f"v{last}"
        if self.repeat > 1:
            lines.append(f"    for _ in range({self.repeat}):")
            indent, result = "        ", names[0]
        for k, (row, operands) in enumerate(self.steps):
            words = [names[i] if isinstance(i, int) else literal_operand(i) for i in operands]
            lines.append(f"{indent}{result if k == last else f'v{k}'} = {call_of(row, words)}")
            names.append(f"v{k}")
        return "\n".join([*lines, f"    return {result}", "", f"f({', '.join(map(repr, self.point))})"])


def apply(row: Primitive, operands: list[Any]) -> Any:
    return row(*(iterables(row, operands) if row.arity is None else operands))


def iterables(row: Primitive, operands: list[T]) -> list[list[T]]:
    """The iterables that a row of any number of operands takes."""
    n = len(operands) // row.sequences
    return [operands[k * n : (k + 1) * n] for k in range(row.sequences)]


def literal_operand(x: float) -> str:
    """A number as an operand: -2.0 ** x would be -(2.0 ** x)."""
    return f"({x!r})" if math.copysign(1.0, x) < 0.0 else repr(x)


def call_of(row: Primitive, words: list[str]) -> str:
    if row.arity == 2 and row.label in OPERATORS:
        return f"{words[0]} {row.label} {words[1]}"
    if row.arity is None:
        words = [f"[{', '.join(part)}]" for part in iterables(row, words)]
    return f"ag.{row.name}({', '.join(words)})"


def build(plans: Iterable[Proposal], point: Sequence[float], size: int) -> Expression:
    """An expression of the first `size` plans that can be followed, as all do which give an ordinary value.

    Its result is the last value, or the sum of all that nothing uses: no step is there for nothing.
    """
    values = list(point)
    exact = [False] * len(values)  # whether no rounding came before
    unused: dict[int, None] = {}
    steps: list[Operation] = []
    for row, picks in plans:
        # Counted back from the newest value, so that what shrinks stays connected.
        operands = tuple(len(values) - 1 - i % len(values) if isinstance(i, int) else i for i in picks)
        numbers = [values[i] if isinstance(i, int) else i for i in operands]
        fixed = [exact[i] if isinstance(i, int) else True for i in operands]
        if all(isinstance(i, float) for i in operands) or not is_ordinary(row, numbers, fixed):
            continue
        for i in operands:
            if isinstance(i, int):  # the constant 1.0 is not value 1
                unused.pop(i, None)
        unused[len(values)] = None
        values.append(apply(row, numbers))
        exact.append(is_flat(row))
        steps.append((row, operands))
        if len(steps) == size:
            break
    if not steps:
        steps.append((PRIMITIVES["mul"], (0, 1.0)))
    if len(unused) > 1:
        steps.append((PRIMITIVES["sum"], tuple(unused)))
    return Expression(point, steps)


def is_ordinary(row: Primitive, operands: list[float], steady: Sequence[bool] = ()) -> bool:
    """Whether the row has a value of ordinary size there, away from kinks, with finite partials.

    A value that underflowed has lost its digits: what is computed from it is no test of the library.
    """
    value = row.ieee_value(*operands)
    if not (SMALLEST_RESULT <= abs(value) <= LARGEST_RESULT or (value == 0.0 and not row.never_zero)):
        return False
    if kink_distance(row, operands, steady) < SMOOTHEST:
        return False
    return all(p is None or math.isfinite(p) for p in row.all_partials(value, operands))


def random_expression(seed: int, inputs: int = 3, size: int = 20, rows: Sequence[Primitive] = DRAWN_ROWS) -> Expression:
    """An expression drawn without hypothesis: quickly, and the same for the same seed.

    >>> f = random_expression(7)
    >>> f(*f.point) == random_expression(7)(*f.point)
    True
    """
    source = random.Random(seed)
    point = [source.uniform(-3.0, 3.0) for _ in range(inputs)]

    def plan() -> Proposal:
        row = source.choice(rows)
        picks: list[int | float] = []
        for _ in range(row.arity or source.choice((2, 4))):
            picks.append(source.uniform(-3.0, 3.0) if source.random() < 0.1 else source.randrange(inputs + size))
        return row, picks

    return build((plan() for _ in range(20 * size)), point, size)


def expressions(
    inputs: int = 3, max_size: int = 20, rows: Sequence[Primitive] = DRAWN_ROWS
) -> st.SearchStrategy[Expression]:
    """Expressions of up to `max_size` steps in up to `inputs` numbers; they shrink to few steps.

    An expression is called like any function, `f(*f.point)`, and prints as Python that computes it.  `rows`
    are what it is made of.
    """
    back = inputs + max_size
    pick = st.integers(0, back + len(CONSTANTS) - 1).map(lambda i: i if i < back else CONSTANTS[i - back])
    counted = [(row, n) for row in rows for n in ([row.arity] if row.arity else [2, 4])]
    plans = [st.tuples(st.just(row), st.tuples(*[pick] * n)) for row, n in counted]
    points = st.lists(st.floats(-3.0, 3.0, width=32), min_size=1, max_size=inputs)
    return st.builds(build, st.lists(st.one_of(plans), min_size=1, max_size=2 * max_size), points, st.just(max_size))
