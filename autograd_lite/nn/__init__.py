"""Networks made of Values: modules and layers, losses, training, and models as files."""

from autograd_lite.nn.activations import ACTIVATIONS, identity
from autograd_lite.nn.data import one_hot, train_test_split
from autograd_lite.nn.dense import MLP, Layer, Neuron
from autograd_lite.nn.history import History
from autograd_lite.nn.losses import (
    LOSSES,
    binary_cross_entropy,
    half_squared,
    hinge,
    mse,
    softmax_cross_entropy,
)
from autograd_lite.nn.metrics import accuracy, confusion_matrix
from autograd_lite.nn.models import load, save
from autograd_lite.nn.module import Module
from autograd_lite.nn.training import Diverged, evaluate, fit, predict

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "MLP",
    "Diverged",
    "History",
    "Layer",
    "Module",
    "Neuron",
    "accuracy",
    "binary_cross_entropy",
    "confusion_matrix",
    "evaluate",
    "fit",
    "half_squared",
    "hinge",
    "identity",
    "load",
    "mse",
    "one_hot",
    "predict",
    "save",
    "softmax_cross_entropy",
    "train_test_split",
]
