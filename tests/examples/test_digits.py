"""Digits: the lecture's training, the better one and convolutions, on the images held out.

Where neither programs nor the engine are native code, the first epochs have to do.
"""

import pytest

pytest.importorskip("sklearn")

from autograd_lite.examples import FAST, digits
from autograd_lite.support.build import is_native

WHOLE = FAST or is_native()


@pytest.mark.thorough
def test_the_lectures_training():
    told = []
    epochs, least = (30, 0.93) if WHOLE else (3, 0.9)
    scores = digits.lecture(epochs, tell=told.append)
    assert len(scores) == epochs
    assert told[-1] == f"Epoch {epochs}: {scores[-1]} / 360"
    assert scores[0] < scores[-1]
    assert scores[-1] >= least * 360


@pytest.mark.thorough
def test_cross_entropy_and_adam_reach_97_percent():
    assert digits.better() >= 0.97 if WHOLE else digits.better(epochs=3) >= 0.93


@pytest.mark.thorough
def test_a_small_convolutional_network():
    assert digits.convolutions() >= 0.95 if FAST else digits.convolutions(epochs=1) >= 0.85


def test_nothing_held_out_is_learned_from():
    X, held_X, y, held_y = digits.load_images()
    assert (len(X), len(held_X), len(y), len(held_y)) == (1437, 360, 1437, 360)
    learned = {tuple(x) for x in X}
    assert sum(tuple(x) in learned for x in held_X) == 0
