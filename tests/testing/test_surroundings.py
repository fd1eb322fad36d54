"""What a graph tells of its neighbourhood: which kink comes first, and how far rounding carries."""

import math

import pytest
from hypothesis import given, settings

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, custom_derivative, gradients
from autograd_lite.core.table.choices import decide
from autograd_lite.testing import expressions
from autograd_lite.testing.surroundings import Surroundings


def around(f, *point):
    inputs = [Value(x) for x in point]
    return Surroundings(inputs, [f(*inputs)])


@pytest.mark.parametrize(
    ("f", "point", "distance", "words"),
    [
        (ag.relu, (2.0,), 2.0, "relu at 2.0"),
        (lambda x: ag.relu(10.0 * x - 5.0), (0.6,), 0.1, "relu"),
        (lambda x: ag.abs(x - 1.0) + ag.floor(x + 0.9), (3.0,), 0.1, "floor"),
        (lambda x: ag.maximum(x, 1.0 - x), (0.75,), 0.25, "maximum"),
        (lambda x: ag.maximum(x, x + 1.0), (0.75,), math.inf, ""),
        (lambda x: ag.max([x, 2.0, 5.0]), (4.0,), 1.0, "max"),
        (lambda x: ag.max([x, 1.0 - x]), (0.75,), 0.25, "max"),
        (lambda x: ag.where(ag.less(x, 1.0), x, 2.0 * x), (0.5,), 0.5, "less"),
        (lambda x: ag.where(ag.logical_and(ag.less(x, 0.0), ag.less(x, -1.0)), x, -x), (0.5,), 0.5, "less"),
        (lambda x: ag.where(x, x, -x), (0.5,), 0.5, "where"),
        (lambda x: x**3, (0.0,), math.inf, ""),
        (lambda x: x**2.5, (0.5,), 0.5, "pow"),
        (lambda x: 1.0 / (x - 1.0), (1.25,), 0.25, "div"),
        (ag.sin, (2.0,), math.inf, ""),
        (lambda x: decide(ag.less(x, 1.0), lambda: x * x, lambda: ag.abs(x)), (0.0,), 1.0, "less"),
        (lambda x: decide(ag.less(x, 1.0), lambda: ag.abs(x), lambda: x * x), (0.25,), 0.25, "abs"),
        (lambda x: ag.relu(x.detach()) + x, (2.0,), math.inf, ""),
        (custom_derivative(lambda x: ag.relu(4.0 * x), lambda out, x: (4.0 * ag.less(0.0, x),)), (0.5,), 0.5, "inside"),
    ],
)
def test_the_nearest_kink(f, point, distance, words):
    surroundings = around(f, *point)
    found, where = surroundings.nearest(surroundings.kinks, 0)
    assert found == pytest.approx(distance)
    assert words in where


@pytest.mark.parametrize(
    ("f", "x", "distance"),
    [(ag.sin, 5.0, 2.0), (lambda x: ag.exp(100.0 * x), 0.5, 0.02), (lambda x: x * x, 5.0, math.inf)],
)
def test_how_far_a_function_looks_the_same(f, x, distance):
    surroundings = around(f, x)
    found, words = surroundings.nearest(surroundings.bends, 0)
    assert found == pytest.approx(distance)
    assert ("at" in words) == (distance < math.inf)


def test_each_input_has_its_own():
    surroundings = around(lambda x, y: ag.relu(x + 100.0 * y), 1.0, 0.0)
    assert surroundings.nearest(surroundings.kinks, 0)[0] == pytest.approx(1.0)
    assert surroundings.nearest(surroundings.kinks, 1)[0] == pytest.approx(0.01)


LINEAR = ("add", "sub", "neg", "relu", "abs", "maximum", "minimum", "max", "min", "sum", "mean", "floor", "less")


@settings(max_examples=60)
@given(expressions(max_size=8, rows=[PRIMITIVES[name] for name in LINEAR]))
def test_within_the_distance_nothing_breaks(f):
    """For functions that are piecewise linear the gradient stays what it is up to the kink."""
    here = gradients(f(*(inputs := [Value(x) for x in f.point])), inputs)
    surroundings = around(f, *f.point)
    distance, _ = surroundings.nearest(surroundings.kinks, 0)
    step = 0.99 * min(distance, 1.0)
    for x in (f.point[0] - step, f.point[0] + step):
        there = [Value(y) for y in (x, *f.point[1:])]
        assert gradients(f(*there), there) == here


@given(expressions(max_size=10))
def test_magnitudes_bound_the_gradient(f):
    inputs = [Value(x) for x in f.point]
    out = f(*inputs)
    sizes, noise = Surroundings(inputs, [out]).magnitudes(out)
    for slope, size in zip(gradients(out, inputs), sizes, strict=True):
        assert abs(slope) <= size * (1.0 + 1e-9)
    assert noise >= 2.0**-53 * abs(out.data)


def test_terms_that_cancel_leave_their_sizes():
    (size,), noise = (s := around(lambda x: 1e10 * x - 1e10 * x, 3.0)).magnitudes(s.order[-1])
    assert size == 2e10
    assert noise > 1e-6
