"""`animate`, and `Animation`: the two passes through a graph as a GIF or an animated SVG."""

import base64
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from autograd_lite.core.value import Value
from autograd_lite.drawing.drawing import Drawing, at_least, draw
from autograd_lite.drawing.exportable import Exportable, Formats
from autograd_lite.drawing.movie import Movie, moving_picture
from autograd_lite.drawing.pass_frames import frame_at, sequence
from autograd_lite.drawing.picture import Picture
from autograd_lite.drawing.rendering import SHARPNESS
from autograd_lite.drawing.svg import body
from autograd_lite.drawing.theme import find_theme
from autograd_lite.nn.evaluation import evaluate
from autograd_lite.nn.losses import Loss
from autograd_lite.nn.module import Module
from autograd_lite.nn.randomness import Seed
from autograd_lite.nn.training import fit, optimizer_of
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.trees.registry import is_module

SECONDS = 0.9  # that a frame is shown
LAST_SECONDS = 3.0  # that the last one is shown in addition


class Animation(Exportable):
    """The forward and the backward pass of a graph, moving.  A notebook shows it; `save` writes .gif or .svg.

    `drawing` is the drawing that it ends with, `len` the number of frames.
    """

    noun = "animation"

    def __init__(self, drawing: Drawing, seconds: float) -> None:
        if not isinstance(drawing.picture, Picture):
            raise TypeError("an animation shows the passes through the graph of a Value; draw(model(x)) is one")
        self.drawing, self.picture, self.seconds = drawing, drawing.picture, seconds
        self.frames = sequence(self.picture)

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, i: int) -> Drawing:
        """The i-th frame as a drawing."""
        return Drawing(frame_at(self.picture, self.frames, i), self.drawing.style)

    def times(self) -> list[float]:
        """How many seconds each frame is shown."""
        return [self.seconds] * (len(self) - 1) + [self.seconds + LAST_SECONDS]

    def svg(self) -> str:
        """All frames in one SVG, each visible in its time.  A reader who wants no motion sees the last one."""
        texts = [self.frame(i).render("svg").decode() for i in range(len(self))]
        head = texts[0][texts[0].index("<svg") : texts[0].index(">", texts[0].index("<svg")) + 1]
        times = self.times()
        rules, groups, start = [], [], 0.0
        for i, (text, time) in enumerate(zip(texts, times, strict=True)):
            begin, end = 100.0 * start / sum(times), 100.0 * (start + time) / sum(times)  # percent of the time
            before = "" if begin == 0.0 else "0%{visibility:hidden}"
            after = "" if end >= 100.0 else f"{end:.3f}%{{visibility:hidden}}"
            rules.append(f"@keyframes f{i}{{{before}{begin:.3f}%{{visibility:visible}}{after}}}")
            last = " last" if i == len(texts) - 1 else ""
            groups.append(f'<g class="frame{last}" style="animation-name:f{i}">{body(text)}</g>')
            start += time
        style = (
            f".frame{{visibility:hidden;animation:{sum(times):.2f}s step-end infinite}}{''.join(rules)}"
            "@media (prefers-reduced-motion: reduce){.frame{animation:none}.last{visibility:visible}}"
        )
        return f"{head}<style>{style}</style>{''.join(groups)}</svg>\n"

    def gif(self) -> bytes:
        """A GIF.  Raises ImportError without Pillow, CannotRender without Graphviz."""
        return moving_picture([self.frame(i).render("png") for i in range(len(self))], self.times(), SHARPNESS)

    def files(self) -> Formats:
        return {"gif": self.gif, "svg": self.svg}

    def representations(self) -> Formats:
        return {"text/html": self.image, "text/plain": self.drawing.__str__}

    def image(self) -> str:
        """The SVG as an image of HTML: its style stays its own, and a notebook that is not trusted keeps it."""
        data = base64.b64encode(self.svg().encode()).decode()
        return f'<img alt="the two passes, moving" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'

    def __repr__(self) -> str:
        return f"<Animation of {len(self)} frames; show it in a notebook, or save it as .gif or .svg>"


def animate(
    value: Value | Module, X: Any = None, y: Any = None, *,
    epochs: int = 50, frames: int = 25, loss: str | Loss = "binary_cross_entropy_with_logits",
    optimizer: str | Optimizer = "adam", lr: float | None = None, batch_size: int = 16, rng: Seed = None,
    live: bool = True, seconds: float = SECONDS, names: Mapping[str, object] | None = None, theme: str = "light",
    **options: Any,
) -> Animation | Movie:  # fmt: skip
    """A moving picture of the two passes through the graph of a Value, or of a model that trains.

    `animate(value)` steps through the forward and the backward pass, `seconds` a step, and writes the chain rule
    on each arrow as the gradient flows through it (`edges=None` leaves that out); `names` and other options are
    those of `draw`.  The gradients come from a pass of its own.  The result saves as .gif or .svg.

    `animate(model, X, y)` trains the model on points X of a plane with labels y, for so many `epochs`, and keeps
    as many `frames`, evenly spread: boundary, loss curve and weights.  Where X holds numbers, or samples of one, the
    model is a curve through the targets y (regression; `loss="mse"` for instance).  `loss`, `optimizer`, `lr`,
    `batch_size` and `rng` are those of `nn.fit`.  In a notebook the picture moves while the model trains, unless `live`
    is False.  The result, a `Movie`, saves as .gif or .html.

    Raises TypeError where `value` is neither, or a model comes without points; what `nn.fit` raises; ImportError
    without Matplotlib (movies) or Pillow (GIF).

    >>> x = Value(3.0, label="x")
    >>> animate(x * x)
    <Animation of 5 frames; show it in a notebook, or save it as .gif or .svg>
    """
    if isinstance(value, Value):
        options.setdefault("edges", "flow")
        return Animation(draw(value, names=names, theme=theme, backward=True, **options), seconds)
    if not is_module(value):
        raise TypeError(
            f"animate takes a Value or a Module, but got {value!r} of type {type(value).__name__}; pass a result "
            f"that was computed from Values, or a model and points"
        )
    if X is None or y is None:
        raise TypeError("animate needs points to train the model on; call animate(model, X, y)")
    movie = Movie(value, X, y, find_theme(theme))
    if loss in ("mse", "half_squared"):  # which fit labels as numbers: the middle of logits and margins is 0
        movie.recording.middle = float(movie.recording.labels[0] + movie.recording.labels[-1]) / 2.0
    rule = optimizer_of(optimizer, value, lr)
    spread = milestones(at_least("epochs", epochs, 1), at_least("frames", frames, 2))
    show = shown_live(movie, live)
    movie.record(0, evaluate(value, X, y, loss)["loss"])
    for start, end in pairwise(spread):
        n = end - start
        fit(value, X, y, loss=loss, optimizer=rule, epochs=n, batch_size=batch_size, rng=rng, progress=False)
        movie.record(end, evaluate(value, X, y, loss)["loss"])
        show(False)
    show(True)
    return movie


def milestones(epochs: int, frames: int) -> list[int]:
    """So many moments from 0 to the last epoch, as even as whole epochs allow.

    >>> milestones(10, 5), milestones(3, 25)
    ([0, 2, 5, 8, 10], [0, 1, 2, 3])
    """
    return sorted({round(i * epochs / (frames - 1)) for i in range(frames)})


def shown_live(movie: Movie, live: bool) -> Callable[[bool], None]:
    """What shows the newest frame in the cell of a notebook, and takes it away when all is done; else does nothing."""
    # Only a running notebook has loaded this; a terminal, which has no kernel, is left alone.
    shell: Any = sys.modules.get("IPython.core.interactiveshell") if live else None
    running = shell is not None and shell.InteractiveShell.initialized()
    if not (running and shell.InteractiveShell.instance().has_trait("kernel")):
        return lambda is_done: None
    tools: Any = sys.modules["IPython.display"]
    handles: list[Any] = []

    def show(is_done: bool) -> None:
        content = tools.HTML("") if is_done else tools.Image(data=movie.png(-1), width=840)
        if handles:
            handles[0].update(content)
        else:
            handles.append(tools.display(content, display_id=True))

    return show
