"""`diagnose`: what keeps a network from learning, in figures: dead units, saturated units, lost gradients.

Above `nn`: it runs the model on samples, takes the gradient of the loss, and looks at every neuron and layer.
Nothing of the model changes; the names and the neurons are recognised as in drawings.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.core.table import mean
from autograd_lite.core.value import Value
from autograd_lite.drawing.grouping import belonging, chain
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.numerals import counted, numeral
from autograd_lite.drawing.sources import Values, own_pass
from autograd_lite.nn.data import as_samples
from autograd_lite.nn.evaluation import predict
from autograd_lite.nn.losses import Loss, loss_of
from autograd_lite.nn.metrics import as_targets, kind_of
from autograd_lite.nn.module import Module

SATURATED = 1e-3  # a local partial below this lets nearly nothing through
FADES = 1e-3  # the first layers get this little of what the last ones get: the gradient vanishes
GROWS = 1e3


@dataclass
class LayerFigures:
    """The figures of one layer."""

    path: str
    units: int = 0
    dead: list[str] = field(default_factory=list)  # units whose activation passes nothing, for no sample
    saturated: list[str] = field(default_factory=list)  # units on a flat end for every sample
    gradient: float = 0.0  # the root mean square of the gradients of its parameters
    ratio: float = 0.0  # to that of the last layer


@dataclass
class Diagnosis:
    """The report of `diagnose`: `layers`, `findings`, and as text by print."""

    layers: list[LayerFigures]
    findings: list[str]
    samples: int

    @property
    def is_good(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        head = f"{'layer':<16} {'units':>5} {'dead':>5} {'saturated':>9} {'gradient':>10} {'to the last':>11}"
        lines = [f"{counted(self.samples, 'sample')}", head]
        for x in self.layers:
            lines.append(
                f"{x.path or 'model':<16} {x.units:>5} {len(x.dead):>5} {len(x.saturated):>9} "
                f"{numeral(x.gradient, 3):>10} {numeral(x.ratio, 3):>11}"
            )
        return "\n".join([*lines, *(self.findings or ["nothing that keeps the model from learning was found"])])

    __repr__ = __str__


def diagnose(model: Module, X: Any, y: Any, loss: str | Loss = "mse") -> Diagnosis:
    """Dead units, saturated units, vanishing and exploding gradients of a Module on samples X with targets y.

    A unit is dead where its activation has slope 0 for every sample (a ReLU that never fires), saturated where
    the slope is below 0.001 for every sample.  A gradient vanishes where the first layer gets less than a
    thousandth of what the last one gets (root mean squares over the parameters), it explodes where it gets
    more than a thousand times that, or is no finite number.  `loss` is one of `nn.fit`.

    >>> from autograd_lite.nn import MLP
    >>> model = MLP(1, [2, 1], rng=0)
    >>> for neuron in model.layers[0].neurons:
    ...     neuron.b.data = -10.0
    >>> diagnose(model, [[0.0], [1.0]], [0.0, 1.0]).findings[0]
    'layers.0: all 2 units are dead: their activation passes no gradient for any sample. Lower the learning rate, \
or start with larger biases'
    """
    samples = as_samples(X)
    compute = loss_of(loss)
    example = predict(model, samples[:1])[0]
    targets = as_targets(y, kind_of(compute), example)
    total = mean([compute(model(x), t) for x, t in zip(samples, targets, strict=True)])
    names = Names()
    names.take("", model)
    names.name_parameters()
    source = Values([total], names)
    owners = belonging(source, source.order)
    gradient = own_pass([total])
    layers = by_layer(source, owners, names, gradient)
    return Diagnosis(layers, findings(layers), len(samples))


def layer_of(path: str, names: Names) -> str:
    """The layer that a module belongs to: the one that holds it, or itself where none does."""
    around = chain(path, names.module_at)
    return around[-2] if len(around) > 2 else around[-1] if around else path


def by_layer(
    source: Values, owners: dict[Value, str], names: Names, gradient: Callable[[Value], float | None]
) -> list[LayerFigures]:
    """The figures of each layer, in the order of the model's modules."""
    found: dict[str, LayerFigures] = {}
    slopes: dict[str, list[float]] = {}
    squares: dict[str, list[float]] = {}
    flat: dict[str, bool] = {}
    for unit in dict.fromkeys(names.parameters.values()):
        found.setdefault(layer_of(unit, names), LayerFigures(layer_of(unit, names))).units += 1
    for x in source.order:
        path = owners.get(x)
        if path is None:
            continue
        if x in names.parameters:
            squares.setdefault(layer_of(path, names), []).append((gradient(x) or 0.0) ** 2)
        elif len(x.parents) == 1 and x.partials[0] is not None:
            slopes.setdefault(path, []).append(abs(x.partials[0]))
            flat[path] = x.row.role == "saturating"
    for unit, values in slopes.items():
        layer = found[layer_of(unit, names)]
        if flat[unit] and all(s < SATURATED for s in values):
            layer.saturated.append(unit)
        elif all(s == 0.0 for s in values):
            layer.dead.append(unit)
    layers = list(found.values())
    for layer in layers:
        layer.gradient = root_mean(squares.get(layer.path, []))
    last = layers[-1].gradient if layers else 0.0
    for layer in layers:
        layer.ratio = layer.gradient / last if last else math.nan
    return layers


def root_mean(squares: Sequence[float]) -> float:
    return (
        math.sqrt(math.fsum(squares) / len(squares))
        if squares and all(map(math.isfinite, squares))
        else (math.nan if squares else 0.0)
    )


def findings(layers: list[LayerFigures]) -> list[str]:
    """What is wrong, and what to do, in sentences."""
    found = []
    for x in layers:
        where = x.path or "model"
        if x.dead:
            found.append(
                f"{where}: {how_many(x.dead, x.units)} dead: their activation passes no gradient for any sample. "
                f"Lower the learning rate, or start with larger biases"
            )
        if x.saturated:
            found.append(
                f"{where}: {how_many(x.saturated, x.units)} saturated: their activation is flat for every sample. "
                f"Scale the inputs or the initial weights down"
            )
    finite = all(math.isfinite(x.gradient) for x in layers)
    if not finite:
        found.append("a gradient is nan or infinite: find where with detect_anomaly()")
    elif len(layers) > 1 and layers[0].ratio < FADES:
        found.append(
            f"the gradient vanishes: {layers[0].path or 'the first layer'} gets {numeral(layers[0].ratio, 2)} of what "
            f"the last layer gets. Take ReLUs, fewer layers, or an initialisation that keeps the scale"
        )
    elif len(layers) > 1 and layers[0].ratio > GROWS:
        found.append(
            f"the gradient explodes: {layers[0].path or 'the first layer'} gets {numeral(layers[0].ratio, 2)} times "
            f"what the last layer gets. Clip the gradient, or start with smaller weights"
        )
    return found


def how_many(units: list[str], total: int) -> str:
    if len(units) == total:
        return f"all {total} units are" if total > 1 else "its unit is"
    return f"{len(units)} of {total} units {'is' if len(units) == 1 else 'are'}"
