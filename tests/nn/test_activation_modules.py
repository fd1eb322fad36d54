"""Activations with parameters and draws: their formulas, their gradients, training and evaluation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.nn import APL, MLP, Activation, PReLU, RReLU, SReLU, apl, prelu, softmax, srelu
from autograd_lite.nn.activation_modules import MODULES, activated, activation_of
from autograd_lite.nn.activations import ACTIVATIONS
from autograd_lite.nn.shapes import data_in

numbers = st.floats(-4, 4)


@given(numbers)
def test_prelu(x):
    unit = PReLU(0.3)
    out = unit(Value(x))
    assert out.data == prelu(x, 0.3)
    out.backward()
    assert unit.weight[0].grad == (x if x < 0 else 0.0)


@given(numbers)
def test_srelu_trains_its_four_parameters(x):
    unit = SReLU(-1.0, 0.2, 2.0, 0.3)
    out = unit(Value(x))
    assert out.data == srelu(x, -1.0, 0.2, 2.0, 0.3)
    out.backward()
    slopes = [p.grad for p in (unit.tl, unit.al, unit.tr, unit.ar)]
    if x <= -1.0:
        assert slopes == pytest.approx([0.8, x + 1.0, 0.0, 0.0])
    elif x >= 2.0:
        assert slopes == pytest.approx([0.0, 0.0, 0.7, x - 2.0])
    else:
        assert slopes == [0.0] * 4


@given(numbers)
def test_apl_trains_its_hinges(x):
    unit = APL(3)
    assert [b.data for b in unit.b] == [-1.0, 0.0, 1.0]
    out = unit(Value(x))
    assert out.data == apl(x, [0.1] * 3, [-1.0, 0.0, 1.0])
    out.backward()
    assert [a.grad for a in unit.a] == [max(0.0, b.data - x) for b in unit.b]
    assert [b.grad for b in unit.b] == [0.1 if b.data > x else 0.0 for b in unit.b]


def test_rrelu_draws_in_training_and_averages_in_evaluation():
    unit = RReLU(0.1, 0.3, rng=0)
    slopes = [-unit(-1.0) for _ in range(200)]
    assert all(0.1 <= s <= 0.3 for s in slopes)
    assert len(set(slopes)) > 190
    assert unit(2.0) == 2.0
    assert [-v for v in [unit.eval()(-1.0)]] == [0.2]
    again = RReLU(0.1, 0.3, rng=0)
    assert [-again(-1.0) for _ in range(200)] == slopes
    with pytest.raises(ValueError, match=r"from low to high, but got 2\.0 and 1\.0"):
        RReLU(2.0, 1.0)


@pytest.mark.parametrize("name", MODULES)
def test_a_layer_has_one_unit_of_its_own(name):
    model = MLP(2, [3, 3, 1], activation=name, rng=0)
    first, second = (model.layers[i].activation for i in (0, 1))
    assert first is not second
    assert all(neuron.activation is first for neuron in model.layers[0].neurons)
    names = [n for n, _ in model.named_parameters() if "activation" in n]
    assert len(names) == 2 * len(first.parameters())
    assert all(n.startswith(("layers.0.activation.", "layers.1.activation.")) for n in names)
    assert isinstance(model([1.0, 2.0]), Value)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_serves_in_a_network(name):
    model = MLP(2, [3, 2], activation=name, rng=0)
    out = model([0.1, -0.2])
    assert len(out) == 2
    (out[0] + out[1]).backward()


def test_units_take_nested_lists():
    assert data_in(PReLU(0.5)([[-2.0, 3.0], [4.0, -8.0]])) == [[-1.0, 3.0], [4.0, -4.0]]
    assert len(RReLU(rng=0)([-1.0, 2.0])) == 2


def test_whole_layers_are_activated_together():
    zs = [Value(1.0), Value(2.0)]
    assert [v.data for v in activated(softmax, zs)] == softmax([1.0, 2.0])
    assert MLP(2, [2], output="softmax", rng=0)([1.0, 1.0])[0].op == "exp"


def test_activation_as_a_module():
    layer = Activation("relu")
    assert layer([[-1.0, 2.0], [3.0, -4.0]]) == [[0.0, 2.0], [3.0, 0.0]]
    assert layer(-1.0) == 0.0
    assert [v.data for v in layer([Value(-1.0), Value(2.0)])] == [0.0, 2.0]
    assert Activation("softmax")([0.0, 0.0]) == [0.5, 0.5]
    assert repr(Activation("softmax")) == "Activation(softmax): 0 parameters"


@pytest.mark.parametrize("pieces", [0, -1])
def test_apl_has_a_hinge_at_least(pieces):
    with pytest.raises(ValueError, match=f"pieces is at least 1, but got {pieces}"):
        APL(pieces)


def test_unknown_activations_name_the_known_ones():
    with pytest.raises(ValueError, match=", ".join([*ACTIVATIONS, *MODULES])):
        activation_of("nothing")
