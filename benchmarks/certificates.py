"""What a certificate costs: ball arithmetic against native code, a program at one point.

    python -m benchmarks.certificates

Each figure is the least processor time of several runs; `certify` of a function also traces it at each call.
"""

import itertools
import time

from autograd_lite import certify, compile, erf, exp, grad, hessian, lgamma, log, log_ndtr, logsumexp, ndtr, tanh
from autograd_lite import value_and_grad as both


def rosenbrock(x):
    pairs = itertools.pairwise(x)
    return sum((100.0 * (b - a * a) ** 2.0 + (1.0 - a) ** 2.0 for a, b in pairs), 0.0)


def option(s, sigma):
    d = (log(s / 1.1) + 0.05) / sigma + 0.5 * sigma
    return s * ndtr(d) - 1.1 * exp(-0.05) * ndtr(d - sigma)


CASES = {
    "gradient of tanh": (grad(tanh), 0.5),
    "value and gradient of Rosenbrock's function of 20": (both(rosenbrock), [0.05 * i for i in range(20)]),
    "value and gradient of Rosenbrock's function of 100": (both(rosenbrock), [0.01 * i for i in range(100)]),
    "Hessian of Rosenbrock's function of 6": (hessian(rosenbrock), [0.1 * i for i in range(6)]),
    "value and gradient of logsumexp of 50": (both(logsumexp), [0.1 * i for i in range(50)]),
    "value and gradient of a Black-Scholes price": (both(option, argnums=(0, 1)), 1.0, 0.2),
    "gradient of lgamma(x) erf(x) + log_ndtr(-x)": (grad(lambda x: lgamma(x) * erf(x) + log_ndtr(-x)), 2.5),
}


def least(action, count):
    """The least processor time of a call, in seconds."""
    action()
    times = []
    for _ in range(count):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def main():
    print("| program | instructions | llvm, µs | certify, µs | times as long | of the function, µs |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, (f, *args) in CASES.items():
        compiled = compile(f, backend="llvm")
        program = compiled.trace(*args)
        native = least(lambda: compiled(*args), 300)  # noqa: B023
        proven = least(lambda: certify(program, *args), 12)  # noqa: B023
        whole = least(lambda: certify(f, *args), 5)  # noqa: B023
        size = len(program.instructions)
        figures = f"{native * 1e6:.1f} | {proven * 1e6:,.0f} | {proven / native:.0f} | {whole * 1e6:,.0f}"
        print(f"| {name} | {size} | {figures} |")


if __name__ == "__main__":
    main()
