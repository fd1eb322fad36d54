"""The clusters table: loss and gradient of a model of 4 parameters over 4 x 10^6 samples, on all cores.

*Pass* is one evaluation, with the samples in memory: on threads of this process, or, for the cluster, in blocks of
250,000 on two worker processes of one thread each, which have them already.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Workload, feature, stopwatch, timed, workload

WORKLOADS: list[Workload] = []
SAMPLES, BLOCK = 4_000_000, 250_000
HERE, BLOCKS = "autograd_lite, llvm, all cores", "autograd_lite, blocks on two workers"
BY_HAND, BY_HAND_BLOCKS = "NumPy by hand", "NumPy by hand, blocks on two workers"
P = np.array([0.5, 4.0, 0.4, 2.0])


def samples() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    t = rng.uniform(-10.0, 16.0, SAMPLES)
    return t, 1.0 + 5.0 / (1.0 + np.exp(-0.5 * (t - 3.0))) + rng.normal(0.0, 0.1, SAMPLES)


def by_hand_sums(p: Any, t: Any, y: Any) -> np.ndarray:
    """The loss and its four derivatives, summed, as one writes them for NumPy."""
    floor, height, rate, middle = p
    s = 1.0 / (1.0 + np.exp(-rate * (t - middle)))
    error = floor + height * s - y
    slope = 2.0 * error * height * s * (1.0 - s)
    parts = (error * error, 2.0 * error, 2.0 * error * s, slope * (t - middle), -rate * slope)
    return np.array([x.sum() for x in parts])


def figures(first: Any) -> Figures:
    """The first evaluation, which compiles, and later ones; they return loss and gradient."""
    compilation, (value, gradient) = stopwatch(first)
    return {"compile": compilation, "seconds": timed(first), "loss": float(value), "gradient": list(gradient)}


@workload(WORKLOADS, HERE, "llvmlite")
def here() -> Figures:
    step, data = feature("autograd_lite.examples.cluster:step"), samples()
    return figures(lambda: step(P, *data))


@workload(WORKLOADS, BY_HAND)
def by_hand() -> Figures:
    data = samples()

    def run() -> tuple[float, np.ndarray]:
        sums = by_hand_sums(P, *data) / SAMPLES
        return sums[0], sums[1:]

    return figures(run)


def on_workers(lazy: Any) -> Figures:
    """The figures of a function of Dask arrays, whose blocks two workers have."""
    import dask
    import dask.array as da
    from distributed import Client, LocalCluster, wait

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        t, y = client.persist([da.from_array(x, chunks=BLOCK) for x in samples()])
        wait([t, y])
        return figures(lambda: dask.compute(*lazy(t, y)))


@workload(WORKLOADS, BLOCKS, "llvmlite dask distributed")
def blocks() -> Figures:
    step = feature("autograd_lite.examples.cluster:step")
    return on_workers(lambda t, y: step(P, t, y))


@workload(WORKLOADS, BY_HAND_BLOCKS, "dask distributed")
def by_hand_blocks() -> Figures:
    import dask

    def lazy(t: Any, y: Any) -> tuple[Any, Any]:
        sums = dask.delayed(by_hand_sums)
        parts = [sums(P, *block) for block in zip(t.to_delayed(), y.to_delayed(), strict=True)]
        total = dask.delayed(sum)(parts) / SAMPLES
        return total[0], total[1:]

    return on_workers(lazy)


def table(rounds: int, slow: bool) -> str:
    results = harness.measure(WORKLOADS, rounds)
    rows = [
        [label, f"{1e3 * found['compile']:.0f} ms", f"{1e3 * found['seconds']:.1f} ms", f"{found['loss']:.15g}"]
        for label, found in results.items()
        if "seconds" in found
    ]
    ratio, goal = harness.ratio, harness.goal
    goals = [
        goal("NumPy by hand over the blocks", ratio(results, BY_HAND, BLOCKS), ">= 1"),
        goal("the blocks over all cores here", ratio(results, BLOCKS, HERE), "<= 3"),
    ]
    head = ["4 x 10^6 samples, 4 parameters", "first pass", "a pass", "loss"]
    return harness.section("Clusters", (__doc__ or "").partition("\n\n")[2], head, rows, goals, results)
