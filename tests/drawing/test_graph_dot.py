"""What Graphviz makes of the DOT text: who stands beside whom."""

import re

import pytest

from autograd_lite import Value, draw, exp
from autograd_lite.nn import MLP, Neuron

NODE = re.compile(r'class="node">\s*<title>(\w+)</title>(.*?)</g>\s*(?=<!--|</g>)', re.S)


def places(drawing):
    """The name of each box with the middle of its outline in the SVG, which no font moves, unlike its text."""
    found = {}
    for key, body in NODE.findall(drawing.render("svg").decode()):
        corners = re.findall(r"(-?[\d.]+),(-?[\d.]+)", " ".join(re.findall(r'(?:points| d)="([^"]*)"', body)))
        box = drawing.picture.boxes[key]
        found[box.title or box.symbol] = tuple(round(middle([float(c[i]) for c in corners])) for i in (0, 1))
    return found


def middle(numbers):
    return (min(numbers) + max(numbers)) / 2


def in_order(names, found, axis):
    there = [found[name][axis] for name in names]
    return there == sorted(there)


def network(**options):
    model = MLP(2, [3, 3, 1], activation="tanh", rng=0)
    out = model([Value(0.5, label="a"), Value(-1.0, label="c")])
    return draw(out, limit=200, **options)


def test_neurons_of_a_layer_stand_in_their_order():
    for direction, axis in (("right", 1), ("down", 0)):
        found = places(network(collapse="neurons", direction=direction))
        for layer in ("layers.0", "layers.1"):
            assert in_order([f"{layer}.neurons.{i}" for i in range(3)], found, axis)


def test_weights_of_a_neuron_stand_in_their_order():
    found = places(network())
    for neuron in ("layers.0.neurons.1", "layers.1.neurons.0"):
        weights = [name for name in found if name.startswith(f"{neuron}.w")]
        assert len(weights) in (2, 3)
        assert in_order([*sorted(weights), f"{neuron}.b"], found, 1)


def test_inputs_stand_before_the_module_that_they_run_into():
    neuron = Neuron(2, rng=0)
    found = places(draw(neuron([Value(1.0, label="a"), Value(2.0, label="c")])))
    assert found["a"][0] == found["c"][0] < min(found[name][0] for name in ("w[0]", "w[1]", "b"))


def test_counts_at_arrows_are_explained():
    x = Value(1.0)
    alike = sum((x * float(i) for i in range(100)), Value(0.0))
    assert "number at an arrow: how many it stands for" in draw(alike).source
    assert "at an arrow" not in draw(x * 2.0).source


def test_a_long_way_runs_down_and_with_text_on_the_arrows_sooner():
    x = Value(1.0)
    for n in range(1, 10):
        x = exp(x * 0.1)
        directions = ["LR" in draw(x, edges=edges).source for edges in (None, "flow")]
        assert directions == [2 * n + 1 <= 6, 2 * n + 1 <= 4]


def depth_axis(direction):
    return 0 if direction in ("right", "left") else 1


@pytest.mark.parametrize("direction", ["right", "left", "down", "up"])
@pytest.mark.parametrize("collapse", [None, "neurons", "layers", "alike"])
@pytest.mark.parametrize("others", [0, 1, 2])
def test_layers_follow_each_other_in_the_direction_whatever_else_is_in_scope(direction, collapse, others):
    # With a second model in a variable, the layers of the first were put beside each other.
    model = MLP(2, [4, 4, 1], activation="tanh", rng=0)
    names = {"model": model, **{f"other{i}": MLP(2, [3, 1], rng=i) for i in range(others)}}
    out = model([Value(0.5, label="a"), Value(-1.0, label="c")])
    drawing = draw(out, names=names, infer_names=False, direction=direction, collapse=collapse)
    found, axis = by_key(drawing), depth_axis(direction)
    forward = 1.0 if direction in ("right", "down") else -1.0
    for link in drawing.picture.links:
        assert forward * (found[link.head][axis] - found[link.tail][axis]) > 1.0, link


def by_key(drawing):
    places = {}
    for key, body in NODE.findall(drawing.render("svg").decode()):
        corners = re.findall(r"(-?[\d.]+),(-?[\d.]+)", " ".join(re.findall(r'(?:points| d)="([^"]*)"', body)))
        places[key] = tuple(middle([float(c[i]) for c in corners]) for i in (0, 1))
    return places
