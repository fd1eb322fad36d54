"""Linear algebra against as many digits as it takes: values, gradients, and second derivatives along a direction.

Every function of `matrices.FUNCTIONS` gets random matrices, some of them badly conditioned, and a loss of its results.
The truth is the same loss of an independent algorithm in 150 digits, and its differences.  What an error may be is what
an ulp of the largest entry, in every entry at once, moves the truth, and an ulp of the truth: BOUND of these.
"""

import random

import matrices
import mpmath
import numpy as np
from mpmath import mpf

from autograd_lite import grad, hvp

BOUND, ULP, DRAWS, DIGITS = 64.0, 2.0**-52, 4, 150
STEP = mpf(10) ** -30


def symmetric(a, upper=False):
    n = a.rows
    return mpmath.matrix(n, n) + mpmath.matrix([[a[min(i, j), max(i, j)] if upper else a[max(i, j), min(i, j)]
                                                 for j in range(n)] for i in range(n)])  # fmt: skip


def triangle(a, lower, unit):
    n = a.rows
    rows = [[a[i, j] if (i > j) == lower and i != j else mpf(0) for j in range(n)] for i in range(n)]
    for i in range(n):
        rows[i][i] = mpf(1) if unit else a[i, i]
    return mpmath.matrix(rows)


def solved(a, b):
    """Gauss, column by column."""
    return a**-1 * b


def lu(a):
    n, order = a.rows, list(range(a.rows))
    a, lower = a.copy(), mpmath.eye(a.rows)
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(a[i, k]))
        for j in range(n):
            a[k, j], a[p, j] = a[p, j], a[k, j]
            if j < k:
                lower[k, j], lower[p, j] = lower[p, j], lower[k, j]
        order[k], order[p] = order[p], order[k]
        for i in range(k + 1, n):
            lower[i, k] = a[i, k] / a[k, k]
            for j in range(n):
                a[i, j] -= lower[i, k] * a[k, j]
    permutation = mpmath.matrix(n, n)
    for k, i in enumerate(order):
        permutation[i, k] = mpf(1)
    return [*permutation, *lower, *a]


def qr(a, only_r=False):
    """By reflections, each of which makes the diagonal entry's sign the other one."""
    m, n = a.rows, a.cols
    k = min(m, n)
    q, r = mpmath.eye(m), a.copy()
    for c in range(min(k, m - 1)):
        v = mpmath.matrix([r[i, c] if i >= c else mpf(0) for i in range(m)])
        v[c] += mpmath.sign(v[c]) * mpmath.norm(v)
        h = mpmath.eye(m) - 2 * v * v.T / (v.T * v)[0]
        q, r = q * h, h * r
    return ([] if only_r else [*q[:, :k]]) + [*r[:k, :]]


def eigh(a, upper=False):
    values, vectors = mpmath.eigsy(symmetric(a, upper))
    n = a.rows
    order = sorted(range(n), key=lambda i: values[i])
    columns = []
    for i in order:
        column = [vectors[j, i] for j in range(n)]
        sign = mpmath.sign(max(column, key=abs))
        columns.append([sign * x for x in column])
    return [*[values[i] for i in order], *[columns[j][i] for i in range(n) for j in range(n)]]


def lstsq(a, b, residuals=True):
    if a.rows < a.cols:
        return [*(a.T * solved(a * a.T, b))]
    x = solved(a.T * a, a.T * b)
    rest = b - a * x
    return [*x, (rest.T * rest)[0]]


def sums(rows, power):
    return [mpmath.root(sum(abs(x) ** power for x in row), power) for row in rows]


TRUTHS = {
    "solve": lambda a, b: solved(a, b),
    "solve of a vector": lambda a, b: solved(a, b),
    "solve_triangular": lambda a, b: solved(triangle(a, False, False), b),
    "solve_triangular, lower": lambda a, b: solved(triangle(a, True, False), b),
    "solve_triangular, transposed, ones": lambda a, b: solved(triangle(a, False, True).T, b),
    "solve_triangular, lower, transposed": lambda a, b: solved(triangle(a, True, False).T, b),
    "cholesky": lambda a: mpmath.cholesky(symmetric(a)),
    "cholesky, upper": lambda a: mpmath.cholesky(symmetric(a, upper=True)).T,
    "lu": lu,
    "qr": qr,
    "qr, wide": qr,
    "qr, r": lambda a: qr(a, only_r=True),
    "inv": lambda a: a**-1,
    "det": lambda a: [mpmath.det(a)],
    "slogdet": lambda a: [mpmath.sign(mpmath.det(a)), mpmath.log(abs(mpmath.det(a)))],
    "lstsq": lstsq,
    "lstsq, wide": lstsq,
    "eigh": eigh,
    "eigh, upper": lambda a: eigh(a, upper=True),
    "norm": lambda a: [mpmath.sqrt(sum(x * x for x in a))],
    "norm, 1": lambda a: [max(sum(abs(a[i, j]) for i in range(a.rows)) for j in range(a.cols))],
    "norm, 2": lambda a: [mpmath.sqrt(max(mpmath.eigsy(a * a.T, eigvals_only=True)))],
    "norm, 3 of rows": lambda a: sums(a.tolist(), 3),
    "trace": lambda a: [sum(a[i, i] for i in range(min(a.rows, a.cols)))],
    "matmul": lambda a, b: a * b,
    "expm": lambda a: mpmath.expm(a, method="taylor"),
    "expm, squared": lambda a: mpmath.expm(a, method="taylor"),
}


def truth_of(name):
    """The loss of `matrices.loss_of` in mpmath, of a flat list."""
    shapes = [a.shape if a.ndim == 2 else (len(a), 1) for a in matrices.FUNCTIONS[name][1]]

    def loss(xs):
        given = []
        for rows, columns in shapes:
            given.append(mpmath.matrix([xs[i * columns : (i + 1) * columns] for i in range(rows)]))
            xs = xs[rows * columns :]
        found = [*TRUTHS[name](*given)]
        return sum((1 + mpf(0.3 * i)) * y * y + mpf(0.1) * y for i, y in enumerate(found))

    return loss


def derivative(f, xs, direction):
    up, down = ([x + s * STEP * d for x, d in zip(xs, direction, strict=True)] for s in (1, -1))
    return (f(up) - f(down)) / (2 * STEP)


def truths(f, xs, direction):
    """Value, gradient and second derivatives along the direction."""
    units = [[mpf(i == k) for i in range(len(xs))] for k in range(len(xs))]
    first = [derivative(f, xs, unit) for unit in units]
    second = [derivative(lambda y, unit=unit: derivative(f, y, unit), xs, direction) for unit in units]
    return [f(xs)], first, second


def arguments_of(name, rng):
    """Random numbers in the shapes of its arguments: every other matrix with singular values down to 1e-4."""
    found = []
    for a in matrices.FUNCTIONS[name][1]:
        x = np.array([rng.gauss(0.0, 1.0) for _ in range(a.size)]).reshape(a.shape)
        if a.ndim == 2 and rng.random() < 0.5:
            u, s, v = np.linalg.svd(x, full_matrices=False)
            x = u * s * 10.0 ** -np.linspace(0.0, rng.uniform(0.0, 4.0), len(s)) @ v
        if "cholesky" in name or "eigh" in name:
            x = x @ x.T + 1e-6 * np.eye(len(x))
        found += (6.0 * x if "squared" in name else x).ravel().tolist()
    return found


def measure(count):
    """For each function the largest error of value, gradient and second derivatives, as a share of the bound."""
    figures = {}
    with mpmath.workdps(DIGITS):
        for name in TRUTHS:
            rng, shares = random.Random(name), [0.0] * 3
            loss, _ = matrices.loss_of(name)
            truth = truth_of(name)
            for _ in range(count):
                xs = arguments_of(name, rng)
                direction = [rng.uniform(-1.0, 1.0) for _ in xs]
                found = [matrices.value_of(loss(xs))], grad(loss)(xs), hvp(loss)(xs, direction)
                exact, size = [mpf(x) for x in xs], max(map(abs, xs))
                right = truths(truth, exact, direction)
                moved = [
                    truths(truth, [x + rng.choice((-1, 1)) * ULP * size for x in exact], direction)
                    for _ in range(DRAWS)
                ]
                for k in range(3):
                    largest = max(map(abs, right[k]))
                    allowed = max(apart(m[k], right[k]) for m in moved) + ULP * largest
                    shares[k] = max(shares[k], float(apart(found[k], right[k]) / (BOUND * allowed)) if allowed else 0.0)
            figures[name] = {"matrices": count, "shares": shares}
            print(name, shares, flush=True)
    return figures


def apart(a, b):
    return max((abs(mpf(x) - y) for x, y in zip(a, b, strict=True)), default=mpf(0))


def section(figures):
    lines = [
        "Losses of each function of `linalg`, of random matrices of three to five rows, every other one with singular",
        f"values down to 1e-4 of the largest, against independent algorithms in {DIGITS} digits and their differences.",
        f"Allowed is {BOUND:g} times what an ulp of the largest entry in every entry moves the truth, the largest of",
        f"{DRAWS} draws, with an ulp of the truth. Every engine has the same algorithm and the same bits.",
        "",
        "| function | matrices | value, share of the bound | gradient | second derivatives | beyond it |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in figures.items():
        shares = found["shares"]
        cells = " | ".join(f"{share:.3g}" for share in shares)
        lines.append(f"| {name} | {found['matrices']} | {cells} | {sum(share > 1.0 for share in shares)} |")
    return lines
