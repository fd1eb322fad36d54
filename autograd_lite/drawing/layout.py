"""Where boxes and circles are placed, as far as Graphviz is not left to decide.

Graphs of Values are laid out by `dot` (`rendering`), which gets a direction and the boxes that share a row; columns
of neurons have fixed positions.  layout.js does the same for pages, which fold in a browser without Graphviz.
"""

from collections.abc import Iterable, Sequence

from autograd_lite.drawing.picture import GROUP, Box, Picture


def fitting_direction(picture: Picture, longest: int) -> str:
    """Right, as one reads; down where that would be wider than a page, of `longest` boxes."""
    depth: dict[str, int] = {}
    parents = picture.parents()
    for key in picture.boxes:  # operands come first, but for groups, which need not be exact
        depth[key] = 1 + max((depth.get(link.tail, 0) for link in parents[key]), default=0)
    return "right" if max(depth.values(), default=0) <= longest else "down"


def rows(picture: Picture, boxes: Iterable[Box]) -> list[list[str]]:
    """The boxes of a cluster that are drawn beside each other, in order: neurons, and the leaves of one operation."""
    has_operands = {link.head for link in picture.links}
    users: dict[str, list[str]] = {}
    for link in picture.links:
        users.setdefault(link.tail, []).append(link.head)
    found: dict[tuple[str, ...], list[str]] = {}
    for box in boxes:
        is_module = box.kind == GROUP and not box.base
        if is_module or box.key not in has_operands:
            found.setdefault(() if is_module else tuple(users.get(box.key, ())), []).append(box.key)
    return [keys for keys in found.values() if len(keys) > 1]


def column_positions(columns: Sequence[Sequence[str]], gap: float, step: float) -> dict[str, tuple[float, float]]:
    """The centre of each circle by its key: columns `gap` apart, circles `step` apart, about the same middle line."""
    tops = [(len(column) - 1) * step / 2 for column in columns]
    return {key: (i * gap, tops[i] - j * step) for i, column in enumerate(columns) for j, key in enumerate(column)}
