"""`Value`: the choices that it records, and powers."""

import math

import pytest

import autograd_lite as ag
from autograd_lite import Value, gradients

# -- choices


def test_where_gives_the_branch_not_taken_the_adjoint_0():
    a, b = Value(1.0), Value(2.0)
    assert gradients(ag.where(True, a, b) * math.inf, [a, b]) == [math.inf, 0.0]


def test_where_calls_only_the_chosen_branch():
    x = Value(-1.0)
    assert ag.where(x > 0.0, lambda: ag.log(x), lambda: -x).data == 1.0
    assert ag.where(ag.less(0.0, x), lambda: ag.log(x), lambda: -x).data == 1.0
    assert gradients(ag.where(ag.less(0.0, x), lambda: ag.sqrt(x), lambda: 3.0 * x), [x]) == [3.0]
    assert not x.has_grad
    y = ag.where(x > 0.0, lambda: ag.log(x), lambda: x * 2.0)
    y.backward()
    assert (y.data, y.grad, x.grad) == (-2.0, 1.0, 2.0)


def test_the_branch_not_taken_gets_nothing():
    x, y = Value(2.0), Value(3.0)
    out = ag.where(ag.less(x, y), x * x, y * y)
    out.backward(gradient=math.inf)
    assert (x.grad, y.grad) == (math.inf, 0.0)


def test_a_program_is_refused_where_a_branch_is_missing():
    x = Value(2.0)
    y = ag.where(ag.less(x, 3.0), lambda: x * 2.0, lambda: x * 3.0)
    with pytest.raises(ValueError, match="branch"):
        ag.Program.from_values([y], [x])
    with pytest.raises(ValueError, match="frozen"):
        ag.Program.from_values([ag.where(x < 3.0, x, 2.0 * x)], [x])


# -- powers


def test_a_square_is_a_product():
    for x in (0.1, -3.3, 1e-200, 1.0000000000000002):
        v = Value(x)
        assert (v**2).data == ag.square(v).data == x * x
        assert ag.pow(x, 2) == x * x


def test_a_negative_base_with_a_fractional_exponent_is_a_value_error():
    with pytest.raises(ValueError, match=r"pow\(-8, 0.5\)"):
        Value(-8.0) ** 0.5
    with pytest.raises(ZeroDivisionError, match="pow"):
        Value(0.0) ** -1


def test_pow_in_its_exponent():
    assert gradients(ag.pow(0.0, y := Value(2.0)), [y]) == [0.0]
    assert math.isnan(gradients(ag.pow(-2.0, y := Value(2.0)), [y])[0])
    x = Value(-2.0)
    assert (x**2).partials == (-4.0, None)  # the partial in a constant exponent is never computed
