"""A picture as text: a tree of boxes, with shared ones shown once and referred to after that."""

from autograd_lite.drawing.picture import CONSTANT, PARAMETER, Box, Picture

LONGEST = 200  # lines


def tree(picture: Picture, precision: int = 4, longest: int = LONGEST) -> str:
    """The lines of the tree: each box with its value and gradient, its operands indented below it.

    A box with several users is shown in full once, with a number in brackets; after that a line refers to it.
    """
    parents = picture.parents()
    users: dict[str, int] = {}
    for link in picture.links:
        users[link.tail] = users.get(link.tail, 0) + 1
    numbers: dict[str, int] = {}
    lines: list[str] = []
    stack: list[tuple[str, str, str]] = [(key, "", "") for key in reversed(picture.roots)]
    while stack:
        if len(lines) >= longest:
            lines.append(f"... and more: {len(picture.boxes):,} boxes in all; save the drawing to see them")
            break
        key, before, below = stack.pop()
        box = picture.boxes[key]
        if key in numbers:
            lines.append(f"{before}{heading(box) or box.notes[0]}   see [{numbers[key]}]")
            continue
        number = ""
        if users.get(key, 0) > 1 and box.kind != CONSTANT:
            numbers[key] = len(numbers) + 1
            number = f"   [{numbers[key]}]"
        lines.append(f"{before}{box_line(box, precision)}{number}")
        for i, link in reversed(list(enumerate(parents[key], 1))):
            ends = ("└─ ", "   ") if i == len(parents[key]) else ("├─ ", "│  ")
            stack.append((link.tail, below + ends[0], below + ends[1]))
    return "\n".join([*lines, *(f"({note})" for note in picture.notes)])


def heading(box: Box) -> str:
    """The name and the operation of a box."""
    return " = ".join(part for part in (box.title, box.symbol) if part)


def box_line(box: Box, precision: int) -> str:
    """All of a box in one line."""
    value, gradient = box.numbers(precision)
    shown = f"grad {gradient}" if gradient else "grad not computed" if box.flows else ""
    kind = {PARAMETER: "parameter", CONSTANT: "constant"}.get(box.kind, "")
    return "   ".join(part for part in (heading(box), value, shown, kind, *box.notes) if part)
