"""Loops: their values and derivatives are those of the unrolled graph, in every back end and at every order."""

import json
import math
import os
import subprocess
import sys
from functools import partial
from random import Random
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looping import loop_function, numbers_of

import autograd_lite as ag
from autograd_lite import (
    Program,
    Value,
    compile,
    fori_loop,
    grad,
    hessian,
    jvp,
    nn,
    scan,
    value_and_grad,
    vmap,
    while_loop,
)
from autograd_lite.control import array_places
from autograd_lite.program.payloads import Loop
from autograd_lite.transforms.levels import drawn_number
from autograd_lite.trees import flatten

BACKENDS = ("python", "llvm")
seeds = st.integers(0, 10**6)


def bits(x):
    """Its numbers; 0.0 for both zeros, whose sign depends on whether an adjoint of 0 arrived or none."""
    return [repr(float(leaf) + 0.0) for leaf in flatten(x)[0]]


def eager(f, args):
    try:
        return f(*args)
    except (ArithmeticError, ValueError):
        return None  # a program has inf or nan where this raises


def loops_of(program):
    found = [row.payload for row, _, _ in program.instructions if isinstance(row.payload, Loop)]
    return found + [inner for loop in found for inner in loops_of(loop.body)]


# -- values and derivatives


@settings(max_examples=15)
@given(seeds)
def test_values_and_gradients_have_the_bits_of_the_unrolled_graph(seed):
    f, args = loop_function(seed)
    both = value_and_grad(f, argnums=(0, 1, 2))
    expected = eager(both, args)
    if expected is not None:
        assert bits(compile(both, backend="python")(*args)) == bits(expected)


@pytest.mark.parametrize("inner", [lambda g: g, lambda g: lambda *args: jvp(g, args, (1.0, -0.5))[1]])
def test_an_array_of_numbers_around_an_inner_loop_belongs_to_the_step(inner):
    def f(start, p):
        def step(c, x):
            read = [c * c, ag.cos(c)]

            def once(u, _):
                return ag.tanh(ag.take(read, ag.where(ag.less(u, 0.2), 0.0, 1.0))), read[1]  # one in two ways

            last, (y,) = scan(once, p, length=1)
            return ag.tanh(last + y * c), x + c

        c, ys = scan(step, start, [0.1, 0.4])
        return c * c + ys[1] * ys[1]

    both = grad(inner(f), argnums=(0, 1))
    assert compile(both, backend="python")(0.3, 0.7) == pytest.approx(both(0.3, 0.7), rel=1e-14)


@given(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0), st.booleans())
def test_a_loop_may_begin_with_a_number_that_is_in_its_data_too(a, b, nested):
    """What arrives at it is added in the order of the unrolled graph: from the steps first, from the beginning last."""

    def f(a, b):
        def inner(carry, _):
            x, y = carry
            d = y - x
            c, ys = scan(lambda c, x: (ag.sin(c) * x + c, c * x), d, [x, d, ag.cos(d)], reverse=True)
            return (ag.tanh(d), c + ys[1]), None

        x, y = scan(inner, (a, b), length=3)[0] if nested else inner((a, b), None)[0]
        return x * x + y * 0.3

    both = value_and_grad(f, argnums=(0, 1))
    assert bits(compile(both, backend="python")(a, b)) == bits(both(a, b))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(12))
def test_native_loops_have_these_bits_too(seed):
    pytest.importorskip("llvmlite")
    f, args = loop_function(seed)
    both = value_and_grad(f, argnums=(0, 1, 2))
    assert bits(compile(both, backend="llvm")(*args)) == bits(both(*args))


@pytest.mark.thorough
@settings(max_examples=15)
@given(seeds)
def test_second_derivatives_and_tangents_are_those_of_the_unrolled_graph(seed):
    f, args = loop_function(seed)

    def slopes(*args):
        found = flatten(grad(f, argnums=(0, 2))(*args))[0]
        return ag.sum([x * (1.0 + 0.1 * k) for k, x in enumerate(found)])

    direction = tuple(flatten(x)[1].unflatten([1.0] * len(flatten(x)[0])) for x in args)
    for g in (grad(slopes, argnums=(0, 1, 2)), lambda *args: jvp(f, args, direction)):
        expected = eager(g, args)
        if expected is not None and all(map(math.isfinite, flatten(expected)[0])):
            found = flatten(compile(g, backend="python")(*args))[0]
            assert found == pytest.approx(flatten(expected)[0], rel=1e-11, abs=1e-11)


@settings(max_examples=15)
@given(seeds, st.sampled_from(["sum", "mean"]))
def test_loops_run_inside_of_vmap(seed, reduce):
    f, args = loop_function(seed)

    def mapped(args, factors):
        return vmap(lambda k: f([x * k for x in args[0]], args[1], [x * k for x in args[2]]), reduce=reduce)(factors)

    g, factors = value_and_grad(mapped), [0.5, -1.0, 0.3]
    expected = eager(g, (args, factors))
    if expected is not None and all(map(math.isfinite, flatten(expected)[0])):
        found = flatten(compile(g, backend="python")(args, factors))[0]
        assert found == pytest.approx(flatten(expected)[0], rel=1e-11, abs=1e-11)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [*range(6), 111, 125, 205, 233])
@pytest.mark.parametrize("backend", ["numpy", "llvm"])
def test_loops_over_samples(seed, backend):
    pytest.importorskip("llvmlite")
    f, args = loop_function(seed)

    def mapped(args, factors):
        return vmap(lambda k: f([x * k for x in args[0]], args[1], args[2]), reduce="sum")(factors)

    factors = np.linspace(-1.0, 1.0, 19)
    expected = flatten(value_and_grad(mapped)(args, list(factors)))[0]
    found = flatten(compile(value_and_grad(mapped), backend=backend)(args, factors))[0]
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_adjoint_that_never_arrives_is_not_0(backend):
    """0 times the infinite slope of a square root at 0 would be nan."""
    pytest.importorskip("llvmlite")

    def loss(p):
        (a, _), _ = scan(lambda carry, _: ([carry[0] + p, ag.sqrt(2.0 - carry[0])], None), [0.0, 1.0], length=3)
        return a

    assert compile(grad(loss), backend=backend)(1.0) == grad(loss)(1.0) == 3.0

    def swapped(p):  # the adjoint of each number arrives in every second step
        (a, _), _ = scan(lambda carry, _: ([ag.sqrt(carry[1]), carry[0] * p], None), [4.0, 0.0], length=4)
        return a

    assert compile(grad(swapped), backend=backend)(2.0) == grad(swapped)(2.0)


# -- one instruction, whatever the length


def ode(p, n):
    def step(state, _):
        x, y = state
        return (x + 0.01 * (p[0] * x - p[1] * x * y), y + 0.01 * (p[2] * x * y - y)), None

    (x, y), _ = scan(step, (1.0, 0.5), length=n)
    return x * x + y


@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["python", "llvm"])
@given(st.integers(-3, 20), st.integers(-3, 20), st.floats(-1.0, 1.0))
def test_fori_loop_counts_between_arguments(backend, lower, upper, x):
    def f(x, lower, upper):
        return fori_loop(lower, upper, lambda i, c: [c[0] * x + i, c[1] - c[0]], [x, 1.0])

    wanted = f(x, lower, upper)
    assert f(x, Value(float(lower)), Value(float(upper))) == wanted
    assert compile(backend=backend)(f)(x, lower, upper) == wanted
    tangents = compile(backend=backend)(lambda x, a, b: jvp(lambda z: f(z, a, b), (x,), (1.0,)))(x, lower, upper)
    assert tangents == jvp(lambda z: f(z, lower, upper), (x,), (1.0,))


@pytest.mark.parametrize("transform", [value_and_grad, hessian, lambda f: lambda p: jvp(f, (p,), ([1.0] * 3,))])
def test_a_program_does_not_grow_with_the_length_of_its_loops(transform):
    p = [1.5, 1.0, 0.7]
    sizes = {n: str(compile(transform(partial(ode, n=n))).trace(p)).count("\n") for n in (2, 50, 5000)}
    assert len(set(sizes.values())) == 1
    assert sizes[2] < 600


def test_carries_that_nobody_reads_are_not_kept():
    pytest.importorskip("llvmlite")
    from autograd_lite.backends.llvm.native_code import NativeCode

    memory = {n: NativeCode(compile(partial(ode, n=n)).trace([1.0] * 3).lowered())._memory(1).size for n in (10, 10**5)}
    assert memory[10] == memory[10**5]


def test_xs_that_are_an_argument_are_read_where_they_are():
    def total(xs, p):
        return scan(lambda carry, x: (carry * p + x[0] * x[1], None), 0.0, xs)[0]

    data = np.arange(2000.0).reshape(1000, 2) / 1000.0
    step = compile(value_and_grad(total, argnums=1))
    program = step.trace(data, 0.5)
    assert len(program.instructions) < 20
    assert len(loops_of(program)) == 2
    value, slope = step(data, 0.5)
    expected = value_and_grad(total, argnums=1)(data.tolist(), 0.5)
    assert (value, slope) == expected


def test_constants_become_one_array():
    data = [0.1 * i for i in range(500)]
    step = compile(lambda p: scan(lambda carry, x: (carry * p + x, None), 0.0, data)[0])
    assert len(step.trace(0.5).instructions) < 10
    assert step(0.5) == scan(lambda carry, x: (carry * Value(0.5) + x, None), 0.0, data)[0].data


# -- structure


def test_pytrees_modules_and_values_closed_over():
    model = nn.MLP(2, [3, 2], rng=1)
    outside = Value(0.7)

    def loss(model, start):
        def step(carry, x):
            out = model([carry["h"][0] + x["a"], carry["h"][1] * outside])
            return {"h": out, "n": carry["n"] + 1.0}, {"sum": out[0] + out[1], "label": "y"}

        carry, ys = scan(step, {"h": start, "n": 0.0}, {"a": [1.0, 2.0, 3.0]})
        assert [y["label"] for y in ys] == ["y"] * 3
        return carry["h"][0] + ag.sum([y["sum"] for y in ys]) * carry["n"]

    both = value_and_grad(loss)
    step = compile(both, backend="python")
    for number in (0.7, -0.2):
        outside.data = number
        assert bits(step(model, [0.1, 0.2])) == bits(both(model, [0.1, 0.2]))


def test_results_come_as_the_data_does():
    carry, ys = scan(lambda c, x: (c + x, c * x), 0.0, np.array([1.0, 2.0, 3.0]))
    assert isinstance(ys, np.ndarray)
    assert (carry, ys.tolist()) == (6.0, [0.0, 2.0, 9.0])
    assert scan(lambda c, x: (c, None), 1.0, [5.0, 6.0]) == (1.0, None)
    assert scan(lambda c, _: (c * 2.0, c), 1.0, length=3) == (8.0, [1.0, 2.0, 4.0])
    assert scan(lambda c, x: (c * 2.0 + x, c), 1.0, [1.0, 3.0], reverse=True) == (11.0, [5.0, 1.0])
    assert scan(lambda c, x: (c + x, None), 1.0, []) == (1.0, [])
    for backend in BACKENDS:
        same = compile(lambda x: scan(lambda c, x: (c + x, c * x), 0.0, x), backend=backend)(np.array([1.0, 2.0, 3.0]))
        assert (same[0], same[1].tolist()) == (6.0, [0.0, 2.0, 9.0])


@pytest.mark.thorough
@settings(max_examples=8, deadline=None)
@given(st.sampled_from([1, -1, 2, -2, 3, -3]), st.integers(0, 3), st.integers(-2, 1), st.booleans(), st.booleans())
def test_arrays_are_read_in_any_direction(stride, start, index, forwards, backwards):
    """What a loop gives, its last carry among it, is read by another one and by take."""

    def f(xs, w):
        carry, ys = scan(
            lambda c, x: ((c[0] * w + x, c[1] + c[0] * x), c[0] * x + c[1]), (0.3, 0.2), xs, reverse=forwards
        )
        read = [*carry, *ys][::stride][start:]
        last, _ = scan(lambda c, x: (0.5 * c + x * x, None), 0.0, read, reverse=backwards)
        return last + ag.sin(ag.take(read, ag.stop_gradient(w) * 0.0 + index))

    args = [[0.1, -0.4, 0.7, 0.2, -0.3, 0.5, 0.9, -0.8, 0.6, -0.2, 0.3, 0.1, -0.6], 0.7]
    first = value_and_grad(f, argnums=(0, 1))
    curves = grad(lambda xs, w: ag.sum([x * x for x in first(xs, w)[1][0]]), argnums=(0, 1))
    moved = vmap(lambda w: jvp(f, (args[0], w), ([1.0] * 13, 1.0))[1])
    with mock.patch.object(array_places, "SHORT", 2):
        for g, given in ((first, args), (curves, args), (moved, [[0.7, -0.4, 0.2]])):
            for backend in ("python", "numpy"):
                found = compile(g, backend=backend)(*given)
                assert numbers_of(found) == pytest.approx(numbers_of(g(*given)), rel=1e-9, abs=1e-12)
        program = compile(first, backend="python").trace(*args)
        flat = [args[0], [0.7]]
        assert numbers_of(Program.from_json(program.to_json())(*flat)) == numbers_of(program(*flat))


@pytest.mark.parametrize("y", [(), [], {}, None, ((),), {"a": (), "b": [[], None]}], ids=repr)
def test_what_a_step_gives_may_hold_no_numbers(y):
    found = []

    def f(xs):
        carry, ys = scan(lambda c, x: (c + x, y), 0.0, xs)
        found.append(ys)
        return carry

    assert compile(f, backend="python")([1.0, 2.0, 3.0]) == f([1.0, 2.0, 3.0]) == 6.0
    assert found[0] == found[1]
    assert found[0] in (y, [y] * 3)


def test_a_loop_over_values_returns_values():
    w = Value(3.0)
    carry, _ = scan(lambda c, _: (c * w, None), 1.0, length=2)
    carry.backward()
    assert (carry.data, w.grad) == (9.0, 6.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_loops_made_of_scans(backend):
    def power(x):
        return fori_loop(0, 5, lambda i, product: product * (x + i), 1.0)

    def newton(x):
        return while_loop(lambda y: ag.less(1e-9, ag.abs(y * y - x)), lambda y: 0.5 * (y + x / y), 1.0, max_steps=20)

    for f, x in ((power, 1.5), (newton, 2.0)):
        assert bits(compile(value_and_grad(f), backend=backend)(x)) == bits(value_and_grad(f)(x))


# -- bad input


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: scan(lambda c, x: c, 0.0, [1.0]), TypeError, "return a pair"),
        (lambda: scan(lambda c, x: ([c], None), 0.0, [1.0]), ValueError, "carry that a step of scan"),
        (lambda: scan(lambda c, x: (c[:1], None), [0.0, 1.0], [1.0]), ValueError, "give it that structure"),
        (lambda: scan(lambda c, x: (c, None), 0.0), ValueError, "neither xs nor length"),
        (lambda: scan(lambda c, x: (c, None), 0.0, [1.0, 2.0], length=3), ValueError, "leave the length out"),
        (lambda: scan(lambda c, x: (c, None), 0.0, ([1.0], [1.0, 2.0])), ValueError, "give all of them one length"),
        (lambda: scan(lambda c, x: (c, None), 0.0, length=-1), TypeError, "not negative"),
        (lambda: scan(lambda c, x: (c, [c] * int(x.data)), 0.0, [1.0, 2.0]), ValueError, "all steps one structure"),
        (lambda: scan(lambda c, x: (c, None), 0.0, range(3)), TypeError, "xs of scan"),
        (lambda: scan(lambda c, x: (c, None), 0.0, np.array(1.0)), TypeError, "xs of scan"),
        (lambda: scan(lambda c, x: (c, None), 0.0, length=5, checkpoint=0), TypeError, "from 1 on"),
        (lambda: scan(lambda c, x: (c, None), 0.0, length=1, checkpoint=-1), TypeError, "from 1 on"),
        (lambda: while_loop(lambda c: "x", lambda c: c, 0.0), TypeError, "condition of while_loop"),
        (lambda: while_loop(lambda c: None, lambda c: c, 0.0), TypeError, "condition of while_loop"),
        (lambda: while_loop(lambda c: c < 1.0, lambda c: c, 0.0, max_steps=-1), TypeError, "max_steps of while_loop"),
        (lambda: compile(lambda x: while_loop(lambda c: [c], lambda c: c, x, 3))(1.0), TypeError, "of while_loop"),
        (lambda: fori_loop(0, 2.5, lambda i, c: c, 0.0), TypeError, "while_loop"),
        (lambda: compile(lambda x: while_loop(lambda y: y < x, lambda y: y + 1.0, 0.0))(3.0), TypeError, "less_equal"),
        (lambda: compile(lambda x: scan(lambda c, _: ([c], None), x, length=2))(3.0), ValueError, "carry that a step"),
    ],
)  # fmt: skip
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()


LOOPS = {
    "scan": lambda f, x: scan(lambda c, _: (f(c), None), x, length=2)[0],
    "fori_loop": lambda f, x: fori_loop(0, 2, lambda _, c: f(c), x),
    "while_loop": lambda f, x: while_loop(lambda c: ag.less(c["a"][0], 9.0), f, x, max_steps=2),
    "while_loop without a bound": lambda f, x: while_loop(lambda c: ag.less(c["a"][0], 9.0), f, x),
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("traced", [False, True])
def test_a_carry_that_changes_is_told_by_the_loop_of_the_user_and_its_place_in_the_carry(name, traced):
    def f(x):
        return LOOPS[name](lambda c: {"a": [c["a"][0], (c["a"][1][0],)]}, {"a": [x, (x, x)]})

    with pytest.raises(ValueError, match=rf"{name.split()[0]}\(.*\) returned\['a'\]\[1\] is a tuple of 1"):
        (compile(f) if traced else f)(1.0)


def test_a_loop_tells_its_own_name_where_its_arguments_do_not_fit():
    with pytest.raises(ValueError, match=r"the xs of map\(.*\) have 2 and 1 steps"):
        ag.map(lambda x: x[0], ([1.0, 2.0], [1.0]))
    with pytest.raises(TypeError, match="fori_loop takes a function, but got 7"):
        fori_loop(0, 3, 7, 1.0)


# -- files


@settings(max_examples=15)
@given(seeds)
def test_programs_with_loops_are_read_as_they_were_written(seed):
    f, args = loop_function(seed)
    program = compile(value_and_grad(f, argnums=(0, 2)), backend="python").trace(*args)
    again = Program.from_json(program.to_json())
    assert str(again) == str(program)
    assert again.to_json() == program.to_json()


@settings(max_examples=15)
@given(seeds, st.data())
def test_damaged_loops_are_refused_or_run(seed, data):
    f, args = loop_function(seed)
    program = compile(value_and_grad(f, argnums=(0, 2)), backend="python").trace(*args)
    document = json.loads(program.to_json())
    places = list(places_of(document))
    *way, last = data.draw(st.sampled_from(places))
    part = document
    for key in way:
        part = part[key]
    part[last] = data.draw(st.sampled_from([0, 1, -1, 7, 10**9, "x", None, [], True, "0x1.0p+0"]))
    try:
        read = Program.from_json(json.dumps(document))
    except ValueError:
        return
    numbers = [[0.5] * argument.size for argument in read.arguments]
    read(*numbers, backend="python")


def places_of(x, way=()):
    items = x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ()
    for key, inner in items:
        yield (*way, key)
        yield from places_of(inner, (*way, key))


@pytest.mark.thorough
@pytest.mark.parametrize("f", [ag.tanh, ag.erf, ag.lgamma, ag.exp], ids=lambda row: row.name)
@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_forward_over_reverse_through_what_is_kept_of_a_step(f, backend):
    """The loop backwards reads what is expensive of each step: its tangent was read where there was none."""

    def loss(p):
        w, c0 = p
        c, ys = ag.scan(lambda c, x: (f(c) * w + x, f(c * w) * x), c0, [0.1, 0.2, 0.3])
        return c * c + ag.sum(ys)

    for transform in (ag.hessian, lambda loss: lambda p: ag.hvp(loss)(p, [1.0, -2.0]), lambda loss: ag.grad(loss)):
        g = transform(loss)
        assert ag.compile(g, backend=backend)([0.7, 0.4]) == g([0.7, 0.4])


# -- what else runs in a step


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("reduce", ["sum", "mean", None])
def test_maps_over_arguments_run_in_each_step(backend, reduce):
    def f(a, w):
        def step(c, x):
            found = vmap(lambda y: ag.tanh(y * c + x), reduce=reduce)(w)
            slope = grad(lambda q: vmap(lambda y: ag.sin(y * q), reduce="sum")(w))(c)
            return c * a + slope + (ag.sum(found) if reduce is None else found), x * c

        c, ys = scan(step, a, [0.1, 0.2])
        return c + ag.sum(ys)

    both = value_and_grad(f, argnums=(0, 1))
    args = 0.3, [-1.0, 0.25, 0.5]
    assert bits(compile(f, backend=backend)(*args)) == bits(f(*args))
    assert bits(compile(both, backend=backend)(*args)) == bits(both(*args))


def draws(rng, reverse, nested):
    """A function whose steps draw random numbers."""

    def f(a):
        def step(c, x):
            first = nn.randomness.draw_uniform(rng)
            inner = scan(lambda d, _: (d * nn.randomness.draw_uniform(rng), None), c, length=2)[0] if nested else c
            return inner * a + first, nn.randomness.draw_uniform(rng) * x

        return scan(step, a, [1.0, 2.0, 3.0], reverse=reverse)

    return f


@pytest.mark.thorough
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_each_step_draws_numbers_of_its_own(backend, nested, reverse):
    expected = draws(Random(5), reverse, nested)
    compiled = compile(draws(Random(5), reverse, nested), backend=backend)
    for _ in range(2):  # each call too, in the order of the eager function
        assert bits(compiled(0.5)) == bits(expected(0.5))
    slope = grad(lambda a: draws(Random(5), reverse, nested)(a)[0])(0.5)
    program = compile(grad(lambda a: draws(rng, reverse, nested)(a)[0]), backend=backend)
    rng = Random(5)
    assert bits(program(0.5)) == bits(slope)


def test_each_sample_and_step_has_draws_of_its_own():
    rng = Random(3)
    f = vmap(lambda x: scan(lambda c, _: (c, nn.randomness.draw_uniform(rng) + 0.0 * x), 0.0, length=3)[1])
    found = np.ravel(compile(f, backend="python")(np.zeros(4)))
    assert len(set(found.tolist())) == 12


@pytest.mark.parametrize("backend", BACKENDS)
def test_none_is_structure_of_carry_and_xs(backend):
    f = lambda a: scan(lambda c, x: (None, x * a), None, [1.0, 2.0])  # noqa: E731
    assert compile(f, backend=backend)(3.0) == f(3.0) == (None, [3.0, 6.0])
    g = lambda a: scan(lambda c, x: (c + a * x[0], x[1]), 0.0, ([1.0, 2.0], None))  # noqa: E731
    assert compile(g, backend=backend)(3.0) == g(3.0) == (9.0, None)


def test_bounds_may_be_integers_of_numpy():
    assert fori_loop(np.int64(1), np.int64(4), lambda i, c: c * i, 1.0) == 6.0
    assert scan(lambda c, _: (c + 1.0, None), 0.0, length=np.int32(3))[0] == 3.0


INTERRUPTED = """
import os, signal, sys, threading, time
import autograd_lite as ag
from autograd_lite import compile, scan, vmap

def inner(c, a):
    return scan(lambda d, _: (ag.sin(d * a) + 0.5, None), c, length=1000)[0]

f = {
    "flat": lambda a: scan(lambda c, _: (ag.sin(c * a) + 0.5, None), a, length=10**10)[0],
    "nested": lambda a: scan(lambda c, _: (inner(c, a), None), a, length=10**8)[0],
    "endless": lambda a: ag.while_loop(lambda c: ag.less(c, 9.0), lambda c: ag.sin(c * a), a),
}[sys.argv[1]]
f = compile(vmap(f) if sys.argv[2] == "samples" else f, backend="llvm")
x = [0.1, 0.2] if sys.argv[2] == "samples" else 0.1
threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
start = time.perf_counter()
try:
    f(x)
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - start < 10.0)
"""


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="os.kill ends a process there")
@pytest.mark.parametrize("samples", ["one", "samples"])
@pytest.mark.parametrize("loop", ["flat", "nested", "endless"])
def test_ctrl_c_ends_a_native_loop(loop, samples):
    pytest.importorskip("llvmlite")
    script = [sys.executable, "-c", INTERRUPTED, loop, samples]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "interrupted True\n"


def test_a_long_loop_without_draws_is_recorded_in_no_time():
    program = compile(lambda a: scan(lambda c, _: (c * a, None), a, length=10**12)[0], backend="python").trace(0.5)
    assert [loop.length for loop in loops_of(program)] == [10**12]


# -- loops without a bound


def newton(a):
    return ag.while_loop(lambda x: ag.less(1e-12, ag.abs(x * x - a)), lambda x: 0.5 * (x + a / x), 1.0)


def power(a):
    """a to the power of the next whole number, and the count."""

    def more(state):
        return {"i": state["i"] + 1.0, "p": [state["p"][0] * a]}

    found = ag.while_loop(lambda state: ag.less(state["i"], a), more, {"i": 0.0, "p": [1.0]})
    return found["p"][0] + found["i"]


def nested(a):
    """A loop in a loop, of which the inner one reads what the outer one changes."""

    def step(x):
        return 0.5 * x + 0.1 * ag.while_loop(lambda y: ag.less(y, x), lambda y: y * 1.5 + a, 0.25)

    return ag.while_loop(lambda x: ag.less(1.0, x), step, 3.0 + a)


UNBOUNDED = {"newton": newton, "power": power, "nested": nested, "none": lambda a: ag.while_loop(
    lambda x: ag.less(x, -1e9), lambda x: x * a, a
)}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
@pytest.mark.parametrize("name", UNBOUNDED)
def test_loops_without_a_bound_run_compiled_and_have_tangents(name, backend):
    pytest.importorskip("llvmlite")
    f = UNBOUNDED[name]
    once = lambda x: ag.jvp(f, (x,), (1.0,))  # noqa: E731
    for x in (0.75, 2.0, 3.25):
        assert ag.compile(f, backend=backend)(x) == f(x)
        assert ag.compile(once, backend=backend)(x) == once(x)
        twice = lambda x: ag.jvp(lambda x: once(x)[1], (x,), (1.0,))  # noqa: E731
        assert ag.compile(twice, backend=backend)(x) == pytest.approx(twice(x), rel=1e-12)
    xs = np.linspace(0.3, 4.0, 13)  # samples take different numbers of steps
    assert np.array_equal(ag.compile(ag.vmap(f), backend=backend)(xs), [f(x) for x in xs])
    found = ag.compile(ag.vmap(lambda x: once(x)[1]), backend=backend)(xs)
    assert np.allclose(found, [once(x)[1] for x in xs], rtol=1e-13)


@pytest.mark.parametrize("name", ["newton", "power", "nested"])
def test_reverse_mode_through_a_loop_without_a_bound_tells_what_to_do(name):
    f = UNBOUNDED[name]
    with pytest.raises(TypeError, match=r"max_steps.*fixed_point or root"):
        ag.compile(ag.grad(f))(2.0)
    assert ag.grad(ag.compile(f, backend="python"))(2.0) == ag.grad(f)(2.0)  # on Values steps are recorded


def test_a_loop_that_a_gradient_does_not_go_through_needs_no_bound():
    f = lambda x, y: x * newton(y)  # noqa: E731
    assert ag.compile(ag.grad(f))(3.0, 2.0) == newton(2.0)


def test_random_numbers_in_a_loop_without_a_bound_are_refused():
    layer = ag.nn.Dropout(0.5, rng=0)
    with pytest.raises(TypeError, match="max_steps"):
        ag.compile(lambda x: ag.while_loop(lambda y: ag.less(y, 9.0), lambda y: y + 1.0 + layer([y])[0], x))(1.0)


def test_programs_with_loops_without_a_bound_are_written_and_read():
    program = ag.compile(newton).trace(2.0)
    again = ag.Program.from_json(program.to_json())
    assert (str(again), again(2.0)) == (str(program), program(2.0))
    assert ag.grad(again)(2.0) == ag.grad(newton)(2.0)


LEAKING = {
    "scan": lambda x, y: scan(lambda c, t: (c * y, None), x, length=3)[0],
    "while": lambda x, y: while_loop(lambda c: ag.less(c, 9.0), lambda c: c + y, x),
    "bounded": lambda x, y: while_loop(lambda c: ag.less(c, 9.0), lambda c: c + y, x, max_steps=4),
    "choice": lambda x, y: ag.cond(ag.less(x, 0.0), lambda: y, lambda: x),
    "call": lambda x, y: compile(lambda x: ag.sum([ag.sin(x * k) * y for k in range(20)]))(x),
}


@pytest.mark.parametrize("name", LEAKING)
def test_traced_values_of_another_trace_are_refused(name):
    kept = []
    compile(lambda x: kept.append(x * 2.0) or x)(1.0)
    with pytest.raises(TypeError, match=r"a traced value of another call.*return values"):
        compile(lambda x: LEAKING[name](x, kept[0]))(1.0)


@pytest.mark.parametrize("bound", [None, 5])
def test_carries_of_a_while_loop_that_change_name_the_place(bound):
    def changes(x):
        body = lambda c: {"a": [c["a"][0], (c["a"][1][0], [1.0])]}  # noqa: E731
        return while_loop(lambda c: ag.less(c["a"][0], x), body, {"a": [0.0, (2.0, 3.0)]}, bound)["a"][0]

    for call in (lambda: changes(5.0), lambda: compile(changes)(5.0)):
        with pytest.raises(ValueError, match=r"body of while_loop.* returned\['a'\]\[1\]\[1\] is a list"):
            call()


def test_documents_with_calls_and_loops_without_a_bound_are_checked():
    step = compile(lambda x: ag.sum([ag.sin(x * k) for k in range(20)]))
    document = json.loads(compile(lambda x: newton(x + 4.0) + step(x) * step(2.0 * x)).trace(2.0).to_json())
    entries = {entry[0]: entry for entry in document["instructions"] if entry[0] in ("while", "call")}

    def read():
        return Program.from_json(json.dumps(document))

    assert read()(2.0) == compile(lambda x: newton(x + 4.0) + step(x) * step(2.0 * x))(2.0)
    for name, field, value in [
        ("while", "length", 2), ("while", "carries", 0), ("while", "outputs", 1), ("while", "reverse", True),
        ("while", "columns", [[0, 0, 1]]), ("while", "carries", -1), ("while", "body", {}), ("while", "residuals", 1),
        ("call", "length", 2), ("call", "length", 10**12), ("call", "outputs", 2), ("call", "carries", 1),
        ("call", "columns", [[0, 5, 1]]), ("call", "body", 3), ("call", "whole", [7]),
    ]:  # fmt: skip
        fields = entries[name][2]
        kept, fields[field] = fields[field], value
        with pytest.raises(ValueError, match=r"program"):
            read()
        fields[field] = kept
    inner = entries["while"]
    for _ in range(60):  # loops in loops, deeper than files may be
        inner = ["while", inner[1], {**inner[2], "body": {**inner[2]["body"], "instructions": [inner]}}]
    document["instructions"] = [*document["instructions"], inner]
    with pytest.raises(ValueError, match=r"."):
        read()


def test_what_is_no_function_is_refused():
    for attempt in (
        lambda: scan(None, 1.0, length=3),
        lambda: ag.control.loops.map(3.0, [1.0]),
        lambda: while_loop(True, lambda c: c, 1.0),
        lambda: while_loop(lambda c: False, None, 1.0),
    ):
        with pytest.raises(TypeError, match="takes a function"):
            attempt()


@pytest.mark.parametrize("y", [
    lambda c, x: None, lambda c, x: c, lambda c, x: (c, x), lambda c, x: {"a": x, "b": [c, 2.0]}, lambda c, x: (),
])  # fmt: skip
@pytest.mark.parametrize("shape", [(), (2,), (2, 1)])
def test_loops_of_no_steps_give_what_one_step_would_but_empty(shape, y):
    """As JAX does: who takes y apart need not ask for the number of steps."""
    step = lambda c, x: (c * 2.0, y(c, x))  # noqa: E731
    for loop in (
        lambda xs: scan(step, 1.0, xs)[1],
        lambda xs: scan(step, 1.0, (xs, None), reverse=True)[1],
        lambda xs: ag.map(lambda x: y(1.0, x["a"]), {"a": xs}),
        lambda xs: ag.vmap(lambda x: (x, y(3.0, x) or ()))(xs),
    ):
        one, none = [loop(np.ones((n, *shape))) for n in (1, 0)]
        assert rows(none, 0) == rows(one, 1)
        inside = compile(lambda _, loop=loop: (loop(np.ones((0, *shape))), ()), backend="python") if y(1, 2) else None
        assert inside is None or rows(inside(0.0)[0], 0) == rows(one, 1)


def rows(x, count):
    """A pytree of arrays with so many rows as one of the shapes of rows."""
    if isinstance(x, dict):
        return {key: rows(y, count) for key, y in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)([rows(y, count) for y in x])
    assert x is None or len(x) == count
    return x is not None and x.shape[1:]


def test_a_loop_of_no_steps_asks_nothing_that_its_step_cannot_tell():
    assert scan(lambda c, x: (c, int(x.data)), 1.0, np.zeros(0))[1] == []
    assert scan(lambda c, x: (c, x["a"]), 1.0, [])[1] == []
    assert scan(lambda c, _: (c, None), 1.0, length=0) == (1.0, None)


TRANSFORMS = {
    "value": lambda f: f,
    "grad": grad,
    "hessian": lambda f: grad(grad(f)),
    "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,)),
    "jacobian": lambda f: ag.jacobian(f, mode="forward"),
    "taylor": lambda f: lambda x: ag.taylor(f, x, 2),
}


@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("loop", [
    lambda f, x: scan(lambda c, _: (f(c), None), x, length=3)[0],
    lambda f, x: scan(lambda c, _: (scan(lambda d, _: (f(d), None), c, length=2)[0] * f(c), None), x, length=3)[0],
    lambda f, x: scan(lambda c, t: (c, f(t)), x, [0.5, 0.1])[0],
    lambda f, x: ag.vmap(lambda t: f(t * x), reduce="sum")([0.1] * 40),
    lambda f, x: while_loop(lambda c: ag.less(c, 9.0), f, x),
    lambda f, x: compile(lambda x: ag.sum([f(ag.sin(x * k)) for k in range(20)]), backend="python")(x),
])  # fmt: skip
def test_a_value_of_a_step_that_was_stored_is_refused_after_the_loop(loop, transform):
    """Not differentiated as if it depended on nothing."""
    stored = []

    def kept(x):
        stored.append(x * 2.0)
        return stored[-1]

    def f(x):
        loop(kept, x)
        return stored[-1] * x

    with pytest.raises(
        TypeError, match=r"a value of a step of a loop, or of a compiled function .* used after it, .*; return it"
    ):
        compile(transform(f), backend="python")(1.0)


def test_counts_and_lengths_that_are_none():
    with pytest.raises(ValueError, match=r"the xs of scan\(<lambda>\) have 3 and 2 steps; give all of them one length"):
        scan(lambda c, x: (c, x), 0.0, (np.zeros(3), [1.0, 2.0]))
    with pytest.raises(ValueError, match="have no steps"):
        scan(lambda c, x: (c, x), 0.0, "abc")
    several = compile(lambda x, n: scan(lambda c, _: (c * x, None), 1.0, length=n)[0], backend="python")
    with pytest.raises(TypeError, match=r"got Value\(traced\); bind it before, by functools.partial\(f, n=3\)"):
        several(2.0, 3)
    bound = compile(partial(lambda x, n: scan(lambda c, _: (c * x, None), 1.0, length=n)[0], n=3), backend="python")
    assert bound(2.0) == 8.0


def test_what_a_call_reads_from_outside_is_no_value_of_its_step():
    """As a number that is drawn outside of it, and used after it too."""
    source = Random(1).random

    def f(x):
        drawn = drawn_number(source)
        called = compile(lambda y: ag.sum([ag.sin(y * k) * drawn for k in range(20)]), backend="python")
        return called(x) * called(x * 2.0) * drawn

    assert math.isfinite(compile(grad(grad(f)), backend="python")(0.5))
