"""Random functions under random transforms, in every engine: what the long part of the regime counts by the million.

Engines that promise the bits of the eager one are compared to the bit.  Where a library or `fastmath` brings its
own functions, a result may move as far as it does when every operation is off by a few units in the last place.
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import dags
import numpy
from precision import EXACTLY, NORMAL, VALUES
from recording import record, recorded

from autograd_lite import compile, vmap
from autograd_lite.program.instructions import Result
from autograd_lite.program.interpreter import interpret
from autograd_lite.program.program import Program
from autograd_lite.testing.domains import is_flat

SECOND = [name for name in dags.TRANSFORMS if "hessian" in name or "hvp" in name or "of " in name or "(grad" in name]
FORWARD = [name for name in dags.TRANSFORMS if name.startswith("jvp(f") or "forward" in name]
POINTS = 9  # a full vector of lanes, and one more
ULPS, RUNS, FACTOR = 8, 8, 4.0


@dataclass
class Tally:
    """What was compared, and what failed: as text with how to see it again."""

    dags: int = 0
    results: int = 0
    loose: int = 0  # results of numpy and fastmath that were not the same to 4 ulps
    unasked: int = 0  # of these, those that a few ulps in each operation move by more than a thousandth
    failures: list[str] = field(default_factory=list)

    def add(self, other):
        self.dags += other.dags
        self.results += other.results
        self.loose += other.loose
        self.unasked += other.unasked
        self.failures += other.failures


def case(choose, names=tuple(dags.TRANSFORMS)):
    """A function as text, the name of a transform, and a point."""
    return dags.source(choose), choose.one_of(list(names)), dags.point(choose, 3)


def report(text, transform, x, expected, found, engine="compiled"):
    return f"{text}\n{transform} at x = {x!r}\neager    {expected!r}\n{engine} {found!r}"


def compare_at_points(cases, backend):
    """All cases in one program, each at its own point; what fails is in the tally."""
    functions = [dags.function(text) for text, _, _ in cases]
    expected = [dags.eagerly(transform, f, x) for f, (_, transform, x) in zip(functions, cases, strict=True)]
    kept = [i for i, result in enumerate(expected) if result is not None]

    def everything(points):
        return [dags.TRANSFORMS[cases[i][1]](functions[i])(x) for i, x in zip(kept, points, strict=True)]

    tally = Tally(dags=len(kept))
    for i, result in zip(kept, compile(everything, backend=backend)([cases[i][2] for i in kept]), strict=True):
        tally.results += len(expected[i])
        if not dags.same_bits(expected[i], result):
            tally.failures.append(report(*cases[i], expected[i], result))
    return tally


ENGINES = (("python", False), ("llvm", False), ("numpy", False), ("llvm", True))
"""Back ends, and whether with fastmath."""


def compare_engines(seed, count, engines=ENGINES):
    """So many functions from a seed on, at points that they share, in eager and in engines.

    Each in three transforms: its gradient, a second derivative, and one of forward mode.
    """
    choose = dags.Chooser(seed)
    points = [dags.point(choose, 3) for _ in range(POINTS)]
    cases, expected = [], []
    for _ in range(count):
        text = dags.source(choose)
        f = dags.function(text)
        for name in ("value_and_grad(f)", choose.one_of(SECOND), choose.one_of(FORWARD)):
            results = [dags.eagerly(name, f, x) for x in points]
            if any(result is not None for result in results):
                cases.append((text, name, dags.TRANSFORMS[name](f)))
                expected.append(results)
    tally = Tally(dags=len({text for text, _, _ in cases}))
    mapped = vmap(lambda x: [f(x) for _, _, f in cases])
    for backend, fastmath in engines:
        columns = parts(compile(mapped, backend=backend, fastmath=fastmath)(numpy.array(points)))
        strict = backend in ("python", "llvm") and not fastmath
        engine = "fastmath" if fastmath else backend
        at = 0
        for (text, name, f), results in zip(cases, expected, strict=True):
            size = next(len(result) for result in results if result is not None)
            for k, (x, want) in enumerate(zip(points, results, strict=True)):
                if want is not None:
                    got = [float(column[k]) for column in columns[at : at + size]]
                    tally.results += size
                    right = dags.same_bits(want, got) if strict else near(f, x, want, got, tally, fused=fastmath)
                    if not right:
                        tally.failures.append(report(text, name, x, want, got, engine))
            at += size
        assert at == len(columns)
    return tally


def parts(x):
    """The arrays in a result of samples, each flat but for the samples, column by column."""
    if isinstance(x, (list, tuple)):
        return [column for part in x for column in parts(part)]
    return list(x.reshape(len(x), -1).T)


def near(f, x, want, got, tally, fused):
    """Whether every result of an engine with functions of its own is as near as its bound.

    Nothing is asked at a jump: where errors of some ulps turn a choice.  Nor of an engine that fuses products with
    sums where a product alone overflows.
    """
    far = [j for j, (a, b) in enumerate(zip(want, got, strict=True)) if not close(a, b)]
    if not far:
        return True
    tally.loose += len(far)
    program = compile(f, backend="python").trace(x)
    source = random.Random(0)
    exact = computed(program, x, lambda: 0.0)
    runs = [computed(program, x, lambda: 1.0), computed(program, x, lambda: -1.0)]
    runs += [computed(program, x, lambda: source.choice((-1.0, 1.0))) for _ in range(RUNS - 2)]
    jumps = [i for i, (row, _, _) in enumerate(program.instructions, program.size) if is_flat(row)]
    if any(apart(run[i], exact[i]) for run in runs for i in jumps) or (fused and not all(map(math.isfinite, exact))):
        tally.unasked += len(far)
        return True
    places = [i for result in program.results for i in result.values]
    right = True
    for j in far:
        moved = max(apart(run[places[j]], want[j]) for run in runs)
        if moved > 1e-3 * abs(want[j]) or not math.isfinite(moved):
            tally.unasked += 1
        elif not apart(got[j], want[j]) <= FACTOR * moved + 4.0 * math.ulp(want[j]):
            right = False
    return right


def close(a, b):
    return dags.same(a, b) or a == b or apart(a, b) <= 4.0 * math.ulp(a)


def apart(a, b):
    """The distance of two numbers; 0 for two nans and for the same infinity, inf where only one is finite."""
    if a == b or (a != a and b != b):
        return 0.0
    distance = abs(a - b)
    return distance if math.isfinite(distance) else math.inf


def computed(program, x, sign):
    """All values of a program, each rounded one off by ULPS times what `sign` gives."""

    def meaning(row, numbers):
        out = row.ieee_value(*numbers)
        if VALUES.get(row.name) != EXACTLY and not is_flat(row) and math.isfinite(out):
            out += sign() * ULPS * max(math.ulp(out), rounding(row, numbers))
        return out

    every = Result(tuple(range(program.size + len(program.instructions))), False)
    return interpret(Program(program.arguments, program.instructions, [every]), meaning, [x])[0]


def rounding(row, numbers):
    """The last place of the largest partial sum, where a row adds up what may cancel; and what SciPy loses."""
    if row.name == "erfc" and 0.0 < abs(row.ieee_value(*numbers)) < NORMAL:
        return row.ieee_value(*numbers)  # SciPy's is 0 there
    if row.name not in ("sum", "mean", "dot"):
        return 0.0
    half = len(numbers) // 2
    terms = [a * b for a, b in zip(numbers[:half], numbers[half:], strict=True)] if row.name == "dot" else numbers
    size = sum(map(abs, terms))
    return math.ulp(size) if math.isfinite(size) else 0.0


def compare_in_python(seed, count):
    """So many functions from a seed on, each in one transform and at a point of its own, in generated Python."""
    choose = dags.Chooser(seed)
    return compare_at_points([case(choose) for _ in range(count)], "python")


class Part(NamedTuple):
    wanted: int  # DAGs
    chunk: int
    first: int  # seed, of the first chunk
    compare: Callable[[int, int], Tally]


PARTS = {
    "dags": Part(100_000, 100, 10**7, compare_engines),
    "dags_python": Part(1_000_000, 200, 2 * 10**7, compare_in_python),
}


def measure(name):
    """Run a part chunk by chunk; a run that was interrupted goes on where it stopped, and counts what it did."""
    wanted, chunk, first, compare = PARTS[name]
    document = recorded(name)
    begun = document["figures"] if document is not None and document["figures"]["dags"] < wanted else {}
    done, seconds = begun.get("chunks", 0), begun.get("seconds", 0.0)
    tally = Tally(**{key: begun[key] for key in Tally().__dict__ if key in begun})
    start = kept = time.monotonic()
    while tally.dags < wanted:
        tally.add(compare(first + done, chunk))
        done += 1
        now = time.monotonic()
        if now - kept > 20.0 or tally.dags >= wanted:
            kept = now
            record(name, {**tally.__dict__, "chunks": done, "first seed": first, "chunk": chunk,
                          "seconds": seconds + now - start})  # fmt: skip
    return tally


def engines_section(figures):
    """The lines of the page."""
    return [
        f"{figures['dags']:,} random functions with sharing, constants and choices, each at {POINTS} points in three",
        "transforms (value and gradient, a second derivative, forward mode). Python and strict llvm have the bits of",
        f"the eager engine in all; numpy and fastmath are within 4 ulps, or within {FACTOR:g} times what an error of",
        f"{ULPS} ulps in every operation moves.",
        "",
        f"Results compared: {figures['results']:,}. Beyond 4 ulps in numpy or fastmath: {figures['loose']:,}; of these",
        f"{figures['unasked']:,} were not asked for digits, because such errors move them by more than a thousandth",
        "or turn a choice, or a product that is fused overflows.",
        "",
        *[f"Looked into, of this run: {n} {what}." for what, n in figures.get("looked into", {}).items()],
        "",
        *ending(figures),
    ]


def python_section(figures):
    return [
        f"{figures['dags']:,} random functions, each in one of {len(dags.TRANSFORMS)} transforms at a point of its",
        f"own: {figures['results']:,} results, with the bits of the eager engine. Those that raise eagerly are not",
        "counted.",
        "",
        *ending(figures),
    ]


def ending(figures):
    first, last = figures["first seed"], figures["first seed"] + figures["chunks"] - 1
    lines = [f"Failures: {len(figures['failures'])}. Seeds {first} to {last}, {figures['chunk']} functions each."]
    for text in figures["failures"][:5]:
        lines += ["", "```", text, "```"]
    return lines
