"""Random networks with inputs that fit, which print as runnable Python.

Beside `random_graphs`: what draws for `nn`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from autograd_lite import nn

SMOOTH = ("tanh", "sigmoid", "softplus", "gelu", "silu", "gaussian", "arctan", "softsign")
KINKED = ("relu", "leaky_relu", "hard_tanh", "elu")


class Network:
    """A Module and an input for it; unpack it, `model, x = network`, or call it for the output."""

    def __init__(self, text: str, inputs: Sequence[float]) -> None:
        self.text = text
        self.inputs = list(inputs)
        self.model: nn.Module = eval(text, {"nn": nn})  # of words that `modules` wrote

    def __iter__(self) -> Iterator[Any]:
        return iter((self.model, self.inputs))

    def __call__(self) -> Any:
        return self.model(self.inputs)

    def __repr__(self) -> str:
        """Python that makes and calls it, to be pasted where a failure is looked into."""
        return f"from autograd_lite import nn\n\nmodel = {self.text}\nmodel({self.inputs!r})"


def modules(max_size: int = 4, activations: Sequence[str] = SMOOTH + KINKED) -> st.SearchStrategy[Network]:
    """Small networks of one to three layers, up to `max_size` wide, each with an input that fits.

    >>> model, x = Network("nn.Linear(2, 1, rng=3)", [0.5, 1.0])
    >>> len(model.parameters()), len(model(x))
    (3, 1)
    """
    sizes = st.integers(1, max_size)
    names = st.sampled_from(list(activations))

    @st.composite
    def networks(draw: st.DrawFn) -> Network:
        nin, nouts, seed = draw(sizes), draw(st.lists(sizes, min_size=1, max_size=3)), draw(st.integers(0, 99))
        kind = draw(st.sampled_from(["Linear", "Layer", "MLP", "Sequential", "Maxout"]))
        if kind == "MLP":
            text = f"nn.MLP({nin}, {nouts}, activation={draw(names)!r}, rng={seed})"
        elif kind == "Sequential":
            parts = []
            for k, (a, b) in enumerate(zip([nin, *nouts], nouts, strict=False)):
                parts += [f"nn.Linear({a}, {b}, rng={seed + k})", f"nn.Activation({draw(names)!r})"]
            text = f"nn.Sequential({', '.join(parts)})"
        else:
            activation = f", activation={draw(names)!r}" if kind == "Layer" else ""
            text = f"nn.{kind}({nin}, {nouts[0]}{activation}, rng={seed})"
        return Network(text, draw(st.lists(st.floats(-2.0, 2.0, width=32), min_size=nin, max_size=nin)))

    return networks()
