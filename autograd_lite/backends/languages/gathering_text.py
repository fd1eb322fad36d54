"""Numbers of arrays at computed places in the source: read, or added up."""

from collections.abc import Sequence

from autograd_lite.backends.languages.actions import Action, Named
from autograd_lite.backends.languages.memory import Place, times
from autograd_lite.backends.languages.value_places import ValuePlaces
from autograd_lite.backends.source_text import indented
from autograd_lite.program.gathers import Additions, Column, Entry, Gather, Gathers, Scatter


def gathering(values: ValuePlaces, i: int, payload: Gather | Gathers | Scatter, operands: Sequence[int]) -> Action:
    """The action of such an instruction."""
    text = Gathering(values, f"{values.prefix}{i}")
    arrays = [values.arrays.get(j, Place("")) for j in operands]
    if isinstance(payload, Gather):
        array, index = operands
        return Action(i, (index,), 4, lambda named: text.read(i, payload, values.arrays[array], index, named))
    if isinstance(payload, Gathers):
        return Action(i, (), 8, lambda named: text.read_many(values.arrays[i], payload, arrays))
    return Action(i, (), 8, lambda named: text.added(values.arrays[i], payload, arrays))


class Gathering:
    """Writes these instructions; `name` tells their variables from others."""

    def __init__(self, values: ValuePlaces, name: str) -> None:
        self.values, self.name = values, name
        self.dialect = values.source.dialect

    def place(self, index: str, bound: int) -> str:
        """The statement that finds the place of an index, negative where it has none."""
        found = self.values.source.functions.function("place_of")
        return self.dialect.declared(f"j{self.name}", f"{found}({index}, {self.dialect.number(float(bound))})")

    def at(self, array: Place, offset: int, stride: int) -> str:
        """The number of an array at that place."""
        return array.moved(times(stride, self.dialect.whole(f"j{self.name}")), offset).at()

    def chosen(self, array: Place, places: Gather) -> str:
        number = self.at(array, places.offset, places.stride)
        return f"j{self.name} < 0.0 ? {self.dialect.number(float('nan'))} : {number}"

    def read(self, i: int, places: Gather, array: Place, index: int, named: Named) -> list[str]:
        declared = self.dialect.declared(self.values.local(i), self.chosen(array, places))
        return [self.place(named(index), places.bound), declared]

    def read_many(self, own: Place, payload: Gathers, arrays: Sequence[Place]) -> list[str]:
        array, indices = arrays
        index = indices.moved(times(payload.apart, "i"), payload.first).at()
        inside = [self.place(index, payload.places.bound), f"{own.at('i')} = {self.chosen(array, payload.places)};"]
        return [self.dialect.index("i", "0", str(payload.length)), *indented(inside), "}"]

    def added(self, own: Place, payload: Scatter, arrays: Sequence[Place]) -> list[str]:
        """-0.0 or what the sums begin with, then all that is added, then 0.0, which makes of -0.0 a sum of nothing."""
        first = arrays[0].at("i") if payload.based else self.dialect.number(-0.0)
        lines = [*self.for_each("i", payload.size, [f"{own.at('i')} = {first};"])]
        for group in payload.groups:
            lines += self.group(own, group, arrays)
        return [*lines, *self.for_each("i", payload.size, [f"{own.at('i')} += 0.0;"])]

    def for_each(self, name: str, count: int, inside: list[str]) -> list[str]:
        return [self.dialect.index(name, "0", str(count)), *indented(inside), "}"]

    def group(self, own: Place, group: Additions, arrays: Sequence[Place]) -> list[str]:
        t = "t" if group.reverse else "i"
        inside = [self.dialect.counter(t, f"{group.length - 1} - i")] if group.reverse else []
        for entry in group.entries:
            inside += self.entry(own, entry, arrays, t)
        return self.for_each("i", group.length, inside)

    def entry(self, own: Place, entry: Entry, arrays: Sequence[Place], t: str) -> list[str]:
        value = self.column(entry.value, arrays, t)
        if entry.indices is None:
            return [f"{own.moved(times(entry.stride, t), entry.offset).at()} += {value};"]
        return [
            "{",
            *indented(
                [
                    self.place(self.column(entry.indices, arrays, t), entry.bound),
                    f"if (j{self.name} >= 0.0) {{",
                    f"    {self.at(own, entry.offset, entry.stride)} += {value};",
                    "}",
                ]
            ),
            "}",
        ]

    def column(self, column: Column, arrays: Sequence[Place], t: str) -> str:
        return arrays[column.array].moved(times(column.stride, t), column.offset).at()
