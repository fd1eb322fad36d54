"""The import table: what `import autograd_lite` adds to the start of an interpreter, and what it drags in."""

from __future__ import annotations

import subprocess

from benchmarks import harness
from benchmarks.harness import PYTHON, Figures, Workload, feature, stopwatch

STARTS = 5
EXTRAS = ("numpy", "scipy", "sklearn", "matplotlib", "pygraphviz", "llvmlite", "tqdm", "hypothesis", "torch")


def start(module: str) -> Figures:
    """The quickest of a few interpreters that import `module` and end, and the extras that it loaded."""
    if module:
        feature(module)
    text = f"import {module or 'sys'}"
    loaded = subprocess.run([*PYTHON, f"{text}, sys; print(*sys.modules)"], capture_output=True, text=True, check=True)
    extras = [name for name in EXTRAS if name in loaded.stdout.split()]
    seconds = min(stopwatch(lambda: subprocess.run([*PYTHON, text], check=True))[0] for _ in range(STARTS))
    return {"seconds": seconds, "extras": ", ".join(extras)}


EMPTY, OURS = "an empty interpreter", "import autograd_lite"
WORKLOADS = [
    Workload(EMPTY, start, arguments={"module": ""}),
    Workload(OURS, start, arguments={"module": "autograd_lite"}),
    *(
        Workload(f"import {name}", start, needs=(name,), arguments={"module": name})
        for name in ("micrograd.nn", "numpy", "jax", "torch")
    ),
]


def table(rounds: int, slow: bool) -> str:
    """The table in Markdown, with its targets below it."""
    results = harness.measure(WORKLOADS, rounds)
    empty = results[EMPTY]["seconds"]
    rows = [
        (label, *(f"{seconds * 1e3:.1f}" for seconds in (figures["seconds"], figures["seconds"] - empty)),
         figures["extras"])
        for label, figures in results.items() if "seconds" in figures
    ]  # fmt: skip
    ours = results[OURS]
    more = (ours["seconds"] - empty) * 1e3 if "seconds" in ours else None
    loaded = len(ours["extras"].split()) if "seconds" in ours else None
    return harness.section(
        "Import",
        f"Milliseconds to start and end: the quickest of {STARTS}, medians of {rounds} rounds.",
        ("command", "ms", "ms more than empty", "extras that it loads"), rows,
        [harness.goal("ms more than an empty interpreter", more, "<= 60"),
         harness.goal("extras imported", loaded, "<= 0")],
        results,
    )  # fmt: skip
