"""What mode this thread or task is in: whether graphs are recorded (`no_grad`), watched, or traced into a program.

Above `graph`.  An operation first looks whether anybody, in any thread, has set a mode, because asking for its own
would cost more than the operation.
"""

from typing import Final

from autograd_lite.core.contexts.scopes import Scope, Settings
from autograd_lite.core.contexts.variables import Mode
from autograd_lite.core.graph import PASS, STATE
from autograd_lite.core.operands import IEEE
from autograd_lite.support.forking import KEPT

KEPT.append(PASS)  # a child finds no pass half done, and may do passes

PAUSED: Final = Mode("autograd_lite.paused", False, STATE.paused)
"""Whether nothing is recorded."""

WATCH: Final = Mode("autograd_lite.watch", None, STATE.paused)
"""What sees every operation and every call of backward (`explaining.watch`), or None."""

TRACE: Final = Mode("autograd_lite.trace", None, STATE.tracing)
"""The trace of a program that is running (`program.tracing`), or None."""


class no_grad(Scope):
    """A context in which no graph is recorded: results are detached numbers.  Also a decorator.

    It holds in its thread and, under asyncio, in its task; threads that are started inside of it record.  As a
    decorator it works on functions, generators, coroutines and asynchronous generators; these are under it only while
    their own bodies run.  A `with no_grad():` around a `yield`, on the other hand, holds for the consumer too until the
    generator goes on, as Python has it for every context.  Raises TypeError where it decorates a class or anything
    else that is no function.

    The Program of a traced function (`compile(f).trace(x)`) keeps what leaves the block as `stop_gradient` of it.

    >>> from autograd_lite import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y
    Value(data=4.0, op='detached')
    """

    def __init__(self, function: object = None) -> None:
        check_called(self, function)

    def modes(self) -> Settings:
        return ((PAUSED, True),)


class enable_grad(Scope):
    """A context in which graphs are recorded although no_grad is on.  Also a decorator, as `no_grad` is.

    >>> from autograd_lite import Value, no_grad
    >>> x = Value(2.0)
    >>> with no_grad(), enable_grad():
    ...     y = x * x
    >>> y.op
    'mul'
    """

    def __init__(self, function: object = None) -> None:
        check_called(self, function)

    def modes(self) -> Settings:
        return ((PAUSED, False),)


class ieee_arithmetic(Scope):
    """A context in which rows give inf or nan by IEEE 754 where they would raise: for partials."""

    def modes(self) -> Settings:
        return ((IEEE, True),)


def check_called(scope: Scope, function: object) -> None:
    """Raise where a scope is written as a decorator without its parentheses."""
    if function is not None:
        name = type(scope).__name__
        raise TypeError(f"{name} takes no arguments, but got {function!r}; as a decorator, write @{name}() with ()")
