"""Points and models that users give to a playground, checked against what it can show."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd_lite.core.operands import number
from autograd_lite.live.network_programs import DEEPEST, SHOWN, WIDEST
from autograd_lite.nn.activation_modules import Activation
from autograd_lite.nn.dense import MLP, Layer
from autograd_lite.nn.linear import Linear, Sequential
from autograd_lite.nn.model_files import FORMAT, VERSION, encoded
from autograd_lite.nn.module import Module, checked_module
from autograd_lite.support.version import __version__
from autograd_lite.support.wording import readable

MOST_POINTS = 2000
MARGIN = 0.12  # of the data's extent, around it


@dataclass
class Points:
    """Points (x1, x2, y); y is 1 or -1 for one of two classes, whose names are those of -1 and of 1."""

    points: list[tuple[float, float, float]]
    names: tuple[str, str]
    regression: bool

    @property
    def range(self) -> list[list[float]]:
        """The lower and the upper ends of the plane."""
        ends = []
        for i in (0, 1):
            low, high = (f(point[i] for point in self.points) for f in (min, max))
            margin = MARGIN * (high - low) or max(1.0, abs(low)) * MARGIN
            ends.append((low - margin, high + margin))
        return [list(end) for end in zip(*ends, strict=True)]

    def data(self) -> dict[str, Any]:
        return {"points": self.points, "names": self.names, "regression": self.regression, "range": self.range}


def checked_points(X: Any, y: Any) -> Points | None:
    """The points as the page takes them; None where there are none."""
    if X is None and y is None:
        return None
    if X is None or y is None:
        lacks = "y" if y is None else "X"
        raise ValueError(f"playground got no {lacks}; pass points and their labels, or neither")
    rows, labels = list_of(X, "X"), list_of(y, "y")
    if not rows or len(rows) > MOST_POINTS:
        raise ValueError(f"a playground shows 1 to {MOST_POINTS:,} points, but got {len(rows):,}; pass some of them")
    if len(labels) != len(rows):
        raise ValueError(f"there are {len(rows)} points and {len(labels)} labels; give each point one label")
    places = [place_of_point(row, i) for i, row in enumerate(rows)]
    labels = [label[0] if isinstance(label, list) and len(label) == 1 else label for label in labels]
    kinds = sorted_labels(labels)
    if len(kinds) == 2 and all(kind == kind for kind in kinds):
        targets = [1.0 if label == kinds[1] else -1.0 for label in labels]
        low, high = (readable(str(kind), 24) for kind in kinds)
        return Points([(a, b, t) for (a, b), t in zip(places, targets, strict=True)], (low, high), False)
    return Points([(a, b, value(y, i, len(kinds))) for i, ((a, b), y) in enumerate(zip(places, labels, strict=True))],
                 ("−", "+"), True)  # fmt: skip


def list_of(x: Any, name: str) -> list[Any]:
    """An array, a data frame or a sequence as a list."""
    x = x.to_numpy() if hasattr(x, "to_numpy") else x
    found = x.tolist() if hasattr(x, "tolist") else x
    if isinstance(found, (str, bytes)) or not hasattr(found, "__iter__"):
        raise TypeError(f"{name} holds one entry a point, but got {x!r}; pass a list or an array")
    return list(found)


def place_of_point(row: Any, i: int) -> tuple[float, float]:
    coordinates = [finite_numbers(x) for x in row] if isinstance(row, (list, tuple)) else []
    if len(coordinates) != 2 or None in coordinates:
        raise ValueError(f"a playground shows points of 2 finite coordinates, but X[{i}] is {row!r}; choose 2 columns")
    a, b = coordinates
    return float(a or 0.0), float(b or 0.0)


def value(label: Any, i: int, kinds: int) -> float:
    """A number to be learned by regression."""
    found = finite_numbers(label)
    if found is None:
        several = f"{kinds}{' or more' if kinds > 2 else ''} different labels"
        got = f"{several}, of which y[{i}] = {label!r} is no finite number"
        raise ValueError(f"a playground has two classes or learns numbers, but got {got}; choose two classes")
    return found


def finite_numbers(x: Any) -> float | None:
    try:
        found = number(x)
    except OverflowError:
        return None
    return found if found is not None and math.isfinite(found) else None


def sorted_labels(labels: list[Any]) -> list[Any]:
    """The different labels, smaller ones first, as far as they have an order."""
    kinds: list[Any] = []
    for i, label in enumerate(labels):
        if isinstance(label, (list, dict, set)):
            raise ValueError(f"a playground takes one label a point, but y[{i}] is {label!r}; pass a flat list")
        if label not in kinds and len(kinds) < 3:
            kinds.append(label)
    try:
        return sorted(kinds)
    except TypeError:
        return kinds


class Dense(NamedTuple):
    """A layer as numbers: a row of weights for each unit, a bias for each, the name of the activation."""

    weights: list[list[float]]
    biases: list[float]
    activation: str


def checked_model(model: Module | None) -> dict[str, Any] | None:
    """The model as the file of an MLP has it; raises ValueError that names where it is beyond the page's limits."""
    if model is None:
        return None
    checked_module(model, "playground")
    layers = dense_layers(model)
    difference = layers if isinstance(layers, str) else beyond(layers)
    if isinstance(layers, str) or difference:
        raise ValueError(f"the model has {difference}; give an nn.MLP within these limits")
    sizes, activation = [len(layer.biases) for layer in layers], layers[0].activation
    same = MLP(2, sizes, activation=activation, rng=0)
    numbers = [x for layer in layers for row, b in zip(layer.weights, layer.biases, strict=True) for x in (*row, b)]
    state = {name: encoded(x) for name, x in zip(same.state_dict(), numbers, strict=True)}
    document = {"format": FORMAT, "version": VERSION, "library": __version__}
    return {**document, "structure": same.structure(), "state": state}


def dense_layers(model: Module) -> list[Dense] | str:
    """The layers of an MLP, or of a Sequential of dense layers and activations; else what it has in their place."""
    if not isinstance(model, (MLP, Sequential)):
        return f"the structure {model.describe()}, but a playground takes an MLP"
    found: list[Dense] = []
    for module in model.layers if isinstance(model, MLP) else model.modules:
        if isinstance(module, Layer):
            rows = [[w.data for w in neuron.w] for neuron in module.neurons]
            found.append(Dense(rows, [neuron.b.data for neuron in module.neurons], module._name))
        elif isinstance(module, Linear):
            rows = [[w.data for w in row] for row in module.weight]
            found.append(Dense(rows, [b.data for b in getattr(module, "bias", ())] or [0.0] * len(rows), "linear"))
        elif isinstance(module, Activation) and found and found[-1].activation == "linear":
            found[-1] = found[-1]._replace(activation=module._name)
        else:
            return f"{module.describe()}, but a playground has dense layers, each with one activation"
    return found


def beyond(layers: list[Dense]) -> str:
    """The first thing in a model that the page cannot show; "" where there is none."""
    sizes = [len(layers[0].weights[0]), *(len(layer.biases) for layer in layers)]
    if sizes[0] != 2:
        return f"{sizes[0]} inputs, but a playground starts with the 2 coordinates of the plane"
    if sizes[-1] != 1:
        return f"{sizes[-1]} outputs, but a playground shows 1"
    if not 2 <= len(layers) <= DEEPEST + 1:
        return f"{len(layers) - 1} hidden layers, but a playground has 1 to {DEEPEST}"
    for i, size in enumerate(sizes[1:-1], 1):
        if size > WIDEST:
            return f"{size} units in hidden layer {i}, but a playground has at most {WIDEST}"
    names = [layer.activation for layer in layers]
    for i, name in enumerate(names[:-1], 1):
        if name not in SHOWN:
            return f"the activation {name} in hidden layer {i}, but a playground has {', '.join(SHOWN)}"
        if name != names[0]:
            return f"the activations {names[0]} and {name}, but a playground has one in all hidden layers"
    return "" if names[-1] == "linear" else f"the output {names[-1]}, but that of a playground is linear"
