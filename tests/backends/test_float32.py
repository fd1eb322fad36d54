"""Native code that computes in float32, against each operation in float64, rounded; to the bit."""

import ctypes
import functools
import pickle

import dags
import looping
import numpy as np
import programs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import compile, grad, nn, value_and_grad, vmap
from autograd_lite.backends.batch_order import BLOCK
from autograd_lite.backends.choice import code_of
from autograd_lite.backends.float32 import check_float32
from autograd_lite.backends.llvm import native_code
from autograd_lite.backends.llvm.compilation import prepared
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.program.gathers import Gather
from autograd_lite.program.interpreter import interpret
from autograd_lite.program.payloads import row_of
from autograd_lite.program.program import Program
from autograd_lite.trees import flatten

LANES = 16
ROWS = sorted({row.name for row in PRIMITIVES.values() if row.arity or row.fold} & set(PRIMITIVES))
NUMBERS = st.one_of(st.floats(-4, 4, width=32), st.floats(width=32))


def rounded(x):
    return ctypes.c_float(x).value


def added(x, y):
    return rounded(x + y)


def sum_of_samples(samples):
    """In the order of `batch_order`, with twice the lanes."""
    total = 0.0
    for start in range(0, len(samples), BLOCK):
        lanes = [functools.reduce(added, samples[start + k : start + BLOCK : LANES], 0.0) for k in range(LANES)]
        while len(lanes) > 1:
            half = len(lanes) // 2
            lanes = list(map(added, lanes[:half], lanes[half:]))
        total = added(total, lanes[0])
    return total


def meaning(row, operands):
    operands = list(map(rounded, operands))  # constants are rounded too
    if row is BATCH_SUM:
        return sum_of_samples(operands)
    if isinstance(row.fold, type(row)) and row.sequences:
        width = len(operands) // row.sequences
        terms = (
            operands
            if row.sequences == 1
            else [rounded(a * b) for a, b in zip(operands, operands[width:], strict=False)]
        )
        return functools.reduce(lambda x, y: rounded(row.fold.ieee_value(x, y)), terms)
    return rounded(row.ieee_value(*operands))


def reference(program, arguments, samples):
    return interpret(program, meaning, arguments, samples)


@settings(deadline=None, max_examples=30)
@given(st.data(), st.sampled_from([1, 2, 15, 16, 17, 40]))
def test_each_operation_is_that_of_float64_rounded(data, samples):
    program = programs.program(dags.Drawn(data.draw), ROWS).lowered()
    draw = st.lists(NUMBERS, min_size=1, max_size=1).map(lambda x: x[0])
    arguments = [
        [[data.draw(draw) for _ in range(a.size)] for _ in range(samples)]
        if a.batched
        else [data.draw(draw) for _ in range(a.size)]
        for a in program.arguments
    ]  # fmt: skip
    arrays = [
        np.array(x, np.float32).reshape((samples, -1) if a.batched else -1)
        for x, a in zip(arguments, program.arguments, strict=True)
    ]
    with np.errstate(all="ignore"):
        found = code_of("llvm", program, False, "", "float32")(arrays, samples)
    for x, y in zip(found, reference(program, arguments, samples), strict=True):
        assert x.dtype == np.float32
        with np.errstate(all="ignore"):
            expected = np.array(y, float).astype(np.float32)  # constants among the results
        np.testing.assert_array_equal(x, expected.reshape(x.shape))


@pytest.mark.parametrize("seed", range(12))
def test_loops_calls_and_gathers_too(seed):
    f, args = looping.loop_function(seed)
    both = value_and_grad(f, argnums=(0, 1, 2))
    arrays = [np.array(x, np.float32) for x in args]
    step = compile(both, dtype="float32")
    found = step(*arrays)
    program = prepared(step.trace(*arrays)).lowered()
    expected = reference(program, [x.ravel().tolist() for x in arrays], 1)
    assert [*map(float, numbers_of(found))] == [x for result in expected for x in result]
    exact = numbers_of(compile(both)(*arrays))
    for x, y in zip(numbers_of(found), exact, strict=True):
        assert abs(x - y) <= 2**-16 * (1 + abs(y))


def numbers_of(x):
    return [float(y) for leaf in flatten(x, whole=True)[0] for y in np.ravel(leaf)]


def squares(p, x, y):
    hidden = [ag.tanh(ag.dot(row, x)) for row in p["inner"]]
    return (ag.dot(p["outer"], hidden) - y) ** 2


@pytest.mark.parametrize("samples", [0, 1, 10, 1023, 1025, 3000])
@pytest.mark.parametrize("fastmath", [False, True])
def test_a_step_is_within_the_bound_of_its_float64(samples, fastmath):
    draw = np.random.default_rng(samples)
    p = {"inner": draw.normal(size=(17, 20)).astype(np.float32), "outer": draw.normal(size=17).astype(np.float32)}
    X, y = draw.normal(size=(samples, 20)).astype(np.float32), draw.normal(size=samples).astype(np.float32)
    loss = value_and_grad(vmap(squares, in_axes=(None, 0, 0), reduce="sum"))
    value, slopes = compile(loss, dtype="float32", fastmath=fastmath)(p, X, y)
    assert slopes["inner"].dtype == slopes["outer"].dtype == np.float32
    expected, exact = compile(loss)(p, X, y)
    assert value == pytest.approx(expected, rel=1e-5)
    for name, x in exact.items():
        assert np.abs(slopes[name] - x).max() <= 1e-5 * (1 + np.abs(x).max())


def test_threads_change_no_bit(monkeypatch):
    X = np.random.default_rng(1).normal(size=(5000, 3)).astype(np.float32)
    loss = vmap(lambda x: ag.exp(ag.sin(ag.sum(x))) * x, reduce="sum")
    step = compile(loss, dtype="float32")
    alone = step(X)
    (entry,) = step.entries.values()
    monkeypatch.setattr(entry.code, "_share", lambda samples: True)
    monkeypatch.setattr(native_code, "_cores", lambda: 3)
    assert np.array_equal(step(X), alone)


def test_arrays_keep_their_type_and_numbers_are_floats():
    f = compile(lambda x, y: (x * y, [y + 0.1, 2.0], {"a": x}), dtype="float32")
    product, (increased, two), same = f(np.array([0.1, 0.2], np.float32), 1)
    assert product.dtype == same["a"].dtype == np.float32
    assert (type(increased), increased, two) == (float, rounded(1.1), 2.0)
    neuron = nn.Neuron(2, activation="identity")
    slopes = compile(grad(lambda m, x: m(x)), dtype=np.float32)(neuron, [0.5, 0.25])
    assert slopes == {"w[0]": 0.5, "w[1]": 0.25, "b": 1.0}


def test_results_that_are_mostly_constant():
    step = compile(ag.jacobian(lambda x: [x[k] * x[k] for k in range(20)]), dtype="float32")
    found = np.array(step(np.arange(20, dtype=np.float32)))
    assert np.array_equal(found, np.diag(2.0 * np.arange(20)))


def test_on_values_and_in_other_functions_it_computes_in_float64():
    f = compile(lambda x: ag.sin(x) * 0.1, dtype="float32")
    exact = 0.1 * ag.sin(0.3)
    assert f(ag.Value(0.3)).data == exact
    assert compile(lambda x: f(x))(0.3) == exact
    assert f(0.3) == rounded(rounded(ag.sin(rounded(0.3))) * rounded(0.1))


@pytest.mark.parametrize(("bound", "counted"), [(2**24, True), (2**24 + 1, False)])
def test_an_index_is_refused_that_float32_cannot_count(bound, counted):
    program = compile(lambda x, i: ag.take(x, i), backend="python").trace([1.0, 2.0], 1.0)
    instructions = [
        x._replace(row=row_of(x.row.payload._replace(bound=bound))) if isinstance(x.row.payload, Gather) else x
        for x in program.instructions
    ]
    large = Program(program.arguments, instructions, program.results)
    if counted:
        check_float32(large, "llvm", "")
    else:
        with pytest.raises(ValueError, match="float32 counts only to 16,777,216"):
            check_float32(large, "llvm", "")


def test_what_has_no_code_is_refused():
    for dtype in ("float16", int, "double precision", None):
        with pytest.raises(ValueError, match=r"compile got dtype=.*; choose 'float64' or 'float32'"):
            compile(lambda x: x, dtype=dtype)
    for backend in ("python", "numpy", "javascript"):
        with pytest.raises(ValueError, match=f'the back end "{backend}" computes in float64 alone; choose "llvm"'):
            compile(lambda x: x, dtype="float32", backend=backend)
    with pytest.raises(ValueError, match="cholesky of linear algebra computes in float64 alone"):
        compile(lambda a: ag.linalg.cholesky(a), dtype="float32")(np.eye(3, dtype=np.float32))
    assert compile(lambda x: x * 2.0, dtype=float)(0.1) == compile(lambda x: x * 2.0, dtype=np.float64)(0.1) == 0.2


def test_it_is_pickled_with_its_dtype():
    assert pickle.loads(pickle.dumps(compile(ag.sin, dtype="float32"))).dtype == "float32"
