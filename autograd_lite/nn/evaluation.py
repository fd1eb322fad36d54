"""Models in evaluation: their outputs, the mean loss and the accuracy."""

import math
from typing import Any

from autograd_lite.core.contexts.modes import no_grad
from autograd_lite.nn.data import Data, as_samples, check_lengths
from autograd_lite.nn.losses import Loss, loss_of
from autograd_lite.nn.metrics import as_targets, decision, target_kind
from autograd_lite.nn.module import Module, checked_module
from autograd_lite.nn.shapes import NestedNumbers, data_in


def predict(model: Module, X: Data) -> list[Any]:
    """The outputs of the model for each sample, as floats: in evaluation, and without a graph.

    >>> from autograd_lite.nn import MLP
    >>> len(predict(MLP(2, [3, 1]), [[0.0, 1.0], [1.0, 0.0]]))
    2
    """
    checked_module(model, "predict")
    samples = as_samples(X)
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with no_grad():
            return [data_in(out) for out in model.batch(samples)]
    finally:
        for module, mode in modes:
            module._switch(mode)


def is_right(output: NestedNumbers, target: NestedNumbers, kind: str) -> bool:
    return bool(decision(output, kind) == decision(target, kind, target=True))


def evaluate(model: Module, X: Data, y: Data, loss: str | Loss = "mse") -> dict[str, float]:
    """The mean loss, and for a loss of classification the accuracy, on samples that are not trained on."""
    checked_module(model, "evaluate")
    compute = loss_of(loss)
    kind, outputs = target_kind(compute), predict(model, X)
    targets = as_targets(y, kind, outputs[0])
    check_lengths(outputs, targets)
    losses = [compute(p, t) for p, t in zip(outputs, targets, strict=True)]
    result = {"loss": math.fsum(losses) / len(losses)}
    if kind != "numbers":
        right = [is_right(p, t, kind) for p, t in zip(outputs, targets, strict=True)]
        result["accuracy"] = sum(right) / len(right)
    return result
