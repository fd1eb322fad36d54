"""The table of `sparse`: Jacobians and Hessians of which most entries are 0, and a dense one of many terms.

Every library gets the job as one writes it there: arrays in slices for asdex (on JAX) and CasADi, a `vmap` over slices,
slices or lines of Python here. The first call includes recording, colouring and compiling, in CPU time; one run is
taken off. A run gives the library's own sparse matrix. The chain is that of Rosenbrock, the collocation that of a
pendulum by trapezoids.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Workload, feature

LENGTHS = (1000, 10_000, 100_000)
INTERVALS, STEP, ATOMS = 500, 0.01, 38
OURS, WRITTEN, ASDEX, CASADI, JAX = "autograd_lite, vmap", "autograd_lite", "asdex", "CasADi", "JAX, dense"


def figures(make: Callable[[], Callable[[], Any]], norm: Callable[[Any], float]) -> Figures:
    """What one pass takes, and the first one beyond that, from making the function on; and the norm of the entries."""
    start = time.process_time()
    run = make()
    result = run()
    first = time.process_time() - start
    seconds = harness.timed(run, seconds=1.0)
    return {"first": first - seconds, "seconds": seconds, "norm": norm(result)}


def of_data(matrix: Any) -> float:
    return float(np.linalg.norm(np.asarray(matrix.data)))


def start_of(job: str, n: int) -> Any:
    rng = np.random.default_rng(3)
    if job == "LJ":
        grid = np.stack(np.meshgrid(*[np.arange(4.0)] * 3), axis=-1).reshape(-1, 3)[:n]
        return (1.1 * grid + 0.05 * rng.normal(size=(n, 3))).ravel()
    return rng.uniform(-1.0, 1.0, 3 * (n + 1) if job == "collocation" else n)


def defects(z: Any, sin: Callable[[Any], Any], join: Callable[[Sequence[Any]], Any], n: int) -> Any:
    """Of the trapezoidal rule, for angles, their rates, and torques, in slices."""
    q, w, u = z[: n + 1], z[n + 1 : 2 * n + 2], z[2 * n + 2 :]
    rate = u - 9.81 * sin(q)
    moved = q[1:] - q[:-1] - 0.5 * STEP * (w[1:] + w[:-1])
    turned = w[1:] - w[:-1] - 0.5 * STEP * (rate[1:] + rate[:-1])
    return join([moved, turned])


def lennard_jones(x: Any) -> Any:
    energy = 0.0
    for i in range(len(x) // 3):
        for j in range(i):
            a, b, c = [(x[3 * i + k] - x[3 * j + k]) ** 2 for k in range(3)]
            s = 1.0 / (a + b + c) ** 3
            energy = energy + 4.0 * (s * s - s)
    return energy


# ---------------------------------------------------------------------- ours


def ours(job: str, n: int, mapped: bool = False) -> Figures:
    ag, x = feature("autograd_lite"), start_of(job, n)
    for module in ("scipy.sparse", "autograd_lite.sparse.ways", "autograd_lite.backends.llvm.gathered_rows"):
        feature(module)  # as the peers are imported as a whole, before the watch starts
    if job == "LJ":
        return figures(lambda: with_argument(ag.sparse_hessian(lennard_jones, format="array"), x), np.linalg.norm)
    if job == "dense LJ":
        return figures(lambda: with_argument(ag.compile(ag.hessian(lennard_jones)), start_of("LJ", n)), np.linalg.norm)
    if job == "collocation":
        return figures(
            lambda: with_argument(ag.sparse_jacobian(lambda z: defects(z, np.sin, np.concatenate, n)), x), of_data
        )
    if job == "banded":
        dense = ag.compile(ag.jacobian(lambda x: x[:-1] * x[1:] - np.sin(x[:-1])))
        return figures(lambda: with_argument(dense, x), np.linalg.norm)

    def term(a: Any, b: Any) -> Any:
        return 100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2

    def chain(x: Any) -> Any:
        return ag.vmap(term, reduce="sum")(x[:-1], x[1:]) if mapped else np.sum(term(x[:-1], x[1:]))

    return figures(lambda: with_argument(ag.sparse_hessian(chain), x), of_data)


def with_argument(f: Callable[[Any], Any], x: Any) -> Callable[[], Any]:
    return lambda: f(x)


# ---------------------------------------------------------------------- peers


def asdex(job: str, n: int) -> Figures:
    import asdex as library
    import jax
    import jax.numpy as jnp

    x = jnp.asarray(start_of(job, n))

    def make() -> Callable[[], Any]:
        if job == "collocation":
            f = library.jacobian(lambda z: defects(z, jnp.sin, jnp.concatenate, n), x)
        else:
            f = library.hessian(lambda x: jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2), x)
        run = jax.jit(f)
        return lambda: jax.block_until_ready(run(x))

    return figures(make, of_data)


def jax_dense(job: str, n: int) -> Figures:
    import jax

    x = start_of(job, n)

    def energy(x: Any) -> Any:
        import jax.numpy as jnp

        points = x.reshape(-1, 3)
        i, j = np.tril_indices(n, -1)
        s = 1.0 / jnp.sum((points[i] - points[j]) ** 2, axis=1) ** 3
        return jnp.sum(4.0 * (s * s - s))

    def make() -> Callable[[], Any]:
        run = jax.jit(jax.hessian(energy))
        return lambda: jax.block_until_ready(run(x))

    return figures(make, lambda h: float(np.linalg.norm(np.asarray(h))))


def casadi(job: str, n: int) -> Figures:
    import casadi as ca

    x = start_of(job, n)

    def make() -> Callable[[], Any]:
        z = ca.SX.sym("z", len(x))
        if job == "collocation":
            found = ca.jacobian(defects(z, ca.sin, lambda parts: ca.vertcat(*parts), n), z)
        else:
            found, _ = ca.hessian(ca.sum1(100.0 * (z[1:] - z[:-1] ** 2) ** 2 + (1.0 - z[:-1]) ** 2), z)
        run = ca.Function("run", [z], [found])
        return lambda: run(x)

    return figures(make, lambda h: float(np.linalg.norm(h.nonzeros())))


def works() -> list[Workload]:
    found = []
    for n in LENGTHS:
        about = {"job": "chain", "n": n}
        found += [
            Workload(f"chain {n} {OURS}", ours, ("llvmlite",), arguments={**about, "mapped": True}),
            Workload(f"chain {n} {WRITTEN}", ours, ("llvmlite",), arguments=about),
            Workload(f"chain {n} {ASDEX}", asdex, ("asdex",), arguments=about),
            Workload(f"chain {n} {CASADI}", casadi, ("casadi",), arguments=about),
        ]
    about = {"job": "collocation", "n": INTERVALS}
    found += [
        Workload(f"collocation {INTERVALS} {WRITTEN}", ours, ("llvmlite",), arguments=about),
        Workload(f"collocation {INTERVALS} {ASDEX}", asdex, ("asdex",), arguments=about),
        Workload(f"collocation {INTERVALS} {CASADI}", casadi, ("casadi",), arguments=about),
        Workload(f"LJ {ATOMS} {WRITTEN}", ours, ("llvmlite",), arguments={"job": "LJ", "n": ATOMS}),
        Workload(f"LJ {ATOMS} {JAX}", jax_dense, ("jax",), arguments={"job": "LJ", "n": ATOMS}),
    ]
    for n in (100, 200, 400, 800):
        about = {"job": "banded", "n": n}
        found.append(Workload(f"banded, dense {n} {WRITTEN}", ours, ("llvmlite",), arguments=about))
    return found


def table(rounds: int, slow: bool) -> str:
    results = harness.measure(works(), rounds)
    rows = [
        [label, f"{1e3 * found['first']:.0f} ms", f"{1e6 * found['seconds']:.1f} us", f"{found['norm']:.12g}"]
        for label, found in results.items()
        if "seconds" in found
    ]
    chain, colloc, dense = f"chain {LENGTHS[-1]}", f"collocation {INTERVALS} {WRITTEN}", f"LJ {ATOMS} {WRITTEN}"
    ratio, goal = harness.ratio, harness.goal
    longest = f"{LENGTHS[-1]:,}"
    goals = [
        goal(f"Hessian of {longest}: asdex over ours", ratio(results, f"{chain} {ASDEX}", f"{chain} {OURS}"), ">= 2"),
        goal(
            f"Hessian of {longest}: CasADi over ours", ratio(results, f"{chain} {CASADI}", f"{chain} {OURS}"), ">= 20"
        ),
        goal(
            f"first call of {longest} over CasADi's",
            ratio(results, f"{chain} {OURS}", f"{chain} {CASADI}", "first"),
            "<= 1",
        ),
        goal("collocation, first call in s", results[colloc].get("first"), "<= 0.2"),
        goal("collocation, a run in us", 1e6 * results[colloc].get("seconds", np.nan), "<= 40"),
        goal("Lennard-Jones, first call in s", results[dense].get("first"), "<= 1"),
    ]
    head = ["job, size, library", "first call less one run", "a run", "norm of the entries"]
    return harness.section("Sparse derivatives", (__doc__ or "").partition("\n\n")[2], head, rows, goals, results)
