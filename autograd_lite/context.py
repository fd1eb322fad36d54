"""Whether a graph is recorded: `no_grad`, per thread.

Below `value`, which looks at the shared counter first: asking a thread's own state at every operation would
cost more than the operation.
"""

import threading
from typing import Final

from autograd_lite.graph import STATE


class _Paused(threading.local):
    def __init__(self) -> None:
        self.depth = 0


_PAUSED: Final = _Paused()


def paused_here() -> bool:
    """Whether this thread is inside no_grad."""
    return bool(_PAUSED.depth > 0)


class recording:
    """A context, per thread, in which graphs are recorded although no_grad is on."""

    def __enter__(self) -> None:
        self.depth: int = _PAUSED.depth
        _PAUSED.depth = 0
        STATE.paused -= self.depth

    def __exit__(self, *exception: object) -> None:
        _PAUSED.depth = self.depth
        STATE.paused += self.depth


class no_grad:
    """A context, per thread, in which no graph is recorded: results are detached numbers.

    >>> from autograd_lite import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    Value(data=4.0, op='detached')
    """

    def __enter__(self) -> "no_grad":
        _PAUSED.depth += 1
        STATE.paused += 1
        return self

    def __exit__(self, *exception: object) -> None:
        _PAUSED.depth -= 1
        STATE.paused -= 1
