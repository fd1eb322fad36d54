"""A picture as text: a tree of boxes, with shared ones shown once and pointed to after that."""

from collections.abc import Iterator

from autograd_lite.drawing.numerals import numeral
from autograd_lite.drawing.picture import CONSTANT, INPUT, PARAMETER, Box, Picture

LONGEST = 200  # lines


def tree(picture: Picture, precision: int = 4, longest: int = LONGEST) -> str:
    """The lines of the tree: each box with its value and gradient, its operands indented below it.

    A box with several users is shown in full once, with a number in brackets; after that a line points to it.
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
        shared = users.get(key, 0) > 1 and box.kind != CONSTANT
        if key in numbers:
            lines.append(f"{before}{heading(box) or box.notes[0]}   see [{numbers[key]}]")
            continue
        mark = ""
        if shared:
            numbers[key] = len(numbers) + 1
            mark = f"   [{numbers[key]}]"
        lines.append(f"{before}{described(box, precision)}{mark}")
        operands = [link.tail for link in parents[key]]
        for i, operand in reversed(list(enumerate(operands))):
            last = i == len(operands) - 1
            stack.append((operand, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  ")))
    return "\n".join([*lines, *(f"({note})" for note in picture.notes)])


def heading(box: Box) -> str:
    """The name and the operation of a box."""
    if box.symbol:
        return f"{box.title} = {box.symbol}" if box.title else box.symbol
    return box.title


def described(box: Box, precision: int) -> str:
    """One line that says all of a box."""
    return "   ".join(part for part in parts(box, precision) if part)


def parts(box: Box, precision: int) -> Iterator[str]:
    yield heading(box)
    yield numeral(box.value, precision) if box.value is not None else box.value_range
    if box.gradient is not None or box.gradient_range:
        yield f"grad {box.gradient_range or numeral(box.gradient or 0.0, precision)}"
    elif box.flows:
        yield "grad not computed"
    yield {INPUT: "", PARAMETER: "parameter", CONSTANT: "constant"}.get(box.kind, "")
    yield from box.notes
