"""Another Value in the place of one that a compiled function closes over is seen at the next call, wherever that is."""

import functools
import types

import hypothesis
import numpy as np
import pytest

from autograd_lite import Value, compile, grad, nn, value_and_grad, vmap
from autograd_lite.program.closures import Closures

GLOBAL = Value(3.0)


class Holder:
    shared = Value(3.0)

    def __init__(self):
        self.own = Value(3.0)

    def method(self, x):
        return self.own * x

    @property
    def computed(self):
        return self.own

    @staticmethod
    def static(x):
        return Holder.shared * x


class Slotted:
    __slots__ = ("own",)


class Model(nn.Module):
    def __init__(self):
        self.w, self._scale = Value(3.0), 1.0

    def forward(self, x):
        return self.w * self._scale * x


def helper(x):
    return GLOBAL * x


def default(x, k=Value(3.0)):  # noqa: B008
    return k * x


def of_global():
    return {
        "a global": lambda x: GLOBAL * x,
        "a global of another function": lambda x: helper(x),
        "a global of an inner function": lambda x: (lambda: GLOBAL * x)(),
        "a global in a gradient": grad(lambda x: GLOBAL * x * x / 2.0),
        "a global in a vmap": lambda x: vmap(lambda y: GLOBAL * y, reduce="sum")([x]),
        "a global in a compiled function": lambda x: compile(helper)(x),
    }


def rebind_global(x):
    global GLOBAL
    GLOBAL = x


def of_nonlocal():
    n = Value(3.0)

    def f(x):
        return n * x

    def rebind(x):
        nonlocal n
        n = x

    return f, rebind


def of_holder(kind):
    """A function that closes over what holds a Value, and how that is rebound."""
    holder = Holder()
    if kind == "an attribute":
        return lambda x: holder.own * x, lambda y: setattr(holder, "own", y)
    if kind == "a property":
        return lambda x: holder.computed * x, lambda y: setattr(holder, "own", y)
    if kind == "a bound method":
        return holder.method, lambda y: setattr(holder, "own", y)
    if kind == "a class":
        return Holder.static, lambda y: setattr(Holder, "shared", y)
    if kind == "a slot":
        slotted = Slotted()
        slotted.own = Value(3.0)
        return lambda x: slotted.own * x, lambda y: setattr(slotted, "own", y)
    if kind == "an attribute of an item":
        nest = ({"a": [holder]},)
        return lambda x: nest[0]["a"][0].own * x, lambda y: setattr(holder, "own", y)
    if kind == "a partial":
        return functools.partial(lambda h, x: h.own * x, holder), lambda y: setattr(holder, "own", y)
    if kind == "what holds it":
        outer = types.SimpleNamespace(inner=types.SimpleNamespace(k=Value(3.0)))
        return lambda x: outer.inner.k * x, lambda y: setattr(outer, "inner", types.SimpleNamespace(k=y))
    if kind == "a python module":
        module = types.ModuleType("of_a_user")
        module.w = Value(3.0)
        return lambda x: module.w * x, lambda y: setattr(module, "w", y)
    if kind == "a default":
        return default, lambda y: setattr(default, "__defaults__", (y,))
    if kind == "a parameter of a model":
        model = Model()
        return lambda x: model(x), lambda y: setattr(model, "w", y)
    items = {"a list": [Value(3.0)], "a dict": {0: Value(3.0)}, "an array": np.array([Value(3.0)])}[kind]
    return lambda x: items[0] * x, lambda y: items.__setitem__(0, y)


KINDS = [
    "an attribute", "a property", "a bound method", "a class", "a slot", "an attribute of an item", "a partial",
    "what holds it", "a python module", "a default", "a parameter of a model", "a list", "a dict", "an array",
]  # fmt: skip


def check(f, rebind):
    """Assigned data, another Value and a number in the place of one are seen, by the direct way of calls too."""
    compiled = compile(f, backend="python")
    assert compiled(2.0) == compiled(2.0)
    new = Value(30.0)
    rebind(new)
    assert [compiled(2.0), compiled(2.0)] == [60.0, 60.0]
    new.data = 4.0
    assert compiled(2.0) == 8.0
    rebind(5.0)
    assert compiled(2.0) == 10.0
    assert len(compiled.entries) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_that_is_rebound_is_seen(kind):
    if kind == "a parameter of a model":
        f, rebind = of_holder(kind)
        compiled = compile(f, backend="python")
        assert compiled(2.0) == 6.0
        rebind(Value(30.0))
        assert compiled(2.0) == 60.0
    else:
        check(*of_holder(kind))


@pytest.mark.parametrize("kind", of_global())
def test_a_global_that_is_rebound_is_seen(kind):
    rebind_global(Value(3.0))
    check(of_global()[kind], rebind_global)


def test_a_nonlocal_that_is_rebound_is_seen():
    check(*of_nonlocal())


def test_what_is_gone_is_seen():
    held = {"a": Value(3.0)}
    f = compile(lambda x: held.get("a", 2.0) * x, backend="python")
    assert f(2.0) == 6.0
    del held["a"]
    assert f(2.0) == 4.0


def test_settings_of_a_model_that_is_closed_over_are_seen():
    model = Model()
    f = compile(lambda x: model(x), backend="python")
    assert f(2.0) == 6.0
    model._scale = 10.0
    assert f(2.0) == 60.0


def test_the_gradient_sees_it_too():
    held = [Value(3.0)]
    f = compile(value_and_grad(lambda x: held[0] * x * x), backend="python")
    assert f(2.0) == (12.0, 12.0)
    held[0] = Value(5.0)
    assert f(2.0) == (20.0, 20.0)


def test_what_a_function_does_not_close_over_makes_no_new_program():
    held = {"w": Value(3.0), "loss": 0.0}
    f = compile(lambda x: held["w"] * x, backend="python")
    program = f.trace(2.0)
    for i in range(3):
        held["loss"], held[i] = float(i), Value(1.0)
        f(2.0)
    assert f.trace(2.0) is program


def test_installed_libraries_are_not_looked_through():
    """What a user's function mentions may lead to all of a library: a call must not look at it."""
    w = Value(2.0)

    def f(x):
        if x is None:
            return pytest.raises, hypothesis.given, np.linalg.norm
        return x * w

    found = Closures(f, [w])
    assert sum(len(keys) for _, keys, _ in found.groups) < 10
    assert not found.changed()
