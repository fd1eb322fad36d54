"""Moons and spirals: held out points, beside what a single neuron gets."""

import pytest

from autograd_lite.examples import FAST
from autograd_lite.examples.points import learn, moons, spirals
from autograd_lite.support.build import is_native

LONG = 300 if FAST or is_native() else 100  # 300 epochs of plain Python take half a minute


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("shape", "sizes", "epochs", "least", "most_of_a_line"),
    [(moons, [16], 60, 0.93, 0.9), (spirals, [16, 16], LONG, 0.93, 0.75)],
)
def test_layers_find_what_a_line_cannot(shape, sizes, epochs, least, most_of_a_line):
    assert learn(shape(), sizes, epochs)[1] >= least
    assert learn(shape(), [], 60)[1] <= most_of_a_line


@pytest.mark.parametrize("shape", [moons, spirals])
def test_the_points_are_half_and_half_and_reproduce(shape):
    X, y = shape(100, seed=1)
    assert (len(X), sum(y)) == (100, 50)
    assert shape(100, seed=1) == (X, y) != shape(100, seed=2)
