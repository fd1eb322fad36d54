"""The activation zoo."""

import math

import pytest

from autograd_lite import draw_activations, log, relu, sin
from autograd_lite.drawing.activation_plots import LAYERS, formula_text, functions_by_name
from autograd_lite.nn import ACTIVATIONS, PReLU
from autograd_lite.nn.activation_modules import MODULES


def test_every_activation_of_one_number_is_there_once():
    names = [name for name, _ in functions_by_name(None)]
    assert len(names) == len(set(names)) >= 25
    assert "silu" in names
    assert "swish" not in names  # the same function
    assert "softmax" not in names  # of many numbers
    assert set(names) <= set(ACTIVATIONS) | set(MODULES) | set(LAYERS)


def test_curves_are_the_function_and_its_derivative():
    (ax,) = draw_activations([sin], span=(-2.0, 2.0)).axes
    f, slope = ax.get_lines()[:2]
    for x, y, d in zip(f.get_xdata(), f.get_ydata(), slope.get_ydata(), strict=True):
        assert y == math.sin(x)
        assert d == math.cos(x)


def test_a_jump_is_a_gap():
    (ax,) = draw_activations([relu], span=(-1.0, 1.0)).axes
    slope = ax.get_lines()[1].get_ydata()
    assert sum(math.isnan(y) for y in slope) == 1


def test_an_activation_with_parameters():
    (ax,) = draw_activations([PReLU(0.5)], span=(-2.0, 2.0)).axes
    assert ax.get_title() == "PReLU"
    assert ax.get_lines()[0].get_ydata()[0] == -1.0
    assert ax.get_lines()[1].get_ydata()[0] == 0.5


def test_where_it_is_not_defined_nothing_is_drawn():
    (ax,) = draw_activations([log], span=(-1.0, 1.0)).axes
    f, slope = (line.get_ydata() for line in ax.get_lines()[:2])
    assert math.isnan(f[0])
    assert math.isnan(slope[0])
    assert (f[-1], slope[-1]) == (0.0, 1.0)


@pytest.mark.thorough
def test_those_with_parameters_are_there_as_they_start():
    by_title = {ax.get_title(): ax.get_lines()[0].get_ydata() for ax in draw_activations().axes}
    assert {"prelu", "srelu", "apl"} < by_title.keys()
    assert by_title["prelu"][0] == -4.0 * 0.25
    rrelu = by_title["rrelu"]
    assert rrelu[0] / -4.0 == pytest.approx(rrelu[80] / -2.0)  # one slope: its mean


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_grid(theme):
    figure = draw_activations(["tanh", "gelu", "selu"], columns=2, theme=theme)
    assert [ax.get_title() for ax in figure.axes] == ["tanh", "gelu", "selu"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"activations": ["tan"]}, "no activation 'tan'; the known ones are identity"),
        ({"span": (1.0, 1.0)}, "span is the lowest and the highest x"),
        ({"columns": 0}, "columns is a whole number of at least 1"),
        ({"theme": "red"}, "no theme 'red'"),
    ],
)
def test_wrong_options_are_refused(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw_activations(**options)


@pytest.mark.thorough
def test_all_have_common_axes_and_say_what_they_are():
    figure = draw_activations()
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in figure.axes}) == 1
    words = {ax.get_title(): ax.texts[0].get_text() for ax in figure.axes}
    assert words["tanh"] == "tanh x"
    assert words["relu"] == "max(0, x)"
    assert words["leaky_relu"].splitlines()[-1] == "slope = 0.01"
    assert words["isru"].splitlines() == ["x / (1 + a x^2)^(1/2)", "a = 1"]
    assert {"brelu, even units", "brelu, odd units", "maxout of 3 lines"} < words.keys()
    missing = {name for name, text in words.items() if not text} - {*LAYERS}
    assert not missing - {"rrelu"}


def test_it_saves_as_every_other_picture(tmp_path):
    figure = draw_activations(["tanh"])
    assert figure.save(tmp_path / "zoo.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in figure.save(tmp_path / "zoo.svg").read_bytes()
    with pytest.raises(ValueError, match="no format of the plot of activations; end it in"):
        figure.save(tmp_path / "zoo.txt")
    assert {*figure._repr_mimebundle_()[0]} == {"image/png", "text/plain"}


def test_parameters_are_named_with_their_numbers_also_those_that_are_trained():
    words = {name: formula_text(f) for name, f in functions_by_name(["leaky_relu", "prelu", "srelu"])}
    assert words["leaky_relu"].endswith("slope = 0.01")
    assert words["prelu"].endswith("weight = 0.25")
    assert words["srelu"].endswith("tl = -1, al = 0.1, tr = 1, ar = 0.1")
