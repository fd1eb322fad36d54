"""The llvm back end gives the bits of the table's rows, sample by sample, whatever the shape of the program.

The reference computes instruction by instruction with `Primitive.total`. Random programs come in two kinds: any graph,
and the regular ones that networks are made of, which become loops.
"""

import contextlib
import ctypes
import gc
import itertools
import math
import random
import sys
import threading
from itertools import pairwise
from unittest import mock

import numpy as np
import programs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.backends import llvm
from autograd_lite.backends.llvm import compile_llvm, engine, fusion, plan, rerolling, sections
from autograd_lite.backends.llvm import native_code as code
from autograd_lite.backends.llvm.compilation import prepared
from autograd_lite.backends.llvm.imported_functions import guarded, library_function
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.program.instructions import ROWS, Argument, Instruction, Result
from autograd_lite.program.program import Program
from autograd_lite.support.build import is_native

SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.0, -3.0, 0.1, -0.7, 4.0, 100.3, -33.7, 1e5,
    1e-300, -1e-300, 5e-324, -5e-324, 1e-310, 1e300, -1e300, 709.5, 710.0, -745.3, 1024.0, -1075.0, 171.5, -170.5,
    1e16, -1e16, 2.0**53 + 1.0, 1.4616321449683622, 0.9999999, math.inf, -math.inf, math.nan,
]  # fmt: skip
BASE = {name: row for name, row in PRIMITIVES.items() if row.lowering is None}


def bits(array):
    """Equal for equal bits; all nans are equal."""
    return np.where(np.isnan(array), np.nan, array).view(np.int64)


def assert_same_bits(found, expected):
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        assert x.shape == y.shape
        different = bits(x) != bits(y)
        assert not different.any(), (x[different][:5], y[different][:5])


def interpreted(program, arrays, samples):
    """The results of a program, instruction by instruction, as arrays."""
    lists = [
        array.reshape(samples, argument.size).tolist() if argument.batched else array.tolist()
        for argument, array in zip(program.arguments, arrays, strict=True)
    ]
    found = programs.interpreted(program, lists, samples)
    shapes = [(samples, len(r.values)) if r.batched else len(r.values) for r in program.results]
    return [np.array(x, dtype=float).reshape(shape) for x, shape in zip(found, shapes, strict=True)]


class Writer:
    """Writes a program, instruction by instruction."""

    def __init__(self, *arguments):
        self.arguments = [Argument(*argument) for argument in arguments]
        self.count = sum(argument.size for argument in self.arguments)
        self.instructions = []
        numbers = iter(range(self.count))
        self.inputs = [[next(numbers) for _ in range(argument.size)] for argument in self.arguments]

    def add(self, name, *operands, constant=None):
        self.instructions.append(Instruction(ROWS[name], tuple(operands), constant))
        self.count += 1
        return self.count - 1

    def number(self, x):
        return self.add("constant", constant=x)

    def program(self, *results):
        return Program(self.arguments, self.instructions, [Result(tuple(values), each) for values, each in results])


def network(sizes=(3, 9, 2), activation="tanh"):
    """A network's loss and its gradient in the parameters as reverse mode writes them; x is batched, p is not."""
    count = sum((n + 1) * m for n, m in pairwise(sizes))
    w = Writer(("p", count, False), ("x", sizes[0], True))
    parameters, x = w.inputs
    one, layers, start = w.number(1.0), [], 0
    for n, m in pairwise(sizes):
        rows = [parameters[start + k * (n + 1) : start + (k + 1) * (n + 1)] for k in range(m)]
        start += m * (n + 1)
        z = [w.add("dot", *row, *x, one) for row in rows]
        out = [w.add(activation, v) for v in z]
        layers.append((rows, x, z, out))
        x = out
    loss = w.add("batch_sum", w.add("dot", *x, *x))
    adjoints, gradient = [w.add("mul", w.number(2.0), v) for v in x], {}
    for rows, inputs, z, out in reversed(layers):
        slopes = [
            w.add("sub", one, w.add("mul", o, o)) if activation == "tanh" else w.add("less", w.number(0.0), v)
            for o, v in zip(out, z, strict=True)
        ]
        g = [w.add("mul", a, s) for a, s in zip(adjoints, slopes, strict=True)]
        for row, adjoint in zip(rows, g, strict=True):
            for parameter, v in zip(row, [*inputs, None], strict=True):
                term = adjoint if v is None else w.add("mul", adjoint, v)
                gradient[parameter] = w.add("batch_sum", term)
        adjoints = []
        for i in range(len(inputs)):
            total = w.add("mul", g[0], rows[0][i])
            for adjoint, row in zip(g[1:], rows[1:], strict=True):
                total = w.add("add", total, w.add("mul", adjoint, row[i]))
            adjoints.append(total)
    penalty = w.add("sum", *[w.add("mul", v, v) for v in parameters])
    size = w.add("batch_size")
    value = w.add("add", w.add("div", loss, size), penalty)
    steps = [w.add("add", w.add("mul", w.number(0.1), p), w.add("div", gradient[p], size)) for p in parameters]
    return w.program(([value], False), (steps, False), (x, True))


def data(program, samples, seed=0):
    random = np.random.default_rng(seed)
    return [
        random.normal(size=(samples, argument.size) if argument.batched else argument.size)
        for argument in program.arguments
    ]


def check(program, arrays, samples):
    found = compile_llvm(program)(arrays, samples)
    assert_same_bits(found, interpreted(program, arrays, samples))


# -- rows


def points(row):
    random = np.random.default_rng(1)
    some = [*SPECIAL, *random.normal(size=20), *(random.normal(size=20) * 40)]
    if row.arity == 1:
        return [(x,) for x in some]
    if row.arity == 2:
        return [(x, y) for x in some for y in some]
    if row.arity == 3:
        return [(c, a, b) for c in (0.0, -0.0, 1.0, math.nan) for a in SPECIAL for b in SPECIAL[::3]]
    return [tuple(random.choice(SPECIAL, 4)) for _ in range(500)]


@pytest.mark.parametrize("name", BASE)
@pytest.mark.parametrize("batched", [True, False])
def test_every_row_has_the_bits_of_the_table(name, batched):
    row = BASE[name]
    table = np.array(points(row))
    arity = table.shape[1]
    program = Program(
        [Argument("x", arity, batched)], [Instruction(row, tuple(range(arity)))], [Result((arity,), batched)]
    )
    expected = np.array([[row.ieee_value(*floats)] for floats in table.tolist()])
    native = compile_llvm(program)
    if batched:
        assert_same_bits(native([table], len(table)), [expected])
    else:
        for floats, value in list(zip(table, expected, strict=True))[:: max(1, len(table) // 300)]:
            assert_same_bits(native([floats], 1), [value])


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name in BASE if name not in ("sum", "prod", "dot", "max", "min")])
def test_rows_in_loops_have_the_same_bits(name):
    row = BASE[name]
    w = Writer(*[(f"x{k}", 50, False) for k in range(row.arity)])
    results = [w.add(name, *operands) for operands in zip(*w.inputs, strict=True)]
    random = np.random.default_rng(2)
    check(w.program((results, False)), [random.choice([*SPECIAL, 0.3, -0.9], 50) for _ in w.inputs], 1)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "dot"])
@pytest.mark.parametrize("count", [1, 2, 40])
def test_constants_may_be_terms_of_reductions(name, count):
    w = Writer(("p", 2 * count, False), ("x", 2 * count, True))
    one, number = w.number(1.0), w.number(0.25)
    results = []
    for inputs in w.inputs:
        for constant in (one, number):
            for operands in (inputs, [constant, *inputs[1:]], [*inputs[1:], constant], [constant] * len(inputs)):
                results.append(w.add(name, *operands))
    program = w.program((results[:8], False), (results, True))
    check(program, data(program, 9), 9)


# -- random programs

floats = st.one_of(st.sampled_from(SPECIAL), st.floats(-5, 5))
OFTEN = ["add", "mul", "dot", "sum", "batch_sum"] * 5
CHEAP = [name for name in BASE if name not in ("digamma", "trigamma", "polygamma", "gamma", "lgamma", "hypot")]


@st.composite
def graphs(draw):
    """Any program: rows on any older values, sums over the samples in between."""
    sizes = draw(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=3))
    w = Writer(*[(f"x{k}", size, batched) for k, (size, batched) in enumerate(sizes)])
    w.number(draw(floats))
    for _ in range(draw(st.integers(1, 40))):
        older = st.integers(max(0, w.count - draw(st.sampled_from([3, 10, 100]))), w.count - 1)
        name = draw(st.sampled_from([*CHEAP, *OFTEN, "constant", "batch_size"]))
        if name == "constant":
            w.number(draw(floats))
        else:
            arity = ROWS[name].arity
            count = draw(st.integers(1, 6)) * (2 if name == "dot" else 1) if arity is None else arity
            w.add(name, *[draw(older) for _ in range(count)])
    return finished(draw, w)


@st.composite
def regular(draw):
    """Programs like layers of networks: rows over runs of values, some of them reversed, shifted or spoiled."""
    wide = st.integers(1, 20)
    w = Writer(("p", draw(wide) * 5, False), ("x", draw(wide), True), ("y", draw(wide), draw(st.booleans())))
    runs = [run for run in w.inputs if run]
    some = st.sampled_from(["add", "mul", "sub", "maximum", "less", "tanh", "where", "relu", "neg"])
    for _ in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["map", "map", "dense", "outer", "constants", "reduce"]))
        a, b = (draw(st.sampled_from(runs))[:: draw(st.sampled_from([1, 1, -1, 2]))] for _ in range(2))
        if kind == "map":
            name = draw(some)
            arity = ROWS[name].arity
            run = [w.add(name, *[(a, b, a)[k][i % len((a, b, a)[k])] for k in range(arity)]) for i in range(len(a))]
        elif kind == "reduce":
            name = draw(st.sampled_from(["sum", "prod", "max", "min"]))
            extra = [w.number(draw(floats))] * draw(st.integers(0, 2))
            run = [w.add(name, *a[i : i + 5], *extra) for i in range(len(a))]
        elif kind == "dense":
            count = draw(st.integers(1, 9))
            run = []
            for j in range(count):
                weights = [a[(j * draw(st.sampled_from([len(b)])) + i) % len(a)] for i in range(len(b))]
                run.append(w.add("dot", *weights, *b))
        elif kind == "outer":
            run = [w.add("batch_sum", w.add("mul", x, y)) for x in a[:9] for y in b[:12]]
        else:
            run = [w.add("add", x, w.number(draw(floats))) for x in a]
        if len(run) > 2 and draw(st.booleans()):
            run.insert(draw(st.integers(0, len(run))), w.add("neg", run[0]))
        runs.append(run)
    return finished(draw, w)


def finished(draw, w):
    """A program with some results; batched ones where they have to be."""
    batched = w.program().batched
    values = st.integers(0, w.count - 1)
    whole = [x for x in draw(st.lists(values, min_size=1, max_size=30)) if not batched[x]]
    last = [x for x in range(max(0, w.count - 20), w.count) if not batched[x]]
    each = [*draw(st.lists(values, max_size=12)), w.count - 1]
    return w.program((whole, False), (each, True), (last, False))


@contextlib.contextmanager
def thresholds(part, straight, smallest, optimized):
    """Programs cut into functions at other places, loops of other lengths, the other code generator level."""
    with (
        mock.patch.object(sections, "PART", part),
        mock.patch.object(sections, "STRAIGHT", straight),
        mock.patch.object(plan, "SMALLEST", smallest),
        mock.patch.object(engine, "OPTIMIZED_LINES", optimized),
    ):
        yield


@pytest.mark.thorough
@given(
    program=st.one_of(graphs(), regular()),
    samples=st.sampled_from([0, 1, 3, 7, 8, 9, 17, 1030]),
    seed=st.integers(0, 2**32 - 1),
    rough=st.booleans(),
    part=st.sampled_from([1200, 60]),
    straight=st.sampled_from([400, 20]),
    smallest=st.sampled_from([16, 2]),
    optimized=st.sampled_from([8000, 0]),
)
def test_random_programs_have_the_bits_of_the_rows(program, samples, seed, rough, part, straight, smallest, optimized):
    random = np.random.default_rng(seed)
    arrays = data(program, samples, seed)
    if rough:
        arrays = [np.where(random.random(x.shape) < 0.4, random.choice(SPECIAL, x.shape), x) for x in arrays]
    with thresholds(part, straight, smallest, optimized):
        check(program, arrays, samples)


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
@example([(j, i) for j in range(3) for i in range(4)])
def test_boxes_hold_the_rows_in_order(rows):
    unpacked = []
    for dims, first, steps in rerolling._boxes(rows):
        for index in np.ndindex(*dims):
            moved = [sum(i * step[k] for i, step in zip(index, steps, strict=True)) for k in range(2)]
            unpacked.append((first[0] + moved[0], first[1] + moved[1]))
    assert unpacked == rows


class Recorded(tuple):
    """Operands that write down what is read of them."""

    def __new__(cls, operands, read):
        made = super().__new__(cls, operands)
        made.read = read
        return made

    def __iter__(self):
        for x in super().__iter__():
            self.read.append(x)
            yield x


@pytest.mark.parametrize("nest", [False, True])
def test_a_schedule_reads_each_operand_once_however_often_an_item_waits(nest):
    # Items come in the order of their first instructions; the values that item 0 waits for come one after the other.
    n, read = 300, []
    if nest:
        waiting = tuple(fusion.Op(k, BASE["exp"], Recorded((n + k,), read)) for k in range(n))
        item = rerolling.LoopNest(BASE["exp"], (n,), rerolling.Access("s", 0, (1,)), (), waiting)
    else:
        item = fusion.Op(0, BASE["dot"], Recorded(range(n, 2 * n), read))
    later = [fusion.Op(n + k, BASE["exp"], Recorded((2 * n + k,), read)) for k in range(n)]
    assert rerolling.Schedule([item, *later], {}).ordered == [*later, item]
    assert sorted(read) == list(range(n, 3 * n))


def lines_run(module, call):
    """How many lines of the functions of a module a call runs."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(lambda frame, *_: trace if frame.f_code.co_filename == module else None)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.skipif(is_native(), reason="compiled code has no lines to be counted")
@pytest.mark.parametrize("scattered", [False, True])
@pytest.mark.parametrize("name", [name for name, row in PRIMITIVES.items() if row.arity is None])
def test_plans_take_work_that_is_linear_in_the_operands_of_a_row(name, scattered):
    row = PRIMITIVES[name]

    def lines(n):
        x = [ag.Value(1.0 + k / n) for k in range(n * row.sequences)]
        parts = [x[k * n : k * n + n] for k in range(row.sequences)]
        if scattered:  # computed, or one gather makes an array of them
            parts[-1] = random.Random(0).sample([ag.tanh(v) for v in parts[-1]], n)
        program = prepared(Program.from_values([row(*parts)], x))
        return lines_run(rerolling.__file__, lambda: plan.ProgramPlan(program))

    assert lines(200) < 2.3 * lines(100)


# -- batches and threads


@pytest.mark.thorough
@pytest.mark.parametrize("samples", [0, 1, 7, 8, 9, 255, 256, 257, 1023, 1024, 1025, 5000])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_network_has_the_bits_of_the_rows_for_every_batch(samples, activation):
    program = network(activation=activation)
    check(program, data(program, samples), samples)


@pytest.mark.thorough
@pytest.mark.parametrize("sizes", [(40, 5, 3), (9, 35, 2)])  # the second has more sums side by side than a strip
def test_wide_arguments_are_summed_in_the_same_order(sizes):
    program = network(sizes)
    for samples in (0, 3, 8, 10, 16, 17, 25, 40, 1030):
        check(program, data(program, samples), samples)


def test_sums_of_negative_zeros_are_zero():
    w = Writer(("x", 9, True), ("y", 9, True))
    sums = [w.add("batch_sum", x) for x in w.inputs[0]]
    products = [w.add("batch_sum", w.add("mul", x, y)) for x in w.inputs[0] for y in w.inputs[1]]
    program = w.program((sums, False), (products, False))
    for samples in (1, 8, 9):
        x, y = np.full((samples, 9), -0.0), np.ones((samples, 9))
        for found in compile_llvm(program)([x, y], samples):
            assert not np.signbit(found).any()


@pytest.mark.parametrize("samples", [1, 9, 17])
def test_a_sample_that_is_not_there_spoils_no_sum(samples):
    w = Writer(("p", 1, False), ("x", 9, True))
    (p,), x = w.inputs
    spoiled = w.add("div", p, x[0])  # p / 0 in lanes without a sample
    sums = [w.add("batch_sum", w.add("mul", spoiled, factor)) for factor in (p, *x)]
    for number in (3.0, math.inf):
        check(w.program((sums, False)), [np.array([number]), np.full((samples, 9), 2.0)], samples)


def test_phases_follow_each_other():
    w = Writer(("x", 3, True))
    (x,) = w.inputs
    size = w.add("batch_size")
    for _ in range(3):  # take the mean off, divide by the deviation, three times
        mean = [w.add("div", w.add("batch_sum", v), size) for v in x]
        x = [w.add("sub", v, m) for v, m in zip(x, mean, strict=True)]
        square = [w.add("batch_sum", w.add("mul", v, v)) for v in x]
        x = [w.add("div", v, w.add("sqrt", s)) for v, s in zip(x, square, strict=True)]
    program = w.program((x, True), (square, False))
    for samples in (2, 11, 2100):
        check(program, data(program, samples), samples)


def test_results_may_be_anything():
    w = Writer(("p", 2, False), ("x", 2, True))
    (p, q), (x, y) = w.inputs
    s, c = w.add("add", x, p), w.number(-0.0)
    total = w.add("batch_sum", s)
    same = w.add("batch_sum", p)  # p for every sample
    program = w.program(([x, p, s, s, c, y], True), ([p, c, total, total, q, same], False), ([], True), ([], False))
    check(program, data(program, 11), 11)


def test_a_program_without_batch_or_results_runs():
    check(Writer(("p", 0, False)).program(), [np.empty(0)], 1)
    check(Writer(("x", 2, True)).program(), [np.ones((5, 2))], 5)
    w = Writer()
    check(w.program(([w.number(2.5)], False)), [], 1)


@pytest.mark.thorough
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("parts", [1, 1_000_000])
def test_the_number_of_threads_changes_no_bit(threads, parts):
    program = network()
    native, arrays = compile_llvm(program), data(program, 5000)
    results = [np.empty_like(x) for x in native(arrays, 5000)]
    with mock.patch.object(code, "PARTS", parts):
        code._run_on_threads(native, arrays, results, 5000, threads)
    assert_same_bits(results, interpreted(program, arrays, 5000))


def test_phases_run_on_threads():
    w = Writer(("x", 2, True))
    mean = [w.add("div", w.add("batch_sum", v), w.add("batch_size")) for v in w.inputs[0]]
    centred = [w.add("sub", v, m) for v, m in zip(w.inputs[0], mean, strict=True)]
    program = w.program(([w.add("batch_sum", w.add("mul", v, v)) for v in centred], False), (centred, True))
    native, arrays = compile_llvm(program), data(program, 3000)
    with mock.patch.object(code, "_cores", return_value=2), mock.patch.object(native, "_share", return_value=True):
        assert_same_bits(native(arrays, 3000), interpreted(program, arrays, 3000))


def test_a_program_without_sums_runs_on_threads():
    w = Writer(("x", 2, True))
    program = w.program(([w.add("mul", *w.inputs[0]), w.inputs[0][1]], True))
    native, arrays = compile_llvm(program), data(program, 3000)
    with mock.patch.object(code, "_cores", return_value=2), mock.patch.object(native, "_share", return_value=True):
        assert_same_bits(native(arrays, 3000), interpreted(program, arrays, 3000))


@pytest.mark.parametrize("faster", [False, True])
def test_threads_run_where_they_were_faster(faster):
    """What seemed slower is tried again, at first often."""
    native = compile_llvm(network())
    assert not native._share(10**9)  # nothing is known
    native._alone, native._shared = 1e-6, 0.5e-6 if faster else 2e-6
    assert not any(native._share(900) for _ in range(40))  # which take less than a millisecond
    native._batches = 0
    found = [native._share(10**6) for _ in range(100)]
    assert [k for k, shared in enumerate(found, 1) if shared != faster] == [4, 8, 16, 32, 64, 96]


def test_threads_may_call_one_program_at_once():
    program = network()
    native = compile_llvm(program)
    inputs = [data(program, 1 + 400 * k, seed=k) for k in range(4)]
    expected = [native(arrays, len(arrays[1])) for arrays in inputs]
    failures = []

    def call(arrays, wanted):
        try:
            for _ in range(30):
                assert_same_bits(native(arrays, len(arrays[1])), wanted)
        except AssertionError as error:
            failures.append(error)

    threads = [threading.Thread(target=call, args=pair) for pair in zip(inputs, expected, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# -- size


@pytest.mark.thorough
def test_the_code_of_a_network_does_not_grow_with_its_layers():
    small, large = (compile_llvm(network((16, width, 8))).source.count("\n") for width in (16, 64))
    assert large < 1.2 * small


@pytest.mark.thorough
def test_a_large_irregular_program_is_cut_into_functions():
    random = np.random.default_rng(5)
    w = Writer(("p", 10, False), ("x", 10, True))
    names = ["add", "mul", "sub", "relu", "maximum", "less", "where", "abs"]
    for name in random.choice(names, 20_000):
        w.add(name, *[int(x) for x in w.count - 1 - random.integers(0, 200, ROWS[name].arity) % w.count])
    batched = w.program().batched
    values = range(w.count - 300, w.count)
    program = w.program(([x for x in values if batched[x]], True), ([x for x in values if not batched[x]], False))
    check(program, data(program, 9), 9)
    assert compile_llvm(program).source.count("define void @stage0.tile.") > 10


@pytest.mark.thorough
def test_a_long_chain_compiles():
    w = Writer(("x", 1, False))
    (x,) = w.inputs[0]
    for _ in range(5_000):
        x = w.add("add", w.add("mul", x, w.inputs[0][0]), w.inputs[0][0])
    check(w.program(([x], False)), [np.array([0.7])], 1)


# -- the edges of native code


@pytest.mark.thorough
def test_code_lives_as_long_as_its_function():
    program = network()
    arrays = data(program, 10)
    native = compile_llvm(program)
    expected = native(arrays, 10)
    call, constants, scratch = native._call, native._constants, np.empty(100_000)
    del native
    for _ in range(3):
        compile_llvm(network((2, 3, 1)))  # engines come and go
        gc.collect()
    results = [np.empty_like(x) for x in expected]
    call(10, scratch, *constants, *arrays, *results)
    assert_same_bits(results, expected)


def test_arrays_of_other_kinds_are_converted():
    program = network()
    native = compile_llvm(program)
    p, x = data(program, 6)
    expected = native([p, x], 6)
    assert_same_bits(native([p.tolist(), x.tolist()], 6), expected)
    assert_same_bits(native([p, np.asfortranarray(x)], 6), expected)
    rounded = x.astype(np.float32)
    assert_same_bits(native([p, rounded], 6), native([p, rounded.astype(float)], 6))


def test_an_array_of_another_size_is_refused():
    program = network()
    native = compile_llvm(program)
    p, x = data(program, 6)
    with pytest.raises(ValueError, match="argument x of a compiled program has 3 numbers for each of 7 samples"):
        native([p, x], 7)
    with pytest.raises(ValueError, match="argument p of a compiled program has 56 numbers, but got an array of shape"):
        native([p[1:], x], 6)
    for arrays in ([p], [p, x, x]):
        with pytest.raises(TypeError, match="a compiled program takes 2 arrays, but got"):
            native(arrays, 6)


def test_a_function_that_raises_gives_nan_to_native_code():
    def fail(x):
        raise RuntimeError(x)

    failures = []
    assert math.isnan(guarded(fail, failures)(1.0))
    assert [type(x) for x in failures] == [RuntimeError]


def test_what_a_function_that_is_called_back_raised_is_raised_after_the_call():
    def failing(x):
        if x > 1.0:
            raise RuntimeError("it did not converge")
        return math.sqrt(x)  # whose domain ends at 0

    row = ag.custom_derivative(failing, lambda out, x: (1.0,))
    f = ag.compile(ag.vmap(row), backend="llvm")
    assert f([0.25, 1.0]) == [0.5, 1.0]
    for data in ([2.0], [0.5, 2.0, 3.0]):
        with pytest.raises(RuntimeError, match="did not converge"):
            f(data)
    assert [math.isnan(x) for x in f([-1.0, 1.0])] == [True, False]


def test_an_interrupt_in_a_function_called_back_comes_through():
    def interrupt(x):
        raise KeyboardInterrupt

    def call():
        assert math.isnan(guarded(interrupt, [])(1.0))
        for _ in range(100):  # the interrupt is pending; Python raises it between two instructions
            pass

    with pytest.raises(KeyboardInterrupt):
        call()


def test_a_library_function_that_differs_is_not_used():
    row = BASE["exp"]
    library_function.cache_clear()
    wrong = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(lambda x: math.nextafter(math.exp(x), math.inf))
    try:
        with mock.patch.object(ctypes, "CDLL", return_value=mock.Mock(exp=wrong)):
            assert library_function(row) is None
    finally:
        library_function.cache_clear()
    assert library_function(row) is not None


def test_the_source_can_be_read():
    source = compile_llvm(network()).source
    assert "define void @stage0.block(" in source
    assert llvm.compile_llvm is compile_llvm


@pytest.mark.parametrize("size", range(1, 7))
@pytest.mark.parametrize("samples", [0, 1, 7, 8, 9, 40, 1025])
def test_samples_of_few_numbers(size, samples):
    w = Writer(("x", size, True))
    ends = [w.add("add", v, v) for v in w.inputs[0]]
    program = w.program((ends[::-1], True), ([w.add("batch_sum", v) for v in ends], False))
    arrays = data(program, samples)
    assert_same_bits(compile_llvm(program)(arrays, samples), interpreted(program, arrays, samples))


def test_threads_start_where_a_batch_takes_long_on_one():
    w = Writer(("x", 1, True))
    program = w.program(([w.add("exp", w.inputs[0][0])], True))
    native = compile_llvm(program)
    threads = []
    with (
        mock.patch.object(code, "_cores", return_value=2),
        mock.patch.object(code, "_run_on_threads", lambda *args: threads.append(args[3])),
        mock.patch.object(code, "perf_counter", side_effect=(3e-5 * k for k in itertools.count())),
    ):
        for samples in (1000, 3000, 1_000_000, 3000, 2_000_000):
            native(data(program, samples), samples)
    assert threads == [1_000_000, 2_000_000]


@pytest.mark.parametrize("fastmath", [False, True])
def test_few_samples_of_a_large_layer_have_the_bits_of_many(fastmath):
    """Up to half of a vector of samples runs in half vectors."""
    model = nn.MLP(70, [60, 3], activation="tanh", rng=0)

    def loss(model, x, y):
        out = model(x)
        return ag.sum([(a - b) ** 2 for a, b in zip(out, y, strict=True)]), ag.exp(out[0])

    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(23, 70)), rng.normal(size=(23, 3))
    each = ag.compile(ag.vmap(loss, in_axes=(None, 0, 0)), backend="llvm", fastmath=fastmath)
    assert "half.0" in each.trace(model, X, Y).source("llvm")
    whole = each(model, X, Y)
    for n in range(1, 23):
        found = each(model, X[:n], Y[:n])
        assert all(np.array_equal(a, b[:n]) for a, b in zip(found, whole, strict=True))


def test_gradients_of_few_samples_of_a_large_layer():
    model = nn.MLP(70, [60, 3], activation="tanh", rng=0)
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(23, 70)), rng.normal(size=(23, 3))

    def loss(model, x, y):
        return ag.sum([(a - b) ** 2 for a, b in zip(model(x), y, strict=True)])

    step = ag.value_and_grad(ag.vmap(loss, in_axes=(None, 0, 0), reduce="mean"))
    native, python = (ag.compile(step, backend=name) for name in ("llvm", "python"))
    for n in (1, 4, 5, 8, 9, 12, 13, 20):
        (value, slopes), (other, known) = native(model, X[:n], Y[:n]), python(model, X[:n], Y[:n])
        assert value == other
        assert slopes == known
