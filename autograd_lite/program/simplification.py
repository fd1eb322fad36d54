"""Rewrites of single instructions that hold to the bit for all floats: nan, infinities and signed zeros included.

Below `flattening`, which applies them.  Every one has its reason in IEEE 754; what is true of real numbers only
(x * 0 = 0, x + 0 = x, x / 3 = x * (1 / 3)) is not here.  A nan may change its sign and payload, nothing else.
"""

import math
from collections.abc import Callable, Sequence

from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import add, div, dot, identity, mul, neg, pow, prod, sub, where
from autograd_lite.core.table import max as largest
from autograd_lite.core.table import min as smallest
from autograd_lite.core.table import sum as total
from autograd_lite.program.instructions import Instruction

Ids = tuple[int, ...]
Numbers = Sequence[float | None]
Source = Callable[[int], Instruction | None]
Simpler = int | tuple[Primitive, tuple[int | float, ...]] | None
"""An operand, or a row on operands and new constants, or None: leave it as it is."""


def rewritten(row: Primitive, x: Ids, numbers: Numbers, source: Source) -> Simpler:
    """What computes the same as row(*x) for less.

    `numbers` are the operands that are constants, `source` tells the instruction that an operand comes from.
    """
    rule = RULES.get(row)
    return None if rule is None else rule(x, numbers, source)


def negated(i: int, source: Source) -> int | None:
    """Of what a value is the negative."""
    instruction = source(i)
    return instruction.operands[0] if instruction is not None and instruction.row is neg else None


def is_number(x: float | None, wanted: float) -> bool:
    """Whether an operand is that constant, its sign included."""
    return x == wanted and math.copysign(1.0, x) == math.copysign(1.0, wanted)


def of_add(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    for i in (0, 1):
        if is_number(numbers[i], -0.0):  # +0.0 would turn -0.0 into 0.0
            return x[1 - i]
    for i in (1, 0):
        y = negated(x[i], source)
        if y is not None:
            return sub, (x[1 - i], y)
    return None


def of_sub(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    if is_number(numbers[1], 0.0):
        return x[0]
    if is_number(numbers[0], -0.0):
        return neg, (x[1],)
    y = negated(x[1], source)
    return None if y is None else (add, (x[0], y))


def of_mul(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    for i in (0, 1):
        if numbers[i] == 1.0:
            return x[1 - i]
        if numbers[i] == -1.0:
            return neg, (x[1 - i],)
    return None


def of_div(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    divisor = numbers[1]
    if divisor == 1.0:
        return x[0]
    if divisor == -1.0:
        return neg, (x[0],)
    if divisor is not None and is_power_of_two(divisor):  # whose reciprocal is exact
        return mul, (x[0], 1.0 / divisor)
    return None


def is_power_of_two(x: float) -> bool:
    return math.fabs(math.frexp(x)[0]) == 0.5 and 1e-300 < math.fabs(x) < 1e300


def of_neg(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    return negated(x[0], source)


def of_pow(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    if numbers[1] == 1.0:
        return x[0]
    return (mul, (x[0], x[0])) if numbers[1] == 2.0 else None  # as the row itself has it


def of_where(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    condition, (_, a, b) = numbers[0], x
    if condition is not None:
        return a if condition != 0.0 else b
    return a if a == b else None


def of_one_or_two(two: Primitive) -> Callable[[Ids, Numbers, Source], Simpler]:
    """A sum or product of one operand is that operand; of two it is a row of two."""
    return lambda x, numbers, source: x[0] if len(x) == 1 else (two, x) if len(x) == 2 else None


def of_dot(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    return (mul, x) if len(x) == 2 else None


def of_one(x: Ids, numbers: Numbers, source: Source) -> Simpler:
    return x[0] if len(x) == 1 else None


RULES: dict[Primitive, Callable[[Ids, Numbers, Source], Simpler]] = {
    identity: of_one,
    add: of_add,
    sub: of_sub,
    mul: of_mul,
    div: of_div,
    neg: of_neg,
    pow: of_pow,
    where: of_where,
    total: of_one_or_two(add),
    prod: of_one_or_two(mul),
    dot: of_dot,
    largest: of_one,
    smallest: of_one,
}
"""By row, its rewrites."""
