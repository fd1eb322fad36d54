"""The table of `special`: special functions over arrays, a regression of counts, and options under Heston's model.

Each job is written once for this library, where it is compiled strictly and with fastmath, and once for JAX. CPU time;
the first call includes tracing and compiling, and one run is taken off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Workload, feature
from benchmarks.linalg import FAST, JAX, OURS, measured

SAMPLES = 10_000
COUNTS, OPTIONS = "negative binomial", "Heston"
FUNCTIONS = ("hypot", "gamma", "lgamma", "digamma", "trigamma")


def arguments(job: str) -> tuple[Any, ...]:
    rng = np.random.default_rng(7)
    if job == COUNTS:
        point = np.array([0.3, -0.2, 0.1, 0.4, 0.5, 0.7])
        return (point, rng.normal(size=(SAMPLES, 4)), rng.poisson(3.0, SAMPLES).astype(float))
    if job == OPTIONS:
        point = np.array([1.5, 0.04, 0.3, -0.7, 0.05])
        return (point, rng.uniform(0.1, 50.0, SAMPLES), rng.uniform(0.1, 2.0, SAMPLES))
    first = rng.uniform(0.1, 30.0, SAMPLES)
    return (first, rng.uniform(-30.0, 30.0, SAMPLES)) if job == "hypot" else (first,)


def surprise(w: Any, x: Any, y: Any) -> Any:
    """Minus the logarithm of the probability of a count y, whose mean is e^eta and whose dispersion is r."""
    from autograd_lite import exp, lgamma, log1p

    eta = w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3] + w[4]
    r = exp(w[5])
    return lgamma(r) + lgamma(y + 1.0) - lgamma(y + r) + r * log1p(exp(eta - w[5])) + y * log1p(exp(w[5] - eta))


def characteristic(p: Any, u: Any, t: Any) -> Any:
    """The real part of the characteristic function of Heston's model, complex numbers as pairs."""
    from autograd_lite import atan2, cos, exp, hypot, log, sin, sqrt

    kappa, theta, sigma, rho, variance = p

    def times(a: Any, b: Any) -> Any:
        return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]

    def over(a: Any, b: Any) -> Any:
        size = b[0] * b[0] + b[1] * b[1]
        return (a[0] * b[0] + a[1] * b[1]) / size, (a[1] * b[0] - a[0] * b[1]) / size

    def root(a: Any) -> Any:
        real = sqrt(0.5 * (hypot(a[0], a[1]) + a[0]))
        return real, 0.5 * a[1] / real

    def exponential(a: Any) -> Any:
        return exp(a[0]) * cos(a[1]), exp(a[0]) * sin(a[1])

    a = (kappa, -rho * sigma * u)
    square = times(a, a)
    d = root((square[0] + sigma * sigma * u * u, square[1] + sigma * sigma * u))
    low, high = (a[0] - d[0], a[1] - d[1]), (a[0] + d[0], a[1] + d[1])
    g = over(low, high)
    decay = exponential((-d[0] * t, -d[1] * t))
    product = times(g, decay)
    rest = (1.0 - product[0], -product[1])
    ratio = over(rest, (1.0 - g[0], -g[1]))
    logarithm = log(hypot(ratio[0], ratio[1])), atan2(ratio[1], ratio[0])
    share = over((1.0 - decay[0], -decay[1]), rest)
    slope = times(low, share)
    level = kappa * theta / (sigma * sigma)
    real = level * (low[0] * t - 2.0 * logarithm[0]) + slope[0] * variance / (sigma * sigma)
    angle = level * (low[1] * t - 2.0 * logarithm[1]) + slope[1] * variance / (sigma * sigma)
    return exp(real) * cos(angle)


def ours(job: str, fastmath: bool = False) -> Any:
    compile, gradient = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    vmap = feature("autograd_lite:vmap")
    given = arguments(job)
    if job in FUNCTIONS:
        mapped = compile(vmap(feature(f"autograd_lite:{job}")), backend="llvm", fastmath=fastmath)
        return measured(lambda: (None, mapped(*given)))
    sample = surprise if job == COUNTS else characteristic
    step = compile(gradient(vmap(sample, (None, 0, 0), reduce="mean")), backend="llvm", fastmath=fastmath)
    return measured(lambda: step(*given))


def in_jax(job: str) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp
    from jax.scipy.special import gammaln

    def counts(w: Any, x: Any, y: Any) -> Any:
        eta, r = x @ w[:4] + w[4], jnp.exp(w[5])
        near = gammaln(r) + gammaln(y + 1.0) - gammaln(y + r)
        return jnp.mean(near + r * jnp.log1p(jnp.exp(eta - w[5])) + y * jnp.log1p(jnp.exp(w[5] - eta)))

    def options(p: Any, u: Any, t: Any) -> Any:
        kappa, theta, sigma, rho, variance = p
        a = kappa - 1j * rho * sigma * u
        d = jnp.sqrt(a * a + sigma * sigma * (u * u + 1j * u))
        g, decay = (a - d) / (a + d), jnp.exp(-d * t)
        level = kappa * theta / sigma**2 * ((a - d) * t - 2.0 * jnp.log((1.0 - g * decay) / (1.0 - g)))
        return jnp.mean(jnp.exp(level + (a - d) / sigma**2 * (1.0 - decay) / (1.0 - g * decay) * variance).real)

    if job in FUNCTIONS:
        found = jnp.hypot if job == "hypot" else {
            "gamma": jax.scipy.special.gamma, "lgamma": gammaln, "digamma": jax.scipy.special.digamma,
            "trigamma": lambda x: jax.scipy.special.polygamma(1, x),
        }[job]  # fmt: skip
        mapped = jax.jit(found)
        return lambda *given: (None, mapped(*given))
    return jax.jit(jax.value_and_grad(counts if job == COUNTS else options))


def jax(job: str) -> Any:
    from jax import block_until_ready
    from jax.numpy import asarray

    given, step = [asarray(x) for x in arguments(job)], in_jax(job)
    return measured(lambda: block_until_ready(step(*given)))


def works() -> list[Workload]:
    found = []
    for job in (*FUNCTIONS, COUNTS, OPTIONS):
        found += [
            Workload(f"{job} {OURS}", ours, ("llvmlite",), arguments={"job": job, "fastmath": False}),
            Workload(f"{job} {JAX}", jax, ("jax",), arguments={"job": job}),
        ]
        if job not in FUNCTIONS:
            found.append(Workload(f"{job} {FAST}", ours, ("llvmlite",), arguments={"job": job, "fastmath": True}))
    return found


def table(rounds: int, slow: bool) -> str:
    results = harness.measure(works(), rounds)
    goals = []
    for job in FUNCTIONS:
        seconds = results[f"{job} {OURS}"].get("seconds")
        nanoseconds = None if seconds is None else seconds / SAMPLES * 1e9
        goals.append(harness.goal(f"{job}: nanoseconds an element", nanoseconds, "<= 25"))
    for job in (COUNTS, OPTIONS):
        ratio = harness.ratio(results, f"{job} {OURS}", f"{job} {JAX}")
        goals.append(harness.goal(f"{job}: a run beside JAX", ratio, "<= 1"))
    head = ["job, library", "first call less one run", "a run", "norm of the result"]
    text = f"Over {SAMPLES:,} samples: functions alone, and value and gradient of two models."
    return harness.section("Special functions", text, head, harness.timing_rows(results), goals, results)
