"""The explorer: what it takes and refuses, and a page whose numbers are those of Python at every move."""

import random

import pytest
from browser import CHROMEDRIVER, CHROMIUM, browser

import autograd_lite as ag
from autograd_lite import dot, exp, explore, less, log, scan, sin, where
from autograd_lite.explaining.formats import Notation, chain_rule, forward_parts

needs_browser = pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver")


def lecture(x, y, z):
    q = x + y
    return q * z


def neuron(w0, x0, w1, x1, b):
    return 1.0 / (1.0 + exp(-(w0 * x0 + w1 * x1 + b)))


def sums(a, b, c):
    z = dot([a, b, 2.0], [c, -1.5, b])
    return ag.max([z, a, b]) - ag.mean([a, b, c, z]) + ag.prod([a, b, c]) - ag.norm([a, b])


def choices(x, y):
    return where(less(x, y), sin(x) * y, log(x)) + ag.relu(x - y) + abs(x) - ag.clip(y, -1.0, 1.0)


def powers(x, y):
    return (x**2 - 3.0) ** 3 / (y**2 + 1.0) - x**-1 + 2.0**y - (-x) * (-y)


def repeated(x, a):
    return scan(lambda carry, _: (a * carry * (1.0 - carry), None), x, length=5)[0]


def kinks(x, y):
    return (
        ag.maximum(x, y)
        + ag.minimum(y, 2.0 * x)
        + abs(x) ** y
        + ag.euclidean_norm([x, y])
        + ag.sinc(x)
        + ag.xlogy(x, y)
    )


FUNCTIONS = {
    kinks: {"x": 0.0, "y": 0.0},
    lecture: {"x": -2.0, "y": 5.0, "z": -4.0},
    neuron: {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "b": -3.0},
    sums: {"a": 1.0, "b": -2.0, "c": 0.5},
    choices: {"x": 1.5, "y": 0.5},
    powers: {"x": 2.0, "y": -1.0},
    repeated: {"x": 0.25, "a": 3.25},
}


def words(explorer):
    """What the page is to say of each node, from the lesson on its present numbers."""
    lesson, to = explorer.page.lesson, Notation(4)
    found = []
    for step in lesson.steps:
        letters, numbers = chain_rule(lesson, step, to) if step.gradient is not None else ([], [])
        found.append([forward_parts(step, to), [*letters, *numbers]])
    return found


WORDS = "return lesson.nodes.map((node) => [filled(node.forward), chainRule(node)])"


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def opened(window, tmp_path):
    def show(explorer):
        window.open(explorer.save(tmp_path / "page.html"))
        return window

    yield show
    assert window.problems() == []
    assert window.run("return performance.getEntriesByType('resource').length") == 0
    window.emulate()


@pytest.mark.browser
@needs_browser
class TestInABrowser:
    @pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
    def test_the_words_follow_every_move(self, opened, f):
        window = opened(explore(f, **FUNCTIONS[f]))
        assert window.run(WORDS) == words(explore(f, **FUNCTIONS[f]))
        draw = random.Random(0)
        for _ in range(8):
            values = {
                name: draw.choice([-3.0, -1.0, 0.0, 0.5, 1.0, 2.0, draw.uniform(-4.0, 4.0)]) for name in FUNCTIONS[f]
            }
            changes = [[i, x] for i, x in enumerate(values.values())]
            window.run("setInputs(arguments[0], false)", changes)
            try:
                expected = words(explore(f, **values))
            except ArithmeticError:
                continue
            assert window.run(WORDS) == expected, values
