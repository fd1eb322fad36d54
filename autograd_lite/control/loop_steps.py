"""Which nodes of a graph are of which step of a loop: for drawings, which show the steps of a loop as one box each.

Above `graph`.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from autograd_lite.core.fast.clock import time_now, time_of
from autograd_lite.core.graph import Extra, Node


class RecordedSteps:
    """When the steps of a loop began and ended; kept in the graph, in a node that the first step begins with."""

    def __init__(self) -> None:
        self.times = array("q", [time_now()])

    def keep_in(self, nodes: Sequence[Any]) -> None:
        first = next((x for x in nodes if isinstance(x, Node)), None)
        if first is not None:
            if first._extra is None:
                first._extra = Extra()
            first._extra.recorded = self

    def end(self) -> None:
        """A step is over."""
        self.times.append(time_now())

    @property
    def count(self) -> int:
        return len(self.times) - 1


class StepPlace(NamedTuple):
    """A step of a loop, from 1 on, of how many steps, and which of the loops of a graph it is."""

    step: int
    steps: int
    loop: int


def steps_of(nodes: Iterable[Node]) -> dict[Node, StepPlace]:
    """The step of the outermost loop that each of these nodes is of."""
    nodes = list(nodes)
    loops = [x._extra.recorded for x in nodes if x._extra is not None]
    found = [x for x in loops if isinstance(x, RecordedSteps) and x.count > 1]
    outer: list[RecordedSteps] = []
    for loop in sorted(found, key=lambda loop: (loop.times[0], -loop.times[-1])):
        if not outer or loop.times[0] >= outer[-1].times[-1]:
            outer.append(loop)
    starts, places = [loop.times[0] for loop in outer], dict[Node, StepPlace]()
    for x in nodes:
        time = time_of(x)
        k = bisect_left(starts, time) - 1
        if k >= 0 and time <= outer[k].times[-1]:
            places[x] = StepPlace(bisect_left(outer[k].times, time), outer[k].count, k)
    return places
