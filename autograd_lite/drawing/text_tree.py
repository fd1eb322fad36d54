"""A picture as text: a tree of boxes, with shared ones shown once and referred to after that."""

from collections import Counter

from autograd_lite.drawing.picture import CONSTANT, PARAMETER, Box, Picture

LONGEST = 200  # lines


def tree_lines(picture: Picture, precision: int = 4, longest: int = LONGEST) -> str:
    """The lines of the tree: each box with its value and gradient, its operands indented below it.

    A box with several users is shown in full once, with a number in brackets; after that a line refers to it.
    """
    parents, users = picture.parents(), Counter(link.tail for link in picture.links)
    numbers, lines = dict[str, int](), list[str]()
    stack: list[tuple[str, str, str]] = [(key, "", "") for key in reversed(picture.roots)]
    while stack:
        if len(lines) >= longest:
            lines.append(f"... and more: {len(picture.boxes):,} boxes in all; save the drawing to see them")
            break
        key, before, below = stack.pop()
        box = picture.boxes[key]
        if key in numbers:
            words = next(filter(None, (heading(box), *box.notes, box.numbers(precision)[0])), box.kind)
            lines.append(f"{before}{words}   see [{numbers[key]}]")
            continue
        number = ""
        if users[key] > 1 and box.kind != CONSTANT:
            numbers[key] = len(numbers) + 1
            number = f"   [{numbers[key]}]"
        lines.append(f"{before}{box_line(box, precision)}{number}")
        for i, link in reversed(list(enumerate(parents[key], 1))):
            ends = ("└─ ", "   ") if i == len(parents[key]) else ("├─ ", "│  ")
            stack.append((link.tail, below + ends[0], below + ends[1]))
    return "\n".join([*lines, *(f"({note})" for note in picture.notes)])


def heading(box: Box) -> str:
    return " = ".join(part for part in (box.title, box.symbol) if part)


def box_line(box: Box, precision: int) -> str:
    value, gradient = box.numbers(precision)
    shown = f"grad {gradient}" if gradient else "grad not computed" if box.flows else ""
    kind = box.kind if box.kind in (PARAMETER, CONSTANT) else ""
    return "   ".join(part for part in (heading(box), value, shown, kind, *box.notes) if part)
