"""Taylor mode through loops: one loop over all coefficients, with the bits of the unrolled graph."""

import pytest
from dags import same_bits
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from looping import loop_function

import autograd_lite as ag
from autograd_lite import compile, grad, jvp, scan, taylor
from autograd_lite.trees import flatten


def along(seed):
    """A random function of lists with loops, moved in all of its arguments at once, as a function of a number."""
    f, (init, xs, numbers) = loop_function(seed)

    def moved(t):
        rows = [[x + t for x in row] if isinstance(row, list) else row - t for row in xs]
        return f([x + t for x in init], rows, [x + 0.5 * t for x in numbers])

    return moved


def inside(f, *args):
    """f(*args); a function that leaves its domain is not looked at, since a program has inf or nan there."""
    try:
        return f(*args)
    except (ArithmeticError, ValueError):
        reject()


@pytest.mark.thorough
@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_the_coefficients_have_the_bits_of_the_unrolled_graph(seed):
    f = along(seed)
    found = inside(taylor, f, 0.125, 4)
    assert same_bits(compile(lambda x: taylor(f, x, 4), backend="python")(0.125), found)


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_native_loops_have_these_bits_too(seed):
    pytest.importorskip("llvmlite")
    f = along(seed)
    found = inside(taylor, f, 0.125, 4)
    assert same_bits(compile(lambda x: taylor(f, x, 4), backend="llvm")(0.125), found)


@pytest.mark.thorough
@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_they_are_those_of_nested_gradients(seed):
    """Of the unrolled graph; below other transforms and above them too."""
    f = along(seed)
    third = inside(grad(grad(grad(f))), 0.125) / 6.0
    for way in (
        lambda x: taylor(f, x, 3)[3],
        lambda x: grad(lambda y: taylor(f, y, 2)[2])(x) / 3.0,
        lambda x: jvp(lambda y: taylor(f, y, 2)[2], (x,), (1.0,))[1] / 3.0,
        lambda x: taylor(grad(f), x, 2)[2] / 3.0,
        lambda x: taylor(lambda y: taylor(f, y, 1)[1], x, 2)[2] / 3.0,
    ):
        assert compile(way, backend="python")(0.125) == pytest.approx(third, rel=1e-9, abs=1e-9 * (1.0 + abs(third)))


def test_the_program_does_not_grow_with_the_length_and_grows_with_the_square_of_the_order():
    def size(length, order):
        f = lambda x: scan(lambda c, _: (ag.tanh(c) * x, None), x, length=length)[0]  # noqa: E731
        program = compile(lambda x: taylor(f, x, order), backend="python").trace(0.5)
        loops = [row.payload.body for row, _, _ in program.instructions if hasattr(row.payload, "body")]
        return len(program.instructions) + sum(len(body.instructions) for body in loops)

    assert size(1000, 5) == size(10, 5)
    assert size(10, 20) < 5 * size(10, 10)


LOOPS = {
    "choices": lambda x: scan(
        lambda c, _: (ag.where(ag.less(c, 1.0), lambda: ag.sqrt(c) * x, lambda: ag.log(c) + x), None), 0.5, length=4
    )[0],
    "a loop that ends": lambda x: ag.while_loop(lambda c: ag.less(c, 2.0), lambda c: c * c + x, x, max_steps=8),
    "switch": lambda x: scan(lambda c, i: (ag.switch(i, [lambda u: u * x, ag.sin], c), None), x, [0.0, 1.0, 0.0])[0],
    "take": lambda x: scan(lambda c, i: (c + ag.take([x, x * x, 1.0], i), None), 0.0, [2.0, 0.0, 1.0])[0],
    "a fixed number of steps": lambda x: ag.fori_loop(1, 6, lambda i, c: c * x / i, 1.0),
    "checkpoints": lambda x: scan(lambda c, _: (ag.sin(c) * x, None), x, length=9, checkpoint=True)[0],
    "all steps": lambda x: scan(lambda c, t: (c * t, ag.exp(c)), x, [x, 2.0, x], reverse=True),
    "at 0": lambda x: scan(lambda c, _: (c * (x - 0.5), c), x - 0.5, length=3),
}


@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["python", "llvm", "numpy"])
@pytest.mark.parametrize("f", LOOPS.values(), ids=LOOPS)
def test_loops_of_every_kind(f, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    found, want = compile(lambda x: taylor(f, x, 5), backend=backend)(0.5), taylor(f, 0.5, 5)
    found, want = ([float(x) for x in flatten(numbers)[0]] for numbers in (found, want))
    assert found == (pytest.approx(want, rel=1e-14) if backend == "numpy" else want)


@pytest.mark.parametrize("record", [False, True])
def test_a_function_that_is_recomputed(record):
    f = lambda x: [ag.exp(x) * x, 3.0, x]  # noqa: E731
    found = lambda g: grad(lambda x: flatten(taylor(g, x, 3))[0][-3])(0.5) if record else taylor(g, 0.5, 3)  # noqa: E731
    assert found(ag.checkpoint(f)) == found(f)
