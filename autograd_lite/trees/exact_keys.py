"""Keys that are equal only where a program cannot tell them apart: 1, 1.0 and True differ, and so do 0.0 and -0.0."""

import sys
from collections.abc import Callable, Hashable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

OPAQUE = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType)
"""What is a setting by its identity, whatever it holds."""

LOOKED_INTO = {"types", "argparse", "collections"}
"""The modules of the standard library whose objects hold what users put there."""


OWN = {"autograd_lite", "numpy"}
"""The packages whose objects do not change what a program is, or are looked at as arrays and Modules."""


class Same:
    """A key that is equal to nothing but the very same object."""

    __slots__ = ("content",)

    def __init__(self, content: object) -> None:
        self.content = content

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.content is other.content

    def __hash__(self) -> int:
        return id(self.content)


class Keys(tuple[Hashable, ...]):
    """The keys of a dict, equal to others of the same types and bits alone."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and exact(tuple(self)) == exact(tuple(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__


def keys_of(x: dict[Any, Any]) -> tuple[Hashable, ...]:
    """The keys of a dict; strings alone compare fast."""
    return tuple(x) if set(map(type, x)) <= {str} else Keys(x)


class Auxiliary:
    """The auxiliary data that a user's flatten gave, compared likewise."""

    __slots__ = ("content", "key")

    def __init__(self, content: Hashable) -> None:
        self.content, self.key = content, exact(content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Auxiliary) and self.key == other.key

    def __hash__(self) -> int:
        try:
            return hash(self.key)
        except TypeError as error:
            raise TypeError(
                f"the auxiliary data of a pytree is no key of a dict: {error}; let the flatten that was registered "
                f"give tuples and the like"
            ) from None

    def __repr__(self) -> str:
        return repr(self.content)


def exact(x: Any) -> Hashable:
    """A key for immutable data, in which types and the bits of floats count.

    >>> exact((1, 0.0)) == exact((True, 0.0)), exact(0.0) == exact(-0.0), exact((2.5, "a")) == exact((2.5, "a"))
    (False, False, True)
    """
    kind = type(x)
    if kind is str or kind is int or x is None:
        return kind, x
    if isinstance(x, float):
        return kind, float(x).hex()
    if isinstance(x, complex):
        return kind, x.real.hex(), x.imag.hex()
    if isinstance(x, tuple):
        return kind, tuple(map(exact, x))
    if isinstance(x, (set, frozenset)):
        return kind, frozenset(map(exact, x))
    return kind, x


def attributes_of(x: Any) -> dict[str, Any] | None:
    """The attributes of a plain object, which are settings where a Module holds it; None where there are none."""
    package = type(x).__module__.partition(".")[0]
    known = package in sys.stdlib_module_names and package not in LOOKED_INTO
    if known or package in OWN or isinstance(x, OPAQUE):
        return None
    found: dict[str, Any] = dict(getattr(x, "__dict__", {}))
    for cls in type(x).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            reader: Callable[..., Any] | None = getattr(cls.__dict__.get(name), "__get__", None)
            if reader is not None and hasattr(x, name):
                found[name] = getattr(x, name)
    return found or None
