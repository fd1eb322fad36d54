"""Derivatives from the function's own values alone: centred differences, extrapolated to step 0.

Knows neither graphs nor rows.  What a caller knows of the neighbourhood, how near the next kink is and how
noisy the values are, it passes in.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

Evaluate = Callable[[Sequence[float]], list[float]]


class Estimate(NamedTuple):
    """A derivative by differences, how far off it may be, and the step at which it was found."""

    slope: float
    error: float
    step: float


def differences(
    f: Evaluate, point: Sequence[float], j: int, limit: float = math.inf, noise: Sequence[float] = ()
) -> list[Estimate] | None:
    """For each result of f, its derivative in number j of the point; None where no step stays in the domain.

    `limit` is the distance of the nearest kink, `noise` how far off each result of f may be.  Steps begin at a
    tenth of the number, less near a kink, and where they don't settle again much smaller.  Source: Ridders,
    Accurate computation of F'(x) and F'(x) F''(x) (1982).

    >>> [found] = differences(lambda xs: [math.exp(xs[0])], [0.0], 0)
    >>> abs(found.slope - 1.0) < 1e-11
    True
    """
    step = min(0.1 * max(abs(point[j]), 0.1), 0.5 * limit)
    best: list[Estimate] = []
    tableaus = 0
    for _ in range(24):
        if step < 1e-12 * abs(point[j]) or step == 0.0 or tableaus == 5:
            break
        try:
            found = tableau(f, point, j, step, noise)
        except (ArithmeticError, ValueError):
            step /= 8.0
            continue
        if not found:
            break
        tableaus += 1
        best = [min(x, y, key=lambda e: e.error) for x, y in zip(best or found, found, strict=True)]
        if all(e.error <= 1e-7 * abs(e.slope) for e in best):
            break
        step /= 64.0
    return best or None


def tableau(f: Evaluate, point: Sequence[float], j: int, step: float, noise: Sequence[float]) -> list[Estimate]:
    """Differences with halved steps, extrapolated; of each result the entry whose neighbours agree best."""
    best: list[Estimate] = []
    previous: list[list[float]] = []
    for k in range(10):
        h = step / 2.0**k
        up, down = moved(point, j, h), moved(point, j, -h)
        width = finite([up[j] - down[j]])[0]
        if abs(width - 2.0 * h) > 0.01 * h:
            break  # the floats are too wide apart for such a step
        ends = finite(f(up)), finite(f(down))
        line = [finite([(a - b) / width for a, b in zip(*ends, strict=True)])]
        for m in range(k):
            factor = 4.0 ** (m + 1)
            line.append([(factor * x - y) / (factor - 1.0) for x, y in zip(line[m], previous[m], strict=True)])
        growing = k > 2
        for i in range(len(line[0])):
            if k == 0:
                best.append(Estimate(line[0][i], math.inf, h))
            blur = (2.0 * noise[i] if noise else 0.0) / h + 2.0**-52 * max(abs(ends[0][i]), abs(ends[1][i])) / h
            for m in range(1, k + 1):
                error = max(abs(line[m][i] - line[m - 1][i]), abs(line[m][i] - previous[m - 1][i])) + blur
                if error < best[i].error:
                    best[i] = Estimate(line[m][i], error, h)
            growing = growing and abs(line[k][i] - previous[k - 1][i]) + blur >= 2.0 * best[i].error
        if growing:
            break  # rounding has taken over
        previous = line
    return best


def finite(values: list[float]) -> list[float]:
    for x in values:
        if not math.isfinite(x):
            raise ValueError(f"the function is {x!r} in the neighbourhood")
    return values


def moved(point: Sequence[float], j: int, step: float) -> list[float]:
    return [x + step if i == j else x for i, x in enumerate(point)]
