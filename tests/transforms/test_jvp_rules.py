"""`custom_jvp`: JAX's semantics, a rule for each argument, and what is refused."""

import math
import pickle

import pytest

import autograd_lite as ag
from autograd_lite import Value, compile, custom_jvp, grad, hessian, jacobian, jvp, vjp, vmap


@custom_jvp
def log1pexp(x):
    return ag.log1p(ag.exp(x))


@log1pexp.defjvp
def log1pexp_rule(primals, tangents):
    (x,) = primals
    return log1pexp(x), (1.0 - 1.0 / (1.0 + ag.exp(x))) * tangents[0]


@pytest.mark.parametrize("x", [-3.0, 0.0, 100.0])
def test_the_rule_is_used_in_both_modes(x):
    slope = 1.0 - 1.0 / (1.0 + math.exp(x))
    assert grad(log1pexp)(x) == jvp(log1pexp, (x,), (1.0,))[1] == slope
    assert compile(grad(log1pexp))(x) == compile(lambda x: jvp(log1pexp, (x,), (1.0,)))(x)[1] == slope
    assert hessian(log1pexp)(x) == pytest.approx(slope * (1.0 - slope), rel=1e-12)
    assert vmap(grad(log1pexp))([x, x]) == [slope, slope]


def test_it_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(log1pexp)) is log1pexp


def test_a_rule_for_each_argument():
    @custom_jvp
    def f(x, y, z):
        return x * y + z

    f.defjvps(lambda t, out, x, y, z: y * t, lambda t, out, x, y, z: 2.0 * x * t, None)
    assert grad(f, (0, 1, 2))(3.0, 5.0, 7.0) == (5.0, 6.0, 0.0)
    assert jvp(f, (3.0, 5.0, 7.0), (1.0, 1.0, 1.0)) == (22.0, 11.0)
    assert compile(grad(f, (0, 1, 2)))(3.0, 5.0, 7.0) == (5.0, 6.0, 0.0)
    assert grad(grad(f, 0), 1)(3.0, 5.0, 7.0) == 1.0
    f.defjvps(None, None, None)
    assert grad(f, (0, 1))(3.0, 5.0, 7.0) == (0.0, 0.0)
    f.defjvps(None)
    with pytest.raises(TypeError, match="f has 3 arguments and 1 rules"):
        grad(f)(1.0, 2.0, 3.0)


def test_several_outputs_settings_and_pytrees():
    f = custom_jvp(lambda n, p: {"s": p["a"] * n, "t": [p["a"] * p["b"], p["b"]]}, nondiff_argnums=(0,))

    @f.defjvp
    def rule(n, primals, tangents):
        (p,), (t,) = primals, tangents
        return f(n, p), {"s": t["a"] * n, "t": [t["a"] * p["b"] + t["b"] * p["a"], None]}

    p, cotangent = {"a": 2.0, "b": 3.0}, {"s": 1.0, "t": [10.0, 100.0]}
    assert vjp(lambda p: f(5, p), p)[1](cotangent) == ({"a": 35.0, "b": 20.0},)
    assert compile(lambda p, c: vjp(lambda p: f(5, p), p)[1](c))(p, cotangent) == ({"a": 35.0, "b": 20.0},)
    assert jvp(lambda p: f(5, p), (p,), ({"a": 1.0, "b": 1.0},))[1] == {"s": 5.0, "t": [5.0, 0.0]}


def test_the_second_derivative_goes_through_the_rule():
    @custom_jvp
    def square(x):
        return x * x

    square.defjvp(lambda primals, tangents: (square(*primals), 3.0 * primals[0] * tangents[0]))
    assert grad(square)(2.0) == 6.0
    assert grad(grad(square))(2.0) == 3.0
    assert jacobian(grad(square), mode="forward")(2.0) == 3.0


@pytest.mark.parametrize(
    "call",
    [
        lambda f: grad(f, 1)(2.0, 3.0), lambda f: jvp(f, (2.0, 3.0), (1.0, 1.0)), lambda f: f(2.0, Value(3.0)),
        lambda f: compile(grad(f, 1))(2.0, 3.0), lambda f: compile(f)(2.0, 3.0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["f", "rule"])
def test_what_it_closes_over_is_refused(call, where):
    def f(x, y):
        g = custom_jvp(lambda x: x * y if where == "f" else x)
        g.defjvp(lambda primals, tangents: (primals[0], tangents[0] * y))
        return grad(g)(x) + g(x)

    with pytest.raises(TypeError, match=r"custom has a derivative of its own, but uses a Value.*make it an operand"):
        call(f)


def test_a_rule_of_the_wrong_structure_is_refused():
    f = custom_jvp(lambda x: [x, x])
    for rule, words in (
        (lambda primals, tangents: tangents[0], r"must return a pair \(result, its tangent\)"),
        (lambda primals, tangents: ([1.0, 2.0], tangents[0]), "tangent of the result of custom"),
        (lambda primals, tangents: ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), "has the structure"),
    ):
        f.defjvp(rule)
        for call in (jacobian(f), compile(jacobian(f)), lambda x: jvp(f, (x,), (1.0,))):
            with pytest.raises(TypeError, match=words):
                call(1.0)
    for wrong in (lambda: f.defjvp(1), lambda: f.defjvps(1), lambda: custom_jvp(1)):
        with pytest.raises(TypeError, match="takes a function"):
            wrong()
