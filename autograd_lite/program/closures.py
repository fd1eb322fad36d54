"""Where a function finds the Values that it closes over, so that a program is made anew when one is rebound.

A program reads the numbers of these Values at each call.  That another Value is in the place of one (`a = Value(30.0)`)
shows only in the place: a global, a nonlocal, an attribute or an item, and in what leads there.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from operator import is_
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from autograd_lite.core.value import Value
from autograd_lite.trees.array_leaves import is_array
from autograd_lite.trees.exact_keys import attributes_of
from autograd_lite.trees.registry import is_module, structure_of

Place = tuple[Callable[[Any], Any], Any, Any]
"""How an object is read, by which key, and what was found there."""

MOST = 20_000
"""Objects that are looked at: beyond them a function closes over a whole program."""

HOLDING = ("f", "value", "partials", "lowering", "__wrapped__")
"""The attributes in which objects of this package keep functions of users."""

NOTHING = frozenset({float, int, bool, str, bytes, complex, type(None), Value})
"""The types whose instances lead nowhere."""


class Closures:
    """The places that lead from a function to Values, as they were when it was traced."""

    def __init__(self, f: Any, values: Sequence[Any]) -> None:
        self.groups: list[tuple[Callable[[Any], Any], list[Any], list[Any]]] = []
        self.modules: list[tuple[Any, Any]] = []
        leading: dict[int, list[tuple[Any, Place]]] = {}  # to each object, from which other one and where
        wanted = {id(x) for x in values}
        seen: dict[int, Any] = {id(f): f}  # and kept alive: identities are used twice otherwise
        stack = [f]
        names: set[str] = set()
        ends: list[int] = []
        home = package_of(getattr(f, "__module__", None))
        home = "" if home == "autograd_lite" else home  # a step of this library's own closes over nothing in it
        while stack and len(seen) < MOST:
            holder = stack.pop()
            if is_module(holder) and not isinstance(holder, type):
                structure = structure_of(holder)
                if any(id(x) in wanted for x in structure.parameters) or structure.settings:
                    self.modules.append((holder, structure))
                    ends.append(id(holder))
                continue
            for read, key, found in places_below(holder, names, home):
                if id(found) in wanted or type(found) not in NOTHING:
                    leading.setdefault(id(found), []).append((holder, (read, key, found)))
                    if id(found) not in seen and id(found) not in wanted:
                        seen[id(found)] = found
                        stack.append(found)
        self.watch(leading, [*wanted, *ends])

    def watch(self, leading: dict[int, list[tuple[Any, Place]]], ends: list[int]) -> None:
        """Keep the places that lead to the ends."""
        reached: set[int] = set()
        groups: dict[tuple[int, int], tuple[Callable[[Any], Any], list[Any], list[Any]]] = {}
        while ends:
            end = ends.pop()
            if end in reached:
                continue
            reached.add(end)
            for holder, (read, key, found) in leading.get(end, ()):
                ends.append(id(holder))
                group = groups.setdefault((id(holder), id(key) if isinstance(read, partial) else 0), (read, [], []))
                group[1].append(key)
                group[2].append(found)
        self.groups = list(groups.values())

    def changed(self) -> bool:
        """Whether another object is in one of the places, or a Module has another structure."""
        try:
            if not all(all(map(is_, map(read, keys), found)) for read, keys, found in self.groups):
                return True
        except (LookupError, AttributeError, ValueError):  # the item, the attribute or the content of a cell is gone
            return True
        return not all(
            (now := structure_of(module)) == structure and all(map(is_, now.parameters, structure.parameters))
            for module, structure in self.modules
        )


def places_below(x: Any, names: set[str], home: str) -> Iterator[Place]:
    """What an object leads to.

    `names` collects the names that functions use, of which modules are looked at; `home` is the package of the user.
    """
    if isinstance(x, FunctionType):
        yield from places_in_function(x, names, home)
    elif isinstance(x, MethodType):
        yield from ((partial(getattr, x), name, getattr(x, name)) for name in ("__self__", "__func__"))
    elif isinstance(x, partial):
        yield from ((partial(getattr, x), name, getattr(x, name)) for name in ("func", "args", "keywords"))
    elif isinstance(x, (list, tuple)):
        yield from ((x.__getitem__, i, y) for i, y in enumerate(x))
    elif isinstance(x, dict):
        yield from ((x.__getitem__, key, y) for key, y in x.items())
    elif is_array(x):
        if x.dtype == object:
            yield from ((x.item, i, y) for i, y in enumerate(x.ravel().tolist()))
    elif isinstance(x, ModuleType):
        yield from ((vars(x).__getitem__, name, y) for name in names if (y := vars(x).get(name)) is not None)
    elif isinstance(x, type):
        if not is_library(x.__module__, home):
            for cls in x.__mro__[:-1]:
                yield from ((cls.__dict__.__getitem__, name, y) for name, y in cls.__dict__.items())
    elif isinstance(x, (staticmethod, classmethod)):
        yield partial(getattr, x), "__func__", x.__func__
    elif isinstance(x, property):
        yield partial(getattr, x), "fget", x.fget
    elif type(x).__module__.startswith("autograd_lite"):
        yield from ((partial(getattr, x), name, getattr(x, name)) for name in HOLDING if hasattr(x, name))
    else:
        own: dict[str, Any] = getattr(x, "__dict__", {})
        for name, y in (attributes_of(x) or {}).items():
            yield (own.__getitem__ if name in own else partial(getattr, x)), name, y
        if not is_library(type(x).__module__, home):
            yield partial(getattr, x), "__class__", type(x)


def places_in_function(f: FunctionType, names: set[str], home: str) -> Iterator[Place]:
    cells: tuple[CellType, ...] = f.__closure__ or ()
    for cell in cells:
        try:
            yield partial(getattr, cell), "cell_contents", cell.cell_contents
        except ValueError:
            continue  # nothing is in it yet
    for name in ("__defaults__", "__kwdefaults__"):
        if getattr(f, name):
            yield partial(getattr, f), name, getattr(f, name)
    if not is_library(f.__module__, home):
        used = names_in(f.__code__)
        names |= used
        yield from ((f.__globals__.__getitem__, name, f.__globals__[name]) for name in used if name in f.__globals__)


def names_in(code: CodeType) -> set[str]:
    """The names of globals and attributes that code uses, that of functions inside of it included."""
    found: set[str] = set()
    stack = [code]
    while stack:
        inner = stack.pop()
        found.update(inner.co_names)
        stack += [x for x in inner.co_consts if isinstance(x, CodeType)]
    return found


def package_of(module: str | None) -> str:
    return (module or "").partition(".")[0]


@cache
def is_library(module: str | None, home: str) -> bool:
    """Whether what is defined in a module closes over nothing of a user's: what is installed, or comes with Python."""
    package = package_of(module)
    if package == home:
        return False
    if package in ("autograd_lite", "builtins") or package in sys.stdlib_module_names - {"__main__"}:
        return True
    origin = getattr(sys.modules.get(package), "__file__", None) or ""
    return "site-packages" in origin or "dist-packages" in origin
