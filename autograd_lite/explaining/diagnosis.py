"""`diagnose`: what keeps a network from learning, in figures: dead units, saturated units, lost gradients."""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.core.table import mean
from autograd_lite.drawing.grouping import enclosing
from autograd_lite.drawing.names import Names, find_names
from autograd_lite.drawing.number_format import count_text, numeral
from autograd_lite.drawing.sources import Values, own_pass
from autograd_lite.nn.data import as_samples
from autograd_lite.nn.evaluation import predict
from autograd_lite.nn.losses import Loss, loss_of
from autograd_lite.nn.metrics import as_targets, target_kind
from autograd_lite.nn.module import Module, checked_module
from autograd_lite.support.wording import computed_from_rest, for_output

SMALL = 1e-3  # a local partial below this lets nearly nothing through
VANISHING, EXPLODING = 1e-3, 1e3  # of the gradients of the first layer to those of the last
DEAD = "dead: their activation passes no gradient for any sample. Lower the learning rate, or start with larger biases"
SATURATED = "saturated: their activation is flat for every sample. Scale the inputs or the initial weights down"


@dataclass
class LayerDiagnosis:
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

    layers: list[LayerDiagnosis]
    findings: list[str]
    samples: int

    @computed_from_rest("change the model, and diagnose it again")
    def is_good(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __str__(self) -> str:
        head = f"{'layer':<16} {'units':>5} {'dead':>5} {'saturated':>9} {'gradient':>10} {'to the last':>11}"
        lines = [
            f"{x.path or 'model':<16} {x.units:>5} {len(x.dead):>5} {len(x.saturated):>9} "
            f"{numeral(x.gradient, 3):>10} {numeral(x.ratio, 3):>11}"
            for x in self.layers
        ]
        found = self.findings or ["nothing that keeps the model from learning was found"]
        return for_output("\n".join([count_text(self.samples, "sample"), head, *lines, *found]))

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
    checked_module(model, "diagnose")
    samples, compute = as_samples(X), loss_of(loss)
    targets = as_targets(y, target_kind(compute), predict(model, samples[:1])[0])
    total = mean([compute(model(x), t) for x, t in zip(samples, targets, strict=True)])
    layers = by_layer(Values([total], find_names({"": model}, infer=False), own_pass([total])))
    return Diagnosis(layers, findings(layers), len(samples))


def layer_of(path: str, names: Names) -> str:
    """The layer that a module belongs to: the one that holds it, or itself where none does."""
    around = enclosing(path, names.module_at)
    return around[-2] if len(around) > 2 else around[-1] if around else path


def by_layer(source: Values) -> list[LayerDiagnosis]:
    names, owners = source.names, source.owners(source.order)
    units = Counter(layer_of(unit, names) for unit in dict.fromkeys(names.parameters.values()))
    found = {path: LayerDiagnosis(path, n) for path, n in units.items()}
    slopes, gradients = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    flat: dict[str, bool] = {}
    for x, path in ((x, owners[x]) for x in source.order if x in owners):
        if x in names.parameters:
            gradients[layer_of(path, names)].append(source.gradient(x) or 0.0)
        elif len(x.parents) == 1 and x.partials[0] is not None:
            slopes[path].append(abs(x.partials[0]))
            flat[path] = x.row.role == "saturating"
    for unit, values in slopes.items():
        layer = found[layer_of(unit, names)]
        if flat[unit] and all(s < SMALL for s in values):
            layer.saturated.append(unit)
        elif all(s == 0.0 for s in values):
            layer.dead.append(unit)
    layers = list(found.values())
    for layer in layers:
        layer.gradient = root_mean_square(gradients[layer.path])
    for layer in layers:
        layer.ratio = layer.gradient / layers[-1].gradient if layers[-1].gradient else math.nan
    return layers


def root_mean_square(numbers: list[float]) -> float:
    """Of numbers of any size, whose squares may be beyond the range of floats; nan where one is not finite."""
    largest = max(map(abs, numbers), default=0.0)
    if not all(map(math.isfinite, numbers)):
        return math.nan
    return largest * math.sqrt(math.fsum([(x / largest) ** 2 for x in numbers]) / len(numbers)) if largest else 0.0


def findings(layers: list[LayerDiagnosis]) -> list[str]:
    units = ((x, units, finding) for x in layers for units, finding in ((x.dead, DEAD), (x.saturated, SATURATED)))
    found = [f"{x.path or 'model'}: {how_many(some, x.units)} {finding}" for x, some, finding in units if some]
    first = f"{layers[0].path or 'the first layer'} gets {numeral(layers[0].ratio, 2)}" if len(layers) > 1 else ""
    if not all(math.isfinite(x.gradient) for x in layers):
        found.append("a gradient is nan or infinite: find where with detect_anomaly()")
    elif first and layers[0].ratio < VANISHING:
        advice = "Take ReLUs, fewer layers, or an initialisation that keeps the scale"
        found.append(f"the gradient vanishes: {first} of what the last layer gets. {advice}")
    elif first and layers[0].ratio > EXPLODING:
        advice = "Clip the gradient, or start with smaller weights"
        found.append(f"the gradient explodes: {first} times what the last layer gets. {advice}")
    return found


def how_many(units: list[str], total: int) -> str:
    if len(units) == total:
        return f"all {total} units are" if total > 1 else "its unit is"
    return f"{len(units)} of {total} units {'is' if len(units) == 1 else 'are'}"
