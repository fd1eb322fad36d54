"""`draw_activations`: every activation of `nn` and its derivative by `grad`, one small plot each, with Matplotlib."""

import functools
import inspect
import io
import math
import re
import textwrap
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import maximum
from autograd_lite.core.value import Value
from autograd_lite.drawing.drawing import at_least
from autograd_lite.drawing.exportable import Exportable, Formats
from autograd_lite.drawing.theme import Theme, find_theme, paint_axes
from autograd_lite.nn.activation_modules import MODULES, activation_of
from autograd_lite.nn.activations import ACTIVATIONS, WHOLE_LAYER, brelu
from autograd_lite.nn.module import Module
from autograd_lite.support.extras import required
from autograd_lite.transforms.differentiation import grad

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS = 321
WIDEST = 38  # letters of a formula that fit on a line
LAYERS: dict[str, Callable[..., Any]] = {
    "brelu, even units": lambda x: brelu([x, x])[0],
    "brelu, odd units": lambda x: brelu([x, x])[1],
    "maxout of 3 lines": lambda x: maximum(maximum(-1.0 - 0.5 * x, 0.2 * x), x - 1.0),
}
"""Activations of whole layers, as functions of one number."""
JUMP = 20.0  # a slope between two points above which a curve is broken: a jump is no steep line


def draw_activations(
    activations: Iterable[str | Callable[..., Any]] | None = None, *,
    span: tuple[float, float] = (-4.0, 4.0), columns: int = 5, theme: str = "light",
) -> "Figure":  # fmt: skip
    """f (blue) and f' (orange, dashed) of each activation, with its formula, on common axes, as a Matplotlib figure.

    `activations` are names or functions of one number, all of the library's by default; of those of whole layers, BReLU
    is drawn for its even and its odd units, and maxout as the largest of three lines.  `save` writes the figure to a
    .png, .svg or .pdf file.  Raises ValueError on an unknown name or span, ImportError without Matplotlib.

    >>> figure = draw_activations(["tanh", "relu"], columns=2)
    >>> [ax.get_title() for ax in figure.axes]
    ['tanh', 'relu']
    """
    colours = find_theme(theme)
    low, high = span
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"span is the lowest and the highest x, but got {span!r}; pass two numbers, the lower first")
    chosen = list(functions_by_name(activations))
    width = min(at_least("columns", columns, 1), len(chosen))
    height = math.ceil(len(chosen) / width)
    figure: Figure = saveable_figure()(
        figsize=(2.1 * width, 2.1 * height + 0.3), facecolor=colours.paper, layout="constrained"
    )
    xs = [low + (high - low) * i / (POINTS - 1) for i in range(POINTS)]
    for i, (name, f) in enumerate(chosen):
        plot(figure.add_subplot(height, width, i + 1), name, f, xs, colours)
    limits = [limit for ax in figure.axes for limit in ax.get_ylim()]
    for ax in figure.axes:
        ax.set(xlim=(low, high), ylim=(min(limits), max(limits)))
    figure.suptitle("f, solid; f′, dashed", color=colours.ink, fontsize=10)
    return figure


def functions_by_name(
    activations: Iterable[str | Callable[..., Any]] | None,
) -> Iterable[tuple[str, Callable[..., Any]]]:
    """Names and functions; of those that the library has under two names, the first."""
    if activations is None:
        seen = set(WHOLE_LAYER)  # which are no functions of one number
        for name, f in ACTIVATIONS.items():
            if f not in seen:
                seen.add(f)
                yield name, f
        yield from LAYERS.items()
        activations = MODULES  # those with parameters that are trained, as they start
    for given in activations:
        if isinstance(given, str):
            name, f = activation_of(given)
            yield name, f.eval() if isinstance(f, Module) else f  # without the random slopes of training
        else:
            yield str(getattr(given, "__name__", None) or getattr(given, "name", None) or type(given).__name__), given


def formula_text(f: Callable[..., Any]) -> str:
    """The formula of an activation and its parameters, as they are drawn."""
    if isinstance(f, Primitive):
        return "\n".join(textwrap.wrap(f.formula, WIDEST)[:2])
    found = re.match(r"f = (.*?)(?:; |, f'|\. |\.$|$)", (inspect.getdoc(f) or "").split("\n")[0])
    formula = found[1] if found else ""
    if isinstance(f, Module):
        held = [(name, x) for name, x in vars(f).items() if name[:1] != "_"]
        held = [(name, x[0] if isinstance(x, list) and len(x) == 1 else x) for name, x in held]
        held = [(name, x.data if isinstance(x, Value) else x) for name, x in held]
        settings = [f"{name} = {x:g}" for name, x in held if isinstance(x, float)]
    else:
        given = inspect.signature(f).parameters.values() if callable(f) else ()
        settings = [f"{p.name} = {p.default:g}" for p in given if isinstance(p.default, float)]
    return "\n".join([*textwrap.wrap(formula, WIDEST)[:2], *([", ".join(settings)] if settings else [])])


@functools.cache
def saveable_figure() -> Any:
    """The class of Matplotlib's figures, with the `save` of all other pictures."""
    Figure = required("matplotlib.figure", "the plot of activations", "demo").Figure

    class ActivationFigure(Exportable, Figure):  # type: ignore[misc, valid-type]
        noun = "plot of activations"

        def content_as(self, format: str) -> bytes:
            file = io.BytesIO()
            self.savefig(file, format=format)
            return file.getvalue()

        def files(self) -> Formats:
            return {name: functools.partial(self.content_as, name) for name in ("png", "svg", "pdf")}

        def representations(self) -> Formats:
            return {"image/png": lambda: self.content_as("png"), "text/plain": self.__repr__}

    return ActivationFigure


def plot(ax: "Axes", name: str, f: Callable[..., Any], xs: list[float], theme: Theme) -> None:
    for g, colour, style in ((f, theme.value, "solid"), (grad(f), theme.gradient, (0, (4, 2)))):
        ys = [number_at(g, x) for x in xs]
        steps = zip(pairwise(xs), pairwise(ys), strict=True)
        broken = [*ys[:1], *(math.nan if abs(d - c) > JUMP * (b - a) else d for (a, b), (c, d) in steps)]
        ax.plot(xs, broken, color=colour, linestyle=style, linewidth=1.6)
    ax.axhline(0.0, color=theme.rule, linewidth=0.7, zorder=0)
    ax.axvline(0.0, color=theme.rule, linewidth=0.7, zorder=0)
    low, high = ax.get_ylim()
    ax.set_ylim(max(low, -4.2), min(high, 4.2))
    words = formula_text(f)
    ax.set_title(name, color=theme.ink, fontsize=9, pad=6 + 7 * len(words.splitlines()))
    ax.text(0.5, 1.02, words, color=theme.faint, fontsize=5.5, transform=ax.transAxes, ha="center", va="bottom")
    paint_axes(ax, theme, 7)


def number_at(g: Callable[[float], Any], x: float) -> float:
    """g(x) as a number; what has parameters gives a Value, and nothing is drawn where g is not defined."""
    try:
        y = g(x)
    except (ValueError, ArithmeticError):
        return math.nan
    return y.data if isinstance(y, Value) else float(y)
