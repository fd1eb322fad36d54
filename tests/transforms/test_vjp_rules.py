"""`custom_vjp`: JAX's semantics, structures, settings, residuals, and what is refused."""

import math
import pickle
from functools import partial

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value, compile, custom_vjp, grad, hessian, jvp, nn, no_grad, vjp, vmap
from autograd_lite.transforms import opaque_functions, vjp_rules

CLOSES_OVER = r"uses a Value that is not among its operands.*make it an operand"


@custom_vjp
def clipped(x, low, high):
    """x, with its gradient clipped."""
    return x


clipped.defvjp(lambda x, low, high: (x, (low, high)), lambda ends, g: (ag.clip(g, *ends), None, None))


def test_a_rule_that_is_not_linear_gets_the_whole_cotangent():
    f = lambda x: 100.0 * clipped(x, -1.0, 1.0)  # noqa: E731
    assert grad(f)(3.0) == 1.0
    assert compile(grad(f), backend="python")(3.0) == 1.0
    assert vjp(lambda x: clipped(x, -1.0, 1.0), 3.0)[1](-7.0) == (-1.0,)


def test_it_keeps_name_and_doc():
    assert (clipped.__name__, clipped.__doc__) == ("clipped", "x, with its gradient clipped.")
    assert repr(clipped) == "<custom_vjp clipped>"
    assert clipped(Value(1.0), 0.0, 1.0).op == "clipped"
    assert clipped(x=2.0, low=0.0, high=1.0) == 2.0


def test_it_is_pickled_by_name():
    assert pickle.loads(pickle.dumps(clipped)) is clipped
    z = pickle.loads(pickle.dumps(clipped(Value(2.0), 0.0, 1.0) * 3.0))
    (x,) = z.parents[0].parents[:1]
    assert ag.gradients(z, [x]) == [1.0]


def test_residuals_may_be_anything_and_fwd_runs_once():
    runs = []

    @custom_vjp
    def f(x):
        return x * x

    def fwd(x):
        runs.append(x)
        return x * x, {"x": [x, np.array([1.0, 2.0])], "word": "square", "none": None}

    f.defvjp(fwd, lambda res, g: (g * 2.0 * res["x"][0] * res["x"][1][0],))
    x = Value(3.0)
    y = f(x)
    assert len(runs) == 1
    assert ag.gradients(y, [x]) == [6.0]
    assert ag.gradients(y, [x]) == [6.0]
    assert len(runs) == 1
    assert grad(grad(f))(3.0) == 2.0


def test_settings_come_first_and_may_be_anything():
    g = custom_vjp(lambda f, x, how: f(x), nondiff_argnums=(0, 2))
    seen = []

    def bwd(f, how, x, g):
        seen.append(how)
        return (g * grad(f)(x) * how["factor"],)

    g.defvjp(lambda f, x, how: (f(x), x), bwd)
    how = {"factor": 10.0}
    assert grad(lambda x: g(ag.sin, x, how))(0.5) == 10.0 * math.cos(0.5)
    assert grad(grad(lambda x: g(ag.sin, x, how)))(0.5) == -10.0 * math.sin(0.5)
    assert compile(grad(lambda x: g(ag.sin, x, how)))(0.5) == 10.0 * math.cos(0.5)
    assert all(x is how for x in seen)
    h = custom_vjp(lambda x: x, nondiff_argnums=5)
    h.defvjp(lambda x: (x, None), lambda res, g: (g,))
    with pytest.raises(TypeError, match=r"nondiff_argnums of custom is \(5,\), but it was called with 1 arguments"):
        h(1.0)


def test_whole_numbers_stay_what_they_are():
    @custom_vjp
    def power(x, n):
        return ag.prod([x for _ in range(n)])

    power.defvjp(lambda x, n: (power(x, n), (x, n)), lambda res, g: (g * res[1] * power(res[0], res[1] - 1), None))
    for n, slope in ((3, 12.0), (1, 1.0)):
        assert grad(power)(2.0, n) == slope
        assert compile(grad(lambda x, n=n: power(x, n)))(2.0) == slope
    assert hessian(lambda x: power(x, 3))(2.0) == 12.0


def test_pytrees_in_and_out():
    @custom_vjp
    def f(p, scale):
        return {"y": scale * p["w"][0] * p["w"][1], "z": np.array([p["b"], p["b"] * scale])}

    def bwd(res, g):
        p, scale = res
        w, both = p["w"], g["y"]
        return {"w": [both * scale * w[1], None], "b": g["z"][0] + scale * g["z"][1]}, None

    f.defvjp(lambda p, scale: (f(p, scale), (p, scale)), bwd)

    def loss(p, scale):
        out = f(p, scale)
        return out["y"] * out["z"][0] + out["z"][1]

    p = {"w": (2.0, 3.0), "b": 5.0}
    expected = ({"w": (5.0 * 7.0 * 3.0, 0.0), "b": 42.0 + 7.0}, 0.0)
    assert grad(loss, (0, 1))(p, 7.0) == expected
    for backend in ("python", "llvm"):
        assert compile(grad(loss, (0, 1)), backend=backend)(p, 7.0) == expected
    out = f(p, 7.0)
    assert (out["y"], out["z"].tolist()) == (42.0, [5.0, 35.0])


def test_an_array_argument():
    @custom_vjp
    def norm(x):
        return ag.sqrt(ag.dot(x, x))

    norm.defvjp(lambda x: (norm(x), (x, norm(x))), lambda res, g: (g * res[0] / res[1],))
    x = np.array([3.0, 4.0])
    assert grad(norm)(x).tolist() == [0.6, 0.8]
    assert compile(grad(norm))(x).tolist() == [0.6, 0.8]
    assert hessian(norm)(x) == pytest.approx(hessian(norm.f)(x), rel=1e-12)


def test_forward_mode_transposes_the_rule():
    @custom_vjp
    def f(x, y):
        return [x * y, x - y, y]

    f.defvjp(lambda x, y: (f(x, y), (x, y)), lambda res, g: (g[0] * res[1] + g[1], g[0] * res[0] - g[1] + g[2]))
    assert jvp(f, (2.0, 3.0), (1.0, 10.0)) == ([6.0, -1.0, 3.0], [23.0, -9.0, 10.0])
    assert compile(lambda x, y: jvp(f, (x, y), (1.0, 10.0)))(2.0, 3.0) == ([6.0, -1.0, 3.0], [23.0, -9.0, 10.0])


def test_rules_nest():
    @custom_vjp
    def inner(x):
        return x * x

    inner.defvjp(lambda x: (inner(x), x), lambda x, g: (3.0 * g * x,))  # a rule that differs from the function wins

    @custom_vjp
    def outer(x):
        return ag.sin(inner(x))

    outer.defvjp(lambda x: (outer(x), x), lambda x, g: (g * inner(x),))
    assert grad(outer)(2.0) == 4.0
    assert grad(grad(outer))(2.0) == 6.0  # the rule of `inner`
    assert compile(grad(grad(outer)))(2.0) == 6.0


def test_no_grad_and_constants_give_constants():
    y = clipped(Value(1.0).detach(), 0.0, 1.0)
    assert y.op == "detached"
    with no_grad():
        assert clipped(Value(1.0), 0.0, 1.0).op == "detached"
    assert clipped(1.0, 0.0, 1.0) == 1.0


def closing_over(y, where):
    """A function whose f, fwd or bwd uses y, which is no operand of it."""
    f = custom_vjp(lambda x: x * y if where == "f" else x * 2.0)
    f.defvjp(
        lambda x: (x * y if where == "fwd" else x * 2.0, x * y if where == "residuals" else x),
        lambda res, g: (g * y if where == "bwd" else g * res,),
    )
    return f


@pytest.mark.parametrize("where", ["f", "fwd", "residuals", "bwd"])
def test_what_it_closes_over_is_refused_alike_in_all_modes(where):
    texts = set()

    def loss(x, y):
        result = closing_over(y, where)(x)
        return result + grad(closing_over(y, where))(x) if where != "f" else closing_over(y, "f")(2.0) * result

    for call in (
        lambda: grad(loss, 1)(2.0, 3.0),
        lambda: jvp(loss, (2.0, 3.0), (1.0, 1.0)),
        lambda: hessian(lambda p: loss(*p))([2.0, 3.0]),
        lambda: loss(Value(2.0), Value(3.0)),
        lambda: loss(2.0, Value(3.0)),
        lambda: compile(loss, backend="python")(2.0, 3.0),
        lambda: compile(grad(loss, 1))(2.0, 3.0),
        lambda: compile(lambda x, y: (loss(x, y), 0.0)[1])(2.0, 3.0),  # whose results need none of it
        lambda: compile(ag.vmap(loss, in_axes=(0, None), reduce="sum"))([2.0], 3.0),
    ):
        with pytest.raises(TypeError, match=CLOSES_OVER) as found:
            call()
        texts.add(str(found.value))
    assert len(texts) == 1


def is_refused(call):
    try:
        call()
    except TypeError:
        return True
    return False


@pytest.mark.parametrize(
    ("module", "where"),
    [(opaque_functions, "f"), (opaque_functions, "fwd"), (vjp_rules, "residuals"), (opaque_functions, "bwd")],
)
def test_a_check_that_is_dropped_is_found(module, where, monkeypatch):
    """Each place of the check has an input of its own that is refused by it alone."""

    def loss(x, y):
        f = closing_over(y, where)
        return f(2.0) + grad(f)(x)

    def are_refused():
        return [is_refused(x) for x in (lambda: loss(2.0, Value(3.0)), lambda: compile(grad(loss, 1))(2.0, 3.0))]

    assert all(are_refused())
    monkeypatch.setattr(module, "check_only_operands", lambda *args: None)
    assert not all(are_refused())


def test_constants_may_be_closed_over():
    y = Value(3.0)
    assert closing_over(y.data, "f")(2.0) == 6.0
    assert grad(closing_over(y.detach(), "bwd"))(2.0) == 3.0
    assert compile(lambda x, y: closing_over(y.detach(), "fwd")(x) * y)(2.0, 5.0) == 50.0


def ruled(fwd=lambda x, y: (x * y, (x, y)), bwd=lambda res, g: (g * res[1], g * res[0])):
    f = custom_vjp(lambda x, y: x * y)
    f.defvjp(fwd, bwd)
    return f


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (ruled(fwd=lambda x, y: x * y), r"fwd of custom must return a pair \(result, residuals\)"),
        (ruled(bwd=lambda res, g: g), "bwd of custom must return a tuple of 2"),
        (ruled(bwd=lambda res, g: (g,)), "bwd of custom must return a tuple of 2"),
        (ruled(bwd=lambda res, g: ([g], g)), "cotangent of argument 0 of custom"),
        (ruled(bwd=lambda res, g: ("x", g)), "cotangent of argument 0 of custom"),
    ],
)
def test_a_rule_of_the_wrong_structure_is_refused(f, words):
    for call in (grad(f), compile(grad(f)), grad(grad(f)), lambda x, y: jvp(f, (x, y), (1.0, 0.0))):
        with pytest.raises(TypeError, match=words):
            call(2.0, 3.0)


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="custom_vjp takes a function, but got 3"):
        custom_vjp(3)
    with pytest.raises(TypeError, match="defvjp takes two functions"):
        custom_vjp(lambda x: x).defvjp(1, 2)
    with pytest.raises(TypeError, match=r"it has no rule; give it one: f.defvjp\(fwd, bwd\)"):
        custom_vjp(lambda x: x)(1.0)
    with pytest.raises(TypeError, match="nondiff_argnums holds numbers of arguments"):
        custom_vjp(lambda x: x, nondiff_argnums=("x",))


class Layer:
    @custom_vjp
    def scaled(self, x):
        return x * 2.0


def test_a_method():
    f = custom_vjp(lambda self, x: x * self["factor"], nondiff_argnums=0)
    f.defvjp(lambda self, x: (f(self, x), None), lambda self, res, g: (g * self["factor"],))
    Layer.scaled = f
    Layer.__getitem__ = lambda self, key: 5.0
    assert grad(Layer().scaled)(1.0) == 5.0


class Scale(nn.Module):
    def __init__(self):
        self.w = Value(2.0)

    @custom_vjp
    def forward(self, x):
        return self.w * x


Scale.forward.defvjp(lambda self, x: (self.w * x, (self.w, x)), lambda res, g: ({"w": 10.0 * g * res[1]}, g * res[0]))


def test_a_module_is_an_argument_with_parameters():
    model = Scale()
    both = grad(lambda model, x: model(x), (0, 1))
    for f in (both, compile(both), compile(both, backend="python")):
        slopes, slope = f(model, 3.0)
        assert (dict(slopes), slope) == ({"w": 30.0}, 2.0)
    y = model(Value(3.0))
    y.backward()
    assert model.w.grad == 30.0


@partial(custom_vjp, nondiff_argnums=(0,))
def iterated(f, a, guess):
    """The fixed point of x -> f(a, x), in plain Python, as the documentation of JAX has it."""
    before, x = guess, f(a, guess)
    while abs(before - x) > 1e-12:
        before, x = x, f(a, x)
    return x


def iterated_bwd(f, res, g):
    a, x = res

    def step(packed, u):
        a, x, g = packed
        return g + vjp(lambda x: f(a, x), x)[1](u)[0]

    (slope,) = vjp(lambda a: f(a, x), a)[1](iterated(step, (a, x, g), g))
    return slope, None


iterated.defvjp(lambda f, a, guess: (lambda x: (x, (a, x)))(iterated(f, a, guess)), iterated_bwd)


@pytest.mark.thorough
def test_a_solver_in_plain_python():
    root = lambda a: iterated(lambda a, x: 0.5 * (x + a / x), a, a)  # noqa: E731
    for order, expected in (
        (lambda f: f, 2.0**0.5),
        (grad, 0.5 / 2.0**0.5),
        (lambda f: grad(grad(f)), -0.25 / 2.0**1.5),
    ):
        f = order(root)
        assert f(2.0) == pytest.approx(expected, rel=1e-12)
        for backend in ("python", "llvm"):
            assert compile(f, backend=backend)(2.0) == f(2.0)
            assert compile(vmap(f), backend=backend)([1.0, 2.0, 4.0]) == vmap(f)([1.0, 2.0, 4.0])
