"""The programs of the playground: what they compute is what the library computes eagerly."""

import random

import pytest

from autograd_lite import Value, nn
from autograd_lite.live.network_programs import (
    COSTS,
    FEATURES,
    SHOWN,
    STARTS,
    WIDEST,
    asked,
    programs,
    programs_described,
    starts,
    suited,
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return programs()


@pytest.mark.thorough
@pytest.mark.parametrize("n", range(1, WIDEST + 1))
def test_a_neuron_and_its_adjoints(found, n):
    rng = random.Random(n)
    neuron = nn.Neuron(n, activation="linear", rng=n)
    rows = [[rng.gauss(0, 1) for _ in range(n)] for _ in range(3)]
    slopes = [rng.gauss(0, 1) for _ in rows]
    weights = [p.data for p in neuron.parameters()]
    inputs = [[Value(x) for x in row] for row in rows]
    outs = [neuron(row) for row in inputs]
    assert found[f"sum of {n}"](weights, rows) == [out.data for out in outs]
    total = sum(g * out for g, out in zip(slopes, outs, strict=True))
    total.backward()
    of_weights = found[f"sum of {n}, adjoint of weights"](weights, rows, slopes)
    assert of_weights == pytest.approx([p.grad for p in neuron.parameters()], rel=1e-14)
    of_inputs = found[f"sum of {n}, adjoint of inputs"](weights, rows, slopes)
    columns = of_inputs if n > 1 else [of_inputs]
    assert [[*row] for row in zip(*columns, strict=True)] == [[x.grad for x in row] for row in inputs]


@pytest.mark.thorough
@pytest.mark.parametrize("name", SHOWN)
def test_activations(found, name):
    f = nn.ACTIVATIONS[name]
    for x in (-2.5, -0.5, 0.0, 0.5, 3.0):
        v = Value(x)
        out = f(v)
        out.backward()
        assert found[name]([x]) == [out.data]
        assert found[f"{name}, adjoint"]([x], [1.0]) == [v.grad]


def test_at_least_eight_activations_of_the_library_among_them_a_step():
    assert len(SHOWN) >= 8
    assert {"relu", "tanh", "sigmoid", "gelu", "binary_step"} <= set(SHOWN)


@pytest.mark.thorough
def test_features_and_losses_are_all_there(found):
    assert len(found["features"]([[1.0, 2.0]])) == len(FEATURES)
    assert set(COSTS) <= found.keys()


@pytest.mark.parametrize("name", STARTS)
def test_distributions_are_those_that_the_initialiser_draws_from(name):
    kind, a, b = starts()[name][3][4]
    draws = random.Random(1)
    weights = [w.data for w in nn.Linear(4, 5, init=name, rng=random.Random(1)).parameters()][:20]
    draw = {"uniform": draws.uniform, "normal": draws.gauss, "constant": lambda low, high: low}[kind]
    assert weights == [draw(a, b) for _ in weights]


def test_what_suits_an_activation_is_what_a_layer_takes():
    for activation, name in suited().items():
        assert asked(None, activation, 6, 3) == asked(name, "linear", 6, 3)
    assert suited()["relu"].startswith("he")
    assert programs_described()["memory"] == {"SGD": 0, "momentum": 1, "Nesterov": 1, "RMSprop": 1, "Adam": 2}
