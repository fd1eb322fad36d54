"""flattening: the bits of the graph, each thing once, and nothing that no result needs."""

import math
import struct

import dags
import programs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Program, Value, compile, custom_derivative, grad, no_grad
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM, NUMBER
from autograd_lite.core.primitives import PRIMITIVES, Primitive
from autograd_lite.core.table import add, cond, div, mul
from autograd_lite.core.value import traced
from autograd_lite.program.flattening import Flattener, has_lowering, lower, nothing
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.simplification import rewritten


def recorded(choose, n=3):
    """What a random function gives, the inputs it has used, and the program of both; both branches are computed."""
    inputs = [Value(v) for v in dags.point(choose, n)]
    text = dags.source(choose, inputs=n, steps=12, outputs=choose.integer(2, 3)).replace("lambda: ", "")
    try:
        outputs = dags.function(text)(inputs)
    except (ArithmeticError, ValueError):
        assume(False)
    return outputs, inputs, Program.from_values(outputs, inputs)


def simplest(program):
    """Whether nothing in a program can be left out, folded, merged or said in less."""
    made = dict(enumerate(program.instructions, program.size))
    assert program.reachable(program.results) >= set(made)
    keys = set()
    for i, (row, operands, constant) in made.items():
        assert all(j < i for j in operands)
        numbers = [made[j].constant if j in made else None for j in operands]
        if row is NUMBER:
            key = struct.pack("<d", constant)
        else:
            key = (row, *(sorted(operands) if row in (add, mul) else operands))
            if row is not BATCH_SIZE:
                assert None in numbers
                assert rewritten(row, operands, numbers, made.get) is None
        assert key not in keys
        keys.add(key)
    return True


@pytest.mark.thorough
@given(st.data())
def test_a_program_has_the_bits_of_the_graph_and_nothing_twice(data):
    outputs, inputs, program = recorded(dags.Drawn(data.draw))
    assert program.arguments == tuple(Argument(f"x{i}", 1, False) for i in range(len(inputs)))
    for same in (program, program.lowered()):
        assert simplest(same)
        (found,) = zip(*programs.interpreted(same, [[x.data] for x in inputs], 1), strict=True)
        assert dags.same_bits([y.data for y in outputs], list(found))
    assert all(row.lowering is None for row, _, _ in program.lowered().instructions)


@pytest.mark.thorough
@given(st.data())
def test_lowering_keeps_the_bits_of_programs_over_samples(data):
    choose = dags.Drawn(data.draw)
    program = programs.program(choose)
    found = Program(*lower(program.arguments, program.instructions, program.results))
    assert simplest(found)
    assert found.arguments == program.arguments
    assert [(len(r.values), r.batched) for r in found.results] == [(len(r.values), r.batched) for r in program.results]
    again = Program(*lower(*lower(program.arguments, program.instructions, program.results)))
    assert again.to_json() == found.to_json()  # constants may be nan
    w, x = program.arguments
    samples = choose.integer(1, 2)  # of which a sum is the product with their number, to the bit
    numbers = [dags.point(choose, w.size), [dags.point(choose, x.size) for _ in range(samples)]]
    before, after = (programs.interpreted(p, numbers, samples) for p in (program, found))
    assert dags.same_bits(before, after)


X, Y, Z = INPUTS = [Value(2.0, label="x"), Value(3.0, label="y"), Value(5.0, label="z")]


@pytest.mark.parametrize(("outputs", "expected"), [
    ([X * Y + X * Y], "%3 = mul %0 %1, %4 = add %3 %3, return %4"),
    ([X * Y, Y * X, X + Z, Z + X], "%3 = mul %0 %1, %4 = add %0 %2, return %3, return %3, return %4, return %4"),
    ([X - Y, Y - X], "%3 = sub %0 %1, %4 = sub %1 %0, return %3, return %4"),
    ([ag.sum([X, Y, Z]), ag.sum([Z, Y, X])], "%3 = sum %0 %1 %2, %4 = sum %2 %1 %0, return %3, return %4"),
    ([Y, X, Y], "return %1, return %0, return %1"),
    ([Value(4.0)], "%3 = constant 4.0, return %3"),
    ([X + 0.0, Y - -0.0, Z + 0.0], "%3 = constant 0.0, %4 = add %0 %3, %5 = constant -0.0, %6 = sub %1 %5, "
     "%7 = add %2 %3, return %4, return %6, return %7"),
    ([X + math.nan, Y + math.nan], "%3 = constant nan, %4 = add %0 %3, %5 = add %1 %3, return %4, return %5"),
    ([ag.exp(Value(0.0)) + X], "%3 = constant 1.0, %4 = add %3 %0, return %4"),
    ([0.0 * X.detach() + Y], "%3 = constant 0.0, %4 = add %3 %1, return %4"),
    ([X - -Y], "%3 = add %0 %1, return %3"),
    ([X * 1.0 / 2.0 - -Y], "%3 = constant 0.5, %4 = mul %0 %3, %5 = add %4 %1, return %5"),
    ([ag.sum([X]) * ag.sum([])], "%3 = constant 0.0, %4 = mul %0 %3, return %4"),
])  # fmt: skip
def test_examples(outputs, expected):
    assert ", ".join(str(Program.from_values(outputs, INPUTS)).splitlines()[3:]) == expected


def test_instructions_stand_as_they_were_written():
    first, second = ag.sin(X), ag.cos(X)
    for outputs in ([second * first], [second, first]):
        assert [row.name for row, _, _ in Program.from_values(outputs, [X]).instructions][:2] == ["sin", "cos"]


def test_inputs_have_their_labels_and_may_be_results():
    y = X * Y
    program = Program.from_values([y * y], [y, Value(1.0), X])
    assert program.arguments == tuple(Argument(name, 1, False) for name in ("x0", "x1", "x"))
    assert [(row.name, operands) for row, operands, _ in program.instructions] == [("mul", (0, 0))]


@pytest.mark.thorough
def test_the_depth_of_a_graph_needs_no_recursion():
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = y * 0.5 + x
    assert len(Program.from_values([y], [x]).instructions) == 40_001


def test_what_is_shared_is_walked_once():
    y = X
    for _ in range(100):
        y = y + y
    assert len(Program.from_values([y], [X]).instructions) == 100


def test_constants_are_folded_by_ieee_754():
    flattener = Flattener([])
    quotients = [flattener.emit(div, (flattener.constant(x), flattener.constant(0.0))) for x in (1.0, -1.0, 0.0)]
    assert [repr(flattener.value_of(i)) for i in quotients] == ["inf", "-inf", "nan"]


def test_a_choice_between_functions_stays_one_until_it_is_lowered():
    """A program called on Values is differentiated, and nothing may come from the branch not taken."""
    for lowers, name in ((nothing, "cond"), (has_lowering, "where")):
        flattener = Flattener([Argument("x", 3, False)], lowers=lowers)
        flattener.emit(cond, (0, 1, 2))
        assert [row.name for row, _, _ in flattener.instructions] == [name]


def test_a_sum_over_samples_of_what_is_the_same_for_all_is_a_product():
    flattener = Flattener([Argument("w", 1, False), Argument("x", 2, True)])
    total = flattener.emit(BATCH_SUM, (flattener.emit(mul, (0, 1)),))
    of_total, of_w = flattener.emit(BATCH_SUM, (total,)), flattener.emit(BATCH_SUM, (0,))
    (samples,) = flattener.graph([traced(0, BATCH_SIZE)], {})
    program = Program(*flattener.finished([Result((total, of_total, of_w, samples), False), Result((1,), True)]))
    assert [row.name for row, _, _ in program.instructions] == ["mul", "batch_sum", "batch_size", "mul", "mul"]
    found = programs.interpreted(program, [[2.0], [[1.0, 0.0], [5.0, 0.0]]], 2)
    assert found == [[12.0, 24.0, 4.0, 2.0], [[1.0], [5.0]]]
    assert flattener.batched == program.batched


def test_a_row_of_the_users_is_what_it_computes_whatever_no_grad_tells():
    row = custom_derivative(lambda x, y: x * y + 3.0, lambda out, x, y: (7.0, 7.0))
    y = row(X, 2.0)
    with no_grad():
        program = Program.from_values([y], [X])
    assert [row.name for row, _, _ in program.instructions] == ["constant", "mul", "constant", "add"]
    assert program(4.0) == 11.0
    slope = custom_derivative(lambda x: grad(lambda v: v * v * x)(x), lambda out, x: (4.0 * x,))
    assert Program.from_values([slope(X)], [X])(3.0) == 18.0
    hidden = custom_derivative(lambda x: x * Y, lambda out, x: (1.0,))
    with pytest.raises(TypeError, match="make it an operand"):
        Flattener([Argument("x", 1, False)]).emit(hidden, (0,))


def test_what_would_be_frozen_is_refused():
    assigned = X * Y
    assigned.data = 7.0
    chosen = ag.where(ag.less(X, Y), lambda: X * 2.0, lambda: Y)
    for y, words in (
        (ag.where(X < Y, X, Y), "plain number"),
        (ag.where(ag.less(X, Y).detach(), X, Y), "plain number"),
        (chosen * X, "only one of them"),
        (assigned + X, "result of mul was assigned"),
    ):
        with pytest.raises(ValueError, match=words):
            Program.from_values([y], INPUTS)
    assert Program.from_values([assigned * chosen], [assigned, chosen])(2.0, 3.0) == 6.0  # as inputs they are given


@pytest.mark.parametrize("wrong", [(X, [X]), ([X], X), ([2.0], [X]), ([X], [2.0])])
def test_other_than_lists_of_values_is_refused(wrong):
    with pytest.raises(TypeError, match="a program is made from"):
        Program.from_values(*wrong)


@pytest.mark.thorough
@pytest.mark.parametrize("row", [row for row in PRIMITIVES.values() if row.lowering], ids=lambda row: row.name)
def test_a_lowering_never_raises_whatever_constants_it_gets(row):
    """Programs never raise on domain: isru(x, -2.5) is nan in every back end."""
    count = row.arity or 3
    for k in range(count):
        for number in (0.0, -2.5, 1e308, math.nan):
            operands = [number] * k + [None] + [number] * (count - k - 1)

            def f(x, operands=operands):
                xs = [x if y is None else y for y in operands]
                return row(xs) if row.arity is None else row(*xs)

            results = [compile(f, backend=backend)(0.5) for backend in ("python", "llvm")]
            assert struct.pack("<2d", *results)[:8] == struct.pack("<2d", *results)[8:] or all(r != r for r in results)


def test_a_lowering_may_divide_plain_numbers_by_zero():
    inverse = Primitive("inverse", 2, lambda x, a: x / a, (None, None), lowering=lambda x, a: x * (1.0 / a))
    assert compile(lambda x: inverse(x, 0.0))(0.5) == math.inf
