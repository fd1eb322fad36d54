"""Every row at infinite operands: the limits of values and derivatives, from 60 digits and more, and what is not them.

An infinite operand is replaced by huge numbers, with several operands in several orders of growth; the finite ones
stay.  Where all of these agree there is a limit, and the row has to give it; where they do not, nan or a convention.
"""

import contextlib
import itertools
import math
import random

from reference import EXACT, MP

from autograd_lite import PRIMITIVES, Value, gradients, hessian
from autograd_lite.testing.domains import intervals, kink_distance

POWERS = (10, 13, 16, 19)
"""The powers of ten of huge numbers; the much larger ones are their cubes."""


class Undefined(ArithmeticError):
    """The way to the limit is outside of the domain."""


def huge(xs, exponents):
    """The operands with their infinities replaced by these powers of ten."""
    powers = iter(exponents)
    return [MP.mpf(x) if abs(x) < MP.inf else MP.sign(x) * MP.mpf(10) ** next(powers) for x in xs]


def towards(xs):
    """Pairs of points on some ways to the limit: each with infinities by huge numbers, and by much larger ones."""
    count = sum(1 for x in xs if abs(x) == MP.inf)
    for exponents in itertools.islice(itertools.permutations(POWERS[:count]), 6):
        yield huge(xs, exponents), huge(xs, [3 * e for e in exponents])


def limit_of(f, xs):
    """The limit of f(operands) in floats, None where there is none; raises Undefined."""
    found = [limit_on(f, near, far) for near, far in towards(xs)]
    first = found[0]
    if first is None or any(
        x is None or not (x == first or abs(x - first) <= 1e-9 * abs(first) < MP.inf) for x in found
    ):
        return None
    return first


def limit_on(f, near, far):
    try:
        a, b = f(near), f(far)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise Undefined from None
    if not (MP.isnormal(a) or a == 0) or not (MP.isnormal(b) or b == 0) or MP.im(a) != 0 or MP.im(b) != 0:
        return None
    if abs(b) > 50 and abs(b) > 1.2 * abs(a) and MP.sign(a) == MP.sign(b):
        return float(MP.sign(b) * MP.inf)
    if abs(b) < MP.mpf(10) ** -12 and abs(b) <= abs(a):
        return 0.0
    return float(b) if abs(a - b) <= MP.mpf(10) ** -9 * abs(b) else None


def limit_of_value(row, xs):
    """The limit of the value, None where there is none."""
    value = EXACT[row.name].value
    with MP.workdps(200):
        return limit_of(value if row.arity is None else (lambda ys: value(*ys)), xs)


def partial_of(row, i):
    partials = EXACT[row.name].partials
    return (lambda ys: partials(ys)[i]) if callable(partials) else (lambda ys: partials[i](*ys))


def limit_of_partial(row, i, xs):
    """The limit of the partial in operand i, None where there is none."""
    with MP.workdps(200):
        return limit_of(partial_of(row, i), xs)


def limit_of_second(row, i, j, xs):
    """The limit of the second derivative in operands i and j, by differences in many digits."""
    first = partial_of(row, i)
    h = MP.mpf(10) ** -50

    def second(ys):
        up, down = ([y + s * h if k == j else y for k, y in enumerate(ys)] for s in (1, -1))
        return (first(up) - first(down)) / (2 * h)

    with MP.workdps(300):
        return limit_of(second, xs)


# -- what the rows make of it

INF = math.inf
CONVENTIONS = ("maximum", "minimum", "fmax", "fmin", "max", "min", "clip", "where", "cond")
"""Rows that choose: their ties, which have no limit, are as at finite operands."""

EQUAL_SHARES = ("logaddexp", "logsumexp")
"""Where all operands are -inf there is no limit, and the convention is 1/n each."""

PYTHONS = ("add", "sub", "mul", "sum", "prod", "mean", "dot", "mod", "floor_divide", "atan2", "xlogy", "xlog1py")
"""Values that arithmetic decides, limit or not: inf - inf and 0 inf are nan; and the directions of atan2."""


def applied(row, xs):
    if row.name == "dot":
        return row(xs[: len(xs) // 2], xs[len(xs) // 2 :])
    return row(list(xs)) if row.arity is None else row(*xs)


def points(row, most=None):
    """Operands of which at least one is infinite: in each position, and several at once; some of them, with `most`."""
    count = row.arity or (4 if row.sequences == 2 else 3)
    finite = (-2.0, -0.5, 0.0, 0.5, 1.0, 3.0) if count < 3 else (-2.0, 0.0, 0.5)
    each = []
    for i, (low, high) in enumerate(intervals(row, count)):
        numbers = [x for x in finite if low <= x <= high and (i not in row.whole or x == abs(int(x)))]
        # an end of the domain that overflow or underflow sets is none at infinity
        each.append([*numbers, *[x for x, end in ((-INF, low), (INF, high)) if abs(end) > 150.0]])
    found = [xs for xs in itertools.product(*each) if any(map(math.isinf, xs))]
    if most is None or len(found) <= most:
        return found
    same = [xs for xs in found if len(set(xs)) == 1]
    return [*same, *random.Random(row.name).sample(found, most)]


def recorded(row, xs):
    """Inputs and result, None where the row raises or has no number there."""
    inputs = [Value(x) for x in xs]
    try:
        out = applied(row, inputs)
    except (ArithmeticError, ValueError):
        return None
    return None if math.isnan(out.data) else (inputs, out)


def agrees(got, want):
    return got == want or abs(got - want) <= 1e-12 * abs(want) < INF


def is_convention(row, xs):
    """Whether a tie decides."""
    if row.name in EQUAL_SHARES:
        return set(xs) == {-INF}
    return row.name in CONVENTIONS and len(set(xs)) < len(xs)


def faults_of_value(row, most=None):
    found = []
    if row.name in PYTHONS or (row.arity is not None and all(p is None for p in row.partial_rules)):
        return found
    for xs in points(row, most):
        try:
            got = row.raw(list(xs))
        except (ArithmeticError, ValueError):
            continue  # `math` decides
        with contextlib.suppress(Undefined):
            want = limit_of_value(row, xs)
            if want is not None and not agrees(got, want):
                found.append((xs, want, got))
    return found


def faults_of_partials(row, most=None):
    found = []
    for xs in points(row, most):
        made = recorded(row, xs)
        if made is None:
            continue
        inputs, out = made
        for i, (slope, partial) in enumerate(zip(gradients(out, inputs), out.partials, strict=True)):
            if partial is None:
                continue
            try:
                want = limit_of_partial(row, i, xs)
            except Undefined:
                continue
            if want is None and is_convention(row, xs):
                if row.name in EQUAL_SHARES and slope != 1.0 / len(xs):
                    found.append((xs, i, "equal shares", slope))
            elif not (math.isnan(slope) if want is None else agrees(slope, want)):
                found.append((xs, i, want, slope))
    return found


def is_joint(row, i, j, xs, want):
    """Whether the limit is the same where the finite operands are a little different: at 1 ** inf it is not."""
    beside = [x * (1.0 + 1e-9) + 1e-9 if math.isfinite(x) else x for x in xs]
    moved = limit_of_second(row, i, j, beside)
    return moved is not None and (moved == want or abs(moved - want) <= 1e-3 * (1.0 + abs(want)))


def faults_of_seconds(row, most=None):
    """Each second derivative by reverse over reverse."""
    found = []
    for xs in points(row, most):
        made = recorded(row, xs)
        if made is None:
            continue
        _, out = made
        if is_convention(row, xs) or kink_distance(row, xs) == 0.0:
            continue
        rows = hessian(lambda v, row=row: applied(row, v))(list(xs))
        for i, j in itertools.product(range(len(xs)), repeat=2):
            if out.partials[i] is None or out.partials[j] is None:
                continue
            with contextlib.suppress(Undefined):
                smooth = None not in (limit_of_partial(row, i, xs), limit_of_partial(row, j, xs))
                want = limit_of_second(row, i, j, xs)
                if smooth and want is not None and not agrees(rows[i][j], want) and is_joint(row, i, j, xs, want):
                    found.append((xs, (i, j), want, rows[i][j]))
    return found


def measure():
    """How many points were looked at, and the faults of each row."""
    figures = {"points": 0, "faults": {}}
    for name, row in PRIMITIVES.items():
        figures["points"] += len(points(row))
        found = [*faults_of_value(row), *faults_of_partials(row), *faults_of_seconds(row)]
        if found:
            figures["faults"][name] = repr(found[:3])
    return figures


def section(figures):
    """The lines of the page."""
    faults = [f"{name} {text}" for name, text in figures["faults"].items()]
    return [
        "Each operand of each row is -inf or inf, one and several at once, the others among everyday numbers and 0.",
        "Where 60 digits and more show a limit on several ways to infinity, the value, the partials and all second",
        "derivatives have to be it; where they show none, the partials have to be nan, or what the row states.",
        "",
        f"Points: {figures['points']:,}. Faults: {'; '.join(faults) or 'none'}.",
    ]
