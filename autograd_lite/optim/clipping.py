"""Clipping of gradients before a step, by their norm or by value."""

import math
from collections.abc import Iterable, Sequence

from autograd_lite.core.value import Value
from autograd_lite.optim.optimizer import check_hyperparameter


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale the gradients of the parameters so that their norm is at most `max_norm`; returns the norm before.

    >>> p, q = Value(0.0), Value(0.0)
    >>> p.grad, q.grad = 3.0, 4.0
    >>> clip_grad_norm([p, q], 1.0), round(p.grad, 6), round(q.grad, 6)
    (5.0, 0.6, 0.8)
    """
    values = list(parameters)
    gradients = [p.grad for p in values]
    for p, g in zip(values, limited(gradients, max_norm), strict=True):
        p.grad = g
    return math.hypot(*gradients)


def clip_grad_value(parameters: Iterable[Value], limit: float) -> None:
    """Clip the gradient of each parameter to -limit ... limit."""
    limit = check_hyperparameter("limit", limit)
    for p in parameters:
        p.grad = max(-limit, min(limit, p.grad))


def limited(gradients: Sequence[float], max_norm: float) -> list[float]:
    """The gradients, scaled where their norm is above `max_norm`, by the factor that PyTorch takes."""
    factor = check_hyperparameter("max_norm", max_norm) / (math.hypot(*gradients) + 1e-6)
    return [g * factor for g in gradients] if factor < 1.0 else list(gradients)
