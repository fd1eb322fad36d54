"""Operators and comparisons: which row Python's syntax calls.

The four most frequent operators are in `value`; rows as methods, as x.exp(), in `methods`.
"""

from typing import Any, ClassVar

from mypy_extensions import mypyc_attr

from autograd_lite.core import table
from autograd_lite.core.abstract.tracers import CHOOSE, check_number, is_read_later
from autograd_lite.core.graph import TRACED, Node
from autograd_lite.core.methods.making import Method, method, operator, reflected_operator
from autograd_lite.core.methods.named_rows import NamedRows
from autograd_lite.core.operands import has_unit
from autograd_lite.core.primitives import Primitive, number


def unsupported(x: object) -> Any:
    """What an operator gives for an operand that is no number: NotImplemented, so that Python asks the other one.

    A date or duration of NumPy would answer with its number of nanoseconds, so it raises here.
    """
    if has_unit(x):
        raise TypeError(
            f"a Value met {x!r} of type {type(x).__name__}, which is a number only in some unit; divide it by "
            f"np.timedelta64(1, 's') or another unit first"
        )
    return NotImplemented


@mypyc_attr(acyclic=True)
class Operators(NamedRows):
    """The operators of a Value that need no speed."""

    __slots__ = ()

    def with_number(self, row: Primitive, other: object) -> Any:
        """row(self, other), or NotImplemented where the other is no number."""
        if isinstance(other, Node) or number(other) is not None:
            return self.apply(row, (self, other))
        return unsupported(other)

    def reflected(self, row: Primitive, other: object) -> Any:
        """row(other, self), or NotImplemented where the other is no number."""
        return unsupported(other) if number(other) is None else self.apply(row, (other, self))

    def __pow__(self, other: object) -> Any:
        return self.with_number(table.pow, other)

    def __rpow__(self, other: object) -> Any:
        return self.reflected(table.pow, other)

    __mod__: ClassVar[Method] = operator(table.mod)
    __rmod__: ClassVar[Method] = reflected_operator(table.mod)
    __floordiv__: ClassVar[Method] = operator(table.floor_divide)
    __rfloordiv__: ClassVar[Method] = reflected_operator(table.floor_divide)
    __abs__: ClassVar[Method] = method(table.abs)
    __floor__: ClassVar[Method] = method(table.floor)
    __ceil__: ClassVar[Method] = method(table.ceil)
    __trunc__: ClassVar[Method] = method(table.trunc)

    def __divmod__(self, other: object) -> Any:
        quotient = self.with_number(table.floor_divide, other)
        return quotient if quotient is NotImplemented else (quotient, self.apply(table.mod, (self, other)))

    def __rdivmod__(self, other: object) -> Any:
        quotient = self.reflected(table.floor_divide, other)
        return quotient if quotient is NotImplemented else (quotient, self.apply(table.mod, (other, self)))

    def __pos__(self) -> Any:
        return self

    def __round__(self, ndigits: int | None = None) -> Any:
        if ndigits is None:
            return self.apply(table.round, (self,))
        scale = 10.0**ndigits
        return self.apply(table.div, (self.apply(table.round, (self.apply(table.mul, (self, scale)),)), scale))

    # -- comparison is on data and gives a bool, as PyTorch's; the hash is the identity

    def __eq__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data == x

    def __ne__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data != x

    def __lt__(self, other: object) -> bool:
        x = self.compared(other)
        return unsupported(other) if x is None else self._data < x

    def __le__(self, other: object) -> bool:
        x = self.compared(other)
        return unsupported(other) if x is None else self._data <= x

    def __gt__(self, other: object) -> bool:
        x = self.compared(other)
        return unsupported(other) if x is None else self._data > x

    def __ge__(self, other: object) -> bool:
        x = self.compared(other)
        return unsupported(other) if x is None else self._data >= x

    def __hash__(self) -> int:
        return id(self) >> 4

    def compared(self, other: object) -> float | None:
        """The other side of a comparison as a float; None where there is none."""
        check_number(self, "it was compared, which would freeze a branch", CHOOSE)
        if isinstance(other, Node):
            check_number(other, "it was compared, which would freeze a branch", CHOOSE)
            return other._data
        return number(other)

    def truth(self) -> bool | None:
        """Whether the number is not 0; None where a running trace has no number yet."""
        return None if self._flags & TRACED or is_read_later(self) else self._data != 0.0

    def __bool__(self) -> bool:
        check_number(self, "its truth was asked for, which would freeze a branch", CHOOSE)
        return self._data != 0.0
