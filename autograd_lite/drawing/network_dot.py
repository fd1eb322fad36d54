"""The network view written as a `graphviz.Digraph`: circles at fixed positions, weights as straight lines."""

import math
from typing import TYPE_CHECKING

from autograd_lite.drawing.graph_dot import FONT
from autograd_lite.drawing.labels import Style, dot_markup, dot_text, font, html_lines, short_name
from autograd_lite.drawing.network import Circle, NetworkView, Weight, column_positions
from autograd_lite.drawing.number_format import numeral
from autograd_lite.drawing.theme import blend, filling_of

if TYPE_CHECKING:
    import graphviz

ROUND = 8  # neurons of a column up to which they are round; above that they are flat and nearer to each other
GAP, FLAT_GAP = 2.4, 3.4  # inches between columns
STEP, FLAT_STEP = 0.86, 0.52  # inches between neurons
WIDEST = 4.0  # points: the line of the largest weight


def network_digraph(found: NetworkView, style: Style) -> "graphviz.Digraph":
    import graphviz

    theme, graph = style.theme, graphviz.Digraph("autograd_lite", engine="neato")
    shown = [[c for c in column if c.shown] for column in found.columns]
    tallest = max(map(len, shown))
    is_flat = tallest > ROUND
    gap, step = (FLAT_GAP, FLAT_STEP) if is_flat else (GAP, STEP)
    graph.attr(
        bgcolor=theme.paper, fontname=FONT, fontcolor=theme.faint, fontsize="11", pad="0.2", splines="line",
        outputorder="edgesfirst", labelloc="b", tooltip=" ", label=network_footer(found, style),
    )  # fmt: skip
    width, height = ("0.8" if found.with_numbers else "0.42", "0.42") if is_flat else ("0.72", "0.72")
    graph.attr("node", shape="ellipse", fixedsize="true", width=width, height=height, style="filled", fontname=FONT,
               fontsize="9" if is_flat else "10", fontcolor=theme.ink, color=theme.line, penwidth="1.2")  # fmt: skip
    graph.attr("edge", arrowhead="none", tooltip=" ")
    largest = max((abs(c.value) for column in found.columns for c in column if c.value is not None), default=0.0)
    hidden = [len(column) - len(shown[i]) for i, column in enumerate(found.columns)]
    keys = [[*(c.key for c in column), *([f"more{i}"] if hidden[i] else [])] for i, column in enumerate(shown)]
    positions = {key: f"{x:.2f},{y:.2f}!" for key, (x, y) in column_positions(keys, gap, step).items()}
    text = {"shape": "plaintext", "style": "", "fixedsize": "false", "fontcolor": theme.faint}
    for i, column in enumerate(shown):
        for circle in column:
            graph.node(circle.key, pos=positions[circle.key], **circle_attributes(found, circle, style, largest))
        if hidden[i]:
            graph.node(f"more{i}", label=f"⋮\n{hidden[i]:,} more", pos=positions[f"more{i}"], **text)
        below = f"{i * gap:.2f},{-(tallest + 1) * step / 2 - 0.25:.2f}!"
        caption = html_lines([dot_markup(line) for line in found.captions[i].split("\n")])
        graph.node(f"caption{i}", label=caption, fontsize="11", pos=below, **text)
    heaviest = max((abs(w.value) for w in found.weights if math.isfinite(w.value)), default=0.0) or 1.0
    widest = WIDEST if sum(map(len, shown)) <= 24 else WIDEST / 2
    for w in found.weights:
        if w.tail in positions and w.head in positions:
            draw_weight(graph, w, style, heaviest, widest)
    return graph


def circle_attributes(found: NetworkView, circle: Circle, style: Style, largest: float) -> dict[str, str]:
    """The label, the filling and the tooltip of a circle: value above, gradient below; a name without numbers."""
    theme, precision = style.theme, min(style.precision, 3)
    tip = circle.name
    name = "" if circle.column else dot_markup(short_name(circle.name))
    label, fill = (html_lines([name] if name else []), theme.operation if circle.column else theme.input)
    if found.with_numbers and circle.value is not None:
        rows = [font(numeral(circle.value, precision), theme.value)]
        fill = filling_of(theme, circle.value, largest)
        tip += f" = {circle.value!r}"
        if circle.gradient is not None:
            rows.append(font(numeral(circle.gradient, precision), theme.gradient))
            tip += f"\ngradient {circle.gradient!r}"
        label = html_lines(rows)
    return {"label": label, "fillcolor": fill, "tooltip": dot_text(tip)}


def draw_weight(graph: "graphviz.Digraph", w: Weight, style: Style, heaviest: float, widest: float) -> None:
    """A line by its weight: blue above 0, orange and dashed below, the thicker the larger."""
    theme = style.theme
    share = min(1.0, abs(w.value) / heaviest) if math.isfinite(w.value) else 1.0
    gradient = "" if w.gradient is None else f"\ngradient {w.gradient!r}"
    colour, line = (theme.gradient, "dashed") if w.value < 0.0 else (theme.value, "solid")
    graph.edge(
        w.tail, w.head, penwidth=f"{0.3 + (widest - 0.3) * share:.2f}",
        color=blend(theme.paper, colour, 0.35 + 0.65 * share),  # small weights are paler
        style=line, edgetooltip=dot_text(f"{w.name} = {w.value!r}{gradient}"),
    )  # fmt: skip


def network_footer(found: NetworkView, style: Style) -> str:
    theme, lines = style.theme, []
    if style.legend:
        above, below = font("weight &gt; 0", theme.value), font("weight &lt; 0, dashed", theme.gradient)
        lines.append(f"{above}  ·  {below}  ·  the thicker, the larger")
        if found.with_numbers:
            output, gradient = font("output", theme.value), font("its gradient", theme.gradient)
            lines.append(f"in each circle: {output}, below it {gradient}")
    return html_lines(lines + [dot_markup(note) for note in found.notes])
