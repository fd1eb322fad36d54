"""The back ends by name, and how `auto` picks one."""

import importlib
import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from autograd_lite.backends.float32 import check_float32
from autograd_lite.backends.python import PythonCode
from autograd_lite.core.primitives import INTERNAL
from autograd_lite.program.arguments import library_of
from autograd_lite.program.lazy_branches import with_lazy_branches
from autograd_lite.program.program import Program
from autograd_lite.program.rolling import rolled
from autograd_lite.support.collecting import NoCollecting
from autograd_lite.support.extras import missing
from autograd_lite.support.forking import IMPORTS
from autograd_lite.trees import is_foreign_array

MANY = 32
"""Samples from which on NumPy computes a batch faster than Python, about."""


class Code(Protocol):
    """Code of a program: called with its arguments and the number of samples.

    An argument is a float64 array of any shape with its numbers in order, or a list of them (of lists, if batched).
    Results are flat, of shape (samples, size) if batched.
    """

    source: str

    def __call__(self, arguments: list[Any], samples: int, /) -> list[Any]: ...


def python(program: Program, fastmath: bool) -> Code:
    return PythonCode(with_lazy_branches(rolled(program)))


def numpy(program: Program, fastmath: bool) -> Code:
    return module("arrays", "numpy", "numpy").ArrayCode(program.unrolled())  # type: ignore[no-any-return]


def llvm(program: Program, fastmath: bool, threads: bool = True, dtype: str = "float64") -> Code:
    back_end = module("llvm", "llvm", "llvmlite", "numpy")
    return back_end.compile_llvm(program, fastmath, threads, dtype)  # type: ignore[no-any-return]


def javascript(program: Program, fastmath: bool) -> Code:
    return module("languages.node", "javascript", "numpy").JavaScriptCode(rolled(program))  # type: ignore[no-any-return]


BACKENDS: dict[str, Callable[[Program, bool], Code]] = {
    "python": python, "numpy": numpy, "llvm": llvm, "javascript": javascript,
}  # fmt: skip


def code_of(backend: str, program: Program, fastmath: bool, library: str, dtype: str = "float64") -> Code:
    """The code of a back end on arrays of NumPy, or of another library that it was made for."""
    if dtype == "float32":
        check_float32(program, backend, library)
    made: Callable[[Program, bool], Code] = BACKENDS[backend] if dtype == "float64" else partial(llvm, dtype=dtype)
    if backend == "llvm" and library:
        made = module("dask_blocks", "llvm", "llvmlite", "numpy").BlockCode
    with NoCollecting():
        return made(program, fastmath)


def checked(backend: str, *known: str) -> str:
    if backend not in known:
        raise ValueError(f"there is no back end {backend!r}; choose {', '.join(map(repr, known))}")
    return backend


def available(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


def module(name: str, backend: str, *libraries: str) -> Any:
    """A module of this package that needs libraries, imported at first use."""
    for library in libraries:
        if not available(library):
            raise missing(library, f'the back end "{backend}"', "jit")
    with IMPORTS:
        return importlib.import_module(f"autograd_lite.backends.{name}")


def why_no_blocks(program: Program, data: list[Any]) -> str:
    """Why native code cannot compute the blocks of Dask arrays; empty where it can."""
    if not (available("llvmlite") and available("numpy")):
        return "llvmlite is not installed"
    kinds = {library_of(x._meta) for x in data if is_foreign_array(x)} - {"numpy"}
    if kinds:
        return f"its blocks are arrays of {min(kinds)}"
    back_end = module("dask_blocks", "llvm", "llvmlite", "numpy")
    rows: set[str] = back_end.strangers(back_end.portable(program))
    return f"other processes do not have {min(rows)}, a row or rule of yours without a lowering" if rows else ""


def chosen_backend(backend: str, program: Program, data: list[Any], samples: int) -> tuple[str, str]:
    """The name of the back end for a program and its data, and why."""
    libraries = {library_of(x) for x in data if is_foreign_array(x)}
    if len(libraries) > 1:
        raise TypeError(f"the arguments are arrays of {' and of '.join(sorted(libraries))}; pass those of one library")
    for library in libraries:
        blocks = library == "dask" and backend in ("auto", "llvm")
        reason = why_no_blocks(program, data) if blocks else ""
        if blocks and not reason:
            return "llvm", "the arguments are arrays of dask, whose blocks native code computes"
        if backend not in ("auto", "numpy"):
            raise TypeError(
                f'the back end "{backend}" computes on NumPy arrays, but got an array of {library}'
                f'{reason and f", and {reason}"}; choose "numpy", which computes with the library of the arrays'
            )
        return "numpy", f"the arguments are arrays of {library}, which computes on them itself"
    if backend != "auto":
        return backend, "it was asked for"
    if available("llvmlite") and available("numpy"):
        return "llvm", "llvmlite is installed, and native code is the fastest"
    if not available("numpy") or not any(a.batched for a in program.arguments):
        return "python", "llvmlite is not installed, and there is no batch for NumPy to carry"
    rows = {row for row, _, _ in program.lowered().instructions if INTERNAL.get(row.name) is not row}
    if not all(row.array or row.python or row.fold for row in rows):
        return "python", "llvmlite is not installed, and a row of the program has no function on arrays"
    if samples < MANY:
        return "python", f"llvmlite is not installed, and Python carries fewer than {MANY} samples faster than NumPy"
    return "numpy", f"llvmlite is not installed, and NumPy carries {MANY} samples and more faster than Python"
