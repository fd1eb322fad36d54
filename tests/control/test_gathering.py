"""Elements by index, as NumPy takes them, and their gradients."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, compile, grad, jvp, scan, take, value_and_grad

arrays = st.integers(1, 3).flatmap(lambda d: st.tuples(*[st.integers(1, 4)] * d)).map(
    lambda shape: np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
)  # fmt: skip


@given(arrays, st.data())
def test_it_takes_what_numpy_takes(x, data):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    index = st.integers(-x.shape[axis], x.shape[axis] - 1)
    indices = data.draw(st.one_of(index, st.lists(index, min_size=1, max_size=5).map(np.array)))
    expected = np.take(x, indices, axis)
    found = take(x, indices, axis)
    assert np.array_equal(np.asarray(found, dtype=float), expected)
    values = take(np.vectorize(Value)(x), indices, axis)
    assert np.array_equal(np.vectorize(lambda v: v.data)(values), expected)


@settings(max_examples=15)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5), st.data())
def test_a_computed_index_is_as_a_known_one(x, data):
    index = data.draw(st.integers(-len(x), len(x) - 1))

    def f(x, i):
        return take(x, i) ** 2.0 + take([[v, 2.0 * v] for v in x], i)[1]

    expected = value_and_grad(lambda x: f(x, index))(x)
    assert value_and_grad(f)(x, float(index)) == expected
    assert compile(value_and_grad(f), backend="python")(x, float(index)) == expected


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_out_of_bounds(backend):
    pytest.importorskip("llvmlite")
    with pytest.raises(IndexError, match="index 3, but there are 3 elements"):
        take([1.0, 2.0, 3.0], 3)
    assert math.isnan(compile(lambda i: take([1.0, 2.0, 3.0], i), backend=backend)(3.0))


@pytest.mark.parametrize("f", [
    value_and_grad(lambda x, k: take([x, x * x], k) + ag.sum(take([x, x * x], [k, k] * 20))),
    value_and_grad(lambda x, k: ag.switch(k, [lambda y: y, lambda y: y * y], x)),
    lambda x, k: jvp(lambda y: ag.fori_loop(0, k, lambda i, z: z * y, y), [x], [1.0]),
])  # fmt: skip
def test_what_counts_or_chooses_and_is_closed_over_is_read_at_each_call(f):
    k = Value(1.0)
    step = compile(lambda x: f(x, k), backend="python")
    for choice in (1, 0):
        k.data = choice
        assert step(0.5) == f(0.5, choice)


def test_gradients_add_up_and_do_not_reach_the_others():
    assert grad(lambda x: ag.sum(take(x, [0, 2, 0])))([1.0, 2.0, 3.0]) == [2.0, 0.0, 1.0]
    f = compile(grad(lambda x, i: ag.sqrt(take(x, i))), backend="python")
    assert f([0.0, 4.0], 1.0) == [0.0, 0.25]


def test_observations_are_data_of_a_loop():
    def total(p, symbols):
        return scan(lambda c, s: (c + take(p, s), None), 0.0, symbols)[0]

    step = compile(value_and_grad(total), backend="python")
    for symbols in ([0.0, 2.0, 2.0], [1.0, 1.0, 0.0]):
        assert step([1.0, 10.0, 100.0], symbols) == value_and_grad(total)([1.0, 10.0, 100.0], symbols)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: take([1.0, 2.0], 0.5), TypeError, "whole numbers as indices"),
        (lambda: take([1.0, 2.0], "a"), TypeError, "whole numbers as indices"),
        (lambda: take([1.0], 0, axis=1), TypeError, "needs an array"),
        (lambda: take(3.0, 0), TypeError, "a list or an array"),
        (lambda: compile(lambda i: take([], i))(0.0), IndexError, "no elements"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_an_index_that_is_not_finite_is_no_whole_number(x):
    with pytest.raises(TypeError, match="whole numbers as indices, but got"):
        take([1.0, 2.0], x)
    with pytest.raises(TypeError, match="index of switch is a whole number"):
        ag.switch(Value(x), [lambda: 1.0, lambda: 2.0])


def test_nothing_is_taken_from_nothing():
    for f in (lambda x: take([], x), compile(lambda x: take([], x))):
        with pytest.raises(IndexError, match="reads from nothing"):
            f(0.0)


def wandering(n):
    def f(x, w):
        def step(c, t):
            y = ag.take(x, ag.where(ag.less(c, 0.0), 1.0, 3.0))
            return ag.sin(c * w + y) + t, c * y

        c, ys = ag.scan(step, w, [0.1 * k for k in range(n)])
        return c * ag.sum(ys)

    return f


@pytest.mark.parametrize("transform", [lambda f: f, lambda f: ag.value_and_grad(f, argnums=(0, 1))])
def test_steps_that_read_an_array_of_their_sample_stay_a_loop(transform):
    """Each sample has its own array, which a step reads at computed places: native code has one step, of 8 samples."""
    pytest.importorskip("llvmlite")
    X, W = np.random.default_rng(0).normal(size=(13, 6)), np.linspace(-1.0, 1.0, 13)
    lengths = []
    for n in (20, 60):
        f = ag.vmap(transform(wandering(n)))
        native, plain = ag.compile(f, backend="llvm"), ag.compile(f, backend="python")
        found, expected = (ag.trees.flatten(g(X, W))[0] for g in (native, plain))
        assert [np.ravel(x).tolist() for x in found] == [np.ravel(x).tolist() for x in expected]
        lengths.append(len(native.trace(X, W).source("llvm")))
    assert lengths[1] < 1.2 * lengths[0]


@pytest.mark.parametrize("backend", ["python", "numpy"])
def test_what_samples_take_from_numbers_that_they_share_counts_once_for_each(backend):
    def mapped(p, factors):
        def one(k):
            last, _ = scan(lambda c, _: (take([p, 2.0 * p], ag.where(ag.less(c, 0.1), 0.0, 1.0)), None), k, length=2)
            return last * last + p * 0.3 * p  # p is read by all samples apart from that

        return ag.vmap(one, reduce="sum")(factors)

    slope, factors = grad(mapped), [-0.5, 0.2, 0.7]
    assert compile(slope, backend=backend)(0.7, np.array(factors)) == pytest.approx(slope(0.7, factors), rel=1e-12)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: jvp(lambda a: take([y, a * a], ag.floor(a)), [x], [1.0])[1],
        lambda x, y: jvp(grad(lambda a: take([y, a * a], ag.floor(a)) * a), [x], [1.0])[1],
        lambda x, y: jvp(
            lambda a: take(
                ag.while_loop(lambda c: ag.less(c[0], 3.0), lambda c: [c[0] + 1.0, c[1] * a], [y, a]), ag.floor(a)),
            [x], [1.0])[1],
    ],
)  # fmt: skip
def test_a_program_has_no_argument_for_tangents_that_do_not_arrive(f):
    program = compile(lambda x, y: f(x, y), backend="python").trace(0.7, 1.3)
    assert [a.name for a in program.arguments] == ["x", "y"]
    assert program(1.6, 2.3) == pytest.approx(float(f(1.6, 2.3)))


def test_arrays_of_no_dimensions_are_indices_bounds_and_conditions():
    """What NumPy makes of numbers, as squeeze and where do."""

    def f(x, i):
        one = np.squeeze(np.array([i * 1], dtype=object))
        found = ag.take([x, x * x], one) + ag.switch(one, [lambda: x, lambda: x * 3.0])
        return found + ag.fori_loop(0, np.squeeze(np.array([i + 2], dtype=object)), lambda _, c: c * x, 1.0)

    assert f(0.5, 1) == 0.25 + 1.5 + 0.125
    assert f(Value(0.5), Value(1.0)).data == f(0.5, 1)
    assert ag.compile(f, backend="python")(0.5, 1.0) == f(0.5, 1)
    assert ag.while_loop(lambda c: np.array(c < 3.0), lambda c: c * 2.0, 1.0) == 4.0


def test_an_axis_that_the_array_does_not_have():
    with pytest.raises(ValueError, match=r"along axis 2 of an array of shape \(2, 3\), which has none; choose one"):
        take(np.ones((2, 3)), 0, axis=2)
    assert take(np.arange(6.0).reshape(2, 3), 0, axis=-1).tolist() == [0.0, 3.0]
