"""What a row of the table is: everything that the library knows of one primitive.

A row is callable.  Numbers in, a float out; operands that are more than numbers (the ``Value``s of a
graph) carry out the row themselves, so this module knows nothing of graphs:

>>> from autograd_lite.core.table import tanh
>>> tanh(0.0)
0.0
"""

import functools
import sys
from collections.abc import Callable
from typing import Any, Final, final

from autograd_lite.core.columns.called_row import CalledRow, check_new_row
from autograd_lite.core.columns.row import Partial, Partials
from autograd_lite.core.operands import IEEE, ROWS, IEEEFloat, float_of
from autograd_lite.core.operands import Operand as Operand
from autograd_lite.core.operands import number as number

PRIMITIVES: Final[dict[str, "Primitive"]] = ROWS
"""The table: every row by its name, in order."""

INTERNAL: Final[dict[str, "Primitive"]] = {}
"""The rows of nodes that no operation of a user made, by name: leaves, constants, sums over a batch, slopes."""


def row_named(name: str) -> "Primitive":
    """The row of that name, of the table or an internal one (pickle keeps them by name)."""
    if name in INTERNAL:
        return INTERNAL[name]
    if name not in PRIMITIVES:
        raise KeyError(f"the table has no row {name!r}; its rows are {', '.join(PRIMITIVES)}")
    return PRIMITIVES[name]


def is_known(row: "Primitive") -> bool:
    """Whether a row is kept by its name, as those of the library are."""
    return PRIMITIVES.get(row.name) is row or INTERNAL.get(row.name) is row


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

    def __reduce__(self) -> str | tuple[object, ...]:
        if getattr(sys.modules.get("autograd_lite"), self.name, None) is self:
            public: str = self.name  # in the module that the class claims to be of
            return public
        path = self.import_path()
        if path is not None:
            from pkgutil import resolve_name

            return (resolve_name, (path,))
        if is_known(self):
            return (row_named, (self.name,))
        parts = (self.name, self.arity, self.value, self.partials, self.formula)
        return (functools.partial(Primitive, **self.columns), parts)


def primitive(
    name: str,
    value: Callable[..., float],
    partials: Partials,
    formula: str = "",
    **columns: Any,
) -> Primitive:
    """A new row, entered into the table: from then on a function on numbers and Values like all others.

    `value` takes floats and gives a float.  `partials` is a tuple of one function of (result, *operands) for each
    operand, written in functions of this library, so that it can be differentiated again and compiled; a number
    where a partial is constant, None where nothing flows back.  For a row of any number of operands it is one
    function of (result, operands) that gives all of them.  `formula` and the other columns, which
    `autograd_lite.core.columns.row` lists, tell drawings, explanations and checks more.

    A row is pickled by import: keep it in a variable of its name in a module.  Raises ValueError where the table has
    the name already, or where it is no name, and TypeError where the partials are neither a tuple nor a function.

    >>> from autograd_lite import cosh, grad, primitive, sinh
    >>> versinh = primitive("versinh", lambda x: cosh(x) - 1.0, (lambda out, x: sinh(x),), "cosh x - 1")
    >>> versinh(0.0), grad(grad(versinh))(0.0)
    (0.0, 1.0)
    """
    check_new_row(name, value, partials, PRIMITIVES.get(name) or INTERNAL.get(name))
    arity = len(partials) if isinstance(partials, tuple) else None
    if isinstance(partials, tuple):
        partials = tuple([float(p) if isinstance(p, int) else p for p in partials])
    row = Primitive(name, arity, value, partials, formula, **columns)
    PRIMITIVES[name] = row
    return row


def slope(
    name: str, value: Callable[..., float], partials: tuple[Partial, ...], formula: str, **columns: Any
) -> Primitive:
    """A row that is a partial of others, for rules alone: its own partials keep their digits."""
    row = INTERNAL[name] = Primitive(name, len(partials), value, partials, formula, **columns)
    return row
