"""The picture of a playground where no script runs: the points that it starts with, as SVG, and as PNG where a notebook
keeps nothing else."""

import math
from collections.abc import Iterator

from autograd_lite.drawing.sparsity_pictures import png
from autograd_lite.drawing.theme import AUTO, LIGHT
from autograd_lite.live.playground_input import Points
from autograd_lite.support.wording import markup

SIZE = 420.0


def placed_points(given: Points | None) -> Iterator[tuple[float, float, bool]]:
    """Where each point is in the picture, and whether it is positive."""
    low, high = [[-3.3, -3.3], [3.3, 3.3]] if given is None else given.range
    for a, b, t in moons() if given is None else given.points:
        x, y = (SIZE * (v - low[i]) / (high[i] - low[i]) for i, v in enumerate((a, b)))
        yield x, SIZE - y, t >= 0.0


def still(given: Points | None) -> str:
    """The points in their plane: discs are positive, diamonds negative."""
    names = ("−1", "+1") if given is None else given.names
    marks = [disc(x, y) if positive else diamond(x, y) for x, y, positive in placed_points(given)]
    words = f"{len(marks)} points: discs are {names[1]}, diamonds {names[0]}"
    border = f'<rect width="{SIZE:g}" height="{SIZE:g}" fill="none" stroke="{AUTO.rule}"/>'
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE:g} {SIZE:g}" width="{SIZE:g}" role="img" '
        f'aria-label="{markup(words)}">{border}{"".join(marks)}</svg><figcaption>{markup(words)}</figcaption></figure>'
    )


def still_png(given: Points | None) -> bytes:
    """The same picture as a PNG, written without any library."""
    size = int(SIZE)
    rows = [bytearray(size) for _ in range(size)]  # 0 is paper, 1 blue, 2 orange, 3 the border
    for k in range(size):
        rows[0][k] = rows[-1][k] = rows[k][0] = rows[k][-1] = 3
    for x, y, positive in placed_points(given):
        for j in range(max(0, int(y) - 5), min(size, int(y) + 7)):
            for i in range(max(0, int(x) - 5), min(size, int(x) + 7)):
                across, down = abs(i + 0.5 - x), abs(j + 0.5 - y)
                if math.hypot(across, down) <= 4.0 if positive else across + down <= 5.0:
                    rows[j][i] = 1 if positive else 2
    colours = "".join(x[1:] for x in (LIGHT.paper, LIGHT.value, LIGHT.gradient, LIGHT.rule))
    return png(size, rows, bytes.fromhex(colours))


def disc(x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{AUTO.value}"/>'


def diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f},{y - 5:.1f}l5,5l-5,5l-5,-5z" fill="{AUTO.gradient}"/>'


def moons(count: int = 60) -> list[tuple[float, float, float]]:
    """Two arcs of points, the data that the page starts with, without noise."""
    angles = [math.pi * (i + 0.5) / count for i in range(count)]
    upper = [(2.0 * math.cos(a) - 1.0, 2.0 * math.sin(a) - 0.5, 1.0) for a in angles]
    return upper + [(1.0 - 2.0 * math.cos(a), 0.5 - 2.0 * math.sin(a), -1.0) for a in angles]
