"""A lesson as an interactive page: one file of HTML that steps through the forward and the backward pass.

It holds its data, its style and its script, asks no network and no server for anything, and needs no Graphviz:
layout.js places the boxes in the browser.
"""

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from autograd_lite.drawing.numerals import counted, numeral
from autograd_lite.drawing.theme import THEMES, Theme
from autograd_lite.explaining import telling
from autograd_lite.explaining.lesson import Lesson, Step
from autograd_lite.explaining.writing import plain
from autograd_lite.support.files import write_atomically

CROWDED = 40  # nodes from which on layers start folded
COLOURS = (
    "paper", "ink", "faint", "line", "value", "gradient", "input", "parameter", "constant", "operation", "result",
    "rule", "group",
)  # fmt: skip


class Page:
    """An interactive page.  A notebook shows it in a frame; `html` is the file, `save` writes it."""

    def __init__(self, lesson: Lesson, precision: int, theme: str) -> None:
        self.lesson = lesson
        self.precision = precision
        self.theme = theme

    @property
    def html(self) -> str:
        """The whole page."""
        folder = files("autograd_lite.explaining")
        texts = {name: (folder / name).read_text(encoding="utf-8") for name in FILES}
        style = Template(texts["page.css"]).substitute({name: variables(theme) for name, theme in THEMES.items()})
        colours = THEMES.get(self.theme, THEMES["light"])
        # "</" inside of JSON would end the script element.
        data = json.dumps(content(self.lesson, self.precision), ensure_ascii=False).replace("</", "<\\/")
        return Template(texts["page.html"]).substitute(
            theme=self.theme,
            title=escape(f"{self.lesson.result}, step by step"),
            result=escape(self.lesson.result),
            style=style,
            data=data,
            notes=escape("; ".join(self.lesson.notes)),
            static=telling.html(self.lesson, self.precision, colours),
            script=texts["layout.js"] + texts["page.js"],
        )

    def save(self, path: str | Path) -> Path:
        """Write the page to an .html file, as a whole or not at all.

        Raises ValueError for another suffix, OSError where the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"the interactive page is HTML, but the file is called {path.name!r}; end it in .html")
        write_atomically(path, self.html.encode())
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        colours = THEMES.get(self.theme, THEMES["light"])
        # In a frame, so that neither the page's style nor its script meets those of the notebook.
        frame = (
            f'<iframe srcdoc="{escape(self.html)}" sandbox="allow-scripts" title="{escape(self.lesson.result)}, step '
            f'by step" style="width:100%;height:36rem;border:0"></iframe>'
        )
        table = telling.html(self.lesson, self.precision, colours)
        html = f"{frame}<details><summary>The same as a table</summary>{table}</details>"
        return {"text/html": html, "text/plain": telling.text(self.lesson, self.precision)}

    def __repr__(self) -> str:
        nodes = counted(len(self.lesson.steps), "node")
        return f"<interactive Page on {self.lesson.result}, {nodes}; show it in a notebook, or save it>"


FILES = ("page.html", "page.css", "layout.js", "page.js")


def variables(theme: Theme) -> str:
    """A theme as CSS variables."""
    return " ".join(f"--{name}: {getattr(theme, name)};" for name in COLOURS)


def content(lesson: Lesson, precision: int) -> dict[str, Any]:
    """The data of the page."""
    modules = sorted({path for step in lesson.steps for path in around(step.module)})
    tops = [path for path in modules if not any(path.startswith(f"{other}.") for other in modules)]
    return {
        "result": lesson.result,
        "nodes": [node(lesson, step, precision) for step in lesson.steps],
        "modules": modules,
        "folded": tops if len(lesson.steps) > CROWDED else [],
    }


def around(path: str) -> list[str]:
    """The path of a module and of the modules around it that hold several of its kind: `layers.0` of
    `layers.0.neurons.3`."""
    parts = path.split(".")
    ends = [i + 1 for i, part in enumerate(parts) if part.isdigit()] if path else []
    return list(dict.fromkeys([".".join(parts[:end]) for end in ends] + ([path] if path else [])))


def node(lesson: Lesson, step: Step, precision: int) -> dict[str, Any]:
    """The data of one node."""
    letters, numbers = telling.chain(lesson, step, precision) if step.gradient is not None else ([], [])
    value = numeral(step.value, precision)
    forward = [plain(x, precision) for x in (step.formula, step.numbers) if x is not None]
    gradient = None if step.gradient is None else numeral(step.gradient, precision)
    is_named = bool(step.name) and not (step.kind == "constant" and step.name[1:].isdigit())
    spoken = f"{step.name}, {step.kind} {step.symbol}, value {value}"
    return {
        "key": step.key,
        "name": step.name,
        "named": is_named,
        "kind": step.kind,
        "symbol": step.symbol,
        "operands": step.operands,
        "value": value,
        "gradient": gradient,
        "forward": telling.without_repeats([*forward, value]),
        "backward": letters + numbers,
        "ways": [{"user": way.key} for way in step.ways],
        "module": step.module or None,
        "spoken": spoken if gradient is None else f"{spoken}, gradient {gradient}",
    }
