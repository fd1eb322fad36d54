"""What a Value holds and how it prints."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, gradients
from autograd_lite.core.fast.layers import assign, weight_rows


@given(st.floats())
def test_data_is_a_float_and_can_be_assigned(x):
    v = Value(0.0)
    v.data = x
    assert v.data == x or math.isnan(x)
    assert v.item() == v.data or math.isnan(x)
    assert type(v.data) is float


def test_assigning_data_changes_no_graph_already_built():
    x = Value(2.0)
    y = x * x
    x.data = 5.0
    assert (y.data, gradients(y, [x])) == (4.0, [4.0])
    with pytest.raises(RuntimeError, match="assigned"):
        gradients(y, [x], create_graph=True)
    assert gradients(x * x, [x], create_graph=True)[0].data == 10.0


@given(st.lists(st.booleans(), min_size=1, max_size=5))
def test_what_keeps_data_notices_every_assignment(in_bulk):
    x = Value(1.0)
    units = [[x]], [Value(0.0)]
    rows = weight_rows(*units, [])
    for i, bulk in enumerate(in_bulk):
        if bulk:
            assign([x], [float(i)])
        else:
            x.data = float(i)
    assert weight_rows(*units, rows)[0].numbers() == [float(i), 0.0]


@pytest.mark.parametrize("bad", ["1.0", None, [1.0], 1j])
@pytest.mark.parametrize("name", ["data", "grad"])
def test_what_is_no_number_is_refused_and_changes_nothing(name, bad):
    v = Value(2.0)
    v.grad = 3.0
    with pytest.raises(TypeError, match="one real number"):
        setattr(v, name, bad)
    assert (v.data, v.grad) == (2.0, 3.0)


def test_a_gradient_not_computed_is_told_from_zero():
    x = Value(2.0)
    assert (x.grad, x.has_grad) == (0.0, False)
    (x * 0.0).backward()
    assert (x.grad, x.has_grad) == (0.0, True)
    x.zero_grad()
    assert (x.grad, x.has_grad) == (0.0, False)
    x.grad = 1.0
    assert x.has_grad


def test_constants_stay_visible():
    x = Value(3.0, label="x")
    y = 2.0 * x
    two, same = y.parents
    assert (two.op, two.data, same is x) == ("constant", 2.0, True)
    assert (y.partials, (x * 2.0).partials) == ((None, 2.0), (2.0, None))
    assert (x.op, x.parents, x.partials) == ("", (), ())


def test_partials_go_with_parents():
    x, y = Value(3.0), Value(4.0)
    for out, partials in ((x * y, (4.0, 3.0)), (ag.hypot(x, y), (0.6, 0.8)), (ag.dot([x, 1.0], [y, x]), None)):
        assert len(out.parents) == len(out.partials)
        assert partials is None or out.partials == partials
    assert ag.dot([x, 1.0], [y, x]).partials == (4.0, None, 3.0, 1.0)


def test_labels():
    x = Value(1.0)
    assert x.label == ""
    x.label = "bias"
    y = x * 2.0
    y.label = "y"
    assert (x.label, y.label, y.parents[0].label) == ("bias", "y", "bias")


def test_micrograds_operation_is_none_where_there_are_no_operands():
    x = Value(2.0)
    for v in (x, x.detach(), (x * 3.0).parents[1]):
        assert (v._op, v._prev) == ("", set())
        v.label = "v"
        assert (v._op, v._prev) == ("", set())
    assert [(x * 3.0)._op, ag.sum([x])._op] == ["*", "Σ"]


@pytest.mark.parametrize("name", ["op", "parents", "partials", "row", "has_grad", "is_traced", "_op", "_prev"])
def test_what_was_recorded_is_read_only(name):
    with pytest.raises(AttributeError):
        setattr(Value(1.0) + 1.0, name, None)


def test_it_prints_what_is_known():
    x = Value(2.0, label="x")
    y = x * x
    assert (repr(x), repr(y)) == ("Value(data=2.0, label='x')", "Value(data=4.0, op='mul')")
    y.backward()
    assert repr(x) == "Value(data=2.0, grad=4.0, label='x')"
    assert f"{y:.3f} {y:>8.2e} {x}" == "4.000 4.00e+00 Value(data=2.0, grad=4.0, label='x')"


def test_printing_never_recurses():
    v = Value(1.0)
    for _ in range(100_000):
        v = v + 1.0
    assert repr(v) == "Value(data=100001.0, op='add')"
