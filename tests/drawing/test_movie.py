"""Movies of training: what is recorded, drawn and saved."""

import io
import json
import re
from itertools import pairwise

import numpy as np
import pytest
from browser import CHROMEDRIVER, CHROMIUM, browser
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from PIL import Image

from autograd_lite import Movie, Value, animate, where
from autograd_lite.drawing.animation import milestones
from autograd_lite.drawing.movie_frames import figure
from autograd_lite.drawing.theme import LIGHT, THEMES
from autograd_lite.nn import MLP, Module

X = np.array([[0.0, 0.0], [0.2, 0.1], [1.0, 1.0], [0.9, 1.2]])
Y = [0, 0, 1, 1]


@pytest.fixture(scope="module")
def movie():
    return animate(MLP(2, [3, 1], activation="tanh", rng=0), X, Y, epochs=20, frames=4, lr=0.1, rng=0)


def test_frames_are_spread_over_the_epochs(movie):
    assert [m.epoch for m in movie.recording.snapshots] == [0, 7, 13, 20]
    losses = [m.loss for m in movie.recording.snapshots]
    assert losses[-1] < losses[0]
    assert movie.recording.snapshots[-1].accuracy == 1.0
    assert len(movie) == 4


def test_weights_and_boundary_are_those_of_the_moment(movie):
    first, last = movie.recording.snapshots[0], movie.recording.snapshots[-1]
    assert first.weights.keys() == last.weights.keys() == dict(movie.model.named_parameters()).keys()
    assert first.weights != last.weights
    assert last.weights == {name: p.data for name, p in movie.model.named_parameters()}
    point = movie.grid[17]
    assert last.scores[17] == pytest.approx(movie.model(point.tolist()).data)
    assert not np.array_equal(first.scores, last.scores)


def test_parameters_with_labels_are_drawn():
    # The lines were looked up by label in a dict by name.
    model = MLP(2, [2, 1], rng=0)
    for p in model.parameters():
        p.label = "w"
    found = animate(model, [[0.0, 1.0], [1.0, 0.0]], [0, 1], epochs=1, frames=2)
    assert len(found.png(-1)) > 1000
    weights = [p.data for layer in model.layers for neuron in layer.neurons for p in neuron.w]
    assert sorted(found.recording.snapshots[-1].lines) == sorted(weights)


@pytest.mark.thorough
def test_pictures_files_and_pages(movie, tmp_path):
    assert Image.open(io.BytesIO(movie.png(0))).size == (840, 440)
    with Image.open(movie.save(tmp_path / "m.gif")) as image:
        assert image.n_frames == 4
    with Image.open(movie.save(tmp_path / "m.apng", dpi=50)) as image:
        assert (image.format, image.n_frames, image.size) == ("PNG", 4, (420, 220))
    page = movie.save(tmp_path / "m.html").read_text(encoding="utf-8")
    assert not re.search(r'(src|href)="(?!data:)', page)
    pictures = json.loads(re.search(r"const pictures = (\[.*?\]);", page).group(1))
    assert len(pictures) == 4
    assert movie.save(tmp_path / "m.png").read_bytes() == movie.png(-1)
    assert Image.open(io.BytesIO(movie.png(0, dpi=50))).size == (420, 220)
    with Image.open(movie.save(tmp_path / "small.gif", dpi=50)) as image:
        assert image.size == (420, 220)
    assert Image.open(io.BytesIO(movie.png(0))).size == (840, 440)
    with pytest.raises(ValueError, match=r"end it in \.gif, \.apng, \.html or \.png"):
        movie.save(tmp_path / "m.mp4")
    bundle, _ = movie._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}


def test_several_classes():
    points, labels = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]] * 3, [0, 1, 2] * 3
    model = MLP(2, [4, 3], activation="tanh", rng=0)
    movie = animate(
        model, points, labels, loss="softmax_cross_entropy", epochs=30, frames=2, lr=0.1, rng=0, theme="dark"
    )
    assert movie.recording.snapshots[-1].scores.shape == (3600, 3)
    assert movie.recording.snapshots[-1].accuracy == 1.0
    assert movie.png(-1).startswith(b"\x89PNG")


@pytest.mark.parametrize(("loss", "output", "labels", "middle"), [
    ("mse", "sigmoid", [0, 0, 1, 1], 0.5), ("half_squared", "linear", [0, 0, 1, 1], 0.5),
    ("mse", "tanh", [-1, -1, 1, 1], 0.0), ("hinge", "linear", [-1, -1, 1, 1], 0.0),
    ("binary_cross_entropy_with_logits", "linear", [0, 0, 1, 1], 0.0),
])  # fmt: skip
def test_the_boundary_is_where_the_loss_puts_it(loss, output, labels, middle):
    model = MLP(2, [4, 1], activation="tanh", output=output, rng=0)
    movie = animate(model, X, labels, loss=loss, epochs=60, frames=2, lr=0.1, rng=0)
    assert movie.recording.snapshots[-1].accuracy == 1.0
    assert movie.recording.middle == middle


class Odd(Module):
    """A model without neurons that asks for a number, so that it can't be traced."""

    def __init__(self):
        self.a = Value(0.5)

    def forward(self, x):
        return self.a * x[0] if x[0] > 0.5 else where(x[1] > 0.5, 1.0, -1.0) * self.a


def test_models_that_cannot_be_compiled_or_drawn_are_shown_all_the_same():
    movie = Movie(Odd(), X, Y, LIGHT)
    movie.record(0, 1.0)
    movie.record(1, float("nan"))
    assert movie.recording.view is None
    assert movie.png(-1).startswith(b"\x89PNG")


def test_a_loop_of_ones_own():
    model = MLP(2, [1], rng=0)
    movie = Movie(model, X, Y, LIGHT)
    with pytest.raises(ValueError, match="no frames yet"):
        movie.png(0)
    assert set(movie._repr_mimebundle_()[0]) == {"text/plain"}
    movie.record(0, 0.7)
    assert len(movie) == 1


@pytest.mark.parametrize(
    ("X", "y", "complaint"),
    [
        ([[1.0, 2.0, 3.0]], [0], "points of 2 coordinates"),
        ([[[1.0]], [[2.0]]], [0, 1], "points of 2 coordinates"),
        (np.zeros((0, 2)), [], "points of 2 coordinates"),
        ([[1.0, 2.0]], [0, 1], "label each point"),
    ],
)
def test_wrong_points_are_refused(X, y, complaint):
    with pytest.raises(ValueError, match=complaint):
        Movie(MLP(2, [1], rng=0), X, y, LIGHT)


def test_what_cannot_be_animated_is_refused():
    with pytest.raises(TypeError, match="call animate\\(model, X, y\\)"):
        animate(MLP(2, [1], rng=0))
    with pytest.raises(TypeError, match="animate takes a Value or a Module, but got 3"):
        animate(3)
    with pytest.raises(ValueError, match="frames is a whole number of at least 2"):
        animate(MLP(2, [1], rng=0), X, Y, frames=1)


def test_milestones():
    assert milestones(100, 3) == [0, 50, 100]
    assert milestones(2, 9) == [0, 1, 2]


@pytest.mark.browser
@pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")
def test_the_page_plays_in_a_browser_with_the_network_off(movie, tmp_path):
    page = movie.save(tmp_path / "training.html")
    shown = "return document.getElementById('frame').src"
    with browser(tmp_path, width=900, height=700) as window:
        window.open(page)
        assert window.run("return navigator.onLine") is False
        assert window.text("#words").startswith("epoch 20")
        last = window.run(shown)
        assert window.run("return document.getElementById('frame').naturalWidth") == 840
        window.run("window.setInterval = (f) => { window.tick = f; return 7; };")
        window.press("p")
        assert window.text("#play") == "Pause"
        assert window.text("#words").startswith("epoch 0")
        first = window.run(shown)
        window.run("window.tick()")
        assert window.text("#words").startswith("epoch 7")
        assert len({first, last, window.run(shown)}) == 3
        window.click("#play")
        assert window.text("#play") == "Play"
        window.run("document.getElementById('slider').focus()")
        window.press("ArrowRight")
        assert window.text("#words").startswith("epoch 13")
        spoken = window.run("return document.getElementById('slider').getAttribute('aria-valuetext')")
        assert spoken == window.text("#words")
        assert window.problems() == []


class Line(Module):
    """Of a plain number."""

    def __init__(self):
        self.slope, self.shift = Value(0.1), Value(0.0)

    def forward(self, x):
        return self.slope * x + self.shift


@pytest.mark.thorough
@pytest.mark.parametrize("one", [lambda x: [x], lambda x: x], ids=["samples of one", "numbers"])
def test_a_regression_on_numbers_is_a_curve(one):
    # A movie refused all but points of a plane.
    xs = [0.0, 0.5, 1.0, 2.0, 3.0]
    model = MLP(1, [1], rng=0) if isinstance(one(1.0), list) else Line()
    found = animate(model, [one(x) for x in xs], [2.0 * x - 1.0 for x in xs], loss="mse", epochs=200, lr=0.05, frames=3)
    first, last = found.recording.snapshots[0], found.recording.snapshots[-1]
    (grid,) = found.recording.axes
    assert last.accuracy is None
    assert last.scores == pytest.approx(2.0 * grid - 1.0, abs=0.5)
    assert not np.allclose(first.scores, last.scores)
    assert "right" not in found.html
    assert Image.open(io.BytesIO(found.png(-1))).size == (840, 440)


def test_of_two_classes_the_one_above_the_middle_is_blue():
    found = animate(MLP(2, [1], rng=0), [[0.0, 0.0], [1.0, 1.0]], [0, 1], epochs=1, frames=2)
    made = figure(found.recording, 1)
    plane = made.axes[0]
    colours = [points.get_facecolor()[0][:3] for points in plane.collections if isinstance(points, PathCollection)]
    assert [to_hex(colour) for colour in colours] == ["#d55e00", "#0072b2"]
    assert [text.get_text() for text in plane.get_legend().get_texts()] == ["0", "1"]


@pytest.mark.filterwarnings("ignore:fit ended no better")
@pytest.mark.parametrize("lr", [0.0, 1e-4, 1e-2, 1.0])
def test_the_numbers_at_the_axis_of_the_loss_keep_clear_of_each_other(lr):
    found = animate(MLP(2, [3, 1], activation="tanh", rng=0), X, Y, epochs=20, frames=4, lr=lr, optimizer="sgd", rng=0)
    made = figure(found.recording, 3)
    made.canvas.draw()
    loss = next(ax for ax in made.axes if ax.get_xlabel() == "epoch")
    boxes = sorted((label.get_window_extent() for label in loss.get_yticklabels()), key=lambda box: box.y0)
    assert boxes
    assert all(below.y1 <= above.y0 for below, above in pairwise(boxes))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_legend_has_the_colours_of_the_theme(theme):
    found = animate(MLP(2, [1], rng=0), X, Y, epochs=1, frames=2, theme=theme)
    legend = figure(found.recording, 1).axes[0].get_legend()
    assert to_hex(legend.get_frame().get_facecolor()) == THEMES[theme].paper
    assert {text.get_color() for text in legend.get_texts()} == {THEMES[theme].ink}


def test_the_axis_of_the_loss_tells_its_scale():
    found = animate(MLP(2, [1], rng=0), [[0.0, 0.0], [1.0, 1.0]], [0, 1], epochs=1, frames=2)
    loss = next(ax for ax in figure(found.recording, 1).axes if ax.get_xlabel() == "epoch")
    assert (loss.get_yscale(), loss.get_ylabel()) == ("log", "loss, log scale")
