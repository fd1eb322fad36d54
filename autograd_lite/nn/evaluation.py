"""Models that are not trained: their outputs, and how good these are."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_lite.core.modes import no_grad
from autograd_lite.core.value import Value
from autograd_lite.nn.data import as_samples, same_length
from autograd_lite.nn.losses import Loss, loss_of
from autograd_lite.nn.metrics import as_targets, decision, kind_of, wanted
from autograd_lite.nn.module import Module


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """The model in evaluation; afterwards every part is in the mode it was in."""
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def predict(model: Module, X: Any) -> list[Any]:
    """The outputs of the model for each sample, as floats: in evaluation, and without a graph.

    >>> from autograd_lite.nn import MLP
    >>> len(predict(MLP(2, [3, 1]), [[0.0, 1.0], [1.0, 0.0]]))
    2
    """
    samples = as_samples(X)
    with evaluating(model), no_grad():
        return [floats(out) for out in model.batch(samples)]


def floats(output: Any) -> Any:
    """The numbers of an output in its structure."""
    if isinstance(output, (list, tuple)):
        return [x.data if type(x) is Value else floats(x) for x in output]
    return output.data if isinstance(output, Value) else float(output)


def agrees(output: Any, target: Any, kind: str) -> bool:
    """Whether the decision for an output is the target's."""
    return bool(decision(output, kind) == wanted(target, kind))


def evaluate(model: Module, X: Any, y: Sequence[Any], loss: str | Loss = "mse") -> dict[str, float]:
    """The mean loss, and for a loss of classification the accuracy, on samples that are not trained on."""
    compute = loss_of(loss)
    kind = kind_of(compute)
    outputs = predict(model, X)
    targets = as_targets(y, kind, outputs[0])
    same_length(outputs, targets)
    losses = [compute(p, t) for p, t in zip(outputs, targets, strict=True)]
    result = {"loss": math.fsum(losses) / len(losses)}
    if kind != "numbers":
        right = [agrees(p, t, kind) for p, t in zip(outputs, targets, strict=True)]
        result["accuracy"] = sum(right) / len(right)
    return result
