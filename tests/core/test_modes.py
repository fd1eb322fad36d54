"""`no_grad`: per thread, nested, undone by exceptions; what comes out of it is a constant."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, grad, no_grad
from autograd_lite.core.graph import STATE
from autograd_lite.core.modes import MODE, enable_grad
from autograd_lite.explaining.watch import Watch


def test_what_is_computed_under_no_grad_is_detached():
    x = Value(2.0)
    with no_grad():
        y = x * x
    assert (y.data, y.op, y.parents) == (4.0, "detached", ())
    (y * x).backward()
    assert x.grad == 4.0
    with pytest.raises(RuntimeError, match="no_grad"):
        y.backward()


def test_contexts_nest_and_end_with_an_exception():
    x = Value(2.0)
    with no_grad():
        with pytest.raises(ValueError, match="stop"), no_grad():
            raise ValueError("stop")
        assert (x * x).op == "detached"
    assert (x * x).op == "mul"


@given(st.lists(st.sampled_from([no_grad, enable_grad, Watch])))
def test_the_shared_counter_counts_what_is_open_however_it_nests(contexts):
    before, paused, watching, opened = STATE.paused, [0], 0, []
    assert MODE.paused == 0
    for context in contexts:
        opened.append(context())
        opened[-1].__enter__()
        paused.append(paused[-1] + 1 if context is no_grad else 0 if context is enable_grad else paused[-1])
        watching += context is Watch
        assert (STATE.paused - before, MODE.paused) == (paused[-1] + watching, paused[-1])
    while opened:
        context = opened.pop()
        context.__exit__(None, None, None)
        paused.pop()
        watching -= isinstance(context, Watch)
        assert (STATE.paused - before, MODE.paused) == (paused[-1] + watching, paused[-1])


def test_it_decorates_functions():
    @no_grad()
    def twice(x, depth):
        return x + x if depth == 0 else twice(x, depth - 1)

    x = Value(2.0)
    assert [twice(x, 3).op, twice(x, 0).op, (x + x).op] == ["detached", "detached", "add"]
    assert twice.__name__ == "twice"


def test_no_grad_is_per_thread():
    x = Value(2.0)
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * x).op))
        thread.start()
        thread.join()
        assert (x * x).op == "detached"
    assert seen == ["mul"]
    assert (x * x).op == "mul"


def test_transforms_record_under_no_grad():
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert grad(grad(lambda x: x**3))(2.0) == 12.0
        assert (Value(1.0) + 1.0).op == "detached"


def test_no_grad_inside_a_differentiated_function_makes_constants():
    def f(x):
        with no_grad():
            scale = x * x
        return scale * x

    assert grad(f)(3.0) == 9.0


def test_detach_makes_a_constant():
    x, y = Value(2.0), Value(3.0)
    d = x.detach()
    assert (d.op, d.data) == ("detached", 2.0)
    (d * y).backward()
    assert (x.grad, y.grad) == (0.0, 2.0)
    with pytest.raises(RuntimeError, match="detach"):
        d.backward()
    with pytest.raises(RuntimeError, match="constants alone"):
        (d * 2.0).backward()
