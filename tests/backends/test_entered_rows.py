"""Rows that are entered into the table at run time: every back end runs them, or refuses them by name."""

import math
import re

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Program, Value, compile, grad, primitive, value_and_grad, vmap
from autograd_lite.backends import choice
from autograd_lite.backends.llvm import compile_llvm
from autograd_lite.backends.llvm.imported_functions import library_function
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.program.instructions import Argument, Instruction, Result

BACKENDS = ["python", "llvm"]
X = [0.25, -1.5, 3.0, 0.0] * 20


@pytest.fixture(autouse=True)
def _table():
    """The table as it was before the test."""
    names = set(PRIMITIVES)
    yield
    for name in PRIMITIVES.keys() - names:
        del PRIMITIVES[name]


def versine(name="versine", **columns):
    return primitive(name, lambda x: 1.0 - math.cos(x), (lambda out, x: ag.sin(x),), "1 - cos x", **columns)


@pytest.mark.parametrize("backend", BACKENDS)
def test_value_gradient_and_second_order(backend):
    row = versine()
    for f in (row, value_and_grad(row), grad(grad(row)), grad(grad(lambda x: row(x) * x))):
        mapped = vmap(f)
        assert np.array_equal(np.array(compile(mapped, backend=backend)(X)), np.array(mapped(X)))


@pytest.mark.parametrize("backend", BACKENDS)
def test_where_its_value_raises_it_is_its_limit(backend):
    row = primitive("reciprocal_root", lambda x: 1 / math.sqrt(x), (lambda out, x: -0.5 * out / x,), limit=math.inf)
    f = compile(vmap(row), backend=backend)
    assert f([4.0, 0.0, 1.0, -1.0]) == [0.5, math.inf, 1.0, math.inf]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_row_of_any_number_of_operands(backend):
    row = primitive("spread", lambda xs: max(xs) - min(xs), lambda out, xs: [1.0] * len(xs))
    for n in (1, 3, 40):
        program = Program([Argument("x", n, False)], [Instruction(row, tuple(range(n)))], [Result((n,), False)])
        assert program([float(i * i) for i in range(n)], backend=backend) == float((n - 1) ** 2)
    assert compile(lambda a, b: row([a, b]) + row([a, b, 2.0]), backend=backend)(0.0, 1.0) == 3.0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["n", "v3", "lanes", "lambda", "row0", "größe", "add_lanes"])
def test_any_name(name, backend):
    row = versine(name)
    assert compile(vmap(lambda x: row(x) + row(2.0 * x)), backend=backend)(X) == [row(x) + row(2.0 * x) for x in X]


@pytest.mark.parametrize("backend", [*BACKENDS, "numpy"])
def test_numbers_that_are_no_floats_become_floats(backend):
    row = primitive("bit", lambda x: 1 if x > 0.0 else 0, (0.0,), array=lambda xp, x: x > 0.0)
    found = compile(vmap(lambda x: row(x) / 2.0 + 2.0**60 * row(x) + 1.0), backend=backend)(np.array(X))
    assert found.tolist() == [float(x > 0.0) / 2.0 + 2.0**60 * float(x > 0.0) + 1.0 for x in X]


def test_numpy_needs_a_function_on_arrays_or_a_lowering():
    with pytest.raises(
        NotImplementedError, match=r"numpy has no function for versine; .* column array or lowering, or "
    ):
        compile(vmap(versine()), backend="numpy")(np.array(X))
    for row in (
        versine("versine_2", array=lambda xp, x: 1.0 - xp.cos(x)),
        versine("versine_3", lowering=lambda x: 1.0 - ag.cos(x)),
    ):
        found = compile(vmap(value_and_grad(row)), backend="numpy")(np.array(X))
        assert np.allclose(found, vmap(value_and_grad(row))(np.array(X)), rtol=1e-15)


def test_a_function_of_the_c_library_is_called_only_where_it_has_the_bits():
    right = primitive("cosine_of_libm", math.cos, (lambda out, x: -ag.sin(x),), libm="cos")
    wrong = primitive("sine_of_libm", math.cos, (lambda out, x: -ag.sin(x),), libm="sin")
    for row in (right, wrong):
        program = Program([Argument("x", 1, True)], [Instruction(row, (0,))], [Result((1,), True)])
        native = compile_llvm(program)
        assert native([np.array(X)], len(X))[0][:, 0].tolist() == list(map(math.cos, X))
        assert (library_function(row) is None) == (row is wrong)


def test_columns_of_the_back_ends_are_open_to_users():
    doubled = primitive("doubled", lambda x: x + x, (2.0,), python="{0} + {0}", rewrites=("-x = neg x",))
    program = Program.from_values([doubled(x := Value(3.0))], [x])
    assert "v1 = v0 + v0" in program.source("python")
    hypotenuse = primitive(
        "hypotenuse", lambda xs: math.hypot(*xs) if len(xs) == 2 else xs[0], lambda out, xs: [x / out for x in xs],
        fold=ag.hypot,
    )  # fmt: skip
    f = compile(lambda x, y: hypotenuse([x, y]))
    assert f(3.0, 4.0) == 5.0


def test_files_need_the_row_in_the_table():
    row = versine()
    program = Program.from_values([row(x := Value(2.0))], [x])
    text = program.to_json()
    assert Program.from_json(text)(0.5) == row(0.5)
    del PRIMITIVES["versine"]
    with pytest.raises(ValueError, match=r"the table has no row 'versine'.*is entered before a program with it loads"):
        Program.from_json(text)
    with pytest.raises(
        ValueError, match="a program cannot hold versine, which is not in the table and has no lowering"
    ):
        Program.from_values([row(x)], [x])


def test_auto_takes_python_where_numpy_cannot(monkeypatch):
    monkeypatch.setattr(choice, "available", lambda library: library != "llvmlite")
    for row, found in ((versine(), "python: .* a row of the program has no function on arrays"), (ag.tanh, "numpy: ")):
        f = compile(vmap(row))
        assert re.match(found, f.why(np.ones(100)))
