"""Solvers of SciPy, and cyipopt where it is installed, take sparse derivatives as they are."""

import numpy as np
import pytest

import autograd_lite as ag

pytest.importorskip("scipy")

from scipy.integrate import solve_ivp
from scipy.optimize import NonlinearConstraint, least_squares, minimize

N = 12


def chain(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def residuals(x):
    return np.concatenate([10.0 * (x[1:] - x[:-1] ** 2), 1.0 - x[:-1]])


def circles(x):
    """Each pair of neighbours is on a circle."""
    return x[1:] ** 2 + x[:-1] ** 2


@pytest.mark.parametrize("form", [lambda pattern: pattern, lambda pattern: pattern.tocsr()])
def test_a_pattern_is_taken_as_it_is(form):
    pattern = ag.jacobian_sparsity(residuals)(np.zeros(N))
    assert np.array_equal(np.asarray(pattern, dtype=float), pattern.tocsr().toarray())
    found = least_squares(ag.compile(residuals), np.zeros(N), jac_sparsity=form(pattern))
    assert np.allclose(found.x, 1.0, atol=1e-6)
    falling = ag.compile(lambda t, u: np.array([-u[0], *(u[:-1] - u[1:])]))
    along = ag.jacobian_sparsity(lambda u: [-u[0], *(u[:-1] - u[1:])])(np.ones(4))
    run = solve_ivp(falling, (0.0, 1.0), np.ones(4), method="BDF", jac_sparsity=form(along))
    assert run.y[0, -1] == pytest.approx(np.exp(-1.0), rel=1e-2)


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["direct", "star", "substitution"])
def test_trust_constr_with_constraints(method):
    bend = ag.sparse_hessian(lambda x, v: ag.dot(v, circles(x)), method=method)
    slopes = ag.sparse_jacobian(circles)
    constraint = NonlinearConstraint(ag.compile(circles), 2.0, 2.0, jac=slopes, hess=bend)
    value, slope, curvature = ag.compile(chain), ag.compile(ag.grad(chain)), ag.sparse_hessian(chain, method=method)
    how = {"method": "trust-constr", "options": {"gtol": 1e-9}}
    found = minimize(value, np.full(N, 0.9), jac=slope, hess=curvature, constraints=constraint, **how)
    assert found.status in (1, 2)
    assert np.allclose(found.x, 1.0, atol=1e-5)
    assert bend(np.ones(N), np.ones(N - 1)).nnz == N


@pytest.mark.parametrize("solver", ["exact", "lsmr"])
def test_least_squares(solver):
    f, start = ag.compile(residuals), np.full(N, -0.3)
    slopes = ag.sparse_jacobian(residuals, format="array" if solver == "exact" else "csr")
    exact = least_squares(f, start, jac=slopes, tr_solver=solver)
    assert np.allclose(exact.x, 1.0, atol=1e-6)
    by_pattern = least_squares(f, start, jac_sparsity=ag.jacobian_sparsity(residuals)(start).tocsr())
    assert np.allclose(by_pattern.x, 1.0, atol=1e-5)


@pytest.mark.parametrize("method", ["BDF", "Radau"])
@pytest.mark.parametrize("format", ["csc", "csr", "array"])
def test_solve_ivp(method, format):
    def heat(t, u):
        inner = 400.0 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        return np.concatenate([[0.0 * u[0]], inner, [0.0 * u[-1]]])

    u = np.sin(np.linspace(0.0, np.pi, 21))
    slopes = ag.sparse_jacobian(heat, argnums=1, format=format)
    found = solve_ivp(ag.compile(heat), (0.0, 0.02), u, method=method, jac=slopes, rtol=1e-6, atol=1e-9)
    assert found.success
    decay = np.exp(-4.0 * 400.0 * np.sin(np.pi / 40.0) ** 2 * 0.02)  # of the slowest mode of the differences
    assert np.allclose(found.y[:, -1], decay * u, atol=1e-5)


def test_ipopt():
    cyipopt = pytest.importorskip("cyipopt")
    constraint = {
        "type": "eq",
        "fun": lambda x: np.asarray(ag.compile(circles)(x)) - 2.0,
        "jac": ag.sparse_jacobian(circles),
        "hess": ag.sparse_hessian(lambda x, v: ag.dot(v, circles(x))),
    }
    value, slope, curvature = ag.compile(chain), ag.compile(ag.grad(chain)), ag.sparse_hessian(chain, format="array")
    found = cyipopt.minimize_ipopt(value, np.full(N, 0.9), jac=slope, hess=curvature, constraints=[constraint])
    assert np.allclose(found.x, 1.0, atol=1e-5)
