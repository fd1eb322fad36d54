"""The statements of a program in C or JavaScript: one walk over its instructions, its loops and its sums over samples.

Numbers that are computed once come first, then a loop over the samples with what differs between them, then what needs
the sums of that loop, and so on, as in `backends.source_text`.  What is long is cut into functions, since compilers
take long for one, or give up.
"""

import re
from collections.abc import Callable, Sequence

from autograd_lite.backends.batch_order import BLOCK, LANES
from autograd_lite.backends.languages.actions import Action, Named, Section, operation_count
from autograd_lite.backends.languages.instructions_text import Actions
from autograd_lite.backends.languages.memory import Place, times
from autograd_lite.backends.languages.value_places import ValuePlaces
from autograd_lite.backends.source_text import indented
from autograd_lite.program.payloads import Loop, When, While


class Writer:
    """Writes the statements of a program, or of the body of a loop."""

    def __init__(self, values: ValuePlaces) -> None:
        self.values, self.program, self.source = values, values.program, values.source
        self.dialect = values.source.dialect
        self.actions = Actions(values, self.loop)
        self.in_names = True  # whether accumulators are names
        self.hoisted: set[int] = set()  # numbers of the arguments that a loop has put into names

    # The parts of the source

    def write(self, store: Callable[[bool], list[Action]]) -> list[str]:
        """All statements; `store` gives the actions that store results, those over the samples or the others."""
        program = self.program
        last = max(self.values.phases, default=0)
        flat: list[list[Action]] = [[] for _ in range(last + 1)]
        looped: list[list[Action]] = [[] for _ in flat]
        for i in range(program.size, program.size + len(program.instructions)):
            if program.instructions[i - program.size].constant is None:
                (looped if program.batched[i] else flat)[self.values.phases[i]].append(self.actions.action(i))
        over_samples = store(True)
        looped[last] += over_samples
        flat.append(store(False))
        for phase in range(last + 1):
            looped[phase] += self.adding(phase)
        limits = self.source.limits
        once, each = [Section(actions, limits) for actions in flat], [Section(actions, limits) for actions in looped]
        sections = [*once, *each]
        long = not self.values.prefix and sum([section.work for section in sections]) > limits.whole
        for section in sections:
            section.is_apart = section.is_cut() or (long and section.work > limits.apart)
        self.assign(sections)
        lines: list[str] = []
        for phase in range(last + 1):
            lines += self.section(once[phase])
            if looped[phase]:
                self.actions.gathered = {}
                lines += self.over_samples(phase, each[phase])
                self.actions.gathered = {}
        return lines + self.section(once[-1])

    def assign(self, sections: list[Section]) -> None:
        """Decide which part computes each value, and which values are in memory because another part reads them."""
        values, main = self.values, object()
        homes: dict[int, object] = {}  # the part that computes a value
        parts = [(object() if section.is_apart else main, actions) for section in sections for actions in section.parts]
        for home, actions in parts:
            homes |= {action.value: home for action in actions if action.value >= 0 and values.is_number(action.value)}
        kept = sorted({i for later in values.kept for i in later if values.is_number(i)})
        values.slots = {i: self.source.memory.of_samples(f"c{i}", 1) for i in kept}
        crossing = {
            i: None
            for home, actions in parts
            for action in actions
            for i in action.uses
            if homes.get(i, home) is not home and i not in values.slots
        }
        if crossing:
            array = self.source.memory.array(f"values{values.prefix}", len(crossing))
            values.slots |= {i: array.moved(offset=k) for k, i in enumerate(crossing)}

    def section(self, section: Section) -> list[str]:
        if not section.is_apart:
            return self.lines(section.parts[0])
        return [self.source.part(self.lines(actions)) for actions in section.parts]

    def lines(self, actions: list[Action], in_loop: bool = False) -> list[str]:
        """The statements of one part; `in_loop` numbers of the arguments get names."""
        own = {action.value for action in actions}

        def named(i: int) -> str:
            return self.values.name(i, own, in_loop)

        lines: list[str] = []
        for action in actions:
            lines += action.lines(named)
            if action.value in self.values.slots:
                lines.append(f"{self.values.slots[action.value].at()} = {self.values.local(action.value)};")
        return lines

    # Loops over the samples

    def over_samples(self, phase: int, section: Section) -> list[str]:
        m = len(self.values.sums[phase])
        before: list[str] = []
        self.in_names = not section.is_cut()
        if section.is_cut():
            inside = self.section(section)
        else:
            self.values.read = {}
            lines = self.lines(section.parts[0], in_loop=True)
            read = sorted(self.values.read)
            # What all samples share is read once: V8 checks the bounds of an array at each access.
            known = set() if section.is_apart else self.hoisted
            before = [self.declared(i) for i in read if not self.program.batched[i] and i not in known]
            known.update(read)
            inside = [self.declared(i) for i in read if self.program.batched[i]] + lines
        if m:
            lines = [*before, *self.in_blocks(phase, inside)]
        else:
            lines = [*before, self.dialect.index("k", "0", "n"), *indented(inside), "}"]
        return [self.source.part(lines)] if section.is_apart and not section.is_cut() else lines

    def declared(self, i: int) -> str:
        name, place = self.values.read[i]
        return self.dialect.declared(name, place.at())

    def in_blocks(self, phase: int, inside: list[str]) -> list[str]:
        """The loop in the order of `batch_order`, with 8 accumulators for each sum."""
        sums = sorted(self.values.sums[phase])
        m, totals, lanes = len(sums), f"sums{phase}", f"lanes{phase}"
        own = Place(lanes, times(m, "lane"))
        a = [Place(lanes, offset=place * m).at("i") for place in range(LANES)]
        added = f"(({a[0]} + {a[4]}) + ({a[2]} + {a[6]})) + (({a[1]} + {a[5]}) + ({a[3]} + {a[7]}))"
        zero, index = self.dialect.number(0.0), self.dialect.index
        if self.in_names:
            before = [self.dialect.variable(f"s{i}", zero) for i in sums]
            after = [f"{own.at(j)} = s{i};" for j, i in enumerate(sums)]
        else:
            before, after = [index("i", "0", str(m)), f"    {own.at('i')} = {zero};", "}"], []
        lane = [*before, index("k", "start + lane", "stop", str(LANES)), *indented(inside), "}", *after]
        block = [
            self.dialect.counter("stop", f"start + {BLOCK} < n ? start + {BLOCK} : n"),
            index("lane", "0", str(LANES)),
            *indented(lane),
            "}",
            index("i", "0", str(m)),
            f"    {totals}[i] += {added};",
            "}",
        ]
        cleared = [index("i", "0", str(m)), f"    {totals}[i] = {zero};", "}"]
        return [*cleared, index("start", "0", "n", str(BLOCK)), *indented(block), "}"]

    def adding(self, phase: int) -> list[Action]:
        """What adds a sample to the sums."""
        sums = sorted(self.values.sums[phase])
        if sums:
            self.source.memory.array(f"sums{phase}", len(sums))
            self.source.memory.array(f"lanes{phase}", LANES * len(sums))
        place = Place(f"lanes{phase}", times(len(sums), "lane"))
        return [self.add(i, place.at(j)) for j, i in enumerate(sums)]

    def add(self, i: int, total: str) -> Action:
        """An addition to an accumulator: a name, where the loop over the samples is in one function."""
        return Action(-1, (i,), 3, lambda named: [f"{f's{i}' if self.in_names else total} += {named(i)};"])

    def loop(self, i: int, loop: Loop, operands: Sequence[int], named: Named) -> list[str]:
        """A program that runs again and again, over the carry that it leaves."""
        own, m = self.values.arrays[i], loop.carries
        if isinstance(loop, When):
            inside = self.loop(i, Loop(*loop), operands, named)
            return [f"if ({named(operands[loop.arrays])} != 0.0) {{", *indented(inside), "}"]
        lines = self.actions.stored(operands[:m], own, named)
        if not loop.length:
            return lines
        prefix = f"{self.values.prefix}{i}_"
        step = f"p{prefix}"[:-1]
        t = f"t{prefix}"[:-1] if loop.reverse else step
        memory = self.source.memory
        memory.kinds |= {step: "index", t: "index"}
        arrays = [self.values.arrays[j] for j in operands[m : m + loop.arrays]]
        shared = operands[m + loop.arrays :]
        carry = own.moved(times(m, step))
        first = own if isinstance(loop, While) else carry
        places: list[Place | None] = [first.moved(offset=j) for j in range(m)]
        places += [arrays[c.array].moved(times(c.stride, t), c.offset) for c in loop.columns]
        outside: dict[int, str] = {}
        if (
            operation_count(loop.body) > self.source.limits.whole // 2 and shared
        ):  # it is cut into functions, which read arrays alone
            kept = memory.array(f"shared{prefix}"[:-1], len(shared))
            lines += self.actions.stored(shared, kept, named)
            places += [kept.moved(offset=j) for j in range(len(shared))]
        else:
            outside = {len(places) + j: named(x) for j, x in enumerate(shared)}
            places += [None] * len(shared)
        whole = [arrays[k] for k in loop.whole]
        for array in whole:
            places += [array.moved(offset=j) for j in range(loop.body.arguments[3 + whole.index(array)].size)]
        body = Writer(ValuePlaces(self.source, loop.body, prefix, places, [carry, own, own, *whole], outside))
        if isinstance(loop, While):
            after = memory.array(f"after{prefix}"[:-1], m)

            def store_carry(batched: bool) -> list[Action]:
                return [] if batched else body.actions.storing(loop.body.results[0].values, after)

            inside = body.write(store_carry) + [f"{own.at(j)} = {after.at(j)};" for j in range(m)]
            inside.append(f"if ({own.at(0)} == 0.0) break;")
            return [*lines, self.dialect.index(step, "0", FOREVER), *indented(inside), "}"]
        ys = (loop.length + 1) * m
        ends = [
            carry.moved(offset=m),
            own.moved(times(loop.outputs, t), ys),
            own.moved(times(loop.residuals, t), ys + loop.length * loop.outputs),
        ]

        def store(batched: bool) -> list[Action]:
            results = [] if batched else zip(loop.body.results, ends, strict=True)
            return [action for result, place in results for action in body.actions.storing(result.values, place)]

        inside = body.write(store)
        if loop.reverse and re.search(rf"\b{t}\b", " ".join(inside)):
            inside.insert(0, self.dialect.counter(t, f"{loop.length - 1} - {step}"))
        return [*lines, self.dialect.index(step, "0", str(loop.length)), *indented(inside), "}"]


FOREVER = str(2**53 - 1)
"""More steps than any loop takes."""
