"""What users give to a playground: points, labels and models, and the words for what does not fit."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, nn, playground
from autograd_lite.live.network_programs import DEEPEST, SHOWN, WIDEST
from autograd_lite.live.playground_input import MOST_POINTS, checked_model, checked_points

numbers = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(numbers, numbers, st.booleans()), min_size=1, max_size=20))
def test_all_points_are_within_the_plane_and_keep_their_class(rows):
    X, y = [[a, b] for a, b, _ in rows], [label for _, _, label in rows]
    found = checked_points(X, y)
    low, high = found.range
    assert all(low[i] < point[i] < high[i] for point in found.points for i in (0, 1))
    if len(set(y)) == 2:
        assert found.names == ("False", "True")
        assert [p[2] for p in found.points] == [1.0 if label else -1.0 for label in y]
    else:
        assert found.regression


@pytest.mark.parametrize(
    ("y", "names"),
    [(["b", "a"], ("a", "b")), ([7, 3], ("3", "7")), ([1.5, -1], ("-1", "1.5")), ([None, "x"], ("None", "x"))],
)
def test_the_larger_label_is_the_positive_class(y, names):
    found = checked_points([[0, 0], [1, 1]], y)
    assert found.names == names
    assert not found.regression


def test_arrays_and_columns():
    np = pytest.importorskip("numpy")
    X, y = np.array([[0, 1], [2, 3], [4, 5]]), np.array([[0.5], [1.5], [2.5]])
    found = checked_points(X, y)
    assert found.points == [(0.0, 1.0, 0.5), (2.0, 3.0, 1.5), (4.0, 5.0, 2.5)]
    assert checked_points(X, np.array([0, 1, 1])).names == ("0", "1")


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        ([[0, 0]], None, "playground got no y"),
        (None, [1], "playground got no X"),
        ([], [], "shows 1 to 2,000 points, but got 0"),
        ([[0, 0]] * (MOST_POINTS + 1), [0] * (MOST_POINTS + 1), "but got 2,001"),
        ([[0, 0]], [1, 2], "there are 1 points and 2 labels"),
        ([[0, 0, 0]], [1], r"X\[0\] is \[0, 0, 0\]; choose 2 columns"),
        ([[0, 0], [1, math.inf]], [1, 2], r"X\[1\] is \[1, inf\]"),
        ([[0, 10**400]], [1], r"X\[0\]"),
        ([0.5], [1], r"X\[0\] is 0.5"),
        ([[0, 0], [1, 1]], [0.0, math.nan], r"y\[1\] = nan is no finite number"),
        ([[0, 0], [1, 1], [2, 2]], ["a", "b", "c"], r"3 or more different labels, of which y\[0\] = 'a'"),
        ([[0, 0], [1, 1]], ["a", "a"], r"1 different labels, of which y\[0\] = 'a'"),
        ([[0, 0], [1, 1]], [[1, 2], [3, 4]], r"one label a point, but y\[0\] is \[1, 2\]"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(X, y, words):
    with pytest.raises(ValueError, match=words):
        playground(X, y)


@pytest.mark.parametrize(("X", "y"), [(3.0, [1]), ([[0, 0]], "a"), ("points", [1])])
def test_what_is_no_list_is_refused(X, y):
    with pytest.raises(TypeError, match="one entry a point"):
        playground(X, y)


@given(st.lists(st.integers(1, WIDEST), min_size=1, max_size=DEEPEST), st.sampled_from(SHOWN))
def test_a_model_within_the_limits_is_given_as_its_file_has_it(hidden, activation):
    model = nn.MLP(2, [*hidden, 1], activation=activation, rng=0)
    found = checked_model(model)
    assert found["structure"] == model.structure()
    assert list(found["state"].values()) == [p.data for p in model.parameters()]


class Own(nn.Module):
    def __init__(self):
        self.w = Value(1.0)

    def forward(self, x):
        return self.w * x[0]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Own(), "the structure Own(w), but a playground takes an MLP"),
        (nn.Sequential(nn.Linear(2, 1, rng=0)), "0 hidden layers"),
        (nn.Sequential("tanh", nn.Linear(2, 1, rng=0)), "Activation(tanh), but"),
        (nn.Sequential(nn.Linear(2, 3, rng=0), nn.Dropout(0.5), nn.Linear(3, 1, rng=0)), "Dropout"),
        (nn.Sequential(nn.Linear(2, 3, rng=0), "tanh", "relu", nn.Linear(3, 1, rng=0)), "Activation(relu), but"),
        (nn.MLP(3, [2, 1], rng=0), "3 inputs"),
        (nn.MLP(2, [2, 2], rng=0), "2 outputs"),
        (nn.MLP(2, [1], rng=0), "0 hidden layers"),
        (nn.MLP(2, [1] * 6, rng=0), "5 hidden layers"),
        (nn.MLP(2, [3, 9, 1], rng=0), "9 units in hidden layer 2"),
        (nn.MLP(2, [3, 1], activation="sqnl", rng=0), "the activation sqnl in hidden layer 1"),
        (nn.MLP(2, [3, 1], output="tanh", rng=0), "the output tanh"),
    ],
)
def test_a_model_beyond_the_limits_names_the_first_difference(model, words):
    with pytest.raises(ValueError, match=r"give an nn\.MLP within these limits") as raised:
        playground(model=model)
    assert words in str(raised.value)


def test_mixed_activations_are_named():
    model = nn.MLP(2, [3, 3, 1], activation="tanh", rng=0)
    model.layers[1] = nn.Layer(3, 3, activation="relu", rng=0)
    with pytest.raises(ValueError, match="the activations tanh and relu"):
        checked_model(model)


def test_a_sequence_of_dense_layers_is_given_as_the_mlp_that_it_is(tmp_path):
    model = nn.Sequential(
        nn.Linear(2, 5, rng=0), "tanh", nn.Layer(5, 3, activation="tanh", rng=1), nn.Linear(3, 1, bias=False, rng=2)
    )
    path = tmp_path / "model.json"
    path.write_text(json.dumps(checked_model(model)), encoding="utf-8")
    same = nn.load(nn.MLP(2, [5, 3, 1], activation="tanh"), path)
    for x in ([0.5, -1.0], [2.0, 3.0]):
        assert same(x).data == pytest.approx(model(x)[0].data, rel=1e-15)


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError):
        playground(model="MLP")
