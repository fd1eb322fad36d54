"""`animate`: the passes through a graph, or the training of a model, as a moving picture."""

import sys
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from autograd_lite.core.value import Value
from autograd_lite.drawing.drawer import at_least, draw
from autograd_lite.drawing.movie import Movie
from autograd_lite.drawing.moving import SECONDS, Animation
from autograd_lite.drawing.names import is_module
from autograd_lite.drawing.theme import find_theme
from autograd_lite.nn.evaluation import evaluate
from autograd_lite.nn.training import fit, optimizer_of


def animate(
    value: Any,
    X: Any = None,
    y: Any = None,
    *,
    epochs: int = 50,
    frames: int = 25,
    loss: Any = "binary_cross_entropy",
    optimizer: Any = "adam",
    lr: float | None = None,
    batch_size: int = 16,
    rng: Any = None,
    live: bool = True,
    seconds: float = SECONDS,
    names: Mapping[str, object] | None = None,
    theme: str = "light",
    **options: Any,
) -> Animation | Movie:
    """A moving picture of the two passes through the graph of a Value, or of a model that trains.

    `animate(value)` steps through the forward and the backward pass, `seconds` a step, and writes the chain rule
    on each arrow as the gradient flows through it (`edges=None` leaves that out); `names` and other options are
    those of `draw`.  The gradients come from a pass of its own.  The result saves as .gif or .svg.

    `animate(model, X, y)` trains the model on points X of a plane with labels y, for so many `epochs`, and keeps
    as many `frames`, evenly spread: boundary, loss curve and weights.  `loss`, `optimizer`, `lr`, `batch_size` and
    `rng` are those of `nn.fit`.  In a notebook the picture moves while the model trains, unless `live` is False.
    The result, a `Movie`, saves as .gif or .html.

    Raises TypeError where `value` is neither, or a model comes without points; what `nn.fit` raises; ImportError
    without Matplotlib (movies) or Pillow (GIF).

    >>> x = Value(3.0, label="x")
    >>> animate(x * x)
    <Animation of 5 frames; show it in a notebook, or save it as .gif or .svg>
    """
    if is_module(value):
        if X is None or y is None:
            raise TypeError("animate needs points to train the model on; call animate(model, X, y)")
        movie = Movie(value, X, y, find_theme(theme))
        movie.story.middle = middle_of(movie.story.labels, loss)
        moves = optimizer_of(optimizer, value, lr)
        spread = milestones(at_least("epochs", epochs, 1), at_least("frames", frames, 2))
        screen = Screen(movie) if live else None
        movie.record(0, evaluate(value, X, y, loss)["loss"])
        for start, end in pairwise(spread):
            fit(
                value, X, y, loss=loss, optimizer=moves, epochs=end - start, batch_size=batch_size, rng=rng,
                progress=False,
            )  # fmt: skip
            movie.record(end, evaluate(value, X, y, loss)["loss"])
            if screen is not None:
                screen.show()
        if screen is not None:
            screen.close()
        return movie
    if not isinstance(value, Value):
        raise TypeError(
            f"animate takes a Value or a Module, but got {value!r} of type {type(value).__name__}; pass a result "
            f"that was computed from Values, or a model and points"
        )
    options.setdefault("edges", "flow")
    return Animation(draw(value, names=names, theme=theme, backward=True, **options), seconds)


def middle_of(labels: list[Any], loss: Any) -> float:
    """The score between two classes: halfway between labels that are fitted as numbers, 0 for logits and margins.

    >>> middle_of([0, 1], "mse"), middle_of([0, 1], "binary_cross_entropy")
    (0.5, 0.0)
    """
    return float(labels[0] + labels[-1]) / 2.0 if loss in ("mse", "half_squared") else 0.0


def milestones(epochs: int, frames: int) -> list[int]:
    """So many moments from 0 to the last epoch, as even as whole epochs allow.

    >>> milestones(10, 5), milestones(3, 25)
    ([0, 2, 5, 8, 10], [0, 1, 2, 3])
    """
    return sorted({round(i * epochs / (frames - 1)) for i in range(frames)})


class Screen:
    """The place in a notebook where a movie moves while it is made; nothing anywhere else."""

    def __init__(self, movie: Movie) -> None:
        self.movie = movie
        self.handle: Any = None
        # Only a running notebook has loaded this; a terminal is left alone.
        shell: Any = sys.modules.get("IPython.core.interactiveshell")
        running = shell is not None and shell.InteractiveShell.initialized()
        self.is_notebook = running and shell.InteractiveShell.instance().has_trait("kernel")
        self.tools: Any = sys.modules.get("IPython.display")

    def show(self) -> None:
        """Show the newest frame."""
        if not self.is_notebook:
            return
        picture = self.tools.Image(data=self.movie.png(-1), width=840)
        if self.handle is None:
            self.handle = self.tools.display(picture, display_id=True)
        else:
            self.handle.update(picture)

    def close(self) -> None:
        """Take the picture away: the movie itself is the result."""
        if self.handle is not None:
            self.handle.update(self.tools.HTML(""))
