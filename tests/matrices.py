"""Random matrices for the tests of linear algebra, and every function of it with arguments that it takes."""

import numpy as np

from autograd_lite import Value, linalg


def general(n, m=None, seed=0):
    return np.random.default_rng(seed).normal(size=(n, m or n))


def positive(n, seed=0):
    a = general(n, seed=seed)
    return a @ a.T + np.eye(n)


def first_two(result):
    return result[0], result[1]


N = 3
FUNCTIONS = {
    "solve": (linalg.solve, (general(N), general(N, 2, 1))),
    "solve of a vector": (linalg.solve, (general(N), general(N, 1, 1)[:, 0])),
    "solve_triangular": (linalg.solve_triangular, (general(N), general(N, 2, 1))),
    "solve_triangular, lower": (
        lambda a, b: linalg.solve_triangular(a, b, lower=True),
        (general(N), general(N, 2, 1)),
    ),
    "solve_triangular, transposed, ones": (
        lambda a, b: linalg.solve_triangular(a, b, trans="T", unit_diagonal=True),
        (general(N), general(N, 2, 1)),
    ),
    "solve_triangular, lower, transposed": (
        lambda a, b: linalg.solve_triangular(a, b, trans=1, lower=True),
        (general(N), general(N, 1, 1)[:, 0]),
    ),
    "cholesky": (linalg.cholesky, (positive(N),)),
    "cholesky, upper": (lambda a: linalg.cholesky(a, upper=True), (positive(N),)),
    "lu": (linalg.lu, (general(N),)),
    "qr": (linalg.qr, (general(5, N),)),
    "qr, wide": (linalg.qr, (general(N, 5),)),
    "qr, r": (lambda a: linalg.qr(a, mode="r"), (general(N),)),
    "inv": (linalg.inv, (general(N),)),
    "det": (linalg.det, (general(N),)),
    "slogdet": (linalg.slogdet, (general(N),)),
    "lstsq": (lambda a, b: first_two(linalg.lstsq(a, b)), (general(5, N), general(5, 1, 1)[:, 0])),
    "lstsq, wide": (lambda a, b: linalg.lstsq(a, b)[0], (general(N, 5), general(N, 2, 1))),
    "eigh": (linalg.eigh, (positive(N),)),
    "eigh, upper": (lambda a: linalg.eigh(a, UPLO="U"), (positive(N),)),
    "norm": (linalg.norm, (general(N),)),
    "norm, 1": (lambda a: linalg.norm(a, 1), (general(N),)),
    "norm, 2": (lambda a: linalg.norm(a, 2), (general(N, 4),)),
    "norm, 3 of rows": (lambda a: linalg.norm(a, 3, axis=1), (general(N, 4),)),
    "trace": (linalg.trace, (general(N, 4),)),
    "matmul": (linalg.matmul, (general(N), general(N, 2, 1))),
    "expm": (linalg.expm, (general(N),)),
    "expm, squared": (linalg.expm, (general(N) * 6.0,)),
}


def numbers_of(result):
    """All numbers of a result, in order."""
    if isinstance(result, tuple):
        return [x for part in result for x in numbers_of(part)]
    return np.asarray(result, dtype=object).ravel().tolist()


def loss_of(name):
    """A function of a flat list, whose gradient has no zeros, and the list."""
    f, arguments = FUNCTIONS[name]

    def loss(xs):
        given = []
        for a in arguments:
            given.append(np.array(xs[: a.size], dtype=object).reshape(a.shape))
            xs = xs[a.size :]
        return sum((1.0 + 0.3 * i) * y * y + 0.1 * y for i, y in enumerate(numbers_of(f(*given))))

    return loss, [x for a in arguments for x in a.ravel().tolist()]


def value_of(x):
    return x.data if isinstance(x, Value) else x
