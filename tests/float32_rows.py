"""Every row, and random loops, in native code that computes in float32, against float64 at the same operands."""

import numpy as np
from javascript_rows import points, rows
from looping import SMALL, loop_function, numbers_of

import autograd_lite as ag

ULP, BOUND, SIZES = 2.0**-24, 3.0, (1e-18, 1e18)


def function(row):
    """The row as a function of one array of operands, in which sequences of three follow each other."""
    if row.arity:
        return lambda xs: row(*[xs[k] for k in range(row.arity)])
    return lambda xs: row(*[list(xs[3 * k : 3 * k + 3]) for k in range(row.sequences)])


def spacing(x):
    """The distance to the next float32, of normal numbers."""
    return np.spacing(np.maximum(np.abs(x), 2.0**-126).astype(np.float32)).astype(float)


def compared(row, count):
    """The worst errors of a row: of its value in ulps, and in what an ulp of result and operands is; of its slopes."""
    x = np.abs(given := np.array(points(row, count), np.float64))
    x = given[((x == 0.0) | ((x > SIZES[0]) & (x < SIZES[1]))).all(axis=1)].astype(np.float32)
    both = ag.value_and_grad(function(row))
    value, slopes = (np.asarray(y, float) for y in ag.compile(ag.vmap(both))(x.astype(float)))
    found, turned = (np.asarray(y, float) for y in ag.compile(ag.vmap(both), dtype="float32")(x))
    inside = (np.abs(value) < 3e38) & np.all(np.abs(slopes) < 3e38, axis=1)
    ulp, moved = spacing(value), np.sum(np.abs(slopes) * spacing(x), axis=1)
    error, of_slopes = np.abs(found - value), np.abs(turned - slopes) / spacing(slopes)
    worst = [np.where(inside, error / ulp, 0.0), np.where(inside, error / (ulp + moved), 0.0)]
    worst.append(np.where(inside, of_slopes.max(axis=1), 0.0))
    return {"points": int(inside.sum()), "worst": [float(y.max()) for y in worst]}


def measure(count, functions):
    with np.errstate(all="ignore"):
        found = {row.name: compared(row, count) for row in rows()}
    worst, seen = 0.0, 0
    for seed in range(functions):
        f, args = loop_function(seed, SMALL)
        both, arrays = ag.value_and_grad(f, argnums=(0, 1, 2)), [np.array(x, np.float32) for x in args]
        right, single = (numbers_of(ag.compile(both, dtype=dtype)(*arrays)) for dtype in ("float64", "float32"))
        if all(map(np.isfinite, right)):
            seen += 1
            worst = max(worst, *[abs(x - y) / (1.0 + abs(y)) for x, y in zip(single, right, strict=True)])
    return {"rows": found, "functions": seen, "loops": worst / ULP}


def section(figures):
    found = figures["rows"]
    beyond = [name for name, row in found.items() if not row["worst"][1] <= BOUND]
    lines = [
        '`compile(f, dtype="float32")`: each row at float32 operands that are 0 or of a size between 1e-18 and 1e18,',
        "so that their squares are normal numbers, against its value and partials in float64; ulps are of float32.",
        "A row that is one operation of native code is rounded once; one that is several is rounded after each, and",
        f"may be off by {BOUND:g} times what an ulp in result and operands together is.",
        "",
        "| row | points | value, worst ulps | of an ulp in result and operands | partials, worst ulps |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, row in found.items():
        lines.append(f"| {name} | {row['points']} | {' | '.join(f'{x:.3g}' for x in row['worst'])} |")
    return [
        *lines,
        "",
        f"Points: {sum(row['points'] for row in found.values()):,}. Beyond the bound: {', '.join(beyond) or 'none'}.",
        f"Values and gradients of {figures['functions']:,} random functions with loops, calls, gathers and choices are",
        f"off by {figures['loops']:.3g} times 2^-24 (1 + |x|) at most; tests hold each operation to the bit.",
    ]
