"""Where random numbers come from: every random thing takes `rng`, a seed or a generator, and reproduces.

`random.Random` serves, so that networks need no NumPy; its state is a tuple of integers, which checkpoints
keep.
"""

import random
from collections.abc import Callable
from typing import Any

from autograd_lite.core.concretization import RUNNING
from autograd_lite.transforms.levels import is_mapped

Seed = Any
"""None, an int, a `random.Random` or a NumPy generator."""


def generator(rng: Seed = None) -> random.Random:
    """The generator that `rng` stands for; None is Python's own, which `random.seed` seeds.

    Raises TypeError on anything else.

    >>> generator(1).random() == random.Random(1).random()
    True
    """
    if rng is None:
        return random._inst
    if isinstance(rng, random.Random):
        return rng
    if isinstance(rng, int) and not isinstance(rng, bool):
        return random.Random(rng)
    if hasattr(rng, "__index__"):  # NumPy's integers
        return random.Random(int(rng))
    draw = getattr(rng, "integers", None) or getattr(rng, "randint", None)
    if draw is not None:
        return random.Random(int(draw(2**31 - 1)))
    raise TypeError(
        f"rng is a seed or a generator, but got {rng!r} of type {type(rng).__name__}; pass an int, a "
        f"random.Random or a numpy.random.Generator"
    )


def spawned(rng: Seed) -> random.Random:
    """A generator of one's own, seeded by `rng`: what one Module draws does not depend on the others."""
    return random.Random(generator(rng).getrandbits(64))


def read(source: Callable[[], float]) -> Any:
    """A number that changes: while a program is traced, an input that is read at every call, once for all samples."""
    return source() if RUNNING.trace is None else RUNNING.trace.draw(source, False)


def drawn(rng: random.Random) -> Any:
    """A number between 0 and 1: while a program is traced, an input that is drawn anew at every call."""
    if RUNNING.trace is None:
        return rng.random()
    return RUNNING.trace.draw(rng.random, is_mapped())


def choice(what: str, given: Any, known: dict[str, Any]) -> Any:
    """known[given]; raises ValueError with the known names where there is none."""
    if given in known:
        return known[given]
    raise ValueError(f"there is no {what} {given!r}; the known ones are {', '.join(known)}")
