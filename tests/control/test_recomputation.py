"""Checkpoints: the same values and derivatives, of a graph that is not kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looping import loop_function

import autograd_lite as ag
from autograd_lite import Value, checkpoint, compile, grad, hessian, jvp, scan, value_and_grad
from autograd_lite.core.reverse import topological_order
from autograd_lite.trees import flatten


def bits(x):
    return [repr(float(leaf) + 0.0) for leaf in flatten(x)[0]]


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_derivatives_are_those_of_the_function(seed):
    f, args = loop_function(seed)

    def twice(f):
        return lambda *args: (lambda y: y * ag.sin(y) + f(args[0], args[1], args[2]))(f(*args))

    try:
        expected = value_and_grad(twice(f), argnums=(0, 1, 2))(*args)
    except (ArithmeticError, ValueError):
        return
    assert bits(value_and_grad(twice(checkpoint(f)), argnums=(0, 1, 2))(*args)) == bits(expected)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_compiled_gradients_have_the_bits_of_the_graph_that_is_recorded_again(random):
    """Whatever f returns, be it an argument or one number twice, and whatever it is called with."""
    rows = [random.choice([ag.sin, ag.tanh, ag.exp, ag.cos]) for _ in range(random.randrange(7))]
    places = [[random.randrange(2 + k) for _ in range(3)] for k in range(len(rows))]
    results = [random.randrange(2 + len(rows)) for _ in range(3)]
    given = [random.randrange(2) for _ in range(2)]

    @checkpoint
    def several(x, y):
        known = [x, y]
        for row, (a, b, c) in zip(rows, places, strict=True):
            known.append(row(known[a]) * known[b] + 0.3 * known[c])
        return {"a": known[results[0]], "b": np.array([known[k] for k in results[1:]], dtype=object)}

    def value(x, y):
        found = several(*[(x, y)[k] for k in given])
        u, (v, w) = found["a"], found["b"]
        return ag.tanh(u * x + v * y) + ag.sin(v * w) * u + x * v

    both = value_and_grad(value, argnums=(0, 1))
    assert bits(compile(both, backend="python")(0.3, -0.7)) == bits(both(0.3, -0.7))


def f(x, w):
    y = ag.exp(x * w)
    return {"a": ag.sin(y) * w, "b": [y + x, 2.0]}


def loss(f):
    def value(x, w):
        one = f(x, w)
        two = f(one["a"] * one["b"][0], w)
        return two["a"] * two["b"][0] + w * one["b"][1]

    return value


@pytest.mark.parametrize("transform", [
    lambda f: hessian(f, argnums=(0, 1)), lambda f: lambda *x: jvp(f, x, (1.0, -0.5)),
    lambda f: grad(lambda x, w: grad(grad(f))(x, w), argnums=1),
])  # fmt: skip
def test_every_order_and_mode(transform):
    expected = flatten(transform(loss(f))(0.3, 0.7))[0]
    assert flatten(transform(loss(checkpoint(f)))(0.3, 0.7))[0] == pytest.approx(expected, rel=1e-13)
    assert flatten(compile(transform(loss(checkpoint(f))))(0.3, 0.7))[0] == pytest.approx(expected, rel=1e-12)


def test_values_that_it_closes_over_get_gradients():
    w, x = Value(0.7), Value(0.3)

    def gradients(wrap):
        w.zero_grad()
        x.zero_grad()
        loss(lambda x, _: wrap(lambda x: f(x, w))(x))(x, w).backward()
        return w.grad, x.grad

    assert gradients(checkpoint) == gradients(lambda f: f)


def test_the_graph_inside_is_not_kept():
    def chain(x):
        for _ in range(1000):
            x = ag.sin(x)
        return x

    assert len(topological_order([chain(Value(1.0))])) == 1001
    assert len(topological_order([checkpoint(chain)(Value(1.0))])) == 3


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("size", [True, 1, 3, 50])
def test_loops_in_blocks(size, reverse):
    data = np.linspace(-1.0, 1.0, 11)

    def total(p, data, **how):
        carry, ys = scan(
            lambda c, x: ((c[0] * p + x, c[1] * 0.9), {"y": c[0] * x}), (1.0, p), data, reverse=reverse, **how
        )
        return carry[0] * carry[1] + ag.sum(list(ys["y"]))

    def steps(p, **how):
        return scan(lambda c, _: (ag.sin(c * p), None), 1.0, length=11, reverse=reverse, **how)[0]

    for g, args in ((total, (0.5, data)), (steps, (0.5,))):
        expected = value_and_grad(g)(*args)
        assert value_and_grad(lambda *args, g=g: g(*args, checkpoint=size))(*args) == expected
        found = compile(value_and_grad(lambda *args, g=g: g(*args, checkpoint=size)), backend="python")(*args)
        assert found == pytest.approx(expected, rel=1e-14)


def test_other_numbers_the_second_time_are_refused():
    factor = Value(2.0)
    y = checkpoint(lambda x: x * factor)(Value(3.0))
    factor.data = 5.0
    with pytest.raises(RuntimeError, match=r"gave \[6.0\] before and \[15.0\] now; let it draw no random numbers"):
        y.backward()


def test_a_function_that_differentiates_inside():
    def inner(x):
        return grad(lambda y: y * y * y * x)(x)

    x, z = Value(2.0), Value(2.0)
    (checkpoint(inner)(x) + x * x).backward()
    (inner(z) + z * z).backward()
    assert x.grad == z.grad == 40.0


def energy(t, x, c):
    return ag.sin(t * x) * c * t + t * t * c * c


INSIDE = {
    "grad": lambda x, c: grad(energy)(0.5, x, c),
    "closed over": lambda x, c: grad(lambda t: energy(t, x, c))(0.5),
    "jvp": lambda x, c: jvp(lambda t: energy(t, x, c), (0.5,), (1.0,))[1],
    "vjp": lambda x, c: ag.vjp(lambda t: energy(t, x, c), 0.5)[1](1.0)[0],
    "hessian": lambda x, c: ag.hessian(lambda t: energy(t[0], x, c))([0.5])[0][0],
    "compiled": lambda x, c: compile(grad(energy), backend="python")(0.5, x, c),
}
AROUND = {
    "checkpoint": lambda f, c: checkpoint(lambda x: x * f(x, c))(2.0),
    "of an argument": lambda f, c: checkpoint(lambda x, c: x * f(x, c))(2.0, c),
    "checkpoint in it": lambda f, c: checkpoint(lambda x: checkpoint(lambda y: y * f(y, c))(x) * x)(2.0),
    "blocks": lambda f, c: scan(lambda a, x: (a * 0.3 + 0.1 * f(a, c) * x, None), 0.5, [1.0, 2.0, 0.3], checkpoint=2)[
        0
    ],
}
OUTSIDE = {
    "grad": grad,
    "jvp": lambda f: lambda c: jvp(f, (c,), (1.0,))[1],
    "second": lambda f: grad(grad(f)),
    "mixed": lambda f: lambda c: jvp(grad(f), (c,), (1.0,))[1],
}


@pytest.mark.parametrize("outside", OUTSIDE)
@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("inside", INSIDE)
def test_what_is_differentiated_inside_depends_on_all_that_it_closes_over(inside, around, outside):
    """The function runs again after the transforms that it ran in are over, and has to record as much as in these."""
    plain = lambda f: f  # noqa: E731
    f = lambda c: AROUND[around](INSIDE[inside], c)  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "checkpoint", plain)
        patch.setitem(globals(), "scan", lambda *args, checkpoint: ag.scan(*args))
        expected = OUTSIDE[outside](f)(1.3)
    found = OUTSIDE[outside](f)(1.3)
    assert isinstance(found, float)
    assert found == pytest.approx(expected, rel=1e-12)


def test_numbers_stay_numbers():
    assert repr(checkpoint(lambda x: x * x)(3.0)) == "9.0"
    assert repr(checkpoint(lambda x: [x * x, {"a": x}])(3.0)) == "[9.0, {'a': 3.0}]"


def test_bad_input():
    with pytest.raises(TypeError, match="pass an int from 1 on"):
        scan(lambda c, _: (c, None), 0.0, length=5, checkpoint=2.5)
