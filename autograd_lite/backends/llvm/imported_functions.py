"""The functions that native code calls: those of the C library, and rows that only Python has."""

from __future__ import annotations

import _thread
import ctypes
import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from autograd_lite.core.primitives import Primitive

PROBES = (0.1, 0.3, 0.7, 0.95, -0.2, -0.6, -0.99, 1.1, 1.9, 2.6, 7.3, 33.1, 250.7, -5.3, -41.9, 3e5, 1e-9, 2e-310)


class ImportedFunctions:
    """The addresses of rows on floats, and what has to live as long as they do."""

    def __init__(self, rows: Mapping[str, tuple[Primitive, int]]) -> None:
        self.callbacks: list[object] = []
        self.failures: list[BaseException] = []  # of functions that are called back
        self.addresses = {name: self._address(row, operands) for name, (row, operands) in rows.items()}

    def _address(self, row: Primitive, operands: int) -> int:
        """The address of a row's function: the C library's, else one that calls Python."""
        function = library_function(row)
        if function is None:
            function = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * operands)(
                guarded(row.ieee_value, self.failures)
            )
            self.callbacks.append(function)
        return ctypes.cast(function, ctypes.c_void_p).value or 0


@cache
def library_function(row: Primitive) -> Any:
    """The function of the C library that has the bits of a row; None if there is none."""
    if not row.libm:
        return None
    try:
        function = getattr(ctypes.CDLL(None), row.libm)
    except (AttributeError, OSError, TypeError):
        return None
    operands = row.arity or 0
    function.argtypes = [ctypes.c_double] * operands
    function.restype = ctypes.c_double
    points = [(x,) for x in PROBES] if operands == 1 else [(x, y) for x in PROBES for y in PROBES if y != 2.0]
    same = all(repr(function(*point)) == repr(float(row.ieee_value(*point))) for point in points)
    return function if same else None


def guarded(function: Callable[..., float], failures: list[BaseException]) -> Callable[..., float]:
    """A function for native code to call, through which no exception can pass: it is kept, and nan returned."""

    def call(*operands: float) -> float:
        try:
            return function(*operands)
        except KeyboardInterrupt:
            _thread.interrupt_main()  # raises it again outside of native code
        except BaseException as error:
            failures.append(error)
        return math.nan

    return call
