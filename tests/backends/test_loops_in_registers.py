"""Loops around short bodies: registers in the place of memory, and the same bits."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import compile, fori_loop, grad, scan, vmap, while_loop
from autograd_lite.trees import flatten

pytest.importorskip("llvmlite")

LENGTH = 21


def one(x, p):
    return fori_loop(0, LENGTH, lambda i, c: 0.9 * c + p * ag.sin(x), x)


def several(x, p):
    def step(i, c):
        u, v, w = c
        return v + 0.1 * x, u * w, ag.tanh(w - p)

    return ag.sum(fori_loop(0, LENGTH, step, (x, p, x * p)))


def scanned(x, p):
    carry, (kept, seen) = scan(lambda c, t: (c * t + x, (c * p, x - t)), x, np.linspace(0.1, 0.9, LENGTH), reverse=True)
    return carry + kept[3] * seen[5] + kept[-1]


def open_ended(x, p):
    return while_loop(lambda c: ag.less(c[0], 4.0), lambda c: (c[0] * 1.25 + p, c[1] + x * c[0]), (x, p))[1]


def over_steps(x, p):
    return ag.sum(vmap(lambda t: ag.sin(t * x) + p)(np.linspace(0.0, 1.0, 50)))


def from_outside(x, p):
    """Several numbers of a sample, and what is computed of those that all samples share."""
    y = ag.sin(x)
    return fori_loop(0, LENGTH, lambda i, c: 0.5 * c * x + y * ag.cos(p * (c * 0.0 + 1.0)) + ag.exp(p), p)


def alone(x, p):
    """Numbers that no step computes: x from before the loop, and a constant."""
    carry, ys = scan(lambda c, _: ((c[1], c[0]), (x, 2.5)), (x, p), length=LENGTH)
    return carry[0] * ys[4][0] + ys[2][1]


LOOPS = [one, several, scanned, open_ended, over_steps, from_outside, alone]


@pytest.mark.parametrize("f", [*LOOPS, *[grad(f, argnums=(0, 1)) for f in LOOPS if f is not open_ended]])
@pytest.mark.parametrize("samples", [1, 8, 13])
def test_samples_have_the_bits_of_python(f, samples):
    rng = np.random.default_rng(samples)
    x, p = rng.uniform(0.2, 0.9, samples), rng.uniform(0.2, 0.9)
    found, known = (flatten(compile(vmap(f, in_axes=(0, None)), backend=name)(x, p))[0] for name in ("llvm", "python"))
    assert found == known
    assert flatten(compile(f, backend="llvm")(x[0], p))[0] == found[::samples]


def test_steps_side_by_side_read_numbers_that_are_apart():
    def over_pairs(x, p, pairs):
        return ag.sum(vmap(lambda t: ag.sin(t[0] * x) + t[1] * p)(pairs))

    args = 0.3, 0.4, np.linspace(0.0, 1.0, 100).reshape(50, 2)
    assert compile(over_pairs, backend="llvm")(*args) == compile(over_pairs, backend="python")(*args)


@pytest.mark.parametrize("f", LOOPS)
@pytest.mark.parametrize("mapped", [False, True])
def test_no_step_calls_its_body(f, mapped):
    text = source(f, mapped)
    assert "loop0.steps(" in text
    assert "loop0.tile(" not in text
    assert "loop0.stage0" not in text


@pytest.mark.parametrize("mapped", [False, True])
def test_a_long_body_is_called(mapped):
    def long(x, p):
        def step(i, c):
            for k in range(100):
                c = ag.sin(c) * p + k * x
            return c

        return fori_loop(0, LENGTH, step, x)

    assert ("loop0.tile(" if mapped else "loop0.stage0.numbers(") in source(long, mapped)


@pytest.mark.parametrize("samples", [*range(20), 4109])
def test_single_numbers_of_samples_stay_where_they_are(samples):
    def f(a, b, c):
        return a * c + ag.sin(b), 2.5, c, a, ag.where(ag.less(a, b), a, b) * 0.3

    rng = np.random.default_rng(samples)
    arguments = rng.normal(size=samples), rng.normal(size=samples), 0.7
    mapping = vmap(f, in_axes=(0, 0, None))
    found, known = (compile(mapping, backend=name)(*arguments) for name in ("llvm", "python"))
    assert all(map(np.array_equal, found, known))


def source(f, mapped):
    mapping = vmap(f, in_axes=(0, None)) if mapped else f
    return compile(mapping).trace(np.ones(8) if mapped else 1.0, 0.5).source("llvm")
