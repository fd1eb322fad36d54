"""Animations of the two passes, as GIF and SVG."""

import io
import re
import shutil
import sys
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from autograd_lite import Animation, Value, animate


@pytest.fixture
def animation():
    x = Value(3.0, label="x")
    return animate(x * x, seconds=0.5)


def test_a_gif_has_a_frame_for_each_moment_and_lingers_on_the_last(animation):
    image = Image.open(io.BytesIO(animation.gif()))
    assert image.n_frames == len(animation) == 5
    durations = []
    for i in range(image.n_frames):
        image.seek(i)
        durations.append(image.info["duration"])
    assert durations == [500, 500, 500, 500, 3500]
    assert image.info["loop"] == 0


def test_all_frames_have_one_layout(animation):
    sizes = {re.search(r'viewBox="([^"]*)"', animation.frame(i).render("svg").decode()).group(1) for i in range(5)}
    assert len(sizes) == 1


def test_an_svg_holds_all_frames_and_rests_where_motion_is_unwanted(animation):
    svg = animation.svg()
    ET.fromstring(svg)
    assert svg.count('class="frame"') == 4
    assert svg.count('class="frame last"') == 1
    assert "prefers-reduced-motion" in svg
    assert "id=" not in svg
    times = re.findall(r"@keyframes f\d\{([^@]*)\}", svg)
    assert len(times) == 5


def test_saving(animation, tmp_path):
    assert animation.save(tmp_path / "a.gif").read_bytes().startswith(b"GIF89a")
    assert animation.save(tmp_path / "a.svg").read_text(encoding="utf-8") == animation.svg()
    with pytest.raises(ValueError, match=r"end it in \.gif or \.svg"):
        animation.save(tmp_path / "a.png")


def test_a_notebook_shows_it_as_an_image(animation):
    assert "data:image/svg+xml;base64," in animation._repr_mimebundle_()[0]["text/html"]
    assert isinstance(animation, Animation)


def test_without_graphviz_a_notebook_gets_the_text(animation, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert "no Graphviz was found" in animation._repr_mimebundle_()[0]["text/plain"]


def test_without_pillow_a_gif_tells_what_to_install(animation, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="pip install"):
        animation.gif()
