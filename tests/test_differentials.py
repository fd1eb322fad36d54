"""Sweeps that record themselves: gradients of gradients, and the graphs from which none can be made."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, grad, gradients, jvp


def test_created_graphs_differentiate_again():
    x = Value(0.3)
    (first,) = gradients(ag.tanh(x), [x], create_graph=True)
    (second,) = gradients(first, [x], create_graph=True)
    t = math.tanh(0.3)
    assert first.data == pytest.approx(1 - t * t, rel=1e-15)
    assert second.data == pytest.approx(-2 * t * (1 - t * t), rel=1e-14)
    assert not x.has_grad


@given(st.integers(0, 6), st.floats(-3.0, 3.0))
def test_every_derivative_of_a_power(order, x):
    f = lambda x: x**6  # noqa: E731
    for _ in range(order):
        f = grad(f)
    assert f(x) == pytest.approx(math.perm(6, order) * x ** (6 - order), rel=1e-12, abs=1e-12)


def test_perturbations_are_not_confused():
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(3.0))(3.0) == 6.0
    assert grad(lambda x: x * jvp(lambda y: x * y, [3.0], [1.0])[1])(3.0) == 6.0


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: x + 1.0, ag.sin, lambda x: ag.dot([x, x], [x, 2.0])])
def test_created_graphs_refuse_assigned_data(f):
    x = Value(0.5)
    y = f(x)
    x.data = -0.5
    with pytest.raises(RuntimeError, match="assigned"):
        gradients(y, [x], create_graph=True)
    assert gradients(f(x), [x], create_graph=True)  # a graph built after the assignment is fine


def test_the_branch_not_taken_gets_nothing_even_from_infinity():
    x, y = Value(2.0), Value(3.0)
    out = ag.where(ag.less(x, y), x, y) * math.inf
    assert [g.data for g in gradients(out, [x, y], create_graph=True)] == [math.inf, 0.0]


def test_data_assigned_below_what_is_asked_for_does_not_matter():
    x = Value(3.0)
    y = x * x
    y.data = 5.0
    z = y * y
    (slope,) = gradients(z, [y], create_graph=True)
    assert slope.data == 10.0
    assert gradients(slope, [y]) == [2.0]
    with pytest.raises(RuntimeError, match="assigned"):
        gradients(z, [x], create_graph=True)
