"""What mode this thread is in: whether graphs are recorded (`no_grad`), watched, or traced into a program.

Above `graph`.  An operation first looks at a counter that all threads share, because asking for the thread's own state
would cost more than the operation.
"""

import threading
from contextlib import ContextDecorator
from typing import Any, Final

from autograd_lite.core.graph import STATE


class Mode(threading.local):
    """The modes of one thread."""

    paused: int = 0  # how many no_grad contexts are open
    watch: Any = None  # sees every operation and every call of backward (`explaining.anomaly`)
    trace: Any = None  # the program that is being traced (`program.tracing`)


MODE: Final = Mode()


class no_grad(ContextDecorator):
    """A context, per thread, in which no graph is recorded: results are detached numbers.  Also a decorator.

    The tasks of asyncio share a thread, so an `await` inside of it pauses the others too.

    >>> from autograd_lite import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    Value(data=4.0, op='detached')
    """

    def __enter__(self) -> "no_grad":
        MODE.paused += 1
        STATE.paused += 1
        return self

    def __exit__(self, *exception: object) -> None:
        MODE.paused -= 1
        STATE.paused -= 1


class enable_grad:
    """A context, per thread, in which graphs are recorded although no_grad is on."""

    def __enter__(self) -> None:
        self.paused: int = MODE.paused
        MODE.paused = 0
        STATE.paused -= self.paused

    def __exit__(self, *exception: object) -> None:
        MODE.paused = self.paused
        STATE.paused += self.paused
