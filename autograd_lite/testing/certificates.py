"""`certify`: results with a proof, by ball arithmetic over the program of a function.

Above `balls`.  The program is traced without rounding anything: constants of f stay the floats that they are, those of
rules (ln 2, y - 1) become the numbers that they round.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from autograd_lite.core import table
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.value import traced
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.interpreter import interpret
from autograd_lite.program.program import Program
from autograd_lite.program.reaching import reached
from autograd_lite.program.tracing import Trace
from autograd_lite.support.wording import computed_from_rest
from autograd_lite.testing.balls import Arb, Ball, BallArithmetic, NoBall
from autograd_lite.transforms.differentiation import as_float
from autograd_lite.transforms.levels import inside
from autograd_lite.transforms.signatures import Function, checked_function, name_of
from autograd_lite.transforms.unrounded import unrounded_rules
from autograd_lite.trees import PyTreeDef, flatten, flatten_numbers

End = Fraction | float
"""The end of an interval: exact, or infinite."""

MOST_BITS = 16_384
"""The precision at which a wished width is given up."""

EXPONENTS = 20_000
"""Ends of intervals beyond 2^-20000 and 2^20000 are told as 0 and inf: as fractions they would fill the memory."""


class Certificate:
    """What is proven of one result.

    `result` is what the library computes, and the real number that it approximates is from `lower` to `upper`: exact
    fractions, infinite where there is no bound.  `digits` are the decimal digits of the result that are right at
    least: -log10 of the largest relative error possible, inf where the result is proven exact.  `decided` tells whether
    every choice on the way (a comparison, where, max, abs, floor, ...) was decided; if not, the interval holds the
    results of all branches that were possible, and `undecided` names these choices.  `precision` is in bits.
    """

    __slots__ = ("decided", "digits", "lower", "precision", "result", "undecided", "upper")

    def __init__(
        self, result: float, lower: End, upper: End, undecided: tuple[str, ...] | None, precision: int
    ) -> None:
        self.result = result
        self.lower = lower
        self.upper = upper
        self.digits = proven_digits(result, lower, upper)
        self.decided = undecided is None
        self.undecided = undecided or ()
        self.precision = precision

    def __contains__(self, x: End) -> bool:
        """Whether a number is in the interval."""
        return self.lower <= x <= self.upper

    @computed_from_rest("certify again with a wished width")
    def width(self) -> End:
        """upper - lower."""
        return self.upper - self.lower if self.lower != self.upper else Fraction(0)

    def __repr__(self) -> str:
        sure = "decided" if self.decided else f"not decided: {', '.join(self.undecided)}"
        ends = f"from {ending(self.lower)} to {ending(self.upper)}"
        return f"{self.result!r}: {self.digits:.1f} digits proven, {ends}, {sure}"


def ending(x: End) -> str:
    """An end of an interval in 17 digits."""
    try:
        return f"{float(x):.17g}"
    except OverflowError:
        return "huge" if x > 0 else "-huge"


def certify(f: Function, *args: Any, precision: int = 53, width: float | None = None) -> Any:
    """The results of f at args, each with an interval that provably holds the real number for exactly these floats.

    f is any function of this library, or a Program: values, gradients, Hessians.  It is run in ball arithmetic of
    `precision` bits (Arb, through python-flint: extra `certify`): every instruction gives an interval that holds its
    value for all numbers in the intervals of its operands, so rounding, cancellation and kinks are all accounted for.
    Numbers written in f are the floats that they are.  With `width` the precision is doubled until no interval is
    wider, up to 16,384 bits.  Returns the structure of the result of f, each number replaced by a `Certificate`.

    A choice that is not decided is reported, not guessed: the interval then holds what either branch gives.  At a kink
    that is met exactly the result is the convention of the row.  Source: Johansson, Arb: efficient arbitrary-precision
    midpoint-radius interval arithmetic (2017).

    Raises ImportError without python-flint, TypeError where an argument or the result is no pytree of numbers,
    ValueError where a result is nan, where an operand may be outside of the domain of its row, where a row has no
    meaning in ball arithmetic (an opaque function of Python), where f draws random numbers, and where the width is not
    reached.

    >>> from autograd_lite import exp, grad
    >>> proven = certify(lambda x: (exp(x) - 1.0) / x, 1e-9, width=1e-20)
    >>> proven.result, round(proven.digits, 1), proven.decided
    (1.000000082740371, 7.1, True)
    >>> 12.5 in certify(grad(lambda x: x**3.0 + x / 2.0), 2.0)
    True
    """
    checked_function("certify", f)
    if not isinstance(precision, int) or not 2 <= precision <= MOST_BITS:
        raise ValueError(
            f"certify computes with 2 to {MOST_BITS} bits, but got precision={precision!r}; choose so many"
        )
    computation = Computation(f, args)
    while True:
        run = BallRun(computation, precision)
        wide = [] if width is None else [i for i, x in enumerate(run.balls) if not run.narrow(x, width)]
        if not wide or precision >= MOST_BITS:
            break
        precision = min(2 * precision, MOST_BITS)
    certificates = [run.certificate(i) for i in range(len(run.balls))]
    if wide:
        raise ValueError(
            f"{computation.names[wide[0]]} is not known to a width of {width!r} with {precision} bits: "
            f"{certificates[wide[0]]}; ask for a larger width, or decide the choice in another way"
        )
    return computation.structure(certificates)


class Computation:
    """The program of f at args, its arguments, the results that the library computes, and their names."""

    def __init__(self, f: Function, args: tuple[Any, ...]) -> None:
        self.name = name_of(f)
        self.structure: Callable[[list[Any]], Any]
        self.data: list[Any]
        self.samples = 1
        if isinstance(f, Program):
            self.of_program(f, args)
        else:
            self.of_function(f, args)
        self.results: list[float] = self.flat(interpret(self.ordinary, compiled_value, self.data, self.samples))

    def of_function(self, f: Function, args: tuple[Any, ...]) -> None:
        leaves, treedef = flatten(args, "arguments")
        point = [as_float(x) for x in leaves]
        self.ordinary, _, closed_over = traced_program(f, treedef)
        with unrounded_rules():
            self.program, result, _ = traced_program(f, treedef)
        self.structure = result.unflatten
        self.data = [point, closed_over] if closed_over else [point]
        self.names = result.leaf_names("the result")

    def of_program(self, program: Program, args: tuple[Any, ...]) -> None:
        if len(args) != len(program.arguments):
            raise TypeError(f"the program takes {len(program.arguments)} arguments, but got {len(args)}")
        self.program = self.ordinary = program
        self.data = []
        for x, (name, size, batched, _) in zip(args, program.arguments, strict=True):
            numbers = [as_float(leaf) for leaf in flatten_numbers(x, f"argument {name}", only=True)[0]]
            n = len(numbers) // size if batched and size else 1
            if len(numbers) != n * size or (batched and self.samples not in (1, n)):
                raise ValueError(f"argument {name} holds {size} numbers, but got {len(numbers)}; pass as many")
            self.samples = n if batched else self.samples
            self.data.append([numbers[i : i + size] for i in range(0, n * size, size)] if batched else numbers)
        self.names = [f"the result {i}" for i in range(sum(self.sizes()))]
        self.structure = self.like_program

    def sizes(self) -> list[int]:
        return [len(r.values) * (self.samples if r.batched else 1) for r in self.program.results]

    def like_program(self, certificates: list[Any]) -> Any:
        """As a call of the program gives its results: a number or a flat list each."""
        parts, rest = [], list(certificates)
        for size in self.sizes():
            part, rest = rest[:size], rest[size:]
            parts.append(part[0] if len(part) == 1 else part)
        return parts[0] if len(parts) == 1 else tuple(parts)

    def flat(self, results: Sequence[Any]) -> list[Any]:
        """The numbers of the results of the interpreter."""
        return [
            x
            for found, result in zip(results, self.program.results, strict=True)
            for part in (found if result.batched else [found])
            for x in part
        ]


def compiled_value(row: Primitive, operands: list[float]) -> float:
    """What compiled programs compute."""
    return table.sum.raw(operands) if row is BATCH_SUM else row.ieee_value(*operands)


def traced_program(f: Function, treedef: PyTreeDef) -> tuple[Program, PyTreeDef, list[float]]:
    """The program of f for arguments of that structure, the structure of its result, and what f closes over."""
    with Trace(lambda x: None) as trace, inside():
        values = [traced(0) for _ in range(treedef.num_leaves)]
        outputs, result = flatten_numbers(f(*treedef.unflatten(values, copies=True)), f"result of {name_of(f)}")
        if trace.draws:
            raise ValueError(
                f"{name_of(f)} draws random numbers, which are others at each call; make them arguments of it"
            )
        _, before = reached(outputs, trace.start, set(values), trace.steps)
        groups = [Argument("x", len(values), False)] + ([Argument("closed_over", len(before), False)] if before else [])
        flattener = Flattener(groups)
        found = flattener.graph(outputs, {x: i for i, x in enumerate([*values, *before])})
        program = Program(*flattener.finished([Result(tuple(found), False)]))
    return program, result, [x._data for x in before]


class BallRun:
    """One run in ball arithmetic."""

    def __init__(self, computation: Computation, precision: int) -> None:
        self.of = computation
        self.precision = precision
        self.arithmetic = BallArithmetic(precision, by="certify")
        with self.arithmetic.context():
            found = interpret(computation.program, self.meaning, computation.data, computation.samples)
            self.balls = self.arithmetic.balls(computation.flat(found))

    def meaning(self, row: Any, operands: list[Any]) -> Any:
        try:
            return self.arithmetic.value(row, operands)
        except NoBall as error:
            raise ValueError(f"certify cannot run {self.of.name}: {error}") from None

    def narrow(self, ball: Ball, width: float) -> bool:
        """Whether an interval is no wider."""
        lower, upper = ends(self.arithmetic, ball.arb)
        return lower == upper or upper - lower <= width

    def certificate(self, i: int) -> Certificate:
        ball, result, name = self.balls[i], self.of.results[i], self.of.names[i]
        if math.isnan(result):
            raise ValueError(
                f"{name} of {self.of.name} is nan, of which nothing can be proven{self.why()}; move the arguments "
                f"into its domain"
            )
        if ball.arb.is_nan():
            raise ValueError(
                f"{name} of {self.of.name} is {result!r}, but {self.precision} bits do not prove that it exists"
                f"{self.why()}; pass a larger precision, or move the arguments into the domain"
            )
        lower, upper = ends(self.arithmetic, ball.arb)
        undecided = None if ball.decided else tuple(self.arithmetic.undecided)
        return Certificate(result, lower, upper, undecided, self.precision)

    def why(self) -> str:
        places = self.arithmetic.nowhere
        return f": {places[0]} may be outside of its domain" if places else ""


def ends(arithmetic: BallArithmetic, arb: Arb) -> tuple[End, End]:
    """The ends of an interval, rounded outwards."""
    with arithmetic.context():
        if not arb.is_finite():
            exact = arb.is_exact()
            return (-math.inf if not exact or arb < 0 else math.inf), (math.inf if not exact or arb > 0 else -math.inf)
        return fraction(arb.lower(), -math.inf), fraction(arb.upper(), math.inf)


def fraction(arb: Arb, outwards: float) -> End:
    """An exact ball as a fraction; one that is too long is rounded outwards, to 0 or to infinity."""
    mantissa, exponent = map(int, arb.man_exp())
    size = exponent + mantissa.bit_length()
    if abs(size) <= EXPONENTS or not mantissa:
        return Fraction(mantissa) * Fraction(2) ** exponent if mantissa else Fraction(0)
    tiny = Fraction(1, 2**EXPONENTS)
    if size > 0:
        inwards = Fraction(2) ** (EXPONENTS - 1)
        return outwards if (mantissa > 0) == (outwards > 0) else (inwards if mantissa > 0 else -inwards)
    if (mantissa > 0) == (outwards > 0):
        return tiny if mantissa > 0 else -tiny
    return Fraction(0)


def proven_digits(result: float, lower: End, upper: End) -> float:
    """-log10 of the largest relative error of a result whose real value is between two bounds, from 0 on."""
    if result == lower == upper:
        return math.inf
    if not math.isfinite(result) or not (isinstance(lower, Fraction) and isinstance(upper, Fraction)):
        return 0.0
    smallest = min(abs(lower), abs(upper)) if lower * upper > 0 else Fraction(0)
    if smallest == 0:
        return 0.0
    error = max(abs(Fraction(result) - lower), abs(Fraction(result) - upper)) / smallest
    digits = math.log10(error.denominator) - math.log10(error.numerator)
    return max(0.0, math.floor(1e6 * digits) / 1e6 - 1e-6)
