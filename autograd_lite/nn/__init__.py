"""Networks made of Values: modules and layers, losses, training, and models as files.

`module` holds parameters, `shapes` nested lists of numbers; on them layers (`dense`, `linear`, `convolution`,
`regularisation`, `activation_modules`), on these training (`training`, `training_run`, `steps`) and files.
"""

from typing import TYPE_CHECKING, NoReturn

from autograd_lite.core.table import relu, sigmoid, softplus, softsign, tanh
from autograd_lite.nn.activation_modules import APL, Activation, PReLU, RReLU, SReLU

from autograd_lite.nn.activations import (  # isort: skip
    ACTIVATIONS, apl, arctan, arsinh, bent_identity, binary_step, brelu, elu, gaussian, gelu, hard_tanh, identity,
    isrlu, isru, leaky_relu, log_softmax, prelu, selu, silu, sinc, sinusoid, soft_clipping, soft_exponential, softmax,
    sq_rbf, sqnl, srelu,
)  # fmt: skip

from autograd_lite.nn.convolution import AvgPool2d, Conv1d, Conv2d, MaxPool2d
from autograd_lite.nn.data import one_hot, train_test_split
from autograd_lite.nn.dense import MLP, Layer, Neuron
from autograd_lite.nn.evaluation import evaluate, predict
from autograd_lite.nn.history import History
from autograd_lite.nn.linear import Flatten, Linear, Maxout, McCullochPitts, Perceptron, Sequential
from autograd_lite.nn.losses import ELSEWHERE as _LOSSES
from autograd_lite.nn.losses import (
    LOSSES,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    binary_log_loss,
    half_squared,
    hinge,
    log_loss,
    mse,
    softmax_cross_entropy,
)
from autograd_lite.nn.metrics import accuracy, confusion_matrix
from autograd_lite.nn.model_files import load, save
from autograd_lite.nn.module import Module
from autograd_lite.nn.pytorch import load_torch_state_dict, to_torch_state_dict
from autograd_lite.nn.regularisation import BatchNorm, Dropout
from autograd_lite.nn.steps import Diverged
from autograd_lite.nn.training import fit
from autograd_lite.nn.training_run import Interrupted, Run
from autograd_lite.support.suggestions import meant as _meant

# What PyTorch and Keras call the same things, as `plain` spells it.
_ELSEWHERE = {
    **_LOSSES, "dense": "Layer", "fullyconnected": "Layer", "batchnorm1d": "BatchNorm", "batchnorm2d": "BatchNorm",
    "swish": "silu", "logistic": "sigmoid", "hardtanh": "hard_tanh", "train": "fit", "xavier": "Layer",
}  # fmt: skip

if not TYPE_CHECKING:

    def __getattr__(name: str) -> NoReturn:
        """Name what PyTorch's `nn.ReLU` and its like correspond to."""
        found = _meant(name, __all__, _ELSEWHERE)
        hint = ""
        if found is not None and found.islower():
            hint = f"; write nn.{found}, a function"
            hint += ", which layers, Sequential and fit take as it is or by its name" if _is_named(found) else ""
        elif found is not None:
            hint = f"; write nn.{found}(2, 3)" if found in ("Layer", "Linear") else f"; did you mean nn.{found}?"
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


def _is_named(function: str) -> bool:
    return function in ACTIVATIONS or function in LOSSES


__all__ = [
    "ACTIVATIONS", "APL", "LOSSES", "MLP", "Activation", "AvgPool2d", "BatchNorm", "Conv1d", "Conv2d", "Diverged",
    "Dropout", "Flatten", "History", "Interrupted", "Layer", "Linear", "MaxPool2d", "Maxout", "McCullochPitts",
    "Module", "Neuron", "PReLU", "Perceptron", "RReLU", "Run", "SReLU", "Sequential", "accuracy", "apl", "arctan",
    "arsinh", "bent_identity", "binary_cross_entropy", "binary_cross_entropy_with_logits", "binary_log_loss",
    "binary_step", "brelu", "confusion_matrix", "elu", "evaluate", "fit", "gaussian", "gelu", "half_squared",
    "hard_tanh", "hinge", "identity", "isrlu", "isru", "leaky_relu", "load", "load_torch_state_dict", "log_loss",
    "log_softmax", "mse", "one_hot", "predict", "prelu", "relu", "save", "selu", "sigmoid", "silu", "sinc",
    "sinusoid", "soft_clipping", "soft_exponential", "softmax", "softmax_cross_entropy", "softplus", "softsign",
    "sq_rbf", "sqnl", "srelu", "tanh", "to_torch_state_dict", "train_test_split",
]  # fmt: skip
