"""Estimators for scikit-learn: networks of Values in its pipelines, searches and displays.

On top of `nn`, imported only on demand.  The estimators follow scikit-learn's own rules, which its checks test:
what is given to the constructor stays as it is, what is learned ends with an underscore.
"""

from typing import Any, Self

from autograd_lite.support.extras import required

for _library in ("numpy", "sklearn"):
    required(_library, "autograd_lite.sklearn", "sklearn")

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from autograd_lite.nn.activations import softmax
from autograd_lite.nn.dense import MLP
from autograd_lite.nn.evaluation import predict
from autograd_lite.nn.losses import l2_penalty
from autograd_lite.nn.training import fit


class _Network(BaseEstimator):  # type: ignore[misc]
    """What both estimators share: a multi-layer perceptron and how it is trained."""

    def __init__(
        self,
        hidden: tuple[int, ...] = (16,),
        activation: Any = "tanh",
        optimizer: str = "adam",
        lr: float = 0.02,
        epochs: int = 50,
        batch_size: int = 32,
        l2: float = 1e-4,
        patience: int | None = None,
        validation: float | None = None,
        compile: bool = False,
        progress: bool = False,
        random_state: Any = None,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.l2 = l2
        self.patience = patience
        self.validation = validation
        self.compile = compile
        self.progress = progress
        self.random_state = random_state

    def _train(self, X: Any, y: Any, outputs: int, loss: str) -> None:
        """Build the network for the data, and train it."""
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

    def _outputs(self, X: Any) -> Any:
        """The outputs of the network for each row."""
        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return np.array(predict(self.model_, X))


class Classifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A multi-layer perceptron that tells classes apart, by softmax cross-entropy.

    hidden          the sizes of the hidden layers
    activation      of the hidden layers, by name, see `autograd_lite.nn.ACTIVATIONS`
    optimizer, lr   a name, see `autograd_lite.optim.OPTIMIZERS`, and its learning rate
    epochs, batch_size, patience, validation, compile, progress   as in `autograd_lite.nn.fit`
    l2              the strength of the L2 penalty
    random_state    what weights and the order of samples are drawn from

    After `fit`: `classes_`, `model_` (the network), `history_`, `n_iter_` (its epochs), `n_features_in_`.

    >>> from sklearn.datasets import make_moons
    >>> X, y = make_moons(60, random_state=0)
    >>> Classifier(epochs=100, batch_size=8, random_state=0).fit(X, y).score(X, y) > 0.9
    True
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows of X with the labels y, numbers or strings.

        Raises ValueError on data that is no table of finite numbers, and on fewer than two classes.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes, but got 1 class: {self.classes_[0]}; "
                f"add samples of another"
            )
        self._train(X, labels, len(self.classes_), "softmax_cross_entropy")
        return self

    def decision_function(self, X: Any) -> Any:
        """The logits, a column for each class; of two classes the difference, positive for the second."""
        scores = self._outputs(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any) -> Any:
        """The probabilities of the classes, a row for each sample."""
        return np.array([softmax(row) for row in self._outputs(X).tolist()])

    def predict(self, X: Any) -> Any:
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

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows of X with the numbers y."""
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = np.asarray(y, dtype=np.float64)
        self._mean, self._deviation = float(y.mean()), float(y.std()) or 1.0
        self._train(X, (y - self._mean) / self._deviation, 1, "mse")
        return self

    def predict(self, X: Any) -> Any:
        """The number for each row."""
        return self._outputs(X) * self._deviation + self._mean
