"""Examples: small programs that train something, written like a user's, to be read and run.

    python -m autograd_lite.examples.digits

`line`, `xor`, `points`, `iris`, `digits`, `predator_prey`, `neural_ode`, `pendulum`, `kalman`, `hidden_markov`, `gpt`
and `cluster` (which needs Dask) each have a `main` that prints what it does, and functions that return what was
learned, for the tests.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

from autograd_lite import Value, compile, value_and_grad
from autograd_lite.optim import Adam

FAST = find_spec("llvmlite") is not None  # whether training is compiled, which gives the same numbers sooner


def minimised(
    loss: Callable[[Any, Any], Any], start: Sequence[float], data: Any, steps: int, lr: float
) -> tuple[list[float], list[float]]:
    """The numbers after so many steps of Adam on loss(numbers, data), and the loss before each."""
    step = compile(value_and_grad(loss), backend="llvm" if FAST else "python")
    numbers, losses = [Value(x) for x in start], []
    optimizer = Adam(numbers, lr=lr)
    for _ in range(steps):
        value, slopes = step([x.data for x in numbers], data)
        optimizer.step(slopes)
        losses.append(float(value))
    return [x.data for x in numbers], losses
