"""Functions of users that hold Values made by their own rules: cycles that Python's collector cannot see natively.

Native Values are not tracked, which makes them small; a cycle that leads through one is kept for ever.  A function with
a rule of its own can close one: it holds a list, the list a result, and the result the rule.  So before each full
collection such functions are looked at: where all references to what is reachable from one come from there, nobody can
call it any more, and it is taken out of its rule.
"""

import gc
import sys
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any
from weakref import WeakSet, ref

from autograd_lite.core.graph import Extra, Node
from autograd_lite.support.build import is_native

OWNERS: WeakSet[Any] = WeakSet()
"""What holds the functions of a rule: it has a method `forget`."""

MOST = 10_000
"""Objects that are looked at for one function; one that reaches more is left alone."""

TOGETHER = 50_000
"""Objects that are looked at in one collection, so that it does not become slow."""

APART = (ModuleType, type, CodeType, BuiltinFunctionType, str, bytes, int, float, complex, type(None))
"""What is never part of such a cycle."""


def referents(x: Any) -> Iterator[Any]:
    """What an object refers to, once for each reference."""
    if isinstance(x, Node):
        yield from (y for y in (x._row, x._left, x._right, x._extra) if y is not None)
    elif type(x) is Extra:
        yield x.operands
    else:
        shared = (x.__globals__, getattr(x, "__builtins__", None)) if isinstance(x, FunctionType) else ()
        yield from (y for y in gc.get_referents(x) if not any(y is z for z in shared))


class Reach:
    """The objects that are reachable from one, and how often they refer to each other."""

    def __init__(self, start: Any) -> None:
        self.objects = [start]
        self.places = {id(start): 0}
        self.inner = [0]  # references from within
        self.edges: list[list[int]] = []
        self.holds_node = False

    def explore(self) -> bool:
        """Whether there are few enough of them, and a node among them."""
        while len(self.edges) < len(self.objects):
            if len(self.objects) > MOST:
                return False
            self.edges.append(list(self.found(len(self.edges))))
        return self.holds_node

    def found(self, k: int) -> Iterator[int]:
        for x in referents(self.objects[k]):
            if isinstance(x, APART):
                continue
            place = self.places.setdefault(id(x), len(self.objects))
            if place == len(self.objects):
                self.objects.append(x)
                self.inner.append(0)
                self.holds_node |= isinstance(x, Node)
            self.inner[place] += 1
            yield place

    def is_held(self) -> bool:
        """Whether anything from outside leads to the start."""
        sample = [object()]
        own = sys.getrefcount(sample[0])  # of a reference in a list, as all are here
        live = [k for k in range(len(self.objects)) if sys.getrefcount(self.objects[k]) - own > self.inner[k]]
        seen = set(live)
        while live:
            for place in self.edges[live.pop()]:
                if place not in seen:
                    seen.add(place)
                    live.append(place)
        return 0 in seen


def forget_unreachable(phase: str, info: dict[str, int]) -> None:
    """Called by the collector before and after it runs."""
    if phase != "start" or info["generation"] < 2 or not OWNERS:
        return
    looked_at = 0
    for reference in [ref(x) for x in OWNERS]:
        if reference() is not None and looked_at < TOGETHER:
            reach = Reach(reference())
            if reach.explore() and not reach.is_held():
                reach.objects[0].forget()
            looked_at += len(reach.objects)


def unreachable(*operands: Any) -> Any:
    raise ReferenceError("the function of this rule was collected, because nothing could call it any more")


if is_native():
    gc.callbacks.append(forget_unreachable)
