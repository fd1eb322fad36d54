"""Derivatives checked with a proof: the mean value theorem in ball arithmetic, for `gradcheck`.

Above `certificates`.  (f(x + h) - f(x - h)) / 2h is f' somewhere between, and what the rules give for all points
between is an interval: where these do not meet, the rules are wrong.  With h = 2^-120 x and 640 bits both are narrow.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.value import Value
from autograd_lite.program.interpreter import interpret
from autograd_lite.program.program import Program
from autograd_lite.testing.balls import Arb, Ball, BallArithmetic, NoBall
from autograd_lite.testing.certificates import traced_program
from autograd_lite.testing.naming import derivative
from autograd_lite.testing.report import ROUNDING, TOLERANCE, Comparison, Report
from autograd_lite.testing.surroundings import Surroundings, obstacles
from autograd_lite.transforms.differentiation import reverse_mode
from autograd_lite.transforms.unrounded import unrounded_rules
from autograd_lite.trees import flatten

STEP_BITS, PRECISION = 120, 640

OnValues = Callable[..., list[Any]]


def check_by_mean_values(
    f: OnValues,
    point: list[float],
    operands: list[str],
    titles: list[str],
    allow_unused: bool,
    report: Report,
) -> list[list[tuple[float, float]]]:
    """Compare all first derivatives of f, which is called with Values; returns them with the sizes of their terms."""
    inputs = [Value(x) for x in point]
    try:
        outputs = f(*inputs)
    except (ArithmeticError, ValueError) as error:
        report.findings.append(f"outside of the domain: {type(error).__name__}: {error}")
        return []
    around = Surroundings(inputs, outputs)
    report.findings += obstacles(around, outputs, titles, operands, allow_unused)
    if report.findings:
        return []
    slopes = [reverse_mode([out], [1.0], inputs, False) for out in outputs]
    sizes = [around.magnitudes(out)[0] for out in outputs]
    values, rules = Enclosure(f, point), Enclosure(lambda *xs: derivatives(f, xs), point)
    for j, operand in enumerate(operands):
        try:
            quotients, intervals = values.quotients(j), rules.between(j)
        except NoBall as error:
            report.findings.append(f"cannot be certified: {error}")
            return []
        for i in range(len(outputs)):
            where, got = derivative(titles[i], operand), slopes[i][j]
            quotient, interval = quotients[i], intervals[i * len(point) + j]
            if not (interval.decided and quotient.decided):
                choices = ", ".join({**values.undecided, **rules.undecided})
                report.findings.append(f"{where}: too near a kink: {choices}; move the point away from it")
            elif not (interval.arb.is_finite() and quotient.arb.is_finite() and math.isfinite(got)):
                report.findings.append(f"{where} is {got!r}, of which nothing can be proven; move the point")
            elif not (interval.arb.overlaps(quotient.arb) or is_underflow(interval.arb - quotient.arb)):
                report.checks += 1
                report.findings.append(
                    f"{where}: proven wrong: its rules give {interval.arb.str(17)}, the function has "
                    f"{quotient.arb.str(17)} there; correct the rule"
                )
            else:
                allowed = TOLERANCE * abs(got) + ROUNDING * sizes[i][j]
                comparison = Comparison(where, float(interval.arb.mid()), got, "ball arithmetic")
                report.compare(comparison, allowed)
    return [list(zip(row, size, strict=True)) for row, size in zip(slopes, sizes, strict=True)]


def derivatives(f: OnValues, xs: Sequence[Value]) -> list[Any]:
    return [slope for out in f(*xs) for slope in reverse_mode([out], [1.0], xs, True)]


class Enclosure:
    """A function of Values as a program, and its intervals around a point."""

    def __init__(self, f: OnValues, point: list[float]) -> None:
        self.point = point
        self.undecided: dict[str, None] = {}
        self.program: Program
        with unrounded_rules():
            self.program, _, self.closed_over = traced_program(lambda xs: f(*xs), flatten([point], "point")[1])

    def step(self, j: int) -> float:
        """A power of two, as small beside the number of the point as it can be; beside the others where it is 0."""
        sizes = [abs(x) for x in self.point if x]
        scale = abs(self.point[j]) or min(sizes, default=1.0)
        return math.ldexp(1.0, max(math.frexp(scale)[1] - STEP_BITS, -1073))

    def run(self, j: int, moved: Callable[[Arb, Arb], Arb]) -> list[Ball]:
        """The results where input j is moved, of the number and the step."""
        arithmetic = BallArithmetic(PRECISION, by='gradcheck(method="certified")')
        with arithmetic.context():
            inputs: list[Any] = list(self.point)
            inputs[j] = Ball(moved(arithmetic.arb(self.point[j]), arithmetic.arb(self.step(j))), arithmetic)
            data = [inputs, self.closed_over] if self.closed_over else [inputs]
            results: list[Ball] = arithmetic.balls(interpret(self.program, arithmetic.value, data)[0])
        self.undecided.update(arithmetic.undecided)
        return results

    def between(self, j: int) -> list[Ball]:
        return self.run(j, lambda x, h: (x - h).union(x + h))

    def quotients(self, j: int) -> list[Ball]:
        """The difference quotients of all results."""
        above, below = self.run(j, lambda x, h: x + h), self.run(j, lambda x, h: x - h)
        arithmetic = BallArithmetic(PRECISION)
        with arithmetic.context():
            step = 2 * arithmetic.arb(self.step(j))
            return [
                Ball((a.arb - b.arb) / step, arithmetic, a.decided and b.decided)
                for a, b in zip(above, below, strict=True)
            ]


def is_underflow(difference: Arb) -> bool:
    """Whether an interval holds nothing but what rounds to 0: a rule may be 0 where the truth is below all floats."""
    return bool(abs(difference) * 2**1075 < 1)
