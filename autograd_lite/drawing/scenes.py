"""The scenes of a training movie, drawn with Matplotlib: the plane, the loss, the weights."""

import math
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.drawing.network import Network
from autograd_lite.drawing.theme import Theme

CLASSES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito's
MARKERS = "o^sDvP"


@dataclass
class Moment:
    """What is kept of a moment of training."""

    epoch: int
    loss: float
    accuracy: float
    scores: Any  # of the model on the grid, an array
    weights: dict[str, float]


@dataclass
class Story:
    """Everything that the scenes are drawn from."""

    X: Any
    y: Any
    labels: list[Any]
    axes: list[Any]  # the grid's coordinates
    theme: Theme
    middle: float = 0.0  # the score between two classes
    view: Network | None = None
    moments: list[Moment] = field(default_factory=list)


def figure(story: Story, i: int) -> Any:
    """The i-th moment as a Matplotlib figure."""
    from matplotlib.figure import Figure

    theme, moment = story.theme, story.moments[i]
    made = Figure(figsize=(8.4, 4.4), facecolor=theme.paper)
    # Places of their own choice: a layout fitted to each moment takes as long as the drawing, and trembles.
    places = {"left": 0.06, "right": 0.985, "bottom": 0.065, "top": 0.93, "hspace": 0.42, "wspace": 0.16}
    parts = made.subplot_mosaic([["plane", "loss"], ["plane", "weights"]], width_ratios=[1.25, 1.0], gridspec_kw=places)
    for ax in parts.values():
        ax.set_facecolor(theme.paper)
        ax.tick_params(colors=theme.faint, labelsize=8)
        for spine in ax.spines.values():
            spine.set_color(theme.rule)
    draw_plane(parts["plane"], story, moment)
    draw_loss(parts["loss"], story, i)
    draw_weights(parts["weights"], story, moment)
    return made


def draw_plane(ax: Any, story: Story, moment: Moment) -> None:
    """The regions of the classes, the boundary between them, and the points."""
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap

    theme, (x, y) = story.theme, story.axes
    scores = moment.scores
    if scores.ndim == 2:
        said = scores.argmax(axis=-1).reshape(len(y), len(x))
        count = scores.shape[1]
        ax.pcolormesh(
            x, y, said, cmap=ListedColormap([CLASSES[k % len(CLASSES)] for k in range(count)]), alpha=0.3,
            shading="nearest", vmin=-0.5, vmax=count - 0.5,
        )  # fmt: skip
    else:
        level = np.tanh(scores.reshape(len(y), len(x)) - story.middle)  # from -1 to 1: one scale for all moments
        ramp = LinearSegmentedColormap.from_list("score", [CLASSES[0], theme.paper, CLASSES[1]])
        # Few levels: how sure the model is shows in steps, and files stay small.
        ax.contourf(x, y, level, levels=np.linspace(-1.0, 1.0, 9), cmap=ramp, vmin=-1.5, vmax=1.5)
        if level.min() < 0.0 < level.max():
            ax.contour(x, y, level, levels=[0.0], colors=[theme.ink], linewidths=1.6)
    for k, label in enumerate(story.labels):
        points = story.X[story.y == label]
        ax.scatter(
            points[:, 0], points[:, 1], s=22, color=CLASSES[k % len(CLASSES)], marker=MARKERS[k % len(MARKERS)],
            edgecolors="#ffffff", linewidths=0.6,
        )  # fmt: skip
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(y[0], y[-1])
    ax.set_title(f"epoch {moment.epoch}: {100 * moment.accuracy:.0f} % right", color=theme.ink, fontsize=11)


def draw_loss(ax: Any, story: Story, i: int) -> None:
    """The loss up to this moment, on axes that hold all moments."""
    theme = story.theme
    epochs, losses = [m.epoch for m in story.moments], [m.loss for m in story.moments]
    finite = [x for x in losses if math.isfinite(x)] or [1.0]
    ax.plot(epochs[: i + 1], losses[: i + 1], color=theme.gradient, linewidth=1.8)
    ax.plot(epochs[i], losses[i], "o", color=theme.gradient, markersize=5)
    ax.set_xlim(min(epochs), max(max(epochs), min(epochs) + 1))
    if min(finite) > 0.0:
        ax.set_yscale("log")
        ax.set_ylim(0.8 * min(finite), 1.25 * max(finite))
    else:
        ax.set_ylim(min(finite), 1.05 * max(finite) + 1e-12)
    ax.minorticks_off()
    # The ends of the curve tell its scale; a logarithmic axis of less than a decade would have no numbers at all.
    ends = sorted({min(finite), max(finite)})
    ax.set_yticks(ends, [f"{x:.2g}" for x in ends])
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_title(f"loss {losses[i]:.4g}", color=theme.gradient, fontsize=10)
    ax.set_xlabel("epoch", color=theme.faint, fontsize=8)


def draw_weights(ax: Any, story: Story, moment: Moment) -> None:
    """The network, its lines by weight: blue and solid above 0, orange and dashed below."""
    from matplotlib.collections import LineCollection

    theme, view = story.theme, story.view
    ax.set_axis_off()
    if view is None:
        return
    every = [abs(v) for m in story.moments for v in m.weights.values() if math.isfinite(v)]
    largest = max(every, default=0.0) or 1.0
    places = {
        circle.key: (float(column), (len(circles) - 1) / 2 - row)
        for column, circles in enumerate(view.columns)
        for row, circle in enumerate(circles)
    }
    for sign, colour, style in ((1.0, theme.value, "solid"), (-1.0, theme.gradient, "dashed")):
        chosen = [(w, abs(moment.weights[w.name])) for w in view.weights if sign * moment.weights[w.name] > 0.0]
        ax.add_collection(
            LineCollection(
                [[places[w.tail], places[w.head]] for w, _ in chosen], colors=colour, linestyles=style, alpha=0.8,
                linewidths=[0.15 + 3.0 * size / largest for _, size in chosen],
            )
        )  # fmt: skip
    xs, ys = zip(*places.values(), strict=True)
    ax.scatter(xs, ys, s=34, color=theme.paper, edgecolors=theme.line, zorder=3)
    ax.set_title("weights: blue > 0, orange dashed < 0", color=theme.ink, fontsize=9)
    ax.margins(0.08, 0.1)
