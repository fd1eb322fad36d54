"""What the rows of a program mean on arrays.

Below `arrays`.  On NumPy's arrays, arithmetic, square roots, choices and roundings have the bits of the eager engine.
exp, tanh and the like are the library's own functions: within 4 ulps of `math`, with its infinities and nans.  Those
of SciPy (erfc, gamma, lgamma, digamma, polygamma) are as near as SciPy is: a relative 1e-12 away from zeros and poles,
at poles its own convention, 0 for an erfc below 2^-1022.  Other libraries keep what their own functions keep;
PyTorch's sqrt is an ulp off at times.  Rows that neither the array standard nor the library nor SciPy has are refused
by name.
"""

import functools
import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from autograd_lite.support.extras import required
from autograd_lite.trees import is_foreign_array

UNARY = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "exp", "expm1", "floor",
    "log", "log10", "log1p", "log2", "round", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
]  # fmt: skip
"""Rows that the array standard has under the same name."""

ELSEWHERE = {
    "numpy": {
        "cbrt": "numpy.cbrt", "exp2": "numpy.exp2", "fmod": "numpy.fmod", "erf": "scipy.special.erf",
        "erfc": "scipy.special.erfc", "gamma": "scipy.special.gamma", "lgamma": "scipy.special.gammaln",
        "digamma": "scipy.special.digamma", "polygamma": "scipy.special.polygamma",
    },
    "torch": {
        "exp2": "torch.exp2", "fmod": "torch.fmod", "erf": "torch.special.erf", "erfc": "torch.special.erfc",
        "lgamma": "torch.special.gammaln", "digamma": "torch.special.digamma",
    },
    "jax": {
        "cbrt": "jax.numpy.cbrt", "exp2": "jax.numpy.exp2", "fmod": "jax.numpy.fmod",
        "erf": "jax.scipy.special.erf", "erfc": "jax.scipy.special.erfc", "gamma": "jax.scipy.special.gamma",
        "lgamma": "jax.scipy.special.gammaln", "digamma": "jax.scipy.special.digamma",
        "polygamma": "jax.scipy.special.polygamma",
    },
    "cupy": {
        "cbrt": "cupy.cbrt", "exp2": "cupy.exp2", "fmod": "cupy.fmod", "erf": "cupyx.scipy.special.erf",
        "erfc": "cupyx.scipy.special.erfc", "gamma": "cupyx.scipy.special.gamma",
        "lgamma": "cupyx.scipy.special.gammaln", "digamma": "cupyx.scipy.special.digamma",
        "polygamma": "cupyx.scipy.special.polygamma",
    },
    "dask": {
        "cbrt": "dask.array.cbrt", "exp2": "dask.array.exp2", "fmod": "dask.array.fmod", "erf": "scipy.special.erf",
        "erfc": "scipy.special.erfc", "gamma": "scipy.special.gamma", "lgamma": "scipy.special.gammaln",
        "digamma": "scipy.special.digamma",
    },
}  # fmt: skip
"""Where the libraries keep other rows."""

WRITTEN = frozenset({"constant", "batch_size", "batch_sum", "sum", "dot", "prod"})
"""Rows that the text of a program says without naming a function."""


class Library:
    """The functions of the array standard for the arrays of one library, and arrays taken apart and joined."""

    def __init__(self, name: str, example: Any) -> None:
        self.name = name
        self.example = example
        self.xp = numpy if name == "numpy" else self.standard()

    def standard(self) -> Any:
        compat = required("array_api_compat", f"the back end on arrays of {self.name}", "arrays")
        return compat.array_namespace(self.example)

    def array(self, x: Any) -> Any:
        """x as an array of float64; a number becomes one of no dimensions."""
        if self.name == "numpy":
            return numpy.asarray(x, dtype=numpy.float64)
        if is_foreign_array(x):
            return x if x.dtype == self.xp.float64 else self.xp.astype(x, self.xp.float64)
        device = {"device": self.example.device} if self.name in ("torch", "cupy") else {}
        return self.xp.asarray(x, dtype=self.xp.float64, **device)

    def columns(self, x: Any, batched: bool) -> list[Any]:
        """The numbers of an argument, each an array over the samples if batched."""
        x = self.array(x)
        if not batched:
            x = self.xp.reshape(x, (-1,))
            return [x[i] for i in range(x.shape[0])]
        x = self.xp.reshape(x, (x.shape[0], -1))
        return [x[:, i] for i in range(x.shape[1])]

    def joined(self, values: Sequence[Any], samples: int | None) -> Any:
        """A result from its numbers, each of so many samples if it is batched."""
        columns = [self.array(x) for x in values]
        if samples is not None:
            columns = [self.xp.broadcast_to(x, (samples,)) for x in columns]
        return self.xp.stack(columns, axis=-1)


def meaning(library: Library, rows: set[str]) -> dict[str, Any]:
    """What the names in the text of a program with these rows mean on the arrays of a library."""
    known = {**composed(library), **named(library, rows)}
    known["float"] = lambda n: library.array(float(n))
    missing = sorted(rows - known.keys() - WRITTEN)
    if missing:
        raise NotImplementedError(
            f"{library.name} has no function for {', '.join(missing)}; convert the arrays to NumPy's, or compute with "
            f'the back end "llvm" or "python"'
        )
    return known


def named(library: Library, rows: set[str]) -> dict[str, Any]:
    """The rows that are functions of the standard, of the library, or of what belongs to it."""
    known: dict[str, Any] = {name: getattr(library.xp, name) for name in UNARY if hasattr(library.xp, name)}
    for name in ("atan2", "hypot"):
        if hasattr(library.xp, name):
            known[name] = of_arrays(library, getattr(library.xp, name))
    places = ELSEWHERE.get(library.name, {})
    for name in rows & places.keys() | ({"polygamma"} & places.keys() if "trigamma" in rows else set()):
        module, _, function = places[name].rpartition(".")
        try:
            found = getattr(importlib.import_module(module), function)
        except ImportError:
            raise ImportError(
                f"{name} on arrays of {library.name} needs {module}, which is not installed; install it, or choose "
                f'the back end "python"'
            ) from None
        known[name] = of_arrays(library, found)
    if "polygamma" in known:
        known["trigamma"] = functools.partial(known["polygamma"], 1.0)
    if "hypot" in known:  # infinite beside nan in the libraries
        x_or_y, xp = known["hypot"], library.xp
        known["hypot"] = of_arrays(library, lambda x, y: xp.where((x != x) | (y != y), x + y, x_or_y(x, y)))
    if "lgamma" in known:  # infinite at subnormal numbers in SciPy
        elsewhere, zero, xp = known["lgamma"], 2.0**-1000, library.xp
        known["lgamma"] = of_arrays(library, lambda x: xp.where(xp.abs(x) < zero, -xp.log(xp.abs(x)), elsewhere(x)))
    return known


def of_arrays(library: Library, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function on operands that may be numbers."""
    return lambda *operands: function(*map(library.array, operands))


def composed(library: Library) -> dict[str, Any]:
    """The rows that are comparisons and choices, with the bits of the table."""
    xp, array = library.xp, library.array

    def power(x: Any, y: Any) -> Any:
        result = xp.where(y == 2.0, x * x, x**y)
        return xp.where((x != x) | (y != y), math.nan, result)

    def maximum(x: Any, y: Any) -> Any:
        return xp.where((y > x) | (y != y), y, x)

    def minimum(x: Any, y: Any) -> Any:
        return xp.where((y < x) | (y != y), y, x)

    def sign(x: Any) -> Any:
        return xp.where(x > 0.0, array(1.0), xp.where(x < 0.0, array(-1.0), xp.where(x != x, x, array(0.0))))

    def copysign(x: Any, y: Any) -> Any:
        negative = (y < 0.0) | ((y == 0.0) & (1.0 / y < 0.0))
        size = xp.abs(x)
        return xp.where(y != y, y, xp.where(negative, -size, size))

    def mod(x: Any, y: Any) -> Any:
        result = xp.remainder(x, y)
        return xp.where(result == 0.0, copysign(array(0.0), y), result)  # Python's zero has the sign of y

    rows: dict[str, Callable[..., Any]] = {
        "where": lambda condition, a, b: xp.where(condition != 0.0, a, b),
        "less": lambda x, y: array(x < y),
        "less_equal": lambda x, y: array(x <= y),
        "equal": lambda x, y: array(x == y),
        "logical_and": lambda x, y: array((x != 0.0) & (y != 0.0)),
        "logical_or": lambda x, y: array((x != 0.0) | (y != 0.0)),
        "logical_not": lambda x: array(x == 0.0),
        "pow": power,
        "mod": mod,
        "floor_divide": xp.floor_divide,
        "maximum": maximum,
        "minimum": minimum,
        "relu": lambda x: xp.where((x > 0.0) | (x != x), x, array(0.0)),
        "sign": sign,
        "copysign": copysign,
    }
    result: dict[str, Any] = {name: of_arrays(library, function) for name, function in rows.items()}
    result["max"] = lambda operands: functools.reduce(result["maximum"], operands)
    result["min"] = lambda operands: functools.reduce(result["minimum"], operands)
    return result
