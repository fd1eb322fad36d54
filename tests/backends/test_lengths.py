"""Another length of data needs no other machine code: programs that differ in lengths alone have the same text."""

import random
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))
from looping import body_of, numbers_of

import autograd_lite as ag
from autograd_lite import compile, value_and_grad
from autograd_lite.backends.llvm import machine_code


def over_data(body, n):
    def f(p, x):
        (carry, other), _ = ag.scan(lambda c, row: body(c, list(row), list(p)), list(p[:2]), x)
        return (carry + other) * (1.0 / len(x))

    return f


def in_reverse(body, n):
    def f(p, x):
        (carry, _), ys = ag.scan(lambda c, row: body(c, list(row), list(p)), list(p[:2]), x, reverse=True)
        again = ag.scan(lambda c, y: (c * 0.5 + y[0] * p[0], None), carry, ys)[0]
        return again * again

    return f


def counted(body, n):
    def f(p, x):
        step = 1.0 / n
        a, b = ag.fori_loop(0, n, lambda i, c: body(c, [i * step, p[1]], list(p))[0], list(p[:2]))
        return a * b * step

    return f


def nested(body, n):
    def f(p, x):
        def outer(c, y):
            (a, _), _ = ag.scan(lambda c, row: body(c, list(row), list(p)), [c, y], x)
            return a, None

        return ag.scan(outer, p[0], p)[0]

    return f


def mapped(body, n):
    def f(p, x):
        rows = ag.vmap(lambda row: body([p[0], row[0]], list(row), list(p))[1][0])(x)
        total = ag.scan(lambda c, y: (c + y, None), 0.0, rows)[0]
        return ag.vmap(lambda row: body([p[0], p[1]], list(row), list(p))[0][0], reduce="sum")(x) + total

    return f


def gathered(body, n):
    def f(p, x):
        return ag.scan(lambda c, row: (c + ag.take(x, row[0] * 0.0 + 1.0)[1] * p[0], None), p[1], x)[0]

    return f


FORMS = [(over_data, 4), (counted, 4), (nested, 4), (gathered, 32), (in_reverse, 32), (mapped, 32)]
"""And from which length on: shorter arrays that a function makes itself are written out."""


@contextmanager
def compiling():
    """The texts that LLVM compiles in the meantime."""
    texts, before = [], machine_code.object_code
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRAD_LITE_CACHE", "0")
        patch.setattr(machine_code, "object_code", lambda text, level: texts.append(text) or before(text, level))
        yield texts


@pytest.mark.parametrize(("form", "least"), FORMS)
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_random_programs_are_compiled_once_for_all_lengths(form, least, seed, data):
    rng = random.Random(seed)
    body = body_of(rng, 2, 2, 3, 1, data.draw(st.integers(0, 1)))
    p = np.array([rng.uniform(-1.0, 1.0) for _ in range(3)])
    fast = data.draw(st.booleans())
    machine_code.MADE.clear()
    one = None
    # whether an adjoint arrives at one of two numbers of a carry that take turns depends on whether n is even
    for n in data.draw(st.lists(st.integers(least, 150).map(lambda n: 2 * n + 1), min_size=2, max_size=3, unique=True)):
        x = np.array([[rng.uniform(-1.0, 1.0) for _ in range(2)] for _ in range(n)])
        both = value_and_grad(form(body, n))
        with compiling() as texts:
            found = compile(both, backend="llvm", fastmath=fast)(p, x)
        assert one is None or not texts, f"what was compiled for {one} steps is compiled again for {n}"
        one = n
        if not fast:
            wanted = compile(both, backend="python")(p, x)
            assert np.array_equal(numbers_of(found), numbers_of(wanted), equal_nan=True)


def native_text(f, *args):
    g = compile(value_and_grad(f), backend="llvm")
    return g.entry(*g.taken(args, {})).code.source


def test_carries_and_columns_side_by_side_are_copied_at_once():
    """A step that reads 64 neighbours moves them in a loop, so that 64 more are no more lines."""

    def lines(width):
        def f(p, x):
            def step(carry, row):
                total = ag.dot(list(row), [ag.tanh(a * p) for a in carry])
                return [*carry[1:], total], None

            return ag.sum(ag.scan(step, [1.0] * width, x)[0])

        (text,) = [x for x in native_text(f, 0.5, np.ones((9, width))).split("\ndefine ") if ".steps(" in x[:30]][1:2]
        return text.count("\n")

    assert lines(128) == lines(64)


def test_an_index_is_looked_at_once_for_a_row():
    """A row of a table has one index, which is compared and rounded once, not for each of its numbers."""

    def f(table, index):
        def step(carry, i):
            return [c + a for c, a in zip(carry, ag.take(table, i), strict=True)], None

        return ag.sum(ag.scan(step, [0.0] * 16, index)[0])

    text = compile(f, backend="llvm")
    source = text.entry(*text.taken((np.ones((5, 16)), np.zeros(12)), {})).code.source
    assert source.count("fptosi") <= 2
