"""Iris: at most two of the thirty flowers held out are taken for another."""

import pytest

pytest.importorskip("sklearn")

from autograd_lite.examples.iris import learn, main
from autograd_lite.nn import accuracy


@pytest.mark.parametrize("seed", [0, 1])
def test_flowers_held_out_are_told_apart(seed):
    assert accuracy(*learn(seed)) >= 28 / 30


def test_it_tells(capsys):
    main()
    assert len(capsys.readouterr().out.splitlines()) == 4
