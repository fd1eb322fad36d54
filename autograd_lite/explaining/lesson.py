"""A computation step by step, as in a lecture, as data: names, formulas and numbers; `formats` and `page` show it."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter
from typing import Any

from autograd_lite.control.array_nodes import data_of
from autograd_lite.control.loop_steps import StepPlace
from autograd_lite.core.graph import CONSTANT as CONSTANT_FLAG
from autograd_lite.core.reverse import pull_floats, topological_order
from autograd_lite.core.value import Value
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.number_format import numeral
from autograd_lite.drawing.picture import CONSTANT, INPUT, PARAMETER
from autograd_lite.drawing.selection import nearest_nodes, operands_first
from autograd_lite.drawing.sources import Gradients, Values, own_pass, unit
from autograd_lite.drawing.unfolding import offset_of
from autograd_lite.explaining.formulas import Formula, Name, Numeral, Slot, formula_of, formula_value, substituted
from autograd_lite.explaining.partials import partial_formula
from autograd_lite.transforms.propagation import Cotangents


@dataclass
class GradientWay:
    """One way on which the gradient reaches a node: through an operation that uses it."""

    user: str  # the name of that operation's result
    upstream: float
    local: float
    formula: Formula | None  # of the local partial
    key: int = 0  # the step of the user
    holds: bool = True  # whether the formula gives the local partial, as it does not at a kink
    check: Slot | None = None  # what the formula gives, on a page whose numbers move
    is_term: bool = False  # whether `local` is all that flows: the user holds several numbers

    @property
    def flow(self) -> float:
        """upstream × local."""
        x, y = self.upstream, self.local
        return Slot(x * y, f"{x.place}*{y.place}") if isinstance(x, Slot) and isinstance(y, Slot) else x * y


@dataclass(frozen=True)
class Origin:
    """What a number of a lesson is: of a node its value, its gradient, or its partial in one operand.

    Of a node that holds several numbers it is a "term", which flows to one operand.
    """

    node: Value
    what: str
    operand: int = -1


@dataclass
class LessonStep:
    """One node: what it computes, and what its gradient is made of."""

    key: int
    name: str
    kind: str
    symbol: str
    operands: list[int]  # the steps of its operands, those left out missing
    formula: Formula | None
    numbers: Formula | None  # the formula with the values of the operands
    value: float | None  # None: it holds several numbers
    gradient: float | None = None
    ways: list[GradientWay] = field(default_factory=list)
    module: str = ""  # the path of the module it belongs to
    loop: StepPlace | None = None  # the step of a loop that it is in


@dataclass
class Lesson:
    """The steps in forward order, operands first."""

    steps: list[LessonStep]
    result: str
    notes: list[str] = field(default_factory=list)
    unfolds: bool = False  # whether all steps of long loops are told one by one
    nodes: list[Value] = field(default_factory=list)
    """The node of each step."""
    numbers: list[float] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    """What each of the numbers is."""

    def slot(self, x: float, node: Value, what: str, operand: int = -1) -> Slot:
        """A number with a place among those of the lesson."""
        self.numbers.append(x)
        self.origins.append(Origin(node, what, operand))
        return Slot(x, str(len(self.numbers) - 1))

    def backward(self) -> list[LessonStep]:
        """The steps that have a gradient, in reverse order: users first."""
        return [step for step in reversed(self.steps) if step.gradient is not None]

    def step(self, name: str) -> LessonStep:
        """The step of that name.  Raises KeyError that lists the names."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"no node is called {name!r}; there are {', '.join(s.name for s in self.steps)}")


def lesson_source(root: Value, names: Names, moves: bool = False, unfolds: bool = False) -> Values:
    """The graph that is told, with gradients of a reverse pass of its own; RuntimeError where it has none.

    With `moves` other inputs may follow, which take other branches: what only these reach has a gradient too, of 0.
    """
    slope = own_pass([root])
    return Values([root], names, with_zeros(slope, root) if moves else slope, unfolds)


def lesson(source: Values, limit: int, moves: bool = False, loops: Mapping[Value, StepPlace] | None = None) -> Lesson:
    """The lesson on a graph; `loops` has the steps of loops that its nodes are of, where others than it keeps."""
    (root,) = source.roots
    owners, total = source.owners(source.order), len(source.order)
    loops = loops or source.steps(source.order)
    kept = set(source.order) if total <= limit else nearest_nodes(source, limit)
    left_out = bias_units(source, kept)
    order = [x for x in operands_first(source, kept) if x not in left_out]
    keys, called = {x: i for i, x in enumerate(order)}, unique_names(order, source)
    note = f"the {len(order):,} nodes nearest to {called[root]}, of {total:,}; more with limit="
    found = Lesson([], called[root], [note] if len(kept) < total else [])
    for x in order:
        operands = tuple(letter(p, called) for p in source.parents(x))
        formula = formula_of(x.row, operands) if operands else constants_text(data_of(x))
        if operands and offset_of(x) >= 0:
            formula = Name(f"{called.get(source.parents(x)[0], '…')}[{offset_of(x)}]")
        inputs = [keys[p] for p in source.parents(x) if p in keys]
        values = {s.name: s.value for i in inputs if (s := found.steps[i]).value is not None}
        numbers = substituted(formula, values) if formula is not None else None
        kind, symbol = source.kind(x), source.box(x, "").symbol
        value = None if source.is_array(x) else found.slot(x.data, x, "value")
        step = LessonStep(keys[x], called[x], kind, symbol, inputs, formula, numbers, value)
        step.module, step.loop = owners.get(x, ""), loops.get(x)
        gradient = None if kind == CONSTANT or value is None else source.gradient(x)
        step.gradient = None if gradient is None else found.slot(gradient, x, "gradient")
        found.steps.append(step)
        found.nodes.append(x)
    terms = terms_of_arrays(source)
    for x in source.order:
        for i, parent, term in terms.get(x, ()):
            if parent in keys:
                local = found.slot(term, x, "term", i)
                way = GradientWay(called.get(x, "…"), 1.0, local, None, keys.get(x, -1), is_term=True)
                found.steps[keys[parent]].ways.append(way)
        if source.is_array(x) or offset_of(x) >= 0:
            continue
        upstream = None if keys.keys().isdisjoint(source.parents(x)) else source.gradient(x)
        if upstream is not None:
            add_ways(found, x, source.parents(x), upstream, keys, called, local_of(x, moves))
    return found


def with_zeros(slope: Gradients, root: Value) -> Gradients:
    """The gradients, with 0 for what the branches not taken would reach."""
    order: list[Any] = topological_order([root], everything=True)
    reached = {root}
    for x in reversed(order):
        if x in reached:
            reached.update([p for p, local in zip(x.parents, local_of(x, True), strict=True) if local is not None])
    return lambda x: 0.0 if (found := slope(x)) is None and x in reached else found


def local_of(x: Value, moves: bool) -> Sequence[float | None]:
    """The local partials; with `moves` also those of the branch that is not taken."""
    if not (moves and x.row.selects):
        return x.partials
    chooser, *branches = x.parents
    taken = x.row.passing(chooser.data)
    return [None, *[None if p._flags & CONSTANT_FLAG else float(i == taken) for i, p in enumerate(branches, 1)]]


def bias_units(source: Values, kept: Set[Value]) -> set[Value]:
    """The ones among `kept` that biases are multiplied with, unless something else uses them."""
    found = {source.parents(x)[one] for x in kept if (one := unit(source, x)) is not None}
    for x in source.order if found else ():
        operands = source.parents(x)
        if not found.isdisjoint(operands):
            one = unit(source, x)
            found.difference_update([p for i, p in enumerate(operands) if i != one])
    return found


def add_ways(
    found: Lesson, x: Value, parents: Sequence[Value], upstream: float, keys: Mapping[Value, int],
    called: Mapping[Value, str], partials: Sequence[float | None],
) -> None:  # fmt: skip
    """Add to the operands of x the ways on which the gradient reaches them through x."""
    user = called.get(x, "…")
    operands = tuple(letter(p, called) for p in parents)
    numbers = {called[p]: p.data for p in (*parents, x) if p in called}
    known = found.steps[keys[x]].gradient if x in keys else None
    for i, (parent, local) in enumerate(zip(parents, partials, strict=True)):
        if local is None or parent not in keys:
            continue
        formula = partial_formula(x.row, i, user, operands) if x in called else None
        holds = formula is not None and formula_agrees(formula, numbers, local)
        above = found.slot(upstream, x, "gradient") if known is None else known
        way = GradientWay(user, above, found.slot(local, x, "partial", i), formula, keys.get(x, -1), holds)
        found.steps[keys[parent]].ways.append(way)


def terms_of_arrays(source: Values) -> dict[Value, list[tuple[int, Value, float]]]:
    """For each node that holds several numbers what it passes on to single ones: which operand, its node, the term.

    Its derivative is no partial of one number, but goes through its own rule, as do matrices and calls.
    """
    arrived: dict[Value, Any] = {}
    found: dict[Value, list[tuple[int, Value, float]]] = {}
    for x in reversed(source.order):
        parents = source.parents(x)
        if parents and offset_of(x) >= 0:
            slope = source.gradient(x)
            if slope is not None:
                term = Cotangents({offset_of(x): slope})
                arrived[parents[0]] = arrived[parents[0]] + term if parents[0] in arrived else term
        elif x in arrived:
            places: dict[Any, list[int]] = {}
            for i, p in enumerate(x.parents):
                places.setdefault(p, []).append(i)
            for operand, term in pull_floats({}, x, arrived[x]):
                i = places[operand].pop() if len(places[operand]) > 1 else places[operand][0]
                if source.is_array(parents[i]):
                    arrived[parents[i]] = arrived[parents[i]] + term if parents[i] in arrived else term
                elif not parents[i]._flags & CONSTANT_FLAG:
                    found.setdefault(x, []).append((i, parents[i], float(term)))
            found.get(x, []).sort(key=itemgetter(0))
    return found


def constants_text(numbers: Sequence[float] | None) -> Formula | None:
    """An array of constants."""
    if numbers is None:
        return None
    return Name(f"[{', '.join([numeral(y, 4) for y in numbers[:4]])}{', …' if len(numbers) > 4 else ''}]")


def formula_agrees(formula: Formula, numbers: Mapping[str, float], local: float) -> bool:
    """Whether a formula gives the local partial; not at a kink, where a convention does."""
    try:
        found: float = formula_value(formula, numbers)
    except KeyError:  # an operand that is left out, or a row of the user's own
        return True
    return found == local or local != local or math.isclose(found, local, rel_tol=1e-6, abs_tol=1e-12)


def letter(x: Value, called: Mapping[Value, str]) -> Formula:
    """An operand in a formula: its name, or the number of an unnamed constant."""
    return Numeral(x.data) if x.op == "constant" and not x.label else Name(called.get(x, "…"))


def unique_names(order: Sequence[Value], source: Values) -> dict[Value, str]:
    """A name for each node: its own, made unlike all others; or a letter and a number."""
    called, taken = dict[Value, str](), Counter[str]()
    for x in order:
        if name := source.name(x):
            taken[name] += 1
            called[x] = name if taken[name] == 1 else f"{name}({taken[name]})"
    (root,) = source.roots
    if root not in called:
        called[root] = next(n for n in ("f", "out", "result", "f(root)") if n not in taken)
        taken[called[root]] = 1
    letters = {INPUT: "x", PARAMETER: "w", CONSTANT: "c"}
    numbers = {letter: count(1) for letter in "xwcv"}
    for x in order:
        if x not in called:
            first = letters.get(source.kind(x), "v")
            called[x] = next(name for i in numbers[first] if (name := f"{first}{i}") not in taken)
    return called
