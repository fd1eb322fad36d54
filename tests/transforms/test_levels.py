"""What a transform passes on to its function, and what it gives back: the numbers of compiled code, in its order."""

import dataclasses
import math
import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, dot, grad, hessian, jacobian, jvp, no_grad, tanh, vjp, vmap, where
from autograd_lite.testing.random_graphs import random_expression
from autograd_lite.transforms.levels import passed

FLOATS = st.floats(-1e3, 1e3)


def bits(x):
    return math.nan if x != x else float(x).hex()


@dataclasses.dataclass
class Point:
    x: float
    name: str = "p"


STAY = [1, True, "text", None, Value(2.0), [1, 2], {"n": 3}, np.zeros(2), np.zeros((2, 2), int), object(), math.sin]


@pytest.mark.parametrize("x", STAY, ids=lambda x: type(x).__name__)
def test_what_holds_no_float_is_passed_on_as_it_is(x):
    seen = []
    grad(lambda t, y, z=None: (seen.extend([y, z]), t * t)[1])(1.0, x, z=x)
    vmap(lambda t, y: (seen.append(y), t)[1], in_axes=(0, None))([1.0], x)
    assert all(y is x for y in seen)
    assert len(seen) == 3


@pytest.mark.parametrize("kind", [float, np.float64])
def test_floats_arrive_as_constants_wherever_they_are(kind):
    seen = []
    holder = {"a": [kind(2.0), 3], "b": (Point(kind(4.0)), "text", None)}
    grad(lambda t, y: (seen.append(y), t * t)[1])(1.0, holder)
    vmap(lambda t, y: (seen.append(y), t)[1], in_axes=(0, None))([1.0], holder)
    vmap(lambda y: (seen.append(y), 1.0)[1])([holder])
    for found in seen:
        two, three = found["a"]
        point, text, nothing = found["b"]
        assert type(two) is type(point.x) is Value
        assert (two.data, point.x.data) == (2.0, 4.0)
        assert (two.op, two.parents) == ("constant", ())
        assert type(three) is int
        assert (text, nothing, point.name) == ("text", None, "p")
    assert holder["a"] == [2.0, 3]
    assert type(holder["a"][0]) is kind


@given(x=FLOATS, y=FLOATS, name=st.sampled_from(["pow", "mod", "floordiv", "truediv", "mul"]))
def test_operators_on_numbers_passed_on_are_those_of_the_table(x, y, name):
    apply = getattr(operator, name)

    def by(f):
        try:
            return bits(f())
        except (ValueError, ArithmeticError) as error:
            return type(error)

    expected = by(lambda: apply(Value(x), Value(y)).data)
    assert by(lambda: vmap(apply)([x], [y])[0]) == expected
    assert by(lambda: vmap(apply)(np.array([x]), np.array([y]))[0]) == expected
    assert by(lambda: vmap(apply, in_axes=(0, None))([np.float64(x)], y)[0]) == expected
    assert by(lambda: grad(lambda t, a, b: t * apply(a, b))(1.0, x, b=y)) == expected
    if not isinstance(expected, type):
        assert bits(compile(vmap(apply), backend="python")([x], [y])[0]) == expected


def test_squares_have_the_bits_of_a_product():
    xs = [1.0 + i / 977.0 for i in range(2000)]
    assert vmap(lambda t: t**2)(xs) == [x * x for x in xs]
    with pytest.raises(ValueError, match="pow"):
        vmap(lambda t: t**0.5)([-1.0])


def test_ints_that_are_mapped_stay_ints():
    table = [10.0, 20.0, 30.0]
    assert vmap(lambda i: table[i])([2, 0]) == [30.0, 10.0]
    assert vmap(lambda i: table[i])(np.array([2, 0])).tolist() == [30.0, 10.0]
    assert vmap(lambda row: row.dtype.kind == "i" and 1.0)(np.zeros((2, 3), int)).tolist() == [1.0, 1.0]


RESULTS = {
    "a number": lambda x: x * 2.0,
    "itself": lambda x: x,
    "nothing of it": lambda x: 1.0,
    "a nest": lambda x: {"a": [x, (x * x, "text", None)]},
    "an array": lambda x: np.array([x, 2.0 * x]),
    "a gradient": grad(lambda t: t**3),
    "a gradient of a gradient": grad(grad(lambda t: t**3)),
    "a jacobian": lambda x: jacobian(lambda p: [p[0] * p[1], p[0]])([x, 2.0]),
    "a hessian": hessian(lambda t: t**3),
    "a tangent": lambda x: jvp(lambda t: t * t, (x,), (x,)),
    "a pullback": lambda x: vjp(lambda t: t * t, x)[1](x),
    "a vmap": lambda x: vmap(lambda y: x * y)([1.0, 2.0]),
}


def leaves(x):
    if isinstance(x, (list, tuple, dict)):
        return [z for y in (x.values() if isinstance(x, dict) else x) for z in leaves(y)]
    return leaves(x.tolist()) if isinstance(x, np.ndarray) else [x]


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("result", RESULTS)
def test_what_comes_from_numbers_alone_is_a_number_again(result, paused):
    f = RESULTS[result]
    if paused:
        with no_grad():
            found = (
                [vmap(f)([1.5, 2.5]), vmap(f)(np.array([1.5, 2.5])), vmap(f, reduce="sum")([1.5, 2.5])]
                if "nest" not in result
                else [vmap(f)([1.5])]
            )
    else:
        found = [vmap(f)([1.5, 2.5]), compile(f)(1.5)]
    assert not any(isinstance(x, Value) for x in leaves(found))


def test_what_comes_from_values_stays_a_value():
    w = Value(2.0)
    assert [type(x) for x in vmap(lambda x: w * x)([1.0])] == [Value]
    assert [type(x) for x in vmap(lambda x: w.detach() * x)([1.0])] == [Value]
    with no_grad():
        assert [x.op for x in vmap(lambda x: w * x)([1.0])] == ["detached"]
    assert grad(lambda w: vmap(lambda x: w * x, reduce="sum")([1.0, 2.0]))(2.0) == 3.0


def test_inside_of_a_transform_constants_stay_constants():
    kinds = []
    vmap(lambda x: kinds.append(type(grad(lambda t: t**3)(x))) or 1.0)([2.0])
    vmap(lambda x: kinds.append(type(vmap(lambda y: y)([x])[0])) or 1.0)([2.0])
    compile(lambda w, x: kinds.append(type(x)) or w * x)(Value(1.0), 2.0)
    assert set(kinds) == {Value}  # what is compiled is traced, too


def second(f):
    """A gradient through both components of a gradient."""

    def mixed(p, *others):
        slope = grad(lambda p: f(*p, *others))(p)
        return slope[0] + 2.0 * slope[1]

    return grad(mixed)


FUNCTIONS = {
    "a choice by a constant": lambda w0, w1, c, d: tanh(where(c, w0, w1)) + tanh(w0.atan()),
    "a dot with a constant": lambda w0, w1, c, d: tanh(dot([w0, c], [w1, w1])) * d,
    "powers of constants": lambda w0, w1, c, d: tanh(w0**c * w1**d) + w0 * c**2,
}


@pytest.mark.thorough
@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
@given(w=st.lists(st.floats(0.25, 2.0), min_size=2, max_size=2), c=st.sampled_from([0.0, 1.0, 2.0]), d=st.floats(1, 2))
def test_contributions_come_in_one_order_whether_an_operand_is_a_float_a_value_or_traced(f, w, c, d):
    h = second(f)
    expected = list(map(bits, h(w, c, d)))
    assert list(map(bits, compile(h, backend="python")(w, c, d))) == expected
    assert [bits(x.data if isinstance(x, Value) else x) for x in h(w, Value(c), Value(d))] == expected
    assert list(map(bits, vmap(h, in_axes=(None, 0, None))(w, [c], d)[0])) == expected


@pytest.mark.parametrize("seed", range(100))
def test_so_they_do_in_any_function(seed):
    f = random_expression(seed, inputs=4, size=10)
    *w, c, d = f.point
    h = second(f)
    expected = list(map(bits, h(w, c, d)))
    assert list(map(bits, compile(h, backend="python")(w, c, d))) == expected
    assert [bits(x.data if isinstance(x, Value) else x) for x in h(w, Value(c), Value(d))] == expected


def test_a_list_that_holds_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(ValueError, match="holds itself"):
        passed(loop)
