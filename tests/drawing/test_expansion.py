"""Nodes of many operands, drawn in scalar steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, dot, draw, mean, prod, sum
from autograd_lite.nn import Neuron

NUMBERS = st.lists(st.floats(-4, 4).map(lambda x: round(x, 3)), min_size=1, max_size=6)


def steps(drawing):
    return sorted(box.symbol for box in drawing.picture.boxes.values() if box.symbol)


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["products", "sums"])
@pytest.mark.parametrize("row", [sum, mean, prod])
@given(NUMBERS)
def test_values_and_gradients_of_the_steps_obey_the_chain_rule(how, row, numbers):
    check(draw(row([Value(x) for x in numbers]), expand=how, backward=True))


@pytest.mark.parametrize("how", ["products", "sums"])
@given(NUMBERS)
def test_the_steps_of_a_dot_too(how, numbers):
    check(draw(dot([Value(x) for x in numbers], [Value(2.0 * x) for x in numbers]), expand=how, backward=True))


def check(drawing):
    """Each value follows from its operands, each gradient is the sum of what flows into it."""
    boxes, parents = drawing.picture.boxes, drawing.picture.parents()
    flows = dict.fromkeys(boxes, 0.0)
    for link in drawing.picture.links:
        if link.flow is not None:
            flows[link.tail] += link.flow
    for key, box in boxes.items():
        operands = [boxes[link.tail].value for link in parents[key]]
        if box.symbol in ("+", "Σ"):
            assert box.value == pytest.approx(__builtins__["sum"](operands), abs=1e-9)
        elif box.symbol == "×":
            assert box.value == pytest.approx(operands[0] * operands[1], abs=1e-9)
        elif box.symbol == "÷":
            assert box.value == pytest.approx(operands[0] / operands[1], abs=1e-9)
        if box.gradient is not None and key not in drawing.picture.roots:
            assert box.gradient == pytest.approx(flows[key], abs=1e-9)


def test_a_neuron_becomes_products_and_sums_without_the_1_of_its_bias():
    neuron = Neuron(2, activation="tanh", rng=0)
    out = neuron([Value(1.0), Value(2.0)])
    assert steps(draw(out)) == ["tanh", "w·x+b"]
    assert steps(draw(out, expand=True)) == ["+", "+", "tanh", "×", "×"]
    assert steps(draw(out, expand="products")) == ["tanh", "×", "×", "Σ"]
    titles = [b.title for b in draw(out, expand=True).picture.boxes.values()]
    assert sorted(titles) == ["", "", "", "", "", "", "b", "out", "w[0]", "w[1]"]


def test_what_is_already_scalar_stays():
    x = Value(2.0)
    assert draw(x * x, expand=True).source == draw(x * x).source


def test_what_shares_a_box_is_not_expanded():
    drawing = draw(sum([Value(float(i)) for i in range(500)]), expand=True)
    assert steps(drawing) == ["Σ"]
    assert len(drawing.picture.boxes) == 2
