"""`Value`: what it takes and refuses, how it compares, how it is copied, and the choices that it records."""

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value, gradients
from autograd_lite.native import is_native

# -- values and numbers


NUMPY_SCALARS = [np.float64(2.0), np.float32(0.5), np.int64(3), np.bool_(True)]


@pytest.mark.parametrize("x", [2, 2.0, True, Fraction(1, 2), *NUMPY_SCALARS])
def test_real_numbers_are_operands(x):
    v = Value(3.0)
    number = float(x)
    assert (v + x).data == (x + v).data == 3.0 + number
    assert (v * x).data == (x * v).data == 3.0 * number
    assert (v - x).data == -(x - v).data == 3.0 - number
    assert (v / x).data == 3.0 / number
    assert (x / v).data == number / 3.0
    assert (v**x).data == 3.0**number
    assert type(x * v) is Value
    assert type((v * x).data) is float


def test_constants_stay_visible():
    y = Value(3.0, label="x") * 2.0
    assert [(p.op, p.data) for p in y.parents] == [("", 3.0), ("constant", 2.0)]
    assert y.partials == (2.0, None)


def test_a_silent_conversion_is_refused():
    v = Value(0.5)
    for convert in (float, math.exp, int, complex):
        with pytest.raises(TypeError) as caught:
            convert(v)
        if convert in (float, math.exp):
            assert "v.data" in str(caught.value)
            assert "autograd_lite.exp" in str(caught.value)
    assert v.item() == 0.5
    assert f"{v:.4f}" == "0.5000"


def test_comparison_is_on_data_and_hash_is_identity():
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert a == 1
    assert (a != b) is False
    assert a < 2.0
    assert a <= b
    assert a < 2
    assert a >= 1.0
    assert a != "1"
    assert (a == None) is False  # noqa: E711
    assert len({a, b}) == 2
    assert {a: "found"}[a] == "found"
    assert bool(Value(0.0)) is False
    assert bool(Value(-2.0)) is True
    assert Value(math.nan) != Value(math.nan)


def test_value_is_final_to_the_type_checker_and_micrograds_names_are_read_only():
    x = Value(2.0)
    y = x + 1.0
    assert y._prev == set(y.parents)
    assert (y._op, x._op) == ("+", "")
    with pytest.raises(AttributeError):
        y._op = "-"
    with pytest.raises(AttributeError):
        y._prev = set()


def test_numpy():
    a = np.array([Value(1.0), Value(2.0)], dtype=object)
    b = np.array([3.0, 4.0])
    assert [v.data for v in a + b] == [4.0, 6.0]
    assert [v.data for v in a * b] == [3.0, 8.0]
    assert [v.data for v in a / b] == [1 / 3, 0.5]
    assert (a @ b).data == np.dot(a, b).data == np.sum(a * b).data == 11.0
    assert np.exp(a)[0].data == math.exp(1.0)
    assert type(np.float64(2.0) * Value(3.0)) is Value
    product = b * Value(2.0)
    assert product.dtype == object
    assert [v.data for v in product] == [6.0, 8.0]
    assert [v.data for v in Value(2.0) * b] == [6.0, 8.0]
    with pytest.raises(TypeError, match="one real number"):
        Value(b)


# -- graphs: copies


DEPTH = 200_000 if is_native() else 50_000


def chain(n):
    x = Value(1.0, label="x")
    y = x
    for _ in range(n):
        y = y + 1.0
    return x, y


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))], ids=["deepcopy", "pickle"])
def test_copies_of_deep_graphs(copied):
    _, y = chain(DEPTH)
    z = copied(y)
    assert z.data == DEPTH + 1.0
    z.backward()
    node = z
    for _ in range(DEPTH):
        node = node.parents[0]
    assert (node.label, node.grad, node.op) == ("x", 1.0, "")
    assert repr(z) == f"Value(data={z.data!r}, grad=1.0, op='add')"


def test_copies_keep_sharing():
    x = Value(2.0, label="x")
    y = x * x
    for z in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        left, right = z.parents
        assert left is right
        assert left is not x
    model = {"w": x, "loss": y}
    twin = copy.deepcopy(model)
    assert twin["loss"].parents[0] is twin["w"]
    assert copy.copy(y).parents[0] is x


def test_copies_keep_data_gradients_and_operations():
    x = Value(0.5, label="x")
    y = ag.clip(ag.dot([x, 2.0], [x, x]), 0.0, 9.0)
    y.backward()
    for z in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert (z.data, z.grad, z.op, z.partials) == (y.data, y.grad, y.op, y.partials)
        assert [p.op for p in z.parents] == [p.op for p in y.parents]


# -- choices


def test_where_gives_the_branch_not_taken_the_adjoint_0():
    a, b = Value(1.0), Value(2.0)
    assert gradients(ag.where(True, a, b) * math.inf, [a, b]) == [math.inf, 0.0]


def test_where_calls_only_the_chosen_branch():
    x = Value(-1.0)
    assert ag.where(x > 0.0, lambda: ag.log(x), lambda: -x).data == 1.0
    assert ag.where(ag.less(0.0, x), lambda: ag.log(x), lambda: -x).data == 1.0
    assert gradients(ag.where(ag.less(0.0, x), lambda: ag.sqrt(x), lambda: 3.0 * x), [x]) == [3.0]


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
