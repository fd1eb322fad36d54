"""The back end without dependencies: the plain reading of a program, to the bit, and never an exception."""

import math
import random

import dags
import numpy
import programs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project import ran

from autograd_lite import compile, log, scan, value_and_grad, vmap
from autograd_lite.backends.python import PythonCode, careful
from autograd_lite.core.primitives import PRIMITIVES


@pytest.mark.thorough
@settings(max_examples=200)
@given(st.data(), st.sampled_from([0, 1, 2, 9, 1025]))
def test_any_program_as_the_plainest_reading_has_it(data, samples):
    program = programs.program(dags.Drawn(data.draw), [name for name in PRIMITIVES if name != "polygamma"])
    rng = random.Random(data.draw(st.integers(0, 5)))

    def row(size):
        return [rng.choice(dags.POINTS) if rng.random() < 0.3 else rng.uniform(-3.0, 3.0) for _ in range(size)]

    numbers = [[row(a.size) for _ in range(samples)] if a.batched else row(a.size) for a in program.arguments]
    expected = programs.interpreted(program, numbers, samples)
    for found in (PythonCode(program)(numbers, samples), careful(program)(samples, *numbers)):
        assert dags.same_bits(expected, found), f"{program}\n{numbers}\n{expected}\n{found}"


@pytest.mark.parametrize("samples", [0, 1, 3])
def test_arguments_are_lists_or_arrays_of_any_shape_with_the_numbers_in_order(samples):
    program = compile(vmap(lambda w, x: w[0] * x[0] - w[1] * x[1], (None, 0)), backend="python").trace(
        [2.0, 3.0], [[4.0, 5.0]]
    )
    code = PythonCode(program)
    X = numpy.arange(2.0 * samples).reshape(samples, 2)
    expected = [[[2.0 * a - 3.0 * b] for a, b in X.tolist()]]
    assert code([[2.0, 3.0], X.tolist()], samples) == expected
    for w in (numpy.array([2.0, 3.0]), numpy.array([[2.0], [3.0]])):
        for x in (X, X.reshape(samples, 2, 1), X.ravel()):
            assert code([w, x], samples) == expected


def test_where_eager_raises_a_program_gives_what_ieee_754_tells():
    f = compile(lambda x: [1.0 / x, log(x), x**0.5, (x * 1e300) ** 2.0], backend="python")
    assert f(0.0) == [math.inf, -math.inf, 0.0, 0.0]
    negative = f(-1.0)
    assert negative[0] == -1.0
    assert math.isnan(negative[1])
    assert math.isnan(negative[2])
    assert negative[3] == math.inf


def test_one_sample_outside_of_the_domain_leaves_the_others_alone():
    mapped = compile(vmap(value_and_grad(log)), backend="python")
    rows = mapped([2.0, 0.0, -1.0, 4.0])
    assert rows[0] == (math.log(2.0), 0.5)
    assert rows[1] == (-math.inf, math.inf)
    assert math.isnan(rows[2][0])
    assert rows[3] == (math.log(4.0), 0.25)


def test_it_needs_no_library():
    code = (
        "import sys\n"
        "for name in ('numpy', 'scipy', 'llvmlite'): sys.modules[name] = None\n"
        "import autograd_lite as ag\n"
        "step = ag.compile(ag.value_and_grad(ag.vmap(lambda w, x: ag.tanh(w[0] * x + w[1]), (None, 0), 'mean')))\n"
        "print(step([0.5, 0.1], [1.0, 2.0, 3.0]), step.why([0.5, 0.1], [1.0]))\n"
        "print(ag.compile(ag.vmap(lambda x: [x, {'a': x * x}]))([1.0, 2.0]))\n"
    )
    first, second = ran("-c", code).stdout.splitlines()
    assert first.endswith("python: llvmlite is not installed, and there is no batch for NumPy to carry")
    assert second == "[[1.0, {'a': 1.0}], [2.0, {'a': 4.0}]]"


def test_source_is_what_runs():
    program = compile(lambda x: x * x, backend="python").trace(1.0)
    assert program.source("python") == PythonCode(program).source


@pytest.mark.parametrize("reverse", [False, True])
def test_steps_of_a_loop_are_those_that_are_written_out(reverse):
    ys = [0.5, -1.0, 2.0]

    def step(c, y):
        return 1.0 / c + y, (log(c) * y, c)

    def written_out(x):
        found = [None] * len(ys)
        for t in reversed(range(len(ys))) if reverse else range(len(ys)):
            x, found[t] = step(x, ys[t])
        return x, found

    def looped(x):
        return scan(step, x, ys, reverse=reverse)

    for x in (2.0, 0.0, 0.5, -1.0):  # 1 / 0, and the logarithm of a negative number, raise on Python's floats
        expected = compile(written_out, backend="python")(x)
        assert repr(compile(looped, backend="python")(x)) == repr(expected)
    program = compile(looped, backend="python").trace(2.0)
    assert program.stats()["counts"]["loop"] == 1
