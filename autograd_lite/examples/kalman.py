"""A car seen through noise: how it drives and how it is seen, from the likelihood of a Kalman filter.

python -m autograd_lite.examples.kalman

A car drives with a speed that wanders; its position is read, with an error.  The Kalman filter predicts each reading
from those before it, as a mean and a variance, so that the probability of all readings is a product over them: a loop.
Its gradient finds the two unknown variances, and with them the filter knows position and speed better than the reading.
"""

import math
import random
from typing import Any

from autograd_lite import exp, log, scan
from autograd_lite.examples import minimised

STEP = 0.1
DRIVING, SEEING = 2.0, 0.5
"""The variances: of the speed, for each second, and of a reading."""


def drive(count: int, seed: int = 0) -> tuple[list[float], list[float]]:
    """The positions of the car, and how they were read."""
    rng = random.Random(seed)
    position = speed = 0.0
    positions, readings = [], []
    for _ in range(count):
        push = rng.gauss(0.0, math.sqrt(DRIVING * STEP))
        position, speed = position + STEP * (speed + 0.5 * push), speed + push
        positions.append(position)
        readings.append(position + rng.gauss(0.0, math.sqrt(SEEING)))
    return positions, readings


def predicted(state: Any, driving: Any) -> list[Any]:
    """Position, speed and their covariances after a step: x = F x, P = F P F^T + Q with F = [[1, h], [0, 1]]."""
    x, v, xx, xv, vv = state
    q, h = driving * STEP, STEP
    return [x + h * v, v, xx + h * (2.0 * xv + h * vv) + 0.25 * q * h * h, xv + h * vv + 0.5 * q * h, vv + q]


def filtered(logs: Any, readings: Any) -> tuple[Any, Any]:
    """-ln p of each reading, given those before it, and what is known after it: means and covariances."""
    driving, seeing = [exp(x) for x in logs]

    def step(state: Any, reading: Any) -> Any:
        x, v, xx, xv, vv = predicted(state, driving)
        error, variance = reading - x, xx + seeing
        k, m = xx / variance, xv / variance  # the gains
        state = [x + k * error, v + m * error, (1.0 - k) * xx, (1.0 - k) * xv, vv - m * xv]
        return state, (0.5 * (log(2.0 * math.pi * variance) + error * error / variance), state)

    _, found = scan(step, [0.0] * 5, readings)
    costs, states = zip(*found, strict=True)
    return costs, states


def surprise(logs: Any, readings: Any) -> Any:
    """The negative logarithm of the probability density of all readings, by reading."""
    return sum(filtered(logs, readings)[0]) / len(readings)


def fitted(readings: list[float], steps: int = 200, lr: float = 0.1) -> list[float]:
    """The two variances, from 1 each."""
    return [math.exp(x) for x in minimised(surprise, [0.0, 0.0], readings, steps, lr)[0]]


def main() -> None:
    positions, readings = drive(2000)
    found = fitted(readings)
    print(f"variance of the speed in a second {found[0]:.2f} (true {DRIVING}), of a reading {found[1]:.2f} ({SEEING})")
    _, states = filtered([log(x) for x in found], readings)
    for name, guesses in (("readings", readings), ("filter", [float(state[0]) for state in states])):
        error = math.sqrt(math.fsum((a - b) ** 2 for a, b in zip(guesses, positions, strict=True)) / len(positions))
        print(f"{name:8} are off by {error:.3f}")


if __name__ == "__main__":
    main()
