"""What networks are made of keeps its digits over the whole range of floats."""

import os

import networks
import pytest

from autograd_lite import dot, exp, log, nn

COUNT = 40 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 4  # `.ci/run` samples more


@pytest.mark.thorough
@pytest.mark.parametrize("name", [*networks.TABLE, *networks.OF_LISTS])
def test_values_and_slopes_are_within_their_bounds(name):
    beyond = networks.measure(COUNT, [name])[name][-1]
    assert not beyond, "\n".join(beyond[:5])


def test_all_activations_and_losses_are_looked_at():
    """By their functions, so that a new one is not forgotten."""
    looked_at = {row.f for row in networks.TABLE.values()}
    lists = {"brelu", "softmax", "log_softmax"}  # whole layers; brelu is relu of one number
    missing = {name for name, f in nn.activations.ACTIVATIONS.items() if f not in looked_at} - lists
    assert missing == {"soft_clipping", "soft_exponential"} & missing  # with parameters
    assert {"mse", "half_squared", "softmax cross-entropy", "BatchNorm"} <= networks.OF_LISTS.keys()


@pytest.mark.thorough
@pytest.mark.parametrize("rule", [
    lambda xs: log(exp(xs[0]) + exp(xs[1]) + exp(xs[2])) - xs[1],
    lambda xs: -log(exp(xs[1]) / (exp(xs[0]) + exp(xs[1]) + exp(xs[2]))),
    lambda xs: dot([0.0, 1.0, 0.0], [-log(p) for p in nn.activations.softmax(xs)]),
])  # fmt: skip
def test_a_rule_outside_of_the_table_is_found(rule, monkeypatch):
    """The textbook's forms of the cross-entropy, which lose their digits at large logits."""
    name = "softmax cross-entropy"
    _, formula, largest = networks.OF_LISTS[name]
    monkeypatch.setitem(networks.OF_LISTS, name, (rule, formula, largest))
    assert networks.measure(20, [name])[name][-1]
