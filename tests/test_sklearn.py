"""The estimators in scikit-learn's hands: its own checks, pipelines, searches, displays."""

import pytest
from project import ran

pytest.importorskip("sklearn")

import numpy as np
from sklearn.datasets import load_iris, make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from autograd_lite.sklearn import Classifier, Regressor


# Small networks and few epochs: the checks fit hundreds of times. No check is exempted.
@pytest.mark.thorough
@parametrize_with_checks([
    Classifier(hidden=(6,), epochs=12, lr=0.05, batch_size=16),
    Regressor(hidden=(6,), epochs=12, lr=0.05, batch_size=16),
])  # fmt: skip
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def test_a_pipeline_classifies_iris():
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), Classifier(epochs=15, lr=0.05, random_state=0))
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.92


def test_labels_may_be_words():
    X, y = make_moons(80, noise=0.1, random_state=0)
    words = np.array(["ham", "spam"])[y]
    model = Classifier(epochs=100, batch_size=8, random_state=0).fit(X, words)
    assert list(model.classes_) == ["ham", "spam"]
    assert model.score(X, words) > 0.95
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(1.0)
    assert ((model.decision_function(X) > 0) == (model.predict(X) == "spam")).all()


def test_a_grid_search_finds_the_better_rate():
    X, y = make_moons(60, noise=0.1, random_state=0)
    search = GridSearchCV(Classifier(epochs=20, random_state=0), {"lr": [1e-6, 0.05]}, cv=2).fit(X, y)
    assert search.best_params_ == {"lr": 0.05}


def test_the_decision_boundary_displays():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    X, y = make_moons(40, random_state=0)
    model = Classifier(epochs=5, random_state=0).fit(X, y)
    for method in ("predict", "predict_proba", "decision_function"):
        display = DecisionBoundaryDisplay.from_estimator(model, X, response_method=method, grid_resolution=12)
        assert display.response.shape == (12, 12)


@pytest.mark.parametrize("kind", [Classifier, Regressor])
def test_compiled_training_gives_the_same_model(kind):
    X, y = make_moons(40, noise=0.1, random_state=0)
    eager, compiled = (kind(epochs=5, random_state=0, compile=c).fit(X, y) for c in (False, True))
    states = [list(model.model_.state_dict().values()) for model in (eager, compiled)]
    assert states[1] == pytest.approx(states[0], rel=1e-9, abs=1e-11)


def test_the_same_seed_gives_the_same_model():
    X, y = make_moons(30, random_state=0)

    def state(seed):
        return Classifier(epochs=3, random_state=seed).fit(X, y).model_.state_dict()

    assert state(1) == state(1) != state(2)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="at least 2 classes, but got 1 class: 1"):
        Classifier().fit([[0.0], [1.0]], [1, 1])


def test_it_is_imported_on_demand():
    code = "import sys, autograd_lite, autograd_lite.nn; print('sklearn' in sys.modules)"
    assert ran("-c", code).stdout.strip() == "False"
