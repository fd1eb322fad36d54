"""Layers that behave differently in training and in evaluation, Dropout and BatchNorm: both keep networks from
depending on the noise of the training samples."""

from typing import Any

from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.table import less, mean, sqrt, square
from autograd_lite.core.value import Value
from autograd_lite.nn.module import Module
from autograd_lite.nn.randomness import Seed, draw_uniform, read_state, spawned
from autograd_lite.optim.optimizer import check_hyperparameter
from autograd_lite.transforms.levels import is_mapped

from autograd_lite.nn.shapes import (  # isort: skip
    NestedNumbers, Scalar, as_lists, check_size, all_numbers, data_in, map_numbers, shape_of, shape_text,
)  # fmt: skip


class Dropout(Module):
    """In training each number is 0 with probability p, else 1 / (1 - p) times itself; in evaluation itself.

    Source: Srivastava et al. 2014, with the factor in training, as PyTorch has it.  Every Dropout draws from a
    generator of its own, seeded by `rng`.

    >>> layer = Dropout(0.5, rng=2)
    >>> layer([1.0, 2.0, 3.0, 4.0])
    [2.0, 4.0, 0.0, 0.0]
    >>> layer.eval()([1.0, 2.0])
    [1.0, 2.0]
    """

    def __init__(self, p: float = 0.5, rng: Seed = None) -> None:
        self.p = check_hyperparameter("p", p, below=1.0)
        self._rng = spawned(rng)

    def forward(self, x: NestedNumbers) -> Any:
        return map_numbers(x, self.dropped) if self.training and self.p else x

    def dropped(self, x: Scalar) -> Any:
        # A product with a condition: the same expression for a draw and for an input of a program.
        return x * (less(self.p, draw_uniform(self._rng)) * (1.0 / (1.0 - self.p)))


class BatchNorm(Module):
    """(x - mean) / (variance + eps)^(1/2) x weight + bias, for each of `size` features or channels.

    In training mean and variance are those of the mini-batch (and of all positions of a channel), so it needs
    `batch`, which `fit`, `Sequential` and `MLP` call; running means of both, with the unbiased variance, are kept for
    evaluation.  `fit` moves these with `compile=True` too; in training a function that a user compiles does not, and
    warns.  Source: Ioffe and Szegedy 2015, with PyTorch's names.

    Raises ValueError when called in training with a single sample, or inside `vmap`.
    """

    buffers = ("running_mean", "running_var", "num_batches_tracked")

    def __init__(self, size: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        size = check_size("size", size)
        self.eps, self.momentum = check_hyperparameter("eps", eps), check_hyperparameter("momentum", momentum)
        self.weight = [Value(1.0) for _ in range(size)]
        self.bias = [Value(0.0) for _ in range(size)]
        self.running_mean, self.running_var = [0.0] * size, [1.0] * size
        self.num_batches_tracked = 0.0
        self._observed: list[tuple[int, Any, Any]] = []

    def forward(self, x: NestedNumbers) -> Any:
        if self.training:
            got = "one sample inside of vmap" if is_mapped() else "one sample"
            needs = f"{self.describe()} in training needs the statistics of a mini-batch, but got {got}"
            raise ValueError(f"{needs}; call model.batch(samples), or model.eval() first")
        return [self.by_running_statistics(k, part) for k, part in enumerate(self.parts(x))]

    def batch(self, samples: list[Any]) -> list[Any]:
        if not self.training or is_mapped():
            return [self.forward(x) for x in samples]
        columns = zip(*[self.parts(x) for x in samples], strict=True)
        normal = [self.normalised(k, list(column)) for k, column in enumerate(columns)]
        if TRACE.get() is None:
            self.num_batches_tracked += 1.0
        return [list(features) for features in zip(*normal, strict=True)]

    def _changeable(self) -> dict[str, Any]:
        """As that of every Module; while a program is traced, what it observes counts as a change of its statistics."""
        return {**super()._changeable(), "running_mean": [self.running_mean, self._observed]}

    def by_running_statistics(self, k: int, part: NestedNumbers) -> Any:
        centre, variance = read_state(lambda: self.running_mean[k]), read_state(lambda: self.running_var[k])
        return self.adjusted(k, map_numbers(part, lambda v: v - centre), variance)

    def normalised(self, k: int, column: list[Any]) -> list[Any]:
        """Feature k of all samples, normalised; the running statistics move."""
        numbers = list(all_numbers(column))
        n = len(numbers)
        if n < 2:
            got = "one number a feature, which has no variance"
            raise ValueError(f"{self.describe()} in training got {got}; use mini-batches of at least 2 samples")
        centre = mean(numbers)
        centred = map_numbers(column, lambda v: v - centre)
        variance = mean([square(v) for v in all_numbers(centred)])
        unbiased = variance * (n / (n - 1.0))
        if TRACE.get() is not None:  # the statistics are outputs of the program
            self._observed.append((k, centre, unbiased))
        else:
            self.absorb(k, data_in(centre), data_in(unbiased))
        return self.adjusted(k, centred, variance)  # type: ignore[no-any-return]

    def adjusted(self, k: int, centred: NestedNumbers, variance: Scalar) -> Any:
        scale, shift = self.weight[k] / sqrt(variance + self.eps), self.bias[k]
        return map_numbers(centred, lambda v: v * scale + shift)

    def absorb(self, k: int, centre: float, variance: float) -> None:
        """running = (1 - momentum) running + momentum observed."""
        for running, observed in ((self.running_mean, centre), (self.running_var, variance)):
            running[k] = (1.0 - self.momentum) * running[k] + self.momentum * observed

    def parts(self, x: NestedNumbers) -> list[Any]:
        x = as_lists(x)
        if not isinstance(x, (list, tuple)) or len(x) != len(self.weight):
            expected, got = f"{len(self.weight)} features or channels", shape_text(shape_of(x))
            raise ValueError(f"{self.describe()} expects {expected}, but got {got}; pass samples of that size")
        return list(x)

    def describe(self) -> str:
        return f"BatchNorm({len(self.weight)}, eps={self.eps:g}, momentum={self.momentum:g})"
