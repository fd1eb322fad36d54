"""Functions of sequences: against NumPy and by hand, at kinks, in every back end, and what they refuse."""

import math

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, grad, hessian, nn
from autograd_lite.testing import gradcheck

NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6)
BACKENDS = ["python", "numpy", "llvm"]


@given(NUMBERS)
def test_they_are_numpys(xs):
    scale = 1e-12 * (1.0 + max(map(abs, xs)) ** 2)
    assert ag.norm(xs) == pytest.approx(float(numpy.linalg.norm(xs)), rel=1e-14)
    assert ag.var(xs) == pytest.approx(float(numpy.var(xs)), abs=scale)
    assert ag.std(xs) == pytest.approx(float(numpy.std(xs)), abs=scale)
    assert ag.cumsum(xs) == numpy.cumsum(xs).tolist()
    assert ag.cumprod(xs) == numpy.cumprod(xs).tolist()
    if len(xs) > 1:
        assert ag.var(xs, ddof=1) == pytest.approx(float(numpy.var(xs, ddof=1)), abs=scale)
        assert ag.std(xs, 1) == pytest.approx(float(numpy.std(xs, ddof=1)), abs=scale)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_nan_to_num_is_numpys(x):
    assert ag.nan_to_num(x) == float(numpy.nan_to_num(x))
    assert ag.nan_to_num(x, 1.0, 2.0, 3.0) == float(numpy.nan_to_num(x, nan=1.0, posinf=2.0, neginf=3.0))
    assert grad(ag.nan_to_num)(x) == float(math.isfinite(x))
    assert grad(lambda x, y: ag.nan_to_num(x, y, y, y), 1)(x, 5.0) == float(not math.isfinite(x))


@pytest.mark.thorough
@pytest.mark.parametrize("f", [ag.norm, ag.var, ag.std, lambda xs: ag.var(xs, ddof=1), lambda xs: ag.cumprod(xs)[-1],
                               lambda xs: ag.dot(ag.cumsum(xs), ag.cumprod(xs))])  # fmt: skip
def test_gradients_and_back_ends(f):
    for xs in ([3.0, -4.0, 0.5], [0.1, 0.2, 0.0], [1e3, -1.0, 2.0]):
        assert gradcheck(f, xs, order=2)
        for backend in BACKENDS:
            for g in (f, grad(f), hessian(f)):
                assert ag.compile(g, backend=backend)(xs) == g(xs)


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e300, 1e-160, 1e160])
def test_the_norm_neither_overflows_nor_underflows(scale):
    assert ag.norm([3.0 * scale, 4.0 * scale]) == pytest.approx(5.0 * scale, rel=1e-15)
    assert grad(ag.norm)([3.0 * scale, -4.0 * scale]) == pytest.approx([0.6, -0.8], rel=1e-15)


@pytest.mark.parametrize("small", [1e-3, 1e-8, 1e-20, 1e-150])
def test_second_derivatives_of_the_norm_keep_their_digits(small):
    """Along the operand that is most of the norm: the small one squared, which 1 - (x / out)^2 would lose."""
    h = hessian(ag.norm)([1.0, small, -2.0 * small])
    assert h[0][0] == pytest.approx(5.0 * small * small, rel=1e-2 if small > 1e-4 else 1e-14)
    assert h[0][1] == pytest.approx(-small, rel=1e-4 if small > 1e-4 else 1e-14)
    assert ag.compile(hessian(ag.norm))([1.0, small, -2.0 * small]) == h


def test_gradients_at_kinks():
    for f in (ag.norm, ag.std):
        for backend in BACKENDS:
            for g in (grad(f), ag.compile(grad(f), backend=backend)):
                assert g([0.0, 0.0, 0.0]) == [0.0, 0.0, 0.0]
        assert hessian(f)([0.0, 0.0]) == [[0.0, 0.0], [0.0, 0.0]]
    other = grad(lambda xs: ag.norm(xs, zero_at_origin=False))
    assert all(math.isnan(g) for g in other([0.0, 0.0]))
    assert other([3.0, 4.0]) == [0.6, 0.8]


def test_infinite_operands():
    assert grad(ag.norm)([math.inf, 1.0, -2.0]) == [1.0, 0.0, 0.0]
    assert grad(ag.norm)([-math.inf, 1.0]) == [-1.0, 0.0]
    assert all(math.isnan(g) for g in grad(ag.norm)([math.inf, -math.inf]))


def test_a_gradient_penalty_at_the_origin_is_finite():
    """|grad| is differentiated where the gradient is 0: the penalty adds nothing, and no nan."""
    penalty = grad(lambda p: ag.norm(grad(lambda q: ag.sum([x * x for x in q]))(p)))
    assert penalty([0.0, 0.0]) == [0.0, 0.0]
    assert penalty([3.0, 4.0]) == pytest.approx([1.2, 1.6], rel=1e-15)


def test_without_operands():
    assert (ag.norm([]), ag.cumsum([]), ag.cumprod([])) == (0.0, [], [])
    with pytest.raises(ValueError, match="mean of no operands has no value"):
        ag.var([])


@pytest.mark.parametrize(("f", "name"), [(ag.var, "var"), (ag.std, "std")])
def test_too_few_operands_for_ddof(f, name):
    with pytest.raises(ValueError, match=f"{name} divides by n - ddof, but got 1 operands and ddof=1; pass more"):
        f([2.0], ddof=1)


@pytest.mark.parametrize("f", [ag.norm, ag.var, ag.std, ag.cumsum, ag.cumprod])
def test_what_is_no_sequence_of_numbers_is_refused(f):
    for wrong in (2.0, Value(2.0), "12", [[1.0, 2.0]], [None]):
        with pytest.raises(TypeError):
            f(wrong)


def test_softmax_and_log_softmax_are_those_of_nn():
    assert (ag.softmax, ag.log_softmax) == (nn.softmax, nn.log_softmax)
