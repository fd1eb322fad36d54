"""Optimisers: how parameters move, given their gradients."""

from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.rules import SGD, Adam

__all__ = ["SGD", "Adam", "Optimizer"]
