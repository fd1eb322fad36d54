"""A perceptron fails on XOR, two layers learn it."""

import pytest

from autograd_lite.examples.xor import AND, XOR, learn_by_perceptron, main, two_layers


def test_a_perceptron_learns_and_but_not_xor():
    assert learn_by_perceptron(AND) == AND
    assert learn_by_perceptron(XOR) != XOR
    assert learn_by_perceptron(XOR, epochs=1001) != XOR


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_two_layers_learn_xor(seed):
    assert [int(z > 0.0) for z in two_layers(XOR, seed)] == XOR


def test_it_tells(capsys):
    main()
    assert f"two layers do: {XOR}" in capsys.readouterr().out
