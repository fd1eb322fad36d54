"""Calls of compiled functions, unfolded: in the place of a call's node the graph of its function, run again.

The graph itself stays as it is: what is drawn has other operands, which `Unfolded.of` tells.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.backends.call_nodes import ProgramCall, recorded_in
from autograd_lite.control.array_nodes import Item
from autograd_lite.control.recomputation import Recomputed
from autograd_lite.control.step_graphs import Inside
from autograd_lite.core.graph import CONSTANT
from autograd_lite.core.reverse import float_adjoints, topological_order
from autograd_lite.core.value import Value, constant
from autograd_lite.transforms.rule_calls import Output

CALLS = (ProgramCall, Recomputed)


class Unfolded:
    """A graph with its calls unfolded, those inside of calls too.

    `order` are its nodes, operands first.  `instead` has what is in the place of a node that is not among them, and
    `around` the numbers of the calls that a node is in, the outermost first; `calls` are the nodes that these were.
    """

    def __init__(self, roots: Sequence[Value], gradient: Callable[[Value], float | None]) -> None:
        self.instead: dict[Value, Value] = {}
        self.around: dict[Value, tuple[int, ...]] = {}
        self.calls: list[Value] = []
        self.slopes: dict[Value, float] = {}  # of the nodes inside of calls
        self.seen: set[Value] = set()
        self.order: list[Value] = []
        self.add(topological_order(roots, everything=True), gradient, ())
        reached = {self.of(x) for x in roots}
        for x in reversed(self.order):  # a function may leave out an operand
            if x in reached:
                reached.update(self.parents(x))
        self.order = [x for x in self.order if x in reached]

    def of(self, x: Value) -> Value:
        return self.instead.get(x, x)

    def parents(self, x: Value) -> tuple[Value, ...]:
        return tuple([self.of(p) for p in x.parents])

    def gradient(self, x: Value, outside: Callable[[Value], float | None]) -> float | None:
        return self.slopes.get(x) if x in self.around else outside(x)

    def add(self, order: Sequence[Any], gradient: Callable[[Value], float | None], around: tuple[int, ...]) -> None:
        """Add the nodes of a graph, whose gradients are known, and which those calls are around."""
        items: dict[Value, list[Value]] = {}
        for x in order:
            if isinstance(x.row.payload, Item) and isinstance(x.parents[0].row.payload, CALLS):
                items.setdefault(x.parents[0], []).append(x)
        for x in order:
            if x in self.seen:
                continue
            self.seen.add(x)
            if isinstance(x.row.payload, CALLS):
                self.seen.update(items.get(x, ()))
                self.unfold(x, items.get(x, []), gradient, around)
            else:
                self.order.append(x)
                if around:
                    self.around[x] = around

    def unfold(
        self, call: Value, items: list[Value], gradient: Callable[[Value], float | None], around: tuple[int, ...]
    ) -> None:
        """Add the graph of a call's function, with the gradients that a reverse pass from its outputs finds."""
        inside = Inside()
        points = [Value(x) for x in numbers_given(call)]
        outputs = [x if isinstance(x, Value) else constant(x) for x in run_again(call, points)]
        ends = {x: outputs[offset_of(x)] for x in items} or {call: outputs[0]}
        order: list[Any] = topological_order(list(dict.fromkeys(ends.values())), everything=True)
        if any(inside.is_outside(x) and x not in self.seen and not x._flags & CONSTANT for x in order):
            raise RuntimeError(
                f"the call of {call.row.name} cannot be unfolded: since it was recorded, another Value is in the place "
                f"of one that the function closes over; draw it before, or make that Value an argument"
            )
        seeds: dict[Value, float] = {}
        for x, output in ends.items():
            slope = gradient(x)
            if slope is not None and output not in self.seen and not output._flags & CONSTANT:
                seeds[output] = seeds.get(output, 0.0) + slope
        reached: list[Any] = [x for x in topological_order(list(seeds)) if x not in self.seen]
        self.slopes.update(zip(reached, float_adjoints(list(seeds), list(seeds.values()), reached), strict=True))
        self.instead.update(zip(points, [self.of(x) for x in call.parents], strict=False))
        self.seen.update(points)
        self.calls.append(call)
        self.add(order, self.slopes.get, (*around, len(self.calls) - 1))
        self.instead.update({x: self.of(output) for x, output in ends.items()})


def offset_of(x: Value) -> int:
    """Which of the numbers that its operand holds a node is; negative: none."""
    payload = x.row.payload
    return payload.offset if isinstance(payload, Item) else payload.k if isinstance(payload, Output) else -1


def numbers_given(call: Value) -> list[float]:
    """The numbers of those operands that are arguments of its function; the others are Values that it closes over."""
    if isinstance(call.row.payload, ProgramCall):
        return recorded_in(call).operands
    return [p.data for p in call.parents[: call.row.payload.count]]


def run_again(call: Value, points: list[Value]) -> list[Any]:
    """The outputs of a call's function on Values, while those that it closes over have the numbers of that time."""
    payload: Any = call.row.payload
    if isinstance(payload, Recomputed):
        found: list[Any] = payload.again(points)[0]
        return found
    then: dict[Any, float] = recorded_in(call).closed_over
    now = {x: x._data for x in then}
    try:
        for x, number in then.items():
            x._data = number
        outputs: list[Any] = payload.again(call, points)
        return outputs
    finally:
        for x, number in now.items():
            x._data = number
