"""Arrays of NumPy and of other libraries: what counts as one, and whether it holds real numbers.

`core.operands.number` decides for a single number; this is the same question for all numbers of an array, asked of its
dtype, so that no library is imported.
"""

import re
import sys
from collections.abc import Sequence
from typing import Any

from autograd_lite.core.operands import Operand, number
from autograd_lite.support.extras import imported
from autograd_lite.trees.nested_lists import all_leaves, is_leaf

REAL = re.compile(r"(bool(ean)?_?|u?int\d*|b?float\d*(_\w+)?|half|double)")
"""The names of the dtypes of real numbers, in all libraries."""


def is_array(x: object) -> bool:
    """Whether x is a NumPy array, without importing NumPy."""
    numpy = imported("numpy")
    return numpy is not None and isinstance(x, getattr(numpy, "ndarray", ()))


def of_no_dimensions(x: Any) -> Any:
    """The number that an array of no dimensions holds; all else as it is."""
    return x.item() if is_array(x) and x.ndim == 0 else x


def is_foreign_array(x: object) -> bool:
    """Whether x is an array of another library than NumPy (PyTorch, JAX, CuPy, Dask, ...), and no scalar of NumPy."""
    if not all(hasattr(x, name) for name in ("shape", "dtype", "ndim")) or is_array(x) or number(x) is not None:
        return False
    numpy = imported("numpy")
    return numpy is None or not isinstance(x, getattr(numpy, "generic", ()))


def is_real(dtype: Any) -> bool:
    """Whether a dtype, of any library, is one of real numbers: bool, whole numbers or floats."""
    kind = getattr(dtype, "kind", None)
    if isinstance(kind, str) and kind != "V":  # as NumPy has it; V are bfloat16 and its like too
        return kind in "biuf"
    name = getattr(dtype, "name", None)
    return REAL.fullmatch((name if isinstance(name, str) else str(dtype)).rpartition(".")[2].lower()) is not None


def check_real(x: Any, what: str) -> None:
    """Raise TypeError where an array holds anything but real numbers and Values, or a masked element."""
    objects = getattr(x.dtype, "kind", "") == "O"
    if not is_real(x.dtype) and not (objects and is_array(x)):
        raise TypeError(
            f"the {what} is an array of {x.dtype}, which are no real numbers; make it one of floats, such as x.real of "
            f"complex numbers, or pass it bound by functools.partial"
        )
    mask: Any = getattr(x, "mask", None)
    if hasattr(mask, "any") and mask.any():  # a method of that name is no mask
        raise TypeError(
            f"the {what} is a masked array, and a masked element has no number; pass x.filled(number), or "
            f"x.compressed() without these elements"
        )
    items = objects_in(x) if objects else []
    for y in () if all_leaves(items) else items:
        if not is_leaf(y):
            raise TypeError(
                f"the {what} is an array of {x.dtype} that holds {y!r} of type {type(y).__name__}; make it one of real "
                f"numbers or Values"
            )


def objects_in(x: Any) -> list[Any]:
    """The elements of an array of objects; where one of them was broadcast to all places, just that."""
    array = as_ndarray(x)
    return [array.flat[0]] if array.size and not any(array.strides) else array.ravel().tolist()


def broadcast_object(x: Any, shape: tuple[int, ...]) -> Any:
    """An array with one object at all places, which nobody can change."""
    numpy = sys.modules["numpy"]
    one = numpy.empty((), dtype=object)
    one[()] = x
    return numpy.broadcast_to(one, shape)


def elements(x: Any, what: str) -> list[Any]:
    """The numbers and Values of a NumPy array; TypeError where it holds anything else."""
    check_real(x, what)
    found: list[Any] = as_ndarray(x).ravel().tolist()
    return found


def as_ndarray(x: Any) -> Any:
    """The same array without its subclass: a matrix would stay two-dimensional."""
    return x.view(sys.modules["numpy"].ndarray) if is_array(x) else x


def array_of(leaves: Sequence[Any], dimensions: tuple[int, ...]) -> Any:
    """An array of floats, or of objects where any leaf is more than a number."""
    numpy = sys.modules["numpy"]
    holds_values = any(isinstance(x, Operand) for x in leaves)
    result = numpy.empty(len(leaves), dtype=object if holds_values else numpy.float64)
    result[:] = leaves
    return result.reshape(dimensions)
