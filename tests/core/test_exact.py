"""Every way of the library to a derivative, on random expressions, within what the condition allows of 60 digits."""

import itertools

import numpy as np
import pytest
from exact import check_expression, check_numbers, second_derivatives
from hypothesis import given, settings

import autograd_lite as ag
from autograd_lite import compile, grad, hessian, hvp, jacobian, jvp, value_and_grad, vmap
from autograd_lite.testing import expressions, gradcheck, random_expression


def on_list(f):
    return lambda xs: f(*xs)


def compiled(backend, **options):
    def way(f):
        value, slopes = compile(value_and_grad(on_list(f)), backend=backend, **options)(list(f.point))
        return [value, *slopes]

    return way


def on_samples(backend):
    def way(f):
        points = np.array([f.point] * 3)
        value, slopes = compile(vmap(value_and_grad(on_list(f))), backend=backend)(points)
        return [float(value[1]), *map(float, slopes[1])]

    return way


def forward(f):
    n = len(f.point)
    pairs = [jvp(f, f.point, [float(i == j) for j in range(n)]) for i in range(n)]
    return [pairs[0][0], *[slope for _, slope in pairs]]


def reverse(f):
    value, slopes = value_and_grad(on_list(f))(list(f.point))
    return [value, *slopes]


FIRST = {
    "reverse": reverse,
    "forward": forward,
    "jacobian": lambda f: [f(*f.point), *jacobian(on_list(f), mode="forward")(list(f.point))],
    "python": compiled("python"),
    "llvm": compiled("llvm"),
    "fastmath": compiled("llvm", fastmath=True),
    "numpy, samples": on_samples("numpy"),
    "llvm, samples": on_samples("llvm"),
}

flat = itertools.chain.from_iterable

SECOND = {
    "hessian": lambda f: list(flat(hessian(on_list(f))(list(f.point)))),
    "reverse of reverse": lambda f: list(flat(jacobian(grad(on_list(f)), mode="reverse")(list(f.point)))),
    "hvp": lambda f: list(flat(
        hvp(on_list(f))(list(f.point), [float(i == j) for j in range(len(f.point))]) for i in range(len(f.point))
    )),
    "llvm": lambda f: list(flat(compile(hessian(on_list(f)), backend="llvm")(list(f.point)))),
}  # fmt: skip


@pytest.mark.thorough
def test_random_graphs_against_the_reference():
    """2,000 of them, in reverse mode."""
    asked = sum(check_expression(random_expression(seed, inputs=1 + seed % 4, size=seed % 20)) for seed in range(2000))
    assert asked > 5000


@settings(max_examples=60)
@given(expressions())
def test_small_graphs_against_the_reference(f):
    check_expression(f)


@pytest.mark.thorough
@pytest.mark.parametrize("way", FIRST)
def test_every_way_to_first_derivatives(way):
    if "llvm" in way or way == "fastmath":
        pytest.importorskip("llvmlite")
    for seed in range(10000, 10040 if way in ("reverse", "forward") else 10015):
        f = random_expression(seed, inputs=3, size=15)
        check_numbers(f, FIRST[way](f))


@pytest.mark.thorough
@pytest.mark.parametrize("way", SECOND)
def test_every_way_to_second_derivatives(way):
    if way == "llvm":
        pytest.importorskip("llvmlite")
    asked = 0
    for seed in range(20000, 20012 if way == "llvm" else 20040):
        f = random_expression(seed, inputs=2, size=8)
        asked += check_numbers(f, SECOND[way](f), second_derivatives)
    assert asked > 20


def test_the_reference_agrees_with_gradcheck():
    """Two judges that share nothing agree that the same derivatives are right."""
    passed = 0
    for seed in range(30):
        f = random_expression(seed, inputs=2, size=8)
        check_expression(f)
        passed += bool(gradcheck(f, *f.point, allow_unused=True))
    assert passed >= 27


def test_a_wrong_gradient_is_found():
    def wrong(out, inputs):
        return [g * (1.0 + 1e-9) for g in ag.gradients(out, inputs)]

    found = 0
    for seed in range(20):
        try:
            check_expression(random_expression(seed), wrong)
        except AssertionError:
            found += 1
    assert found >= 10  # elsewhere the gradient is 0


@pytest.mark.thorough
def test_a_wrong_second_derivative_is_found():
    found = 0
    for seed in range(20000, 20020):
        f = random_expression(seed, inputs=2, size=8)
        try:
            check_numbers(f, [x * (1.0 + 1e-9) for x in SECOND["hessian"](f)], second_derivatives)
        except AssertionError:
            found += 1
    assert found >= 8
