"""Programs with their arguments for tests of back ends: random ones, one of each row, and some with arrays."""

import itertools
import math
import random

import dags
import matrices
import numpy
import programs
import sources
import structures

from autograd_lite import (
    compile,
    dot,
    exp,
    grad,
    jvp,
    linalg,
    log,
    max,
    maximum,
    prod,
    scan,
    sqrt,
    sum,
    take,
    value_and_grad,
    vmap,
)  # fmt: skip
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.program import Program

SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, -1.0, 0.5, 2.0, -3.0, 5e-324, -1e-310, 1e300, 1e-170, 40.0]


def drawn(seed, rows):
    """A program, arguments for so many samples, and their number."""
    program = programs.program(dags.Chooser(seed), rows)
    rng = random.Random(seed)
    samples = rng.choice([0, 1, 2, 9, 1025])

    def row(size):
        return [rng.choice(dags.POINTS) if rng.random() < 0.3 else rng.uniform(-3.0, 3.0) for _ in range(size)]

    return (
        program,
        [[row(a.size) for _ in range(samples)] if a.batched else row(a.size) for a in program.arguments],
        samples,
    )


def drawings(seeds, rows):
    return [drawn(seed, rows) for seed in seeds]


def of_row(row, count=60):
    """A program that applies a row, over samples that are its special and some random operands."""
    rng = random.Random(row.name)
    operands = row.arity or 2 * row.sequences
    bounds = row.intervals or ((-1e3, 1e3),) * operands
    points = [list(x) for x in itertools.product(SPECIAL, repeat=operands)] if operands <= 2 else []
    for _ in range(count):
        point = []
        for k in range(operands):
            low, high = bounds[k % len(bounds)]
            x = rng.uniform(max_of(low, -20.0), min_of(high, 20.0)) if rng.random() < 0.7 else rng.choice(SPECIAL)
            point.append(float(round(x)) if k in row.whole and math.isfinite(x) else x)
        points.append(point)
    program = Program(
        [Argument("x", operands, True)],
        [Instruction(row, tuple(range(operands)))],
        [Result((operands,), True)],
    )
    return program, [points], len(points)


def max_of(a, b):
    return a if a > b else b


def min_of(a, b):
    return a if a < b else b


def rows(names):
    return [of_row(PRIMITIVES[name]) for name in names]


def with_arrays():
    """Programs with loops, gathers and long sums, over samples or not, and their gradients."""

    def chain(w, xs):
        def step(carry, x):
            a, b = carry
            a, b = sqrt(abs(a * w + x * b)), a - b * w
            return (a, b), a * b

        return scan(step, (0.5, 1.0), xs)

    def nested(w, xs):
        def outer(c, x):
            def inner(d, y):
                d = d * w + y * c
                return d, d

            d, ys = scan(inner, x, xs)
            return d, sum(ys)

        return scan(outer, w, xs)

    def walk(xs, places):
        def step(c, i):
            c = c + take(xs, i) * c
            return c, c

        return scan(step, 0.5, places)

    def layers(W, x):
        hidden = [maximum(dot(row, x), 0.1) for row in W]
        return sum([dot(row, hidden) for row in W]) + max(hidden) + prod(hidden)

    numbers = numpy.random.default_rng(0).uniform(-1.0, 1.0, size=(40, 40))
    places = numpy.array([1.0, 3.0, -1.0, 99.0, 1.5])
    xs = numbers[0, :6]
    return [
        traced(chain, 0.3, xs),
        traced(value_and_grad(lambda w, xs: sum(chain(w, xs)[1]), argnums=(0, 1)), 0.3, xs),
        traced(value_and_grad(vmap(lambda w, xs: sum(chain(w, xs)[1]), (None, 0), "mean")), 0.3, numbers[:20, :5]),
        traced(nested, 0.3, xs),
        traced(grad(lambda w, xs: nested(w, xs)[0]), 0.3, xs),
        traced(walk, xs, places[:3]),
        traced(grad(lambda xs, i: sum([take(xs, k) ** 2 for k in i])), xs, places),
        traced(value_and_grad(vmap(lambda xs, i: walk(xs, i)[0], (None, 0), "sum")), xs, places[:4].reshape(2, 2)),
        traced(value_and_grad(layers), numbers, numbers[0]),
        traced(value_and_grad(vmap(layers, (None, 0), "sum")), numbers, numbers[:30]),
    ]


def with_kernels(names=tuple(matrices.FUNCTIONS), orders=4):
    """Programs of functions of linear algebra: values, gradients, of samples too, and second derivatives along them."""
    found = []
    for name in names:
        f, numbers = matrices.loss_of(name)
        xs = numpy.array(numbers)
        made = [
            (f, xs),
            (value_and_grad(f), xs),
            (vmap(value_and_grad(f), (0,), "sum"), numpy.array([xs, 1.1 * xs, 0.9 * xs])),
            (lambda x: jvp(grad(f), [x], [x])[1], xs),  # noqa: B023  (it is called here)
        ]
        found += [traced(*one) for one in made[:orders]]
    return found


def with_structures():
    """Programs with loops, choices, calls, gathers and linear algebra of every kind, and their derivatives."""
    x, y = structures.POINT
    found = []
    for f in structures.PROGRAMS.values():
        both = value_and_grad(f, argnums=(0, 1))
        found += [traced(f, x, y), traced(both, x, y)]
        found.append(traced(lambda x, y: jvp(grad(f), [x, y], [1.0, 0.5])[1], x, y))  # noqa: B023  (it is called here)
        found.append(traced(vmap(both), numpy.array([x, 0.9]), numpy.array([y, 1.2])))
    return [*found, traced(structures.EAGER["while_loop"], x, y)]


def process(theta, xs, ys, covariance=exp):
    """The negative logarithm of the likelihood of a Gaussian process, without its constant."""
    scale, length, noise = theta
    rows = [[scale * covariance(-(((a - b) / length) ** 2)) + (noise if a is b else 0.0) for b in xs] for a in xs]
    factor = linalg.cholesky(rows)
    found = linalg.solve_triangular(factor, ys, lower=True)
    return 0.5 * sum([x * x for x in found]), prod([factor[i][i] for i in range(len(xs))])


def with_processes(covariance=exp):
    xs = numpy.sort(numpy.random.default_rng(0).uniform(0.0, 5.0, 20))

    def loss(theta, xs, ys):
        square, size = process(theta, xs, ys, covariance)
        return square + (log(size) if covariance is exp else size)

    return [traced(value_and_grad(loss), numpy.array([1.0, 0.8, 0.1]), xs, numpy.sin(xs))]


def traced(f, *args):
    """The program of a call, with the numbers of its arguments and how many samples they are."""
    program = compile(f, backend="python").trace(*args)
    lists = [[float(x)] if isinstance(x, float) else x.tolist() for x in args]
    flat = [
        [sources.flat([sample]) for sample in x] if a.batched else sources.flat(x)
        for x, a in zip(lists, program.arguments, strict=True)
    ]
    return program, flat, next((len(x) for x, a in zip(flat, program.arguments, strict=True) if a.batched), 1)


def calls(drawn):
    """The programs, and the arguments of each with their number of samples."""
    return [program for program, _, _ in drawn], [(arguments, samples) for _, arguments, samples in drawn]


def check(drawn, found, same=dags.same_bits):
    """Compare what was found with the plainest reading of the programs."""
    for (program, arguments, samples), got in zip(drawn, found, strict=True):
        expected = [sources.flat(result) for result in programs.interpreted(program, arguments, samples)]
        assert same(expected, got), f"{program}\n{arguments}\n{expected}\n{got}"


WRITTEN = [name for name in PRIMITIVES if name not in ("gammainc", "gammaincc", "polygamma")]
"""Rows whose operands may all be computed: the first one of the others decides how long they are."""
