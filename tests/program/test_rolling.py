"""Repetition in programs that are written out becomes loops, with the same bits, in every back end."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looping import body_of, numbers_of

import autograd_lite as ag
from autograd_lite import compile, value_and_grad
from autograd_lite.program.payloads import Loop
from autograd_lite.program.program import Program
from autograd_lite.program.rolling import rolled


def loops_of(program):
    return [row.payload for row, _, _ in program.instructions if isinstance(row.payload, Loop)]


def written_out(f, *args):
    return compile(f, backend="python").trace(*args).unrolled()


def repeated(seed, n):
    """A random step that is written out n times, whose carry, elements and results are read here and there."""
    rng = random.Random(seed)
    carries, columns, shared, outputs = (rng.randint(*ends) for ends in ((1, 3), (0, 2), (0, 3), (0, 2)))
    body = body_of(rng, carries, columns, shared, outputs, 0)
    order = rng.choice([range(n), range(n - 1, -1, -1), rng.sample(range(n), n)])
    lag = rng.randint(1, 3)

    def f(init, xs, numbers):
        states, total = [list(init)], 0.0
        for t in order:
            state, ys = body(states[max(0, len(states) - lag)], list(xs[t])[:columns], list(numbers)[:shared])
            states.append(state)
            for y in ys:
                total = total + y * y
        return total + ag.sum([x * x for x in states[-1]]) + states[n // 2][0]

    def draw(count):
        return [rng.uniform(-1.0, 1.0) for _ in range(count)]

    return f, (draw(carries), [draw(2) for _ in range(n)], draw(max(shared, 1)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(9, 30))
def test_bits_stay(seed, n):
    f, args = repeated(seed, n)
    for g in (f, value_and_grad(f, argnums=(0, 1, 2))):
        program = written_out(g, *args)
        loops = rolled(program, 20)
        numbers = [numbers_of(x) for x in args]
        expected = program(*numbers, backend="python")
        assert repr(numbers_of(loops(*numbers, backend="python"))) == repr(numbers_of(expected))
        assert Program.from_json(loops.to_json())(*numbers, backend="python") == expected or expected != expected


@pytest.mark.parametrize("seed", range(6))
def test_bits_stay_in_native_code(seed):
    pytest.importorskip("llvmlite")
    f, args = repeated(seed, 24)
    program = written_out(value_and_grad(f, argnums=(0, 1, 2)), *args)
    numbers = [numbers_of(x) for x in args]
    loops = rolled(program, 20)
    assert loops_of(loops) or len(program.instructions) < 200
    assert repr(numbers_of(loops(*numbers, backend="llvm"))) == repr(numbers_of(program(*numbers, backend="python")))


def swing(p, data):
    x, v, error = 1.0, 0.0, 0.0
    for seen in data:
        v = v - 0.1 * ag.sin(p[0] * x)
        x = x + 0.1 * v * p[1]
        error = error + (x - seen) ** 2
    return error


def test_a_python_loop_compiles_as_few_instructions_whatever_its_length():
    counts = []
    for n in (300, 900):
        args = [1.5, 0.7], [0.01 * k for k in range(n)]
        step = compile(value_and_grad(swing), backend="python")
        program = step.trace(*args)
        assert len(loops_of(program)) >= 2
        assert sum(loop.length for loop in loops_of(program)) > 1.8 * n
        assert step(*args) == value_and_grad(swing)(*args)
        counts.append(len(program.instructions))
    assert counts[1] < counts[0] + 20


def test_steps_that_read_several_steps_back():
    def fibonacci(a, b):
        numbers = [a, b]
        for _ in range(400):
            numbers.append(0.5 * numbers[-1] + ag.sin(numbers[-2]) * numbers[-3 if len(numbers) > 2 else -1])
        return numbers[-1]

    step = compile(value_and_grad(fibonacci, argnums=(0, 1)), backend="python")
    assert loops_of(step.trace(0.3, 0.4))
    assert step(0.3, 0.4) == value_and_grad(fibonacci, argnums=(0, 1))(0.3, 0.4)


def test_constants_that_differ_from_step_to_step_are_data():
    def f(x):
        for k in range(500):
            x = ag.sin(x * (0.1 + k) + 0.3 / (k + 1))
        return x

    step = compile(value_and_grad(f), backend="python")
    assert loops_of(step.trace(0.3))
    assert step(0.3) == value_and_grad(f)(0.3)


def test_steps_whose_data_are_far_apart_are_a_loop():
    def f(x):
        y = 0.3
        for k in range(12):
            y = ag.sin(y * x[3000 * k]) + y
        return y

    data = [0.01 * k for k in range(3000 * 12)]
    (loop,) = loops_of(rolled(written_out(f, data), 20))
    assert loop.length == 11  # without the first one, which begins with a constant


def test_a_loop_ends_with_the_last_step_that_reads_regularly():
    places = [*range(40), *random.Random(3).sample(range(40), 40)]

    def f(x, data):
        for k in places:
            x = ag.sin(x * data[k]) + x
        return x

    (loop,) = loops_of(rolled(written_out(f, 0.3, [0.1 * k for k in range(40)]), 20))
    assert loop.length == 39


@pytest.mark.parametrize("stride", [1, -1, 3000, -3000])
def test_a_loop_begins_with_the_first_step_that_reads_regularly(stride):
    """However far apart the data are, and whichever way the steps go through them."""
    places = [stride * k for k in (0, 1, 2, 30, *range(4, 20))]
    lowest, highest = min(places), max(places)

    def f(x, data):
        for k in places:
            x = ag.sin(x * data[k - lowest]) + x
        return x

    (loop,) = loops_of(rolled(written_out(f, 0.3, [0.5 / (k + 1) for k in range(highest - lowest + 1)]), 20))
    assert loop.length == 15


def test_a_loop_begins_right_after_the_last_instruction_that_reads_irregularly():
    """No step is lost where the step before reads from another place with its last instruction."""
    places = [*range(6), *range(10, 22)]

    def f(x, data):
        for k in places:
            x = data[k] * ag.sin(x)
        return x

    (loop,) = loops_of(rolled(written_out(f, 0.3, [0.1 * k for k in range(22)]), 16))
    assert loop.length == 12


def test_a_loop_stays_whole_where_too_few_steps_read_from_a_loop_before():
    """Of its 13 steps 7 read what a loop gives, and the others what is computed one by one after that."""
    places = [*range(15), *random.Random(3).sample(range(15, 21), 6)]

    def f(x, y, data):
        states = []
        for k in places:
            x = ag.sin(x * data[k]) + x
            states.append(x)
        for state in states[7:]:
            y = ag.sin(ag.cos(state * y))
        return y

    args = 0.3, 0.4, [0.1 * k for k in range(21)]
    program = written_out(f, *args)
    loops = rolled(program, 20)
    assert [loop.length for loop in loops_of(loops)] == [14, 13]
    assert repr(loops(*map(numbers_of, args))) == repr(program(*map(numbers_of, args)))


def test_a_loop_begins_with_the_first_instruction_of_all():
    def f(x, data):
        for number in data:
            for _ in range(9):
                number = ag.sin(number)
            x = x * number
        return x

    (loop,) = loops_of(rolled(written_out(f, 0.3, [0.1 * k for k in range(20)]), 20))
    assert loop.length == 20


def test_the_last_step_reads_the_last_value_of_a_loop_before():
    def f(x, data):
        states = []
        for number in data:
            x = ag.sin(x * number) + x
            states.append(x)
        for state in states:
            x = ag.sin(ag.cos(state * x))
        return x

    loops = rolled(written_out(f, 0.3, [0.1 * k for k in range(20)]), 20)
    assert [loop.length for loop in loops_of(loops)] == [19, 19]


@pytest.mark.parametrize("read", [0, 1, 2])
def test_a_loop_keeps_only_what_is_read_elsewhere(read):
    def f(x, data):
        found = []
        for number in data:
            turned = ag.sin(x * number)
            x = ag.cos(turned) + x
            found += [turned, ag.exp(turned)][:read]
        return *found, x

    (loop,) = loops_of(rolled(written_out(f, 0.3, [0.1 * k for k in range(20)]), 20))
    assert (loop.carries, loop.outputs) == (1, read)


def test_sums_take_up_their_terms_in_the_steps_that_compute_them():
    """A sum that is asked for after the last step is carried by the same loop."""

    def f(x):
        x = total = ag.exp(x)
        for _ in range(20):
            x = ag.sin(x) * 0.9
            total = total + x
        return x, total

    (loop,) = loops_of(rolled(written_out(f, 0.3), 16))
    assert (loop.carries, loop.outputs) == (2, 0)


def test_short_programs_stay_as_they_are():
    program = compile(swing, backend="python").trace([1.5, 0.7], [0.1] * 20)
    assert not loops_of(program)
    assert rolled(program) is program


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_loops_of_samples(backend):
    """In a batch the steps of all samples are one loop, and what they share is computed before it."""
    if backend == "llvm":
        pytest.importorskip("llvmlite")

    def f(w, x):
        scale, total = ag.exp(w[1]), 0.0
        for k in range(120):
            x = ag.tanh(w[0] * x + 0.01 * k) * scale
            total = total + x * x
        return total

    both = value_and_grad(ag.vmap(f, in_axes=(None, 0), reduce="mean"))
    w, xs = [0.7, -0.1], [0.1 * k - 0.6 for k in range(13)]
    step = compile(both, backend=backend)
    program = step.trace(w, xs)
    assert {loop.length > 100 for loop in loops_of(program)} == {True}
    numbers = [w, [[x] for x in xs]]
    assert repr(program(*numbers, backend=backend)) == repr(program.unrolled()(*numbers, backend=backend))
    assert numbers_of(step(w, xs)) == pytest.approx(numbers_of(both(w, xs)), rel=1e-13)
