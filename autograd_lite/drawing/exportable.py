"""`Exportable`: how everything that is drawn or explained saves itself and shows itself in notebooks."""

import base64
import struct
from collections.abc import Callable, Container, Mapping
from html import escape
from pathlib import Path
from typing import ClassVar

from autograd_lite.drawing.rendering import ADVICE, CannotRender
from autograd_lite.support.files import checked_path, write_atomically

ADVICE_ON_FRAMES = "Nothing above? Trust the notebook, or run the cell again. Here is a still picture."
Formats = Mapping[str, Callable[[], str | bytes]]  # what makes the content, by the format


class Exportable:
    """The base of drawings, animations, movies, explanations and pages: they list their formats, it does the rest."""

    noun: ClassVar[str]  # for messages
    png_scale: ClassVar[int] = 1  # pixels of a PNG for each pixel of a screen

    def files(self) -> Formats:
        """What a file holds, by its suffix."""
        raise NotImplementedError

    def representations(self) -> Formats:
        """What a notebook gets, by the MIME type; text/plain is among them and needs no Graphviz."""
        raise NotImplementedError

    def widget_view(self) -> Mapping[str, object]:
        """What a notebook shows as a widget, by its MIME type; nothing where it cannot."""
        return {}

    def save(self, path: str | Path) -> Path:
        """Write a file in the format of its suffix, as a whole or not at all; returns the path.

        A file that was there is replaced, with its permissions; a hard link to it is broken.

        Raises ValueError for an unknown suffix, which lists the known ones, OSError where the folder is missing
        or not writable or the path is that of a device, CannotRender (a RuntimeError) where Graphviz is needed and
        missing.
        """
        return self._write(path, self.files())

    def _write(self, path: str | Path, files: Formats) -> Path:
        path = Path(checked_path(path))
        suffix = path.suffix.lower().removeprefix(".")
        suffix = "html" if suffix == "htm" else suffix
        if suffix not in files:
            *others, last = [f".{known}" for known in files]
            listed = f"{', '.join(others)} or {last}" if others else last
            raise ValueError(f"the suffix of {path.name!r} is no format of the {self.noun}; end it in {listed}")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to save {path.name!r} in; make it first")
        write_atomically(path, as_bytes(files[suffix]()))
        return path

    def content(self, format: str) -> bytes:
        """What a file of that format, the suffix without its dot, holds."""
        return as_bytes(self.files()[format]())

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> tuple[dict[str, object], dict[str, dict[str, int]]]:
        """The picture for notebooks: several formats, as readers that distrust a notebook strip some, and text."""
        representations, metadata = self.representations(), {}
        try:
            contents = {mime: make() for mime, make in representations.items()}
        except CannotRender as error:
            advice = "" if ADVICE in str(error) else f"\n({ADVICE})"
            return {"text/plain": f"({error}){advice}\n{representations['text/plain']()!s}"}, {}
        png = contents.get("image/png")
        if isinstance(png, bytes) and self.png_scale > 1:
            width, height = struct.unpack(">II", png[16:24])
            metadata["image/png"] = {"width": round(width / self.png_scale), "height": round(height / self.png_scale)}
        bundle: dict[str, object] = {
            mime: x if isinstance(x, str) else base64.b64encode(x).decode() for mime, x in contents.items()
        }
        return {**bundle, **self.widget_view()}, metadata


def as_bytes(content: str | bytes) -> bytes:
    return content.encode(errors="backslashreplace") if isinstance(content, str) else content


def iframe(
    page: str, title: str, height: str, still: bytes = b"", more: str = "", permits: str = "allow-scripts"
) -> str:
    """A page inside of a notebook, in a frame, so that neither its style nor its script meets those of the notebook.

    Below it is one line, which opens a still picture, and more: a reader who does not trust the notebook, as GitHub,
    drops the frame and keeps these.
    """
    data = base64.b64encode(still).decode()
    image = f'<img alt="{escape(title)}" style="max-width:100%" src="data:image/png;base64,{data}">' if still else ""
    return (
        f'<iframe srcdoc="{escape(page)}" sandbox="{permits}" title="{escape(title)}" '
        f'style="width:100%;height:{height};border:0"></iframe>'
        f"<details><summary>{ADVICE_ON_FRAMES}</summary>{image}{more}</details>"
    )
