"""Functions of plain numbers with rules of their own: eager, called back by python and llvm, refused elsewhere."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, compile, custom_derivative, custom_jvp, custom_vjp, grad, gradients, hessian, jvp, vmap
from autograd_lite.testing import gradcheck

TABLE = [math.sin(k / 8.0) for k in range(9)]


def looked_up(x):
    """By linear interpolation in a table, which asks for numbers in several ways."""
    k = min(int(x * 8.0), 7)
    return TABLE[k] + (TABLE[k + 1] - TABLE[k]) * (float(x) * 8.0 - k)


def by_numpy(x):
    return float(np.interp(x, np.arange(9) / 8.0, TABLE))


def branches(x):
    return x * 2.0 if x > 0.5 else x * x  # works on Values, but not where a program is traced


def slope(x):
    return ag.cos(x)


def as_row(f):
    return custom_derivative(f, lambda out, x: (slope(x),))


def as_vjp(f):
    custom = custom_vjp(f)
    custom.defvjp(lambda x: (custom(x), x), lambda x, g: (g * slope(x),))
    return custom


def as_jvp(f):
    custom = custom_jvp(f)
    custom.defjvp(lambda primals, tangents: (custom(*primals), slope(*primals) * tangents[0]))
    return custom


EVERY = [(f, kind) for f in (looked_up, by_numpy, branches) for kind in (as_row, as_vjp, as_jvp)]


@pytest.mark.thorough
@pytest.mark.parametrize(("f", "kind"), EVERY)
@given(st.floats(0.0, 1.0))
def test_it_is_called_back_with_the_bits_of_the_eager_engine(f, kind, x):
    g = kind(f)
    assert g(x) == f(x)
    loss = lambda x: g(x) * g(x) + x  # noqa: E731
    assert grad(g)(x) == jvp(g, (x,), (1.0,))[1] == math.cos(x)
    assert hessian(g)(x) == -math.sin(x)
    calls = (g, grad(loss), grad(grad(loss)), lambda x: jvp(loss, (x,), (2.0,))[1])
    eager = [call(x) for call in calls]
    assert [compile(call, backend="python")(x) for call in calls] == eager


@pytest.mark.thorough
@pytest.mark.parametrize(("f", "kind"), EVERY)
def test_llvm_calls_it_back_for_each_sample(f, kind):
    pytest.importorskip("llvmlite")
    g = kind(f)
    xs = [k / 20.0 for k in range(21)]
    for call in (g, grad(lambda x: g(x) * g(x)), grad(grad(lambda x: g(x) * g(x)))):
        assert compile(vmap(call), backend="llvm")(xs) == vmap(call)(xs)


@pytest.mark.parametrize(("f", "kind"), EVERY)
def test_numpy_and_files_refuse_it_by_name(f, kind):
    g = kind(f)
    with pytest.raises(NotImplementedError, match=f"no function for {f.__name__}"):
        compile(g, backend="numpy")(0.3)
    with pytest.raises(ValueError, match=f"a program with {f.__name__} cannot be written down"):
        compile(g).trace(0.3).to_json()


def test_opaque_rules():
    """Rules of plain numbers work at the first order, and say at the second what they lack."""
    row = custom_derivative(math.sin, lambda out, x: (math.cos(x),))
    by_vjp = custom_vjp(lambda x: math.sin(x))
    by_vjp.defvjp(lambda x: (math.sin(x), x), lambda x, g: (float(g) * math.cos(x),))
    by_jvp = custom_jvp(lambda x: math.sin(x))
    by_jvp.defjvp(lambda primals, tangents: (math.sin(primals[0]), float(tangents[0]) * math.cos(primals[0])))
    for f in (row, by_vjp, by_jvp):
        for first in (grad(f), lambda x, f=f: jvp(f, (x,), (1.0,))[1]):
            for backend in ("python", "llvm"):
                assert compile(first, backend=backend)(0.3) == first(0.3) == math.cos(0.3)
        assert grad(lambda x, f=f: x * grad(f)(0.3))(2.0) == math.cos(0.3)  # the outer one needs no second derivative
        for second in (grad(grad(f)), hessian(f), compile(grad(grad(f)))):
            with pytest.raises(TypeError, match="a Python function of plain numbers computes it"):
                second(0.3)


@pytest.mark.parametrize(("f", "kind"), EVERY)
def test_its_program_on_values_has_no_silent_derivative(f, kind):
    x = Value(0.3)
    result = compile(kind(f)).trace(0.3)(x)
    assert result.data == kind(f)(0.3)
    for derivative in (result.backward, lambda: gradients(result, [x]), lambda: gradients(result, [x], True)):
        with pytest.raises(TypeError, match="a Python function of plain numbers computes it"):
            derivative()


def test_several_outputs_are_computed_by_one_call():
    calls = []

    @custom_vjp
    def f(x, y):
        calls.append((x, y))
        return {"sum": math.fsum([x, y]), "all": [math.hypot(x, y), math.atan2(x, y)]}

    def bwd(res, g):
        x, y = res
        r2 = x * x + y * y
        r = ag.sqrt(r2)
        return (
            g["sum"] + g["all"][0] * x / r + g["all"][1] * y / r2,
            g["sum"] + g["all"][0] * y / r - g["all"][1] * x / r2,
        )

    f.defvjp(lambda x, y: (f(x, y), (x, y)), bwd)

    def loss(x, y):
        out = f(x, y)
        return out["sum"] * out["all"][0] * out["all"][1]

    def plain(x, y):
        return (x + y) * ag.hypot(x, y) * ag.atan2(x, y)

    eager = ag.value_and_grad(loss, (0, 1))(0.6, 0.8)
    assert eager[1] == pytest.approx(grad(plain, (0, 1))(0.6, 0.8), rel=1e-12)
    for backend in ("python", "llvm"):
        step = compile(ag.value_and_grad(loss, (0, 1)), backend=backend)
        assert step(0.3, 0.4) != eager
        calls.clear()
        assert step(0.6, 0.8) == eager
        assert len([call for call in calls if type(call[0]) is float]) == 1
    assert hessian(lambda p: loss(*p))([0.6, 0.8])[0] == pytest.approx(
        hessian(lambda p: plain(*p))([0.6, 0.8])[0], rel=1e-10
    )


def test_signed_zeros_are_told_apart():
    f = custom_vjp(lambda x: [math.copysign(1.0, x), float(x)])
    f.defvjp(lambda x: (f(x), None), lambda res, g: (g[0],))
    step = compile(lambda x: f(x)[0] + 0.0 * f(x)[1], backend="python")
    assert [step(0.0), step(-0.0), step(0.0)] == [1.0, -1.0, 1.0]


def test_the_structure_of_an_opaque_result_is_found_where_it_has_one():
    only = custom_vjp(lambda x: [math.log(x - 0.75), 1.0])  # fails on 0.5
    only.defvjp(lambda x: (only(x), x), lambda x, g: (g[0] / (x - 0.75),))
    assert compile(grad(lambda x: only(x)[0]), backend="python")(1.0) == 4.0
    never = custom_vjp(lambda x: math.log(x - 75.0))
    never.defvjp(lambda x: (never(x), x), lambda x, g: (g,))
    assert never(76.0) == 0.0
    with pytest.raises(TypeError, match="the structure of its result is not known"):
        compile(never)(76.0)


@pytest.mark.parametrize("kind", [as_row, as_vjp, as_jvp])
def test_what_an_opaque_function_closes_over_is_refused(kind):
    def f(x, y):
        return kind(lambda z: math.sin(z) * y)(x)

    for call in (grad(f, 1), compile(f), compile(grad(f, 1)), compile(grad(f)), lambda x, y: f(x, ag.Value(y))):
        with pytest.raises(TypeError, match=r"is not among its operands.*make it an operand"):
            call(2.0, 3.0)


def test_a_name_that_two_functions_share():
    def named(scale):
        def f(x):
            return math.floor(x) * scale

        return custom_derivative(f, lambda out, x: (scale,))

    one, two = named(1.0), named(10.0)
    for backend in ("python", "llvm"):
        assert compile(lambda x: one(x) + two(x), backend=backend)(3.5) == 33.0


@pytest.mark.parametrize("kind", [as_row, as_vjp, as_jvp])
def test_checks_of_derivatives_take_it(kind):
    """The complex step said 0, because a row without any partial counted as flat."""
    f = kind(lambda x: math.sin(x))
    assert gradcheck(f, 0.5, order=2)
    assert gradcheck(lambda x: f(x) * x, 0.5, order=2)
    row = compile(lambda x: f(x) * x).trace(0.5).instructions[0].row
    with pytest.raises(TypeError, match="computes with floats alone, but got"):
        row.value(0.5j)
