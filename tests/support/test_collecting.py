"""Collections are off inside, and what they were outside."""

import gc
import threading

import pytest

from autograd_lite import Value, compile, sin
from autograd_lite.support.collecting import NoCollecting


@pytest.fixture(params=[True, False])
def was_on(request):
    if not request.param:
        gc.disable()
    yield request.param
    gc.enable()


def test_they_are_off_inside_alone(was_on):
    with NoCollecting():
        with NoCollecting():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled() == was_on
    with pytest.raises(ZeroDivisionError), NoCollecting():
        1 / 0  # noqa: B018
    assert gc.isenabled() == was_on


def test_the_last_thread_that_leaves_turns_them_on():
    here, there = threading.Event(), threading.Event()

    def other():
        with NoCollecting():
            here.set()
            there.wait(60)

    thread = threading.Thread(target=other)
    thread.start()
    here.wait(60)
    with NoCollecting():
        pass
    assert not gc.isenabled()
    there.set()
    thread.join()
    assert gc.isenabled()


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_compiling_leaves_them_as_they_were(was_on, backend):
    pytest.importorskip("llvmlite")
    assert compile(lambda x: sin(x) + 1.0, backend=backend)(0.0) == 1.0
    with pytest.raises(TypeError):
        compile(lambda x: "no number", backend=backend)(Value(0.0).data)
    assert gc.isenabled() == was_on
