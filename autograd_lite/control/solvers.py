"""The solvers that implicit functions have by themselves: Newton's method, and plain iteration.

They work on lists of floats.  Source: Nocedal and Wright, Numerical optimization, ch. 3 and 11.
"""

import math
from collections.abc import Callable, Sequence

from autograd_lite.control.linear_systems import SingularMatrix, solved

Numbers = list[float]
Map = Callable[[Numbers], Numbers]
Matrix = list[Numbers]

HALVINGS = 40
"""How often a step is halved in search of a point that is nearer to the solution."""

SUFFICIENT = 1e-4
"""The part of the progress promised by the slope that a step has to make."""


class SolutionError(RuntimeError):
    """A solution was not found, or has no derivative."""


def newton(f: Map, slopes: Callable[[Numbers], Matrix], x: Numbers, tol: float, maxiter: int) -> Numbers:
    """A root of f by Newton's method, with steps halved until they come nearer; `slopes` gives the Jacobian."""
    values = f(x)
    for _ in range(maxiter):
        if not any(values):
            return x
        if norm(values) == math.inf:
            raise unsolved(x, values, "that is not finite")
        try:
            step = solved(slopes(x), values)
        except SingularMatrix as error:
            raise unsolved(x, values, f"{error}, where Newton's method is") from None
        factor, size = 1.0, norm(values)
        nearer, found = moved(x, step, -1.0), values
        for _ in range(HALVINGS):
            nearer = moved(x, step, -factor)
            found = f(nearer)
            if norm(found) <= (1.0 - SUFFICIENT * factor) * size:
                break
            factor /= 2.0
        else:
            if is_small(step, x, math.sqrt(tol)):
                return x  # as near as rounding allows
            raise unsolved(x, values, "no step brings it nearer")
        small = is_small(step, x, tol)
        x, values = nearer, found
        if small:
            return x
    raise unsolved(x, values, f"{maxiter} steps were not enough")


def iteration(f: Map, slopes: Callable[[Numbers], Matrix], x: Numbers, tol: float, maxiter: int) -> Numbers:
    """A fixed point of f by iteration, and Newton's method where it is near."""
    for _ in range(maxiter):
        new = f(x)
        step = [a - b for a, b in zip(new, x, strict=True)]
        if not all(map(math.isfinite, new)):
            raise unsolved(x, step, "the next one is not finite")
        x = new
        if is_small(step, x, tol):
            break
    else:
        raise unsolved(x, step, f"{maxiter} iterations were not enough")

    def residual(x: Numbers) -> Numbers:
        return [a - b for a, b in zip(f(x), x, strict=True)]

    try:
        return newton(residual, slopes, x, tol, 3)
    except SolutionError:
        return x


def descent(
    f: Callable[[Numbers], float], slope: Map, slopes: Callable[[Numbers], Matrix], x: Numbers, tol: float, maxiter: int
) -> Numbers:
    """A minimum of f by Newton's method, or down the gradient where that leads up; `slopes` gives the Hessian."""
    value, gradient = f(x), slope(x)
    for _ in range(maxiter):
        if not any(gradient):
            return x
        step = downhill(gradient, slopes(x))
        if is_small(step, x, math.sqrt(tol)):  # the value has no digits left to tell where it falls, the gradient has
            nearer = moved(x, step, 1.0)
            next_gradient = slope(nearer)
            if not norm(next_gradient) < norm(gradient):
                return x
            small = is_small(step, x, tol)
            x, value, gradient = nearer, f(nearer), next_gradient
            if small:
                return x
            continue
        promised = sum([s * g for s, g in zip(step, gradient, strict=True)])
        factor = 1.0
        for _ in range(HALVINGS):
            nearer = moved(x, step, factor)
            found = f(nearer)
            if found <= value + SUFFICIENT * factor * promised:
                x, value, gradient = nearer, found, slope(nearer)
                break
            factor /= 2.0
        else:
            raise unsolved(x, gradient, "no step down the gradient makes it smaller")
    raise unsolved(x, gradient, f"{maxiter} steps were not enough")


def downhill(gradient: Numbers, curvature: Matrix) -> Numbers:
    """Newton's step where the curvature is positive in all directions, else down the gradient."""
    down = [-g for g in gradient]
    try:
        step = solved(curvature, down) if is_positive(curvature) else down
    except SingularMatrix:
        return down
    return step if all(map(math.isfinite, step)) else down


def is_positive(matrix: Matrix) -> bool:
    """Whether a symmetric matrix is positive definite: its pivots are."""
    rows = [list(row) for row in matrix]
    for k in range(len(rows)):
        if not rows[k][k] > 0.0:
            return False
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True


def moved(x: Sequence[float], step: Sequence[float], factor: float) -> Numbers:
    return [a + factor * b for a, b in zip(x, step, strict=True)]


def norm(x: Sequence[float]) -> float:
    found = math.hypot(*x)
    return found if found == found else math.inf


def is_small(step: Sequence[float], x: Sequence[float], tol: float) -> bool:
    """Whether a step moves x by a relative tol, or an absolute one near 0."""
    return norm(step) <= tol * max(1.0, norm(x))


def unsolved(x: Sequence[float], values: Sequence[float], why: str) -> SolutionError:
    shown = [", ".join([f"{v:.6g}" for v in part[:4]]) + (", ..." if len(part) > 4 else "") for part in (x, values)]
    return SolutionError(
        f"no solution was found: at x = {shown[0]} the rest is {shown[1]}, and {why}; start nearer to a solution, "
        f"allow more steps with maxiter, or pass a solver"
    )
