"""What Graphviz makes of the DOT text: which box is beside which."""

import re

import pytest

from autograd_lite import Value, draw, exp
from autograd_lite.nn import MLP, Linear, Neuron, Sequential

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
    found = places(network(collapse=False))
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
    assert "number at an arrow: how many edges it is" in draw(alike).source
    assert "at an arrow" not in draw(x * 2.0).source


def test_a_long_way_runs_down_and_with_text_on_the_arrows_sooner():
    x = Value(1.0)
    for n in range(1, 10):
        x = exp(x * 0.1)
        directions = ["LR" in draw(x, edges=edges).source for edges in (None, "flow")]
        assert directions == [2 * n + 1 <= 9, 2 * n + 1 <= 4]


def test_a_neuron_of_a_lecture_runs_to_the_right_and_fits_a_screen():
    w0, w1, w2, x0, x1 = (Value(v) for v in (2.0, -3.0, -3.0, -1.0, -2.0))
    f = 1.0 / (1.0 + exp(-(w0 * x0 + w1 * x1 + w2)))
    width, height = size(draw(f))
    assert width > 2 * height
    assert height < 600


def size(drawing):
    """Width and height in points."""
    return [
        float(x) for x in re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', drawing.render("svg").decode()).groups()
    ]


@pytest.mark.parametrize("widths", [[2, 1], [3, 3, 1], [4, 2]])
def test_a_network_is_drawn_with_a_box_for_each_neuron_in_one_column_a_layer(widths):
    model = MLP(2, widths, activation="tanh", rng=0)
    out = model([Value(0.5, label="a"), Value(-1.0, label="c")])
    loss = (sum(out) if widths[-1] > 1 else out) ** 2
    drawing = draw(loss)
    assert "one box for each neuron; collapse=False draws all" in drawing.source
    found = by_key(drawing)
    columns = {}
    for key, box in drawing.picture.boxes.items():
        if "neurons" in box.title:
            columns.setdefault(box.title.split(".neurons")[0], set()).add(round(found[key][0]))
    assert [len(column) for column in columns.values()] == [1] * len(widths)
    middles = [min(columns[layer]) for layer in sorted(columns)]
    assert middles == sorted(set(middles))
    inputs = [found[key][0] for key, box in drawing.picture.boxes.items() if box.title in ("a", "c")]
    assert max(inputs) < min(columns["layers.0"])
    assert all(x < 1400 for x in size(drawing))


def test_what_is_no_network_of_several_neurons_keeps_its_nodes():
    for value, options in (
        (Neuron(2, rng=0)([1.0, 2.0]), {}), (MLP(1, [2, 1], rng=0)([1.0]), {"collapse": False}),
        (MLP(1, [2, 1], rng=0)([1.0]), {"edges": "flow"}), (Sequential(Linear(2, 2, rng=0), "tanh")([1.0, 2.0])[0], {}),
    ):  # fmt: skip
        assert all(box.kind != "group" for box in draw(value, **options).picture.boxes.values())


def depth_axis(direction):
    return 0 if direction in ("right", "left") else 1


@pytest.mark.thorough
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
