"""A compiled function that changes its arguments says so, by name; eagerly the caller's would change."""

import dataclasses
import re

import numpy as np
import pytest

from autograd_lite import compile, grad, value_and_grad
from autograd_lite import sum as total


@dataclasses.dataclass
class Point:
    x: object


def item(q):
    q[0] = 2.0 * q[0]
    return q[0]


def in_place(q):
    q += 1.0
    return q.sum()


def entry(q):
    q["a"] = q["a"] * 2.0
    return q["a"]


def new_entry(q):
    q["new"] = 1.0
    return q["a"]


def inner(q):
    q["l"][1].clear()
    return q["a"]


def attribute(q):
    q.x = q.x * 2.0
    return q.x


CHANGES = [
    (lambda q: (q.append(1.0), q[0])[1], [1.0], "q"), (lambda q: q.pop() * q[0], [1.0, 2.0], "q"),
    (lambda q: (q.reverse(), q[0])[1], [1.0, 2.0], "q[0]"), (item, [1.0, 2.0], "q[0]"),
    (item, np.ones(2), "q"), (in_place, np.ones(2), "q"), (entry, {"a": 1.0}, "q['a']"),
    (new_entry, {"a": 1.0}, "q"), (inner, {"a": 1.0, "l": [1.0, [2.0]]}, "q"), (attribute, Point(2.0), "q.x"),
]  # fmt: skip


@pytest.mark.parametrize("transform", [lambda f: f, grad, value_and_grad], ids=["f", "grad", "value_and_grad"])
@pytest.mark.parametrize(("f", "argument", "where"), CHANGES)
def test_a_change_is_told_with_its_place(f, argument, where, transform):
    place = "" if where == "q" else f", at {where}"
    with pytest.warns(UserWarning, match=f"changes its argument q{re.escape(place)}, but compiled .*; copy it first"):
        compile(transform(f), backend="python")(argument)


def copied(q):
    q = list(q)
    q.append(1.0)
    q[0] = 3.0 * q[0]
    return total(q)


def copied_array(q):
    q = q.copy()
    q[0] = 3.0 * q[0]
    return q.sum()


@pytest.mark.parametrize(("f", "argument"), [(copied, [1.0, 2.0]), (copied_array, np.ones(2))])
def test_a_copy_may_change(f, argument, recwarn):
    assert compile(f, backend="python")(argument) == f(argument)
    assert not recwarn.list
