"""The table of `loops`: programs that repeat one step, gradient included, for several numbers of steps.

Each job is written once for this library, and once for JAX as one writes it there (`lax.scan`, arrays in place of
lists). CasADi's `mapaccum` is measured on the differential equation alone. CPU time; the first call includes tracing
and compiling, and one run is taken off.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Workload, feature
from benchmarks.memory import memory

STATES, SYMBOLS, UNITS, SAMPLES = 8, 6, 16, 100
LENGTHS = {"ODE": (100, 1000, 10_000, 100_000), "HMM": (100, 1000), "Kalman": (100, 1000, 10_000), "controller": (500,)}
OURS, FAST, JAX, CASADI = "autograd_lite", "autograd_lite, fastmath", "JAX scan", "CasADi mapaccum"
WRITTEN_OUT, LONGEST = "autograd_lite, for of Python", 1000


def arguments(job: str, n: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(7)
    if job == "ODE":
        return (np.array([1.5, 1.0, 3.0, 1.0]), np.abs(rng.normal(size=(n, 2))) + 0.5)
    if job == "HMM":
        return (rng.normal(size=STATES * (1 + STATES + SYMBOLS)), rng.integers(0, SYMBOLS, n).astype(float))
    if job == "Kalman":
        return (np.array([0.1, -1.0, 0.3, 0.0]), np.cumsum(rng.normal(size=n)))
    return (0.3 * rng.normal(size=5 * UNITS + 1), rng.uniform(-1, 1, SAMPLES), rng.uniform(-1, 1, SAMPLES))


def runge_kutta(slope: Callable[..., Any], state: Sequence[Any], h: float) -> list[Any]:
    """One classical step of order 4."""

    def moved(k: Sequence[Any], by: float) -> list[Any]:
        return [x + by * d for x, d in zip(state, k, strict=True)]

    a = slope(state)
    b = slope(moved(a, h / 2))
    c = slope(moved(b, h / 2))
    d = slope(moved(c, h))
    return [x + h / 6 * (i + 2 * (j + k) + m) for x, i, j, k, m in zip(state, a, b, c, d, strict=True)]


def lotka_volterra(p: Any) -> Callable[[Sequence[Any]], list[Any]]:
    """Prey x and predators y: x' = a x - b x y, y' = d x y - c y."""
    return lambda s: [p[0] * s[0] - p[1] * s[0] * s[1], p[3] * s[0] * s[1] - p[2] * s[1]]


def kalman_step(p: Sequence[Any], log: Callable[[Any], Any], state: Sequence[Any], y: Any) -> list[Any]:
    """Predict and update a position and a velocity, of which the position is observed; adds the log-likelihood."""
    q, r, dt = p[0], p[1], 0.1
    x, v, a, b, c, total = state
    x, a = x + dt * v, a + 2 * dt * b + dt * dt * c + q * dt**3 / 3
    b, c = b + dt * c + q * dt * dt / 2, c + q * dt
    s, error = a + r, y - x
    k, m = a / s, b / s
    return [
        x + k * error,
        v + m * error,
        (1 - k) * a,
        (1 - k) * b,
        c - m * b,
        total - 0.5 * (log(s) + error * error / s),
    ]


# ---------------------------------------------------------------------- ours


def in_python(step: Callable[..., Any], carry: Any, xs: Any = None, length: int | None = None) -> tuple[Any, None]:
    """`scan` as a loop of Python, which is written out in what is traced."""
    for x in [None] * (length or 0) if xs is None else xs:
        carry, _ = step(carry, x)
    return carry, None


def ours(job: str, scan: Callable[..., Any] | None = None) -> Callable[..., Any]:
    ag = feature("autograd_lite")
    if not hasattr(ag, "scan"):
        raise harness.Missing("autograd_lite.scan is not there")
    scan = scan or ag.scan

    def ode(p: Any, data: Any) -> Any:
        def step(state: Any, seen: Any) -> Any:
            x, y = runge_kutta(lotka_volterra(p), state[:2], 0.001)
            return [x, y, state[2] + (x - seen[0]) ** 2 + (y - seen[1]) ** 2], None

        return scan(step, [1.0, 0.5, 0.0], data)[0][2]

    def hmm(p: Any, seen: Any) -> Any:
        def normalised(row: Any) -> list[Any]:
            total = ag.logsumexp(list(row))
            return [x - total for x in row]

        start = normalised(p[:STATES])
        move = [normalised(p[STATES * (1 + i) : STATES * (2 + i)]) for i in range(STATES)]
        first = STATES * (1 + STATES)
        emit = [normalised(p[first + SYMBOLS * i : first + SYMBOLS * (i + 1)]) for i in range(STATES)]

        def step(alpha: Any, symbol: Any) -> Any:
            here = [ag.take(row, symbol) for row in emit]
            columns = [ag.logsumexp([alpha[i] + move[i][j] for i in range(STATES)]) for j in range(STATES)]
            return [x + e for x, e in zip(columns, here, strict=True)], None

        return ag.logsumexp(scan(step, start, seen)[0])

    def kalman(p: Any, seen: Any) -> Any:
        noise = [ag.exp(p[0]), ag.exp(p[1])]
        start = [0.0, p[2], ag.exp(p[3]), 0.0, ag.exp(p[3]), 0.0]
        return scan(lambda state, y: (kalman_step(noise, ag.log, state, y), None), start, seen)[0][5]

    def rollout(w: Any, angle: Any, speed: Any) -> Any:
        n = LENGTHS["controller"][0]

        def step(state: Any, _: Any) -> Any:
            th, om, cost = state
            features = [ag.sin(th), ag.cos(th), om]
            hidden = [ag.tanh(ag.dot(list(w[3 * i : 3 * i + 3]), features) + w[3 * UNITS + i]) for i in range(UNITS)]
            u = 2.0 * ag.tanh(ag.dot(list(w[4 * UNITS : 5 * UNITS]), hidden) + w[5 * UNITS])
            om = om + 0.02 * (9.81 * features[0] + u - 0.1 * om)
            th = th + 0.02 * om
            return [th, om, cost + th * th + 0.1 * om * om + 0.01 * u * u], None

        return scan(step, [angle, speed, 0.0], length=n)[0][2] * (1.0 / n)

    def controller(w: Any, angle: Any, speed: Any) -> Any:
        return ag.vmap(rollout, in_axes=(None, 0, 0), reduce="mean")(w, angle, speed)

    return {"ODE": ode, "HMM": hmm, "Kalman": kalman, "controller": controller}[job]


def figures(call: Callable[[], Any], gradient_of: Callable[[Any], Any]) -> Figures:
    """CPU times of the first call, less one run, and of a run; the most bytes that the process grew by; the norm of
    the gradient, to compare.
    """
    before, start = memory()[0], time.process_time()
    result = call()
    first, grown = time.process_time() - start, memory()[1] - before
    runs: list[float] = []
    end = time.perf_counter() + 1.5
    while len(runs) < 5 or time.perf_counter() < end:
        start = time.process_time()
        call()
        runs.append(time.process_time() - start)
    run = sorted(runs)[len(runs) // 2]
    norm = float(np.linalg.norm(gradient_of(result)))
    return {"first": max(first - run, 0.0), "seconds": run, "bytes": grown, "norm": norm}


def compiled(job: str, n: int, fastmath: bool, scan: Callable[..., Any] | None = None) -> Figures:
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    step = compile_(value_and_grad(ours(job, scan)), backend="llvm", fastmath=fastmath)
    harness.import_compiler()
    return figures(functools.partial(step, *arguments(job, n)), lambda result: result[1])


def written_out(job: str, n: int) -> Figures:
    return compiled(job, n, False, in_python)


def jax(job: str, n: int) -> Figures:
    import jax
    import jax.numpy as jnp
    from jax import lax
    from jax.scipy.special import logsumexp

    def ode(p: Any, data: Any) -> Any:
        def step(state: Any, seen: Any) -> Any:
            new = jnp.stack(runge_kutta(lotka_volterra(p), [state[0], state[1]], 0.001))
            return jnp.concatenate([new, state[2:] + jnp.sum((new - seen) ** 2)]), None

        return lax.scan(step, jnp.array([1.0, 0.5, 0.0]), data)[0][2]

    def hmm(p: Any, seen: Any) -> Any:
        start = p[:STATES] - logsumexp(p[:STATES])
        move = p[STATES : STATES * (1 + STATES)].reshape(STATES, STATES)
        emit = p[STATES * (1 + STATES) :].reshape(STATES, SYMBOLS)
        move, emit = (m - logsumexp(m, axis=1, keepdims=True) for m in (move, emit))

        def step(alpha: Any, symbol: Any) -> Any:
            return logsumexp(alpha[:, None] + move, axis=0) + emit[:, symbol], None

        return logsumexp(lax.scan(step, start, seen.astype(int))[0])

    def kalman(p: Any, seen: Any) -> Any:
        noise, zero = [jnp.exp(p[0]), jnp.exp(p[1])], jnp.zeros(())
        start = [zero, p[2], jnp.exp(p[3]), zero, jnp.exp(p[3]), zero]
        return lax.scan(lambda state, y: (kalman_step(noise, jnp.log, state, y), None), start, seen)[0][5]

    def rollout(w: Any, angle: Any, speed: Any) -> Any:
        inner, shift = w[: 3 * UNITS].reshape(UNITS, 3), w[3 * UNITS : 4 * UNITS]

        def step(state: Any, _: Any) -> Any:
            th, om, cost = state
            hidden = jnp.tanh(inner @ jnp.stack([jnp.sin(th), jnp.cos(th), om]) + shift)
            u = 2.0 * jnp.tanh(w[4 * UNITS : 5 * UNITS] @ hidden + w[5 * UNITS])
            om = om + 0.02 * (9.81 * jnp.sin(th) + u - 0.1 * om)
            th = th + 0.02 * om
            return (th, om, cost + th * th + 0.1 * om * om + 0.01 * u * u), None

        return lax.scan(step, (angle, speed, jnp.zeros(())), None, length=n)[0][2] / n

    def controller(w: Any, angle: Any, speed: Any) -> Any:
        return jnp.mean(jax.vmap(rollout, in_axes=(None, 0, 0))(w, angle, speed))

    function = {"ODE": ode, "HMM": hmm, "Kalman": kalman, "controller": controller}[job]
    step = jax.jit(jax.value_and_grad(function))
    given = [jnp.asarray(x) for x in arguments(job, n)]
    return figures(lambda: jax.block_until_ready(step(*given)), lambda result: result[1])


def casadi(job: str, n: int) -> Figures:
    import casadi as ca

    p, data = arguments(job, n)
    start = time.process_time()
    parameters, state, seen = ca.SX.sym("p", 4), ca.SX.sym("s", 3), ca.SX.sym("d", 2)
    x, y = runge_kutta(lotka_volterra(ca.vertsplit(parameters)), ca.vertsplit(state)[:2], 0.001)
    new = ca.vertcat(x, y, state[2] + (x - seen[0]) ** 2 + (y - seen[1]) ** 2)
    steps = ca.Function("step", [state, parameters, seen], [new]).mapaccum(n)
    whole = ca.MX.sym("p", 4)
    value = steps([1.0, 0.5, 0.0], ca.repmat(whole, 1, n), ca.DM(data.T))[2, -1]
    both = ca.Function("both", [whole], [value, ca.gradient(value, whole)])
    built = time.process_time() - start
    found = figures(lambda: both(p), lambda result: np.asarray(result[1]).ravel())
    return {**found, "first": found["first"] + built}


def works() -> list[Workload]:
    found = []
    for job, lengths in LENGTHS.items():
        for n in lengths:
            about = {"job": job, "n": n}
            found += [
                Workload(f"{job} {n} {OURS}", compiled, ("llvmlite",), arguments={**about, "fastmath": False}),
                Workload(f"{job} {n} {FAST}", compiled, ("llvmlite",), arguments={**about, "fastmath": True}),
                Workload(f"{job} {n} {JAX}", jax, ("jax",), arguments=about),
            ]
            if job in ("ODE", "Kalman") and n <= LONGEST:
                found.append(Workload(f"{job} {n} {WRITTEN_OUT}", written_out, ("llvmlite",), arguments=about))
            if job == "ODE":
                found.append(Workload(f"{job} {n} {CASADI}", casadi, ("casadi",), arguments=about))
    return found


def another_length() -> Figures:
    """The seconds of a first call with another number of steps in the same process, and what was compiled for it."""
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    texts, object_code = [], feature("autograd_lite.backends.llvm.engine:object_code")
    machine_code = feature("autograd_lite.backends.llvm.machine_code")
    machine_code.object_code = lambda text, optimized: texts.append(text) or object_code(text, optimized)
    step = compile_(value_and_grad(ours("ODE")), backend="llvm")
    step(*arguments("ODE", LONGEST))
    texts.clear()
    start = time.process_time()
    step(*arguments("ODE", 2 * LONGEST + 1))
    return {"seconds": time.process_time() - start, "compiled": len(texts)}


def recomputed() -> Figures:
    """The megabytes that an eager gradient through 100,000 steps needs, of which every so many are kept."""
    ag, n = feature("autograd_lite"), LENGTHS["ODE"][-1]
    p, data = arguments("ODE", n)
    slope, seen = ag.grad(ours("ODE", functools.partial(ag.scan, checkpoint=True))), [list(row) for row in data]
    before = memory()[0]
    slope(list(p), seen)
    return {"megabytes": (memory()[1] - before) / 1e6}


def targets(results: dict[str, Figures]) -> list[str]:
    ratio, goal, goals = harness.ratio, harness.goal, []
    for job, lengths in LENGTHS.items():
        for n in lengths:
            about, first = f"{job} {n}", results[f"{job} {n} {OURS}"].get("first")
            goals.append(goal(f"{about}: first call, s", first, "<= 0.06" if job == "ODE" else "<= 0.3"))
            beside = ratio(results, f"{about} {OURS}", f"{about} {JAX}", "first")
            goals.append(goal(f"{about}: first call beside JAX", beside, "<= 1"))
            for peer in (JAX, CASADI) if job == "ODE" else (JAX,):
                known = [x for x in (ratio(results, f"{about} {k}", f"{about} {peer}") for k in (OURS, FAST)) if x]
                text = f"{about}: a run beside {peer}, the better of strict and fastmath"
                goals.append(goal(text, min(known, default=None), "<= 1"))
    ode = [results[f"ODE {n} {OURS}"] for n in LENGTHS["ODE"]]
    if all("first" in x for x in ode):
        times = [x["first"] for x in ode]
        (short, low), (long, high) = ((n, x["bytes"]) for n, x in zip(LENGTHS["ODE"][-2:], ode[-2:], strict=True))
        goals += [
            goal("ODE: first call, longest over shortest of N = 100 to 100,000", max(times) / min(times), "<= 1.3"),
            goal(f"ODE {LONGEST}: a run, ms", 1e3 * ode[1]["seconds"], "<= 0.1"),
            goal("ODE: bytes a step beyond 10,000, of which 16 are data", (high - low) / (long - short), "<= 40"),
        ]
    unrolled = results[f"ODE {LONGEST} {WRITTEN_OUT}"].get("first")
    return [*goals, goal(f"ODE {LONGEST}, a for of Python: first call, s", unrolled, "<= 1.2")]


def table(rounds: int, slow: bool) -> str:
    results = harness.measure(works(), rounds)
    rows = harness.timing_rows(results)
    head = ["job, steps, library", "first call less one run", "a run", "norm of the gradient"]
    other, kept = Workload("another length", another_length, ("llvmlite",)), Workload("recomputed", recomputed)
    found = harness.measure([other, kept], 1)
    goals = [
        *targets(results),
        harness.goal("ODE, another N in the process: texts compiled", found[other.label].get("compiled"), "<= 0"),
        harness.goal("ODE of 100,000 steps, eager, checkpoint: MB", found[kept.label].get("megabytes"), "<= 100"),
    ]
    text = "Value and gradient of an equation, a Markov model, a filter and a controlled pendulum of so many steps."
    return harness.section("Loops", text, head, rows, goals, results | found)
