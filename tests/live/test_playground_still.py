"""The still picture of a playground: every point, told apart without colour, and no markup of users."""

import xml.etree.ElementTree as ElementTree

from autograd_lite.live.playground_input import checked_points
from autograd_lite.live.playground_still import moons, still


def test_every_point_has_a_mark_of_its_class():
    picture = still(checked_points([[0, 0], [1, 2], [3, 1]], ["a", "b", "a"]))
    tree = ElementTree.fromstring(picture)
    names = [x.tag.rpartition("}")[2] for x in tree.iter()]
    assert (names.count("circle"), names.count("path")) == (1, 2)
    assert "3 points: discs are b, diamonds a" in picture


def test_names_are_escaped():
    picture = still(checked_points([[0, 0], [1, 2]], ["<b>", '"']))
    ElementTree.fromstring(picture)
    assert "<b>" not in picture


def test_it_starts_with_two_moons():
    assert still(None).count("<circle") == still(None).count("<path") == len(moons()) // 2
