"""The pendulum: its motion by hand, the gradient through it, and that the network learns to balance."""

import math
import random
from itertools import pairwise

import pytest

from autograd_lite import compile, value_and_grad
from autograd_lite.examples import FAST
from autograd_lite.examples.pendulum import (
    FRICTION,
    GRAVITY,
    STEP,
    STRONGEST,
    beginnings,
    main,
    mean_cost,
    motion,
    network,
    path,
    trained,
)
from autograd_lite.trees import flatten


def test_the_motion_is_that_of_a_pendulum_with_this_torque():
    model = network()
    states = path(model, 0.5, -0.25, 20)
    for (angle, rate, torque), (next_angle, next_rate, _) in pairwise(states):
        seen = [math.sin(angle), math.cos(angle), 0.1 * rate]
        assert torque == pytest.approx(STRONGEST * math.tanh(model(seen).data))
        assert next_rate == pytest.approx(rate + STEP * (GRAVITY * math.sin(angle) + torque - FRICTION * rate))
        assert next_angle == pytest.approx(angle + STEP * next_rate)
    cost = sum(a * a + 0.1 * r * r + 0.01 * u * u for a, r, u in states) / 20
    assert motion(model, 0.5, -0.25, 20)[0].data == pytest.approx(cost)


def test_the_compiled_gradient_is_the_eager_one():
    model, starts = network(), beginnings(3, random.Random(1))
    step = value_and_grad(lambda model, angles, rates: mean_cost(model, angles, rates, 5))
    value, slopes = step(model, *starts)
    found, compiled = compile(step, backend="python")(model, *starts)
    assert found == pytest.approx(value, rel=1e-14)
    assert flatten(compiled)[0] == pytest.approx(flatten(slopes)[0], rel=1e-12, abs=1e-15)


@pytest.mark.thorough
def test_the_network_learns_to_balance():
    model = network()
    falls = path(model, 0.5, 0.0, 150)
    assert abs(falls[-1][0]) > 1.0
    costs = trained(model, *(() if FAST else (60, 60, 4)))
    assert costs[-1] < 0.2 * costs[0]
    if FAST:
        for angle, rate in ((0.5, 0.0), (-0.7, -0.5), (0.3, 1.0)):
            assert all(abs(state[0]) < 0.05 for state in path(model, angle, rate, 200)[150:])


@pytest.mark.thorough
@pytest.mark.skipif(not FAST, reason="it takes minutes in plain Python")
def test_it_tells(capsys):
    main()
    told = capsys.readouterr().out
    assert "0.124 at last" in told
    assert told.splitlines()[-1].startswith("after  the angle every half second:   0.50")
