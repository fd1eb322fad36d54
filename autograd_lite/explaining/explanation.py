"""`explain`: a computation step by step, as in a lecture; its options are checked here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from autograd_lite.core.value import Value
from autograd_lite.drawing.drawing import Drawing, at_least
from autograd_lite.drawing.exportable import Exportable, Formats
from autograd_lite.drawing.labels import Style
from autograd_lite.drawing.names import Names, find_names
from autograd_lite.drawing.number_format import check_precision
from autograd_lite.drawing.picture_builder import build_picture
from autograd_lite.drawing.selection import select
from autograd_lite.drawing.sources import Values, own_pass
from autograd_lite.drawing.theme import AUTO, LIGHT, Theme, find_theme
from autograd_lite.explaining import formats
from autograd_lite.explaining.lesson import Lesson, LessonStep, lesson, lesson_source
from autograd_lite.explaining.page import Page
from autograd_lite.support.wording import computed_from_rest, for_output, markup

MOST, MOST_FOLDED = 60, 20_000  # nodes that are explained: line by line; and on a page, where they are folded


@dataclass(eq=False, repr=False)
class Explanation(Exportable):
    """A computation explained forwards and backwards: `.text`, `.markdown`, `.html`, and `.lesson`, the data.

    A notebook shows it in typeset formulas; `print` as text; `save` writes .txt, .md or .html.  `explanation["x"]` is
    the step of the node called x.
    """

    noun = "explanation"
    lesson: Lesson
    precision: int
    theme: Theme
    whole: Callable[[], Lesson] | None = None
    """Makes the lesson of a page, where that has more nodes."""
    still: Callable[[str], Drawing] | None = None
    """Makes the picture of the graph, in a theme."""

    def __getitem__(self, name: str) -> LessonStep:
        return self.lesson.step(name)

    @computed_from_rest("explain again with other options")
    def text(self) -> str:
        """For a terminal; where standard output has only ASCII, in ASCII."""
        return for_output(formats.text(self.lesson, self.precision))

    @computed_from_rest("explain again with other options")
    def markdown(self) -> str:
        """Markdown with LaTeX."""
        return formats.markdown(self.lesson, self.precision)

    @computed_from_rest("explain again with other options")
    def html(self) -> str:
        """A fragment of HTML that needs nothing else."""
        return formats.html(self.lesson, self.precision, self.theme)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return for_output(f"<Explanation of {self.lesson.result}; print it, show it in a notebook, or save it>")

    def files(self) -> Formats:
        def html() -> str:
            head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{markup(self.lesson.result)}</title>'
            return f'{head}<body style="margin:0;background:{self.theme.paper}">{self.html}</body></html>\n'

        whole = lambda: f"{formats.text(self.lesson, self.precision)}\n"  # noqa: E731
        return {"txt": whole, "md": lambda: f"{self.markdown}\n", "html": html}

    def representations(self) -> Formats:
        # No HTML, which notebooks would prefer: of Markdown they typeset the formulas, in the reader's colours, also in
        # notebooks that are not trusted.
        return {"text/markdown": lambda: self.markdown, "text/plain": lambda: self.text}

    def page(self, theme: str = "auto") -> Page:
        """The same as an interactive page, which steps through both passes; "auto" follows the reader's system.

        Of a large graph it has all nodes, with each module, or each part of a long computation, folded into one box.
        """
        if theme != "auto":
            find_theme(theme)
        return Page(self.lesson if self.whole is None else self.whole(), self.precision, theme, self.lesson, self.still)


def explain(
    value: Value, *, names: Mapping[str, object] | None = None, infer_names: bool = True,
    precision: int = 4, theme: str = "light", limit: int | None = None, collapse: bool | None = None,
    unfold_calls: bool = False,
) -> Explanation:  # fmt: skip
    """How a Value was computed, and its gradient in every node, line by line as in a lecture.

    The gradients come from a reverse pass of its own; the `.grad` of the Values stays as it is.

    names, infer_names  as in `draw`: names for Values, and whether the caller's variables give theirs
    precision           significant digits, 1 to 17
    theme               of the HTML: "light", "dark", or "auto", which follows the reader's system
    limit               the most nodes that are explained; of a larger graph those nearest to the result.  By default
                        60, and on a page 20,000, where modules and parts of long computations are folded
    unfold_calls        as in `draw`: what a compiled function that was called computes, instead of one line
    collapse            None tells of a loop of many steps the first two and the last; False tells all of them

    Raises TypeError where `value` is no Value, RuntimeError where it has no graph to differentiate.

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> q = x + y
    >>> f = q * z
    >>> print(explain(f))
    Forward: every node from its operands
      x = −2   (input)
      y = 5   (input)
      q = x + y = −2 + 5 = 3
      z = −4   (input)
      f = q·z = 3·(−4) = −12
    <BLANKLINE>
    Backward: how f changes with every node
      ∂f/∂f = 1
      ∂f/∂z = 1 · q = 1 · 3 = 3
      ∂f/∂q = 1 · z = 1 · (−4) = −4
      ∂f/∂y = ∂f/∂q · ∂q/∂y = ∂f/∂q · 1 = (−4) · 1 = −4
      ∂f/∂x = ∂f/∂q · ∂q/∂x = ∂f/∂q · 1 = (−4) · 1 = −4
    """
    if not isinstance(value, Value):
        raise TypeError(
            f"explain tells how a Value was computed, but got {value!r} of type {type(value).__name__}; pass the "
            f"result of a computation"
        )
    digits, colours = check_precision(precision), AUTO if theme == "auto" else find_theme(theme)
    most = MOST if limit is None else at_least("limit", limit, 1)
    known = find_names(names, infer_names)
    source = lesson_source(value, known, unfolds=unfold_calls)
    told = lesson(source, most)
    if limit is None and told.notes and any(step.loop for step in told.steps):
        whole = lesson(source, MOST_FOLDED)
        if len(formats.forward_steps(whole)) <= MOST or collapse is False:
            told = whole
    told.unfolds = collapse is False
    found = Explanation(told, digits, colours)
    found.still = lambda theme: explanation_picture(value, known, digits, theme, unfold_calls)
    if limit is None and found.lesson.notes:
        found.whole = lambda: lesson(source, MOST_FOLDED)
    return found


def explanation_picture(value: Value, names: Names, precision: int, theme: str, unfolds: bool = False) -> Drawing:
    source = Values([value], names, own_pass([value]), unfolds)
    style = Style(precision=precision, theme=LIGHT if theme == "auto" else find_theme(theme), auto=theme == "auto")
    return Drawing(build_picture(source, select(source), None, precision), style)
