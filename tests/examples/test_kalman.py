"""The filter's likelihood against the normal distribution of all readings at once; what it finds, and how it sees."""

import math

import numpy as np
import pytest

from autograd_lite import compile, log, value_and_grad
from autograd_lite.examples.kalman import DRIVING, SEEING, STEP, drive, filtered, fitted, main, surprise

LOGS = [0.4, -0.9]


def density_at_once(readings):
    """-ln p of normal readings: their covariances follow from those of the pushes."""
    n, (driving, seeing) = len(readings), np.exp(LOGS)
    # after i steps a push of step j has moved the position by (i - j + 1/2) steps of its speed
    moves = np.array([[STEP * max(i - j + 0.5, 0.0) for j in range(n)] for i in range(n)])
    covariances = driving * STEP * moves @ moves.T + seeing * np.eye(n)
    _, size = np.linalg.slogdet(covariances)
    return 0.5 * (n * math.log(2.0 * math.pi) + size + readings @ np.linalg.solve(covariances, readings))


def test_the_likelihood_is_that_of_all_readings_at_once():
    readings = [0.3, -0.5, 0.9, 1.4, 0.2]
    assert 5 * surprise(LOGS, readings) == pytest.approx(density_at_once(np.array(readings)), rel=1e-12)


def test_the_compiled_gradient_has_the_bits_of_the_eager_one():
    _, readings = drive(30)
    step = value_and_grad(surprise)
    assert compile(step, backend="python")(LOGS, readings) == step(LOGS, readings)


def test_the_variances_are_found_and_the_filter_sees_better_than_it_is_told():
    positions, readings = drive(2000)
    found = fitted(readings)
    assert found == pytest.approx([DRIVING, SEEING], rel=0.1)
    _, states = filtered([log(x) for x in found], readings)
    errors = [[a - b for a, b in zip(x, positions, strict=True)] for x in (readings, [s[0] for s in states])]
    assert np.std(errors[1]) < 0.6 * np.std(errors[0])
    assert np.std(errors[1]) == pytest.approx(math.sqrt(states[-1][2]), rel=0.1)  # as it says itself


def test_it_tells(capsys):
    main()
    assert "filter   are off by 0.39" in capsys.readouterr().out
