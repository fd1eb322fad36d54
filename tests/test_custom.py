"""A derivative of the user's own: eager, differentiated again, compiled, and refused where it does not fit."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, custom_derivative, grad, gradients

log1pexp = custom_derivative(lambda x: ag.log1p(ag.exp(x)), lambda out, x: (1.0 - ag.exp(-out),))
product = custom_derivative(lambda x, y: x * y, lambda out, x, y: (y, x))


@given(st.floats(-30.0, 30.0))
def test_the_rule_is_used_and_differentiated_again(x):
    p = 1.0 / (1.0 + math.exp(-x))
    assert log1pexp(x) == math.log1p(math.exp(x))
    assert grad(log1pexp)(x) == pytest.approx(p, rel=1e-12)
    assert grad(grad(log1pexp))(x) == pytest.approx(p * (1 - p), rel=1e-12, abs=1e-15)


def test_it_is_one_node_with_its_name():
    def cube(x):
        return x * x * x

    row = custom_derivative(cube, lambda out, x: (3.0 * x * x,))
    y = row(Value(2.0))
    assert (row.name, row.formula, y.op, y.data, y.partials) == ("cube", "cube(x)", "cube", 8.0, (12.0,))


def test_a_rule_that_differs_from_the_function_wins():
    straight = custom_derivative(lambda x: ag.round(x), lambda out, x: (1.0,))  # the straight-through estimator
    assert (straight(2.3), grad(straight)(2.3)) == (2.0, 1.0)


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_compiled_it_gives_the_same(backend):
    pytest.importorskip("llvmlite" if backend == "llvm" else "numpy")
    f = lambda x, y: product(log1pexp(x), y)  # noqa: E731
    for compiled, eager in ((ag.compile(f, backend=backend), f), (ag.compile(grad(f), backend=backend), grad(f))):
        assert compiled(0.3, 2.0) == pytest.approx(eager(0.3, 2.0), rel=0 if backend != "numpy" else 1e-15)


def test_operands_share():
    x = Value(3.0)
    assert gradients(product(x, x), [x]) == [6.0]


@pytest.mark.parametrize("partials", [lambda out, x, y: (y,), lambda out, x, y: y, lambda out, x, y: (y, x, 1.0)])
def test_a_rule_with_the_wrong_number_of_partials_is_refused(partials):
    row = custom_derivative(lambda x, y: x * y, partials)
    with pytest.raises(TypeError, match=r"must be a tuple of 2, one an operand.*return \(d/dx, ...\)"):
        row(Value(1.0), Value(2.0))


def test_what_is_no_function_is_refused():
    for f, partials in ((2.0, lambda out, x: (1.0,)), (lambda x: x, 2.0)):
        with pytest.raises(TypeError, match="takes two functions"):
            custom_derivative(f, partials)
    with pytest.raises(TypeError, match="separate operands"):
        custom_derivative(lambda *xs: xs[0], lambda out, *xs: (1.0,))
