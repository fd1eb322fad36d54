"""Learning rates that change: a schedule is a function of the steps done so far, which an optimiser takes in place of
its `lr`.  They are plain data, so that they print and compare."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from autograd_lite.support.wording import unchanging

Schedule: TypeAlias = Callable[[int], float]


class StepCounts:
    """The check of the attributes of a schedule that count steps."""

    def __post_init__(self) -> None:
        for name in ("every", "steps"):
            if (given := getattr(self, name, 1)) < 1:
                raise ValueError(f"{name} counts steps, so it is at least 1, but got {given!r}; pass a positive int")


@unchanging
@dataclass(frozen=True)
class StepDecay(StepCounts):
    """lr x factor^k after k times `every` steps.

    >>> [StepDecay(1.0, every=2)(t) for t in range(5)]
    [1.0, 1.0, 0.1, 0.1, 0.010000000000000002]
    """

    lr: float
    every: int
    factor: float = 0.1

    def __call__(self, step: int) -> float:
        return self.lr * self.factor ** (step // self.every)


@unchanging
@dataclass(frozen=True)
class ExponentialDecay:
    """lr x factor^t after t steps."""

    lr: float
    factor: float

    def __call__(self, step: int) -> float:
        return self.lr * self.factor**step


@unchanging
@dataclass(frozen=True)
class CosineDecay(StepCounts):
    """From lr to `low` along half a wave of `steps` steps, and `low` from then on.  Loshchilov and Hutter 2017.

    >>> CosineDecay(1.0, steps=4)(2)
    0.5
    """

    lr: float
    steps: int
    low: float = 0.0

    def __call__(self, step: int) -> float:
        done = min(step, self.steps) / self.steps
        return self.low + (self.lr - self.low) * (0.5 + 0.5 * math.cos(math.pi * done))


@unchanging
@dataclass(frozen=True)
class WarmUp(StepCounts):
    """`steps` equal steps up to the rate that `then`, a number or a schedule, begins with; after them `then`.

    >>> [WarmUp(4, then=1.0)(t) for t in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """

    steps: int
    then: float | Schedule

    def __call__(self, step: int) -> float:
        rate = self.then(max(step - self.steps, 0)) if callable(self.then) else self.then
        return rate * (step + 1) / self.steps if step < self.steps else rate
