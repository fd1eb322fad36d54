"""Whether time and memory grow as the graph does: to 10^7 nodes, to a depth of 10^6; each size in a fresh process."""

import importlib.util
import multiprocessing
import os
import sys
import time

import hierarchy

SIZES = (10**4, 10**5, 10**6, 10**7)
DEEP = (10**4, 10**5, 10**6)


def blocks():
    import gc

    gc.collect()
    return sys.getallocatedblocks()


def swept(shape, nodes):
    """Nanoseconds and bytes a node for recording, sweeping and freeing, as `python -m benchmarks memory` takes them."""
    from benchmarks.memory import growth

    return growth(shape, nodes)


def compiled(_, nodes):
    """Nanoseconds a node for what is made of a chain of that depth; and the blocks that stay when all is gone."""
    import autograd_lite as ag
    from autograd_lite import Program, Value

    def once(nodes):
        seconds, start = {}, time.perf_counter()

        def lap(name):
            nonlocal start
            seconds[name] = (time.perf_counter() - start) / nodes
            start = time.perf_counter()

        x = Value(0.5)
        y = x
        for _ in range(nodes // 2):
            y = y * 0.999 + x
        lap("record")
        ag.gradients(y, [x])
        lap("sweep")
        (slope,) = ag.gradients(y, [x], create_graph=True)
        lap("sweep while recording")
        program = Program.from_values([y, slope], [x])
        lap("flatten")
        text = str(program)
        lap("print")
        source = program.source("python")
        lap("write Python")
        del y, slope, text, source, program
        lap("free")
        return seconds

    once(1000)
    before = blocks()
    seconds = once(nodes)
    return {**seconds, "blocks left": blocks() - before}


def native(_, nodes):
    """Nanoseconds a node for native code of the chain alone; nothing where llvmlite is missing."""
    from autograd_lite import Program, Value

    if not importlib.util.find_spec("llvmlite"):
        return {}
    y = x = Value(0.5)
    for _ in range(nodes // 2):
        y = y * 0.999 + x
    program = Program.from_values([y], [x])
    Program.from_values([x * x], [x])(0.5, backend="llvm")  # what is imported once is not the chain's
    start = time.perf_counter()
    program(0.5, backend="llvm")
    return {"compile llvm": (time.perf_counter() - start) / nodes}


def fresh(task, *arguments, surroundings=None):
    """The result of a task in a process of its own, with variables added to its environment."""
    before = dict(os.environ)
    os.environ.update(surroundings or {})
    try:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(task, arguments)
    finally:
        for name in surroundings or {}:
            os.environ.pop(name)
        os.environ.update(before)


def measure(sizes=SIZES, deep=DEEP):
    return {
        "sweeps": [[shape, n, fresh(swept, shape, n)] for shape in ("chain", "web") for n in sizes],
        "programs": [[n, {**fresh(compiled, "", n), **fresh(native, "", n)}] for n in deep],
        "memory": hierarchy.measure(sizes, fresh),
    }


def section(figures):
    """The lines of the page."""
    lines = [
        "Nanoseconds and bytes a node stay level where time and memory are linear; each size has a fresh process.",
        "",
        "| graph | nodes | record ns | backward ns | free ns | bytes |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for shape, _, found in figures["sweeps"]:
        times = [f"{found[key] * 1e9:.0f}" for key in ("record", "backward", "free")]
        lines.append(f"| {shape} | {found['nodes']:,.0f} | {' | '.join(times)} | {found['bytes']:.0f} |")
    names = [name for name in figures["programs"][0][1] if name != "blocks left"]
    lines += [
        "",
        "A chain of that depth, its gradient recorded, made into a program and written out; the chain alone as native",
        "code; and the blocks of memory left when all of it is gone (up to 65,536 nodes are kept, to be used again):",
        "",
        f"| depth | {' | '.join(f'{name} ns' for name in names)} | blocks left |",
        f"| ---: {'| ---: ' * (len(names) + 1)}|",
    ]
    for depth, found in figures["programs"]:
        lines.append(f"| {depth:,} | {' | '.join(f'{found[name] * 1e9:.0f}' for name in names)} "
                     f"| {found['blocks left']} |")  # fmt: skip
    return [*lines, "", *hierarchy.section(figures["memory"])]
