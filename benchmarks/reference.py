"""The machine's limit: `reference.c`, compiled with the compiler of this machine, where it has one."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.harness import Missing

FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")


def compiled(p: np.ndarray, X: np.ndarray, y: np.ndarray, alpha: float) -> Callable[[], tuple[float, np.ndarray]]:
    """A call of the hand-written moons pass on these arrays, which returns the loss and the gradient."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise Missing("no C compiler is on the path")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "reference.so"
        source = Path(__file__).with_name("reference.c")
        done = subprocess.run([compiler, *FLAGS, str(source), "-o", str(library)], capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"{compiler} does not compile reference.c: {done.stderr.strip().splitlines()[-1]}")
        function = ctypes.CDLL(str(library)).moons
    function.restype = ctypes.c_double
    gradient = np.empty_like(p)
    arrays = (p, X, y, gradient)
    p_, X_, y_, gradient_ = (ctypes.c_void_p(array.ctypes.data) for array in arrays)
    arguments = (p_, X_, y_, ctypes.c_long(len(y)), ctypes.c_double(alpha), gradient_)

    def one_pass(
        keep: object = arrays,
    ) -> tuple[float, np.ndarray]:  # an address does not keep its array alive
        return function(*arguments), gradient

    return one_pass
