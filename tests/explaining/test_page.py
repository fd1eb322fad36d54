"""The interactive page: what it holds, and how it behaves in a browser with the network off."""

import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from browser import CHROMEDRIVER, CHROMIUM, browser

from autograd_lite import Value, exp, explain
from autograd_lite.drawing.number_format import numeral
from autograd_lite.drawing.rendering import CannotRender, render
from autograd_lite.explaining.page_data import content, modules_around
from autograd_lite.nn import MLP
from autograd_lite.trees.paths import is_within

try:
    render("digraph {}", "svg")
    HAS_GRAPHVIZ = True
except CannotRender:
    HAS_GRAPHVIZ = False


def neuron():
    w0, w1, w2, x0, x1 = (Value(v) for v in (2.0, -3.0, -3.0, -1.0, -2.0))
    f = 1.0 / (1.0 + exp(-(w0 * x0 + w1 * x1 + w2)))
    return explain(f)


def network():
    model = MLP(2, [3, 3, 1], activation="tanh", rng=0)
    out = model([Value(0.5, label="a"), Value(-1.0, label="b")])
    loss = (out - 1.0) ** 2
    return explain(loss, limit=200)


def data(page):
    found = re.search(r'<script type="application/json" id="lesson">(.*?)</script>', page, re.S)
    return json.loads(found.group(1))


class Reader(HTMLParser):
    """Everything that a page could ask a network for."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def handle_starttag(self, tag, attrs):
        self.asked += [(tag, k, v) for k, v in attrs if k in ("src", "href", "action", "data") and v]


def test_the_page_is_one_file_and_asks_for_nothing():
    page = network().page().html
    reader = Reader()
    reader.feed(page)
    assert reader.asked == []
    assert not re.search(r"url\((?!#)|@import|fetch\(|XMLHttpRequest|WebSocket|import\(", page)
    assert "default-src 'none'" in page


def test_the_data_are_those_of_the_explanation():
    told = neuron()
    found = data(told.page().html)
    nodes, numbers = found["nodes"], found["numbers"]
    assert [n["name"] for n in nodes] == [s.name for s in told.lesson.steps]
    assert [n["key"] for n in nodes] == list(range(len(nodes)))
    by_name = {n["name"]: n for n in nodes}
    assert numbers[by_name["f"]["value"]] == told["f"].value == pytest.approx(0.7311, abs=5e-5)
    assert numbers[by_name["x1"]["gradient"]] == told["x1"].gradient == pytest.approx(-0.5898, abs=5e-5)
    assert by_name["x1"]["numbers"][-1] == f"\ue000n{by_name['x1']['gradient']}\ue001"
    assert all(operand < n["key"] for n in nodes for operand in n["operands"])


def test_text_cannot_break_out_of_the_page():
    x = Value(1.0, label="</script><b>")
    page = explain(x * 2.0, infer_names=False).page().html
    assert "</script><b>" not in page
    assert data(page)["nodes"][0]["name"] == "</script><b>"


def test_the_one_of_a_bias_is_left_out_and_large_lessons_start_folded():
    found = data(network().page().html)
    assert [found["numbers"][n["value"]] for n in found["nodes"] if n["kind"] == "constant"] == [1.0, 2.0]
    assert found["folded"] == ["layers.0", "layers.1", "layers.2"]
    assert data(neuron().page().html)["folded"] == []


def test_modules_around_a_path():
    assert modules_around("layers.0.neurons.3") == ["layers.0", "layers.0.neurons.3"]
    assert modules_around("") == []


def test_saving_and_showing(tmp_path):
    page = neuron().page("dark")
    assert page.save(tmp_path / "a.html").read_text(encoding="utf-8") == page.html
    assert 'data-theme="dark"' in page.html
    with pytest.raises(ValueError, match=r"end it in \.html"):
        page.save(tmp_path / "a.svg")
    with pytest.raises(ValueError, match="there is no theme"):
        neuron().page("sepia")
    bundle, _ = page._repr_mimebundle_()
    assert "srcdoc=" in bundle["text/html"]
    assert 'sandbox="allow-scripts"' in bundle["text/html"]
    assert bundle["text/plain"] == neuron().text
    assert "step by step" in page.html
    assert "interactive Page on f" in repr(page)


# -- in a browser

needs_browser = pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def opened(window, tmp_path):
    def show(told):
        window.open(told.page("light").save(tmp_path / "page.html"))
        return window

    yield show
    assert window.problems() == []
    assert window.run("return performance.getEntriesByType('resource').length") == 0
    window.emulate()


ACTIVE = "return [...document.querySelectorAll('.box.active')].map((b) => b.querySelector('.title').textContent)"
SHOWN = "return [...document.querySelectorAll('.box .title')].map((t) => t.textContent)"


def key(told, name):
    """The box of a node, for a selector."""
    return f'[data-key="n{told[name].key}"]'


def values(window, kind):
    return window.run(f"return [...document.querySelectorAll('.box .{kind}')].map((t) => t.textContent)")


@pytest.mark.browser
@needs_browser
class TestInABrowser:
    def test_the_network_is_off(self, opened):
        window = opened(neuron())
        assert window.run("return navigator.onLine") is False

    def test_stepping_by_keys_and_buttons(self, opened):
        window = opened(neuron())
        assert window.text("#position") == "Step 0 of 22"
        assert values(window, "value").count("?") == 8
        window.press("ArrowRight")
        assert window.run(ACTIVE) == ["v1"]
        assert "w0·x0" in window.text("#rule")
        assert values(window, "value").count("?") == 7
        window.click("#next")
        assert window.run(ACTIVE) == ["v2"]
        window.press("ArrowLeft")
        assert window.run(ACTIVE) == ["v1"]
        window.press("End")
        assert "Done: the gradient of f is known" in window.text("#what")
        assert values(window, "value").count("?") == 0
        assert "grad ?" not in values(window, "gradient")
        window.press("Home")
        assert window.text("#position") == "Step 0 of 22"
        window.click("#last")
        assert window.text("#position") == "Step 22 of 22"

    def test_the_backward_pass_fills_in_gradients(self, opened):
        window = opened(neuron())
        window.press("b")
        assert window.run(ACTIVE) == ["f"]
        window.press("ArrowRight")
        assert window.run(ACTIVE) == ["v7"]
        assert window.text("#rule").split(" = ") == ["∂f/∂v7", "1 · (−1/v7²)", "1 · (−0.5344)", "−0.5344"]
        known = [text for text in values(window, "gradient") if text != "grad ?"]
        assert known == ["grad −0.5344", "grad 1"]
        near = window.run("return document.querySelector('.box.near .title').textContent")
        assert near == "f"

    def test_pointing_shows_all_ways_to_the_result(self, opened):
        told = neuron()
        window = opened(told)
        window.hover(key(told, "w0"))
        way = window.run("return [...document.querySelectorAll('.box.way .title')].map((t) => t.textContent)")
        assert way == ["w0", "v1", "v3", "v4", "v5", "v6", "v7", "f"]
        window.hover("#position")
        assert window.run("return document.querySelectorAll('.box.way').length") == 0

    def test_layers_fold_and_unfold(self, opened):
        window = opened(network())
        assert sorted(window.run(SHOWN)) == ["a", "b", "layers.0", "layers.1", "layers.2", "loss", "v13"]
        window.click('button[value="layers.1"]')
        shown = window.run(SHOWN)
        assert "layers.1" not in shown
        assert "layers.1.neurons.2.b" in shown
        assert window.run("return document.querySelector('button[value=\"layers.1.neurons.0\"]').hidden") is False
        window.click('button[value="layers.1.neurons.0"]')
        assert "layers.1.neurons.0" in window.run(SHOWN)
        window.click('button[value="layers.1"]')
        assert "layers.1" in window.run(SHOWN)
        window.click('[data-key="mlayers.0"]')
        assert "layers.0.neurons.0.w[0]" in window.run(SHOWN)

    def test_a_folded_module_shows_what_leaves_it(self, opened):
        told = network()
        window = opened(told)
        lines = "return [...document.querySelectorAll('[data-key=\"mlayers.%d\"] text')].map((t) => t.textContent)"
        assert window.run(lines % 0)[1:] == ["6 operations, 3 outputs", "select to unfold"]
        assert window.run(lines % 2)[1:3] == ["?", "grad ?"]
        window.press("ArrowRight")
        assert window.text("#position") == "Step 1 of 58: forward, inside layers.0"
        window.press("End")
        (out,) = [s for s in told.lesson.steps if s.module == "layers.2.neurons.0" and s.operands]
        assert window.run(lines % 2)[1:3] == [numeral(out.value), f"grad {numeral(out.gradient)}"]

    def test_a_graph_that_does_not_fit_beside_the_words_gets_the_whole_width(self, opened):
        x, y = Value(2.0, label="x"), Value(3.0, label="y")
        window = opened(explain((x + y) * y))
        is_wide = "return document.querySelector('main').classList.contains('wide')"
        stage, told = ("return document.getElementById(arguments[0]).getBoundingClientRect()." + side for side in "xy")
        assert window.run(is_wide) is False
        assert window.run(stage, "stage") < window.run(stage, "told")
        window.post("/window/rect", {"width": 700, "height": 800})
        try:
            assert window.run("window.dispatchEvent(new Event('resize')); " + is_wide) is True
            assert window.run(told, "told") < window.run(told, "stage")
        finally:
            window.post("/window/rect", {"width": 1300, "height": 800})

    def test_boxes_do_not_overlap_and_arrows_point_right(self, opened):
        window = opened(network())
        window.click('button[value="layers.0"]')
        window.click('button[value="layers.1"]')
        boxes = window.run(
            "return [...document.querySelectorAll('.box rect')].map((r) => "
            "['x', 'y', 'width', 'height'].map((k) => Number(r.getAttribute(k))))"
        )
        assert len(boxes) > 20
        for i, (x, y, w, h) in enumerate(boxes):
            for a, b, c, d in boxes[:i]:
                assert x >= a + c or a >= x + w or y >= b + d or b >= y + h
        assert window.run("return links.every((l) => boxes.get(l.tail).x < boxes.get(l.head).x)")

    def test_nodes_are_reached_and_used_by_keyboard(self, opened):
        told = neuron()
        window = opened(told)
        window.run("document.querySelector('.box[tabindex=\"0\"]').focus()")
        assert window.run("return document.activeElement.getAttribute('aria-label')").startswith("f, result ÷, value")
        window.press("ArrowUp")
        window.press("ArrowUp")
        label = window.run("return document.activeElement.getAttribute('aria-label')")
        assert not label.startswith("f,")
        assert window.run("return document.querySelectorAll('.box.way').length") >= 2
        window.run("document.querySelector(arguments[0]).focus()", key(told, "v1"))
        window.press("Enter")
        assert window.run(ACTIVE) == ["v1"]
        unnamed = window.run(
            "return [...document.querySelectorAll('button, input, [role=button], svg')]"
            ".filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim())).length"
        )
        assert unnamed == 0

    def test_motion_is_reduced_where_the_reader_asks_for_it(self, opened):
        window = opened(neuron())
        duration = "return getComputedStyle(document.querySelector('.box')).transitionDuration"
        window.emulate(prefers_reduced_motion="no-preference")
        assert window.run(duration) == "0.15s"
        window.emulate(prefers_reduced_motion="reduce")
        assert window.run(duration) == "0s"
        assert window.run("return scrolling().behavior") == "auto"

    def test_the_page_follows_the_readers_theme(self, window, tmp_path):
        window.open(neuron().page().save(tmp_path / "page.html"))
        background = "return getComputedStyle(document.body).backgroundColor"
        window.emulate(prefers_color_scheme="light")
        assert window.run(background) == "rgb(255, 255, 255)"
        window.emulate(prefers_color_scheme="dark")
        assert window.run(background) == "rgb(20, 24, 29)"
        window.emulate()

    def test_playing_steps_by_itself_and_stops(self, opened):
        window = opened(neuron())
        window.run("window.setInterval = (f) => { window.tick = f; return 7; };")
        window.press("p")
        assert window.text("#play") == "Pause"
        for _ in range(3):
            window.run("window.tick()")
        assert window.text("#position") == "Step 3 of 22: forward"
        window.click("#play")
        assert window.text("#play") == "Play"


@pytest.mark.parametrize("widths", [[16, 16, 1], [8, 1], [30, 2], [3, 3, 3, 3, 3, 1]])
def test_a_large_network_is_folded_and_never_cut(widths):
    # The page had the 60 nodes nearest to the result: no input, and no first layer.
    model = MLP(2, widths, rng=0)
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    result = sum(model([a, b])) if widths[-1] > 1 else model([a, b])
    told = explain(result, names={"model": model}, infer_names=False)
    page = told.page()
    found = content(page.lesson, 4)
    assert {"a", "b"} <= {node["name"] for node in found["nodes"]}
    assert {f"layers.{i}" for i in range(len(widths))} <= {*found["modules"]}
    parameters = [node for node in found["nodes"] if node["kind"] == "parameter"]
    assert len(parameters) == len(model.parameters())
    assert not page.lesson.notes
    if len(told.lesson.steps) < len(page.lesson.steps):
        assert {*found["folded"]} == {f"layers.{i}" for i in range(len(widths))}
        assert f"{len(page.lesson.steps):,} nodes: layers.0" in page.html
        assert told.lesson.notes  # the lines of the text are those nearest to the result, as it notes
        assert len(explain(result, limit=20).page().lesson.steps) <= 20


@pytest.mark.thorough
@pytest.mark.parametrize("length", [60, 100, 1000, 7000])
def test_a_large_graph_without_modules_is_folded_into_parts_and_never_cut(length):
    x = start = Value(1.0, label="start")
    for _ in range(length):
        x = x * 1.01
    page = explain(x, infer_names=False).page()
    found = content(page.lesson, 4)
    assert len(found["nodes"]) == 2 * length + 1
    assert not page.lesson.notes
    assert start.label in [node["name"] for node in found["nodes"] if node["module"] is None]
    held = Counter(
        path for node in found["nodes"] for path in found["modules"] if is_within(node["module"] or "", path)
    )
    for path in found["modules"]:
        inner = [p for p in found["modules"] if p != path and is_within(p, path)]
        children = [p for p in inner if not any(p != q and is_within(p, q) for q in inner)]
        # What is seen when it unfolds: its parts, or its nodes.
        assert len(children) <= 24
        assert children or held[path] <= 40
    assert len(found["folded"]) == (0 if 2 * length < 100 else min(24, -(-2 * length // 24)))


class Sanitizer(HTMLParser):
    """What a reader who does not trust a notebook keeps: no frames, no scripts."""

    def __init__(self, text):
        super().__init__()
        self.kept, self.hidden = [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("iframe", "script")
        self.kept += [f"<{tag}"] if not self.hidden else []
        self.kept += [value[:22] for key, value in attrs if key == "src" and not self.hidden]

    def handle_endtag(self, tag):
        self.hidden -= tag in ("iframe", "script")

    def handle_data(self, data):
        self.kept += [data] if not self.hidden else []


def test_a_notebook_that_is_not_trusted_keeps_a_still_picture_and_tells_what_to_do():
    for shown in (neuron().page(), network().page("dark")):
        bundle, _ = shown._repr_mimebundle_()
        kept = "".join(Sanitizer(bundle["text/html"]).kept)
        assert "Trust the notebook, or run the cell again" in kept
        assert "Backward: how" in kept
        if HAS_GRAPHVIZ:
            assert "<imgdata:image/png;base64," in kept
