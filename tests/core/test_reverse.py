"""The sweeps: against each other on random expressions, and very deep."""

import gc
import threading

import pytest
from exact import bits, check_expression
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, gradients, jvp
from autograd_lite.core.fast.layers import dots, vector
from autograd_lite.core.graph import PASS, REACHED
from autograd_lite.core.reverse import float_adjoints, topological_order
from autograd_lite.support.build import is_native
from autograd_lite.testing.random_graphs import Expression, expressions


@pytest.mark.thorough
def test_a_graph_of_depth_10000():
    # Differences that shrink, so that ten thousand steps stay of ordinary size.
    rows = ag.PRIMITIVES
    names = [("mul", (0, 1)), ("tanh", (2,)), ("sub", (3, 1)), ("hypot", (4, 0)), ("sin", (5,))]
    steps = [(rows[name], operands) for name, operands in names]
    check_expression(Expression((0.7, 0.9), steps, repeat=2000))  # 10,000 nodes


@pytest.mark.thorough
@settings(max_examples=100)
@given(expressions())
def test_the_sweeps_agree_to_the_bit(f):
    """backward, gradients, and the recorded gradient; forward mode to the last digits."""
    inputs = [Value(x) for x in f.point]
    out = f(*inputs)
    floats = gradients(out, inputs)
    recorded = gradients(out, inputs, create_graph=True)
    assert [bits(g.data) for g in recorded] == [bits(g) for g in floats]
    if out.parents:
        out.backward()
        assert [bits(x.grad) for x in inputs] == [bits(g + 0.0) for g in floats]
    for i in range(len(inputs)):
        direction = [float(i == j) for j in range(len(inputs))]
        tangent = jvp(f, f.point, direction)[1]
        scale = sum(abs(g) for g in floats) + 1.0
        assert abs(tangent - floats[i]) <= 1e-6 * scale or not abs(scale) < 1e12


def test_what_a_graph_holds():
    x, y = Value(2.0), Value(3.0)
    (out,) = dots([vector([x, y])], vector([x * 4.0, 5.0 - y]))
    root = ag.sum([out, 6.0, x])
    count = {everything: len(topological_order([root], everything)) for everything in (False, True)}
    assert count == {False: 6, True: 9}  # x, y, a product, a difference, the dot, the sum; 4, 5 and 6


def test_roots_that_use_each_other():
    x = Value(3.0)
    y = ag.square(x * 2.0)
    z = y * y + y
    one, both = 24.0, 24.0 + 73.0 * 24.0
    for roots, slope in (([y, z], both), ([z, y], both), ([y, y, z], both + one), ([x, y], 25.0), ([x, x], 2.0)):
        assert float_adjoints(roots, [1.0] * len(roots), [x]) == [slope]
    assert float_adjoints([y - y, y], [1.0, 1.0], [x]) == [one]
    assert float_adjoints([2.0 * y, y], [1.0, 1.0], [x]) == [3.0 * one]


def test_a_pass_that_stores_tells_whom_it_reached():
    x = Value(3.0)
    y, beside = ag.square(x), ag.square(x)
    gradients(y + 1.0, [x])
    assert not y._flags & REACHED
    (y + 1.0).backward()
    assert y._flags & REACHED
    assert not beside._flags & REACHED
    (y * -0.0).backward()
    assert repr(y.grad) == "0.0"


def test_each_node_is_visited_once():
    # A ladder in which every node is used twice has 2^200 paths.
    x = Value(1.0)
    y = x
    for _ in range(200):
        y = (y + y) * 0.5
    assert gradients(y, [x]) == [1.0]
    y.backward()
    assert x.grad == 1.0


def test_repeated_operands():
    x = Value(3.0)
    assert gradients(x * x, [x]) == [6.0]
    assert gradients(x - x, [x]) == [0.0]
    assert gradients(ag.sum([x, x, x]), [x]) == [3.0]
    assert gradients(ag.dot([x, x], [x, 2.0]), [x]) == [8.0]
    assert gradients(x**x, [x])[0] == pytest.approx(27.0 * (1.0 + 1.0986122886681098), rel=1e-15)


# -- backward


def test_a_second_backward_doubles_the_leaves_and_not_the_interior():
    x = Value(3.0)
    square = x * x
    cube = square * x
    cube.backward()
    assert (x.grad, square.grad) == (27.0, 3.0)
    cube.backward()
    assert (x.grad, square.grad, cube.grad) == (54.0, 3.0, 1.0)


def test_graphs_that_share_a_leaf_accumulate_in_it():
    x = Value(2.0)
    (x * x).backward()
    (x * 3.0).backward()
    assert x.grad == 4.0 + 3.0


def test_backward_takes_the_gradient_of_what_follows():
    x = Value(2.0)
    (x * x).backward(gradient=10.0)
    assert x.grad == 40.0


def test_what_was_recorded_is_what_is_differentiated():
    x, y = Value(3.0), Value(5.0)
    z = x * y
    x.data = 100.0
    z.backward()
    assert (x.grad, y.grad) == (5.0, 3.0)


def test_an_interrupted_pass_changes_no_leaf(monkeypatch):
    if is_native():
        pytest.skip("compiled code cannot be interrupted within a pass")
    x, y = Value(2.0), Value(3.0)
    (x * y).backward()
    wide = ag.sum([x * y, x, y])

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("autograd_lite.core.fast.sweeps.pull", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wide.backward()
    assert (x.grad, y.grad) == (3.0, 2.0)


@given(st.randoms(use_true_random=False), st.booleans())
def test_the_sort_by_a_dict_is_that_of_the_counters_in_nodes(random, everything):
    nodes = [Value(1.0), Value(2.0)]
    for _ in range(30):
        x, y, z = random.choices(nodes, k=3)
        nodes.append(random.choice([lambda: x * y, lambda: ag.where(x, y, z), lambda: ag.sum([x, y, z]), x.detach])())  # noqa: B023
    roots = random.choices(nodes, k=3)
    found = topological_order(roots, everything)
    with PASS:
        assert topological_order(roots, everything) == found
    assert len(found) == len(set(found)) > 0


def test_threads_that_share_leaves_lose_nothing():
    x = Value(1.0)
    outputs = [[x * 1.0 for _ in range(200)] for _ in range(4)]
    threads = [threading.Thread(target=lambda part=part: [v.backward() for v in part]) for part in outputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad == 800.0


@pytest.mark.thorough
def test_a_million_nodes_deep():
    x = Value(1.0)
    v = x
    for _ in range(1_000_000 if is_native() else 200_000):  # plain Python takes a minute for a million
        v = v + 1.0
    v.backward()
    assert x.grad == 1.0
    assert gradients(v, [x]) == [1.0]


@pytest.mark.thorough
def test_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        x = Value(2.0)
        y = ag.tanh(x * x + ag.dot([x, 1.0], [x, x]))
        y.backward()
        gradients(y, [x], create_graph=True)
        del x, y
        assert len(gc.get_objects()) <= before + 5
    finally:
        gc.enable()


def test_data_assigned_to_a_leaf_under_a_choice():
    # Sorted by age, the leaf came before what was computed from it, and its gradient was 0.
    x = Value(2.0)
    z = ag.where(ag.less(0.0, x), lambda: x * x, lambda: x)
    x.data = 5.0
    assert gradients(z, [x]) == [4.0]
    z.backward()
    assert x.grad == 4.0
