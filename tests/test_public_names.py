"""Whatever users could import before the modules moved into folders, they import from the same place today."""

import importlib

import pytest

# The public names of commit 04737c6, the last one with all modules in one folder. Names are added here, not taken away.
PUBLIC = {
    "autograd_lite": """
        Animation AnomalyError Drawing Explanation Movie PRIMITIVES Program Value __version__ abs acos acosh add
        animate asin asinh atan atan2 atanh cbrt ceil clip compile copysign cos cosh custom_derivative
        detect_anomaly diagnose digamma div dot draw draw_activations equal erf erfc exp exp2 explain expm1 floor
        floor_divide fmod gamma grad gradients hessian hvp hypot jacobian jvp less less_equal lgamma log log10 log1p
        log2 logaddexp logical_and logical_not logical_or logsumexp max maximum mean min minimum mod mul neg no_grad
        polygamma pow prod reciprocal relu round sigmoid sign sin sinh softplus sqrt square sub sum tan tanh
        trigamma trunc value_and_grad vjp vmap where
    """,
    "autograd_lite.nn": """
        ACTIVATIONS APL LOSSES MLP Activation AvgPool2d BatchNorm Conv1d Conv2d Diverged Dropout Flatten History
        Interrupted Layer Linear MaxPool2d Maxout McCullochPitts Module Neuron PReLU Perceptron RReLU Run SReLU
        Sequential accuracy apl arctan arsinh bent_identity binary_cross_entropy binary_step brelu confusion_matrix
        elu evaluate fit gaussian gelu half_squared hard_tanh hinge identity isrlu isru leaky_relu load
        load_torch_state_dict log_softmax mse one_hot predict prelu relu save selu sigmoid silu sinc sinusoid
        soft_clipping soft_exponential softmax softmax_cross_entropy softplus softsign sq_rbf sqnl srelu tanh
        to_torch_state_dict train_test_split
    """,
    "autograd_lite.optim": """
        OPTIMIZERS SGD Adagrad Adam AdamW CosineDecay ExponentialDecay Optimizer RMSprop StepDecay WarmUp
        clip_grad_norm clip_grad_value
    """,
    "autograd_lite.testing": """
        Comparison Expression Network Report assert_gradients condition expressions floats_by_spacing gradcheck
        modules operands random_expression ulps values
    """,
    "autograd_lite.sklearn": """
        Classifier Regressor
    """,
}
NEEDS = {"autograd_lite.sklearn": ("sklearn",), "autograd_lite.testing": ("hypothesis", "mpmath")}
IMPORTS = [(module, name) for module, names in PUBLIC.items() for name in names.split()]


@pytest.mark.parametrize(("module", "name"), IMPORTS, ids=lambda x: x)
def test_a_public_name_is_imported_from_where_it_was(module, name):
    for library in NEEDS.get(module, ()):
        pytest.importorskip(library)
    names = {}
    exec(f"from {module} import {name}", names)
    assert names[name] is getattr(importlib.import_module(module), name)
