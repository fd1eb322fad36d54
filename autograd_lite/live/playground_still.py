"""The picture of a playground where no script runs: the points that it starts with, as SVG."""

import math

from autograd_lite.drawing.theme import AUTO
from autograd_lite.live.playground_input import Given
from autograd_lite.support.wording import markup

SIZE = 420.0


def still(given: Given | None) -> str:
    """The points in their plane: discs are positive, diamonds negative."""
    points = moons() if given is None else given.points
    low, high = [[-3.3, -3.3], [3.3, 3.3]] if given is None else given.range
    names = ("−1", "+1") if given is None else given.names
    marks = []
    for a, b, t in points:
        x, y = (SIZE * (v - low[i]) / (high[i] - low[i]) for i, v in enumerate((a, b)))
        marks.append(disc(x, SIZE - y) if t >= 0.0 else diamond(x, SIZE - y))
    words = f"{len(points)} points: discs are {names[1]}, diamonds {names[0]}"
    border = f'<rect width="{SIZE:g}" height="{SIZE:g}" fill="none" stroke="{AUTO.rule}"/>'
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE:g} {SIZE:g}" width="{SIZE:g}" role="img" '
        f'aria-label="{markup(words)}">{border}{"".join(marks)}</svg><figcaption>{markup(words)}</figcaption></figure>'
    )


def disc(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{AUTO.value}"/>'


def diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f},{y - 5:.1f}l5,5l-5,5l-5,-5z" fill="{AUTO.gradient}"/>'


def moons(count: int = 60) -> list[tuple[float, float, float]]:
    """Two arcs of points, the data that the page starts with, without noise."""
    angles = [math.pi * (i + 0.5) / count for i in range(count)]
    upper = [(2.0 * math.cos(a) - 1.0, 2.0 * math.sin(a) - 0.5, 1.0) for a in angles]
    return upper + [(1.0 - 2.0 * math.cos(a), 0.5 - 2.0 * math.sin(a), -1.0) for a in angles]
