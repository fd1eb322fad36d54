"""Where the values of one program are: numbers in names or in arrays, and arrays."""

from collections.abc import Sequence

from autograd_lite.backends.languages.memory import Place, SourceParts
from autograd_lite.backends.source_text import phases_of, used_later
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.payloads import Item, Numbers, Whole
from autograd_lite.program.program import Program


class ValuePlaces:
    """The values of a program, or of the body of a loop: `prefix` tells those from others.

    `places` are where each number of the arguments is, `starts` where each argument begins, `outside` the names of
    numbers of the arguments that are in no array.
    """

    def __init__(
        self,
        source: SourceParts,
        program: Program,
        prefix: str,
        places: Sequence[Place | None],
        starts: Sequence[Place],
        outside: dict[int, str],
    ) -> None:
        self.source, self.program, self.prefix = source, program, prefix
        self.starts, self.outside = starts, outside
        self.places: list[Place | None] = [*places]
        self.arrays: dict[int, Place] = {}
        self.phases = phases_of(program)
        self.sums, self.kept = used_later(program, self.phases)
        self.ranks = [{i: k for k, i in enumerate(sorted(sums))} for sums in self.sums]
        self.slots: dict[int, Place] = {}  # values that another part of the source reads too
        self.read: dict[int, tuple[str, Place]] = {}  # numbers in arrays that a loop reads
        kept_arrays = arrays_of_samples(program, self.kept)
        for i, (row, operands, _) in enumerate(program.instructions, program.size):
            self.places.append(None)
            self.place(i, row, operands, i in kept_arrays)

    def place(self, i: int, row: Primitive, operands: Sequence[int], kept: bool) -> None:
        """Give an array, or a number of one, its place; with `kept`, an array for each sample."""
        payload, memory = row.payload, self.source.memory
        if isinstance(payload, Whole):
            self.arrays[i] = self.starts[payload.argument].moved(offset=payload.first)
        elif isinstance(payload, Item):
            self.places[i] = self.arrays[operands[0]].moved(offset=payload.offset)
        elif isinstance(payload, Numbers):
            self.arrays[i] = Place(self.source.table(self.local(i), payload.numbers))
        elif isinstance(getattr(payload, "size", None), int):
            self.arrays[i] = (memory.of_samples if kept else memory.array)(self.local(i), payload.size)

    def total(self, i: int) -> Place:
        """Where the sum of a value over the samples is."""
        phase = self.phases[i]
        return Place(f"sums{phase}", offset=self.ranks[phase][i])

    def is_number(self, i: int) -> bool:
        """Whether a value is neither an array nor in one."""
        return self.places[i] is None and i not in self.arrays

    def constant(self, i: int) -> float | None:
        """The number that a value is, if it is a constant."""
        return self.program.instructions[i - self.program.size].constant if i >= self.program.size else None

    def local(self, i: int) -> str:
        return f"v{self.prefix}{i}"

    def name(self, i: int, own: set[int], in_loop: bool) -> str:
        """What a value is called where `own` are computed."""
        if i in self.outside:
            return self.outside[i]
        place = self.places[i]
        if place is not None:
            if in_loop and i < self.program.size:
                self.read[i] = self.local(i), place
                return self.local(i)
            return place.at()
        constant = self.constant(i)
        if constant is not None:
            return self.source.dialect.number(constant)
        if i in own or i not in self.slots:
            return self.local(i)
        if in_loop and not self.program.batched[i]:
            self.read[i] = self.local(i), self.slots[i]
            return self.local(i)
        return self.slots[i].at()


def arrays_of_samples(program: Program, kept: Sequence[set[int]]) -> set[int]:
    """The arrays that later loops over the samples read, as a whole or a number of them."""
    found = {i for later in kept for i in later if i >= program.size}
    rows = [program.instructions[i - program.size] for i in found]
    return found | {operands[0] for row, operands, _ in rows if isinstance(row.payload, Item)}
