"""What the lectures teach, row by row: the public name that does it, the page and the part of a notebook where a reader
sees it, and the tests that show it.

The one place for it; `tests/test_taught.py` sees to it that every row is here and that every name and every
test exists.  `python tests/lectures.py > docs/LECTURES.md` writes the page.
"""

import re
import sys
import urllib.parse
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Seen(NamedTuple):
    """A part of a notebook, by its heading."""

    notebook: str
    heading: str


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

LESSONS, REVERSE, DERIVATIVES = (
    "explaining/test_lectures.py::",
    "core/test_reverse.py::",
    "transforms/test_jacobians.py::",
)

ALGORITHM = [
    Row("forward in topological order, then backward in reverse", ("Value.backward", "grad"),
        (REVERSE + "test_each_node_is_visited_once", REVERSE + "test_the_sweeps_agree_to_the_bit")),
    Row("why the order matters: a recursion without it goes wrong", ("Value.backward",),
        (REVERSE + "test_repeated_operands",
         "test_costs.py::test_the_work_of_a_gradient_grows_with_the_graph_and_not_with_its_paths")),
    Row("add distributes, max routes, mul switches", ("add", "maximum", "mul"),
        ("core/test_value.py::test_partials_are_those_of_the_row_and_none_where_nothing_flows",)),
    Row("the duties of a unit: forward, backward, parameter gradient", ("Primitive", "nn.Module"),
        ("nn/test_dense.py::test_a_neuron_is_the_activation_of_a_weighted_sum",)),
    Row("the chain rule: composite, total derivative, several ways", ("explain",),
        ("explaining/test_explanation.py::test_paths_that_join_are_summed",
         "explaining/test_explanation.py::test_every_gradient_is_the_sum_of_its_ways")),
]  # fmt: skip

EXPENSES = [
    Row("the cheap gradient principle", ("value_and_grad",),
        ("test_costs.py::test_the_gradient_of_a_polynomial_costs_at_most_five_times_its_value",
         "test_costs.py::test_networks_cost_at_most_five_times_their_value")),
    Row("memory grows with the operations of the forward pass", ("checkpoint",),
        ("test_growth.py::test_all_blocks_of_a_program_come_back",)),
    Row("m outputs: reverse mode m sweeps, forward mode n", ("jacobian", "jvp", "vjp"),
        (DERIVATIVES + "test_a_jacobian_takes_the_mode_of_fewer_sweeps",)),
    Row("a Hessian-vector product costs O(n)", ("hvp", "hessian"),
        (DERIVATIVES + "test_a_hessian_vector_product_costs_a_small_multiple_of_the_function",)),
    Row("centred differences, two evaluations a parameter", ("testing.gradcheck",),
        (ZOO + "test_errata_are_findings_of_gradcheck",)),
    Row("symbolic differentiation swells", ("grad", "compile"),
        ("test_growth.py::test_instructions_are_linear_in_the_nodes",)),
    Row("expressive power: x^2 iterated, and a x + b", ("taylor",),
        ("test_costs.py::test_the_gradient_of_a_polynomial_costs_at_most_five_times_its_value",)),
    Row("deep rectifiers fold the input space", ("abs", "nn.relu"), (KINKS,)),
]  # fmt: skip

EXAMPLES = [
    Row("f = (x + y) z", ("Value", "explain"), (LESSONS + "test_product_of_a_sum",)),
    Row("a logistic neuron in single steps", ("exp", "explain"),
        (LESSONS + "test_a_logistic_neuron_in_single_steps",)),
    Row("logistic regression", ("sigmoid", "log"), (LESSONS + "test_logistic_regression",)),
    Row("one hidden layer of logistic units", ("sigmoid", "log"), (LESSONS + "test_a_hidden_layer_of_logistic_units",)),
    Row("(x - 1)^2 from -4 with rate 0.1", ("grad", "examples.line.parabola"),
        (LESSONS + "test_descent_on_a_parabola",)),
    Row("goals a season, least squares", ("grad", "examples.line"),
        (LESSONS + "test_goals_a_season_by_least_squares",)),
    Row("h = relu(w1 x1 + w2 x2), p = w5 h", ("relu",), (LESSONS + "test_one_hidden_rectifier_over_several_samples",)),
    Row("two-layer regression", ("sigmoid",), (LESSONS + "test_two_layer_regression",)),
    Row("2-2-1, tanh then logistic", ("tanh", "sigmoid"), (LESSONS + "test_two_two_one_network",)),
    Row("softmax(1.2, 0.3), and cross-entropies", ("nn.softmax",), (LESSONS + "test_softmax_and_cross_entropy",)),
    Row("softmax with cross-entropy: dL/dw21 = h2 (o1 - t1)", ("nn.softmax_cross_entropy",),
        (LESSONS + "test_the_gradient_of_softmax_with_cross_entropy",)),
    Row("digits, 30 epochs, test score an epoch", ("examples.digits.lecture",),
        ("examples/test_digits.py::test_the_lectures_training",)),
    Row("2-D points, in the browser", ("playground",),
        ("live/test_playground_page.py::test_the_page_is_one_small_file_and_asks_for_nothing",)),
]  # fmt: skip

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
    "1. The algorithm": ALGORITHM,
    "2. Costs": EXPENSES,
    "3. Activations and their derivatives": ACTIVATIONS,
    "4. Losses": COSTS,
    "5. Units and networks": NETWORKS,
    "6. Training": LEARNING,
    "7. Worked examples": EXAMPLES,
}

LEARNED = dict(
    zip(
        SECTIONS,
        ["algorithm", "costs", "activations", "losses", "networks", "training", "worked_examples"],
        strict=True,
    )
)
"""The page of the site, in docs/learn, for each section."""

HAND, MODES, UNIT, TRAIN = (
    "02_backpropagation_by_hand",
    "07_forward_reverse_hessian",
    "10_units_and_networks",
    "11_training",
)
ZOO_BOOK, MOONS, DIGITS = "03_activation_zoo", "04_moons_and_spirals", "05_digits"
WHERE = {
    "1. The algorithm": [
        Seen("01_tour", "Backward"), Seen(HAND, "12. Why the order matters"),
        Seen(HAND, "13. Patterns, and forms of the chain rule"), Seen(HAND, "8. Two-layer regression"),
        Seen(HAND, "13. Patterns, and forms of the chain rule"),
    ],
    "2. Costs": [
        Seen(MODES, "Counting"), Seen(MODES, "Memory"), Seen(MODES, "Many outputs"),
        Seen(MODES, "Five questions to one function"),
        Seen(MODES, "Differences"), Seen(MODES, "Symbolic swelling"), Seen(MODES, "Expressive power"),
        Seen(UNIT, "Rectifiers fold the plane"),
    ],
    "3. Activations and their derivatives": [],
    "4. Losses": [Seen(TRAIN, "Losses")] * len(COSTS),
    "5. Units and networks": [
        *[Seen(UNIT, "A perceptron, and its failure at exclusive or")] * 2, Seen(UNIT, "McCulloch and Pitts"),
        Seen(UNIT, "Dense layers, with every activation"), Seen(UNIT, "Convolution in one dimension"),
        Seen(UNIT, "Convolution in two dimensions, its filters drawn"), *[Seen(UNIT, "Pooling")] * 2,
        *[Seen(UNIT, "Several outputs, any depth")] * 2,
    ],
    "6. Training": [
        Seen(TRAIN, "The rate, and where to stop"), *[Seen(TRAIN, "Full batch, mini-batch, stochastic")] * 2,
        Seen(TRAIN, "The rate, and where to stop"), Seen(TRAIN, "Initialisation"),
        Seen(TRAIN, "RMSprop against the others"), Seen(TRAIN, "Batch normalisation"),
        *[Seen(TRAIN, "Train, validation and test; bias and variance")] * 2, Seen(DIGITS, "The lecture's training"),
        Seen(MOONS, "The boundary moves"),
    ],
    "7. Worked examples": [
        Seen(HAND, "1. f = (x + y) z"), Seen(HAND, "2. A logistic neuron, taken apart"),
        Seen(HAND, "3. Logistic regression"),
        Seen(HAND, "4. One hidden layer of logistic units"), Seen(HAND, "5. Down a parabola"),
        Seen(HAND, "6. Goals a season, 2013 to 2017"), Seen(HAND, "7. A rectifier with squared error"),
        Seen(HAND, "8. Two-layer regression"), Seen(HAND, "9. A 2-2-1 network: tanh, then logistic"),
        *[Seen(HAND, "10. Softmax and cross-entropy")] * 2, Seen(DIGITS, "The lecture's training"),
        Seen(MOONS, "The boundary moves"),
    ],
}  # fmt: skip
"""Where in the notebooks each row is seen, in the order of the rows."""

WHERE["3. Activations and their derivatives"] = [
    Seen(HAND, "11. Errata, found by differences") if row.taught.startswith("erratum")
    else Seen(HAND, "10. Softmax and cross-entropy") if row.taught == "softmax"
    else Seen(ZOO_BOOK, "With parameters") if any(mark in row.taught for mark in ("(", "RReLU", "maxout", "BReLU"))
    and row.taught not in ("logistic (sigmoid)", "SiLU (Swish-1)")
    else Seen(ZOO_BOOK, "The activation zoo")
    for row in ACTIVATIONS
]  # fmt: skip


def page() -> str:
    """The page in Markdown."""
    lines = [
        "# What the lectures teach, and where it is",
        "",
        "Each row of the lectures with the public names that do it, below `autograd_lite`, the part of a notebook",
        "where a student sees it, and the tests that show it, below `tests`; above each table is the page of the site",
        "that teaches it. Written by `python tests/lectures.py > docs/LECTURES.md`.",
    ]
    for title, rows in SECTIONS.items():
        lines += ["", f"## {title}", "", f"To learn from: [{title}](learn/{LEARNED[title]}.md).", ""]
        lines += ["| taught | name | seen in | shown by |", "| --- | --- | --- | --- |"]
        for row, seen in zip(rows, WHERE[title], strict=True):
            names = ", ".join(f"`{name}`" for name in row.names)
            shown = ", ".join(link(test) for test in row.tests)
            lines.append(f"| {cell(row.taught)} | {names} | {part(seen)} | {shown} |")
    return "\n".join(lines) + "\n"


def part(seen: Seen) -> str:
    """A link to a part of a notebook."""
    anchor = re.sub(r"\s", "-", seen.heading)
    target = urllib.parse.quote(f"../notebooks/{seen.notebook}.ipynb#{anchor}", safe="/#.")
    return f"[{seen.notebook[:2]}: {cell(seen.heading)}]({target})"


def link(test: str) -> str:
    """A link to the file of a test, by the docstring of the test."""
    path, _, name = test.partition("::")
    words = name.removeprefix("test_").replace("_", " ").replace("[", ": ").removesuffix("]")
    return f"[{cell(words)}](../tests/{path})"


def cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(page())
