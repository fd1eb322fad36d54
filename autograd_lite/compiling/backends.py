"""The back ends by name, and how `auto` picks one."""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from autograd_lite.compiling.arguments import Pieces, is_foreign_array
from autograd_lite.compiling.python import PythonCode
from autograd_lite.program import Program

Code = Callable[[list[Any], int], list[Any]]


def python(program: Program, fastmath: bool) -> Code:
    return PythonCode(program)


def numpy(program: Program, fastmath: bool) -> Code:
    require("numpy", "numpy")
    return importlib.import_module("autograd_lite.compiling.arrays").ArrayCode(program)  # type: ignore[no-any-return]


def llvm(program: Program, fastmath: bool) -> Code:
    require("llvmlite", "llvm")
    module = importlib.import_module("autograd_lite.compiling.llvm")
    return module.compile_llvm(program.lowered(), fastmath)  # type: ignore[no-any-return]


BACKENDS: dict[str, Callable[[Program, bool], Code]] = {"python": python, "numpy": numpy, "llvm": llvm}


def available(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


def require(library: str, backend: str) -> None:
    if not available(library):
        raise ImportError(
            f'the back end "{backend}" needs {library}, which is not installed; '
            f'run: pip install "autograd_lite[jit]"'
        )


def chosen(backend: str, program: Program, pieces: Pieces) -> tuple[str, str]:
    """The name of the back end for a program, and why."""
    if any(is_foreign_array(x) for x in pieces.data):
        if backend not in ("auto", "numpy"):
            raise TypeError(
                f'the back end "{backend}" computes on NumPy arrays, but got an array of another library; choose '
                f'"numpy", which computes with the library of the arrays'
            )
        return "numpy", "the arguments are arrays of another library, which computes on them itself"
    if backend != "auto":
        return backend, "it was asked for"
    if available("llvmlite"):
        return "llvm", "llvmlite is installed, and native code is the fastest"
    if any(a.batched for a in program.arguments) and available("numpy"):
        return "numpy", "llvmlite is not installed, and NumPy carries a batch faster than Python"
    return "python", "llvmlite is not installed, and there is no batch for NumPy to carry"
