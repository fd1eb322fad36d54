"""States go to PyTorch and back: its names, its shapes, and there the same outputs."""

import math
import random

import pytest

from autograd_lite import Value, nn
from autograd_lite.nn import (
    APL,
    MLP,
    AvgPool2d,
    BatchNorm,
    Conv1d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    Maxout,
    MaxPool2d,
    Module,
    Neuron,
    PReLU,
    Sequential,
    SReLU,
    load_torch_state_dict,
    predict,
    pytorch,
    to_torch_state_dict,
)

DRAW = random.Random(0)


def numbers(*sizes):
    return [numbers(*sizes[1:]) for _ in range(sizes[0])] if sizes else DRAW.uniform(-1, 1)


def shapes(model):
    return {name: getattr(x, "shape", ()) for name, x in to_torch_state_dict(model).items()}


def stirred(model):
    """The model with random numbers everywhere, in its running statistics too."""
    load_torch_state_dict(model, {name: numbers(*shape) for name, shape in shapes(model).items()})
    for _, module in model.named_modules():
        if isinstance(module, BatchNorm):
            module.running_var = [abs(v) + 0.1 for v in module.running_var]
            module.num_batches_tracked = 7.0
    return model


# What PyTorch's state_dict of the same layers gives; `test_pytorch_has_these_names_and_shapes` compares.
PAIRS = {
    "dense": (
        lambda: Sequential(Linear(3, 4), "tanh", Dropout(0.5), Linear(4, 2, bias=False)),
        lambda n: n.Sequential(n.Linear(3, 4), n.Tanh(), n.Dropout(0.5), n.Linear(4, 2, bias=False)),
        (3,),
        {"0.weight": (4, 3), "0.bias": (4,), "3.weight": (2, 4)},
    ),
    "prelu and batch norm": (
        lambda: Sequential(Linear(3, 2), BatchNorm(2), "prelu", Linear(2, 2), PReLU(0.1)),
        lambda n: n.Sequential(n.Linear(3, 2), n.BatchNorm1d(2), n.PReLU(), n.Linear(2, 2), n.PReLU()),
        (3,),
        {
            "0.weight": (2, 3), "0.bias": (2,), "1.weight": (2,), "1.bias": (2,), "1.running_mean": (2,),
            "1.running_var": (2,), "1.num_batches_tracked": (), "2.weight": (1,), "3.weight": (2, 2), "3.bias": (2,),
            "4.weight": (1,),
        },
    ),
    "images": (
        lambda: Sequential(Conv2d(2, 3, (3, 2), stride=(1, 2), padding=1), BatchNorm(3), "relu", MaxPool2d(2),
                           Conv2d(3, 2, 1), AvgPool2d((1, 2), stride=1), Flatten(), Linear(4, 2)),
        lambda n: n.Sequential(n.Conv2d(2, 3, (3, 2), stride=(1, 2), padding=1), n.BatchNorm2d(3), n.ReLU(),
                               n.MaxPool2d(2), n.Conv2d(3, 2, 1), n.AvgPool2d((1, 2), stride=1), n.Flatten(),
                               n.Linear(4, 2)),
        (2, 5, 6),
        {
            "0.weight": (3, 2, 3, 2), "0.bias": (3,), "1.weight": (3,), "1.bias": (3,), "1.running_mean": (3,),
            "1.running_var": (3,), "1.num_batches_tracked": (), "4.weight": (2, 3, 1, 1), "4.bias": (2,),
            "7.weight": (2, 4), "7.bias": (2,),
        },
    ),
    "a sequence": (
        lambda: Sequential(Conv1d(2, 3, 3, stride=2, padding=1), "sigmoid", Flatten(), Linear(9, 1)),
        lambda n: n.Sequential(n.Conv1d(2, 3, 3, stride=2, padding=1), n.Sigmoid(), n.Flatten(), n.Linear(9, 1)),
        (2, 5),
        {"0.weight": (3, 2, 3), "0.bias": (3,), "3.weight": (1, 9), "3.bias": (1,)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_names_and_shapes_are_pytorchs(name):
    pytest.importorskip("numpy")
    build, _, _, expected = PAIRS[name]
    assert shapes(build()) == expected


@pytest.mark.parametrize("name", PAIRS)
def test_pytorch_has_these_names_and_shapes(name):
    torch = pytest.importorskip("torch")
    _, theirs, _, expected = PAIRS[name]
    assert {key: tuple(x.shape) for key, x in theirs(torch.nn).state_dict().items()} == expected


@pytest.mark.parametrize("name", PAIRS)
def test_pytorch_loads_it_and_gives_the_same_outputs_and_back(name):
    torch = pytest.importorskip("torch")
    build, theirs, size, _ = PAIRS[name]
    ours, other = stirred(build()), theirs(torch.nn).double().eval()
    other.load_state_dict({key: torch.as_tensor(x) for key, x in to_torch_state_dict(ours).items()})
    samples = [numbers(*size) for _ in range(3)]
    expected = other(torch.tensor(samples, dtype=torch.float64)).tolist()
    for found, row in zip(predict(ours, samples), expected, strict=True):
        assert found == pytest.approx(row, rel=1e-12, abs=1e-13)
    again = build()
    load_torch_state_dict(again, other.state_dict())
    assert again.state_dict() == ours.state_dict()


def test_an_mlp_gives_a_weight_and_a_bias_a_layer():
    pytest.importorskip("numpy")
    model = stirred(MLP(3, [4, 1], activation="prelu"))
    assert shapes(model) == {
        "layers.0.weight": (4, 3), "layers.0.bias": (4,), "layers.0.activation.weight": (1,),
        "layers.1.weight": (1, 4), "layers.1.bias": (1,),
    }  # fmt: skip
    weight = to_torch_state_dict(model)["layers.0.weight"]
    assert weight.tolist() == [[w.data for w in neuron.w] for neuron in model.layers[0].neurons]
    assert shapes(Neuron(2)) == {"weight": (1, 2), "bias": (1,)}
    other = MLP(3, [4, 1], activation="prelu", rng=1)
    load_torch_state_dict(other, to_torch_state_dict(model))
    assert other.state_dict() == model.state_dict()


def test_pytorch_loads_an_mlp():
    torch = pytest.importorskip("torch")

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList([torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)])

        def forward(self, x):
            return self.layers[1](torch.tanh(self.layers[0](x)))

    ours, theirs = MLP(3, [4, 2], activation="tanh", rng=0), Theirs().double()
    theirs.load_state_dict({key: torch.as_tensor(x) for key, x in to_torch_state_dict(ours).items()})
    x = numbers(3)
    assert [v.data for v in ours(x)] == pytest.approx(theirs(torch.tensor(x, dtype=torch.float64)).tolist(), rel=1e-13)


def test_single_precision_comes_in_exactly():
    torch = pytest.importorskip("torch")
    theirs, ours = torch.nn.Linear(2, 3), Linear(2, 3)
    load_torch_state_dict(ours, theirs.state_dict())
    assert [[w.data for w in row] for row in ours.weight] == theirs.weight.tolist()


class Loose(Module):
    """Parameters as users keep them: alone, in a dict, in lists of several sizes, shared, and computed."""

    def __init__(self):
        self.scale = Value(2.0)
        self.table = {"a": Value(1.0), "b": [Value(3.0)]}
        self.ragged = [[Value(1.0)], [Value(2.0), Value(3.0)]]
        self.encoder = self.decoder = Linear(1, 1, bias=False)
        self.cached = self.scale * 2.0
        self.units, self.curve, self.hinges = Maxout(2, 3), SReLU(), APL(2)
        self._private = Value(0.0)


def test_every_other_parameter_has_a_name_too():
    pytest.importorskip("numpy")
    assert shapes(Loose()) == {
        "scale": (), "table.a": (), "table.b": (1,), "ragged.0": (1,), "ragged.1": (2,),
        "encoder.weight": (1, 1), "decoder.weight": (1, 1),
        "units.weight": (3, 2, 2), "units.bias": (3, 2), "curve.tl": (), "curve.al": (), "curve.tr": (),
        "curve.ar": (), "hinges.a": (2,), "hinges.b": (2,),
    }  # fmt: skip
    model, other = Loose(), Loose()
    load_torch_state_dict(other, to_torch_state_dict(model))
    assert other.state_dict() == model.state_dict()


def test_without_numpy_they_are_lists(monkeypatch):
    monkeypatch.setattr(pytorch, "numpy_if_installed", lambda: None)
    model = Sequential(Linear(2, 1, rng=0), BatchNorm(1))
    state = to_torch_state_dict(model)
    assert state["0.weight"] == [[w.data for w in model[0].weight[0]]]
    assert (state["1.running_var"], state["1.num_batches_tracked"]) == ([1.0], 0)
    other = Sequential(Linear(2, 1, rng=1), BatchNorm(1))
    load_torch_state_dict(other, state)
    assert other.state_dict() == model.state_dict()


def changed(**entries):
    state = {"weight": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "bias": [0.0, 0.0, 0.0], **entries}
    return {name: x for name, x in state.items() if x is not None}


@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        (changed(bias=None), KeyError, "the state lacks 'bias'; Linear takes 'weight', 'bias', so load"),
        (changed(scale=[1.0]), KeyError, "the state has the unknown 'scale'; Linear takes"),
        (changed(bias=None, b=[0.0] * 3), KeyError, "lacks 'bias' and has the unknown 'b'"),
        (changed(weight=[[1.0] * 3] * 2), ValueError, r"'weight' in the shape \(2, 3\), where Linear has \(3, 2\)"),
        (changed(bias=[0.0]), ValueError, r"'bias' in the shape \(1,\), where Linear has \(3,\)"),
        (changed(bias=0.0), ValueError, r"'bias' in the shape \(\), where Linear has \(3,\)"),
        (changed(weight=[[1.0, 2.0], [3.0], [4.0, 5.0]]), ValueError, r"\(3, 2\), but ragged"),
        (changed(bias=[0.0, None, 0.0]), TypeError, "the state holds None in 'bias'; it must hold numbers"),
        ({str(i): 0.0 for i in range(11)}, KeyError, "'7' and 3 more"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state, error, words):
    model = Linear(2, 3, rng=0)
    before = model.state_dict()
    with pytest.raises(error, match=words):
        load_torch_state_dict(model, state)
    assert model.state_dict() == before


def test_nan_and_infinities_go_round():
    model = Linear(1, 1)
    load_torch_state_dict(model, {"weight": [[math.inf]], "bias": [math.nan]})
    state = to_torch_state_dict(model)
    assert state["weight"][0][0] == math.inf
    assert math.isnan(state["bias"][0])


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("ReLU", "relu"), ("LeakyReLU", "leaky_relu"), ("Hardtanh", "hard_tanh"),
        ("CrossEntropyLoss", "softmax_cross_entropy"), ("mse_loss", "mse"),
    ],
)  # fmt: skip
def test_names_of_pytorch_lead_to_ours(name, ours):
    with pytest.raises(AttributeError, match=rf"has no attribute '{name}'; write nn\.{ours}, a function"):
        getattr(nn, name)
    assert callable(getattr(nn, ours))


def test_a_name_that_nobody_knows_gets_no_hint():
    with pytest.raises(AttributeError, match=r"has no attribute 'Banana'$"):
        nn.Banana  # noqa: B018
    assert not hasattr(nn, "Banana")
