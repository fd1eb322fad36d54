"""The progress of training: tqdm's bar, in a terminal or a notebook, or plain lines where tqdm is missing."""

import contextlib
import sys
import time
from typing import Any, Self


class Progress:
    """A bar over all mini-batches that shows the figures of the last epoch; silent unless `wanted`.

    `done` mini-batches were done by an earlier run that this one continues.
    """

    def __init__(self, wanted: bool, epochs: int, batches: int, done: int = 0) -> None:
        self.wanted, self.epochs, self.pending, self.shown = wanted, epochs, 0, 0.0
        self.bar: Any = None
        if wanted:
            with contextlib.suppress(ImportError):
                from tqdm.auto import tqdm

                self.bar = tqdm(total=epochs * batches, initial=done, unit="batch", dynamic_ncols=True)

    def advance(self, epoch: int) -> None:
        """A mini-batch is done; the bar is updated ten times a second, because steps can take microseconds."""
        if self.bar is None:
            return
        self.pending += 1
        now = time.perf_counter()
        if now - self.shown > 0.1:
            self.shown = now
            self.bar.set_description_str(f"epoch {epoch}/{self.epochs}", refresh=False)
            self.flush()

    def flush(self) -> None:
        self.bar.update(self.pending)
        self.pending = 0

    def end_epoch(self, record: dict[str, float]) -> None:
        figures = {name: f"{x:.4f}" for name, x in record.items() if name not in ("epoch", "seconds")}
        done = f"epoch {record['epoch']:.0f}/{self.epochs}"
        if self.bar is not None:
            self.bar.set_description_str(done, refresh=False)
            shown = {name.replace("validation_", "held out "): x for name, x in figures.items()}
            self.bar.set_postfix(shown, refresh=False)
            self.flush()
        elif self.wanted:
            print(f"{done}: {', '.join(f'{name} {x}' for name, x in figures.items())}", file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.bar is not None:
            self.flush()
            self.bar.refresh()
            self.bar.close()
