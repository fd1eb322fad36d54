"""Three kinds of iris, by the lengths and widths of their leaves: Fisher's flowers of 1936, from scikit-learn.

python -m autograd_lite.examples.iris
"""

from typing import Any

from sklearn.datasets import load_iris

from autograd_lite.examples import FAST
from autograd_lite.nn import MLP, accuracy, confusion_matrix, fit, predict, train_test_split


def load_flowers() -> tuple[Any, Any]:
    """150 flowers, each measurement brought to mean 0 and deviation 1, and the numbers of their kinds."""
    flowers = load_iris()
    return (flowers.data - flowers.data.mean(axis=0)) / flowers.data.std(axis=0), flowers.target


def predict_held_out(seed: int = 0) -> tuple[list[int], list[int]]:
    """The network's classes of the 30 flowers that were held out, and the true ones.

    A tenth of the others is for early stopping: when their loss has not fallen for 20 epochs, the best weights so far
    are taken.
    """
    X, held_X, y, held_y = train_test_split(*load_flowers(), test_size=0.2, rng=seed)
    model = MLP(4, [8, 3], activation="tanh", rng=seed)
    fit(model, X, y, loss="softmax_cross_entropy", optimizer="adam", lr=0.02, epochs=200, batch_size=16, validation=0.1,
        patience=20, rng=seed, compile=FAST, progress=False)  # fmt: skip
    return [scores.index(max(scores)) for scores in predict(model, held_X)], held_y


def main() -> None:
    found, true = predict_held_out()
    print(f"{accuracy(found, true):.1%} of {len(true)} flowers held out; what each kind (row) was taken for (column):")
    for row in confusion_matrix(found, true):
        print(" ".join(f"{count:3d}" for count in row))


if __name__ == "__main__":
    main()
