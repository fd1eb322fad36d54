"""What functions and their arguments are called, and the names of transformed functions."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.primitives import Primitive

Function = Callable[..., Any]


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


def numbered(names: Sequence[str], count: int) -> list[str]:
    """So many names: the known ones, and x2, x3 where there are no more.

    >>> numbered(["w", "x"], 3)
    ['w', 'x', 'x2']
    """
    return [*names[:count], *(f"x{i}" for i in range(len(names), count))]


def transformed(f: Function, wrapper: Function, name: str) -> Function:
    """The wrapper with the name and the doc of f, and the axes over which f is mapped."""
    if not callable(f):
        raise TypeError(f"{name} takes a function, but got {f!r}; pass the function itself, not its result")
    functools.update_wrapper(wrapper, f, updated=())
    wrapper.__name__ = wrapper.__qualname__ = f"{name}({name_of(f)})"
    wrapper.in_axes = getattr(f, "in_axes", None)  # type: ignore[attr-defined]
    return wrapper
