"""The graph and its sweeps, on random expressions: against 60 digits, against each other, and very deep.

The reference computes value and gradient in 60 digits by a chain rule of its own, from `testing.reference`.
What precision may be asked is found the same way: with every value and partial off by some ulps at random, how
far does the gradient move?
"""

import gc
import random
import struct
import threading

import pytest
from hypothesis import given, settings

import autograd_lite as ag
from autograd_lite import Value, gradients, jvp
from autograd_lite.native import is_native
from autograd_lite.testing.domains import is_flat
from autograd_lite.testing.random_graphs import Expression, expressions, random_expression
from autograd_lite.testing.reference import EXACT, MP

ULPS = 8  # what a row may be off, in value and partial


def bits(x):
    return "nan" if x != x else struct.pack("<d", x)


def exact_gradient(f, noise=None):
    """The value of an expression and its gradient in 60 digits; `noise` gives a factor for every number."""
    factor = noise or (lambda: 1)
    values = [MP.mpf(x) for x in f.point]
    count = len(values)
    tape = []
    place = list(range(count))
    for _ in range(f.repeat):
        local = place[:count]
        for row, operands in f.steps:
            chosen = [local[i] if isinstance(i, int) else None for i in operands]
            numbers = [values[c] if c is not None else MP.mpf(i) for c, i in zip(chosen, operands, strict=True)]
            entry = EXACT[row.name]
            out = entry.value(numbers) if row.arity is None else entry.value(*numbers)
            partials = entry.partials(numbers) if callable(entry.partials) else None
            slopes = []
            for i, c in enumerate(chosen):
                if c is None:
                    slopes.append(None)
                    continue
                slope = partials[i] if partials is not None else entry.partials[i](*numbers)
                slopes.append(slope * factor())
            tape.append((len(values), chosen, slopes))
            local.append(len(values))
            values.append(out if is_flat(row) else out * factor())  # whole numbers and truth values are exact
        place[0] = local[-1]
    adjoints = [MP.mpf(0)] * len(values)
    adjoints[-1] = MP.mpf(1)
    for k, chosen, slopes in reversed(tape):
        for c, slope in zip(chosen, slopes, strict=True):
            if c is not None:
                adjoints[c] += adjoints[k] * slope * factor()
    return values[-1], adjoints[:count]


def check_expression(f, engine=gradients):
    """Value and gradient of the library are as near the truth as numbers of this precision allow."""
    inputs = [Value(x) for x in f.point]
    out = f(*inputs)
    value, slopes = exact_gradient(f)
    got = [out.data, *engine(out, inputs)]
    want = [value, *slopes]
    source = random.Random(0)
    spread = [MP.mpf(0)] * len(want)
    for _ in range(6):
        noisy = exact_gradient(f, lambda: 1 + source.choice((-1, 1)) * MP.mpf(ULPS) * MP.mpf(2) ** -53)
        spread = [max(s, abs(n - w)) for s, n, w in zip(spread, [noisy[0], *noisy[1]], want, strict=True)]
    for g, w, s in zip(got, want, spread, strict=True):
        if s > 1e-4 * abs(w) + 1e-280:
            continue  # nothing can be asked here
        allowed = 4 * s + abs(w) * MP.mpf(2) ** -50 + MP.mpf(10) ** -300
        excess = float(abs(MP.mpf(g) - w) / allowed)
        assert excess <= 1.0, f"{g} for {float(w)}, {excess} times the allowed error\n{f}"


@settings(max_examples=60)
@given(expressions())
def test_gradients_against_the_reference(f):
    check_expression(f)


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_against_the_reference(seed):
    check_expression(random_expression(seed, inputs=4, size=40))


def test_a_graph_of_depth_10000():
    # Differences that shrink, so that ten thousand steps stay of ordinary size.
    rows = ag.PRIMITIVES
    names = [("mul", (0, 1)), ("tanh", (2,)), ("sub", (3, 1)), ("hypot", (4, 0)), ("sin", (5,))]
    steps = [(rows[name], operands) for name, operands in names]
    check_expression(Expression((0.7, 0.9), steps, repeat=2000))  # 10,000 nodes


def test_a_wrong_gradient_is_found():
    def wrong(out, inputs):
        return [g * (1.0 + 1e-9) for g in gradients(out, inputs)]

    found = 0
    for seed in range(20):
        try:
            check_expression(random_expression(seed), wrong)
        except AssertionError:
            found += 1
    assert found >= 10  # elsewhere the gradient is 0


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

    monkeypatch.setattr("autograd_lite.graph.spread", interrupted)
    with pytest.raises(KeyboardInterrupt):
        wide.backward()
    assert (x.grad, y.grad) == (3.0, 2.0)


def test_threads_that_share_leaves_lose_nothing():
    x = Value(1.0)
    outputs = [[x * 1.0 for _ in range(200)] for _ in range(4)]
    threads = [threading.Thread(target=lambda part=part: [v.backward() for v in part]) for part in outputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x.grad == 800.0


def test_a_million_nodes_deep():
    x = Value(1.0)
    v = x
    for _ in range(1_000_000 if is_native() else 200_000):  # plain Python takes a minute for a million
        v = v + 1.0
    v.backward()
    assert x.grad == 1.0
    assert gradients(v, [x]) == [1.0]


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
