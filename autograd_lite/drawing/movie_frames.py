"""The frames of a training movie, drawn with Matplotlib: the plane, the loss, the weights."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autograd_lite.drawing.network import NetworkView, column_positions
from autograd_lite.drawing.theme import Theme, paint_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy import float64
    from numpy.typing import NDArray

CLASSES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito's
MARKERS = "o^sDvP"
TWO = (CLASSES[1], CLASSES[0])  # of two classes: orange below the middle, blue above, as everywhere


@dataclass
class Snapshot:
    epoch: int
    loss: float
    accuracy: float | None  # of classes
    scores: "NDArray[float64]"  # of the model on the grid
    weights: dict[str, float]
    lines: list[float]  # the weights of the view, in its order

    def right(self, before: str) -> str:
        return "" if self.accuracy is None else f"{before}{100 * self.accuracy:.0f} % right"


@dataclass
class Recording:
    X: "NDArray[float64]"
    y: "NDArray[float64]"
    labels: list[float]
    axes: list["NDArray[float64]"]  # the grid's coordinates
    theme: Theme
    middle: float = 0.0  # the score between two classes
    view: NetworkView | None = None
    snapshots: list[Snapshot] = field(default_factory=list)


def figure(recording: Recording, i: int) -> "Figure":
    from matplotlib.figure import Figure

    theme, moment = recording.theme, recording.snapshots[i]
    made = Figure(figsize=(8.4, 4.4), facecolor=theme.paper)
    # Fixed margins: a layout fitted to each moment takes as long as the drawing, and differs from frame to frame.
    margins = {"left": 0.06, "right": 0.985, "bottom": 0.065, "top": 0.93, "hspace": 0.42, "wspace": 0.26}
    ratios = [1.25, 1.0]
    parts = made.subplot_mosaic([["plane", "loss"], ["plane", "weights"]], width_ratios=ratios, gridspec_kw=margins)
    for ax in parts.values():
        paint_axes(ax, theme, 8)
    (draw_plane if len(recording.axes) == 2 else draw_curve)(parts["plane"], recording, moment)
    draw_loss(parts["loss"], recording, i)
    draw_weights(parts["weights"], recording, moment)
    return made


def draw_plane(ax: "Axes", recording: Recording, moment: Snapshot) -> None:
    """The regions of the classes, the boundary between them, and the points."""
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap

    theme, (x, y), scores = recording.theme, recording.axes, moment.scores
    if scores.ndim == 2:
        classes, count = scores.argmax(axis=-1).reshape(len(y), len(x)), scores.shape[1]
        shades = ListedColormap([CLASSES[k % len(CLASSES)] for k in range(count)])
        ax.pcolormesh(x, y, classes, cmap=shades, alpha=0.3, shading="nearest", vmin=-0.5, vmax=count - 0.5)
    else:
        level = np.tanh(scores.reshape(len(y), len(x)) - recording.middle)  # from -1 to 1: one scale for all moments
        ramp = LinearSegmentedColormap.from_list("score", [*TWO[:1], theme.paper, *TWO[1:]])
        # Few levels: how sure the model is shows in steps, and files stay small.
        ax.contourf(x, y, level, levels=np.linspace(-1.0, 1.0, 9), cmap=ramp, vmin=-1.5, vmax=1.5)
        if level.min() < 0.0 < level.max():
            ax.contour(x, y, level, levels=[0.0], colors=[theme.ink], linewidths=1.6)
    colours = TWO if scores.ndim == 1 and len(recording.labels) == 2 else CLASSES
    for k, label in enumerate(recording.labels):
        x1, x2 = recording.X[recording.y == label].T
        colour, marker = colours[k % len(colours)], MARKERS[k % len(MARKERS)]
        name = f"{label:g}" if isinstance(label, (int, float)) else str(label)
        ax.scatter(x1, x2, s=22, color=colour, marker=marker, edgecolors="#ffffff", linewidths=0.6, label=name)
    if len(recording.labels) <= len(CLASSES):
        legend = ax.legend(title="class", loc="upper right", fontsize=7, title_fontsize=7, framealpha=0.8)
        legend.get_frame().set(facecolor=theme.paper, edgecolor=theme.rule)
        for text in (legend.get_title(), *legend.get_texts()):
            text.set_color(theme.ink)
    ax.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    ax.set_title(f"epoch {moment.epoch}{moment.right(': ')}", color=theme.ink, fontsize=11)


def draw_curve(ax: "Axes", recording: Recording, moment: Snapshot) -> None:
    """The targets of numbers, and the curve of the model through them, on axes that hold all moments."""
    theme, (x,) = recording.theme, recording.axes
    ax.scatter(recording.X.reshape(-1), recording.y, s=22, color=CLASSES[0], edgecolors="#ffffff", linewidths=0.6)
    ax.plot(x, moment.scores, color=CLASSES[1], linewidth=2.0)
    low, high = float(recording.y.min()), float(recording.y.max())
    margin = 0.3 * (high - low) + 1e-9
    ax.set(xlim=(x[0], x[-1]), ylim=(low - margin, high + margin))
    ax.set_title(f"epoch {moment.epoch}: targets blue, model orange", color=theme.ink, fontsize=11)


def draw_loss(ax: "Axes", recording: Recording, i: int) -> None:
    """The loss up to this moment, on axes that hold all moments."""
    theme = recording.theme
    epochs, losses = [m.epoch for m in recording.snapshots], [m.loss for m in recording.snapshots]
    finite = [x for x in losses if math.isfinite(x)] or [1.0]
    low, high = min(finite), max(finite)
    ax.plot(epochs[: i + 1], losses[: i + 1], color=theme.gradient, linewidth=1.8)
    ax.plot(epochs[i], losses[i], "o", color=theme.gradient, markersize=5)
    ax.set_xlim(min(epochs), max(max(epochs), min(epochs) + 1))
    ax.set_yscale("log" if low > 0.0 else "linear")
    ax.set_ylim(*((0.8 * low, 1.25 * high) if low > 0.0 else (low, 1.05 * high + 1e-12)))
    ax.minorticks_off()
    # The ends of the curve tell its scale; a logarithmic axis of less than a decade would have no numbers at all.
    # Of a curve that is nearly flat both would be written into each other.
    is_flat = math.log(high / low) < 0.1 if low > 0.0 else high - low < 0.1 * abs(high)
    ends = [high] if is_flat else [low, high]
    ax.set_yticks(ends, [f"{x:.2g}" for x in ends])
    ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    ax.set_title(f"loss {losses[i]:.4g}", color=theme.gradient, fontsize=10)
    ax.set_xlabel("epoch", color=theme.faint, fontsize=8)
    ax.set_ylabel("loss, log scale" if low > 0.0 else "loss", color=theme.faint, fontsize=8)


def draw_weights(ax: "Axes", recording: Recording, moment: Snapshot) -> None:
    """The network, its lines by weight: blue and solid above 0, orange and dashed below."""
    from matplotlib.collections import LineCollection

    theme, view = recording.theme, recording.view
    ax.set_axis_off()
    if view is None:
        return
    every = (abs(v) for m in recording.snapshots for v in m.lines if math.isfinite(v))
    largest = max(every, default=0.0) or 1.0
    positions = column_positions([[circle.key for circle in column] for column in view.columns], 1.0, 1.0)
    for sign, colour, style in ((1.0, theme.value, "solid"), (-1.0, theme.gradient, "dashed")):
        chosen = [(w, x) for w, x in zip(view.weights, moment.lines, strict=True) if sign * x > 0.0]
        lines = [[positions[w.tail], positions[w.head]] for w, _ in chosen]
        widths = [0.15 + 3.0 * abs(x) / largest for _, x in chosen]
        ax.add_collection(LineCollection(lines, colors=colour, linestyles=style, alpha=0.8, linewidths=widths))
    xs, ys = zip(*positions.values(), strict=True)
    ax.scatter(xs, ys, s=34, color=theme.paper, edgecolors=theme.line, zorder=3)
    ax.set_title("weights: blue > 0, orange dashed < 0", color=theme.ink, fontsize=9)
    ax.margins(0.08, 0.1)
