"""A derivative of the user's own: eager, differentiated again, compiled, and refused where it does not fit."""

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, custom_derivative, grad, gradients
from autograd_lite.transforms import custom_rules

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
    assert (row.operand_names(), row.written()) == (["x"], "cube(x)")
    assert product.operand_names() == ["x", "y"]


def test_a_name_of_the_table_is_not_taken():
    # What the library knows of a row it knows by its name: explain said 1 - v1^2 of this one.
    def tanh(x):
        return 2.0 * x

    row = custom_derivative(tanh, lambda out, x: (2.0,))
    x = Value(1.0, label="x")
    y = row(x) * 3.0
    y.backward()
    assert (row.name, row.formula, x.grad) == ("custom_tanh", "custom_tanh(x)", 6.0)
    assert "∂v1/∂x = ∂y/∂v1 · 2 = 3 · 2 = 6" in ag.explain(y).text
    assert ag.compile(lambda x: row(x) + ag.tanh(x))(1.0) == 2.0 + math.tanh(1.0)


def cube(x):
    return x * x * x


def slope_of_cube(out, x):
    return (3.0 * x * x,)


def test_it_is_pickled_where_its_functions_are():
    x = pickle.loads(pickle.dumps(custom_derivative(cube, slope_of_cube)(Value(2.0))))
    assert (x.op, x.data, x.partials) == ("cube", 8.0, (12.0,))
    assert grad(grad(x.row))(2.0) == 12.0


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


def scale(x, y):
    return custom_derivative(lambda z: z * y, lambda out, z: (y,))(x)


def slope_of(x, y):
    return grad(custom_derivative(lambda z: 2.0 * z, lambda out, z: (y,)))(x)


@pytest.mark.parametrize("f", [scale, slope_of])
def test_what_a_row_closes_over_is_refused_alike_in_all_modes(f):
    texts = set()
    for call in (
        lambda: ag.compile(grad(f, 1))(2.0, 3.0),  # gave 0.0
        lambda: ag.compile(f)(2.0, 3.0),
        lambda: ag.compile(f, backend="python")(2.0, 3.0),
        lambda: ag.compile(lambda x, y: (f(x, y), 0.0)[1])(2.0, 3.0),
        lambda: grad(f, 1)(2.0, 3.0),
        lambda: ag.jvp(f, (2.0, 3.0), (0.0, 1.0)),
        lambda: ag.hessian(lambda p: f(*p))([2.0, 3.0]),
        lambda: f(Value(2.0), Value(3.0)),
        lambda: f(2.0, Value(3.0)),
        lambda: ag.compile(ag.vmap(f, in_axes=(0, None), reduce="sum"))([2.0, 1.0], 3.0),
    ):
        with pytest.raises(TypeError, match=r"is not among its operands.*make it an operand") as found:
            call()
        texts.add(str(found.value))
    assert len(texts) == 1
    assert f(2.0, 3.0) in (6.0, 3.0)
    assert grad(f)(2.0, 3.0) in (3.0, 0.0)


def test_a_check_that_a_trace_does_not_make_is_found(monkeypatch):
    f = ag.compile(grad(scale, 1))
    monkeypatch.setattr(custom_rules.Rules, "traced", lambda self, operands: None)
    assert f(2.0, 3.0) == 0.0  # what it was without


def test_none_is_a_partial_and_a_decorator():
    @custom_derivative(partials=lambda out, x, n: (3.0 * x * x, None))
    def power(x, n):
        return x * x * x

    assert power.name == "power"
    assert grad(power, (0, 1))(2.0, 3.0) == (12.0, 0.0)
    assert ag.compile(grad(power, (0, 1)))(2.0, 3.0) == (12.0, 0.0)
    assert ag.jvp(power, (2.0, 3.0), (1.0, 1.0))[1] == 12.0
    assert power(Value(2.0), Value(3.0)).partials == (12.0, None)


@given(st.floats(-1e3, 1e3))
def test_a_square_has_the_bits_that_it_has_in_a_program(x):
    row = custom_derivative(lambda x: x**2 * 0.1, lambda out, x: (0.2 * x,))
    assert row(x) == row(Value(x)).data == ag.compile(row, backend="python")(x)


def test_partials_that_are_singular():
    row = custom_derivative(lambda x: ag.sqrt(x), lambda out, x: (0.5 / out,))
    assert grad(row)(0.0) == math.inf
    assert ag.compile(grad(row), backend="python")(0.0) == math.inf
    opaque = custom_derivative(lambda x: math.sqrt(x), lambda out, x: (0.5 / float(out),))
    assert ag.compile(opaque, backend="python")(4.0) == 2.0
    with pytest.raises(ValueError, match=r"custom\(-1\) failed"):
        opaque(-1.0)
    assert math.isnan(ag.compile(opaque, backend="python")(-1.0))


def test_what_returns_no_number_is_refused():
    for f, words in ((lambda x: (x, x), "has one output"), (lambda x: None, "returned None"), (lambda x: "1", "'1'")):
        with pytest.raises(TypeError, match=words):
            custom_derivative(f, lambda out, x: (1.0,))(2.0)
