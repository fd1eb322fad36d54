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
    blur: float = 0.0  # the part of the error that is rounding and noise


def differences(
    f: Evaluate, point: Sequence[float], j: int, limit: float = math.inf, noise: Sequence[float] = ()
) -> list[Estimate] | None:
    """For each result of f, its derivative in number j of the point; None where no step stays in the domain.

    `limit` is the distance of the nearest kink, `noise` how far off each result of f may be.  Steps begin at a
    tenth of the number, less near a kink, and where they don't settle again much smaller.  Where they settle, shorter
    steps have to agree: long ones may step from wave to wave, and find the same slope again by chance.  Source:
    Ridders, Accurate computation of F'(x) and F'(x) F''(x) (1982).

    >>> [found] = differences(lambda xs: [math.exp(xs[0])], [0.0], 0)
    >>> abs(found.slope - 1.0) < 1e-11
    True
    """
    step = min(0.1 * max(abs(point[j]), 0.1), 0.5 * limit)
    best: list[Estimate] = []
    sure: list[bool] = []
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
        sure = sure or [False] * len(found)
        best = [x if known or x.error <= y.error else y for x, y, known in zip(best or found, found, sure, strict=True)]
        confirm(f, point, j, best, [i for i, e in enumerate(best) if has_settled(e) and not sure[i]], noise)
        sure = [has_settled(e) for e in best]
        if all(sure):
            break
        step /= 64.0
    confirm(f, point, j, best, [i for i, known in enumerate(sure) if not known], noise)
    return best or None


def has_settled(found: Estimate) -> bool:
    return found.error <= 1e-7 * abs(found.slope)


def confirm(
    f: Evaluate, point: Sequence[float], j: int, best: list[Estimate], which: list[int], noise: Sequence[float]
) -> None:
    """Give some estimates a larger error, where shorter steps give another slope, or none but for noise."""
    shorter = {step: tableau(f, point, j, step / 16.0, noise, levels=3) for step in {best[i].step for i in which}}
    for i in which:
        found, others = best[i], shorter[best[i].step]
        if others:  # else the floats are too wide apart for such steps
            other = others[i]
            apart, slope = abs(found.slope - other.slope), max(abs(found.slope), abs(other.slope))
            unsettled = other.error > 0.1 * slope + 4.0 * other.blur
            if unsettled or apart > 2.0 * (found.error + other.error):
                best[i] = found._replace(error=max(found.error, apart, other.error))


def tableau(
    f: Evaluate, point: Sequence[float], j: int, step: float, noise: Sequence[float], levels: int = 10
) -> list[Estimate]:
    """Differences with halved steps, extrapolated; of each result the entry whose neighbours agree best."""
    best: list[Estimate] = []
    previous: list[list[float]] = []
    for k in range(levels):
        h = step / 2.0**k
        up, down = moved_point(point, j, h), moved_point(point, j, -h)
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
                    best[i] = Estimate(line[m][i], error, h, blur)
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


def moved_point(point: Sequence[float], j: int, step: float) -> list[float]:
    return [x + step if i == j else x for i, x in enumerate(point)]
