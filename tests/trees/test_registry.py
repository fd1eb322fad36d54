"""Containers of users."""

import pytest

from autograd_lite import Value, compile, grad, jvp, register_pytree_node, value_and_grad, vmap
from autograd_lite.trees import flatten


class Interval:
    def __init__(self, low, high, unit):
        self.low, self.high, self.unit = low, high, unit

    def __eq__(self, other):
        return (self.low, self.high, self.unit) == (other.low, other.high, other.unit)

    __hash__ = None


register_pytree_node(Interval, lambda x: ((x.low, x.high), x.unit), lambda unit, ends: Interval(*ends, unit))


def width(x):
    return (x.high - x.low) ** 2


@pytest.mark.parametrize("transform", [lambda f: f, lambda f: compile(f, backend="python")])
def test_a_registered_class_is_a_container(transform):
    assert transform(value_and_grad(width))(Interval(1.0, 3.0, "m")) == (4.0, Interval(-4.0, 4.0, "m"))
    assert transform(lambda x: {"twice": Interval(x, 2.0 * x, "s")})(2.0) == {"twice": Interval(2.0, 4.0, "s")}


def test_structure_includes_the_auxiliary_data():
    x = Interval(1.0, 3.0, "m")
    assert jvp(width, (x,), (Interval(0.0, 1.0, "m"),)) == (4.0, 4.0)
    with pytest.raises(ValueError, match=r"tangents of jvp\[0\] is .*Interval.*, but a Interval of 2 belongs there"):
        jvp(width, (x,), (Interval(0.0, 1.0, "s"),))
    assert flatten(x)[1] != flatten(Interval(1.0, 3.0, "s"))[1]
    assert repr(flatten([x])[1]) == "PyTreeDef([Interval(*, *)])"


def test_samples_in_a_registered_class():
    wide = vmap(lambda x: x.high - x.low)
    assert wide(Interval([1.0, 2.0], [4.0, 6.0], "m")) == [3.0, 4.0]


def test_a_program_for_each_auxiliary_data():
    runs = []

    def f(x):
        runs.append(x.unit)
        return x.low

    step = compile(f, backend="python")
    for unit in ("m", "s", "m"):
        assert step(Interval(1.0, 2.0, unit)) == 1.0
    assert runs == ["m", "s"]


class Loose:
    pass


def test_bad_registrations():
    with pytest.raises(ValueError, match="Interval is known to pytrees already; register a class of your own, once"):
        register_pytree_node(Interval, lambda x: ((), None), lambda aux, xs: None)
    for known in (list, dict, str, Value):
        with pytest.raises(ValueError, match="is known to pytrees already"):
            register_pytree_node(known, lambda x: ((), None), lambda aux, xs: None)
    with pytest.raises(TypeError, match="takes a class, but got 3"):
        register_pytree_node(3, lambda x: ((), None), lambda aux, xs: None)
    with pytest.raises(TypeError, match="takes two functions, but got None"):
        register_pytree_node(Loose, lambda x: ((), None), None)
    register_pytree_node(Loose, lambda x: ([1.0], ["no key"]), lambda aux, xs: Loose())
    assert isinstance(grad(lambda x: 1.0)(Loose()), Loose)
    with pytest.raises(TypeError, match="the auxiliary data of a pytree is no key of a dict: unhashable type: 'list'"):
        compile(lambda x: 1.0, backend="python")(Loose())
