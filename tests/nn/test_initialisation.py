"""Initialisation: the moments that the rules promise, and what they are for."""

import random
import statistics

import pytest

from autograd_lite.nn import ACTIVATIONS, MLP, Neuron
from autograd_lite.nn.activation_modules import MODULES
from autograd_lite.nn.initialisation import INITIALISERS, constant_number, initialiser_for, normal, uniform

NIN, NOUT = 40, 10
VARIANCES = {
    "normal": 1.0, "uniform": 1.0 / 3.0, "constant": 0.0, "xavier_uniform": 2.0 / (NIN + NOUT),
    "xavier_normal": 2.0 / (NIN + NOUT), "he_uniform": 2.0 / NIN, "he_normal": 2.0 / NIN, "lecun_normal": 1.0 / NIN,
}  # fmt: skip
BOUNDS = {"uniform": 1.0, "xavier_uniform": (6.0 / (NIN + NOUT)) ** 0.5, "he_uniform": (6.0 / NIN) ** 0.5}


@pytest.mark.parametrize("name", INITIALISERS)
def test_the_moments_are_those_of_the_rule(name):
    rule, rng = INITIALISERS[name](), random.Random(0)
    drawn = [rule(NIN, NOUT, rng) for _ in range(20_000)]
    spread = VARIANCES[name] ** 0.5
    assert statistics.fmean(drawn) == pytest.approx(0.0, abs=0.03 * spread + 1e-12)
    assert statistics.pvariance(drawn) == pytest.approx(VARIANCES[name], rel=0.05, abs=1e-12)
    if name in BOUNDS:
        assert 0.97 * BOUNDS[name] < max(map(abs, drawn)) <= BOUNDS[name]


def test_settings_of_rules():
    rng = random.Random(0)
    assert constant_number(0.5)(1, 1, rng) == 0.5
    assert all(2.0 <= uniform(2.0, 3.0)(1, 1, rng) <= 3.0 for _ in range(50))
    assert statistics.pstdev([normal(0.1)(1, 1, rng) for _ in range(5000)]) == pytest.approx(0.1, rel=0.1)


HE = ["relu", "brelu", "leaky_relu", "prelu", "rrelu", "elu", "srelu", "apl", "isrlu", "gelu", "silu", "swish",
      "softplus"]  # fmt: skip
OTHERS = sorted({*ACTIVATIONS, *MODULES} - {*HE})


@pytest.mark.parametrize(("activation", "gain"), [*((name, 2.0) for name in HE), *((name, 1.0) for name in OTHERS)])
def test_the_default_suits_the_activation(activation, gain):
    # wide layers of equal size: the variance of the weights is gain / n
    weights = [w.data for neuron in MLP(60, [60], output=activation, rng=0).layers[0].neurons for w in neuron.w]
    assert statistics.pvariance(weights) == pytest.approx(gain / 60, rel=0.1)


@pytest.mark.parametrize("activation", ["relu", "selu", "tanh"])
def test_signals_neither_die_nor_explode(activation):
    rng = random.Random(0)
    model = MLP(50, [50] * 6, activation=activation, output=activation, rng=1)
    sizes = [v.data**2 for _ in range(5) for v in model([rng.gauss(0, 1) for _ in range(50)])]
    assert 0.02 < statistics.fmean(sizes) < 5.0


def test_a_rule_may_be_a_function():
    neuron = Neuron(3, init=lambda nin, nout, rng: float(nin))
    assert [w.data for w in neuron.w] == [3.0] * 3
    assert neuron.b.data == 0.0
    assert initialiser_for("relu", "constant")(1, 1, random.Random()) == 0.0
