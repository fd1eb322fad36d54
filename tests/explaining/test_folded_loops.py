"""Explanations and pages fold the steps of loops, and unfold them on request."""

import pytest

import autograd_lite as ag
from autograd_lite import Value, explain, scan
from autograd_lite.drawing.selection import MOST_STEPS
from autograd_lite.explaining.formats import forward_steps
from autograd_lite.explaining.page_data import content, folding


def result(steps, loops=1):
    p, c = Value(0.5, label="p"), Value(1.0, label="start")
    for _ in range(loops):
        c, _ = scan(lambda c, _: (c - 0.1 * p * ag.sin(c), None), c, length=steps)
    return c


@pytest.mark.parametrize("steps", [2, MOST_STEPS, MOST_STEPS + 1, 300])
def test_of_a_long_loop_the_first_two_steps_and_the_last_are_told(steps):
    told = explain(result(steps))
    headings = [x for x in forward_steps(told.lesson) if isinstance(x, str)]
    if steps <= MOST_STEPS:
        assert not headings
    else:
        assert list(dict.fromkeys(headings)) == [
            "step 1", "step 2", f"steps 3 to {steps - 1}, each as step 2", f"step {steps}"
        ]  # fmt: skip
        for text in (told.text, told.markdown, told.html):
            assert text.count(f"steps 3 to {steps - 1}") == 2  # forwards and backwards
            assert "nodes nearest to" not in text


def test_all_steps_are_told_on_request():
    y = result(20)
    assert len(explain(y, collapse=False).lesson.backward()) == len(explain(y).lesson.backward())
    assert "steps 3" not in explain(y, collapse=False).text
    assert "v97 = " in explain(y, collapse=False).text


@pytest.mark.parametrize("loops", [1, 2])
@pytest.mark.parametrize("steps", [3, 24, 25, 700])
def test_a_page_has_a_box_for_each_step_in_the_loop_that_it_is_of(steps, loops):
    lesson = explain(result(steps, loops), collapse=False, limit=20_000).lesson
    groups = folding(lesson.steps)
    boxes = {path for path, title in groups.titles.items() if title.startswith("step ")}
    assert len(boxes) == steps * loops
    assert len([x for x in groups.titles.values() if x.startswith("loop ")]) == loops
    for path in groups.titles:  # what is around a box comes before it
        assert "." not in path or path.rpartition(".")[0] in groups.titles
    tops = content(lesson, 4)["folded"]
    assert not tops or all(path.startswith("loop ") for path in tops)


def test_two_loops_of_as_many_steps_share_no_box_in_drawings():
    one, two = ag.draw(result(4)).source, ag.draw(result(4, 2)).source
    assert two.count("step 1") == 2 * one.count("step 1")
