"""`draw`: a graph as a picture.  Where the options are checked and the parts of drawing meet."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_lite.core.value import Value
from autograd_lite.drawing.choosing import check_collapse, plan
from autograd_lite.drawing.circles import digraph as network_digraph
from autograd_lite.drawing.composing import compose
from autograd_lite.drawing.dot import DIRECTIONS
from autograd_lite.drawing.labels import Style
from autograd_lite.drawing.names import find_names, is_module
from autograd_lite.drawing.network import network, tell
from autograd_lite.drawing.numerals import check_precision
from autograd_lite.drawing.sheet import Drawing
from autograd_lite.drawing.sources import Instructions, Source, Values, own_pass, stored
from autograd_lite.drawing.theme import find_theme
from autograd_lite.program.program import Program


def draw(
    value: Any,
    *,
    names: Mapping[str, object] | None = None,
    infer_names: bool = True,
    edges: str | None = None,
    color_by: str | None = None,
    direction: str | None = None,
    precision: int = 4,
    theme: str = "light",
    legend: bool = True,
    limit: int = 60,
    focus: Value | None = None,
    radius: int = 2,
    collapse: str | Sequence[str] | bool | None = None,
    expand: bool | str = False,
    backward: bool = False,
    inputs: Sequence[Any] | None = None,
    loss: Callable[[Any], Value] | None = None,
) -> Drawing:
    """The graph that computed a Value, a Module, or a Program, as a picture.

    Each box shows the operation, the name, the value (blue, above) and the gradient (orange, below), which
    reads "not computed" until a reverse pass has reached it.

    names         maps names to Values, to lists or dicts of them, or to Modules
    infer_names   also take the names of the caller's variables
    edges         "partial": the local partial on each arrow; "flow": upstream × local = downstream
    color_by      "value" or "gradient": fill the boxes by that number
    direction     of the arrows: "right", "down", "left" or "up"; by default right, or down for a long way
    precision     significant digits, 1 to 17
    theme         "light" or "dark"
    legend        a line that explains the colours
    backward      run a reverse pass for this drawing alone; the `.grad` of the Values stays as it is
    collapse      one box for each of the "neurons", the "layers" or the "model", for the modules at the given
                  paths ("layers.0"), or for all nodes that do the same ("alike"); False for no groups
    expand        draw a dot, sum, mean or prod as the scalar products and sums that it stands for; "products"
                  adds all products in one step
    limit         how many boxes are drawn; a larger graph collapses by itself, and the drawing says so
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
        theme=find_theme(theme),
        legend=bool(legend),
    )
    limit, radius = at_least("limit", limit, 1), at_least("radius", radius, 0)
    how = {False: None, True: "sums", "products": "products", "sums": "sums"}
    expanded = how[one_of("expand", expand, tuple(how))]
    check_collapse(collapse)
    if is_module(value):
        refuse_for_modules(
            names=names, edges=edges, color_by=color_by, direction=direction, focus=focus, collapse=collapse,
            expand=expand or None, backward=backward or None,
        )  # fmt: skip
        return Drawing(network(value, inputs, loss, limit), style, network_digraph, tell)
    if inputs is not None or loss is not None:
        raise TypeError("inputs and loss are for drawing a Module; a Value or a Program is drawn without them")
    source: Source
    if isinstance(value, Program):
        source = Instructions(value)
    else:
        roots = roots_of(value)
        source = Values(roots, find_names(names, infer_names), own_pass(roots) if backward else stored)
    what = plan(source, limit, collapse, focus, radius)
    return Drawing(compose(source, what, expanded, style.precision), style)


def refuse_for_modules(**options: object) -> None:
    """Raise where an option was given that the view of a network does not have."""
    given = [name for name, x in options.items() if x is not None]
    if given:
        raise TypeError(
            f"a Module is drawn as a network, for which {given[0]}= has no meaning; draw the graph of its result "
            f"instead: draw(model(x), {given[0]}=...)"
        )


def roots_of(value: object) -> list[Value]:
    """The Values to draw: one, or several in a list or tuple."""
    if isinstance(value, Value):
        return [value]
    if isinstance(value, (list, tuple)) and value and all(isinstance(x, Value) for x in value):
        return list(value)
    raise TypeError(
        f"draw shows the graph of a Value, but got {value!r} of type {type(value).__name__}; "
        f"pass a result that was computed from Values, a list of them, a Module, or a Program"
    )


def one_of(name: str, x: Any, known: tuple[Any, ...]) -> Any:
    """An option, checked."""
    if x in known:
        return x
    raise ValueError(f"{name} is one of {', '.join(map(repr, known))}, but got {x!r}; choose one of them")


def at_least(name: str, x: Any, least: int) -> int:
    """A whole number, checked."""
    if isinstance(x, int) and not isinstance(x, bool) and x >= least:
        return x
    raise ValueError(f"{name} is a whole number of at least {least}, but got {x!r}; pass one")
