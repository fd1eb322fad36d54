"""The statements of a program in C or JavaScript: one walk over its instructions, its loops and its sums over samples.

Numbers that are computed once come first, then a loop over the samples with what differs between them, then what needs
the sums of that loop, and so on, as in `backends.source_text`.  What is long is cut into functions, since compilers
take long for one, or give up (V8 does not optimise a function of more than 60 KB of its bytecode).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from autograd_lite.backends.batch_order import BLOCK, LANES
from autograd_lite.backends.languages.dialects import Dialect, indented
from autograd_lite.backends.languages.memory import Memory, Place, run_of
from autograd_lite.backends.languages.rows import Functions
from autograd_lite.backends.source_text import phases_of, used_later
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import mul
from autograd_lite.program.payloads import Item, Loop, Numbers, Stack, Whole
from autograd_lite.program.program import Program

TERMS = 8  # of a sum on one line
MANY = 32  # operands from which on a sum is a loop
LONG = 800  # operations of one function

Named = Callable[[int], str]
"""What a value is called in some part of the source."""


class Action(NamedTuple):
    """Something to do: to compute a value, or to store some."""

    value: int  # -1: none
    uses: Sequence[int]
    work: int
    lines: Callable[[Named], list[str]]


class Section:
    """Actions that follow each other: what is computed once, or what is for each sample, or each step of a loop."""

    def __init__(self, actions: list[Action]) -> None:
        self.parts: list[list[Action]] = [[]]
        work = 0
        for action in actions:
            work += action.work
            if work > LONG and self.parts[-1]:
                self.parts.append([])
                work = action.work
            self.parts[-1].append(action)

    def is_cut(self) -> bool:
        return len(self.parts) > 1


class Source:
    """What the parts of one source share: its language, its functions and its arrays."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.functions = Functions(dialect)
        self.memory = Memory(dialect)

    def part(self, lines: list[str]) -> str:
        """A call of a new function of these statements."""
        names = self.memory.used(lines)
        name = self.functions.fresh(f"part{len(self.functions.texts)}")
        self.functions.names[name] = name
        given = ", ".join([self.dialect.parameter(x, self.memory.kinds[x]) for x in names])
        self.functions.texts.append("\n".join([self.dialect.procedure(name, given), *indented(lines), "}"]))
        return f"{name}({', '.join(names)});"


class Writer:
    """Writes the statements of a program, or of the body of a loop: `prefix` tells its values from others.

    `places` are where each number of the arguments is, `arrays` where each argument begins, `outside` the names of
    numbers of the arguments that are in no array.
    """

    def __init__(
        self,
        source: Source,
        program: Program,
        prefix: str,
        places: Sequence[Place | None],
        arrays: Sequence[Place],
        outside: dict[int, str],
    ) -> None:
        self.source, self.dialect, self.program, self.prefix = source, source.dialect, program, prefix
        self.arguments = arrays
        self.places: list[Place | None] = [*places]
        self.outside = outside
        self.arrays: dict[int, Place] = {}
        self.phases = phases_of(program)
        self.sums, self.kept = used_later(program, self.phases)
        self.kept_arrays = arrays_of_samples(program, self.kept)
        self.gathered: dict[tuple[int, ...], Place] = {}  # operands that a section has put into an array
        self.halves = Counter(
            half for row, operands, _ in program.instructions if row.sequences == 2 for half in halves_of(operands)
        )
        self.homes: dict[int, object] = {}  # the part that computes a value
        self.slots: dict[int, Place] = {}  # values that other parts read
        self.read: dict[int, tuple[str, Place]] = {}  # numbers of a sample of the arguments
        for i, (row, operands, _) in enumerate(program.instructions, program.size):
            self.places.append(None)
            self.place(i, row, operands)

    def place(self, i: int, row: Primitive, operands: Sequence[int]) -> None:
        """Give an array, or a number of one, its place."""
        payload = row.payload
        if isinstance(payload, Whole):
            self.arrays[i] = self.arguments[payload.argument]
        elif isinstance(payload, Item):
            self.places[i] = self.arrays[operands[0]].moved(offset=payload.offset)
        elif isinstance(payload, Numbers):
            name = f"v{self.prefix}{i}"
            self.arrays[i] = Place(name)
            self.source.functions.texts.append(self.dialect.table(name, payload.numbers))
        elif payload is not None:
            name = f"v{self.prefix}{i}"
            memory = self.source.memory
            self.arrays[i] = (memory.of_samples if i in self.kept_arrays else memory.array)(name, payload.size)

    # The parts of the source

    def write(self, store: Callable[[bool], list[Action]]) -> list[str]:
        """All statements; `store` gives the actions that store results, those over the samples or the others."""
        program = self.program
        last = max(self.phases, default=0)
        flat: list[list[Action]] = [[] for _ in range(last + 1)]
        looped: list[list[Action]] = [[] for _ in flat]
        for i in range(program.size, program.size + len(program.instructions)):
            if program.instructions[i - program.size].constant is None:
                (looped if program.batched[i] else flat)[self.phases[i]].append(self.action(i))
        over_samples = store(True)
        looped[last] += over_samples
        flat.append(store(False))
        for phase in range(last + 1):
            looped[phase] += self.adding(phase)
        once, each = [Section(actions) for actions in flat], [Section(actions) for actions in looped]
        self.assign(once, each)
        lines: list[str] = []
        for phase in range(last + 1):
            lines += self.section(once[phase])
            if looped[phase]:
                self.gathered = {}
                lines += self.over_samples(phase, each[phase])
                self.gathered = {}
        return lines + self.section(once[-1])

    def assign(self, *groups: list[Section]) -> None:
        """Decide which part computes each value, and which values are in memory because another part reads them."""
        main = object()
        parts: list[tuple[object, list[Action]]] = []
        for group in groups:
            for section in group:
                for actions in section.parts:
                    # A loop over the samples that is not cut is in the main function, but its names end with it.
                    home = object() if section.is_cut() else main
                    parts.append((home, actions))
        for home, actions in parts:
            for action in actions:
                if action.value >= 0 and self.places[action.value] is None and action.value not in self.arrays:
                    self.homes[action.value] = home
        kept = {i for later in self.kept for i in later if self.places[i] is None and i not in self.arrays}
        self.slots = {i: self.source.memory.of_samples(f"c{i}", 1) for i in sorted(kept)}
        crossing = [
            i
            for home, actions in parts
            for action in actions
            for i in action.uses
            if self.homes.get(i, home) is not home and i not in kept
        ]
        ids = dict.fromkeys(crossing)
        if ids:
            values = self.source.memory.array(f"values{self.prefix}", len(ids))
            self.slots |= {i: values.moved(offset=k) for k, i in enumerate(ids)}

    def section(self, section: Section) -> list[str]:
        if not section.is_cut():
            return self.lines(section.parts[0])
        return [self.source.part(self.lines(actions)) for actions in section.parts]

    def lines(self, actions: list[Action], reads_samples: bool = False) -> list[str]:
        """The statements of one part; with `reads_samples` numbers of a sample are read once, before it."""
        own = {action.value for action in actions}

        def named(i: int) -> str:
            return self.name(i, own, reads_samples)

        lines: list[str] = []
        for action in actions:
            lines += action.lines(named)
            if action.value in self.slots:
                lines.append(f"{self.slots[action.value].at()} = {self.local(action.value)};")
        return lines

    def local(self, i: int) -> str:
        return f"v{self.prefix}{i}"

    def name(self, i: int, own: set[int], reads_samples: bool) -> str:
        if i in self.outside:
            return self.outside[i]
        place = self.places[i]
        if place is not None:
            if reads_samples and i < self.program.size and self.program.batched[i]:
                self.read[i] = self.local(i), place
                return self.local(i)
            return place.at()
        if i >= self.program.size:
            constant = self.program.instructions[i - self.program.size].constant
            if constant is not None:
                return self.dialect.number(constant)
        if i not in own and i in self.slots:
            return self.slots[i].at()
        return self.local(i)

    # Loops over the samples

    def over_samples(self, phase: int, section: Section) -> list[str]:
        m = len(self.sums[phase])
        if section.is_cut():
            inside = self.section(section)
        else:
            self.read = {}
            lines = self.lines(section.parts[0], reads_samples=True)
            inside = [self.dialect.declared(name, place.at()) for name, place in self.read.values()] + lines
        if not m:
            return [self.dialect.index("k", "0", "n"), *indented(inside), "}"]
        return self.in_blocks(phase, m, inside)

    def in_blocks(self, phase: int, m: int, inside: list[str]) -> list[str]:
        """The loop in the order of `batch_order`, with 8 accumulators for each sum."""
        totals, lanes = f"sums{phase}", f"lanes{phase}"
        lane = self.dialect.counter("lane", f"k % {LANES} * {m}" if m > 1 else f"k % {LANES}")
        a = [Place(lanes, offset=place * m).at("i") for place in range(LANES)]
        added = f"(({a[0]} + {a[4]}) + ({a[2]} + {a[6]})) + (({a[1]} + {a[5]}) + ({a[3]} + {a[7]}))"
        block = [
            self.dialect.counter("stop", f"start + {BLOCK} < n ? start + {BLOCK} : n"),
            self.dialect.index("i", "0", str(LANES * m)),
            f"    {lanes}[i] = 0.0;",
            "}",
            self.dialect.index("k", "start", "stop"),
            *indented([lane, *inside]),
            "}",
            self.dialect.index("i", "0", str(m)),
            f"    {totals}[i] += {added};",
            "}",
        ]
        zero = [self.dialect.index("i", "0", str(m)), f"    {totals}[i] = 0.0;", "}"]
        return [*zero, self.dialect.index("start", "0", "n", str(BLOCK)), *indented(block), "}"]

    def adding(self, phase: int) -> list[Action]:
        """What adds a sample to the sums."""
        sums = sorted(self.sums[phase])
        if not sums:
            return []
        self.source.memory.array(f"sums{phase}", len(sums))
        self.source.memory.array(f"lanes{phase}", LANES * len(sums))
        place = Place(f"lanes{phase}", "lane")
        return [self.add(i, place.at(j)) for j, i in enumerate(sums)]

    def add(self, i: int, total: str) -> Action:
        return Action(-1, (i,), 1, lambda named: [f"{total} += {named(i)};"])

    # Actions

    def action(self, i: int) -> Action:
        """What computes a value."""
        row, operands, _ = self.program.instructions[i - self.program.size]
        if isinstance(row.payload, (Item, Numbers, Whole)):
            return Action(i, (), 0, lambda named: [])
        if isinstance(row.payload, Stack):
            return Action(i, operands, len(operands), lambda named: self.stored(operands, self.arrays[i], named))
        if isinstance(row.payload, Loop):
            loop = row.payload
            work = min(work_of(loop.body), LONG // 2)
            uses = [j for j in operands if j not in self.arrays]
            return Action(i, uses, work, lambda named: self.loop(i, loop, operands, named))
        if row is BATCH_SIZE:
            return Action(i, (), 1, lambda named: [self.dialect.declared(self.local(i), self.dialect.size("n"))])
        if row is BATCH_SUM:
            phase = self.phases[operands[0]]
            total = Place(f"sums{phase}", offset=sorted(self.sums[phase]).index(operands[0]))
            return Action(i, (), 1, lambda named: [self.dialect.declared(self.local(i), total.at())])
        if isinstance(row.fold, Primitive):
            fold = row.fold
            return Action(i, operands, len(operands), lambda named: self.folded(i, row, fold, operands, named))
        return Action(i, operands, 1, lambda named: [self.computed(i, row, operands, named)])

    def computed(self, i: int, row: Primitive, operands: Sequence[int], named: Named) -> str:
        return self.dialect.declared(self.local(i), self.source.functions.applied(row, [named(j) for j in operands]))

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
            if stop == len(values) or run_of([self.places[i] for i in values[start : stop + 1]]) is None:
                if stop - start >= MANY:
                    found.append((start, values[start:stop]))
                else:
                    found += [(at, values[at : at + 1]) for at in range(start, stop)]
                start = stop
        return found

    def stored(self, values: Sequence[int], place: Place, named: Named) -> list[str]:
        run = run_of([self.places[i] for i in values]) if len(values) >= MANY else None
        if run is None:
            return [f"{place.at(j)} = {named(i)};" for j, i in enumerate(values)]
        return [self.dialect.index("i", "0", str(len(values))), f"    {place.at('i')} = {run.at('i')};", "}"]

    def folded(self, i: int, row: Primitive, of_two: Primitive, operands: Sequence[int], named: Named) -> list[str]:
        """A row of any number of operands, from left to right; in a loop, where they are many and behind each other."""
        if not operands:
            return [self.dialect.declared(self.local(i), self.dialect.number(row.empty or 0.0))]
        parts = halves_of(operands) if row.sequences == 2 else [operands]
        count = len(parts[0])
        if count >= MANY:
            runs = [run_of([self.places[j] for j in part]) for part in parts]
            if any(runs) or any(self.halves[tuple(part)] > 1 for part in parts):
                before: list[str] = []
                found = [run or self.gather(part, named, before) for run, part in zip(runs, parts, strict=True)]
                return [*before, *self.in_a_loop(self.local(i), of_two, found, count)]
        names = [[named(j) for j in part] for part in parts]
        terms = [mul.python.format(*pair) for pair in zip(*names, strict=True)] if len(names) == 2 else names[0]
        if operator := of_two.python[2:-2]:
            lines = [operator.join(terms[start : start + TERMS]) for start in range(0, len(terms), TERMS)]
            return [self.dialect.declared(self.local(i), f"\n    {operator.lstrip()}".join(lines))]
        if len(terms) == 1:
            return [self.dialect.declared(self.local(i), terms[0])]
        name = self.local(i)
        more = [f"{name} = {self.source.functions.applied(of_two, [name, term])};" for term in terms[1:]]
        return [self.dialect.variable(name, terms[0]), *more]

    def in_a_loop(self, name: str, of_two: Primitive, runs: Sequence[Place], count: int) -> list[str]:
        first, term = (" * ".join([run.at(i) for run in runs]) for i in (0, "i"))
        added = of_two.python.format(name, term) or self.source.functions.applied(of_two, [name, term])
        head = self.dialect.index("i", "1", str(count))
        return [self.dialect.variable(name, first), head, f"    {name} = {added};", "}"]

    def gather(self, values: Sequence[int], named: Named, lines: list[str]) -> Place:
        """Where values are that have been put into an array, once in a section."""
        key = tuple(values)
        if key not in self.gathered:
            name = f"g{self.prefix}{len(self.source.memory.sizes)}"
            self.gathered[key] = self.source.memory.array(name, len(values))
            lines += self.stored(values, self.gathered[key], named)
        return self.gathered[key]

    def loop(self, i: int, loop: Loop, operands: Sequence[int], named: Named) -> list[str]:
        """A program that runs again and again, over the carry that it leaves."""
        own, m = self.arrays[i], loop.carries
        lines = self.stored(operands[:m], own, named)
        if not loop.length:
            return lines
        prefix = f"{self.prefix}{i}_"
        step = f"p{prefix}"[:-1]
        t = f"t{prefix}"[:-1] if loop.reverse else step
        memory = self.source.memory
        memory.kinds |= {step: "index", t: "index"}
        arrays = [self.arrays[j] for j in operands[m : m + loop.arrays]]
        shared = operands[m + loop.arrays :]
        carry = own.moved(times(m, step))
        places: list[Place | None] = [carry.moved(offset=j) for j in range(m)]
        places += [arrays[c.array].moved(times(c.stride, t), c.offset) for c in loop.columns]
        outside: dict[int, str] = {}
        if work_of(loop.body) > LONG and shared:  # it is cut into functions, which read arrays alone
            kept = memory.array(f"shared{prefix}"[:-1], len(shared))
            lines += self.stored(shared, kept, named)
            places += [kept.moved(offset=j) for j in range(len(shared))]
        else:
            outside = {len(places) + j: named(x) for j, x in enumerate(shared)}
            places += [None] * len(shared)
        whole = [arrays[k] for k in loop.whole]
        for array in whole:
            places += [array.moved(offset=j) for j in range(loop.body.arguments[3 + whole.index(array)].size)]
        body = Writer(self.source, loop.body, prefix, places, [carry, own, own, *whole], outside)
        ys = (loop.length + 1) * m
        ends = [
            carry.moved(offset=m),
            own.moved(times(loop.outputs, t), ys),
            own.moved(times(loop.residuals, t), ys + loop.length * loop.outputs),
        ]

        def store(batched: bool) -> list[Action]:
            results = [] if batched else zip(loop.body.results, ends, strict=True)
            return [action for result, place in results for action in body.storing(result.values, place)]

        inside = [self.dialect.counter(t, f"{loop.length - 1} - {step}")] if loop.reverse else []
        inside += body.write(store)
        return [*lines, self.dialect.index(step, "0", str(loop.length)), *indented(inside), "}"]


def times(factor: int, name: str) -> str:
    return "" if factor == 0 else name if factor == 1 else f"{factor} * {name}"


def halves_of(operands: Sequence[int]) -> list[tuple[int, ...]]:
    half = len(operands) // 2
    return [tuple(operands[:half]), tuple(operands[half:])]


def work_of(program: Program) -> int:
    """How many operations the text of a program has, about."""
    bodies = [row.payload.body for row, _, _ in program.instructions if isinstance(row.payload, Loop)]
    return sum([max(1, len(operands)) for _, operands, _ in program.instructions]) + sum(map(work_of, bodies))


def arrays_of_samples(program: Program, kept: Sequence[set[int]]) -> set[int]:
    """The arrays that later loops over the samples read, as a whole or a number of them."""
    found = {i for later in kept for i in later if i >= program.size}
    rows = [program.instructions[i - program.size] for i in found]
    return found | {operands[0] for row, operands, _ in rows if isinstance(row.payload, Item)}
