"""Choosing a back end, and what is said when one is missing or unknown."""

import importlib.util

import numpy as np
import pytest

from autograd_lite import compile, vmap
from autograd_lite.support.extras import NAMES


def square(x):
    return x * x


@pytest.fixture
def without(monkeypatch):
    """A function that makes libraries seem not to be installed."""

    def hide(*names):
        found = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else found(name))

    return hide


def test_an_unknown_back_end_is_refused_before_anything_is_traced():
    for wrong in ("fortran", "", None, 3):
        with pytest.raises(ValueError, match=r"there is no back end .*; choose 'auto', 'python', 'numpy', 'llvm'"):
            compile(square, backend=wrong)
        with pytest.raises(ValueError, match="no back end"):
            compile(backend=wrong)


@pytest.mark.parametrize(("backend", "library"), [("llvm", "llvmlite"), ("llvm", "numpy"), ("numpy", "numpy")])
def test_a_missing_library_is_named_with_the_command(without, backend, library):
    if (backend, library) == ("llvm", "numpy"):
        pytest.importorskip("llvmlite")  # which would be missed first
    without(library)
    called = NAMES.get(library, library)
    with pytest.raises(ImportError, match=rf'back end "{backend}" needs {called}.*pip install "autograd_lite\[jit\]"'):
        compile(square, backend=backend)(2.0)


def test_auto_takes_native_code_where_it_can(without):
    pytest.importorskip("llvmlite")
    assert compile(square).why(2.0) == "llvm: llvmlite is installed, and native code is the fastest"


def test_auto_takes_numpy_for_many_samples_and_python_for_the_rest(without):
    without("llvmlite")
    assert compile(square).why(2.0) == "python: llvmlite is not installed, and there is no batch for NumPy to carry"
    few = "python: llvmlite is not installed, and Python carries fewer than 32 samples faster than NumPy"
    many = "numpy: llvmlite is not installed, and NumPy carries 32 samples and more faster than Python"
    mapped, inner = compile(vmap(square)), compile(lambda x: vmap(square, reduce="sum")(x))
    for f in (mapped, inner):
        assert [f.why(np.ones(n)) for n in (0, 1, 31, 32, 1000)] == [few, few, few, many, many]
        assert [f.why([1.0] * n) for n in (31, 32)] == [few, many]
    assert [type(mapped(np.ones(n))) for n in (31, 32)] == [np.ndarray, np.ndarray]
    assert [type(mapped([1.0] * n)) for n in (31, 32)] == [list, list]
    assert [inner(np.ones(n)) for n in (31, 32)] == [31.0, 32.0]
    program = mapped.trace(np.ones(3))
    for n in (31, 32):
        np.testing.assert_array_equal(program(np.arange(n)), np.arange(n) ** 2.0)
    without("llvmlite", "numpy")
    assert compile(vmap(square)).why([1.0] * 32).startswith("python: ")


def test_what_was_asked_for_is_taken():
    assert compile(square, backend="python").why(2.0) == "python: it was asked for"


def test_arrays_of_another_library_stay_with_it():
    torch = pytest.importorskip("torch")
    dask = pytest.importorskip("dask.array")
    with pytest.raises(TypeError, match='the back end "python" computes on NumPy arrays, but got an array of torch'):
        compile(square, backend="python")(torch.ones(2))
    with pytest.raises(TypeError, match="the arguments are arrays of dask and of torch; pass those of one library"):
        compile(lambda x, y: x[0] * y[0])(torch.ones(2), dask.ones(2))


def test_every_back_end_shows_its_code():
    program = compile(square, backend="python").trace(2.0)
    assert "v1 = v0 * v0" in program.source("python")
    assert "v1 = v0 * v0" in program.source("numpy")
    assert program.source() == program.source("python")
    with pytest.raises(ValueError, match=r"there is no back end 'd'; choose 'python', .*'c'"):
        program.source("d")


def test_llvm_shows_its_code():
    pytest.importorskip("llvmlite")
    assert "fmul" in compile(square, backend="python").trace(2.0).source("llvm")
