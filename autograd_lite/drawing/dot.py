"""A `Picture` written as a `graphviz.Digraph`: boxes as small tables, the value above the gradient.

graphviz is imported here, when a picture is written, and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from autograd_lite.drawing.numerals import numeral
from autograd_lite.drawing.picture import (
    CONSTANT,
    GROUP,
    INPUT,
    MORE,
    OPERATION,
    PARAMETER,
    RESULT,
    Box,
    Link,
    Picture,
)
from autograd_lite.drawing.theme import LIGHT, Theme, scaled

if TYPE_CHECKING:
    import graphviz

DIRECTIONS = {"right": "LR", "left": "RL", "down": "TB", "up": "BT"}
SEE_THROUGH = "#00000000"  # takes its place, so that the frames of an animation have one layout
LONGEST_NAME = 32  # letters in a box; the tooltip has them all
LONGEST_WAY = 6  # boxes from left to right that fit into the column of a notebook
FONT = "Helvetica,Arial,sans-serif"


@dataclass(frozen=True)
class Style:
    """How a picture is painted."""

    direction: str | None = None  # right, or down where that would be too long a way
    precision: int = 4
    color_by: str | None = None  # "value" or "gradient": fillings by a number in place of the kind
    edges: str | None = None  # "partial" or "flow": what is written on arrows
    theme: Theme = LIGHT
    legend: bool = True

    def changed(self, **fields: object) -> "Style":
        return replace(self, **fields)  # type: ignore[arg-type]


def digraph(picture: Picture, style: Style) -> "graphviz.Digraph":
    """The DOT of a picture."""
    import graphviz

    theme = style.theme
    graph = graphviz.Digraph("autograd_lite")
    direction = style.direction or fitting_direction(picture)
    graph.attr(
        rankdir=DIRECTIONS[direction], bgcolor=theme.paper,
        fontname=FONT, fontcolor=theme.faint, fontsize="11",
        pad="0.2", nodesep="0.25", ranksep="0.45", ordering="in", labelloc="b", tooltip=" ",
    )  # fmt: skip
    graph.attr("node", shape="plain", fontname=FONT, fontsize="13", fontcolor=theme.ink)
    graph.attr(
        "edge", color=theme.line, fontname=FONT, fontsize="11", fontcolor=theme.ink, arrowsize="0.7",
        penwidth="1.1",
    )  # fmt: skip
    largest = largest_number(picture, style.color_by)
    framed: dict[tuple[str, ...], list[Box]] = {}
    links = list(picture.links)
    if picture.frames:
        graph.attr(remincross="false")  # a second search for fewer crossings would undo the order of rows
        if direction in ("right", "left"):
            # Where there are clusters, `ordering` has no effect, and dot stacks what is linked first at the bottom.
            links.reverse()
    for box in picture.boxes.values():
        framed.setdefault(box.frames, []).append(box)
    style = style.changed(direction=direction)
    draw_boxes(graph, picture, framed, (), style, largest)
    if len(links) > 2.5 * len(picture.boxes):  # in a tangle the counts are left out
        links = [replace(link, count=1) for link in links]
    for link in links:
        # What runs into a module begins before it, and not beside its parameters.
        tail, head = picture.boxes[link.tail], picture.boxes[link.head]
        is_input = tail.kind in (INPUT, PARAMETER) or tail.base in (INPUT, PARAMETER)
        enters = is_input and tail.frames != head.frames and head.frames[: len(tail.frames)] == tail.frames
        draw_link(graph, link, style, 2 if enters else 1)
    caption = footer(picture, style, any(link.count > 1 for link in links))
    if caption:
        graph.attr(label=caption)
    return graph


def fitting_direction(picture: Picture) -> str:
    """Right, as one reads; down where that would be wider than a page."""
    depth: dict[str, int] = {}
    parents = picture.parents()
    for key in picture.boxes:  # operands come first, but for groups, which need not be exact
        depth[key] = 1 + max((depth.get(link.tail, 0) for link in parents[key]), default=0)
    return "right" if max(depth.values(), default=0) <= LONGEST_WAY else "down"


def draw_boxes(
    graph: "graphviz.Digraph",
    picture: Picture,
    framed: dict[tuple[str, ...], list[Box]],
    place: tuple[str, ...],
    style: Style,
    largest: float,
) -> None:
    """The boxes directly in a frame, and the frames inside it as clusters."""
    for box in framed.get(place, ()):
        graph.node(box.key, label=label(box, style, largest), tooltip=box.tooltip or " ")
    inner = dict.fromkeys(frames[: len(place) + 1] for frames in framed if frames[: len(place)] == place)
    stacked = style.direction in ("right", "left")  # dot stacks what comes first at the bottom
    for frames in reversed(inner) if stacked else inner:
        if len(frames) == len(place):
            continue
        with graph.subgraph(name=f"cluster_{len(frames)}_{frames[-1]}") as cluster:
            cluster.attr(
                label=f"<{escape(picture.frames[frames[-1]].title)}>", style="rounded", labelloc="t",
                labeljust="r" if style.direction == "right" else "l",  # off the arrows that come in
                color=style.theme.rule, bgcolor=style.theme.group, fontcolor=style.theme.faint,
                fontsize="11", margin="10", tooltip=picture.frames[frames[-1]].title,
            )  # fmt: skip
            draw_boxes(cluster, picture, framed, frames, style, largest)
            for keys in rows(picture, framed.get(frames, ())):
                with cluster.subgraph() as row:
                    row.attr(rank="same")
                    for first, second in pairwise(reversed(keys) if stacked else keys):
                        row.edge(first, second, style="invis")


def rows(picture: Picture, boxes: Sequence[Box]) -> list[list[str]]:
    """The boxes of a frame that stand beside each other, in their order: neurons, and the leaves of one operation."""
    used_by: dict[str, list[str]] = {box.key: [] for box in boxes}
    has_operands = {link.head for link in picture.links}
    for link in picture.links:
        if link.tail in used_by:
            used_by[link.tail].append(link.head)
    found: dict[tuple[str, ...], list[str]] = {}
    for box in boxes:
        if box.kind == GROUP and not box.base:
            found.setdefault((), []).append(box.key)
        elif box.key not in has_operands:
            found.setdefault(tuple(used_by[box.key]), []).append(box.key)
    return [keys for keys in found.values() if len(keys) > 1]


def largest_number(picture: Picture, color_by: str | None) -> float:
    """The size of the largest finite number that fillings tell."""
    found = (getattr(box, color_by) for box in picture.boxes.values()) if color_by else ()
    return max((abs(x) for x in found if x is not None and abs(x) < float("inf")), default=0.0)


def label(box: Box, style: Style, largest: float) -> str:
    """The HTML-like label of a box: at the left the sign of the operation; then name, value and gradient."""
    theme = style.theme
    name = shortened(box.short or box.title)
    rows = [f"<b>{escape(name)}</b>"] if name else []
    value, gradient = numbers(box, style.precision)
    if value:
        colour = SEE_THROUGH if "value" in box.veiled else theme.value
        rows.append(f'<font color="{colour}">{value}</font>')
    if gradient:
        colour = SEE_THROUGH if "gradient" in box.veiled else theme.gradient
        rows.append(f'<font color="{colour}"><font point-size="10">grad\u00a0\u2009</font>{gradient}</font>')
    elif box.flows:
        rows.append(f'<font color="{theme.faint}" point-size="10"><i>grad not computed</i></font>')
    rows += [f'<font color="{theme.faint}" point-size="10">{escape(note)}</font>' for note in box.notes]
    fill, outline, border, extra = paint(box, style, largest)
    cells = [f'<td align="center">{row}</td>' for row in rows or [" "]]
    # Air at both sides: the text of browsers may be wider than Graphviz takes it to be.
    edge = f'<td rowspan="{len(cells)}" width="5" cellpadding="0"></td>'
    cells[0] = f"{edge}{cells[0]}{edge}"
    if box.symbol and not rows:
        cells = [f'<td cellpadding="6"><font point-size="16">{escape(box.symbol)}</font></td>']
    elif box.symbol:
        size = 20 if len(box.symbol) <= 2 else 14
        cells[0] = (
            f'<td rowspan="{len(rows)}" cellpadding="5" border="1" sides="r" color="{theme.rule}">'
            f'<font point-size="{size}">{escape(box.symbol)}</font></td>' + cells[0]
        )
    body = "".join(f"<tr>{cell}</tr>" for cell in cells)
    return (
        f'<<table border="{border}" cellborder="0" cellspacing="0" cellpadding="3" style="rounded{extra}" '
        f'color="{outline}" bgcolor="{fill}">{body}</table>>'
    )


def shortened(name: str) -> str:
    """A name that fits into a box: of a long one its beginning and its end, where paths differ.

    >>> shortened("transformer.encoder.layers.0.heads.3.w[2]")
    'transformer.en….0.heads.3.w[2]'
    """
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME // 2 - 2]}…{name[-LONGEST_NAME // 2 + 1 :]}"


def numbers(box: Box, precision: int) -> tuple[str, str]:
    """The value and the gradient as they are shown; the range of them for a group."""
    value = numeral(box.value, precision) if box.value is not None else box.value_range
    gradient = numeral(box.gradient, precision) if box.gradient is not None else box.gradient_range
    return value, gradient


def paint(box: Box, style: Style, largest: float) -> tuple[str, str, str, str]:
    """Filling, outline, its width, and its dashes."""
    theme = style.theme
    fills = {
        INPUT: theme.input, PARAMETER: theme.parameter, CONSTANT: theme.constant, OPERATION: theme.operation,
        RESULT: theme.result, GROUP: theme.group, MORE: theme.paper,
    }  # fmt: skip
    fill = fills[box.base or box.kind]
    number = getattr(box, style.color_by) if style.color_by else None
    if number is not None:
        fill = scaled(theme, number, largest)
    if box.active:
        fill = theme.active  # the width of the outline stays, and so does the layout
    if box.trouble:
        return fill, theme.trouble, "3", ""
    if CONSTANT in (box.kind, box.base) or box.kind == MORE:
        return fill, theme.faint, "1", ",dashed"
    return fill, theme.line, "2" if box.kind in (RESULT, PARAMETER, GROUP) else "1", ""


def draw_link(graph: "graphviz.Digraph", link: Link, style: Style, length: int = 1) -> None:
    theme = style.theme
    attributes = {}
    if link.trouble:
        attributes = {"color": theme.trouble, "penwidth": "2.5"}
    elif link.active:
        attributes = {"color": theme.ink, "penwidth": "3"}
    elif not link.flows:
        attributes = {"color": theme.faint, "style": "dashed"}
    text = link_label(link, style)
    if text:
        attributes["label"] = text
    if length > 1:
        attributes["minlen"] = str(length)
    graph.edge(link.tail, link.head, **attributes)


def link_label(link: Link, style: Style) -> str:
    """The local partial, or the chain rule at this arrow: upstream × local = downstream."""
    if link.count > 1:
        return beside(f'<font color="{style.theme.faint}">{link.count:,}</font>', style)
    if link.note:
        return beside(f'<font color="{style.theme.trouble}">{escape(link.note)}</font>', style)
    if style.edges is None or link.partial is None:
        return ""
    partial = numeral(link.partial, style.precision)
    if style.edges == "partial" or link.upstream is None or link.flow is None:
        return beside(f'<font color="{SEE_THROUGH if link.veiled else style.theme.ink}">∂ {partial}</font>', style)
    upstream, flow = (numeral(x, style.precision) for x in (link.upstream, link.flow))
    if link.partial < 0.0:
        partial = f"({partial})"
    ink, colour = (SEE_THROUGH,) * 2 if link.veiled else (style.theme.ink, style.theme.gradient)
    text = f'<font color="{ink}">{upstream} × {partial}<br/>= </font><font color="{colour}">{flow}</font>'
    return beside(text, style)


def beside(text: str, style: Style) -> str:
    """A label with air around it: Graphviz puts labels so near to their arrows that the arrows touch them."""
    below = "" if style.direction in ("down", "up") else '<tr><td height="5"></td></tr>'
    return (
        f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr><td cellpadding="2">{text}</td></tr>'
        f"{below}</table>>"
    )


def footer(picture: Picture, style: Style, is_counted: bool = False) -> str:
    """The line under a picture: what the colours and counts mean, and what was left out."""
    theme = style.theme
    lines = [escape(note) for note in picture.notes]
    boxes = picture.boxes.values()
    numbers_shown = any(box.value is not None or box.value_range for box in boxes if box.kind != CONSTANT)
    if style.legend and numbers_shown:
        parts = [f'<font color="{theme.value}">value</font>']
        if any(box.flows or box.gradient_range for box in boxes):
            result = picture.goal or (picture.boxes[picture.roots[0]].title if len(picture.roots) == 1 else "")
            over = f"∂{escape(result) or 'result'}/∂node"
            parts.append(f'<font color="{theme.gradient}">grad = {over}</font>')
        if style.edges:
            parts.append(
                "∂ local partial"
                if style.edges == "partial"
                else f'upstream × local = <font color="{theme.gradient}">downstream</font>'
            )
        if is_counted:
            parts.append("number at an arrow: how many it stands for")
        lines.insert(0, "  ·  ".join(parts))
    return f"<{'<br/>'.join(lines)}>" if lines else ""
