"""The text of a page, whose numbers are computed while it is read: marks where they go, which page.js fills in."""

from autograd_lite.core.table import mul
from autograd_lite.explaining.formats import Notation
from autograd_lite.explaining.formulas import MINUS, Applied, Formula, Number, Slot

# Letters for private use, which no name holds: `readable` writes them as numbers.
START, END = "\ue000", "\ue001"
PLAIN, FACTOR, OPEN, CLOSE, BRANCH = "nf()d"
"""A number; in brackets where it is negative; brackets where it is; dots where it is nan."""


def mark(kind: str, x: Slot) -> str:
    return f"{START}{kind}{x.place}{END}"


class Template(Notation):
    """Formulas and the chain rule as plain text, with marks in place of the numbers of a lesson."""

    def number(self, x: float) -> str:
        return mark(PLAIN, x) if isinstance(x, Slot) else super().number(x)

    def factor(self, x: float) -> str:
        return mark(FACTOR, x) if isinstance(x, Slot) else super().factor(x)

    def inside(self, x: Formula, least: int, after: bool = False) -> str:
        first = number_in_front(x)
        if first is None:
            return super().inside(x, least, after)
        if isinstance(x, Number):
            return mark(FACTOR if least > MINUS or after else PLAIN, first)
        text = self.of(x)
        if x.strength < least:
            return self.brackets(text)
        return f"{mark(OPEN, first)}{text}{mark(CLOSE, first)}" if after else text

    def branch(self, x: Formula) -> str:
        return mark(BRANCH, x.value) if isinstance(x, Number) and isinstance(x.value, Slot) else super().branch(x)


def number_in_front(x: Formula) -> Slot | None:
    """The number of the lesson that an expression begins with, whose sign may ask for brackets."""
    if isinstance(x, Applied) and x.row is mul:
        return number_in_front(x.operands[0])
    return x.value if isinstance(x, Number) and isinstance(x.value, Slot) else None
