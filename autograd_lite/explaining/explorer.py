"""`explore`: a page that computes again what it shows as a reader moves the inputs; its arguments are checked here."""

import tempfile
import webbrowser
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd_lite.core.operands import number
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import Value
from autograd_lite.drawing.exportable import Exportable, Formats
from autograd_lite.drawing.names import Names, find_names
from autograd_lite.drawing.number_format import check_precision, count_text
from autograd_lite.drawing.picture import PARAMETER
from autograd_lite.drawing.theme import find_theme
from autograd_lite.explaining.explanation import MOST, MOST_FOLDED, explanation_picture
from autograd_lite.explaining.formats import forward_steps
from autograd_lite.explaining.lesson import lesson, lesson_source
from autograd_lite.explaining.page import Live, Page, in_javascript
from autograd_lite.explaining.page_data import Input, in_json
from autograd_lite.explaining.page_graph import PageGraph
from autograd_lite.explaining.recorded_function import (
    RecordedGraph,
    check_rows,
    lesson_programs,
    recorded_graph,
    variables_around,
)
from autograd_lite.explaining.starting_points import Starts, bound, slider_ends
from autograd_lite.support.extras import imported
from autograd_lite.support.wording import computed_from_rest, for_output, readable
from autograd_lite.transforms.signatures import Function, name_of, numbered_names, parameter_names
from autograd_lite.trees.registry import is_module

if TYPE_CHECKING:
    from autograd_lite.explaining.widget import ExplorerWidget


class Explorer(Exportable):
    """A page that computes: sliders for the inputs, the graph with values and gradients, the words of `explain`.

    `save` writes it as .html, one file that needs no network; `show` opens it in the browser; a notebook shows it, as a
    widget where anywidget is installed (extra `notebook`).  `values` are the inputs by name: of a widget those that
    the reader has set, and what is assigned moves its sliders.
    """

    noun = "explorer"

    def __init__(self, page: Page, inputs: Mapping[str, Input]) -> None:
        self._page = page
        self._inputs = dict(inputs)
        self._values = {name: x.value for name, x in inputs.items()}
        self._widget: ExplorerWidget | None = None

    @property
    def values(self) -> dict[str, float]:
        """The numbers of the inputs by their names; assign some of them, or all, to set them.

        Raises KeyError on an unknown name, TypeError on what is no number.
        """
        return dict(self._values)

    @values.setter
    def values(self, values: Mapping[str, float]) -> None:
        self._values = {**self._values, **self.checked(values)}
        if self._widget is not None:
            self._widget.values = {name: in_json(x) for name, x in self._values.items()}

    def checked(self, values: Mapping[str, float]) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, x in dict(values).items():
            if name not in self._values:
                raise KeyError(f"no input is called {name!r}; there are {', '.join(list(self._values)[:20])}")
            value = number(x)
            if value is None:
                raise TypeError(f"the input {name} is a number, but got {x!r} of type {type(x).__name__}; pass a float")
            found[name] = value
        return found

    def _received(self, values: Mapping[str, float]) -> None:
        self._values = {**self._values, **values}

    @computed_from_rest("explore again, or assign values")
    def page(self) -> Page:
        """The page with the present values."""
        return self._page.at([x._replace(value=self._values[name]) for name, x in self._inputs.items()])

    @computed_from_rest("explore again, or assign values")
    def html(self) -> str:
        """The whole page."""
        return self.page.html

    def show(self) -> Path:
        """Open the page in the browser; returns the path of the file, which is temporary."""
        path = Path(tempfile.mkdtemp(prefix="autograd_lite_")) / "explorer.html"
        self.save(path)
        webbrowser.open(path.as_uri())
        return path

    def widget(self) -> "ExplorerWidget":
        """The page as a widget of a notebook, always the same one.

        Raises ImportError where anywidget (extra `notebook`) is missing.
        """
        if self._widget is None:
            from autograd_lite.explaining.widget import widget_of

            self._widget = widget_of(self.page, self._values, self._received)
        return self._widget

    def files(self) -> Formats:
        return {"html": lambda: self.html}

    def representations(self) -> Formats:
        return self.page.representations()

    def widget_view(self) -> Mapping[str, object]:
        return self.widget().mime() if has_widgets() else {}

    def __repr__(self) -> str:
        inputs = count_text(len(self._values), "input")
        return for_output(f"<Explorer of {self._page.lesson.result}, {inputs}; show it in a notebook, or save it>")


def has_widgets() -> bool:
    """Whether this is a notebook, and anywidget is installed."""
    ipython = imported("IPython")
    shell = ipython and ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None and find_spec("anywidget") is not None


def explore(
    f: Function | Value, /, *arguments: Any, names: Mapping[str, object] | None = None, infer_names: bool = True,
    precision: int = 4, theme: str = "auto", unfold_calls: bool = False, **inputs: Any,
) -> Explorer:  # fmt: skip
    """A function, or the graph of a Value, as a page whose numbers follow the sliders of its inputs.

    Each move computes the values, the gradients, what flows along each arrow, and the words of `explain` anew, in the
    page, by the function's own program in JavaScript.  Beside it is the result along one input, with its tangent.

    f            a function of numbers, which is run once without numbers as `compile` runs it; or a Value, whose leaves
                 are the inputs
    arguments,   of f, by position or by name: a number to start from; a pair (low, high), between which the slider
    inputs       goes, beginning in the middle; a list, a dict or an array of numbers; anything else is passed on.  The
                 Values that f closes over, such as the parameters of a model, are inputs too
    names, infer_names, precision  as in `explain`
    theme        "auto", which follows the reader's system, "light" or "dark"
    unfold_calls  as in `explain`: what a compiled function that a Value came from computes, instead of one box

    An argument that has the name of an option is passed by position.  Loops are written out step by step, with a box
    for each step that unfolds.  Of more than 20,000 nodes those nearest to the result are shown, and all are computed.

    Raises TracingError where f asks for a number that is not known yet, as `compile` does, TypeError where f returns no
    Value or an argument is missing, ValueError where the graph cannot be computed with other numbers.

    >>> explore(lambda x, w: (w * x - 1.0) ** 2, x=2.0, w=(-3, 3)).values
    {'x': 2.0, 'w': 0.0}
    """
    digits = check_precision(precision)
    if theme != "auto":
        find_theme(theme)
    known = find_names(names, infer_names)
    if isinstance(f, Value):
        if arguments or inputs:
            raise TypeError(
                f"explore shows the graph of a Value from its leaves, but got arguments beside it: "
                f"{', '.join([*map(repr, arguments), *inputs])}; label the leaves, or pass the function"
            )
        check_rows(topological_order([f], everything=True), "this graph")
        return explored(RecordedGraph(f, {}, {}, {}), known, digits, theme, {}, [], unfold_calls)
    if not callable(f):
        raise TypeError(f"explore shows a function or a Value, but got {f!r} of type {type(f).__name__}; pass one")
    starts = Starts()
    positions = numbered_names(parameter_names(f.forward if is_module(f) else f), len(arguments))
    first = [starts.of(x, name) for x, name in zip(arguments, positions, strict=True)]
    named = {name: starts.of(x, name) for name, x in inputs.items()}
    given, also = bound(f, first, named)
    recorded = recorded_graph(f, given, also, list(starts.ranges))
    around_f = variables_around(f) if infer_names else {}
    found = [*zip(positions, first, strict=True), *named.items(), *recorded.named.items(), *around_f.items()]
    for name, x in found:
        known.take(readable(name), x)
    for name, x in [*zip(positions, first, strict=True), *named.items()]:
        if isinstance(x, Value):  # one that the caller has under another name
            known.names[x] = readable(name)
    if (name := name_of(f)).isidentifier():
        known.take(name, recorded.root)
    return explored(recorded, known, digits, theme, starts.ranges, list(starts.ranges), unfold_calls)


def explored(
    recorded: RecordedGraph, names: Names, precision: int, theme: str, ranges: Mapping[Value, tuple[float, float]],
    given: Sequence[Value], unfold_calls: bool,
) -> Explorer:  # fmt: skip
    """The explorer of a graph."""
    source = lesson_source(recorded.root, names, moves=True, unfolds=unfold_calls)
    found = lesson(source, MOST_FOLDED, moves=True, loops=recorded.loops)
    steps = dict(zip(found.nodes, found.steps, strict=True))
    leaves = dict.fromkeys([x for x in [*steps, *source.order] if x.op == "" and not x.parents])
    parameters = [x for x in names.parameters if x in leaves]  # in the order of their module
    others = [x for x in leaves if x not in names.parameters]
    every: list[Value] = list(dict.fromkeys([*given, *others, *parameters]))
    inputs: dict[str, Input] = {}
    for x in every:
        low, high = ranges.get(x) or slider_ends(x.data)
        step = steps.get(x)
        if step is None:
            name = unlike(names.of(x) or "x", inputs)
            inputs[name] = Input(name, x.data, low, high)
        else:
            name = unlike(step.name, inputs)
            inputs[name] = Input(name, x.data, low, high, step.kind == PARAMETER, step.key, step.module)
    everything, result, places = lesson_programs(found, PageGraph(source, recorded.twin), every)
    live = Live(everything, in_javascript(everything, result), places, list(inputs.values()))
    told = found if len(forward_steps(found)) <= MOST else lesson(source, MOST, moves=True, loops=recorded.loops)
    still = lambda theme: explanation_picture(recorded.root, names, precision, theme, unfold_calls)  # noqa: E731
    return Explorer(Page(found, precision, theme, told, still, live), inputs)


def unlike(name: str, taken: Mapping[str, Input]) -> str:
    """A name that no other input has."""
    return next(found for i in count(1) if (found := name if i == 1 else f"{name}({i})") not in taken)
