"""The table of `compiling`: what it takes until a function has run for the first time, and what stays of it.

Straight programs of random operations, which hold nothing that repeats, from 10^3 instructions on, to see that nothing
grows faster than they do; functions of 10,000 and more numbers that are written as array expressions or maps; and the
memory that functions leave which are compiled and dropped. CPU time of this library alone; `programs` has the peers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.harness import Figures, Workload, feature
from benchmarks.memory import memory

LENGTHS = (1_000, 10_000, 100_000)
TRACED = (*LENGTHS, 1_000_000)
NUMBERS, MAPPED, CAMERAS, POINTS, DROPPED = 10_000, 40_000, 20, 500, 600


def straight(n: int) -> Callable[[Any], Any]:
    """A function of four numbers in n random sums, products and sines of what is there."""
    draw, sin = random.Random(7), feature("autograd_lite:sin")
    # drawn before, since what is measured is not how fast Python draws
    drawn = [(-draw.randint(1, 4), -draw.randint(1, 4), draw.random()) for _ in range(n)]

    def f(x: Any) -> Any:
        values = [x[k] for k in range(4)]
        for i, j, kind in drawn:
            a, b = values[i], values[j]
            values.append(sin(a) if kind < 0.2 else a + b if kind < 0.6 else a * b if kind < 0.8 else a - b)
        return sum(values[-4:])

    return f


def tracing(n: int) -> Figures:
    """CPU time of tracing and flattening, for each instruction."""
    traced = feature("autograd_lite.program.make_program:Traced")
    step = feature("autograd_lite:compile")(straight(n))
    _, treedefs, keywords = step.taken((np.full(4, 0.3),), {})
    traced(straight(100), treedefs, keywords, None)  # what is imported at first use
    start = time.process_time()
    program = traced(step.f, treedefs, keywords, None).program
    return {"each": (time.process_time() - start) / len(program.instructions)}


def gradient(n: int) -> Figures:
    """CPU time to the end of the first call of value and gradient, for each instruction."""
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    point = np.full(4, 0.3)
    compile_(value_and_grad(straight(10)), backend="llvm")(point)
    step = compile_(value_and_grad(straight(n)), backend="llvm")
    start = time.process_time()
    step(point)
    seconds = time.process_time() - start
    return {"each": seconds / len(step.trace(point).instructions), "first": seconds}


def written(job: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    ag, rng = feature("autograd_lite"), np.random.default_rng(3)
    if job == ROSENBROCK:
        return lambda x: np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2), (rng.normal(size=NUMBERS),)
    if job == LOG_SUM_EXP:
        return lambda x: ag.logsumexp(x), (rng.normal(size=NUMBERS),)
    if job == LOG_OF_MAP:
        return lambda x: ag.log(ag.vmap(ag.exp, reduce="sum")(x)), (rng.normal(size=MAPPED),)

    def seen(cameras: Any, points: Any, i: Any, j: Any, at: Any) -> Any:
        """The squared distance of a point's image from where it was observed: turned, moved, projected."""
        a, b, s, t, r, focus = ag.take(cameras, i, axis=0)
        x, y, z = ag.take(points, j, axis=0)
        x, y = ag.cos(a) * x - ag.sin(a) * y, ag.sin(a) * x + ag.cos(a) * y
        y, z = ag.cos(b) * y - ag.sin(b) * z, ag.sin(b) * y + ag.cos(b) * z
        return (focus * (x + s) / (z + r) - at[0]) ** 2 + (focus * (y + t) / (z + r) - at[1]) ** 2

    cameras, points = rng.normal(size=(CAMERAS, 6)) * 0.1 + [0, 0, 0, 0, 5, 1], rng.normal(size=(POINTS, 3))
    i, j = (x.ravel().astype(float) for x in np.meshgrid(range(CAMERAS), range(POINTS)))
    mapped = ag.vmap(seen, in_axes=(None, None, 0, 0, 0), reduce="sum")
    return mapped, (cameras, points, i, j, rng.normal(size=(len(i), 2)))


ROSENBROCK, LOG_SUM_EXP = f"Rosenbrock of {NUMBERS:,}, array expressions", f"log-sum-exp of {NUMBERS:,}"
LOG_OF_MAP, BUNDLE = f"log of a map of {MAPPED:,}", f"bundle adjustment, {CAMERAS} cameras, {POINTS} points"


def first_call(job: str) -> Figures:
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    f, given = written(job)
    compile_(value_and_grad(lambda x: x * x), backend="llvm")(1.0)
    step = compile_(value_and_grad(f, argnums=(0, 1) if job == BUNDLE else 0), backend="llvm")
    start = time.process_time()
    step(*given)
    first = time.process_time() - start
    seconds = harness.timed(lambda: step(*given), 0.5)
    return {"first": first - seconds, "seconds": seconds, "instructions": len(step.trace(*given).instructions)}


def dropped() -> Figures:
    """The megabytes that the process grows by, from a third of the functions on."""
    compile_, sin, sizes = feature("autograd_lite:compile"), feature("autograd_lite:sin"), []
    for k in range(DROPPED):
        compile_(lambda x, k=k: sin(x * k) + x, backend="llvm")(0.5)
        sizes.append(memory()[0])
    return {"megabytes": (sizes[-1] - sizes[DROPPED // 3]) / 1e6}


def table(rounds: int, slow: bool) -> str:
    """The tables in Markdown, with their targets below them."""
    works = [Workload(f"traced {n:,}", tracing, arguments={"n": n}) for n in TRACED]
    works += [Workload(f"compiled {n:,}", gradient, ("llvmlite",), arguments={"n": n}) for n in LENGTHS]
    results = harness.measure(works, rounds)
    each = {label: 1e6 * found["each"] for label, found in results.items() if "each" in found}
    ends = [
        (f"{kind} {sizes[0]:,}", f"{kind} {sizes[-1]:,}") for kind, sizes in (("traced", TRACED), ("compiled", LENGTHS))
    ]
    goals = [
        harness.goal("tracing and flattening, µs an instruction", each.get(ends[0][1]), "<= 1"),
        harness.goal("first call of value and gradient, µs an instruction", each.get(ends[1][1]), "<= 10"),
    ]
    for short, long in ends:
        goals.append(
            harness.goal(
                f"{long} over {short}, each instruction", each[long] / each[short] if long in each else None, "<= 1.5"
            )
        )
    one = harness.section(
        "Straight programs", "Random operations on four numbers; compiled are value and gradient, with the first call.",
        ("operations", "µs an instruction"), [(label, f"{x:.2f}") for label, x in each.items()], goals, results,
    )  # fmt: skip

    jobs = (ROSENBROCK, LOG_SUM_EXP, LOG_OF_MAP, BUNDLE)
    results = harness.measure([Workload(x, first_call, ("llvmlite",), arguments={"job": x}) for x in jobs], rounds)
    rows = [
        (label, f"{found['instructions']:,}", f"{1e3 * found['first']:.0f}", f"{1e6 * found['seconds']:.1f}")
        for label, found in results.items() if "seconds" in found
    ]  # fmt: skip
    goals = [harness.goal(f"{x}, s to compile", results[x].get("first"), "<= 0.3") for x in jobs]
    two = harness.section(
        "Many numbers", "Value and gradient in all of them.", ("job", "instructions", "first call ms", "a run µs"),
        rows, goals, results,
    )  # fmt: skip

    label = f"{DROPPED} functions"
    results = harness.measure([Workload(label, dropped, ("llvmlite",))], 1)
    grown = results[label].get("megabytes")
    three = harness.section(
        "Functions that are dropped", f"{DROPPED} are compiled and dropped, one after the other.", ("", "MB"),
        [("growth from a third of them on", f"{grown:.2f}")] if grown is not None else [],
        [harness.goal("MB that the process grows by", grown, "<= 2")], results,
    )  # fmt: skip
    return "\n\n".join([one, two, three])
