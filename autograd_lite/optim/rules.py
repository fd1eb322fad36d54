"""The optimisers: one rule each, in the notation of its source, where g is the gradient.  Defaults, names and the order
of operations are PyTorch's.  A weight decay d adds d p to g, the gradient of the penalty d/2 p^2."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_lite.core.fast.layers import descend
from autograd_lite.core.operands import Operand
from autograd_lite.core.table import sqrt
from autograd_lite.core.value import Value
from autograd_lite.optim.optimizer import Floats, Optimizer
from autograd_lite.optim.schedules import Schedule


def square_root(x: Floats) -> Any:
    return sqrt(x) if isinstance(x, Operand) else math.sqrt(x) if isinstance(x, float) else x**0.5


# Means of squares, of which the root is taken, are among them.
POSITIVE = {
    **dict.fromkeys(("momentum", "weight_decay", "eps", "squares", "v"), (0.0, math.inf)),
    **dict.fromkeys(("alpha", "beta1", "beta2"), (0.0, 1.0)),
}


class SGD(Optimizer):
    """Gradient descent: p -= lr g; with momentum m, v = m v + g and p -= lr v; Nesterov's, p -= lr (g + m v).

    Source: Sutskever et al. 2013, in PyTorch's form.

    >>> p = Value(1.0)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> p.data
    0.8
    """

    settings = ("momentum", "weight_decay", "nesterov")
    ranges = POSITIVE
    switches = ("momentum",)

    def __init__(
        self, parameters: Iterable[Value], lr: float | Schedule = 0.01, momentum: float = 0.0,
        weight_decay: float = 0.0, nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr)
        self.momentum = self.checked("momentum", momentum)
        self.weight_decay, self.nesterov = self.checked("weight_decay", weight_decay), bool(nesterov)
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum, but that is 0; pass momentum=0.9 for instance")
        if momentum:
            self.memory = ("velocity",)

    def step(self, gradients: Sequence[float] | None = None) -> None:
        if self.momentum or self.weight_decay:
            return super().step(gradients)
        slopes = self.slopes(gradients)
        self.check_sizes(len(self.parameters), len(slopes))
        descend(self.parameters, slopes, self.rate)  # the rule itself, on all at once
        self.steps += 1

    def rule(self, p: Floats, g: Floats, lr: float, *memory: Floats) -> tuple[Any, ...]:
        if self.weight_decay:
            g = g + self.weight_decay * p
        if not memory:
            return (p - lr * g,)
        v = self.momentum * memory[0] + g
        return p - lr * (g + self.momentum * v if self.nesterov else v), v


class Adagrad(Optimizer):
    """s += g^2, p -= lr g / (s^(1/2) + eps): often moved parameters slow down.  Duchi et al. 2011."""

    memory = ("squares",)
    settings = ("eps", "weight_decay")
    ranges = POSITIVE

    def __init__(
        self, parameters: Iterable[Value], lr: float | Schedule = 0.01, eps: float = 1e-10, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr)
        self.eps, self.weight_decay = self.checked("eps", eps), self.checked("weight_decay", weight_decay)

    def rule(self, p: Floats, g: Floats, lr: float, *memory: Floats) -> tuple[Any, ...]:
        if self.weight_decay:
            g = g + self.weight_decay * p
        s = memory[0] + g * g
        return p - lr * (g / (square_root(s) + self.eps)), s


class RMSprop(Optimizer):
    """v = a v + (1 - a) g^2, p -= lr g / (v^(1/2) + eps); with momentum m, u = m u + g / (...) and p -= lr u.

    Source: Tieleman and Hinton 2012, in PyTorch's form.
    """

    settings = ("alpha", "eps", "momentum", "weight_decay")
    ranges = POSITIVE
    switches = ("momentum",)

    def __init__(
        self, parameters: Iterable[Value], lr: float | Schedule = 0.01, alpha: float = 0.99, eps: float = 1e-8,
        momentum: float = 0.0, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr)
        self.alpha, self.eps = self.checked("alpha", alpha), self.checked("eps", eps)
        self.momentum = self.checked("momentum", momentum)
        self.weight_decay = self.checked("weight_decay", weight_decay)
        self.memory = ("squares", "velocity") if momentum else ("squares",)

    def rule(self, p: Floats, g: Floats, lr: float, *memory: Floats) -> tuple[Any, ...]:
        if self.weight_decay:
            g = g + self.weight_decay * p
        v = self.alpha * memory[0] + (1.0 - self.alpha) * g * g
        direction = g / (square_root(v) + self.eps)
        if len(memory) == 1:
            return p - lr * direction, v
        u = self.momentum * memory[1] + direction
        return p - lr * u, v, u


class Adam(Optimizer):
    """p -= lr m' / (v'^(1/2) + eps), with running means m of g and v of g^2, freed of their bias to 0.

    Source: Kingma and Ba 2015.
    """

    memory = ("m", "v")
    settings = ("beta1", "beta2", "eps", "weight_decay")
    ranges = POSITIVE

    def __init__(
        self, parameters: Iterable[Value], lr: float | Schedule = 0.001, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr)
        self.beta1, self.beta2 = self.checked("beta1", betas[0]), self.checked("beta2", betas[1])
        self.eps, self.weight_decay = self.checked("eps", eps), self.checked("weight_decay", weight_decay)

    def decayed(self, p: Floats, g: Floats, lr: float) -> tuple[Floats, Floats]:
        """The parameter and its gradient, with the weight decay in one of them."""
        return p, g + self.weight_decay * p if self.weight_decay else g

    def rule(self, p: Floats, g: Floats, lr: float, *memory: Floats) -> tuple[Any, ...]:
        p, g = self.decayed(p, g, lr)
        m = self.beta1 * memory[0] + (1.0 - self.beta1) * g
        v = self.beta2 * memory[1] + (1.0 - self.beta2) * g * g
        t = self.steps + 1
        unbiased = square_root(v) / square_root(1.0 - self.beta2**t)
        return p - lr / (1.0 - self.beta1**t) * (m / (unbiased + self.eps)), m, v


class AdamW(Adam):
    """Adam, with p shrunk by 1 - lr d before each step in place of a decay in g.  Loshchilov and Hutter 2019."""

    def __init__(
        self, parameters: Iterable[Value], lr: float | Schedule = 0.001, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.01,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def decayed(self, p: Floats, g: Floats, lr: float) -> tuple[Floats, Floats]:
        return p * (1.0 - lr * self.weight_decay), g


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD, "adagrad": Adagrad, "rmsprop": RMSprop, "adam": Adam, "adamw": AdamW,
}  # fmt: skip
