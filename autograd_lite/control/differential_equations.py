"""Initial value problems of ordinary differential equations, as loops.

Above `loops`.  The derivative is that of the steps which were taken (the discrete adjoint): it is exact for the numbers
that come out, and the sizes of the steps count as constants.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any

from autograd_lite.control.loops import is_integer, scan, while_loop
from autograd_lite.core import table
from autograd_lite.core.operands import number
from autograd_lite.core.value import Value
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.signatures import checked_function
from autograd_lite.trees import flatten_numbers
from autograd_lite.trees.pytree import leaves_like

State = list[Scalar]
Slope = Callable[[State, Scalar], State]

METHODS = ("rk4", "dopri5")

NODES = (0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0)
STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERRORS = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
"""The method of Dormand and Prince, of order 5, and its difference from their method of order 4."""


def odeint(
    f: Callable[..., Any],
    y0: Any,
    t: Sequence[float],
    *args: Any,
    method: str = "rk4",
    rtol: float = 1e-6,
    atol: float = 1e-9,
    max_steps: int = 100,
) -> Any:
    """The solution of y' = f(y, t, *args) with y(t[0]) = y0, at all times t; JAX's `odeint`.

    y0 is any pytree, and f returns one of its structure.  The result is a list of such pytrees, one for each time.
    `method` is "rk4", one step of the classical method of order 4 from each time to the next, or "dopri5", the method
    of order 5 of Dormand and Prince, whose steps are as small as the tolerances ask for: the error of a step stays
    below atol + rtol |y|, up to `max_steps` attempts from each time to the next, after which the result is nan.
    Times ascend, or descend.

    It is differentiated in y0, in `args` and in Values that f closes over; step sizes and times are constants.
    Sources: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993), tables II.1.2 and II.5.2.

    Raises ValueError on an unknown method, fewer than two times or times in no order, negative tolerances or two that
    are 0, TypeError where f is no function, a time or a tolerance no number, or `max_steps` no positive int.

    >>> from autograd_lite import grad
    >>> odeint(lambda y, t: -y, 1.0, [0.0, 0.5, 1.0], method="dopri5")[-1]
    0.36787...
    >>> grad(lambda rate: odeint(lambda y, t: -rate * y, 1.0, [0.0, 0.1, 0.2])[-1])(1.0)
    -0.1637...
    """
    checked_function("odeint", f)
    if method not in METHODS:
        raise ValueError(f"odeint has no method {method!r}; choose one of {', '.join(METHODS)}")
    times = [as_time(x) for x in t]
    tolerances = [as_time(rtol), as_time(atol)]
    if not (min(tolerances) >= 0.0 < max(tolerances)):
        raise ValueError(f"odeint takes tolerances from 0 on, not both 0, but got rtol={rtol!r}, atol={atol!r}")
    if not is_integer(max_steps) or max_steps < 1:
        raise TypeError(f"max_steps of odeint is a number of attempts, but got {max_steps!r}; pass an int from 1 on")
    if len(times) < 2:
        raise ValueError(f"odeint needs the time of y0 and at least one more, but got {times!r}; pass two or more")
    backwards = times[-1] < times[0]
    if backwards:  # y' = -f(y, -t) forwards
        times = [-x for x in times]
    if not all(isfinite(a) and isfinite(b) and a <= b for a, b in pairwise(times)):
        raise ValueError(f"odeint goes from time to time in one direction, but got {list(t)!r}; sort them")
    start, structure = flatten_numbers(y0, "y0 of odeint")

    def slope(y: State, at: Scalar) -> State:
        found = f(structure.unflatten(list(y)), -at if backwards else at, *args)
        slopes = leaves_like(found, structure, "result of f of odeint")
        return [-x for x in slopes] if backwards else slopes

    def step(y: State, ends: tuple[Scalar, Scalar]) -> tuple[State, State]:
        begin, end = ends
        if method == "rk4":
            new = classical_step(slope, y, begin, end - begin)
        else:
            new = adaptive_steps(slope, y, begin, end, tolerances, max_steps)
        return new, new

    intervals = list(pairwise(times))
    _, found = scan(step, start, intervals)
    return [structure.unflatten(start), *[structure.unflatten(y) for y in found]]


def as_time(x: object) -> float:
    found = number(x)
    if found is None:
        raise TypeError(f"odeint takes times and tolerances as numbers, but got {x!r}; pass v.data of a Value v")
    return found


def advanced(y: State, slopes: Sequence[State], weights: Sequence[float], h: Scalar) -> State:
    """y + h times the weighted sum of slopes."""
    used = [(w, k) for w, k in zip(weights, slopes, strict=False) if w]
    return [x + h * table.sum([w * k[i] for w, k in used]) for i, x in enumerate(y)]


def classical_step(slope: Slope, y: State, t: Scalar, h: Scalar) -> State:
    a = slope(y, t)
    b = slope(advanced(y, [a], [0.5], h), t + 0.5 * h)
    c = slope(advanced(y, [b], [0.5], h), t + 0.5 * h)
    d = slope(advanced(y, [c], [1.0], h), t + h)
    return advanced(y, [a, b, c, d], [1 / 6, 1 / 3, 1 / 3, 1 / 6], h)


def adaptive_steps(
    slope: Slope, y: State, begin: Scalar, end: Scalar, tolerances: Sequence[float], max_steps: int
) -> State:
    """From one time to another, in steps whose error the tolerances allow."""
    rtol, atol = tolerances

    def attempt(state: tuple[Scalar, Scalar, State]) -> tuple[Scalar, Scalar, State]:
        t, h, y = state
        h = table.minimum(h, end - t)
        slopes = [slope(y, t)]
        for node, weights in zip(NODES, STAGES, strict=True):
            new = advanced(y, slopes, weights, h)
            slopes.append(slope(new, t + node * h))
        errors = [
            without_slope(h * table.sum([w * k[i] for w, k in zip(ERRORS, slopes, strict=True)])) for i in range(len(y))
        ]
        scales = [
            atol + rtol * table.maximum(abs(without_slope(a)), abs(without_slope(b)))
            for a, b in zip(y, new, strict=True)
        ]
        error = table.max([abs(e) / s for e, s in zip(errors, scales, strict=True)])
        fits = table.less_equal(error, 1.0)
        factor = table.clip(0.9 * table.pow(table.maximum(error, 1e-10), -0.2), 0.2, 5.0)
        # The last step ends exactly where it should.
        after = table.cond(table.less_equal(end - t, h), end, t + h)
        kept = [table.cond(fits, b, a) for a, b in zip(y, new, strict=True)]
        return table.cond(fits, after, t), h * factor, kept

    t, _, y = while_loop(lambda state: table.less(state[0], end), attempt, (begin, 0.1 * (end - begin), y), max_steps)
    return [table.where(table.less(t, end), float("nan"), x) for x in y]


def without_slope(x: Scalar) -> Scalar:
    """A number whose derivative does not count."""
    if not isinstance(x, Value):
        return x
    return table.stop_gradient(x) if x.is_traced else x.detach()  # a program keeps the former
