"""How Python, NumPy and micrograd reach the rows: operators, methods, comparisons, conversions."""

import math
import operator as op
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, gradients
from autograd_lite.core.abstract.tracers import TracingError
from autograd_lite.core.value import traced

NUMBERS = [
    2, 2.0, True, Fraction(1, 2), np.float64(2.0), np.float32(0.5), np.int64(3), np.uint8(2), np.bool_(True),
]  # fmt: skip


@pytest.mark.parametrize("x", NUMBERS, ids=lambda x: type(x).__name__)
def test_real_numbers_are_operands_on_either_side(x):
    v = Value(3.0)
    n = float(x)
    assert (v + x).data == (x + v).data == 3.0 + n
    assert (v * x).data == (x * v).data == 3.0 * n
    assert ((v - x).data, (x - v).data) == (3.0 - n, n - 3.0)
    assert ((v / x).data, (x / v).data) == (3.0 / n, n / 3.0)
    assert ((v**x).data, (x**v).data) == (3.0**n, n**3.0)
    assert type(x * v) is Value
    assert type((v * x).data) is float
    assert Value(x).data == n


OPERATORS = {
    "add": lambda x, y: x + y, "sub": lambda x, y: x - y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
    "floor_divide": lambda x, y: x // y, "mod": lambda x, y: x % y, "pow": lambda x, y: x**y,
}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("name", OPERATORS)
@given(x=st.floats(0.1, 50.0), y=st.floats(0.1, 5.0))
def test_an_operator_is_its_row_on_either_side(name, x, y):
    operator, row = OPERATORS[name], PRIMITIVES[name]
    want = row(x, y)
    slopes = [row.partial(i, want, [x, y]) for i in (0, 1)]
    for operands in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
        out = operator(*operands)
        assert (out.row, out.data) == (row, want)
        assert out.partials == tuple(p if isinstance(v, Value) else None for v, p in zip(operands, slopes, strict=True))


def test_functions_of_python_reach_the_rows():
    x, y = Value(7.0), Value(2.0)
    assert [v.data for v in divmod(x, y)] == [v.data for v in divmod(7, y)] == [v.data for v in divmod(x, 2)] == [3, 1]
    assert ((-x).data, (+x).data, abs(-x).data) == (-7.0, 7.0, 7.0)
    assert round(Value(2.5)).data == 2.0
    assert [round(Value(1234.5678), n).data for n in (-2, 0, 1, 3)] == [1200.0, 1235.0, 1234.6, 1234.568]
    assert (math.floor(Value(2.7)).data, math.ceil(Value(2.1)).data, math.trunc(Value(-2.7)).data) == (2.0, 3.0, -2.0)
    assert sum([x, y]).data == 9.0
    assert max([y, x]) is x
    z = x
    z += 1
    z *= 2
    assert (z.data, x.data) == (16.0, 7.0)


ALIASES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "rint": "round", "clamp": "clip",
}  # fmt: skip
METHODS = sorted({*PRIMITIVES, *ALIASES} & set(dir(Value)))


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_its_row(name):
    row = PRIMITIVES[ALIASES.get(name, name)]
    rest = [2.0, 3.0][: row.arity - 1]
    x = Value(1.5 if row.name == "acosh" else 0.5)
    out = getattr(x, name)(*rest)
    assert (out.row, out.data) == (row, row(x.data, *rest))
    assert [p.data for p in out.parents] == [x.data, *rest]


@pytest.mark.parametrize("method", [Value.clip, Value.clamp])
def test_one_bound_is_enough(method):
    x = Value(2.0)
    assert [method(x, 3.0).data, method(x, None, 1.0).data, method(x, 2.0).data, method(x).data] == [3.0, 1.0, 2.0, 2.0]
    assert x.clamp(max=1.5).data == x.clip(high=1.5).data == 1.5
    assert gradients(method(x, 2.0), [x]) == gradients(method(x, None, 2.0), [x]) == [1.0]


def test_there_are_the_methods_of_pytorch_that_numpy_calls():
    assert {"exp", "log", "tanh", "relu", "sqrt", "sin", "arctan", "clip", "pow", "maximum"} <= set(METHODS)


# -- comparison is on data, the hash is the identity


@given(st.floats(), st.floats())
def test_values_compare_as_their_data(x, y):
    for a, b in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
        got = [a == b, a != b, a < b, a <= b, a > b, a >= b]
        assert got == [x == y, x != y, x < y, x <= y, x > y, x >= y]
        assert all(type(one) is bool for one in got)
    assert bool(Value(x)) is bool(x)


def test_values_are_keys_by_identity_and_differ_from_what_is_no_number():
    a, b = Value(1.0), Value(1.0)
    assert a == b
    assert len({a, b}) == 2
    assert {a: "found"}[a] == "found"
    assert a != "1"
    assert (a == None) is False  # noqa: E711
    with pytest.raises(TypeError):
        bool(a < "1")


@pytest.mark.parametrize("compare", [op.eq, op.ne, op.lt, op.le, op.gt, op.ge], ids=lambda compare: compare.__name__)
def test_what_has_no_number_yet_is_compared_on_neither_side(compare):
    for x, y in ((traced(0), Value(1.0)), (Value(1.0), traced(0)), (traced(0), 1.0), (1.0, traced(0))):
        with pytest.raises(TracingError, match="it was compared"):
            compare(x, y)


# -- nothing turns into a plain number silently


@pytest.mark.parametrize("convert", [float, math.exp, int, complex])
def test_a_silent_conversion_is_refused(convert):
    with pytest.raises(TypeError) as caught:
        convert(Value(0.5))
    if convert is not complex:  # that message is Python's own
        assert "v.data" in str(caught.value)


def test_inverting_suggests_logical_not():
    with pytest.raises(TypeError, match=r"~ has no meaning for Value\(data=1.0\); use logical_not"):
        ~Value(1.0)


# -- NumPy


def test_arrays_of_values():
    a, b = np.array([Value(1.0), Value(2.0)]), np.array([3.0, 4.0])
    assert [v.data for v in a + b] == [v.data for v in b + a] == [4.0, 6.0]
    assert [v.data for v in a * b] == [v.data for v in b * a] == [3.0, 8.0]
    assert [v.data for v in a / b] == [1 / 3, 0.5]
    assert [v.data for v in 1.0 + a] == [2.0, 3.0]
    assert (a @ b).data == np.dot(a, b).data == np.sum(a * b).data == 11.0
    assert np.dot(a, a).data == 5.0
    assert [(v.op, v.data) for v in np.exp(a)] == [("exp", math.exp(1.0)), ("exp", math.exp(2.0))]


FUNCTIONS = [
    np.exp, np.expm1, np.exp2, np.log, np.log1p, np.log2, np.log10, np.sqrt, np.cbrt, np.square, np.reciprocal, np.sin,
    np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arctanh, np.abs,
    np.negative, np.floor, np.ceil, np.trunc, np.rint, np.conjugate, np.mean, np.std, np.var, np.sum, np.prod, np.max,
    np.cumsum, np.linalg.norm, lambda a: np.arctan2(a, 2.0), lambda a: np.hypot(a, a), lambda a: np.power(a, 3),
    lambda a: np.clip(a, 0.3, 0.7), lambda a: np.maximum(a, 0.5), lambda a: np.einsum("i,i->", a, a), np.arccosh,
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: getattr(f, "__name__", "lambda"))
def test_functions_of_numpy_on_arrays_of_values(f):
    numbers = np.array([0.25, 0.5, 0.75]) + (1.0 if f is np.arccosh else 0.0)
    # where a bound wins, NumPy gives the bound itself, a plain number
    got = np.vectorize(lambda v: v.data if isinstance(v, Value) else v)(f(np.array([Value(x) for x in numbers])))
    assert got == pytest.approx(f(numbers), rel=1e-15)


WITHOUT_MEANING = {"gcd", "lcm"} | {
    name for name in dir(np) if "bitwise" in name or "shift" in name or name == "invert"
}
"""Of whole numbers or bits."""
OBJECT_LOOPS = [
    f for name, f in sorted(vars(np).items())
    if isinstance(f, np.ufunc) and f.signature is None and any("O" in kind for kind in f.types)
    and name not in WITHOUT_MEANING
]  # fmt: skip


def as_numpy(x, like):
    """The number of a result, or its truth: NumPy's `and` and `or` of objects are Python's, which give an operand."""
    number = x.data if isinstance(x, Value) else x
    return float(bool(number) if like.dtype == bool else number)


@pytest.mark.parametrize("f", OBJECT_LOOPS, ids=lambda f: f.__name__)
def test_every_function_of_numpy_with_an_object_loop_works_on_values(f):
    """On arrays and on single Values; where the result is smooth, its gradient is the slope of NumPy's own numbers."""
    far = 1.0 if f is np.arccosh else 0.0
    numbers = [[far + 0.25 + 0.5 * i, far + 0.75 + 0.5 * i] for i in range(f.nin)]
    if f.nin == 1:
        numbers = [[far + 0.25, far + 0.75]]
    want = f(*map(np.array, numbers))
    arrays = [np.array([Value(x) for x in row]) for row in numbers]
    got = f(*arrays)
    assert [as_numpy(x, want) for x in got] == pytest.approx(want.astype(float).tolist(), rel=1e-15)
    singles = [Value(row[0]) for row in numbers]
    one = f(*singles)
    assert as_numpy(one, want) == pytest.approx(float(want[0]), rel=1e-15)
    if isinstance(one, Value) and one.parents:
        h = 1e-6
        for i, slope in enumerate(gradients(one, singles)):
            ends = [float(f(*[row[0] + (s if i == j else 0.0) for j, row in enumerate(numbers)])) for s in (h, -h)]
            assert slope == pytest.approx((ends[0] - ends[1]) / (2.0 * h), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("x", [0.25, -1.5, 7.0])
def test_numpys_sinc(x):
    for v in (Value(x), np.array([Value(x)])):
        (out,) = np.ravel(np.sinc(v))
        assert out.data == pytest.approx(float(np.sinc(x)), rel=1e-14, abs=1e-16)
        assert gradients(out, list(np.ravel(v))) == pytest.approx([ag.grad(ag.sinc)(x)], rel=1e-12)


def test_equal_values_in_lists_and_sets():
    p, q = Value(1.0), Value(1.0)
    assert ([p, q].index(q), [p, q].count(q), 1.0 in [p], Value(1.0) in [p]) == (0, 2, True, True)
    values = [p, q]
    values.remove(q)
    assert values[0] is q
    assert (len({p, q}), {p: 0, q: 1}[q], Value(1.0) in {p}, 1.0 in {p}) == (2, 1, False, False)


def test_a_value_and_an_array_make_an_array_and_a_numpy_scalar_a_value():
    b, v = np.array([3.0, 4.0]), Value(2.0)
    for product in (b * v, v * b):
        assert product.dtype == object
        assert [x.data for x in product] == [6.0, 8.0]
    assert type(np.float64(2.0) * v) is Value
    with pytest.raises(TypeError, match="one real number"):
        Value(b)


# -- micrograd


def test_a_program_of_micrograd_runs():
    x = Value(2.0)
    y = (x * 3.0 + 1.0).relu()
    y.backward()
    assert (y._op, len(y._prev), x._prev, x._op) == ("ReLU", 1, set(), "")
    assert x.grad == 3.0
    x.grad = 0
    x.data += 1
    assert (x.data, x.grad) == (3.0, 0.0)
    assert ag.tanh(x).data == x.tanh().data
