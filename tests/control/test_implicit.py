"""Implicit functions: their values, all orders of derivatives, engines, solvers and errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import (
    SolutionError,
    Value,
    compile,
    custom_derivative,
    fixed_point,
    grad,
    hessian,
    jacobian,
    jvp,
    minimize,
    no_grad,
    root,
    vmap,
)  # fmt: skip
from autograd_lite.core.abstract.tracers import RuleError
from autograd_lite.testing import gradcheck

# Each with the same function in closed form.
CASES = {
    "root": (lambda a: root(lambda x, a: x * x * x - a, 1.0, a), lambda a: ag.pow(a, 1.0 / 3.0)),
    "fixed point": (lambda a: fixed_point(lambda x, a: 0.5 * (x + a / x), 1.0, a), ag.sqrt),
    "minimum": (lambda a: minimize(lambda x, a: ag.exp(x) - a * x, 0.0, a), ag.log),
    "of several": (
        lambda a: root(lambda x, a: [x[0] + x[1] - a, x[0] * x[1] - 0.1 * a], [0.2, 0.9], a)[1],
        lambda a: 0.5 * (a + ag.sqrt(a * a - 0.4 * a)),
    ),
}
ORDERS = {
    "value": lambda f: f,
    "gradient": grad,
    "tangent": lambda f: lambda a: jvp(f, (a,), (1.0,))[1],
    "second": lambda f: grad(grad(f)),
    "hessian": hessian,
    "mixed": lambda f: grad(lambda a: jvp(f, (a,), (1.0,))[1]),
    "third": lambda f: grad(grad(grad(f))),
}


@pytest.mark.thorough
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=15)
@given(st.floats(0.8, 4.0))
def test_the_closed_form_agrees(case, order, a):
    implicit, explicit = map(ORDERS[order], CASES[case])
    expected = explicit(a)
    assert implicit(a) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.thorough
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_compiled_it_has_the_same_bits(case, order, backend):
    f = ORDERS[order](CASES[case][0])
    assert compile(f, backend=backend)(1.7) == f(1.7)
    assert compile(vmap(f), backend=backend)([0.9, 1.7, 2.5]) == [f(0.9), f(1.7), f(2.5)]


def balance(x, p, n):
    """n counts terms: a whole number stays one."""
    terms = ag.sum([x["u"] ** k for k in range(1, n + 1)])
    return {"u": terms + x["v"][0] - p["c"][0], "v": [x["v"][0] * p["c"][1] - x["u"]]}


def product(p):
    x = root(balance, {"u": 1.0, "v": [1.0]}, p, 2)
    return x["u"] * x["v"][0]


def test_pytrees():
    p = {"c": (2.0, 3.0)}
    x = root(balance, {"u": 1.0, "v": [1.0]}, p, 2)
    assert balance(x, p, 2) == {"u": pytest.approx(0.0, abs=1e-15), "v": [pytest.approx(0.0, abs=1e-15)]}
    assert gradcheck(lambda c: product({"c": c}), [2.0, 3.0], order=2)
    for backend in ("python", "llvm"):
        assert compile(grad(product), backend=backend)(p) == grad(product)(p)


def test_linear_equations_on_arrays():
    a, b = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([1.0, 2.0])
    f = lambda a, b: root(lambda x, a, b: a @ x - b, np.zeros(2), a, b)  # noqa: E731
    np.testing.assert_allclose(f(a, b), np.linalg.solve(a, b), rtol=1e-14)
    np.testing.assert_allclose(jacobian(f, 1)(a, b), np.linalg.inv(a), rtol=1e-13)
    np.testing.assert_allclose(compile(jacobian(f, 1))(a, b), np.linalg.inv(a), rtol=1e-13)


def test_solvers_of_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    for solver in (optimize.root, lambda g, x0: optimize.brentq(g, 0.0, 10.0, xtol=1e-14), lambda g, x0: x0 * 2.0):
        f = lambda a, solver=solver: root(lambda x, a: x * x - a, 1.0, a, solver=solver)  # noqa: E731
        assert grad(f)(4.0) == pytest.approx(0.25, rel=1e-10)
        assert grad(grad(f))(4.0) == pytest.approx(-1.0 / 32.0, rel=1e-10)
        assert compile(grad(f))(4.0) == grad(f)(4.0)
    for solver in (lambda g, x0: optimize.minimize_scalar(g), optimize.minimize):
        f = lambda a, solver=solver: minimize(lambda x, a: ag.cosh(x - a), 0.0, a, solver=solver)  # noqa: E731
        assert grad(f)(0.5) == pytest.approx(1.0, rel=1e-6)
    failing = lambda g, x0: optimize.root(g, x0, options={"maxfev": 1})  # noqa: E731
    with pytest.raises(SolutionError, match="the root of <lambda> was not found by the solver: "):
        root(lambda x, a: x**5 - a, 7.0, 3.0, solver=failing)


def test_the_start_is_a_constant():
    f = lambda x0, a: root(lambda x, a: x * x - a, x0, a)  # noqa: E731
    assert grad(f, (0, 1))(1.0, 4.0) == (0.0, 0.25)
    assert compile(grad(f, (0, 1)))(1.0, 4.0) == (0.0, 0.25)
    assert compile(f)(-1.0, 4.0) == -2.0  # and is read at each call
    assert grad(lambda x0: root(lambda x: x * x - 2.0, x0))(1.0) == 0.0


def test_values_without_graphs():
    x = root(lambda x, a: x - a, 0.0, Value(2.0).detach())
    assert (x.data, x.op) == (2.0, "detached")
    with no_grad():
        assert root(lambda x, a: x - a, 0.0, Value(2.0)).op == "detached"


def test_what_f_closes_over_is_refused_alike_in_all_modes():
    kinds = (
        lambda y: root(lambda x: x * x - y, 1.0), lambda y: fixed_point(lambda x: 0.5 * (x + y / x), 1.0),
        lambda y: minimize(lambda x: (x - y) ** 2, 1.0), lambda y: root(lambda x: x - y, 1.0, solver=lambda g, x0: 2.0),
    )  # fmt: skip
    for f in kinds:
        for call in (
            grad(f),
            compile(f),
            compile(grad(f)),
            lambda y, f=f: f(Value(y)),
            compile(lambda y, f=f: f(y) * 0),
        ):
            with pytest.raises(TypeError, match=r"is not among its operands.*make it an operand"):
                call(2.0)
        assert f(2.0) == pytest.approx(f(2.0))  # a number is a constant


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: root(lambda x: x * x + 1.0, 1.0), SolutionError, "no solution was found: at x = "),
        (lambda: fixed_point(lambda x: 2.0 * x + 1.0, 1.0), SolutionError, "not finite"),
        (lambda: minimize(lambda x: -x * x, 0.0), SolutionError, "f curves down there"),
        (lambda: minimize(lambda x: x, 0.0), SolutionError, "100 steps were not enough"),
        (lambda: root(lambda x: x * x - 2.0, 1.0, maxiter=1), SolutionError, "1 steps were not enough"),
        (lambda: root(lambda x, a: x - a, 1.0, 2.0, solver=lambda g, x0: 5.0), SolutionError, "is not the root"),
        (lambda: root(lambda x: x, 1.0, solver=lambda g, x0: [5.0]), SolutionError, "one number belongs there"),
        (lambda: grad(lambda a: root(lambda x, a: x**3 - a, 0.0, a))(0.0), SolutionError, "has no derivative here"),
        (lambda: root(lambda x: [x, x], 1.0), TypeError, "a list of 2, but one number belongs there"),
        (lambda: root(2.0, 1.0), TypeError, "the root is that of a function, but got 2.0"),
        (lambda: root(lambda x: x, "a"), TypeError, "the start of the root"),
        (lambda: root(lambda x: x, []), TypeError, "pass at least one"),
        (lambda: root(lambda x: x, 1.0, solver=3), TypeError, "a solver is a function"),
    ],
)
def test_errors(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_compiled_errors():
    f = lambda a: root(lambda x, a: x * x - a, 1.0, a)  # noqa: E731
    for backend in ("python", "llvm"):
        with pytest.raises(SolutionError, match="no solution was found"):
            compile(f, backend=backend)(-1.0)
        assert compile(f, backend=backend)(4.0) == 2.0
        log = lambda a: minimize(lambda x, a: ag.exp(x) - a * x, 0.0, a)  # noqa: E731  (has no minimum where a is 0)
        assert compile(vmap(log), backend=backend)([1.0, 2.0]) == [log(1.0), log(2.0)]
        with pytest.raises(SolutionError, match="no solution was found"):
            compile(vmap(log), backend=backend)([1.0, 2.0, 0.0])
    with pytest.raises(NotImplementedError, match="no function for root_of_f"):
        compile(f, backend="numpy")(4.0)


@pytest.mark.parametrize("solved", [root, fixed_point, minimize])
def test_a_program_that_solves_by_a_python_function_has_no_silent_derivative(solved):
    equation = {
        root: lambda x, a: x * x - a,
        fixed_point: lambda x, a: ag.cos(x) * 0.5 + a,
        minimize: lambda x, a: (x - a) ** 2 + x**4,
    }[solved]
    f = lambda a: solved(equation, 1.0, a) * a  # noqa: E731
    program = compile(f, backend="python").trace(0.7)
    assert program(0.7) == f(0.7)
    for derivative in (
        lambda: program(Value(0.7)).backward(),
        lambda: grad(program)(0.7),
        lambda: grad(grad(program))(0.7),
        lambda: ag.jvp(program, [0.7], [1.0]),
        lambda: compile(grad(lambda a: program(a)), backend="python")(0.7),
    ):
        with pytest.raises(RuleError, match=r"is wanted, but a Python function .* computes it; write it"):
            derivative()


def test_an_equation_with_a_rule_of_its_own():
    cube = custom_derivative(lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
    f = lambda a: root(lambda x, a: cube(x) - a, 1.0, a)  # noqa: E731
    assert grad(f)(8.0) == pytest.approx(1.0 / 12.0)
    assert grad(grad(f))(8.0) == pytest.approx(-2.0 / 9.0 * 8.0 ** (-5.0 / 3.0))
    nested = lambda b: root(lambda y, b: f(y) - b, 1.0, b)  # noqa: E731  (y^(1/3) = b)
    assert grad(nested)(2.0) == pytest.approx(12.0)
    assert math.isclose(compile(grad(nested))(2.0), 12.0, rel_tol=1e-12)
