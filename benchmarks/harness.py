"""Run workloads in turn, each in a fresh process, and take medians: the floor under every table.

A workload is a plain function that returns a dict of figures: seconds, bytes, the gradient to check.
`measure` starts one Python for each of them, round after round, so that a slow minute of the machine falls on
all of them alike. The processes use one core and one thread, and keep the garbage collector as Python starts
it. A ratio within one run is worth reading; a millisecond is only as good as the machine.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
Figures = dict[str, Any]

# Every process sees what `python -m benchmarks` sees: this source tree first, and native code where the
# installed package was compiled from the same sources.
PYTHON = (sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); exec(sys.argv.pop(1))")
ONE_THREAD = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
    "JAX_ENABLE_X64": "1",
    "PYTHONHASHSEED": "0",
    "AUTOGRAD_LITE_CACHE": "0",  # a first call is one that finds nothing on the disk
}


class Missing(Exception):
    """A workload needs what is not there: a package, a compiler, a feature that has not been built yet."""


@dataclass(frozen=True)
class Workload:
    """One row of a table: a function to run in a fresh process, its arguments, the packages it needs."""

    label: str
    function: Callable[..., Figures]
    needs: tuple[str, ...] = ()
    slow: bool = False
    arguments: Figures = field(default_factory=dict)


def workload(table: list[Workload], label: str, needs: str = "", slow: bool = False) -> Callable[..., Any]:
    """A decorator that puts a function into `table`; `needs` are packages, separated by blanks."""

    def register(function: Callable[[], Figures]) -> Callable[[], Figures]:
        table.append(Workload(label, function, tuple(needs.split()), slow))
        return function

    return register


# ---------------------------------------------------------------------- inside the process


def timed(function: Callable[[], Any], seconds: float = 1.5, least: int = 5, warm_up: int = 2) -> float:
    """The median time of one call, in seconds, over at least `least` calls and about `seconds` of them."""
    for _ in range(warm_up):
        function()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def stopwatch(function: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    """The time of one call, and its result."""
    start = clock()
    result = function()
    return clock() - start, result


def first_call(function: Callable[[], Any]) -> tuple[float, Any]:
    """The processor time of the one call that cannot be repeated (a compilation), and its result."""
    return stopwatch(function, time.process_time)


def feature(path: str) -> Any:
    """The object at "package.module:name"; raises Missing where it does not exist (yet)."""
    module, _, name = path.partition(":")
    try:
        found = importlib.import_module(module)
        return getattr(found, name) if name else found
    except (ImportError, AttributeError) as error:
        raise Missing(f"{path.replace(':', '.')} is not there ({error})") from error


def import_compiler() -> None:
    """Import what compiles to machine code, before a clock starts: what peers compile with is imported with them."""
    feature("autograd_lite.backends.llvm.machine_code:compiler")()


def child() -> None:
    """The fresh process: run one workload, print its figures as the last line, in JSON."""
    module, name, arguments = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    try:
        figures = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    except Missing as missing:
        figures = {"missing": str(missing)}
    print("\n" + json.dumps(figures))


# ---------------------------------------------------------------------- outside


def run(work: Workload, timeout: float = 900.0) -> Figures:
    """The figures of one workload from a process of its own; {"missing": why} or {"failed": why} for none."""
    for package in work.needs:
        if importlib.util.find_spec(package.split(".")[0]) is None:
            return {"missing": f"{package} is not installed"}
    command = [*PYTHON, "from benchmarks.harness import child; child()",
               work.function.__module__, work.function.__name__, json.dumps(work.arguments)]  # fmt: skip
    environment = {**os.environ, **ONE_THREAD}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a first call would translate this source tree, not that of peers
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"failed": f"no result after {timeout:.0f} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(works: Sequence[Workload], rounds: int) -> dict[str, Figures]:
    """Run all in turn, `rounds` times (slow ones every third time); each number becomes its median."""
    seen: dict[str, list[Figures]] = {work.label: [] for work in works}
    for turn in range(rounds):
        for work in works:
            past = seen[work.label]
            if (work.slow and turn % 3) or (past and not past[-1].keys().isdisjoint({"missing", "failed"})):
                continue
            if sys.stderr.isatty():
                print(end=f"\r\x1b[Kround {turn + 1} of {rounds}: {work.label}", file=sys.stderr, flush=True)
            past.append(run(work))
    if sys.stderr.isatty():
        print(end="\r\x1b[K", file=sys.stderr, flush=True)
    return {label: combine(figures) for label, figures in seen.items()}


def combine(figures: list[Figures]) -> Figures:
    """The medians of the numbers of several processes; anything else is taken from the last one."""
    last = figures[-1]
    return {
        key: statistics.median(one[key] for one in figures) if isinstance(value, int | float) else value
        for key, value in last.items()
    }


# ---------------------------------------------------------------------- tables


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are figures, aligned to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def timing_rows(results: dict[str, Figures]) -> list[list[str]]:
    """The first call, a run, and the norm of the gradient of each workload that gave figures."""
    return [
        [label, f"{1e3 * found['first']:.0f} ms", f"{1e6 * found['seconds']:.1f} us", f"{found['norm']:.9g}"]
        for label, found in results.items()
        if "seconds" in found
    ]


def notes(results: dict[str, Figures]) -> list[str]:
    """One line for each reason why workloads gave no figures, with those workloads."""
    reasons: dict[str, list[str]] = {}
    for label, figures in results.items():
        for key, word in (("missing", "Skipped"), ("failed", "Failed")):
            if key in figures:
                reasons.setdefault(f"{word}, {figures[key]}", []).append(label)
    return [f"- {reason}: {'; '.join(labels)}" for reason, labels in reasons.items()]


def ratio(results: dict[str, Figures], slower: str, faster: str, key: str = "seconds") -> float | None:
    """How many times `slower` takes what `faster` takes; None where one of them has no such figure."""
    above, below = results.get(slower, {}).get(key), results.get(faster, {}).get(key)
    return above / below if above is not None and below else None


def goal(text: str, value: float | None, bound: str, form: str = ".3g") -> str:
    """One line that compares a figure with its target: bound is ">= 70" or "<= 128"."""
    sense, limit = bound.split()
    if value is None:
        return f"- {text}: not measured (target {bound})"
    met = value >= float(limit) if sense == ">=" else value <= float(limit)
    return f"- {text}: **{value:{form}}** (target {bound}: {'met' if met else 'NOT MET'})"


def section(
    title: str,
    text: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    goals: Iterable[str],
    results: Any,
) -> str:
    """A table with its title, what it shows, its targets, and what is not in it."""
    below = "\n".join([*goals, *notes(results)])
    return "\n\n".join([f"### {title}", text, markdown(head, rows), below])


def machine() -> str:
    """What the figures were measured on: processor, Python, our build, and the versions of the peers."""
    processor, info = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if info.exists() and (named := re.search(r"model name\s*: (.+)", info.read_text())):
        processor = named[1]
    try:
        build = importlib.import_module("autograd_lite.support.build").describe()
    except ImportError:
        build = "not installed"
    listed = (Path(__file__).parent / "requirements.txt").read_text()
    versions = []
    for name in re.findall(r"^[\w-]+", listed, re.MULTILINE):
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"no {name}")
    python = f"Python {platform.python_version()}"
    return f"{processor}, {os.cpu_count()} cores, {python}; autograd_lite {build}; {', '.join(versions)}."
