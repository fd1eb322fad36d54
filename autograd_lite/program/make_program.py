"""From a function to its program, for one structure of arguments.

Above `tracing`.  The program's arguments are the pieces of a call, and hidden inputs: arguments seen by sample, draws,
and the Values that the function closes over, read at each call.
"""

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pkgutil import resolve_name
from typing import Any

from autograd_lite.core.abstract.tracers import TracingError
from autograd_lite.core.graph import BATCHED, Node
from autograd_lite.core.value import Value, traced
from autograd_lite.program.abstract_arguments import AbstractArguments, AbstractPiece
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.long_programs import RECORDED, warn_if_long
from autograd_lite.program.program import Program
from autograd_lite.program.reaching import reached
from autograd_lite.program.results import flat_results
from autograd_lite.program.summed_products import ProductTables
from autograd_lite.program.tracing import Feed, Group, Trace, Unnamed
from autograd_lite.support.collecting import NoCollecting
from autograd_lite.transforms.levels import inside
from autograd_lite.transforms.signatures import Function, name_of, numbered_names, parameter_names
from autograd_lite.trees import PyTreeDef, flatten_numbers
from autograd_lite.trees.changes import Content, tell_change
from autograd_lite.trees.registry import MODULE

LARGE = 4096
"""Numbers from which on one value is first at all places of an array: it is data, unless the function uses a number.

Then the function is traced a second time, which costs more than values for fewer numbers do.
"""

EXPRESSION = 500
"""Elements from which on an expression of arrays is recorded once for all of them."""


class Traced:
    """What a trace found: the program, the treedef of its result, and what feeds it.

    `in_order` tells whether the arguments of the program are the pieces of a call as they are.
    """

    def __init__(
        self,
        f: Function,
        treedefs: Sequence[PyTreeDef],
        keywords: dict[str, PyTreeDef],
        samples: int | None,
        large: int = LARGE,
    ) -> None:
        self.f = f
        self.treedefs = [*treedefs, *keywords.values()]
        self.keywords = list(keywords)
        self.names = [*numbered_names(parameter_names(f), len(treedefs)), *keywords]
        self.mapped = samples is not None
        self.program: Program
        expressions = not self.mapped
        while True:
            self.has_data = self.has_expressions = False
            try:
                self.run(large, expressions)
            except Exception:  # numbers of what was taken for data, or elements of an expression; or f is at fault
                if self.has_data:
                    large = sys.maxsize
                elif self.has_expressions:
                    expressions = False
                else:
                    raise
            else:
                return

    def run(self, large: int, expressions: bool) -> None:
        """Trace the function, with array expressions as such or element by element.

        Unnamed if a number is used of what is larger than `large`, which is taken for data, or of an expression.
        """

        array = recorded_arrays(self.treedefs) if expressions else None
        found = self.abstract(large, array)
        with NoCollecting(), Trace(found.find, array) as trace, inside():
            try:
                self.made(found, trace)
            finally:
                self.has_expressions = trace.has_expressions

    def abstract(self, large: int, array: Callable[[Any], Any] | None) -> AbstractArguments:
        """The arguments as traced values: one alone for what is taken for data."""

        def traced_values(piece: AbstractPiece) -> list[Value]:
            flags, n = BATCHED if piece.batched else 0, piece.width
            is_data = n > large and not piece.batched and piece.kind is not MODULE
            return [traced(flags) for _ in range(1 if is_data else n)]

        return AbstractArguments(self.treedefs, self.names, traced_values, self.mapped, array)

    def made(self, found: AbstractArguments, trace: Trace) -> None:
        """Run the function, and make the program out of what it recorded."""
        for piece, values in zip(found.pieces, found.values, strict=True):
            if len(values) < piece.width:
                trace.data.add(values[0])
                self.has_data = True
            elif len(values) > 1:
                trace.came(values)
        count = len(found.arguments) - len(self.keywords)
        keywords = dict(zip(self.keywords, found.arguments[count:], strict=True))
        given = list(map(Content, found.arguments))
        result = self.called(found.arguments[:count], keywords)
        for argument, content, name in zip(found.arguments, given, self.names, strict=True):
            tell_change(argument, content, name, name_of(self.f))
        outputs, self.treedef = flatten_numbers(result, f"result of the compiled {name_of(self.f)}")
        tables = ProductTables(outputs, flat_results(self.treedef))
        several = sum(piece.kind is MODULE for piece in found.pieces) > 1
        groups = [
            Group(piece.name, values, piece.batched, piece_feed(k), piece.width)
            if len(values) < piece.width
            else Group(piece.name, values, piece.batched, piece_feed(k), piece.width, piece.number_names(several))
            for k, (piece, values) in enumerate(zip(found.pieces, found.values, strict=True))
        ]
        hidden = [*(group for _, group in trace.views.values()), *drawn(trace)]
        seen, before = reached(
            tables.outputs, trace.start, {x for group in groups + hidden for x in group.values}, trace.steps
        )
        used = [not seen.isdisjoint(group.values) for group in groups]
        whole = {piece for piece, node in trace.arrays.items() if node in seen}
        if not trace.data.isdisjoint(seen):
            raise Unnamed
        self.is_long = warn_if_long(self.f, len(seen), RECORDED, "recorded operations")
        only_viewed = {span.piece for span, _ in trace.views}
        keeps = [k for k in range(len(groups)) if used[k] or k in whole or k not in only_viewed]
        kept = [groups[k] for k in keeps]
        self.in_order = len(kept) == len(groups) and not hidden and not before
        self.closed_over = before
        if before:
            hidden.append(Group("closed_over", before, False, lambda pieces, n: [x.data for x in before], len(before)))
        pieces = {piece: keeps.index(piece) for piece in whole}
        self.program = tables.program(program_of(kept + hidden, tables.outputs, seen, tables.core_shapes, pieces))
        self.feeds = [group.feed for group in kept + hidden]
        self.samples = trace.samples
        self.draws = bool(trace.draws)
        self.nodes = seen

    def called(self, arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
        try:
            return self.f(*arguments, **keywords)
        except (TypeError, IndexError) as error:
            tell_index(error)
            raise

    def arguments(self, pieces: list[Any], samples: int) -> list[Any]:
        return pieces if self.in_order else [feed(pieces, samples) for feed in self.feeds]

    def parameter_names(self) -> set[tuple[str, ...]]:
        """The names of the parameters of each Module among the arguments."""
        return {node.aux.names for treedef in self.treedefs for node in treedef.nodes if node.kind is MODULE}


def recorded_arrays(treedefs: Sequence[PyTreeDef]) -> Callable[[Any], Any] | None:
    """What lets large arrays record expressions, where there are any: on a floor above, and therefore by name."""
    if not any(node.leaves >= EXPRESSION and node.kind is not MODULE for treedef in treedefs for node in treedef.nodes):
        return None
    return resolve_name("autograd_lite.control.array_expressions:as_expression")  # type: ignore[no-any-return]


def tell_index(error: Exception) -> None:
    """Raise an error that names `take` and the length of loops where a traced value was used as an index or a count.

    Python and NumPy ask a value for an index without asking its class, and raise this message.
    """
    text = str(error)
    index = "indices must be integers" in text or text.startswith("only integers, slices")
    if not index and not text.startswith(("'Value' object cannot be interpreted", "can't multiply sequence by")):
        return
    frames = traceback.extract_tb(error.__traceback__)
    was = "a list or an array was indexed by it" if index else "it was used as a count, as in range(n)"
    do = (
        "write take(x, index), which reads an element at a computed index"
        if index
        else "bind a count that shapes the program before, by functools.partial(f, n=3), or write fori_loop or scan"
    )
    place = f"{frames[-1].filename}:{frames[-1].lineno}"
    raise TracingError(f"a traced value has no number, but {was}, at {place}; {do}") from error


def piece_feed(k: int) -> Feed:
    return lambda pieces, samples: pieces[k]


def drawn(trace: Trace) -> Iterator[Group]:
    """The draws of a trace: at each call in the order in which the function draws when it is called itself."""
    once = [(value, source) for value, source, mapped in trace.draws if not mapped]
    each = [(value, source) for value, source, mapped in trace.draws if mapped]
    if once:
        feed: Feed = lambda pieces, samples: [source() for _, source in once]  # noqa: E731
        yield Group("drawn", [x for x, _ in once], False, feed, len(once))
    if each:
        feed = lambda pieces, samples: [[source() for _, source in each] for _ in range(samples)]  # noqa: E731
        yield Group("drawn", [value for value, _ in each], True, feed, len(each))


def program_of(
    groups: list[Group],
    outputs: Sequence[Any],
    nodes: set[Node],
    shapes: Sequence[tuple[int, bool]],
    pieces: dict[int, int],
) -> Program:
    """The program of a traced function, whose outputs depend on these nodes.

    `pieces` are the groups that it reads as arrays, by pieces of the call.
    """
    flattener = Flattener([Argument(g.name, g.size, g.batched, g.numbers) for g in groups])
    flattener.pieces = pieces
    flattener.views = True
    numbers: dict[Node, int] = {}
    start = 0
    for group in groups:
        numbers.update(zip(group.values, range(start, start + group.size), strict=False))
        start += group.size
    found = iter(flattener.graph(outputs, numbers, nodes))
    results = [Result(tuple(islice(found, count)), batched) for count, batched in shapes]
    return Program(*flattener.finished(results))
