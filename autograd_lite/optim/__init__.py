"""Optimisers: how parameters move, given their gradients."""

from typing import TYPE_CHECKING, NoReturn

from autograd_lite.optim.clipping import clip_grad_norm, clip_grad_value
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.rules import OPTIMIZERS, SGD, Adagrad, Adam, AdamW, RMSprop
from autograd_lite.optim.schedules import CosineDecay, ExponentialDecay, StepDecay, WarmUp
from autograd_lite.support.suggestions import question as _question

__all__ = [
    "OPTIMIZERS", "SGD", "Adagrad", "Adam", "AdamW", "CosineDecay", "ExponentialDecay", "Optimizer", "RMSprop",
    "StepDecay", "WarmUp", "clip_grad_norm", "clip_grad_value",
]  # fmt: skip

if not TYPE_CHECKING:

    def __getattr__(name: str) -> NoReturn:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_question(name, __all__)}")
