"""Operators, functions as methods, comparisons and conversions: how Python reaches the rows of the table.

Between `attributes` and `value`.  What a method means stands in its row; here are only the spellings that users
of Python, NumPy and PyTorch expect.  The four hottest operators are in `value`.
"""

from typing import Any

from mypy_extensions import mypyc_attr

from autograd_lite.core import table
from autograd_lite.core.attributes import Attributes
from autograd_lite.core.concretization import CHOOSE, READ_LATER, complain
from autograd_lite.core.graph import TRACED, Node
from autograd_lite.core.numerics import INF
from autograd_lite.core.primitives import Primitive, number


@mypyc_attr(acyclic=True)
class Operators(Attributes):
    """The operators of a Value that need no speed."""

    __slots__ = ()

    def with_number(self, row: Primitive, other: object) -> Any:
        """row(self, other), or NotImplemented where the other is no number."""
        if isinstance(other, Node) or number(other) is not None:
            return self.apply(row, (self, other))
        return NotImplemented

    def reflected(self, row: Primitive, other: object) -> Any:
        """row(other, self), or NotImplemented where the other is no number."""
        if number(other) is not None:
            return self.apply(row, (other, self))
        return NotImplemented

    def __pow__(self, other: object) -> Any:
        return self.with_number(table.pow, other)

    def __rpow__(self, other: object) -> Any:
        return self.reflected(table.pow, other)

    def __mod__(self, other: object) -> Any:
        return self.with_number(table.mod, other)

    def __rmod__(self, other: object) -> Any:
        return self.reflected(table.mod, other)

    def __floordiv__(self, other: object) -> Any:
        return self.with_number(table.floor_divide, other)

    def __rfloordiv__(self, other: object) -> Any:
        return self.reflected(table.floor_divide, other)

    def __divmod__(self, other: object) -> Any:
        if isinstance(other, Node) or number(other) is not None:
            return self.apply(table.floor_divide, (self, other)), self.apply(table.mod, (self, other))
        return NotImplemented

    def __rdivmod__(self, other: object) -> Any:
        if number(other) is not None:
            return self.apply(table.floor_divide, (other, self)), self.apply(table.mod, (other, self))
        return NotImplemented

    def __abs__(self) -> Any:
        return self.apply(table.abs, (self,))

    def __pos__(self) -> Any:
        return self

    def __round__(self, ndigits: int | None = None) -> Any:
        if ndigits is None:
            return self.apply(table.round, (self,))
        scale = 10.0**ndigits
        return self.apply(table.div, (self.apply(table.round, (self.apply(table.mul, (self, scale)),)), scale))

    def __floor__(self) -> Any:
        return self.apply(table.floor, (self,))

    def __ceil__(self) -> Any:
        return self.apply(table.ceil, (self,))

    def __trunc__(self) -> Any:
        return self.apply(table.trunc, (self,))

    # -- comparison is on data and gives a bool, as PyTorch's; the hash is the identity

    def __eq__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data == x

    def __ne__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data != x

    def __lt__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data < x

    def __le__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data <= x

    def __gt__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data > x

    def __ge__(self, other: object) -> bool:
        x = self.compared(other)
        return NotImplemented if x is None else self._data >= x

    def __hash__(self) -> int:
        return id(self) >> 4

    def compared(self, other: object) -> float | None:
        """The other side of a comparison as a float; None where there is none."""
        self.refuse_to_decide("it was compared")
        if isinstance(other, Operators):
            other.refuse_to_decide("it was compared")
            return other._data
        return number(other)

    def refuse_to_decide(self, what: str) -> None:
        """Raise where a branch of a running trace would depend on this number."""
        if self._flags & TRACED:
            complain(f"{what}, which would freeze a branch", do=CHOOSE)
        if self.is_read_later():
            complain(f"{what}, which would freeze a branch", READ_LATER, CHOOSE)

    def truth(self) -> bool | None:
        """Whether the number is not 0; None where a running trace has no number yet."""
        return None if self._flags & TRACED or self.is_read_later() else self._data != 0.0

    # -- nothing turns into a plain number silently

    def __bool__(self) -> bool:
        self.refuse_to_decide("its truth was asked for")
        return self._data != 0.0

    def __float__(self) -> float:
        if self._flags & TRACED:
            complain("it was turned into a float")
        raise TypeError(
            f"{self!r} does not turn into a float silently, because its gradient would be lost; "
            f"take v.data for the number, and autograd_lite.exp(v) and its like in place of math.exp(v)"
        )

    def __int__(self) -> int:
        if self._flags & TRACED:
            complain("it was turned into an int")
        raise TypeError(
            f"{self!r} does not turn into an int silently, because its gradient would be lost; "
            f"take int(v.data) for the number, or trunc(v) for a Value"
        )

    def __invert__(self) -> Any:
        if self._flags & TRACED:
            complain("it was inverted with ~", do=CHOOSE)
        raise TypeError(f"~ has no meaning for {self!r}; use logical_not(v) for a condition, -v for the negative")

    # -- functions as methods of x, in the spelling of PyTorch; NumPy calls them on object arrays

    def exp(self) -> Any:
        """e^x."""
        return self.apply(table.exp, (self,))

    def expm1(self) -> Any:
        """e^x - 1."""
        return self.apply(table.expm1, (self,))

    def exp2(self) -> Any:
        """2^x."""
        return self.apply(table.exp2, (self,))

    def log(self) -> Any:
        """ln x."""
        return self.apply(table.log, (self,))

    def log1p(self) -> Any:
        """ln(1 + x)."""
        return self.apply(table.log1p, (self,))

    def log2(self) -> Any:
        """log2 x."""
        return self.apply(table.log2, (self,))

    def log10(self) -> Any:
        """log10 x."""
        return self.apply(table.log10, (self,))

    def sqrt(self) -> Any:
        """x^(1/2)."""
        return self.apply(table.sqrt, (self,))

    def cbrt(self) -> Any:
        """x^(1/3)."""
        return self.apply(table.cbrt, (self,))

    def square(self) -> Any:
        """x^2."""
        return self.apply(table.square, (self,))

    def reciprocal(self) -> Any:
        """1 / x."""
        return self.apply(table.reciprocal, (self,))

    def pow(self, exponent: object) -> Any:
        """x ** exponent."""
        return self.apply(table.pow, (self, exponent))

    def abs(self) -> Any:
        """|x|."""
        return self.apply(table.abs, (self,))

    def sign(self) -> Any:
        """x / |x|, 0 at 0."""
        return self.apply(table.sign, (self,))

    def floor(self) -> Any:
        """The largest whole number <= x."""
        return self.apply(table.floor, (self,))

    def ceil(self) -> Any:
        """The smallest whole number >= x."""
        return self.apply(table.ceil, (self,))

    def round(self) -> Any:
        """The nearest whole number, the even one of two."""
        return self.apply(table.round, (self,))

    def rint(self) -> Any:
        """The nearest whole number, the even one of two."""
        return self.apply(table.round, (self,))

    def trunc(self) -> Any:
        """x without its fraction."""
        return self.apply(table.trunc, (self,))

    def sin(self) -> Any:
        """sin x."""
        return self.apply(table.sin, (self,))

    def cos(self) -> Any:
        """cos x."""
        return self.apply(table.cos, (self,))

    def tan(self) -> Any:
        """tan x."""
        return self.apply(table.tan, (self,))

    def asin(self) -> Any:
        """arcsin x."""
        return self.apply(table.asin, (self,))

    def acos(self) -> Any:
        """arccos x."""
        return self.apply(table.acos, (self,))

    def atan(self) -> Any:
        """arctan x."""
        return self.apply(table.atan, (self,))

    def arcsin(self) -> Any:
        """arcsin x."""
        return self.apply(table.asin, (self,))

    def arccos(self) -> Any:
        """arccos x."""
        return self.apply(table.acos, (self,))

    def arctan(self) -> Any:
        """arctan x."""
        return self.apply(table.atan, (self,))

    def sinh(self) -> Any:
        """(e^x - e^-x) / 2."""
        return self.apply(table.sinh, (self,))

    def cosh(self) -> Any:
        """(e^x + e^-x) / 2."""
        return self.apply(table.cosh, (self,))

    def tanh(self) -> Any:
        """tanh x."""
        return self.apply(table.tanh, (self,))

    def asinh(self) -> Any:
        """ln(x + (x^2 + 1)^(1/2))."""
        return self.apply(table.asinh, (self,))

    def acosh(self) -> Any:
        """ln(x + (x^2 - 1)^(1/2))."""
        return self.apply(table.acosh, (self,))

    def atanh(self) -> Any:
        """ln((1 + x) / (1 - x)) / 2."""
        return self.apply(table.atanh, (self,))

    def arcsinh(self) -> Any:
        """ln(x + (x^2 + 1)^(1/2))."""
        return self.apply(table.asinh, (self,))

    def arccosh(self) -> Any:
        """ln(x + (x^2 - 1)^(1/2))."""
        return self.apply(table.acosh, (self,))

    def arctanh(self) -> Any:
        """ln((1 + x) / (1 - x)) / 2."""
        return self.apply(table.atanh, (self,))

    def atan2(self, other: object) -> Any:
        """The angle of (other, x)."""
        return self.apply(table.atan2, (self, other))

    def arctan2(self, other: object) -> Any:
        """The angle of (other, x)."""
        return self.apply(table.atan2, (self, other))

    def hypot(self, other: object) -> Any:
        """(x^2 + y^2)^(1/2)."""
        return self.apply(table.hypot, (self, other))

    def conjugate(self) -> Any:
        """x itself, as for every real number: NumPy asks, for a standard deviation."""
        return self

    def erf(self) -> Any:
        """2/pi^(1/2) ∫ e^-t^2 dt, 0 to x."""
        return self.apply(table.erf, (self,))

    def erfc(self) -> Any:
        """1 - erf(x)."""
        return self.apply(table.erfc, (self,))

    def lgamma(self) -> Any:
        """ln |gamma(x)|."""
        return self.apply(table.lgamma, (self,))

    def digamma(self) -> Any:
        """The derivative of ln gamma(x)."""
        return self.apply(table.digamma, (self,))

    def relu(self) -> Any:
        """max(0, x)."""
        return self.apply(table.relu, (self,))

    def sigmoid(self) -> Any:
        """1 / (1 + e^-x)."""
        return self.apply(table.sigmoid, (self,))

    def softplus(self) -> Any:
        """ln(1 + e^x)."""
        return self.apply(table.softplus, (self,))

    def clip(self, low: object = None, high: object = None) -> Any:
        """min(max(x, low), high); None is no bound."""
        return self.apply(table.clip, (self, -INF if low is None else low, INF if high is None else high))

    def clamp(self, min: object = None, max: object = None) -> Any:
        """min(max(x, min), max); None is no bound."""
        return self.clip(min, max)

    def maximum(self, other: object) -> Any:
        """max(x, y)."""
        return self.apply(table.maximum, (self, other))

    def minimum(self, other: object) -> Any:
        """min(x, y)."""
        return self.apply(table.minimum, (self, other))
