"""The text of a page, whose numbers are computed while it is read: marks where they go, which numbers.js fills in."""

from collections.abc import Sequence
from dataclasses import dataclass

from autograd_lite.core.table import mul
from autograd_lite.explaining.formats import Notation
from autograd_lite.explaining.formulas import MINUS, Applied, Formula, Numeral, Slot
from autograd_lite.explaining.lesson import GradientWay

# Letters for private use, which no name holds: `readable` writes them as numbers.
START, END, OTHERWISE, DONE = "\ue000", "\ue001", "\ue002", "\ue003"
PLAIN, FACTOR, OPEN, CLOSE, BRANCH = "nf()d"
"""A number; in brackets where it is negative; brackets where it is; dots where it is nan.

One of two texts is chosen by whether two numbers agree: START = places END one OTHERWISE other DONE.
"""


@dataclass(frozen=True)
class Template(Notation):
    """Formulas and the chain rule as plain text, with marks in place of the numbers of a lesson."""

    places: Sequence[int] = ()
    """Where the numbers of the lesson are among those of the page, unless at the same places."""

    def place(self, place: str) -> int:
        return self.places[int(place)] if self.places else int(place)

    def mark(self, kind: str, x: Slot) -> str:
        return f"{START}{kind}{'*'.join([str(self.place(part)) for part in x.place.split('*')])}{END}"

    def number(self, x: float) -> str:
        return self.mark(PLAIN, x) if isinstance(x, Slot) else super().number(x)

    def factor(self, x: float) -> str:
        return self.mark(FACTOR, x) if isinstance(x, Slot) else super().factor(x)

    def inside(self, x: Formula, least: int, after: bool = False) -> str:
        first = number_in_front(x)
        if first is None:
            return super().inside(x, least, after)
        if isinstance(x, Numeral):
            return self.mark(FACTOR if least > MINUS or after else PLAIN, first)
        text = self.of(x)
        if x.strength < least:
            return self.brackets(text)
        return f"{self.mark(OPEN, first)}{text}{self.mark(CLOSE, first)}" if after else text

    def local(self, way: GradientWay) -> str:
        if way.check is None or way.formula is None or not isinstance(way.local, Slot):
            return super().local(way)
        places = f"{self.place(way.local.place)},{self.place(way.check.place)}"
        return f"{START}={places}{END}{self.partial(way.formula)}{OTHERWISE}{self.factor(way.local)}{DONE}"

    def branch(self, x: Formula) -> str:
        return self.mark(BRANCH, x.value) if isinstance(x, Numeral) and isinstance(x.value, Slot) else super().branch(x)


def number_in_front(x: Formula) -> Slot | None:
    """The number of the lesson that an expression begins with, whose sign may ask for brackets."""
    if isinstance(x, Applied) and x.row is mul:
        return number_in_front(x.operands[0])
    return x.value if isinstance(x, Numeral) and isinstance(x.value, Slot) else None
