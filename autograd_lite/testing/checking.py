"""`gradcheck`: whether the gradients of a function are right, by ways of computing them that share nothing.

Differences of the function's own values, extrapolated, with a step chosen at the point; forward mode against
reverse mode; and the same for the gradient itself, for second derivatives.  What cannot be judged (a kink too
near, a point at the edge of the domain, an input that is ignored) is a finding, never a silent pass.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.graph import operands_of, topological_order
from autograd_lite.jacobians import jvp
from autograd_lite.structure import flatten, unflatten, with_parameters
from autograd_lite.testing.domains import kink_distance
from autograd_lite.testing.precision import ulps
from autograd_lite.transforms import gradients
from autograd_lite.value import Value

TOLERANCE = 1e-6  # relative; centred differences of order 6 or so do better at ordinary points
NEAR = 1e-7  # a kink nearer than this, relative to the operands, is too near for differences


@dataclass
class Report:
    """What `gradcheck` found; true if nothing was wrong."""

    findings: list[str] = field(default_factory=list)
    checks: int = 0
    worst: str = "nothing was compared"
    excess: float = -1.0  # of the worst comparison: the error over what was allowed

    def __bool__(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        verdict = "passed" if self else f"failed, {len(self.findings)} findings"
        return "\n".join([f"gradcheck {verdict}: {self.checks} comparisons; worst: {self.worst}", *self.findings])

    def compare(self, where: str, got: float, want: float, allowed: float, how: str) -> None:
        """Record one comparison."""
        self.checks += 1
        error = abs(got - want)
        excess = error / allowed if allowed else (0.0 if error == 0.0 else math.inf)
        words = f"{where}: expected {want!r}, got {got!r} ({how}, {ulps(got, want):.3g} ulps apart)"
        if math.isnan(excess) or excess > 1.0:
            self.findings.append(words)
        if math.isnan(excess) or excess > self.excess:
            self.excess, self.worst = excess, words


def gradcheck(f: Callable[..., Any], *args: Any, order: int = 1, allow_unused: bool = False) -> Report:
    """Check the first derivatives of f at args, and with `order=2` the second; a Report, true if they are right.

    The arguments are numbers, arrays, Modules, or nests of these; f returns a number or a nest of numbers.  An
    input on which nothing depends, a constant result, nan, a kink too near and a point at the edge of the
    domain are findings too; `allow_unused` accepts the first two.

    >>> from autograd_lite import sin, relu
    >>> bool(gradcheck(lambda x, y: sin(x) * y, 0.5, 2.0, order=2))
    True
    >>> print(gradcheck(relu, 0.0))
    gradcheck failed, 1 findings: 0 comparisons; worst: nothing was compared
    too near a kink: relu at 0.0; move the point away from it
    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck checks derivatives of order 1 and 2, but got order={order!r}; choose one")
    leaves, shape = flatten(list(args), "arguments")
    point = [x.data if isinstance(x, Value) else float(x) for x in leaves]

    def on_values(*xs: Any) -> list[Any]:
        return flatten(f(*unflatten(shape, iter(xs), with_parameters)), "result")[0]

    report = Report()
    check(on_values, point, "", allow_unused, report)
    if order == 2 and report:

        def slopes(*xs: Any) -> list[Any]:
            found: list[Any] = []
            for out in on_values(*xs):
                found += gradients(out, xs, create_graph=True) if isinstance(out, Value) and out.parents else []
            return found

        check(slopes, point, "second derivatives, ", True, report)
    return report


def assert_gradients(f: Callable[..., Any], *args: Any, order: int = 1, allow_unused: bool = False) -> None:
    """Raise AssertionError with the report of `gradcheck` unless the gradients of f are right at args."""
    report = gradcheck(f, *args, order=order, allow_unused=allow_unused)
    if not report:
        raise AssertionError(str(report))


def check(f: Callable[..., list[Any]], point: Sequence[float], title: str, allow_unused: bool, report: Report) -> None:
    """Compare the first derivatives of all results of f in all its numbers."""
    inputs = [Value(x) for x in point]
    outputs = f(*inputs)
    graph = topological_order([x for x in outputs if isinstance(x, Value)], everything=True)
    report.findings += obstacles(inputs, outputs, graph, allow_unused)
    if report.findings:
        return

    def values_at(xs: Sequence[float]) -> list[float]:
        return [x.data if isinstance(x, Value) else float(x) for x in f(*[Value(x) for x in xs])]

    rows = [gradients(x, inputs) if isinstance(x, Value) and x.parents else None for x in outputs]
    for j in range(len(point)):
        found = differences(values_at, point, j)
        forward = jvp(f, point, [float(i == j) for i in range(len(point))])[1]
        for i, row in enumerate(rows):
            if row is None:
                continue
            where = f"{title}d result[{i}] / d input[{j}]"
            scale = max(abs(g) for g in row)
            report.compare(where, forward[i], row[j], 1e-11 * scale, "forward against reverse mode")
            if found is None:
                report.findings.append(f"{where}: no step around {point[j]!r} stays in the domain; move the point")
                continue
            best, error, step = found[i]
            if error > 1e-3 * abs(best) + 1e-6 * scale:
                report.findings.append(f"{where}: differences do not settle at {point[j]!r}; move the point")
                continue
            allowed = 10.0 * error + TOLERANCE * abs(best) + 1e-10 * scale
            report.compare(where, row[j], best, allowed, f"differences with step {step:.3g}")


def obstacles(inputs: list[Value], outputs: list[Any], graph: list[Any], allow_unused: bool) -> list[str]:
    """What makes a comparison impossible or worthless."""
    found = []
    reached = {id(x) for x in graph}
    if not outputs or not any(isinstance(x, Value) and x.parents for x in outputs):
        if not allow_unused or not outputs:
            found.append("the result is a constant: nothing depends on any input")
    elif not allow_unused:
        for j, x in enumerate(inputs):
            if id(x) not in reached:
                found.append(f"input[{j}] is ignored: nothing depends on it; allow_unused=True accepts that")
    for i, x in enumerate(outputs):
        number = x.data if isinstance(x, Value) else float(x)
        if not math.isfinite(number):
            found.append(f"result[{i}] is {number!r}, which has no derivative to compare; move the point")
    for node in graph:
        numbers = [x._data for x in operands_of(node)]
        if numbers and kink_distance(node._row, numbers) <= NEAR * max(abs(x) for x in numbers):
            shown = ", ".join(repr(x) for x in numbers)
            found.append(f"too near a kink: {node._row.name} at {shown}; move the point away from it")
    return found


def differences(
    f: Callable[[Sequence[float]], list[float]], point: Sequence[float], j: int
) -> list[tuple[float, float, float]] | None:
    """For each result, its derivative in number j, an estimate of the error, and the step; None off the domain.

    Centred differences with steps halved again and again, extrapolated to step 0; the best entry of the
    tableau is where neighbours agree most.  Source: Ridders, Accurate computation of F'(x) (1982).
    """
    step = 0.1 * max(abs(point[j]), 0.1)
    for _ in range(30):
        try:
            f(moved(point, j, step))
            f(moved(point, j, -step))
            break
        except (ArithmeticError, ValueError):
            step /= 4.0
    else:
        return None
    best: list[tuple[float, float, float]] = []
    previous: list[list[float]] = []
    for k in range(12):
        h = step / 2.0**k
        up, down = moved(point, j, h), moved(point, j, -h)
        width = up[j] - down[j]
        line = [[(a - b) / width for a, b in zip(f(up), f(down), strict=True)]]
        for m in range(k):
            factor = 4.0 ** (m + 1)
            line.append([(factor * x - y) / (factor - 1.0) for x, y in zip(line[m], previous[m], strict=True)])
        for i in range(len(line[0])):
            if k == 0:
                best.append((line[0][i], math.inf, h))
            for m in range(1, k + 1):
                error = max(abs(line[m][i] - line[m - 1][i]), abs(line[m][i] - previous[m - 1][i]))
                if error < best[i][1]:
                    best[i] = (line[m][i], error, h)
        previous = line
    return best


def moved(point: Sequence[float], j: int, step: float) -> list[float]:
    return [x + step if i == j else x for i, x in enumerate(point)]
