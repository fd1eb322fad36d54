"""A neural differential equation: a network learns the law of a motion from pieces of it.

python -m autograd_lite.examples.neural_ode

The motion is seen at times, its law is not: y' = f(y) with a small network for f (Chen et al. 2018).  The solver runs
from the beginning of each piece, and the gradient of its error goes back through the solver.  Then the law is a
function: it goes on beyond the data, and from beginnings that were never seen.
"""

from typing import Any

from autograd_lite import compile, mean, no_grad, odeint, square, value_and_grad, vmap
from autograd_lite.examples import FAST
from autograd_lite.nn import MLP
from autograd_lite.optim import Adam, CosineDecay

STEP, PIECE = 0.1, 8


def law(state: Any, time: Any) -> list[Any]:
    """Van der Pol's oscillator: x' = y, y' = (1 - x^2) y - x."""
    x, y = state
    return [y, (1.0 - x * x) * y - x]


def times(count: int) -> list[float]:
    return [STEP * i for i in range(count)]


def motion(start: list[float], count: int) -> Any:
    """The true motion at so many times."""
    return odeint(law, start, times(count))


def pieces(states: list[list[float]]) -> list[list[list[float]]]:
    """All runs of PIECE states that follow each other, every fourth of them."""
    return [states[i : i + PIECE] for i in range(0, len(states) - PIECE + 1, 4)]


def solved(model: Any, start: Any, count: int) -> Any:
    """The motion by the law that the network is."""
    return odeint(lambda state, time: model(state), start, times(count))


def path(model: MLP, start: list[float], count: int) -> list[list[float]]:
    """The same as numbers."""
    with no_grad():
        return [start, *[[x.data for x in state] for state in solved(model, start, count)[1:]]]


def error(model: Any, piece: Any) -> Any:
    """The mean square of the errors of the solution that begins as a piece of the motion does."""
    found = solved(model, list(piece[0]), PIECE)
    pairs = [pair for x, y in zip(found[1:], piece[1:], strict=True) for pair in zip(x, y, strict=True)]
    return mean([square(a - b) for a, b in pairs])


def mean_error(model: Any, seen: Any) -> Any:
    return vmap(lambda piece: error(model, piece), reduce="mean")(seen)


def trained(model: MLP, seen: list[Any], updates: int = 1500, lr: float = 0.03) -> list[float]:
    """Move the network by Adam, at a rate that falls to 0, and tell the error of each update."""
    step = compile(value_and_grad(mean_error, argnums=0), backend="llvm" if FAST else "python")
    optimizer, errors = Adam(model.parameters(), lr=CosineDecay(lr, updates)), []
    for _ in range(updates):
        value, slopes = step(model, seen)
        optimizer.step(list(slopes.values()))
        errors.append(float(value))
    return errors


def network(rng: int = 0) -> MLP:
    return MLP(2, [16, 2], activation="tanh", rng=rng)


def main() -> None:
    model = network()
    seen = pieces(motion([2.0, 0.0], 80)) + pieces(motion([-0.5, 0.5], 60))
    errors = trained(model, seen)
    print(f"mean square error of {len(seen)} pieces: {errors[0]:.3f} at first, {errors[-1]:.2g} at last")
    found = path(model, [0.0, 2.0], 100)
    truth = motion([0.0, 2.0], 100)
    print("from a beginning that was not seen, x every second:")
    for name, states in (("network", found), ("true", truth)):
        print(f"{name:8}", " ".join(f"{state[0]:6.2f}" for state in states[::10]))


if __name__ == "__main__":
    main()
