"""`Animation`: the frames of a drawing, shown one after the other, as a GIF or as an animated SVG."""

import base64
import io
import re
from pathlib import Path
from typing import Any

from autograd_lite.drawing.frames import at, sequence
from autograd_lite.drawing.rendering import SHARPNESS, CannotRender
from autograd_lite.drawing.sheet import Drawing
from autograd_lite.support.extras import required
from autograd_lite.support.files import write_atomically

SECONDS = 0.9  # that a frame is shown
LINGER = 3.0  # that the last one is shown


class Animation:
    """The forward and the backward pass of a graph, moving.  A notebook shows it; `save` writes .gif or .svg.

    `drawing` is the drawing that it ends with, `len` the number of frames.
    """

    def __init__(self, drawing: Drawing, seconds: float) -> None:
        self.drawing = drawing
        self.seconds = seconds
        self.frames = sequence(drawing.picture)

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, i: int) -> Drawing:
        """The i-th frame as a drawing."""
        return Drawing(at(self.drawing.picture, self.frames, i), self.drawing.style)

    def svg(self) -> str:
        """All frames in one SVG, each visible in its time.  A reader who wants no motion sees the last one."""
        texts = [self.frame(i).render("svg").decode() for i in range(len(self))]
        times = [self.seconds] * (len(self) - 1) + [self.seconds + LINGER]
        head = re.search(r"<svg[^>]*>", texts[0])
        if head is None:
            raise CannotRender("Graphviz gave no SVG")
        whole = sum(times)
        rules, groups, start = [], [], 0.0
        for i, text in enumerate(texts):
            body = re.sub(
                r"<!--.*?-->|<title>.*?</title>", "", text[text.index("<g ") : text.rindex("</svg>")], flags=re.S
            )
            body = re.sub(r' id="[^"]*"', "", body)
            begin, end = 100.0 * start / whole, 100.0 * (start + times[i]) / whole
            rules.append(shown_between(i, begin, end))
            last = i == len(texts) - 1
            groups.append(f'<g class="frame{" last" if last else ""}" style="animation-name:f{i}">{body}</g>')
            start += times[i]
        style = (
            f".frame{{visibility:hidden;animation:{whole:.2f}s step-end infinite}}{''.join(rules)}"
            "@media (prefers-reduced-motion: reduce){.frame{animation:none}.last{visibility:visible}}"
        )
        return f"{head.group()}<style>{style}</style>{''.join(groups)}</svg>\n"

    def gif(self) -> bytes:
        """A GIF.  Raises ImportError without Pillow, CannotRender without Graphviz."""
        pictures = [self.frame(i).render("png") for i in range(len(self))]
        return film(pictures, [self.seconds] * (len(self) - 1) + [self.seconds + LINGER])

    def save(self, path: str | Path) -> Path:
        """Write it to a .gif or .svg file, as a whole or not at all.

        Raises ValueError for another suffix, CannotRender without Graphviz, ImportError without Pillow (GIF).
        """
        path = Path(path)
        kind = path.suffix.lower()
        if kind not in (".gif", ".svg"):
            raise ValueError(f"{path.name!r} does not say how to write the animation; end it in .gif or .svg")
        write_atomically(path, self.gif() if kind == ".gif" else self.svg().encode())
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            svg = self.svg()
        except CannotRender as error:
            return {"text/plain": f"({error})\n{self.drawing}"}
        # As an image: its style stays its own, and a notebook that is not trusted keeps it.
        data = base64.b64encode(svg.encode()).decode()
        html = f'<img alt="the two passes, moving" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'
        return {"text/html": html, "text/plain": str(self.drawing)}

    def __repr__(self) -> str:
        return f"<Animation of {len(self)} frames; show it in a notebook, or save it as .gif or .svg>"


def shown_between(i: int, begin: float, end: float) -> str:
    """The rule that shows frame i from `begin` to `end` percent of the time."""
    before = "" if begin == 0.0 else "0%{visibility:hidden}"
    after = "" if end >= 100.0 else f"{end:.3f}%{{visibility:hidden}}"
    return f"@keyframes f{i}{{{before}{begin:.3f}%{{visibility:visible}}{after}}}"


def film(
    pictures: list[bytes], seconds: list[float], scale: int = SHARPNESS, colours: int = 128, format: str = "GIF"
) -> bytes:
    """PNG pictures as one that moves and repeats, with one palette for all; `scale` times smaller.

    The format is "GIF", or "PNG": an animated one, of which readers that know no such thing show the first frame.
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
