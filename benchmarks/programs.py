"""The programs table: the moons pass compiled, and what compiling it costs.

Parameters, points and labels go in as arrays, the loss and all 337 gradients come out. *Compile* is all from
the Python function to the end of the first call, in a fresh process that has imported the library and what it
compiles with; *pass* is each later call. The *next process* finds on the disk what another one compiled.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import core, harness, moons, reference
from benchmarks.harness import Figures, Workload, feature, timed, workload

WORKLOADS: list[Workload] = []
STRICT, FAST = "autograd_lite, llvm", "autograd_lite, llvm, fastmath"
NEXT = "autograd_lite, llvm, next process"
PYTHON, NUMPY = "autograd_lite, python back end", "autograd_lite, numpy back end"
JAX, JAX_FLAT, JAX_SCALAR = "JAX jit, matrices", "JAX jit, matrices, one flat vector", "JAX jit, scalar code"
CASADI, TORCH, BY_HAND = "CasADi SX", "PyTorch, matrices", "C by hand, gcc -O3"


def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The parameters, the points and their labels."""
    X, y = moons.data()
    return np.array(moons.parameters()), np.array(X), np.array(y)


def figures(build: Callable[[], Callable[[], Any]], loss_and_gradient: Callable[[Any], tuple[Any, Any]]) -> Figures:
    """Build a pass and call it once, which is the compilation; then time it and check what it returns."""

    def first() -> Callable[[], Any]:
        one_pass = build()
        one_pass()
        return one_pass

    compilation, one_pass = harness.first_call(first)
    seconds = timed(one_pass)
    value, gradient = loss_and_gradient(one_pass())
    flat = np.asarray(gradient, dtype=float).ravel().tolist()
    return {"compile": compilation, "seconds": seconds, "loss": float(value), "gradient": flat}


def mapped_loss() -> Callable[..., Any]:
    """The loss as a user of autograd_lite writes it: that of one point, with the penalty, mapped over the data."""
    vmap, relu, sum_ = (feature(f"autograd_lite:{name}") for name in ("vmap", "relu", "sum"))

    def loss(p: Any, x: Any, label: Any) -> Any:
        penalty = moons.ALPHA * sum_(v * v for v in p)
        return relu(1 - label * moons.score(moons.network(p), x, relu)) + penalty

    return vmap(loss, in_axes=(None, 0, 0), reduce="mean")


def ours(backend: str, **options: Any) -> Figures:
    """The pass on one of our back ends."""
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    loss = mapped_loss()
    p, X, y = arrays()
    if backend == "llvm":
        harness.import_compiler()

    def build() -> Callable[[], Any]:
        step = compile_(value_and_grad(loss), backend=backend, **options)
        return lambda: step(p, X, y)

    return figures(build, tuple)


@workload(WORKLOADS, STRICT, needs="llvmlite")
def llvm() -> Figures:
    return ours("llvm")


@workload(WORKLOADS, NEXT, needs="llvmlite")
def llvm_next_process() -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUTOGRAD_LITE_CACHE"] = folder
        text = "from benchmarks.programs import ours; ours('llvm')"
        subprocess.run([*harness.PYTHON, text], check=True, env=os.environ)
        return ours("llvm")


@workload(WORKLOADS, FAST, needs="llvmlite")
def llvm_fastmath() -> Figures:
    return ours("llvm", fastmath=True)


@workload(WORKLOADS, NUMPY)
def numpy_backend() -> Figures:
    return ours("numpy")


@workload(WORKLOADS, PYTHON)
def python_backend() -> Figures:
    return ours("python")


def matrices(layers: list[tuple[Any, Any]], X: Any, y: Any) -> Any:
    """The loss in JAX, by matrices; `layers` are pairs of weights and biases."""
    import jax

    x = X
    for weights, bias in layers[:-1]:
        x = jax.nn.relu(x @ weights.T + bias)
    weights, bias = layers[-1]
    margins = 1 - y * (x @ weights.T + bias)[:, 0]
    return jax.nn.relu(margins).mean() + moons.ALPHA * sum((a * a).sum() for layer in layers for a in layer)


def split(p: Any) -> list[tuple[Any, Any]]:
    """A flat vector as pairs of weights and biases."""
    layers, start = [], 0
    for n, m in pairwise(moons.SIZES):
        layer = p[start : start + (n + 1) * m].reshape(m, n + 1)
        layers.append((layer[:, :-1], layer[:, -1]))
        start += layer.size
    return layers


def jax_figures(function: Callable[..., Any], parameters: Any, gradient: Callable[[Any], Any]) -> Figures:
    import jax

    arguments = jax.tree.map(jax.numpy.asarray, (parameters, *arrays()[1:]))  # JAX is quickest on its own arrays

    def build() -> Callable[[], Any]:
        step = jax.jit(jax.value_and_grad(function))
        return lambda: jax.block_until_ready(step(*arguments))

    return figures(build, lambda out: (out[0], gradient(out[1])))


@workload(WORKLOADS, JAX, needs="jax")
def jax_matrices() -> Figures:
    def flat(layers: Any) -> Any:
        return np.concatenate([np.column_stack(layer).ravel() for layer in layers])

    return jax_figures(matrices, split(arrays()[0]), flat)


@workload(WORKLOADS, JAX_FLAT, needs="jax")
def jax_flat() -> Figures:
    return jax_figures(lambda p, X, y: matrices(split(p), X, y), arrays()[0], np.asarray)


@workload(WORKLOADS, JAX_SCALAR, needs="jax")
def jax_scalars() -> Figures:
    import jax

    def loss(p: Any, X: Any, y: Any) -> Any:
        def hinge(x: Any, label: Any) -> Any:
            return jax.nn.relu(1 - label * moons.score(moons.network(p), list(x), jax.nn.relu))

        return jax.vmap(hinge)(X, y).mean() + moons.ALPHA * sum(v * v for v in p)

    return jax_figures(loss, moons.parameters(), np.asarray)


@workload(WORKLOADS, CASADI, needs="casadi")
def casadi() -> Figures:
    import casadi as ca

    p, X, y = arrays()
    loss, gradient = np.empty(1), np.empty_like(p)

    def build() -> Callable[[], Any]:
        ps, Xs, ys = ca.SX.sym("p", p.size), ca.SX.sym("X", X.shape[1], len(X)), ca.SX.sym("y", len(y))
        points = [ca.vertsplit(Xs[:, k]) for k in range(len(X))]
        value = moons.loss(moons.network(ca.vertsplit(ps)), points, ca.vertsplit(ys), lambda v: ca.fmax(v, 0))
        buffer, evaluate = ca.Function("moons", [ps, Xs, ys], [value, ca.gradient(value, ps)]).buffer()
        for k, array in enumerate((p, X, y)):
            buffer.set_arg(k, memoryview(array))
        for k, array in enumerate((loss, gradient)):
            buffer.set_res(k, memoryview(array))

        def one_pass(keep: Any = buffer) -> tuple[float, np.ndarray]:
            evaluate()
            return loss[0], gradient

        return one_pass

    return figures(build, tuple)


@workload(WORKLOADS, TORCH, needs="torch")
def torch_matrices() -> Figures:
    return core.torch_matrices()


@workload(WORKLOADS, BY_HAND)
def by_hand() -> Figures:
    return figures(lambda: reference.compiled(*arrays(), moons.ALPHA), tuple)


@workload(WORKLOADS, "autograd_lite, eager")
def eager() -> Figures:
    return core.native()


@workload(WORKLOADS, core.XAD, needs="xad")
def xad() -> Figures:
    return core.xad()


@workload(WORKLOADS, core.MICROGRAD, needs="micrograd")
def micrograd() -> Figures:
    return core.micrograd()


@workload(WORKLOADS, "HIPS autograd, scalars", needs="autograd", slow=True)
def hips() -> Figures:
    return core.hips_scalars()


def table(rounds: int, slow: bool) -> str:
    """The table in Markdown, with its targets below it."""
    results = harness.measure([work for work in WORKLOADS if slow or not work.slow], rounds)
    base = next((label for label in (STRICT, JAX) if "seconds" in results[label]), BY_HAND)
    rows = [
        (label, f"{found['compile'] * 1e3:,.0f}" if "compile" in found else "",
         f"{found['seconds'] * 1e3:.4f}", f"{harness.ratio(results, label, base):.3g}",
         moons.agreement(found))
        for label, found in results.items() if "seconds" in found
    ]  # fmt: skip
    against = ((JAX, 2.5, 4), (JAX_FLAT, 2.5, 4), (CASADI, 15, 15), (TORCH, 15, 15))
    goals = [
        harness.goal(f"{mode}, times faster than {peer}", harness.ratio(results, peer, mine), f">= {bound}")
        for peer, *bounds in against
        for mode, mine, bound in zip(("strict", "fastmath"), (STRICT, FAST), bounds, strict=True)
    ]
    compiling, again = (results[label].get("compile") for label in (STRICT, NEXT))
    goals += [
        harness.goal("strict, times the time of C by hand", harness.ratio(results, STRICT, BY_HAND), "<= 4"),
        harness.goal("compiling, ms", compiling and compiling * 1e3, "<= 60"),
        harness.goal("first call in the next process, ms", again and again * 1e3, "<= 15"),
        harness.goal("compiling, times less than JAX", harness.ratio(results, JAX, STRICT, "compile"), ">= 5"),
    ]
    return harness.section(
        "Programs: the moons pass compiled",
        f"Loss and 337 gradients at 100 points, one thread: medians of {rounds} alternating fresh processes.",
        ("system", "compile ms", "pass ms", f"times {base}", "largest error"), rows, goals, results,
    )  # fmt: skip
