"""A `Picture` written as a `graphviz.Digraph`: boxes in frames, and arrows between them; `labels` fills them.

graphviz is imported here, when a picture is written, and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from autograd_lite.drawing.labels import Style, label, largest_number, link_label
from autograd_lite.drawing.picture import CONSTANT, GROUP, INPUT, PARAMETER, Box, Link, Picture

if TYPE_CHECKING:
    import graphviz

DIRECTIONS = {"right": "LR", "left": "RL", "down": "TB", "up": "BT"}
LONGEST_WAY = 6  # boxes from left to right that fit into the column of a notebook, with no text on arrows
FONT = "Helvetica,Arial,sans-serif"


def digraph(picture: Picture, style: Style) -> "graphviz.Digraph":
    """The DOT of a picture."""
    import graphviz

    theme = style.theme
    graph = graphviz.Digraph("autograd_lite")
    direction = style.direction or fitting_direction(picture, LONGEST_WAY - 2 if style.edges else LONGEST_WAY)
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


def fitting_direction(picture: Picture, longest: int) -> str:
    """Right, as one reads; down where that would be wider than a page."""
    depth: dict[str, int] = {}
    parents = picture.parents()
    for key in picture.boxes:  # operands come first, but for groups, which need not be exact
        depth[key] = 1 + max((depth.get(link.tail, 0) for link in parents[key]), default=0)
    return "right" if max(depth.values(), default=0) <= longest else "down"


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
        if style.color_by:
            parts.append(f"filled by {style.color_by}: blue above 0, orange below")
        if is_counted:
            parts.append("number at an arrow: how many it stands for")
        lines.insert(0, "  ·  ".join(parts))
    return f"<{'<br/>'.join(lines)}>" if lines else ""
