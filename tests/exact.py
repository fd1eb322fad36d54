"""Random expressions in 60 digits: value, gradient and second derivatives, and how near them a result must be.

The reference has a chain rule of its own, over the rows of `reference`.  What precision may be asked is
found the same way, which is what the condition at that point allows: with every value and partial off by some
ulps at random, how far does the result move?
"""

import random
import struct

from reference import EXACT, MP

from autograd_lite import Value, gradients
from autograd_lite.testing.domains import is_flat

ULPS = 8  # what a row may be off, in value and partial
RUNS = 6
STEP = MP.mpf(10) ** -20  # of differences in 60 digits


def bits(x):
    return "nan" if x != x else struct.pack("<d", x)


def exact_gradient(f, noise=None, point=None):
    """The value of an expression and its gradient in 60 digits; `noise` gives a factor for every number."""
    factor = noise or (lambda: 1)
    values = [MP.mpf(x) for x in (point or f.point)]
    count = len(values)
    tape = []
    place = list(range(count))
    for _ in range(f.repeat):
        local = place[:count]
        for row, operands in f.steps:
            chosen = [local[i] if isinstance(i, int) else None for i in operands]
            numbers = [values[c] if c is not None else MP.mpf(i) for c, i in zip(chosen, operands, strict=True)]
            entry = EXACT[row.name]
            out = entry.value(numbers) if row.arity is None else entry.value(*numbers)
            partials = entry.partials(numbers) if callable(entry.partials) else None
            slopes = []
            for i, c in enumerate(chosen):
                if c is None:
                    slopes.append(None)
                    continue
                slope = partials[i] if partials is not None else entry.partials[i](*numbers)
                slopes.append(slope * factor())
            tape.append((len(values), chosen, slopes))
            local.append(len(values))
            values.append(out if is_flat(row) else out * factor())  # whole numbers and truth values are exact
        place[0] = local[-1]
    adjoints = [MP.mpf(0)] * len(values)
    adjoints[-1] = MP.mpf(1)
    for k, chosen, slopes in reversed(tape):
        for c, slope in zip(chosen, slopes, strict=True):
            if c is not None:
                adjoints[c] += adjoints[k] * slope * factor()
    return values[-1], adjoints[:count]


def numbers_of(f, noise=None):
    """The value and the gradient, in one list."""
    value, slopes = exact_gradient(f, noise)
    return [value, *slopes]


def second_derivatives(f, noise=None):
    """All second derivatives, row by row: differences of the exact gradient, half of whose digits are right."""
    rows = []
    state = noise.__self__.getstate() if noise else None
    for j in range(len(f.point)):
        ends = []
        for sign in (1, -1):
            if noise:
                noise.__self__.setstate(state)  # the same errors at both ends, or they would be divided by the step
            point = [MP.mpf(x) + (sign * STEP if i == j else 0) for i, x in enumerate(f.point)]
            ends.append(exact_gradient(f, noise, point)[1])
        rows += [(a - b) / (2 * STEP) for a, b in zip(*ends, strict=True)]
    return rows


class Noise(random.Random):
    """Factors that put a number some ulps off, up or down."""

    def factor(self):
        return 1 + self.choice((-1, 1)) * MP.mpf(ULPS) * MP.mpf(2) ** -53


def check_numbers(f, got, exact=numbers_of):
    """Assert that numbers are as near those of the reference as the condition allows; how many could be asked."""
    want = exact(f)
    errors = [abs(MP.mpf(g) - w) for g, w in zip(got, want, strict=True)]
    least = [abs(w) * MP.mpf(2) ** -50 + MP.mpf(10) ** -300 for w in want]
    if all(e <= a for e, a in zip(errors, least, strict=True)):
        return len(want)  # nobody could ask for more
    source = Noise(0)
    spread = [MP.mpf(0)] * len(want)
    for _ in range(RUNS):
        noisy = exact(f, source.factor)
        spread = [max(s, abs(n - w)) for s, n, w in zip(spread, noisy, want, strict=True)]
        source.random()
    asked = 0
    for g, w, s, e, a in zip(got, want, spread, errors, least, strict=True):
        if s > 1e-4 * abs(w) + 1e-280:
            continue  # nothing can be asked here
        asked += 1
        excess = float(e / (4 * s + a))
        assert excess <= 1.0, f"{g} for {float(w)}, {excess} times the allowed error\n{f}"
    return asked


def check_expression(f, engine=gradients):
    """Value and gradient of the library are as near the truth as numbers of this precision allow."""
    inputs = [Value(x) for x in f.point]
    out = f(*inputs)
    return check_numbers(f, [out.data, *engine(out, inputs)])
