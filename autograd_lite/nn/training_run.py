"""A training run, which callbacks get and checkpoints save: its state, the loops over epochs and mini-batches, early
stopping, and Ctrl-C."""

import math
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from autograd_lite.core.operands import Operand, number
from autograd_lite.nn.data import shuffled
from autograd_lite.nn.evaluation import evaluate
from autograd_lite.nn.history import History
from autograd_lite.nn.losses import Loss
from autograd_lite.nn.module import Module
from autograd_lite.nn.progress import Progress
from autograd_lite.nn.shapes import Scalar
from autograd_lite.nn.steps import Steps
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.support.user_lines import warn

SUSPECT = 0.99
"""The share of the first loss above which the lowest one is a reason to look closer."""

NO_BETTER = 0.9999
"""The share of the loss before training above which that after it is no better."""

TINY = 1e-9
"""A loss from which a model has nothing left to learn."""

Callback = Callable[["Run"], Any]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during training: the step was finished, and the model has its result; `history` is that so far."""

    history: History


@dataclass(eq=False, repr=False)
class Run:
    """One training run.  `epoch` counts the epochs that are done, `history` holds their figures, `model` and
    `optimizer` are what is trained; `stop(why)` ends it after this epoch."""

    model: Module
    optimizer: Optimizer
    draw: random.Random
    samples: list[Any]
    targets: list[Any]
    held: tuple[list[Any], list[Any]] | None  # the validation data
    compute: Loss
    kind: str  # of the targets, see `metrics.target_kind`
    batch_size: int
    shuffle: bool
    penalty: Callable[[Module], Any] | None
    clip: float | None
    patience: int | None
    tolerance: float | None
    epoch: int = 0
    order: list[int] = field(default_factory=list)  # the samples of the epoch that is running
    position: int = 0  # how many of them are done
    summed: float = 0.0  # their losses
    right: float = 0.0  # how many of them were right
    seconds: float = 0.0  # that they took
    history: History = field(default_factory=History)
    best: dict[str, float] | None = None  # the state at the lowest loss, where patience watches it
    lowest: float = math.inf
    waited: int = 0  # epochs since the lowest loss
    stopped: str = ""  # why, if it is
    began: float | None = None  # the loss of the first mini-batch, before any parameter moved
    is_seen: bool = True  # whether anybody looks at the model between two epochs

    def stop(self, why: str = "a callback asked for it") -> None:
        """End the run after this epoch."""
        self.stopped = why

    def go(
        self, epochs: int, made: Callable[["Run"], Steps], callbacks: Sequence[Callback], bar: Progress,
        keep: Callback | None,
    ) -> None:  # fmt: skip
        """Run up to that many epochs in all; `keep` is called after each, and when Ctrl-C interrupts one."""
        untrained = self.model.state_dict()
        self.model.train()
        self.is_seen = bool(callbacks or keep or self.held or self.patience)
        with bar:
            steps = made(self)
            with Interrupts() as interrupts:
                self.all_epochs(epochs, steps, bar, interrupts, callbacks, keep)
            steps.sync()
        if self.best is not None:
            self.model.load_state_dict(self.best)
        self.report(untrained)
        if interrupts.pending:  # since the last step
            raise self.interrupted("when all epochs were done")

    def all_epochs(
        self, epochs: int, steps: Steps, bar: Progress, interrupts: "Interrupts", callbacks: Sequence[Callback],
        keep: Callback | None,
    ) -> None:  # fmt: skip
        while self.epoch < epochs and not self.stopped:
            self.one_epoch(steps, bar, interrupts, keep, epochs)
            for callback in callbacks:
                callback(self)
            if callbacks:  # which may have changed anything
                steps.fetch()
            if keep:
                keep(self)

    def report(self, untrained: dict[str, float]) -> None:
        """Warn where the model is no better than it was in that state, before the first step."""
        if self.began is None or len(self.history) < 2 or min(self.history["loss"]) < SUSPECT * self.began:
            return
        after, before = self.loss_in(self.model.state_dict()), self.loss_in(untrained)
        if after > NO_BETTER * before > TINY:
            warn(
                f"fit ended no better than it began: the loss was {before:.4g} before the first step, and is "
                f"{after:.4g} after {len(self.history)} epochs; see which units pass no gradient with "
                f"autograd_lite.diagnose(model, X, y, loss), and try another learning rate than {self.optimizer.rate:g}"
            )

    def loss_in(self, state: dict[str, float]) -> float:
        """The mean loss of the model in that state; it then has its own again."""
        own = self.model.state_dict()
        try:
            self.model.load_state_dict(state)
            return evaluate(self.model, self.samples, self.targets, self.compute)["loss"]
        finally:
            self.model.load_state_dict(own)

    def penalised(self, loss: Scalar, model: Module) -> Any:
        if self.penalty is None:
            return loss
        found = self.penalty(model)
        if not isinstance(found, Operand) and number(found) is None:
            raise TypeError(f"penalty returns one Value or number, but got {found!r}; add up what it is made of")
        return loss + found

    def interrupted(self, where: str) -> Interrupted:
        error = Interrupted(f"interrupted {where}")
        error.history = self.history
        return error

    def one_epoch(
        self, steps: Steps, bar: Progress, interrupts: "Interrupts", keep: Callback | None, epochs: int
    ) -> None:
        start = time.perf_counter() - self.seconds
        try:
            self.all_steps(steps, bar, interrupts)
            steps.check()
            if self.is_seen:
                steps.sync()
            self.end_epoch(bar, start)
        except BaseException as error:
            steps.sync()
            if not isinstance(error, KeyboardInterrupt):
                raise
            self.seconds = time.perf_counter() - start
            if keep:
                keep(self)
            raise self.interrupted(f"in epoch {self.epoch + 1} of {epochs}") from error

    def end_epoch(self, bar: Progress, start: float) -> None:
        """Add the figures of an epoch that began at `start` to the history."""
        record = {"epoch": self.epoch + 1.0, **self.figures(), "seconds": time.perf_counter() - start}
        self.epoch += 1
        self.order, self.position, self.summed, self.right, self.seconds = [], 0, 0.0, 0.0, 0.0
        self.history.epochs.append(record)
        bar.end_epoch(record)
        self.watch(record)

    def all_steps(self, steps: Steps, bar: Progress, interrupts: "Interrupts") -> None:
        count = len(self.samples)
        if not self.order:
            self.order = shuffled(count, self.draw) if self.shuffle else list(range(count))
        steps.begin(self.order)
        while self.position < count:
            if interrupts.pending:
                interrupts.check()
            stop = min(self.position + self.batch_size, count)
            loss, right = steps.step(self.position, stop)
            if self.epoch == self.position == 0:
                self.began = loss
            self.summed += loss * (stop - self.position)
            self.right += right
            self.position = stop
            bar.advance(self.epoch + 1)

    def figures(self) -> dict[str, float]:
        count = len(self.samples)
        found = {"loss": self.summed / count}
        if self.kind != "numbers":
            found["accuracy"] = self.right / count
        if self.held is not None:
            held = evaluate(self.model, *self.held, self.compute)
            found.update({f"validation_{name}": x for name, x in held.items()})
        return found

    def figure_names(self) -> set[str]:
        """The names of what every record of its history has."""
        found = {"loss"} | ({"accuracy"} if self.kind != "numbers" else set())
        held = {f"validation_{name}" for name in found} if self.held is not None else set()
        return {"epoch", "seconds", *found, *held}

    def watch(self, record: dict[str, float]) -> None:
        before = self.history.epochs[-2]["loss"] if len(self.history) > 1 else math.inf
        if self.tolerance is not None and abs(record["loss"] - before) < self.tolerance:
            self.stop(f"the loss changed by less than {self.tolerance}")
        if self.patience is None:
            return
        watched = record.get("validation_loss", record["loss"])
        if watched < self.lowest:
            self.lowest, self.waited, self.best = watched, 0, self.model.state_dict()
        else:
            self.waited += 1
            if self.waited >= self.patience:
                self.stop(f"no better loss for {self.patience} epochs")


class Interrupts:
    """While it is open, Ctrl-C waits until `check` is called, so that it never falls into the middle of a step; a
    second one does not wait.  Where someone else handles it, or in another thread, nothing changes."""

    def __enter__(self) -> Self:
        self.pending = False
        main = threading.current_thread() is threading.main_thread()
        self.mine = main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self.mine:
            signal.signal(signal.SIGINT, self.remember)
        return self

    def remember(self, *signal_and_frame: object) -> None:
        self.check()
        self.pending = True

    def check(self) -> None:
        if self.pending:
            raise KeyboardInterrupt

    def __exit__(self, *exception: object) -> None:
        if self.mine:
            signal.signal(signal.SIGINT, signal.default_int_handler)
