"""How a call of a row is read, which branch it chooses, and how a failure is told."""

import math
from collections.abc import Iterable
from typing import Any

from autograd_lite.core.columns.row import Row
from autograd_lite.core.operands import ROWS, Operand, number


def is_scalar(x: object) -> bool:
    return isinstance(x, Operand) or number(x) is not None


def of_leaves(condition: object, a: object, b: object) -> Any:
    """A choice between pytrees, which a floor above takes apart: by name, and at the first use."""
    from pkgutil import resolve_name

    return resolve_name("autograd_lite.control.switching:selected")(condition, a, b)


class CalledRow(Row):
    """A row with its operands as they are written: one by one, in iterables, or functions as branches."""

    __slots__ = ()

    def operand_names(self) -> list[str]:
        """The operands as the table names them: x, or condition, a, b; w and x for the pairs of a dot."""
        if self.arity is None:
            return ["w", "x"] if self.sequences == 2 else ["x"]
        value = getattr(self.value, "__wrapped__", self.value)
        for skipped, rule in [*((1, rule) for rule in self.partial_rules), (0, value)]:  # partials begin with out
            code: Any = getattr(rule, "__code__", None)
            if code is not None and code.co_argcount - skipped == self.arity:
                return list(code.co_varnames[skipped : skipped + self.arity])
        return [f"x{i}" for i in range(self.arity)] if self.arity > 3 else ["x", "y", "z"][: self.arity]

    def stated_domain(self) -> str:
        """The domain, with what holds at its infinite ends."""
        return f"{self.domain}; {self.infinity}" if self.infinity else self.domain

    def written(self) -> str:
        """A call of it, as one writes it."""
        return f"{self.name}({', '.join([f'[{x}, ...]' if self.arity is None else x for x in self.operand_names()])})"

    def gather(self, arguments: tuple[object, ...]) -> tuple[object, ...]:
        """The operands of a row of any number of them: one iterable, or two of one length for dot."""
        if len(arguments) != self.sequences:
            wanted = "one iterable" if self.sequences == 1 else "two iterables"
            got = f"not {len(arguments)} arguments; write {self.written()}"
            raise TypeError(f"{self.name} takes {wanted} of operands, {got}")
        parts: list[list[object]] = []
        for x in arguments:
            if isinstance(x, (str, Operand)) or not isinstance(x, Iterable):
                raise TypeError(f"{self.name} takes iterables of operands, but got {x!r}; write {self.written()}")
            parts.append(list(x))
        if len(parts[0]) != len(parts[-1]):
            raise ValueError(
                f"{self.name} pairs its operands, but got {len(parts[0])} and {len(parts[1])} of them; "
                f"pass two iterables of one length"
            )
        if not parts[0] and self.empty is None:
            raise ValueError(f"{self.name} of no operands has no value; pass at least one")
        return tuple(parts[0] if self.sequences == 1 else parts[0] + parts[1])

    def as_number(self, x: object) -> float:
        """x as a float, if it is a number."""
        result = number(x)
        if result is None:
            do = "pass all numbers in one flat list" if self.arity is None else "apply it to each element"
            raise TypeError(
                f"{self.name} works on real numbers and Values, but got {x!r} of type "
                f"{type(x).__name__}; for an array or a list, {do}"
            )
        return result

    def domain_error(self, floats: list[float], error: Exception) -> str:
        shown = ", ".join(f"{x:.6g}" for x in floats[:6]) + (", ..." if len(floats) > 6 else "")
        if isinstance(error, OverflowError) and not any(abs(x) == math.inf for x in floats):
            return (
                f"{self.name}({shown}) failed: it overflowed, beyond 1.8e308, the largest float (its domain is "
                f"{self.domain}); scale the operands, and in training lower the learning rate, which is probably "
                f"too high"
            )
        return (
            f"{self.name}({shown}) failed: {error}; its domain is {self.domain}: keep the operands inside it with "
            f"clip, or choose by where(condition, lambda: {self.name}(...), lambda: ...), whose branches are "
            f"functions, so that only the chosen one is computed"
        )

    def choose(self, condition: object, a: object, b: object, *operands: object) -> Any:
        """Branches that are functions of the operands: only the chosen one is called, both where it is still open."""
        known = condition.truth() if isinstance(condition, Operand) else self.as_number(condition) != 0.0
        # By `cond`: a graph in which one branch is missing cannot become a program.
        cond = ROWS["cond"]
        if known is None:
            both = [x(*operands) if callable(x) else x for x in (a, b)]
            return cond(condition, *both) if all([is_scalar(x) for x in both]) else of_leaves(condition, *both)  # noqa: C419
        taken = a if known else b
        value = taken(*operands) if callable(taken) else taken
        if not is_scalar(value):
            return of_leaves(condition, value, None) if known else of_leaves(condition, None, value)
        return cond(condition, value, math.nan) if known else cond(condition, math.nan, value)

    def passing(self, condition: float) -> int:
        """Of a row that selects: the number of the operand that passes through."""
        return 1 if condition != 0.0 else 2

    def selected(self, condition: object, a: object, b: object) -> Any:
        """Of a row that selects: a or b, at once where the condition is a number, else by `where`.

        The adjoint of operand 1 is selected(condition, adjoint, 0.0), that of operand 2
        selected(condition, 0.0, adjoint), and the tangent selected(condition, tangent of 1, tangent of 2).
        """
        if isinstance(condition, Operand):
            return ROWS["where"](condition, a, b)
        return a if condition else b
