"""`gradients`, `grad` and `value_and_grad`: what they take, give, and leave alone."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value, compile, grad, gradients, nn, value_and_grad, vjp
from autograd_lite.transforms.signatures import parameter_names


def test_gradients_stores_nothing():
    x = Value(3.0)
    y = x * x
    assert gradients(y, [x, y]) == [6.0, 1.0]
    assert not x.has_grad
    assert not y.has_grad


def test_gradients_of_what_an_output_does_not_depend_on_are_zero():
    x, y = Value(3.0), Value(4.0)
    assert gradients(x * x, [y]) == [0.0]
    assert [g.data for g in gradients(x * x, [y], create_graph=True)] == [0.0]


def test_transforms_neither_read_nor_write_grad():
    w = Value(2.0)
    w.grad = 7.0
    assert grad(lambda x: w * x)(3.0) == 2.0
    assert w.grad == 7.0


def test_the_gradient_of_a_number_is_zero():
    assert grad(lambda x: 5.0)(3.0) == 0.0
    assert value_and_grad(lambda x: 5)([1.0, 2.0]) == (5.0, [0.0, 0.0])


def test_arguments_are_chosen_by_number():
    f = lambda x, y, scale=1.0: scale * x * y * y  # noqa: E731
    assert grad(f)(2.0, 3.0) == 9.0
    assert grad(f, argnums=1)(2.0, 3.0, scale=2.0) == 24.0
    assert grad(f, argnums=(0, -1))(2.0, 3.0) == (9.0, 12.0)
    assert value_and_grad(f, (1,))(2.0, 3.0) == (18.0, (12.0,))
    with pytest.raises(ValueError, match="twice"):
        grad(f, argnums=(1, -1))(2.0, 3.0)
    with pytest.raises(TypeError, match="the argument 1 of <lambda> holds 'text' of type str"):
        grad(f, argnums=1)(2.0, "text")


def test_gradients_have_the_structure_of_the_argument():
    f = lambda p: ag.sum(p["w"].ravel()) * p["b"][1]  # noqa: E731
    slope = grad(f)({"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": (0.0, 2.0)})
    assert np.array_equal(slope["w"], np.full((2, 2), 2.0))
    assert slope["w"].dtype == np.float64
    assert slope["b"] == (0.0, 10.0)


def test_the_gradient_in_a_module_is_keyed_like_its_state():
    model = nn.Linear(2, 1, rng=0)
    slope = grad(lambda m: m([2.0, 3.0])[0])(model)
    assert set(slope) == set(model.state_dict())
    assert sorted(slope.values()) == [1.0, 2.0, 3.0]
    assert not any(p.has_grad for p in model.parameters())


def test_values_as_arguments_keep_their_graph():
    x = Value(3.0)
    slope = grad(lambda y: y**3)(x * 2.0)
    assert isinstance(slope, Value)
    slope.backward()  # d/dx 3 (2x)^2 = 24 x
    assert (slope.data, x.grad) == (108.0, 72.0)


def test_values_in_a_nest_keep_their_graph_too():
    x = Value(3.0)
    slope = grad(lambda v: v[0] * v[1][0])([x * 2.0, (5.0,)])
    assert [type(slope[0]), type(slope[1][0])] == [Value, Value]
    slope[1][0].backward()
    assert (slope[0].data, slope[1][0].data, x.grad) == (5.0, 6.0, 2.0)
    assert [type(g) for g in grad(lambda v: v[0] * v[1])([2.0, 3.0])] == [float, float]


def test_what_was_detached_in_a_trace_is_an_input_like_any_other():
    assert compile(lambda x: grad(lambda y: y * y * x)(x.detach()))(3.0) == 18.0
    assert grad(lambda y: y * y)(Value(3.0).detach()) == 6.0


def test_what_comes_beside_the_value_is_not_differentiated():
    def loss(w, x):
        y = w * x
        return y * y, {"y": y, "parts": [w + 1.0, 7], "none": ()}

    aux = {"y": 6.0, "parts": [3.0, 7], "none": ()}
    assert value_and_grad(loss, has_aux=True)(2.0, 3.0) == ((36.0, aux), 36.0)
    assert grad(loss, argnums=(0, 1), has_aux=True)(2.0, 3.0) == ((36.0, 24.0), aux)
    for backend in ("python", "numpy"):
        assert compile(value_and_grad(loss, has_aux=True), backend=backend)(2.0, 3.0) == ((36.0, aux), 36.0)
    (slope,) = gradients(grad(loss, has_aux=True)(w := Value(2.0), 3.0)[1]["y"], [w])
    assert slope == 3.0  # within another gradient it is a Value


def test_the_mean_over_samples_is_also_that_of_what_comes_beside_the_value():
    def loss(w, x):
        return (w * x) ** 2, x

    mean = value_and_grad(ag.vmap(loss, (None, 0), "mean"), has_aux=True)
    for f in (mean, compile(mean, backend="python")):
        assert f(2.0, [1.0, 3.0]) == ((20.0, 2.0), 20.0)


@pytest.mark.parametrize("result", [1.0, [1.0, 2.0], (1.0, 2.0, 3.0)])
def test_what_comes_beside_the_value_comes_in_a_pair(result):
    with pytest.raises(TypeError, match=r"with has_aux, <lambda> returns a tuple \(value, aux\), but .*; return both"):
        grad(lambda x: result, has_aux=True)(1.0)
    with pytest.raises(TypeError, match=r"the aux of <lambda> holds 1j of type complex at \['a'\]\[1\]"):
        grad(lambda x: (x, {"a": [x, 1j]}), has_aux=True)(1.0)
    assert grad(lambda x: (x, {"a": (x, "text", None)}), has_aux=True)(2.0) == (1.0, {"a": (2.0, "text", None)})


def test_an_error_names_the_function():
    def two(x):
        return [x, x]

    with pytest.raises(TypeError, match="the gradient of two needs one number as its result"):
        grad(two)(1.0)


def test_the_sign_of_a_zero_is_kept():
    _, pull = vjp(lambda x: x * 2.0, 1.0)
    assert math.copysign(1.0, pull(-0.0)[0]) == -1.0
    assert math.copysign(1.0, pull(0.0)[0]) == 1.0


def test_transformed_functions_keep_name_and_doc():
    def loss(x):
        """How far off."""
        return x * x

    assert (grad(loss).__name__, grad(loss).__doc__) == ("grad(loss)", "How far off.")
    assert grad(ag.tanh).__name__ == "grad(tanh)"


def test_rows_tell_the_names_of_their_operands():
    assert parameter_names(ag.mul) == ["x", "y"]
    assert parameter_names(ag.dot) == []
    assert [a.name for a in compile(ag.mul, backend="python").trace(1.0, 2.0).arguments] == ["x", "y"]


OF_NO_DIMENSIONS = [
    lambda v: np.where(v > 0.0, v * v, 0.0 * v),
    lambda v: np.squeeze(v * v),
    lambda v: np.array(v * v),
    lambda v: np.tensordot(np.array([v]), np.array([v]), 1),
]


@pytest.mark.parametrize("f", OF_NO_DIMENSIONS)
def test_an_array_of_no_dimensions_is_a_number(f):
    assert ag.grad(f)(3.0) == 6.0
    assert ag.value_and_grad(f)(3.0) == (9.0, 6.0)
    assert ag.value_and_grad(lambda x: (f(x), "aux"), has_aux=True)(3.0) == ((9.0, "aux"), 6.0)
    assert ag.grad(ag.grad(f))(3.0) == ag.hessian(f)(3.0) == ag.hvp(f)(3.0, 1.0) == 2.0
    x = Value(3.0)
    assert ag.gradients(f(x), [x]) == [6.0]
    assert ag.grad(lambda v: np.array(2.0))(3.0) == 0.0
    if f is not OF_NO_DIMENSIONS[0]:  # which compares
        assert ag.compile(ag.grad(f))(3.0) == 6.0


def test_an_array_with_dimensions_is_no_number():
    with pytest.raises(TypeError, match="needs one number as its result"):
        ag.grad(lambda v: np.array([v]))(3.0)
