"""`draw`: a graph as a picture, and `Drawing`, which shows itself in notebooks, prints as text, and saves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from autograd_lite.core.value import Value
from autograd_lite.drawing.exportable import Exportable, Formats
from autograd_lite.drawing.graph_dot import DIRECTIONS, digraph
from autograd_lite.drawing.grouping import N
from autograd_lite.drawing.labels import Style
from autograd_lite.drawing.names import find_names
from autograd_lite.drawing.network import NetworkView, network, network_text
from autograd_lite.drawing.network_dot import network_digraph
from autograd_lite.drawing.number_format import check_precision
from autograd_lite.drawing.picture import Picture
from autograd_lite.drawing.picture_builder import build_picture
from autograd_lite.drawing.rendering import FORMATS, SHARPNESS, render
from autograd_lite.drawing.selection import Collapse, check_collapse, select
from autograd_lite.drawing.sources import Instructions, Source, Values, own_pass, stored_gradient
from autograd_lite.drawing.svg import fitted, in_both_themes
from autograd_lite.drawing.text_tree import tree_lines
from autograd_lite.drawing.theme import DARK, LIGHT, find_theme
from autograd_lite.nn.module import Module
from autograd_lite.program.program import Program
from autograd_lite.support.wording import computed_from_rest, for_output
from autograd_lite.trees.registry import is_module

if TYPE_CHECKING:
    import graphviz

Option = TypeVar("Option")

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>autograd_lite</title>
<style>body {{ margin: 0; background: {paper}; }} svg {{ display: block; margin: 1rem auto; max-width: 98vw; \
height: auto; }}{dark}</style></head>
<body>{svg}</body></html>
"""


class Drawing(Exportable):
    """A picture of a graph.

    In a notebook the last expression of a cell shows it; `print` shows a tree of text; `save` writes a .svg, .png,
    .pdf, .html, .dot or .txt file.  `digraph` is the `graphviz.Digraph`, `source` its DOT text.

    >>> from autograd_lite import Value, draw
    >>> x = Value(2.0, label="x")
    >>> print(draw(x * x))
    ×   4   grad not computed
    ├─ x   2   grad not computed   [1]
    └─ x   see [1]
    """

    noun = "drawing"
    png_scale = SHARPNESS

    def __init__(self, picture: Picture | NetworkView, style: Style) -> None:
        self.picture = picture
        self.style = style
        self._rendered: dict[str, bytes] = {}

    @cached_property
    def digraph(self) -> "graphviz.Digraph":
        """The graph as the graphviz package holds it, to be changed or drawn in other ways."""
        picture, style = self.picture, self.style
        return network_digraph(picture, style) if isinstance(picture, NetworkView) else digraph(picture, style)

    @computed_from_rest("draw again with other options, or change the digraph")
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
            found = render(self.source, format, self.digraph.engine)
            if format == "svg":
                text = fitted(found.decode())
                if self.style.auto:
                    dark = Drawing(self.picture, replace(self.style, theme=DARK, auto=False))
                    text = in_both_themes(text, dark.render("svg").decode())
                found = text.encode()
            self._rendered[format] = found
        return self._rendered[format]

    def files(self) -> Formats:
        return {
            "svg": lambda: self.render("svg"), "png": lambda: self.render("png"), "pdf": lambda: self.render("pdf"),
            "html": self._page, "dot": lambda: self.source, "txt": lambda: f"{self.text()}\n",
        }  # fmt: skip

    def _svg(self) -> str:
        return self.render("svg").decode()

    def _page(self) -> str:
        svg = self._svg()
        paper = self.style.theme.paper
        dark = f"@media (prefers-color-scheme: dark) {{body {{background: {DARK.paper};}}}}" if self.style.auto else ""
        return PAGE.format(paper=paper, dark=dark, svg=svg[svg.index("<svg") :])

    def representations(self) -> Formats:
        return {"image/svg+xml": self._svg, "image/png": lambda: self.render("png"), "text/plain": self.__str__}

    def text(self) -> str:
        """The picture as text, with all its signs."""
        picture, precision = self.picture, self.style.precision
        return network_text(picture, precision) if isinstance(picture, NetworkView) else tree_lines(picture, precision)

    def __str__(self) -> str:
        return for_output(self.text())

    def __repr__(self) -> str:
        return f"<Drawing of {str(self).splitlines()[0]}; print it, show it in a notebook, or save it>"


def draw(
    value: Value | Sequence[Value] | Module | Program, *,
    names: Mapping[str, object] | None = None, infer_names: bool = True,
    edges: str | None = None, color_by: str | None = None, direction: str | None = None, precision: int = 4,
    theme: str = "light", legend: bool = True, limit: int = 60, focus: Value | None = None, radius: int = 2,
    collapse: Collapse = None, expand: bool | str = False, backward: bool = False, unfold_calls: bool = False,
    inputs: Sequence[Any] | None = None, loss: Callable[..., Value] | None = None,
) -> Drawing:  # fmt: skip
    """The graph that computed a Value, a Module, or a Program, as a picture.

    Each box shows the operation, the name, the value (blue, above) and the gradient (orange, below), which
    reads "not computed" until a reverse pass has reached it.

    names         maps names to Values, to lists or dicts of them, or to Modules
    infer_names   also take the names of the caller's variables
    edges         "partial": the local partial on each arrow; "flow": upstream × local = downstream
    color_by      "value" or "gradient": fill the boxes by that number
    direction     of the arrows: "right", "down", "left" or "up"; by default right, or down for a long way
    precision     significant digits, 1 to 17
    theme         "light", "dark", or "auto", which follows the reader's system where the picture is SVG or HTML
    legend        a line that explains the colours
    backward      run a reverse pass for this drawing alone; the `.grad` of the Values stays as it is
    collapse      one box for each of the "neurons", the "layers" or the "model", for the modules at the given
                  paths ("layers.0"), for all nodes that do the same ("alike"), or for each step of a loop
                  ("steps", or a list as ["step 2", "step 3"]); False for no groups; by default "steps" where
                  there is a loop of three and more, and "neurons" for a network of several, without `edges`
                  and `expand`, else none
    expand        draw a dot, sum, mean or prod as the scalar products and sums that it is made of; "products"
                  adds all products in one step
    unfold_calls  draw the call of a compiled function, which is one node, as what the function computes, in a
                  frame with its name; the function is run once more for that, on the numbers of the call
    limit         how many boxes are drawn; a larger graph collapses by itself, with a note in the drawing
    focus, radius draw what is at most `radius` steps from the Value `focus`
    inputs, loss  for a Module, which is drawn as columns of neurons: one sample, whose outputs and gradients are
                  shown, and a function of the output to take the gradient of

    Raises TypeError where there is nothing to draw, ValueError on an unknown option.

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> print(draw(f))
    f = ×   −12   grad 1
    ├─ +   3   grad −4
    │  ├─ x   −2   grad −4
    │  └─ y   5   grad −4
    └─ z   −4   grad 3
    """
    style = Style(
        direction=one_of("direction", direction, (None, *DIRECTIONS)),
        precision=check_precision(precision),
        color_by=one_of("color_by", color_by, (None, "value", "gradient")),
        edges=one_of("edges", edges, (None, "partial", "flow")),
        theme=LIGHT if theme == "auto" else find_theme(theme),
        auto=theme == "auto",
        legend=bool(legend),
    )
    limit, radius = at_least("limit", limit, 1), at_least("radius", radius, 0)
    steps = {False: None, True: "sums", "products": "products", "sums": "sums"}
    expanded = steps[one_of("expand", expand, tuple(steps))]
    check_collapse(collapse)
    if is_module(value):
        options = {
            "names": names, "edges": edges, "color_by": color_by, "direction": direction, "focus": focus,
            "collapse": collapse, "expand": expand or None, "backward": backward or None,
            "unfold_calls": unfold_calls or None,
        }  # fmt: skip
        name = next((name for name, x in options.items() if x is not None), None)
        if name is not None:
            raise TypeError(
                f"a Module is drawn as a network, for which {name}= has no meaning; draw the graph of its result "
                f"instead: draw(model(x), {name}=...)"
            )
        return Drawing(network(value, inputs, loss, limit), style)
    if inputs is not None or loss is not None:
        raise TypeError("inputs and loss are for drawing a Module; a Value or a Program is drawn without them")

    def picture_of(source: Source[N]) -> Picture:
        selected = select(source, limit, collapse, focus, radius, fold=not (edges or expanded))
        return build_picture(source, selected, expanded, style.precision)

    if isinstance(value, Program):
        if unfold_calls:
            raise TypeError(
                "unfold_calls=True is for the calls in a graph of Values, but got a Program; draw it without, or draw "
                "what the function gives for Values"
            )
        return Drawing(picture_of(Instructions(value)), style)
    given = list(value) if isinstance(value, (list, tuple)) else [value]
    roots = [x for x in given if isinstance(x, Value)]
    if not roots or len(roots) < len(given):
        raise TypeError(
            f"draw shows the graph of a Value, but got {value!r} of type {type(value).__name__}; "
            f"pass a result that was computed from Values, a list of them, a Module, or a Program"
        )
    gradients = own_pass(roots) if backward else stored_gradient
    found = Values(roots, find_names(names, infer_names), gradients, unfold_calls)
    focus = None if focus is None else found.shown(focus)
    return Drawing(picture_of(found), style)


def one_of(name: str, x: Option, known: tuple[Option, ...]) -> Option:
    if x in known:
        return x
    raise ValueError(f"{name} is one of {', '.join(map(repr, known))}, but got {x!r}; choose one of them")


def at_least(name: str, x: int, least: int) -> int:
    if isinstance(x, int) and not isinstance(x, bool) and x >= least:
        return x
    raise ValueError(f"{name} is a whole number of at least {least}, but got {x!r}; pass one")
