"""Digits: the lecture's training, the better one and convolutions, on the images held out."""

import pytest

pytest.importorskip("sklearn")

from autograd_lite.examples import FAST, digits

pytestmark = pytest.mark.skipif(not FAST, reason="on Values this takes minutes; it needs llvmlite")


def test_the_lectures_training():
    told = []
    scores = digits.lecture(tell=told.append)
    assert len(scores) == 30
    assert told[-1] == f"Epoch 30: {scores[-1]} / 360"
    assert scores[0] < scores[-1]
    assert scores[-1] >= 0.93 * 360


def test_cross_entropy_and_adam_reach_97_percent():
    assert digits.better() >= 0.97


def test_a_small_convolutional_network():
    assert digits.convolutions() >= 0.95


def test_nothing_held_out_is_learned_from():
    X, held_X, y, held_y = digits.data()
    assert (len(X), len(held_X), len(y), len(held_y)) == (1437, 360, 1437, 360)
    learned = {tuple(x) for x in X}
    assert sum(tuple(x) in learned for x in held_X) == 0
