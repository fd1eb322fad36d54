"""The table of `recurrent`: networks inside of loops, and gradients inside of gradients.

A recurrent network, a long short-term memory of two layers and a neural differential equation, value and gradient in
all weights, written once for this library and for JAX (`lax.scan`, arrays). Then a particle that moves by 353 Euler
steps, each of which takes the gradient of a potential of two charges, differentiated in the position of a charge: what
a gradient inside of a gradient costs beside the function alone, eagerly and compiled. CPU time.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Workload, feature
from benchmarks.loops import FAST, JAX, OURS, figures, runge_kutta

UNITS, LAYERS, WIDTH = 32, 2, 14
JOBS = {"RNN of 32 units": 100, "LSTM of 2 x 14": 20, "neural ODE 2-16-2": 100}
RNN, LSTM, ODE = JOBS
EULER = 353
COMBINATIONS = [(outer, inner) for outer in ("grad", "jvp") for inner in ("grad", "jvp")]


def arguments(job: str) -> tuple[Any, Any]:
    """The weights, one after the other, and a row of numbers for each step."""
    rng, n = np.random.default_rng(5), JOBS[job]
    size = {RNN: UNITS * (UNITS + 2), LSTM: LAYERS * 4 * WIDTH * (2 * WIDTH + 1), ODE: 16 * 3 + 2 * 17}[job]
    width = {RNN: 1, LSTM: WIDTH, ODE: 2}[job]
    return 0.2 * rng.normal(size=size), rng.normal(size=(n, width))


def rnn(ops: Any, w: Any, data: Any) -> Any:
    """h = tanh(W h + u x + b); the mean of the squares of all h."""
    inner = w[: UNITS * UNITS].reshape(UNITS, UNITS)
    read, shift = w[UNITS * UNITS : UNITS * (UNITS + 1)], w[UNITS * (UNITS + 1) :]

    def step(h: Any, x: Any) -> Any:
        h = ops.tanh(ops.times(inner, h) + read * x[0] + shift)
        return h, ops.total(h * h)

    return ops.total(ops.scan(step, ops.zeros(UNITS), data)[1]) / (UNITS * len(data))


def lstm(ops: Any, w: Any, data: Any) -> Any:
    """Gates by sigmoid and tanh of a matrix on input and output; the squared error of the next row."""
    gates = w[: LAYERS * 4 * WIDTH * 2 * WIDTH].reshape(LAYERS, 4 * WIDTH, 2 * WIDTH)
    shifts = w[LAYERS * 4 * WIDTH * 2 * WIDTH :].reshape(LAYERS, 4 * WIDTH)

    def step(state: Any, x: Any) -> Any:
        seen, new = x, []
        for k, (h, c) in enumerate(state):
            z = ops.times(gates[k], ops.join(seen, h)) + shifts[k]
            forget, take, out = [ops.sigmoid(z[i * WIDTH : (i + 1) * WIDTH]) for i in range(3)]
            c = forget * c + take * ops.tanh(z[3 * WIDTH :])
            seen = out * ops.tanh(c)
            new.append((seen, c))
        return new, ops.total((seen - x) ** 2)

    start = [(ops.zeros(WIDTH), ops.zeros(WIDTH)) for _ in range(LAYERS)]
    return ops.total(ops.scan(step, start, data)[1])


def neural_ode(ops: Any, w: Any, data: Any) -> Any:
    """y' = V tanh(W y + a) + b by Runge-Kutta, and the squared error at each step."""
    inner, shift, outer, last = w[:32].reshape(16, 2), w[32:48], w[48:80].reshape(2, 16), w[80:82]

    def slope(y: Sequence[Any]) -> list[Any]:
        return [ops.times(outer, ops.tanh(ops.times(inner, y[0]) + shift)) + last]

    def step(y: Any, seen: Any) -> Any:
        (y,) = runge_kutta(slope, [y], 0.05)
        return y, ops.total((y - seen) ** 2)

    return ops.total(ops.scan(step, ops.zeros(2), data)[1]) / len(data)


class Ours:
    """The operations on object arrays of Values."""

    def __init__(self) -> None:
        ag = feature("autograd_lite")
        self.scan, self.total, self.zeros = ag.scan, lambda x: ag.sum(list(x)), lambda n: np.array([0.0] * n)
        self.tanh, self.sigmoid = (lambda x, f=f: np.array([f(v) for v in x]) for f in (ag.tanh, ag.sigmoid))
        self.times = lambda a, x: np.array([ag.dot(list(row), list(x)) for row in a])
        self.join = lambda a, b: np.concatenate([a, b])


class InJax:
    """The same in arrays of JAX."""

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp

        self.scan, self.total, self.zeros, self.tanh = jax.lax.scan, jnp.sum, jnp.zeros, jnp.tanh
        self.sigmoid, self.times = jax.nn.sigmoid, jnp.matmul
        self.join = lambda a, b: jnp.concatenate([a, b])


FUNCTIONS = {RNN: rnn, LSTM: lstm, ODE: neural_ode}


def compiled(job: str, fastmath: bool) -> Figures:
    ag, function = feature("autograd_lite"), functools.partial(FUNCTIONS[job], Ours())
    step = ag.compile(ag.value_and_grad(lambda w, data: function(w, data)), backend="llvm", fastmath=fastmath)
    harness.import_compiler()
    return figures(functools.partial(step, *arguments(job)), lambda result: result[1])


def in_jax(job: str) -> Figures:
    import jax

    step = jax.jit(jax.value_and_grad(functools.partial(FUNCTIONS[job], InJax())))
    given = [jax.numpy.asarray(x) for x in arguments(job)]
    return figures(lambda: jax.block_until_ready(step(*given)), lambda result: result[1])


def particle(outer: str, inner: str, charge: float = 0.7) -> tuple[Callable[[float], Any], Callable[[float], Any]]:
    """The place of the particle at the end, given that of a charge, and its derivative there."""
    ag = feature("autograd_lite")

    def place(charge: Any) -> Any:
        def potential(x: Any, y: Any) -> Any:
            one = 1.0 / ag.sqrt((x - charge) ** 2 + y**2 + 0.1)
            return one - 0.5 / ag.sqrt((x + 1.0) ** 2 + (y - 0.5) ** 2 + 0.1)

        def slopes(x: Any, y: Any) -> Any:
            if inner == "grad":
                return ag.grad(potential, argnums=(0, 1))(x, y)
            return [ag.jvp(potential, (x, y), t)[1] for t in ((1.0, 0.0), (0.0, 1.0))]

        x, y, u, v = 0.1, 0.9, 0.3, 0.0
        for _ in range(EULER):
            a, b = slopes(x, y)
            x, y, u, v = x + 0.01 * u, y + 0.01 * v, u - 0.01 * a, v - 0.01 * b
        return x * x + y

    return place, ag.grad(place) if outer == "grad" else lambda c: ag.jvp(place, (c,), (1.0,))[1]


def nested(outer: str, inner: str) -> Figures:
    """CPU times of the function alone on floats, of its derivative, and of the derivative compiled."""
    ag = feature("autograd_lite")
    place, slope = particle(outer, inner)
    program = ag.compile(slope, backend="llvm")
    alone, derived = (cpu(functools.partial(f, 0.7)) for f in (place, slope))
    program(0.7)
    return {"alone": alone, "derived": derived, "compiled": cpu(functools.partial(program, 0.7), 50)}


def cpu(call: Callable[[], Any], each: int = 1, rounds: int = 7) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(each):
            call()
        times.append((time.process_time() - start) / each)
    return sorted(times)[rounds // 2]


def works() -> list[Workload]:
    found = []
    for job in JOBS:
        for name, fastmath in ((OURS, False), (FAST, True)):
            about = {"job": job, "fastmath": fastmath}
            found.append(Workload(f"{job} {name}", compiled, ("llvmlite",), arguments=about))
        found.append(Workload(f"{job} {JAX}", in_jax, ("jax",), arguments={"job": job}))
    return found


def table(rounds: int, slow: bool) -> str:
    results = harness.measure(works(), rounds)
    rows = harness.timing_rows(results)
    goals = []
    for job in JOBS:
        best = [harness.ratio(results, f"{job} {name}", f"{job} {JAX}") for name in (OURS, FAST)]
        known = [x for x in best if x is not None]
        goals.append(harness.goal(f"{job}: a run beside JAX, the better one", min(known, default=None), "<= 1"))
        first = harness.ratio(results, f"{job} {OURS}", f"{job} {JAX}", "first")
        goals.append(harness.goal(f"{job}: first call beside JAX", first, "<= 1"))
        goals.append(harness.goal(f"{job}: first call, s", results[f"{job} {OURS}"].get("first"), "<= 0.3"))
    head = ["job, library", "first call less one run", "a run", "norm of the gradient"]
    steps = ", ".join(f"{job} {n}" for job, n in JOBS.items())
    first = harness.section(
        "Networks inside of loops", f"Value and gradient; steps: {steps}.", head, rows, goals, results
    )

    inside = [Workload(f"{o} of {i}", nested, arguments={"outer": o, "inner": i}) for o, i in COMBINATIONS]
    found = harness.measure(inside, rounds)
    rows, goals = [], []
    for label, x in found.items():
        if "derived" in x:
            rows.append([label, *[f"{1e3 * x[key]:.3g} ms" for key in ("alone", "derived", "compiled")]])
            goals.append(harness.goal(f"{label}: over the function alone", x["derived"] / x["alone"], "<= 4"))
            goals.append(harness.goal(f"{label}: compiled, ms", 1e3 * x["compiled"], "<= 0.5"))
    head = ["derivative outside, inside", "function alone", "derivative, eager", "derivative, compiled"]
    text = f"A particle moved by {EULER} Euler steps, each by the derivative of a potential."
    return first + "\n\n" + harness.section("Derivatives inside of derivatives", text, head, rows, goals, found)
