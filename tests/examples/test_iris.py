"""Iris: at most two of the thirty flowers held out are taken for another."""

import pytest

pytest.importorskip("sklearn")

from autograd_lite.examples.iris import main, predict_held_out
from autograd_lite.nn import accuracy


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [0, 1])
def test_flowers_held_out_are_told_apart(seed):
    assert accuracy(*predict_held_out(seed)) >= 28 / 30


def test_it_tells(capsys):
    main()
    assert len(capsys.readouterr().out.splitlines()) == 4
