"""Modes: per thread and per task, nested, undone by exceptions and by interrupts wherever these come; as decorators."""

import contextlib
import dis
import functools
import gc
import random
import signal
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, detect_anomaly, enable_grad, grad, gradients, no_grad
from autograd_lite.core.contexts.modes import PAUSED, TRACE, WATCH, ieee_arithmetic
from autograd_lite.core.graph import STATE
from autograd_lite.core.operands import IEEE
from autograd_lite.explaining.watch import Watch
from autograd_lite.transforms.levels import MAPPED, START, inside, mapped


def modes():
    return PAUSED.get(), WATCH.get(), TRACE.get(), IEEE.get(), START.get(), MAPPED.get()


NONE = (False, None, None, False, None, False)


@pytest.fixture(autouse=True)
def _all_modes_are_off_at_the_end():
    yield
    gc.collect()
    assert modes() == NONE
    assert (len(STATE.paused), len(STATE.tracing)) == (0, 0)


KINDS = [no_grad, enable_grad, Watch, inside, mapped, ieee_arithmetic]


@pytest.mark.thorough
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5)), max_size=8))
def test_the_newest_open_scope_decides_in_whatever_order_they_end(events):
    """As generators end them: not the newest first."""
    opened = []

    def check():
        paused, watches = False, []
        for scope in opened:
            if isinstance(scope, (no_grad, enable_grad, inside)):
                paused = isinstance(scope, no_grad)
            if isinstance(scope, Watch):
                watches.append(scope)
        assert PAUSED.get() == paused
        assert WATCH.get() is (watches[-1] if watches else None)
        assert IEEE.get() == any(isinstance(scope, ieee_arithmetic) for scope in opened)
        assert len(STATE.paused) >= len(watches) + sum(isinstance(scope, no_grad) for scope in opened)

    for kind, left in events:
        scope = kind()
        scope.__enter__()
        opened.append(scope)
        check()
        if left < len(opened):
            opened.pop(left).__exit__(None, None, None)
            check()
    while opened:
        opened.pop(0).__exit__(None, None, None)
        check()
    assert modes() == NONE


@pytest.mark.thorough
def test_it_is_entered_by_hand_and_by_an_exit_stack_too():
    pause = no_grad()
    pause.__enter__()
    pause.__enter__()
    assert PAUSED.get()
    pause.__exit__(None, None, None)
    assert PAUSED.get()
    pause.__exit__(None, None, None)
    assert not PAUSED.get()
    with contextlib.ExitStack() as stack:
        stack.enter_context(pause)
        stack.enter_context(no_grad())
        with pause:
            assert PAUSED.get()
        assert PAUSED.get()
    assert not PAUSED.get()
    hasattr(pause, "__exit__")
    assert not PAUSED.get()


# -- interrupts


class Pressed(BaseException):
    """What an interrupt raises."""


def switching():
    x = Value(2.0)
    with no_grad():
        x * x
        with enable_grad():
            x * x
    with detect_anomaly(error=False):
        x * x
    grad(lambda v: v * v)(2.0)
    gradients(x * x, [x], create_graph=True)
    compile(lambda v: v * v, backend="python").trace(1.0)


def scopes():
    with no_grad(), mapped(), Watch(), ieee_arithmetic():
        pass


@functools.cache
def interruptible(code):
    """Where in a piece of code Python looks for signals: where it begins, goes back, and has called something."""
    found, called = set(), False
    for x in dis.get_instructions(code):
        if called or x.opname == "RESUME" or x.opname.startswith("JUMP_BACKWARD"):
            found.add(x.offset)
        called = x.opname.startswith("CALL")
    return found


def count_of_steps(action, stop=None):
    """Run an action, and raise at a place where Python looks for signals; how many such places were passed."""
    seen = [0]

    def trace(frame, event, argument):
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_lasti in interruptible(frame.f_code):
            seen[0] += 1
            if seen[0] == stop:
                raise Pressed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return seen[0]


@pytest.mark.thorough
@pytest.mark.parametrize("action", [switching, scopes], ids=lambda f: f.__name__)
def test_an_interrupt_at_any_place_leaves_no_mode_on(action):
    """Also while somebody keeps the exception, and with it every frame, as an interactive shell does."""
    action()
    steps, came = count_of_steps(action), 0
    for stop in range(1, steps, 1 + steps // 150):
        kept = None
        try:
            count_of_steps(action, stop)
        except Pressed as pressed:
            came, kept = came + 1, pressed
        assert modes() == NONE, stop
        if kept is not None:
            kept.__traceback__ = None
    assert came >= 50


@pytest.mark.thorough
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")
def test_thousands_of_timed_interrupts_leave_no_mode_on():
    def press(number, frame):
        raise Pressed

    draw, came, kept = random.Random(0), 0, Pressed()
    before = signal.signal(signal.SIGALRM, press)
    try:
        for _ in range(3000):
            try:
                try:
                    signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-6, 2e-4))
                    for _ in range(200):  # not for ever: one that comes in a callback of the collector is lost
                        scopes()
                finally:
                    signal.setitimer(signal.ITIMER_REAL, 0.0)
            except Pressed as pressed:
                came, kept = came + 1, pressed
            assert modes() == NONE
            kept.__traceback__ = None
            assert (Value(2.0) * 3.0).op == "mul"
    finally:
        signal.signal(signal.SIGALRM, before)
    assert came > 1000


# -- no_grad


@pytest.mark.thorough
def test_what_is_computed_under_no_grad_is_detached():
    x = Value(2.0)
    with no_grad():
        y = x * x
    assert (y.data, y.op, y.parents) == (4.0, "detached", ())
    (y * x).backward()
    assert x.grad == 4.0
    with pytest.raises(RuntimeError, match="no_grad"):
        y.backward()


@pytest.mark.thorough
def test_contexts_nest_and_end_with_an_exception():
    x = Value(2.0)
    with no_grad():
        with pytest.raises(ValueError, match="stop"), no_grad():
            raise ValueError("stop")
        assert (x * x).op == "detached"
    assert (x * x).op == "mul"


@pytest.mark.thorough
def test_it_decorates_functions():
    @no_grad()
    def twice(x, depth):
        return x + x if depth == 0 else twice(x, depth - 1)

    x = Value(2.0)
    assert [twice(x, 3).op, twice(x, 0).op, (x + x).op] == ["detached", "detached", "add"]
    assert twice.__name__ == "twice"


@pytest.mark.thorough
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


@pytest.mark.thorough
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
