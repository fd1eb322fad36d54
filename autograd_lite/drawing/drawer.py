"""`draw`: a graph as a picture.  Where the options are checked and the parts of drawing meet."""

from collections.abc import Mapping
from typing import Any

from autograd_lite.drawing.choosing import choose
from autograd_lite.drawing.dot import DIRECTIONS, Style
from autograd_lite.drawing.names import find_names
from autograd_lite.drawing.numerals import check_precision
from autograd_lite.drawing.sheet import Drawing
from autograd_lite.drawing.theme import find_theme
from autograd_lite.value import Value


def draw(
    value: Any,
    *,
    names: Mapping[str, object] | None = None,
    infer_names: bool = True,
    edges: str | None = None,
    color_by: str | None = None,
    direction: str = "right",
    precision: int = 4,
    theme: str = "light",
    legend: bool = True,
    limit: int = 100,
    focus: Value | None = None,
    radius: int = 2,
) -> Drawing:
    """The graph that computed a Value, as a picture.

    Each box shows the operation, the name, the value (blue, above) and the gradient (orange, below), which
    reads "not computed" until a reverse pass has reached it.

    names         maps names to Values, to lists or dicts of them, or to Modules
    infer_names   also take the names of the caller's variables
    edges         "partial": the local partial on each arrow; "flow": upstream × local = downstream
    color_by      "value" or "gradient": fill the boxes by that number
    direction     of the arrows: "right", "down", "left" or "up"
    precision     significant digits, 1 to 17
    theme         "light" or "dark"
    legend        a line that explains the colours
    limit         the most nodes that are drawn; a larger graph is cut down, and the drawing says so
    focus, radius draw what is at most `radius` steps from the Value `focus`

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
        direction=one_of("direction", direction, tuple(DIRECTIONS)),
        precision=check_precision(precision),
        color_by=one_of("color_by", color_by, (None, "value", "gradient")),
        edges=one_of("edges", edges, (None, "partial", "flow")),
        theme=find_theme(theme),
        legend=bool(legend),
    )
    roots = roots_of(value)
    found = find_names(names, infer_names)
    picture = choose(roots, found, limit=at_least("limit", limit, 1), focus=focus, radius=at_least("radius", radius, 0))
    return Drawing(picture, style)


def roots_of(value: object) -> list[Value]:
    """The Values to draw: one, or several in a list or tuple."""
    if isinstance(value, Value):
        return [value]
    if isinstance(value, (list, tuple)) and value and all(isinstance(x, Value) for x in value):
        return list(value)
    raise TypeError(
        f"draw shows the graph of a Value, but got {value!r} of type {type(value).__name__}; "
        f"pass a result that was computed from Values, or a list of them"
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
