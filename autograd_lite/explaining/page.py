"""A lesson as an interactive page: one file that steps through both passes, with no network, server or Graphviz."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

from autograd_lite.drawing.drawing import Drawing
from autograd_lite.drawing.exportable import Exportable, Formats, iframe
from autograd_lite.drawing.number_format import counted
from autograd_lite.drawing.rendering import CannotRender
from autograd_lite.drawing.theme import AUTO, THEMES, Theme
from autograd_lite.explaining import formats
from autograd_lite.explaining.formats import Notation, chain_rule, forward_parts
from autograd_lite.explaining.lesson import Lesson, Step
from autograd_lite.support.wording import computed, for_output, markup, script_data
from autograd_lite.trees.paths import is_within, parts

CROWDED = 40  # nodes from which on layers start folded
COLOURS = (
    "paper ink faint line value gradient input parameter constant operation result rule group anomaly"  # of the style
)


@dataclass(eq=False, repr=False)
class Page(Exportable):
    """An interactive page.  A notebook shows it in a frame; `html` is the file, `save` writes it as .html."""

    noun = "interactive page"
    lesson: Lesson
    precision: int
    theme: str
    told: Lesson | None = None  # the lesson of the table, where that has fewer nodes
    still: Callable[[], Drawing] | None = None

    @property
    def html(self) -> str:
        """The whole page."""
        style = Template(resource("explaining", "page.css"))
        data = content(self.lesson, self.precision)
        notes = [*self.lesson.notes, *folded_note(data["folded"], len(self.lesson.steps))]
        return Template(resource("explaining", "page.html")).substitute(
            theme=self.theme, title=markup(self.title), result=markup(self.lesson.result), data=script_data(data),
            style=style.substitute({name: variables(theme) for name, theme in THEMES.items()}),
            notes=markup("; ".join(notes)), static=self.table(),
            script=resource("drawing", "layout.js") + resource("explaining", "page.js"),
        )  # fmt: skip

    @html.setter
    def html(self, value: object) -> None:
        raise computed(self, "html", "make another page with other options")

    @property
    def title(self) -> str:
        return f"{self.lesson.result}, step by step"

    @title.setter
    def title(self, value: object) -> None:
        raise computed(self, "title", "make another page with other options")

    def table(self) -> str:
        """The lesson without steps, where no script runs."""
        return formats.html(self.told or self.lesson, self.precision, THEMES.get(self.theme, AUTO))

    def still_png(self) -> bytes:
        """The graph as a picture, where there is Graphviz."""
        try:
            return b"" if self.still is None else self.still().render("png")
        except CannotRender:
            return b""

    def files(self) -> Formats:
        return {"html": lambda: self.html}

    def representations(self) -> Formats:
        def framed() -> str:
            return iframe(self.html, self.title, "36rem", self.still_png(), self.table())

        return {"text/html": framed, "text/plain": lambda: for_output(formats.text(self.lesson, self.precision))}

    def __repr__(self) -> str:
        nodes = counted(len(self.lesson.steps), "node")
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


def content(lesson: Lesson, precision: int) -> dict[str, Any]:
    modules = sorted({path for step in lesson.steps for path in around(step.module)})
    tops = [path for path in modules if not any(path != other and is_within(path, other) for other in modules)]
    return {
        "result": lesson.result,
        "nodes": [node(lesson, step, Notation(precision)) for step in lesson.steps],
        "modules": modules,
        "folded": tops if len(lesson.steps) > CROWDED else [],
    }


def around(path: str) -> list[str]:
    """The path of a module and of the modules around it that hold several of its kind: `layers.0` of
    `layers.0.neurons.3`."""
    keys = parts(path)
    ends = ["".join(keys[: i + 1]) for i, key in enumerate(keys) if key.strip(".[]").isdigit()]
    return list(dict.fromkeys([*ends, path])) if path else []


def node(lesson: Lesson, step: Step, to: Notation) -> dict[str, object]:
    letters, numbers = chain_rule(lesson, step, to) if step.gradient is not None else ([], [])
    value, gradient = to.number(step.value), None if step.gradient is None else to.number(step.gradient)
    spoken = f"{step.name}, {step.kind} {step.symbol}, value {value}"
    return {
        "key": step.key, "name": step.name,
        "named": bool(step.name) and not (step.kind == "constant" and step.name[1:].isdigit()),
        "kind": step.kind, "symbol": step.symbol, "operands": step.operands, "value": value, "gradient": gradient,
        "forward": forward_parts(step, to), "backward": letters + numbers,
        "ways": [{"user": way.key} for way in step.ways], "module": step.module or None,
        "spoken": spoken if gradient is None else f"{spoken}, gradient {gradient}",
    }  # fmt: skip
