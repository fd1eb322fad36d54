"""The still picture of a playground: every point, told apart without colour, and no markup of users."""

import io
import xml.etree.ElementTree as ElementTree

import pytest

from autograd_lite.live.playground_input import checked_points
from autograd_lite.live.playground_still import SIZE, moons, still, still_png


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


def test_the_png_has_the_same_points():
    Image = pytest.importorskip("PIL.Image")
    given = checked_points([[0, 0], [1, 2], [3, 1]], ["a", "b", "a"])
    image = Image.open(io.BytesIO(still_png(given)))
    assert image.size == (SIZE, SIZE)
    colours = {colour: count for count, colour in image.convert("RGB").getcolors()}
    assert colours.keys() == {(255, 255, 255), (0, 86, 163), (163, 63, 0), (197, 204, 211)}
    assert colours[163, 63, 0] > colours[0, 86, 163] > 40  # two diamonds, one disc
