"""The table `calls`: what a call of a compiled function costs, from Python and inside of loops, and what a number of a
batch costs, in both dtypes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness, loops
from benchmarks.harness import Figures, Workload, feature, timed, workload

WORKLOADS: list[Workload] = []
ARGUMENTS: dict[str, Any] = {
    "float": 2.0, "int": 2, "bool": True, "np.float64": np.float64(2), "np.float32": np.float32(2),
    "float64 array": np.array([2.0]), "float32 array": np.array([2.0], np.float32), "int array": np.array([2]),
    "list": [2.0], "tuple": (2.0,), "dict": {"a": 2.0}, "nested": {"a": [(2.0, [1.0])], "b": 3.0},
}  # fmt: skip
SAMPLES, STEPS = 10_000, 40
CALLS, BATCHES, CALLED = "calls", "batches", "called steps"
LONG = 1000


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

    fori_loop = feature("autograd_lite:fori_loop")

    def moved(i: int, y: Any) -> Any:
        return y * 0.999 + 0.001

    def written_out(v: Any) -> Any:
        return functools.reduce(lambda y, i: moved(i, y), range(STEPS), v)

    return {
        "vmap(fori_loop), a step": each(lambda v: fori_loop(0, STEPS, moved, v), rows[:, 0]) / STEPS,
        "written out, a step": each(written_out, rows[:, 0]) / STEPS,
        "vmap(v + 1)": each(lambda v: v + 1.0, rows[:, 0]),
        "NumPy, v + 1": timed(lambda: rows[:, 0] + 1.0, 0.2),
        "rows of eight": each(lambda r: r + 1.0, rows),
        **{f"chain, {dtype}": each(chain, rows[:, :4], dtype) for dtype in ("float64", "float32")},
        **{f"gradient of the chain, {dtype}": gradient(dtype) for dtype in ("float64", "float32")},
    }


@workload(WORKLOADS, CALLED, needs="llvmlite")
def called_steps() -> Figures:
    """Seconds for a gradient through LONG steps of an equation: compiled whole, or with a compiled step."""
    ag, (p, data) = feature("autograd_lite"), loops.arguments("ODE", LONG)

    def step(p: Any, state: Any, seen: Any) -> Any:
        x, y = loops.runge_kutta(loops.lotka_volterra(p), state[:2], 0.001)
        return [x, y, state[2] + (x - seen[0]) ** 2 + (y - seen[1]) ** 2]

    def loss(step: Callable[..., Any], scan: Callable[..., Any]) -> Callable[..., Any]:
        return lambda p, data: scan(lambda s, seen: (step(p, s, seen), None), [1.0, 0.5, 0.0], data)[0][2]

    compiled, numbers, seen = ag.compile(step), p.tolist(), data.tolist()

    def traced(f: Callable[..., Any]) -> float:
        g = ag.compile(ag.value_and_grad(f), backend="llvm")
        return timed(lambda: g(p, data), 0.3)

    def eager(f: Callable[..., Any]) -> float:
        g = ag.value_and_grad(f)
        return timed(lambda: g(numbers, seen), 0.3)

    return {
        "compiled whole": traced(loss(step, ag.scan)),
        "compiled, a compiled step in it": traced(loss(compiled, ag.scan)),
        "eager, a compiled step in it": eager(loss(compiled, loops.in_python)),
        "eager": eager(loss(step, loops.in_python)),
    }


FORI = ("vmap(fori_loop), a step", "written out, a step")


def over(figures: Figures, above: str, below: str) -> float | None:
    return figures[above] / figures[below] if above in figures else None


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
        harness.goal("vmap(fori_loop) over the same written out", over(ns, *FORI), "<= 1.5"),
        *(
            harness.goal(f"{name}, times faster in float32", over(ns, f"{name}, float64", f"{name}, float32"), ">= 1.5")
            for name in ("chain", "gradient of the chain")
        ),
    ]
    two = harness.section(
        f"Batches of {SAMPLES:,} samples", f"The chain has {4 * STEPS} operations; one thread.",
        ("function", "ns a number, of the chain a sample"), [(k, f"{x:.2f}") for k, x in ns.items()], goals, results,
    )  # fmt: skip
    steps = results[CALLED]
    rows = [(name, f"{1e6 * x:.1f}") for name, x in steps.items() if isinstance(x, float)]
    goals = [
        harness.goal(f"{name}, over compiled whole", over(steps, name, "compiled whole"), "<= 1.5")
        for name in ("compiled, a compiled step in it", "eager, a compiled step in it")
    ]
    three = harness.section(
        f"Steps that are called, {LONG:,} of them", "Value and gradient of an equation by Runge-Kutta.",
        ("how", "µs a pass"), rows, goals, results,
    )  # fmt: skip
    return "\n\n".join([one, two, three])
