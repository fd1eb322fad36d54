"""From a function to its program, for one structure of arguments.

Above `trace`.  The program's arguments are the pieces of a call, and hidden inputs: arguments seen by sample, draws,
and the Values that the function closes over, read at each call.
"""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from autograd_lite.core.graph import BATCHED, Node
from autograd_lite.core.value import Value, traced
from autograd_lite.program.abstract_arguments import Filler, Place, number_names
from autograd_lite.program.arguments import Pieces
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.program import Program
from autograd_lite.program.results import flat_results
from autograd_lite.program.tracing import Feed, Trace, reached
from autograd_lite.transforms.differentiation import inside, name_of, numbered, parameter_names
from autograd_lite.trees import Shape, flatten

LARGE = 100_000
"""Elements from which on an array is first filled with one value: it is data, unless the function uses an element."""


class Group(NamedTuple):
    """An argument of the program: the traced values that stand for it, and what it is at a call."""

    name: str
    values: list[Value]
    batched: bool
    feed: Feed
    places: Sequence[Place] = ()


class Traced:
    """What a trace found: the program, the structure of its result, and what feeds it.

    `in_order` says that the arguments of the program are the pieces of a call as they are.
    """

    def __init__(
        self, f: Callable[..., Any], shapes: Sequence[Shape], keywords: dict[str, Shape], pieces: Pieces
    ) -> None:
        self.f = f
        self.shapes, self.keywords = shapes, keywords
        self.names = numbered(parameter_names(f), len(shapes))
        if not self.run(pieces, LARGE):
            self.run(pieces, None)

    def run(self, pieces: Pieces, large: int | None) -> bool:
        """Trace the function; False if an element of an array that was taken for data is used."""
        filler = Filler(pieces, [stand_ins(pieces, k, large) for k in range(len(pieces.data))])
        args, kwargs = self.filled(filler)
        with Trace(filler.find) as trace, inside():
            return self.flatten(trace, filler, pieces, self.f(*args, **kwargs), large)

    def filled(self, filler: Filler) -> tuple[list[Any], dict[str, Any]]:
        """The arguments with stand-ins in the places of their numbers."""
        args = [filler.fill(shape, name) for shape, name in zip(self.shapes, self.names, strict=True)]
        return args, {name: filler.fill(shape, name) for name, shape in self.keywords.items()}

    def flatten(self, trace: Trace, filler: Filler, pieces: Pieces, result: Any, large: int | None) -> bool:
        outputs, self.shape = flatten(result, f"result of the compiled {name_of(self.f)}")
        groups = [
            Group(pieces.names[k], filler.values[k], pieces.batched[k], piece_feed(k), places)
            for k, places in enumerate(filler.by_piece())
        ]
        views = [Group(v.place.name, v.values, True, v.feed, [v.place]) for v in trace.views.values()]
        hidden = views + drawn(trace)
        seen, before = reached(outputs, trace, {x for group in groups + hidden for x in group.values})
        used = [not seen.isdisjoint(group.values) for group in groups]
        if any(used[k] and is_large(pieces, k, large) for k in range(len(groups))):
            return False
        viewed = {v.place.piece for v in trace.views.values()}
        kept = [group for k, group in enumerate(groups) if used[k] or k not in viewed]
        self.in_order = len(kept) == len(groups) and not hidden and not before
        self.closed_over = before
        if before:
            hidden.append(Group("closed_over", before, False, lambda pieces, n: [x.data for x in before]))
        self.program = flattened(kept + hidden, outputs, self.shape, len(pieces.modules) > 1)
        self.feeds = [group.feed for group in kept + hidden]
        self.samples = trace.samples
        return True

    def arguments(self, pieces: list[Any], samples: int) -> list[Any]:
        """The arguments of the program at a call."""
        return pieces if self.in_order else [feed(pieces, samples) for feed in self.feeds]


def is_large(pieces: Pieces, k: int, large: int | None) -> bool:
    """Whether a piece is so large that it is first taken for data."""
    return large is not None and pieces.widths[k] > large and not pieces.batched[k] and k not in pieces.modules


def stand_ins(pieces: Pieces, k: int, large: int | None) -> list[Value]:
    """The traced values that stand for the numbers of a piece."""
    flags = BATCHED if pieces.batched[k] else 0
    if is_large(pieces, k, large):
        return [traced(flags)] * pieces.widths[k]
    return [traced(flags) for _ in range(pieces.widths[k])]


def piece_feed(k: int) -> Feed:
    return lambda pieces, samples: pieces[k]


def drawn(trace: Trace) -> list[Group]:
    """The draws of a trace: at each call in the order in which the function draws when it is called itself."""
    once = [(value, source) for value, source, mapped in trace.draws if not mapped]
    each = [(value, source) for value, source, mapped in trace.draws if mapped]
    groups = []
    if once:
        feed: Feed = lambda pieces, samples: [source() for _, source in once]  # noqa: E731
        groups.append(Group("drawn", [value for value, _ in once], False, feed))
    if each:
        feed = lambda pieces, samples: [[source() for _, source in each] for _ in range(samples)]  # noqa: E731
        groups.append(Group("drawn", [value for value, _ in each], True, feed))
    return groups


def flattened(groups: list[Group], outputs: list[Any], shape: Shape, several: bool) -> Program:
    """The program that computes the outputs from groups of traced values; `several` Modules are told apart."""
    flattener = Flattener([Argument(g.name, len(g.values), g.batched, number_names(g.places, several)) for g in groups])
    places: dict[Node, int] = {}
    start = 0
    for group in groups:
        for i, x in enumerate(group.values, start):
            places[x] = i
        start += len(group.values)
    found = iter(flattener.graph(outputs, places))
    results = [Result(tuple(islice(found, count)), batched) for count, batched in flat_results(shape)]
    return Program(*flattener.finished(results))
