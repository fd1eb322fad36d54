"""The table of `linalg`: the likelihood of a Gaussian process with its gradient, and systems of equations.

Each job is written once for this library and once for JAX, as one writes it there. CPU time; the first call includes
tracing and compiling, and one run is taken off.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Workload, feature

PROCESS = "Gaussian process"
SIZES = {PROCESS: (20, 50, 100), "solve": (20, 60)}
OURS, FAST, JAX = "autograd_lite", "autograd_lite, fastmath", "JAX"


def arguments(job: str, n: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(7)
    if job == "solve":
        return (rng.normal(size=(n, n)) + n**0.5 * np.eye(n), rng.normal(size=n))
    x = np.sort(rng.uniform(0.0, 10.0, n))
    return (np.array([1.0, 0.5, 0.1]), x, np.sin(x) + 0.1 * rng.normal(size=n), np.eye(n))


def likelihood(theta: Any, x: Any, y: Any, ones: Any) -> Any:
    """The negative logarithm of the likelihood, up to a constant, for a kernel s exp(-r (a - b)^2) and noise."""
    from autograd_lite import dot, exp, linalg, log, scan

    size, rate, noise = theta

    def row(carry: Any, given: Any) -> Any:
        a, diagonal = given
        return carry, np.array(
            [size * exp(-rate * ((a - b) * (a - b))) + noise * d for b, d in zip(x, diagonal, strict=True)]
        )

    factor = linalg.cholesky(scan(row, 0.0, (x, ones))[1])
    rest = linalg.solve_triangular(factor, y, lower=True)
    return 0.5 * dot(rest, rest) + sum(log(factor[i, i]) for i in range(len(x)))


def system(a: Any, b: Any) -> Any:
    from autograd_lite import dot, linalg

    x = linalg.solve(a, b)
    return dot(x, x)


def in_jax(job: str) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    def process(theta: Any, x: Any, y: Any, ones: Any) -> Any:
        size, rate, noise = theta
        apart = x[:, None] - x[None, :]
        factor = jnp.linalg.cholesky(size * jnp.exp(-rate * (apart * apart)) + noise * ones)
        rest = jax.scipy.linalg.solve_triangular(factor, y, lower=True)
        return 0.5 * rest @ rest + jnp.log(jnp.diagonal(factor)).sum()

    def solved(a: Any, b: Any) -> Any:
        x = jnp.linalg.solve(a, b)
        return x @ x

    return jax.jit(jax.value_and_grad(process if job == PROCESS else solved))


def measured(call: Callable[[], tuple[Any, Any]]) -> Figures:
    start = time.process_time()
    _, gradient = call()
    first = time.process_time() - start
    seconds = harness.timed(call, 1.0)
    norm = float(np.linalg.norm(np.asarray(gradient, dtype=float)))
    return {"first": max(first - seconds, 0.0), "seconds": seconds, "norm": norm}


def compiled(job: str, n: int, fastmath: bool = False) -> Figures:
    compile, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    given = arguments(job, n)
    step = compile(value_and_grad(likelihood if job == PROCESS else system), backend="llvm", fastmath=fastmath)
    harness.import_compiler()
    return measured(lambda: step(*given))


def jax(job: str, n: int) -> Figures:
    from jax import block_until_ready
    from jax.numpy import asarray

    given, step = [asarray(x) for x in arguments(job, n)], in_jax(job)
    return measured(lambda: block_until_ready(step(*given)))


def works() -> list[Workload]:
    found = []
    for job, sizes in SIZES.items():
        for n in sizes:
            about = {"job": job, "n": n}
            found += [
                Workload(f"{job} {n} {OURS}", compiled, ("llvmlite",), arguments={**about, "fastmath": False}),
                Workload(f"{job} {n} {FAST}", compiled, ("llvmlite",), arguments={**about, "fastmath": True}),
                Workload(f"{job} {n} {JAX}", jax, ("jax",), arguments=about),
            ]
    return found


def table(rounds: int, slow: bool) -> str:
    results = harness.measure(works(), rounds)
    rows = harness.timing_rows(results)
    bounds = [(PROCESS, 20, 1.0), (PROCESS, 50, 1.0), (PROCESS, 100, 1.5), ("solve", 60, 1.5)]
    goals = []
    for job, n, bound in bounds:
        ratio = harness.ratio(results, f"{job} {n} {OURS}", f"{job} {n} {JAX}")
        goals.append(harness.goal(f"{job}, {n}: a run beside JAX", ratio, f"<= {bound}"))
    for n in SIZES[PROCESS]:
        first = results[f"{PROCESS} {n} {OURS}"].get("first")
        goals.append(harness.goal(f"{PROCESS}, {n}: seconds of the first call", first, "<= 0.5"))
    head = ["job, size, library", "first call less one run", "a run", "norm of the gradient"]
    text = "Value and gradient of the likelihood of a Gaussian process, and of the square of a solution."
    return harness.section("Linear algebra", text, head, rows, goals, results)
