"""The columns of the table: what can be known of a primitive, beside its name, its value and its partials.

Each is optional, and is a keyword of `autograd_lite.primitive`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from autograd_lite.core.columns.constants import LARGEST

Interval = tuple[float, float]
EVERYWHERE: Final[Interval] = (-LARGEST, LARGEST)

Partial = Callable[..., Any] | float | None
"""Of (result, *operands); a number where it is constant; None where nothing flows back."""

Partials = tuple[Partial, ...] | Callable[..., Any]
"""One for each operand, or one function of (result, operands) that gives all of them."""


class Row:
    """The columns of a primitive."""

    # Mathematics
    domain: str = "all reals"  # the operands at which the value exists, in words
    infinity: str = ""  # what holds at infinite operands, where the domain has them
    kinks: str = "none"  # the points without a derivative, and the partial that is taken there
    # the value by IEEE 754 (inf or nan) where `value` raises: a float, or a function of the operands; nan
    limit: Callable[..., float] | float = math.nan
    # the same value in simpler rows, bit for bit, for compiled programs; None: a call of `value`
    lowering: Callable[..., Any] | None = None
    selects: bool = False  # whether the first operand chooses which of the two others passes through, as in `where`
    # whether what it does not select is as if it were not there: no adjoint, not even 0, arrives at it
    lazy: bool = False
    sequences: int = 1  # of a row of any number of operands: how many iterables it takes, 1 or 2
    empty: float | None = None  # its value without operands; None: it has none
    # the value at complex operands, up to a real constant; rows that choose do so by the real parts
    complex_value: Callable[..., complex] | None = None
    # an enclosure of the value at balls of real numbers (see `core.table.ball_functions`): a function, or the name of
    # a method of Arb's balls; where left out the function called `libm`, or else the lowering or the value on balls
    ball_value: str | Callable[..., Any] | None = None

    # its Taylor coefficients at a number as a function of (result, x, order), in rows, where the recurrence that
    # follows from the partials loses digits (see `core.table.taylor_coefficients`)
    taylor: Callable[[Any, Any, int], list[Any]] | None = None

    # Programs and back ends
    commutes: bool = False  # the two operands can be swapped, to the bit
    # whether the rules of a row of any number of operands are written in `core.table.elementwise`, which takes arrays
    takes_arrays: bool = False
    # what computes the same for less where operands are special, to the bit (see `program.simplification`)
    rewrites: tuple[str, ...] = ()
    # the row of two operands that makes a row of any number of them from left to right; of pairs, on products
    fold: "Row | None" = None
    # how many scalar operations it takes for so many operands, where it is not one less than these
    operations: Callable[[int], int] | None = None
    # its expression in Python's operators, as "{} + {}"; on arrays too, unless the column `array` is given
    python: str = ""
    # its expression in what C and JavaScript share, which are operators and `backends.languages.functions`; where left
    # out that in Python's operators, a call of `libm`, or of the function that an intrinsic of `llvm` is
    c: str = ""
    # on arrays: the name of a function of the array standard, of NumPy or of SciPy, or a function of a
    # namespace with all of these and the operands; where left out the function called `libm`.  None: refused,
    # unless `python` is given
    array: str | Callable[..., Any] | None = None
    libm: str = ""  # the function of C's library with the same bits, which native code calls instead of `value`
    # an instruction ("fadd"), comparison ("fcmp olt") or intrinsic ("llvm.sqrt") of LLVM with the same bits, or
    # a method of `backends.llvm.emitters` that writes several ("emit_relu")
    llvm: str = ""
    # the error, in units in the last place, of the function in `backends.llvm.approximations`; 0: there is none
    fastmath: int = 0

    # The neighbourhood of a point, for the checks of `testing`
    # for each operand an interval of the domain that holds all results of interest: tests draw from it
    intervals: tuple[Interval, ...] = ()
    whole: tuple[int, ...] = ()  # the numbers of the operands that are whole
    # how far the operands are from the nearest kink, jump, pole or end of the domain; None: there is none
    distance: Callable[..., float] | None = None
    # only the difference of the two operands decides, and it jumps or has its kink where that is 0
    compares: bool = False
    truths: int = 0  # how many operands, the first ones, count as true unless they are 0
    # whether there is no kink at these operands after all if only the first of them moves
    entire: Callable[..., bool] | None = None
    # the distance within which it bends, wherever it is: a step of differences has to be shorter
    bend: float = math.inf
    never_zero: bool = False  # it is 0 by underflow only

    # Writing and drawing
    label: str = ""  # the operation in ASCII, as micrograd's `_op`; its name where left out
    sign: str = ""  # the operation in drawings; its label where left out
    notation: str = ""  # how a formula writes it (see `explaining.writing`): "e^<x:atom>", or the name of a function
    latex: str = ""  # the same in LaTeX
    binds: str = "atom"  # how tightly that binds: "sum", "quotient", "product", "minus", "power" or "atom"
    lecture: Partials | None = None  # the partials as lectures write them, where `partials` are written to keep digits
    words: str = ""  # the partial of a row of any number of operands in words, where it is no formula in one operand
    # in a network: "affine", "activation", "saturating" for an activation with flat ends, "rectifier" for one with one
    role: str = ""

    # of a row that was made for one call, as of a loop or of a function with rules of its own: what it runs, which
    # differentiates and flattens itself
    payload: Any = None
    called_back: bool = False  # programs call the value, a Python function that cannot be written in rows
    traced: Callable[[Sequence[Any]], None] | None = None  # what is called with the operands while a program is traced

    def __init__(
        self,
        name: str,
        arity: int | None,
        value: Callable[..., float],
        partials: Partials,
        formula: str = "",
        **columns: Any,
    ) -> None:
        if not columns.keys() <= COLUMNS:
            wrong = ", ".join(sorted(columns.keys() - COLUMNS))
            raise TypeError(f"a row has no column {wrong}; its columns are {', '.join(sorted(COLUMNS))}")
        self.name: Final[str] = name
        self.arity: Final = arity
        self.value: Final = value
        self.partials: Final = partials
        self.partial_rules: Final[tuple[Partial, ...]] = partials if isinstance(partials, tuple) else ()
        # Every operand has a partial, so that a node can keep operands in its two slots (`graph.connect`).
        self.plain: Final = isinstance(partials, tuple) and None not in partials
        self.formula: Final = formula
        self.columns: Final = columns
        self.ball_value = self.lecture = None  # mypyc leaves None out as a default of unions
        self.label = self.sign = columns.get("label", name)
        self.notation = name
        self.array = columns.get("libm")
        for column, x in columns.items():
            setattr(self, column, x)

    def __call__(self, *operands: object) -> Any:
        """Declared here, because mypyc gives a class that is called another layout than a base that is not."""
        raise NotImplementedError


COLUMNS: Final = {x for x in vars(Row) if not x.startswith("__")} - {
    "arity", "columns", "formula", "name", "partial_rules", "partials", "plain", "value"
}  # fmt: skip
"""The names of the columns that may be left out."""
