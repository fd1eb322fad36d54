"""Programs called as they are: on numbers by every back end, on Values by the rows, after loading too."""

import numpy as np
import pytest
from exact import bits
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Program, Value, compile, dot, grad, hessian, tanh, value_and_grad, vmap
from autograd_lite.program.interpreter import interpret
from autograd_lite.testing.random_graphs import apply, expressions

BACKENDS = ["auto", "python", "numpy", "llvm"]


def loss(w, x, y):
    return (tanh(dot(w, x)) - y) ** 2


W, X, Y = [0.1, -0.2], [[1.0, 2.0], [3.0, 4.0], [0.5, -1.0]], [0.5, -0.5, 0.0]


def step():
    f = value_and_grad(vmap(loss, in_axes=(None, 0, 0), reduce="mean"))
    return f, compile(f).trace(W, X, Y)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_training_step_with_lists_and_with_arrays(backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    f, program = step()
    value, slopes = f(W, X, Y)
    assert program(W, X, Y, backend=backend) == pytest.approx((value, *slopes), rel=1e-13)
    found = program(np.array(W), np.array(X), np.array(Y), backend=backend)
    assert list(found) == pytest.approx([value, *slopes], rel=1e-13)


def test_it_runs_after_it_was_saved_and_loaded(tmp_path):
    _, program = step()
    program.save(tmp_path / "step.json")
    loaded = Program.load(tmp_path / "step.json")
    assert loaded(W, X, Y) == program(W, X, Y)
    assert Program.from_json(program.to_json())(W, X[:1], Y[:1]) == program(W, X[:1], Y[:1])


def merged(x):  # the program computes log10(x) once, so its reverse pass adds in another order: another last bit
    return ag.sum([ag.log10(x) + x, ag.log10(x)])


def decided(x):  # the program is a number
    return ag.where(1.0, 2.0, x)


merged.point = decided.point = (1.0,)


@pytest.mark.thorough
@settings(max_examples=60)
@given(expressions())
@example(merged)
@example(decided)
def test_values_run_by_the_rows_and_numbers_by_code_to_the_same_bits(f):
    inputs = [Value(x) for x in f.point]
    out = f(*inputs)
    program = compile(f).trace(*f.point)
    by_rows = program(*inputs)
    assert bits(by_rows.data) == bits(out.data) == bits(program(*f.point, backend="python"))
    ((result,),) = interpret(program, apply, [[x] for x in inputs])
    if isinstance(result, Value):  # not of a program that is a number
        assert repr(ag.gradients(by_rows, inputs)) == repr(ag.gradients(result, inputs))


@given(st.integers(1, 5))
def test_what_is_batched_comes_as_a_list_over_the_samples(n):
    program = compile(vmap(lambda w, x: [w * x, x - w], in_axes=(None, 0))).trace(2.0, [1.0] * 3)
    xs = [float(i) for i in range(n)]
    for w in (2.0, Value(2.0)):
        found = program(w, xs)
        assert {type(v) for column in found for v in column} == {type(w)}
        numbers = [[getattr(v, "data", v) for v in column] for column in found]
        assert numbers == [[2.0 * x for x in xs], [x - 2.0 for x in xs]]


def test_it_is_differentiated_and_traced_like_a_function():
    x, y = Value(2.0), Value(3.0)
    program = Program.from_values([x**3 * y], [x, y])
    assert grad(program, argnums=(0, 1))(2.0, 3.0) == (36.0, 8.0)
    assert hessian(program)(2.0, 3.0) == 36.0
    assert compile(grad(program))(2.0, 3.0) == 36.0
    _, training = step()
    f = lambda w: training(w, X, Y)[0]  # noqa: E731
    assert grad(f)(W) == pytest.approx(training(W, X, Y)[1:], rel=1e-12)


def test_arguments_that_do_not_fit_are_refused():
    _, program = step()
    with pytest.raises(TypeError, match="the program takes 3 arguments, w, x, y, but got 2; pass one for each"):
        program(W, X)
    with pytest.raises(ValueError, match="argument w holds 2 numbers, but got 3; pass as many"):
        program([1.0, 2.0, 3.0], X, Y)
    with pytest.raises(ValueError, match=r"argument y has 2 samples, others have 3"):
        program(W, X, Y[:2])
    with pytest.raises(ValueError, match=r'there is no back end "?\'fortran\''):
        program(W, X, Y, backend="fortran")
    with pytest.raises(TypeError, match="argument w holds 'a'"):
        program(["a", 1.0], X, Y)
