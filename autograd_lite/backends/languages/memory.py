"""Where the numbers of a program are while it runs: in arrays, which all parts of the source can reach, or in names."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.backends.languages.actions import Limits
from autograd_lite.backends.languages.dialects import Dialect
from autograd_lite.backends.languages.rows import Functions
from autograd_lite.backends.source_text import indented


class Place(NamedTuple):
    """Numbers in an array, from `start` (an expression; "" for 0) plus `offset` on, each a stride after the other."""

    array: str
    start: str = ""
    offset: int = 0
    stride: int = 1

    def subscript(self, i: int | str = 0) -> str:
        """Where number i is."""
        if isinstance(i, str):
            moved = i if self.stride == 1 else f"{self.stride} * {i}"
            parts = [self.start, moved, str(self.offset) if self.offset else ""]
        else:
            at = self.offset + self.stride * i
            parts = [self.start, str(at) if at or not self.start else ""]
        return " + ".join([part for part in parts if part])

    def at(self, i: int | str = 0) -> str:
        return f"{self.array}[{self.subscript(i)}]"

    def whole(self, dialect: Dialect) -> str:
        """The array from here on, as an operand of a function."""
        start = self.subscript()
        return self.array if start == "0" else dialect.part(self.array, start)

    def moved(self, start: str = "", offset: int = 0) -> "Place":
        """The same array from elsewhere on."""
        both = " + ".join([part for part in (self.start, start) if part])
        return Place(self.array, both, self.offset + offset)


def run_of(places: Sequence[Place | None]) -> Place | None:
    """Where some numbers are, if that is in one array, each as far behind the one before."""
    first = places[0]
    if first is None:
        return None
    second = places[1] if len(places) > 1 else first
    stride = second.offset - first.offset if second is not None else 0
    for i, place in enumerate(places):
        if place is None or place != first._replace(offset=first.offset + stride * i) or stride < 0:
            return None
    return first._replace(stride=stride)


class SourceArrays:
    """The arrays of a source: what it is given, and what it needs for itself."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.kinds: dict[str, str] = {}
        """Of each name that a part of the source may need: "in" or "out" for an array, "index" for a whole number."""
        self.sizes: dict[str, int] = {}
        self.samples: dict[str, int] = {}
        """The numbers of each array of its own, and of each sample in one that keeps something for all samples."""

    def array(self, name: str, size: int) -> Place:
        self.kinds[name], self.sizes[name] = "out", size
        return Place(name)

    def of_samples(self, name: str, size: int) -> Place:
        self.kinds[name], self.samples[name] = "out", size
        return Place(name, "k" if size == 1 else f"{size} * k")

    def used(self, lines: Sequence[str]) -> list[str]:
        """The names among these that statements use and do not declare, in order."""
        text = " ".join(lines)
        words = set(re.findall(r"[A-Za-z_]\w*", text)) - set(re.findall(r"(?:let|const|size_t) (\w+) = ", text))
        return [name for name in self.kinds if name in words]

    def declared(self) -> list[str]:
        """The statements that make the arrays."""
        return self.dialect.arrays(self.sizes, self.samples)


class SourceParts:
    """What the parts of one source share: its language, its functions and its arrays."""

    def __init__(self, dialect: Dialect, limits: Limits) -> None:
        self.dialect, self.limits = dialect, limits
        self.functions = Functions(dialect)
        self.memory = SourceArrays(dialect)

    def part(self, lines: list[str]) -> str:
        """A call of a new function of these statements."""
        names = self.memory.used(lines)
        name = self.functions.fresh(f"part{len(self.functions.texts)}")
        self.functions.names[name] = name
        given = ", ".join([self.dialect.parameter(x, self.memory.kinds[x]) for x in names])
        self.functions.texts.append("\n".join([self.dialect.procedure(name, given), *indented(lines), "}"]))
        return f"{name}({', '.join(names)});"

    def table(self, name: str, numbers: Sequence[float]) -> str:
        """The name of a new array of constants."""
        name = self.functions.names[name] = self.functions.fresh(name)
        self.functions.texts.append(self.dialect.table(name, numbers))
        return name


def times(factor: int, name: str) -> str:
    return "" if factor == 0 else name if factor == 1 else f"{factor} * {name}"
