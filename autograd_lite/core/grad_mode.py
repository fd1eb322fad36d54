"""Whether a graph is recorded, `no_grad`, and whether its making is watched, `Watch`; both per thread.

Below `value`, which looks at one shared counter first: asking a thread's own state at every operation would
cost more than the operation.
"""

import math
import threading
from contextlib import ContextDecorator
from typing import Final

from autograd_lite.core.concretization import users_line
from autograd_lite.core.graph import STATE, TRACED, Node, born


class _Paused(threading.local):
    def __init__(self) -> None:
        self.depth = 0
        self.watch: Watch | None = None


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
        _PAUSED.depth += 1
        STATE.paused += 1
        return self

    def __exit__(self, *exception: object) -> None:
        _PAUSED.depth -= 1
        STATE.paused -= 1


class Watch:
    """A context, per thread, in which every operation leaves the user's line that made it.

    It keeps the first and the newest result that is no finite number, and what `backward` was called on.
    """

    def __init__(self) -> None:
        self.lines: dict[int, str] = {}  # "file:line" by the time at which a node was made
        self.first: Node | None = None
        self.newest: Node | None = None
        self.passes: list[tuple[Node, float]] = []

    def __enter__(self) -> "Watch":
        self.outer = _PAUSED.watch
        _PAUSED.watch = self
        STATE.paused += 1  # so that every operation looks here
        return self

    def __exit__(self, *exception: object) -> None:
        _PAUSED.watch = self.outer
        STATE.paused -= 1


def watched(result: Node) -> None:
    """An operation was recorded while something is paused or watched in some thread."""
    watch = _PAUSED.watch
    if watch is not None and not result._flags & TRACED:  # what has no number yet holds nan
        watch.lines[born(result)] = users_line()
        if not math.isfinite(result._data):
            watch.newest = result
            if watch.first is None:
                watch.first = result


def watched_pass(root: Node, seed: float) -> None:
    """`backward` was called."""
    if _PAUSED.watch is not None:
        _PAUSED.watch.passes.append((root, seed))
