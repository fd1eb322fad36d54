"""The playground: a page in which a small network learns before the reader's eyes, one file without a network."""

import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from autograd_lite.drawing.exportable import Exportable, Formats, iframe
from autograd_lite.drawing.theme import THEMES, find_theme
from autograd_lite.explaining.page import resource, variables
from autograd_lite.live.graph_pieces import empty_page
from autograd_lite.live.network_programs import programs_described
from autograd_lite.live.playground_input import Points, checked_model, checked_points
from autograd_lite.live.playground_still import still, still_png
from autograd_lite.live.program_script import all_pieces, program_script
from autograd_lite.nn.module import Module
from autograd_lite.support.version import __version__
from autograd_lite.support.wording import computed_from_rest, markup, script_data

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

SCRIPTS = (
    "programs", "chance", "points", "network", "training", "model_file", "session", "heat", "plane", "grid",
    "curve", "diagram", "weight_card", "sample_graph", "inside", "controls", "readout", "main",
)  # fmt: skip
"""The files of the page's script, in order."""

TITLE = "A neural network, live"


def playground(
    X: "Sequence[Sequence[float]] | NDArray[float64] | None" = None,
    y: "Sequence[float] | NDArray[float64] | None" = None,
    model: Module | None = None,
    theme: str = "auto",
) -> "Playground":
    """A page in which a network learns to classify points of the plane, or a function of the plane, as one watches.

    X holds points of 2 coordinates, y a label or a number for each: of two different labels each is a class (the
    larger one is positive, blue), any other numbers are learned by regression.  Without them the page starts with
    two moons.  `model` is an `nn.MLP`, or an `nn.Sequential` of dense layers, from 2 inputs to 1 output with one to
    four hidden layers of one to eight units; the page starts with its weights.  `theme` is "light", "dark" or "auto",
    which follows the reader's system.

    The page computes with programs of this library: its neurons, activations, losses and optimisers as JavaScript.

    Raises ValueError on points that are not in the plane, labels that do not fit, or a model beyond these limits
    (naming the first difference), TypeError on what is no Module.

    >>> page = playground([[0.0, 1.0], [1.0, 0.0]], ["a", "b"])
    >>> page
    <Playground with 2 given points; show it in a notebook, save it as .html, or call show()>
    """
    if theme != "auto":
        find_theme(theme)
    given = checked_points(X, y)
    return Playground(given, checked_model(model), theme)


@dataclass(eq=False, repr=False)
class Playground(Exportable):
    """A playground.  A notebook shows it in a frame; `html` is the file, `save` writes it, `show` opens a browser."""

    noun = "playground"
    given: Points | None
    model: dict[str, Any] | None
    theme: str

    @computed_from_rest("make another playground with other data or another model")
    def html(self) -> str:
        """The whole page."""
        style = Template(web("playground.css"))
        return Template(web("playground.html")).substitute(
            theme=self.theme, title=markup(TITLE), made=script_data(self.made()), still=still(self.given),
            style=style.substitute({name: variables(theme) for name, theme in THEMES.items()}),
            programs=program_script(),
            script="\n".join([resource("explaining", "numbers.js"), *(web(f"{name}.js") for name in SCRIPTS)]),
        )  # fmt: skip

    def made(self) -> dict[str, Any]:
        """What the script reads beside the programs."""
        own = None if self.given is None else self.given.data()
        graph = {"pieces": {name: piece.data for name, piece in all_pieces().items()}, "page": empty_page(self.theme)}
        return {**programs_described(), "library": __version__, "own": own, "model": self.model, "graph": graph}

    def show(self) -> Path:
        """Write the page to a temporary file and open it in the browser; returns the file."""
        path = self.save(Path(mkdtemp(prefix="autograd_lite_")) / "playground.html")
        webbrowser.open(path.as_uri())
        return path

    def files(self) -> Formats:
        return {"html": lambda: self.html}

    def representations(self) -> Formats:
        permits = "allow-scripts allow-downloads"  # the model's file is one
        return {
            "text/html": lambda: iframe(self.html, TITLE, "56rem", still_png(self.given), permits=permits),
            "image/png": lambda: still_png(self.given),
            "text/plain": self.__repr__,
        }

    def __repr__(self) -> str:
        points = "" if self.given is None else f" with {len(self.given.points)} given points"
        return f"<Playground{points}; show it in a notebook, save it as .html, or call show()>"


def web(name: str) -> str:
    return resource("live", f"web/{name}")
