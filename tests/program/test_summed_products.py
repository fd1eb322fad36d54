"""Sums over samples of products as tables, beside a core that computes the factors."""

import numpy as np
import pytest

from autograd_lite import Value, compile, dot, grad, nn, tanh, value_and_grad, vmap
from autograd_lite.backends.llvm.compilation import object_code_of, prepared
from autograd_lite.backends.llvm.plan import ProgramPlan, affine_runs
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.core.table import mul
from autograd_lite.program.fingerprint import fingerprint
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.payloads import ProductTable
from autograd_lite.program.program import Program
from autograd_lite.program.summed_products import MANY, ProductTables, ProgramOfTables
from autograd_lite.trees import flatten

N, IN, OUT = 11, 26, 20
DRAW = np.random.default_rng(0)
W, X, Y = (DRAW.normal(size=shape) for shape in ((OUT, IN), (N, IN), (N, OUT)))


def squares(outputs, y):
    return sum([(a - b) * (a - b) for a, b in zip(outputs, y, strict=False)], 0.0)


def by_rows(w, x, y):
    return squares([tanh(dot(list(row), list(x))) for row in w], y)


def by_columns(w, x, y):
    """The weights of an output are in a column, which single products multiply."""
    return squares([tanh(sum([w[i, j] * x[i] for i in range(IN)], 0.0)) for j in range(OUT)], y)


def with_biases(w, x, y):
    """Each row ends with a number that multiplies nothing."""
    return squares([tanh(dot(list(row[:-1]), list(x)) + row[-1]) for row in w], y)


def two_layers(w, x, y):
    hidden = [tanh(dot(list(row), list(x))) for row in w]
    return squares([dot(list(row), hidden) for row in w[:, :OUT]], y)


def mean_of(f):
    return vmap(f, in_axes=(None, 0, 0), reduce="mean")


def traced(f, w):
    """The program of the value and the gradient, and the results of back ends."""
    step = compile(value_and_grad(mean_of(f)), backend="llvm")
    found = step(w, X, Y)
    entry = step.entry(*step.taken((w, X, Y), {}))
    return entry.traced.program, found, compile(value_and_grad(mean_of(f)), backend="python")(w, X, Y)


@pytest.mark.parametrize(
    ("f", "w", "tables"),
    [
        (by_rows, W, [(OUT, IN, IN)]),
        (by_columns, W.T.copy(), [(IN, OUT, OUT)]),
        (with_biases, np.hstack([W, W[:, :1]]), [(OUT, IN, IN + 1)]),
    ],
)
def test_a_gradient_is_a_table_in_any_layout_with_all_bits(f, w, tables):
    program, found, expected = traced(f, w)
    assert [(len(program.core().results[t.outer].values), len(program.core().results[t.inner].values), t.stride)
            for t in program.tables] == tables  # fmt: skip
    assert "instructions" not in vars(program)  # nothing has asked for them
    assert found[0] == expected[0]
    assert found[1].tobytes() == np.array(expected[1]).tobytes()
    alone = np.array(value_and_grad(mean_of(f))(w, X, Y)[1], dtype=float)
    np.testing.assert_allclose(found[1], alone, rtol=1e-12, atol=1e-15)


def test_weights_that_are_used_twice_are_no_table():
    program, found, expected = traced(two_layers, W)
    assert all(size_of_table(program, table) < W.size for table in program.tables)
    assert found[1].tobytes() == np.array(expected[1]).tobytes()


def size_of_table(program, table):
    return len(program.core().results[table.outer].values) * len(program.core().results[table.inner].values)


@pytest.mark.parametrize(
    "used",
    [
        lambda g: g[::-1].copy(),
        lambda g: g.ravel()[3:],
        lambda g: [2.0 * x for x in g.ravel()],
        lambda g: (g, g, sum(g.ravel())),
    ],
)
def test_numbers_of_a_gradient_are_used_like_any_others(used):
    def f(w, x, y):
        return used(grad(mean_of(by_rows))(w, x, y))

    found, expected = (compile(f, backend=name)(W, X, Y) for name in ("llvm", "python"))
    for a, b in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_written_out_it_is_the_same_program():
    program, found, _ = traced(by_rows, W)
    count = len(program.core().instructions)
    assert len(program.instructions) == count + 2 * W.size
    assert program.shapes() == [(1, False), (W.size, False)]
    assert [len(result.values) for result in program.results] == [1, W.size]
    assert len(program.batched) == program.size + len(program.instructions)
    whole = Program(program.arguments, program.instructions, program.results)
    assert (whole.core(), whole.tables) == (whole, ())
    again = whole(W, X, Y, backend="llvm")
    assert np.asarray(again[1]).tobytes() == found[1].tobytes()
    with pytest.raises(AttributeError, match="nothing"):
        program.nothing  # noqa: B018


def test_tables_are_part_of_what_code_is_stored_for():
    program, *_ = traced(by_rows, W)
    moved = [table._replace(start=table.start + 1) for table in program.tables]
    other = ProgramOfTables(program.core(), program.shapes(), program.places(), moved)
    assert len({fingerprint(program), fingerprint(other), fingerprint(program.core())}) == 3
    assert fingerprint(program) == fingerprint(program.with_core(program.core()))
    assert prepared(program).tables == program.tables


def test_a_factor_that_all_samples_share_is_multiplied_by_their_number():
    shared, x = Argument("w", MANY, False), Argument("x", 1, True)
    core = Program([shared, x], [], [Result((), False), Result((MANY,), True), Result(tuple(range(MANY)), True)])
    a, b = Value(1.0), [Value(1.0) for _ in range(MANY)]
    tables = ProductTables([], [])
    tables.found, tables.shapes, tables.places = [ProductTable(0, 0, MANY, [a], b)], [(MANY, False)], [()]
    program = tables.program(core)
    assert not isinstance(program, ProgramOfTables)
    numbers = [float(i) for i in range(MANY)]
    assert program(numbers, [[2.0], [3.0]], backend="python") == [5.0 * i for i in numbers]
    flat = ProductTables([], [])
    assert flat.program(core) is core


def test_few_products_are_no_table():
    program, found, expected = traced(by_rows, W[: MANY // IN])
    assert (program.core(), program.tables) == (program, ())
    assert found[1].tobytes() == np.array(expected[1]).tobytes()


def test_factors_that_are_scattered_in_memory_make_several_nests():
    places = [("k", 3), ("k", 5), ("k", 7), ("k", 8), ("x0", 9), ("x0", 9)]
    assert [tuple(run) for run in affine_runs(places)] == [
        (0, 3, ("k", 3), 2), (3, 1, ("k", 8), 1), (4, 2, ("x0", 9), 0),
    ]  # fmt: skip
    arguments = [Argument("x", 40, True)]
    values = tuple(range(20)), (25, *range(20, 25), *range(26, 40), 0, *range(1, 13))
    core = Program(arguments, [], [Result((), False), Result(values[0], True), Result(values[1], True)])
    table = ProductTable(0, 0, len(values[1]), 1, 2)
    program = ProgramOfTables(core, [(20 * len(values[1]), False)], [()], [table])
    assert table._replace(outer=values[0], inner=values[1]).products == 20 * len(values[1])
    assert len(ProgramPlan(program).stages[0].sums) > 1
    assert object_code_of(program, False, 8).objects
    x = DRAW.normal(size=(N, 40))
    found, expected = (program(x, backend=name) for name in ("llvm", "python"))
    assert np.asarray(found).tobytes() == np.asarray(expected).tobytes()


def test_rows_of_the_written_out_program_are_products_and_sums():
    program, *_ = traced(by_rows, W)
    last = program.instructions[-1]
    assert last == Instruction(BATCH_SUM, (program.size + len(program.instructions) - 2,))
    assert program.instructions[-2].row is mul


def test_each_layer_of_a_network_has_a_table():
    model = nn.Sequential(nn.Linear(IN, IN, rng=0), "tanh", nn.Linear(IN, OUT, rng=1))
    flat = np.array([p.data for p in model.parameters()])

    def loss(flat, x, y):
        return nn.half_squared(model.with_parameters(list(flat))(list(x)), list(y))

    program, found, expected = traced(loss, flat)
    assert [(table.start, table.stride) for table in program.tables] == [(0, IN), (IN * IN + IN, IN)]
    assert found[1].tobytes() == np.array(expected[1]).tobytes()
