"""Derivatives along directions and all at once: one text of the chain rule, walked both ways, nested in any order."""

import functools
import math
from collections import namedtuple

import dags
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, cos, exp, grad, hessian, hvp, jacobian, jvp, sin, tanh, value_and_grad, vjp
from autograd_lite import sum as total
from autograd_lite.core.fast.clock import time_now
from autograd_lite.core.fast.uses import COUNTS, SORT

Point = namedtuple("Point", "x y")


def rosenbrock(x):
    return total(100.0 * (x[i + 1] - x[i] * x[i]) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1))


def field(x):
    """Three results of two numbers."""
    return [x[0] * x[1], sin(x[0]), exp(x[1]) + x[0]]


# -- what they are


def test_jvp_is_the_jacobian_times_the_tangent_and_vjp_the_cotangent_times_it():
    x, v, w = [0.5, -1.5], [2.0, 3.0], [1.0, -1.0, 0.5]
    rows = [[-1.5, 0.5], [math.cos(0.5), 0.0], [1.0, math.exp(-1.5)]]
    out, moved = jvp(field, (x,), (v,))
    assert out == [0.5 * -1.5, math.sin(0.5), math.exp(-1.5) + 0.5]
    assert moved == pytest.approx([a * v[0] + b * v[1] for a, b in rows])
    same, pullback = vjp(field, x)
    assert same == out
    assert pullback(w)[0] == pytest.approx([sum(w[i] * rows[i][j] for i in range(3)) for j in range(2)])
    for mode in ("forward", "reverse", "auto"):
        assert [list(map(pytest.approx, row)) for row in jacobian(field, mode=mode)(x)] == rows


@pytest.mark.thorough
@settings(max_examples=150)
@given(st.data())
def test_forward_and_reverse_agree_on_any_function(data):
    """<J v, w> = <v, J^T w>, within the rounding of the two orders."""
    choose = dags.Drawn(data.draw)
    text = dags.source(choose, outputs=2)
    f = dags.function(text)
    x, v, w = [choose.one_of([0.5, 1.25, -0.75, 2.0]) for _ in range(3)], [1.0, -0.5, 2.0], [0.5, -1.0]
    try:
        _, moved = jvp(f, (x,), (v,))
        (pulled,) = vjp(f, x)[1](w)
        every = [abs(a) for row in jacobian(f)(x) for a in row]
    except (ArithmeticError, ValueError):
        return
    left, right = sum(a * b for a, b in zip(moved, w, strict=True)), sum(a * b for a, b in zip(v, pulled, strict=True))
    if all(map(math.isfinite, every)) and math.isfinite(left) and math.isfinite(right):
        size = max([1.0, abs(left), abs(right), *every])
        assert math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9 * size) or size > 1e100, text


def test_hessians_are_symmetric_and_right():
    x = np.array([0.3, -0.7, 1.9])
    found = hessian(rosenbrock)(x)
    assert found == pytest.approx(found.T)
    step = 1e-5
    for j in range(3):
        plus, minus = x.copy(), x.copy()
        plus[j] += step
        minus[j] -= step
        column = (grad(rosenbrock)(plus) - grad(rosenbrock)(minus)) / (2 * step)
        assert found[:, j] == pytest.approx(column, rel=1e-6, abs=1e-6)
    v = np.array([1.0, -2.0, 0.5])
    assert hvp(rosenbrock)(x, v) == pytest.approx(found @ v)


@pytest.mark.parametrize("n", [2, 10, 100])
def test_a_hessian_vector_product_costs_a_small_multiple_of_the_function(n):
    """Operations are counted, not timed: nodes made, whatever the number of variables."""
    x, v = [0.1 * i for i in range(n)], [1.0] * n

    def made(compute):
        before = time_now()
        compute()
        return time_now() - before

    cost = made(lambda: rosenbrock([Value(t) for t in x]))
    assert made(lambda: grad(rosenbrock)(x)) <= 2 * cost
    assert made(lambda: hvp(rosenbrock)(x, v)) <= 12 * cost


def test_a_jacobian_takes_the_mode_of_fewer_sweeps():
    """Forward mode sorts the graph once for all inputs, reverse mode once for each output: the sorts are counted."""

    def sorts(mode, n):
        before = COUNTS.base
        jacobian(lambda x: [sin(total(x)) * x[0], *[x[0] * x[1]] * 4], mode=mode)([0.5] * n)
        return (COUNTS.base - before) // SORT

    assert (sorts("forward", 2), sorts("forward", 7)) == (1, 1)
    assert (sorts("reverse", 2), sorts("reverse", 7)) == (5, 5)
    assert (sorts("auto", 2), sorts("auto", 7)) == (1, 5)


def test_tangents_are_floats_whatever_numbers_the_directions_are():
    (same, fixed), moved = jvp(lambda x: [x, x * 2], (1,), (3,))
    assert [type(x) for x in (same, fixed, *moved)] == [float] * 4
    assert moved == [3.0, 6.0]


# -- composition


def test_modes_and_orders_agree_on_third_derivatives():
    def third(x):
        return exp(2.0 * x) * x

    want = (8 * 0.5 + 12) * math.exp(1.0)
    for f in (
        grad(grad(grad(third))),
        lambda x: jvp(lambda y: jvp(lambda z: jvp(third, (z,), (1.0,))[1], (y,), (1.0,))[1], (x,), (1.0,))[1],
        grad(lambda x: jvp(grad(third), (x,), (1.0,))[1]),
        lambda x: jvp(grad(grad(third)), (x,), (1.0,))[1],
        grad(hessian(third)),
        hessian(grad(third)),
        jacobian(hessian(third)),
        jacobian(jacobian(jacobian(third, mode="forward"), mode="reverse"), mode="forward"),
        lambda x: vjp(grad(grad(third)), x)[1](1.0)[0],
        grad(lambda x: hvp(third)(x, 1.0)),
    ):
        assert f(0.5) == pytest.approx(want, rel=1e-13)


def test_nesting_keeps_the_variables_apart():
    assert grad(lambda x: x * jvp(lambda y: x * y, (1.0,), (1.0,))[1])(3.0) == 6.0
    assert jvp(lambda x: x * grad(lambda y: x + y)(1.0), (3.0,), (1.0,)) == (3.0, 1.0)
    assert grad(lambda x: jvp(lambda y: x * y * y, (x,), (x,))[1])(2.0) == 6 * 2.0**2
    assert jvp(lambda x: jvp(lambda y: x * y, (x,), (1.0,))[1], (3.0,), (1.0,))[1] == 1.0
    assert grad(lambda x: total(vjp(lambda y: [x * y, y], x)[1]([x, 1.0])))(3.0) == 2 * 3.0


def test_through_an_optimiser_with_an_unbounded_loop():
    """The minimum of (y - a)^2 + y^4 / 4 in y, found by Newton's method: forward over reverse over the loop."""

    def inner(y, a):
        return (y - a) ** 2 + y**4 / 4.0

    def minimum(a):
        y = a * 0.5
        while abs(grad(inner)(y, a)) > 1e-14:
            y = y - grad(inner)(y, a) / grad(grad(inner))(y, a)
        return y - grad(inner)(y, a) / grad(grad(inner))(y, a)

    def loss(a):
        return minimum(a[0]) * minimum(a[1])

    a = [1.5, 0.7]
    y = [minimum(t) for t in a]
    slope = [2.0 / (2.0 + 3.0 * t * t) for t in y]  # 2 (y - a) + y^3 = 0, differentiated
    curvature = [-6.0 * t * s**3 / 2.0 for t, s in zip(y, slope, strict=True)]
    assert grad(loss)(a) == pytest.approx([slope[0] * y[1], slope[1] * y[0]], rel=1e-9)
    assert hvp(loss)(a, [1.0, 0.0]) == pytest.approx([curvature[0] * y[1], slope[0] * slope[1]], rel=1e-6)
    assert jvp(grad(loss), (a,), ([1.0, 0.0],))[1] == hvp(loss)(a, [1.0, 0.0])


def test_gradients_are_recorded_inside_although_no_grad_is_on_outside():
    with ag.no_grad():
        assert hessian(lambda x: x**3)(2.0) == 12.0
        assert jvp(lambda x: x * x, (3.0,), (1.0,)) == (9.0, 6.0)
        assert vjp(lambda x: x * x, 3.0)[1](1.0) == (6.0,)
        assert hvp(rosenbrock)([1.0, 1.0], [1.0, 0.0]) == [802.0, -400.0]
        found = grad(lambda x: x * x)(Value(3.0))
    assert (found.data, found.op) == (6.0, "detached")


def test_values_in_give_values_that_are_connected():
    x = Value(2.0)
    out, moved = jvp(lambda v: v**3, (x,), (1.0,))
    assert (out.data, moved.data) == (8.0, 12.0)
    moved.backward()
    assert x.grad == 12.0  # of 3 x^2
    direction = Value(5.0)
    (_, along) = jvp(sin, (0.0,), (direction,))
    along.backward()
    assert direction.grad == 1.0
    weight = Value(1.0)
    (slope,) = vjp(lambda v: v * v, 3.0)[1](weight)
    slope.backward()
    assert weight.grad == 6.0


# -- structures


def test_any_structure_goes_in_and_comes_out():
    def f(p, q):
        return {"a": p["w"][0] * q.x, "b": [total(p["w"]), q.y], "c": (p["w"] * q.x, 3.0)}

    p, q = {"w": np.array([1.0, 2.0])}, Point(3.0, 4.0)
    out, moved = jvp(f, (p, q), ({"w": np.array([1.0, 0.0])}, Point(0.0, 1.0)))
    assert (out["a"], out["b"], out["c"][0].tolist(), out["c"][1]) == (3.0, [3.0, 4.0], [3.0, 6.0], 3.0)
    assert (moved["a"], moved["b"], moved["c"][0].tolist(), moved["c"][1]) == (3.0, [1.0, 1.0], [3.0, 0.0], 0.0)
    _, pullback = vjp(f, p, q)
    gp, gq = pullback({"a": 1.0, "b": [0.0, 1.0], "c": (np.zeros(2), 0.0)})
    assert gp["w"].tolist() == [3.0, 0.0]
    assert gq == Point(1.0, 1.0)
    both = jacobian(f, argnums=(0, 1))(p, q)
    assert both[0]["c"][0]["w"].tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert both[1]["c"][0].x.tolist() == [1.0, 2.0]
    assert both[1]["b"] == [Point(0.0, 0.0), Point(0.0, 1.0)]
    assert both[0]["a"]["w"].tolist() == [3.0, 0.0]


def test_arrays_have_jacobians_and_hessians_of_their_shapes():
    x = np.arange(6.0).reshape(2, 3)
    found = jacobian(lambda x: x[0] * x[1])(x)
    assert found.shape == (3, 2, 3)
    assert found[1].tolist() == [[0.0, 4.0, 0.0], [0.0, 1.0, 0.0]]
    assert hessian(lambda x: total((x * x).ravel()))(x).tolist() == (2.0 * np.eye(6)).reshape(2, 3, 2, 3).tolist()
    assert jacobian(lambda x: total(x.ravel()))(x).tolist() == np.ones((2, 3)).tolist()
    assert jacobian(lambda x: np.array([]) * x[0])(np.ones(2)).shape == (0, 2)
    assert jacobian(lambda x: x * 2.0)(np.array(3.0)).shape == ()


class Line:
    """A Module of two parameters."""

    def __init__(self, w, b):
        self.w, self.b = w, b

    def named_parameters(self):
        return [("w", self.w), ("b", self.b)]

    def with_parameters(self, values):
        return Line(*values)

    def __call__(self, x):
        return tanh(self.w * x + self.b)


def test_modules_are_structures_whose_derivatives_are_dicts():
    line = Line(Value(0.5), Value(-1.0))
    slope = 1.0 - math.tanh(0.0) ** 2
    assert grad(lambda m: m(2.0))(line) == {"w": 2.0 * slope, "b": slope}
    assert jacobian(lambda m: [m(2.0), m(4.0)])(line)[0] == {"w": 2.0, "b": 1.0}
    by_array = jacobian(lambda m: np.array([m(2.0), m(2.0)]))(line)
    assert by_array["w"].tolist() == [2.0, 2.0]
    curvature = hessian(lambda m: m.w**2 * m.b)(line)
    assert curvature == {"w": {"w": -2.0, "b": 1.0}, "b": {"w": 1.0, "b": 0.0}}
    assert hvp(lambda m: m.w**2 * m.b)(line, {"b": 0.0, "w": 1.0}) == {"w": -2.0, "b": 1.0}
    assert jvp(lambda m: m(2.0), (line,), ({"w": 1.0, "b": 1.0},)) == (0.0, 3.0)
    assert jvp(lambda m: m(2.0), (line,), (line,))[1] == 0.0  # 2 w + b
    mixed = grad(lambda p: p["m"](2.0) * p["x"])({"m": line, "x": 3.0})
    assert mixed == {"m": {"w": 6.0, "b": 3.0}, "x": 0.0}
    assert (line.w.grad, line.w.data) == (0.0, 0.5)


def test_scipy_minimises_rosenbrock_with_hvp_and_hessian():
    optimize = pytest.importorskip("scipy.optimize")
    x0 = np.array([0.5, 1.4, 0.8, 0.3])
    both = value_and_grad(rosenbrock)
    result = optimize.minimize(both, x0, jac=True)
    assert result.x == pytest.approx(np.ones(4), abs=1e-4)
    result = optimize.minimize(both, x0, jac=True, hessp=hvp(rosenbrock), method="trust-ncg", options={"gtol": 1e-10})
    assert result.x == pytest.approx(np.ones(4), abs=1e-9)
    result = optimize.minimize(both, x0, jac=True, hess=hessian(rosenbrock), method="trust-exact")
    assert result.x == pytest.approx(np.ones(4), abs=1e-6)


def test_hvp_takes_further_arguments_of_the_function():
    def f(x, scale, power=2.0):
        return scale * x**power

    assert hvp(f)(3.0, 1.0, 5.0) == 10.0
    assert hvp(f)(3.0, 1.0, 5.0, power=3.0) == 5.0 * 6 * 3.0


def test_results_that_do_not_depend_on_the_input_have_zero_derivatives():
    y = Value(4.0)
    assert jvp(lambda x: [y, 5.0, x], (1.0,), (1.0,)) == ([4.0, 5.0, 1.0], [0.0, 0.0, 1.0])
    assert vjp(lambda x: [y, 5.0], 1.0)[1]([1.0, 1.0]) == (0.0,)
    assert jacobian(lambda x: [y, 5.0])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hessian(lambda x: 3.0 * x[0])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert y.grad == 0.0


def test_a_tangent_of_zero_is_a_number_like_any_other():
    """Compiled programs cannot know that a tangent is 0, so it is not skipped: 0 x inf is nan in both."""
    f = functools.partial(jvp, ag.sqrt)
    assert math.isnan(f((0.0,), (0.0,))[1])
    assert math.isnan(ag.compile(lambda x, v: f((x,), (v,))[1], backend="python")(0.0, 0.0))
    assert jacobian(lambda x: [ag.sqrt(x[0]) * x[1], cos(x[1])], mode="forward")([0.0, 0.0])[1] == [0.0, 0.0]


# -- bad input


@pytest.mark.parametrize(
    ("primals", "tangents", "message"),
    [
        (([1.0, 2.0],), ([1.0],), r"the tangents of jvp\[0\] is a list of 1, but a list of 2 belongs there; give it"),
        (([1.0, 2.0],), (1.0,), r"the tangents of jvp\[0\] is 1.0 of type float, but a list of 2"),
        ((1.0,), (1.0, 2.0), r"the tangents of jvp is a tuple of 2, but a tuple of 1"),
        ((1.0,), 1.0, r"the tangents of jvp is 1.0 of type float, but a tuple of 1"),
        (({"a": 1.0},), ({"b": 1.0},), r"is a dict with the keys \['b'\], but a dict with the keys \['a'\]"),
        ((np.ones((2, 2)),), (np.ones(4),), r"is an array of shape \(4,\), but an array of shape \(2, 2\)"),
        ((1.0,), ("x",), r"is 'x' of type str, but one number"),
        ((1.0,), (None,), r"is None of type NoneType, but one number"),
    ],
)
def test_tangents_of_another_structure_are_refused(primals, tangents, message):
    with pytest.raises(ValueError, match=message):
        jvp(lambda *args: 1.0, primals, tangents)


def test_tangents_may_be_lists_for_arrays_and_dicts_in_any_order():
    assert jvp(lambda x: x[0] * x[1], (np.array([2.0, 3.0]),), ([1.0, 0.0],))[1] == 3.0
    assert jvp(lambda x: x[0] * x[1], ([2.0, 3.0],), (np.array([1.0, 0.0]),))[1] == 3.0
    assert jvp(lambda x: x["a"] * 2.0 + x["b"], ({"a": 1.0, "b": 1.0},), [{"b": 1.0, "a": 10.0}])[1] == 21.0


def test_cotangents_of_another_structure_are_refused():
    _, pullback = vjp(lambda x: [x, {"a": x}], 1.0)
    with pytest.raises(ValueError, match=r"the cotangent of the pullback\[1\] is 2.0 .*, but a dict with the keys"):
        pullback([1.0, 2.0])


def test_other_bad_input():
    with pytest.raises(TypeError, match=r"jvp takes the primals in a tuple.*write \(x,\) for one"):
        jvp(sin, 1.0, 1.0)
    with pytest.raises(ValueError, match='jacobian has the modes "auto", "forward" and "reverse", but got \'up\''):
        jacobian(sin, mode="up")
    for transform in (jacobian, hessian, hvp):
        with pytest.raises(TypeError, match=f"{transform.__name__}|grad takes a function, but got 3"):
            transform(3)

    def f(x):
        return "text"

    with pytest.raises(TypeError, match="the result of f holds 'text' of type str"):
        jacobian(f)(1.0)
    with pytest.raises(TypeError, match="argnums names argument 1, but sin was called with 1 positional argument"):
        jacobian(sin, argnums=1)(0.0)
    with pytest.raises(ValueError, match=r"argnums is \(0, -2\), which names an argument twice"):
        jacobian(lambda x, y: x, argnums=(0, -2))(0.0, 1.0)
