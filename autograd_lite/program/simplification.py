"""Rewrites of single instructions that hold to the bit for all floats: nan, infinities and signed zeros included.

They are a column of the table.  Every one has its reason in IEEE 754; what is true of real numbers only (x * 0 = 0,
x + 0 = x, x / 3 = x * (1 / 3)) is not there.  A nan may change its sign and payload, nothing else.

A rewrite is a text, "operands = operand" or "operands = row operands":

    x, y, a, b, c   any operand; a letter that occurs twice is one operand
    -y              the result of neg
    1.0, -0.0       this constant, its sign included
    true            a constant that is not 0
    2^k             a constant that is a power of two, whose reciprocal 2^-k is exact
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, final

from autograd_lite.core.primitives import PRIMITIVES, Primitive
from autograd_lite.core.table import neg
from autograd_lite.program.instructions import Instruction

Ids = tuple[int, ...]
Numbers = Sequence[float | None]
Source = Callable[[int], Instruction | None]
Simpler = int | tuple[Primitive, tuple[int | float, ...]] | None
"""An operand, or a row on operands and new constants, or None: leave it as it is."""

ANY: Final = 0
NEGATIVE: Final = 1
EXACTLY: Final = 2
TRUE: Final = 3
POWER_OF_TWO: Final = 4


# What operands are, in bits.
CONSTANT: Final = 1
NEGATION: Final = 2
ANYTHING: Final = 4


def wanted(row: Primitive) -> int:
    """Which operands a rewrite of the row may ask for: one of these is among them, or nothing is rewritten."""
    rewrites = rewrites_of(row)
    if any(rewrite.takes_any for rewrite in rewrites):
        return ANYTHING
    return CONSTANT | NEGATION if rewrites else 0


def rewritten(row: Primitive, x: Ids, numbers: Numbers, source: Source) -> Simpler:
    """What computes the same as row(*x) at a lower cost.

    `numbers` are the operands that are constants, `source` gives the instruction that computes an operand.
    """
    for rewrite in rewrites_of(row):
        simpler = rewrite.apply(x, numbers, source)
        if simpler is not None:
            return simpler
    return None


@final
class Pattern:
    """What one operand has to be."""

    def __init__(self, text: str) -> None:
        self.letter: Final = text.removeprefix("-")
        self.number: float = 0.0
        if text == "true":
            self.kind = TRUE
        elif text == "2^k":
            self.kind = POWER_OF_TWO
        elif self.letter.isalpha():
            self.kind = NEGATIVE if text[0] == "-" else ANY
        else:
            self.kind = EXACTLY
            self.number = float(text)

    def accepts(self, number: float | None) -> bool:
        """Whether a constant (None: no constant) may be there; letters take any operand."""
        if self.kind <= NEGATIVE:
            return True
        if number is None:
            return False
        if self.kind == EXACTLY:
            return number == self.number and math.copysign(1.0, number) == math.copysign(1.0, self.number)
        return number != 0.0 if self.kind == TRUE else is_power_of_two(number)


@final
class Rewrite:
    """One rewrite, parsed."""

    def __init__(self, text: str) -> None:
        operands, _, result = text.partition(" = ")
        words = result.split()
        self.patterns: Final = [Pattern(word) for word in operands.split()]
        # whether it needs neither a constant nor the result of neg
        self.takes_any: Final = all(pattern.kind == ANY for pattern in self.patterns)
        self.row: Final = PRIMITIVES[words[0]] if len(words) > 1 else None
        self.result: Final = words[1:] if len(words) > 1 else words

    def apply(self, x: Ids, numbers: Numbers, source: Source) -> Simpler:
        """The result for operands that match, else None."""
        patterns = self.patterns
        if len(patterns) != len(x):
            return None
        for i in range(len(x)):
            pattern = patterns[i]
            if pattern.kind == NEGATIVE:
                made = source(x[i])
                if made is None or made.row is not neg:
                    return None
            elif not pattern.accepts(numbers[i]):
                return None
        bound: dict[str, int] = {}
        power = 1.0
        for i in range(len(x)):
            pattern, operand, number = patterns[i], x[i], numbers[i]
            if pattern.kind == NEGATIVE:
                operand = source(operand).operands[0]  # type: ignore[union-attr]
            elif pattern.kind == POWER_OF_TWO and number is not None:
                power = number
            if pattern.kind <= NEGATIVE and bound.setdefault(pattern.letter, operand) != operand:
                return None
        if self.row is None:
            return bound[self.result[0]]
        new: list[int | float] = []
        for word in self.result:
            if word == "2^-k":
                new.append(1.0 / power)
            else:
                new.append(bound[word])
        return self.row, tuple(new)


_PARSED: Final[dict[Primitive, list[Rewrite]]] = {}


def rewrites_of(row: Primitive) -> list[Rewrite]:
    found = _PARSED.get(row)
    if found is None:
        found = _PARSED[row] = [Rewrite(text) for text in row.rewrites]
    return found


def is_power_of_two(x: float) -> bool:
    return math.fabs(math.frexp(x)[0]) == 0.5 and 1e-300 < math.fabs(x) < 1e300
