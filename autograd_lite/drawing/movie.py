"""`Movie`: a model that trains on points of a plane, as a moving picture, whose frames `movie_frames` draws."""

import base64
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from autograd_lite.backends import compile
from autograd_lite.drawing.exportable import Exportable, Formats, iframe
from autograd_lite.drawing.movie_frames import Recording, Snapshot, figure
from autograd_lite.drawing.network import network
from autograd_lite.drawing.theme import Theme
from autograd_lite.nn.evaluation import predict
from autograd_lite.nn.module import Module
from autograd_lite.support.extras import required
from autograd_lite.support.wording import computed_from_rest, script_data
from autograd_lite.transforms.batching import vmap

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import ArrayLike, NDArray

SIDE = 60  # points of the grid along each axis
CURVE = 240  # points of a curve
FRAME_SECONDS = 0.2  # that a frame is shown
END_SECONDS = 2.0  # that the last one is shown


class Movie(Exportable):
    """The training of a model on points of a plane with labels, or on numbers with targets, which it fits by a curve.

    A notebook shows it; `save` writes .gif, .html or .png (the last frame).

    `record(epoch, loss)` adds a frame, for training loops of one's own; `animate(model, X, y)` makes a whole movie.
    `middle` is the score between two classes: 0 for logits, and between the labels for squared errors.
    Raises ImportError without Matplotlib, ValueError where X and y are neither points of a plane nor numbers, with a
    label or a target each.
    """

    noun = "movie"

    def __init__(self, model: Module, X: "ArrayLike", y: "ArrayLike", theme: Theme, middle: float = 0.0) -> None:
        required("matplotlib.figure", "a movie", "demo")  # with it come NumPy and Pillow
        import numpy as np

        points, labels = np.asarray(X, dtype=float), np.asarray(y)
        size = 1 if points.ndim == 1 else points.shape[-1]
        if points.ndim not in (1, 2) or size not in (1, 2) or not len(points):
            shape = points.shape
            raise ValueError(
                f"a movie shows points of a plane or numbers, but X has the shape {shape}; pass points of 2 coordinates"
            )
        if size == 1 and labels.shape == (len(points), 1):
            labels = labels.reshape(-1)
        if labels.shape != (len(points),):
            raise ValueError(f"there are {len(points)} points, but y has the shape {labels.shape}; label each point")
        table = points.reshape(-1, size)
        margin = 0.12 * np.ptp(table, axis=0) + 1e-9
        low, high = table.min(axis=0) - margin, table.max(axis=0) + margin
        axes = [np.linspace(low[i], high[i], SIDE if size == 2 else CURVE) for i in range(size)]
        self.model, self.grid = model, np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, *points.shape[1:])
        self.recording = Recording(points, labels, sorted(set(labels.tolist())), axes, theme, middle)
        self._compiled: Any = None
        self._pictures: dict[tuple[int, int], bytes] = {}
        with suppress(TypeError, ValueError):  # no neurons to draw; the plane and the loss remain
            self.recording.view = network(model, [0.0] * size, None, 60)

    def __len__(self) -> int:
        return len(self.recording.snapshots)

    def scores(self, points: "NDArray[float64]") -> "NDArray[float64]":
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

        recording = self.recording
        weights = {name: p.data for name, p in self.model.named_parameters()}
        lines = [] if recording.view is None else [w.parameter.data for w in recording.view.weights]
        self._pictures.clear()  # their axes hold all moments
        if len(recording.axes) == 1:
            snapshot = Snapshot(epoch, float(loss), None, self.scores(self.grid), weights, lines)
            return recording.snapshots.append(snapshot)
        scores = self.scores(recording.X)
        is_second = scores > recording.middle
        classes = scores.argmax(axis=-1) if scores.ndim == 2 else is_second * (len(recording.labels) - 1)
        targets = np.array([recording.labels.index(label) for label in recording.y.tolist()])
        accuracy = float((classes == targets).mean())
        recording.snapshots.append(Snapshot(epoch, float(loss), accuracy, self.scores(self.grid), weights, lines))

    def png(self, i: int, dpi: int = 100) -> bytes:
        """The i-th frame, a PNG.  Raises ValueError where nothing was recorded."""
        from PIL import Image

        if not len(self):
            raise ValueError("the movie has no frames yet; call record(epoch, loss) while the model trains")
        i %= len(self)
        if (i, dpi) not in self._pictures:
            full, small = io.BytesIO(), io.BytesIO()
            figure(self.recording, i).savefig(full, format="png", dpi=dpi)
            # With a palette it has a quarter of the size.
            Image.open(full).convert("RGB").quantize(96).save(small, "PNG", optimize=True)
            self._pictures[i, dpi] = small.getvalue()
        return self._pictures[i, dpi]

    def pictures(self, dpi: int = 100) -> list[bytes]:
        """All frames; raises ValueError where there are none."""
        return [self.png(i, dpi) for i in range(len(self))] or [self.png(0)]

    @computed_from_rest("record another movie, or save this one and edit the file")
    def html(self) -> str:
        """A page with a slider and a button, one file that needs no network.  Raises ValueError without frames."""
        pictures = [base64.b64encode(picture).decode() for picture in self.pictures()]
        moments = self.recording.snapshots
        words = [f"epoch {m.epoch}, loss {m.loss:.4g}{m.right(', ')}" for m in moments]
        text = (files("autograd_lite.drawing") / "movie.html").read_text(encoding="utf-8")
        return Template(text).substitute(
            asdict(self.recording.theme), theme=self.recording.theme.name, first=pictures[0],
            count=len(pictures) - 1, pictures=script_data(pictures), words=script_data(words),
        )  # fmt: skip

    def files(self, dpi: int = 100) -> Formats:
        def moving(format: str) -> bytes:
            return moving_picture(self.pictures(dpi), [FRAME_SECONDS] * (len(self) - 1) + [END_SECONDS], format=format)

        still: Formats = {"html": lambda: self.html, "png": lambda: self.png(-1, dpi)}
        return {"gif": lambda: moving("GIF"), "apng": lambda: moving("PNG"), **still}

    def save(self, path: str | Path, dpi: int = 100) -> Path:
        """Write it to a .gif, .apng, .html or .png file, as a whole or not at all; but for .html, at that `dpi`.

        An .apng is a PNG that moves, which notebooks and GitHub show as it is; a .png is the last frame alone.

        Raises ValueError for another suffix or a movie without frames.
        """
        return self._write(path, self.files(dpi))

    def representations(self) -> Formats:
        def framed() -> str:
            return iframe(self.html, "training", "34rem", self.png(-1))

        pictures: Formats = {"text/html": framed, "image/png": lambda: self.png(-1)} if len(self) else {}
        return {**pictures, "text/plain": self.__repr__}

    def __repr__(self) -> str:
        shots = self.recording.snapshots
        last = f", the last at epoch {shots[-1].epoch} with loss {shots[-1].loss:.4g}" if shots else ""
        return f"<Movie of {len(self)} frames{last}; show it in a notebook, or save it as .gif or .html>"


def moving_picture(
    pictures: Sequence[bytes], seconds: Sequence[float], scale: int = 1, format: str = "GIF", colours: int = 128
) -> bytes:
    """PNG pictures as one that moves and repeats, with one palette for all; `scale` times smaller.

    The format is "GIF", or "PNG": an animated one, of which readers that know no such thing show the first frame.
    Raises ImportError without Pillow.
    """
    Image = required("PIL.Image", "a moving picture", "demo")
    images = [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures]
    size = max(i.width for i in images), max(i.height for i in images)
    small = [image.resize((size[0] // scale, size[1] // scale), Image.Resampling.LANCZOS) for image in images]
    every = Image.new("RGB", (small[0].width, sum(image.height for image in small)))
    for i, image in enumerate(small):
        every.paste(image, (0, i * image.height))
    palette = every.quantize(colours)
    frames = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in small]
    out = io.BytesIO()
    frames[0].save(
        out, format, save_all=True, append_images=frames[1:], duration=[round(1000 * s) for s in seconds], loop=0,
        optimize=True, disposal=1 if format == "GIF" else 0,
    )  # fmt: skip
    return out.getvalue()
