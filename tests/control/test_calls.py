"""Compiled functions called on Values, and in traced functions: one node, with the derivatives of the function."""

import gc
import math
import re
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from looping import called_of, loop_function

import autograd_lite as ag
from autograd_lite import (
    Program,
    Value,
    compile,
    custom_vjp,
    grad,
    hessian,
    jacobian,
    jvp,
    no_grad,
    taylor,
    value_and_grad,
    vmap,
)
from autograd_lite.nn import MLP

BACKENDS = ["python", "llvm"]
POINT = (0.5, 1.25)


def mixed(x, y):
    """Enough operations to be a call."""
    for _ in range(4):
        x, y = x * y + ag.exp(-x * x), y + 0.1 * ag.sin(x) - 0.25 * x
    return x, y


def product(f):
    def called(x, y):
        a, b = f(x, y)
        return a * b

    return called


def close(found, expected):
    return found == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.fixture(params=BACKENDS)
def compiled(request):
    pytest.importorskip("llvmlite")
    return lambda f: compile(f, backend=request.param)


# -- on Values


def test_a_call_on_values_is_one_node(compiled):
    x, y = Value(0.5), Value(1.25)
    a, b = compiled(mixed)(x, y)
    (call,) = a.parents
    assert b.parents == (call,)
    assert call.parents == (x, y)
    assert call.op == "mixed"
    assert (a.data, b.data) == tuple(out.data for out in mixed(Value(0.5), Value(1.25)))


def test_a_call_of_one_result_is_the_node(compiled):
    x = Value(0.5)
    out = compiled(lambda x: product(mixed)(x, 1.25))(x)
    assert out.parents == (x,)
    out.backward()
    assert x.grad == grad(product(mixed))(0.5, 1.25)


def test_small_functions_are_run_on_the_values():
    x = Value(3.0)
    assert compile(lambda x: x * x)(x).op == "mul"


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
@settings(max_examples=25)
def test_values_and_gradients_are_those_of_the_function(x, y):
    called = product(compile(mixed, backend="python"))
    assert value_and_grad(called, (0, 1))(x, y) == value_and_grad(product(mixed), (0, 1))(x, y)
    assert jvp(called, (x, y), (1.0, -2.0)) == jvp(product(mixed), (x, y), (1.0, -2.0))


TRANSFORMS = {
    "third derivative": lambda f: grad(grad(grad(f)))(*POINT),
    "hessian": lambda f: hessian(lambda v: f(v[0], v[1]))(list(POINT)),
    "jvp of grad": lambda f: jvp(grad(f), POINT, (1.0, 2.0)),
    "grad of jvp": lambda f: grad(lambda x: jvp(f, (x, 1.25), (1.0, 0.5))[1])(0.5),
    "jacobian": lambda f: jacobian(lambda v: [f(v[0], v[1]), v[0]])(list(POINT)),
    "vmap": lambda f: vmap(grad(f), in_axes=(0, None))([0.5, 0.75], 1.25),
    "twice": lambda f: grad(lambda x: f(f(x, 0.5), x))(0.5),
    "one argument for both": lambda f: grad(lambda x: f(x, x) * x)(0.5),
    "series": lambda f: taylor(lambda x: f(x, 1.25), 0.5, 4),
    "loop": lambda f: grad(lambda x: ag.scan(lambda c, t: (f(c, t) * 0.5, c), x, [0.1, 0.2, 0.3])[0])(0.5),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_of_calls_are_those_of_the_function(name, compiled):
    transform = TRANSFORMS[name]
    expected = transform(product(mixed))
    assert repr(transform(product(compiled(mixed)))).count("nan") == 0
    assert flat(transform(product(compiled(mixed)))) == pytest.approx(flat(expected), rel=1e-11)


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name != "series"])
@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_calls_in_traced_functions_are_those_of_the_function(name, backend):
    pytest.importorskip("llvmlite")
    transform = TRANSFORMS[name]
    called = product(compile(mixed))
    # the point is an argument of the compiled function, so that nothing is computed before
    point = compile(lambda unused: transform(called), backend=backend)(0.0)
    assert flat(point) == pytest.approx(flat(transform(product(mixed))), rel=1e-11)


def flat(x):
    return ag.trees.flatten(x)[0]


def test_values_closed_over_get_gradients():
    w = Value(0.75)
    f = compile(lambda x: product(mixed)(x, w), backend="python")
    x = Value(0.5)
    f(x).backward()
    expected = grad(product(mixed), (0, 1))(0.5, 0.75)
    assert (x.grad, w.grad) == expected


def test_another_value_closed_over_is_noticed():
    box = {"w": Value(0.75)}
    f = compile(lambda x: product(mixed)(x, box["w"]), backend="python")
    x = Value(0.5)
    first = f(x)
    box["w"] = Value(-0.25)
    assert f(x).data == product(mixed)(Value(0.5), Value(-0.25)).data
    with pytest.raises(RuntimeError, match="another Value"):
        first.backward()


def test_data_assigned_afterwards_changes_no_gradient():
    x, w = Value(0.5), Value(0.75)
    out = compile(lambda x: product(mixed)(x, w), backend="python")(x)
    x.data, w.data = 3.0, 4.0
    out.backward()
    assert (x.grad, w.grad) == grad(product(mixed), (0, 1))(0.5, 0.75)
    with pytest.raises(RuntimeError, match="assigned"):
        ag.gradients(out, [x], create_graph=True)


def test_a_module_in_a_call_gets_its_gradients():
    model, x = MLP(2, [4, 1], rng=0), [Value(0.5), Value(-1.0)]
    f = compile(lambda model, x: model(x), backend="python")
    f(model, x).backward()
    found = [p.grad for p in model.parameters()] + [v.grad for v in x]
    model.zero_grad()
    y = [Value(0.5), Value(-1.0)]
    model(y).backward()
    assert found == [p.grad for p in model.parameters()] + [v.grad for v in y]


def test_structures_and_settings_of_calls():
    import numpy as np

    def f(x, data, *, times):
        total = ag.sum([x["a"] * float(d) + ag.sin(x["b"][0] * float(d)) for d in range(6)])
        return {"out": [total * times, x["b"][0]], "data": ag.dot([x["a"]] * 3, list(data)), "set": 2.0}

    x = {"a": Value(0.5), "b": (Value(0.25),)}
    data = np.array([1.0, 2.0, 3.0])
    found = compile(f, backend="python")(x, data, times=2)
    expected = f(x, data, times=2)
    assert [v.data for v in (*found["out"], found["data"])] == [v.data for v in (*expected["out"], expected["data"])]
    data[:] = 0.0  # what was recorded stays
    assert ag.gradients(found["data"], [x["a"]]) == [6.0]


def test_without_a_graph_there_is_none():
    x, y = Value(0.5), Value(1.25)
    with no_grad():
        a, _ = compile(mixed, backend="python")(x, y)
    assert a.op == "detached"
    assert isinstance(product(compile(mixed, backend="python"))(0.5, 1.25), float)


def test_functions_that_branch_on_numbers_are_run_on_the_values():
    def f(x):
        return product(mixed)(x, 1.25) if x.data > 0.0 else x

    x = Value(0.5)
    assert compile(f, backend="python")(x).data == f(x).data


def test_functions_that_draw_are_run_on_the_values():
    layer = ag.nn.Dropout(0.5, rng=0)
    f = compile(lambda x: ag.sum(layer([mixed(v, 1.25)[0] for v in x])), backend="python")
    x = [Value(0.1 * i) for i in range(8)]
    out = f(x)
    out.backward()
    assert {v.grad != 0.0 for v in x} == {True, False}


def test_rules_of_users_hold_in_calls():
    @custom_vjp
    def twice(x):
        return 2.0 * x

    twice.defvjp(lambda x: (2.0 * x, None), lambda kept, g: (100.0 * g,))
    f = lambda x: product(mixed)(twice(x), 1.25)  # noqa: E731
    assert grad(compile(f, backend="python"))(0.25) == grad(f)(0.25)
    called = compile(f, backend="python")
    assert grad(lambda x: called(x) * 2.0)(0.25) == grad(lambda x: f(x) * 2.0)(0.25)
    assert compile(grad(lambda x: called(x) * 2.0))(0.25) == grad(lambda x: f(x) * 2.0)(0.25)


@pytest.mark.thorough
def test_calls_leave_nothing_behind():
    f = compile(mixed, backend="python")

    def once():
        x, y = Value(0.5), Value(1.25)
        a, b = f(x, y)
        (a * b).backward()

    once()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(50):
        once()
    gc.collect()
    assert len(gc.get_objects()) - before < 50


def test_nothing_that_does_not_arrive_reaches_an_operand(compiled):
    """The root at 0 has an infinite slope, which nothing flows through."""

    def f(x, y):
        return ag.sqrt(x), product(mixed)(y, 1.25)

    called = compiled(f)
    assert grad(lambda x: called(x, 0.5)[1])(0.0) == 0.0
    assert jvp(lambda y: called(0.0, y)[0], (0.5,), (1.0,))[1] == 0.0
    assert math.isinf(grad(lambda x: called(x, 0.5)[0])(0.0))
    assert compiled(grad(lambda x: called(x, 0.5)[1]))(0.0) == 0.0


# -- in programs


def calls_in(program):
    return [row.payload for row, _, _ in program.instructions if row.name == "call"]


def test_calls_of_one_function_share_a_body():
    step = compile(mixed)

    def steps(x, y):
        for _ in range(5):
            x, y = step(x, y)
        return x * y

    calls = calls_in(compile(value_and_grad(steps)).trace(*POINT))
    assert len(calls) == 10
    assert len({id(call.body) for call in calls}) == 2

    def written_out(x, y):
        for _ in range(5):
            x, y = mixed(x, y)
        return x * y

    for backend in BACKENDS:
        found = compile(value_and_grad(steps), backend=backend)(*POINT)
        assert found == value_and_grad(steps)(*POINT)
        assert found == pytest.approx(value_and_grad(written_out)(*POINT), rel=1e-12)


def test_native_code_has_a_body_once():
    pytest.importorskip("llvmlite")
    step = compile(mixed)

    def steps(x, y, n):
        for _ in range(n):
            x, y = step(x, y)
        return x * y

    texts = [compile(lambda x, y: steps(x, y, n)).trace(*POINT).source("llvm") for n in (2, 20)]  # noqa: B023
    assert texts[0].count("@llvm.fabs") == texts[1].count("@llvm.fabs")
    assert texts[0].count("call double @math.exp") == texts[1].count("call double @math.exp") > 0


def test_one_more_call_is_a_few_lines_of_native_code():
    """Calls differ in places alone, so the code that runs one is there once, and so is that of its derivative."""
    lines = []
    for count in (10, 20):
        step = ag.compile(with_sines)
        f = ag.compile(ag.value_and_grad(lambda x, y, step=step, n=count: repeated(step, x, y, n)), backend="llvm")
        text = f.entry(*f.taken((0.5, 0.25), {})).code.source
        assert len(re.findall(r"^define void @loop\d+\.steps\(", text, re.MULTILINE)) == 2
        lines.append(text.count("\n"))
    assert lines[1] - lines[0] < 10 * 70


def with_sines(x, y):
    return x + 0.1 * y, y - 0.1 * sum(ag.sin(x * k) / k for k in range(1, 7))


def repeated(step, x, y, n):
    for _ in range(n):
        x, y = step(x, y)
    return x * y


def test_programs_with_calls_are_written_and_read(tmp_path):
    step = compile(mixed)
    program = compile(value_and_grad(product(lambda x, y: step(*step(x, y))))).trace(*POINT)
    assert calls_in(program)
    again = Program.from_json(program.to_json())
    assert str(again) == str(program)
    assert again(*POINT) == program(*POINT)


def test_what_a_call_in_a_loop_reads_twice_adds_up_in_one_order():
    called = called_of(Random(3))

    def f(start, p):
        last, ys = ag.scan(lambda c, _: (ag.tanh(c * c), called(p, p)), start, length=3)
        return last * last + ys[1] * ys[1] + ys[2] + p * 0.3 * p

    both = value_and_grad(f, argnums=(0, 1))
    program = compile(both, backend="python")
    points = [(0.1 * k, 0.07 * k - 0.5) for k in range(30)]
    assert [program(*point) for point in points] == [both(*point) for point in points]


def test_calls_in_a_batch():
    pytest.importorskip("llvmlite")
    import numpy as np

    step = compile(mixed)
    loss = lambda w, x: product(lambda a, b: step(*step(a, b)))(x, w)  # noqa: E731
    plain = lambda w, x: product(lambda a, b: mixed(*mixed(a, b)))(x, w)  # noqa: E731
    xs = np.linspace(-1.0, 1.0, 37)
    for backend in ("python", "numpy", "llvm"):
        found = compile(value_and_grad(vmap(loss, in_axes=(None, 0), reduce="sum")), backend=backend)(0.5, xs)
        expected = compile(value_and_grad(vmap(plain, in_axes=(None, 0), reduce="sum")), backend=backend)(0.5, xs)
        assert found == pytest.approx(expected, rel=1e-12)


def test_what_maps_over_samples_is_in_the_graph_around():
    import numpy as np

    inner = compile(vmap(lambda w, x: product(mixed)(x, w), in_axes=(None, 0), reduce="mean"))
    xs = np.linspace(-1.0, 1.0, 9)
    assert compile(grad(lambda w, xs: inner(w, xs) * 2.0), backend="python")(0.5, xs) == pytest.approx(
        grad(lambda w: 2.0 * ag.sum([product(mixed)(float(x), w) for x in xs]) / 9.0)(0.5)
    )


@pytest.mark.thorough
@given(st.integers(0, 10**9), st.booleans())
@example(46, False)  # a loop whose adjoint reads an array that its value does not
@settings(max_examples=25, deadline=None)
def test_random_functions_that_are_called(seed, twice):
    """Loops, choices and sums of all kinds: traced, a call gives what it gives on Values, and that is the function."""
    f, arguments = loop_function(seed)

    def outer(f):
        return lambda *args: f(*args) * (f(*args[:-1], [x * 0.5 for x in args[-1]]) if twice else 2.0)

    called = outer(compile(f, backend="python"))
    eager = value_and_grad(called, (0, 1, 2))(*arguments)
    assert flat(eager) == pytest.approx(flat(value_and_grad(outer(f), (0, 1, 2))(*arguments)), rel=1e-9, nan_ok=True)
    with patch.object(ag, "vmap", wraps=ag.vmap) as mapped:
        compiled = compile(value_and_grad(called, (0, 1, 2)), backend="python")(*arguments)
    assert repr(compiled[0]) == repr(eager[0])
    if mapped.called:  # in the graph around the calls (docs/LOOPS.md)
        assert flat(compiled) == pytest.approx(flat(eager), rel=1e-11, abs=1e-13, nan_ok=True)
    else:
        assert [repr(x + 0.0) for x in flat(compiled)] == [repr(x + 0.0) for x in flat(eager)]
