"""The nn table: an epoch of training on the real handwritten digits that come with scikit-learn.

1,437 images, a network 64-30-10 with a sigmoid layer, softmax cross-entropy, SGD, mini-batches of 10. Each
system trains `EPOCHS` epochs for its accuracy on the 360 images held out, and goes on for the time of one.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Missing, Workload, feature, timed, workload

WORKLOADS: list[Workload] = []
EPOCHS, TRAINING, BATCH, RATE = 10, 1437, 10, 0.1
EAGER, COMPILED = "autograd_lite, eager", "autograd_lite, compiled"
TORCH, SKLEARN, NUMPY = "PyTorch", "scikit-learn MLPClassifier", "NumPy, matrices"


def data() -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 images in a fixed random order, with pixels from 0 to 1, and their digits."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    return digits.data[order] / 16.0, digits.target[order]


def batches(draw: np.random.Generator) -> list[np.ndarray]:
    """The rows of each mini-batch of one epoch, in a new random order."""
    order = draw.permutation(TRAINING)
    return [order[start : start + BATCH] for start in range(0, TRAINING, BATCH)]


def training(epoch: Callable[[], Any], predict: Callable[[np.ndarray], Any]) -> Figures:
    """Train, score the images held out, and time more epochs. `predict` maps images to scores or digits."""
    X, y = data()
    for _ in range(EPOCHS):
        epoch()
    answer = np.asarray(predict(X[TRAINING:]))
    digits = answer.argmax(1) if answer.ndim == 2 else answer
    accuracy = float((digits == y[TRAINING:]).mean())
    return {"seconds": timed(epoch, least=3, warm_up=0), "accuracy": accuracy}


def ours(compiled: bool) -> Figures:
    """Training as a user of autograd_lite writes it, with the times of the epochs that `fit` records.

    The first epoch traces and compiles, so it is not among them: what it takes beyond the others is `preparing`.
    """
    X, y = data()
    fit, sgd = feature("autograd_lite.nn:fit"), feature("autograd_lite.optim:SGD")
    model = feature("autograd_lite.nn:MLP")(64, [30, 10], activation="sigmoid")
    options = {"compile": True} if compiled else {}
    if compiled:
        feature("autograd_lite:compile")
    optimizer = sgd(model.parameters(), lr=RATE)
    states: list[float] = []

    def score(run: Any) -> None:
        if run.epoch == EPOCHS:
            digits = [scores.index(max(scores)) for scores in feature("autograd_lite.nn:predict")(model, X[TRAINING:])]
            states.append(float((np.array(digits) == y[TRAINING:]).mean()))

    history = fit(model, X[:TRAINING], y[:TRAINING], loss="softmax_cross_entropy", optimizer=optimizer, rng=0,
                  epochs=EPOCHS + 20, batch_size=BATCH, progress=False, callbacks=[score], **options)  # fmt: skip
    seconds = statistics.median(history["seconds"][EPOCHS:])
    return {"seconds": seconds, "accuracy": states[0], "preparing": history["seconds"][0] - seconds}


@workload(WORKLOADS, EAGER, needs="sklearn")
def eager() -> Figures:
    if not feature("autograd_lite.support.build:is_native")():
        raise Missing(feature("autograd_lite.support.build:describe")())
    return ours(compiled=False)


@workload(WORKLOADS, COMPILED, needs="sklearn llvmlite")
def compiled() -> Figures:
    return ours(compiled=True)


@workload(WORKLOADS, TORCH, needs="sklearn torch")
def torch_epoch() -> Figures:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    X, y = (torch.as_tensor(array) for array in data())
    model = torch.nn.Sequential(torch.nn.Linear(64, 30), torch.nn.Sigmoid(), torch.nn.Linear(30, 10))
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=RATE), torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        for rows in torch.randperm(TRAINING).split(BATCH):
            optimizer.zero_grad()
            loss(model(X[rows]), y[rows]).backward()
            optimizer.step()

    return training(epoch, lambda images: model(torch.as_tensor(images)).detach())


@workload(WORKLOADS, SKLEARN, needs="sklearn")
def sklearn_epoch() -> Figures:
    from sklearn.neural_network import MLPClassifier

    X, y = data()
    model = MLPClassifier(
        (30,), activation="logistic", solver="sgd", alpha=0.0, momentum=0.0, batch_size=BATCH,
        learning_rate_init=RATE, random_state=0,
    )  # fmt: skip

    def epoch() -> None:
        model.partial_fit(X[:TRAINING], y[:TRAINING], classes=np.arange(10))

    return training(epoch, model.predict)


@workload(WORKLOADS, NUMPY, needs="sklearn")
def numpy_epoch() -> Figures:
    draw = np.random.default_rng(0)
    X, y = data()
    labels = np.eye(10)[y]
    w1, b1 = draw.normal(size=(64, 30)) / 8, np.zeros(30)
    w2, b2 = draw.normal(size=(30, 10)) / np.sqrt(30), np.zeros(10)

    def forward(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hidden = 1 / (1 + np.exp(-(images @ w1 + b1)))
        return hidden, hidden @ w2 + b2

    def epoch() -> None:
        for rows in batches(draw):
            x = X[rows]
            hidden, scores = forward(x)
            odds = np.exp(scores - scores.max(1, keepdims=True))
            d2 = (odds / odds.sum(1, keepdims=True) - labels[rows]) * (RATE / len(rows))
            d1 = d2 @ w2.T * hidden * (1 - hidden)
            for array, gradient in ((w2, hidden.T @ d2), (b2, d2.sum(0)), (w1, x.T @ d1), (b1, d1.sum(0))):
                array -= gradient

    return training(epoch, lambda images: forward(images)[1])


def table(rounds: int, slow: bool) -> str:
    """The table in Markdown, with its targets below it."""
    results = harness.measure(WORKLOADS, rounds)
    base = TORCH if "seconds" in results[TORCH] else NUMPY
    rows = [
        (label, f"{found['seconds'] * 1e3:.1f}", f"{harness.ratio(results, label, base):.2f}",
         f"{found['accuracy']:.1%}")
        for label, found in results.items() if "seconds" in found
    ]  # fmt: skip
    goals = [
        harness.goal(f"compiled, times faster than {peer}", harness.ratio(results, peer, COMPILED), ">= 1")
        for peer in (TORCH, SKLEARN, NUMPY)
    ]
    goals.append(harness.goal("eager, times the time of PyTorch", harness.ratio(results, EAGER, TORCH), "<= 3"))
    if (preparing := results[COMPILED].get("preparing")) is not None:
        goals.append(
            f"- compiled, once and not in the epochs above: {preparing * 1e3:.0f} ms to trace and compile, as long as "
            f"{preparing / results[COMPILED]['seconds']:.0f} of its epochs"
        )
    return harness.section(
        "nn: an epoch on the digits",
        f"1,437 images, 64-30-10, mini-batches of 10: medians of {rounds} alternating fresh processes.",
        ("system", "ms an epoch", f"times {base}", f"held out, {EPOCHS} epochs"), rows, goals, results,
    )  # fmt: skip
