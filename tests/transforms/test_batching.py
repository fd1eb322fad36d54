"""`vmap`: a loop over samples eagerly, a batch when compiled, of one meaning."""

import math
from collections import namedtuple

import dags
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Value, compile, dot, grad, hessian, hvp, jacobian, jvp, sin, tanh, value_and_grad, vjp, vmap
from autograd_lite import sum as total

X = np.arange(12.0).reshape(4, 3) / 8.0  # sums of these are exact, in any order


def both(f, *args):
    """What the eager engine and the python back end give; they have to agree to the bit."""
    eager, compiled = f(*args), compile(f, backend="python")(*args)
    assert isinstance(eager, type(compiled))
    assert dags.same_bits(eager, compiled)
    return eager


# -- what comes in, and what comes out


def test_lists_give_lists_and_arrays_give_arrays():
    assert both(vmap(lambda x: x * 2.0), [1.0, 2.0]) == [2.0, 4.0]
    assert both(vmap(lambda x: [x[0], {"s": x[1]}]), [[1.0, 2.0], [3.0, 4.0]]) == [[1.0, {"s": 2.0}], [3.0, {"s": 4.0}]]
    found = both(vmap(lambda x: x * 2.0), np.array([1.0, 2.0]))
    assert (type(found), found.tolist()) == (np.ndarray, [2.0, 4.0])
    found = both(vmap(lambda x: (x[0], {"all": x * 2.0})), X)
    assert found[0].tolist() == X[:, 0].tolist()
    assert found[1]["all"].tolist() == (2.0 * X).tolist()
    mixed = both(vmap(lambda x, y: x * y), [1.0, 2.0], np.array([3.0, 4.0]))
    assert (type(mixed), mixed.tolist()) == (np.ndarray, [3.0, 8.0])


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_any_axis_of_an_array(axis):
    cube = np.arange(24.0).reshape(2, 3, 4)
    found = both(vmap(lambda x: total(x[0]) - x[1, 0], in_axes=axis), cube)
    moved = np.moveaxis(cube, axis, 0)
    assert found.tolist() == pytest.approx((moved[:, 0, :].sum(axis=1) - moved[:, 1, 0]).tolist())


def test_axes_in_the_structure_of_the_arguments():
    data = {"x": X, "y": np.arange(4.0), "scale": 3.0}
    f = vmap(lambda p, d: dot(p, d["x"]) + d["y"] * d["scale"], in_axes=(None, {"x": 0, "y": 0, "scale": None}))
    assert both(f, [1.0, 0.0, 2.0], data).tolist() == pytest.approx(
        (X[:, 0] + 2.0 * X[:, 2] + 3.0 * np.arange(4.0)).tolist()
    )
    pair = vmap(lambda d: d[0] * d[1], in_axes=((0, None),))
    assert both(pair, (np.arange(3.0), 2.0)).tolist() == [0.0, 2.0, 4.0]
    assert both(vmap(lambda d: d[0] * d[1]), (np.arange(3.0), np.ones(3))).tolist() == [0.0, 1.0, 2.0]
    listed = vmap(lambda d: d[0] * d[1], in_axes=([0, None],))
    assert both(listed, [np.arange(3.0), 2.0]).tolist() == [0.0, 2.0, 4.0]


Pair = namedtuple("Pair", "x y")


@pytest.mark.parametrize("seen", [Pair(X, X[:, 0]), (X, X[:, 0]), [X, X[:, 0]], {"x": X, "y": X[:, 0]}])
@pytest.mark.parametrize("axes", ["alone", "as a tuple", "as a list"])
def test_a_sample_has_the_kind_of_its_argument(seen, axes):
    """However the axes are given: one number for all parts, where the argument is no list, or one for each."""
    if axes == "alone" and isinstance(seen, list):
        return  # that maps over the items of the list
    each = {"alone": 0, "as a tuple": (0, 0), "as a list": [0, 0]}[axes]
    if isinstance(seen, dict) and axes != "alone":
        each = {"y": 0, "x": 0}
    kinds = []

    def f(d):
        kinds.append(type(d))
        x, y = d.values() if isinstance(d, dict) else d
        return total(x) - y

    assert both(vmap(f, in_axes=(each,)), seen).tolist() == (X[:, 1] + X[:, 2]).tolist()
    assert set(kinds) == {type(seen)}


@pytest.mark.parametrize(
    ("in_axes", "args", "expected"),
    [
        ((0, None), ([1.0, 2.0], np.ones(2)), list),
        ((0, 0), ([1.0, 2.0], np.ones(2)), np.ndarray),
        (((0, None),), (([1.0, 2.0], np.ones(2)),), list),
        (((None, 0),), (([1.0, 2.0], np.ones(2)),), np.ndarray),
        ((0,), (([1.0, 2.0], np.ones(2)),), np.ndarray),
        ((0,), ([np.ones(2), np.ones(2)],), list),
        (({"a": 0, "b": None},), ({"a": [1.0, 2.0], "b": np.ones(2)},), list),
    ],
)
def test_results_are_arrays_where_samples_came_in_any(in_axes, args, expected):
    assert type(both(vmap(lambda *samples: 1.0, in_axes=in_axes), *args)) is expected


class Foreign:
    """An array of another library, as far as a map looks at it."""

    def __init__(self, data):
        self.data = np.asarray(data)
        self.shape, self.ndim, self.dtype = self.data.shape, self.data.ndim, self.data.dtype

    def __getitem__(self, index):
        return Foreign(self.data[index])

    def __len__(self):
        return len(self.data)

    def item(self):
        return self.data.item()


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_any_axis_of_an_array_of_another_library(axis):
    """Of a square array above all: there the wrong axis has as many samples."""
    square = X[:3]
    found = vmap(lambda x: x[0].item() - 2.0 * x[2].item(), in_axes=axis)(Foreign(square))
    moved = np.moveaxis(square, axis, 0)
    assert found == (moved[:, 0] - 2.0 * moved[:, 2]).tolist()
    assert vmap(lambda x: x * 2.0)(Foreign(square[0])) == (2.0 * square[0]).tolist()


def test_an_array_of_pytorch_maps_over_any_axis():
    torch = pytest.importorskip("torch")
    square = torch.tensor(X[:3].tolist(), dtype=torch.float64)
    for axis in (0, 1):
        f = vmap(lambda x: x[0] * 1.0 - x[2], in_axes=axis)
        assert [float(x) for x in f(square)] == f(square.numpy()).tolist()


@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_reductions_keep_the_structure_of_one_result(reduce):
    found = both(vmap(lambda x: {"a": x * 1.0, "b": [x[0], 5.0]}, reduce=reduce), X)
    factor = 1.0 if reduce == "sum" else 1 / 4
    assert found["a"].tolist() == pytest.approx((X.sum(axis=0) * factor).tolist())
    assert found["b"] == pytest.approx([X[:, 0].sum() * factor, 20.0 * factor])


@pytest.mark.parametrize("empty", [np.zeros(0), np.zeros((0, 2))])
def test_no_samples(empty):
    def f(x):
        return tanh(x[0] if isinstance(x, np.ndarray) else x)

    mapped, added, averaged = (vmap(f, reduce=how) for how in (None, "sum", "mean"))
    for f in (mapped, compile(mapped, backend="python"), compile(mapped, backend="numpy")):
        assert f(empty).shape == (0,)
    for f in (added, compile(added, backend="python"), compile(added, backend="numpy")):
        assert f(empty) == 0.0
    for f in (averaged, compile(averaged, backend="python"), compile(averaged, backend="numpy")):
        assert math.isnan(f(empty))


def test_an_empty_list_maps_to_an_empty_list_but_does_not_compile():
    f = vmap(lambda x: x)
    assert f([]) == []
    with pytest.raises(ValueError, match=r"argument x is an empty list.*pass an array of shape \(0, ...\)"):
        compile(f, backend="python")([])


# -- with the other transforms


def loss(w, x, y):
    return (tanh(dot(w, x)) - y) ** 2


def test_gradients_of_the_reduced_value():
    w, y = np.array([0.1, -0.2, 0.3]), np.array([1.0, 0.0, -1.0, 0.5])
    mean = vmap(loss, in_axes=(None, 0, 0), reduce="mean")
    value, gradient = value_and_grad(mean)(w, X, y)
    each = [value_and_grad(loss)(w, X[i], y[i]) for i in range(4)]
    assert value == pytest.approx(sum(v for v, _ in each) / 4)
    assert gradient == pytest.approx(sum(g for _, g in each) / 4)
    compiled = compile(value_and_grad(mean), backend="python")(w, X, y)
    assert compiled[0] == pytest.approx(value, rel=1e-14)
    assert compiled[1] == pytest.approx(gradient, rel=1e-13)


@pytest.mark.parametrize("argnums", [1, 2, (0, 1), (1, 2), (2, 0)])
def test_gradients_in_the_data(argnums):
    w, y = np.array([0.1, -0.2, 0.3]), np.array([1.0, 0.0, -1.0, 0.5])
    f = grad(vmap(loss, in_axes=(None, 0, 0), reduce="sum"), argnums=argnums)
    eager, compiled = f(w, X, y), compile(f, backend="python")(w, X, y)
    if not isinstance(argnums, tuple):
        eager, compiled = [eager], [compiled]
    for a, b in zip(eager, compiled, strict=True):
        assert a.shape == b.shape
        assert b == pytest.approx(a, rel=1e-13)


def test_a_map_of_gradients_has_each_samples_own():
    w, y = np.array([0.1, -0.2, 0.3]), np.array([1.0, 0.0, -1.0, 0.5])
    own = both(vmap(grad(loss), in_axes=(None, 0, 0)), w, X, y)
    assert own.shape == (4, 3)
    assert own.tolist() == [grad(loss)(w, X[i], y[i]).tolist() for i in range(4)]
    both(vmap(hessian(loss), in_axes=(None, 0, 0)), w, X, y)
    both(vmap(jacobian(lambda x: x * total(x))), X)


def test_gradients_inside_of_a_sample_belong_to_it():
    """The inner variable is a sample's own, even where it starts from a shared number, or from a plain one."""
    both(vmap(lambda x: grad(lambda y: x * y * y)(3.0)), np.arange(4.0))
    both(vmap(lambda p, x: grad(lambda y: x * y * y)(p), in_axes=(None, 0)), 3.0, np.arange(4.0))
    both(vmap(lambda p, x: grad(lambda q: q * q)(p) + 0.0 * x, in_axes=(None, 0)), 3.0, np.arange(4.0))
    outer = grad(vmap(lambda p, x: grad(lambda y: x * y * y)(p), in_axes=(None, 0), reduce="sum"))
    assert both(outer, 3.0, np.arange(4.0)) == 12.0
    shared = Value(3.0)
    f = vmap(lambda x: grad(lambda y: x * y * y)(shared) * x)
    assert [v.data for v in f(np.arange(4.0))] == compile(f, backend="python")(np.arange(4.0)).tolist()
    nested = grad(lambda q: vmap(lambda x: grad(lambda y: y * q * q)(3.0) * x, reduce="sum")(np.arange(4.0)))
    assert nested(2.0) == compile(nested, backend="python")(2.0) == 24.0


def test_what_no_sample_changes_counts_once_for_each():
    assert both(vmap(lambda p, x: p * p, in_axes=(None, 0), reduce="sum"), 3.0, np.zeros(4)) == 36.0
    assert both(vmap(lambda p, x: p * p, in_axes=(None, 0), reduce="mean"), 3.0, np.zeros(4)) == 9.0
    assert both(vmap(lambda p, x: 5.0, in_axes=(None, 0), reduce="sum"), 3.0, np.zeros(4)) == 20.0
    assert both(vmap(lambda p, x: (p, 5.0, x), in_axes=(None, 0)), 3.0, np.zeros(2))[0].tolist() == [3.0, 3.0]
    assert both(grad(vmap(lambda p, x: p * p, in_axes=(None, 0), reduce="sum")), 3.0, np.zeros(4)) == 24.0


def test_maps_of_maps():
    table = np.arange(6.0).reshape(2, 3)
    assert both(vmap(vmap(lambda x, y: x * y)), table, table).tolist() == (table * table).tolist()
    outer = vmap(vmap(lambda x, y: x - y, in_axes=(0, None)), in_axes=(None, 0))
    assert both(outer, np.arange(3.0), np.arange(2.0)).shape == (2, 3)
    assert both(vmap(vmap(lambda x: x * x, reduce="sum")), table).tolist() == (table**2).sum(axis=1).tolist()
    assert both(vmap(vmap(grad(lambda x: x**3))), table).tolist() == (3 * table**2).tolist()


def test_jvp_and_vjp_of_a_map():
    def forward(x, v):
        return jvp(vmap(sin), (x,), (v,))

    x, v = np.arange(3.0), np.ones(3)
    assert forward(x, v)[1].tolist() == np.cos(x).tolist()
    out, pullback = vjp(vmap(lambda w, x: w * x, in_axes=(None, 0)), 2.0, x)
    assert out.tolist() == [0.0, 2.0, 4.0]
    slope, rows = pullback(v)
    assert slope == 3.0
    assert rows.tolist() == [2.0, 2.0, 2.0]


def test_a_jacobian_of_a_batch_is_refused_with_the_way_out():
    f = jacobian(vmap(lambda x: x * x))
    assert f(np.arange(2.0)).tolist() == [[0.0, 0.0], [0.0, 2.0]]
    with pytest.raises(ValueError, match=r"maps over samples.*vmap\(jacobian\(...\)\)"):
        compile(f, backend="python")(np.arange(2.0))


# -- inside of a compiled function


def test_a_hessian_vector_product_of_a_batch():
    w, v, y = np.array([0.1, -0.2, 0.3]), np.array([1.0, 0.5, -2.0]), np.array([1.0, 0.0, -1.0, 0.5])
    product = hvp(vmap(loss, in_axes=(None, 0, 0), reduce="mean"))
    found = compile(product, backend="python")(w, v, X, y)
    assert found == pytest.approx(product(w, v, X, y), rel=1e-13)
    assert found == pytest.approx(sum(hvp(loss)(w, v, X[i], y[i]) for i in range(4)) / 4, rel=1e-13)


def penalised(w, X, y):
    return vmap(loss, in_axes=(None, 0, 0), reduce="mean")(w, X, y) + 0.1 * total(v * v for v in w)


def test_a_reduced_map_over_whole_arguments_is_a_batch():
    w, y = np.array([0.1, -0.2, 0.3]), np.array([1.0, 0.0, -1.0, 0.5])
    step = compile(value_and_grad(penalised), backend="python")
    program = step.trace(w, X, y)
    assert [(a.name, a.size, a.batched) for a in program.arguments] == [("w", 3, False), ("X", 3, True), ("y", 1, True)]
    value, gradient = value_and_grad(penalised)(w, X, y)
    for _ in range(2):
        found = step(w, X, y)
        assert found[0] == pytest.approx(value, rel=1e-14)
        assert found[1] == pytest.approx(gradient, rel=1e-13)
    assert len(step.trace(w, np.tile(X, (50, 1)), np.tile(y, 50)).instructions) == len(program.instructions)


def test_an_argument_may_be_a_batch_and_structure_at_once():
    def f(x):
        return vmap(lambda v: v * v, reduce="sum")(x) + x[0] * total(x)

    assert both(f, np.arange(4.0)) == 14.0
    assert [a.batched for a in compile(f, backend="python").trace(np.arange(4.0)).arguments] == [False, True]


def test_maps_that_are_no_batch_are_written_out():
    """Parts of arrays, results of every sample, another number of samples, and maps inside of samples."""
    x = np.arange(6.0)
    both(lambda x: vmap(lambda v: v * v, reduce="sum")(x[1:]), x)
    both(lambda x: total(vmap(lambda v: v * v)(x)), x)
    both(lambda x: vmap(lambda v: v * v, reduce="sum")(x * 2.0), x)
    square = vmap(lambda v: v * v, reduce="sum")
    both(lambda x, y: square(x) + square(y), x, np.arange(3.0))
    both(lambda x: vmap(lambda v: vmap(lambda u: u * v, reduce="sum")(x), reduce="sum")(x), x)
    both(lambda x: vmap(lambda v: v * v, reduce="sum")([x[0], x[1]]), x)
    both(lambda d: vmap(lambda v: v * v, reduce="mean")(d["x"]), {"x": x, "n": 2.0})
    assert both(grad(lambda x: vmap(lambda v: v * v, reduce="sum")(x)), x).tolist() == (2 * x).tolist()


@pytest.mark.thorough
def test_a_large_array_of_data_is_not_taken_for_structure():
    n = 200_000
    x = np.full((n, 2), 0.5)
    f = compile(lambda w, x: vmap(lambda w, x: w * x[0], in_axes=(None, 0), reduce="sum")(w, x), backend="numpy")
    assert f(2.0, x) == float(n)
    assert len(f.trace(2.0, x).arguments) == 2
    g = compile(lambda x: x[3, 1] + x.shape[0], backend="python")  # unless an element of it is used
    x[3, 1] = 7.0
    assert g(x) == 7.0 + n


@settings(max_examples=100)
@given(st.data())
def test_any_function_maps_as_it_loops(data):
    """Sums of exact numbers do not depend on their order, so loops and batches agree."""
    choose = dags.Drawn(data.draw)
    rows = [[float(choose.integer(-4, 4)) for _ in range(3)] for _ in range(choose.integer(1, 5))]
    axis = choose.one_of([0, 1, -1])
    reduce = choose.one_of([None, "sum", "mean"])
    f = vmap(lambda w, x: [w * x[0] - x[2], x[1] * x[1]], in_axes=(None, axis), reduce=reduce)
    x = np.moveaxis(np.array(rows), 0, axis)
    eager = f(2.0, x)
    for backend in ("python", "numpy"):
        assert dags.same_bits(compile(f, backend=backend)(2.0, x), eager)


# -- bad input


@pytest.mark.parametrize(
    ("in_axes", "args", "error", "message"),
    [
        ((0,), (X, X), ValueError, r"in_axes of vmap\(f\) is \(0,\), but the call has 2 arguments; give"),
        ("0", (X, X), ValueError, r"in_axes of vmap\(f\) is '0', but"),
        (1.0, (X, X), ValueError, r"in_axes of vmap\(f\) is 1.0, but"),
        (True, (X, X), ValueError, r"in_axes of vmap\(f\) is True, but"),
        (None, (X, X), ValueError, r"vmap\(f\) maps over nothing"),
        ((None, (None,)), (X, (X,)), ValueError, r"vmap\(f\) maps over nothing"),
        (2, (X, X), ValueError, r"in_axes names axis 2, but the array has shape \(4, 3\); choose"),
        (-3, (X, X), ValueError, r"in_axes names axis -3"),
        (0, (X, X[:2]), ValueError, r"(4 and 2 samples|has 2 samples, but those before have 4).*same number"),
        (0, (X, 3.0), TypeError, r"in_axes is 0 for 3.0 of type float, which holds no samples; pass an array or"),
        (1, (X, [1.0]), ValueError, r"a list maps over axis 0, but in_axes is 1"),
        ((0, {"a": 0}), (X, {"b": X}), ValueError, r"in_axes has {'a': 0} for .*; give it the structure"),
        ((0, (0, 0)), (X, (X,)), ValueError, r"in_axes has \(0, 0\) for .*; give it the structure"),
        ((0, {"a": 0}), (X, (X,)), ValueError, r"in_axes has {'a': 0} for .*; give it the structure"),
        ((0, [0, 1]), (X, {0: X, 1: X}), ValueError, r"in_axes has \[0, 1\] for .*; give it the structure"),
        ((0, (0, 0, 0, 0)), (X, X), ValueError, r"in_axes has \(0, 0, 0, 0\) for .*; give it the structure"),
        ((0, "x"), (X, X), TypeError, r"in_axes holds 'x'; give an int, None, or a tuple or dict of these"),
    ],
)
def test_bad_axes_are_refused_eagerly_and_compiled_alike(in_axes, args, error, message):
    def f(x, y):
        return x

    for mapped in (vmap(f, in_axes), compile(vmap(f, in_axes), backend="python")):
        with pytest.raises(error, match=message):
            mapped(*args)


@pytest.mark.parametrize("reduce", ["median", 0, "Sum", True])
def test_an_unknown_reduction_is_refused(reduce):
    with pytest.raises(ValueError, match=r'vmap reduces by None, "sum", .*"logsumexp", but got'):
        vmap(sin, reduce=reduce)


def test_a_map_of_many_samples_is_one_loop_wherever_they_come_from():
    f = compile(lambda x: total(vmap(lambda v: v * v)(x * 1.0)), backend="python")
    program = f.trace(np.ones(500))
    assert sum(row.name == "loop" for row, _, _ in program.instructions) == 1
    assert f(np.ones(500)) == 500.0


def test_what_has_a_shape_alone_holds_no_samples():
    class Shaped:
        shape = (3,)

    with pytest.raises(TypeError, match="which holds no samples; pass an array or a list"):
        vmap(lambda x: x)(Shaped())


def test_arguments_by_name_and_what_is_no_function_are_refused():
    with pytest.raises(TypeError, match=r"vmap\(<lambda>\) takes its arguments by position, but got x by name"):
        vmap(lambda x: x)(x=[1.0])
    with pytest.raises(TypeError, match="vmap takes a function, but got 3"):
        vmap(3)


def test_results_of_different_structure_are_refused():
    message = "gave results of different structure: 0.0 of type float for sample 0, a list of 1 for sample 1"
    with pytest.raises(ValueError, match=message):
        vmap(lambda x: [x] if x > 0.5 else x, reduce="sum")([0.0, 1.0])
    with pytest.raises(ValueError, match=r"sample 1 of x is a list of 1, which has another structure than sample 0"):
        compile(vmap(lambda x: x), backend="python")([0.0, [1.0]])


@pytest.mark.parametrize("run", [lambda f: f, lambda f: compile(f, backend="python")])
def test_reductions_of_no_samples_have_the_structure_of_a_result(run):
    none = np.zeros((0, 2))
    f = lambda x: {"a": x[0] * 2.0, "b": (x[1], x[0])}  # noqa: E731
    assert run(lambda _: vmap(f, reduce="sum")(none))(0.0) == {"a": 0.0, "b": (0.0, 0.0)}
    assert run(lambda _: vmap(f, reduce="prod")(none))(0.0) == {"a": 1.0, "b": (1.0, 1.0)}
    assert run(lambda _: vmap(f, reduce="sum")([]))(0.0) == 0.0  # nobody knows
