"""The table of `javascript`: the moons pass in Node, beside hand-written loops, TensorFlow.js and ConvNetJS.

Flat arrays in, value and gradient out; the same pass by the back end llvm, from Python, is what others are compared to.
Peers come from npm: `npm install` in this folder, or NODE_PATH to a folder that has them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import harness, moons
from benchmarks.harness import Figures, Missing, Workload, feature, timed, workload

FOLDER = Path(__file__).resolve().parent
LLVM, OURS, LOOPS = "autograd_lite, llvm", "autograd_lite, javascript", "JavaScript by hand, loops"
TFJS, CONVNET = "TensorFlow.js, CPU", "ConvNetJS (half squared loss)"
WORKLOADS: list[Workload] = []


def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X, y = moons.data()
    return np.array(moons.parameters()), np.array(X), np.array(y)


def pass_of(backend: str) -> Callable[..., Any]:
    """The value and the gradient of the loss, compiled."""
    ag = feature("autograd_lite")

    def hinge(w: Any, x: Any, label: Any) -> Any:
        layers = moons.network(w)
        for layer in layers[:-1]:
            x = [ag.relu(ag.dot(neuron[:-1], x) + neuron[-1]) for neuron in layer]
        (last,) = layers[-1]
        return ag.relu(1 - label * (ag.dot(last[:-1], x) + last[-1]))

    def loss(w: Any, X: Any, y: Any) -> Any:
        hinges = ag.vmap(hinge, in_axes=(None, 0, 0), reduce="mean")
        return hinges(w, X, y) + moons.ALPHA * ag.sum([p * p for p in w])

    compiled: Callable[..., Any] = ag.compile(ag.value_and_grad(loss), backend=backend)
    return compiled


def in_node(name: str, **given: Any) -> Figures:
    """The figures that `javascript_peers.cjs` prints."""
    node = shutil.which("node")
    if node is None:
        raise Missing("node is not on the path")
    w, X, y = arrays()
    document = {
        "w": w.tolist(),
        "X": X.ravel().tolist(),
        "y": y.tolist(),
        "alpha": moons.ALPHA,
        "warm_up": 200,
        **given,
    }
    paths = [os.environ.get("NODE_PATH", ""), str(FOLDER / "node_modules")]
    done = subprocess.run(
        [node, FOLDER / "javascript_peers.cjs", name], input=json.dumps(document), capture_output=True, text=True,
        env={**os.environ, "NODE_PATH": os.pathsep.join([path for path in paths if path])},
    )  # fmt: skip
    if "Cannot find module" in done.stderr:
        raise Missing("the packages of benchmarks/package.json are not installed")
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[0])
    found: Figures = json.loads(done.stdout.splitlines()[-1])
    return found


@workload(WORKLOADS, LLVM, needs="llvmlite")
def llvm() -> Figures:
    step, (w, X, y) = pass_of("llvm"), arrays()
    loss, gradient = step(w, X, y)
    return {"seconds": timed(lambda: step(w, X, y)), "loss": float(loss), "gradient": gradient.tolist()}


@workload(WORKLOADS, OURS)
def ours() -> Figures:
    return in_node("ours", source=pass_of("python").trace(*arrays()).source("javascript", module=False))


@workload(WORKLOADS, LOOPS)
def by_hand() -> Figures:
    return in_node("byHand")


@workload(WORKLOADS, TFJS)
def tensorflow() -> Figures:
    return in_node("tensorflow", warm_up=20)


@workload(WORKLOADS, CONVNET)
def convnet() -> Figures:
    return in_node("convnet")


def table(rounds: int, slow: bool) -> str:
    """The table in Markdown, with its targets below it."""
    results = harness.measure(WORKLOADS, rounds)
    rows = [
        (label, f"{found['seconds'] * 1e3:.4f}", f"{harness.ratio(results, label, LLVM) or 0.0:.3g}",
         moons.agreement(found) if found["gradient"] and label != TFJS else "")
        for label, found in results.items() if "seconds" in found
    ]  # fmt: skip
    return "\n".join([
        "### The moons pass in JavaScript\n",
        harness.markdown(["", "ms", "times llvm", "error"], rows), "",
        harness.goal("JavaScript over llvm", harness.ratio(results, OURS, LLVM), "<= 10"),
        harness.goal("TensorFlow.js over JavaScript", harness.ratio(results, TFJS, OURS), ">= 1"),
        harness.goal("ConvNetJS over JavaScript", harness.ratio(results, CONVNET, OURS), ">= 1"),
        *harness.notes(results),
    ])  # fmt: skip
