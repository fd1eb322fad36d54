"""A compiled function that changes its arguments raises, by name; eagerly the caller's would change."""

import dataclasses
import re

import numpy as np
import pytest

from autograd_lite import Value, compile, grad, nn, value_and_grad, vmap
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


class Plain:
    def __init__(self):
        self.rate = 0.5


class Part(nn.Module):
    buffers = ("seen",)

    def __init__(self):
        self.w, self.seen, self.count, self.history = Value(2.0), [0.0], 0, [0.0]
        self.mask, self.words, self.plain, self.choice = np.ones(2), {"a"}, Plain(), {"a.b": 1.0}
        self.made, self._state, self._itself = Value(1.0) * 2.0, 0.0, []
        self._itself.append(self._itself)


class Whole(nn.Module):
    def __init__(self):
        self.part, self.parts, self.b = Part(), [Part()], Value(1.0)

    def forward(self, x):
        return self.part.w * x + self.b + self.parts[0].w


class Foreign:
    """No Module of this library, but something with parameters."""

    def __init__(self):
        self.w, self.training, self.count, self.history, self.part = Value(2.0), True, 0, [1.0], Part()

    def named_parameters(self):
        return [("w", self.w)]

    def with_parameters(self, values):
        copy = Foreign()
        vars(copy).update(vars(self))
        (copy.w,) = values
        return copy

    def __call__(self, x):
        return self.w * x


IN_MODULES = {
    "m.b": lambda m, x: setattr(m, "b", m.b * 2.0), "m.part.w": lambda m, x: setattr(m.part, "w", m.part.w * 2.0),
    "m.parts[0].w": lambda m, x: setattr(m.parts[0], "w", Value(3.0)), "m.parts": lambda m, x: m.parts.append(Part()),
    "m.parts[0].w ": lambda m, x: setattr(m.parts[0].w, "grad", 1.0),
    "m.training": lambda m, x: m.eval(), "m.part.training": lambda m, x: m.part.eval(),
    "m.part.count": lambda m, x: setattr(m.part, "count", m.part.count + 1),
    "m.part.history": lambda m, x: m.part.history.append(1.0), "m.part.mask": lambda m, x: m.part.mask.fill(3.0),
    "m.part.words": lambda m, x: m.part.words.add("b"),
    "m.part.plain.rate": lambda m, x: setattr(m.part.plain, "rate", 1),
    "m.part.choice['a.b']": lambda m, x: m.part.choice.update({"a.b": 2.0}),
    "m.part.seen[0]": lambda m, x: m.part.seen.__setitem__(0, x),
    "m.parts[0].seen": lambda m, x: m.parts[0].seen.clear(),
    "m.part._state": lambda m, x: setattr(m.part, "_state", m.part.w * x), "m.last": lambda m, x: setattr(m, "last", x),
    "m.part.made": lambda m, x: setattr(m.part, "made", m.part.w * x),
    "m.part.plain": lambda m, x: delattr(m.part, "plain"),
}  # fmt: skip
IN_FOREIGN = {
    "m.w": lambda m, x: setattr(m, "w", m.w * 2.0), "m.training": lambda m, x: setattr(m, "training", False),
    "m.count": lambda m, x: setattr(m, "count", 1), "m.history": lambda m, x: m.history.append(x),
    "m.part.count": lambda m, x: setattr(m.part, "count", 1),
}  # fmt: skip
MODULES = [(Whole, where, f) for where, f in IN_MODULES.items()] + [
    (Foreign, where, f) for where, f in IN_FOREIGN.items()
]


def mapped(f):
    return vmap(f, in_axes=(None, 0))


@pytest.mark.parametrize("transform", [lambda f: f, value_and_grad, mapped], ids=["f", "value_and_grad", "vmap"])
@pytest.mark.parametrize(("model", "where", "change"), MODULES, ids=lambda x: x if isinstance(x, str) else "")
def test_a_change_of_a_module_is_told_with_its_place(model, where, change, transform):
    def f(m, x):
        change(m, x)
        return m(x)

    with pytest.warns(
        UserWarning, match=f"changes its argument m, at {re.escape(where.strip())}, but compiled .* after the call"
    ):
        compile(transform(f), backend="python")(model(), [3.0] if transform is mapped else 3.0)


def test_a_module_in_a_dict_has_its_place():
    def f(q):
        q["m"].part.count = 7
        return q["m"](q["x"])

    with pytest.warns(UserWarning, match=re.escape("changes its argument q, at q['m'].part.count, but")):
        compile(f, backend="python")({"m": Whole(), "x": 2.0})


@pytest.mark.parametrize("transform", [lambda f: f, value_and_grad, mapped], ids=["f", "value_and_grad", "vmap"])
@pytest.mark.parametrize("model", [Whole, Foreign])
def test_what_stays_the_same_is_no_change(model, transform, recwarn):
    def f(m, x):
        m.training, m.count = True, getattr(m, "count", 0)
        if model is Whole:
            m.train()
            m.part.count, m.part.seen, m.part.mask = 0, [0.0], np.ones(2)
        del m.count
        m.count = 0
        return m(x)

    given = model()
    given.count = 0
    compile(transform(f), backend="python")(given, [3.0] if transform is mapped else 3.0)
    assert not recwarn.list


def outputs(model, rows):
    return total([y[0] for y in model.batch([list(row) for row in rows])])


def normalised():
    return nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm(3), nn.Linear(3, 1, rng=1))


@pytest.mark.parametrize("transform", [lambda f: f, value_and_grad], ids=["f", "value_and_grad"])
def test_running_statistics_that_do_not_move_are_told(transform):
    rows = np.arange(8.0).reshape(4, 2) ** 2
    with pytest.warns(
        UserWarning, match=re.escape("changes its argument model, at model.1.running_mean, but compiled")
    ):
        compile(transform(outputs), backend="python")(normalised(), rows)


def test_evaluation_and_fit_change_nothing_that_is_lost(recwarn):
    rows = np.arange(8.0).reshape(4, 2) ** 2
    model = normalised()
    compile(value_and_grad(outputs), backend="python")(model.eval(), rows)
    nn.fit(model.train(), rows, rows[:, :1], epochs=2, compile=True)
    assert model.state_dict()["1.running_mean[0]"] != 0.0
    assert not recwarn.list


@pytest.mark.parametrize(
    "layer", [nn.Dropout(0.5, rng=0), nn.RReLU(rng=0), nn.Maxout(2, 2, rng=0), nn.Layer(2, 2, rng=0)]
)
def test_layers_that_draw_or_keep_rows_change_nothing(layer, recwarn):
    model = nn.Sequential(nn.Linear(2, 2, rng=0), layer, nn.Linear(2, 1, rng=0))
    compile(value_and_grad(outputs), backend="python")(model, np.arange(8.0).reshape(4, 2))
    assert not recwarn.list


SETTINGS = [("count", 3), ("count", 0.0), ("training", False), ("word", "b"), ("nothing", 1), ("fresh", 5)]


@pytest.mark.parametrize(("name", "new"), SETTINGS)
def test_another_setting_of_a_foreign_object_makes_another_program(name, new):
    def f(m, x):
        return m.w * x + (str([m.count, m.training, m.word, m.nothing, getattr(m, "fresh", 0)]) == shown)

    m = Foreign()
    m.word, m.nothing = "a", None
    shown = ""
    step = compile(f, backend="python")
    assert step(m, 1.0) == step(m, 1.0) == 2.0
    setattr(m, name, new)
    shown = str([m.count, m.training, m.word, m.nothing, getattr(m, "fresh", 0)])
    assert step(m, 1.0) == 3.0
    m.w.data = 5.0
    assert step(m, 1.0) == 6.0
    assert repr(step).endswith("2 programs>")
