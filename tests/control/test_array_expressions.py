"""Expressions of NumPy's arrays in compiled functions: recorded once for all elements, with the eager bits."""

import numpy as np
import pytest
from eager_bits import flat, instructions, same
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import clip, compile, grad, hessian, hvp, jacobian, jvp, sparse_hessian, value_and_grad
from autograd_lite.control import array_expressions
from autograd_lite.program import make_program

pytest.importorskip("llvmlite")

N = 48
RNG = np.random.default_rng(0)
WEIGHTS, SHUFFLED = RNG.normal(size=N), RNG.permutation(N)


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Expressions of few elements are recorded as those of many."""
    for module in (make_program, array_expressions):
        monkeypatch.setattr(module, "EXPRESSION", 10)


def once(f, *args):
    """Whether the program has loops in the place of the elements."""
    return instructions(f, *args) < 40


SUMS = {
    "Rosenbrock": lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2),
    "log of sum of exp": lambda x: np.log(np.sum(np.exp(x))),
    "powers": lambda x: np.sum(x**3) + np.sum(x) * np.mean(x),
    "every other": lambda x: np.sum(x[::2] * x[1::2] ** 2),
    "reversed": lambda x: np.sum(x * x[::-1] * x),
    "rolled": lambda x: np.sum(np.roll(x, 1) * x + np.roll(x, 2) * x**2),
    "joined": lambda x: np.sum(np.concatenate([x[5:], x[:5]]) * x * WEIGHTS),
    "reshaped": lambda x: np.sum(x.reshape(2, -1)[0] * x.reshape(2, -1)[1]),
    "dot": lambda x: np.dot(x, WEIGHTS) ** 2 + x @ x + (x * x).dot(x),
    "variance": lambda x: np.mean((x - np.mean(x)) ** 2) + np.var(x),
    "several scalars": lambda x: sum(np.sum(np.exp(x * k) * x[0] + x[1]) for k in (0.5, 1.5)) + x[0] * x[1],
    "two sums": lambda x: np.sum(x[1:] * x[:-1]) / np.sum(x**2),
    "an element too": lambda x: np.sum(x**2 * WEIGHTS) + x[3] ** 2 + x[4] * x[3],
    "shuffled": lambda x: np.sum(x[SHUFFLED] * x),
    "twice": lambda x: np.sum(x[np.arange(N) // 2] * WEIGHTS),
    "squares": lambda x: np.sum(np.square(x) - np.sqrt(np.abs(x) + 1.0)),
    "linear": lambda x: np.sum(1.0 - x) + np.sum(WEIGHTS - x) + np.sum(x - WEIGHTS) * 0.5,
    "a function of three": lambda x: np.sum(np.frompyfunc(clip, 3, 1)(x * WEIGHTS, -0.2, x[1]) * x),
    "quotients": lambda x: np.sum(WEIGHTS / (2.0 + x * x)) + np.sum(np.hypot(x, WEIGHTS) + np.arctan2(x, 1.5)),
}


def in_place(x):
    x = x.copy()
    x *= 2.0
    x += x[3]
    return np.sum(x * WEIGHTS)


WRITTEN_OUT = {
    "in place": in_place,
    "used in two sums": lambda x: (lambda e: np.sum(e / np.sum(e) * WEIGHTS))(np.exp(x)),
    "an element of a result": lambda x: (x * WEIGHTS)[3] + np.sum(x),
    "outer product": lambda x: np.sum(x[:20, None] * x[None, 20:40]),
    "chosen": lambda x: np.sum(np.where(WEIGHTS > 0.0, x, 2.0 * x) * x),
    "running sums": lambda x: np.sum(np.cumsum(x * x) ** 2),
    "matrix": lambda x: np.sum((WEIGHTS.reshape(4, 12) @ x[:12]) ** 2) + np.sum(x),
    "a scalar times numbers": lambda x: np.sum((x[0] * WEIGHTS - x[1] * x) ** 2),
    "parts of a result": lambda x: np.sum((x * x)[1:] * x[:-1]),
    "iterated": lambda x: sum(np.exp(x)) + max(len(x * x), 2),
}
X = RNG.uniform(-1.0, 1.0, N)


@pytest.mark.parametrize("name", SUMS)
def test_sums_are_recorded_once_with_the_eager_bits(name):
    f = value_and_grad(SUMS[name])
    assert once(f, X)
    assert same(f, X)
    assert same(f, X, backend="python")


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # NumPy on traced values, which have no numbers
@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_what_needs_elements_is_written_out_with_the_eager_bits(name):
    f = value_and_grad(WRITTEN_OUT[name])
    assert not once(f, X)
    assert same(f, X)


@pytest.mark.parametrize("name", SUMS)
def test_further_derivatives_have_the_eager_bits(name):
    f = SUMS[name]
    v = np.cos(np.arange(N))
    assert same(lambda x: jvp(f, (x,), (v,)), X)
    assert same(lambda x: hvp(f)(x, v), X)
    assert same(grad(lambda x: np.dot(grad(f)(x), v)), X)
    assert same(jacobian(lambda x: [f(x), f(2.0 * x)]), X)


@st.composite
def expressions(draw):
    """A random sum of expressions of slices, numbers and scalars, as text."""

    def array(depth, n):
        if depth == 0 or draw(st.integers(0, 3)) == 0:
            start = draw(st.integers(0, N - n))
            part = f"x[{start}:{start + n}]"
            return draw(st.sampled_from([part, part, part + "[::-1]", f"w[{start}:{start + n}]", "x[2]", "a", "1.5"]))
        if draw(st.booleans()):
            return f"np.{draw(st.sampled_from(['sin', 'exp', 'square', 'negative']))}({array(depth - 1, n)})"
        return f"({array(depth - 1, n)} {draw(st.sampled_from('+-*'))} {array(depth - 1, n)})"

    terms = []
    for _ in range(draw(st.integers(1, 3))):
        n = draw(st.integers(12, N))
        terms.append(f"np.sum(x[:{n}] * {array(draw(st.integers(1, 4)), n)})")
    return draw(st.sampled_from([" + ", " * ", " - "])).join(terms)


@settings(max_examples=30, deadline=None)
@given(expressions())
def test_random_expressions_have_the_eager_bits(text):
    f = eval(f"lambda x, a: {text}", {"np": np, "w": WEIGHTS})
    assert same(value_and_grad(f, argnums=(0, 1)), X, 0.75)


@settings(max_examples=10, deadline=None)
@given(expressions())
def test_sparse_hessians_of_random_expressions_have_the_dense_bits(text):
    f = eval(f"lambda x: {text}", {"np": np, "w": WEIGHTS, "a": 0.75})
    dense = np.asarray(compile(hessian(f), backend="python")(X))
    for method in ("direct", "star"):
        found = sparse_hessian(f, format="array", method=method, backend="python")(X)
        equal = (found == dense) | (np.isnan(found) & np.isnan(dense))
        if method == "star":  # which reads one of the entries (i, j) and (j, i) for both
            equal |= equal.T
        kept = found != 0.0  # an entry of infinity x 0 is nan where it is dense, and no entry
        assert np.all(equal[kept])
        assert np.all((dense[~kept] == 0.0) | np.isnan(dense[~kept]))


@pytest.mark.parametrize("name", ["Rosenbrock", "every other", "rolled", "an element too", "squares"])
def test_sparse_hessians_differentiate_one_term_of_each_kind(name):
    f = sparse_hessian(SUMS[name], format="array")
    assert "terms of a map" in f.why(X)
    assert np.array_equal(f(X), np.asarray(hessian(SUMS[name])(X)))


def test_arguments_that_are_not_differentiated():
    def loss(w, rows, wanted):
        return np.mean((rows * w - wanted) ** 2) + np.sum(rows) * np.sum(w)

    rows, wanted = RNG.normal(size=N), RNG.normal(size=N)
    assert same(value_and_grad(loss), X, rows, wanted)
    assert same(value_and_grad(loss), 0.5, rows, wanted)
    assert once(value_and_grad(loss), X, rows, wanted)


def test_infinities_and_nan_arrive_as_in_the_eager_graph():
    x = X.copy()
    x[[3, 20]] = 0.0, -0.0
    f = value_and_grad(lambda x: np.sum(np.sqrt(np.abs(x)) * x[::-1]) - np.sum(x))
    assert np.array_equal(flat(compile(f)(x)), flat(f(x)), equal_nan=True)


def test_the_function_is_called_again_only_where_elements_are_used():
    calls = []

    def f(x):
        calls.append(1)
        return np.sum(x * x)

    compile(grad(f))(X)
    assert len(calls) == 1
    compile(grad(lambda x: f(x) + (x * x)[0]))(X)
    assert len(calls) == 3
