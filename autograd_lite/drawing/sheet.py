"""`Drawing`: what `draw` returns.  It shows itself in notebooks, prints as text, and saves."""

import base64
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd_lite.drawing.dot import digraph
from autograd_lite.drawing.labels import Style
from autograd_lite.drawing.rendering import ADVICE, FORMATS, SHARPNESS, CannotRender, render
from autograd_lite.drawing.tree import tree
from autograd_lite.support.files import write_atomically

if TYPE_CHECKING:
    import graphviz

SUFFIXES = ("svg", "png", "pdf", "html", "dot", "txt")

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ margin: 0; background: {paper}; }} svg {{ display: block; margin: 1rem auto; max-width: 98vw; \
height: auto; }}</style></head>
<body>{svg}</body></html>
"""


class Drawing:
    """A picture of a graph.

    In a notebook the last expression of a cell shows it; `print` shows a tree of text; `save` writes a file.
    `digraph` is the `graphviz.Digraph`, `source` its DOT text.

    >>> from autograd_lite import Value, draw
    >>> x = Value(2.0, label="x")
    >>> print(draw(x * x))
    ×   4   grad not computed
    ├─ x   2   grad not computed   [1]
    └─ x   see [1]
    """

    def __init__(
        self,
        picture: Any,
        style: Style,
        write: Callable[[Any, Style], "graphviz.Digraph"] = digraph,
        tell: Callable[[Any, int], str] = tree,
    ) -> None:
        self.picture = picture
        self.style = style
        self._write, self._tell = write, tell
        self._digraph: graphviz.Digraph | None = None
        self._rendered: dict[str, bytes] = {}

    @property
    def digraph(self) -> "graphviz.Digraph":
        """The graph as the graphviz package holds it, to be changed or drawn in other ways."""
        if self._digraph is None:
            self._digraph = self._write(self.picture, self.style)
        return self._digraph

    @property
    def source(self) -> str:
        """The DOT text."""
        return str(self.digraph.source)

    def render(self, format: str) -> bytes:
        """The picture as bytes of the format svg, png or pdf.

        Raises ValueError for another format, CannotRender (a RuntimeError) where there is no Graphviz.
        """
        if format not in FORMATS:
            raise ValueError(f"a drawing renders as {', '.join(FORMATS)}, not as {format!r}; choose one of them")
        if format not in self._rendered:
            self._rendered[format] = render(self.source, format, self.digraph.engine)
        return self._rendered[format]

    def save(self, path: str | Path) -> Path:
        """Write the drawing to a file, as its suffix says: .svg, .png, .pdf, .html, .dot or .txt.

        The file is written as a whole or not at all.  Raises ValueError for another suffix, OSError where the
        folder is missing or not writable, CannotRender where there is no Graphviz.
        """
        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in SUFFIXES:
            raise ValueError(
                f"{path.name!r} does not say how to write the drawing; end it in one of "
                f"{', '.join('.' + s for s in SUFFIXES)}"
            )
        if not path.parent.is_dir():
            raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to save {path.name!r} in; make it first")
        write_atomically(path, self.content(kind))
        return path

    def content(self, kind: str) -> bytes:
        """What a file of that kind holds."""
        if kind == "dot":
            return self.source.encode()
        if kind == "txt":
            return f"{self}\n".encode()
        if kind == "html":
            svg = self.render("svg").decode()
            page = PAGE.format(title="autograd_lite", paper=self.style.theme.paper, svg=svg[svg.index("<svg") :])
            return page.encode()
        return self.render(kind)

    def __str__(self) -> str:
        return self._tell(self.picture, self.style.precision)

    def __repr__(self) -> str:
        return f"<Drawing of {str(self).splitlines()[0]}; print it, show it in a notebook, or save it>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        """The picture for notebooks: SVG, PNG for readers that strip SVG, and text."""
        try:
            svg = self.render("svg").decode()
            png = self.render("png")
        except CannotRender as error:
            advice = "" if ADVICE in str(error) else f"\n({ADVICE})"
            return {"text/plain": f"({error}){advice}\n{self}"}, {}
        # PNG is rendered at twice the resolution of screens; the metadata says how large it is to be shown.
        width, height = struct.unpack(">II", png[16:24])
        size = {"width": round(width / SHARPNESS), "height": round(height / SHARPNESS)}
        bundle = {"image/svg+xml": svg, "image/png": base64.b64encode(png).decode(), "text/plain": str(self)}
        return bundle, {"image/png": size}
