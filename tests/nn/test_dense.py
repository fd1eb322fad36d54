"""Neurons, layers and perceptrons: micrograd's signatures, two nodes a neuron, and what they refuse."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, tanh
from autograd_lite.core.graph import operands_of
from autograd_lite.core.reverse import topological_order
from autograd_lite.nn import MLP, Layer, Neuron

numbers = st.floats(-5, 5)


@pytest.mark.thorough
@given(st.lists(numbers, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_a_neuron_is_the_activation_of_a_weighted_sum(x, rng):
    neuron = Neuron(len(x), activation="tanh", rng=rng)
    neuron.b.data = 0.5
    expected = neuron.w[0].data * x[0]
    for w, v in zip(neuron.w[1:], x[1:], strict=True):
        expected += w.data * v
    assert neuron(x).data == tanh(expected + 0.5)


def test_a_neuron_is_two_nodes():
    out = Neuron(3, activation="sigmoid", rng=0)([1.0, Value(2.0), 3])
    assert (out.op, out.parents[0].op) == ("sigmoid", "dot")
    assert sum(1 for node in topological_order([out]) if operands_of(node)) == 2
    assert Neuron(3, nonlin=False)([1.0, 2.0, 3.0]).op == "dot"


def test_numbers_that_enter_a_layer_are_shared_by_its_neurons():
    a, b = Layer(2, 2, activation="tanh", rng=0)([1.0, 2.0])
    assert a.parents[0].parents[3] is b.parents[0].parents[3]


def test_micrograd_programs_run():
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337
    assert model.layers[0].neurons[0].nonlin
    assert not model.layers[-1].neurons[0].nonlin
    out = model([Value(1.0), Value(-2.0)])
    assert isinstance(out, Value)
    model.zero_grad()
    (1 + -1.0 * out).relu().backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
    assert len(Layer(2, 3)([1.0, 2.0])) == 3


def test_the_same_seed_gives_the_same_network():
    def build(rng):
        return MLP(3, [4, 2], rng=rng).state_dict()

    assert build(7) == build(7) == build(random.Random(7)) != build(8)
    numpy = pytest.importorskip("numpy")
    assert build(numpy.random.default_rng(1)) == build(numpy.random.default_rng(1))
    assert build(numpy.int64(7)) == build(7)


def test_inputs_may_be_arrays_and_a_single_number():
    numpy = pytest.importorskip("numpy")
    neuron = Neuron(2, rng=0)
    assert neuron(numpy.array([1.0, 2.0])).data == neuron([1.0, 2.0]).data == neuron((1, 2)).data
    assert Neuron(1, rng=0)(2.0).data == Neuron(1, rng=0)([2.0]).data


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: MLP(2, [3, 1])([1.0]), ValueError, r"Layer\(2 -> 3, relu\) expects 2 inputs, but got 1"),
        (lambda: MLP(2, [3, 1])([1.0] * 3), ValueError, "expects 2 inputs, but got 3"),
        (lambda: Neuron(2)([]), ValueError, r"Neuron\(2, relu\) expects 2 inputs, but got 0"),
        (lambda: Neuron(2)("ab"), TypeError, "takes 2 numbers or Values, but got 'ab'"),
        (lambda: Neuron(2)(None), TypeError, "takes 2 numbers or Values, but got None"),
        (lambda: Neuron(2)([[1.0, 2.0], [3.0, 4.0]]), TypeError, "pass one sample"),
        (lambda: Neuron(0), ValueError, "nin is at least 1, but got 0"),
        (lambda: Layer(2, -1), ValueError, "nout is at least 1, but got -1"),
        (lambda: Layer(2.5, 1), TypeError, "nin is a whole number, but got 2.5"),
        (lambda: MLP(2, []), TypeError, r"nouts lists the sizes of the layers, but got \[\]"),
        (lambda: MLP(2, 3), TypeError, "nouts lists the sizes of the layers, but got 3"),
        (lambda: MLP(2, [1], output="liner"), ValueError, "no activation .liner.; the known .* linear"),
        (lambda: MLP(2, [2, 1], activation="rellu"), ValueError, "no activation 'rellu'; the known .* relu"),
        (lambda: Neuron(2, activation=3), TypeError, "a name or a function of one Value, but got 3"),
        (lambda: Neuron(2, init="hee"), ValueError, "no initialisation 'hee'; the known .* he_normal"),
        (lambda: Neuron(2, rng="seed"), TypeError, "rng is a seed or a generator, but got 'seed'"),
    ],
)
def test_bad_input(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()
