"""Solutions and their gradients against closed forms, alike in every engine."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, compile, grad, hessian, odeint, value_and_grad
from autograd_lite.control.differential_equations import ERRORS, NODES, STAGES

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


@pytest.mark.parametrize("method", ["rk4", "dopri5"])
def test_time_may_go_backwards(method):
    def f(y, t, rate):
        return [-rate * y[0] + t, y[0]]

    times = [0.0, 0.3, 0.5, 1.0]
    there = odeint(f, [1.0, 0.5], times, 0.7, method=method, rtol=1e-9, atol=1e-12)
    back = odeint(f, [float(x) for x in there[-1]], times[::-1], 0.7, method=method, rtol=1e-9, atol=1e-12)
    tolerance = 1e-7 if method == "dopri5" else 2e-4
    for a, b in zip(there, back[::-1], strict=True):
        assert [float(x) for x in b] == pytest.approx([float(x) for x in a], abs=tolerance)
    g = grad(lambda y: odeint(f, [y, 0.5], [1.0, 0.2], 0.7, method=method)[-1][0])
    assert compile(g, backend="python")(1.0) == pytest.approx(g(1.0), rel=1e-12)
    assert g(1.0) == pytest.approx(math.exp(0.7 * 0.8), rel=1e-3)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"t": [0.0, 1.0, 0.5]}, ValueError, "one direction"),
        ({"t": [0.0, math.nan]}, ValueError, "one direction"),
        ({"t": [0.0, math.inf]}, ValueError, "one direction"),
        ({"rtol": -1e-6}, ValueError, "rtol=-1e-06"),
        ({"rtol": 0.0, "atol": 0.0}, ValueError, "not both 0"),
        ({"rtol": math.nan}, ValueError, "rtol=nan"),
        ({"max_steps": 0}, TypeError, "from 1 on"),
        ({"max_steps": 2.5}, TypeError, "from 1 on"),
        ({"f": None}, TypeError, "takes a function"),
    ],
)
def test_what_cannot_be_solved_is_refused(settings, error, message):
    given = {"f": lambda y, t: -y, "t": [0.0, 1.0], "method": "dopri5", **settings}
    with pytest.raises(error, match=message):
        odeint(given.pop("f"), 1.0, given.pop("t"), **given)


@pytest.mark.parametrize("method", ["rk4", "dopri5"])
def test_polynomials_of_time_are_integrated_exactly(method):
    found = odeint(lambda y, t: 4.0 * t * t * t - 3.0 * t * t, 1.0, [0.0, 0.5, 2.0], method=method)
    assert [float(x) for x in found] == pytest.approx([1.0, 1.0 + 0.5**4 - 0.5**3, 1.0 + 2.0**4 - 2.0**3], rel=1e-14)


def test_the_coefficients_are_those_of_methods_of_order_5_and_4():
    nodes = [0.0, *NODES]
    for node, row in zip(NODES, STAGES, strict=True):
        assert math.fsum(row) == pytest.approx(node, abs=1e-15)
    last = [*STAGES[-1], 0.0]
    for k in range(5):
        assert math.fsum(b * c**k for b, c in zip(last, nodes, strict=True)) == pytest.approx(1 / (k + 1), abs=1e-15)
    for k in range(4):
        assert math.fsum(e * c**k for e, c in zip(ERRORS, nodes, strict=True)) == pytest.approx(0.0, abs=1e-15)
    # of two stages: sum b_i a_ij c_j^k = 1 / ((k + 1) (k + 2))
    for k in (1, 2, 3):
        inner = [math.fsum(a * c**k for a, c in zip(row, nodes, strict=False)) for row in ((), *STAGES)]
        found = math.fsum(b * m for b, m in zip(last, inner, strict=True))
        assert found == pytest.approx(1 / ((k + 1) * (k + 2)), abs=1e-15)


def test_the_tolerances_are_small_where_none_are_given():
    found = odeint(lambda y, t: -y * y, 1.0, [0.0, 20.0], method="dopri5")[-1]
    assert float(found) == pytest.approx(1.0 / 21.0, rel=2e-5)
