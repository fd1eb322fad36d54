"""The columns of the table: what can be known of a primitive, beside its name, its value and its partials.

Each is optional, and is a keyword of `autograd_lite.primitive`.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any, Final, TypedDict, Unpack

from autograd_lite.core.numerics import LARGEST
from autograd_lite.core.operands import Operand, number

Interval = tuple[float, float]
EVERYWHERE: Final[Interval] = (-LARGEST, LARGEST)

Partial = Callable[..., Any] | float | None
"""Of (result, *operands); a number where it is constant; None where nothing flows back."""

Partials = tuple[Partial, ...] | Callable[..., Any]
"""One for each operand, or one function of (result, operands) that gives all of them."""


class Columns(TypedDict, total=False):
    """The optional columns; `Primitive` holds what each is where it is left out."""

    # Mathematics
    domain: str  # the operands at which the value exists, in words
    kinks: str  # the points without a derivative, and the partial that is taken there
    # the value by IEEE 754 (inf or nan) where `value` raises: a float, or a function of the operands
    limit: Callable[..., float] | float
    # the same value in simpler rows, bit for bit, for compiled programs; None: a call of `value`
    lowering: Callable[..., Any] | None
    selects: bool  # the first operand chooses which of the two others passes through
    sequences: int  # of a row of any number of operands: how many iterables it takes, 1 or 2
    empty: float | None  # its value without operands; None: it has none
    # the value at complex operands, up to a real constant; rows that choose do so by the real parts
    complex_value: Callable[..., complex] | None

    # Programs and back ends
    commutes: bool  # the two operands can be swapped, to the bit
    # what computes the same for less where operands are special, to the bit (see `program.simplification`)
    rewrites: tuple[str, ...]
    # the row of two operands that makes a row of any number of them from left to right; of pairs, on products
    fold: "Row | None"
    # how many scalar operations it takes for so many operands, where it is not one less than these
    operations: Callable[[int], int] | None
    python: str  # its expression in Python's operators, as "{} + {}"; on arrays too, unless the column `array` is given
    # on arrays: the name of a function of the array standard, of NumPy or of SciPy, or a function of a
    # namespace with all of these and the operands; where left out the function called `libm`.  None: refused,
    # unless `python` is given
    array: str | Callable[..., Any] | None
    libm: str  # the function of C's library with the same bits, which native code calls instead of `value`
    # an instruction ("fadd"), comparison ("fcmp olt") or intrinsic ("llvm.sqrt") of LLVM with the same bits, or
    # a method of `backends.llvm.emitters` that writes several ("emit_relu")
    llvm: str
    # the error, in units in the last place, of the function in `backends.llvm.approximations`; 0: there is none
    fastmath: int

    # The neighbourhood of a point, for the checks of `testing`
    # for each operand an interval of the domain that holds all results of interest: tests draw from it
    intervals: tuple[Interval, ...]
    whole: tuple[int, ...]  # the numbers of the operands that are whole
    # how far the operands are from the nearest kink, jump, pole or end of the domain; None: there is none
    distance: Callable[..., float] | None
    compares: bool  # only the difference of the two operands decides, and it jumps or has its kink where that is 0
    truths: int  # how many operands, the first ones, count as true unless they are 0
    # whether there is no kink at these operands after all if only the first of them moves
    entire: Callable[..., bool] | None
    bend: float  # the distance within which it bends, wherever it is: a step of differences has to be shorter
    never_zero: bool  # it is 0 by underflow only

    # Writing and drawing
    label: str  # the operation in ASCII, as micrograd's `_op`; its name where left out
    sign: str  # the operation in drawings; its label where left out
    notation: str  # how a formula writes it (see `explaining.writing`): "e^<x:atom>", or the name of a function
    latex: str  # the same in LaTeX
    binds: str  # how tightly that binds: "sum", "quotient", "product", "minus", "power" or "atom"
    lecture: Partials | None  # the partials as lectures write them, where `partials` are written to keep digits
    words: str  # the partial of a row of any number of operands in words, where it is no formula in one operand
    role: str  # in a network: "affine", "activation", or "saturating" for an activation with flat ends


COLUMNS: Final = frozenset(Columns.__annotations__)


class Row:
    """The columns of a primitive, and how a call of it is written and read."""

    def __init__(
        self,
        name: str,
        arity: int | None,
        value: Callable[..., float],
        partials: Partials,
        formula: str = "",
        **columns: Unpack[Columns],
    ) -> None:
        if not columns.keys() <= COLUMNS:
            wrong = ", ".join(sorted(columns.keys() - COLUMNS))
            raise TypeError(f"a row has no column {wrong}; its columns are {', '.join(sorted(COLUMNS))}")
        self.name: Final = name
        self.arity: Final = arity
        self.value: Final = value
        self.partials: Final = partials
        self.partial_rules: Final[tuple[Partial, ...]] = partials if isinstance(partials, tuple) else ()
        # Something flows back to each operand, so that a node needs no list of which.
        self.plain: Final = isinstance(partials, tuple) and None not in partials
        self.formula: Final = formula
        self.columns: Final = columns
        self.domain: Final[str] = columns.get("domain", "all reals")
        self.kinks: Final[str] = columns.get("kinks", "none")
        self.limit: Final[Callable[..., float] | float] = columns.get("limit", math.nan)
        self.lowering: Final[Callable[..., Any] | None] = columns.get("lowering")
        self.selects: Final[bool] = columns.get("selects", False)
        self.sequences: Final[int] = columns.get("sequences", 1)
        self.empty: Final[float | None] = columns.get("empty")
        self.complex_value: Final[Callable[..., complex] | None] = columns.get("complex_value")
        self.commutes: Final[bool] = columns.get("commutes", False)
        self.rewrites: Final[tuple[str, ...]] = columns.get("rewrites", ())
        self.fold: Final[Row | None] = columns.get("fold")
        self.operations: Final[Callable[[int], int] | None] = columns.get("operations")
        self.python: Final[str] = columns.get("python", "")
        self.libm: Final[str] = columns.get("libm", "")
        self.array: Final[str | Callable[..., Any] | None] = columns.get("array") or self.libm or None
        self.llvm: Final[str] = columns.get("llvm", "")
        self.fastmath: Final[int] = columns.get("fastmath", 0)
        self.intervals: Final[tuple[Interval, ...]] = columns.get("intervals", ())
        self.whole: Final[tuple[int, ...]] = columns.get("whole", ())
        self.distance: Final[Callable[..., float] | None] = columns.get("distance")
        self.compares: Final[bool] = columns.get("compares", False)
        self.truths: Final[int] = columns.get("truths", 0)
        self.entire: Final[Callable[..., bool] | None] = columns.get("entire")
        self.bend: Final[float] = columns.get("bend", math.inf)
        self.never_zero: Final[bool] = columns.get("never_zero", False)
        self.label: Final[str] = columns.get("label", name)
        self.sign: Final[str] = columns.get("sign", columns.get("label", name))
        self.notation: Final[str] = columns.get("notation", name)
        self.latex: Final[str] = columns.get("latex", "")
        self.binds: Final[str] = columns.get("binds", "atom")
        self.lecture: Final[Partials | None] = columns.get("lecture")
        self.words: Final[str] = columns.get("words", "")
        self.role: Final[str] = columns.get("role", "")

    def __call__(self, *operands: object) -> Any:
        """Declared here, because mypyc gives a class that is called another layout than a base that is not."""
        raise NotImplementedError

    def operand_names(self) -> list[str]:
        """The operands as the table names them: x, or condition, a, b; w and x for the pairs of a dot."""
        if self.arity is None:
            return ["w", "x"] if self.sequences == 2 else ["x"]
        for skipped, rule in [*((1, rule) for rule in self.partial_rules), (0, self.value)]:  # partials begin with out
            code: Any = getattr(rule, "__code__", None)
            if code is not None and code.co_argcount - skipped == self.arity:
                return list(code.co_varnames[skipped : skipped + self.arity])
        return [f"x{i}" for i in range(self.arity)] if self.arity > 3 else ["x", "y", "z"][: self.arity]

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
        return tuple([x for part in parts for x in part])

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
