"""A `Picture` written as a `graphviz.Digraph`, which is imported no earlier than that; `labels` fills the boxes."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

from autograd_lite.drawing.labels import Style, dot_markup, dot_text, font, html_lines, label, link_label, short_name
from autograd_lite.drawing.picture import CONSTANT, GROUP, INPUT, PARAMETER, Box, Link, Picture

if TYPE_CHECKING:
    import graphviz

DIRECTIONS = {"right": "LR", "left": "RL", "down": "TB", "up": "BT"}
LONGEST_ROW = 9  # boxes from left to right that can be read in the column of a notebook
LONGEST_WORDY_ROW = 4  # the same with text on the arrows
FONT = "Helvetica,Arial,sans-serif"


def digraph(picture: Picture, style: Style) -> "graphviz.Digraph":
    import graphviz

    theme, graph = style.theme, graphviz.Digraph("autograd_lite")
    direction = style.direction or fitting_direction(picture, LONGEST_WORDY_ROW if style.edges else LONGEST_ROW)
    style = replace(style, direction=direction)
    graph.attr(
        rankdir=DIRECTIONS[direction], bgcolor=theme.paper, fontname=FONT, fontcolor=theme.faint, fontsize="11",
        pad="0.2", nodesep="0.25", ranksep="0.45", ordering="in", labelloc="b", tooltip=" ",
    )  # fmt: skip
    graph.attr("node", shape="plain", fontname=FONT, fontsize="13", fontcolor=theme.ink)
    text = {"fontname": FONT, "fontsize": "11", "fontcolor": theme.ink}
    graph.attr("edge", color=theme.line, arrowsize="0.7", penwidth="1.1", **text)
    links = list(picture.links)
    if picture.clusters:
        graph.attr(remincross="false")  # a second search for fewer crossings would undo the order of rows
        if direction in ("right", "left"):
            # Where there are clusters, `ordering` has no effect, and dot stacks what is linked first at the bottom.
            links.reverse()
    inside: dict[tuple[str, ...], list[Box]] = {}
    for box in picture.boxes.values():
        inside.setdefault(box.clusters, []).append(box)
    filled_by = (getattr(box, style.color_by) for box in picture.boxes.values()) if style.color_by else ()
    largest = max((abs(x) for x in filled_by if x is not None and math.isfinite(x)), default=0.0)
    draw_boxes(graph, picture, inside, (), style, largest)
    if len(links) > 2.5 * len(picture.boxes):  # in a tangle the counts are left out
        links = [replace(link, count=1) for link in links]
    for link in links:
        draw_link(graph, picture, link, style)
    if caption := footer(picture, style, any(link.count > 1 for link in links)):
        graph.attr(label=caption)
    return graph


def draw_boxes(
    graph: "graphviz.Digraph", picture: Picture, inside: Mapping[tuple[str, ...], Sequence[Box]],
    around: tuple[str, ...], style: Style, largest: float,
) -> None:  # fmt: skip
    """The boxes directly in the cluster `around`, and the clusters inside it."""
    for box in inside.get(around, ()):
        graph.node(box.key, label=label(box, style, largest), tooltip=dot_text(box.tooltip))
    depth = len(around)
    inner = dict.fromkeys(path[: depth + 1] for path in inside if path[:depth] == around and len(path) > depth)
    stacked = style.direction in ("right", "left")  # dot stacks what comes first at the bottom
    for path in reversed(inner) if stacked else inner:
        title = picture.clusters[path[-1]]
        with graph.subgraph(name=dot_text(f"cluster_{len(path)}_{path[-1]}")) as cluster:
            cluster.attr(
                label=f"<{dot_markup(title)}>", style="rounded", labelloc="t", fontsize="11", margin="10",
                labeljust="r" if style.direction == "right" else "l",  # off the arrows that come in
                color=style.theme.rule, bgcolor=style.theme.group, fontcolor=style.theme.faint,
                tooltip=dot_text(title),
            )  # fmt: skip
            draw_boxes(cluster, picture, inside, path, style, largest)
            for keys in rows(picture, inside.get(path, ())):
                with cluster.subgraph() as row:
                    row.attr(rank="same")
                    for first, second in pairwise(reversed(keys) if stacked else keys):
                        row.edge(first, second, style="invis")


def fitting_direction(picture: Picture, longest: int) -> str:
    """Right, as one reads; down where that would be wider than a page, of `longest` boxes."""
    return "right" if max(depths(picture).values(), default=0) <= longest else "down"


def depths(picture: Picture) -> dict[str, int]:
    """How many boxes come one after the other, up to each box."""
    found: dict[str, int] = {}
    parents = picture.parents()
    for key in picture.boxes:  # operands come first, but for groups, which need not be exact
        found[key] = 1 + max((found.get(link.tail, 0) for link in parents[key]), default=0)
    return found


def rows(picture: Picture, boxes: Iterable[Box]) -> list[list[str]]:
    """The boxes of a cluster that are drawn beside each other, in order: neurons, and the leaves of one operation.

    Modules that run into each other, such as layers, are placed one after the other.
    """
    depth = depths(picture)
    has_operands = {link.head for link in picture.links}
    users: dict[str, list[str]] = {}
    for link in picture.links:
        users.setdefault(link.tail, []).append(link.head)
    found: dict[Hashable, list[str]] = {}
    for box in boxes:
        is_module = box.kind == GROUP and not box.base
        if is_module or box.key not in has_operands:
            beside = depth[box.key] if is_module else tuple(users.get(box.key, ()))
            found.setdefault(beside, []).append(box.key)
    linked = {(link.tail, link.head) for link in picture.links}
    return [keys for keys in found.values() if len(keys) > 1 and linked.isdisjoint(permutations(keys, 2))]


def draw_link(graph: "graphviz.Digraph", picture: Picture, link: Link, style: Style) -> None:
    theme, attributes = style.theme, {}
    if link.anomalous:
        attributes = {"color": theme.anomaly, "penwidth": "2.5"}
    elif link.active:
        attributes = {"color": theme.ink, "penwidth": "3"}
    elif not link.flows:
        attributes = {"color": theme.faint, "style": "dashed"}
    if text := link_label(link, style):
        attributes["label"] = text
    # What runs into a module begins before it, and not beside its parameters.
    tail, head = picture.boxes[link.tail], picture.boxes[link.head]
    is_input = tail.kind in (INPUT, PARAMETER) or tail.base in (INPUT, PARAMETER)
    if is_input and tail.clusters != head.clusters and head.clusters[: len(tail.clusters)] == tail.clusters:
        attributes["minlen"] = "2"
    graph.edge(link.tail, link.head, **attributes)


def footer(picture: Picture, style: Style, is_counted: bool = False) -> str:
    """The line under a picture: what the colours and counts mean, and what was left out."""
    theme, boxes = style.theme, picture.boxes.values()
    lines = [dot_markup(note) for note in picture.notes]
    if style.legend and any(box.value is not None or box.value_range for box in boxes if box.kind != CONSTANT):
        parts = [font("value", theme.value)]
        if any(box.flows or box.gradient_range for box in boxes):
            result = picture.gradient_of or (picture.boxes[picture.roots[0]].title if len(picture.roots) == 1 else "")
            parts.append(font(f"grad = ∂{dot_markup(short_name(result)) or 'result'}/∂node", theme.gradient))
        if style.edges == "partial":
            parts.append("∂ local partial")
        elif style.edges:
            parts.append(f"upstream × local = {font('downstream', theme.gradient)}")
        if style.color_by:
            parts.append(f"filled by {style.color_by}: blue above 0, orange below")
        if is_counted:
            parts.append("number at an arrow: how many edges it is")
        lines.insert(0, "  ·  ".join(parts))
    return html_lines(lines)
