"""The pieces of which the playground puts together the graph of one sample: a weighted sum, an activation, a loss.

Each is an `explore` of the function: its lesson, as the stepping page takes it, and the program of all its numbers.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_lite.core.value import Value
from autograd_lite.explaining.explorer import explore
from autograd_lite.explaining.lesson import Lesson
from autograd_lite.explaining.page import Page
from autograd_lite.explaining.page_data import content
from autograd_lite.live.network_programs import COSTS, SHOWN, WIDEST
from autograd_lite.nn.activations import ACTIVATIONS
from autograd_lite.nn.dense import Neuron
from autograd_lite.nn.losses import LOSSES
from autograd_lite.program.program import Program

PRECISION = 4


class GraphPiece(NamedTuple):
    """Nodes with the text around their numbers, and what computes the numbers from the inputs."""

    data: dict[str, Any]
    program: Program


def pieces() -> dict[str, GraphPiece]:
    """All of them, by name: `sum of 2`, `tanh`, `hinge`; those of classes 0 and 1 with the class in the name."""
    found = {f"sum of {n}": of_sum(n) for n in range(1, WIDEST + 1)}
    for name in SHOWN:
        if name != "linear":
            found[name] = of_activation(ACTIVATIONS[name])
    for name in COSTS:
        if name == "binary_cross_entropy_with_logits":
            found |= {f"{name} {y}": of_class(LOSSES[name], y) for y in (0, 1)}
        else:
            found[name] = of_loss(LOSSES[name])
    return found


def of_sum(n: int) -> GraphPiece:
    """s of the inputs x1, x2, ..., the weights w1, w2, ..., and the bias b."""
    neuron = Neuron(n, activation="linear", rng=0)
    x = [Value(0.5 + i, label=f"x{i + 1}") for i in range(n)]
    for i, w in enumerate(neuron.w):
        w.label = f"w{i + 1}"
    neuron.b.label = "b"

    def s() -> Any:
        return neuron(x)

    return piece(s)


def of_activation(f: Callable[[Any], Any]) -> GraphPiece:
    """h of the sum s."""

    def h(s: Any) -> Any:
        return f(s)

    return piece(h, 0.75)


def of_loss(f: Callable[[Any, Any], Any]) -> GraphPiece:
    """L of the output out and the target y."""

    def L(out: Any, y: Any) -> Any:
        return f(out, y)

    return piece(L, 0.75, -1.0)


def of_class(f: Callable[[Any, Any], Any], y: int) -> GraphPiece:
    """L of the output out, for a target that decides what is computed."""

    def L(out: Any) -> Any:
        return f(out, y)

    return piece(L, 0.75)


def piece(f: Callable[..., Any], *arguments: float) -> GraphPiece:
    page = explore(f, *arguments, infer_names=False, precision=PRECISION).page
    lesson, live = page.lesson, page.live
    if live is None:
        raise RuntimeError("the explorer gave a page without programs; report this as a bug of autograd_lite")
    lesson.result = "L"  # so that the words name the gradient of the loss
    data = content(lesson, PRECISION)
    slopes = [i for i, origin in enumerate(lesson.origins) if origin.what == "gradient"]
    inputs = [x.name for x in live.inputs]
    return GraphPiece({"nodes": data["nodes"], "slopes": slopes, "inputs": inputs}, live.in_order())


def empty_page(theme: str) -> str:
    """The stepping page, into which the playground puts the data of a graph."""
    return Page(Lesson([], "L"), PRECISION, theme).html
