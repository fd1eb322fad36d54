"""Running a function once without numbers.

`Trace` is what the function can reach while it runs: draws, and the arguments that a `vmap` inside of it maps over.
`program` asks it afterwards what the function used.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from autograd_lite.compiling.arguments import axis_first
from autograd_lite.graph import BATCHED, DETACHED, LEAF, STATE, TICK, TRACED, Node, born, operands_of
from autograd_lite.mapping import has_parts, parts, rebuilt
from autograd_lite.structure import Shape, is_array, size, unflatten
from autograd_lite.tracing import RUNNING
from autograd_lite.value import Value, traced

Feed = Callable[[list[Any], int], Any]
"""Gives an argument of the program at a call, from the pieces of the call and the number of samples."""


class View(NamedTuple):
    """An array argument, mapped over an axis: one sample that stands for all, and where the numbers come from."""

    piece: int
    content: Any
    values: list[Value]
    feed: Feed


class Trace:
    """One run of a function on traced values.

    `arrays` are the array arguments of the function by identity, with the numbers of their pieces; none where the
    number of samples is not theirs to decide.  `draws` are the sources of numbers, random ones for instance, that
    the function asked for: called again at each call of the program.
    """

    def __init__(self, arrays: dict[int, tuple[int, Any]]) -> None:
        self.start: int = STATE.clock // TICK
        self.arrays = arrays
        self.samples: int | None = None
        self.views: dict[tuple[int, int], View] = {}
        self.draws: list[tuple[Value, Callable[[], float], bool]] = []

    def __enter__(self) -> "Trace":
        self.outer = RUNNING.trace
        RUNNING.trace = self
        STATE.tracing += 1
        return self

    def __exit__(self, *exception: object) -> None:
        RUNNING.trace = self.outer
        STATE.tracing -= 1

    def reads(self, x: Node) -> bool:
        """Whether x depends on a Value from before the trace, whose number the program reads at each call."""
        seen: set[Node] = set()
        stack = [x]
        while stack:
            node = stack.pop()
            if self.is_closed_over(node):
                return True
            if node not in seen:
                seen.add(node)
                stack.extend(operands_of(node))
        return False

    def is_closed_over(self, x: Node) -> bool:
        return born(x) <= self.start and not x._flags & TRACED and x._row is not DETACHED

    def draw(self, source: Callable[[], float], mapped: bool) -> Value:
        """A value that is drawn anew at each call, for every sample if `mapped`."""
        value = traced("", BATCHED if mapped else 0)
        self.draws.append((value, source, mapped))
        return value

    def one_sample(self, args: tuple[Any, ...], axes: tuple[Any, ...], n: int) -> list[Any] | None:
        """The arguments of a `vmap` as one sample that stands for all n sees them.

        None where they are not arguments of the program as they are: then the samples are structure.
        """
        if self.samples not in (None, n) or not all(map(self.is_mappable, args, axes)):
            return None
        self.samples = n
        return [self.one(x, axis) for x, axis in zip(args, axes, strict=True)]

    def is_mappable(self, x: Any, axis: Any) -> bool:
        if axis is None:
            return True
        if has_parts(x, axis):
            return all(self.is_mappable(y, inner) for y, inner in parts(x, axis))
        return id(x) in self.arrays

    def one(self, x: Any, axis: Any) -> Any:
        """One sample of an argument."""
        if axis is None:
            return x
        if has_parts(x, axis):
            return rebuilt(x, [self.one(y, inner) for y, inner in parts(x, axis)])
        piece, _ = self.arrays[id(x)]
        axis %= x.ndim
        if (piece, axis) not in self.views:
            self.views[piece, axis] = self.view(piece, x.shape, axis)
        return self.views[piece, axis].content

    def view(self, piece: int, shape: tuple[int, ...], axis: int) -> View:
        inner: Shape = ("leaf",) if len(shape) == 1 else ("array", shape[:axis] + shape[axis + 1 :])
        values = [traced("", BATCHED) for _ in range(size(inner))]

        def feed(pieces: list[Any], samples: int) -> Any:
            return axis_first(pieces[piece].reshape(shape), axis)

        return View(piece, unflatten(inner, iter(values)), values, feed)


def arrays_in(x: Any) -> Iterator[Any]:
    """The arrays in a nest, in the order of their pieces."""
    if is_array(x):
        yield x
    elif isinstance(x, (list, tuple, dict)):
        for y in x.values() if isinstance(x, dict) else x:
            yield from arrays_in(y)


def reached(outputs: list[Any], trace: Trace, inputs: set[Node]) -> tuple[set[Node], list[Value]]:
    """All that the outputs depend on, and of it the Values that were there before the trace.

    Of these only the frontier: what lies behind them was computed before.
    """
    before: list[Value] = []
    seen: set[Node] = set()
    stack = [x for x in reversed(outputs) if isinstance(x, Value)]
    while stack:
        x = stack.pop()
        if x in seen:
            continue
        seen.add(x)
        if x in inputs or x._row is DETACHED:
            continue
        if trace.is_closed_over(x):
            before.append(x)
        elif x.is_traced and x._row is LEAF:
            raise TypeError(
                "a traced value of another call is used here, which has no number any more; return values from "
                "the compiled function in place of storing them"
            )
        else:
            stack.extend(reversed(x.parents))
    return seen, before
