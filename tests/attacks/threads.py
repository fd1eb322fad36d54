"""Attacks by threads and forks: what one thread does while another one, or a child process, does the same."""

import os
import signal
import sys
import threading
import time

from attacking import attack
from project import ran

import autograd_lite as ag
from autograd_lite import Value, compile, detect_anomaly, gradients, no_grad, value_and_grad

PATIENCE = 40
"""Seconds after which a child hangs."""


def work(draw, backend="python"):
    """All kinds of passes and modes; raises where any of them is wrong."""
    k = draw.randint(1, 1_000_000)
    x = Value(0.5)
    y = x
    for _ in range(draw.randint(1, 60)):
        y = ag.tanh(y * x) + x
    (slope,) = gradients(y, [x], create_graph=True)
    y.backward()
    assert x.grad == slope.data
    with no_grad():
        assert (x * x).op == "detached"
    with detect_anomaly():
        assert (x * x).op == "mul"
    assert ag.grad(ag.grad(lambda v: v * v * v))(2.0) == 12.0
    assert compile(value_and_grad(lambda v: v * v * k), backend=backend)(3.0) == (9.0 * k, 6.0 * k)


def in_threads(count, action):
    """Run an action in so many threads at once, with many changes of thread; raises what any of them raised."""
    faults = []

    def run():
        try:
            action()
        except BaseException as fault:
            faults.append(fault)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=run) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    if faults:
        raise faults[0]


SHARED = Value(1.0)


@attack("threads", "eight threads that record, differentiate, pause, watch and compile, some on one leaf")
def threads(draw):
    before = SHARED.grad

    def action():
        for _ in range(5):
            work(draw)
            (SHARED * 1.0).backward()

    in_threads(8, action)
    assert SHARED.grad == before + 40.0
    return 40


@attack("forks", "a child that works on, forked while four threads trace, compile and differentiate")
def forks(draw):
    if not hasattr(os, "fork"):
        return 0
    backend, stop, count = draw.choice(["python", "llvm"]), threading.Event(), 12

    def busy():
        while not stop.is_set():
            work(draw, backend)

    threads = [threading.Thread(target=busy) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(count):
            time.sleep(draw.uniform(0.0, 0.01))
            child = os.fork()
            if child == 0:
                try:
                    work(draw, backend)
                    os._exit(0)
                except BaseException:
                    os._exit(1)
            wait_for(child)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return count


def wait_for(child):
    """Wait for a child; raises where it failed, or hangs."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, f"a child ended with {status}"
            return
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError("a child hangs")


IMPORTING = """
import random, sys, threading
sys.path.insert(0, "tests")
seed, backend = int(sys.argv[1]), sys.argv[2]
sys.setswitchinterval(1e-6)
import autograd_lite as ag
from autograd_lite import Value
start, faults = threading.Barrier(8), []

def run(i):
    start.wait()
    try:
        if i == seed % 8:
            import numpy
            assert ag.grad(lambda v: v[0] * v[1])(numpy.array([2.0, 3.0])).tolist() == [3.0, 2.0]
            return
        for k in range(20):
            assert ag.compile(ag.value_and_grad(lambda v: v[0] * v[1] + k), backend=backend)([2.0, 3.0])[0] == 6.0 + k
            assert ag.grad(lambda v: v["a"] * 2.0)({"a": 1.0}) == {"a": 2.0}
            assert ag.vmap(lambda v: v * v)([1.0, 2.0]) == [1.0, 4.0]
    except BaseException as fault:
        faults.append(repr(fault))

threads = [threading.Thread(target=run, args=(i,)) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if faults:
    raise SystemExit(faults[0])
"""


@attack("imports", "calls and first compiles in eight threads, while one of them imports NumPy")
def imports(draw):
    ran("-c", IMPORTING, str(draw.randrange(1000)), draw.choice(["python", "auto"]))
    return 7 * 60
