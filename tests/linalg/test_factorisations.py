"""Factorisations: their properties, NumPy's signs, and the stated rules of signs and order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matrices import general, positive

from autograd_lite import Value, compile, grad, linalg

NUMBERS = st.floats(-4.0, 4.0, width=32)
SQUARES = st.integers(1, 6).flatmap(lambda n: arrays(float, (n, n), elements=NUMBERS))
TALL = st.tuples(st.integers(0, 3), st.integers(1, 5)).flatmap(
    lambda x: arrays(float, (x[0] + x[1], x[1]), elements=NUMBERS)
)


@given(SQUARES)
@settings(max_examples=60)
def test_cholesky(a):
    a = a @ a.T + np.eye(len(a))
    factor = linalg.cholesky(a)
    assert np.allclose(factor @ factor.T, a, atol=1e-12)
    assert np.array_equal(factor, np.tril(factor))
    assert np.array_equal(linalg.cholesky(a, upper=True), factor.T)
    assert np.array_equal(linalg.cholesky(np.tril(a)), factor)


@given(SQUARES)
@settings(max_examples=60)
def test_lu(a):
    p, lower, upper = linalg.lu(a)
    assert np.allclose(p @ lower @ upper, a, atol=1e-12)
    assert np.abs(lower).max() <= 1.0
    assert np.array_equal(np.diag(lower), np.ones(len(a)))
    assert np.array_equal(p @ p.T, np.eye(len(a)))


@given(TALL)
@settings(max_examples=60)
def test_qr(a):
    for b in (a, a.T):
        q, r = linalg.qr(b)
        assert np.allclose(q @ r, b, atol=1e-12)
        assert np.allclose(q.T @ q, np.eye(q.shape[1]), atol=1e-12)
        assert np.array_equal(r, np.triu(r))


@pytest.mark.parametrize("shape", [(4, 4), (7, 3), (3, 7)])
def test_signs_of_qr_are_those_of_numpy(shape):
    for found, wanted in zip(linalg.qr(general(*shape)), np.linalg.qr(general(*shape)), strict=True):
        assert np.allclose(found, wanted, atol=1e-13)


@given(SQUARES)
@settings(max_examples=60)
def test_eigh(a):
    a = a + a.T
    values, vectors = linalg.eigh(a)
    assert np.allclose(vectors * values @ vectors.T, a, atol=1e-12)
    assert np.allclose(vectors.T @ vectors, np.eye(len(a)), atol=1e-13)
    assert sorted(values) == list(values)
    assert np.allclose(values, np.linalg.eigvalsh(a), atol=1e-12)
    largest = np.abs(vectors).argmax(axis=0)
    assert (vectors[largest, range(len(a))] > 0.0).all()


@pytest.mark.parametrize("n", [1, 2, 20])
def test_eigenvalues_of_any_size(n):
    for scale in (1e-200, 1.0, 1e150):
        a = positive(n) * scale
        assert np.allclose(linalg.eigh(a)[0], np.linalg.eigvalsh(a), rtol=1e-11)


def test_equal_eigenvalues_have_derivatives_together():
    a = [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 5.0]]
    assert grad(lambda a: sum(w**3 for w in linalg.eigh(a)[0]))(a) == [
        [12.0, 0.0, 0.0],
        [0.0, 12.0, 0.0],
        [0.0, 0.0, 75.0],
    ]
    found = grad(lambda a: linalg.eigh(a)[1][0][0])(a)
    assert any(x != x for row in found for x in row)


def test_derivatives_to_60_digits():
    mpmath = pytest.importorskip("mpmath")
    n = 5
    a = positive(n)
    with mpmath.workdps(60):
        exact = mpmath.matrix(a.tolist())

        def slope(f, i, j):
            """Of a function of a symmetric matrix in entry (i, j) and its mirror image."""
            step = mpmath.mpf(10) ** -20
            moved = [exact.copy(), exact.copy()]
            for sign, matrix in zip((1, -1), moved, strict=True):
                matrix[i, j] += sign * step
                if i != j:
                    matrix[j, i] += sign * step
            return float((f(moved[0]) - f(moved[1])) / (2 * step))

        def of_cholesky(m):
            factor = mpmath.cholesky(m)
            return sum((i + 2 * j + 1) * factor[i, j] for i in range(n) for j in range(i + 1))

        def of_eigenvalues(m):
            values = sorted(mpmath.eigsy(m, eigvals_only=True))
            return sum((i + 1) * w for i, w in enumerate(values))

        def weighed(a):
            factor = linalg.cholesky(a)
            return sum((i + 2 * j + 1.0) * factor[i, j] for i in range(n) for j in range(i + 1))

        found = grad(weighed)(a)
        values = grad(lambda a: sum((i + 1.0) * w for i, w in enumerate(linalg.eigh(a)[0])))(a)
        for i in range(n):
            for j in range(i + 1):
                assert found[i, j] == pytest.approx(slope(of_cholesky, i, j), rel=1e-11)
                assert values[i, j] == pytest.approx(slope(of_eigenvalues, i, j), rel=1e-10)
    assert np.array_equal(np.triu(found, 1), np.zeros((n, n)))


def test_a_wrong_mode_is_refused():
    with pytest.raises(ValueError, match="complete"):
        linalg.qr(np.eye(2), mode="complete")
    with pytest.raises(ValueError, match="UPLO"):
        linalg.eigh(np.eye(2), UPLO="X")


def test_numbers_that_are_not_finite_are_not_refused():
    bad = [[float("nan"), 0.0], [0.0, 1.0]]
    for f in (linalg.cholesky, linalg.inv, lambda a: linalg.eigh(a)[0], lambda a: linalg.qr(a)[1], linalg.expm):
        assert any(x != x for x in np.ravel(f(bad)))
    assert any(x != x for x in np.ravel(linalg.expm([[float("inf"), 0.0], [0.0, 1.0]])))


@settings(max_examples=10)
@given(st.integers(0, 10**9), st.integers(-900, 900), st.floats(0.1, 8.0))
def test_derivatives_of_expm_have_the_digits_of_any_adjoint(seed, exponent, size):
    """An adjoint far larger than the matrix must not decide how often the matrix is halved and squared again."""
    rng = np.random.default_rng(seed)
    a, seeds, direction = (rng.normal(size=(3, 3)) for _ in range(3))
    a *= size

    def along(a, factor):
        return (linalg.expm(a) * (seeds * factor)).sum()

    def curve(a, factor):
        return (grad(along)(a, factor) * direction).sum()

    for f in (grad(along), grad(curve)):
        expected = f(a, 1.0)
        found = np.array(f(a, 2.0**exponent), float) * 2.0**-exponent
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-13 * np.abs(expected).max())


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_a_program_is_saved_and_loaded(backend, tmp_path):
    from autograd_lite.program.program import Program

    a = [[Value(4.0), Value(2.0)], [Value(2.0), Value(10.0)]]
    leaves = [x for row in a for x in row]
    program = Program.from_values([x for row in linalg.cholesky(a) for x in row], leaves)
    assert "kernel cholesky(2)" in str(program)
    program.save(tmp_path / "program.json")
    again = Program.load(tmp_path / "program.json")
    assert [again(*[x.data for x in leaves], backend=backend)] == [(2.0, 0.0, 1.0, 3.0)]
    assert compile(lambda a: linalg.cholesky(a), backend=backend)([[4.0, 2.0], [2.0, 10.0]]) == [[2.0, 0.0], [1.0, 3.0]]
