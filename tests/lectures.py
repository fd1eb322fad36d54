"""What the lectures teach, row by row: the public name that does it, and the tests that show it.

The one place that says so; `tests/test_taught.py` sees to it that every row is here and that every name and every
test exists.  `python tests/lectures.py > docs/LECTURES.md` writes the page.
"""

import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Row(NamedTuple):
    """A row of the lectures; names in `autograd_lite`, tests as pytest names them below `tests`."""

    taught: str
    names: tuple[str, ...]
    tests: tuple[str, ...]


def columns(taught: str, name: str, *points: str, also: tuple[str, ...] = ()) -> Row:
    """An activation whose two columns are compared with mpmath, at these entries of the table of the tests."""
    column = "nn/test_activations.py::test_the_function_and_derivative_columns"
    return Row(taught, (name,), (*(f"{column}[{point}]" for point in points or (taught,)), *also))


ZOO, UNITS, LOSSES = "nn/test_activations.py::", "nn/test_activation_modules.py::", "nn/test_losses.py::"
LINEAR, CONVOLUTION, TRAINING = "nn/test_linear.py::", "nn/test_convolution.py::", "nn/test_training.py::"
KINKS, TAILS = ZOO + "test_kinks_follow_the_table", ZOO + "test_printed_forms_lose_the_digits_that_ours_keep"

ACTIVATIONS = [
    columns("identity", "nn.identity"),
    columns("binary step", "nn.binary_step"),
    columns("logistic (sigmoid)", "nn.sigmoid", "logistic"),
    columns("tanh", "nn.tanh"),
    columns("SQNL", "nn.sqnl", also=(KINKS,)),
    columns("arctan", "nn.arctan"),
    columns("arsinh", "nn.arsinh"),
    columns("Elliott, softsign", "nn.softsign"),
    columns("ISRU(a)", "nn.isru", "ISRU(1)", "ISRU(0.3)"),
    columns("ISRLU(a)", "nn.isrlu", "ISRLU(1)"),
    columns("ReLU", "nn.relu", also=(KINKS,)),
    Row("BReLU", ("nn.brelu",), (ZOO + "test_brelu_turns_every_other_unit",)),
    columns("leaky ReLU", "nn.leaky_relu", "leaky ReLU(0.01)", "leaky ReLU(0.1)"),
    Row("PReLU(a), a trainable", ("nn.prelu", "nn.PReLU"),
        (ZOO + "test_the_function_and_derivative_columns[PReLU(0.3)]", UNITS + "test_prelu")),
    Row("RReLU", ("nn.RReLU",), (UNITS + "test_rrelu_draws_in_training_and_averages_in_evaluation",)),
    columns("ELU(a)", "nn.elu", "ELU(1)", "ELU(0.3)", also=(TAILS,)),
    columns("SELU", "nn.selu"),
    Row("SReLU(tl, al, tr, ar), trainable", ("nn.srelu", "nn.SReLU"),
        (ZOO + "test_the_function_and_derivative_columns[SReLU(-1, 0.2, 2, 0.3)]",
         UNITS + "test_srelu_trains_its_four_parameters")),
    Row("APL(S; a_i, b_i), trainable", ("nn.apl", "nn.APL"),
        (ZOO + "test_the_function_and_derivative_columns[APL(2)]", UNITS + "test_apl_trains_its_hinges")),
    columns("softplus", "nn.softplus"),
    columns("bent identity", "nn.bent_identity"),
    columns("GELU", "nn.gelu"),
    columns("SiLU (Swish-1)", "nn.silu", "SiLU"),
    columns("soft exponential(a)", "nn.soft_exponential", "soft exponential(-0.5)", "soft exponential(0)",
            "soft exponential(0.5)"),
    columns("soft clipping(a)", "nn.soft_clipping", "soft clipping(1)", "soft clipping(10)", also=(TAILS,)),
    columns("sinusoid", "nn.sinusoid"),
    columns("sinc", "nn.sinc", also=(TAILS,)),
    columns("Gaussian", "nn.gaussian"),
    columns("SQ-RBF", "nn.sq_rbf"),
    Row("maxout", ("nn.Maxout",), (LINEAR + "test_maxout_routes_the_gradient_to_the_winner",)),
    columns("hard tanh", "nn.hard_tanh"),
    Row("erratum: tanh' = 1 - 2 tanh^2", ("testing.gradcheck",),
        (ZOO + "test_errata_are_findings_of_gradcheck[tanh]",)),
    Row("erratum: the soft exponential without its minus", ("testing.gradcheck",),
        (ZOO + "test_errata_are_findings_of_gradcheck[soft exponential]",)),
    Row("erratum: the pieces of SQ-RBF", ("testing.gradcheck",),
        (ZOO + "test_errata_are_findings_of_gradcheck[SQ-RBF]",
         ZOO + "test_what_is_printed_would_not_join_its_neighbours_either")),
    Row("softmax", ("nn.softmax", "nn.log_softmax"),
        (ZOO + "test_softmax_and_its_logarithm",
         ZOO + "test_the_slopes_of_softmax_and_its_logarithm_keep_their_digits")),
]  # fmt: skip

COSTS = [
    Row("mean squared error", ("nn.mse",), (LOSSES + "test_mse_and_half_squared",)),
    Row("1/2 squared error", ("nn.half_squared",), (LOSSES + "test_mse_and_half_squared",)),
    Row("logistic / binary cross-entropy", ("nn.binary_cross_entropy_with_logits",),
        (LOSSES + "test_binary_cross_entropy_with_logits_keeps_its_digits",
         LOSSES + "test_binary_cross_entropy_with_logits_of_a_probability")),
    Row("perceptron loss relu(-h)^y relu(h)^(1-y)", ("nn.losses.perceptron",), (LOSSES + "test_perceptron",)),
    Row("soft margin (hinge)", ("nn.hinge",), (LOSSES + "test_hinge",)),
    Row("softmax with cross-entropy", ("nn.softmax_cross_entropy",),
        (LOSSES + "test_softmax_cross_entropy_keeps_its_digits",
         LOSSES + "test_probabilities_as_targets_keep_their_digits", LOSSES + "test_log_loss_of_the_lecture")),
    Row("L2 penalty 0.5 lambda |w|^2, lambda w", ("nn.losses.l2_penalty",), (LOSSES + "test_penalties",)),
    Row("L1 penalty", ("nn.losses.l1_penalty",), (LOSSES + "test_penalties",)),
]  # fmt: skip

NETWORKS = [
    Row("perceptron (1958), and its learning rule", ("nn.Perceptron",),
        (LINEAR + "test_a_perceptron_learns_what_a_line_separates",)),
    Row("XOR: out of its reach, within that of two layers", ("nn.Perceptron", "nn.MLP", "examples.xor"),
        ("examples/test_xor.py::test_a_perceptron_learns_and_but_not_xor",
         "examples/test_xor.py::test_two_layers_learn_xor")),
    Row("McCulloch-Pitts neuron with inhibition", ("nn.McCullochPitts",), (LINEAR + "test_mcculloch_and_pitts",)),
    Row("dense layers with every activation", ("nn.Layer", "nn.Linear", "nn.Activation"),
        (UNITS + "test_every_activation_serves_in_a_network",
         "nn/test_dense.py::test_a_neuron_is_the_activation_of_a_weighted_sum")),
    Row("on-diagonal weight sharing: a 1-D convolution", ("nn.Conv1d",),
        (CONVOLUTION + "test_sharing_weights_adds_their_gradients",
         CONVOLUTION + "test_conv1d_is_a_conv2d_of_one_row")),
    Row("2-D convolution, several filters", ("nn.Conv2d",),
        (CONVOLUTION + "test_conv2d_is_the_sum_over_windows",
         "examples/test_digits.py::test_a_small_convolutional_network")),
    Row("max pooling", ("nn.MaxPool2d",),
        (CONVOLUTION + "test_pooling",
         CONVOLUTION + "test_max_pooling_routes_the_gradient_and_shares_it_among_ties")),
    Row("average pooling", ("nn.AvgPool2d",), (CONVOLUTION + "test_pooling",)),
    Row("multi-output", ("nn.MLP", "nn.Linear"), ("nn/test_steps.py::test_several_outputs_and_probabilities",)),
    Row("networks of any depth", ("nn.MLP", "nn.Sequential"),
        ("nn/test_initialisation.py::test_signals_neither_die_nor_explode",
         LINEAR + "test_sequential_and_mlp_agree")),
]  # fmt: skip

LEARNING = [
    Row("gradient descent until |f(x_k+1) - f(x_k)| < eps", ("nn.fit", "examples.line.parabola"),
        ("nn/test_training_run.py::test_tolerance_is_the_stop_of_the_lecture",
         "examples/test_line.py::test_descent_visits_the_places_of_the_lecture_and_stops")),
    Row("full batch and stochastic", ("nn.fit",), (TRAINING + "test_full_batch_and_stochastic_descent",)),
    Row("mini-batches, epochs, shuffling", ("nn.fit",),
        (TRAINING + "test_an_epoch_sees_every_sample_once_in_mini_batches_in_a_new_order",)),
    Row("learning rate too small, too large", ("nn.fit", "nn.Diverged"),
        ("examples/test_line.py::test_a_rate_that_is_too_large_goes_astray",
         TRAINING + "test_a_diverging_run_stops_and_keeps_the_last_good_weights")),
    Row("initialisation N(0, sigma^2) and better", ("nn.initialisation.normal", "nn.initialisation.he_uniform"),
        ("nn/test_initialisation.py::test_the_moments_are_those_of_the_rule",
         "nn/test_initialisation.py::test_the_default_suits_the_activation")),
    Row("RMSprop", ("optim.RMSprop",), ("optim/test_pytorch.py::test_the_stored_figures_of_pytorch",)),
    Row("batch normalisation", ("nn.BatchNorm",),
        ("nn/test_regularisation.py::test_batchnorm_normalises_each_feature",
         "nn/test_regularisation.py::test_the_gradient_flows_through_the_statistics")),
    Row("train, validation and test sets", ("nn.train_test_split", "nn.fit", "nn.evaluate"),
        (TRAINING + "test_validation_may_be_a_share_of_the_rows",
         "nn/test_training_run.py::test_patience_watches_the_validation_loss",
         "examples/test_digits.py::test_nothing_held_out_is_learned_from")),
    Row("bias and variance", ("nn.fit", "nn.evaluate"), (TRAINING + "test_bias_and_variance",)),
    Row("digits: [64, 30, 10], sigmoid, quadratic cost, batches of 10, rate 3.0", ("examples.digits.lecture",),
        ("examples/test_digits.py::test_the_lectures_training",)),
    Row("points of the plane classified in the browser, while the boundary moves", ("playground",),
        ("live/test_network_programs.py::test_a_neuron_and_its_adjoints",
         "live/test_network_programs.py::test_activations",
         "live/test_playground_page.py::test_the_page_is_one_small_file_and_asks_for_nothing")),
]  # fmt: skip

SECTIONS = {
    "3. Activations and their derivatives": ACTIVATIONS,
    "4. Losses": COSTS,
    "5. Units and networks": NETWORKS,
    "6. Training": LEARNING,
}


def page() -> str:
    """The page in Markdown."""
    lines = [
        "# What the lectures teach, and where it is",
        "",
        "Each row of the lectures with the public names that do it, below `autograd_lite`, and the tests that show it,",
        "below `tests`. Written by `python tests/lectures.py > docs/LECTURES.md`.",
    ]
    for title, rows in SECTIONS.items():
        lines += ["", f"## {title}", "", "| taught | name | shown by |", "| --- | --- | --- |"]
        for row in rows:
            names = ", ".join(f"`{name}`" for name in row.names)
            shown = ", ".join(link(test) for test in row.tests)
            lines.append(f"| {cell(row.taught)} | {names} | {shown} |")
    return "\n".join(lines) + "\n"


def link(test: str) -> str:
    """A link to the file of a test, by what the test says."""
    path, _, name = test.partition("::")
    words = name.removeprefix("test_").replace("_", " ").replace("[", ": ").removesuffix("]")
    return f"[{cell(words)}](../tests/{path})"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(page())
