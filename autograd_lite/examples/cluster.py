"""Least squares over more samples than one process takes: the gradient in blocks on a cluster, which loses a worker.

python -m autograd_lite.examples.cluster

It needs Dask: pip install "dask[array,distributed]". The cluster is one of processes on this machine; that of a
computing centre is another `Client`.
"""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

from autograd_lite import compile, exp, value_and_grad, vmap

if TYPE_CHECKING:
    import numpy as np

BLOCK = 250_000


def squared_error(p: Any, t: Any, y: Any) -> Any:
    """Logistic growth: y = floor + height / (1 + e^(-rate (t - middle)))."""
    floor, height, rate, middle = p
    return (floor + height / (1.0 + exp(-rate * (t - middle))) - y) ** 2


step = compile(value_and_grad(vmap(squared_error, in_axes=(None, 0, 0), reduce="mean")))


def samples(n: int) -> tuple[Any, Any]:
    """Times, and measurements at them that are about the curve of 1, 5, 0.5, 3, as Dask arrays.

    Each block is made where it is used, and again, with the same numbers, when it is lost with a worker.
    """
    import dask.array as da

    rng = da.random.default_rng(0)
    t = rng.uniform(-10.0, 16.0, n, chunks=BLOCK)
    return t, 1.0 + 5.0 / (1.0 + da.exp(-0.5 * (t - 3.0))) + rng.normal(0.0, 0.1, n, chunks=BLOCK)


def lose_a_worker(client: Any, results: list[Any], blocks: int) -> None:
    """Kill the process of a worker as soon as so many blocks are done, or all."""
    pids = client.run(os.getpid)
    tasks = client.cluster.scheduler.tasks

    def done() -> int:
        return sum(task.state == "memory" and "sums_on_block" in str(task.key) for task in list(tasks.values()))

    while done() < blocks and not all(result.done() for result in results):
        time.sleep(0.001)
    os.kill(min(pids.values()), getattr(signal, "SIGKILL", signal.SIGTERM))


def on_cluster(client: Any, p: Any, t: Any, y: Any, lose_after: int = 0) -> tuple[float, np.ndarray]:
    """Loss and gradient; with `lose_after`, a worker dies after so many blocks."""
    lazy = step(p, t, y)  # nothing is computed yet
    results = client.compute(list(lazy))
    if lose_after:
        lose_a_worker(client, results, lose_after)
    loss, gradient = client.gather(results)
    return float(loss), gradient


def main(n: int = 4_000_000) -> None:
    import dask
    import numpy as np
    from distributed import Client, LocalCluster

    p, (t, y) = np.array([0.5, 4.0, 0.4, 2.0]), samples(n)
    loss, gradient = step(p, *dask.compute(t, y))
    print(f"here:       loss {loss!r}, gradient {gradient}")
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        print(step.why(p, t, y))
        for lose_after in (0, 2):
            start = time.perf_counter()
            there = on_cluster(client, p, t, y, lose_after)
            about = ", a worker lost" if lose_after else ""
            print(f"on workers: loss {there[0]!r}, gradient {there[1]}, {time.perf_counter() - start:.1f} s{about}")
            print(f"off by {abs(there[0] - loss):.2g} and {np.abs(there[1] - gradient).max():.2g}")


if __name__ == "__main__":
    main()
