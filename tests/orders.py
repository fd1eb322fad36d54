"""Derivatives of the partials of each row: second ones of all pairs of operands, third ones of each, in every mode.

The reference differentiates the partials of `testing.reference` by differences with as many digits as it takes, from
either side; where these settle on a number, the true derivative exists.
"""

import itertools
import math
import random

from precision import unsigned_zeros
from tabulating import sample

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, grad, jacobian, jvp
from autograd_lite.testing.domains import is_defined, is_flat
from autograd_lite.testing.reference import EXACT, MP

# -- the reference

DIGITS = (90, 240, 700, 2000)
"""Of the differences, as many as it takes."""


def partial_at(row, i, xs):
    partials = EXACT[row.name].partials
    found = partials(list(xs))[i] if callable(partials) else partials[i](*xs)
    if not MP.isfinite(found) or MP.im(found) != 0:
        raise ValueError("outside of the domain")
    return MP.re(found)


def room(row, xs):
    """The distance to the nearest kink, pole or end of the domain; inf without any."""
    if row.distance is None:
        return math.inf
    try:
        return abs(row.distance(list(xs)) if row.arity is None else row.distance(*xs))
    except (ArithmeticError, ValueError):
        return 0.0


def scale_of(row, i, xs):
    """A distance within which a partial looks like a polynomial."""
    sizes = [abs(x) for x in xs if x]
    return MP.mpf(min([1.0, abs(xs[i]) or min([1.0, *sizes]), room(row, xs) or 1.0]))


def one_sided(row, i, xs, j, order, step):
    """The derivative of partial i, `order` times in operand j, by differences to one side; None: it needs more digits.

    Raises where that side is outside of the domain.
    """
    exact = [MP.mpf(x) for x in xs]
    at = [partial_at(row, i, [x + k * step * (n == j) for n, x in enumerate(exact)]) for k in range(order + 1)]
    terms = [(-1) ** (order - k) * math.comb(order, k) * y for k, y in enumerate(at)]
    total, size = MP.fsum(terms), max(map(abs, terms))
    if size and abs(total) < size * MP.mpf(10) ** (45 - MP.dps):
        return None if abs(total) or MP.dps < DIGITS[-1] else MP.mpf(0)
    return total / step**order


def settled(row, i, xs, j, order, side):
    """The derivative from one side in 40 digits, inf where it grows without a bound, nan outside of the domain."""
    step = side * scale_of(row, j, xs) * MP.mpf(10) ** -40
    try:
        for digits in DIGITS:
            with MP.workdps(digits):
                found = [one_sided(row, i, xs, j, order, h) for h in (step, step * step)]
                if None not in found:
                    break
        else:
            return MP.mpf(0)
    except (ArithmeticError, ValueError):
        return MP.nan
    rough, fine = found
    if abs(rough - fine) <= abs(fine) * MP.mpf(10) ** -20:
        return +fine
    return MP.mpf(0) if abs(fine) < abs(rough) * MP.mpf(10) ** -15 else MP.inf if abs(fine) > abs(rough) else MP.nan


def true_derivative(row, i, xs, j, order):
    """The derivative of partial i, `order` times in operand j; nan where it does not exist.

    At an end of the domain it is that from inside.
    """
    left, right = (settled(row, i, xs, j, order, side) for side in (-1, 1))
    if MP.isnan(left) or MP.isnan(right):
        return right if MP.isnan(left) else left
    same = abs(left - right) <= abs(left) * MP.mpf(10) ** -15 if MP.isfinite(left) and MP.isfinite(right) else False
    return right if same else MP.nan


# -- the library, in every mode


def forward(g):
    """The derivative of a function of a number."""
    return lambda t: jvp(g, (t,), (1.0,))[1]


def moved(f, xs, k):
    """f as a function of operand k alone; the others are Values too."""
    others = [ag.identity(Value(x)) if type(x) is float else x for x in xs]
    return lambda t: f([*others[:k], t, *others[k + 1 :]])


def along(f, k):
    return lambda xs: forward(moved(f, xs, k))(xs[k])


MODES = {
    "reverse over reverse": lambda f: jacobian(grad(f), mode="reverse"),
    "forward over reverse": lambda f: jacobian(grad(f), mode="forward"),
    "reverse over forward": lambda f: lambda xs: [grad(along(f, k))(xs) for k in range(len(xs))],
    "forward over forward": lambda f: (
        lambda xs: [[along(along(f, k), m)(xs) for m in range(len(xs))] for k in range(len(xs))]
    ),
}
"""All second derivatives, row by row."""

THIRD = {
    "reverse": lambda f: lambda xs: [grad(grad(grad(moved(f, xs, k))))(xs[k]) for k in range(len(xs))],
    "forward": lambda f: lambda xs: [forward(forward(forward(moved(f, xs, k))))(xs[k]) for k in range(len(xs))],
}
"""The third derivative in each operand."""


def applied(row):
    """The row as a function of a list."""
    if row.arity is not None:
        return lambda xs: row(*xs)
    return (lambda xs: row(xs[: len(xs) // 2], xs[len(xs) // 2 :])) if row.sequences == 2 else row


ROWS = [name for name, row in PRIMITIVES.items() if not (row.selects or is_flat(row))]

# -- the points

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 20.0, -20.0]
FAR = [5e-324, -5e-324, 2.0**-1022, 1e-300, 1e-20, -1e-20, 1e-8, -1e-8, 1e-3, 40.0, -40.0, 1e8, -1e8, 1e150, -1e300]


def special_points(row):
    count = row.arity or (4 if row.sequences == 2 else 3)
    some = (
        SPECIAL + FAR
        if count == 1
        else [*SPECIAL[:1], *SPECIAL[2:8], *FAR[3:8:2], 1e150]
        if count == 2
        else [0.0, 1.0, -2.0, 40.0, 1e-20]
    )
    points = [list(p) for p in itertools.product(some, repeat=count)] if count < 4 else [[1.0, 0.0, -2.0, 3.0]]
    if row.whole:
        points = [p for p in points if all(p[i] == abs(math.floor(p[i])) and p[i] < 9.0 for i in row.whole)]
    return [p for p in points if is_defined(row, p)]


def points_of(row, count):
    source = random.Random(row.name)
    found = special_points(row)
    found += [xs for xs in (unsigned_zeros(row, sample(row, source)) for _ in range(count)) if is_defined(row, xs)]
    return found
