"""The long part of the checks, with figures: `python tests/regime.py` writes REGIME.md.

Every row at many points of its domain against 60 digits, and random expressions against the reference, more of
both than the tests take time for.  The page holds what was measured, and when.
"""

import datetime
import platform
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from precision import is_comfortable, partial_excess, value_excess  # noqa: E402
from test_graph import check_expression  # noqa: E402

from autograd_lite import PRIMITIVES, native  # noqa: E402
from autograd_lite.testing.domains import WHOLE, intervals, is_defined  # noqa: E402
from autograd_lite.testing.precision import float_at, next_float, position, ulps  # noqa: E402
from autograd_lite.testing.random_graphs import random_expression  # noqa: E402
from autograd_lite.testing.reference import MP, exact_partials, exact_value  # noqa: E402

POINTS, EXPRESSIONS = 500, 500


def drawn(source, row, i, low, high):
    if (row.name, i) in WHOLE:
        return float(source.randint(int(low), int(high)))
    kind = source.random()
    if kind < 0.4 and low <= 10.0 and high >= -10.0:
        return source.uniform(max(low, -10.0), min(high, 10.0))
    if kind < 0.5:
        return min(high, max(low, next_float(float(source.randint(-20, 20)), source.choice([-1, 0, 1]))))
    return float_at(source.randrange(position(low), position(high)))


def worst_of(row, source):
    """Points looked at, and the worst ulps and share of the bound, of the value and of the partials."""
    points, value, partial = 0, (0.0, 0.0), (0.0, 0.0)
    for _ in range(POINTS):
        count = row.arity or source.randint(1, 4) * (2 if row.name == "dot" else 1)
        xs = [drawn(source, row, i, *x) + 0.0 for i, x in enumerate(intervals(row, count))]
        if not is_defined(row, xs) or not is_comfortable(row, xs):
            continue
        points += 1
        out = row.value(xs) if row.arity is None else row.value(*xs)
        value = larger(value, ulps(out, exact_value(row, xs)), value_excess(row, xs, out))
        try:
            exact = exact_partials(row, xs)
        except (ZeroDivisionError, ValueError):
            continue
        for i, (p, want) in enumerate(zip(row.all_partials(out, xs), exact, strict=True)):
            if p is not None and MP.isfinite(want):
                partial = larger(partial, ulps(p, want), partial_excess(row, i, xs, p))
    return points, value, partial


def larger(worst, error, excess):
    return max(worst[0], error), max(worst[1], excess)


def main():
    lines = [
        "# The regime: what was checked, and how far off the worst was",
        "",
        f"`python tests/regime.py` on {datetime.date.today()}, Python {platform.python_version()}, "
        f"{native.describe()}, {platform.machine()}.",
        "",
        "Operands are drawn by the spacing of floats over the domain of each row, references have 60 digits. Ulps are",
        "raw; the share is of the bound in `tests/precision.py`, which grows with the condition number where stated",
        "there (so many ulps near a zero of lgamma may be a small share), and must not exceed 1.",
        "",
        "| row | points | value, worst ulps | share of the bound | partials, worst ulps | share of the bound |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    source, over, total = random.Random(0), [], 0
    for row in PRIMITIVES.values():
        points, value, partial = worst_of(row, source)
        total += points
        over += [row.name] if max(value[1], partial[1]) > 1.0 else []
        cells = [f"{x:.3g}" for x in (*value, *partial)]
        lines.append(f"| {row.name} | {points} | {' | '.join(cells)} |")
    failed = []
    for seed in range(1000, 1000 + EXPRESSIONS):
        try:
            check_expression(random_expression(seed, inputs=4, size=40))
        except AssertionError:
            failed.append(seed)
    lines += [
        "",
        f"Points of rows: {total}; rows beyond their bound: {', '.join(over) or 'none'}. Random expressions of up to",
        f"40 nodes, value and gradient within what the condition allows: {EXPRESSIONS - len(failed)} of {EXPRESSIONS}"
        f"{' (not: seeds ' + ', '.join(map(str, failed)) + ')' if failed else ''}.",
    ]
    (ROOT / "REGIME.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines[-3:]))
    return 1 if over or failed else 0


if __name__ == "__main__":
    sys.exit(main())
