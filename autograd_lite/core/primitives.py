"""What a row of the table is: everything that the library knows of one primitive.

A row is callable.  Numbers in, a float out; operands that are more than numbers (the ``Value``s of a
graph) carry out the row themselves, so this floor knows nothing of graphs:

>>> from autograd_lite.core.table import tanh
>>> tanh(0.0)
0.0
"""

import math
import numbers
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, final

from mypy_extensions import mypyc_attr

from autograd_lite.core.numerics import quotient

Partial = Callable[..., Any] | float | None


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=True)
class Operand:
    """Something that a row can be applied to and that is more than a number."""

    __slots__ = ()

    def apply(self, row: "Primitive", operands: tuple[object, ...]) -> Any:
        """The result of `row` on `operands`, at least one of which is of this class."""
        raise NotImplementedError

    def truth(self) -> bool | None:
        """Whether it counts as true; None where that is not known yet."""
        raise NotImplementedError


def branch(x: object) -> Any:
    """The value of a branch, which may be a function of no operands."""
    return x() if callable(x) else x


def number(x: object) -> float | None:
    """x as a float if it is a real number (int, float, bool, Fraction, NumPy scalar), else None."""
    if type(x) is float:
        return x
    if isinstance(x, (float, int)):  # np.float64 is a float, and warns where a float raises
        return float(x)
    if isinstance(x, numbers.Real):
        return float(x)
    if type(x).__module__ == "numpy" and type(x).__name__ in ("bool", "bool_"):
        return float(bool(x))
    return None


@final
class Primitive:
    """One row of the table.

    value     floats in, a float out; raises as `math` and Python's operators do.
    partials  one per operand, each of (result, *operands), written in the library's own rows, so that
              floats give a float and Values a graph; a number where the partial is constant; None where
              nothing flows.  A row of any number of operands has one function that gives all of them.
    limit     the value by IEEE 754 (inf or nan) where `value` raises: a float, or a function of the operands.
    lowering  the same value said in simpler rows, bit for bit, for compiled programs; None: a native call.
    selects   the first operand chooses which of the two others passes through.
    """

    def __init__(
        self,
        name: str,
        arity: int | None,
        value: Callable[..., float],
        partials: tuple[Partial, ...] | Callable[..., Any],
        label: str = "",
        formula: str = "",
        domain: str = "all reals",
        kinks: str = "none",
        limit: Callable[..., float] | float = math.nan,
        lowering: Callable[..., Any] | None = None,
        selects: bool = False,
        sequences: int = 1,
        empty: float | None = None,
        fold: "Primitive | None" = None,
        commutes: bool = False,
        operations: "Callable[[int], int] | None" = None,
        rewrites: tuple[str, ...] = (),
        python: str = "",
        array: str | Callable[..., Any] | None = None,
        libm: str = "",
        llvm: str = "",
        fastmath: int = 0,
    ) -> None:
        self.name: Final = name
        self.arity: Final = arity
        self.value: Final = value
        self.partials: Final = partials
        self.label: Final = label or name
        self.formula: Final = formula
        self.domain: Final = domain
        self.kinks: Final = kinks
        self.limit: Final = limit
        self.lowering: Final = lowering
        self.selects: Final = selects
        self.sequences: Final = sequences
        self.empty: Final = empty
        self.fold: Final = fold
        self.commutes: Final = commutes
        self.operations: Final = operations
        self.rewrites: Final = rewrites
        self.python: Final = python
        self.array: Final = array or libm
        self.libm: Final = libm
        self.llvm: Final = llvm
        self.fastmath: Final = fastmath
        # Something flows back to each operand, so that a node needs no list of which.
        self.plain: Final = isinstance(partials, tuple) and None not in partials
        self.texts: Final[tuple[Partial, ...]] = partials if isinstance(partials, tuple) else ()

    def __call__(self, *operands: object) -> Any:
        if self.arity == 1 and len(operands) == 1 and type(operands[0]) is float:
            return self.evaluate([operands[0]])  # the most frequent call: from the partials of other rows
        if self.arity is None:
            operands = self.gather(operands)
        elif len(operands) != self.arity:
            raise self.wrong_count(len(operands))
        elif self.selects and (callable(operands[1]) or callable(operands[2])):
            return self.choose(operands[0], operands[1], operands[2])
        floats = self.arity is not None
        for x in operands:
            if isinstance(x, Operand):
                return x.apply(self, operands)
            if type(x) is not float:
                floats = False
        return self.evaluate_floats(operands) if floats else self.evaluate([self.as_number(x) for x in operands])

    def wrong_count(self, got: int) -> TypeError:
        """What to raise at a wrong number of operands."""
        return TypeError(
            f"{self.name} takes {self.arity} operand{'s' if self.arity != 1 else ''}, "
            f"but got {got}; write {self.written()}"
        )

    def choose(self, condition: object, a: object, b: object) -> Any:
        """Branches that are functions: only the chosen one is called, both where the choice is still open."""
        if isinstance(condition, Operand):
            chosen = condition.truth()
            if chosen is None:
                return condition.apply(row_named("cond"), (condition, branch(a), branch(b)))
        else:
            chosen = self.as_number(condition) != 0.0
        taken = branch(a if chosen else b)
        # By `cond`: a graph in which one branch is missing cannot become a program.
        operands = (condition, taken, math.nan) if chosen else (condition, math.nan, taken)
        return row_named("cond")(*operands)

    def operand_names(self) -> list[str]:
        """The operands as the table names them: x, or condition, a, b; w and x for the pairs of a dot."""
        if self.arity is None:
            return ["w", "x"] if self.name == "dot" else ["x"]
        for skipped, text in [*((1, text) for text in self.texts), (0, self.value)]:  # a partial begins with out
            code: Any = getattr(text, "__code__", None)
            if code is not None:
                return list(code.co_varnames[skipped : skipped + self.arity])
        return [f"x{i}" for i in range(self.arity)] if self.arity > 3 else ["x", "y", "z"][: self.arity]

    def written(self) -> str:
        """A call of it, as one writes it."""
        return f"{self.name}({', '.join([f'[{x}, ...]' if self.arity is None else x for x in self.operand_names()])})"

    def gather(self, arguments: tuple[object, ...]) -> tuple[object, ...]:
        """The operands of a row of any number of them: one iterable, or two of one length for dot."""
        wanted = 2 if self.name == "dot" else 1
        if len(arguments) != wanted:
            raise TypeError(
                f"{self.name} takes {'two iterables' if wanted == 2 else 'one iterable'} of operands, not "
                f"{len(arguments)} arguments; write {self.written()}"
            )
        parts: list[list[object]] = []
        for argument in arguments:
            if isinstance(argument, (str, Operand)) or not isinstance(argument, Iterable):
                raise TypeError(
                    f"{self.name} takes iterables of operands, but got {argument!r}; write {self.written()}"
                )
            parts.append(list(argument))
        if wanted == 2 and len(parts[0]) != len(parts[1]):
            raise ValueError(
                f"dot pairs its operands, but got {len(parts[0])} and {len(parts[1])} of them; "
                f"pass two iterables of one length"
            )
        if not parts[0] and self.name not in ("sum", "prod", "dot"):
            raise ValueError(f"{self.name} of no operands has no value; pass at least one")
        return tuple(parts[0] + parts[1] if wanted == 2 else parts[0])

    def as_number(self, x: object) -> float:
        result = number(x)
        if result is None:
            do = "pass all numbers in one flat list" if self.arity is None else "apply it to each element"
            raise TypeError(
                f"{self.name} works on real numbers and Values, but got {x!r} of type "
                f"{type(x).__name__}; for an array or a list, {do}"
            )
        return result

    def evaluate(self, floats: list[float]) -> float:
        """The value at `floats`; an exception of `math` gets the operation, the operands and the domain."""
        try:
            return self.raw(floats)
        except (ArithmeticError, ValueError) as error:
            if getattr(_THREAD, "never_raises", 0) or any(x != x for x in floats):
                return self.total(*floats)
            if isinstance(error, ZeroDivisionError):
                raise ZeroDivisionError(self.complaint(floats, error)) from None
            if isinstance(error, OverflowError):
                raise OverflowError(self.complaint(floats, error)) from None
            raise ValueError(self.complaint(floats, error)) from None

    def evaluate_floats(self, operands: tuple[Any, ...]) -> float:
        """The same for rows of a fixed number of operands, all of them floats, faster."""
        try:
            result: float = self.value(*operands)
            return result
        except (ArithmeticError, ValueError):
            return self.evaluate(list(operands))

    def evaluate_one(self, x: float) -> float:
        """The same for rows of one operand, faster."""
        try:
            return float(self.value(x))
        except (ArithmeticError, ValueError):
            return self.evaluate([x])

    def raw(self, floats: list[float]) -> float:
        if self.arity is None:
            return float(self.value(floats))
        return float(self.value(*floats))

    def complaint(self, floats: list[float], error: Exception) -> str:
        shown = ", ".join(f"{x:.6g}" for x in floats[:6]) + (", ..." if len(floats) > 6 else "")
        return (
            f"{self.name}({shown}) failed: {error}; its domain is {self.domain}: "
            f"keep the operands inside it, with clip or where for instance"
        )

    def total(self, *floats: float) -> float:
        """The value by IEEE 754, as compiled programs compute: inf or nan where `value` raises."""
        try:
            return self.raw(list(floats))
        except (ArithmeticError, ValueError):
            limit = self.limit
            return limit if isinstance(limit, float) else float(limit(*floats))

    def partial(self, i: int, out: float, floats: list[float]) -> float | None:
        """The partial in operand `i`; singular ones are inf or nan, never an exception."""
        text = self.texts[i]
        if text is None or isinstance(text, float):
            return text
        try:
            return float(text(out, *floats))
        except (ArithmeticError, ValueError):
            return float_of(text(Extended(out), *[Extended(x) for x in floats]))

    def partial_of_one(self, out: float, x: float) -> float:
        """The partial of a row of one operand to which something flows, faster."""
        text = self.texts[0]
        if isinstance(text, float):
            return text
        try:
            return float(text(out, x))  # type: ignore[misc]
        except (ArithmeticError, ValueError):
            return float_of(text(Extended(out), Extended(x)))  # type: ignore[misc]

    def all_partials(self, out: float, floats: list[float]) -> list[float | None]:
        """The partials in all operands."""
        if self.texts:
            return [self.partial(i, out, floats) for i in range(len(self.texts))]
        texts: Any = self.partials
        try:
            return [float(p) for p in texts(out, floats)]
        except (ArithmeticError, ValueError):
            return [float_of(p) for p in texts(Extended(out), [Extended(x) for x in floats])]

    def __repr__(self) -> str:
        return f"<primitive {self.name}: {self.formula}>"

    def __reduce__(self) -> tuple[object, ...]:
        if PRIMITIVES.get(self.name) is self or MARKS.get(self.name) is self:
            return (row_named, (self.name,))
        fields = (self.name, self.arity, self.value, self.partials, self.label, self.formula, self.domain)
        return (Primitive, (*fields, self.kinks, self.limit, self.lowering, self.selects))


_THREAD: Final = threading.local()


class never_raising:
    """A context, per thread, in which rows give inf or nan by IEEE 754 where they would raise: for partials."""

    def __enter__(self) -> None:
        _THREAD.never_raises = getattr(_THREAD, "never_raises", 0) + 1

    def __exit__(self, *exception: object) -> None:
        _THREAD.never_raises -= 1


PRIMITIVES: Final[dict[str, Primitive]] = {}
"""The table: every row by its name, in order."""

MARKS: Final[dict[str, Primitive]] = {}
"""What nodes bear that no operation of a user made, by name: leaves, constants, sums over a batch."""


def primitive(
    name: str,
    value: Callable[..., float],
    partials: tuple[Partial, ...] | Callable[..., Any],
    formula: str = "",
    label: str = "",
    domain: str = "all reals",
    kinks: str = "none",
    limit: Callable[..., float] | float = math.nan,
    lowering: Callable[..., Any] | None = None,
    selects: bool = False,
    sequences: int = 1,
    empty: float | None = None,
    fold: "Primitive | None" = None,
    commutes: bool = False,
    operations: "Callable[[int], int] | None" = None,
    rewrites: tuple[str, ...] = (),
    python: str = "",
    array: str | Callable[..., Any] | None = None,
    libm: str = "",
    llvm: str = "",
    fastmath: int = 0,
) -> Primitive:
    """A row, entered into the table; the partials say how many operands it has."""
    arity = len(partials) if isinstance(partials, tuple) else None
    entry = Primitive(
        name,
        arity,
        value,
        partials,
        label,
        formula,
        domain,
        kinks,
        limit,
        lowering,
        selects,
        2 if name == "dot" else 1,
        {"sum": 0.0, "dot": 0.0, "prod": 1.0}.get(name),
        fold,
        commutes,
        operations,
        rewrites,
        python,
        array,
        libm,
        llvm,
        fastmath,
    )
    PRIMITIVES[name] = entry
    return entry


def row_named(name: str) -> Primitive:
    """The row of that name, of the table or a mark (pickle keeps rows by name)."""
    if name in MARKS:
        return MARKS[name]
    if name not in PRIMITIVES:
        raise KeyError(f"the table has no row {name!r}; its rows are {', '.join(PRIMITIVES)}")
    return PRIMITIVES[name]


def float_of(x: object) -> float:
    return x.data if isinstance(x, Extended) else float(x)  # type: ignore[arg-type]


@final
class Extended(Operand):
    """A float under IEEE 754, where 1 / 0 is inf and log(-1) is nan: for partials at singular points."""

    __slots__ = ("data",)

    def __init__(self, data: float) -> None:
        self.data: float = data

    def apply(self, row: Primitive, operands: tuple[object, ...]) -> "Extended":
        return Extended(row.total(*[float_of(x) for x in operands]))

    def truth(self) -> bool | None:
        return self.data != 0.0

    def __neg__(self) -> "Extended":
        return Extended(-self.data)

    def __add__(self, other: object) -> "Extended":
        return Extended(self.data + float_of(other))

    def __radd__(self, other: object) -> "Extended":
        return Extended(float_of(other) + self.data)

    def __sub__(self, other: object) -> "Extended":
        return Extended(self.data - float_of(other))

    def __rsub__(self, other: object) -> "Extended":
        return Extended(float_of(other) - self.data)

    def __mul__(self, other: object) -> "Extended":
        return Extended(self.data * float_of(other))

    def __rmul__(self, other: object) -> "Extended":
        return Extended(float_of(other) * self.data)

    def __truediv__(self, other: object) -> "Extended":
        return Extended(quotient(self.data, float_of(other)))

    def __rtruediv__(self, other: object) -> "Extended":
        return Extended(quotient(float_of(other), self.data))
