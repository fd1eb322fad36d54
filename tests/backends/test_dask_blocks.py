"""Native code on the blocks of Dask arrays: the numbers of the local back end, compiled once in a process."""

import math
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Value, compile, custom_vjp, dot, exp, grad, primitive, relu, sin, tanh, value_and_grad, vmap
from autograd_lite.core.primitives import PRIMITIVES

da = pytest.importorskip("dask.array")
pytest.importorskip("llvmlite")

from cloudpickle import register_pickle_by_value  # noqa: E402

from autograd_lite.backends import dask_blocks  # noqa: E402
from autograd_lite.examples import cluster  # noqa: E402

UNIT = 2.0**-53


def loss(p, x, y):
    return (relu(dot(p, x)) - tanh(y)) ** 2


def mean_loss(p, x, y):
    return vmap(loss, in_axes=(None, 0, 0), reduce="mean")(p, x, y)


def scores(p, x, y):
    """Three rounds: a mean, a spread about it, and the mean of what is scaled by both."""
    mean = lambda f, *args: vmap(f, in_axes=(0, *[None] * (len(args) - 1)), reduce="mean")(*args)  # noqa: E731
    m = mean(lambda v: p[0] * v, y)
    s = mean(lambda v, m: (v - m) ** 2, y, m) ** 0.5
    return mean(lambda v, m, s: tanh((v - m) / (s + 1.0)), y, m, s)


def data(n):
    rng = np.random.default_rng(n)
    return rng.normal(size=3), rng.normal(size=(n, 3)), rng.normal(size=n)


def split(data, n):
    """Sizes of blocks that add up to n, any."""
    ends = sorted(data.draw(st.lists(st.integers(0, n), max_size=5)))
    return tuple(b - a for a, b in zip([0, *ends], [*ends, n], strict=True))


def lazily(data, p, X, y):
    """The same numbers as Dask arrays, each with blocks of its own."""
    n = len(y)
    columns = data.draw(st.sampled_from([(3,), (1, 2), (1, 1, 1)]))
    return (
        data.draw(st.sampled_from([p, da.from_array(p, chunks=2)])),
        da.from_array(X, chunks=(split(data, n), columns)),
        data.draw(st.sampled_from([y, da.from_array(y, chunks=(split(data, n),))])),
    )


def bound(terms):
    """How far two sums of these terms over samples may be apart: each rounds so many times (`batch_order`)."""
    n = len(terms)
    return 2 * (131 + math.ceil(n / 1024) + n) * UNIT * np.abs(terms).sum(axis=0)


STEP = compile(value_and_grad(vmap(loss, in_axes=(None, 0, 0), reduce="sum")))
EACH = compile(vmap(value_and_grad(loss), in_axes=(None, 0, 0)))
SCORES = compile(value_and_grad(scores))


@settings(max_examples=10)
@given(st.data(), st.integers(1, 3000))
def test_any_blocks_give_the_local_sums(data_, n):
    arguments = data(n)
    values, gradients = EACH(*arguments)
    value, gradient = STEP(*arguments)
    lazy = STEP(*lazily(data_, *arguments))
    assert abs(lazy[0].compute() - value) <= bound(values)
    assert (np.abs(lazy[1].compute() - gradient) <= bound(gradients)).all()


@settings(max_examples=10)
@given(st.data(), st.integers(1, 3000))
def test_any_blocks_give_the_bits_of_each_sample(data_, n):
    arguments = data(n)
    for here, there in zip(EACH(*arguments), EACH(*lazily(data_, *arguments)), strict=True):
        assert there.shape == here.shape
        np.testing.assert_array_equal(there.compute(), here)


@settings(max_examples=10)
@given(st.data(), st.integers(2, 3000))
def test_sums_that_need_sums(data_, n):
    p, X, y = data(n)
    value, gradient = SCORES(p, X, y)
    lazy = SCORES(p, X, da.from_array(y, chunks=(split(data_, n),)))
    assert lazy[0].compute() == pytest.approx(value, rel=1e-11, abs=1e-13)
    np.testing.assert_allclose(lazy[1].compute(), gradient, rtol=1e-11, atol=1e-13)


def test_nothing_is_computed_before_it_is_asked_for():
    """What the blocks hold is not asked for either."""

    def fails(block):
        raise RuntimeError("this block is computed")

    X = da.map_blocks(fails, da.ones((10, 3), chunks=5), dtype=float, meta=np.empty((0, 0)))
    value, gradient = STEP(np.ones(3), X, da.ones(10, chunks=5))
    assert value.shape == ()
    assert gradient.shape == (3,)
    with pytest.raises(RuntimeError, match="this block is computed"):
        value.compute(scheduler="synchronous")


def test_a_process_compiles_a_program_once(monkeypatch):
    """Of 50 blocks on many threads, and in later calls, the first that needs a part of the program compiles it."""
    made, real = [], dask_blocks.llvm
    monkeypatch.setattr(dask_blocks, "MADE", {})
    monkeypatch.setattr(dask_blocks, "llvm", lambda *args, **how: made.append(args) or real(*args, **how))
    p, X, y = data(5000)
    for scale in (1.0, 2.0):
        lazy = STEP(scale * p, da.from_array(X, chunks=(100, 3)), da.from_array(y, chunks=100))
        da.compute(*lazy, scheduler="threads", num_workers=8)
    assert len(made) == 2  # the sums of a block, and the results from the sums of all


def test_the_code_that_was_used_last_is_kept(monkeypatch):
    monkeypatch.setattr(dask_blocks, "MADE", {})
    monkeypatch.setattr(dask_blocks, "KEPT", 3)
    steps = [compile(vmap(lambda x, k=k: x * float(k), reduce="sum")) for k in range(5)]
    for step in steps:
        step(da.ones(4)).compute()
    assert len(dask_blocks.MADE) == 3
    task = pickle.loads(pickle.dumps(dask_blocks.Task(steps[4].trace(np.ones(4)).to_json(), False)))
    assert task.code()([np.ones(4)], 4)[0].tolist() == [16.0]


def test_blocks_of_other_numbers_become_floats():
    step = compile(vmap(lambda x: sin(x) * 0.1, reduce="sum"))
    for dtype in ("float32", "int16", "bool"):
        x = np.arange(10).astype(dtype)
        assert step(da.from_array(x, chunks=4)).compute() == pytest.approx(step(x.astype(float)), rel=1e-14)


def test_no_samples():
    value, gradient = STEP(np.ones(3), da.ones((0, 3)), da.ones(0))
    assert value.compute() == 0.0
    assert gradient.compute().tolist() == [0.0, 0.0, 0.0]


def test_infinite_and_missing_numbers_come_through():
    step = compile(vmap(lambda x: exp(x), reduce="sum"))
    assert step(da.from_array(np.array([800.0, 1.0, 2.0]), chunks=1)).compute() == math.inf
    assert math.isnan(step(da.from_array(np.array([math.nan, 1.0, 2.0]), chunks=1)).compute())


def test_a_row_with_a_lowering_goes_along(monkeypatch):
    monkeypatch.setattr("autograd_lite.core.primitives.PRIMITIVES", PRIMITIVES)
    row = primitive("thrice_for_blocks", lambda x: 3.0 * x, (lambda out, x: 3.0,), "3x", lowering=lambda x: 3.0 * x)
    try:
        step = compile(vmap(lambda x: row(x) ** 2, reduce="sum"))
        x = da.ones(6, chunks=2)
        assert step.why(x).startswith("llvm")
        assert step(x).compute() == 54.0
    finally:
        del PRIMITIVES["thrice_for_blocks"]


def test_what_other_processes_do_not_have_stays_with_the_arrays():
    @custom_vjp
    def half(x):
        return x * 0.5 if isinstance(x, Value) else 0.5 * x

    row = primitive("fourfold_for_blocks", lambda x: 4.0 * x, (lambda out, x: 4.0,), "4x", array=lambda xp, x: 4.0 * x)
    try:
        step = compile(vmap(lambda x: row(x) ** 2, reduce="sum"))
        x = da.ones(6, chunks=2)
        assert step.why(x) == "numpy: the arguments are arrays of dask, which computes on them itself"
        with pytest.raises(TypeError, match=r'"llvm" .* an array of dask, and other processes do not have fourfold'):
            compile(step.f, backend="llvm")(x)
    finally:
        del PRIMITIVES["fourfold_for_blocks"]


def test_the_back_end_that_was_asked_for_carries_the_blocks():
    x = da.arange(6, chunks=2)
    for backend in ("llvm", "numpy"):
        step = compile(vmap(grad(lambda x: x * x)), backend=backend)
        assert step.why(x).startswith(backend)
        assert step(x).compute().tolist() == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    with pytest.raises(TypeError, match='the back end "python" computes on NumPy arrays, but got an array of dask'):
        compile(vmap(lambda x: x * x), backend="python")(x)


def count_compilations():
    """In a worker: count how often it compiles, in `MADE`'s module."""
    real, dask_blocks.compilations = dask_blocks.llvm, 0

    def counted(*args, **how):
        dask_blocks.compilations += 1
        return real(*args, **how)

    dask_blocks.llvm = counted


def test_a_cluster_that_loses_a_worker(monkeypatch):
    distributed = pytest.importorskip("distributed")
    tests = str(Path(__file__).parents[1])  # workers get the path, and would take tests/sparse for a library
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder != tests])
    register_pickle_by_value(sys.modules[__name__])
    p, (t, y) = np.array([0.5, 4.0, 0.4, 2.0]), cluster.samples(3_000_000)
    value, gradient = cluster.step(p, *da.compute(t, y))
    n = t.shape[0]
    each = compile(vmap(value_and_grad(cluster.squared_error), in_axes=(None, 0, 0)))(p, *da.compute(t, y))
    values, gradients = each
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as workers,
        distributed.Client(workers) as client,
    ):
        client.run(count_compilations)
        whole = cluster.on_cluster(client, p, t, y)
        counts = client.run(lambda: dask_blocks.compilations).values()
        assert 2 <= sum(counts) <= 4  # two parts, on each worker that got a task of them
        assert max(counts) <= 2
        broken = cluster.on_cluster(client, p, t, y, lose_after=2)
    assert broken[0] == whole[0]  # the order of adding does not depend on who computed a block
    np.testing.assert_array_equal(broken[1], whole[1])
    assert abs(whole[0] - value) <= bound_of_blocks(values, n)
    assert (np.abs(whole[1] - gradient) <= bound_of_blocks(gradients, n)).all()


def bound_of_blocks(terms, n):
    """Of the means: blocks of more than 1,024 samples round as often as the local sum does, and once each."""
    blocks = math.ceil(n / cluster.BLOCK)
    return (2 * (131 + math.ceil(n / 1024)) + blocks + 4) * UNIT * np.abs(terms).sum(axis=0) / n
