"""Prey and predators: the four rates of the equations of Lotka and Volterra, found from their numbers over time.

python -m autograd_lite.examples.predator_prey

The gradient goes through every step of the solver: `odeint` is a loop, whose gradient is a loop backwards, and compiled
both are one instruction each, however many steps there are.
"""

from typing import Any

from autograd_lite import exp, log, odeint
from autograd_lite.examples import minimised

RATES = [1.5, 1.0, 3.0, 1.0]
START = [1.0, 0.5]
TIMES = [0.1 * i for i in range(60)]


def slope(state: Any, time: Any, rates: Any) -> list[Any]:
    """x' = a x - b x y of the prey x, and y' = d x y - c y of the predators y."""
    (x, y), (a, b, c, d) = state, rates
    return [a * x - b * x * y, d * x * y - c * y]


def numbers(rates: Any) -> Any:
    """Prey and predators at all times."""
    return odeint(slope, START, TIMES, rates)


def misfit(logs: Any, seen: Any) -> Any:
    """Half the mean square of the errors, in the logarithms of the rates: so the rates stay positive."""
    found = numbers([exp(x) for x in logs])
    return sum(
        [(a - b) ** 2 for state, data in zip(found, seen, strict=True) for a, b in zip(state, data, strict=True)]
    ) / (2.0 * len(TIMES))


def fitted(seen: Any, steps: int = 1500, lr: float = 0.02) -> list[float]:
    """The rates, from 1 each."""
    return [float(exp(x)) for x in minimised(misfit, [0.0] * 4, seen, steps, lr)[0]]


def picture(states: Any, width: int = 56) -> str:
    """A line for every fourth time: the prey as o, the predators as x."""
    largest = max(max(state) for state in states)
    lines = []
    for state in states[::4]:
        cells = [" "] * (width + 1)
        for x, mark in zip(state, "ox", strict=True):
            cells[round(x / largest * width)] = mark
        lines.append("".join(cells).rstrip())
    return "\n".join(lines)


def main() -> None:
    seen = numbers(RATES)
    print(picture(seen))
    found = fitted(seen)
    print("rates of growth, of hunting, of death and of births of predators")
    print(f"from the numbers {', '.join(f'{x:.4f}' for x in found)}; true {', '.join(map(str, RATES))}")
    print(f"their misfit is {float(misfit([log(x) for x in found], seen)):.2g}")


if __name__ == "__main__":
    main()
