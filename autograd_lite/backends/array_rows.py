"""The rows of a program on arrays of NumPy and of other libraries of the array standard.

On NumPy's arrays, arithmetic, square roots, choices and roundings have the bits of the eager engine.  exp, tanh and the
like are the library's own functions: within 4 ulps of `math`, with its infinities and nans.  Those of SciPy (erfc
and gelu, which is made of it, gamma, lgamma, betaln, digamma, polygamma, and gammainc where its first operand is
computed) are as near as SciPy is: a relative 1e-12 away from zeros and poles, at poles its own convention, 0 for an
erfc below 2^-1022.  Other libraries keep what their own functions keep; PyTorch's sqrt is an ulp off at times, its
gammainc and gammaincc a relative 1e-8, and its xlog1py takes a second operand below 2^-1022 for 0.  A row that has no
function in a library is refused by name.
"""

import functools
import importlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy

from autograd_lite.backends.source_text import operators
from autograd_lite.core.columns.row import Row
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.payloads import Environment, Kernel
from autograd_lite.support.extras import required
from autograd_lite.trees import is_foreign_array

MODULES = {
    "numpy": ("scipy.special",),
    "torch": ("torch", "torch.special"),
    "jax": ("jax.numpy", "jax.scipy.special"),
    "cupy": ("cupy", "cupyx.scipy.special"),
    "dask": ("dask.array", "scipy.special"),
}
"""Where a library has functions beyond the array standard."""

UNUSABLE = {("torch", "polygamma"), ("dask", "polygamma")}
"""Functions whose operands may not all be arrays."""


class StandardArray(Protocol):
    """An array of NumPy or of another library of the array standard."""

    dtype: Any
    shape: tuple[int, ...]

    def __getitem__(self, key: Any, /) -> Any: ...


class Missing(AttributeError):
    """A library has no function of some name."""


class Library:
    """The functions of one array library as attributes, and its arrays taken apart and joined.

    This is the first operand of the `array` columns of the table.
    """

    def __init__(self, name: str, example: StandardArray | None) -> None:
        self.name = name
        self.example: Any = example
        self.xp: Any = numpy
        if name != "numpy":
            compat = required("array_api_compat", f"the back end on arrays of {name}", "arrays")
            self.xp = compat.array_namespace(example)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        for module in (self.xp, *MODULES.get(self.name, ())):
            try:
                found = getattr(importlib.import_module(module) if isinstance(module, str) else module, name, None)
            except ImportError:
                raise ImportError(
                    f"{name} on arrays of {self.name} needs {module}, which is not installed; install it, or choose "
                    f'the back end "python"'
                ) from None
            if found is not None and (self.name, name) not in UNUSABLE:
                return found  # type: ignore[no-any-return]
        raise Missing(f"{self.name} has no function {name}")

    def where(self, condition: StandardArray, a: StandardArray | float, b: StandardArray | float) -> Any:
        return self.xp.where(condition, self.array(a), self.array(b))

    def array(self, x: StandardArray | float) -> Any:
        """x as an array of float64; a number becomes one of no dimensions."""
        if self.name == "numpy":
            return numpy.asarray(x, dtype=numpy.float64)
        if not isinstance(x, (float, int)) and is_foreign_array(x):
            return x if x.dtype == self.xp.float64 else self.xp.astype(x, self.xp.float64)
        device = {"device": self.example.device} if self.name in ("torch", "cupy") else {}
        return self.xp.asarray(x, dtype=self.xp.float64, **device)

    def columns(self, x: StandardArray | float, batched: bool) -> list[Any]:
        """The numbers of an argument, each an array over the samples if batched."""
        whole = self.array(x)
        if not batched:
            flat = self.xp.reshape(whole, (-1,))
            return [flat[i] for i in range(flat.shape[0])]
        table = self.xp.reshape(whole, (whole.shape[0], -1))
        return [table[:, i] for i in range(table.shape[1])]

    def joined(self, values: Sequence[StandardArray | float], samples: int | None) -> Any:
        """A result from its numbers, each of so many samples if it is batched."""
        columns = [self.array(x) for x in values]
        if samples is not None:
            columns = [self.xp.broadcast_to(x, (samples,)) for x in columns]
        return self.xp.stack(columns, axis=-1)


def array_operators(row: Row) -> str:
    """The expression of a row on arrays: that on floats, unless the row has a function for arrays."""
    return "" if row.array else operators(row)


def functions_on_arrays(library: Library, rows: Iterable[Primitive]) -> dict[Primitive, Callable[..., Any]]:
    """The functions of rows on the arrays of a library.

    Raises NotImplementedError, which names them, where the library has no function for some rows.
    """
    found: dict[Primitive, Callable[..., Any]] = {}
    missing = []
    for row in rows:
        try:
            found[row] = function_of(library, row)
        except Missing:
            missing.append(row.array if isinstance(row.array, str) else row.name)
    if missing:
        raise refused(library, *missing)
    return found


def refused(library: Library, *names: str) -> NotImplementedError:
    return NotImplementedError(
        f"{library.name} has no function for {', '.join(sorted(names))}; convert the arrays to NumPy's, give a row of "
        f'your own the column array or lowering, or compute with the back end "llvm" or "python"'
    )


class KernelOnArrays:
    """A kernel of linear algebra on arrays whose numbers are of all samples, or of one for each: sample by sample."""

    def __init__(self, payload: Kernel) -> None:
        self.payload = payload

    def __call__(self, operands: Sequence[Sequence[Any]]) -> list[Any]:
        shape = numpy.broadcast_shapes(*[numpy.shape(x) for array in operands for x in array])
        if not shape:
            return [numpy.float64(x) for x in self.of_sample([[float(x) for x in array] for array in operands])]
        tables = [[numpy.broadcast_to(x, shape).tolist() for x in array] for array in operands]
        rows = [self.of_sample([[x[i] for x in table] for table in tables]) for i in range(*shape)]
        return list(numpy.array(rows, dtype=numpy.float64).reshape(-1, self.payload.size).T)

    def of_sample(self, operands: Sequence[Sequence[float]]) -> list[float]:
        return self.payload.evaluate(operands, Environment())  # type: ignore[no-any-return]


def function_of(library: Library, row: Row) -> Callable[..., Any]:
    if isinstance(row.payload, Kernel) and library.name == "numpy":
        return KernelOnArrays(row.payload)
    if row.fold is not None:
        of_two = function_of(library, row.fold)
        return lambda operands: functools.reduce(of_two, operands)
    written = row.array
    if isinstance(written, str):
        function = getattr(library, written)
        return function if row.arity == 1 else lambda *operands: function(*map(library.array, operands))
    if written is None:
        raise Missing(f"{row.name} has no function on arrays")

    def call(*operands: StandardArray | float) -> Any:
        try:
            return library.array(written(library, *map(library.array, operands)))
        except Missing:
            raise refused(library, row.name) from None

    return call
