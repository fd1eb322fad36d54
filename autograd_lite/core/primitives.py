"""What a row of the table is: everything that the library knows of one primitive.

A row is callable.  Numbers in, a float out; operands that are more than numbers (the ``Value``s of a
graph) carry out the row themselves, so this module imports no graphs.  `columns.entering` enters rows into the
table.

>>> from autograd_lite.core.table import tanh
>>> tanh(0.0)
0.0
"""

from typing import Any, Final, final

from autograd_lite.core.columns.called_row import CalledRow
from autograd_lite.core.operands import IEEE, ROWS, IEEEFloat, Operand, float_of

PRIMITIVES: Final[dict[str, "Primitive"]] = ROWS
"""The table: every row by its name, in order."""

INTERNAL: Final[dict[str, "Primitive"]] = {}
"""The rows of nodes that no operation of a user made, by name: leaves, constants, sums over a batch, slopes."""


@final
class Primitive(CalledRow):
    """One row of the table.  Beside its name, value and partials it has the columns that `core.columns.row` explains.

    value     floats in, a float out; raises as `math` and Python's operators do.
    partials  one per operand, each of (result, *operands), written in the library's own rows, so that
              floats give a float and Values a graph; a number where the partial is constant; None where
              nothing flows back.  A row of any number of operands has one function that gives all of them.
    """

    __slots__ = ()

    # Calling a row

    def __call__(self, *operands: object) -> Any:
        if self.arity == 1 and len(operands) == 1 and type(operands[0]) is float:
            return self.evaluate([operands[0]])  # the most frequent call: from the partials of other rows
        if self.arity is None:
            operands = self.gather(operands)
        elif self.selects and len(operands) >= 3 and (callable(operands[1]) or callable(operands[2])):
            return self.choose(*operands)
        elif len(operands) != self.arity:
            count = f"{self.arity} operand{'s' if self.arity != 1 else ''}"
            raise TypeError(f"{self.name} takes {count}, but got {len(operands)}; write {self.written()}")
        floats = self.arity is not None
        for x in operands:
            if isinstance(x, Operand):
                return x.apply(self, operands)
            if type(x) is not float:
                floats = False
        return self.evaluate_floats(operands) if floats else self.evaluate([self.as_number(x) for x in operands])

    # The value

    def evaluate(self, floats: list[float]) -> float:
        """The value at `floats`; an exception of `math` gets the operation, the operands and the domain."""
        try:
            return self.raw(floats)
        except (ArithmeticError, ValueError) as error:
            if IEEE.get() or any(x != x for x in floats):
                return self.ieee_value(*floats)
            if isinstance(error, ZeroDivisionError):
                raise ZeroDivisionError(self.domain_error(floats, error)) from None
            if isinstance(error, OverflowError):
                raise OverflowError(self.domain_error(floats, error)) from None
            raise ValueError(self.domain_error(floats, error)) from None

    def evaluate_floats(self, operands: tuple[Any, ...]) -> float:
        """The same for rows of a fixed number of operands, all of them floats, faster."""
        try:
            result: float = self.value(*operands)
            return result
        except (ArithmeticError, ValueError):
            return self.evaluate(list(operands))

    def evaluate_one(self, x: float) -> float:
        """The same for rows of one operand, faster."""
        value = self.value  # a local name is faster to call
        try:
            return float(value(x))
        except (ArithmeticError, ValueError):
            return self.evaluate([x])

    def raw(self, floats: list[float]) -> float:
        return float(self.value(floats) if self.arity is None else self.value(*floats))

    def ieee_value(self, *floats: float) -> float:
        """The value by IEEE 754, as compiled programs compute: inf or nan where `value` raises."""
        try:
            return self.raw(list(floats))
        except (ArithmeticError, ValueError):
            limit = self.limit
            return float(limit(*floats)) if callable(limit) else limit

    # The partials

    def partial(self, i: int, out: float, floats: list[float]) -> float | None:
        """The partial in operand `i`; singular ones are inf or nan, never an exception."""
        rule = self.partial_rules[i]
        if rule is None or isinstance(rule, float):
            return rule
        try:
            return float(rule(out, *floats))
        except (ArithmeticError, ValueError):
            return float_of(rule(IEEEFloat(out), *[IEEEFloat(x) for x in floats]))

    def partial_of_one(self, out: float, x: float) -> float:
        """The partial of a row of one operand to which something flows back, faster."""
        rule = self.partial_rules[0]
        if isinstance(rule, float):
            return rule
        try:
            return float(rule(out, x))  # type: ignore[misc]
        except (ArithmeticError, ValueError):
            return float_of(rule(IEEEFloat(out), IEEEFloat(x)))  # type: ignore[misc]

    def all_partials(self, out: float, floats: list[float]) -> list[float | None]:
        """The partials in all operands."""
        if self.partial_rules:
            return [self.partial(i, out, floats) for i in range(len(self.partial_rules))]
        rule: Any = self.partials
        try:
            return [None if p is None else float(p) for p in rule(out, floats)]
        except (ArithmeticError, ValueError):
            found = rule(IEEEFloat(out), [IEEEFloat(x) for x in floats])
            return [None if p is None else float_of(p) for p in found]

    def __repr__(self) -> str:
        return f"<primitive {self.name}: {self.formula}>"
