"""The text of a page, whose numbers are computed while it is read: marks where they go, which page.js fills in."""

from autograd_lite.core.table import mul
from autograd_lite.explaining.formats import Notation
from autograd_lite.explaining.formulas import MINUS, Applied, Formula, Number, Slot
from autograd_lite.explaining.lesson import Way

# Letters for private use, which no name holds: `readable` writes them as numbers.
START, END, OTHERWISE, DONE = "\ue000", "\ue001", "\ue002", "\ue003"
PLAIN, FACTOR, OPEN, CLOSE, BRANCH = "nf()d"
"""A number; in brackets where it is negative; brackets where it is; dots where it is nan.

One of two texts is chosen by whether two numbers agree: START = places END one OTHERWISE other DONE.
"""


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

    def local(self, way: Way) -> str:
        if way.check is None or way.formula is None or not isinstance(way.local, Slot):
            return super().local(way)
        places = f"{way.local.place},{way.check.place}"
        return f"{START}={places}{END}{self.partial(way.formula)}{OTHERWISE}{self.factor(way.local)}{DONE}"

    def branch(self, x: Formula) -> str:
        return mark(BRANCH, x.value) if isinstance(x, Number) and isinstance(x.value, Slot) else super().branch(x)


def number_in_front(x: Formula) -> Slot | None:
    """The number of the lesson that an expression begins with, whose sign may ask for brackets."""
    if isinstance(x, Applied) and x.row is mul:
        return number_in_front(x.operands[0])
    return x.value if isinstance(x, Number) and isinstance(x.value, Slot) else None
