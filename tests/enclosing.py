"""Random functions judged by ball arithmetic: what every back end computes is in the interval that the bounds allow.

A second run of the program in balls widens the result of every instruction by the ulps that `precision` publishes for
its row: so it encloses whatever an engine may compute whose rows are within their bounds.
"""

import math
import time
from dataclasses import dataclass, field

import dags
from comparing import report
from precision import PARTIAL, PARTIALS, VALUE, VALUES, Bound, is_comfortable
from recording import record, recorded

from autograd_lite import compile
from autograd_lite.core.primitives import INTERNAL
from autograd_lite.program.interpreter import interpret
from autograd_lite.testing.balls import BallArithmetic
from autograd_lite.testing.domains import intervals
from autograd_lite.testing.precision import LARGEST

ULP = 2.0**-52
SUBNORMAL = 2.0**-1074
BITS = 100
WIDE = 1e-3  # relative: what is wider shows little, though it has to hold the result too
NUMPY = 4.0  # ulps of functions of NumPy, which has its own
FASTMATH = (
    8.0  # ulps of the approximations of fastmath, and of sums and products that it fuses and puts in another order
)
FIRST_SEED, CHUNK, WANTED = 3 * 10**7, 20, 100_000
TRANSFORMS = ("value_and_grad(f)", "grad(f)", "f", "jvp(f, (x,), ([0.5, 0.0, -1.0],))")


@dataclass
class Judged:
    """What was judged, and what failed: as text with how to see it again."""

    functions: int = 0
    results: int = 0  # floats of all engines
    narrow: int = 0  # of these, in intervals that say something
    wide: int = 0
    unbounded: int = 0  # nothing to be in: an overflow, a domain that may be left, rows outside of their bounds
    undecided: int = 0  # in intervals that hold several branches
    misses: list[str] = field(default_factory=list)

    def add(self, other):
        for name, value in other.__dict__.items():
            setattr(self, name, getattr(self, name) + value)


def widening(least):
    """An enclosure of what an engine computes whose rows are within their bounds, or within so many ulps."""

    def widened(row, arbs, f):
        arb = type(arbs[0])
        if not all(x.is_finite() for x in arbs) or not is_bounded(row, [float(x.mid()) for x in arbs]):
            return arb.nan()
        bound = published(row, arbs)
        base = max(bound.base, least) if bound.base else 0.0
        if bound.conditioned:
            arbs = [x + x * arb(0, bound.conditioned * ULP) for x in arbs]
        result = f(arbs)
        if base and result.is_finite():
            underflow = SUBNORMAL * max(base, 1.0) * len(arbs)  # a sum of products may lose so much in each
            result += arb(0, float(abs(result).upper() * ULP * base * (1 + ULP)) + underflow + bound.floor)
        return result if result.is_finite() and abs(result) <= LARGEST else arb.nan()

    return widened


def is_bounded(row, xs):
    """Whether the bounds are published for these operands: where the tests of the table draw from."""
    return is_comfortable(row, xs) and all(
        low <= x <= high for x, (low, high) in zip(xs, intervals(row, len(xs)), strict=True)
    )


def published(row, arbs):
    """The bound of a row; that of the partials of a row where it is a slope, for rules alone."""
    if row.name in VALUES or row.name not in INTERNAL:
        return VALUES.get(row.name, VALUE)
    if row.name != "power_slope":
        return PARTIAL
    _, _, x, y = (float(u.mid()) for u in arbs)
    bound = PARTIALS["pow"]
    return Bound(bound.base + bound.conditioned * bound.of(x, y))


def enclosed(program, arguments, least):
    """The intervals of all results."""
    arithmetic = BallArithmetic(BITS, widening(least))
    with arithmetic.context():
        found = interpret(program, arithmetic.value, arguments)
        return arithmetic.balls([x for result in found for x in result])


def judge(seed, count):
    """So many functions from a seed on, each in a transform and at a point of its own, in every back end."""
    choose = dags.Chooser(seed)
    cases = [(dags.source(choose), choose.one_of(TRANSFORMS), dags.point(choose, 3)) for _ in range(count)]
    functions = [dags.TRANSFORMS[name](dags.function(text)) for text, name, _ in cases]
    points = [x for _, _, x in cases]

    def everything(points):
        return [f(x) for f, x in zip(functions, points, strict=True)]

    traced = compile(everything, backend="python")
    program = traced.trace(points)
    flat = [[x for point in points for x in point]]
    tally = Judged(functions=count)
    strict, loose, fast = (enclosed(program, flat, least) for least in (0.0, NUMPY, FASTMATH))
    engines = [
        ("python", traced, strict),
        ("llvm", compile(everything, backend="llvm"), strict),
        ("numpy", compile(everything, backend="numpy"), loose),
        ("fastmath", compile(everything, backend="llvm", fastmath=True), fast),
    ]
    for backend, compiled, balls in engines:
        results = compiled(points)
        at = 0
        for case, result in zip(cases, results, strict=True):
            found = [float(x) for x in dags.leaves(result)]
            for i, x in enumerate(found):
                look(case, i, x, balls[at + i], backend, tally)
            at += len(found)
        assert at == len(balls)
    return tally


def look(case, i, x, ball, engine, tally):
    """Whether a float is in its interval."""
    tally.results += 1
    if not ball.arb.is_finite():
        tally.unbounded += 1
        return
    tally.undecided += not ball.decided
    width = float(ball.arb.rad())
    narrow = width <= WIDE * abs(float(ball.arb.mid())) or width <= SUBNORMAL
    tally.narrow += narrow
    tally.wide += not narrow
    if not (math.isfinite(x) and ball.arb.contains(type(ball.arb)(x))):
        tally.misses.append(report(*case, ball.arb.str(20), f"{x!r}, result {i}", engine))


def measure(seconds=600.0):
    """Judge chunk by chunk, for so long or to the wanted number; a run goes on where the last one stopped."""
    document = recorded("balls")
    begun = document["figures"] if document is not None and document["figures"]["functions"] < WANTED else {}
    done, spent = begun.get("chunks", 0), begun.get("seconds", 0.0)
    tally = Judged(**{key: begun[key] for key in Judged().__dict__ if key in begun})
    start = kept = time.monotonic()
    while tally.functions < WANTED and time.monotonic() < start + seconds:
        tally.add(judge(FIRST_SEED + done, CHUNK))
        done += 1
        now = time.monotonic()
        if now > kept + 20.0 or now >= start + seconds or tally.functions >= WANTED:
            kept = now
            record("balls", {**tally.__dict__, "chunks": done, "first seed": FIRST_SEED, "chunk": CHUNK,
                             "seconds": spent + now - start})  # fmt: skip
    return tally


def fastmath_lines(figures):
    """What was judged in fastmath too; all of it, where that was not counted for itself."""
    count = figures.get("with fastmath", figures["functions"])
    return [
        f"Of {count:,} of these functions those of fastmath too (at least {FASTMATH:g} ulps an instruction, since it",
        "approximates functions, fuses products with sums and puts sums in another order).",
    ]


def section(figures):
    """The lines of the page."""
    judged = max(figures["results"] - figures["unbounded"], 1)
    first, last = figures["first seed"], figures["first seed"] + figures["chunks"] - 1
    lines = [
        f"{figures['functions']:,} random functions with sharing, constants and choices, each in one transform",
        "(values, gradients, forward mode) at a point of its own. A run in ball arithmetic widens the result of every",
        "instruction by the ulps that are published for its row, so that it encloses what an engine may compute; each",
        f"float of generated Python, strict llvm and numpy (at least {NUMPY:g} ulps a function) has to be in that.",
        *fastmath_lines(figures),
        "",
        f"Results: {figures['results']:,}. Of these {figures['unbounded']:,} have no interval (an overflow, a domain",
        f"that may be left, or operands outside of what bounds are published for). Of the {judged:,} that have one,",
        f"{figures['narrow']:,} are known to a thousandth or better, {figures['wide']:,} are too wide to say much, and",
        f"{figures['undecided']:,} hold several branches of a choice that was not decided.",
        "",
        f"Misses: {len(figures['misses'])}. Seeds {first} to {last}, {figures['chunk']} functions each, in"
        f" {figures['seconds']:.0f} seconds of one core.",
    ]
    for text in figures["misses"][:5]:
        lines += ["", "```", text, "```"]
    return lines
