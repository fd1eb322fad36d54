"""Calls of a compiled function with arrays of fixed shapes, of which nothing else is looked at."""

from collections.abc import Sequence
from itertools import cycle
from operator import is_
from typing import Any

from autograd_lite.backends.compiled import Compiled


class FixedCalls:
    """Calls with arguments like those given: arrays of the function's dtype, contiguous, of the same shapes.

    In native code results are in arrays that are used again, by each `rooms`-th call.
    """

    def __init__(self, compiled: Compiled, arguments: Sequence[Any], rooms: int) -> None:
        self.compiled, self.count = compiled, rooms
        self.prepare(arguments)

    def prepare(self, arguments: Sequence[Any]) -> None:
        pieces, treedefs, keywords = self.compiled.taken(tuple(arguments), {})
        self.entry = self.compiled.entry(pieces, treedefs, keywords)
        self.samples = self.entry.samples(pieces)
        code: Any = self.entry.code
        self.native = native = code if hasattr(code, "into") else None
        self.rooms = cycle([[]] if native is None else [native.room(self.samples) for _ in range(self.count)])

        traced = self.entry.traced
        found = [] if traced.draws or traced.closed_over else traced.arguments(list(arguments), self.samples)
        self.in_order = len(found) == len(arguments) and all(map(is_, found, arguments))

    def __call__(self, *arguments: Any, first: Any = None) -> Any:
        """The results; in native code the first one is in an array that is given, maybe one of the arguments."""
        entry, n = self.entry, self.samples
        if entry.closures is not None and entry.is_stale():
            self.prepare(arguments)
            return self(*arguments, first=first)
        if self.native is None:
            return entry.run(list(arguments), n)
        results = next(self.rooms)
        if first is not None:
            results[0] = first
        if not self.in_order:  # some come from elsewhere, and as lists
            arguments = self.native.arrays(entry.traced.arguments(list(arguments), n), n)
        self.native.into(arguments, n, results)
        return entry.build(results, n)
