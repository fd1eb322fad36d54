"""`fit`: training, the same for every model, loss and optimiser.

An epoch visits all samples once, in mini-batches in random order.  A step takes the mean of the losses of a
mini-batch and its gradient, and moves the parameters.  The loop is in `training_run`, the step in `steps`.
"""

import math
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from autograd_lite.nn.checkpoints import identity_of, load_run, save_run
from autograd_lite.nn.data import Data, as_samples, check_lengths, train_test_split
from autograd_lite.nn.evaluation import predict
from autograd_lite.nn.history import History
from autograd_lite.nn.losses import Loss, loss_of
from autograd_lite.nn.metrics import as_targets, target_kind
from autograd_lite.nn.module import Module, checked_module
from autograd_lite.nn.progress import Progress
from autograd_lite.nn.randomness import Seed, generator
from autograd_lite.nn.shapes import NestedNumbers, check_size
from autograd_lite.nn.steps import CompiledSteps, Eager, Steps
from autograd_lite.nn.training_run import Callback, Run
from autograd_lite.optim.optimizer import Optimizer, check_hyperparameter
from autograd_lite.optim.rules import OPTIMIZERS
from autograd_lite.support.files import checked_path
from autograd_lite.support.suggestions import lookup


def fit(
    model: Module, X: Data, y: Data, loss: str | Loss = "mse", optimizer: str | Optimizer = "sgd", epochs: int = 10,
    batch_size: int = 32, validation: tuple[Data, Data] | float | None = None, progress: bool = True,
    shuffle: bool = True, lr: float | None = None, rng: Seed = None, penalty: Callable[[Module], Any] | None = None,
    clip: float | None = None, patience: int | None = None, tolerance: float | None = None,
    callbacks: Iterable[Callback] = (), checkpoint: str | Path | None = None, compile: bool = False,
    fastmath: bool = False, dtype: Any = "float64",
) -> History:  # fmt: skip
    """Train the model on samples X with targets y, and return the history.

    loss         a name, or a function (output, target) -> Value
    optimizer    a name, with `lr` its rate, or an Optimizer of the model's parameters
    validation   (X, y) held out, or the share of the rows to hold out
    rng          a seed or a generator, which orders the samples
    penalty      a function of the model that is added to the loss of each mini-batch
    clip         the largest norm of a gradient
    patience     stop after so many epochs without a lower loss (of the validation, if there is one), and restore
                 the best weights
    tolerance    stop when the loss changes by less from one epoch to the next
    callbacks    functions of the `Run`, called after each epoch
    checkpoint   a file to which the run is saved after each epoch and at Ctrl-C; if it exists, the run continues
                 from it, to the very same numbers
    compile      run steps as compiled code, which is worth it with llvmlite (the extra jit); the model is up to date
                 whenever callbacks see it
    fastmath     options of `autograd_lite.compile` for these steps: products fused with sums, and float32 in the place
    dtype        of float64

    Raises ValueError on unknown names, empty or ragged data, labels out of range (with the row), and numbers
    out of range; `Diverged` where the loss or a gradient is no finite number; `Interrupted` at Ctrl-C.

    >>> from autograd_lite.nn import Neuron
    >>> neuron = Neuron(1, nonlin=False, rng=0)
    >>> X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
    >>> history = fit(neuron, X, y, lr=0.1, epochs=200, progress=False)
    >>> round(neuron.w[0].data, 3), round(neuron.b.data, 3)
    (2.0, 1.0)
    """
    checked_module(model, "fit")
    epochs, batch_size = check_size("epochs", epochs), check_size("batch_size", batch_size)
    calls, made = checked_callbacks(callbacks), steps_of_run(compile, fastmath, dtype)
    compute, draw = loss_of(loss), generator(rng)
    kind, rule = target_kind(compute), optimizer_of(optimizer, model, lr)
    if isinstance(validation, float):
        X, held_X, y, held_y = train_test_split(X, y, validation, draw)
        validation = (held_X, held_y)
    samples = as_samples(X)
    example = predict(model, samples[:1])[0]
    targets = as_targets(y, kind, example)
    check_lengths(samples, targets)
    run = Run(
        model, rule, draw, samples, targets,
        held=None if validation is None else held_out(validation, kind, example),
        compute=compute, kind=kind, batch_size=batch_size, shuffle=shuffle, penalty=penalty,
        clip=None if clip is None else check_hyperparameter("clip", clip),
        patience=None if patience is None else check_size("patience", patience),
        tolerance=None if tolerance is None else check_hyperparameter("tolerance", tolerance),
    )  # fmt: skip
    batches = math.ceil(len(samples) / batch_size)
    keep: Callback | None = None
    if checkpoint is not None:
        checkpoint = checked_path(checkpoint)
        identity = identity_of(run)
        keep = lambda run: save_run(run, checkpoint, identity)  # noqa: E731
        if Path(checkpoint).exists():
            load_run(run, checkpoint, identity)
        else:
            keep(run)  # finds out before training whether it can be written
    done = run.epoch * batches + run.position // batch_size
    run.go(epochs, made, calls, Progress(progress, epochs, batches, done), keep)
    return run.history


def steps_of_run(compiled: bool, fastmath: bool, dtype: Any) -> Callable[[Run], Steps]:
    """How the steps of a run are made."""
    if compiled:
        return partial(CompiledSteps, fastmath=fastmath, dtype=dtype)
    if fastmath or dtype != "float64":
        option = "fastmath=True" if fastmath else f"dtype={dtype!r}"
        raise ValueError(f"fit got {option} without compile=True, but steps on Values have no such option; pass both")
    return Eager


def checked_callbacks(callbacks: Iterable[Callback]) -> list[Callback]:
    if callable(callbacks):
        raise TypeError(f"callbacks are functions of the run, in a list, but got {callbacks!r}; pass [it]")
    found = list(callbacks)
    if bad := [x for x in found if not callable(x)]:
        raise TypeError(f"callbacks are functions of the run, but got {bad[0]!r}; pass what can be called with it")
    return found


def held_out(validation: tuple[Data, Data] | float, kind: str, example: NestedNumbers) -> tuple[list[Any], list[Any]]:
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        got = type(validation).__name__
        raise TypeError(f"validation is a pair (X, y) or a share like 0.2, but got {got}; pass one")
    X, y = as_samples(validation[0], "validation X"), as_targets(validation[1], kind, example, "validation y")
    check_lengths(X, y)
    return X, y


def optimizer_of(given: str | Optimizer, model: Module, lr: float | None) -> Optimizer:
    if not isinstance(given, Optimizer):
        rule: Callable[..., Optimizer] = lookup("optimizer", given, OPTIMIZERS)
        return rule(model.parameters()) if lr is None else rule(model.parameters(), lr=lr)
    if lr is not None:
        raise ValueError(f"fit got lr={lr!r} beside an optimizer that has its own; set optimizer.lr")
    return given
