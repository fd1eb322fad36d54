"""Estimators for scikit-learn: networks of Values in its pipelines, searches and displays.

Above `nn`, imported on demand.  The estimators follow scikit-learn's conventions, which its checks test: the arguments
of the constructor are kept as they are, what is learned ends with an underscore.
"""

from dataclasses import dataclass
from typing import Any, Self

from autograd_lite.support.extras import required

for _library in ("numpy", "sklearn"):
    required(_library, "autograd_lite.sklearn", "sklearn")

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from autograd_lite.nn.activation_modules import AnyActivation
from autograd_lite.nn.activations import softmax
from autograd_lite.nn.dense import MLP
from autograd_lite.nn.evaluation import predict
from autograd_lite.nn.losses import l2_penalty
from autograd_lite.nn.training import fit


@dataclass(eq=False, repr=False)  # these are scikit-learn's
class _Network(BaseEstimator):  # type: ignore[misc]
    """The base of both estimators: a multi-layer perceptron and its training."""

    hidden: tuple[int, ...] = (16,)
    activation: AnyActivation = "tanh"
    optimizer: str = "adam"
    lr: float = 0.02
    epochs: int = 50
    batch_size: int = 32
    l2: float = 1e-4
    patience: int | None = None
    validation: float | None = None
    compile: bool = False
    progress: bool = False
    random_state: int | np.random.RandomState | None = None

    def _train(self, X: NDArray[np.float64], y: NDArray[Any], outputs: int, loss: str) -> None:
        seeds = check_random_state(self.random_state)
        build, order = (int(seeds.randint(2**31 - 1)) for _ in range(2))
        self.model_ = MLP(X.shape[1], [*self.hidden, outputs], activation=self.activation, rng=build)
        self.history_ = fit(
            self.model_, X, y, loss=loss, optimizer=self.optimizer, lr=self.lr, epochs=self.epochs,
            batch_size=self.batch_size, patience=self.patience, validation=self.validation, rng=order,
            penalty=(lambda model: l2_penalty(model.parameters(), self.l2)) if self.l2 else None,
            compile=self.compile, progress=self.progress,
        )  # fmt: skip
        self.n_iter_ = len(self.history_)

    def _outputs(self, X: ArrayLike) -> Any:
        check_is_fitted(self, "model_")
        return np.array(predict(self.model_, validate_data(self, X, reset=False, dtype=np.float64)))


class Classifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A multi-layer perceptron for classification, by softmax cross-entropy.

    hidden          the sizes of the hidden layers
    activation      of the hidden layers, by name, see `autograd_lite.nn.ACTIVATIONS`
    optimizer, lr   a name, see `autograd_lite.optim.OPTIMIZERS`, and its learning rate
    epochs, batch_size, patience, validation, compile, progress   as in `autograd_lite.nn.fit`
    l2              the strength of the L2 penalty
    random_state    the seed of the weights and of the order of samples

    After `fit`: `classes_`, `model_` (the network), `history_`, `n_iter_` (its epochs), `n_features_in_`.

    >>> from sklearn.datasets import make_moons
    >>> X, y = make_moons(60, random_state=0)
    >>> Classifier(epochs=100, batch_size=8, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on the rows of X with the labels y, numbers or strings.

        Raises ValueError on data that is no table of finite numbers, and on fewer than two classes.
        """
        samples, targets = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        if len(self.classes_) < 2:
            got = f"but got 1 class: {self.classes_[0]}; add samples of another"
            raise ValueError(f"{type(self).__name__} needs samples of at least 2 classes, {got}")
        self._train(samples, labels, len(self.classes_), "softmax_cross_entropy")
        return self

    def decision_function(self, X: ArrayLike) -> Any:
        """The logits, a column for each class; of two classes the difference, positive for the second."""
        scores = self._outputs(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: ArrayLike) -> Any:
        """The probabilities of the classes, a row for each sample."""
        return np.array([softmax(row) for row in self._outputs(X).tolist()])

    def predict(self, X: ArrayLike) -> Any:
        """The most probable class of each row."""
        winners = self._outputs(X).argmax(axis=1)
        return self.classes_[winners]


class Regressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A multi-layer perceptron that fits numbers, by least squares; the parameters are those of `Classifier`.

    The targets are brought to mean 0 and deviation 1 for training.  After `fit`: `model_`, `history_`, `n_iter_`,
    `n_features_in_`.

    >>> X = np.linspace(-2.0, 2.0, 40).reshape(-1, 1)
    >>> Regressor(epochs=200, random_state=0).fit(X, np.sin(X[:, 0])).score(X, np.sin(X[:, 0])) > 0.98
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on the rows of X with the numbers y."""
        samples, targets = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        targets = np.asarray(targets, dtype=np.float64)
        self._mean, self._deviation = float(targets.mean()), float(targets.std()) or 1.0
        self._train(samples, (targets - self._mean) / self._deviation, 1, "mse")
        return self

    def predict(self, X: ArrayLike) -> Any:
        """The number for each row."""
        return self._outputs(X) * self._deviation + self._mean
