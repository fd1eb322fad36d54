"""`fit`: the training loop, the same for every model, loss and optimiser.

An epoch visits all samples once, in mini-batches in random order.  A step takes the mean of the losses of a
mini-batch, its gradient in the parameters, and moves them.  `.grad` is neither read nor written.
"""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.bulk import data_of
from autograd_lite.context import no_grad
from autograd_lite.graph import CONSTANT, float_adjoints
from autograd_lite.nn.data import as_samples, batches, same_length, train_test_split
from autograd_lite.nn.history import History
from autograd_lite.nn.losses import Loss, loss_of
from autograd_lite.nn.metrics import as_targets, decision, kind_of
from autograd_lite.nn.module import Module
from autograd_lite.nn.progress import Progress
from autograd_lite.nn.randomness import Seed, choice, generator
from autograd_lite.nn.shapes import check_size
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.rules import OPTIMIZERS
from autograd_lite.primitives import mean
from autograd_lite.value import Value


class Diverged(ArithmeticError):
    """Training met a nan or an infinity; the model keeps the weights from before that step."""


def predict(model: Module, X: Any) -> list[Any]:
    """The outputs of the model for each sample, as floats: in evaluation, and without a graph.

    >>> from autograd_lite.nn import MLP
    >>> len(predict(MLP(2, [3, 1]), [[0.0, 1.0], [1.0, 0.0]]))
    2
    """
    samples = as_samples(X)
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with no_grad():
            return [floats(model(x)) for x in samples]
    finally:
        for module, mode in modes:
            module.training = mode


def floats(output: Any) -> Any:
    """The numbers of an output in its structure."""
    if isinstance(output, list) and isinstance(output[0], Value):
        return data_of(output)
    if isinstance(output, (list, tuple)):
        return [floats(x) for x in output]
    return output.data if isinstance(output, Value) else float(output)


def fit(
    model: Module,
    X: Any,
    y: Any,
    loss: str | Loss = "mse",
    optimizer: str | Optimizer = "sgd",
    epochs: int = 10,
    batch_size: int = 32,
    validation: tuple[Any, Any] | float | None = None,
    progress: bool = True,
    shuffle: bool = True,
    lr: float | None = None,
    rng: Seed = None,
) -> History:
    """Train the model on samples X with targets y, and return the history.

    `loss` is a name or a function (output, target) -> Value; `optimizer` a name, with `lr` its rate, or an
    Optimizer of the model's parameters.  `validation` is (X, y) held out, or the share of the rows to hold
    out.  `rng`, a seed or a generator, orders the samples.

    Raises ValueError on unknown names, empty or ragged data, labels out of range (with the row), and numbers
    out of range; `Diverged` where the loss or a gradient is no finite number.

    >>> from autograd_lite.nn import Neuron
    >>> neuron = Neuron(1, nonlin=False, rng=0)
    >>> X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
    >>> history = fit(neuron, X, y, lr=0.1, epochs=200, progress=False)
    >>> round(neuron.w[0].data, 3), round(neuron.b.data, 3)
    (2.0, 1.0)
    """
    epochs, batch_size = check_size("epochs", epochs), check_size("batch_size", batch_size)
    compute, draw = loss_of(loss), generator(rng)
    kind = kind_of(compute)
    moves = optimizer_of(optimizer, model, lr)
    if isinstance(validation, float):
        X, held_X, y, held_y = train_test_split(X, y, validation, draw)
        validation = (held_X, held_y)
    samples = as_samples(X)
    example = predict(model, samples[:1])[0]
    targets = as_targets(y, kind, example)
    same_length(samples, targets)
    held: tuple[Any, Any] | None = None
    if validation is not None:
        held_X, held_y = as_samples(validation[0], "validation X"), validation[1]
        held = held_X, as_targets(held_y, kind, example, "validation y")
        same_length(*held)
    history = History()
    model.train()
    with Progress(progress, epochs, math.ceil(len(samples) / batch_size)) as bar:
        for epoch in range(1, epochs + 1):
            start, summed, right = time.perf_counter(), 0.0, 0
            for k, rows in enumerate(batches(len(samples), batch_size, draw if shuffle else None)):
                outputs = model.batch([samples[i] for i in rows])
                wanted = [targets[i] for i in rows]
                total = mean([compute(p, t) for p, t in zip(outputs, wanted, strict=True)])
                step(model, moves, total, f"epoch {epoch}, batch {k + 1}")
                summed += total.data * len(rows)
                if kind != "numbers":
                    right += sum(agrees(floats(p), t, kind) for p, t in zip(outputs, wanted, strict=True))
                bar.advance(epoch)
            record = {"epoch": float(epoch), "loss": summed / len(samples)}
            if kind != "numbers":
                record["accuracy"] = right / len(samples)
            if held is not None:
                found = evaluate(model, *held, compute)
                record.update({f"validation_{name}": x for name, x in found.items()})
            record["seconds"] = time.perf_counter() - start
            history.epochs.append(record)
            bar.end_epoch(record)
    return history


def optimizer_of(given: str | Optimizer, model: Module, lr: float | None) -> Optimizer:
    """The optimiser of that name for the model, or itself."""
    if not isinstance(given, Optimizer):
        rule: Callable[..., Optimizer] = choice("optimizer", given, OPTIMIZERS)
        return rule(model.parameters()) if lr is None else rule(model.parameters(), lr=lr)
    if lr is not None:
        raise ValueError(f"fit got lr={lr!r} beside an optimizer that has its own; set optimizer.lr")
    return given


def step(model: Module, optimizer: Optimizer, loss: Value, where: str) -> None:
    """One step down the gradient of the loss; nothing moves where a number is not finite."""
    slopes = float_adjoints([loss] if not loss._flags & CONSTANT else [], [1.0], optimizer.parameters)
    # The sum is quick, and not finite if any of them is not.
    if not math.isfinite(loss.data) or not (math.isfinite(sum(slopes)) or all(map(math.isfinite, slopes))):
        names = {id(p): name for name, p in model.named_parameters()}
        moving = zip(optimizer.parameters, slopes, strict=True)
        bad = next((f"{names.get(id(p), 'a parameter')} is {g}" for p, g in moving if not math.isfinite(g)), "")
        raise Diverged(
            f"training stopped at {where}: the loss is {loss.data}"
            + (f", and the gradient of {bad}" if bad else "")
            + "; the model keeps the weights from before this step. Take a smaller learning rate, or clip "
            "the gradient"
        )
    optimizer.step(slopes)


def agrees(output: Any, target: Any, kind: str) -> bool:
    """Whether the decision for an output is the target's."""
    wanted = target if isinstance(target, int) else decision(target, kind)
    said = decision(output, kind)
    return bool(said == wanted)


def evaluate(model: Module, X: Any, y: Sequence[Any], loss: str | Loss = "mse") -> dict[str, float]:
    """The mean loss, and for a classification loss the accuracy, on samples that are not trained on."""
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
