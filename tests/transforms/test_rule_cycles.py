"""Rules whose functions hold what the rules made are freed, and only when nobody can call them any more."""

import gc
import weakref

import pytest

from autograd_lite import Value, custom_derivative, custom_jvp, custom_vjp, gradients


class Marker:
    """Something in a closure whose end can be seen."""


def as_row(f):
    return custom_derivative(f, lambda out, x: (2.0 * x,))


def as_vjp(f):
    custom = custom_vjp(f)
    custom.defvjp(lambda x: (custom(x), x), lambda x, g: (2.0 * x * g,))
    return custom


def as_jvp(f):
    custom = custom_jvp(f)
    custom.defjvp(lambda primals, tangents: (custom(*primals), 2.0 * primals[0] * tangents[0]))
    return custom


KINDS = [as_row, as_vjp, as_jvp]


def ring(kind):
    """A function that holds a list with a result of itself, that result, and a reference to what the list holds."""
    marker, made = Marker(), []

    def f(x):
        assert marker is not None
        made.append(None)
        return x * x

    rule = kind(f)
    x = Value(3.0)
    made.append(rule(x) * 1.0)
    return rule, made[-1], x, weakref.ref(marker)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_a_cycle_through_a_result_is_collected(kind):
    gone = ring(kind)[3]
    gc.collect()
    gc.collect()
    assert gone() is None


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_held_stays(kind):
    rule, y, x, gone = ring(kind)
    del y, x
    gc.collect()
    gc.collect()
    assert gone() is not None
    z = rule(Value(2.0))
    assert gradients(z, [z.parents[0]]) == [4.0]
    rule, y, x, gone = ring(kind)
    del rule, z
    gc.collect()
    gc.collect()
    assert gone() is not None
    (slope,) = gradients(y, [x], create_graph=True)  # the graph alone is held
    assert gradients(slope, [x]) == [2.0]
    del slope, y, x
    gc.collect()
    gc.collect()
    assert gone() is None


@pytest.mark.thorough
def test_arguments_are_not_held_by_results():
    marker = weakref.WeakValueDictionary()

    class Box(list):
        pass

    total = custom_vjp(lambda xs: xs[0] * 2.0)
    total.defvjp(lambda xs: (total(xs), None), lambda res, g: ([2.0 * g],))
    box = Box([Value(1.0)])
    marker["box"] = box
    box.append(total(box))  # the list holds the result, whose rule must not hold the list
    del box
    gc.collect()
    assert "box" not in marker
