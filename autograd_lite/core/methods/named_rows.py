"""The rows as methods of Values, in the spelling of PyTorch and NumPy, and what a Value refuses to be turned into.

Above `graph`.  What a method computes is in its row.
"""

import math
from operator import mul, sub, truediv
from typing import Any, ClassVar, Final

from mypy_extensions import mypyc_attr

from autograd_lite.core import table
from autograd_lite.core.abstract.tracers import CHOOSE, check_traced
from autograd_lite.core.columns.constants import INF
from autograd_lite.core.contexts.modes import PAUSED
from autograd_lite.core.fast.pool import number_node
from autograd_lite.core.graph import CONSTANT, LEAF, REACHED, Node
from autograd_lite.core.methods.attributes import Attributes
from autograd_lite.core.methods.making import Method, in_place, method, operator, reflected_operator
from autograd_lite.core.operands import has_unit, number
from autograd_lite.core.primitives import Primitive
from autograd_lite.support.extras import imported
from autograd_lite.support.user_lines import warn

RADIANS: Final = math.pi / 180.0  # in a degree
DEGREES: Final = 180.0 / math.pi


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


def as_constant(x: object) -> Node | None:
    """A number as an operand; None for anything else."""
    found = number(x)
    return None if found is None else number_node(found, CONSTANT)


@mypyc_attr(acyclic=True)
class NamedRows(Attributes):
    """The methods of a Value that are rows of the table."""

    __slots__ = ()

    # Of NumPy's scalars (-1,000,000) and Values, the Value computes, so that it sees what kind of scalar it met; of
    # arrays (0) and Values, the array.
    __array_priority__: ClassVar[float] = -1.0

    def with_number(self, row: Primitive, other: object) -> Any:
        """row(self, other), or NotImplemented where the other is no number."""
        x = other if isinstance(other, Node) else as_constant(other)
        return unsupported(other) if x is None else self.apply(row, (self, x))

    def reflected(self, row: Primitive, other: object) -> Any:
        """row(other, self), or NotImplemented where the other is no number."""
        x = as_constant(other)
        return unsupported(other) if x is None else self.apply(row, (x, self))

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

    # -- functions, in the spelling of PyTorch and NumPy, which calls them on object arrays

    exp: ClassVar[Method] = method(table.exp)
    expm1: ClassVar[Method] = method(table.expm1)
    exp2: ClassVar[Method] = method(table.exp2)
    log: ClassVar[Method] = method(table.log)
    log1p: ClassVar[Method] = method(table.log1p)
    log2: ClassVar[Method] = method(table.log2)
    log10: ClassVar[Method] = method(table.log10)
    sqrt: ClassVar[Method] = method(table.sqrt)
    cbrt: ClassVar[Method] = method(table.cbrt)
    square: ClassVar[Method] = method(table.square)
    reciprocal: ClassVar[Method] = method(table.reciprocal)
    pow: ClassVar[Method] = method(table.pow)
    abs: ClassVar[Method] = method(table.abs)
    sign: ClassVar[Method] = method(table.sign)
    floor: ClassVar[Method] = method(table.floor)
    ceil: ClassVar[Method] = method(table.ceil)
    round: ClassVar[Method] = method(table.round)
    trunc: ClassVar[Method] = method(table.trunc)
    sin: ClassVar[Method] = method(table.sin)
    cos: ClassVar[Method] = method(table.cos)
    tan: ClassVar[Method] = method(table.tan)
    asin: ClassVar[Method] = method(table.asin)
    acos: ClassVar[Method] = method(table.acos)
    atan: ClassVar[Method] = method(table.atan)
    atan2: ClassVar[Method] = method(table.atan2)
    sinh: ClassVar[Method] = method(table.sinh)
    cosh: ClassVar[Method] = method(table.cosh)
    tanh: ClassVar[Method] = method(table.tanh)
    asinh: ClassVar[Method] = method(table.asinh)
    acosh: ClassVar[Method] = method(table.acosh)
    atanh: ClassVar[Method] = method(table.atanh)
    hypot: ClassVar[Method] = method(table.hypot)
    maximum: ClassVar[Method] = method(table.maximum)
    minimum: ClassVar[Method] = method(table.minimum)
    erf: ClassVar[Method] = method(table.erf)
    erfc: ClassVar[Method] = method(table.erfc)
    lgamma: ClassVar[Method] = method(table.lgamma)
    digamma: ClassVar[Method] = method(table.digamma)
    relu: ClassVar[Method] = method(table.relu)
    sigmoid: ClassVar[Method] = method(table.sigmoid)
    softplus: ClassVar[Method] = method(table.softplus)
    rint: ClassVar[Method] = method(table.round)
    arcsin: ClassVar[Method] = method(table.asin)
    arccos: ClassVar[Method] = method(table.acos)
    arctan: ClassVar[Method] = method(table.atan)
    arctan2: ClassVar[Method] = method(table.atan2)
    arcsinh: ClassVar[Method] = method(table.asinh)
    arccosh: ClassVar[Method] = method(table.acosh)
    arctanh: ClassVar[Method] = method(table.atanh)
    fabs: ClassVar[Method] = method(table.abs)
    fmod: ClassVar[Method] = method(table.fmod)

    @property
    def dtype(self) -> Any:
        """NumPy's type of objects: its functions ask for it what they take for an array of no dimensions."""
        numpy = imported("numpy")
        if numpy is None:
            raise AttributeError("a Value has a dtype for NumPy, which is not imported")
        return numpy.dtype(object)

    @dtype.setter
    def dtype(self, value: object) -> None:
        raise AttributeError("dtype was assigned, but it is for NumPy to read; make an array by numpy.array")

    def deg2rad(self) -> Any:
        """x degrees in radians."""
        return self.apply(table.mul, (self, RADIANS))

    def rad2deg(self) -> Any:
        """x radians in degrees."""
        return self.apply(table.mul, (self, DEGREES))

    def radians(self) -> Any:
        """x degrees in radians."""
        return self.deg2rad()

    def degrees(self) -> Any:
        """x radians in degrees."""
        return self.rad2deg()

    def logical_xor(self, other: object) -> Any:
        """Whether one of two conditions holds and the other does not, as a condition."""
        return table.not_equal(table.logical_not(self), table.logical_not(other))

    def conjugate(self) -> Any:
        """x itself, as for every real number: NumPy asks, for a standard deviation."""
        return self

    def clip(self, low: object = None, high: object = None) -> Any:
        """min(max(x, low), high); None is no bound."""
        return self.apply(table.clip, (self, -INF if low is None else low, INF if high is None else high))

    def clamp(self, min: object = None, max: object = None) -> Any:
        """min(max(x, min), max); None is no bound."""
        return self.clip(min, max)

    # -- nothing turns into a plain number silently

    def check_assigned(self, other: object, sign: str) -> None:
        """Warn where a step of gradient descent by hand would make a new Value out of a leaf that has its gradient."""
        if self._row is LEAF and self._flags & REACHED and not isinstance(other, Node) and not PAUSED.get():
            warn(
                f"v {sign} {other!r} made a new Value of the leaf {self!r}, whose gradient is known: the leaf itself "
                f"does not move, and the graph grows with every step; write v.data {sign} ..., or let an optimiser of "
                f"autograd_lite.optim move it"
            )

    __isub__: ClassVar[Method] = in_place(sub, "-=")
    __imul__: ClassVar[Method] = in_place(mul, "*=")
    __itruediv__: ClassVar[Method] = in_place(truediv, "/=")

    def __float__(self) -> float:
        check_traced(self, "it was turned into a float")
        raise TypeError(
            f"{self!r} does not turn into a float silently, because its gradient would be lost; "
            f"use autograd_lite.exp(v) and its like in place of math.exp(v), keep Values in arrays of dtype=object, as "
            f"np.zeros(3, dtype=object), and take v.data where the number alone is wanted"
        )

    def __int__(self) -> int:
        check_traced(self, "it was turned into an int")
        raise TypeError(
            f"{self!r} does not turn into an int silently, because its gradient would be lost; "
            f"use trunc(v) for a Value, keep Values in arrays of dtype=object, and take int(v.data) where the number "
            f"alone is wanted"
        )

    def __xor__(self, other: object) -> Any:
        raise TypeError(f"^ is no power in Python, but {self!r} ^ {other!r} was written; write x ** y for a power")

    def __rxor__(self, other: object) -> Any:
        raise TypeError(f"^ is no power in Python, but {other!r} ^ {self!r} was written; write x ** y for a power")

    def __invert__(self) -> Any:
        check_traced(self, "it was inverted with ~", CHOOSE)
        raise TypeError(f"~ has no meaning for {self!r}; use logical_not(v) for a condition, -v for the negative")
