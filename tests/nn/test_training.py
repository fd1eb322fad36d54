"""fit: what it learns, what it returns, and what it refuses at the door."""

import math
import random
import warnings

import pytest

from autograd_lite import Value
from autograd_lite.nn import MLP, Diverged, Linear, Module, Neuron, evaluate, fit, predict
from autograd_lite.nn.losses import l2_penalty
from autograd_lite.optim import SGD

XOR_X, XOR_Y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]


def quiet(model, X, y, **options):
    return fit(model, X, y, **{"progress": False, "rng": 0, **options})


def test_two_layers_learn_xor():
    model = MLP(2, [4, 1], activation="tanh", rng=1)
    history = quiet(model, XOR_X, XOR_Y, loss="binary_cross_entropy_with_logits", optimizer="adam", lr=0.1, epochs=200)
    assert history["accuracy"][-1] == 1.0
    assert [z > 0 for z in predict(model, XOR_X)] == [bool(y) for y in XOR_Y]


def test_the_least_squares_line_of_the_lecture():
    goals = [39.0, 50.0, 48.0, 51.0, 50.0]
    line = Neuron(1, nonlin=False, rng=0)
    quiet(line, [[year] for year in (-2, -1, 0, 1, 2)], goals, lr=0.1, epochs=400, batch_size=5)
    assert (line.w[0].data, line([3.0]).data) == pytest.approx((2.3, 54.5))


@pytest.mark.parametrize("build", [lambda: Neuron(2, rng=0), lambda: Linear(2, 1, rng=0)])
def test_one_number_and_a_list_of_one_number_are_the_same_target(build):
    found = []
    for y in ([0, 1, 1, 1], [[0], [1], [1], [1]]):
        model = build()
        loss = "binary_cross_entropy_with_logits"
        history = quiet(model, XOR_X, y, loss=loss, lr=1.0, epochs=50)
        found.append((model.state_dict(), history["accuracy"], evaluate(model, XOR_X, y, loss)))
    assert found[0] == found[1]
    assert found[0][2]["accuracy"] == 1.0


def test_a_step_is_gradient_descent_on_the_mean_loss():
    model = Neuron(1, nonlin=False, init="constant")
    quiet(model, [[1.0], [2.0]], [1.0, 3.0], lr=0.5, epochs=1, batch_size=2, shuffle=False)
    # the gradient of ((w + b - 1)^2 + (2 w + b - 3)^2) / 2 at 0 is (-7, -4)
    assert (model.w[0].data, model.b.data) == (3.5, 2.0)


@pytest.mark.parametrize(
    ("size", "steps", "weights"),
    [
        # the same two samples as above, at rate 0.1: one step on their mean, or one on each
        (2, 1, (0.7, 0.4)), (1, 2, (1.16, 0.68)),
    ],
)  # fmt: skip
def test_full_batch_and_stochastic_descent(size, steps, weights):
    model = Neuron(1, nonlin=False, init="constant")
    optimizer = SGD(model.parameters(), lr=0.1)
    quiet(model, [[1.0], [2.0]], [1.0, 3.0], optimizer=optimizer, epochs=1, batch_size=size, shuffle=False)
    assert (model.w[0].data, model.b.data) == pytest.approx(weights)
    assert optimizer.steps == steps


@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_sees_every_sample_once_in_mini_batches_in_a_new_order(shuffle):
    seen, model = [], Neuron(1, nonlin=False)
    optimizer = SGD(model.parameters(), lr=0.0)

    def loss(output, target):
        seen.append(target)
        return output * target

    quiet(model, [[0.0]] * 10, range(10), loss=loss, optimizer=optimizer, epochs=3, batch_size=4, shuffle=shuffle)
    epochs = [seen[i : i + 10] for i in (0, 10, 20)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert (epochs[0] != epochs[1] != epochs[2]) == shuffle
    assert optimizer.steps == 3 * 3


@pytest.mark.thorough
def test_bias_and_variance():
    # Few noisy points on a curve: a line is wrong everywhere, a large network learns the noise by heart.
    draw = random.Random(0)

    def points(count, noise):
        X = [[draw.uniform(-2.0, 2.0)] for _ in range(count)]
        return X, [math.sin(2.0 * x) + draw.gauss(0.0, noise) for (x,) in X]

    learned, fresh = points(12, 0.3), points(200, 0.0)

    def losses(hidden, epochs, penalty=None):
        model = MLP(1, [*hidden, 1], activation="tanh", init="xavier_normal", rng=1)
        history = quiet(model, *learned, optimizer="adam", lr=0.02, epochs=epochs, batch_size=12, compile=True,
                        penalty=penalty)  # fmt: skip
        return history["loss"][-1], evaluate(model, *fresh)["loss"]

    line, large = losses([], 800), losses([40], 4000)
    assert line[0] > 0.2  # bias: even what it learns from
    assert line[1] > 0.2
    assert large[0] < 0.02  # variance: right where it learned, wrong beside it
    assert large[1] > 4.0 * large[0]
    held_back = losses([40], 4000, penalty=lambda model: l2_penalty(model.parameters(), 0.02))
    assert held_back[1] < min(line[1], large[1])


def test_the_history_has_a_record_an_epoch():
    model = MLP(2, [3, 2], activation="tanh", rng=0)
    history = quiet(model, XOR_X, XOR_Y, loss="softmax_cross_entropy", epochs=3, validation=(XOR_X, XOR_Y))
    assert len(history) == 3
    assert history["epoch"] == [1.0, 2.0, 3.0]
    for name in ("loss", "accuracy", "validation_loss", "validation_accuracy", "seconds"):
        assert all(math.isfinite(x) for x in history[name])
    assert evaluate(model, XOR_X, XOR_Y, "softmax_cross_entropy") == {
        "loss": history["validation_loss"][-1], "accuracy": history["validation_accuracy"][-1],
    }  # fmt: skip
    with pytest.raises(KeyError, match="no 'speed'; it has epoch, loss"):
        history["speed"]
    assert "3 epochs" in repr(history)


def test_the_same_seed_trains_to_the_same_bits():
    def trained(rng):
        model = MLP(2, [3, 1], activation="tanh", rng=0)
        quiet(model, XOR_X, XOR_Y, batch_size=2, epochs=3, rng=rng)
        return model.state_dict()

    assert trained(5) == trained(5) != trained(6)


def test_training_leaves_grad_alone():
    model = Neuron(2)
    quiet(model, XOR_X, XOR_Y, epochs=1)
    assert not any(p.has_grad for p in model.parameters())


def test_validation_may_be_a_share_of_the_rows():
    history = quiet(Neuron(2), XOR_X, XOR_Y, epochs=1, validation=0.25)
    assert "validation_loss" in history.epochs[0]


def test_predict_evaluates_and_gives_the_modes_back():
    class Loud(Module):
        def __init__(self):
            self.p = Value(1.0)
            self.seen = []

        def forward(self, x):
            self.seen.append(self.training)
            return self.p * x[0]

    model = Loud()
    assert predict(model, [[2.0], [3.0]]) == [2.0, 3.0]
    assert model.seen == [False, False]
    assert model.training


def test_a_diverging_run_stops_and_keeps_the_last_good_weights():
    class Wild(Module):
        def __init__(self):
            self.a, self.b = Value(1.0), Value(0.0)

        def forward(self, x):
            return self.a + self.b.sqrt() * 0.0 if x[0] > 2 else self.a * x[0]

    model = Wild()
    with pytest.raises(Diverged, match=r"epoch 1, batch 2: the loss is .*, and the gradient of b is nan"):
        quiet(model, [[1.0], [3.0]], [0.0, 0.0], batch_size=1, shuffle=False, lr=0.25)
    assert model.state_dict() == {"a": 0.5, "b": 0.0}


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("lr", [10.0, 1e150, 1e300])
def test_the_loss_of_the_weights_that_stay_is_finite(lr, compile):
    if compile:
        pytest.importorskip("numpy")
    X, y = [[float(i), -float(i)] for i in range(9)], [[float(i % 3)] * 3 for i in range(9)]
    model = MLP(2, [4, 3], rng=0, activation="identity")
    with pytest.raises(Diverged, match=r"epoch \d+, batch \d: .*keeps the last weights that were good"):
        fit(model, X, y, lr=lr, batch_size=3, epochs=99, progress=False, rng=0, compile=compile)
    assert math.isfinite(evaluate(model, X[:3], y[:3])["loss"])


def test_arrays_and_data_frames():
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    results = []
    for X, y in (
        (XOR_X, XOR_Y),
        (numpy.array(XOR_X), numpy.array(XOR_Y)),
        (numpy.array(XOR_X, dtype=numpy.float32), numpy.array(XOR_Y, dtype=numpy.int8)),
        (pandas.DataFrame(XOR_X), pandas.Series(XOR_Y)),
    ):
        model = MLP(2, [2, 2], activation="tanh", rng=0)
        quiet(model, X, y, loss="softmax_cross_entropy", epochs=2)
        results.append(model.state_dict())
    assert all(state == results[0] for state in results)


def test_progress_shows_loss_and_accuracy(capsys):
    model = MLP(2, [2, 2], activation="tanh", rng=0)
    fit(model, XOR_X, XOR_Y, loss="softmax_cross_entropy", epochs=2, rng=0)
    shown = capsys.readouterr().err
    assert "epoch 2/2" in shown
    assert "loss=" in shown
    assert "accuracy=" in shown


def test_progress_without_tqdm_prints_lines(capsys, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    fit(MLP(2, [2, 2], rng=0), XOR_X, XOR_Y, loss="softmax_cross_entropy", epochs=2, rng=0)
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["epoch 1/2", "epoch 2/2"]


def test_the_history_plots():
    pytest.importorskip("matplotlib")
    history = quiet(MLP(2, [2, 2], rng=0), XOR_X, XOR_Y, loss="softmax_cross_entropy", validation=(XOR_X, XOR_Y))
    loss, accuracy = history.plot().axes
    assert [len(line.get_xdata()) for line in loss.lines] == [10, 10]
    assert list(accuracy.lines[0].get_ydata()) == history["accuracy"]


GOOD = {"X": XOR_X, "y": XOR_Y}


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"X": []}, ValueError, "X is empty"),
        ({"X": [[]] * 4}, ValueError, "expects 2 inputs, but got 0"),
        ({"X": [[0.0, 1.0], [1.0], [0.0, 1.0], [0.0, 1.0]]}, ValueError, "row 1 of X has the size 1, but row 0 has 2"),
        ({"X": [[0.0, 1.0], [1.0, "a"]]}, TypeError, "row 1 of X holds 'a' of type str"),
        ({"X": [[0.0, 1.0], [1.0, None]]}, TypeError, "row 1 of X holds None"),
        ({"X": [[0.0, 1.0], [1.0, math.nan]]}, ValueError, "row 1 of X holds nan"),
        ({"X": "abc"}, TypeError, "X is a list or an array with a row for each sample"),
        ({"X": 3}, TypeError, "X is a list or an array with a row for each sample"),
        ({"X": [[0.0, 1.0, 2.0]] * 4}, ValueError, r"Layer\(2 -> 2, relu\) expects 2 inputs, but got 3"),
        ({"y": []}, ValueError, "y is empty"),
        ({"y": [0, 1, 1]}, ValueError, "X has 4 rows, but y has 3"),
        ({"y": [0, 1, 2, 1]}, ValueError, "row 2 of y is 2, but the model has 2 outputs"),
        ({"y": [0, 1, -1, 1]}, ValueError, "row 2 of y is -1, but the model has 2 outputs"),
        ({"y": [0, 1, 0.5, 1]}, ValueError, "row 2 of y is 0.5, but the model has 2 outputs"),
        ({"y": ["a", "b", "a", "b"]}, ValueError, "row 0 of y is 'a', but the model has 2 outputs"),
        ({"loss": "mae"}, ValueError, "no loss 'mae'; the known ones are mse"),
        ({"loss": "hinge", "y": [[1, -1]] * 3 + [[1, 0]]}, ValueError, r"row 3 of y is \[1, 0\]; .* -1 and 1"),
        (
            {"loss": "binary_cross_entropy_with_logits", "y": [[0, 2]] * 4},
            ValueError,
            r"row 0 of y is \[0, 2\]; .* from 0 to 1",
        ),
        ({"loss": "mse"}, ValueError, "row 0 of y has 1 numbers, but the model gives 2"),
        (
            {"optimizer": "lbfgs"},
            ValueError,
            "no optimizer 'lbfgs'; the known ones are sgd, adagrad, rmsprop, adam, adamw",
        ),
        ({"lr": -1.0}, ValueError, "lr must be at least 0.0, but got -1.0"),
        ({"batch_size": 0}, ValueError, "batch_size is at least 1, but got 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size is a whole number, but got 2.5"),
        ({"epochs": 0}, ValueError, "epochs is at least 1, but got 0"),
        ({"validation": (XOR_X, [0, 1])}, ValueError, "X has 4 rows, but y has 2"),
        ({"validation": (XOR_X, [0, 1, 2, 3])}, ValueError, "row 2 of validation y is 2"),
        ({"validation": 1.5}, ValueError, "share of 1.5 of 4 rows leaves an empty part"),
        ({"callbacks": [print, 5]}, TypeError, "callbacks are functions of the run, but got 5; pass"),
        ({"callbacks": print}, TypeError, "callbacks are functions of the run, in a list, but got"),
        ({"penalty": lambda model: [1.0]}, TypeError, r"penalty returns one Value or number, but got \[1.0\]"),
        ({"penalty": lambda model: None, "compile": True}, TypeError, "penalty returns one Value or number"),
    ],
)
def test_bad_input(change, error, words):
    model = MLP(2, [2, 2], rng=0)
    before = model.state_dict()
    with pytest.raises(error, match=words):
        quiet(model, **{**GOOD, "loss": "softmax_cross_entropy", **change})
    assert model.state_dict() == before


def test_a_rate_beside_an_optimizer_is_refused():
    model = Neuron(2)
    with pytest.raises(ValueError, match=r"set optimizer\.lr"):
        quiet(model, XOR_X, XOR_Y, optimizer=SGD(model.parameters()), lr=0.1)


@pytest.mark.parametrize(("activation", "lr"), [("tanh", 100.0), ("relu", 1e-12)])
def test_training_that_ends_no_better_than_it_began_tells_so(activation, lr):
    model = MLP(2, [4, 1], activation=activation, rng=0)
    with pytest.warns(UserWarning, match=r"no better than it began.*diagnose\(model, X, y, loss\).*learning rate"):
        fit(model, XOR_X, [0, 1, 1, 0], loss="binary_cross_entropy_with_logits", lr=lr, epochs=5, progress=False, rng=0)


def test_training_that_learns_tells_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(MLP(2, [4, 1], rng=0), XOR_X, [0, 1, 1, 0], lr=0.05, epochs=20, progress=False, rng=0)
