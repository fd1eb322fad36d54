"""Locks over a fork: the child has one thread, and what other threads held it would wait for for ever."""

import os
import threading
from typing import Final

IMPORTS: Final = threading.RLock()
"""Held while something is imported at its first use: Python does not free the lock of a module in a child."""

KEPT: Final[list[threading.RLock]] = [IMPORTS]
"""What a fork waits for, so that the child finds what these locks guard whole."""

PATIENCE: Final = 10.0
"""Seconds that a fork waits for a lock; where a function of a user runs under it, it may never come."""


class Held(threading.local):
    """The locks that a fork of this thread holds, and those that it did not get."""

    def __init__(self) -> None:
        self.locks: list[threading.RLock] = []
        self.missed: list[threading.RLock] = []


HELD: Final = Held()


def before() -> None:
    for lock in KEPT:  # which may grow until the imports are held
        (HELD.locks if lock.acquire(timeout=PATIENCE) else HELD.missed).append(lock)


def after() -> None:
    while HELD.locks:
        HELD.locks.pop().release()
    HELD.missed.clear()


def in_child() -> None:
    for lock in HELD.missed:
        lock._at_fork_reinit()  # type: ignore[attr-defined]
    after()


if hasattr(os, "register_at_fork"):
    # once for all: a lock that is registered while a fork waits would be released without having been acquired
    os.register_at_fork(before=before, after_in_parent=after, after_in_child=in_child)


class ProcessLock:
    """A lock for each process: one under which functions of users run, for which no fork should wait."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.lock = threading.RLock()

    def here(self) -> threading.RLock:
        """The lock of this process, for a `with` statement, which Ctrl-C cannot leave locked."""
        if self.process != os.getpid():
            self.process, self.lock = os.getpid(), threading.RLock()
        return self.lock
