"""Checkpoints: a training run as a file, from which it continues to the very same numbers.

A checkpoint holds the model, the optimiser state, the generators, the position within the epoch, the history and the
best weights so far; and the identity of its run, so that it is not loaded into another.
"""

import hashlib
import random
from pathlib import Path
from typing import Any

from autograd_lite.nn.history import History
from autograd_lite.nn.losses import FORMER
from autograd_lite.nn.training_run import Run
from autograd_lite.support.files import Json, read_json, shortened, write_json
from autograd_lite.trees.paths import renamed

FORMAT, VERSION = "autograd_lite.checkpoint", 1


def identity_of(run: Run) -> dict[str, Any]:
    """What determines a run: two runs of one identity compute the same."""
    return {
        "structure": run.model.structure(), "optimizer": type(run.optimizer).__name__,
        "loss": getattr(run.compute, "__name__", "a function"), "batch_size": run.batch_size, "shuffle": run.shuffle,
        "data": hashlib.sha256(repr((run.samples, run.targets, run.held)).encode()).hexdigest(),
    }  # fmt: skip


def generators(run: Run) -> dict[str, random.Random]:
    """The generators of the run itself and of Modules such as Dropout, by path."""
    found = {"": run.draw}
    for path, module in run.model.named_modules():
        if isinstance(vars(module).get("_rng"), random.Random):
            found[path or "."] = module._rng  # type: ignore[attr-defined]
    return found


def save_run(run: Run, path: str | Path, identity: dict[str, Any]) -> None:
    document = {
        "format": FORMAT, "version": VERSION, "identity": identity,
        "model": run.model.state_dict(), "optimizer": run.optimizer.state_dict(),
        "generators": {name: rng.getstate() for name, rng in generators(run).items()},
        "epoch": run.epoch, "order": run.order, "position": run.position, "history": run.history.epochs,
        "sums": [run.summed, run.right, run.seconds], "best": run.best, "watch": [run.lowest, run.waited],
        "stopped": run.stopped,
    }  # fmt: skip
    write_json(path, document)


def load_run(run: Run, path: str | Path, identity: dict[str, Any]) -> None:
    """Continue the run from the file; raises ValueError on one that is damaged, foreign, newer or of another run,
    naming the first difference, and leaves the run as it was."""
    document = read_json(path, FORMAT, VERSION)
    try:
        theirs = document["identity"]
        theirs = {**theirs, "loss": FORMER.get(str(theirs["loss"]), theirs["loss"])}
        for key, mine in identity.items():
            if theirs[key] != mine:
                found = f"{path} is a checkpoint of another run: its {key} is {_line(theirs[key])}, here {_line(mine)}"
                raise ValueError(f"{found}; give it a file of its own, or delete this one to start again")
        states = {name: _state(document["generators"][name]) for name in generators(run)}
        progress = _progress(document, run)
        before = run.model.state_dict()
        if progress["best"] is not None and progress["best"].keys() != before.keys():
            raise TypeError("its best state has other names than the model")
        run.model.load_state_dict(renamed(_floats(document["model"]), before))
        try:
            run.optimizer.load_state_dict(document["optimizer"])
        except BaseException as error:
            run.model.load_state_dict(before)
            if isinstance(error, ValueError):
                raise TypeError(str(error)) from None
            raise
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(
            f"{path} is not a whole checkpoint ({shortened(repr(error))}); delete it to start again"
        ) from None
    for name, rng in generators(run).items():
        rng.setstate(states[name])
    vars(run).update(progress)


def _progress(document: dict[str, Any], run: Run) -> dict[str, Any]:
    """The attributes of the run, from untrusted data; TypeError where one is not what a run keeps there."""
    count, position, epoch = len(run.samples), _count(document["position"]), _count(document["epoch"])
    order, best, (lowest, waited) = document["order"], document["best"], _parts(document["watch"], 2)
    sums = dict(zip(("summed", "right", "seconds"), _parts(document["sums"], 3), strict=True))
    if order and sorted(order) != list(range(count)):
        raise TypeError(f"its order is no permutation of {count} samples")
    if position > (count if order else 0):
        raise TypeError(f"its position {position} is behind the last sample")
    history = [_floats(record) for record in document["history"]]
    for record in history:
        if missing := run.figure_names() - record.keys():
            raise TypeError(f"its history lacks {', '.join(sorted(missing))}")
    if len(history) != epoch:
        raise TypeError(f"it has {len(history)} records of {epoch} epochs")
    if not isinstance(document["stopped"], str):
        raise TypeError("stopped is no string")
    return {
        "epoch": epoch, "order": list(order), "position": position, **_floats(sums), "history": History(history),
        "best": None if best is None else renamed(_floats(best), run.model.state_dict()),
        **_floats({"lowest": lowest}), "waited": _count(waited), "stopped": document["stopped"],
    }  # fmt: skip


def _parts(x: Json, count: int) -> list[Any]:
    if not isinstance(x, (list, tuple)) or len(x) != count:
        raise TypeError(f"{x!r} is no list of {count}")
    return list(x)


def _floats(numbers: dict[str, Json]) -> dict[str, float]:
    for x in numbers.values():
        if isinstance(x, bool) or not isinstance(x, (int, float)):
            raise TypeError(f"{x!r} is no number")
    return {name: float(x) for name, x in numbers.items()}  # type: ignore[arg-type]


def _count(x: Json) -> int:
    if type(x) is not int or x < 0:
        raise TypeError(f"{x!r} is no count")
    return x


def _state(state: Json) -> tuple[Any, ...]:
    version, numbers, gauss = _parts(state, 3)
    found = version, tuple(numbers), gauss
    try:
        random.Random().setstate(found)
    except (ValueError, TypeError) as error:
        raise TypeError(f"the state of a generator does not fit: {error}") from None
    return found


def _line(x: Json) -> str:
    text = " / ".join(map(str, x)) if isinstance(x, list) else str(x)
    return text if len(text) <= 70 else f"{text[:60]}..."
