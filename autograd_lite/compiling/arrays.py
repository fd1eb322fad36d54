"""The back end `numpy`: the program's text on whole arrays, of NumPy or of any library of the array standard.

PyTorch, JAX, CuPy and Dask arrays stay on their devices and clusters; array-api-compat gives them one face.
Arithmetic and square roots have the bits of the eager engine.  exp, tanh and the like are the library's own,
within 4 ulps of `math` in NumPy.  Rows that neither the standard nor the library nor SciPy has are refused.
"""

import contextlib
import functools
import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from autograd_lite.compiling.arguments import is_foreign_array
from autograd_lite.compiling.batches import BLOCK, LANES, tree
from autograd_lite.compiling.source import INFIX, Text, function
from autograd_lite.program import Program

STANDARD = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "cos", "cosh", "exp", "expm1", "floor",
    "hypot", "log", "log10", "log1p", "log2", "round", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
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
    },
    "cupy": {
        "cbrt": "cupy.cbrt", "exp2": "cupy.exp2", "fmod": "cupy.fmod", "erf": "cupyx.scipy.special.erf",
        "erfc": "cupyx.scipy.special.erfc", "gamma": "cupyx.scipy.special.gamma",
        "lgamma": "cupyx.scipy.special.gammaln", "digamma": "cupyx.scipy.special.digamma",
    },
    "dask": {"cbrt": "dask.array.cbrt", "exp2": "dask.array.exp2", "fmod": "dask.array.fmod"},
}  # fmt: skip
"""Where the libraries keep other rows."""

ARRAY_INFIX = {name: INFIX[name] for name in ("add", "sub", "mul", "div", "neg", "square")}


class ArrayCode:
    """A program as a function of arrays."""

    def __init__(self, program: Program) -> None:
        self.program = program.lowered()
        self.source = array_source(program)
        self.functions: dict[str, Callable[..., Any]] = {}

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Any]:
        """The results: flat arrays, or arrays of shape (samples, size) for batched ones."""
        foreign = next((x for x in arguments if is_foreign_array(x)), None)
        library = "numpy" if foreign is None else type(foreign).__module__.partition(".")[0]
        library = "jax" if library == "jaxlib" else library
        if library not in self.functions:
            rows = {i.row.name for i in self.program.instructions}
            self.functions[library] = function(self.source, meaning(library, foreign, rows))
        with numpy.errstate(all="ignore") if library == "numpy" else contextlib.nullcontext():
            columns = [
                split(x, a.batched, library, foreign)
                for x, a in zip(arguments, self.program.arguments, strict=True)
            ]
            found = self.functions[library](samples, *columns)
            return [
                joined(values, r.batched, samples, library, foreign)
                for values, r in zip(found, self.program.results, strict=True)
            ]


def array_source(program: Program) -> str:
    return Text(program.lowered(), ARRAY_INFIX, loops=False).write()


def namespace(library: str, foreign: Any) -> Any:
    """The functions of the array standard for a library."""
    if library == "numpy":
        return numpy
    try:
        compat = importlib.import_module("array_api_compat")
    except ImportError:
        raise ImportError(
            f"arrays of {library} need array-api-compat, which is not installed; "
            f'run: pip install "autograd_lite[arrays]"'
        ) from None
    return compat.array_namespace(foreign)


def split(x: Any, batched: bool, library: str, foreign: Any) -> Any:
    """The columns of an argument: one array a number, over the samples if batched."""
    if not is_foreign_array(x):
        x = numpy.asarray(x, dtype=numpy.float64)
        if library != "numpy":
            xp = namespace(library, foreign)
            x = xp.asarray(x, dtype=xp.float64)
    if not batched:
        flat = x.reshape(-1)
        return [flat[i] for i in range(flat.shape[0])]
    return [x[:, i] for i in range(x.shape[1])] if library != "numpy" else list(numpy.ascontiguousarray(x.T))


def joined(values: list[Any], batched: bool, samples: int, library: str, foreign: Any) -> Any:
    """A result from its columns."""
    xp = namespace(library, foreign)
    columns = [xp.asarray(x, dtype=xp.float64) for x in values]
    if batched:
        columns = [xp.broadcast_to(x, (samples,)) for x in columns]
    return xp.stack(columns, axis=-1)


def meaning(library: str, foreign: Any, rows: set[str]) -> dict[str, Any]:
    """What the names in the text mean on the arrays of a library."""
    xp = namespace(library, foreign)
    known: dict[str, Any] = {name: getattr(xp, name) for name in STANDARD if hasattr(xp, name)}
    for name, place in ELSEWHERE.get(library, {}).items():
        if name in rows:
            module, _, function_name = place.rpartition(".")
            try:
                known[name] = getattr(importlib.import_module(module), function_name)
            except ImportError:
                raise ImportError(
                    f"{name} on arrays of {library} needs {module}, which is not installed; install it, or choose "
                    f'the back end "python"'
                ) from None
    known.update(composed(xp, known))
    if "polygamma" in known:
        known["trigamma"] = lambda x: known["polygamma"](1, x)
    missing = sorted(rows - set(known) - set(ARRAY_INFIX) - {"constant", "batch_size", "sum", "dot", "prod"})
    if missing:
        raise NotImplementedError(
            f"{library} has no function for {', '.join(missing)}; convert the arrays to NumPy's, or compute with the "
            f'back end "llvm" or "python"'
        )
    return known


def composed(xp: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Rows said in comparisons and choices, with the bits of the table."""

    def number(x: Any) -> Any:
        return xp.astype(x, xp.float64) if hasattr(x, "dtype") else float(x)

    def array(x: Any) -> Any:
        return x if hasattr(x, "dtype") else xp.asarray(x, dtype=xp.float64)

    def where(condition: Any, a: Any, b: Any) -> Any:
        return xp.where(array(condition) != 0.0, array(a), array(b))

    def power(x: Any, y: Any) -> Any:
        x, y = array(x), array(y)
        result = xp.where(y == 2.0, x * x, x**y)
        return xp.where((x != x) | (y != y), math.nan, result)

    def maximum(x: Any, y: Any) -> Any:
        x, y = array(x), array(y)
        return xp.where((y > x) | (y != y), y, x)

    def minimum(x: Any, y: Any) -> Any:
        x, y = array(x), array(y)
        return xp.where((y < x) | (y != y), y, x)

    def sign(x: Any) -> Any:
        return xp.where(x > 0.0, 1.0, xp.where(x < 0.0, -1.0, xp.where(x != x, x, 0.0)))

    def copysign(x: Any, y: Any) -> Any:
        x, y = array(x), array(y)
        negative = (y < 0.0) | ((y == 0.0) & (1.0 / y < 0.0))
        size = xp.abs(x)
        return xp.where(y != y, math.nan, xp.where(negative, -size, size))

    def hypot(x: Any, y: Any) -> Any:
        x, y = array(x), array(y)
        return xp.where((x != x) | (y != y), math.nan, known["hypot"](x, y))

    def batch_sum(x: Any) -> Any:
        return summed(xp, x)

    return {
        "abs": xp.abs,
        "where": where,
        "less": lambda x, y: number(x < y),
        "less_equal": lambda x, y: number(x <= y),
        "equal": lambda x, y: number(x == y),
        "logical_and": lambda x, y: number((x != 0.0) & (y != 0.0)),
        "logical_or": lambda x, y: number((x != 0.0) | (y != 0.0)),
        "logical_not": lambda x: number(x == 0.0),
        "pow": power,
        "mod": lambda x, y: xp.remainder(array(x), array(y)),
        "floor_divide": lambda x, y: xp.floor_divide(array(x), array(y)),
        "maximum": maximum,
        "minimum": minimum,
        "max": lambda xs: functools.reduce(maximum, xs),
        "min": lambda xs: functools.reduce(minimum, xs),
        "relu": lambda x: xp.where((x > 0.0) | (x != x), x, 0.0),
        "sign": sign,
        "copysign": copysign,
        "hypot": hypot,
        "batch_sum": batch_sum,
    }


def summed(xp: Any, x: Any) -> Any:
    """The sum over the samples; with NumPy in the documented order of `batches`."""
    if xp is not numpy:
        return xp.sum(x)
    total = numpy.float64(0.0)
    for start in range(0, x.shape[0], BLOCK):
        block = x[start : start + BLOCK]
        full = numpy.zeros(-(-block.shape[0] // LANES) * LANES)
        full[: block.shape[0]] = block
        # Along the outer axis NumPy adds row after row, so each lane is a plain running sum.
        total += tree(numpy.add.reduce(full.reshape(-1, LANES), axis=0, initial=0.0))
    return total
