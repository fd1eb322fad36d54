"""Every function of linear algebra: derivatives against differences, and the same bits in all engines and modes."""

from importlib.util import find_spec

import numpy as np
import pytest
from matrices import FUNCTIONS, loss_of, numbers_of, value_of

from autograd_lite import Value, compile, grad, jvp, linalg, scan, vmap
from autograd_lite.program.payloads import Kernel

BACKENDS = ["python", *(["numpy", "llvm"] if find_spec("llvmlite") else ["numpy"])]
DIRECTION = np.random.default_rng(7).normal(size=64)


def differences(f, xs, h=1e-3):
    """The gradient by central differences, to order 6."""

    def at(i, step):
        return f([*xs[:i], xs[i] + step, *xs[i + 1 :]])

    return [
        sum(c * (at(i, k * h) - at(i, -k * h)) for k, c in ((1, 0.75), (2, -0.15), (3, 1.0 / 60.0))) / h
        for i in range(len(xs))
    ]


def near(found, expected):
    scale = 1.0 + max(map(abs, expected))
    return max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= 1e-8 * scale


def slope_of(f):
    """The derivative of a function in a direction, by its gradient."""
    return lambda xs: sum(float(d) * g for d, g in zip(DIRECTION, grad(f)(xs), strict=False))


@pytest.mark.thorough
@pytest.mark.parametrize("name", FUNCTIONS)
def test_first_and_second_derivatives(name):
    f, xs = loss_of(name)
    first = grad(f)(xs)
    assert near(first, differences(lambda x: value_of(f(x)), xs))
    assert near(grad(slope_of(f))(xs), differences(slope_of(f), xs))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_forward_mode_agrees_with_reverse_mode(name):
    f, xs = loss_of(name)
    direction = DIRECTION[: len(xs)].tolist()
    first = grad(f)(xs)
    moved = jvp(f, (xs,), (direction,))[1]
    assert moved == pytest.approx(sum(d * g for d, g in zip(direction, first, strict=True)), rel=1e-10)
    assert jvp(grad(f), (xs,), (direction,))[1] == pytest.approx(grad(slope_of(f))(xs), rel=1e-8, abs=1e-8)


@pytest.mark.thorough
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_code_has_the_same_bits_at_every_order(name, backend):
    f, xs = loss_of(name)
    direction = DIRECTION[: len(xs)].tolist()
    assert compile(f, backend=backend)(xs) == f([Value(x) for x in xs]).data
    for g in (grad(f), grad(slope_of(f)), lambda xs: jvp(f, (xs,), (direction,))[1]):
        assert compile(g, backend=backend)(xs) == g(xs)


@pytest.mark.thorough
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_batch_has_the_bits_of_each_sample(name, backend):
    f, xs = loss_of(name)
    samples = [[x * (1.0 + 0.01 * k) for x in xs] for k in range(11)]
    for g in (f, grad(f)):
        expected = [compile(g, backend="python")(sample) for sample in samples]
        found = compile(vmap(g), backend=backend)(np.array(samples)).tolist()
        if backend == "numpy" and "3" in name:  # NumPy's power is its own
            expected = pytest.approx(np.array(expected), rel=1e-13)
        assert found == expected
    assert len(compile(vmap(f), backend=backend)(np.empty((0, len(xs))))) == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_samples_share_gets_the_sum_of_their_adjoints(name):
    f, xs = loss_of(name)
    half = len(xs) // 2
    samples = [[x * (1.0 + 0.01 * k) for x in xs[half:]] for k in range(3)]
    slopes = [grad(f)([*xs[:half], *sample]) for sample in samples]
    loss = grad(vmap(lambda shared, own: f([*shared, *own]), (None, 0), "sum"), argnums=(0, 1))
    shared, own = compile(loss, backend="python")(xs[:half], samples)
    assert shared == pytest.approx([sum(column) for column in zip(*slopes, strict=True)][:half], rel=1e-10)
    assert own == [pytest.approx(found[half:], rel=1e-10) for found in slopes]


def of_each_sample(program):
    """The number of kernels that are computed for each sample."""
    flags = program.batched[program.size :]
    return sum(
        flag and isinstance(row.payload, Kernel) for flag, (row, _, _) in zip(flags, program.instructions, strict=True)
    )


@pytest.mark.parametrize("shared", [linalg.cholesky, linalg.inv, linalg.expm, lambda a: linalg.matmul(a, a)])
def test_a_kernel_that_samples_share_is_differentiated_once(shared):
    a, samples = [[1.5, 0.2, 0.1], [0.2, 1.25, 0.3], [0.1, 0.3, 0.75]], [[0.5, -1.0, 2.0], [1.5, 0.25, 1.0]]

    def loss(f):
        return lambda a, b: sum(x * x for x in numbers_of(linalg.solve(f(a), b)))

    def step(f):
        return compile(grad(vmap(loss(f), (None, 0), "sum")), backend="python")

    slopes = [np.array(grad(loss(shared))(a, b)) for b in samples]
    assert np.array(step(shared)(a, samples)) == pytest.approx(slopes[0] + slopes[1], rel=1e-10)
    counts = [of_each_sample(step(f).trace(a, np.array(samples))) for f in (shared, lambda a: a)]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("stride", [8, -8])
def test_what_a_loop_reads_across_the_results_of_a_kernel_gets_its_adjoints(stride):
    """Forwards or backwards, some numbers of eigenvalues and eigenvectors together."""
    n = 23
    numbers = np.random.default_rng(0).normal(size=(n, n))
    matrix = numbers + numbers.T + np.diag(10.0 * np.arange(n))

    def loss(a):
        found = numbers_of(linalg.eigh(a))
        return scan(lambda c, x: (0.5 * c + x * x, None), 0.0, found[::stride])[0]

    assert np.array(compile(grad(loss), backend="python")(matrix)) == pytest.approx(np.array(grad(loss)(matrix)))
