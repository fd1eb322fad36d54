"""Norms and sums of diagonals: what NumPy gives, at any scale, also of nothing and at the kinks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autograd_lite import Value, compile, grad, linalg

ORDERS = [None, 0, 1, 2, 3, 0.5, -1, -2, np.inf, -np.inf, "fro", np.int64(1), np.float32(3.0)]
SHAPES = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(tuple)


def outcome(f):
    """A result, or that it was refused."""
    try:
        return np.asarray(f(), dtype=float)
    except ValueError:
        return None


@pytest.mark.filterwarnings("ignore:divide by zero")
@given(st.data())
@settings(max_examples=100)
def test_a_norm_is_that_of_numpy(data):
    x = data.draw(SHAPES.flatmap(lambda shape: arrays(float, shape, elements=st.sampled_from([0.0, 1.0, -2.5, 4.0]))))
    axes = st.integers(-x.ndim, x.ndim - 1)
    axis = data.draw(st.none() | axes | axes.map(np.int64) | st.tuples(axes, axes))
    order, keep = data.draw(st.sampled_from(ORDERS)), data.draw(st.booleans())
    if order == -2 and (isinstance(axis, tuple) or (axis is None and x.ndim == 2)):
        order = -1  # the smallest singular value is not there
    want = outcome(lambda: np.linalg.norm(x, order, axis, keep))
    found = outcome(lambda: linalg.norm(x, order, axis, keep))
    assert (found is None) == (want is None)
    if want is not None:
        assert found.shape == want.shape
        assert np.allclose(found, want, rtol=1e-13)


@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, -1, np.inf])
@pytest.mark.parametrize("x", [[0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]])
def test_the_gradient_of_a_norm_at_the_origin_is_zero(x, order, backend):
    if isinstance(x[0], list) and order in (3, 1.5):
        order = "fro"
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    slope = grad(lambda x: linalg.norm(x, order))
    assert slope(x) == x
    assert compile(slope, backend=backend)(x) == x


@given(st.integers(-900, 900))
@settings(max_examples=20)
def test_singular_values_keep_their_scale(power):
    a, scale = [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]], 2.0**power
    scaled = [[scale * x for x in row] for row in a]
    assert linalg.norm(scaled, 2) == scale * linalg.norm(a, 2)
    x, _, rank, s = linalg.lstsq(a, [1.0, 2.0, 4.0])
    other = linalg.lstsq(scaled, [1.0, 2.0, 4.0])
    assert (other.rank, other.s) == (rank, [scale * y for y in s])
    assert other.x == pytest.approx([y / scale for y in x], rel=1e-12)
    assert grad(lambda a: linalg.norm(a, 2))(scaled) == grad(lambda a: linalg.norm(a, 2))(a)


def test_a_negative_tolerance_of_lstsq_is_the_spacing_of_floats():
    with pytest.raises(linalg.LinAlgError, match="rank 1, not 2"):
        linalg.lstsq([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]], [1.0, 2.0, 3.0], rcond=-1)


def test_the_diagonal_of_a_trace_is_counted_in_whole_numbers():
    assert linalg.trace([[1.0, 2.0], [3.0, 4.0]], offset=np.int64(-1)) == 3.0
    with pytest.raises(TypeError, match="integer"):
        linalg.trace([[Value(1.0)]], offset=0.5)
