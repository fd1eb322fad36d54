"""The memory table: time and bytes a node, from 10^4 to 10^7 nodes. All should stay level: it is linear.

Three shapes: a chain, a graph in which every node is used about twice, and the moons example. Each size has a
process of its own, because memory that was freed once is used again and would not show. Bytes are what the
process grew by while the graph was recorded, so that allocator, object headers and boxed numbers all count.
"""

from __future__ import annotations

import random
import re
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks import harness, moons
from benchmarks.harness import Figures, Missing, Workload, feature


def memory() -> tuple[int, int]:
    """The bytes that this process holds in main memory now, and the most that it ever held."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError as error:
        raise Missing("memory is read from /proc, which this system has not") from error
    now, most = (int(re.findall(rf"{key}:\s+(\d+) kB", status)[0]) * 1024 for key in ("VmRSS", "VmHWM"))
    return now, most


def chain(value: Any, nodes: int) -> Any:
    """x -> x * w + b, over and over: a graph as deep as it is large."""
    x, w, b = value(1.0), value(0.999), value(0.001)
    for _ in range(nodes // 2):
        x = x * w + b
    return x


def web(value: Any, nodes: int) -> Any:
    """Sums of two among the last 1000 nodes, halved: operands are shared and lie apart in memory."""
    draw = random.Random(7)
    picks = [draw.randrange(1000) for _ in range(1000)]
    recent = [value(draw.random()) for _ in range(1000)]
    half = value(0.5)
    for k in range(nodes // 2):
        at = k % 1000
        recent[at] = (recent[at] + recent[picks[at]]) * half
    return sum(recent)


def moons_loss(value: Any, nodes: int) -> Any:
    """The moons example; its size is its own."""
    X, y = moons.data()
    layers = moons.network([value(number) for number in moons.parameters()])
    return moons.loss(layers, [[value(c) for c in x] for x in X], y, value.relu)


SHAPES = {"chain": chain, "web": web, "moons": moons_loss}


def count(root: Any) -> int:
    """The nodes of a graph, leaves included."""
    seen, todo = {id(root)}, [root]
    while todo:
        for parent in todo.pop().parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                todo.append(parent)
    return len(seen)


def growth(shape: str, nodes: int) -> Figures:
    """Memory from the first graph, which finds none to use again; times from a few more."""
    value, build = feature("autograd_lite:Value"), SHAPES[shape]
    chain(value, 100).backward()  # what is made once is not the graph's
    before, _ = memory()
    output = build(value, nodes)
    recorded, _ = memory()
    output.backward()
    _, most = memory()
    total = count(output)
    del output
    times: dict[str, list[float]] = {"record": [], "backward": [], "free": []}
    for _ in range(max(3, min(25, 2_000_000 // nodes))):
        start = time.perf_counter()
        output = build(value, nodes)
        built = time.perf_counter()
        output.backward()
        swept = time.perf_counter()
        del output
        freed = time.perf_counter()
        for key, seconds in zip(times, (built - start, swept - built, freed - swept), strict=True):
            times[key].append(seconds / total)
    return {"nodes": total, "bytes": (recorded - before) / total, "peak": (most - before) / total,
            **{key: statistics.median(column) for key, column in times.items()}}  # fmt: skip


SIZES = [("moons", 65_000), *((shape, 10**power) for shape in ("chain", "web") for power in (4, 5, 6, 7))]
WORKLOADS = [
    Workload(f"{shape}, {nodes:,}", growth, arguments={"shape": shape, "nodes": nodes}) for shape, nodes in SIZES
]


def table(rounds: int, slow: bool) -> str:
    """The table in Markdown, with its targets below it."""
    results = harness.measure(WORKLOADS, rounds)
    found = [(shape, size, figures) for (shape, size), figures in zip(SIZES, results.values(), strict=True)
             if "nodes" in figures]  # fmt: skip
    rows = [
        (shape, f"{figures['nodes']:,.0f}",
         *(f"{figures[key] * 1e9:.0f}" for key in ("record", "backward", "free")),
         *(f"{figures[key]:.0f}" for key in ("bytes", "peak")))
        for shape, size, figures in found
    ]  # fmt: skip
    time_a_node = {(shape, size): sum(figures[key] for key in ("record", "backward", "free"))
                   for shape, size, figures in found}  # fmt: skip
    largest = max((figures["bytes"] for _, size, figures in found if size >= 10**6), default=None)
    sweep = max((figures["backward"] / figures["record"] for *_, figures in found), default=None)
    spread = max((time_a_node[shape, 10**7] / time_a_node[shape, 10**5] for shape, size in time_a_node
                  if size == 10**7), default=None)  # fmt: skip
    return harness.section(
        "Memory and linearity",
        "Nanoseconds and bytes a node. *Bytes*: what the process grew by while recording; *peak*: the most "
        "it grew by until the first backward pass ended.",
        ("shape", "nodes", "record ns", "backward ns", "free ns", "bytes", "peak bytes"), rows,
        [harness.goal("bytes a node, largest from 10^6 nodes on", largest, "<= 128"),
         harness.goal("backward over recording, largest", sweep, "<= 1"),
         harness.goal("time a node at 10^7 over that at 10^5, largest", spread, "<= 2")],
        results,
    )  # fmt: skip
