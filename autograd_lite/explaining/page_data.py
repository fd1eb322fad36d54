"""What a page knows of a lesson: its numbers, the text around them, and the groups that fold into one box."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd_lite.control.loop_steps import StepPlace
from autograd_lite.drawing.picture import CONSTANT, INPUT
from autograd_lite.explaining.formats import chain_rule, forward_parts
from autograd_lite.explaining.formulas import Slot
from autograd_lite.explaining.lesson import Lesson, LessonStep
from autograd_lite.explaining.templates import Template
from autograd_lite.trees.paths import is_within, parts

CROWDED = 40
"""Nodes from which on groups start folded."""
MOST_APART = 100
"""Nodes of one group, or of none, from which on they are folded into parts."""
PARTS = 24
"""How many parts a group has at most, and how many nodes a part has at least."""


AS_IS = Template()


class Input(NamedTuple):
    """A number that the reader of a page sets: from `low` to `high` by a slider, to any other in a field."""

    name: str
    value: float
    low: float
    high: float
    is_parameter: bool = False
    key: int | None = None
    """The step of its node; None where the result does not depend on it."""
    module: str = ""


def content(lesson: Lesson, precision: int, inputs: Sequence[Input] = (), places: Sequence[int] = ()) -> dict[str, Any]:
    groups = folding(lesson.steps)
    tops = [path for path in groups.titles if not any(path != o and is_within(path, o) for o in groups.titles)]
    to = Template(precision, places=places)
    return {
        "result": lesson.result,
        "precision": precision,
        "nodes": [node(lesson, step, path, to) for step, path in zip(lesson.steps, groups.paths, strict=True)],
        "numbers": [] if inputs else [in_json(x) for x in lesson.numbers],
        "modules": list(groups.titles),
        "titles": {path: groups.titles[path] for path in groups.made},
        "folded": tops if len(lesson.steps) > CROWDED else [],
        "inputs": [{**x._asdict(), "value": in_json(x.value)} for x in inputs],
    }


def in_json(x: float) -> float | str:
    """A float for JavaScript, where JSON has no word for it as that writes it."""
    return float(x) if math.isfinite(x) else "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def node(lesson: Lesson, step: LessonStep, path: str, to: Template) -> dict[str, object]:
    letters, numbers = chain_rule(lesson, step, to) if step.gradient is not None else ([], [])
    return {
        "key": step.key, "name": step.name,
        "named": bool(step.name) and not (step.kind == CONSTANT and step.name[1:].isdigit()),
        "kind": step.kind, "symbol": step.symbol, "operands": step.operands,
        "value": place(step.value, to), "gradient": place(step.gradient, to),
        "forward": forward_parts(step, to), "letters": letters, "numbers": numbers,
        "ways": [[way.key, place(way.upstream, to), place(way.local, to)] for way in step.ways], "module": path or None,
    }  # fmt: skip


def place(x: float | None, to: Template = AS_IS) -> int | None:
    return to.place(x.place) if isinstance(x, Slot) else None


# -- groups


class Groups(NamedTuple):
    titles: dict[str, str]  # of each group by its path, outer ones first
    paths: list[str]  # the innermost group of each step; "" for none
    made: list[str]  # those that are no modules, but parts of what is too long to be seen at once


def folding(steps: Sequence[LessonStep]) -> Groups:
    """The groups of a lesson: its modules, and parts of those that hold many nodes of their own."""
    paths = [step.module for step in steps]
    titles = {path: path for path in sorted({path for step in steps for path in modules_around(step.module)})}
    members: dict[str, list[int]] = {}
    few = sum(step.kind == INPUT for step in steps) <= PARTS
    for i, step in enumerate(steps):
        if not (few and step.kind == INPUT):
            members.setdefault(step.module, []).append(i)
    made: list[str] = []
    for i, step in enumerate(steps):
        if step.loop is not None and not step.module:
            paths[i] = of_loop(step.loop, titles, made)
            members[""].remove(i)
    for module, own in members.items():
        if len(own) > MOST_APART:
            split_parts(own, module, 1, titles, paths, made)
    return Groups(titles, paths, made)


def of_loop(place: StepPlace, titles: dict[str, str], made: list[str]) -> str:
    """The path of a step of a loop, in parts of the loop where that has many steps."""
    first, last = 1, place.steps
    keys = [f"loop {place.loop + 1}: {place.steps:,} steps"]
    while last - first >= PARTS:
        size = -(-(last - first + 1) // PARTS)
        first += (place.step - first) // size * size
        last = min(first + size - 1, last)
        if last > first:
            keys.append(f"steps {first:,} to {last:,}")
    keys.append(f"step {place.step:,}")
    for i, title in enumerate(keys):
        path = ".".join(keys[: i + 1])
        if path not in titles:
            titles[path] = title
            made.append(path)
    return ".".join(keys)


def split_parts(
    own: list[int], outer: str, first: int, titles: dict[str, str], paths: list[str], made: list[str]
) -> None:
    """Put nodes into parts of about the same length, each of which is split again where it is long.

    In the order of the computation, so that no two parts need each other.
    """
    size = max(PARTS, -(-len(own) // PARTS))
    for start in range(0, len(own), size):
        part = own[start : start + size]
        title = f"nodes {first + start:,} to {first + start + len(part) - 1:,}"
        path = f"{outer}.{title}" if outer else title
        titles[path] = title
        made.append(path)
        for i in part:
            paths[i] = path
        if len(part) > CROWDED:
            split_parts(part, path, first + start, titles, paths, made)


def modules_around(path: str) -> list[str]:
    """The path of a module and of the modules around it that hold several of its kind: `layers.0` of
    `layers.0.neurons.3`."""
    keys = parts(path)
    ends = ["".join(keys[: i + 1]) for i, key in enumerate(keys) if key.strip(".[]").isdigit()]
    return list(dict.fromkeys([*ends, path])) if path else []
