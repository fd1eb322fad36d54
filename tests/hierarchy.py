"""Why a node takes longer in a large graph: whether work grows, or the price of memory.

Work is counted, by valgrind where it is installed: instructions, and what misses the last cache it simulates.  Beside
it is the time of a plain list of tuples of the same bytes, and of graphs where memory that was freed stays with the
process, so that no page of it is asked from the system again.
"""

import gc
import os
import re
import resource
import shutil
import subprocess
import sys
import time

PHASES = ("record", "backward", "free")
KEPT = {"PYTHONMALLOC": "malloc", "MALLOC_TRIM_THRESHOLD_": str(2**40), "MALLOC_MMAP_THRESHOLD_": str(2**40)}
"""The surroundings in which glibc gives no memory back."""
BASIS = 1000
"""Nodes of a graph so small that the rest of the process is what is counted."""


def spent():
    """Seconds by the clock, and minor page faults, of this process so far."""
    return time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def tuples(_, nodes):
    """Nanoseconds and page faults a tuple of 112 bytes with its place in a list: made, visited backwards, freed.

    With the collector off, which visits tuples (and no node).
    """
    gc.disable()

    def once():
        x, items = 0.5, []
        for _ in range(nodes // 2):
            items.append((x, x, x, x, x, x))
            items.append((x, x, x, x, x, x))
        yield
        total = 0.0
        for item in reversed(items):
            total += item[0]
        yield
        del items, item
        yield

    return medians(once, nodes)


def chains(_, nodes):
    """The same of a chain of nodes: recorded, swept, freed."""
    from autograd_lite import Value
    from benchmarks.memory import chain

    chain(Value, 100).backward()

    def once():
        output = chain(Value, nodes)
        yield
        output.backward()
        yield
        del output
        yield

    return medians(once, nodes)


def medians(once, nodes):
    """Of some rounds the median seconds and page faults a node in each phase; a round yields after each."""
    found = []
    for _ in range(max(3, min(25, 2_000_000 // nodes))):
        laps = [spent()]
        for _ in once():
            laps.append(spent())
        found.append(laps)
    result = {"nodes": nodes}
    for i, phase in enumerate(PHASES):
        for key, unit in enumerate(("seconds", "faults")):
            column = sorted(laps[i + 1][key] - laps[i][key] for laps in found)
            result[f"{phase} {unit}"] = column[len(column) // 2] / nodes
    return result


def phases(last, nodes):
    """A chain recorded, swept and freed, up to one of these phases: what is counted."""
    from autograd_lite import Value
    from benchmarks.memory import chain

    chain(Value, 100).backward()
    output = chain(Value, nodes)
    if last != "record":
        output.backward()
    if last == "free":
        del output
    os._exit(0)


def counted(sizes):
    """For each size, instructions and misses of the last cache a node in each phase; nothing without valgrind."""
    if shutil.which("valgrind") is None:
        return []
    basis = {phase: counts(phase, BASIS) for phase in PHASES}
    rows = []
    for nodes in sizes:
        before, row = (0, 0), {"nodes": nodes}
        for phase in PHASES:
            now = tuple(x - y for x, y in zip(counts(phase, nodes), basis[phase], strict=True))
            for name, x, y in zip(("instructions", "misses"), now, before, strict=True):
                row[f"{phase} {name}"] = (x - y) / (nodes - BASIS)
            before = now
        rows.append(row)
    return rows


def measure(sizes, fresh):
    """The three, each size in a fresh process, and the counts up to 10^6."""
    return {
        "nodes": [fresh(chains, "", n) for n in sizes],
        "kept": [fresh(chains, "", n, surroundings=KEPT) for n in sizes],
        "tuples": [fresh(tuples, "", n) for n in sizes],
        "counted": counted([n for n in sizes if n <= 10**6]),
    }


def section(figures):
    """The lines of the page."""
    lines = [
        "Why a node takes longer where there are many: the price of memory, not work. Of a chain, nanoseconds and",
        "minor page faults a node: as it is; where memory that was freed stays with the process",
        "(glibc's malloc, set to give nothing back); and of a plain list of tuples of the same bytes.",
        "",
        "| nodes | of | record ns | faults | backward ns | faults | free ns |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for of in zip(*(figures[name] for name in ("nodes", "kept", "tuples")), strict=True):
        for name, found in zip(("nodes", "nodes, memory kept", "tuples"), of, strict=True):
            cells = [f"{found['record seconds'] * 1e9:.0f}", f"{found['record faults']:.4f}",
                     f"{found['backward seconds'] * 1e9:.0f}", f"{found['backward faults']:.4f}",
                     f"{found['free seconds'] * 1e9:.0f}"]  # fmt: skip
            lines.append(f"| {found['nodes']:,} | {name} | {' | '.join(cells)} |")
    if figures["counted"]:
        lines += [
            "",
            "Instructions a node, and misses of the last cache, counted by valgrind on the first chain of a process",
            "(while it is freed, up to 65,536 nodes are kept, and the others go back to Python's allocator):",
            "",
            "| nodes | record | misses | backward | misses | free | misses |",
            "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for found in figures["counted"]:
            cells = [f"{found[f'{phase} instructions']:.1f} | {max(found[f'{phase} misses'], 0.0):.2f}"
                     for phase in PHASES]  # fmt: skip
            lines.append(f"| {found['nodes']:,} | {' | '.join(cells)} |")
        lines += [
            "",
            "The instructions of recording and sweeping a node do not grow; freeing grows by the step from kept nodes",
            "to the allocator. What grows are faults, to one for each 4,096 bytes (112 a node), and misses of caches:",
            "without the faults recording is faster, and tuples, which do nothing, get slower in the same way. The",
            "times are of a machine with other work; the counts do not depend on that.",
        ]
    return lines


def counts(phase, nodes):
    """Instructions, and misses of the last cache, of a process that goes as far as a phase."""
    valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=yes", "--cachegrind-out-file=/dev/null"]
    code = f"import hierarchy; hierarchy.phases({phase!r}, {nodes})"
    done = subprocess.run(
        [*valgrind, sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(
        int(re.search(rf"{key}:\s+([\d,]+)", done.stderr)[1].replace(",", "")) for key in ("I +refs", "LL misses")
    )
