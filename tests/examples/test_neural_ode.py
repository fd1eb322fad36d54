"""The law of a motion, learned from pieces of it: where it was seen, beyond, and from other beginnings."""

import pytest

from autograd_lite import compile, value_and_grad
from autograd_lite.examples import FAST
from autograd_lite.examples.neural_ode import (
    PIECE,
    STEP,
    error,
    law,
    mean_error,
    motion,
    network,
    path,
    pieces,
    trained,
)
from autograd_lite.trees import flatten


def test_the_motion_comes_back_on_its_own_way():
    states = motion([2.0, 0.0], 140)
    assert min(abs(x - 2.0) + abs(y) for x, y in states[60:72]) < 0.1  # after a period of 6.66
    assert states[1] == pytest.approx([2.0 - STEP * STEP, -2.0 * STEP], abs=0.03)


def test_pieces_overlap_and_hold_what_follows_each_other():
    states = [[float(i), -float(i)] for i in range(20)]
    found = pieces(states)
    assert [piece[0][0] for piece in found] == [0.0, 4.0, 8.0, 12.0]
    assert all([x for x, _ in piece] == [piece[0][0] + k for k in range(PIECE)] for piece in found)


def test_the_error_of_the_true_law_is_nothing():
    piece = motion([1.0, 0.5], PIECE)
    assert error(lambda state: law(state, 0.0), piece) == pytest.approx(0.0, abs=1e-25)


def test_the_compiled_gradient_is_the_eager_one():
    model, seen = network(), pieces(motion([2.0, 0.0], 12))
    step = value_and_grad(mean_error)
    value, slopes = step(model, seen)
    found, compiled = compile(step, backend="python")(model, seen)
    assert found == pytest.approx(value, rel=1e-14)
    assert flatten(compiled)[0] == pytest.approx(flatten(slopes)[0], rel=1e-11, abs=1e-15)


@pytest.mark.thorough
@pytest.mark.skipif(not FAST, reason="it takes minutes in plain Python")
def test_the_law_is_learned():
    model = network()
    errors = trained(model, pieces(motion([2.0, 0.0], 80)) + pieces(motion([-0.5, 0.5], 60)))
    assert errors[-1] < 1e-3 * errors[0]
    truth, found = motion([0.0, 2.0], 100), path(model, [0.0, 2.0], 100)  # a beginning that was not seen
    assert all(abs(x - y) < 0.2 for a, b in zip(truth, found, strict=True) for x, y in zip(a, b, strict=True))
