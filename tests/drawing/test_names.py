"""What Values are called."""

import numpy as np
import pytest

from autograd_lite import Value, draw
from autograd_lite.drawing.names import find_names
from autograd_lite.nn import MLP


class Part:
    def __init__(self, **parameters):
        self.held = parameters

    def named_parameters(self):
        return list(self.held.items())


def titles(drawing):
    return {box.title for box in drawing.picture.boxes.values() if box.title}


def test_the_callers_variables_name_values():
    speed, time = Value(3.0), Value(2.0)
    way = speed * time
    assert titles(draw(way)) == {"speed", "time", "way"}
    assert titles(draw(way, infer_names=False)) == set()


def test_a_label_comes_first_then_a_given_name_then_a_variable():
    a, b, c = Value(1.0, label="own"), Value(2.0), Value(3.0)
    assert titles(draw(a * b * c, names={"given": [a, b]})) == {"own", "given[1]", "c"}


def test_containers_name_their_elements():
    xs = [Value(1.0), Value(2.0)]
    table = {"bias": Value(3.0)}
    grid = np.array([[Value(4.0), Value(5.0)]], dtype=object)
    total = xs[0] + xs[1] + table["bias"] + grid[0, 0] + grid[0, 1]
    assert titles(draw(total)) == {"xs[0]", "xs[1]", "table['bias']", "grid[0, 0]", "grid[0, 1]", "total"}


def test_a_variable_is_a_better_name_than_a_place_in_a_container():
    points = [Value(1.0)]
    first = points[0]
    assert titles(draw(first * 2.0)) == {"first"}


def test_parameters_are_named_by_their_path():
    model = Part(**{"layers.0.w[0]": Value(1.0), "layers.0.b": Value(2.0)})
    w, b = model.held.values()
    assert titles(draw(w * 3.0 + b)) == {"layers.0.w[0]", "layers.0.b"}


def test_parameters_of_several_modules_are_named_by_variable_and_path():
    actor, critic = Part(w=Value(1.0)), Part(w=Value(2.0))
    assert titles(draw(actor.held["w"] * critic.held["w"])) == {"actor.w", "critic.w"}


def test_variables_of_the_notebooks_own_are_passed_over():
    _ = _1 = Value(1.0)
    assert titles(draw(_ * 2.0)) == set()


@pytest.mark.parametrize("n", [10, 1_000_000])
def test_naming_ends_in_a_container_without_end(n):
    endless = []
    endless.append(endless)
    many = [0.0] * n
    names = find_names({"endless": endless, "many": many}, infer=False)
    assert names.names == {}


def test_only_modules_of_the_graph_give_names():
    # Any second model in a variable put the name of the first before all of its parameters.
    model, other = MLP(2, [2, 1], rng=0), MLP(2, [2, 1], rng=1)
    out = model([Value(1.0), Value(2.0)])
    both = out + other([1.0, 2.0])
    assert "model" not in str(draw(out, collapse=False))
    told = str(draw(both, collapse=False))
    assert "model.layers.0.neurons.0.w[0]" in told
    assert "other.layers.0.neurons.0.w[0]" in told


def test_the_line_below_names_the_variable_that_is_differentiated():
    model = MLP(2, [2, 1], rng=0)
    out = model([Value(1.0), Value(2.0)])
    out.backward()
    for collapse in ("neurons", "layers", "model", None, False):
        assert "grad = ∂out/∂node" in draw(out, collapse=collapse).source
