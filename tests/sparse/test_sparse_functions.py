"""Sparse derivatives against dense ones, bit for bit, over random functions, loops and choices; patterns; bad input."""

import itertools
import pickle
import random
from unittest.mock import patch

import hypothesis.strategies as st
import looping
import numpy as np
import pytest
from hypothesis import given, settings
from looping import loop_function
from scattered import agree, random_function

import autograd_lite as ag
from autograd_lite import linalg
from autograd_lite.core.abstract.tracers import TracingError
from autograd_lite.sparse import sparse_functions
from autograd_lite.sparse.matrices import check_memory, memory

scipy_sparse = pytest.importorskip("scipy.sparse")

FORMATS = ("csr", "csc", "coo", "array", "triplets")


def rosenbrock(x):
    total = 0.0
    for a, b in itertools.pairwise(x):
        total = total + 100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2
    return total


def lennard_jones(x):
    energy = 0.0
    for i in range(len(x) // 3):
        for j in range(i):
            r2 = ag.sum([(x[3 * i + k] - x[3 * j + k]) ** 2 for k in range(3)])
            energy = energy + 4.0 * (1.0 / r2**6 - 1.0 / r2**3)
    return energy


@pytest.mark.thorough
@settings(max_examples=40)
@given(st.integers(0, 10**9), st.integers(1, 9), st.sampled_from(["python", "llvm"]))
def test_the_hessian_has_the_bits_of_the_dense_one(seed, n, backend):
    rng = random.Random(seed)
    f, x = random_function(rng, n, True), np.array([rng.uniform(-1.5, 1.5) for _ in range(n)])
    assert agree(ag.sparse_hessian(f, format="array", backend=backend)(x), ag.hessian(f)(x))


@pytest.mark.thorough
@settings(max_examples=40)
@given(st.integers(0, 10**9), st.integers(1, 9), st.sampled_from(["python", "llvm"]))
def test_the_jacobian_has_the_bits_of_the_dense_one(seed, n, backend):
    rng = random.Random(seed)
    f, x = random_function(rng, n, False), np.array([rng.uniform(-1.5, 1.5) for _ in range(n)])
    assert agree(ag.sparse_jacobian(f, format="array", backend=backend)(x), ag.jacobian(f)(x))


@pytest.mark.thorough
@settings(max_examples=40)
@given(st.integers(0, 10**9), st.integers(2, 9), st.sampled_from(["forward", "reverse", "bidirectional"]))
def test_colouring_gives_the_jacobian(seed, n, method):
    rng = random.Random(seed)
    f, x = random_function(rng, n, False), np.array([rng.uniform(-1.5, 1.5) for _ in range(n)])
    found = ag.sparse_jacobian(f, format="array", method=method)(x)
    mode = "reverse" if method == "reverse" else "forward"
    dense = np.array(ag.jacobian(f, mode=mode)(x))
    assert agree(found, dense) if method != "bidirectional" else np.allclose(found, dense, rtol=1e-12, atol=1e-300)


@pytest.mark.thorough
@settings(max_examples=40)
@given(st.integers(0, 10**9), st.integers(2, 9), st.sampled_from(["star", "substitution"]))
def test_colouring_gives_the_hessian(seed, n, method):
    rng = random.Random(seed)
    f, x = random_function(rng, n, True), np.array([rng.uniform(-1.5, 1.5) for _ in range(n)])
    dense = np.array(ag.hessian(f)(x))
    found = ag.sparse_hessian(f, format="array", method=method)(x)
    largest = np.abs(dense).max(initial=1e-300)
    bound = (4.0 * n if method == "substitution" else 4.0) * 2.0**-52 * largest
    assert np.abs(found - dense).max(initial=0.0) <= bound


@settings(max_examples=40)
@given(st.integers(0, 10**9), st.integers(1, 8), st.booleans())
def test_patterns_hold_all_that_is_not_zero_and_no_more_than_the_structure(seed, n, second):
    rng = random.Random(seed)
    f = random_function(rng, n, second)
    pattern = (ag.hessian_sparsity if second else ag.jacobian_sparsity)(f)(np.zeros(n)).toarray()
    derivative = ag.hessian(f) if second else ag.jacobian(f)
    for _ in range(3):
        dense = np.array(derivative(np.array([rng.uniform(-1.5, 1.5) for _ in range(n)])))
        assert not (dense[~pattern] != 0.0).any()


@pytest.mark.parametrize("n", [2, 3, 4, 7, 20, 41])
@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_rosenbrock(n, backend):
    x = np.linspace(-1.2, 1.3, n)
    found = ag.sparse_hessian(rosenbrock, backend=backend)
    assert agree(found(x).toarray(), ag.hessian(rosenbrock)(x))
    assert found.sparsity(x).nnz == 3 * n - 2


def pairs(x):
    """The same, of terms that are differences of which one is in the other."""
    energy = 0.0
    for i in range(len(x) // 3):
        for j in range(i):
            s = 1.0 / ag.sum([(x[3 * i + k] - x[3 * j + k]) ** 2 for k in range(3)]) ** 3
            energy = energy + 4.0 * (s * s - s)
    return energy


@pytest.mark.thorough
@pytest.mark.parametrize("lennard_jones", [lennard_jones, pairs])
def test_terms_with_few_repetitions_are_added_up(lennard_jones):
    x = np.random.default_rng(3).standard_normal(3 * 14)
    found = ag.sparse_hessian(lennard_jones, format="array")
    assert "sums of what the terms give" in found.why(x)
    assert agree(found(x), ag.hessian(lennard_jones)(x))
    assert agree(ag.sparse_hessian(lennard_jones, format="array", backend="python")(x), found(x))


def test_data_that_differs_from_term_to_term_is_one_program():
    t, y = np.linspace(0.0, 1.0, 40), np.linspace(2.0, 1.0, 40)

    def residuals(p):
        return [p[0] * ag.exp(p[1] * a) - b for a, b in zip(t.tolist(), y.tolist(), strict=True)]

    found = ag.sparse_jacobian(residuals, format="array")
    p = np.array([1.1, -0.3])
    assert agree(found(p), ag.jacobian(residuals)(p))
    plan = next(iter(found.structures.values())).choice.plan
    assert max(len(part.leaves) for part in plan.parts) >= 38


def random_maps(rng, n):
    """A random sum of maps over slices, in any order, with data, scalings, and terms that are no maps."""
    parts = []
    for _ in range(rng.randint(1, 3)):
        width, step = rng.randint(1, 3), rng.choice([1, 1, 2])
        body = random_function(rng, width, True)
        parts.append(
            (width, step, body, rng.choice(["sum", "mean"]), rng.random() < 0.4, rng.choice([None, 2.0, -0.5]))
        )
    data = [rng.uniform(-1.0, 1.0) for _ in range(n)]
    order, plain = rng.sample(range(len(parts) + 1), len(parts) + 1), rng.random() < 0.6

    def f(x):
        total = 0.0
        for k in order:
            if k == len(parts):
                total = total + x[0] * ag.sin(x[n // 2] * x[1]) if plain else total
                continue
            width, step, body, reduce, with_data, scale = parts[k]
            count = (n - width) // step + 1
            slices = [x[j : j + (count - 1) * step + 1 : step] for j in range(width)]
            if with_data:
                found = ag.vmap(lambda *v: v[-1] * body(v[:-1]), reduce=reduce)(*slices, np.array(data[:count]))  # noqa: B023
            else:
                found = ag.vmap(lambda *v: body(v), reduce=reduce)(*slices)  # noqa: B023
            total = total + (found if scale is None else scale * found)
        return total

    return f


@pytest.mark.thorough
@settings(max_examples=40)
@given(st.integers(0, 10**9), st.integers(9, 30), st.sampled_from(["python", "llvm"]))
def test_sums_of_maps_have_the_bits_of_the_dense_hessian(seed, n, backend):
    rng = random.Random(seed)
    f, x = random_maps(rng, n), np.array([rng.uniform(-1.2, 1.2) for _ in range(n)])
    assert agree(ag.sparse_hessian(f, format="array", backend=backend)(x), ag.hessian(f)(x))


@pytest.mark.thorough
def test_a_map_is_not_written_out(monkeypatch):
    calls = []

    def body(a, b):
        calls.append(1)
        return 100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2

    def f(x):
        return ag.vmap(body, reduce="sum")(x[:-1], x[1:])

    found = ag.sparse_hessian(f)
    x = np.linspace(-1.2, 1.3, 3000)
    assert "terms of a map" in found.why(x)
    assert len(calls) == 1
    monkeypatch.setattr("autograd_lite.sparse.scalar_graphs.FEW", 10_000)
    written_out = ag.sparse_hessian(f)
    assert agree(found(x).data, written_out(x).data)
    assert len(calls) == 3000
    assert "terms of a map" not in written_out.why(x)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.vmap(lambda a, b: a * b, reduce="sum")(x[:-1], x[1:]) ** 2.0,
        lambda x: ag.vmap(lambda a, b: a * b * x[0], reduce="sum")(x[:-1], x[1:]),
        lambda x: ag.vmap(lambda a, b: a * b * b, in_axes=(0, None), reduce="sum")(x[:-1], x[-1]),
        lambda x: ag.vmap(lambda a, b: a * b * b, reduce="sum")(x[1:] * x[:-1], x[1:]),
        lambda x: ag.vmap(lambda a, b: [a * b, a], reduce="sum")(x[1:], x[:-1])[0],
        lambda x: ag.vmap(lambda a, b: a * b * b, reduce="sum")(list(x[1:]), list(x[:-1])),
        lambda x: ag.vmap(lambda r: r[0] * r[1] ** 3, reduce="sum")(x.reshape(10, 2)),
        lambda x: ag.vmap(lambda r: ag.scan(lambda c, y: (c * y, None), 1.0, r)[0], reduce="mean")(x.reshape(10, 2)),
        lambda x: ag.vmap(lambda a, b: ag.grad(lambda c: c**3 * ag.exp(b))(a), reduce="sum")(x[1:], x[:-1]),
        lambda x: ag.scan(lambda c, t: (c + t * ag.vmap(lambda a: a * t, reduce="sum")(x), None), 0.0, x[:3])[0],
        lambda x: ag.vmap(lambda a: 3.0, reduce="sum")(x) + x[3] ** 2.0,
        lambda x: ag.sum(ag.vmap(lambda a: ag.vmap(lambda b: a * b, reduce="sum")(x[:9]))(x[9:])),
        lambda x: ag.vmap(lambda a, b: a * b, reduce="sum")(x[PERMUTATION], x),
    ],
)
def test_maps_of_any_kind(f):
    x = np.linspace(-1.0, 1.4, 20)
    assert agree(ag.sparse_hessian(f, format="array")(x), ag.hessian(f)(x))


PERMUTATION = np.random.default_rng(5).permutation(20)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_has_the_same_entries(format):
    x = np.linspace(-1.0, 1.0, 12)
    found = ag.sparse_hessian(rosenbrock, format=format)(x)
    dense = np.array(ag.hessian(rosenbrock)(x))
    if format == "triplets":
        rows, columns, values = found
        rebuilt = np.zeros_like(dense)
        rebuilt[rows, columns] = values
        found = rebuilt
    elif format != "array":
        assert found.format == format
        assert isinstance(found, scipy_sparse.sparray)
        assert found.nnz == 34
        found.sum_duplicates()
        assert found.nnz == 34
        found = found.toarray()
    assert agree(found, dense)


@pytest.mark.parametrize("format", ["csr", "csc", "coo"])
def test_a_result_is_the_users_own(format):
    hessian, x = ag.sparse_hessian(rosenbrock, format=format), np.linspace(-1.0, 1.0, 9)
    first = hessian(x)
    kept = first.toarray()
    second = hessian(x)
    second.data[:] = 0.0
    if format != "coo":
        second.eliminate_zeros()
    assert (first.toarray() == kept).all()
    assert (hessian(x).toarray() == kept).all()


def test_arguments_of_any_structure():
    def f(p, scale, *, shift):
        return {"a": [p["w"][0] * p["v"] * scale, p["w"][1] ** 2 + shift], "b": scale * p["v"]}

    p = {"v": 2.0, "w": [3.0, 5.0]}
    found = ag.sparse_jacobian(f, format="array")(p, 7.0, shift=1.0)
    assert found.tolist() == [[21.0, 14.0, 0.0], [0.0, 0.0, 10.0], [7.0, 0.0, 0.0]]
    both = ag.sparse_jacobian(lambda x, y: [x * y], argnums=(1, 0), format="array")(2.0, 3.0)
    assert both.tolist() == [[2.0, 3.0]]
    module = ag.sparse_hessian(lambda w, k: k * w[0] ** 3, argnums=0, format="array")
    assert module([2.0], 5).tolist() == [[60.0]]


@pytest.mark.thorough
@settings(max_examples=40)
@given(st.integers(0, 10**9))
def test_loops_have_the_bits_of_dense_derivatives(seed):
    # without calls, which add up what arrives inside of them first: sparse derivatives write them out
    with patch("looping.called_of", looping.several_of):
        f, arguments = loop_function(seed)
    for k in range(3):
        if arguments[k]:
            assert agree(
                ag.sparse_hessian(f, argnums=k, format="array")(*arguments), ag.hessian(f, argnums=k)(*arguments)
            )


def test_values_closed_over_are_read_at_each_call():
    w = ag.Value(3.0)
    hessian = ag.sparse_hessian(lambda x: w * x[0] ** 2 * x[1], format="array")
    x = np.array([1.0, 2.0])
    assert hessian(x).tolist() == [[12.0, 6.0], [6.0, 0.0]]
    w.data = 5.0
    assert hessian(x).tolist() == [[20.0, 10.0], [10.0, 0.0]]


def test_loops_and_maps_and_gathers():
    def states(x):
        _, ys = ag.scan(lambda c, t: (0.5 * c + ag.sin(t), c * t), 1.0, x)
        return ys

    def mapped(x):
        return ag.vmap(lambda a, b: a * ag.exp(b))(x[:-1], x[1:])

    def gathered(x):
        return ag.take(x, [2, 0, 0, 1]) ** 2.0

    x = np.linspace(0.1, 1.0, 7)
    for f in (states, mapped, gathered):
        assert agree(ag.sparse_jacobian(f, format="array")(x), ag.jacobian(f)(x))
        assert agree(ag.sparse_jacobian(f, format="array")(x), ag.compile(ag.jacobian(f))(x))
    assert ag.jacobian_sparsity(states)(x).toarray().tolist() == np.tri(7, 7, 0, dtype=bool).tolist()
    assert ag.jacobian_sparsity(mapped)(x).nnz == 12
    assert list(ag.jacobian_sparsity(gathered)(x)) == [(0, 2), (1, 0), (2, 0), (3, 1)]

    def energy(x):
        return ag.sum(ag.scan(lambda c, t: (0.5 * c + ag.sin(t), c * t), 1.0, x)[1]) + ag.sum(mapped(x))

    assert agree(ag.sparse_hessian(energy, format="array")(x), ag.hessian(energy)(x))


def test_loops_without_a_bound_are_passed_in_forward_mode():
    def f(x):
        return [
            *ag.while_loop(lambda c: ag.less(c[0], 10.0), lambda c: [2.0 * c[0], c[1] * x[1]], [x[0] + 1.0, x[2]]),
            x[3],
        ]

    x = [0.7, -0.3, 1.2, 0.4, 0.5]
    dense = np.array(ag.jacobian(f, mode="forward")(x))
    assert list(ag.jacobian_sparsity(f)(x)) == [(0, 0), (1, 1), (1, 2), (2, 3)]
    for method in ("auto", "direct", "forward"):
        assert np.array_equal(ag.sparse_jacobian(f, method=method, format="array", backend="python")(x), dense)


def test_instructions_for_arrays():
    def solved(x):
        matrix = np.array([[x[0] + 3.0, x[1]], [x[1], x[2] + 4.0]])
        return linalg.solve(matrix, np.array([x[3], x[0]]))

    def picked(x):
        return [ag.take(x, ag.floor(x[0])) ** 2.0, x[1] * x[2]]

    x = np.array([2.5, 3.0, 4.0, 1.0])
    for f in (solved, picked):
        for backend in ("python", "llvm"):
            assert agree(ag.sparse_jacobian(f, format="array", backend=backend)(x), ag.jacobian(f)(x))
            assert agree(
                ag.sparse_hessian(lambda x: ag.sum(f(x)) * x[1], format="array", backend=backend)(x),  # noqa: B023
                ag.hessian(lambda x: ag.sum(f(x)) * x[1])(x),  # noqa: B023
            )
    assert list(ag.jacobian_sparsity(picked)(x)) == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 1), (1, 2)]


def test_choices_count_with_all_their_branches():
    def f(x):
        return [ag.where(ag.less(x[0], x[1]), x[2], x[3]), ag.cond(ag.less(0.0, x[0]), x[1] * x[1], x[2])]

    assert list(ag.jacobian_sparsity(f)([0.0] * 4)) == [(0, 2), (0, 3), (1, 1), (1, 2)]
    for x in ([0.0, 1.0, 2.0, 3.0], [1.0, 0.0, 2.0, 3.0]):
        assert agree(ag.sparse_jacobian(f, format="array")(x), ag.jacobian(f)(x))


def test_a_pattern_that_a_choice_would_change_is_refused_with_the_condition():
    def f(x):
        return [x[0] if x[1] > 0.0 else x[2]]

    for make in (ag.jacobian_sparsity, ag.sparse_jacobian):
        with pytest.raises(TracingError, match=r"compared, which would freeze a branch, at .*test_sparse_functions.py"):
            make(f)([1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("f", "x", "shape"),
    [
        (lambda x: [], [1.0, 2.0], (0, 2)),
        (lambda x: [1.0, 2.0], [1.0], (2, 1)),
        (lambda x: x, np.zeros(0), (0, 0)),
        (lambda x: [3.0 + ag.sum(x)], np.zeros(0), (1, 0)),
        (lambda x: np.zeros((0, 3)), [1.0], (0, 1)),
    ],
)
@pytest.mark.parametrize("method", ["auto", "direct", "forward", "reverse", "bidirectional"])
def test_empty_results_and_arguments(f, x, shape, method):
    for format in ("csr", "csc", "coo"):
        found = ag.sparse_jacobian(f, format=format, method=method)(x)
        assert (found.shape, found.nnz) == (shape, 0)
    assert ag.jacobian_sparsity(f)(x).shape == shape


@pytest.mark.parametrize("method", ["auto", "direct", "star", "substitution"])
def test_functions_without_curvature(method):
    for f, n in ((lambda x: 3.0 * x[0] - x[1], 2), (lambda x: 1.0, 1), (lambda x: x[0], 3), (ag.sum, 0)):
        found = ag.sparse_hessian(f, method=method)(np.zeros(n))
        assert (found.shape, found.nnz) == ((n, n), 0)


def test_wrong_calls_say_what_to_do():
    with pytest.raises(TypeError, match="takes a function, but got 3"):
        ag.sparse_jacobian(3)
    with pytest.raises(ValueError, match="has no format 'bsr'; choose 'csr'"):
        ag.sparse_hessian(rosenbrock, format="bsr")
    with pytest.raises(ValueError, match="has no method 'star'; choose 'auto'"):
        ag.sparse_jacobian(rosenbrock, method="star")
    with pytest.raises(ValueError, match="no back end 'cuda'"):
        ag.sparse_jacobian(rosenbrock, backend="cuda")
    with pytest.raises(TypeError, match="holds Values; pass their data"):
        ag.sparse_hessian(rosenbrock)([ag.Value(1.0), ag.Value(2.0)])
    with pytest.raises(TypeError, match="needs one number as its result"):
        ag.sparse_hessian(lambda x: x)([1.0, 2.0])
    with pytest.raises(TypeError, match="argnums names argument 1"):
        ag.sparse_jacobian(rosenbrock, argnums=1)([1.0, 2.0])


def test_memory_is_stated_before_it_is_taken(monkeypatch):
    monkeypatch.setattr("autograd_lite.sparse.matrices.memory", lambda: 2**10)
    with pytest.raises(
        MemoryError, match=r"sparse_hessian.* of 100 x 100 with 298 entries .* GiB, and this machine has"
    ):
        ag.sparse_hessian(rosenbrock)(np.zeros(100))


def test_memory_of_a_machine():
    check_memory(1.0, "one byte", "")
    assert memory() > 2**20


def test_a_dense_array_too_large_is_refused():
    f = lambda x: [x[0] ** 2] * 3  # noqa: E731
    big = ag.sparse_jacobian(lambda x: [x[k] ** 2 for k in range(len(x))], format="array")
    found = big.structure(big.taken((np.zeros(5),), {})[1])
    found.choice.shape = (10**7, 10**7)
    with pytest.raises(MemoryError, match="as a dense array would need"):
        found.choice.check_memory(True)
    assert ag.sparse_jacobian(f)([1.0]).nnz == 3


def test_functions_pickle_and_show_themselves():
    hessian = ag.sparse_hessian(rosenbrock, format="csc")
    again = pickle.loads(pickle.dumps(hessian))
    x = np.linspace(0.0, 1.0, 5)
    assert (again(x).toarray() == hessian(x).toarray()).all()
    assert repr(hessian) == "<sparse_hessian(rosenbrock), 1 patterns>"
    assert hessian.why(x).endswith("operations")


@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("method", ["direct", "star"])
def test_tables_are_taken_at_every_call(backend, method):
    f = lambda x: ag.sum([a * a * b for a, b in zip(x[0], x[1], strict=True)])  # noqa: E731
    hessian = ag.sparse_hessian(f, format="array", backend=backend, method=method)
    x = np.arange(1.0, 7.0).reshape(2, 3)
    dense = np.array(ag.hessian(lambda v: f([v[:3], v[3:]]))(x.ravel()))
    for y in (x, x, np.asfortranarray(x), x.astype(int), x.tolist(), x):
        assert agree(hessian(y), dense)


def test_a_route_is_taken_for_arrays_of_one_shape_only():
    hessian = ag.sparse_hessian(rosenbrock, format="array")
    for n in (3, 5, 3):
        x = np.linspace(-1.0, 1.0, n)
        for _ in range(2):
            assert agree(hessian(x), ag.hessian(rosenbrock)(x))
    x = np.linspace(-1.0, 1.0, 6)[::2]
    assert agree(hessian(x), ag.hessian(rosenbrock)(x))
    assert set(hessian.routes) == {(3,), (5,)}
    assert isinstance(hessian, sparse_functions.SparseHessian)
