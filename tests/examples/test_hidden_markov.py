"""The loaded die, found from throws alone; the likelihood against a sum over all turns of the dice."""

import math
from itertools import product

import pytest

from autograd_lite import compile, value_and_grad
from autograd_lite.examples.hidden_markov import (
    FAIR,
    LOADED,
    fitted,
    main,
    picture,
    probabilities,
    surprise,
    throws,
)  # fmt: skip

SCORES = [1.5, 0.0, 0.3, 1.0, *[0.1 * i for i in range(6)], *[0.3 * i for i in range(6)]]


def test_the_likelihood_is_the_sum_over_all_that_may_have_been():
    faces, (stays, emits) = [0.0, 5.0, 5.0, 2.0], probabilities(SCORES)
    total = 0.0
    for dice in product(range(2), repeat=5):  # and the die after the last throw
        chance = (1.0, math.exp(-20.0))[dice[0]]
        for i, face in enumerate(faces):
            chance *= emits[dice[i]][int(face)] * (stays[dice[i]] if dice[i + 1] == dice[i] else 1 - stays[dice[i]])
        total += chance
    assert surprise(SCORES, faces) == pytest.approx(-math.log(total) / 4, rel=1e-12)


def test_other_throws_need_no_other_program():
    step = compile(value_and_grad(surprise), backend="python")
    for seed in range(3):
        faces, _ = throws(50, seed)
        assert step(SCORES, faces) == value_and_grad(surprise)(SCORES, faces)
    first, longer = (len(step.trace(SCORES, throws(n)[0]).instructions) for n in (50, 500))
    assert first == longer


def test_the_loaded_die_is_found():
    faces, _ = throws(3000)
    stays, emits = probabilities(fitted(faces))
    assert stays == pytest.approx([0.95, 0.9], abs=0.06)
    assert emits[0] == pytest.approx(FAIR, abs=0.04)
    assert emits[1] == pytest.approx(LOADED, abs=0.06)


def test_the_picture_marks_the_loaded_die():
    assert picture([0.0, 5.0, 2.0], [0, 1, 1]).splitlines() == ["163", " ^^"]


def test_it_tells(capsys):
    main()
    assert "loaded stays" in capsys.readouterr().out
