"""`gradcheck`: whether the gradients of a function are right, by ways of computing them that share nothing.

Differences of the function's own values, extrapolated, with steps that are safe by the graph; the complex
step; forward mode against reverse mode; and the same for the gradient itself, for second derivatives.  What
cannot be judged (a kink too near, a point outside of the domain, an input that is ignored, a function that is
not the same at every call) is a finding, never a silent pass.  Needs no other library.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.operands import Scalar
from autograd_lite.core.value import Value
from autograd_lite.program.program import Program
from autograd_lite.testing.complex_step import complex_step, step_at
from autograd_lite.testing.differences import Estimate, differences, moved_point
from autograd_lite.testing.naming import derivative
from autograd_lite.testing.report import ROUNDING, TOLERANCE, Comparison, Report
from autograd_lite.testing.surroundings import Surroundings, obstacles
from autograd_lite.transforms.differentiation import as_float, as_value, reverse_mode
from autograd_lite.transforms.jacobians import forward_mode
from autograd_lite.transforms.signatures import checked_function, numbered_names, parameter_names
from autograd_lite.trees import flatten, flatten_numbers

STEPPED = 1e-9  # relative; what the complex step finds is as good as the rows that it takes
SETTLED = 1e-5  # relative; differences that may be further off judge nothing
NEAR = 1e-7  # a kink nearer than this, relative to the number that is moved, leaves no digits to differences


def gradcheck(
    f: Callable[..., Any], *args: Any, order: int = 1, allow_unused: bool = False, method: str = "differences"
) -> Report:
    """Check the first derivatives of f at args, and with `order=2` the second; a Report, true if they are right.

    The arguments are numbers, Values, arrays, Modules, or pytrees of these; f returns a number or a pytree
    of numbers.  Each derivative in reverse mode is compared with extrapolated differences of f, with the complex
    step where all rows are known for complex numbers, and with forward mode; second ones also with each other.
    They have to agree to a relative 1e-6, and with the complex step to 1e-9, beside what rounding and the differences
    themselves may be off.

    A derivative that is not right is reported with its operand, what was expected, what it is, the step and
    the ulps between.  Findings too: a point near a kink or outside of the domain, a function that is nan, that
    differs from call to call, returns a constant or ignores an input; `allow_unused` accepts the last two.
    With `method="certified"` the derivatives are compared by the mean value theorem in ball arithmetic (extra
    `certify`): a difference quotient of f, at points some 1e-36 apart, is a derivative between them, so it is in the
    interval that the rules give there, or the rules are proven wrong.  It needs a function that can be traced, and
    works next to kinks and where differences do not settle.

    Raises TypeError where an argument or the result is no pytree of numbers, ValueError on another order or method.

    >>> from autograd_lite import sin, relu
    >>> bool(gradcheck(lambda x, y: sin(x) * y, 0.5, 2.0, order=2))
    True
    >>> print(gradcheck(relu, 0.0))
    gradcheck failed with 1 finding: 0 comparisons
    too near a kink: relu at 0.0; move the point away from it
    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck checks derivatives of order 1 and 2, but got order={order!r}; choose one")
    if method not in ("differences", "certified"):
        raise ValueError(f'gradcheck has the methods "differences" and "certified", but got {method!r}; choose one')
    checked_function("gradcheck", f)
    leaves, treedef = flatten(args, "arguments")
    point = [as_float(x) for x in leaves]
    names = zip(args, numbered_names(parameter_names(f), len(args)), strict=True)
    operands = [path for x, name in names for path in flatten_numbers(x, f"argument {name}")[1].leaf_names(name)]
    titles: list[str] = []

    def on_values(*xs: Scalar) -> list[Any]:
        found, structure = flatten_numbers(f(*treedef.unflatten(xs, copies=True)), "result")
        titles[:] = structure.leaf_names("result")
        return found

    report = Report()
    if method == "certified":
        from autograd_lite.testing.mean_values import check_by_mean_values as check  # needs another library
    else:
        check = check_by_differences
    results = check(on_values, point, operands, titles, allow_unused, report)
    if order == 2 and report:
        seconds = [derivative(result, x) for result in titles for x in operands]

        def slopes(*xs: Value) -> list[Any]:
            return [g for out in on_values(*xs) for g in reverse_mode([out], [1.0], xs, True)]

        rows = check(slopes, point, operands, seconds, True, report)
        for k in range(len(results) if rows else 0):
            check_symmetry(rows[k * len(point) : (k + 1) * len(point)], titles[k], operands, report)
    return report


def assert_gradients(
    f: Callable[..., Any], *args: Any, order: int = 1, allow_unused: bool = False, method: str = "differences"
) -> None:
    """Raise AssertionError with the report of `gradcheck` unless the gradients of f are right at args.

    >>> from autograd_lite import exp
    >>> assert_gradients(lambda x: exp(-x * x), 0.5, order=2)
    """
    __tracebackhide__ = True  # pytest ends the traceback at the line that calls this
    report = gradcheck(f, *args, order=order, allow_unused=allow_unused, method=method)
    if not report:
        raise AssertionError(str(report))


Slopes = list[tuple[float, float]]  # the derivatives of a result, each with the sum of the sizes of its terms
OnValues = Callable[..., list[Any]]  # a function of Values, whose results are in a list


def check_by_differences(
    f: OnValues, point: list[float], operands: list[str], titles: list[str], allow_unused: bool, report: Report
) -> list[Slopes]:
    """Compare all first derivatives of f, which is called with Values; returns them, none where it cannot."""
    inputs = [Value(x) for x in point]
    try:
        outputs = f(*inputs)
        again = f(*[Value(x) for x in point])
    except (ArithmeticError, ValueError) as error:
        report.findings.append(f"outside of the domain: {type(error).__name__}: {error}")
        return []
    surroundings = Surroundings(inputs, outputs)
    limits = [room_to_move(surroundings, j, x, report) for j, x in enumerate(point)]
    report.findings += obstacles(surroundings, outputs, titles, operands, allow_unused)
    first, second = ([repr(as_float(x)) for x in run] for run in (outputs, again))
    if first != second:
        found, then = (", ".join(run[:3] + ["..."] * (len(run) > 3)) for run in (first, second))
        report.findings.append(f"not the same at every call: {found}, then {then}; fix the randomness")
    tiny = [(operand, x) for x, operand in zip(point, operands, strict=True) if 0.0 < abs(x) < 2.0**-1000]
    report.findings += [f"{x} is {at!r}, so small that floats near it have few digits; scale it" for x, at in tiny]
    if report.findings:
        return []

    magnitudes = [surroundings.magnitudes(out) for out in outputs]
    noises = [noise for _, noise in magnitudes]
    slopes = [reverse_mode([out], [1.0], inputs, False) for out in outputs]
    rows = [list(zip(row, sizes, strict=True)) for row, (sizes, _) in zip(slopes, magnitudes, strict=True)]

    def values_at(xs: Sequence[float]) -> list[float]:
        return [as_float(x) for x in f(*[Value(x) for x in xs])]

    try:
        program = Program.from_values([as_value(x) for x in outputs], inputs)
        steps = complex_step(program, point)
    except (TypeError, ValueError) as error:
        report.note(f"no complex step: {error}")
        steps = []
    directions = ([1.0 if i == j else None for i in range(len(point))] for j in range(len(point)))
    columns = forward_mode(outputs, inputs, directions, False)
    for j, operand in enumerate(operands):
        estimates = blurred(differences(values_at, point, j, limits[j], noises) or [], noises, f, point, j)
        for i, row in enumerate(rows):
            where, (got, size) = derivative(titles[i], operand), row[j]
            if not math.isfinite(got):
                report.findings.append(f"{where} is {got!r}, with which nothing can be compared; move the point")
                continue
            size = size if math.isfinite(size) else abs(got)
            report.compare(Comparison(where, got, columns[j][i], "forward mode against reverse mode"), ROUNDING * size)
            stepped = steps[i][j] if steps else None
            if stepped is not None:
                step = step_at(point, j)
                lost = 2.0**-900 / step + 2.0**64 * step * step  # what underflowed on the way, and the next term
                allowed = STEPPED * (abs(stepped) + size) + lost
                report.compare(Comparison(where, stepped, got, "complex step"), allowed)
            judged = Comparison(where, 0.0, got, "differences")
            estimate = estimates[i] if estimates else None
            judge(judged, estimate, size, as_float(outputs[i]), point[j], stepped, report)
    return rows


def blurred(estimates: list[Estimate], noises: list[float], f: OnValues, point: list[float], j: int) -> list[Estimate]:
    """The estimates, which know of the noise at the point, with what is more at the end of their steps."""
    ends: dict[float, tuple[list[Any], Surroundings]] = {}
    for step in {x.step for x in estimates}:
        inputs = [Value(x) for x in moved_point(point, j, step)]
        outputs = f(*inputs)
        ends[step] = outputs, Surroundings(inputs, outputs)
    result = []
    for i, found in enumerate(estimates):
        outputs, around = ends[found.step]
        more = max(0.0, around.magnitudes(outputs[i])[1] - noises[i])
        result.append(found._replace(error=found.error + 2.0 * more / found.step))
    return result


def room_to_move(around: Surroundings, j: int, x: float, report: Report) -> float:
    """How far input j may move in differences; a finding where that is nothing beside its own size."""
    limits = []
    far_out = "too far out, where it turns quicker than floats can step"
    for kinks, problem, away in ((around.kinks, "too near a kink", " away from it"), (around.bends, far_out, "")):
        limit, words = around.nearest(kinks, j)
        text = f"{problem}: {words}; move the point{away}"
        if limit <= NEAR * abs(x) and text not in report.findings:
            report.findings.append(text)
        limits.append(limit)
    return min(limits)


def judge(
    of: Comparison, found: Estimate | None, size: float, value: float, x: float, stepped: float | None, report: Report
) -> None:
    """Compare a derivative with what differences give, as far as they settle."""
    if found is None:
        report.findings.append(f"{of.where}: no step around {x!r} stays in the domain; move the point")
        return
    # Zero up to rounding is judged beside the value: its relative error means nothing.
    naught = abs(of.got) <= 1e-12 * size and found.error * abs(x) <= TOLERANCE * abs(value) + 1e-280
    if found.error > SETTLED * abs(found.slope) and not naught:
        problem = f"{of.where}: differences do not settle at {x!r}: {found.slope:.3g} ± {found.error:.1g}"
        if stepped is not None and abs(of.got - found.slope) <= 10.0 * found.error:
            report.note(f"{problem}; the complex step does")
        else:
            report.findings.append(f"{problem}; move the point, or scale the function")
        return
    allowed = 10.0 * found.error + TOLERANCE * abs(found.slope) + 1e-12 * size
    report.compare(of._replace(expected=found.slope, step=found.step), allowed)


def check_symmetry(rows: Sequence[Slopes], title: str, operands: Sequence[str], report: Report) -> None:
    """Compare a Hessian with its transpose."""
    for i in range(len(rows)):
        for j in range(i):
            (got, size), (want, other) = rows[i][j], rows[j][i]
            where = derivative(derivative(title, operands[i]), operands[j])
            allowed = 1e-9 * max(size, other) + TOLERANCE * abs(want)
            report.compare(Comparison(where, want, got, "the same derivatives in the other order"), allowed)
