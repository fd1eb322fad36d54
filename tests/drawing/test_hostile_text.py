"""Text from users that no format takes as it is: markup, control characters, surrogates, names of 100,000 letters.

Every output of the library is tried with it: it is well formed, holds no more markup than with a plain name, and is
encoded as UTF-8.
"""

import io
import json
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd_lite import Program, Value, animate, detect_anomaly, diagnose, draw, explain, explore, nn
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.drawing.rendering import CannotRender, render
from autograd_lite.explaining.anomaly_report import AnomalyError
from autograd_lite.support.wording import ASCII, for_output, in_ascii, legal, markup, readable, script_data
from autograd_lite.testing import gradcheck

try:
    render("digraph {}", "svg")
    HAS_GRAPHVIZ = True
except CannotRender:
    HAS_GRAPHVIZ = False

HOSTILE = [
    "<!--<script>", "</script><script>alert(1)</script>", "-->", "]]>", "&lt;", "&#0;", "<b>", '"', "'", '" onload="x',
    "two\nlines", "a\r\nb", "tab\t", "\x00", "\x01\x1b[31m", "\x7f\x85\x9f", "\u2028\u2029", "\ufffe\uffff", "\ud800",
    "\udc80x", "\\", "\\N", "a\\", "\\n\\G", "${}", "$x$", "%s {0} $data", "|", "`", "*_~#", "\u202eevil", "<x>",
    "x" * 100_000, "漢" * 50_000, "é𝔸👩‍👧", " ", "]", "[", "a.b", "\\end{document}", "^{", "graph", "constructor",
]  # fmt: skip
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), min_size=1, max_size=12))


def graph(label):
    x, w = Value(2.0, label=label), Value(-3.0, label=f"w{label}")
    z = (x * w + 1.0).tanh()
    z.label = f"{label}z"
    return z


class Named(nn.Module):
    """A module whose parameters have such names."""

    def __init__(self, name):
        self.parts = {name: nn.Neuron(2, rng=0), f"{name}2": nn.Neuron(2, rng=1)}

    def forward(self, x):
        return sum(neuron(x) for neuron in self.parts.values())

    def describe(self):
        return f"Named({next(iter(self.parts))})"


def of_module(name, **options):
    model = Named(name)
    return draw(model([1.0, 2.0]), names={name: model}, infer_names=False, **options)


def program_of(name):
    x = Value(2.0, label=name)
    return Program.from_values([x * x], [x])


def of_program(name):
    return draw(program_of(name))


class Elements(HTMLParser):
    """The elements of a page, and what is in its scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.inside = [], [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, tuple(sorted(key for key, _ in attributes))))
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "script"

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1] += data


def check_svg(text):
    text.encode()
    ET.fromstring(text)
    assert len(text) < 60_000


def check_html(text, plain):
    text.encode()
    assert Elements(text).tags == Elements(plain).tags
    assert len(text) < len(plain) + 60_000
    assert legal(text) == text


def check_lines(text, plain):
    text.encode()
    assert text.isprintable() or text.replace("\n", "").replace("\u00a0", "").replace("\u200d", "").isprintable()
    assert len(text.splitlines()) == len(plain.splitlines())
    assert len(text) < len(plain) + 10_000


@pytest.mark.thorough
@settings(max_examples=40)
@given(NAMES)
@example("<!--<script>")
@example("two\nlines")
@example("x" * 100_000)
def test_texts_have_the_lines_that_they_have_with_plain_names(name):
    for make in (
        lambda name: str(draw(graph(name))), lambda name: explain(graph(name)).text, lambda name: str(of_program(name)),
        lambda name: str(of_module(name, collapse="neurons")), lambda name: str(draw(Named(name), inputs=[1.0, 2.0])),
        lambda name: explain(graph(name)).markdown, lambda name: repr(explain(graph(name)).page()),
        lambda name: explain(Named(name)([1.0, 2.0]), names={name: Named(name)}).text,
        lambda name: repr(draw(graph(name))), lambda name: repr(animate(graph(name))),
        lambda name: str(program_of(name)), lambda name: str(diagnose(Named(name), [[1.0, 2.0]], [1.0])),
    ):  # fmt: skip
        check_lines(make(name), make("plain"))


@pytest.mark.thorough
@settings(max_examples=30)
@given(NAMES)
@example("<!--<script>")
@example("\\N")
def test_pages_have_the_elements_that_they_have_with_plain_names(name):
    for make in (
        lambda name: explain(graph(name)).page().html, lambda name: explain(graph(name)).content("html").decode(),
        lambda name: explain(graph(name)).html,
        lambda name: explain(Named(name)([1.0, 2.0]), names={name: Named(name)}).page().html,
        lambda name: explore(graph(name), infer_names=False).html,
    ):  # fmt: skip
        check_html(make(name), make("plain"))
    found = Elements(explain(graph(name)).page().html)
    data, code = found.scripts
    assert "<" not in data
    assert {node["name"] for node in json.loads(data)["nodes"]} >= {readable(f"w{name}")}
    assert code == Elements(explain(graph("plain")).page().html).scripts[1]


@settings(max_examples=60)
@given(NAMES)
def test_latex_has_balanced_braces_and_nothing_that_markdown_takes(name):
    text = explain(graph(name)).markdown
    for formula in re.findall(r"(?<!\\)\$(.*?)(?<!\\)\$", text):
        bare = re.sub(r"\\[{}]", "", formula)
        assert bare.count("{") == bare.count("}")
        assert not re.search(r"<|`|(?<!\\)[|&%#](?!\w*;)", bare)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {5}


@pytest.mark.thorough
@pytest.mark.skipif(not HAS_GRAPHVIZ, reason="no Graphviz")
@pytest.mark.parametrize("name", HOSTILE, ids=[ascii(name[:12]) for name in HOSTILE])
def test_pictures_are_well_formed(name):
    drawn = draw(graph(name), color_by="value", edges="flow", backward=True)
    svg = drawn.render("svg").decode()
    check_svg(svg)
    page = drawn.content("html").decode()
    assert Elements(page).scripts == []
    assert legal(page) == page
    check_svg(of_program(name).render("svg").decode())
    check_svg(of_module(name, collapse="neurons").render("svg").decode())
    check_svg(draw(Named(name), inputs=[1.0, 2.0]).render("svg").decode())
    drawn.source.encode()
    for backslashed in (r"\N", r"\n\G"):
        if name == backslashed:
            texts = "".join(ET.fromstring(svg).itertext())
            assert name in texts  # as it is, not the key of a node or the name of the graph
            assert not re.search(r"title=\"n\d", svg)


@pytest.mark.skipif(not HAS_GRAPHVIZ, reason="no Graphviz")
def test_an_animation_is_well_formed():
    for name in ("<!--<script>", "\x00\ufffe", "x" * 100_000, "\ud800\\N"):
        ET.fromstring(animate(graph(name)).svg())


def test_an_anomaly_is_told_on_its_lines():
    for name in ("two\nlines", "\x00", "\ud800", "x" * 100_000):
        x = Value(-1e308, label=name)
        with pytest.raises(AnomalyError) as caught, detect_anomaly():
            x * 10.0
        str(caught.value).encode()
        assert len(str(caught.value)) < 3000


def test_a_name_is_shown_once_only_in_a_box_and_whole_in_its_tip():
    long = "layer." * 15 + "w"
    assert long in draw(Value(2.0, label=long) * 1.0).source


# -- outputs that have only some signs


@pytest.mark.thorough
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "cp437", "utf-8", "koi8-r"])
def test_everything_prints_on_any_output(encoding, monkeypatch):
    x, y = Value(-2.0, label="größe"), Value(3.0, label="λ漢")
    z = ((x * y).tanh() + x**2.0 - y / x) * 1e-7
    z.backward()
    model = nn.MLP(2, [2, 1], activation="tanh", rng=0)
    shown = [
        draw(z), explain(z), explain(z).page(), draw(model), draw(model([1.0, 2.0]), collapse="alike"), animate(z),
        program_of("größe∂"), Named("é"),
        diagnose(model, [[1.0, 2.0]], [1.0]), gradcheck(lambda a: a * a, 2.0), model, nn.History([{"loss": 1.0}]),
    ]  # fmt: skip
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    for x in shown:
        print(x)
        print(repr(x))
    print(explain(z).text)
    for drawn in shown[:2]:
        print(drawn._repr_mimebundle_()[0]["text/plain"])
    sys.stdout.flush()
    text = raw.getvalue().decode(encoding)
    monkeypatch.undo()
    assert "\\x" not in text
    if encoding == "utf-8":
        assert "├─" in text
        assert "∂" in text
    if encoding == "ascii":
        assert "|- " in text
        assert "grosse" in text or "groe" in text
        assert r"\u6f22" in text  # which has no letters


def test_a_file_has_all_signs_whatever_the_output_has(monkeypatch):
    z = Value(-2.0, label="x") * 3.0
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert "−6" in draw(z).content("txt").decode()
    assert "−6" in explain(z).content("txt").decode()


def test_the_signs_of_all_rows_have_letters():
    words = "".join([f"{row.sign}{row.formula}{row.notation}{row.label}" for row in PRIMITIVES.values()])
    for c in {*words, *ASCII}:
        assert in_ascii(c).isascii()
        assert not in_ascii(c).startswith("\\"), c


@given(st.text())
def test_what_is_shown_is_legal_and_on_one_line(text):
    for made in (readable(text), legal(text), markup(text), script_data(text)):
        made.encode()
        assert legal(made) == made
    for_output(text).encode()
    assert len(readable(text).splitlines()) <= 1
    ET.fromstring(f"<a>{markup(text)}</a>")
    assert json.loads(script_data(text)) == text


def test_an_output_without_an_encoding_gets_the_text(monkeypatch):
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stdout", stream)
        assert for_output("−∂") == "−∂"
