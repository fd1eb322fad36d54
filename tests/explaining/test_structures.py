"""Explanations, drawings and pages of graphs that hold more than rows: loops, choices, calls, linear algebra.

What is told adds up, has no nan, and is the gradient; what a page computes at other inputs is what the function does.
"""

import math
import re

import pytest
import structures

import autograd_lite as ag
from autograd_lite import Value, draw, explain, explore, grad
from autograd_lite.explaining import explorer as explorers
from autograd_lite.program.program import Program

NAMES = list(structures.FUNCTIONS)
ELSEWHERE = (0.8, 1.4)
ONE_BRANCH = ("cond", "cond of operands", "cond in scan", "switch")


def recorded(name, at=structures.POINT):
    x, y = (Value(number, label=label) for number, label in zip(at, "xy", strict=True))
    return structures.FUNCTIONS[name](x, y)


def slopes(name, at=structures.POINT):
    f = structures.FUNCTIONS[name]
    return grad(lambda x, y: f(x, y), argnums=(0, 1))(*at)


def close(x):
    return pytest.approx(x, rel=1e-9, abs=1e-12)


def check(lesson, gradients):
    """The chain rule of every node adds up to its gradient, and those of the inputs are right."""
    for step in lesson.steps:
        if step.gradient is not None and step.ways:
            assert sum(way.flow for way in step.ways) == close(step.gradient), step.name
        if step.name in ("x", "y"):
            assert (step.gradient or 0.0) == close(gradients["xy".index(step.name)])


@pytest.mark.parametrize("unfold_calls", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_explained_adds_up_and_has_no_nan(name, unfold_calls):
    found = explain(recorded(name), limit=5000, unfold_calls=unfold_calls)
    check(found.lesson, slopes(name))
    for text in (found.text, found.markdown, re.sub("<[^>]*>", " ", found.html)):
        assert not re.search(r"\bnan\b|\bNone\b|∂/|= 0 \(", text)
    assert found.page().html


@pytest.mark.parametrize("name", NAMES)
def test_what_is_drawn_has_no_nan(name):
    y = recorded(name)
    y.backward()
    for options in ({}, {"collapse": False}, {"collapse": False, "unfold_calls": True}):
        drawn = draw(y, **options)
        allowed = drawn.source.count("value nan") if "dopri5" in name else 0  # `where` has it as a branch
        assert len(re.findall(r"\bnan\b", drawn.text())) <= allowed
        if not allowed:
            assert "nan" not in drawn.source


@pytest.mark.parametrize("name", structures.PROGRAMS)
def test_programs_on_values_are_explained(name):
    f = structures.FUNCTIONS[name]
    program = ag.compile(lambda x, y: f(x, y), backend="python").trace(*structures.POINT)
    assert draw(program).source
    x, y = (Value(number, label=label) for number, label in zip(structures.POINT, "xy", strict=True))
    check(explain(program(x, y), limit=5000).lesson, slopes(name))


def computed(make, at):
    """What the program of a page gives for other inputs: its lesson, and each number of it."""
    kept = []

    def programs(*args):
        kept.append((args[0], explorers_programs(*args)))
        return kept[-1][1]

    explorers_programs, explorers.lesson_programs = explorers.lesson_programs, programs
    try:
        explorer = make()
    finally:
        explorers.lesson_programs = explorers_programs
    [(lesson, (everything, result, places))] = kept
    inputs = [dict(zip("xy", at, strict=True)).get(name, value) for name, value in explorer.values.items()]
    assert isinstance(result, Program)
    numbers = everything(inputs)
    numbers = numbers if isinstance(numbers, list) else [numbers]
    return lesson, [numbers[k] for k in places]


@pytest.mark.parametrize("kind", ["function", "value", "value, unfolded"])
@pytest.mark.parametrize("name", [x for x in NAMES if x not in structures.RULES and x != "while_loop"])
def test_a_page_computes_at_other_inputs_what_explain_tells_there(name, kind):
    f = structures.FUNCTIONS[name]
    if kind == "function":
        make = lambda: explore(lambda x, y: f(x, y), x=structures.POINT[0], y=structures.POINT[1])  # noqa: E731
    else:
        make = lambda: explore(recorded(name), unfold_calls=kind != "value")  # noqa: E731
    if name in ONE_BRANCH and kind != "function":
        with pytest.raises(ValueError, match="only one was computed; pass the function"):
            make()
        return
    lesson, numbers = computed(make, ELSEWHERE)
    wanted = dict(zip("xy", slopes(name, ELSEWHERE), strict=True))
    labels = dict(zip(lesson.nodes, [step.name for step in lesson.steps], strict=True))
    found = {labels.get(o.node): x for o, x in zip(lesson.origins, numbers, strict=False) if o.what == "gradient"}
    assert {k: found.get(k, 0.0) for k in wanted} == {k: close(x) for k, x in wanted.items()}
    for step in lesson.steps:  # the chain rule adds up there too; a branch not taken passes nothing on
        place = lambda x: numbers[int(x.place)]  # noqa: E731
        if step.gradient is not None and step.ways:
            flows = [place(w.local) * up for w in step.ways if (up := 1.0 if w.is_term else place(w.upstream))]
            assert math.fsum(flows) == close(place(step.gradient)), step.name


def test_a_page_of_a_function_folds_the_steps_of_its_loops_as_explain_does():
    f = structures.FUNCTIONS["long scan"]
    titles = []
    y = recorded("long scan")
    for page in (explore(lambda x, y: f(x, y), x=0.7, y=1.3), explore(y), explain(y).page()):
        html = page.html
        assert all(f'"step {k}"' in html for k in (1, 2, 23, 24))
        titles.append('"loop 1: 24 steps"' in html)
    assert titles == [True] * 3


def test_calls_are_one_box_or_their_graph():
    y = recorded("a call of a call")
    folded, unfolded = explore(y), explore(y, unfold_calls=True)
    assert folded._page.lesson.steps[-1].symbol == "waves"
    assert len(unfolded._page.lesson.steps) > 3 * len(folded._page.lesson.steps)
    told = {step.name for step in explain(y, unfold_calls=True, limit=5000).lesson.steps}
    assert {step.name for step in unfolded._page.lesson.steps} == told


def test_a_checkpoint_unfolds_like_a_call():
    y = recorded("checkpoint of several results")
    assert "sin" not in draw(y, collapse=False).text()
    assert "sin" in draw(y, collapse=False, unfold_calls=True).text()


def test_a_page_takes_another_number_where_the_index_becomes_another():
    """Also where it is the place to which a gradient goes."""
    f = lambda x: grad(lambda a: ag.take([a, a**3], ag.floor(a)) * a)(x)  # noqa: E731
    for start in (0.5, 1.5):
        for at in (0.7, 1.2):
            lesson, numbers = computed(lambda start=start: explore(lambda x, y: f(x) * y, x=start, y=1.0), (at, 1.0))
            assert numbers[int(lesson.steps[-1].value.place)] == close(f(at))
