"""A `vmap` in a compiled function: one loop, with the bits of the eager one, wherever its samples come from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import compile, grad, jvp, scan, take, value_and_grad, vmap

pytest.importorskip("llvmlite")

BACKENDS = ("python", "llvm")
ROWS = (
    lambda a, b, c: ag.sin(a * c[0]) * b + c[1] * a * a,
    lambda a, b, c: (1.0 - a) ** 2.0 + 100.0 * (b - a * a) ** 2.0,
    lambda a, b, c: ag.where(ag.less(a, b), ag.exp(a), c[0] * b),
    lambda a, b, c: ag.logsumexp([a, b, c[0]]) * take([a, b, c[1]], ag.where(ag.less(a, c[0]), 0.0, 2.0)),
    lambda a, b, c: ag.tanh(a) if c is None else ag.tanh(a) * c[0] + a,
)
REDUCTIONS = (None, "sum", "mean", "max", "min", "prod", "logsumexp")


def flat(x):
    if isinstance(x, dict):
        return [y for part in x.values() for y in flat(part)]
    if isinstance(x, (list, tuple)) or (isinstance(x, np.ndarray) and x.ndim):
        return [y for part in x for y in flat(part)]
    return [float(x) + 0.0]


def function_of(row, reduce, parts):
    """A function of an array whose value is made by a vmap over parts of it; c is what all samples share."""

    def f(x, c=(0.7, 1.3)):
        n = len(x)
        first, second = {
            "neighbours": (x[:-1], x[1:]),
            "strided": (x[::2][: n // 2], x[1::2]),
            "backwards": (x[::-1], x),
            "gathered": (x[[(7 * i) % n for i in range(n)]], x),
            "taken": (take(x, np.arange(n) % 5), x),
            "computed": (x * 0.5, x),
            "lists": (list(x), list(x[::-1])),
            "mapped before": (vmap(lambda v: v * v + v)(x), x),
        }[parts]
        found = vmap(row, in_axes=(0, 0, None), reduce=reduce)(first, second, c)
        return found if reduce else ag.sum([y * (0.1 * (i % 7)) for i, y in enumerate(found)])

    return f


PARTS = ["neighbours", "strided", "backwards", "gathered", "taken", "computed", "lists", "mapped before"]


@pytest.mark.thorough
@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(ROWS), st.sampled_from(REDUCTIONS), st.sampled_from(PARTS), st.integers(70, 90), st.integers(0, 999)
)
def test_values_and_gradients_have_the_bits_of_the_eager_map(row, reduce, parts, n, seed):
    f, x = function_of(row, reduce, parts), np.random.default_rng(seed).uniform(0.3, 1.2, n)
    both, c = value_and_grad(f, argnums=(0, 1)), np.array([0.7, 1.3])
    expected = flat(both(x, c))
    for backend in BACKENDS:
        assert flat(compile(both, backend=backend)(x, c)) == expected


@pytest.mark.parametrize("parts", PARTS)
def test_the_code_does_not_grow_with_the_samples(parts):
    def rows(n):
        f = value_and_grad(function_of(ROWS[1], "sum", parts))
        program = compile(f, backend="python").trace(np.ones(n))
        return [row.name for row, _, _ in program.instructions if row.name not in ("item", "mul", "constant")]

    assert len(rows(100)) == len(rows(200)) or parts == "computed"


def test_the_gradient_of_a_map_over_the_argument_is_a_map():
    f = compile(grad(lambda x: ag.log(vmap(ag.exp, reduce="sum")(x))), backend="llvm")
    x = np.linspace(-1.0, 1.0, 500)
    assert np.array_equal(f(x), np.array(grad(lambda x: ag.log(vmap(ag.exp, reduce="sum")(x)))(x), dtype=float))
    names = [row.name for row, _, _ in f.trace(x).instructions]
    assert names.count("loop") == 2
    assert len([name for name in names if name != "item"]) < 20


@pytest.mark.parametrize("backend", BACKENDS)
def test_second_derivatives_and_tangents(backend):
    f, x = function_of(ROWS[0], "sum", "neighbours"), np.linspace(0.3, 1.2, 40)
    v = np.linspace(-1.0, 1.0, 40)

    def slope(x):
        return ag.sum([y * y for y in grad(f)(x)])

    np.testing.assert_allclose(flat(compile(grad(slope), backend=backend)(x)), flat(grad(slope)(x)), rtol=1e-12)
    along = compile(lambda x: jvp(f, (x,), (v,)), backend=backend)(x)
    np.testing.assert_allclose(flat(along), flat(jvp(f, (x,), (v,))), rtol=1e-13)


@pytest.mark.thorough
@pytest.mark.parametrize("backend", BACKENDS)
def test_maps_in_maps_in_steps_and_in_batches(backend):
    points, cameras = np.linspace(0.5, 1.5, 80).reshape(40, 2), np.linspace(-1.0, 1.0, 6).reshape(3, 2)

    def seen(camera, point):
        return ag.sin(camera[0] * point[0]) + camera[1] * point[1]

    def all_points(cameras, points):
        return vmap(lambda c: vmap(lambda p: seen(c, p) ** 2.0, reduce="sum")(points), reduce="sum")(cameras)

    both = value_and_grad(all_points, argnums=(0, 1))
    np.testing.assert_allclose(
        flat(compile(both, backend=backend)(cameras, points)), flat(both(cameras, points)), rtol=1e-13
    )

    def steps(camera):
        def step(state, _):
            return state + vmap(lambda p: seen([camera[0] * state, camera[1]], p), reduce="mean")(points), None

        return scan(step, 0.1, length=4)[0]

    assert flat(compile(value_and_grad(steps), backend=backend)(cameras[0])) == pytest.approx(
        flat(value_and_grad(steps)(cameras[0])), rel=1e-13
    )
    batch = value_and_grad(lambda cs: vmap(steps, reduce="mean")(cs))
    samples = np.linspace(-0.5, 0.5, 22).reshape(11, 2)
    np.testing.assert_allclose(flat(compile(batch, backend=backend)(samples)), flat(batch(samples)), rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_bundle_adjustment_is_one_program(backend):
    rng = np.random.default_rng(0)
    cameras, points = rng.normal(size=(4, 3)), rng.normal(size=(30, 2))
    which, what = (grid.ravel() for grid in np.meshgrid(np.arange(4), np.arange(30), indexing="ij"))
    seen = rng.normal(size=(120, 1))

    def error(camera, point, y):
        return (ag.cos(camera[0]) * point[0] + camera[1] * point[1] + camera[2] - y[0]) ** 2.0

    def gathered(cameras, points):
        return vmap(error, reduce="sum")(cameras[which], points[what], seen)

    def by_index(cameras, points, which, what):
        rows = vmap(lambda i, j, y: error(take(cameras, i), take(points, j), y), reduce="sum")
        return rows(which, what, seen)

    expected = flat(value_and_grad(gathered, argnums=(0, 1))(cameras, points))
    step = compile(value_and_grad(gathered, argnums=(0, 1)), backend=backend)
    assert flat(step(cameras, points)) == expected
    assert sum(row.name == "loop" for row, _, _ in step.trace(cameras, points).instructions) == 2
    data = (cameras, points, which.astype(float), what.astype(float))
    expected = flat(value_and_grad(by_index, argnums=(0, 1))(*data))
    assert flat(compile(value_and_grad(by_index, argnums=(0, 1)), backend=backend)(*data)) == pytest.approx(
        expected, rel=1e-12, abs=1e-13
    )


def test_a_map_over_ints_may_count_with_them():
    weights = [1.0, 2.0, 4.0]
    f = compile(lambda x: vmap(lambda i: x * weights[i % 3], reduce="sum")(list(range(60))), backend="python")
    assert f(2.0) == 2.0 * 20 * 7.0
    assert [row.name for row, _, _ in f.trace(2.0).instructions].count("mul") == 2


@pytest.mark.parametrize("reduce", ["max", "min", "prod", "logsumexp"])
def test_reductions_of_few_and_of_no_samples(reduce):
    f = vmap(lambda v: v * 1.5, reduce=reduce)
    expected = getattr(ag, reduce)([1.5, 3.0, 0.75])
    assert f([1.0, 2.0, 0.5]) == pytest.approx(expected)
    assert compile(f, backend="python")([1.0, 2.0, 0.5]) == f([1.0, 2.0, 0.5])
    assert compile(grad(f), backend="python")(np.array([1.0, 2.0, 0.5])) == pytest.approx(
        np.array(grad(f)(np.array([1.0, 2.0, 0.5])), dtype=float)
    )


INNER = {
    "no gradient": lambda w, x: ag.sin(w * x) * ag.exp(w) * w + ag.tanh(w * w) * x,
    "a gradient in the sample": lambda w, x: grad(lambda y: ag.sin(y) * ag.exp(y) * ag.sin(y) * y)(x) * w,
    "a gradient of a gradient": lambda w, x: grad(grad(lambda y: ag.sin(y) * ag.sin(y)))(x) * w,
    "a gradient with what is shared": lambda w, x: grad(lambda y: ag.sin(y * w) * ag.sin(y * w) * y)(x) * w,
    "an array of results": lambda w, x: np.array([ag.sin(w * x) * ag.exp(w) * w, grad(lambda y: y * ag.exp(y) * y)(x)]),
    "what is shared alone": lambda w, x: w,
}


def number(x):
    return ag.sum(list(x.flat)) if isinstance(x, np.ndarray) else x


@pytest.mark.parametrize("n", [5, 40])
@pytest.mark.parametrize("f", INNER.values(), ids=INNER)
@settings(max_examples=5, deadline=None)
@given(st.floats(0.1, 1.5), st.floats(0.01, 1.0))
def test_data_are_constants_in_a_batch_in_a_loop_and_written_out(f, n, w, first):
    """Transforms of a sample do what they do without a vmap, whatever the vmap is compiled to; so do those of it."""
    data = [first + k / 50.0 for k in range(n)]
    alone = [number(f(w, x)) for x in data]
    assert list(map(number, vmap(f, (None, 0))(w, data))) == alone
    batch = vmap(lambda w, x: number(f(w, x)), (None, 0))
    for backend in BACKENDS:
        assert compile(batch, backend=backend)(w, data) == alone
        assert compile(lambda w, xs: list(batch(w, xs)), backend=backend)(w, data) == alone
    for loss in (
        lambda w, xs: ag.sum([number(y) for y in vmap(f, (None, 0))(w, xs)]),
        lambda w, xs: ag.sum([number(y) for y in vmap(f, (None, 0))(w, data)]) + xs[0] * 0.0,
        lambda w, xs: vmap(lambda w, x: number(f(w, x)), (None, 0), "max")(w, xs),
    ):
        for slope in (value_and_grad(loss), value_and_grad(loss, (0, 1))):
            expected = ag.trees.flatten(slope(w, data))[0]
            for backend in BACKENDS:
                assert ag.trees.flatten(compile(slope, backend=backend)(w, data))[0] == expected


def test_tangents_of_a_rule_of_several_results_that_a_map_keeps():
    """What such a call computes is no number that a loop could keep for its derivatives: its results are."""
    both = ag.custom_vjp(lambda x, y: (x * y, x + y))
    both.defvjp(lambda x, y: (both(x, y), (x, y)), lambda kept, g: (g[0] * kept[1] + g[1], g[0] * kept[0] + g[1]))
    data = [0.1 * k for k in range(40)]

    def f(x):
        return vmap(lambda t: ag.sin(both(x * t, t)[0]) * both(t, x)[1], reduce="sum")(data)

    def along(x):
        return jvp(grad(f), (x,), (1.0,))

    np.testing.assert_allclose(compile(along, backend="python")(0.7), along(0.7), rtol=1e-13)
