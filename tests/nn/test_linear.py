"""Linear, Sequential, Flatten, Maxout, and the neurons of 1943 and 1958."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.nn import MLP, Flatten, Linear, Maxout, McCullochPitts, Perceptron, Sequential, fit, tanh

GATES = [[0, 0], [0, 1], [1, 0], [1, 1]]


@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.randoms(use_true_random=False))
def test_linear_is_a_matrix_product(nin, nout, bias, rng):
    layer = Linear(nin, nout, bias=bias, rng=rng)
    for p in layer.parameters():
        p.data = rng.uniform(-1, 1)
    x = [rng.uniform(-1, 1) for _ in range(nin)]
    for i, out in enumerate(layer(x)):
        expected = sum(w.data * v for w, v in zip(layer.weight[i], x, strict=True))
        assert out.data == pytest.approx(expected + (layer.bias[i].data if bias else 0.0), abs=1e-14)
        assert out.op == "dot"
    assert len(layer.parameters()) == nout * (nin + bias)


def test_sequential_has_pytorchs_names():
    model = Sequential(Linear(2, 2, rng=0), tanh, Linear(2, 1, rng=1))
    names = [name for name, _ in model.named_parameters()]
    assert names == ["0.weight[0][0]", "0.weight[0][1]", "0.weight[1][0]", "0.weight[1][1]", "0.bias[0]", "0.bias[1]",
                     "2.weight[0][0]", "2.weight[0][1]", "2.bias[0]"]  # fmt: skip
    assert len(model) == 3
    assert model[2](model[1](model[0]([1.0, 2.0])))[0].data == model([1.0, 2.0])[0].data
    assert [out[0].data for out in model.batch([[1.0, 2.0]])] == [model([1.0, 2.0])[0].data]
    with pytest.raises(ValueError, match="got no modules"):
        Sequential()


def test_sequential_and_mlp_agree():
    mlp = MLP(2, [3, 1], activation="tanh", rng=0)
    model = Sequential(Linear(2, 3), "tanh", Linear(3, 1))
    numbers = iter(mlp.state_dict().values())
    for i, n in ((0, 2), (2, 3)):
        for row, shift in zip(model[i].weight, model[i].bias, strict=True):
            for p in [*row[:n], shift]:
                p.data = next(numbers)
    assert model([0.3, -0.7])[0].data == mlp([0.3, -0.7]).data


def test_flatten():
    assert Flatten()([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]) == [1, 2, 3, 4, 5, 6, 7, 8]


@given(st.randoms(use_true_random=False))
def test_maxout_routes_the_gradient_to_the_winner(rng):
    layer = Maxout(2, 1, pieces=3, rng=rng)
    x = [rng.uniform(-1, 1), rng.uniform(-1, 1)]
    (out,) = layer(x)
    scores = [sum(w.data * v for w, v in zip(row, x, strict=True)) for row in layer.weight[0]]
    assert out.data == pytest.approx(max(scores), abs=1e-15)
    out.backward()
    winner = scores.index(max(scores))
    if len(set(scores)) < 3:
        return  # ties share it
    for k, row in enumerate(layer.weight[0]):
        assert [w.grad for w in row] == (x if k == winner else [0.0, 0.0])


@pytest.mark.parametrize("truth", list(itertools.product((0, 1), repeat=4)))
def test_a_perceptron_learns_what_a_line_separates(truth):
    gate = Perceptron(2)
    mistakes = gate.learn(GATES, truth, epochs=50)
    if truth in ((0, 1, 1, 0), (1, 0, 0, 1)):  # XOR and its negation
        assert min(mistakes) > 0
        assert len(mistakes) == 50
    else:
        assert mistakes[-1] == 0
        assert [gate(x).data for x in GATES] == list(truth)


def test_two_layers_learn_what_a_perceptron_cannot():
    model = MLP(2, [4, 1], activation="tanh", rng=1)
    history = fit(model, GATES, [0, 1, 1, 0], loss="binary_cross_entropy_with_logits", optimizer="adam", lr=0.1,
                  epochs=150, progress=False, rng=0)  # fmt: skip
    assert history["accuracy"][-1] == 1.0


def test_mcculloch_and_pitts():
    conjunction, disjunction, negation = McCullochPitts(2), McCullochPitts(1), McCullochPitts(0, inhibiting=[0])
    assert [conjunction(x) for x in GATES] == [0.0, 0.0, 0.0, 1.0]
    assert [disjunction(x) for x in GATES] == [0.0, 1.0, 1.0, 1.0]
    assert [negation([x]) for x in (0, 1)] == [1.0, 0.0]
    first_not_second = McCullochPitts(1, inhibiting=[1])
    assert [first_not_second(x) for x in GATES] == [0.0, 0.0, 1.0, 0.0]
    assert first_not_second([Value(1.0), Value(0.0)]).data == 1.0
    # two layers of them compute what one cannot
    either = [McCullochPitts(1, inhibiting=[0]), McCullochPitts(1, inhibiting=[1])]
    assert [disjunction([unit(x) for unit in either]) for x in GATES] == [0.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Linear(2, 3)([1.0]), r"Linear\(2 -> 3\) expects 2 inputs, but got 1"),
        (lambda: Linear(2, 3, bias=False)([1.0]), r"Linear\(2 -> 3, no bias\) expects 2 inputs, but got 1"),
        (lambda: Maxout(2, 3)([1.0]), r"Maxout\(2 -> 3, 2 pieces\) expects 2 inputs, but got 1"),
        (lambda: Perceptron(2)([1.0]), "expects 2 inputs, but got 1"),
        (lambda: Perceptron(2).learn(GATES, [0, 1, 2, 0]), "the labels 0 and 1, but got 2"),
        (lambda: McCullochPitts(1, inhibiting=[2])([1, 0]), "but got 2 inputs; pass all of them"),
        (lambda: Linear(0, 3), "nin is at least 1, but got 0"),
    ],
)
def test_bad_input(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
