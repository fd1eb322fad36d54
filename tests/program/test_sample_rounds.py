"""A program cut at its sums over samples gives, block by block, what it gives at once."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import compile, grad, scan, sin, tanh, value_and_grad, vmap
from autograd_lite.backends.choice import BACKENDS
from autograd_lite.program.instructions import ROWS, Argument, Instruction, Result
from autograd_lite.program.program import Program
from autograd_lite.program.sample_rounds import rounds_of


def mean(f, axes=0):
    return vmap(f, in_axes=axes, reduce="mean")


def scores(p, x):
    """Three rounds: a mean, a spread about it, and the mean of what is scaled by both."""
    m = mean(lambda v: p[0] * v)(x)
    s = mean(lambda v, m: (v - m) ** 2, (0, None))(x, m) ** 0.5
    return mean(lambda v, m, s: tanh((v - m) / (s + p[1])), (0, None, None))(x, m, s)


def centred():
    """Results of each sample that need a sum over all, beside one of all samples: x - mean(sin x), p[0]; the mean."""
    rows = [("sin", 2), ("batch_sum", 3), ("batch_size",), ("div", 4, 5), ("sub", 2, 6)]
    instructions = [Instruction(ROWS[name], tuple(operands)) for name, *operands in rows]
    arguments = [Argument("p", 2, False), Argument("x", 1, True)]
    return Program(arguments, instructions, [Result((7, 0), True), Result((6,), False), Result((2,), True)])


def looped(p, x):
    return mean(lambda v: scan(lambda c, _: (c * p[0] + v, c), p[1], None, length=4)[0])(x)


FUNCTIONS = {
    "scores": scores,
    "gradient of scores": value_and_grad(scores),
    "centred": centred,
    "a loop": value_and_grad(looped),
    "each sample": vmap(grad(lambda p, v: sin(v * p[0])), in_axes=(None, 0)),
    "each the same": vmap(lambda p, v: p[0] * 2.0, in_axes=(None, 0)),
    "the number of samples": lambda p, x: vmap(lambda v: p[0], reduce="sum")(x),
    "no samples": lambda p, x: p[0] * p[1],
}


def run(program, arguments, samples):
    given = [x if a.size else [] for x, a in zip(arguments, program.arguments, strict=True)]
    return BACKENDS["python"](program, False)(given, samples)


def in_blocks(program, arguments, n, blocks):
    rounds = rounds_of(program)
    cut = lambda x, a, block: [x[i] for i in block] if a.batched else x  # noqa: E731
    sums = []
    for part in rounds.sums:
        taken = [*arguments, [float(n)], sums]
        rows = [
            run(part, [cut(x, a, block) for x, a in zip(taken, part.arguments, strict=True)], len(block))
            for block in blocks
        ]
        sums = [*sums, *np.sum([row[0] for row in rows], axis=0).tolist()]
    given, each = [*arguments, [float(n)], sums], []
    for block in blocks if rounds.each else ():
        columns = zip([*given, [[0.0]] * n], rounds.each.arguments, strict=True)
        each.append(run(rounds.each, [cut(x, a, block) for x, a in columns], len(block)))
    joined = iter([[row for found in one for row in found] for one in zip(*each, strict=True)])
    whole = iter(run(rounds.whole, given, 1) if rounds.whole else ())
    return [next(joined if r.batched else whole) for r in program.results]


@cache
def traced(name):
    if name == "centred":
        return centred()
    program = compile(FUNCTIONS[name], backend="python").trace([0.75, 0.5], np.ones(3))
    return Program.from_json(program.to_json())


@pytest.mark.thorough
@pytest.mark.parametrize("name", FUNCTIONS)
@settings(max_examples=25)
@given(data=st.data())
def test_blocks_give_what_the_whole_gives(name, data):
    n = data.draw(st.integers(1, 30))
    ends = sorted({0, n, *data.draw(st.lists(st.integers(0, n), max_size=4))})
    x = data.draw(st.lists(st.floats(-3.0, 3.0), min_size=n, max_size=n))
    program = traced(name)
    arguments = [[[v] for v in x] if a.batched else [0.75, 0.5] for a in program.arguments]
    blocks = [range(a, b) for a, b in pairwise(ends)]
    whole, parts = BACKENDS["python"](program, False)(arguments, n), in_blocks(program, arguments, n, blocks)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12)


def test_a_round_reads_what_it_needs():
    program = compile(scores, backend="python").trace([1.0, 1.0], np.ones(3))
    rounds = rounds_of(program)
    assert [len(part.results[0].values) for part in rounds.sums] == [1, 1, 1]
    assert [[a.size for a in part.arguments] for part in rounds.sums] == [[2, 1, 1, 0], [0, 1, 1, 1], [2, 1, 1, 2]]
    assert not any(a.batched for a in rounds.whole.arguments)
    assert rounds.each is None
