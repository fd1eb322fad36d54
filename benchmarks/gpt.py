"""The table of `gpt`: a training pass of a scalar GPT on one name, forward and backward, 4,192 parameters.

Every scalar engine runs `slotted.loss` unchanged; only its numbers and the functions on them differ. PyTorch has
the model in matrices. CPU times of a pass, without the optimiser.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import harness, slotted
from benchmarks.harness import Figures, Missing, Workload, feature, workload

WORKLOADS: list[Workload] = []
LLVM, EAGER, SLOTTED, PYPY = "autograd_lite, llvm", "autograd_lite, native", "slotted Value", "slotted Value, PyPy"
TORCH = "PyTorch, matrices"


def ours(flat: Any, dots: bool) -> Any:
    exp, log, relu, dot = (feature(f"autograd_lite:{name}") for name in ("exp", "log", "relu", "dot"))
    return slotted.loss(flat, slotted.DOCUMENT, exp, log, relu, dot if dots else slotted.single)


def scalars(dots: bool) -> Figures:
    Value, numbers = feature("autograd_lite:Value"), slotted.numbers()

    def one_pass() -> tuple[float, list[float]]:
        leaves = [Value(p) for p in numbers]
        total = ours(leaves, dots)
        total.backward()
        return float(total.data), [leaf.grad for leaf in leaves]

    return figures(one_pass)


def figures(one_pass: Callable[[], tuple[Any, Any]]) -> Figures:
    """The CPU times of the first pass, less another, and of a pass; the loss, and its gradient."""
    start = time.process_time()
    value, gradient = one_pass()
    first, flat = time.process_time() - start, [float(g) for g in gradient]
    seconds = slotted.cpu_time(one_pass)
    return {"seconds": seconds, "first": max(first - seconds, 0.0), "loss": float(value), "gradient": flat}


def native(dots: bool) -> Figures:
    if not feature("autograd_lite.support.build:is_native")():
        raise Missing(feature("autograd_lite.support.build:describe")())
    return scalars(dots)


@workload(WORKLOADS, EAGER)
def single_nodes() -> Figures:
    return native(dots=False)


@workload(WORKLOADS, "autograd_lite, native, dots")
def dots() -> Figures:
    return native(dots=True)


@workload(WORKLOADS, "autograd_lite, pure Python")
def pure() -> Figures:
    os.environ["AUTOGRAD_LITE_PURE"] = "1"
    return scalars(dots=False)


def compiled(dots: bool) -> Figures:
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    step, point = compile_(value_and_grad(lambda p: ours(p, dots)), backend="llvm"), np.array(slotted.numbers())
    return figures(lambda: step(point))


@workload(WORKLOADS, LLVM, needs="llvmlite")
def llvm() -> Figures:
    return compiled(dots=False)


@workload(WORKLOADS, "autograd_lite, llvm, dots", needs="llvmlite")
def llvm_dots() -> Figures:
    return compiled(dots=True)


def lengths() -> Figures:
    """One program for names of all lengths: the CPU time until it has run on each, and of a step with Adam."""
    gpt, compile_ = feature("autograd_lite.examples.gpt"), feature("autograd_lite:compile")
    Adam, value_and_grad = feature("autograd_lite.optim:Adam"), feature("autograd_lite:value_and_grad")
    compiled_rule = feature("autograd_lite.optim.compiled_rules:compiled_rule")
    model, longest = gpt.GPT(), gpt.LENGTH - 1
    optimizer, flat = Adam(model.parameters()), np.array([p.data for p in model.parameters()])

    def loss(flat: Any, document: Any, shares: Any) -> Any:
        return gpt.loss(model.with_parameters(list(flat)), document, shares)

    def filled(name: str) -> list[Any]:
        return [np.array(x) for x in gpt.sample(name, longest)]

    harness.import_compiler()
    start = time.process_time()
    step = compile_(value_and_grad(loss), backend="llvm")
    for n in range(1, longest + 1):
        step(flat, *filled("abcdefghijklmno"[:n]))
    first, name = time.process_time() - start, filled("elanor")
    value, slopes = value_and_grad(gpt.loss)(model, *[x.tolist() for x in name])
    found = step(flat, *name)
    same = found[0] == value and found[1].tolist() == list(slopes.values())
    rule = compiled_rule(optimizer)
    seconds = slotted.cpu_time(lambda: optimizer.move(flat, step(flat, *name)[1], rule))
    return {"seconds": seconds, "first": first, "same": same}


@workload(WORKLOADS, SLOTTED)
def plain() -> Figures:
    numbers = slotted.numbers()
    return figures(lambda: slotted.one_pass(numbers))


@workload(WORKLOADS, PYPY)
def pypy() -> Figures:
    interpreter = shutil.which("pypy3") or shutil.which("pypy")
    if interpreter is None:
        raise Missing("PyPy is not installed")
    script = str(Path(slotted.__file__))
    done = subprocess.run([interpreter, script], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


@workload(WORKLOADS, TORCH, needs="torch")
def torch_matrices() -> Figures:
    import torch

    torch.set_num_threads(1)
    flat = torch.tensor(slotted.numbers(), dtype=torch.float64, requires_grad=True)
    sizes = [rows * columns for rows, columns in slotted.SHAPES.values()]
    letters = torch.tensor(slotted.DOCUMENT)
    n = len(letters) - 1

    def normalised(x: Any) -> Any:
        return x / (x.square().mean(1, keepdim=True) + 1e-5).sqrt()

    def heads(x: Any) -> Any:
        return x.reshape(n, slotted.HEADS, -1).transpose(0, 1)

    def one_pass() -> tuple[Any, Any]:
        m = {
            name: part.reshape(shape)
            for part, (name, shape) in zip(flat.split(sizes), slotted.SHAPES.items(), strict=True)
        }
        start = normalised(m["letters"][letters[:-1]] + m["places"][:n])
        x = normalised(start)
        q, k, v = (heads(x @ m[name].T) for name in ("query", "key", "value"))
        answer = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = answer.transpose(0, 1).reshape(n, -1) @ m["mix"].T + start
        x = torch.relu(normalised(x) @ m["wide"].T) @ m["narrow"].T + x
        total = torch.nn.functional.cross_entropy(x @ m["out"].T, letters[1:])
        return total.detach(), torch.autograd.grad(total, flat)[0]

    return figures(one_pass)


def table(rounds: int, slow: bool) -> str:
    """The table in Markdown; every gradient is compared with that of the slotted Value."""
    results = harness.measure(WORKLOADS, rounds)
    right = np.array(results[SLOTTED]["gradient"])
    rows = []
    for label, found in results.items():
        if "seconds" in found:
            error = np.max(np.abs(np.array(found["gradient"]) - right)) / np.max(np.abs(right))
            first = f"{found['first'] * 1e3:.0f}" if "llvm" in label else ""
            rows.append((label, f"{found['seconds'] * 1e3:.3f}", first, f"{error:.0e}"))
    goals = [
        harness.goal("native, times faster than the slotted Value", harness.ratio(results, SLOTTED, EAGER), ">= 5"),
        harness.goal("llvm, times faster than PyTorch", harness.ratio(results, TORCH, LLVM), ">= 1"),
    ]
    all_lengths = "one program for all lengths"
    found = harness.measure([Workload(all_lengths, lengths, ("llvmlite",))], rounds)[all_lengths]
    if "seconds" in found:
        goals += [
            harness.goal(f"{all_lengths}, s to compile", found["first"], "<= 1"),
            harness.goal(f"{all_lengths}, us a step with Adam", 1e6 * found["seconds"], "<= 60"),
            harness.goal(f"{all_lengths}, bits of the eager engine", float(found["same"]), ">= 1"),
        ]
    return harness.section(
        "A GPT of scalars",
        "One layer, 16 wide, 4 heads, 4,192 parameters: loss and gradient of one name of 6 letters.",
        ("system", "ms a pass", "ms to compile", "largest difference"), rows, goals, results,
    )  # fmt: skip
