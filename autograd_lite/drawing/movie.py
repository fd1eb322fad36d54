"""`Movie`: a model that trains on points of a plane, as a moving picture.

It keeps moments of the training and draws them on demand (`scenes`), live in a notebook, or into a GIF or a
page of HTML when all is done.
"""

import base64
import io
import json
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from autograd_lite.backends import compile
from autograd_lite.drawing.moving import film
from autograd_lite.drawing.network import network
from autograd_lite.drawing.scenes import Moment, Story, figure
from autograd_lite.drawing.theme import Theme
from autograd_lite.nn.evaluation import predict
from autograd_lite.support.extras import required
from autograd_lite.support.files import write_atomically
from autograd_lite.transforms.batching import vmap

SIDE = 60  # points of the grid along each axis
SECONDS = 0.2  # that a frame is shown
LINGER = 2.0  # that the last one is shown


class Movie:
    """The training of a model on 2-D points.  A notebook shows it; `save` writes .gif, .html or .png (the last frame).

    `record(epoch, loss)` adds a frame, for training loops of one's own; `animate(model, X, y)` makes a whole movie.
    `middle` is the score between two classes: 0 for logits, and between the labels for squared errors.
    Raises ImportError without Matplotlib, ValueError where X and y are not points of a plane with a label each.
    """

    def __init__(self, model: Any, X: Any, y: Any, theme: Theme, middle: float = 0.0) -> None:
        required("matplotlib.figure", "a movie", "demo")  # with it come NumPy and Pillow
        import numpy as np

        points, labels = np.asarray(X, dtype=float), np.asarray(y)
        if points.ndim != 2 or points.shape[1] != 2 or not len(points):
            raise ValueError(
                f"a movie shows points of a plane, but X has the shape {points.shape}; pass points of 2 coordinates"
            )
        if labels.shape != (len(points),):
            raise ValueError(f"there are {len(points)} points, but y has the shape {labels.shape}; label each point")
        margin = 0.12 * np.ptp(points, axis=0) + 1e-9
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
        axes = [np.linspace(low[i], high[i], SIDE) for i in (0, 1)]
        self.model = model
        self.grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        self.story = Story(points, labels, sorted(set(labels.tolist())), axes, theme, middle)
        self._compiled: Any = None
        self._pictures: dict[tuple[int, int], bytes] = {}
        try:
            self.story.view = network(model, [0.0, 0.0], None, 60)
        except (TypeError, ValueError):
            self.story.view = None  # no neurons to draw; the plane and the loss remain

    def __len__(self) -> int:
        return len(self.story.moments)

    def scores(self, points: Any) -> Any:
        """The model's outputs: one number for each point, or one for each point and class."""
        import numpy as np

        if self._compiled is None:
            self._compiled = compile(vmap(lambda model, x: model(x), in_axes=(None, 0)))
            try:
                self._compiled(self.model, points[:2])
            except Exception:  # whatever can't be compiled, for whatever reason, is computed without
                self._compiled = predict
        out = self._compiled(self.model, points)
        if isinstance(out, (list, tuple)) and self._compiled is not predict:
            out = np.stack([np.asarray(x) for x in out], axis=-1)
        scores = np.asarray(out, dtype=float)
        return scores.reshape(len(points)) if scores.size == len(points) else scores

    def record(self, epoch: int, loss: float) -> None:
        """Keep this moment as a frame."""
        import numpy as np

        story = self.story
        said = self.scores(story.X)
        index = said.argmax(axis=-1) if said.ndim == 2 else (said > story.middle) * (len(story.labels) - 1)
        right = np.array([story.labels.index(label) for label in story.y.tolist()])
        weights = {name: p.data for name, p in self.model.named_parameters()}
        moment = Moment(epoch, float(loss), float((index == right).mean()), self.scores(self.grid), weights)
        story.moments.append(moment)
        self._pictures.clear()  # their axes hold all moments

    def png(self, i: int, dpi: int = 100) -> bytes:
        """The i-th frame, a PNG.  Raises ValueError where nothing was recorded."""
        if not self.story.moments:
            raise ValueError("the movie has no frames yet; call record(epoch, loss) while the model trains")
        i %= len(self)
        if (i, dpi) not in self._pictures:
            out = io.BytesIO()
            figure(self.story, i).savefig(out, format="png", dpi=dpi)
            self._pictures[i, dpi] = smaller(out.getvalue())
        return self._pictures[i, dpi]

    @property
    def html(self) -> str:
        """A page with a slider and a button, one file that needs no network."""
        pictures = [base64.b64encode(self.png(i)).decode() for i in range(len(self))]
        words = [f"epoch {m.epoch}, loss {m.loss:.4g}, {100 * m.accuracy:.0f} % right" for m in self.story.moments]
        theme = self.story.theme
        text = (files("autograd_lite.drawing") / "movie.html").read_text(encoding="utf-8")
        return Template(text).substitute(
            theme=theme.name, paper=theme.paper, ink=theme.ink, line=theme.line, group=theme.group,
            value=theme.value, first=pictures[0], count=len(pictures) - 1,
            pictures=json.dumps(pictures), words=json.dumps(words),
        )  # fmt: skip

    def save(self, path: str | Path, dpi: int = 100) -> Path:
        """Write it to a .gif, .apng, .html or .png file, as a whole or not at all; but for .html, at that `dpi`.

        An .apng is a PNG that moves, which notebooks and GitHub show as it is; a .png is the last frame alone.

        Raises ValueError for another suffix or a movie without frames.
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind in (".gif", ".apng"):
            pictures = [self.png(i, dpi) for i in range(len(self))] or [self.png(0)]
            form = "GIF" if kind == ".gif" else "PNG"
            content = film(pictures, [SECONDS] * (len(self) - 1) + [LINGER], scale=1, format=form)
        elif kind == ".png":
            content = self.png(-1, dpi)
        elif kind in (".html", ".htm"):
            self.png(0)
            content = self.html.encode()
        else:
            raise ValueError(f"{path.name!r} does not say how to write the movie; end it in .gif, .apng, .html or .png")
        write_atomically(path, content)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if not self.story.moments:
            return {"text/plain": repr(self)}
        frame = (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts" title="training" '
            f'style="width:100%;height:34rem;border:0"></iframe>'
        )
        return {"text/html": frame, "image/png": base64.b64encode(self.png(-1)).decode(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        last = self.story.moments[-1] if self.story.moments else None
        told = f", the last at epoch {last.epoch} with loss {last.loss:.4g}" if last else ""
        return f"<Movie of {len(self)} frames{told}; show it in a notebook, or save it as .gif or .html>"


def smaller(picture: bytes) -> bytes:
    """A PNG with a palette, a quarter of the size."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(96).save(out, "PNG", optimize=True)
    return out.getvalue()
