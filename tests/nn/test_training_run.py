"""Runs: early stopping, callbacks, Ctrl-C, and checkpoints that go on to the very same numbers."""

import functools
import json
import math
import os
import random
import signal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.nn import (
    MLP,
    BatchNorm,
    Diverged,
    Dropout,
    Interrupted,
    Linear,
    Module,
    Neuron,
    RReLU,
    Sequential,
    fit,
    mse,
    softmax_cross_entropy,
)
from autograd_lite.nn.losses import l2_penalty
from autograd_lite.nn.metrics import KINDS
from autograd_lite.optim import SGD, Adam, CosineDecay, RMSprop, WarmUp

DRAW = random.Random(0)
X = [[DRAW.uniform(-1, 1), DRAW.uniform(-1, 1)] for _ in range(23)]
Y = [int(a * b > 0) for a, b in X]


def network():
    return Sequential(Linear(2, 4, rng=0), RReLU(rng=5), Dropout(0.2, rng=1), Linear(4, 2, rng=2))


def train(model, epochs=4, **options):
    settings = {"loss": "softmax_cross_entropy", "optimizer": Adam(model.parameters(), lr=0.05), "batch_size": 5,
                "rng": random.Random(3), "progress": False}  # fmt: skip
    return fit(model, X, Y, epochs=epochs, **{**settings, **options})


def figures(history):
    return [{k: v for k, v in record.items() if k != "seconds"} for record in history]


class Stop(Exception):
    pass


# -- early stopping


def test_patience_stops_and_goes_back_to_the_best_weights():
    model = Neuron(2, nonlin=False, rng=0)
    seen = []
    wild = SGD(model.parameters(), lr=lambda step: 0.3 if step < 8 else 2.5)  # learns, then goes astray
    history = fit(model, X, Y, optimizer=wild, epochs=50, batch_size=23, patience=3, progress=False, rng=0,
                  callbacks=[lambda run: seen.append(run.model.state_dict())])  # fmt: skip
    losses = history["loss"]
    best = losses.index(min(losses))
    assert len(history) == best + 1 + 3
    assert model.state_dict() == seen[best]


def test_patience_watches_the_validation_loss():
    model = Neuron(2, nonlin=False, rng=0)
    history = fit(model, X, Y, lr=0.1, epochs=200, patience=2, progress=False, rng=0,
                  validation=(X[:4], [5.0, -5.0, 5.0, -5.0]))  # fmt: skip
    held = history["validation_loss"]
    assert len(held) < 200
    assert min(held) == held[-3]


def test_tolerance_is_the_stop_of_the_lecture():
    model = Neuron(1, nonlin=False, init="constant")
    history = fit(model, [[0.0]], [1.0], lr=0.25, epochs=1000, tolerance=1e-3, progress=False)
    losses = history["loss"]
    assert len(losses) < 1000
    assert abs(losses[-1] - losses[-2]) < 1e-3
    assert all(abs(b - a) >= 1e-3 for a, b in pairwise(losses[:-1]))


def test_callbacks_see_the_run_and_may_stop_it():
    seen = []

    def callback(run):
        seen.append((run.epoch, len(run.history), run.history["loss"][-1], run.model.state_dict()))
        if run.epoch == 3:
            run.stop()

    model = network()
    history = train(model, epochs=9, callbacks=[callback])
    assert [s[:2] for s in seen] == [(1, 1), (2, 2), (3, 3)]
    assert seen[-1][3] == model.state_dict()
    assert len(history) == 3


def test_a_penalty_is_part_of_the_loss():
    def slopes(**options):
        model = Neuron(1, nonlin=False, init="constant")
        model.w[0].data = 2.0
        fit(model, [[1.0]], [2.0], lr=0.5, epochs=1, progress=False, **options)
        return model.w[0].data

    assert slopes() == 2.0
    assert slopes(penalty=lambda m: l2_penalty(m.parameters(), 0.5)) == 2.0 - 0.5 * 0.5 * 2.0


def test_clip_limits_the_step():
    model = Neuron(1, nonlin=False, init="constant")
    fit(model, [[1.0]], [1e6], lr=1.0, epochs=1, clip=0.1, progress=False)
    assert math.hypot(model.w[0].data, model.b.data) == pytest.approx(0.1)


# -- checkpoints


@pytest.fixture(scope="module")
def whole():
    model = network()
    return figures(train(model)), model.state_dict()


def signal_myself():
    os.kill(os.getpid(), signal.SIGINT)


def insist():
    """Ctrl-C twice, which interrupts at once: a step in its middle, or the validation."""
    signal_myself()
    signal_myself()
    pytest.fail("the second one was ignored")


@pytest.mark.thorough
@given(st.integers(1, 92))
@settings(max_examples=25)
def test_an_interrupted_run_goes_on_to_the_same_numbers(tmp_path_factory, whole, count):
    path = tmp_path_factory.mktemp("run") / "run.json"
    with pytest.raises(KeyboardInterrupt):
        train(network(), checkpoint=path, loss=interrupting(count, signal_myself))
    model = network()
    history = train(model, checkpoint=path, loss=interrupting(0, None))
    assert (figures(history), model.state_dict()) == whole


@pytest.mark.parametrize("sample", [0, 2])
@pytest.mark.parametrize("epoch", [0, 3])
def test_a_run_interrupted_in_its_validation_goes_on_to_the_same_numbers(tmp_path, epoch, sample):
    def run(path, count):
        model = network()
        history = train(model, checkpoint=path, loss=interrupting(count, insist), validation=(X[:3], Y[:3]))
        return figures(history), model.state_dict()

    with pytest.raises(Interrupted, match=f"interrupted in epoch {epoch + 1} of 4") as caught:
        run(tmp_path / "run.json", 26 * epoch + 23 + sample + 1)
    assert len(caught.value.history) == epoch
    assert run(tmp_path / "run.json", 0) == run(None, 0)


SCHEDULE = WarmUp(3, CosineDecay(0.1, 16))
RULES = {
    "sgd": lambda parameters, lr: SGD(parameters, lr=lr, momentum=0.9, nesterov=True, weight_decay=0.01),
    "rmsprop": lambda parameters, lr: RMSprop(parameters, lr=lr, momentum=0.5),
    "adam": lambda parameters, lr: Adam(parameters, lr=lr),
}


@pytest.mark.thorough
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("when", [0, 1, 6, 7, 8, 15])  # 4 steps an epoch
def test_momentum_schedules_dropout_and_batch_norm_go_on_to_the_same_bits(tmp_path, compiled, rule, when):
    def run(path, stop_at=None):
        def rate(step):
            if step == stop_at:
                signal_myself()
            return SCHEDULE(step)

        model = Sequential(Linear(2, 3, rng=0), BatchNorm(3), RReLU(rng=5), Dropout(0.2, rng=1), Linear(3, 2, rng=2))
        history = fit(model, X[:20], Y[:20], loss="softmax_cross_entropy",
                      optimizer=RULES[rule](model.parameters(), rate),
                      epochs=4, batch_size=5, rng=random.Random(3), progress=False, compile=compiled, clip=0.5,
                      validation=(X[20:], Y[20:]), checkpoint=path)  # fmt: skip
        return figures(history), model.state_dict(), [module._rng.getstate() for module in (model[2], model[3])]

    with pytest.raises(Interrupted):
        run(tmp_path / "run.json", stop_at=when)
    assert run(tmp_path / "run.json") == run(None)


def interrupting(count, action, loss=softmax_cross_entropy):
    """The loss, which does something else too at one call."""
    calls = [0]

    def interrupted(output, target):
        calls[0] += 1
        if calls[0] == count:
            action()
        return loss(output, target)

    if loss in KINDS:
        KINDS[interrupted] = KINDS[loss]
    return interrupted


@given(st.integers(1, 92))
@settings(max_examples=15)
def test_a_run_that_was_killed_goes_on_from_its_last_epoch(tmp_path_factory, whole, count):
    def killed():
        raise Stop

    path = tmp_path_factory.mktemp("run") / "run.json"
    with pytest.raises(Stop):
        train(network(), checkpoint=path, loss=interrupting(count, killed))
    model = network()
    history = train(model, checkpoint=path, loss=interrupting(0, None))
    assert (figures(history), model.state_dict()) == whole


def test_more_epochs_go_on(tmp_path, whole):
    path = tmp_path / "run.json"
    train(network(), epochs=2, checkpoint=path)
    model = network()
    assert (figures(train(model, epochs=4, checkpoint=path)), model.state_dict()) == whole
    again = network()
    assert (figures(train(again, epochs=4, checkpoint=path)), again.state_dict()) == whole


def test_early_stopping_survives_an_interruption(tmp_path):
    def run(path, loss, epochs=30):
        model = Neuron(2, nonlin=False, rng=0)
        history = fit(model, X, Y, loss=loss, lr=0.45, epochs=epochs, batch_size=4, patience=2, progress=False, rng=1,
                      checkpoint=path)  # fmt: skip
        return figures(history), model.state_dict()

    expected = run(None, interrupting(0, None, mse))
    assert len(expected[0]) < 30
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "run.json", interrupting(40, signal_myself, mse))
    assert run(tmp_path / "run.json", interrupting(0, None, mse)) == expected


def test_ctrl_c_finishes_the_step_and_keeps_the_history():
    model = network()
    with pytest.raises(Interrupted, match="interrupted in epoch 2 of 4") as caught:
        train(model, loss=interrupting(30, signal_myself))
    assert len(caught.value.history) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    partial = network()
    train(partial, epochs=1)
    assert model.state_dict() != partial.state_dict()  # the second epoch had begun


def test_ctrl_c_in_the_last_step_is_not_lost_and_neither_is_the_history():
    model = network()
    with pytest.raises(Interrupted, match="interrupted when all epochs were done") as caught:
        train(model, loss=interrupting(92, signal_myself))
    assert len(caught.value.history) == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_does_not_wait():
    with pytest.raises(KeyboardInterrupt):
        train(network(), loss=interrupting(7, insist))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"batch_size": 6}, "its batch_size is 5, here 6"),
        ({"optimizer": "sgd"}, "its optimizer is Adam, here SGD"),
        ({"shuffle": False}, "its shuffle is True, here False"),
        ({"loss": "mse", "y": [[0.0, 1.0]] * 23}, "its loss is softmax_cross_entropy, here mse"),
        ({"X": [[a, b + 1.0] for a, b in X]}, "its data is"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, change, words):
    path = tmp_path / "run.json"
    train(network(), epochs=1, checkpoint=path)
    model = network()
    before = model.state_dict()
    options = {"X": X, "y": Y, "loss": "softmax_cross_entropy", "optimizer": "adam", "batch_size": 5, "rng": 0}
    with pytest.raises(ValueError, match=words):
        fit(model, **{**options, **change}, checkpoint=path, progress=False)
    assert model.state_dict() == before


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    path = tmp_path / "run.json"
    train(network(), epochs=1, checkpoint=path)
    with pytest.raises(ValueError, match="its structure is"):
        train(MLP(2, [2]), checkpoint=path)


@pytest.mark.parametrize("damage", ["half", "empty", "no model", "no order"])
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    path = tmp_path / "run.json"
    train(network(), epochs=1, checkpoint=path)
    text = path.read_text()
    if damage.startswith("no"):
        document = json.loads(text)
        del document[damage.split()[1]]
        path.write_text(json.dumps(document))
    else:
        path.write_text(text[: len(text) // 2] if damage == "half" else "")
    model = network()
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"is no JSON file or is cut short|is not a whole checkpoint"):
        train(model, checkpoint=path)
    assert model.state_dict() == before


def at(*keys):
    def change(document, x):
        part = document
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = x

    return change


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("place", "x", "words"),
    [
        (at("history", 0), {"epoch": 1.0, "seconds": 1.0, "accuracy": 1.0}, "its history lacks loss"),
        (at("history", 0), {"epoch": 1.0, "loss": 1.0}, "its history lacks accuracy, seconds"),
        (at("history", 0), 5, "no attribute"),
        (at("history"), [], "it has 0 records of 1 epochs"),
        (at("epoch"), 10**9, "records of 1000000000 epochs"),
        (at("epoch"), -1, "is no count"),
        (at("position"), 7, "its position 7 is behind the last sample"),
        (at("order"), [0, 0], "no permutation"),
        (at("sums"), [0.0, 0.0], "no list of 3"),
        (at("sums", 0), "0", "is no number"),
        (at("sums", 0), 10**400, "OverflowError"),
        (at("watch"), [1.0, 0.5], "is no count"),
        (at("stopped"), None, "stopped is no string"),
        (at("best"), {"x": 1.0}, "its best state has other names"),
        (at("best"), [], "no attribute"),
        (at("model"), {}, "the state has no"),
        (at("model"), [], "no attribute"),
        (at("model", "0.bias[0]"), None, "None is no number"),
        (at("generators", ""), [3, [1, 2], None], "the state of a generator does not fit"),
        (at("generators", ""), 5, "no list of 3"),
        (at("optimizer", "beta2"), 1.5, "beta2 must be at least 0.0 and below 1.0, but got 1.5"),
        (at("optimizer", "beta1"), -0.5, "beta1 must be at least 0.0"),
        (at("optimizer", "beta1"), True, "beta1 is True"),
        (at("optimizer", "eps"), float("nan"), "eps must be"),
        (at("optimizer", "eps"), 10**400, "eps is a number beyond the range of floats"),
        (at("optimizer", "weight_decay"), -1.0, "weight_decay must be"),
        (at("optimizer", "lr"), "fast", "lr is a number"),
        (at("optimizer", "steps"), 1.5, "steps is 1.5"),
        (at("optimizer", "steps"), 10**400, "which is no count"),
        (at("optimizer", "memory"), {}, "the state remembers nothing, but Adam"),
        (at("optimizer", "memory"), 5, "no dict of lists"),
        (at("optimizer", "memory", "v"), 5, "no dict of lists"),
        (at("optimizer", "memory", "v"), [0.5], "1 numbers for v"),
        (at("optimizer", "memory", "v", 0), -1.0, "v must be at least 0.0"),
        (at("optimizer", "memory", "m", 0), None, "m is a number"),
        (at("optimizer"), [], "takes the state that state_dict gave"),
        (at("optimizer"), {"kind": "Adam"}, "the state has no 'memory'"),
    ],
)  # fmt: skip
def test_a_checkpoint_that_would_fail_later_is_refused_when_it_is_read(tmp_path, place, x, words):
    path = tmp_path / "run.json"
    train(network(), epochs=1, checkpoint=path)
    document = json.loads(path.read_text())
    place(document, x)
    path.write_text(json.dumps(document))
    model, called = network(), []
    before = model.state_dict()
    with pytest.raises(ValueError, match=f"is not a whole checkpoint.*{words}.*; delete it to start again"):
        train(model, checkpoint=path, callbacks=[called.append])
    assert model.state_dict() == before
    assert not called


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [(SGD, functools.partial(SGD, momentum=0.9)), (functools.partial(RMSprop, momentum=0.9), RMSprop)],
)
def test_a_state_without_steps_does_not_turn_momentum_on_or_off(mine, theirs):
    # It was taken over, while the rule went on without its memory.
    optimizer = mine([Value(1.0)])
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=r"momentum is .* in the state, here .*; give it the settings of the other"):
        optimizer.load_state_dict(theirs([Value(1.0)]).state_dict())
    assert optimizer.state_dict() == before


def test_an_unwritable_checkpoint_is_found_before_training(tmp_path):
    model = network()
    before = model.state_dict()
    with pytest.raises(OSError, match="nowhere"):
        train(model, checkpoint=tmp_path / "nowhere" / "run.json")
    assert model.state_dict() == before


def test_a_loss_that_overflows_names_its_place():
    class Steep(Module):
        def __init__(self):
            self.a = Neuron(1, nonlin=False, init="constant")

        def forward(self, x):
            return self.a(x) * 1e200

    model = Steep()
    with pytest.raises(Diverged, match=r"epoch 1, batch [12]: .*keeps the last weights that were good"):
        fit(model, [[1.0], [2.0]], [1e200, -1e200], lr=1e300, epochs=5, progress=False, rng=0)
    assert all(math.isfinite(p.data) for p in model.parameters())
