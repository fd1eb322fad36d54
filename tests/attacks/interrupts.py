"""Attacks by Ctrl-C at any time: a signal that a timer sends while the library works."""

import signal

from attacking import attack

import autograd_lite as ag
from autograd_lite import Value, compile, gradients, no_grad, value_and_grad


class Pressed(BaseException):
    """What the signal raises, as Ctrl-C raises KeyboardInterrupt."""


def interrupted(action, draw, longest):
    """Run an action with a signal within so many seconds; whether it came before the end."""

    def press(number, frame):
        raise Pressed

    before = signal.signal(signal.SIGALRM, press)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, draw.uniform(1e-6, longest))
            action()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        return False
    except Pressed:
        return True
    finally:
        signal.signal(signal.SIGALRM, before)


def is_as_before():
    """Whether a graph is recorded, differentiated, refused and compiled as ever."""
    x = Value(3.0)
    y = x * x
    assert y.op == "mul", y
    y.backward()
    assert x.grad == 6.0, x
    assert ag.grad(lambda v: v * v * v)(2.0) == 12.0
    try:
        ag.log(-1.0)
    except ValueError:
        pass
    else:
        raise AssertionError("log(-1) did not raise")
    assert compile(lambda v: v * v, backend="python")(3.0) == 9.0


def modes(x):
    for _ in range(40):
        with no_grad():
            x * x
        with ag.detect_anomaly(error=False):
            x * 2.0


def passes(x):
    y = x
    for _ in range(60):
        y = ag.tanh(y * x) + x
    y.backward()
    gradients(y, [x], create_graph=True)
    value_and_grad(lambda v: ag.log(v) * v)(2.0)


def traces(x):
    compile(value_and_grad(lambda v: ag.tanh(v[0] * v[1]) + v[0]), backend="python")([0.5, 1.5])


@attack("interrupts", "Ctrl-C in no_grad, detect_anomaly, passes, transforms and traces; then all is as before")
def interrupts(draw):
    tried = 0
    for _ in range(60):
        work = draw.choice([modes, passes, traces])
        tried += interrupted(lambda work=work: work(Value(0.5)), draw, 0.004)
        is_as_before()
    return tried
