"""A training run: what decides how it goes on, from mini-batch to mini-batch and from epoch to epoch.

Callbacks see it, checkpoints keep it.
"""

import math
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from autograd_lite.core.primitives import Operand, number
from autograd_lite.nn.data import shuffled
from autograd_lite.nn.evaluation import evaluate
from autograd_lite.nn.history import History
from autograd_lite.nn.module import Module
from autograd_lite.nn.progress import Progress
from autograd_lite.nn.steps import Compiled, Eager
from autograd_lite.optim.optimizer import Optimizer

Callback = Callable[["Run"], Any]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during training: the step was finished, and the model holds its result; `history` is what was."""

    history: History


class Run:
    """One training run.  `epoch` counts the epochs that are done, `history` holds their figures, `model` and
    `optimizer` are at work; `stop(why)` ends it after this epoch."""

    def __init__(self, model: Module, optimizer: Optimizer, draw: random.Random, options: dict[str, Any]) -> None:
        self.model, self.optimizer, self.draw = model, optimizer, draw
        self.samples: list[Any] = options["samples"]
        self.targets: list[Any] = options["targets"]
        self.held: tuple[Any, Any] | None = options["held"]
        self.compute: Callable[..., Any] = options["compute"]
        self.kind: str = options["kind"]
        self.batch_size: int = options["batch_size"]
        self.shuffle: bool = options["shuffle"]
        self.penalty: Callable[[Any], Any] | None = options["penalty"]
        self.clip: float | None = options["clip"]
        self.patience: int | None = options["patience"]
        self.tolerance: float | None = options["tolerance"]
        self.epoch = 0
        self.order: list[int] = []  # the samples of the epoch that is running
        self.position = 0  # how many of them are done
        self.summed, self.right, self.seconds = 0.0, 0.0, 0.0
        self.history = History()
        self.best: dict[str, float] | None = None  # the state at the lowest loss, where patience watches it
        self.lowest, self.waited = math.inf, 0
        self.stopped = ""

    def stop(self, why: str = "a callback asked for it") -> None:
        """End the run after this epoch."""
        self.stopped = why

    def go(self, epochs: int, compiled: bool, callbacks: Sequence[Callback], bar: Progress, keep: Callback) -> None:
        """Run up to that many epochs in all; `keep` is called after each, and when Ctrl-C interrupts one."""
        self.model.train()
        with bar:
            steps = Compiled(self) if compiled else Eager(self)
            with Interrupts() as interrupts:
                while self.epoch < epochs and not self.stopped:
                    self.one_epoch(steps, bar, interrupts, keep, epochs)
                    self.show(steps, callbacks)
                    keep(self)
        self.finish(interrupts)

    def show(self, steps: Eager | Compiled, callbacks: Sequence[Callback]) -> None:
        """Call the callbacks, which may change anything."""
        for callback in callbacks:
            callback(self)
        if callbacks:
            steps.fetch()

    def finish(self, interrupts: "Interrupts") -> None:
        """Go back to the best weights, where patience watched them, and do not lose a Ctrl-C of the last step."""
        if self.best is not None:
            self.model.load_state_dict(self.best)
        if interrupts.pending:
            raise self.interrupted("when all epochs were done")

    def penalised(self, loss: Any, model: Module) -> Any:
        """The loss of a mini-batch, with the penalty if there is one."""
        if self.penalty is None:
            return loss
        found = self.penalty(model)
        if not isinstance(found, Operand) and number(found) is None:
            raise TypeError(f"penalty returns one Value or number, but got {found!r}; add up what it is made of")
        return loss + found

    def interrupted(self, where: str) -> Interrupted:
        """The exception of Ctrl-C, with the history so far."""
        error = Interrupted(f"interrupted {where}")
        error.history = self.history
        return error

    def one_epoch(
        self, steps: Eager | Compiled, bar: Progress, interrupts: "Interrupts", keep: Callback, epochs: int
    ) -> None:
        start = time.perf_counter() - self.seconds
        try:
            self.all_steps(steps, bar, interrupts)
            steps.sync()
            self.end_epoch(bar, start)
        except BaseException as error:
            steps.sync()
            if not isinstance(error, KeyboardInterrupt):
                raise
            self.seconds = time.perf_counter() - start
            keep(self)
            raise self.interrupted(f"in epoch {self.epoch + 1} of {epochs}") from error

    def end_epoch(self, bar: Progress, start: float) -> None:
        """Enter the figures of an epoch that began at `start` into the history."""
        record = {"epoch": self.epoch + 1.0, **self.figures(), "seconds": time.perf_counter() - start}
        self.epoch += 1
        self.order, self.position, self.summed, self.right, self.seconds = [], 0, 0.0, 0.0, 0.0
        self.history.epochs.append(record)
        bar.end_epoch(record)
        self.watch(record)

    def all_steps(self, steps: Eager | Compiled, bar: Progress, interrupts: "Interrupts") -> None:
        """The steps of an epoch, from where it stands."""
        count = len(self.samples)
        if not self.order:
            self.order = shuffled(count, self.draw) if self.shuffle else list(range(count))
        steps.begin(self.order)
        while self.position < count:
            interrupts.check()
            stop = min(self.position + self.batch_size, count)
            loss, right = steps.step(self.position, stop)
            self.summed += loss * (stop - self.position)
            self.right += right
            self.position = stop
            bar.advance(self.epoch + 1)

    def figures(self) -> dict[str, float]:
        """What the history keeps of an epoch."""
        count = len(self.samples)
        found = {"loss": self.summed / count}
        if self.kind != "numbers":
            found["accuracy"] = self.right / count
        if self.held is not None:
            held = evaluate(self.model, *self.held, self.compute)
            found.update({f"validation_{name}": x for name, x in held.items()})
        return found

    def watch(self, record: dict[str, float]) -> None:
        """Stop where the loss has stopped changing, or getting better."""
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
        self.mine = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self.mine:
            signal.signal(signal.SIGINT, self.remember)
        return self

    def remember(self, *signal_and_frame: Any) -> None:
        if self.pending:
            raise KeyboardInterrupt
        self.pending = True

    def check(self) -> None:
        if self.pending:
            raise KeyboardInterrupt

    def __exit__(self, *exception: object) -> None:
        if self.mine:
            signal.signal(signal.SIGINT, signal.default_int_handler)
