"""The threads table: what large batches gain from both cores, and that small ones lose nothing.

A process that may run on every core calls native code with and without threads, in turn, so that what else runs on the
machine disturbs both alike. Time is wall time, the shortest of many calls: with threads it is what a user waits for. A
batch runs on threads where one call has taken long enough on one; the bits are the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness, programs
from benchmarks.harness import Figures, Workload, feature

SAMPLES = (100, 1000, 10_000, 100_000, 1_000_000)
JOBS = ("moons, value and gradient", "Black-Scholes", "v + 1")
ROUNDS = 15


def black_scholes(s: Any, k: Any, v: Any) -> Any:
    log, erf = (feature(f"autograd_lite:{name}") for name in ("log", "erf"))
    width = v * 0.75**0.5
    d = (log(s / k) + 0.02 * 0.75) / width + 0.5 * width
    return 0.5 * (s * (1.0 + erf(d * 0.5**0.5)) - k * (1.0 + erf((d - width) * 0.5**0.5)))


def job(name: str, samples: int) -> tuple[Callable[..., Any], list[Any]]:
    """A function, and its arguments."""
    vmap, value_and_grad = feature("autograd_lite:vmap"), feature("autograd_lite:value_and_grad")
    draw = np.random.default_rng(0)
    if name == JOBS[0]:
        p, X, y = programs.arrays()
        times = -(-samples // len(y))
        return value_and_grad(programs.mapped_loss()), [
            p,
            np.tile(X, (times, 1))[:samples],
            np.tile(y, times)[:samples],
        ]
    if name == JOBS[1]:
        return vmap(black_scholes), [draw.uniform(80.0, 120.0, samples) for _ in range(2)] + [np.full(samples, 0.3)]
    return vmap(lambda v: v + 1.0), [draw.normal(size=samples)]


def gain(name: str, samples: int) -> Figures:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))  # the harness gives one core
    compile_, native = feature("autograd_lite:compile"), feature("autograd_lite.backends.llvm:NativeCode")
    function, arguments = job(name, samples)
    program = compile_(function, backend="llvm").trace(*arguments)
    alone, both = (native(program, threads=threads) for threads in (False, True))
    seconds: dict[bool, list[float]] = {False: [], True: []}
    results: dict[bool, list[Any]] = {}
    for _ in range(3):  # threads start where a call was seen to take long, and stay where they were faster
        both(arguments, samples)
    for _ in range(max(ROUNDS, min(300, 1_000_000 // samples))):
        for threads, code in ((False, alone), (True, both)):
            start = time.perf_counter()
            results[threads] = code(arguments, samples)
            seconds[threads].append(time.perf_counter() - start)
    same = all(np.array_equal(a, b) for a, b in zip(results[False], results[True], strict=True))
    return {"alone": min(seconds[False]), "threads": min(seconds[True]), "same": float(same)}


WORKLOADS = [
    Workload(f"{name}, {samples:,}", gain, ("llvmlite",), arguments={"name": name, "samples": samples})
    for name in JOBS
    for samples in SAMPLES
]


def table(rounds: int, slow: bool) -> str:
    """The table in Markdown, with its targets below it."""
    results = harness.measure(WORKLOADS, rounds)
    found = {label: figures for label, figures in results.items() if "alone" in figures}
    rows = [
        (label, f"{x['alone'] * 1e6:,.1f}", f"{x['threads'] * 1e6:,.1f}", f"{x['alone'] / x['threads']:.2f}",
         "yes" if x["same"] else "no")
        for label, x in found.items()
    ]  # fmt: skip
    slowest = min([x["alone"] / x["threads"] for x in found.values()], default=None)
    goals = [harness.goal("the worst case, times faster than one thread", slowest, ">= 0.9")]
    load = ", ".join([f"{x:.1f}" for x in os.getloadavg()])
    return harness.section(
        "Threads",
        f"Wall time of a call on one thread and on as many as there are cores ({os.cpu_count()}), at loads of {load}.",
        ("job, samples", "one thread µs", "threads µs", "times faster", "same bits"), rows, goals, results,
    )  # fmt: skip
