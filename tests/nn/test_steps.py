"""Compiled training: the same numbers as on Values, for every kind of network, loss and optimiser."""

import random

import pytest

from autograd_lite.core.value import Value
from autograd_lite.nn import (
    MLP,
    BatchNorm,
    Conv2d,
    Diverged,
    Dropout,
    Flatten,
    Linear,
    Maxout,
    MaxPool2d,
    Module,
    Sequential,
    fit,
    one_hot,
)
from autograd_lite.nn.losses import LOSSES, l2_penalty
from autograd_lite.nn.metrics import KINDS
from autograd_lite.optim import OPTIMIZERS, Adam

numpy = pytest.importorskip("numpy")

DRAW = random.Random(0)
X = [[DRAW.uniform(-1, 1), DRAW.uniform(-1, 1)] for _ in range(17)]
LABELS = [int(a * b > 0) for a, b in X]
IMAGES = [[[[DRAW.uniform(0, 1) for _ in range(4)] for _ in range(4)]] for _ in range(8)]


def both(build, X=X, y=LABELS, **options):
    """The state and the history after training on Values, and compiled."""
    results = []
    for compiled in (False, True):
        model = build()
        given = {"loss": "softmax_cross_entropy", "optimizer": "adam", "lr": 0.05, **options}
        if callable(given.get("penalty")) and isinstance(given["optimizer"], type):
            given["optimizer"] = given["optimizer"](model.parameters())
        history = fit(model, X, y, epochs=3, batch_size=4, progress=False, rng=5, compile=compiled, **given)
        results.append((model, history))
    return results


def assert_same(results):
    (eager, history), (compiled, other) = results
    first, second = eager.state_dict(), compiled.state_dict()
    assert list(first) == list(second)
    assert list(second.values()) == pytest.approx(list(first.values()), rel=1e-9, abs=1e-11)
    for name in history.epochs[0]:
        if name != "seconds":
            assert other[name] == pytest.approx(history[name], rel=1e-9, abs=1e-11), name


@pytest.mark.parametrize(("options", "bound"), [({"fastmath": True}, 1e-9), ({"dtype": "float32"}, 1e-4)])
@pytest.mark.parametrize(("optimizer", "clip"), [("sgd", None), ("sgd", 0.1), ("adam", None)])
def test_options_of_compiled_steps(options, bound, optimizer, clip):
    pytest.importorskip("llvmlite")
    results = both(lambda: MLP(2, [8, 2], rng=1), optimizer=optimizer, clip=clip)
    model = MLP(2, [8, 2], rng=1)
    fit(model, X, LABELS, "softmax_cross_entropy", optimizer, epochs=3, batch_size=4, progress=False, rng=5, lr=0.05,
        compile=True, clip=clip, **options)  # fmt: skip
    strict, found = ([p.data for p in x.parameters()] for x in (results[1][0], model))
    assert found == pytest.approx(strict, rel=bound, abs=bound)
    assert found != strict
    if "dtype" in options:
        assert found == numpy.float32(found).tolist()


@pytest.mark.parametrize("options", [{"fastmath": True}, {"dtype": "float32"}])
def test_options_of_compiled_steps_need_them(options):
    with pytest.raises(ValueError, match="without compile=True"):
        fit(MLP(2, [2]), X, LABELS, "softmax_cross_entropy", progress=False, **options)


def test_a_dtype_that_no_program_computes_in():
    with pytest.raises(ValueError, match="float16"):
        fit(MLP(2, [2]), X, LABELS, "softmax_cross_entropy", progress=False, compile=True, dtype="float16")


@pytest.mark.thorough
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer(optimizer):
    assert_same(both(lambda: MLP(2, [4, 2], activation="tanh", rng=0), optimizer=optimizer))


@pytest.mark.thorough
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss(name):
    kind = KINDS.get(LOSSES[name], "numbers")
    y = {"signs": [2 * k - 1 for k in LABELS], "numbers": [a - b for a, b in X]}
    outputs, last = 2 if kind == "classes" else 1, "sigmoid" if kind == "probabilities" else "linear"
    build = lambda: Sequential(Linear(2, 4, rng=0), "tanh", Linear(4, outputs, rng=1), last)  # noqa: E731
    assert_same(both(build, y=y.get(kind, LABELS), loss=name))


@pytest.mark.thorough
def test_several_outputs_and_probabilities():
    rows = [one_hot(k, 2) for k in LABELS]
    for loss in ("mse", "half_squared", "binary_cross_entropy_with_logits", "softmax_cross_entropy"):
        assert_same(both(lambda: MLP(2, [3, 2], activation="tanh", rng=0), y=rows, loss=loss))


@pytest.mark.thorough
@pytest.mark.parametrize(
    "build",
    [
        lambda: Sequential(Linear(2, 4, rng=0), "relu", Linear(4, 2, rng=1)),
        lambda: Sequential(Linear(2, 4, rng=0), "elu", Dropout(0.3, rng=3), Linear(4, 2, rng=1)),
        lambda: Sequential(Linear(2, 4, rng=0), Dropout(0.3, rng=3), "rrelu", Dropout(0.2, rng=4), Linear(4, 2, rng=1)),
        lambda: MLP(2, [3, 3, 2], activation="prelu", rng=0),
        lambda: MLP(2, [3, 3, 2], activation="rrelu", rng=random.Random(0)),
        lambda: MLP(2, [3, 2], activation="sinc", rng=0),
        lambda: MLP(2, [3, 2], activation="soft_clipping", rng=0),
        lambda: Sequential(Maxout(2, 3, rng=0), Linear(3, 2, rng=1)),
        lambda: Sequential(Linear(2, 3, rng=0), BatchNorm(3), "tanh", Linear(3, 2, rng=1)),
        lambda: Sequential(BatchNorm(2), Dropout(0.1, rng=2), Linear(2, 3, rng=0), "tanh", Linear(3, 2, rng=1)),
    ],
)  # fmt: skip
def test_every_kind_of_layer(build):
    random.seed(0)  # RReLU inside of an MLP draws its seed there
    results = []
    for compiled in (False, True):
        random.seed(0)
        model = build()
        # not Adam: it would blow up the rounding of slopes that are 0, as before a BatchNorm
        results.append((model, fit(model, X[:16], LABELS[:16], loss="softmax_cross_entropy", optimizer="sgd", lr=0.1,
                                   epochs=3, batch_size=4, progress=False, rng=5, compile=compiled)))  # fmt: skip
    assert_same(results)


def test_a_convolutional_network():
    y = [i % 3 for i in range(8)]
    assert_same(
        both(
            lambda: Sequential(Conv2d(1, 2, 3, padding=1, rng=0), "relu", MaxPool2d(2), Flatten(), Linear(8, 3, rng=1)),
            X=IMAGES,
            y=y,
        )
    )


def test_penalty_clip_and_validation():
    assert_same(
        both(
            lambda: MLP(2, [4, 2], activation="tanh", rng=0),
            penalty=lambda model: l2_penalty(model.parameters(), 0.1),
            clip=0.5,
            validation=(X[:5], LABELS[:5]),
        )
    )


@pytest.mark.thorough
def test_only_the_parameters_of_the_optimizer_move():
    results = []
    for compiled in (False, True):
        model = MLP(2, [3, 2], activation="tanh", rng=0)
        frozen = model.layers[0].parameters()
        before = [p.data for p in frozen]
        history = fit(model, X, LABELS, loss="softmax_cross_entropy", optimizer=Adam(model.layers[1].parameters()),
                      epochs=2, progress=False, rng=1, compile=compiled)  # fmt: skip
        assert [p.data for p in frozen] == before
        results.append((model, history))
    assert_same(results)


def test_callbacks_may_change_parameters_between_epochs():
    def zero(run):
        run.model.parameters()[0].data = 0.0

    assert_same(both(lambda: MLP(2, [3, 2], activation="tanh", rng=0), callbacks=[zero]))


@pytest.mark.thorough
def test_callbacks_may_change_settings_between_epochs():
    class Scaled(Module):
        def __init__(self):
            self.inner, self.scales = MLP(2, [3, 2], activation="tanh", rng=0), [1.0]

        def forward(self, x):
            return [y * self.scales[0] for y in self.inner(x)]

    def halve(run):
        run.model.scales[0] /= 2.0

    assert_same(both(Scaled, callbacks=[halve]))


@pytest.mark.thorough
def test_a_compiled_run_resumes_to_the_same_bits(tmp_path):
    def run(epochs, path=None):
        model = Sequential(Linear(2, 4, rng=0), "relu", Dropout(0.3, rng=3), Linear(4, 2, rng=1))
        fit(model, X, LABELS, loss="softmax_cross_entropy", optimizer="adam", epochs=epochs, batch_size=4,
            progress=False, rng=5, compile=True, checkpoint=path)  # fmt: skip
        return model.state_dict()

    run(2, tmp_path / "run.json")
    assert run(5, tmp_path / "run.json") == run(5)


def test_a_compiled_run_that_diverges_keeps_good_weights():
    class Wild(Module):
        def __init__(self):
            self.a = Value(1.0)

        def forward(self, x):
            return self.a.sqrt() * x[0]

    model = Wild()
    with pytest.raises(Diverged, match=r"epoch 1, batch 2: the loss is nan, and the gradient of a is nan"):
        fit(model, [[1.0], [2.0]], [-9.0, -9.0], lr=1.0, batch_size=1, shuffle=False, progress=False, compile=True)
    assert model.a.data == 1.0
