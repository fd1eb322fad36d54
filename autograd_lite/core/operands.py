"""What a row can be applied to: numbers, and operands that are more than numbers."""

import numbers
from typing import Any, Final, TypeAlias, final

from mypy_extensions import mypyc_attr

from autograd_lite.core.contexts.variables import Mode

ROWS: Final[dict[str, Any]] = {}
"""The table: every row by its name, in order; `table` fills it."""


def has_unit(x: object) -> bool:
    """Whether x is a date or a duration of NumPy, among its integers, but a number only together with its unit."""
    return type(x).__module__ == "numpy" and type(x).__name__ in ("timedelta64", "datetime64")


def number(x: object) -> float | None:
    """x as a float if it is a real number (int, float, bool, Fraction, NumPy scalar), else None."""
    if type(x) is float:
        return x
    if isinstance(x, (float, int)):  # np.float64 is a float, and warns where a float raises
        return float(x)
    if isinstance(x, numbers.Real):
        return None if has_unit(x) else float(x)
    if type(x).__module__ == "numpy" and type(x).__name__ in ("bool", "bool_"):
        return float(bool(x))
    return None


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class Operand:
    """Something that a row can be applied to and that is more than a number; its operators are rows of the table."""

    __slots__ = ()

    def apply(self, row: Any, operands: tuple[object, ...]) -> Any:
        """The result of a `Primitive` on `operands`, at least one of which is of this class."""
        raise NotImplementedError

    def truth(self) -> bool | None:
        """Whether it counts as true; None where that is not known yet."""
        raise NotImplementedError

    def __neg__(self) -> Any:
        return self.apply(ROWS["neg"], (self,))

    def __add__(self, other: Any) -> Any:
        return self.apply(ROWS["add"], (self, other))

    def __radd__(self, other: Any) -> Any:
        return self.apply(ROWS["add"], (other, self))

    def __sub__(self, other: Any) -> Any:
        return self.apply(ROWS["sub"], (self, other))

    def __rsub__(self, other: Any) -> Any:
        return self.apply(ROWS["sub"], (other, self))

    def __mul__(self, other: Any) -> Any:
        return self.apply(ROWS["mul"], (self, other))

    def __rmul__(self, other: Any) -> Any:
        return self.apply(ROWS["mul"], (other, self))

    def __truediv__(self, other: Any) -> Any:
        return self.apply(ROWS["div"], (self, other))

    def __rtruediv__(self, other: Any) -> Any:
        return self.apply(ROWS["div"], (other, self))

    def __pow__(self, other: Any) -> Any:
        return self.apply(ROWS["pow"], (self, other))

    def __rpow__(self, other: Any) -> Any:
        return self.apply(ROWS["pow"], (other, self))


Scalar: TypeAlias = float | Operand
"""What a rule of a row computes with."""


@final
class IEEEFloat(Operand):
    """A float under IEEE 754, where 1 / 0 is inf and log(-1) is nan: for partials at singular points."""

    __slots__ = ("data",)

    def __init__(self, data: float) -> None:
        self.data: float = data

    def apply(self, row: Any, operands: tuple[Any, ...]) -> "IEEEFloat":
        return IEEEFloat(row.ieee_value(*[x.data if isinstance(x, IEEEFloat) else float(x) for x in operands]))

    def truth(self) -> bool | None:
        return self.data != 0.0


def float_of(x: Any) -> float:
    """The number that x is or holds."""
    return x.data if isinstance(x, IEEEFloat) else float(x)


IEEE: Final = Mode("autograd_lite.ieee", False)
"""Whether rows give inf or nan where they would raise (`modes.ieee_arithmetic`)."""
