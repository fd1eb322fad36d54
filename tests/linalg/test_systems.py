"""Systems of equations: what NumPy gives, exact references, and input that has no answer."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matrices import general, positive

from autograd_lite import Value, compile, grad, linalg, no_grad, scan, vmap

SQUARES = st.integers(1, 5).flatmap(lambda n: arrays(float, (n, n), elements=st.floats(-4.0, 4.0, width=32)))


@given(SQUARES)
@settings(max_examples=60)
def test_a_matrix_times_its_inverse_is_the_identity(a):
    a = a + 9.0 * np.eye(len(a)) * len(a)
    assert np.allclose(linalg.matmul(a, linalg.inv(a)), np.eye(len(a)), atol=1e-12)
    b = np.arange(1.0, len(a) + 1.0)
    assert np.allclose(a @ linalg.solve(a, b), b, atol=1e-10)
    assert linalg.det(a) == pytest.approx(np.linalg.det(a), rel=1e-10)
    sign, size = linalg.slogdet(-a)
    assert (sign, size) == pytest.approx(tuple(np.linalg.slogdet(-a)), rel=1e-12)


@pytest.mark.parametrize("shape", [(6, 3), (3, 6), (4, 4)])
def test_least_squares_are_those_of_numpy(shape):
    a, b = general(*shape), general(shape[0], 2, 1)
    x, residuals, rank, s = linalg.lstsq(a, b)
    wanted = np.linalg.lstsq(a, b)
    assert np.allclose(x, wanted[0], atol=1e-10)
    assert np.allclose(residuals, wanted[1])
    assert (rank, list(s)) == (wanted[2], pytest.approx(list(wanted[3]), rel=1e-12))


def test_solutions_and_their_gradients_to_60_digits():
    mpmath = pytest.importorskip("mpmath")
    n = 6
    a, b = positive(n), general(n, 1, 3)[:, 0]
    with mpmath.workdps(60):
        exact, right = mpmath.matrix(a.tolist()), mpmath.matrix(b.tolist())
        x = mpmath.lu_solve(exact, right)
        back = mpmath.lu_solve(exact.T, mpmath.matrix([1] * n))
        slopes = [[float(-back[i] * x[j]) for j in range(n)] for i in range(n)]
        logdet, inverse = mpmath.log(mpmath.det(exact)), exact**-1
        assert linalg.slogdet(a)[1] == pytest.approx(float(logdet), rel=1e-14)
        found = grad(lambda a: linalg.slogdet(a)[1])(a)
        assert np.allclose(found, [[float(inverse[j, i]) for j in range(n)] for i in range(n)], rtol=1e-11)
        assert np.allclose(linalg.solve(a, b), [float(y) for y in x], rtol=1e-12)
        assert np.allclose(grad(lambda a: sum(linalg.solve(a, b)))(a), slopes, rtol=1e-10)


SINGULAR = [[1.0, 2.0], [2.0, 4.0]]
SOLVERS = {
    "solve": lambda a: linalg.solve(a, [1.0, 2.0]),
    "inv": linalg.inv,
    "solve_triangular": lambda a: linalg.solve_triangular([[a[0][0], a[0][1]], [0.0, a[0][0] - 1.0]], [1.0, 2.0]),
    "lstsq": lambda a: linalg.lstsq(a, [1.0, 2.0])[0],
    "cholesky": lambda a: linalg.cholesky([[a[0][0], a[1][0]], [a[1][0], -1.0]]),
}


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
@pytest.mark.parametrize("name", SOLVERS)
def test_what_has_no_solution_raises_eagerly_and_is_nan_compiled(name, backend):
    f = SOLVERS[name]
    for a in (SINGULAR, np.array(SINGULAR), [[Value(x) for x in row] for row in SINGULAR]):
        with pytest.raises(np.linalg.LinAlgError, match=name):
            f(a)

    def one(a):
        found = f(a)
        last = found[-1] if name != "lstsq" else found[0]
        return last[-1] if isinstance(last, list) else last

    if name != "lstsq":  # whose rounded factors are not exactly singular
        assert math.isnan(compile(one, backend=backend)(SINGULAR))


def test_a_singular_matrix_has_a_determinant():
    assert linalg.det(SINGULAR) == 0.0
    assert linalg.slogdet(SINGULAR) == (0.0, -math.inf)


@pytest.mark.parametrize("name", ["solve", "inv", "det", "slogdet", "cholesky", "lu", "eigh", "expm"])
def test_what_is_not_square_is_refused(name):
    f = getattr(linalg, name)
    arguments = ([1.0, 2.0],) if name == "solve" else ()
    for a in ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.ones((2, 3)), [1.0, 2.0], 3.0, np.ones((4, 2, 3))):
        with pytest.raises(linalg.LinAlgError, match=name):
            f(a, *arguments)
    with pytest.raises(ValueError, match="rows"):
        f([[1.0, 2.0], [3.0]], *arguments)
    with pytest.raises(TypeError):
        f("ab", *arguments)
    with pytest.raises(TypeError):
        f([[1.0 + 2.0j, 0.0], [0.0, 1.0]], *arguments)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="3 rows"):
        linalg.solve(np.eye(2), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="number"):
        linalg.solve(np.eye(2), 1.0)
    with pytest.raises(ValueError, match="columns"):
        linalg.matmul(np.eye(2), np.eye(3))
    with pytest.raises(ValueError, match="trans"):
        linalg.solve_triangular(np.eye(2), [1.0, 2.0], trans=3)


def test_empty_matrices_are_those_of_numpy():
    empty = np.empty((0, 0))
    assert linalg.det(empty) == np.linalg.det(empty) == 1.0
    assert linalg.slogdet(empty) == tuple(np.linalg.slogdet(empty))
    for name in ("inv", "cholesky"):
        assert getattr(linalg, name)(empty).shape == (0, 0)
    assert linalg.solve(empty, np.empty((0, 2))).shape == (0, 2)
    assert [part.shape for part in linalg.eigh(empty)] == [(0,), (0, 0)]
    assert [part.shape for part in linalg.qr(np.empty((3, 0)))] == [(3, 0), (0, 0)]
    assert linalg.matmul(np.empty((2, 0)), np.empty((0, 3))).tolist() == [[0.0] * 3] * 2


def test_stacks_are_those_of_numpy():
    a = np.stack([positive(3, seed) for seed in range(4)])
    b = general(4, 6, 5).reshape(4, 3, 2)
    for found, wanted in [
        (linalg.solve(a, b), np.linalg.solve(a, b)),
        (linalg.solve(a[0], b), np.linalg.solve(a[0], b)),
        (linalg.solve(a, b[0]), np.linalg.solve(a, b[0])),
        (linalg.inv(a), np.linalg.inv(a)),
        (linalg.cholesky(a), np.linalg.cholesky(a)),
        (linalg.det(a), np.linalg.det(a)),
        (linalg.matmul(a, b), a @ b),
        (linalg.matmul(a, b[:, :, 0][0]), a @ b[:, :, 0][0]),
        (linalg.trace(a), np.linalg.trace(a)),
        (linalg.eigh(a)[0], np.linalg.eigh(a)[0]),
    ]:
        assert found.shape == wanted.shape
        assert np.allclose(found, wanted)
    assert linalg.solve(a[:0], b[:0]).shape == (0, 3, 2)
    assert linalg.det(a[:0]).shape == (0,)
    assert linalg.inv(a.tolist())[1] == linalg.inv(a[1].tolist())


def test_numbers_stay_numbers_and_lists_stay_lists():
    assert type(linalg.det([[2.0]])) is float
    assert linalg.inv([[2.0]]) == [[0.5]]
    assert linalg.inv(np.array([[2]])).dtype == float
    found = linalg.inv([[Value(2.0)]])
    assert isinstance(found[0][0], Value)
    with no_grad():
        assert linalg.inv([[Value(2.0)]])[0][0].op == "detached"
    assert linalg.det([[Value(2.0).detach()]]).op == "detached"


def test_a_backward_pass_reaches_what_the_matrix_is_made_of():
    x = Value(2.0)
    matrix = [[x * x, x], [x, 3.0]]
    factor = linalg.cholesky(matrix)
    (factor[1][1] * 2.0).backward()
    assert x.grad == pytest.approx(0.0, abs=1e-15)  # sqrt(3 - 1)
    assert factor[1][1].grad == 2.0
    assert matrix[0][0].grad == pytest.approx(0.5 / math.sqrt(2.0) / 4.0 * 2.0)


def test_a_matrix_of_few_values_keeps_little():
    n = 20
    nodes = [[Value(float(i == j)) for j in range(n)] for i in range(n)]
    seen, stack = set(), [linalg.det(nodes)]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(node._prev)
    assert len(seen) < 2 * n * n


@pytest.mark.thorough
def test_systems_in_the_steps_of_a_loop():
    """A Kalman filter solves in each step."""

    def step(carry, y):
        mean, p = carry
        p = linalg.matmul(linalg.matmul([[1.0, 0.1], [0.0, 1.0]], p), [[1.0, 0.0], [0.1, 1.0]])
        gain = linalg.solve([[p[0][0] + 0.5, 0.1], [0.1, p[1][1] + 0.5]], [y - mean[0], 0.1 * y - mean[1]])
        mean = [m + g for m, g in zip(mean, linalg.matmul(p, gain), strict=True)]
        return (mean, [[p[0][0] * 0.9, p[0][1] * 0.9], [p[1][0] * 0.9, p[1][1] * 0.9]]), mean[0]

    def loss(p, ys):
        (mean, _), fits = scan(step, ([0.0, 0.0], [[p, 0.0], [0.0, p]]), ys)
        return sum((y - f) ** 2 for y, f in zip(ys, fits, strict=True)) + mean[1]

    ys = [0.5, 1.0, 0.8, 1.2, 1.6, 1.4]
    slope, bend = grad(loss), grad(grad(loss))
    for backend in ("python", "numpy", "llvm"):
        assert compile(loss, backend=backend)(1.3, ys) == loss(Value(1.3), ys).data
        assert compile(slope, backend=backend)(1.3, ys) == slope(1.3, ys)
        assert compile(bend, backend=backend)(1.3, ys) == pytest.approx(bend(1.3, ys), rel=1e-12)


def test_a_shared_matrix_gets_the_sum_over_the_samples():
    a, bs = positive(3), general(5, 3, 2)

    def loss(a, bs):
        return vmap(lambda b: linalg.solve(a, b)[0] ** 2, reduce="sum")(bs)

    expected = np.array(grad(loss)(a, bs))
    for backend in ("python", "numpy", "llvm"):
        assert np.allclose(compile(grad(loss), backend=backend)(a, bs), expected, rtol=1e-12)


def test_gradcheck_and_certify_see_through_a_matrix():
    from autograd_lite.testing import gradcheck

    a = positive(3).tolist()
    for f in (linalg.det, lambda a: linalg.slogdet(a)[1], lambda a: linalg.cholesky(a)[2][1]):
        assert gradcheck(f, a)
    explained = str(__import__("autograd_lite").explain(linalg.det([[Value(2.0), 1.0], [0.0, 3.0]])))
    assert "lu_det" in explained
