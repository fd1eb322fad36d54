"""The history of training: a record of figures for each epoch, and their plot."""

from collections.abc import Iterator
from typing import Any

from autograd_lite.support.extras import required


class History:
    """The records of training, one dict an epoch; `history["loss"]` is the column of one figure."""

    def __init__(self, epochs: list[dict[str, float]] | None = None) -> None:
        self.epochs: list[dict[str, float]] = epochs or []

    def __getitem__(self, name: str) -> list[float]:
        if self.epochs and name not in self.epochs[0]:
            raise KeyError(f"the history has no {name!r}; it has {', '.join(self.epochs[0])}")
        return [record[name] for record in self.epochs]

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.epochs)

    def plot(self, axes: Any = None) -> Any:
        """The curves of the loss, and of the accuracy where there is one, as a Matplotlib figure.

        `axes` takes one or two axes of Matplotlib to draw on.  Raises ImportError without Matplotlib.
        """
        Figure = required("matplotlib.figure", "the picture of a history", "demo").Figure
        kept = self.epochs[0] if self.epochs else {}
        panels = ["loss", "accuracy"] if "accuracy" in kept else ["loss"]
        if axes is None:
            figure = Figure(figsize=(4.8 * len(panels), 3.6), layout="constrained")
            axes = [figure.add_subplot(1, len(panels), i + 1) for i in range(len(panels))]
        axes = list(axes) if hasattr(axes, "__iter__") else [axes]
        for ax, panel in zip(axes, panels, strict=False):
            for name, label in ((panel, "training"), (f"validation_{panel}", "held out")):
                if name in kept:
                    ax.plot(range(1, len(self) + 1), self[name], marker="o", markersize=3, label=label)
            ax.set(xlabel="epoch", title=panel)
            ax.xaxis.get_major_locator().set_params(integer=True)
            ax.grid(alpha=0.3)
            ax.legend()
            if panel == "loss" and min(self["loss"], default=0.0) > 0.0:
                ax.set_yscale("log")
        return axes[0].figure

    def __repr__(self) -> str:
        if not self.epochs:
            return "History(no epochs)"
        last = ", ".join(f"{name}={x:.6g}" for name, x in self.epochs[-1].items())
        return f"History({len(self)} epochs; the last: {last})"
