"""The network view written as a `graphviz.Digraph`: circles at fixed places, weights as straight lines.

graphviz is imported when it is written, and not before.
"""

import math
from html import escape
from typing import TYPE_CHECKING

from autograd_lite.drawing.dot import FONT
from autograd_lite.drawing.labels import Style
from autograd_lite.drawing.network import Network, Neuron
from autograd_lite.drawing.numerals import numeral
from autograd_lite.drawing.theme import blend, scaled

if TYPE_CHECKING:
    import graphviz

ROUND = 8  # neurons of a column up to which they are round; above that they are flat and nearer to each other
GAP, FLAT_GAP = 2.4, 3.4  # inches between columns
STEP, FLAT_STEP = 0.86, 0.52  # inches between neurons
WIDEST = 4.0  # points: the line of the largest weight


def digraph(found: Network, style: Style) -> "graphviz.Digraph":
    """The DOT of a network: circles at fixed places, weights as straight lines."""
    import graphviz

    theme = style.theme
    graph = graphviz.Digraph("autograd_lite", engine="neato")
    graph.attr(
        bgcolor=theme.paper, fontname=FONT, fontcolor=theme.faint, fontsize="11", pad="0.2", splines="line",
        outputorder="edgesfirst", labelloc="b", tooltip=" ", label=footer(found, style),
    )  # fmt: skip
    is_flat = is_tall(found)
    width, height = ("0.8" if found.with_numbers else "0.42", "0.42") if is_flat else ("0.72", "0.72")
    graph.attr("node", shape="ellipse", fixedsize="true", width=width, height=height, style="filled", fontname=FONT,
               fontsize="9" if is_flat else "10", fontcolor=theme.ink, color=theme.line, penwidth="1.2")  # fmt: skip
    graph.attr("edge", arrowhead="none", tooltip=" ")
    largest = max((abs(c.value) for col in found.columns for c in col if c.value is not None), default=0.0)
    for i, column in enumerate(found.columns):
        draw_column(graph, found, i, [c for c in column if c.shown], len(column), style, largest)
    heaviest = max((abs(w.value) for w in found.weights if math.isfinite(w.value)), default=0.0) or 1.0
    shown = {c.key for column in found.columns for c in column if c.shown}
    for w in found.weights:
        if w.tail in shown and w.head in shown:
            # Many lines are drawn finer.
            widest = WIDEST if len(shown) <= 24 else WIDEST / 2
            share = min(1.0, abs(w.value) / heaviest) if math.isfinite(w.value) else 1.0
            gradient = "" if w.gradient is None else f"\ngradient {w.gradient!r}"
            colour = theme.gradient if w.value < 0.0 else theme.value
            graph.edge(
                w.tail, w.head, penwidth=f"{0.3 + (widest - 0.3) * share:.2f}",
                color=blend(theme.paper, colour, 0.35 + 0.65 * share),  # small weights step back
                style="dashed" if w.value < 0.0 else "solid", edgetooltip=f"{w.name} = {w.value!r}{gradient}",
            )  # fmt: skip
    return graph


def is_tall(found: Network) -> bool:
    """Whether a column holds so many neurons that they are drawn flat and near to each other."""
    return max(sum(circle.shown for circle in column) for column in found.columns) > ROUND


def draw_column(
    graph: "graphviz.Digraph",
    found: Network,
    i: int,
    circles: list[Neuron],
    total: int,
    style: Style,
    largest: float,
) -> None:
    """One column: its circles, a note on those left out, its caption."""
    theme = style.theme
    rows = len(circles) + (1 if len(circles) < total else 0)
    tallest = max(len([c for c in column if c.shown]) for column in found.columns) + 1
    gap, step = (FLAT_GAP, FLAT_STEP) if is_tall(found) else (GAP, STEP)
    x = i * gap
    for j, circle in enumerate(circles):
        y = (rows - 1) * step / 2 - j * step
        fill = theme.input if i == 0 else theme.operation
        if found.with_numbers and circle.value is not None:
            fill = scaled(theme, circle.value, largest)
        tip = circle.name + ("" if circle.value is None or not found.with_numbers else f" = {circle.value!r}")
        if found.with_numbers and circle.gradient is not None:
            tip += f"\ngradient {circle.gradient!r}"
        graph.node(circle.key, label=circle_label(found, circle, i, style), pos=f"{x:.2f},{y:.2f}!",
                   fillcolor=fill, tooltip=tip)  # fmt: skip
    if len(circles) < total:
        y = -(rows - 1) * step / 2
        more = f"⋮\n{total - len(circles):,} more"
        graph.node(f"more{i}", label=more, shape="plaintext", style="", fixedsize="false",
                   fontcolor=theme.faint, pos=f"{x:.2f},{y:.2f}!")  # fmt: skip
    graph.node(f"caption{i}", label=found.captions[i], shape="plaintext", style="", fontsize="11", fixedsize="false",
               fontcolor=theme.faint, pos=f"{x:.2f},{-tallest * step / 2 - 0.25:.2f}!")  # fmt: skip


def circle_label(found: Network, circle: Neuron, column: int, style: Style) -> str:
    """The numbers in a circle: value above, gradient below; a name where there are none."""
    theme, precision = style.theme, min(style.precision, 3)
    if not found.with_numbers or circle.value is None:
        return circle.name if column == 0 else ""
    rows = [f'<font color="{theme.value}">{numeral(circle.value, precision)}</font>']
    if circle.gradient is not None:
        rows.append(f'<font color="{theme.gradient}">{numeral(circle.gradient, precision)}</font>')
    return f"<{'<br/>'.join(rows)}>"


def footer(found: Network, style: Style) -> str:
    """What the colours mean, and what was left out."""
    theme = style.theme
    lines = [
        f'<font color="{theme.value}">weight &gt; 0</font>  ·  <font color="{theme.gradient}">weight &lt; 0, '
        f"dashed</font>  ·  the thicker, the larger"
    ]
    if found.with_numbers:
        lines.append(
            f'in each circle: <font color="{theme.value}">output</font>, below it '
            f'<font color="{theme.gradient}">its gradient</font>'
        )
    lines = lines if style.legend else []
    lines += [escape(note) for note in found.notes]
    return f"<{'<br/>'.join(lines)}>" if lines else ""
