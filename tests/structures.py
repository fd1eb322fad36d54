"""Functions of two numbers that record more than rows: loops, choices, calls, gathers, linear algebra, and the like.

`FUNCTIONS` has each by name; `POINT` is where they are smooth.  Tests loop over them, so that what draws, explains,
traces or writes programs sees all.
"""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value, compile, exp, linalg, scan, sin, vmap
from autograd_lite.control import loops

POINT = (0.7, 1.3)
DATA = [1.0, 2.0, 0.5]


def total(x):
    return ag.sum(np.ravel(np.array(x, dtype=object)).tolist())


def swing(c, t, y):
    return c + 0.1 * sin(c) * t * y, c * t


def matrix(x, y):
    return [[2.0 + x, y], [y, 3.0 + x * y]]


def waves(x, y):
    return ag.sum([sin(x * float(k)) * ag.cos(y) for k in range(9)])


def picked(x, y):
    return ag.take([x * y, x * x, y], ag.floor(y))


def scanned(x, y):
    return scan(lambda c, t: swing(c, t, y), x, DATA)


def opened(f):
    def g(x, y):
        with linalg.opened():
            return f(x, y)

    return g


both = ag.custom_vjp(lambda x, y: (x * exp(y), x + y))
both.defvjp(lambda x, y: (both(x, y), (x, y)), lambda r, g: (g[0] * exp(r[1]) + g[1], g[0] * r[0] * exp(r[1]) + g[1]))
pushed = ag.custom_jvp(lambda x, y: x * exp(y))
pushed.defjvp(lambda at, to: (at[0] * exp(at[1]), to[0] * exp(at[1]) + to[1] * at[0] * exp(at[1])))
one = compile(waves, backend="python")
several = compile(lambda x, y: {"h": waves(x, y), "rest": [waves(y, x), x]}, backend="python")
anonymous = compile(lambda x, y: waves(x, y) * y, backend="python")
stepping = compile(lambda x, y: scan(lambda c, t: swing(c, t, y), x, DATA * 9)[0], backend="python")
solving = compile(lambda x, y: total(linalg.solve(matrix(x, y), [x, 1.0])) * waves(x, y), backend="python")
picking = compile(lambda x, y: picked(x, y) * sin(x), backend="python")
SHARED = Value(0.4, label="shared")
closing = compile(lambda x, y: waves(x, y) * SHARED + waves(SHARED, x), backend="python")


def of_pairs(x, y):
    found = several(x, y)
    return found["h"] * found["rest"][0] + found["rest"][1]


LOOPS = {
    "scan": lambda x, y: scanned(x, y)[0] * total(scanned(x, y)[1]),
    "scan in reverse": lambda x, y: total(scan(lambda c, t: swing(c, t, y), x, DATA, reverse=True)[1]),
    "scan in scan": lambda x, y: scan(
        lambda c, t: (c + t * scan(lambda d, _: (sin(d) * y, None), c, length=2)[0], None), x, DATA)[0],
    "long scan": lambda x, y: scan(lambda c, t: swing(c, t, y), x, DATA * 8)[0],
    "fori_loop": lambda x, y: ag.fori_loop(0, 3, lambda i, c: c * y + i, x),
    "while_loop, bounded": lambda x, y: ag.while_loop(
        lambda c: ag.less(c, 50.0), lambda c: c * 2.0 + y, x, max_steps=7),
    "map": lambda x, y: total(loops.map(lambda t: t * x + y, DATA)),
    "cond": lambda x, y: ag.cond(ag.less(x, y), lambda: exp(x), lambda: ag.sqrt(-y)) * y,
    "cond of operands": lambda x, y: ag.cond(ag.less(y, x), lambda a, b: ag.log(-a), lambda a, b: b * exp(a), x, y),
    "cond in scan": lambda x, y: scan(
        lambda c, t: (ag.cond(ag.less(c, 1.5), lambda: c * exp(t * y), lambda: c - t), c), x, DATA)[0],
    "switch": lambda x, y: ag.switch(
        ag.where(ag.less(x, y), 1.0, 0.0), [lambda a: ag.log(-a), lambda a: a * y, lambda a: a], x),
    "odeint": lambda x, y: total(ag.odeint(lambda s, t: -y * s, x, [0.0, 0.5, 1.0])),
    "odeint, dopri5": lambda x, y: ag.odeint(
        lambda s, t: -y * s, x, [0.0, 0.02], method="dopri5", rtol=1e-3, atol=1e-3, max_steps=6)[1],
    "vmap": lambda x, y: total(vmap(lambda t: t * x * y)(DATA)),
    "take": lambda x, y: ag.take([x, y, x * y], 2) + ag.take([x, y, x * y], ag.stop_gradient(ag.floor(y))),
    "take in scan": lambda x, y: scan(lambda c, i: (c + ag.take([x, y], i) * c, None), x, [1.0, 0.0, -1.0])[0],
    "a call": lambda x, y: one(x, y) * x,
    "a call of several results": of_pairs,
    "a call of several results, of which one is used": lambda x, y: several(x, y)["h"] * x,
    "a call of a lambda": lambda x, y: anonymous(x, y) + y,
    "a call of a call": lambda x, y: one(one(x, y), x),
    "a call with a loop": lambda x, y: stepping(x, y) * x,
    "a call with linear algebra": lambda x, y: solving(x, y) * x,
    "calls in scan": lambda x, y: scan(lambda c, t: (c + 0.1 * one(c, t * y), None), x, DATA)[0],
    "a gradient": lambda x, y: ag.grad(lambda a: exp(a * y))(x),
    "a gradient of take": lambda x, y: ag.grad(lambda a: picked(a, y) * a)(x),
    "a gradient of take at a known index": lambda x, y: ag.grad(lambda a: ag.take([a, a * a], 1) * a)(x) * y,
    "a second derivative of take": lambda x, y: ag.grad(ag.grad(lambda a: picked(a, y) * a))(x),
    "a tangent of a gradient of take": lambda x, y: ag.jvp(ag.grad(lambda a: picked(a, y) * a), [x], [1.0])[1],
    "a gradient of take in scan": lambda x, y: ag.grad(
        lambda a: scan(lambda c, t: (picked(c, y) * t, None), a, DATA)[0])(x),
    "a gradient of take of scan": lambda x, y: ag.grad(
        lambda a: ag.take(scan(lambda c, t: swing(c, t, y), a, DATA)[1], ag.floor(y)))(x),
    "a gradient of take in cond": lambda x, y: ag.grad(
        lambda a: ag.cond(ag.less(a, 5.0), lambda: picked(a, y) * a, lambda: a))(x),
    "a gradient of take in map": lambda x, y: ag.grad(lambda a: total(loops.map(lambda t: picked(a, y * t), DATA)))(x),
    "a gradient of a call with take": lambda x, y: ag.grad(lambda a: picking(a, y) * a)(x),
    "a gradient of take of a solution": lambda x, y: ag.grad(
        lambda a: ag.take(linalg.solve(matrix(a, y), [a, 1.0]), ag.floor(y)))(x),
    "a second derivative of scan": lambda x, y: ag.grad(ag.grad(
        lambda a: scan(lambda c, t: swing(c, t, y), a, DATA)[0]))(x),
    "a tangent": lambda x, y: ag.jvp(lambda a: exp(a * y), [x], [1.0])[1],
    "stop_gradient": lambda x, y: x * y + ag.stop_gradient(x) * exp(y),
} | {
    f"vmap, reduced by {name}": (
        lambda x, y, name=name: vmap(lambda t: exp(t * x) * y, reduce=name)(DATA))
    for name in ("sum", "mean", "max", "min", "prod", "logsumexp")
}  # fmt: skip
KERNELS = {
    "solve": lambda x, y: total(linalg.solve(matrix(x, y), [x, 1.0])),
    "cholesky": lambda x, y: total(linalg.cholesky(matrix(x, y))) * y,
    "eigh": lambda x, y: total(linalg.eigh(matrix(x, y))[1]),
    "qr": lambda x, y: total(linalg.qr(matrix(x, y))[1]),
    "det": lambda x, y: linalg.det(matrix(x, y)),
    "slogdet": lambda x, y: linalg.slogdet(matrix(x, y))[1],
    "expm": lambda x, y: total(linalg.expm(matrix(x, y))),
    "lstsq": lambda x, y: total(linalg.lstsq(matrix(x, y), [x, 1.0])[0]),
    "norm": lambda x, y: linalg.norm(matrix(x, y), 2),
    "matmul": lambda x, y: total(linalg.matmul(matrix(x, y), [x, 1.0])),
    "solve in scan": lambda x, y: scan(
        lambda c, t: (total(linalg.solve(matrix(c, y), [t, c])), None), x, DATA)[0],
}  # fmt: skip
EAGER = {
    "checkpoint": lambda x, y: ag.checkpoint(lambda a, b: exp(a * b) + a)(x, y),
    "checkpoint of several results": lambda x, y: total(ag.checkpoint(lambda a, b: (exp(a * b), sin(a)))(x, y)) * x,
    "checkpoint that closes over": lambda x, y: ag.checkpoint(lambda a: exp(a * y) + a)(x),
    "checkpoint of a scan": lambda x, y: ag.checkpoint(
        lambda a: scan(lambda c, t: (c * y + t, c), a, DATA)[0])(x),
    "checkpoint of linear algebra": lambda x, y: ag.checkpoint(lambda a: linalg.det(matrix(a, y)))(x),
    "scan, checkpointed": lambda x, y: scan(lambda c, t: swing(c, t, y), x, [1.0] * 16, checkpoint=True)[0],
    "solve, opened": opened(KERNELS["solve"]),
    "eigh, opened": opened(lambda x, y: total(linalg.eigh(matrix(x, y))[0])),
    "a call that closes over": lambda x, y: closing(x, y) * y,
    "while_loop": lambda x, y: ag.while_loop(lambda c: ag.less(c, 50.0), lambda c: c * 2.0 + y, x),
}  # fmt: skip
RULES = {
    "fixed_point": lambda x, y: ag.fixed_point(lambda z, a: ag.cos(z) * 0.5 + a, 0.3, x) * y,
    "root": lambda x, y: ag.root(lambda z, a, b: z**3 - a * b - 2.0, 1.0, x, y),
    "custom_vjp": lambda x, y: total(both(x, y)) * x,
    "custom_jvp": lambda x, y: pushed(x, y) * x,
}
PROGRAMS = LOOPS | KERNELS
"""Those that a program computes with rows alone, loops and kernels."""
FUNCTIONS = PROGRAMS | EAGER | RULES
