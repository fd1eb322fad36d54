"""The small table of `programs`: one gradient of a function of 1,000 nodes, and what a gradient costs at all.

At batch 1 the call from Python is most of the time, so this is the engine as an optimiser of SciPy would call
it: one NumPy array in, a number and an array out. The function is Rosenbrock's, of 126 variables.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import harness, programs
from benchmarks.harness import Figures, Workload, feature, timed, workload

WORKLOADS: list[Workload] = []
TERMS = 125  # of 8 nodes each
LLVM, PYTHON, EAGER, PURE = (
    f"autograd_lite, {how}" for how in ("llvm", "python back end", "eager native", "eager pure Python")
)
CASADI, JAX = "CasADi SX", "JAX jit"


def rosenbrock(x: Any) -> Any:
    """Eight nodes a term: five products, a sum and two differences, one of which is of a constant."""
    total = 0.0
    for k in range(TERMS):
        rise, rest = x[k + 1] - x[k] * x[k], 1.0 - x[k]
        total = total + (100.0 * (rise * rise) + rest * rest)
    return total


def point() -> np.ndarray:
    return np.random.default_rng(3).normal(size=TERMS + 1)


def expected() -> np.ndarray:
    """The gradient, differentiated by hand."""
    x = point()
    rise, gradient = x[1:] - x[:-1] ** 2, np.zeros_like(x)
    gradient[1:] += 200 * rise
    gradient[:-1] -= 400 * x[:-1] * rise + 2 * (1 - x[:-1])
    return gradient


def figures(gradient: Callable[[np.ndarray], tuple[Any, Any]]) -> Figures:
    """The time of a call, and the largest relative error of the gradient."""
    x = point()
    _, found = gradient(x)
    error = np.max(np.abs(np.asarray(found, dtype=float).ravel() / expected() - 1))
    return {"seconds": timed(lambda: gradient(x)), "error": float(error)}


def compiled(backend: str) -> Figures:
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    return figures(compile_(value_and_grad(rosenbrock), backend=backend))


@workload(WORKLOADS, LLVM, needs="llvmlite")
def llvm() -> Figures:
    return compiled("llvm")


@workload(WORKLOADS, PYTHON)
def python_backend() -> Figures:
    return compiled("python")


@workload(WORKLOADS, EAGER)
def eager() -> Figures:
    if not feature("autograd_lite.support.build:is_native")():
        raise harness.Missing(feature("autograd_lite.support.build:describe")())
    return figures(feature("autograd_lite:value_and_grad")(rosenbrock))


@workload(WORKLOADS, PURE)
def pure() -> Figures:
    os.environ["AUTOGRAD_LITE_PURE"] = "1"
    return figures(feature("autograd_lite:value_and_grad")(rosenbrock))


@workload(WORKLOADS, CASADI, needs="casadi")
def casadi() -> Figures:
    import casadi as ca

    x = ca.SX.sym("x", TERMS + 1)
    value = rosenbrock(ca.vertsplit(x))
    buffer, evaluate = ca.Function("rosenbrock", [x], [value, ca.gradient(value, x)]).buffer()

    def gradient(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        loss, slope = np.empty(1), np.empty_like(point)
        buffer.set_arg(0, memoryview(point))
        buffer.set_res(0, memoryview(loss))
        buffer.set_res(1, memoryview(slope))
        evaluate()
        return loss, slope

    return figures(gradient)


@workload(WORKLOADS, "CasADi SX, plain call", needs="casadi")
def casadi_call() -> Figures:
    import casadi as ca

    x = ca.SX.sym("x", TERMS + 1)
    value = rosenbrock(ca.vertsplit(x))
    return figures(ca.Function("rosenbrock", [x], [value, ca.gradient(value, x)]))


@workload(WORKLOADS, JAX, needs="jax")
def jax() -> Figures:
    import jax

    step = jax.jit(jax.value_and_grad(lambda x: rosenbrock(list(x))))
    return figures(lambda x: jax.block_until_ready(step(x)))


@workload(WORKLOADS, "JAX jit, arrays", needs="jax")
def jax_arrays() -> Figures:
    import jax

    def arrays(x: Any) -> Any:
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

    step = jax.jit(jax.value_and_grad(arrays))
    return figures(lambda x: jax.block_until_ready(step(x)))


@workload(WORKLOADS, "micrograd", needs="micrograd")
def micrograd() -> Figures:
    from micrograd.engine import Value

    def gradient(x: np.ndarray) -> tuple[float, list[float]]:
        leaves = [Value(number) for number in x.tolist()]
        total = rosenbrock(leaves)
        total.backward()
        return total.data, [leaf.grad for leaf in leaves]

    return figures(gradient)


def price(example: str, backend: str) -> Figures:
    """The time of a compiled function, and of its compiled gradient."""
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    function: Callable[..., Any] = rosenbrock
    arguments: tuple[np.ndarray, ...] = (point(),)
    if example.startswith("moons"):
        function, (p, X, y) = programs.mapped_loss(), programs.arrays()
        times = int(example.split()[1]) // len(y)
        arguments = (p, np.tile(X, (times, 1)), np.tile(y, times))
    alone, both = (compile_(f, backend=backend) for f in (function, value_and_grad(function)))
    return {"function": timed(lambda: alone(*arguments)), "both": timed(lambda: both(*arguments))}


PRICES = [
    Workload(f"{example}, {backend}", price, arguments={"example": example, "backend": backend})
    for example in ("Rosenbrock", "moons 100 points", "moons 10000 points")
    for backend in ("llvm", "python")
]


def network(p: Any, x: Any) -> Any:
    """An MLP 64-30-10 of which the parameters are one array, a dict of arrays, or nested lists; its summed outputs."""
    tanh, dot, total = (feature(f"autograd_lite:{name}") for name in ("tanh", "dot", "sum"))
    if isinstance(p, dict):
        layers = [(p["W"], p["b"]), (p["V"], p["c"])]
    elif isinstance(p, list):
        layers = p
    else:
        layers = [(p[:1920].reshape(30, 64), p[1920:1950]), (p[1950:2250].reshape(10, 30), p[2250:])]
    (W, b), (V, c) = layers
    hidden = [tanh(dot(list(w), list(x)) + shift) for w, shift in zip(W, b, strict=True)]
    return total([dot(list(v), hidden) + shift for v, shift in zip(V, c, strict=True)])


def call(arguments: str) -> Figures:
    """The time of a call of a compiled step with such parameters."""
    compile_, value_and_grad = feature("autograd_lite:compile"), feature("autograd_lite:value_and_grad")
    draw = np.random.default_rng(4)
    W, b, V, c = (draw.normal(size=shape) for shape in ((30, 64), 30, (10, 30), 10))
    f, parameters = {
        "one array": lambda: (network, np.concatenate([x.ravel() for x in (W, b, V, c)])),
        "dict of arrays": lambda: (network, {"W": W, "b": b, "V": V, "c": c}),
        "nested lists": lambda: (network, [[W.tolist(), b.tolist()], [V.tolist(), c.tolist()]]),
        "Module": lambda: (
            lambda model, x: feature("autograd_lite:sum")(model(list(x))),
            feature("autograd_lite.nn:MLP")(64, [30, 10], rng=0),
        ),
    }[arguments]()
    step, x = compile_(value_and_grad(f), backend="llvm"), draw.normal(size=64)
    return {"seconds": timed(lambda: step(parameters, x))}


CALLS = [
    Workload(label, call, arguments={"arguments": label})
    for label in ("one array", "dict of arrays", "nested lists", "Module")
]


def table(rounds: int, slow: bool) -> str:
    """The tables in Markdown, with their targets below them."""
    results = harness.measure(WORKLOADS, rounds)
    base = LLVM if "seconds" in results[LLVM] else CASADI
    rows = [
        (label, f"{found['seconds'] * 1e6:.1f}", f"{harness.ratio(results, label, base):.2f}",
         f"{found['error']:.0e}")
        for label, found in results.items() if "seconds" in found
    ]  # fmt: skip
    ours = results[LLVM].get("seconds")
    goals = [
        harness.goal("llvm, µs a call", ours and ours * 1e6, "<= 5"),
        harness.goal("llvm, times faster than CasADi", harness.ratio(results, CASADI, LLVM), ">= 1"),
        harness.goal("python back end, times faster than eager", harness.ratio(results, PURE, PYTHON), ">= 5"),
    ]
    gradients = harness.section(
        "Programs: one gradient of 1,000 nodes",
        f"Rosenbrock's function of {TERMS + 1} variables: one array in, the value and the gradient out.",
        ("system", "µs a call", f"times {base}", "relative error"), rows, goals, results,
    )  # fmt: skip

    results = harness.measure(PRICES, 1)
    prices = {label: found["both"] / found["function"] for label, found in results.items() if "both" in found}
    rows = [
        (label, f"{found['function'] * 1e6:.1f}", f"{found['both'] * 1e6:.1f}", f"{prices[label]:.2f}")
        for label, found in results.items() if label in prices
    ]  # fmt: skip
    ratios = harness.section(
        "Programs: what a gradient costs",
        "A compiled function alone, and compiled with its gradient.",
        ("example, back end", "function µs", "with gradient µs", "ratio"), rows,
        [harness.goal("gradient over function, largest", max(prices.values(), default=None), "<= 3")],
        results,
    )  # fmt: skip

    results = harness.measure(CALLS, 1)
    rows = [(label, f"{found['seconds'] * 1e6:.1f}") for label, found in results.items() if "seconds" in found]
    module = results["Module"].get("seconds")
    calls = harness.section(
        "Programs: what a call costs", "A compiled step of an MLP 64-30-10, one sample, called with its parameters as",
        ("parameters", "µs a call"), rows,
        [harness.goal("with a Module, µs", module and module * 1e6, "<= 150")], results,
    )  # fmt: skip
    return f"{gradients}\n\n{ratios}\n\n{calls}"
