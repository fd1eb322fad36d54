"""Vectors: to the bit what plain dots do, whatever else their nodes are used for."""

import copy
import pickle

import pytest
from exact import bits
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Value, dot, grad, gradients, less, square, tanh, where
from autograd_lite import sum as total
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.fast.layers import dots, vector
from autograd_lite.core.fast.vectors import multiply, of_numbers
from autograd_lite.core.graph import CHOSEN
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.table import float_values

anything = st.floats() | st.sampled_from([0.0, -0.0])


@given(st.data())
def test_products_are_dots(data):
    rows, size = data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))
    column = st.lists(anything, min_size=size, max_size=size)
    xs, every = data.draw(column), [data.draw(column) for _ in range(rows)]
    results = [Value(1.0) for _ in every]
    multiply([of_numbers(ws) for ws in every], of_numbers(xs), results)
    assert [bits(x.data) for x in results] == [bits(float_values.dot(ws + xs)) for ws in every]


@pytest.mark.thorough
@given(st.lists(anything, max_size=13))
def test_a_vector_holds_the_data_of_its_nodes(numbers):
    for made in (of_numbers(numbers), vector([Value(x) for x in numbers])):
        assert [bits(x) for x in made.numbers()] == [bits(x) for x in numbers]


def layer(rows, samples, shared):
    """The dots of each sample with each row."""
    if not shared:
        return [[dot(row, sample) for row in rows] for sample in samples]
    vectors = [vector(list(row)) for row in rows]
    return [dots(vectors, vector(list(sample))) for sample in samples]


def deeper(x, depth):
    """Some steps further, so that dots of one vector get their adjoints at different times."""
    for _ in range(depth):
        x = tanh(x)
    return square(x)


@pytest.mark.thorough
@settings(max_examples=150)
@given(data=st.data())
def test_gradients_are_those_of_plain_dots(data):
    """Two layers of random sizes; leaves are in several rows, among the inputs, and in terms of their own."""
    size, units, outputs = (data.draw(st.integers(1, most)) for most in (9, 6, 6))
    count = data.draw(st.integers(1, 9), label="samples")
    alone = data.draw(st.booleans(), label="every leaf in one row only")
    number = st.floats(-2.0, 2.0)
    leaves = [data.draw(number) for _ in range(size * units + (units + 1) * outputs)]
    places = list(range(len(leaves))) if alone else [data.draw(st.integers(0, len(leaves) - 1)) for _ in leaves]
    samples = [[data.draw(number | st.integers(0, len(leaves) - 1)) for _ in range(size)] for _ in range(count)]
    depths = [data.draw(st.integers(0, 3)) for _ in range(3)]
    chooses = data.draw(st.booleans(), label="a choice")
    early, late = (data.draw(st.lists(st.integers(0, len(leaves) - 1), max_size=3)) for _ in range(2))
    results = []
    for shared in (True, False):
        values = [Value(x) for x in leaves]
        chosen = iter([values[i] for i in places])
        first = [[next(chosen) for _ in range(size)] for _ in range(units)]
        second = [[next(chosen) for _ in range(units + 1)] for _ in range(outputs)]
        hidden = layer(first, [[values[x] if isinstance(x, int) else x for x in s] for s in samples], shared)
        deep = total([tanh(square(tanh(values[i]))) for i in late])
        last = layer(second, [[*map(tanh, units), 1.0] for units in hidden], shared)
        ends = [deeper(out, depths[i % 3]) for outs in last for i, out in enumerate(outs)]
        loss = total(ends) + total([values[i] for i in early]) + deep
        if chooses:  # then the graph is swept in the order in which it was made
            loss = where(less(values[0], 0.0), lambda loss=loss: loss * 2.0, lambda loss=loss: loss * 3.0)
        found = gradients(loss, values)
        assert loss.grad == 0.0
        recorded = gradients(loss, values, create_graph=True)
        assert [bits(g.data) for g in recorded] == [bits(g) for g in found]
        if any(v is not None for v in loss.partials):
            loss.backward()
            assert [v.grad for v in values] == found
        results.append([bits(g) for g in found])
    assert results[0] == results[1]


@pytest.mark.parametrize("size", range(1, 14))
@pytest.mark.parametrize("count", [1, 4, 6])
def test_sums_of_whole_numbers_are_exact(size, count):
    rows = [[Value(float(i + k)) for i in range(size)] for k in range(2)]
    samples = [[float(i * k + 1) for i in range(size)] for k in range(count)]
    loss = total([out for outs in layer(rows, samples, True) for out in outs])
    assert loss.data == sum(w.data * x for row in rows for s in samples for w, x in zip(row, s, strict=True))
    expected = [sum(column) for column in zip(*samples, strict=True)]
    assert all(gradients(loss, row) == expected for row in rows)


def test_numbers_become_constants_when_somebody_looks():
    w = [Value(2.0), Value(5.0)]
    (out,) = dots([vector(w)], vector([3.0, 1.0]))
    assert gradients(out, w) == [3.0, 1.0]
    assert {x.op for x in topological_order([out], everything=True)} == {"", "constant", "dot"}
    assert [x.op for x in out.parents] == ["", "", "constant", "constant"]
    assert [x.data for x in out.parents] == [2.0, 5.0, 3.0, 1.0]
    assert out.partials == (3.0, 1.0, None, None)
    assert all(a is b for a, b in zip(out.parents, out.parents, strict=True))
    assert all(time_of(x) < time_of(out) for x in out.parents)
    assert len(topological_order([out], everything=True)) == 5
    out.backward()
    assert [x.grad for x in w] == [3.0, 1.0]


def test_what_becomes_of_the_constants_changes_nothing():
    w = Value(2.0)
    (out,) = dots([vector([w])], vector([3.0]))
    out.parents[1].data = 7.0
    assert gradients(out, [w]) == [3.0]
    assert out.partials == (3.0, None)


def test_a_list_that_changes_later_changes_no_vector():
    given_numbers = [3.0, 4.0]
    w = [Value(1.0), Value(2.0)]
    (out,) = dots([vector(w)], vector(given_numbers))
    given_numbers[0] = 100.0
    assert gradients(out, w) == [3.0, 4.0]


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda out: pickle.loads(pickle.dumps(out))])
def test_copies(again):
    (out,) = dots([vector([Value(2.0), Value(4.0)])], vector([3.0, 0.5]))
    made = again(out)
    assert made.data == 8.0
    assert [x.op for x in made.parents] == ["", "", "constant", "constant"]
    assert gradients(made, list(made.parents[:2])) == [3.0, 0.5]


def test_what_depends_on_a_choice_is_passed_on():
    x, y, w = Value(1.0), Value(2.0), Value(3.0)
    chosen = where(less(x, y), lambda: x * y, lambda: x)
    for rows, inputs in (([chosen, x], [w, y]), ([w, y], [chosen, x])):
        (out,) = dots([vector(rows)], vector(inputs))
        assert out._flags & CHOSEN
    (out,) = dots([vector([w, y])], vector([x, x]))
    assert not out._flags & CHOSEN


def test_numbers_on_both_sides():
    (out,) = dots([vector([2.0, 1.0])], vector([3.0, 4.0]))
    assert (out.data, out.op) == (10.0, "dot")
    assert [x.data for x in out.parents] == [2.0, 1.0, 3.0, 4.0]
    with pytest.raises(RuntimeError, match="constants alone"):
        out.backward()


def test_numbers_in_a_recorded_gradient():
    assert grad(grad(lambda v: dots([vector([v * v, v])], vector([2.0, 1.0]))[0]))(3.0) == 4.0
