"""Modes: what is switched on for a while, in one thread or one task of asyncio, and is off again whatever happens.

A `Mode` is a variable of Python's contexts.  What sets it is a `Scope` (`scopes`), of which here only the token is
known: what is set holds as long as that object is there.
"""

import weakref
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, final

from mypy_extensions import mypyc_attr


@mypyc_attr(native_class=False)
class Mark:
    """What a setting alone holds: compiled classes have no weak references."""


@final
class Setting:
    """What one scope sets a mode to, and what was set around it."""

    __slots__ = ("left", "mark", "outer", "token", "value")

    def __init__(self, value: Any, token: Callable[[], object], outer: "Setting | None") -> None:
        self.value: Any = value
        self.token: Callable[[], object] = token  # a weak reference
        self.outer: Setting | None = outer
        self.mark: Mark | None = None
        self.left: bool = False  # in order: then copies of the context, as a task has one, keep it

    def holds(self) -> bool:
        return self.token() is not None or self.left


@final
class Mode:
    """A variable of the context: what the newest scope that is still open sets it to.

    `noted` are weak references to the marks of all settings in all threads: while it is empty, nobody needs to ask.
    """

    __slots__ = ("default", "newest", "noted")

    def __init__(self, name: str, default: object, noted: set[object] | None = None) -> None:
        self.default: Any = default
        self.noted: set[object] | None = noted
        self.newest: ContextVar[Setting | None] = ContextVar(name, default=None)

    def get(self) -> Any:
        setting = self.newest.get()
        if setting is None:
            return self.default
        if setting.token() is not None or setting.left:
            return setting.value
        setting = self.open_setting()
        return self.default if setting is None else setting.value

    def is_set(self) -> bool:
        """Whether any scope that is still open sets it."""
        return self.newest.get() is not None and self.open_setting() is not None

    def open_setting(self) -> Setting | None:
        """The newest setting that holds; those that an interrupt has left behind are dropped."""
        newest = setting = self.newest.get()
        while setting is not None and not setting.holds():
            setting = setting.outer
        if setting is not newest:
            self.newest.set(setting)
        return setting

    def set(self, value: object, token: Callable[[], object]) -> Setting:
        """Set the mode, as long as the token is there."""
        outer = self.newest.get()
        setting = Setting(value, token, outer if outer is None or outer.holds() else self.open_setting())
        if self.noted is not None:
            setting.mark = Mark()
            self.noted.add(weakref.ref(setting.mark, self.noted.discard))  # taken out by nothing that has lines
        self.newest.set(setting)
        return setting

    def leave(self, setting: Setting) -> None:
        """End a setting, be it the newest or not: generators end in any order, and in any context."""
        newest = self.newest.get()
        if newest is setting:
            self.newest.set(setting.outer)
        else:
            while newest is not None and newest.outer is not setting:
                newest = newest.outer
            if newest is None:
                return  # set in another context, where it ends with its token
            newest.outer = setting.outer
        setting.left = True
