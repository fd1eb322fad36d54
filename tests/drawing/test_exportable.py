"""What is drawn and explained, shown and saved, with each Graphviz and with none."""

import base64
import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from project import PACKAGE, ran

from autograd_lite import Animation, Drawing, Explanation, Movie, Value, draw
from autograd_lite.drawing import rendering
from autograd_lite.drawing.exportable import Exportable
from autograd_lite.drawing.rendering import CannotRender, render
from autograd_lite.explaining.anomaly_report import Anomaly
from autograd_lite.explaining.page import Page

MAGIC = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "html": b"<!doctype html>", "dot": b"digraph"}


@pytest.fixture
def drawing():
    x = Value(2.0, label="x")
    y = x * x
    y.backward()
    return draw(y)


@pytest.mark.parametrize("kind", MAGIC)
def test_saves_what_the_suffix_tells(drawing, tmp_path, kind):
    path = drawing.save(tmp_path / f"graph.{kind}")
    assert path.read_bytes().startswith(MAGIC[kind])
    assert [p.name for p in tmp_path.iterdir()] == [f"graph.{kind}"]


def test_saves_text(drawing, tmp_path):
    assert drawing.save(str(tmp_path / "graph.txt")).read_text(encoding="utf-8") == f"{drawing}\n"


def test_svg_holds_the_numbers_as_text(drawing):
    svg = drawing.render("svg").decode()
    assert ">4</text>" in svg
    assert "grad" in svg


def test_html_is_one_file_that_needs_no_other(drawing, tmp_path):
    page = drawing.save(tmp_path / "graph.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "src=" not in page
    assert "url(" not in page


@pytest.mark.parametrize("name", ["graph", "graph.bmp", "graph.svgz"])
def test_an_unknown_suffix_is_refused(drawing, tmp_path, name):
    with pytest.raises(ValueError, match=r"end it in \.svg, \.png"):
        drawing.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(drawing, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*missing"):
        drawing.save(tmp_path / "missing" / "graph.svg")


def test_an_unknown_format_is_refused(drawing):
    with pytest.raises(ValueError, match="renders as svg, png, pdf, not as 'bmp'"):
        drawing.render("bmp")


def test_an_interrupted_save_leaves_the_old_file(drawing, tmp_path, monkeypatch):
    path = tmp_path / "graph.dot"
    path.write_text("old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drawing.save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["graph.dot"]


def test_a_notebook_gets_svg_png_and_text(drawing):
    bundle, metadata = drawing._repr_mimebundle_()
    json.dumps(bundle)
    assert set(bundle) == {"image/svg+xml", "image/png", "text/plain"}
    assert base64.b64decode(bundle["image/png"]).startswith(MAGIC["png"])
    assert metadata["image/png"]["width"] > 0
    assert bundle["text/plain"] == str(drawing)


def test_without_any_graphviz_a_notebook_gets_advice_and_text(drawing, monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    bundle, _ = drawing._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "no Graphviz was found" in bundle["text/plain"]
    assert "pip install" in bundle["text/plain"]
    assert str(drawing) in bundle["text/plain"]
    with pytest.raises(CannotRender, match="pip install"):
        drawing.save(tmp_path / "graph.svg")
    assert drawing.save(tmp_path / "graph.dot").exists()


def test_dot_on_the_path_is_used(monkeypatch, tmp_path):
    fake = tmp_path / "dot"
    fake.write_text('#!/bin/sh\nread first\necho "$1 $2 $3 $first"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert render("digraph {}\n", "png") == b"-Kdot -Tpng -Gdpi=192 digraph {}\n"
    fake.write_text("#!/bin/sh\necho out of paper >&2\nexit 3\n")
    with pytest.raises(CannotRender, match="dot failed: out of paper"):
        render("digraph {}\n", "png")


def test_without_dot_pygraphviz_is_used(monkeypatch):
    monkeypatch.setattr(rendering.shutil, "which", lambda name: None)
    assert b"<svg" in render("digraph { a -> b }", "svg")


def test_the_digraph_can_be_changed(drawing):
    drawing.digraph.attr(label="mine")
    assert "label=mine" in drawing.source


def test_repr_is_one_line(drawing):
    assert isinstance(drawing, Drawing)
    assert "\n" not in repr(drawing)


def test_what_libraries_say_of_fonts_is_not_heard(drawing, capfd):
    drawing.render("png")
    assert capfd.readouterr() == ("", "")


def test_threads_may_draw_at_once(drawing):
    source = drawing.source
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(lambda _: render(source, "svg"), range(12)))
    assert len(set(pictures)) == 1


class Text(Exportable):
    noun = "note"

    def files(self):
        return {"txt": lambda: "kept", "html": lambda: b"<p>kept</p>"}

    def representations(self):
        def fails():
            raise CannotRender("no paper")

        return {"image/svg+xml": fails, "text/plain": lambda: "kept"}


def test_whatever_is_exportable_saves_and_shows_itself_alike(tmp_path):
    assert Text().save(tmp_path / "a.TXT").read_bytes() == b"kept"
    assert Text().save(tmp_path / "a.htm").read_bytes() == Text().content("html") == b"<p>kept</p>"
    with pytest.raises(ValueError, match=r"the suffix of 'a\.svg' is no format of the note; end it in \.txt or \.html"):
        Text().save(tmp_path / "a.svg")
    bundle, metadata = Text()._repr_mimebundle_()
    assert (set(bundle), metadata) == ({"text/plain"}, {})
    assert bundle["text/plain"].startswith("(no paper)\n(to see graphs as pictures, install Graphviz")
    assert bundle["text/plain"].endswith("kept")


CLASSES = [Animation, Anomaly, Drawing, Explanation, Movie, Page]


@pytest.mark.parametrize("kind", CLASSES)
def test_saving_and_showing_have_one_home(kind):
    assert issubclass(kind, Exportable)
    assert kind._repr_mimebundle_ is Exportable._repr_mimebundle_
    assert kind is Movie or kind.save is Exportable.save  # a movie has a resolution


def test_no_other_module_writes_pictures():
    sources = {
        p.name: p.read_text(encoding="utf-8") for f in ("drawing", "explaining") for p in (PACKAGE / f).glob("*.py")
    }
    assert [name for name, text in sources.items() if "_repr_mimebundle_(" in text] == ["exportable.py"]
    assert [name for name, text in sources.items() if "write_atomically" in text] == ["exportable.py"]


@pytest.mark.thorough
def test_graphviz_is_imported_by_drawings_alone():
    code = """
import sys
import autograd_lite as ag
from autograd_lite import nn, testing

x = ag.Value(2.0, label="x")
f = ag.exp(x) * x
f.backward()
assert ag.explain(f).text
assert ag.explain(f).html
nn.fit(nn.MLP(1, [2, 1], rng=0), [[0.0], [1.0]], [0.0, 1.0], epochs=1, progress=False)
testing.gradcheck(lambda x: x * x, 2.0)
ag.diagnose(nn.MLP(1, [2, 1], rng=0), [[0.0], [1.0]], [0.0, 1.0])
with ag.detect_anomaly():
    x * x
str(ag.draw(f))
assert not [name for name in sys.modules if name.partition(".")[0] in ("graphviz", "pygraphviz")]
ag.draw(f).source
assert "graphviz" in sys.modules
"""
    assert ran("-c", code).returncode == 0
