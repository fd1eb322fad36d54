"""The numpy back end: the bits and the batch order of the plain reading of a program, in blocks of any size."""

import math
import random
from importlib.util import find_spec

import dags
import numpy as np
import programs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd_lite import Program, compile, dot, relu, tanh, value_and_grad, vmap
from autograd_lite.backends import arrays
from autograd_lite.backends.arrays import ArrayCode, BlockSums, block_size
from autograd_lite.backends.batch_order import BLOCK, batch_sum
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.program.instructions import Argument, Instruction, Result

BATCHES = [0, 1, 7, 8, 9, 100, 1023, 1024, 1025, 5000]


def data_for(program, samples, rng):
    """Numbers for the arguments: flat lists, or a list a sample."""
    return [
        [[number(rng) for _ in range(a.size)] for _ in range(samples)]
        if a.batched
        else [number(rng) for _ in range(a.size)]
        for a in program.arguments
    ]


def number(rng):
    return rng.choice(dags.POINTS) if rng.random() < 0.2 else rng.uniform(-3.0, 3.0)


def as_arrays(program, data, samples):
    return [
        np.array(x, dtype=float).reshape((samples, a.size) if a.batched else (a.size,))
        for x, a in zip(data, program.arguments, strict=True)
    ]


@pytest.mark.thorough
@settings(max_examples=150)
@given(st.data(), st.sampled_from([0, 1, 2, 7, 8, 9, 17]))
def test_any_program_in_any_block_size(data, samples):
    program = programs.program(dags.Drawn(data.draw))
    numbers = data_for(program, samples, random.Random(data.draw(st.integers(0, 5))))
    expected = programs.interpreted(program, numbers, samples)
    code = ArrayCode(program)
    for code.block in (8, 16, 1024):
        found = code(as_arrays(program, numbers, samples), samples)
        for result, x, y in zip(program.results, expected, found, strict=True):
            assert y.shape == ((samples,) if result.batched else ()) + (len(result.values),)
            assert dags.same_bits(x, y), f"{program}\n{numbers}\n{x}\n{y}"


@pytest.mark.parametrize("samples", BATCHES)
def test_the_order_of_batch_sums(samples):
    rng = np.random.default_rng(samples)
    x = rng.normal(size=(samples, 2)) * 10.0 ** rng.integers(-8, 8, size=(samples, 2))
    program = Program([Argument("x", 2, True)], [Instruction(BATCH_SUM, (0,)), Instruction(BATCH_SUM, (1,))],
                      [Result((2, 3), False)])  # fmt: skip
    code = ArrayCode(program)
    for code.block in (8, 128, 1024, 2048):
        (found,) = code([x], samples)
        assert found.tolist() == [batch_sum(x[:, 0].tolist()), batch_sum(x[:, 1].tolist())]


def test_a_sum_in_another_order_would_be_seen():
    x = np.random.default_rng(0).normal(size=5000)
    assert batch_sum(x.tolist()) != math.fsum(x) or batch_sum(x.tolist()) != float(np.sum(x))
    sums = BlockSums()
    sums.add([x, -x])
    assert sums.total().tolist() == [batch_sum(x.tolist()), batch_sum((-x).tolist())]


@given(st.integers(1, 10**7))
@example(1)
def test_blocks_are_multiples_of_1024_or_divide_it(values):
    size = block_size(values)
    assert size % BLOCK == 0 or BLOCK % size == 0
    assert size >= 8
    assert size * values <= arrays.NUMBERS or size == 8
    next_size = size + BLOCK if size >= BLOCK else 2 * size
    assert next_size * values > arrays.NUMBERS  # as large as it may be


def test_a_large_batch_never_holds_all_of_its_values(monkeypatch):
    """Of 200 tanhs in a row of 30,000 samples, the arrays that live at one time are those of a block."""
    monkeypatch.setattr(arrays, "NUMBERS", 2**18)
    sizes = []
    monkeypatch.setattr(arrays.numpy, "tanh", lambda x: sizes.append(x.size) or x)

    def f(x):
        for _ in range(200):
            x = tanh(x)
        return x

    compile(vmap(f, reduce="sum"), backend="numpy")(np.ones(30_000))
    assert sizes
    assert max(sizes) <= 2048


def test_results_of_several_rounds():
    """Batched, summed, batched again: the standard scores of a column."""

    def scores(x):
        mean = vmap(lambda v: v, reduce="mean")(x)
        spread = vmap(lambda v, m: (v - m) ** 2, in_axes=(0, None), reduce="mean")(x, mean) ** 0.5
        return vmap(lambda v, m, s: ((v - m) / s) ** 3, in_axes=(0, None, None), reduce="mean")(x, mean, spread)

    x = np.random.default_rng(3).normal(size=2500) ** 2
    found = {backend: compile(scores, backend=backend)(x) for backend in ("python", "numpy")}
    assert found["python"] == found["numpy"]
    z = (x - x.mean()) / x.std()
    assert found["numpy"] == pytest.approx((z**3).mean(), rel=1e-12)


def loss(p, x, y):
    return (relu(dot(p, x)) - y) ** 2


@pytest.mark.parametrize("library", ["torch", "dask"])
def test_a_training_step_on_arrays_of_other_libraries(library):
    pytest.importorskip("array_api_compat")
    rng = np.random.default_rng(0)
    p, X, y = rng.normal(size=3), rng.normal(size=(50, 3)), rng.normal(size=50)
    step = compile(value_and_grad(vmap(loss, in_axes=(None, 0, 0), reduce="mean")))
    value, gradient = compile(step.f, backend="numpy")(p, X, y)
    if library == "torch":
        torch = pytest.importorskip("torch")
        arguments, back = [torch.tensor(a) for a in (p, X, y)], lambda a: a.numpy()
    else:
        dask = pytest.importorskip("dask.array")
        arguments = [dask.from_array(p), dask.from_array(X, chunks=20), dask.from_array(y, chunks=20)]
        back = lambda a: a.compute()  # noqa: E731
    found = step(*arguments)
    assert type(found[1]) is type(arguments[0])  # it stays where it was: lazy, or on its device
    assert back(found[0]) == pytest.approx(value, rel=1e-13)
    assert back(found[1]) == pytest.approx(gradient, rel=1e-12)
    how = f"numpy: the arguments are arrays of {library}, which computes on them itself"
    if library == "dask" and find_spec("llvmlite"):
        how = "llvm: the arguments are arrays of dask, whose blocks native code computes"
    assert step.why(*arguments) == how
    assert back(step(p, *arguments[1:])[0]) == pytest.approx(value, rel=1e-13)  # NumPy's go along


def test_float32_arrays_of_other_libraries_compute_in_float64():
    torch = pytest.importorskip("torch")
    pytest.importorskip("array_api_compat")
    f = compile(vmap(lambda x: x * 0.1), backend="numpy")
    assert f(torch.ones(3, dtype=torch.float32)).dtype == torch.float64
