"""How deep transforms are nested, and the fresh inputs that each of them differentiates in."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from autograd_lite.core.fast.clock import time_now, time_of
from autograd_lite.core.graph import BATCHED, CONSTANT, Node
from autograd_lite.core.modes import MODE, enable_grad
from autograd_lite.core.table import identity
from autograd_lite.core.value import Value

Scalar = Value | float
"""A number, or a Value with the graph that it comes from."""


class _Level(threading.local):
    depth = 0  # how many transforms are running a function
    start = 0  # the time at which the outermost of them began
    mapped = 0  # how many vmaps are tracing a sample that represents all


_LEVEL = _Level()


@contextmanager
def inside() -> Iterator[None]:
    """While the function of a transform runs: transforms inside it record graphs, even under no_grad."""
    if _LEVEL.depth == 0:
        _LEVEL.start = time_now()
    _LEVEL.depth += 1
    try:
        with enable_grad():
            yield
    finally:
        _LEVEL.depth -= 1


def nested() -> bool:
    """Whether a transform is running a function."""
    return _LEVEL.depth > 0


def differentiated(values: Sequence[Node]) -> bool:
    """Whether any of them was made in a transform that is running: its gradient may be asked for."""
    return _LEVEL.depth > 0 and any(time_of(x) > _LEVEL.start and not x._flags & CONSTANT for x in values)


@contextmanager
def mapped() -> Iterator[None]:
    """While a sample that represents all runs through a function: each sample has inputs of its own."""
    _LEVEL.mapped += 1
    try:
        yield
    finally:
        _LEVEL.mapped -= 1


def is_mapped() -> bool:
    """Whether a sample that represents all is running through a function."""
    return _LEVEL.mapped > 0


def fresh(x: Scalar) -> Value:
    """A new input with the number of x; where x has a graph, it stays connected to that."""
    if isinstance(x, Value) and (MODE.trace is not None or not x._flags & CONSTANT):
        result: Value = identity(x)
        result._flags &= ~CONSTANT  # what was detached while a program is traced is an input like any other
    else:
        result = Value(x.data if isinstance(x, Value) else x)
    if _LEVEL.mapped:
        result._flags |= BATCHED
    return result
