"""A pass in the middle of a pass: signal handlers, finalizers and weak references may differentiate at any time."""

import gc
import random
import signal
import sys
import weakref

import pytest

import autograd_lite as ag
from autograd_lite import Value, compile, grad, gradients, tanh
from autograd_lite.core.fast.layers import dots, vector
from autograd_lite.core.fast.uses import COUNTS
from autograd_lite.core.graph import PASS
from autograd_lite.core.reverse import float_adjoints, topological_order
from autograd_lite.support import build as native


class Model:
    """A layer of dots over shared inputs, and what several graphs share."""

    def __init__(self):
        self.inputs = [Value(0.5), Value(-1.5), Value(2.0)]
        self.weights = [[Value(0.25 * (i + j) - 0.5) for j in range(3)] for i in range(5)]
        shared = vector(self.inputs)
        hidden = [tanh(x) for x in dots([vector(row) for row in self.weights], shared)]
        self.middle = ag.sum(hidden)
        self.first = self.middle * hidden[0] + hidden[1]
        self.second = self.middle * self.middle - hidden[4] * self.inputs[1]
        self.leaves = [*self.inputs, *(w for row in self.weights for w in row)]

    def wanted(self):
        return gradients(self.first, self.leaves), gradients(self.second, self.leaves)

    def grads(self):
        return [x.grad for x in self.leaves]


def differentiate(model, second):
    """All that somebody may do in the middle of a pass; raises where it is wrong."""
    assert gradients(model.second, model.leaves) == second
    (slope, *_) = gradients(model.second, model.leaves, create_graph=True)
    assert slope.data == second[0]
    assert len(topological_order([model.second], everything=True)) > 30
    assert grad(lambda v: v * v * v)(2.0) == 12.0
    assert grad(grad(lambda v: v * v * v))(2.0) == 12.0
    x = Value(3.0)
    y = x * x
    y.backward()
    assert x.grad == 6.0
    assert compile(lambda v: v * v, backend="python")(3.0) == 9.0


WORK = {
    "backward": lambda model: model.first.backward(),
    "gradients": lambda model: gradients(model.first, model.leaves),
    "create_graph": lambda model: [x.data for x in gradients(model.first, model.leaves, create_graph=True)],
    "sort": lambda model: len(topological_order([model.first])),
}


@pytest.mark.skipif(native.is_native(), reason="compiled code has no lines to be interrupted at")
@pytest.mark.parametrize("work", WORK)
def test_a_pass_at_any_line_of_a_pass(work):
    model = Model()
    first, second = model.wanted()
    expected = WORK[work](Model())
    files = ("reverse.py", "graph.py", "vectors.py", "value.py", "create_graph.py")
    stop, places = 1, set()

    def interrupted():
        seen, before = [0], sys.gettrace()

        def trace(frame, event, argument):
            if not frame.f_code.co_filename.endswith(files):
                return None
            seen[0] += event == "line"
            if seen[0] == stop and event == "line":
                places.add((frame.f_code.co_name, frame.f_lineno))
                sys.settrace(None)
                differentiate(model, second)
                model.second.backward()
            return trace

        sys.settrace(trace)
        try:
            return WORK[work](model), seen[0] >= stop
        finally:
            sys.settrace(before)

    while True:
        for x in model.leaves:
            x.zero_grad()
        found, came = interrupted()
        assert found == expected
        sums = [a * (work == "backward") + b * came for a, b in zip(first, second, strict=True)]
        assert model.grads() == sums, stop
        if not came:
            break
        stop += 7
    assert len(places) > 5
    assert not PASS._is_owned()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")
def test_a_handler_of_signals_differentiates_at_any_time():
    model = Model()
    first, second = model.wanted()
    rounds = [0, 0]
    running: list[bool] = []

    def handler(number, frame):
        if running:  # the next alarm came while the handler traces a program, in which numbers are not to be had
            return
        running.append(True)
        rounds[1] += 1
        differentiate(model, second)
        model.second.backward()
        running.clear()

    before = signal.signal(signal.SIGALRM, handler)
    try:
        draw = random.Random(0)
        while rounds[1] < 60:
            rounds[0] += 1
            signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-5, 1e-3))  # once: the handler traces a program too
            model.first.backward()
            assert gradients(model.first, model.leaves) == first
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    sums = [rounds[0] * a + rounds[1] * b for a, b in zip(first, second, strict=True)]
    assert model.grads() == pytest.approx(sums, rel=1e-9, abs=1e-9)


class Cycle:
    """What the collector of cycles finds, and what runs then."""

    def __init__(self, action):
        self.me = self
        self.action = action

    def __del__(self):
        self.action()


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["__del__", "weakref"])
def test_a_finalizer_differentiates_whenever_the_collector_runs(how):
    model = Model()
    first, second = model.wanted()
    faults, came, kept = [], [0], []

    def action(*_):
        came[0] += 1
        try:
            differentiate(model, second)
            model.second.backward()
        except BaseException as error:  # which Python would only print
            faults.append(error)

    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(20):
            if how == "__del__":
                Cycle(action)
            else:
                cycle = Cycle(int)
                kept.append(weakref.ref(cycle, action))
                del cycle
            model.first.backward()
            assert gradients(model.first, model.leaves) == first
    finally:
        gc.set_threshold(*thresholds)
    gc.collect()
    assert not faults
    assert came[0] == 20
    sums = [20 * a + 20 * b for a, b in zip(first, second, strict=True)]
    assert model.grads() == pytest.approx(sums, rel=1e-9, abs=1e-9)


def test_a_pass_inside_of_a_pass_leaves_its_scratch_as_it_was():
    """The same where no line can be interrupted: while the lock is held, as it is in the middle of a pass."""
    model = Model()
    first, second = model.wanted()
    with PASS:
        COUNTS.base += 1 << 32
        model.first._uses = COUNTS.base + 5
        model.first._adjoint = 7.5
        before = COUNTS.base
        differentiate(model, second)
        assert float_adjoints([model.first], [1.0], model.leaves) == first
        assert (COUNTS.base, model.first._uses, model.first._adjoint) == (before, before + 5, 7.5)
    assert gradients(model.first, model.leaves) == first


def test_interior_values_hold_the_adjoint_of_the_pass_that_ends_last():
    x = Value(2.0)
    y = x * x
    z, w = y * 3.0, y * 5.0
    with PASS:
        w.backward()
    assert y.grad == 5.0
    z.backward()
    assert y.grad == 3.0
