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
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Program, Value, compile, grad, hvp, jvp, no_grad, scan, vmap

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


# -- what is cut out of the graph in a traced function


CUTS = {
    "detach": lambda x: x.detach() if isinstance(x, Value) else x,
    "a result, by detach": lambda x: CUTS["detach"](x * x),
    "stop_gradient": ag.stop_gradient,
    "no_grad": lambda x: no_grad().run(lambda: x * x),
    "no_grad, a loop": lambda x: no_grad().run(ag.fori_loop, 0, 3, lambda i, c: c * x, x),
    "no_grad, a gradient": lambda x: no_grad().run(grad(lambda y: y * y * x), x),
    "no_grad in a checkpoint": ag.checkpoint(lambda x: no_grad().run(lambda: x * x)),
}
scan_apart = no_grad()(scan)
PLACES = {
    "alone": lambda cut, x: cut(x) * 2.0,
    "returned": lambda cut, x: cut(x),
    "beside x": lambda cut, x: cut(x) * x + cut(x * 0.5),
    "in many terms": lambda cut, x: ag.sum([cut(x), x, x * x, cut(x) * x, 1.0]),
    "carry": lambda cut, x: ag.fori_loop(0, 3, lambda i, c: cut(c) * x + c * 0.5, x),
    "closed over": lambda cut, x: ag.fori_loop(0, 3, lambda i, c: c * cut(x), x),
    "scan": lambda cut, x: scan(lambda c, y: (cut(c) * y, cut(y) * x + c), x, [1.0, 2.0, x])[1][2],
    "carry alone": lambda cut, x: scan(lambda c, y: (cut(c), c * y), x, [1.0, x])[0] * x,
    "y alone": lambda cut, x: ag.sum(scan(lambda c, y: (c * y, cut(c)), x, [1.0, x])[1]) * x,
    "array": lambda cut, x: scan(lambda c, y: (c * y, c), x, scan_apart(lambda c, y: (cut(c), y * c), x, [x, 2.0])[1])[
        0
    ],
    "while": lambda cut, x: ag.while_loop(lambda c: ag.less(c, 9.0), lambda c: cut(c) + c, x, max_steps=9),
    "start of a loop": lambda cut, x: scan(lambda c, y: (c * y, c), cut(x), [x, 2.0, x])[0],
    "condition": lambda cut, x: ag.where(ag.less(cut(x), 9.0), lambda: cut(x) * x, lambda: x),
    "matrix": lambda cut, x: ag.linalg.det([[cut(x), x], [1.0, x]]),
    "gradient inside": lambda cut, x: grad(lambda y: cut(y) * y * x)(x) * cut(x),
}
WAYS = {
    "grad": lambda g, x: grad(g)(x),
    "compile(grad)": lambda g, x: compile(grad(g), backend="python")(x),
    "grad(compile)": lambda g, x: grad(compile(lambda x: g(x), backend="python"))(x),
    "jvp": lambda g, x: jvp(g, [x], [1.0])[1],
    "vmap": lambda g, x: vmap(grad(g))([x])[0],
    "compile(vmap)": lambda g, x: compile(vmap(grad(g)), backend="python")([x])[0],
    "tangent": lambda g, x: compile(lambda x: jvp(g, [x], [1.0])[1], backend="python")(x),
    "taylor": lambda g, x: ag.taylor(g, x, 1)[1],
    "checkpoint": lambda g, x: grad(ag.checkpoint(g))(x),
    "second": lambda g, x: grad(grad(g))(x),
    "second by tangents": lambda g, x: compile(lambda x: jvp(grad(g), [x], [1.0])[1], backend="python")(x),
    "compile(second)": lambda g, x: compile(grad(grad(g)), backend="python")(x),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("cut", CUTS)
def test_nothing_flows_back_through_what_a_traced_function_cuts_out_of_its_graph(cut, place):
    f = lambda x: PLACES[place](CUTS[cut], x)  # noqa: E731
    program = Program.from_json(compile(f, backend="python").trace(1.5).to_json())
    assert program(1.5) == close(f(1.5))
    first, second = flat(grad(f)(1.5))[0], flat(grad(grad(f))(1.5))[0]
    for g in (f, program):
        for name, way in WAYS.items():
            assert flat(way(g, 1.5))[0] == close(second if "second" in name else first), (name, g is program)


def grown(parts):
    """Expressions of smaller ones, some of which are cut."""
    return st.one_of(
        st.tuples(st.sampled_from(["add", "mul", "less"]), parts, parts),
        st.tuples(st.sampled_from(["detach", "stop", "tanh", "no_grad", "loop", "checkpoint", "gradient"]), parts),
        st.tuples(st.just("choice"), parts, parts),
    )


def computed(tree, x, y):
    if isinstance(tree, str):
        return x if tree == "x" else y
    if isinstance(tree, float):
        return tree
    name, *parts = tree
    of = lambda part: lambda x: 0.5 * computed(part, x, y)  # noqa: E731
    if name == "no_grad":
        return no_grad().run(computed, parts[0], x, y)
    if name == "loop":
        return ag.fori_loop(0, 2, lambda i, c: of(parts[0])(c), x)
    if name == "choice":
        return ag.where(ag.less(x, y), lambda: of(parts[0])(x), lambda: of(parts[1])(y))
    if name in ("checkpoint", "gradient"):
        return {"checkpoint": ag.checkpoint, "gradient": grad}[name](lambda x: of(parts[0])(x) + x * x)(x)
    values = [computed(part, x, y) for part in parts]
    if name == "detach":
        return values[0].detach() if isinstance(values[0], Value) else values[0]
    rows = {"add": ag.add, "mul": ag.mul, "less": ag.less, "stop": ag.stop_gradient, "tanh": ag.tanh}
    return rows[name](*values)


@settings(max_examples=25)
@given(st.recursive(st.sampled_from(["x", "y", 0.5]), grown, max_leaves=12))
def test_programs_of_expressions_have_the_gradients_of_the_expressions(tree):
    f = lambda x, y: computed(tree, x, y) + 0.0 * x  # noqa: E731
    program = Program.from_json(compile(f, backend="python").trace(0.7, -0.4).to_json())
    first, second = grad(f, argnums=(0, 1)), ag.hessian(f, argnums=(0, 1))
    assert program(0.7, -0.4) == close(f(0.7, -0.4))
    assert compile(first, backend="python")(0.7, -0.4) == first(0.7, -0.4) == grad(compile(f), (0, 1))(0.7, -0.4)
    assert flat(grad(program, argnums=(0, 1))(0.7, -0.4)) == close(flat(first(0.7, -0.4)))
    assert jvp(program, [0.7, -0.4], [1.0, 0.0])[1] == close(jvp(f, [0.7, -0.4], [1.0, 0.0])[1])
    assert flat(ag.hessian(program, argnums=(0, 1))(0.7, -0.4)) == close(flat(second(0.7, -0.4)))
