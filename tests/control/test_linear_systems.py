"""Linear systems by reflections: against NumPy, in all engines, differentiated, and where they are singular."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import compile, jacobian
from autograd_lite.control.linear_systems import SingularMatrix, solved


def system(seed, n):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, n)) * 10.0 ** rng.integers(-8, 8, size=n), rng.normal(size=n)


@given(st.integers(0, 10**6), st.integers(1, 7))
def test_the_residual_is_rounding(seed, n):
    matrix, right = system(seed, n)
    x = np.array(solved(matrix.tolist(), right.tolist()))
    scale = np.abs(matrix) @ np.abs(x) + np.abs(right)
    assert np.all(np.abs(matrix @ x - right) <= 1e-13 * n * scale.max())


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_compiled_and_differentiated(n, backend):
    matrix, right = system(n, n)
    f = lambda matrix, right: solved(matrix, right)  # noqa: E731
    eager = solved(matrix.tolist(), right.tolist())
    assert compile(f, backend=backend)(matrix.tolist(), right.tolist()) == pytest.approx(eager, rel=1e-12)
    slopes = compile(jacobian(f, 1), backend=backend)(matrix.tolist(), right.tolist())
    np.testing.assert_allclose(slopes, np.linalg.inv(matrix), rtol=1e-9)


@pytest.mark.parametrize(
    "matrix",
    [[[0.0]], [[1.0, 2.0], [2.0, 4.0]], [[0.0, 1.0], [0.0, 1.0]], [[1e-200, 2e100], [3e-200, 6e100]], [[np.nan]]],
)
def test_a_singular_matrix_is_refused(matrix):
    with pytest.raises(SingularMatrix, match="is a combination of those before it"):
        solved(matrix, [1.0] * len(matrix))


def test_a_matrix_that_is_nearly_singular_is_solved():
    assert solved([[1.0, 1.0], [1.0, 1.0 + 1e-12]], [2.0, 2.0 + 1e-12]) == pytest.approx([1.0, 1.0], abs=1e-3)
