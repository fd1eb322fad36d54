"""Random numbers: whatever draws takes `rng`, a seed or a generator, and is reproducible.  The generators are
`random.Random`, so that networks need no NumPy, and checkpoints keep their state."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias, TypeVar

from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.transforms.levels import drawn_number

if TYPE_CHECKING:
    import numpy

T = TypeVar("T")

Seed: TypeAlias = "SupportsIndex | random.Random | numpy.random.Generator | numpy.random.RandomState | None"
"""None, an int, a `random.Random` or a NumPy generator."""


def generator(rng: Seed = None) -> random.Random:
    """The generator that `rng` means; None is Python's own, which `random.seed` seeds.

    Raises TypeError on anything else.

    >>> generator(1).random() == random.Random(1).random()
    True
    """
    if rng is None:
        return random._inst
    if isinstance(rng, random.Random):
        return rng
    if hasattr(rng, "__index__") and not isinstance(rng, bool):
        return random.Random(int(rng))
    if integers := getattr(rng, "integers", None) or getattr(rng, "randint", None):
        return random.Random(int(integers(2**31 - 1)))
    got = f"rng is a seed or a generator, but got {rng!r} of type {type(rng).__name__}"
    raise TypeError(f"{got}; pass an int, a random.Random or a numpy.random.Generator")


def spawned(rng: Seed) -> random.Random:
    """A generator of one's own, seeded by `rng`: what one Module draws does not depend on the others."""
    return random.Random(generator(rng).getrandbits(64))


def read_state(source: Callable[[], float]) -> Any:
    """A number that changes: while a program is traced, an input that is read at every call, once for all samples."""
    return source() if TRACE.get() is None else TRACE.get().draw(source, False)


def draw_uniform(rng: random.Random) -> Any:
    """A number between 0 and 1: while a program is traced, an input that is drawn anew at every call."""
    if TRACE.get() is None:
        return rng.random()
    return drawn_number(rng.random)
