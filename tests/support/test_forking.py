"""Forks and imports while other threads are at work: the attacks of tests/attacks/threads.py, a round of each."""

import os
import random
import sys
import threading
import types

import pytest
from attacking import find_attacks
from project import ran

from autograd_lite.core.graph import PASS
from autograd_lite.support.extras import imported
from autograd_lite.support.forking import HELD, IMPORTS, KEPT, ProcessLock, before, in_child

ROUND = """
import sys
sys.path[:0] = [".", "tests"]
from attacking import one_round
assert one_round(sys.argv[1], 0, int(sys.argv[2])) > 0
"""


@pytest.mark.thorough
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("number", [0, 1])
def test_a_child_forked_while_threads_work_works_on(number):
    ran("-c", ROUND, "forks", str(number))


@pytest.mark.thorough
def test_calls_go_on_while_another_thread_imports_numpy():
    assert find_attacks()["imports"].run(random.Random(0)) > 0


def test_a_library_that_is_being_imported_is_not_there_yet(monkeypatch):
    module = types.ModuleType("half")
    module.__spec__ = types.SimpleNamespace(_initializing=True)
    monkeypatch.setitem(sys.modules, "half", module)
    assert imported("half") is None
    module.__spec__._initializing = False
    assert imported("half") is module
    assert imported("of no such name") is None
    assert imported("sys") is sys


def test_a_fork_waits_for_the_locks_and_frees_them():
    assert PASS in KEPT
    before()
    assert PASS._is_owned()
    in_child()
    assert not PASS._is_owned()
    assert not IMPORTS._is_owned()


def test_a_lock_that_does_not_come_is_made_anew_in_the_child(monkeypatch):
    lock = threading.RLock()
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    monkeypatch.setattr("autograd_lite.support.forking.KEPT", [lock])
    monkeypatch.setattr("autograd_lite.support.forking.PATIENCE", 0.01)
    before()
    assert HELD.missed == [lock]
    in_child()
    assert lock.acquire(blocking=False)
    lock.release()


def test_a_lock_of_a_process_is_another_one_in_the_next():
    lock = ProcessLock()
    here = lock.here()
    assert lock.here() is here
    lock.process = -1
    assert lock.here() is not here
    with lock.here():
        assert lock.lock._is_owned()
