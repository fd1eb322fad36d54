"""Programs called inside of traces: what they hold of arrays stays what it is, with the derivatives of the function.

A program computes once what its function computes twice, so its derivatives may add up in another order.
"""

import ast
import subprocess
import sys

import matrices
import numpy as np
import pytest
import structures

import autograd_lite as ag
from autograd_lite import Program, Value, compile, grad, hvp, jvp, scan, vmap

CASES = {name: matrices.loss_of(name) for name in matrices.FUNCTIONS} | {
    name: (lambda x, f=f: f(x[0], x[1]), list(structures.POINT)) for name, f in structures.PROGRAMS.items()
}


def compared(function, f, program):
    """The numbers that a function of a function gives for f, and for a program of it."""
    return [flat(function(g)) for g in (f, program)]


def flat(x):
    leaves = ag.trees.flatten(x, "result")[0]
    return [y.data if isinstance(y, Value) else float(y) for y in leaves]


def close(expected):
    return pytest.approx(expected, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_a_program_in_a_trace_has_the_derivatives_of_the_function_that_it_is_of(name):
    f, xs = CASES[name]
    program = Program.from_json(compile(f, backend="python").trace(xs).to_json())
    twice = [xs, [x * 1.25 for x in xs]]
    along = [0.5 - 0.1 * k for k in range(len(xs))]

    def inside(g):
        h = lambda x: 2.0 * g(x) * x[0]  # noqa: E731
        made = {
            "value": lambda x, v: h(x),
            "gradient": lambda x, v: grad(h)(x),
            "tangent": lambda x, v: jvp(h, [x], [v]),
            "second": lambda x, v: hvp(h)(x, v),
        }
        return [compile(part, backend="python")(xs, along) for part in made.values()]

    expected, results = compared(inside, f, program)
    assert results == close(expected)
    assert all(map(np.isfinite, expected))
    expected, results = compared(lambda g: compile(vmap(grad(g)), backend="python")(twice), f, program)
    assert results == close(expected)


@pytest.mark.parametrize("name", ["scan", "take in scan", "solve", "cholesky"])
def test_it_may_be_the_body_of_a_loop(name):
    f, xs = CASES[name]
    program = compile(f, backend="python").trace(xs)

    def repeated(g):
        step = lambda c, t: (c + 0.1 * g([x * t for x in xs[:-1]] + [c]), c)  # noqa: E731
        return compile(grad(lambda c: scan(step, c, [1.0, 1.1, 1.2])[0]), backend="python")(xs[-1])

    expected, results = compared(repeated, f, program)
    assert results == close(expected)


@pytest.mark.parametrize("name", ["scan", "take in scan", "cholesky", "solve", "eigh"])
def test_it_has_a_sparse_jacobian(name):
    f, xs = CASES[name]
    program = compile(f, backend="python").trace(xs)
    expected, results = [ag.sparse_jacobian(lambda x: [g(x), x[1]], format="triplets")(xs) for g in (f, program)]  # noqa: B023
    for a, b in zip(expected, results, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-13)


@pytest.mark.parametrize("name", ["long scan", "scan in reverse", "scan in scan", "odeint", "solve in scan"])
def test_a_loop_of_it_stays_a_loop(name):
    f, xs = CASES[name]
    program = compile(f, backend="python").trace(xs)
    again = compile(lambda x: program(x) + 1.0, backend="python").trace(xs)
    assert again.stats()["counts"]["loop"] == program.stats()["counts"]["loop"] == 1
    assert again.stats()["instructions"] < 2 * program.stats()["instructions"] + 10


def test_a_loop_without_a_bound_stays_one_in_a_trace():
    program = compile(lambda x: ag.while_loop(lambda y: ag.less(y, 100.0), lambda y: 2.0 * y, x)).trace(1.0)
    assert compile(lambda x: program(x * x))(1.5) == 144.0
    assert compile(lambda x: jvp(program, [x], [1.0])[1])(1.0) == 128.0
    assert grad(program)(1.0) == 128.0  # on Values its steps are recorded
    with pytest.raises(TypeError, match="through a while_loop without a bound"):
        compile(grad(program))(1.0)


@pytest.mark.parametrize("name", matrices.FUNCTIONS)
def test_on_values_linear_algebra_has_its_own_derivatives(name):
    """Not those of the scalars that it takes, which have other last bits, and where eigenvalues meet none at all."""
    f, xs = CASES[name]
    program = compile(f, backend="python").trace(xs)
    expected, results = compared(lambda g: grad(g)(xs), f, program)
    assert results == close(expected)


def test_a_program_from_a_file_is_differentiated_without_the_functions_of_linear_algebra(tmp_path):
    f, xs = CASES["cholesky"]
    compile(f, backend="python").trace(xs).save(tmp_path / "program.json")
    text = (
        "import sys; from autograd_lite import Program, grad\n"
        f"found = grad(Program.load({str(tmp_path / 'program.json')!r}))({xs!r})\n"
        "assert 'autograd_lite.linalg' not in sys.modules; print(found)"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == close(grad(f)(xs))
