"""Calls of a compiled function with arrays of fixed shapes, of which nothing else is looked at."""

from collections.abc import Sequence
from itertools import cycle
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

    def __call__(self, *arguments: Any) -> Any:
        if self.entry.is_stale():
            self.prepare(arguments)
        entry, n, data = self.entry, self.samples, list(arguments)
        if self.native is None:
            return entry.run(data, n)
        results = next(self.rooms)
        self.native.into(entry.traced.arguments(data, n), n, results)
        return entry.build(results, n)
