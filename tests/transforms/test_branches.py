"""Choices between functions: what is not taken is as if it were not there, eagerly and in programs, at every order."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import compile, cond, grad, less

SINGULAR = {  # rows with an infinite partial at 0, where the branch that uses them is not taken
    "sqrt": ag.sqrt,
    "cbrt": ag.cbrt,
    "power": lambda x: x**0.5,
    "hypot of a root": lambda x: ag.hypot(ag.sqrt(x), 1.0),
}


def outside(row):
    """The singular node is made before the choice: the adjoint 0 of a payload would be multiplied by its partial."""

    def f(x):
        r = row(x)
        return x + cond(less(0.0, x), lambda: r * r, lambda: 2.0 * x)

    return f


def inside(row):
    return lambda x: x + cond(less(0.0, x), lambda: row(x) ** 2, lambda: 2.0 * x)


def of_two_branches(row):
    """One branch does without it, and another choice takes it only where the first one does."""

    def f(x):
        r = row(x)
        inner = cond(less(1.0, x), lambda: r * x, lambda: x * x)
        return x * cond(less(0.0, x), lambda: inner + r, lambda: x + 3.0)

    return f


SHAPES = {f.__name__: f for f in (outside, inside, of_two_branches)}


@pytest.mark.parametrize("row", SINGULAR)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_nothing_arrives_at_what_the_branch_not_taken_uses(shape, row, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    f = SHAPES[shape](SINGULAR[row])
    for g in (grad(f), grad(grad(f)), lambda x: ag.jvp(f, (x,), (1.0,))[1]):
        eager = g(0.0)
        assert math.isfinite(eager)
        assert compile(g, backend=backend)(0.0) == eager


@given(st.sampled_from(sorted(SHAPES)), st.sampled_from(sorted(SINGULAR)), st.floats(0.0, 3.0))
def test_bits_are_those_of_the_branch_that_is_taken(shape, row, x):
    f = SHAPES[shape](SINGULAR[row])
    for g in (grad(f), grad(grad(f))):
        assert repr(compile(g, backend="python")(x)) == repr(g(x))
