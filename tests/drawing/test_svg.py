"""Pictures that shrink to their column, and that follow the reader's theme."""

import re
import xml.etree.ElementTree as ET

import pytest

from autograd_lite import Value, animate, draw, explain
from autograd_lite.drawing.theme import DARK, LIGHT
from autograd_lite.nn import MLP


def loss():
    x = Value(0.5, label="x")
    f = (x * 3.0 - 1.0).tanh()
    f.backward()
    return f


def without(svg, name):
    """What a reader of one theme sees."""
    root = ET.fromstring(svg)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("class") == f"{name}-theme":
                parent.remove(child)
    return ET.tostring(root, encoding="unicode")


@pytest.mark.parametrize("options", [{}, {"color_by": "value"}, {"edges": "flow"}])
def test_a_picture_has_both_themes_and_one_layout(options):
    svg = draw(loss(), theme="auto", **options).render("svg").decode()
    assert "prefers-color-scheme: dark" in svg
    for shown, other, theme, foreign in (("light", "dark", LIGHT, DARK), ("dark", "light", DARK, LIGHT)):
        seen = without(svg, other)
        alone = draw(loss(), theme=shown, **options).render("svg").decode()
        assert sorted(re.findall(r' (?:x|y|d|points)="([^"]*)"', seen)) == sorted(
            re.findall(r' (?:x|y|d|points)="([^"]*)"', alone)
        )
        for colour in (theme.paper, theme.ink, theme.line, theme.value):
            assert colour in seen
        assert foreign.ink not in seen
    assert len(re.findall(r' id="', svg)) == len(set(re.findall(r' id="([^"]*)"', svg)))


def test_a_page_and_an_animation_follow_the_theme_too():
    page = draw(loss(), theme="auto").content("html").decode()
    assert f"background: {DARK.paper}" in page
    moving = animate(loss(), theme="auto").svg()
    ET.fromstring(moving)
    assert moving.count("prefers-color-scheme: dark") == len(animate(loss()))
    assert f"light-dark({LIGHT.ink}, {DARK.ink})" in explain(loss(), theme="auto").html
    assert "color-scheme:light dark" in explain(loss(), theme="auto").html
    assert draw(loss(), theme="auto").render("png") == draw(loss()).render("png")


def test_pictures_shrink_to_their_column():
    for drawing in (draw(loss()), draw(MLP(2, [3, 1], rng=0)), draw(loss(), theme="auto")):
        root = ET.fromstring(drawing.render("svg"))
        assert root.get("style") == "max-width:100%;height:auto"
        assert float(root.get("width").removesuffix("pt")) > 0.0
        assert drawing._repr_mimebundle_()[0]["image/svg+xml"] == drawing.render("svg").decode()
