"""A lesson as an interactive page: one file that steps through both passes, with no network, server or Graphviz.

With programs for its numbers it computes them anew as a reader moves the inputs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from string import Template
from typing import NamedTuple

from autograd_lite.backends.languages.javascript import javascript_source
from autograd_lite.drawing.drawing import Drawing
from autograd_lite.drawing.exportable import Exportable, Formats, iframe
from autograd_lite.drawing.number_format import count_text
from autograd_lite.drawing.rendering import CannotRender
from autograd_lite.drawing.theme import AUTO, THEMES, Theme
from autograd_lite.explaining import formats
from autograd_lite.explaining.lesson import Lesson
from autograd_lite.explaining.page_data import Input, content
from autograd_lite.program.instructions import Result
from autograd_lite.program.program import Program
from autograd_lite.support.wording import computed_from_rest, for_output, markup, script_data

COLOURS = (
    "paper ink faint line value gradient input parameter constant operation result rule group anomaly"  # of the style
)


class Live(NamedTuple):
    """What computes the numbers of a page, from the inputs in one array."""

    everything: Program
    script: str
    places: Sequence[int]
    """Where each number of the lesson is among those that are computed."""
    inputs: Sequence[Input]

    def in_order(self) -> Program:
        """The program that computes every number of the lesson at its own place, also what is there twice."""
        [(values, _)] = self.everything.results
        every = Result(tuple([values[k] for k in self.places]), False)
        return Program(self.everything.arguments, self.everything.instructions, [every])


def in_javascript(everything: Program, result: Program) -> str:
    """Both programs in the words of the page."""
    first, second = [javascript_source(x, module=False, is_lazy=False) for x in (everything, result)]
    return f"const computeNumbers = {first};\nconst computeResult = {second};\n"


STILL = "const computeNumbers = null;\nconst computeResult = null;\n"
SCRIPTS = ("numbers.js", "graph.js", "page.js", "inputs.js")


@dataclass(eq=False, repr=False)
class Page(Exportable):
    """An interactive page.  A notebook shows it in a frame; `html` is the file, `save` writes it as .html."""

    noun = "interactive page"
    lesson: Lesson
    precision: int
    theme: str
    told: Lesson | None = None  # the lesson of the table, where that has fewer nodes
    still: Callable[[str], Drawing] | None = None  # the picture of the graph, in a theme
    live: Live | None = None

    def at(self, inputs: Sequence[Input]) -> "Page":
        """The page that starts with these inputs."""
        return self if self.live is None else replace(self, live=self.live._replace(inputs=inputs))

    @computed_from_rest("make another page with other options")
    def html(self) -> str:
        """The whole page."""
        style = Template(resource("explaining", "page.css"))
        data = content(self.lesson, self.precision, *(self.live[-2:][::-1] if self.live else ()))
        notes = [*self.lesson.notes, *folded_note(data["folded"], len(self.lesson.steps))]
        return Template(resource("explaining", "page.html")).substitute(
            theme=self.theme, title=markup(self.title), result=markup(self.lesson.result), data=script_data(data),
            style=style.substitute({name: variables(theme) for name, theme in THEMES.items()}),
            notes=markup("; ".join(notes)), static=self.still_svg() + self.table(),
            program=self.live.script if self.live else STILL,
            when=" of the values at the start" if self.live else "",
            script=resource("drawing", "layout.js") + "".join([resource("explaining", name) for name in SCRIPTS]),
        )  # fmt: skip

    @computed_from_rest("make another page with other options")
    def title(self) -> str:
        return f"{self.lesson.result}, step by step" if self.live is None else f"Explore {self.lesson.result}"

    def table(self) -> str:
        """The lesson without steps, where no script runs."""
        return formats.html(self.told or self.lesson, self.precision, THEMES.get(self.theme, AUTO))

    def still_png(self) -> bytes:
        """The graph as a picture, where there is Graphviz."""
        try:
            return b"" if self.still is None else self.still(self.theme).render("png")
        except CannotRender:
            return b""

    def still_svg(self) -> str:
        """The same for the page itself, as markup that needs no script."""
        try:
            text = "" if self.still is None else self.still(self.theme).render("svg").decode()
        except CannotRender:
            return ""
        return text[text.index("<svg") :] if text else ""

    def files(self) -> Formats:
        return {"html": lambda: self.html}

    def representations(self) -> Formats:
        def framed() -> str:
            height = "36rem" if self.live is None else "44rem"
            return iframe(self.html, self.title, height, self.still_png(), self.table())

        return {"text/html": framed, "text/plain": lambda: for_output(formats.text(self.lesson, self.precision))}

    def __repr__(self) -> str:
        nodes = count_text(len(self.lesson.steps), "node")
        return for_output(f"<interactive Page on {self.lesson.result}, {nodes}; show it in a notebook, or save it>")


def resource(folder: str, name: str) -> str:
    return (files(f"autograd_lite.{folder}") / name).read_text(encoding="utf-8")


def variables(theme: Theme) -> str:
    return " ".join(f"--{name}: {getattr(theme, name)};" for name in COLOURS.split())


def folded_note(folded: list[str], nodes: int) -> list[str]:
    """What the page shows in fewer boxes than there are nodes, in words."""
    if not folded:
        return []
    shown = ", ".join(folded[:4]) + (f" and {len(folded) - 4} more" if len(folded) > 4 else "")
    are, one = ("is", "it") if len(folded) == 1 else ("are", "one")
    return [f"{nodes:,} nodes: {shown} {are} folded, select {one} to unfold it"]
