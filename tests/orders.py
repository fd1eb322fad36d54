"""Derivatives of the partials of each row: second ones of all pairs of operands, third ones of each, in every mode.

The reference differentiates the partials of `reference` by differences with as many digits as it takes, from
either side; where these settle on a number, the true derivative exists.
"""

import functools
import itertools
import math
import random

from dags import leaves, same_bits
from precision import Bound, unsigned_zeros
from reference import EXACT, MP
from tabulating import sample

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, grad, jacobian, jvp
from autograd_lite.testing.domains import is_defined, is_flat
from autograd_lite.testing.precision import LARGEST, next_float, ulps

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
    longest = 1.0 if row.bend < math.inf else math.inf
    return MP.mpf(min([longest, abs(xs[i]) or min([1.0, *sizes]), room(row, xs) or 1.0]))


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
    whole = max([0, *(math.frexp(x)[1] // 3 for x in xs)])  # digits before the point
    try:
        for digits in [n + whole for n in DIGITS]:
            with MP.workdps(digits):
                found = [one_sided(row, i, xs, j, order, h) for h in (step, step * MP.mpf(10) ** -40)]
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


def of_betaln(i, xs, j, order):
    """By Hurwitz' zeta, since differences of digamma take minutes."""
    a, b = map(MP.mpf, xs)
    if a <= 0 or b <= 0:
        return MP.nan
    with MP.workdps(90 + max([0, *(math.frexp(x)[1] for x in xs)])):
        whole = MP.psi(order, a + b)
        return +(MP.psi(order, xs[i]) - whole if i == j else -whole)


KNOWN = {"betaln": of_betaln}
"""Derivatives that are known otherwise."""


def true_derivative(row, i, xs, j, order):
    return derivative_at(row, i, tuple(xs), j, order)


@functools.lru_cache(maxsize=1000)
def derivative_at(row, i, xs, j, order):
    """The derivative of partial i, `order` times in operand j; nan where it does not exist.

    At an end of the domain it is that from inside.
    """
    if row.name in KNOWN:
        return KNOWN[row.name](i, xs, j, order)
    if order == 2 and not MP.isfinite(true_derivative(row, i, xs, j, 1)):
        return MP.nan
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


# -- the bounds

BOUNDS = {1: Bound(16.0, 8.0, floor=2.0**-1020), 2: Bound(32.0, 24.0, floor=2.0**-1020)}
"""Of second and third derivatives: ulps, and ulps for each of the condition number, taken from the reference."""

FITTED = {"i0e": 100.0, "i1e": 100.0, "betaln": 1000.0}
"""Rows with partials that are polynomials fitted to values, whose derivatives have fewer digits: so many times that."""

INNER = {
    "isru": lambda x, a: a < 1e100,
    "logsumexp": lambda *xs: len(xs) < 3 or all(x == y or abs(x - y) > 1e-30 for x, y in itertools.combinations(xs, 2)),
}
"""Where the intermediate results of all derivatives are floats with all their digits; elsewhere they may underflow.

Of logsumexp of three and more operands, not where some differ by less than 1 can hold: their shares are equal then.
"""

POLE = 1e-100
"""Nearer to a pole, or the end of a domain, intermediate results may leave the floats, and a result be inf or nan."""

MORE = {"pow": lambda x, y: abs(math.log(abs(x))) if x else 0.0}
"""What a rounded operand inside of a row costs beyond the condition: the exponent y - k."""

STEPS = ("mod", "fmod")
"""Rows whose partials are flat between steps as fine as floats: the reference cannot tell where."""

ROWS = [name for name, row in PRIMITIVES.items() if name not in STEPS and not (row.selects or is_flat(row))]


def condition(row, i, xs, j, order):
    """How many ulps of a derivative an ulp in every operand costs, from differences in the reference."""
    at, moved = true_derivative(row, i, xs, j, order), 0.0
    if at == 0.0:
        return math.inf
    for k, x in enumerate(xs):
        if x and k not in row.whole:
            near = [true_derivative(row, i, [next_float(y, s) if n == k else y for n, y in enumerate(xs)], j, order)
                    for s in (-1, 1)]  # fmt: skip
            moved += max([float(abs(y - at) / abs(at)) for y in near if MP.isfinite(y)], default=0.0) * 2.0**53
    return moved


def shortfall(row, i, xs, j, order, got):
    """The ulps that a derivative is off, and how many times the allowed error that is; None where it does not exist."""
    want = true_derivative(row, i, xs, j, order)
    if not MP.isfinite(want):
        return None
    if not math.isfinite(got) and (0.0 < room(row, xs) < POLE or abs(want) > LARGEST):
        return 0.0, 0.0
    bound = BOUNDS[order]
    off = ulps(got, want)
    if off <= bound.base:
        return off, off / bound.base
    error = float(abs(MP.mpf(got) - want)) if math.isfinite(got) else math.inf
    if error <= bound.floor:
        return 0.0, error / bound.floor
    more = MORE[row.name](*xs) if row.name in MORE else 0.0
    allowed = bound.base + bound.conditioned * (condition(row, i, xs, j, order) + more)
    return off, off / (allowed * FITTED.get(row.name, 1.0))


def alike(numbers):
    """Whether numbers are the same, all nans alike and zeros whatever their signs."""
    return len({repr(float(x) + 0.0) for x in numbers}) == 1


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


def points_of(row, count, special):
    """So many of the special points and of random ones."""
    source = random.Random(row.name)
    found = special_points(row)
    found = source.sample(found, min(special, len(found)))
    found += [xs for xs in (unsigned_zeros(row, sample(row, source)) for _ in range(count)) if is_defined(row, xs)]
    return [xs for xs in found if len(xs) <= 4 and (row.name not in INNER or INNER[row.name](*xs))]


class Tally:
    """What was found of a row: the worst second and third derivatives, and the points where modes disagree."""

    def __init__(self):
        self.points, self.worst, self.failures = 0, {1: (0.0, 0.0), 2: (0.0, 0.0)}, []

    def look(self, row, xs, found):
        """Compare what `everything` gives."""
        seconds, thirds = found[: len(MODES)], found[len(MODES) :]
        free = [i for i in range(len(xs)) if has_partial(row, i, xs)]
        for i in free:
            for j in free:
                self.compare(row, i, xs, j, 1, [h[i][j] for h in seconds])
            self.compare(row, i, xs, i, 2, [t[i] for t in thirds])

    def compare(self, row, i, xs, j, order, numbers):
        """Compare the numbers of every mode with the truth, or with each other where there is none."""
        for got in numbers:
            found = shortfall(row, i, xs, j, order, float(got))
            if found is None:
                if not alike(numbers):
                    self.failures.append(f"{row.name}{tuple(xs)}: d{order} of partial {i} in {j}: modes give {numbers}")
                return
            self.worst[order] = tuple(map(max, self.worst[order], found))
            if found[1] > 1.0:
                self.failures.append(f"{row.name}{tuple(xs)}: d{order} of partial {i} in {j} is {got}, {found} too far")
                return


def has_partial(row, i, xs):
    """Whether the reference has the partial in an operand, as it has none in orders and shapes."""
    if i in row.whole:
        return False
    try:
        partial_at(row, i, [MP.mpf(x) for x in xs])
    except (ArithmeticError, ValueError):
        return row.distance is not None and room(row, xs) == 0.0 and row.name not in ("gammainc", "gammaincc")
    return True


def look_at(row, points, function=None):
    """The tally of a row at these points; `function` takes the place of the row."""
    f, tally = function or applied(row), Tally()
    for xs in points:
        tally.points += 1
        tally.look(row, xs, everything(f)(list(xs)))
    return tally


def everything(f):
    """All of these derivatives, for a back end."""
    return lambda xs: [mode(f)(xs) for mode in (*MODES.values(), *THIRD.values())]


BACK_ENDS = ("python", "llvm", "numpy")
OF_NUMPY = 64.0
"""The ulps by which derivatives may differ where the functions are NumPy's and SciPy's."""


def near(a, b):
    return alike((a, b)) or ulps(float(a), float(b)) <= OF_NUMPY


def back_end_faults(row, points):
    """Where python and strict llvm differ from the eager derivatives by a bit, and numpy by more than its bound."""
    f, found = everything(applied(row)), []
    for backend in BACK_ENDS:
        compiled = ag.compile(f, backend=backend)
        for xs in points:
            eager, got = f(list(xs)), compiled(list(xs))
            if not (within_bounds(row, xs, got, eager) if backend == "numpy" else same_bits(got, eager)):
                found.append(f"{row.name}{tuple(xs)} by {backend}: {got}, not {eager}")
    return found


def within_bounds(row, xs, got, eager):
    """Whether all derivatives are near the eager ones, or as near to the truth as these have to be."""
    if all(map(near, leaves(got), leaves(eager))):
        return True
    tally = Tally()
    tally.look(row, xs, got)
    return not tally.failures


def measure(special, count):
    """Of each row: the points, the worst ulps and share of the bound of second and third derivatives, the failures."""
    found = {}
    for name in ROWS:
        row, points = PRIMITIVES[name], points_of(PRIMITIVES[name], count, special)
        tally = look_at(row, points)
        tally.failures += back_end_faults(row, points)
        if tally.points:
            found[name] = [tally.points, *tally.worst[1], *tally.worst[2], len(tally.failures)]
    return found


def section(rows):
    """The lines of the page."""
    lines = [
        "Second derivatives of all pairs of operands and third ones in each, every operand a Value, as reverse over",
        "reverse, forward over reverse, reverse over forward and forward over forward. The reference differentiates",
        "the partials in as many digits as it takes. Bounds: 16 ulps and 8 for each of the condition number, 32 and 24",
        "for third ones (a hundred times that for i0e and i1e, a thousand times for betaln, whose slopes are fitted",
        "polynomials); a result beyond the floats, or nearer than 1e-100 to a pole, may be inf or nan. Where there is",
        "no derivative, all modes agree. At the same points python and strict llvm give the bits of the eager",
        "derivatives, and numpy numbers within 64 ulps of them or the bounds; what differs counts as a failure.",
        "Left out: isru from a = 1e100 on, and three and more operands of logsumexp that differ by less than 1e-30.",
        "",
        "| row | points | second, worst ulps | share of bound | third, worst ulps | share of bound | failures |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, (points, *worst, failures) in rows.items():
        lines.append(f"| {name} | {points} | {' | '.join(f'{x:.3g}' for x in worst)} | {failures} |")
    return [*lines, "", f"Failures: {sum(row[-1] for row in rows.values())}."]
