"""The table `calls`: what a call of a compiled function costs, and what a number of a batch costs, in both dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Workload, feature, timed, workload

WORKLOADS: list[Workload] = []
ARGUMENTS: dict[str, Any] = {
    "float": 2.0, "int": 2, "bool": True, "np.float64": np.float64(2), "np.float32": np.float32(2),
    "float64 array": np.array([2.0]), "float32 array": np.array([2.0], np.float32), "int array": np.array([2]),
    "list": [2.0], "tuple": (2.0,), "dict": {"a": 2.0}, "nested": {"a": [(2.0, [1.0])], "b": 3.0},
}  # fmt: skip
SAMPLES, STEPS = 10_000, 40
CALLS, BATCHES = "calls", "batches"


@workload(WORKLOADS, CALLS, needs="llvmlite")
def calls() -> Figures:
    """Seconds for each kind of argument."""
    compile_, Layer, value = feature("autograd_lite:compile"), feature("autograd_lite.nn:Layer"), ARGUMENTS["float"]

    def first(x: Any) -> Any:
        while isinstance(x, (list, tuple, dict, np.ndarray)):
            x = next(iter(x.values())) if isinstance(x, dict) else x[0]
        return x * 2.0

    f = compile_(first)
    found = {name: timed(lambda x=x: f(x), 0.1) for name, x in ARGUMENTS.items()}  # type: ignore[misc]
    layer, g = Layer(1, 1), compile_(lambda m, x: first(m([x])))
    return found | {"keyword": timed(lambda: f(x=value), 0.1), "Module": timed(lambda: g(layer, value), 0.1)}


def chain(x: Any) -> Any:
    y = x[0]
    for _ in range(STEPS):
        y = y * x[1] + x[2] * y * y - x[3]
    return y


@workload(WORKLOADS, BATCHES, needs="llvmlite")
def batches() -> Figures:
    """Seconds for SAMPLES samples."""
    compile_, vmap, value_and_grad = (feature(f"autograd_lite:{x}") for x in ("compile", "vmap", "value_and_grad"))
    rows = np.random.default_rng(0).random((SAMPLES, 8)) * 0.1

    def each(f: Callable[[Any], Any], x: Any, dtype: str = "float64", **options: Any) -> float:
        x, g = x.astype(dtype), compile_(vmap(f, **options), dtype=dtype)
        return timed(lambda: g(x), 0.2)

    def gradient(dtype: str) -> float:
        g = compile_(value_and_grad(vmap(lambda w, x: chain(x * w), in_axes=(None, 0), reduce="sum")), dtype=dtype)
        x = rows[:, :4].astype(dtype)
        return timed(lambda: g(0.9, x), 0.2)

    return {
        "vmap(v + 1)": each(lambda v: v + 1.0, rows[:, 0]),
        "NumPy, v + 1": timed(lambda: rows[:, 0] + 1.0, 0.2),
        "rows of eight": each(lambda r: r + 1.0, rows),
        **{f"chain, {dtype}": each(chain, rows[:, :4], dtype) for dtype in ("float64", "float32")},
        **{f"gradient of the chain, {dtype}": gradient(dtype) for dtype in ("float64", "float32")},
    }


def gain(ns: dict[str, float], name: str) -> float | None:
    return ns[f"{name}, float64"] / ns[f"{name}, float32"] if ns else None


def table(rounds: int, slow: bool) -> str:
    """Both tables in Markdown, with their targets below them."""
    results = harness.measure(WORKLOADS, rounds)
    found, times = results[CALLS], results[BATCHES]
    rows = [(name, f"{1e6 * x:.2f}") for name, x in found.items() if isinstance(x, float)]
    most = max((x for x in found.values() if isinstance(x, float)), default=None)
    goals = [harness.goal("µs of the slowest", most and most * 1e6, "<= 5")]
    text = "A compiled function of few numbers, called with one argument."
    one = harness.section("Calls of compiled functions", text, ("argument", "µs a call"), rows, goals, results)
    sizes = {"rows of eight": 8}
    ns = {k: 1e9 * x / SAMPLES / sizes.get(k, 1) for k, x in times.items() if isinstance(x, float)}
    goals = [
        harness.goal("ns a sample of vmap(v + 1)", ns.get("vmap(v + 1)"), "<= 1"),
        harness.goal("ns a number of rows of eight", ns.get("rows of eight"), "<= 1"),
        *(
            harness.goal(f"{name}, times faster in float32", gain(ns, name), ">= 1.5")
            for name in ("chain", "gradient of the chain")
        ),
    ]
    two = harness.section(
        f"Batches of {SAMPLES:,} samples", f"The chain has {4 * STEPS} operations; one thread.",
        ("function", "ns a number, of the chain a sample"), [(k, f"{x:.2f}") for k, x in ns.items()], goals, results,
    )  # fmt: skip
    return f"{one}\n\n{two}"
