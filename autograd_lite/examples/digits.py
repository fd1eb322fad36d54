"""Handwritten digits of 8 x 8 pixels, from scikit-learn, learned in three ways.

python -m autograd_lite.examples.digits
"""

from collections.abc import Callable
from typing import Any

from sklearn.datasets import load_digits

from autograd_lite import nn
from autograd_lite.examples import FAST


def load_images(seed: int = 0) -> tuple[list[Any], list[Any], list[int], list[int]]:
    """1,437 images to learn from and 360 held out, as lists of pixels from 0 to 1, and their digits."""
    digits = load_digits()
    return nn.train_test_split(digits.data / 16.0, digits.target, test_size=0.2, rng=seed)


def score(model: nn.Module, X: list[Any], y: list[int]) -> int:
    """How many images have the largest output at their digit."""
    return sum(row.index(max(row)) == digit for row, digit in zip(nn.predict(model, X), y, strict=True))


def lecture(epochs: int = 30, seed: int = 0, tell: Callable[[str], object] = lambda line: None) -> list[int]:
    """The lecture's training, to the letter: [64, 30, 10] sigmoids, weights from N(0, 1), quadratic cost, mini-batches
    of 10, rate 3.0; the number of held out images that are right after each epoch."""
    X, held_X, y, held_y = load_images(seed)
    model = nn.MLP(64, [30, 10], activation="sigmoid", output="sigmoid", init="normal", rng=seed)
    scores: list[int] = []

    def count(run: nn.Run) -> None:
        scores.append(score(model, held_X, held_y))
        tell(f"Epoch {run.epoch}: {scores[-1]} / {len(held_y)}")

    targets = [nn.one_hot(digit, 10) for digit in y]
    nn.fit(model, X, targets, loss="half_squared", lr=3.0, epochs=epochs, batch_size=10, rng=seed, callbacks=[count],
           compile=FAST, progress=False)  # fmt: skip
    return scores


def better(epochs: int = 15, seed: int = 0) -> float:
    """The same sizes with what the field has learned since: logits and cross-entropy, Adam, Xavier's weights."""
    X, held_X, y, held_y = load_images(seed)
    model = nn.MLP(64, [30, 10], activation="tanh", rng=seed)
    nn.fit(model, X, y, loss="softmax_cross_entropy", optimizer="adam", lr=0.005, epochs=epochs, batch_size=16,
           rng=seed, compile=FAST, progress=False)  # fmt: skip
    return score(model, held_X, held_y) / len(held_y)


def image(pixels: list[float]) -> list[list[list[float]]]:
    """One channel of rows."""
    return [[pixels[i : i + 8] for i in range(0, 64, 8)]]


def convolutions(epochs: int = 15, seed: int = 0) -> float:
    """Eight kernels of 3 x 3, the largest output of each 2 x 2, then one dense layer."""
    X, held_X, y, held_y = load_images(seed)
    dense = nn.Linear(72, 10, rng=seed + 1)
    model = nn.Sequential(nn.Conv2d(1, 8, 3, rng=seed), "relu", nn.MaxPool2d(2), nn.Flatten(), dense)
    nn.fit(model, [image(x) for x in X], y, loss="softmax_cross_entropy", optimizer="adam", lr=0.01, epochs=epochs,
           batch_size=16, rng=seed, compile=FAST, progress=False)  # fmt: skip
    return score(model, [image(x) for x in held_X], held_y) / len(held_y)


def main() -> None:
    print("quadratic cost, sigmoids, rate 3.0:")
    lecture(tell=print)
    print(f"cross-entropy and Adam: {better():.1%} held out")
    print(f"with convolutions: {convolutions():.1%}")


if __name__ == "__main__":
    main()
