"""The network view of modules."""

import numpy as np
import pytest

from autograd_lite import Value, dot, draw, gradients
from autograd_lite.nn import (
    APL,
    MLP,
    AvgPool2d,
    BatchNorm,
    Conv1d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    Maxout,
    MaxPool2d,
    Module,
    Neuron,
    Perceptron,
    Sequential,
)

MODEL = MLP(2, [3, 1], activation="tanh", rng=0)


def circle(drawing, column, i):
    return drawing.picture.columns[column][i]


def test_columns_are_the_layers_and_lines_the_weights():
    drawing = draw(MODEL)
    assert [len(column) for column in drawing.picture.columns] == [2, 3, 1]
    weights = {w.name: w.value for w in drawing.picture.weights}
    expected = {n: p.data for n, p in MODEL.named_parameters() if ".w[" in n}
    assert weights == expected
    assert drawing.digraph.engine == "neato"
    assert "layers.1  Layer(3 -> 1, linear): 1 circle" in str(drawing)


def test_neurons_stand_in_order():
    paths = [c.name for c in draw(MODEL).picture.columns[1]]
    assert paths == ["layers.0.neurons.0", "layers.0.neurons.1", "layers.0.neurons.2"]


def test_a_sample_fills_the_circles_with_outputs_and_gradients():
    sample = [0.5, -1.0]
    drawing = draw(MODEL, inputs=sample)
    xs = [Value(x) for x in sample]
    out = MODEL(xs)
    hidden = MODEL.layers[0](sample)
    assert [c.value for c in drawing.picture.columns[1]] == [h.data for h in hidden]
    assert circle(drawing, 2, 0).value == out.data
    assert circle(drawing, 2, 0).gradient == 1.0
    assert [c.gradient for c in drawing.picture.columns[0]] == gradients(out, xs)
    assert not any(p.has_grad for p in MODEL.parameters())


def test_the_gradient_is_that_of_the_loss_if_one_is_given():
    drawing = draw(MODEL, inputs=[0.5, -1.0], loss=lambda out: (out - 1.0) ** 2)
    out = MODEL([0.5, -1.0]).data
    assert circle(drawing, 2, 0).gradient == pytest.approx(2.0 * (out - 1.0))


def test_without_a_sample_there_are_no_numbers():
    drawing = draw(MODEL)
    assert all(c.gradient is None for column in drawing.picture.columns for c in column)
    assert "gradient" not in drawing.source


@pytest.mark.parametrize("model", [Neuron(3, rng=0), Layer(3, 2, rng=0)])
def test_parts_of_networks_are_drawn_too(model):
    assert len(draw(model).picture.columns) == 2


def test_images_are_drawn_number_by_number():
    model = Sequential(Conv2d(1, 2, 2, rng=0), Flatten(), Linear(8, 1, rng=0))
    image = [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]
    drawing = draw(model, inputs=image)
    assert [len(column) for column in drawing.picture.columns] == [9, 8, 1]
    assert circle(drawing, 0, 5).name == "x[0][1][2]"
    assert circle(drawing, 2, 0).value == model(image)[0].data
    assert len(drawing.picture.weights) == 8 * 4 + 8
    first = model[0](image)
    assert [c.value for c in drawing.picture.columns[1]] == [v.data for plane in first for row in plane for v in row]
    captions = drawing.picture.captions
    assert [caption.splitlines()[0] for caption in captions] == ["input", "0", "2"]
    assert "Conv2d" in captions[1]
    assert "Linear(8 -> 1)" in captions[2]
    assert drawing.picture.columns == draw(model, inputs=np.array(image)).picture.columns


@pytest.mark.parametrize("pool", [MaxPool2d(2), AvgPool2d(2)])
def test_pooling_joins_the_circles_of_its_window(pool):
    model = Sequential(Conv2d(1, 1, 2, rng=0), "relu", pool, Flatten(), Linear(4, 1, rng=0))
    drawing = draw(model, inputs=np.arange(25.0).reshape(1, 5, 5))
    assert [len(column) for column in drawing.picture.columns] == [25, 16, 1]
    last = circle(drawing, 2, 0)
    lines = [w for w in drawing.picture.weights if w.head == last.key]
    assert len(lines) == len({w.tail for w in lines}) == 16
    tails = {w.tail: w.name for w in lines}
    first = model[1](model[0](np.arange(25.0).reshape(1, 5, 5)))[0]
    corner = {first[i][j].data for i in (0, 1) for j in (0, 1)}
    joined = {c.value for c in drawing.picture.columns[1] if tails[c.key] == "4.weight[0][0]"}
    assert joined == corner


def test_a_convolution_alone_is_drawn_too():
    drawing = draw(Conv1d(2, 1, 2, rng=0), inputs=[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert [len(column) for column in drawing.picture.columns] == [6, 2]


def test_wide_columns_are_cut_and_that_is_said():
    drawing = draw(MLP(64, [30, 10], rng=0))
    assert sum(c.shown for c in drawing.picture.columns[0]) == 9
    assert "input: 55 of 64 circles not drawn" in drawing.picture.notes
    assert "55 more" in drawing.source


def test_columns_of_a_few_more_are_drawn_whole():
    drawing = draw(MLP(2, [16, 16, 1], rng=0), inputs=[0.5, -1.0])
    assert all(c.shown for column in drawing.picture.columns for c in column)
    assert drawing.picture.notes == []


def test_negative_weights_are_dashed():
    model = Neuron(2, nonlin=False, rng=0)
    model.w[0].data, model.w[1].data = 1.0, -2.0
    lines = [line for line in draw(model).source.splitlines() if "->" in line]
    assert ["dashed" in line for line in lines] == [False, True]


class Table(Module):
    """Weights by another name, and a bias before them."""

    def __init__(self, bias_first):
        if bias_first:
            self.bias = [Value(0.5)]
        self.table = [[Value(1.0), Value(2.0), Value(-1.0)]] * 2

    def forward(self, xs):
        return [dot(row, xs) for row in self.table]


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (Linear(3, 2, rng=0), 3),
        (Linear(3, 2, bias=False, rng=0), 3),
        (Sequential(Linear(3, 2, rng=0), "tanh", Linear(2, 1, rng=1)), 3),
        (Sequential("relu", Flatten(), Dropout(0.0), Linear(3, 2, rng=0)), 3),
        (Sequential(APL(2), Linear(3, 2, rng=0)), 3),
        (Sequential(MLP(4, [2, 1], rng=0)), 4),
        (Sequential(BatchNorm(3).eval(), Linear(3, 1, rng=0)), 3),
        (Maxout(3, 2, rng=0), 3),
        (Perceptron(3), 3),
        (Table(False), 3),
    ],
)
def test_the_number_of_inputs_is_that_of_the_first_layer_that_knows_it(model, inputs):
    picture = draw(model).picture
    assert len(picture.columns[0]) == inputs
    assert len(picture.weights) == len(draw(model, inputs=[0.5] * inputs).picture.weights) >= inputs


def test_what_comes_before_the_first_weights_leaves_the_inputs_as_they_are():
    model = Sequential("relu", Flatten(), Linear(2, 1, rng=0), "tanh")
    columns = draw(model, inputs=[-0.5, 0.75]).picture.columns
    assert [c.value for c in columns[0]] == [-0.5, 0.75]
    assert columns[1][0].value == model([-0.5, 0.75])[0].data
    shifted = draw(model, inputs=[-0.5, 0.75], loss=lambda out: out[0] * 3.0 + 1.0).picture.columns
    assert (shifted[1][0].value, shifted[1][0].gradient) == (columns[1][0].value, 3.0)


def test_what_a_sample_looks_like_has_to_be_told_where_no_layer_knows():
    image = Sequential(Conv2d(1, 2, 2, rng=0), Flatten(), Linear(8, 1, rng=0))
    with pytest.raises(ValueError, match=r"Sequential is: Conv2d\(1 -> 2, 2 x 2\) takes 1 x any x any; pass one"):
        draw(image)
    with pytest.raises(ValueError, match=r"Conv1d\(2 -> 1, 3\) takes 2 x any; pass one sample"):
        draw(Conv1d(2, 1, 3, rng=0))
    with pytest.raises(ValueError, match="inputs Sequential takes, because it has no layer of weights; pass one"):
        draw(Sequential("relu"))
    with pytest.raises(ValueError, match="that Table has 1 inputs, as many as Table has weights, but"):
        draw(Table(True))


class Ratio(Module):
    def __init__(self):
        self.a = Value(2.0)

    def forward(self, xs):
        return xs[0] / self.a


def test_what_has_no_neurons_is_refused():
    with pytest.raises(ValueError, match="cannot tell how many inputs Ratio takes"):
        draw(Ratio())
    with pytest.raises(ValueError, match="Ratio has no neurons"):
        draw(Ratio(), inputs=[1.0])
    with pytest.raises(TypeError, match="are for drawing a Module"):
        draw(Value(1.0), inputs=[1.0])


@pytest.mark.parametrize("option", [{"edges": "flow"}, {"collapse": "layers"}, {"expand": True}, {"direction": "up"}])
def test_options_of_graphs_are_refused(option):
    (name,) = option
    with pytest.raises(TypeError, match=rf"{name}= has no meaning; .* draw\(model\(x\), {name}="):
        draw(MODEL, **option)
