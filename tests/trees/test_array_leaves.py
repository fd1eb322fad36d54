"""One answer to what counts as a number: eager, compiled, in models and in checks, wherever in a nest it is."""

import math
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, grad, jvp, nn, sin
from autograd_lite.core.operands import number
from autograd_lite.testing import gradcheck
from autograd_lite.trees import is_foreign_array
from autograd_lite.trees.array_leaves import check_real, is_real


class Dtype:
    """A dtype without `kind`, as PyTorch's: it has its name as text."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


class Foreign:
    """The protocol of an array of another library, over one of NumPy."""

    def __init__(self, content, dtype=None):
        self.content = np.asarray(content)
        self.dtype = dtype or self.content.dtype
        self.shape, self.ndim = self.content.shape, self.content.ndim

    def __array__(self, dtype=None, copy=None):
        return self.content if dtype is None else self.content.astype(dtype)


UNITS = st.sampled_from(["D", "s", "ns"])
DURATIONS = st.builds(np.timedelta64, st.integers(-9, 9), UNITS) | st.builds(np.timedelta64, st.integers(-9, 9))
DATES = st.builds(np.datetime64, st.integers(-9, 9), UNITS)
COMPLEX = st.complex_numbers(max_magnitude=9.0)
NO_NUMBERS = (
    COMPLEX | COMPLEX.map(np.complex128) | COMPLEX.map(np.complex64)
    | DATES | DURATIONS | st.sampled_from([b"3", np.bytes_(b"3"), np.void(b"3"), object(), {1.0}, range(3)])
)  # fmt: skip
ARRAYS_OF_NO_NUMBERS = (
    st.lists(COMPLEX, min_size=1).map(np.array)
    | st.lists(DATES, min_size=1).map(np.array)
    | st.lists(DURATIONS, min_size=1).map(np.array)
    | st.sampled_from([np.array(["3"]), np.array(3j), np.array([(1, 2.0)], dtype=[("a", int), ("b", float)])])
    | st.builds(lambda x, y: np.array([y, x, None], dtype=object)[:2], NO_NUMBERS, st.floats(-9, 9))
    | st.just(np.ma.array([1.0, 2.0], mask=[False, True]))
    | st.just(np.ma.masked)
)
FOREIGN = [
    Foreign([1j]), Foreign(["3"]), Foreign([1], np.dtype("M8[ns]")), Foreign([1.0, None]),
    Foreign([1j], Dtype("torch.complex64")), Foreign([1], Dtype("torch.qint8")), Foreign([1], Dtype("fake.datetime")),
]  # fmt: skip
REAL = (
    st.floats(-1e3, 1e3) | st.floats(-1e3, 1e3).map(np.float64) | st.integers(-99, 99) | st.booleans()
    | st.integers(-99, 99).map(np.int32) | st.booleans().map(np.bool_) | st.floats(-9, 9, width=16).map(np.float16)
    | st.fractions(-9, 9) | st.floats(-9, 9).map(np.longdouble)
)  # fmt: skip

AROUND = [lambda x: x, lambda x: [x], lambda x: (1.0, [x]), lambda x: {"a": x}, lambda x: [[1.0], [x]], lambda x: [[x]]]
NESTED = st.sampled_from(AROUND)


class Line(nn.Module):
    def __init__(self):
        self.slope = Value(1.0)

    def forward(self, x):
        return self.slope * x[0]


def first(x):
    """Some result that depends on nothing in the argument."""
    return Value(1.0) * 2.0


TAKERS = {
    "compile": lambda x: compile(first, backend="python")(x),
    "compile by numpy": lambda x: compile(first, backend="numpy")(x),
    "grad": lambda x: grad(first)(x),
    "jvp": lambda x: jvp(first, (x,), (x,)),
    "gradcheck": lambda x: gradcheck(first, [x]),
}


@pytest.mark.thorough
@pytest.mark.parametrize("taker", TAKERS)
@given(x=NO_NUMBERS | ARRAYS_OF_NO_NUMBERS, around=NESTED)
def test_what_is_no_number_is_refused_everywhere(taker, x, around):
    with pytest.raises(TypeError, match=r"; (?!$)"):  # with what to do
        TAKERS[taker](around(x))


@pytest.mark.parametrize("array", FOREIGN, ids=lambda x: repr(x.dtype))
@pytest.mark.parametrize("around", AROUND)
def test_arrays_of_other_libraries_are_refused_by_their_dtype(array, around):
    for taker in TAKERS.values():
        with pytest.raises(TypeError):
            taker(around(array))
    with pytest.raises(TypeError, match="no real numbers"):
        check_real(array, "argument x")


@given(NO_NUMBERS)
def test_what_is_no_number_is_refused_one_by_one(x):
    assert number(x) is None
    assert not is_foreign_array(x)
    for refuse in (
        lambda: Value(x), lambda: sin(x), lambda: setattr(Value(1.0), "data", x), lambda: Value(1.0).backward(x),
        lambda: Line().load_state_dict({"slope": x}), lambda: nn.fit(Line(), [[x]], [1.0], epochs=1, progress=False),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            refuse()


OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod, operator.floordiv,
    divmod, operator.lt, operator.le, operator.gt, operator.ge,
]  # fmt: skip


@given(x=NO_NUMBERS, apply=st.sampled_from(OPERATORS))
def test_operators_refuse_what_is_no_number_on_either_side(x, apply):
    for pair in ((Value(2.0), x), (x, Value(2.0))):
        with pytest.raises(TypeError):
            apply(*pair)


@given(ARRAYS_OF_NO_NUMBERS)
def test_models_refuse_arrays_of_no_numbers(x):
    with pytest.raises(TypeError):
        nn.fit(Line(), [[x]] if x.ndim == 0 else [x], [1.0], epochs=1, progress=False)


@given(x=REAL, around=NESTED)
def test_real_numbers_of_all_kinds_are_the_same_number_everywhere(x, around):
    assert number(x) == Value(x).data == float(x)
    as_float = around(float(x))
    for backend in ("python", "numpy"):
        taken = compile(lambda y: y, backend=backend)(around(x))
        assert taken == as_float or (math.isnan(float(x)) and str(taken) == str(as_float))
    assert (Value(2.0) * x).data == (x * Value(2.0)).data == 2.0 * float(x)


@pytest.mark.parametrize(
    "name", ["bool", "int8", "uint64", "float16", "float32", "bfloat16", "float8_e4m3fn", "double"]
)
def test_the_dtypes_of_real_numbers(name):
    assert is_real(Dtype(name))
    assert is_real(Dtype(f"torch.{name}"))


@pytest.mark.parametrize(
    "name", ["complex64", "interval", "qint8", "str", "object", "datetime64", "timedelta64", "void"]
)
def test_the_dtypes_of_anything_else(name):
    assert not is_real(Dtype(f"library.{name}"))


def test_subclasses_of_arrays_are_arrays():
    assert grad(lambda m: m[0, 0] * m[0, 1])(np.matrix([[2.0, 3.0]])).tolist() == [[3.0, 2.0]]
    unmasked = np.ma.array([2.0, 3.0])
    assert grad(lambda x: x[0] * x[1])(unmasked).tolist() == [3.0, 2.0]
    assert compile(lambda x: x[0] * x[1])(unmasked) == 6.0


def test_arrays_of_objects_that_are_numbers_are_numbers():
    mixed = np.array([Fraction(1, 2), 3, 2.5, True], dtype=object)
    assert compile(lambda x: x * 2, backend="python")(mixed).tolist() == [1.0, 6.0, 5.0, 2.0]


@pytest.mark.parametrize(
    "store",
    [
        lambda v: np.zeros(3).__setitem__(0, v),
        lambda v: np.zeros(3).__setitem__(slice(None), [v, v, v]),
        lambda v: np.array([v], dtype=float),
        lambda v: np.zeros(3, dtype=int).__setitem__(0, v),
    ],
)
def test_a_value_for_an_array_of_numbers_is_sent_to_an_array_of_objects(store):
    with pytest.raises(TypeError, match="dtype=object"):
        store(Value(1.0))
