"""Optimisers: how parameters move, given their gradients."""

from autograd_lite.optim.clipping import clip_grad_norm, clip_grad_value
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.rules import OPTIMIZERS, SGD, Adagrad, Adam, AdamW, RMSprop
from autograd_lite.optim.schedules import CosineDecay, ExponentialDecay, StepDecay, WarmUp

__all__ = [
    "OPTIMIZERS", "SGD", "Adagrad", "Adam", "AdamW", "CosineDecay", "ExponentialDecay", "Optimizer", "RMSprop",
    "StepDecay", "WarmUp", "clip_grad_norm", "clip_grad_value",
]  # fmt: skip
