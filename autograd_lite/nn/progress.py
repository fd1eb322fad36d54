"""The progress of training: tqdm's bar, in a terminal or a notebook, or plain lines where tqdm is missing."""

import sys
from typing import Any, Self


class Progress:
    """A bar over all mini-batches that shows the figures of the last epoch; silent unless `wanted`."""

    def __init__(self, wanted: bool, epochs: int, batches: int) -> None:
        self.epochs = epochs
        self.bar: Any = None
        self.lines = False
        if wanted:
            try:
                from tqdm.auto import tqdm

                self.bar = tqdm(total=epochs * batches, unit="batch", dynamic_ncols=True)
            except ImportError:
                self.lines = True

    def advance(self, epoch: int) -> None:
        """A mini-batch is done."""
        if self.bar is not None:
            self.bar.set_description_str(f"epoch {epoch}/{self.epochs}", refresh=False)
            self.bar.update()

    def end_epoch(self, record: dict[str, float]) -> None:
        """An epoch is done, with these figures."""
        figures = {name: x for name, x in record.items() if name not in ("epoch", "seconds")}
        if self.bar is not None:
            postfix = {name.replace("validation_", "held out "): f"{x:.4f}" for name, x in figures.items()}
            self.bar.set_postfix(postfix)
        elif self.lines:
            shown = ", ".join(f"{name} {x:.4f}" for name, x in figures.items())
            print(f"epoch {int(record['epoch'])}/{self.epochs}: {shown}", file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self.bar is not None:
            self.bar.close()
