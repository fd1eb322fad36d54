"""Solutions and their gradients against closed forms, alike in every engine."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, compile, grad, hessian, odeint, value_and_grad

rates = st.floats(0.2, 2.0)


@settings(max_examples=10)
@given(rates, st.floats(0.5, 2.0))
def test_decay(rate, start):
    def last(rate, start):
        return odeint(lambda y, t, rate: -rate * y, start, [0.0, 0.4, 1.0], rate, method="dopri5", rtol=1e-10)[-1]

    value, (slope, factor) = value_and_grad(last, argnums=(0, 1))(rate, start)
    true = start * math.exp(-rate)
    assert value == pytest.approx(true, rel=1e-8)
    assert (slope, factor) == pytest.approx((-true, true / start), rel=1e-7)
    assert hessian(last)(rate, start) == pytest.approx(true, rel=1e-6)


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["rk4", "dopri5"])
@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_every_engine_takes_the_same_steps(method, backend):
    pytest.importorskip("llvmlite")

    def energy(p):
        times = [0.0, 0.1, 0.35, 0.4]
        ys = odeint(
            lambda y, t: {"x": y["v"], "v": -p[0] * ag.sin(y["x"]) + t}, {"x": p[1], "v": 0.0}, times, method=method
        )
        return ys[-1]["x"] ** 2 + ys[1]["v"]

    assert compile(value_and_grad(energy), backend=backend)([2.0, 0.5]) == value_and_grad(energy)([2.0, 0.5])


def test_the_classical_method_is_of_order_4():
    def error(n):
        times = [i / n for i in range(n + 1)]
        return abs(odeint(lambda y, t: y * ag.cos(t), 1.0, times)[-1] - math.exp(math.sin(1.0)))

    assert math.log2(error(8) / error(16)) == pytest.approx(4.0, abs=0.3)


def test_tolerances_bound_the_error():
    errors = [
        abs(odeint(lambda y, t: y * ag.cos(t), 1.0, [0.0, 3.0], method="dopri5", rtol=r)[-1] - math.exp(math.sin(3.0)))
        for r in (1e-4, 1e-7, 1e-10)
    ]
    assert all(error < 30 * r for error, r in zip(errors, (1e-4, 1e-7, 1e-10), strict=True))
    assert errors[2] < errors[1] < errors[0]


def test_too_few_steps_give_nan():
    last = odeint(lambda y, t: -50.0 * y, 1.0, [0.0, 10.0], method="dopri5", max_steps=3)[-1]
    assert math.isnan(last)


def test_values_that_f_closes_over_get_gradients():
    rate = Value(0.5)
    odeint(lambda y, t: -rate * y, 1.0, [0.0, 0.5, 1.0])[-1].backward()
    assert rate.grad == pytest.approx(-math.exp(-0.5), rel=1e-3)
    assert grad(lambda y: odeint(lambda y, t: -rate * y, y, [0.0, 1.0])[-1])(1.0) == pytest.approx(0.6068, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: odeint(lambda y, t: y, 1.0, [0.0, 1.0], method="euler"), ValueError, "choose one of rk4, dopri5"),
        (lambda: odeint(lambda y, t: y, 1.0, [0.0]), ValueError, "pass two or more"),
        (lambda: odeint(lambda y, t: y, 1.0, [0.0, "1"]), TypeError, "times and tolerances as numbers"),
        (lambda: odeint(lambda y, t: [y], 1.0, [0.0, 1.0]), ValueError, "result of f of odeint"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()
