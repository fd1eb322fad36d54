"""Every row in JavaScript against the eager engine: how many units in the last place it is off, at worst."""

import math
import random
import struct

import numpy
import programs

from autograd_lite import PRIMITIVES
from autograd_lite.backends.languages.dialects import JAVASCRIPT_MATH
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.program import Program

SUMS = {
    "j0": 1.0, "j1": 1.0, "betaln": 1.0, "logsumexp": 1.0,
    "logaddexp": 1.0,
}  # fmt: skip
"""Rows that cancel near their zeros, where the engine loses digits too: how large what they add up is, about."""

CBRT = 3  # that of C's library is off by 2.5 itself
MADE_OF_EXACT = (
    "reciprocal identity stop_gradient ceil round trunc fmod floor_divide less_equal logical_and logical_or greater "
    "greater_equal not_equal isnan isinf isfinite fmax fmin heaviside relu cond softsign isru bent_identity share "
    "rsqrt hypot euclidean_norm gamma lgamma digamma trigamma"
)
EXACT = {*programs.EXACT, *MADE_OF_EXACT.split()}
"""Rows that are made of arithmetic, square roots and comparisons."""


def rows():
    """The rows that are called with numbers that are all computed."""
    return [row for name, row in PRIMITIVES.items() if name not in ("gammainc", "gammaincc", "polygamma")]


def bound(row, x):
    """How far a row may be off: 2 ulps of what `Math` has, 4 of what it lacks."""
    if row.name in EXACT:
        return 0
    if row.name == "cbrt":
        return CBRT
    return 2 if row.libm in JAVASCRIPT_MATH.split() else 4


def drawn(rng, low, high):
    """A number of an interval, small, of everyday size, or of any size."""
    if rng.random() < 0.5:
        size = rng.choice((1.2, 10.0, 750.0))
        return rng.uniform(max(low, -size), min(high, size))
    x = math.ldexp(rng.uniform(0.5, 1.0), rng.randint(-1073, 1024) if rng.random() < 0.3 else rng.randint(-30, 10))
    return min(max(-x if low < 0.0 and rng.random() < 0.5 else x, low), high)


def points(row, count):
    rng = random.Random(row.name)
    operands = row.arity or 3 * row.sequences
    bounds = row.intervals or ((-1e300, 1e300),)
    found = [[drawn(rng, *bounds[k % len(bounds)]) for k in range(operands)] for _ in range(count)]
    return [[float(round(x)) if k in row.whole else x for k, x in enumerate(point)] for point in found]


def place(x):
    """The number of a float among all floats in order."""
    (bits,) = struct.unpack("<q", struct.pack("<d", x))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def ulps(row, wanted, found):
    """How many floats two results are apart, counted at the size of what is added up; inf where one alone is nan."""
    if wanted != wanted or found != found:
        return 0.0 if wanted != wanted and found != found else math.inf
    size = SUMS.get(row.name, 0.0)
    if abs(wanted) < size:
        return abs(wanted - found) / math.ulp(size)
    return float(abs(place(wanted) - place(found)))


def worst(row, count):
    """The largest distance, and the operands."""
    from autograd_lite.backends.languages.node import JavaScriptCode

    xs = points(row, count)
    operands = len(xs[0])
    instruction = Instruction(row, tuple(range(operands)))
    program = Program([Argument("x", operands, True)], [instruction], [Result((operands,), True)])
    found = JavaScriptCode(program)([numpy.array(xs)], count)[0].reshape(-1).tolist()
    pairs = zip(xs, found, strict=True)
    distances = [(ulps(row, row.ieee_value(*x), y), x) for x, y in pairs]
    return max(distances, key=lambda pair: pair[0] / max(bound(row, pair[1]), 1))


def measure(count):
    found = {row.name: worst(row, count) for row in rows()}
    return {"points": count, "rows": {name: {"ulps": ulps, "at": x} for name, (ulps, x) in found.items()}}


def section(figures):
    """The lines of the page."""
    off = {name: row for name, row in figures["rows"].items() if row["ulps"] > 0.0}
    sums = ", ".join([f"{name} {size:g}" for name, size in SUMS.items()])
    lines = [
        f"Each row at {figures['points']:,} random points of its domain, in Node. Rows that are not listed have the",
        "bits of the eager engine. Allowed are 2 ulps of the engine's own value, and 4 where `Math` has no such",
        f"function, {CBRT} of cbrt, since that of C's library is off by 2.5.",
        f"Near zeros, where terms cancel in the engine too, ulps are those of the terms: {sums}.",
        "",
        "| row | worst, ulps | allowed | at |",
        "| --- | --- | --- | --- |",
    ]
    for name, row in off.items():
        at = ", ".join([f"{x:.6g}" for x in row["at"]])
        lines.append(f"| {name} | {row['ulps']:.3g} | {bound(PRIMITIVES[name], row['at']):g} | {at} |")
    return lines
