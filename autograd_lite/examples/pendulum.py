"""A pendulum that balances: a small network learns to steer it, by the gradient through the motion.

python -m autograd_lite.examples.pendulum

The network sees the pendulum and sets the torque at its hinge, 50 times a second.  What that costs is known at the end
of the motion only; its gradient goes back through all steps, each of which is physics and network.  So nobody has to
tell which torque would have been right.
"""

import random
from typing import Any

from autograd_lite import Value, compile, cos, no_grad, scan, sin, tanh, value_and_grad, vmap
from autograd_lite.examples import FAST
from autograd_lite.nn import MLP
from autograd_lite.optim import Adam

STEP, GRAVITY, FRICTION, STRONGEST = 0.02, 9.81, 0.1, 8.0


def network(rng: int = 0) -> MLP:
    """From sine, cosine and rate of the pendulum to the torque, as a part of the strongest."""
    return MLP(3, [16, 1], activation="tanh", rng=rng)


def motion(model: Any, angle: Any, rate: Any, steps: int) -> tuple[Any, Any]:
    """The cost of the motion, and (angle, rate, torque) at each step; upright is the angle 0."""

    def step(state: Any, _: Any) -> Any:
        angle, rate, cost = state
        torque = STRONGEST * tanh(model([sin(angle), cos(angle), 0.1 * rate]))
        cost = cost + angle * angle + 0.1 * rate * rate + 0.01 * torque * torque
        after = rate + STEP * (GRAVITY * sin(angle) + torque - FRICTION * rate)
        return (angle + STEP * after, after, cost), (angle, rate, torque)

    (_, _, cost), path = scan(step, (angle, rate, 0.0), length=steps)
    return cost / steps, path


def mean_cost(model: Any, angles: Any, rates: Any, steps: int) -> Any:
    """The mean over several beginnings."""
    return vmap(lambda angle, rate: motion(model, angle, rate, steps)[0], reduce="mean")(angles, rates)


def beginnings(count: int, rng: random.Random) -> tuple[list[float], list[float]]:
    return [rng.uniform(-0.8, 0.8) for _ in range(count)], [rng.uniform(-1.0, 1.0) for _ in range(count)]


def trained(model: MLP, updates: int = 150, steps: int = 100, batch: int = 16, lr: float = 0.03) -> list[float]:
    """Move the network by Adam, and tell the cost of each update."""
    gradient = value_and_grad(lambda model, angles, rates: mean_cost(model, angles, rates, steps))
    step = compile(gradient, backend="llvm" if FAST else "python")
    optimizer, rng, costs = Adam(model.parameters(), lr=lr), random.Random(0), []
    for _ in range(updates):
        cost, slopes = step(model, *beginnings(batch, rng))
        optimizer.step(list(slopes.values()))
        costs.append(float(cost))
    return costs


def path(model: MLP, angle: float, rate: float, steps: int) -> list[list[float]]:
    """Angle, rate and torque at each step, as numbers."""
    with no_grad():
        return [[x.data for x in state] for state in motion(model, Value(angle), Value(rate), steps)[1]]


def main() -> None:
    model = network()
    before = path(model, 0.5, 0.0, 150)
    costs = trained(model)
    after = path(model, 0.5, 0.0, 150)
    print(f"cost {costs[0]:.2f} at first, {costs[-1]:.3f} at last")
    for name, states in (("before", before), ("after", after)):
        print(f"{name:6} the angle every half second:", " ".join(f"{angle:6.2f}" for angle, _, _ in states[::25]))


if __name__ == "__main__":
    main()
