"""Dead and saturated units, vanishing and exploding gradients."""

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import diagnose
from autograd_lite.explaining.diagnosis import root_mean_square
from autograd_lite.nn import MLP, Neuron

X = np.random.default_rng(0).normal(size=(12, 2))
Y = (X[:, 0] > 0.0).astype(int)


def found(model):
    return diagnose(model, X, Y, "binary_cross_entropy_with_logits")


def test_a_fresh_network_is_well():
    report = found(MLP(2, [6, 1], activation="tanh", rng=0))
    assert report.is_good
    assert "nothing that keeps the model from learning" in str(report)
    assert [layer.path for layer in report.layers] == ["layers.0", "layers.1"]
    assert [layer.units for layer in report.layers] == [6, 1]


def test_dead_rectifiers_are_named():
    model = MLP(2, [4, 1], rng=0)
    model.layers[0].neurons[2].b.data = -100.0
    report = found(model)
    assert report.layers[0].dead == ["layers.0.neurons.2"]
    assert "layers.0: 1 of 4 units is dead" in report.findings[0]


def test_saturated_units_are_named():
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    for neuron in model.layers[0].neurons:
        neuron.b.data = 50.0
    report = found(model)
    assert len(report.layers[0].saturated) == 3
    assert report.layers[0].dead == []
    assert "layers.0: all 3 units are saturated" in str(report)


def test_a_vanishing_gradient_is_told():
    report = found(MLP(2, [4] * 9 + [1], activation="sigmoid", rng=0))
    assert any("the gradient vanishes: layers.0" in text for text in report.findings)
    ratios = [layer.ratio for layer in report.layers]
    assert ratios[0] < 1e-3 < ratios[-1] == 1.0


def test_an_exploding_gradient_is_told():
    model = MLP(2, [4] * 6 + [1], activation="linear", rng=0)
    for layer in model.layers[1:]:
        for neuron in layer.neurons:
            for w in neuron.w:
                w.data *= 40.0
    for p in model.layers[0].parameters():
        p.data *= 1e-12
    assert any("the gradient explodes: layers.0" in text for text in diagnose(model, X, Y, "mse").findings)


def test_gradients_that_are_no_numbers_are_told():
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    model.layers[1].neurons[0].w[0].data = float("inf")
    assert any("find where with detect_anomaly()" in text for text in diagnose(model, X, Y, "mse").findings)


def test_the_model_stays_as_it_is():
    model = MLP(2, [3, 1], rng=0)
    before = model.state_dict()
    found(model)
    assert model.state_dict() == before
    assert not any(p.has_grad for p in model.parameters())


def test_a_neuron_alone():
    report = diagnose(Neuron(2, rng=0), X, Y, "mse")
    assert [layer.units for layer in report.layers] == [1]


def test_wrong_data_are_refused():
    with pytest.raises(ValueError, match="labels from 0 to 1"):
        diagnose(MLP(2, [1], rng=0), X, Y + 5, "binary_cross_entropy_with_logits")


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8), st.integers(-900, 900))
def test_gradients_of_any_size_have_a_root_mean_square(numbers, exponent):
    # Squares of finite gradients beyond 1e154 raised OverflowError, and those of small ones were 0.
    scaled = [math.ldexp(x, exponent) for x in numbers]
    exact = sum(Fraction(x) ** 2 for x in scaled) / len(scaled)
    found = root_mean_square(scaled)
    assert abs(Fraction(found) ** 2 - exact) <= exact / 10**13 or found < 1e-300


@pytest.mark.parametrize("size", [1e155, 1e200, 1e-200, 1e300])
def test_a_model_with_gradients_of_any_size_is_diagnosed(size):
    model = MLP(1, [2, 1], activation="linear", rng=0)
    report = diagnose(model, [[size]], [0.0], lambda output, target: output)
    first, _ = report.layers
    assert 0.0 < first.gradient < math.inf
    assert str(report)


def test_a_gradient_that_is_not_finite_has_none():
    assert math.isnan(root_mean_square([1.0, math.inf]))
    assert root_mean_square([]) == root_mean_square([0.0]) == 0.0
    assert root_mean_square([sys.float_info.max] * 5) == sys.float_info.max


@pytest.mark.parametrize("wrong", [5, None, MLP])
def test_what_is_no_module_is_refused(wrong):
    with pytest.raises(TypeError, match="diagnose takes a Module, but got"):
        diagnose(wrong, X, Y)
