"""Models as JSON files, readable, exact to the last bit of every float, and written atomically: the structure, a line
for each Module, and the state."""

import math
from itertools import zip_longest
from pathlib import Path

from autograd_lite.core.operands import number
from autograd_lite.nn.module import Module, checked_module
from autograd_lite.support.files import read_json, shortened, write_json
from autograd_lite.support.version import __version__
from autograd_lite.trees.paths import renamed

FORMAT, VERSION = "autograd_lite.model", 1


def save(model: Module, path: str | Path) -> None:
    """Write the model's structure and state to a file, atomically.

    A file that was there is replaced, with its permissions; a symbolic link stays, and the file that it points to is
    replaced; a hard link is broken: the other names of the file keep the old content.

    Raises OSError where the file cannot be written or is no regular file, and what was there stays; TypeError where
    model is no Module or path no path.
    """
    checked_module(model, "save")
    state = {name: encoded(x) for name, x in model.state_dict().items()}
    document = {"format": FORMAT, "version": VERSION, "library": __version__}
    write_json(path, {**document, "structure": model.structure(), "state": state})


def load(model: Module, path: str | Path) -> Module:
    """Take the state of a file that `save` wrote from a model of the same structure; returns the model.

    Raises ValueError on a file that is damaged, foreign, of a newer version, or of another structure (naming
    the first difference), OSError where it can't be read, TypeError where model is no Module or path no path.  The
    model then stays as it was.
    """
    checked_module(model, "load")
    document = read_json(path, FORMAT, VERSION)
    structure, state = document.get("structure"), document.get("state")
    if not isinstance(structure, list) or not isinstance(state, dict):
        raise ValueError(f"{path} lacks the structure or the state of a model; save it again")
    for theirs, mine in zip_longest(structure, model.structure(), fillvalue="nothing more"):
        if theirs != mine:
            found = f"{path} holds another model: there it has {shortened(repr(theirs))}, here {mine!r}"
            raise ValueError(f"{found}; build the model as it was when it was saved, then load")
    numbers: dict[str, float] = {}
    for name, x in state.items():
        try:
            value = float(x) if x in ("nan", "inf", "-inf") else number(x)
            if isinstance(x, float) and not math.isfinite(x):
                raise OverflowError  # JSON's reader makes an infinity of 1e999
        except OverflowError:
            raise ValueError(f"{path}: {shortened(name)} is beyond the range of floats; save the file again") from None
        if value is None or isinstance(x, bool):
            raise ValueError(
                f"{path}: {shortened(name)} is {shortened(repr(x))}, which is no number; save the file again"
            )
        numbers[name] = value
    try:
        model.load_state_dict(renamed(numbers, model.state_dict()))
    except KeyError as error:
        raise ValueError(f"{path} does not fit: {shortened(error.args[0])}") from None
    return model


def encoded(x: float) -> float | str:
    """A float as JSON takes it: its shortest exact digits; nan and the infinities as text.

    >>> encoded(0.1), encoded(float("inf"))
    (0.1, 'inf')
    """
    return x if math.isfinite(x) else repr(x)
