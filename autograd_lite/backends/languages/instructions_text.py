"""The instructions of a program as actions: what each writes in the source."""

from collections import Counter
from collections.abc import Callable, Sequence

from autograd_lite.backends.languages.actions import Action, Named, operation_count
from autograd_lite.backends.languages.gathering_text import gathering
from autograd_lite.backends.languages.kernel_functions import kernel_function
from autograd_lite.backends.languages.memory import Place, run_of
from autograd_lite.backends.languages.value_places import ValuePlaces
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import mul
from autograd_lite.program.gathers import Gather, Gathers, Scatter
from autograd_lite.program.payloads import Item, Kernel, Loop, Numbers, Stack, Whole

TERMS = 8  # of a sum on one line


class Actions:
    """Makes the actions of one program; `loop` writes one that runs a program again and again."""

    def __init__(self, values: ValuePlaces, loop: Callable[[int, Loop, Sequence[int], Named], list[str]]) -> None:
        self.values, self.loop = values, loop
        self.dialect, self.many = values.source.dialect, values.source.limits.many
        self.gathered: dict[tuple[int, ...], Place] = {}  # operands that a section has put into an array
        self.halves = Counter(
            half
            for row, operands, _ in values.program.instructions
            if row.sequences == 2
            for half in halves_of(operands)
        )

    def action(self, i: int) -> Action:
        """What computes a value."""
        row, operands, _ = self.values.program.instructions[i - self.values.program.size]
        if isinstance(row.payload, (Item, Numbers, Whole)):
            return Action(i, (), 0, lambda named: [])
        if isinstance(row.payload, Stack):
            return Action(i, operands, len(operands), lambda named: self.stored(operands, self.values.arrays[i], named))
        if isinstance(row.payload, (Gather, Gathers, Scatter)):
            return gathering(self.values, i, row.payload, operands)
        if isinstance(row.payload, Kernel):
            kernel = row.payload
            return Action(i, (), 8, lambda named: self.called(i, kernel, operands))
        if isinstance(row.payload, Loop):
            loop = row.payload
            work = min(operation_count(loop.body), self.values.source.limits.piece // 2)
            uses = [j for j in operands if j not in self.values.arrays]
            return Action(i, uses, work, lambda named: self.loop(i, loop, operands, named))
        if row is BATCH_SIZE:
            return Action(i, (), 1, lambda named: [self.dialect.declared(self.values.local(i), self.dialect.size("n"))])
        if row is BATCH_SUM:
            total = self.values.total(operands[0])
            return Action(i, (), 1, lambda named: [self.dialect.declared(self.values.local(i), total.at())])
        if isinstance(row.fold, Primitive):
            fold = row.fold
            return Action(i, operands, len(operands), lambda named: self.folded(i, row, fold, operands, named))
        return Action(i, operands, 1, lambda named: [self.computed(i, row, operands, named)])

    def called(self, i: int, kernel: Kernel, operands: Sequence[int]) -> list[str]:
        """A call of a kernel, with the arrays that it needs beside its operands and its result."""
        memory, arrays = self.values.source.memory, self.values.arrays
        given = [arrays[j].moved(offset=offset) for j, offset in zip(operands, kernel.offsets, strict=True)]
        for k, size in enumerate(kernel.kernel.work(*kernel.sizes)):
            given.append(memory.array(f"room{self.values.prefix}{i}_{k}", max(size, 1)))
        name = kernel_function(self.values.source.functions, kernel.kernel)
        parts = [x.whole(self.dialect) for x in (*given, arrays[i])]
        return [f"{name}({', '.join([*map(str, kernel.sizes), *parts])});"]

    def computed(self, i: int, row: Primitive, operands: Sequence[int], named: Named) -> str:
        known = [self.values.constant(j) for j in operands]
        applied = self.values.source.functions.applied(row, [named(j) for j in operands], known)
        return self.dialect.declared(self.values.local(i), applied)

    def storing(self, values: Sequence[int], place: Place) -> list[Action]:
        """What stores numbers in an array, those that are behind each other elsewhere in a loop."""
        return [self.store(part, place.moved(offset=at)) for at, part in self.stretches(values)]

    def store(self, values: Sequence[int], place: Place) -> Action:
        return Action(-1, values, min(len(values), 4), lambda named: self.stored(values, place, named))

    def stretches(self, values: Sequence[int]) -> list[tuple[int, Sequence[int]]]:
        """Values in pieces, with the place of each: long ones are behind each other in some array."""
        found: list[tuple[int, Sequence[int]]] = []
        start = 0
        for stop in range(1, len(values) + 1):
            if stop == len(values) or run_of([self.values.places[i] for i in values[start : stop + 1]]) is None:
                if stop - start >= self.many:
                    found.append((start, values[start:stop]))
                else:
                    found += [(at, values[at : at + 1]) for at in range(start, stop)]
                start = stop
        return found

    def stored(self, values: Sequence[int], place: Place, named: Named) -> list[str]:
        run = run_of([self.values.places[i] for i in values]) if len(values) >= self.many else None
        if run is None:
            return [f"{place.at(j)} = {named(i)};" for j, i in enumerate(values)]
        return [self.dialect.index("i", "0", str(len(values))), f"    {place.at('i')} = {run.at('i')};", "}"]

    def folded(self, i: int, row: Primitive, of_two: Primitive, operands: Sequence[int], named: Named) -> list[str]:
        """A row of any number of operands, from left to right; in a loop, where they are many and behind each other."""
        if not operands:
            return [self.dialect.declared(self.values.local(i), self.dialect.number(row.empty or 0.0))]
        parts = halves_of(operands) if row.sequences == 2 else [operands]
        count = len(parts[0])
        if count >= self.many:
            runs = [run_of([self.values.places[j] for j in part]) for part in parts]
            if any(runs) or any(self.halves[tuple(part)] > 1 for part in parts):
                before: list[str] = []
                found = [run or self.gather(part, named, before) for run, part in zip(runs, parts, strict=True)]
                return [*before, *self.in_a_loop(self.values.local(i), of_two, found, count)]
        names = [[named(j) for j in part] for part in parts]
        terms = [mul.python.format(*pair) for pair in zip(*names, strict=True)] if len(names) == 2 else names[0]
        if operator := of_two.python[2:-2]:
            lines = [operator.join(terms[start : start + TERMS]) for start in range(0, len(terms), TERMS)]
            return [self.dialect.declared(self.values.local(i), f"\n    {operator.lstrip()}".join(lines))]
        if len(terms) == 1:
            return [self.dialect.declared(self.values.local(i), terms[0])]
        name = self.values.local(i)
        more = [f"{name} = {self.values.source.functions.applied(of_two, [name, term])};" for term in terms[1:]]
        return [self.dialect.variable(name, terms[0]), *more]

    def in_a_loop(self, name: str, of_two: Primitive, runs: Sequence[Place], count: int) -> list[str]:
        first, term = (" * ".join([run.at(i) for run in runs]) for i in (0, "i"))
        added = of_two.python.format(name, term) or self.values.source.functions.applied(of_two, [name, term])
        head = self.dialect.index("i", "1", str(count))
        return [self.dialect.variable(name, first), head, f"    {name} = {added};", "}"]

    def gather(self, values: Sequence[int], named: Named, lines: list[str]) -> Place:
        """Where values are that have been put into an array, once in a section."""
        key = tuple(values)
        if key not in self.gathered:
            name = f"g{self.values.prefix}{len(self.values.source.memory.sizes)}"
            self.gathered[key] = self.values.source.memory.array(name, len(values))
            lines += self.stored(values, self.gathered[key], named)
        return self.gathered[key]


def halves_of(operands: Sequence[int]) -> list[tuple[int, ...]]:
    half = len(operands) // 2
    return [tuple(operands[:half]), tuple(operands[half:])]
