"""The solvers of the library: they find what they seek, or say why not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.control.solvers import SolutionError, descent, iteration, newton


@given(st.floats(-1e3, 1e3), st.floats(-50.0, 50.0))
def test_newton_reaches_the_only_root(target, start):
    f = lambda x: [x[0] ** 3 + x[0] - target]  # noqa: E731
    (found,) = newton(f, lambda x: [[3.0 * x[0] ** 2 + 1.0]], [start], 1e-12, 200)
    assert abs(f([found])[0]) <= 1e-9 * max(1.0, abs(target))


def test_newton_halves_steps_that_lead_away():
    (found,) = newton(lambda x: [math.atan(x[0])], lambda x: [[1.0 / (1.0 + x[0] ** 2)]], [20.0], 1e-12, 100)
    assert abs(found) < 1e-12  # a full step from 20 leads to -580


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (lambda: newton(lambda x: [x[0] ** 2 + 1.0], lambda x: [[2.0 * x[0]]], [1.0], 1e-12, 100), "start nearer"),
        (lambda: newton(lambda x: [math.nan], lambda x: [[1.0]], [1.0], 1e-12, 100), "that is not finite"),
        (lambda: newton(lambda x: [abs(x[0]) + 1.0], lambda x: [[-1.0]], [1.0], 1e-12, 9), "no step brings it nearer"),
        (lambda: newton(lambda x: [math.exp(x[0])], lambda x: [[math.exp(x[0])]], [0.0], 1e-12, 5), "5 steps"),
        (lambda: iteration(lambda x: [2.0 * x[0]], lambda x: [[1.0]], [1.0], 1e-12, 10**4), "not finite"),
        (lambda: iteration(lambda x: [-x[0]], lambda x: [[-2.0]], [1.0], 1e-12, 50), "50 iterations were not enough"),
        (lambda: descent(lambda x: x[0], lambda x: [1.0], lambda x: [[0.0]], [0.0], 1e-12, 50), "50 steps"),
    ],
)
def test_what_is_not_found_is_an_error(run, words):
    with pytest.raises(SolutionError, match=words):
        run()


def test_descent_takes_the_way_down_where_the_curvature_is_negative():
    f = lambda x: x[0] ** 4 - 2.0 * x[0] ** 2  # noqa: E731
    slope, bend = (lambda x: [4.0 * x[0] ** 3 - 4.0 * x[0]]), (lambda x: [[12.0 * x[0] ** 2 - 4.0]])
    assert descent(f, slope, bend, [0.1], 1e-12, 100) == pytest.approx([1.0], rel=1e-12)
