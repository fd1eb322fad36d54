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
from autograd_lite.nn.losses import LOSSES, binary_cross_entropy, half_squared, hinge, mse, softmax_cross_entropy
from autograd_lite.nn.metrics import accuracy, confusion_matrix
from autograd_lite.nn.model_files import load, save
from autograd_lite.nn.module import Module
from autograd_lite.nn.pytorch import load_torch_state_dict, to_torch_state_dict
from autograd_lite.nn.regularisation import BatchNorm, Dropout
from autograd_lite.nn.steps import Diverged
from autograd_lite.nn.training import fit
from autograd_lite.nn.training_run import Interrupted, Run

# Classes and functions of PyTorch, whose names are not like ours.
_OURS = {
    "BCEWithLogitsLoss": "binary_cross_entropy", "CrossEntropyLoss": "softmax_cross_entropy", "MSELoss": "mse",
    "cross_entropy": "softmax_cross_entropy", "mse_loss": "mse",
}  # fmt: skip

if not TYPE_CHECKING:

    def __getattr__(name: str) -> NoReturn:
        """Name the function that PyTorch's `nn.ReLU` and its like correspond to."""
        functions = {x.replace("_", ""): x for x in __all__ if x.islower()}
        if name in ("Dense", "FullyConnected"):
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}; write nn.Layer(2, 3) or nn.Linear(2, 3)"
            )
        found = _OURS.get(name, functions.get(name.lower()))
        hint = f"; write nn.{found}, a function, which layers, Sequential and fit take as it is or by its name"
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint if found else ''}")


__all__ = [
    "ACTIVATIONS", "APL", "LOSSES", "MLP", "Activation", "AvgPool2d", "BatchNorm", "Conv1d", "Conv2d", "Diverged",
    "Dropout", "Flatten", "History", "Interrupted", "Layer", "Linear", "MaxPool2d", "Maxout", "McCullochPitts",
    "Module", "Neuron", "PReLU", "Perceptron", "RReLU", "Run", "SReLU", "Sequential", "accuracy", "apl", "arctan",
    "arsinh", "bent_identity", "binary_cross_entropy", "binary_step", "brelu", "confusion_matrix", "elu", "evaluate",
    "fit", "gaussian", "gelu", "half_squared", "hard_tanh", "hinge", "identity", "isrlu", "isru", "leaky_relu", "load",
    "load_torch_state_dict", "log_softmax", "mse", "one_hot", "predict", "prelu", "relu", "save", "selu", "sigmoid",
    "silu", "sinc", "sinusoid", "soft_clipping", "soft_exponential", "softmax", "softmax_cross_entropy", "softplus",
    "softsign", "sq_rbf", "sqnl", "srelu", "tanh", "to_torch_state_dict", "train_test_split",
]  # fmt: skip
