"""Powers, comparisons, and what counts as true.

The four most frequent operators are in `value`; x % y, abs(x) and methods such as x.exp() are in `methods`.
"""

from typing import Any

from mypy_extensions import mypyc_attr

from autograd_lite.core import table
from autograd_lite.core.abstract.tracers import CHOOSE, check_number, is_read_later
from autograd_lite.core.graph import STATE, TRACED, Node
from autograd_lite.core.methods.named_rows import NamedRows, unsupported
from autograd_lite.core.operands import number


@mypyc_attr(acyclic=True)
class Operators(NamedRows):
    """A Value that is compared, and raised to a power."""

    __slots__ = ()

    def __pow__(self, other: object) -> Any:
        return self.with_number(table.pow, other)

    def __rpow__(self, other: object) -> Any:
        return self.reflected(table.pow, other)

    # -- comparison is on data and gives a bool, as PyTorch's; the hash is the identity

    def __eq__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data == x

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
        if STATE.tracing or self._flags & TRACED:
            check_number(self, "it was compared, which would freeze a branch", CHOOSE)
        if not isinstance(other, Node):
            return number(other)
        if STATE.tracing or other._flags & TRACED:
            check_number(other, "it was compared, which would freeze a branch", CHOOSE)
        return other._data

    def truth(self) -> bool | None:
        """Whether the number is not 0; None where a running trace has no number yet."""
        return None if self._flags & TRACED or is_read_later(self) else self._data != 0.0

    def __bool__(self) -> bool:
        check_number(self, "its truth was asked for, which would freeze a branch", CHOOSE)
        return self._data != 0.0
