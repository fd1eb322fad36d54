"""The rows on arrays: NumPy's bits and bounds as stated, the other libraries within theirs, refusals by name."""

import math
import random
import sys

import numpy as np
import pytest

from autograd_lite.backends.arrays import ArrayCode
from autograd_lite.core.primitives import PRIMITIVES, Primitive
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.program import Program
from autograd_lite.testing.domains import intervals
from autograd_lite.testing.precision import float_at, position

SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, 1e-300, 5e-324, -5e-324, 1e300, -1e300, 709.5,
    -745.3, math.inf, -math.inf, math.nan, 1e16, 0.1, -0.7,
]  # fmt: skip
SCIPY = {"erfc", "gelu", "gamma", "lgamma", "digamma", "trigamma", "polygamma", "gammainc", "gammaincc", "betaln"}
ROWS = {name: row for name, row in PRIMITIVES.items() if name not in ("identity", "cond")}
EXACT = {
    "add", "sub", "mul", "div", "neg", "mod", "floor_divide", "fmod", "square", "reciprocal", "abs", "sign", "floor",
    "ceil", "round", "trunc", "copysign", "maximum", "minimum", "clip", "relu", "less", "less_equal", "equal",
    "logical_and", "logical_or", "logical_not", "where", "sqrt", "sum", "prod", "mean", "max", "min", "dot",
}  # fmt: skip


def program_of(row):
    width = row.arity or 4
    return Program([Argument("x", width, True)], [Instruction(row, tuple(range(width)))], [Result((width,), True)])


def operands(row, n, special):
    """n samples of operands over the domain, half of them everyday ones, then `special` samples of special ones."""
    rng = random.Random(row.name)

    def draw(low, high):
        near, far = max(low, -20.0), min(high, 20.0)
        if near < far and rng.random() < 0.5:
            return rng.uniform(near, far)
        return float_at(rng.randint(position(low), position(high)))

    width = row.arity or 4
    columns = [[draw(*interval) for _ in range(n)] for interval in intervals(row, width)]
    if row.name == "polygamma":
        columns[0] = [float(rng.randint(0, 4)) for _ in range(n)]
    for column in columns:
        column += [rng.choice(SPECIAL) for _ in range(special)]
    return np.array(columns).T


def near(name, got, want, library="numpy"):
    """Whether a function of SciPy is as near as stated; at zeros of some no relative bound holds."""
    size = max(abs(want), 1.0 if name in ("lgamma", "digamma", "betaln") else 1e-290)
    bound = 1e-8 if library == "torch" and name in ("gammainc", "gammaincc") else 1e-12
    return distance(got, want) == 0 or abs(got - want) <= bound * size


def distance(got, want):
    """How many floats lie between; infinite where one is nan, infinite or of another sign of zero alone."""
    if got == want:
        return 0 if math.copysign(1.0, got) == math.copysign(1.0, want) else math.inf
    if got != got and want != want:
        return 0
    return abs(position(got) - position(want)) if math.isfinite(got) and math.isfinite(want) else math.inf


@pytest.mark.thorough
@pytest.mark.parametrize("name", ROWS)
def test_numpy_keeps_the_bits_or_four_ulps(name):
    row = ROWS[name]
    if name in SCIPY | {"erf"}:
        pytest.importorskip("scipy")
    data = operands(row, 1500, 0 if name in SCIPY - {"gelu"} else 500)
    (found,) = ArrayCode(program_of(row))([data], len(data))
    bound = 0 if name in EXACT else 4
    for xs, got in zip(data.tolist(), found[:, 0].tolist(), strict=True):
        want = row.ieee_value(*xs)
        if name in SCIPY:  # lgamma and digamma have zeros, where no relative bound holds
            assert near(name, got, want), (xs, want, got)
        else:
            assert distance(got, want) <= bound, (xs, want, got)


def test_the_exact_rows_are_not_all_rows():
    assert ROWS.keys() > EXACT
    assert not EXACT & SCIPY


class Libraries:
    """How arrays go into a library and come back."""

    @staticmethod
    def torch(x):
        return pytest.importorskip("torch").tensor(x), lambda y: y.numpy()

    @staticmethod
    def dask(x):
        return pytest.importorskip("dask.array").from_array(x, chunks=700), lambda y: y.compute()


REFUSED = {"torch": {"cbrt", "polygamma"}, "dask": {"polygamma"}}


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of dask's workers: what a program does about inf and nan
@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("library", ["torch", "dask"])
def test_other_libraries_compute_the_rows_or_refuse_them_by_name(library, name):
    pytest.importorskip("array_api_compat")
    row = ROWS[name]
    data = operands(row, 700, 0 if name in SCIPY | {"mod", "fmod"} else 300)
    if name in ("mod", "fmod"):  # PyTorch has nan where the quotient overflows
        data = data[np.abs(data[:, 0]) < 2.0**50 * np.abs(data[:, 1])]
    if (library, name) == ("torch", "xlog1py"):
        data = data[(data[:, 1] == 0.0) | ~(np.abs(data[:, 1]) < 2.0**-1022)]
    x, back = getattr(Libraries, library)(data)
    if name in REFUSED[library]:
        with pytest.raises(NotImplementedError, match=rf"{library} has no function for {name}; .* back end"):
            ArrayCode(program_of(row))([x], len(data))
        return
    (found,) = ArrayCode(program_of(row))([x], len(data))
    assert type(found) is type(x)
    for xs, got in zip(data.tolist(), back(found)[:, 0].tolist(), strict=True):
        want = row.ieee_value(*xs)
        if name in SCIPY:
            assert near(name, got, want, library), (xs, want, got)
        else:
            assert distance(got, want) <= (0 if name in EXACT - {"sqrt"} else 4), (xs, want, got)


def test_a_library_without_array_api_compat_is_told_what_to_install(monkeypatch):
    torch = pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, "array_api_compat", None)
    with pytest.raises(ImportError, match=r'torch needs array-api-compat.*pip install "autograd_lite\[arrays\]"'):
        ArrayCode(program_of(ROWS["add"]))([torch.ones(3, 2)], 3)


def test_a_row_of_scipy_without_scipy_is_refused_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(ImportError, match=r'erf on arrays of numpy needs scipy.special.*"python"'):
        ArrayCode(program_of(ROWS["erf"]))([np.ones((3, 1))], 3)


def test_a_row_without_a_function_for_arrays_is_refused_by_name():
    row = Primitive("unheard_of", 1, math.sqrt, (1.0,))
    with pytest.raises(NotImplementedError, match=r"numpy has no function for unheard_of; .* column array or lowering"):
        ArrayCode(program_of(row))([np.ones((3, 1))], 3)


def test_the_logarithm_of_gamma_at_the_smallest_numbers():
    pytest.importorskip("scipy")  # its own is infinite there
    xs = [5e-324, -5e-324, 1e-310, 2.0**-1022, 1e-301, 0.0]
    (found,) = ArrayCode(program_of(ROWS["lgamma"]))([np.array(xs).reshape(-1, 1)], len(xs))
    assert found[:, 0].tolist() == pytest.approx([*map(math.lgamma, xs[:-1]), math.inf], rel=1e-15)
