"""Rows of many operands that are elements of an argument, in compiled functions: loops over it, with the eager bits."""

import math

import numpy as np
import pytest
from eager_bits import flat, instructions, same
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import compile, grad, hvp, jvp, primitive, sin, value_and_grad
from autograd_lite.control import array_operands
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.core.table.sequences import sum as total
from autograd_lite.nn.losses import softmax_cross_entropy
from autograd_lite.program import make_program

pytest.importorskip("llvmlite")

ROWS = {name: row for name, row in PRIMITIVES.items() if row.takes_arrays}
RNG = np.random.default_rng(2)
N = 24
X = RNG.uniform(0.5, 2.0, N)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Rows of few operands are recorded as those of many."""
    for module in (make_program, array_operands):
        monkeypatch.setattr(module, "EXPRESSION", 10)


def test_rows_of_any_number_of_operands_take_arrays_but_for_linear_ones():
    linear = {"sum", "mean", "dot"}
    assert {name for name, row in PRIMITIVES.items() if row.arity is None} == {*ROWS, *linear}


TAKEN = {
    "as an array": lambda x: x,
    "as a list": list,
    "as a tuple": tuple,
    "reversed": lambda x: list(reversed(list(x))),
    "every other": lambda x: x[::2],
    "shuffled": lambda x: [x[int(k)] for k in np.random.default_rng(5).permutation(len(x))],
    "some of them twice": lambda x: [*x, *list(x)[3:9]],
}


@pytest.mark.parametrize("taken", TAKEN)
@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_elements_is_recorded_as_loops_with_the_eager_bits(name, taken):
    def f(x):
        return ROWS[name](TAKEN[taken](x))

    assert same(value_and_grad(f), X, backend="python")
    assert instructions(value_and_grad(f), X) < 70


@pytest.mark.parametrize("name", ROWS)
def test_a_list_is_taken_as_an_array_is(name):
    x = X.tolist()
    assert same(value_and_grad(ROWS[name]), x, backend="llvm")
    assert instructions(value_and_grad(ROWS[name]), x) == instructions(value_and_grad(ROWS[name]), X)


@settings(max_examples=15)
@given(
    st.sampled_from(sorted(ROWS)),
    st.lists(st.sampled_from([0.0, -0.0, 1.0, -2.5, 1e200, -1e200, 1e-200, math.inf, -math.inf, math.nan, 710.0]),
             min_size=10, max_size=14),
)  # fmt: skip
def test_bits_at_the_ends_of_the_floats(name, x):
    f = value_and_grad(ROWS[name])
    written_out = compile(lambda x: f([y * 1.0 for y in x]), backend="python")
    found, expected = flat(compile(f)(x)), flat(written_out(x))
    assert np.array_equal(found.view(np.int64), expected.view(np.int64))


@pytest.mark.parametrize("backend", ["llvm", "python"])
def test_what_arrives_from_several_places_is_added_up_in_the_eager_order(backend):
    logsumexp, norm, prod = ROWS["logsumexp"], ROWS["euclidean_norm"], ROWS["prod"]

    def f(x):
        return (
            logsumexp(x) * norm(x[::-1])
            + x[3] * sin(x[0])
            + prod(x[:12]) / logsumexp(list(x)[5:])
            + np.sum(x * x[::-1])
        )

    assert same(value_and_grad(f), X, backend=backend)
    assert same(value_and_grad(lambda x: norm([a * 2.0 for a in x]) + norm(x) + total(list(x))), X, backend=backend)
    assert same(value_and_grad(lambda x: softmax_cross_entropy(list(x), 3)), X, backend=backend)


def test_other_derivatives_are_written_out_with_the_eager_bits():
    f, t = ROWS["logsumexp"], X - 1.0
    assert same(lambda x: jvp(f, [x], [t]), X)
    assert same(lambda x: hvp(f)(x, t), X)
    assert same(grad(lambda x: np.sum(grad(f)(x) * t)), X)


def test_a_row_of_a_user_gets_its_operands_in_a_list():
    spread = primitive("spread_of_test", lambda xs: max(xs) - min(xs), lambda out, xs: [float(len(xs))] * len(xs))
    try:
        assert same(value_and_grad(lambda x: spread(x)), X, backend="python")
    finally:
        del PRIMITIVES["spread_of_test"]
