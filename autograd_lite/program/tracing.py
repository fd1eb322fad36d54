"""A function run once on traced values, which have no numbers.

While the function runs, `TRACE` is its `Trace`; `make_program` reads afterwards what the function used.
"""

from collections.abc import Callable, Sequence
from pkgutil import resolve_name
from typing import Any, NamedTuple

from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.contexts.scopes import Scope, Settings
from autograd_lite.core.fast.clock import time_now
from autograd_lite.core.graph import BATCHED, CONSTANT, LEAF, ORDERED, Node, operands_of
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.value import Value, traced
from autograd_lite.program.abstract_arguments import AbstractPiece, Span
from autograd_lite.program.reaching import is_closed_over
from autograd_lite.transforms.batching import ArgumentPart, Parts
from autograd_lite.transforms.levels import STEP
from autograd_lite.transforms.signatures import Function
from autograd_lite.trees.treedef import LeafEntry

Feed = Callable[[list[Any], int], Any]
"""Gives an argument of the program at a call, from the pieces of the call and the number of samples."""


class Group(NamedTuple):
    """An argument of the program: its traced values, one for each number or for all of them, and what it is at a call.

    `numbers` are their names.
    """

    name: str
    values: list[Value]
    batched: bool
    feed: Feed
    size: int
    numbers: tuple[str, ...] = ()


class Unnamed(Exception):
    """A number was used of what was taken for data: the function is traced again, with a value for each number."""


class Trace(Scope):
    """One run of a function on traced values.

    `find` gives the place of the numbers of an array or a list that is an argument of the function, or a part of one.
    `views` are the data that a `vmap` maps over an axis: one traced sample, and the argument that has all of them.
    `draws` are the sources of numbers that the function used, called again at each call of the program.
    """

    scalar = False
    """Whether loops and maps are written out, number by number."""

    def __init__(self, find: Callable[[Any], Span | None], expressions: Callable[[Any], Any] | None = None) -> None:
        self.start: int = time_now()
        self.find = find
        self.expressions = expressions  # what lets an array record expressions
        self.has_expressions = False
        self.summed: set[Node] = set()  # the nodes of elements of which there is a sum
        self.inputs: set[Node] = set()  # of the transforms that are running
        self.independent: set[Node] = set()  # of any of these
        self.samples: int | None = None
        self.views: dict[tuple[Span, int], tuple[Any, Group]] = {}
        self.draws: list[tuple[Value, Callable[[], float], bool]] = []
        self.steps: set[Node] = set()  # the leaves of steps of loops that are recorded
        self.data: set[Node] = set()  # values of pieces of the call whose numbers have no value of their own
        self.arrays: dict[int, Value] = {}  # pieces of the call that are used as a whole
        self.calls: dict[Any, Any] = {}  # compiled functions that were called, as they were recorded
        self.together: list[Sequence[Value]] = []  # inputs of a transform, pieces of the call
        self.places: dict[Node, tuple[int, int]] = {}  # which of them a value is in, and its place there
        self.placed = 0  # how many of them are in `places`
        self.stacks: dict[int, Value] = {}  # the arrays of values that came together

    def terms(self, f: Function, arguments: Sequence[Parts], n: int, reduce: str | None) -> Value | None:
        """Of a scalar trace: a `vmap` as a sum of terms that are not written out; None where it is no such sum."""
        return None

    def modes(self) -> Settings:
        return ((TRACE, self), (STEP, None))

    def reads(self, x: Node) -> bool:
        """Whether x depends on a Value created before the trace, whose number the program reads at each call."""
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

    def is_differentiated(self, x: Node) -> bool:
        """Whether x depends on an input of a transform that is running, on a step of a loop, or on a closed-over Value.

        What was made before an input does not depend on it: it needs no second search.
        """
        seen: set[Node] = set()
        stack = [x]
        while stack:
            node = stack.pop()
            if node in seen or node in self.independent or node._flags & CONSTANT:
                continue
            in_step = node._row is LEAF and node._flags & ORDERED
            if node in self.inputs or in_step or self.is_closed_over(node):
                return True
            seen.add(node)
            stack.extend(operands_of(node))
        self.independent |= seen
        return False

    def is_closed_over(self, x: Node) -> bool:
        return is_closed_over(x, self.start)

    def draw(self, source: Callable[[], float], mapped: bool) -> Value:
        """A value that is drawn anew at each call, for every sample if `mapped`."""
        value = traced(BATCHED if mapped else 0)
        self.draws.append((value, source, mapped))
        return value

    def name(self, values: Sequence[Any]) -> None:
        """Values become inputs of a transform, each of which has to be one of its own; Unnamed where it is not."""
        if values and values[0] in self.data:
            raise Unnamed

    def whole(self, piece: int, node: Callable[[], Value]) -> Value:
        """A piece of the call as an array, made once."""
        if piece not in self.arrays:
            self.arrays[piece] = node()
        return self.arrays[piece]

    def came(self, values: Sequence[Value]) -> None:
        """Remember values that came together: an array of some of them is a part of the array of all."""
        self.together.append(values)

    def place_of(self, x: Node) -> tuple[int, int] | None:
        """Among which values that came together a value is, and its place there."""
        while self.placed < len(self.together):
            values = self.together[self.placed]
            self.places |= {x: (self.placed, i) for i, x in enumerate(values)}
            self.placed += 1
        return self.places.get(x)

    def stack(self, k: int, made: Callable[[Sequence[Value]], Value]) -> Value:
        """The array of values that came together, made once."""
        if k not in self.stacks:
            self.stacks[k] = made(self.together[k])
        return self.stacks[k]

    def array(self, x: Any) -> Any:
        """An argument, or what a transform differentiates in, as the function gets it."""
        return x if self.expressions is None else self.expressions(x)

    def row(self, row: Primitive, operands: Sequence[Node]) -> Value | None:
        """A row of many operands that are elements of one array, as a row of the array; None where it is none."""
        if self.expressions is None or self.scalar:
            return None
        made: Callable[..., Value | None] = resolve_name("autograd_lite.control.array_operands:row_of_elements")
        return made(row, operands)

    def total(self, count: int, root: Any, uses: Any, made: Callable[..., Value]) -> Value:
        """The sum of an array expression, which `made` makes."""
        return made(count, root, uses)

    def one_sample(self, arguments: Sequence[Parts], n: int) -> list[Any] | None:
        """The arguments of a `vmap` for one traced sample of n; None where they are no arguments of the function.

        Then the function is a loop over the samples, or recorded for each of them.
        """
        if self.samples not in (None, n):
            return None
        for parts, _ in arguments:
            if any(part.axis is not None and self.find(part.content) is None for part in parts):
                return None
        self.samples = n
        return [x.map(self.one) for x in arguments]

    def one(self, part: ArgumentPart) -> Any:
        """One sample of part of an argument."""
        span = None if part.axis is None else self.find(part.content)
        if span is None or part.axis is None:
            return part.content
        axis = part.axis % len(span.node.aux)
        if (span, axis) not in self.views:
            inner = span._replace(node=span.node.inner(axis))
            values = [traced(BATCHED) for _ in range(inner.node.leaves)]
            feed: Feed = lambda pieces, _: span.samples(pieces[span.piece], axis)  # noqa: E731
            names = AbstractPiece(LeafEntry(span.way, inner.node, 1)).number_names(several=False)
            self.views[span, axis] = inner.build(values), Group(span.name, values, True, feed, len(values), names)
        return self.views[span, axis][0]
