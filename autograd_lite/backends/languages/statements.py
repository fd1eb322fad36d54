"""The statements of a program in C or JavaScript: one walk over its instructions, its loops and its sums over samples.

Numbers that are computed once come first, then a loop over the samples with what differs between them, then what needs
the sums of that loop, and so on, as in `backends.source_text`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from autograd_lite.backends.batch_order import BLOCK, LANES
from autograd_lite.backends.languages.dialects import Dialect, indented
from autograd_lite.backends.languages.functions import javascript_texts, texts
from autograd_lite.backends.languages.rows import Functions
from autograd_lite.backends.source_text import phases_of, used_later
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import mul
from autograd_lite.program.instructions import ROWS
from autograd_lite.program.program import Program

TERMS = 8  # of a sum on one line


class Place(NamedTuple):
    """Numbers in memory: an array, and where in it they begin; "" for its start."""

    array: str
    start: str = ""

    def at(self, i: int) -> str:
        if not self.start:
            return f"{self.array}[{i}]"
        return f"{self.array}[{self.start} + {i}]" if i else f"{self.array}[{self.start}]"


def argument_names(program: Program, dialect: Dialect) -> list[str]:
    """A name for each argument: its own, where that is one in the dialect and no other thing has it."""
    taken = set(dialect.reserved) | set(ROWS) | set(texts()) | set(javascript_texts()) | OWN
    names: list[str] = []
    for k, argument in enumerate(program.arguments):
        name = argument.name.replace(".", "_")
        free = name.isascii() and name.isidentifier() and name not in taken and not is_numbered(name)
        names.append(name if free else f"a{k}")
        taken.add(names[-1])
    return names


OWN = {"n", "k", "program", "lanes", "sums", "start", "stop", "numbers", "checked", "work", "lane"}
"""Names that the source uses itself."""


def is_numbered(name: str) -> bool:
    """Whether a name is one of those that the source gives: v12, r0, a1."""
    return name[0] in "varcostx" and name[1:].replace("_", "").isdigit()


class Writer:
    """Writes the body of the function that a program is."""

    def __init__(self, program: Program, dialect: Dialect, functions: Functions) -> None:
        self.program, self.dialect, self.functions = program, dialect, functions
        self.arguments = argument_names(program, dialect)
        self.phases = phases_of(program)
        self.sums, self.kept = used_later(program, self.phases)
        self.names = self.inputs()

    def inputs(self) -> list[str]:
        """Where each number of the arguments is, then names for what the instructions compute."""
        program = self.program
        names: list[str] = []
        for name, argument in zip(self.arguments, program.arguments, strict=True):
            if argument.batched:
                names += [f"v{i}" for i in range(len(names), len(names) + argument.size)]
            else:
                names += [f"{name}[{i}]" for i in range(argument.size)]
        for _, _, constant in program.instructions:
            names.append(f"v{len(names)}" if constant is None else self.dialect.number(constant))
        return names

    def write(self) -> list[str]:
        """All statements; results go to the arrays r0, r1 and so on."""
        program = self.program
        count = program.size + len(program.instructions)
        lines: list[str] = []
        flat: list[list[int]] = [[] for _ in range(max(self.phases, default=0) + 1)]
        looped: list[list[int]] = [[] for _ in flat]
        for i in range(count):
            (looped if program.batched[i] else flat)[self.phases[i]].append(i)
        batched = [k for k, result in enumerate(program.results) if result.batched]
        for phase, body in enumerate(looped):
            lines += self.statements(flat[phase])
            last = phase == len(looped) - 1
            if body or (last and batched):
                lines += self.loop(phase, body, batched if last else [])
        for k, result in enumerate(program.results):
            if not result.batched:
                lines += [f"r{k}[{j}] = {self.names[i]};" for j, i in enumerate(result.values)]
        return lines

    def loop(self, phase: int, body: list[int], outputs: list[int]) -> list[str]:
        """One loop over the samples: what it reads of earlier loops, computes, keeps, returns and sums."""
        program = self.program
        wanted = {j for i in body if i >= program.size for j in program.instructions[i - program.size].operands}
        wanted |= {j for k in outputs for j in program.results[k].values} | self.sums[phase]
        known = sorted(j for j in wanted if j >= program.size and program.batched[j] and self.phases[j] < phase)
        sums, kept = sorted(self.sums[phase]), sorted(self.kept[phase])
        inside = [
            *self.samples(wanted | set(kept)),
            *(self.dialect.declared(self.names[i], f"c{i}[k]") for i in known),
            *self.statements(body),
            *(f"c{i}[k] = {self.names[i]};" for i in kept if i >= program.size),
        ]
        for k in outputs:
            values = program.results[k].values
            place = Place(f"r{k}", self.offset(len(values)))
            inside += [f"{place.at(j)} = {self.names[i]};" for j, i in enumerate(values)]
        before = [self.dialect.array(f"c{i}", "n") for i in kept if i >= program.size]
        if not sums:
            return [*before, self.dialect.index("k", "0", "n"), *indented(inside), "}"]
        m = len(sums)
        lanes = Place("lanes", "lane")
        inside += [f"{lanes.at(j)} += {self.names[i]};" for j, i in enumerate(sums)]
        lane = self.dialect.counter("lane", f"k % {LANES} * {m}" if m > 1 else f"k % {LANES}")
        per_sample = [self.dialect.index("k", "start", "stop"), *indented([lane, *inside]), "}"]
        a = [f"lanes[{place} * {m} + i]" if place else "lanes[i]" for place in range(LANES)]
        added = f"(({a[0]} + {a[4]}) + ({a[2]} + {a[6]})) + (({a[1]} + {a[5]}) + ({a[3]} + {a[7]}))"
        block = [
            self.dialect.counter("stop", f"start + {BLOCK} < n ? start + {BLOCK} : n"),
            *self.dialect.zeros("lanes", LANES * m),
            *per_sample,
            self.dialect.index("i", "0", str(m)),
            f"    sums{phase}[i] += {added};",
            "}",
        ]
        return [
            *before,
            *self.dialect.fresh(f"sums{phase}", m),
            self.dialect.index("start", "0", "n", str(BLOCK)),
            *indented(block),
            "}",
        ]

    def offset(self, size: int) -> str:
        return "k" if size == 1 else f"{size} * k"

    def samples(self, wanted: Iterable[int]) -> list[str]:
        """The numbers of one sample of the arguments, those that are wanted."""
        used, lines, i = set(wanted), [], 0
        for name, argument in zip(self.arguments, self.program.arguments, strict=True):
            place = Place(name, self.offset(argument.size))
            for j in range(argument.size):
                if argument.batched and i + j in used:
                    lines.append(self.dialect.declared(self.names[i + j], place.at(j)))
            i += argument.size
        return lines

    def statements(self, values: Iterable[int]) -> list[str]:
        """The assignments of values; none for inputs and constants."""
        lines: list[str] = []
        for i in values:
            if i >= self.program.size and self.program.instructions[i - self.program.size].constant is None:
                lines += self.assigned(i)
        return lines

    def assigned(self, i: int) -> list[str]:
        """The statements that compute a value."""
        row, operands, _ = self.program.instructions[i - self.program.size]
        names = [self.names[j] for j in operands]
        if row is BATCH_SIZE:
            return [self.dialect.declared(self.names[i], self.dialect.size("n"))]
        if row is BATCH_SUM:
            phase = self.phases[operands[0]]
            place = sorted(self.sums[phase]).index(operands[0])
            return [self.dialect.declared(self.names[i], f"sums{phase}[{place}]")]
        if isinstance(row.fold, Primitive):
            return self.folded(self.names[i], row, row.fold, names)
        return [self.dialect.declared(self.names[i], self.functions.applied(row, names))]

    def folded(self, name: str, row: Primitive, of_two: Primitive, names: list[str]) -> list[str]:
        """A row of any number of operands, from left to right."""
        if not names:
            return [self.dialect.declared(name, self.dialect.number(row.empty or 0.0))]
        half = len(names) // 2
        terms = names
        if row.sequences == 2:
            terms = [mul.python.format(*pair) for pair in zip(names[:half], names[half:], strict=True)]
        operator = of_two.python[2:-2]
        if not operator:
            return self.chosen(name, of_two, terms)
        parts = [operator.join(terms[start : start + TERMS]) for start in range(0, len(terms), TERMS)]
        if len(parts) == 1:
            return [self.dialect.declared(name, parts[0])]
        return [self.dialect.declared(name, f"\n    {operator.lstrip()}".join(parts))]

    def chosen(self, name: str, of_two: Primitive, terms: list[str]) -> list[str]:
        """max or min: a choice after the other."""
        if len(terms) == 1:
            return [self.dialect.declared(name, terms[0])]
        lines = [self.dialect.variable(name, terms[0])]
        return [*lines, *(f"{name} = {self.functions.applied(of_two, [name, term])};" for term in terms[1:])]
