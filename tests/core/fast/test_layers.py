"""Many Values at once: to the bit what a loop over Values and rows does."""

import copy
import math
import pickle
from contextlib import nullcontext
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, dot, grad, gradients, no_grad, relu, sigmoid, sin, tanh
from autograd_lite.core.abstract.tracers import TracingError
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.fast.layers import (
    ValueNumbers,
    all_finite,
    as_values,
    assign,
    data_of_values,
    descend,
    dots,
    each,
    remember,
    restore_data,
    vector,
    weight_rows,
)  # fmt: skip
from autograd_lite.core.graph import operands_of
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import constant
from autograd_lite.explaining.watch import Watch

numbers = st.floats(-1e3, 1e3)


class Unit:
    def __init__(self, w, b):
        self.w, self.b = w, b


def networks(sizes, rng):
    """Two networks of the same numbers: one of shared vectors, one of plain dots, as (inputs, outputs)."""
    layers = [[[rng.uniform(-1, 1) for _ in range(n + 1)] for _ in range(m)] for n, m in pairwise(sizes)]
    samples = [[rng.uniform(-1, 1) for _ in range(sizes[0])] for _ in range(3)]
    for shared in (True, False):
        parameters = [[[Value(w) for w in row] for row in layer] for layer in layers]
        outputs = []
        for sample in samples:
            x = [constant(v) if i else Value(v) for i, v in enumerate(sample)]
            outputs_of_sample = x
            for layer in parameters:
                inputs = [*outputs_of_sample, constant(1.0)]
                if shared:
                    # one vector of each row serves all samples, as in a layer
                    rows = [CACHE.setdefault(id(row), vector(row)) for row in layer]
                    outputs_of_sample = each(tanh, dots(rows, vector(inputs)))
                else:
                    outputs_of_sample = [tanh(dot(row, inputs)) for row in layer]
            outputs += outputs_of_sample
        yield [w for layer in parameters for row in layer for w in row], outputs
    CACHE.clear()


CACHE = {}


@pytest.mark.thorough
@given(st.lists(st.integers(1, 4), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_shared_dots_are_dots_to_the_bit(sizes, rng):
    (ps, outs), (qs, wanted) = networks(sizes, rng)
    assert [x.data for x in outs] == [x.data for x in wanted]
    total, expected = dot(outs, outs), dot(wanted, wanted)
    assert gradients(total, ps) == gradients(expected, qs)
    symbolic = gradients(total, ps, create_graph=True)
    assert [g.data for g in symbolic] == gradients(total, ps)
    total.backward()
    expected.backward()
    assert [p.grad for p in ps] == [q.grad for q in qs]
    order = topological_order([total], everything=True)
    place = {id(x): i for i, x in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[id(x)] < place[id(node)] for node in order for x in operands_of(node))


@given(st.lists(numbers, min_size=1, max_size=5))
def test_what_was_recorded_is_differentiated(data):
    ws, xs = [Value(v) for v in data], [Value(v + 1.0) for v in data]
    (out,) = dots([vector(list(ws))], vector(list(xs)))
    before = gradients(out, ws + xs)
    for p in ws + xs:
        p.data = 0.0
    assert gradients(out, ws + xs) == before == [v + 1.0 for v in data] + data
    assert out.partials == tuple(before)


def test_a_vector_computes_with_what_it_was_made_of():
    w, x = Value(2.0), Value(3.0)
    row, inputs = vector([w]), vector([x])
    w.data = 5.0
    assert dots([row], inputs)[0].data == 6.0


def test_a_dot_of_shared_vectors_looks_like_any_other():
    w, x = Value(2.0), Value(3.0)
    (out,) = dots([vector([w, Value(0.5)])], vector([x, constant(1.0)]))
    assert (out.op, out.data) == ("dot", 6.5)
    assert out.parents[0] is w
    assert out.parents[2] is x
    assert out.partials == (3.0, 1.0, 2.0, None)


def test_repeated_operands_and_graphs_below():
    x = Value(2.0)
    y = x * x
    (out,) = dots([vector([x, y])], vector([y, y]))
    assert gradients(out, [x]) == gradients(dot([x, y], [y, y]), [x]) == [3 * 4.0 + 4 * 8.0]


def test_copies_and_pickles():
    w = Value(2.0)
    (out,) = dots([vector([w])], vector([Value(3.0)]))
    for again in (copy.deepcopy(out), pickle.loads(pickle.dumps(out)), copy.copy(out)):
        assert again.data == 6.0
        assert gradients(again, [again.parents[0]]) == [3.0]


def test_constants_no_grad_and_traced_operands():
    row = vector([Value(2.0)])
    with no_grad():
        (out,) = dots([row], vector([constant(3.0)]))
    assert (out.op, out.data) == ("detached", 6.0)
    (out,) = dots([vector([constant(2.0)])], vector([constant(3.0)]))
    with pytest.raises(RuntimeError, match="constants alone"):
        out.backward()
    assert grad(grad(lambda v: dots([vector([v, v])], vector([v, constant(1.0)]))[0]))(3.0) == 2.0


@pytest.mark.parametrize(("weight", "number"), [(constant(2.0), Value(3.0)), (Value(2.0), constant(3.0))])
def test_constants_on_one_side_leave_the_gradient_of_the_other(weight, number):
    (out,) = dots([vector([weight])], vector([number]))
    slopes = [0.0 if x.op else slope for x, slope in ((weight, 3.0), (number, 2.0))]
    assert gradients(out, [weight, number]) == slopes
    assert [g.data for g in gradients(out, [weight, number], create_graph=True)] == slopes


@pytest.mark.parametrize("context", [nullcontext, no_grad])
def test_a_compiled_function_computes_its_dots_at_each_call(context):
    w = Value(2.0)

    def f(x):
        with context():
            a, b = dots([vector([w]), vector([x])], vector([5.0]))
            return a, b, *dots([vector([w])], vector([3.0])), *dots([vector([2.0])], vector([x]))

    compiled = compile(f, backend="python")
    assert compiled(7.0) == (10.0, 35.0, 6.0, 14.0)
    w.data = 4.0
    assert compiled(-1.0) == (20.0, -5.0, 12.0, -2.0)


@pytest.mark.parametrize("context", [nullcontext, no_grad])
def test_dots_are_watched_as_any_operation_is(context):
    w, x = Value(2.0), Value(3.0)
    with Watch() as watch, context():
        (out,) = dots([vector([w])], vector([x]))
        wanted = dot([w], [x])
    assert out.op == wanted.op == ("dot" if context is nullcontext else "detached")
    assert (time_of(out) in watch.lines) == (time_of(wanted) in watch.lines) == (context is nullcontext)


def test_sizes_that_differ():
    with pytest.raises(ValueError, match="got 2 and 1 of them"):
        dots([vector([Value(1.0), Value(2.0)])], vector([Value(1.0)]))


def test_rows_are_kept_while_neurons_hold_the_same():
    units = [Unit([Value(1.0), Value(2.0)], Value(0.0)), Unit([Value(3.0), Value(4.0)], Value(0.5))]
    rows = weight_rows([u.w for u in units], [u.b for u in units], [])
    assert [row.nodes for row in rows] == [[*unit.w, unit.b] for unit in units]
    assert all(a is b for a, b in zip(rows, weight_rows([u.w for u in units], [u.b for u in units], rows), strict=True))
    units[0].w[1] = Value(2.0)  # the same number, another Value
    again = weight_rows([u.w for u in units], [u.b for u in units], rows)
    assert again[0] is not rows[0]
    assert again[0].nodes[1] is units[0].w[1]
    assert again[1] is rows[1]
    units[0].w[0] = Value(1.0)
    assert weight_rows([u.w for u in units], [u.b for u in units], again)[0].nodes[0] is units[0].w[0]
    units[1].b = Value(0.5)
    assert weight_rows([u.w for u in units], [u.b for u in units], again)[1].nodes[2] is units[1].b
    units[0].w[0].data = 9.0
    assert weight_rows([u.w for u in units], [u.b for u in units], again)[0].numbers() == [9.0, 2.0, 0.0]


def test_a_number_among_the_weights_is_held_fixed():
    w, b = Value(2.0), Value(0.5)
    for again in ([], weight_rows([(w, 3.0), [1.0, 2.0]], [b, 1.0], [])):
        rows = weight_rows([[w, 3.0], [1.0, 2.0]], [b, 1.0], again)
        out, fixed = dots(rows, vector([5.0, 7.0, 1.0]))
        assert (out.data, fixed.data) == (31.5, 20.0)
        assert gradients(out, [w, b]) == [5.0, 1.0]
        assert [x.op for x in out.parents[:3]] == ["", "constant", ""]
    with pytest.raises(TypeError, match="'a'"):
        weight_rows([[w, "a"]], [b], [])


@pytest.mark.thorough
@pytest.mark.parametrize("row", [relu, sigmoid, tanh, sin])
@given(data=st.lists(st.floats(-50, 50) | st.sampled_from([0.0, -0.0, float("nan")]), min_size=1, max_size=5))
def test_each_is_the_row_for_each_operand(row, data):
    xs = [Value(v) for v in data]
    found, wanted = each(row, xs), [row(x) for x in xs]
    assert [repr(x) for x in found] == [repr(x) for x in wanted]
    assert [repr(x.partials) for x in found] == [repr(x.partials) for x in wanted]
    assert all(out.parents[0] is x for out, x in zip(found, xs, strict=True))


def test_numbers_become_constants():
    x = Value(1.0)
    values = as_values([x, 2.5, 3, True])
    assert values[0] is x
    assert [v.op for v in values[1:]] == ["constant"] * 3
    assert [v.data for v in values] == [1.0, 2.5, 3.0, 1.0]
    with pytest.raises(TypeError, match="'a'"):
        as_values(["a"])


def test_floats_alone_need_no_values():
    assert vector([1.0, 2.5]).nodes == []
    assert [v.op for v in vector([1.0, 2]).nodes] == ["constant"] * 2
    x = Value(1.0)
    assert vector([2.0, x]).nodes[1] is x
    with pytest.raises(TypeError, match="'a'"):
        vector([1.0, "a"])


def test_data_that_was_remembered_is_restored_by_assignment():
    x, w = Value(1.0), Value(-0.0)
    out, square = dots([vector([w]), vector([x])], vector([x])), x * x
    remember([x, w])
    assign([x, w], [5.0, 6.0])
    restore_data([x, w])
    assert [repr(v) for v in data_of_values([x, w])] == ["1.0", "-0.0"]
    assert gradients(square, [x]) == [2.0]
    assert gradients(out[1], [x]) == [2.0]
    with pytest.raises(RuntimeError, match="after data in it was assigned"):
        gradients(square, [x], create_graph=True)


ASSIGNING = {
    "assign": lambda xs: assign(xs, [7.0] * len(xs)),
    "descend": lambda xs: descend(xs, [1.0] * len(xs), 0.5),
    "restore": restore_data,
    "data": lambda xs: [setattr(x, "data", 8.0) for x in xs],
}


@pytest.mark.parametrize("first", ASSIGNING)
@pytest.mark.parametrize("second", ASSIGNING)
def test_whatever_assigns_is_seen_by_rows_and_by_recorded_gradients(first, second):
    xs = [Value(1.0), Value(2.0)]
    remember(xs)
    oldest = weight_rows([xs[:1]], xs[1:], [])
    y = xs[0] * xs[1]
    ASSIGNING[first](xs)
    with pytest.raises(RuntimeError, match="after data in it was assigned"):
        gradients(y, xs, create_graph=True)
    older = weight_rows([xs[:1]], xs[1:], oldest)
    assert older[0].numbers() == data_of_values(xs)
    ASSIGNING[second](xs)
    for rows in (oldest, older):
        assert weight_rows([xs[:1]], xs[1:], rows)[0].numbers() == data_of_values(xs)


def test_a_traced_value_has_no_data():
    with pytest.raises(TracingError, match="data"):
        compile(lambda x: data_of_values([x]), backend="python")(1.0)


def test_assign_is_assignment():
    x = Value(1.0)
    y = x * x
    assign([x], [5.0])
    assert data_of_values([x, y]) == [5.0, 1.0]
    assert gradients(y, [x]) == [2.0]
    with pytest.raises(RuntimeError, match="after data in it was assigned"):
        gradients(y, [x], create_graph=True)
    with pytest.raises(ValueError, match="there are 1 and 2"):
        assign([x], [1.0, 2.0])


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=5), st.floats(0.0, 10.0))
def test_descend_is_what_a_loop_does(pairs, rate):
    values = [Value(x) for x, _ in pairs]
    shared = vector(values)
    descend(values, [slope for _, slope in pairs], rate)
    assert [repr(v.data) for v in values] == [repr(x - rate * slope) for x, slope in pairs]
    assert shared.numbers() == [x for x, _ in pairs] or any(x != x for x, _ in pairs)
    with pytest.raises(ValueError, match="each Value takes one number, but there are 1 and 2"):
        descend([Value(1.0)], [1.0, 2.0], rate)


@given(st.lists(st.floats(), max_size=5))
def test_all_finite(numbers):
    assert all_finite(numbers) == all(map(math.isfinite, numbers))


def test_leaves_of_vectors_get_their_gradients_beside_other_uses_of_them():
    # What a vector holds is not counted one by one when nothing is stored; other uses of the same leaf are.
    w, x, y = Value(2.0), Value(3.0), Value(5.0)
    (a,) = dots([vector([w, y])], vector([x, w]))  # w x + y w
    for out, expected in (
        (a * w + w, [2.0 * (x.data + y.data) * w.data + 1.0, w.data**2, w.data**2]),
        (w * w + a, [2.0 * w.data + x.data + y.data, w.data, w.data]),
    ):
        assert gradients(out, [w, x, y]) == expected
        assert [p.grad for p in (w, x, y)] == [0.0, 0.0, 0.0]
        out.backward()
        assert [p.grad for p in (w, x, y)] == expected
        for p in (w, x, y):
            p.zero_grad()
    assert gradients(w, [w, x]) == [1.0, 0.0]


@given(st.lists(st.floats(), min_size=1, max_size=5), st.lists(st.tuples(st.integers(0, 4), st.floats())))
def test_the_array_of_numbers_has_the_bits_that_were_assigned_last(start, changes):
    np = pytest.importorskip("numpy")
    values = [Value(x) for x in start]
    held = ValueNumbers(values)
    before = held.array()
    kept = before.tobytes()
    for i, x in changes:
        values[i % len(values)].data = x
        assert held.array().tobytes() == np.array([v.data for v in values]).tobytes()
    assert before.tobytes() == kept  # what was given out does not change
