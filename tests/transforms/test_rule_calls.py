"""Calls with rules of their own agree with the same function without any, in all transforms, orders and back ends."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, custom_jvp, custom_vjp, grad, gradients, hessian, hvp, jacobian, jvp, vjp, vmap
from autograd_lite.core.graph import ORDERED


def one(x, y):
    return ag.sin(x) * y + x * y * y


def two(x, y):
    return ag.exp(x * y), x * y + ag.tanh(x)


def nest(x, y):
    return {"a": [x * y, x + y], "b": (ag.sin(x * y), None)}


def chooses(x, y):
    return [ag.where(ag.less(x, y), lambda: x * x * y, lambda: ag.cos(y) * x), x * y]


def total(result):
    """Of all that a function gives, one number that is not linear in it."""
    leaves = ag.trees.flatten(result)[0]
    return ag.sum([(i + 1.0) * v * v for i, v in enumerate(leaves)]) + ag.prod(leaves)


def by_vjp(f):
    custom = custom_vjp(f)
    custom.defvjp(lambda *args: (custom(*args), args), lambda args, g: vjp(f, *args)[1](g))
    return custom


def by_jvp(f):
    custom = custom_jvp(f)
    custom.defjvp(lambda primals, tangents: jvp(f, primals, tangents))
    return custom


TRANSFORMS = {
    "value": lambda f: f,
    "gradient": lambda f: grad(f, (0, 1)),
    "value and gradient": lambda f: ag.value_and_grad(f, (0, 1)),
    "tangent": lambda f: lambda x, y: jvp(f, (x, y), (1.0, -2.0)),
    "pullback": lambda f: lambda x, y: vjp(f, x, y)[1](2.0),
    "forward over reverse": lambda f: jacobian(grad(f, (0, 1)), (0, 1), mode="forward"),
    "reverse over reverse": lambda f: jacobian(grad(f, (0, 1)), (0, 1), mode="reverse"),
    "reverse over forward": lambda f: grad(lambda x, y: jvp(f, (x, y), (1.0, -2.0))[1], (0, 1)),
    "forward over forward": lambda f: lambda x, y: jvp(lambda x, y: jvp(f, (x, y), (1.0, 0.5))[1], (x, y), (0.0, 1.0)),
    "hessian": lambda f: lambda x, y: hessian(lambda p: f(*p))([x, y]),
    "hvp": lambda f: lambda x, y: hvp(lambda p: f(*p))([x, y], [1.0, 2.0]),
    "third": lambda f: grad(grad(grad(f, 0), 1), 0),
    "mapped": lambda f: lambda x, y: vmap(grad(f, (0, 1)), in_axes=(0, None), reduce="sum")([x, x + 0.25, x - 0.25], y),
    "gradient of mapped": lambda f: (
        lambda x, y: grad(lambda y: vmap(f, in_axes=(0, None), reduce="mean")([x, x + 0.25], y))(y)
    ),
}
POINTS = st.floats(-1.5, 1.5).map(lambda x: round(x, 3))


def leaves(x):
    return ag.trees.flatten(x)[0]


@settings(max_examples=40)
@given(
    st.sampled_from([one, two, nest, chooses]), st.sampled_from([by_vjp, by_jvp]), st.sampled_from(sorted(TRANSFORMS)),
    st.sampled_from(["eager", "python", "llvm"]), POINTS, POINTS,
)  # fmt: skip
def test_a_call_with_a_rule_is_what_it_is_without(f, kind, transform, engine, x, y):
    if x == y:
        return  # where `chooses` has a jump
    if engine == "llvm":
        pytest.importorskip("llvmlite")
    ruled, custom = TRANSFORMS[transform], kind(f)
    expected = leaves(ruled(lambda x, y: total(f(x, y)))(x, y))
    g = ruled(lambda x, y: total(custom(x, y)))
    eager = leaves(g(x, y))
    assert eager == pytest.approx(expected, rel=1e-9, abs=1e-9)
    if engine != "eager":
        assert leaves(ag.compile(g, backend=engine)(x, y)) == eager


@pytest.mark.parametrize("kind", [by_vjp, by_jvp])
def test_backward_and_create_graph(kind):
    f = kind(two)
    x, y = Value(0.7), Value(-0.4)
    total(f(x, y)).backward()
    assert [x.grad, y.grad] == pytest.approx(grad(lambda x, y: total(two(x, y)), (0, 1))(0.7, -0.4), rel=1e-12)
    once = x.grad
    total(f(x, y)).backward()
    assert x.grad == 2.0 * once
    (slope,) = gradients(total(f(x, y)), [x], create_graph=True)
    (second,) = gradients(slope, [x], create_graph=True)
    (third,) = gradients(second, [y])
    g = grad(grad(grad(lambda x, y: total(two(x, y)))), 1)
    assert third == pytest.approx(g(0.7, -0.4), rel=1e-10)


def test_a_batch_whose_samples_share_an_operand():
    for kind in (by_vjp, by_jvp):
        f, data = kind(two), [0.1 * k for k in range(20)]

        def loss(w, x, f=f):
            return total(f(x, w))

        step = ag.value_and_grad(vmap(loss, in_axes=(None, 0), reduce="sum"))
        for backend in ("python", "numpy", "llvm"):
            value, slope = ag.compile(step, backend=backend)(0.3, data)
            assert [value, slope] == pytest.approx(list(step(0.3, data)), rel=1e-12)


def test_a_graph_without_rules_is_not_marked():
    x = Value(1.0)
    assert not (x * x)._flags & ORDERED
    assert (by_vjp(one)(x, 2.0) * x)._flags & ORDERED


def test_a_program_from_a_graph_with_a_rule_is_refused():
    x, y = Value(1.0), Value(2.0)
    for f in (one, two):
        with pytest.raises(ValueError, match="compile the function that calls it"):
            ag.Program.from_values(leaves(by_vjp(f)(x, y)), [x, y])


def test_assigned_data():
    f = by_vjp(one)
    x = Value(0.7)
    z = f(x, 2.0)
    x.data = 100.0
    assert gradients(z, [x]) == pytest.approx([grad(one)(0.7, 2.0)])  # what was recorded
    with pytest.raises(RuntimeError, match="after data in it was assigned"):
        gradients(z, [x], create_graph=True)


def test_a_nested_pass_disturbs_no_pass():
    f = by_vjp(one)  # whose rule differentiates
    x = Value(0.5)
    z = ag.sin(x) * f(x, x * x) + f(x, 1.0) * x
    slope = grad(lambda x: ag.sin(x) * one(x, x * x) + one(x, 1.0) * x)(0.5)
    z.backward()
    assert x.grad == pytest.approx(slope, rel=1e-12)
    assert gradients(z, [x]) == [x.grad]


@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_in_a_loop(backend):
    opaque = ag.custom_derivative(lambda x: math.sin(x), lambda out, x: (ag.cos(x),))
    root = lambda a: ag.root(lambda x, a: x * x - a, 1.0, a)  # noqa: E731
    steps = {
        "several outputs": lambda c, x, w: by_vjp(two)(c * w, x)[::-1],
        "forward": lambda c, x, w: by_jvp(two)(c * w, x)[::-1],
        "opaque": lambda c, x, w: (opaque(c) * w + x, c),
        "implicit": lambda c, x, w: (root(c * w + 2.0) * 0.5, c + x),
    }
    for step in steps.values():

        def loss(p, step=step):
            w, c = p
            c, ys = ag.scan(lambda c, x: step(c, x, w), c, [0.1, 0.2, 0.3])
            return c * c + ag.sum(ys)

        # not to the bit where a rule differentiates: passes over graphs of a loop have another order than others
        for transform in (lambda f: f, grad, lambda f: lambda p: leaves(hessian(f)(p))):
            g = transform(loss)
            assert ag.compile(g, backend=backend)([0.7, 0.4]) == pytest.approx(g([0.7, 0.4]), rel=1e-12)
