"""What functions and their arguments are called, and the names of transformed functions."""

import functools
import sys
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

from autograd_lite.core.primitives import Primitive

Function = Callable[..., Any]

COPIED = [x for x in functools.WRAPPER_ASSIGNMENTS if x != "__doc__"]
"""What of a function is copied to an object in its place."""


def name_of(f: Function) -> str:
    return f.name if isinstance(f, Primitive) else getattr(f, "__name__", type(f).__name__)


def parameter_names(f: Function) -> list[str]:
    """The names of the parameters that can be given by position; none where f does not tell."""
    if isinstance(f, Primitive):
        return [] if f.arity is None else f.operand_names()
    from inspect import signature  # a seventh of the time of importing this package, and few programs need it

    try:
        parameters = signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def numbered_names(names: Sequence[str], count: int) -> list[str]:
    """So many names: the known ones, and x2, x3 where there are no more.

    >>> numbered_names(["w", "x"], 3)
    ['w', 'x', 'x2']
    """
    return [*names[:count], *(f"x{i}" for i in range(len(names), count))]


class WrappedDocumentation:
    """What `__doc__` is of an object in the place of a function: that of the function.

    It is read when it is asked for, because a row of the table writes its own, for which much is imported.
    """

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __get__(self, x: Any, kind: type) -> str | None:
        return self.text if x is None else x.__wrapped__.__doc__


class Wrapper:
    """An object that is called in the place of a function, with its name and doc."""

    def __init_subclass__(cls) -> None:
        cls.__doc__ = WrappedDocumentation(cls.__doc__)  # type: ignore[assignment]

    def wrap(self, f: Function) -> None:
        functools.update_wrapper(self, f, COPIED, ())  # type: ignore[arg-type]


class Transformed(Wrapper):
    """What a transform makes of a function: called like it, with its name and doc, and the axes over which it maps.

    Pickled as functions are, by its name where that leads to it, else as the transform, the function and what the
    transform was given.
    """

    def __init__(self, f: Function, call: Function, name: str, remake: tuple[Any, ...] | None) -> None:
        self.wrap(f)
        self.call, self.remake = call, remake
        self.__name__ = self.__qualname__ = f"{name}({name_of(f)})"
        self.in_axes: Any = getattr(f, "in_axes", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.call(*args, **kwargs)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """A method, where the function was defined in a class."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str | tuple[Any, ...]:
        name = name_that_leads_to(self)
        if name is not None or self.remake is None:
            return name or self.__qualname__
        return self.remake[0], self.remake[1:]

    def __deepcopy__(self, memo: dict[int, Any]) -> "Transformed":
        return self  # as functions are

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


def name_that_leads_to(x: Any) -> str | None:
    """The name in its module by which an object is found that took the place of a function, as a decorator does."""
    function = x
    while function is not None:
        found: Any = sys.modules.get(getattr(x, "__module__", ""))
        name: str = getattr(function, "__qualname__", "")
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is x:
            return name
        function = getattr(function, "__wrapped__", None)
    return None


def checked_function(name: str, f: object) -> None:
    """TypeError where a transform got no function."""
    if not callable(f):
        raise TypeError(f"{name} takes a function, but got {f!r}; pass the function itself, not its result")


def transformed(f: Function, call: Function, name: str, *remake: Any) -> Transformed:
    """A function with the name and the doc of f; `remake` are the transform and its arguments, which pickle keeps."""
    checked_function(name, f)
    return Transformed(f, call, name, remake or None)
