"""Scopes: `with` statements that set modes, and end whatever happens.

Above `contexts`.  Ctrl-C may come at any instruction, and where it comes first in `__exit__`, that does nothing.  So
what a scope sets holds only as long as the `with` statement itself: Python keeps the `__exit__` that it will call, and
nobody else does.  That object is the token of the statement; when it is gone, so is the mode.
"""

import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, cast, overload

from autograd_lite.core.contexts.decorating import decorated
from autograd_lite.core.contexts.variables import Mode, Setting

F = TypeVar("F")
R = TypeVar("R")
S = TypeVar("S", bound="Scope")


Settings = tuple[tuple[Mode, Any], ...]
"""Modes, and what they are set to."""


class Opening:
    """The modes that one `with` statement has set."""

    __slots__ = ("__weakref__", "settings")

    def __init__(self) -> None:
        self.settings: list[tuple[Mode, Setting]] = []

    def end(self) -> None:
        for mode, setting in self.settings:
            mode.leave(setting)
        self.settings.clear()


class Entering(threading.local):
    """The `with` statements of one thread that have looked up `__exit__` and have not called `__enter__` yet."""

    def __init__(self) -> None:
        self.stack: list[tuple[Scope, Callable[[], object], Opening]] = []


ENTERING: Final = Entering()


class Exit:
    """`__exit__` of a scope: an object of its own for each `with` statement, which alone holds it."""

    @overload
    def __get__(self, scope: None, owner: type) -> Callable[..., None]: ...
    @overload
    def __get__(self, scope: "Scope", owner: type | None = None) -> Callable[..., None]: ...
    def __get__(self, scope: "Scope | None", owner: type | None = None) -> Callable[..., None]:
        if scope is None:
            return leave_by_hand
        opening = Opening()
        token = partial(leave, scope, opening)
        stack = ENTERING.stack
        while stack and stack[-1][1]() is None:
            stack.pop()  # somebody only looked
        stack.append((scope, weakref.ref(token), opening))
        return token


def leave(scope: "Scope", opening: Opening, *exception: Any) -> None:
    """Leave a `with` statement.  It does not know its token, which therefore no traceback keeps."""
    if not opening.settings:
        leave_by_hand(scope, *exception)
        return
    opening.end()
    scope.finish(exception[1] if len(exception) > 1 else None)


def leave_by_hand(scope: "Scope", *exception: Any) -> None:
    """Leave what `__enter__` was called for by hand, or by an `ExitStack`, last."""
    if scope.openings:
        scope.openings[-1].end()
        scope.openings.pop()
        scope.finish(exception[1] if len(exception) > 1 else None)


class Scope:
    """A `with` statement that sets the modes of `modes`."""

    @property
    def openings(self) -> list[Opening]:
        """Those that were entered by hand: they end with the scope."""
        found: list[Opening] = self.__dict__.setdefault("_openings", [])
        return found

    @openings.setter
    def openings(self, value: object) -> None:
        raise AttributeError("openings was assigned, but it is what was entered; enter and leave it by with")

    def modes(self) -> Settings:
        """The modes and what they are set to."""
        raise NotImplementedError

    def finish(self, exception: BaseException | None) -> None:
        """What is done at the end, with the exception that ends it."""

    def __enter__(self: S) -> S:
        stack = ENTERING.stack
        while stack:
            scope, token, opening = stack.pop()
            if scope is self and token() is not None:
                break
        else:
            opening = Opening()
            self.set_modes(opening, weakref.ref(opening))
            self.openings.append(opening)
            return self
        self.set_modes(opening, token)
        return self

    def set_modes(self, opening: Opening, token: Callable[[], object]) -> None:
        for mode, value in self.modes():
            opening.settings.append((mode, mode.set(value, token)))

    __exit__ = Exit()

    def run(self, f: Callable[..., R], *arguments: Any) -> R:
        """f(*arguments) inside of it, for compiled modules: the `with` statements of mypyc have no token."""
        with self:
            return f(*arguments)

    def again(self: S) -> S:
        """A new scope of the same kind, for a call of a decorated function."""
        return type(self)()

    def __call__(self, f: F) -> F:
        """The function f, within a scope at each call: also a generator or a coroutine, at each of its steps."""
        return cast(F, decorated(f, self.again, type(self).__name__))
