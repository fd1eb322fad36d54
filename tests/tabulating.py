"""How far off each row of the table is at many points of its domain, and random expressions, against 60 digits."""

import random

from exact import check_expression
from precision import MANY, REASONS, is_comfortable, partial_excess, unsigned_zeros, value_excess
from reference import MP, exact_partials, exact_value

from autograd_lite import PRIMITIVES
from autograd_lite.testing.domains import intervals, is_defined
from autograd_lite.testing.precision import LARGEST, SMALLEST, float_at, next_float, position, ulps
from autograd_lite.testing.random_graphs import random_expression

NORMAL = 2.0**-1022
MARKS = [0.0, SMALLEST, NORMAL, 2.0**-511, 1.0, 2.0**53, 2.0**511, LARGEST, *(k / 2.0 for k in range(41))]
"""Where functions change: with their negatives and neighbours they hold kinks, poles and both ends of the floats."""


def drawn(source, low, high, before):
    """One operand: by the spacing of floats, an everyday one, subnormal, a mark, or next to an operand before it."""
    kind = source.random()
    if kind < 0.4:
        return float_at(source.randint(position(low), position(high)))
    if kind < 0.65 and low <= 10.0 and high >= -10.0:
        return source.uniform(max(low, -10.0), min(high, 10.0))
    if kind < 0.75:
        x = source.choice((-1.0, 1.0)) * float_at(source.randint(0, position(NORMAL)))
    elif before and kind < 0.85:
        x = source.choice(before)
    else:
        x = source.choice((-1.0, 1.0)) * source.choice(MARKS)
    return min(high, max(low, next_float(x, source.choice((-1, 0, 0, 1)))))


def sample(row, source):
    """Operands of a row somewhere in the intervals of its domain."""
    count = row.arity or source.randint(1, 4) * row.sequences
    xs = []
    for i, (low, high) in enumerate(intervals(row, count)):
        whole = i in row.whole
        xs.append(float(source.randint(int(low), int(high))) if whole else drawn(source, low, high, xs))
    return xs


def worst_of(row, source, points):
    """Points looked at, and the worst ulps and share of the bound, of the value and of the partials."""
    looked, value, partial = 0, (0.0, 0.0), (0.0, 0.0)
    for _ in range(points):
        xs = unsigned_zeros(row, sample(row, source))
        if not is_defined(row, xs) or not is_comfortable(row, xs):
            continue
        looked += 1
        out = row.value(xs) if row.arity is None else row.value(*xs)
        exact_out = exact_value(row, xs)
        value = larger(value, ulps(out, exact_out), value_excess(row, xs, out, exact_out))
        try:
            exact = exact_partials(row, xs)
        except (ZeroDivisionError, ValueError):
            continue
        for i, (p, want) in enumerate(zip(row.all_partials(out, xs), exact, strict=True)):
            if p is not None and MP.isfinite(want):
                partial = larger(partial, ulps(p, want), partial_excess(row, i, xs, p, want))
    return looked, value, partial


def larger(worst, error, excess):
    return max(worst[0], error), max(worst[1], excess)


def measure_rows(points, names=None):
    """The worst of every row, or of these."""
    return {name: worst_of(PRIMITIVES[name], random.Random(name), points) for name in names or PRIMITIVES}


def measure_expressions(count):
    """How many random expressions were looked at, and the seeds of those that are farther off than allowed."""
    failed = []
    for seed in range(1000, 1000 + count):
        try:
            check_expression(random_expression(seed, inputs=4, size=40))
        except AssertionError:
            failed.append(seed)
    return {"count": count, "failed": failed}


def rows_section(rows):
    """The lines of the page."""
    over = [name for name, (_, value, partial) in rows.items() if max(value[1], partial[1]) > 1.0]
    lines = [
        "Operands are drawn by the spacing of floats over the domain of each row, and among them everyday numbers,",
        "subnormal ones, both ends of the floats, kinks, ties, and the neighbours of all these. Ulps are raw; the",
        "share is of the bound in `tests/precision.py`, which grows with the condition number or has a floor where",
        "stated there (so many ulps next to a zero of lgamma may be a small share), and must not exceed 1.",
        "",
        "| row | points | value, worst ulps | share of the bound | partials, worst ulps | share of the bound | why |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, (points, value, partial) in rows.items():
        why = REASONS.get(name, "") if max(value[0], partial[0]) > MANY else ""
        cells = [f"{x:.3g}" for x in (*value, *partial)]
        lines.append(f"| {name} | {points} | {' | '.join(cells)} | {why} |")
    points = sum(points for points, _, _ in rows.values())
    return [*lines, "", f"Points: {points:,}. Rows beyond their bound: {', '.join(over) or 'none'}."]


def expressions_section(figures):
    failed = figures["failed"]
    words = f" (not: seeds {', '.join(map(str, failed))})" if failed else ""
    return [
        "Of up to 40 nodes, with sharing: value and gradient are within what the condition allows in",
        f"{figures['count'] - len(failed):,} of {figures['count']:,}{words}.",
    ]
