"""`detect_anomaly`: which operation made the first nan or infinity, on which line, and how it spread."""

import math
import operator
from collections.abc import Callable, Set
from typing import cast

from autograd_lite.core.contexts.modes import check_called
from autograd_lite.core.contexts.scopes import Scope, Settings
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.reverse import float_terms, reverse, topological_order
from autograd_lite.core.value import Value
from autograd_lite.drawing.names import Names, find_names
from autograd_lite.explaining.anomaly_report import Anomaly, AnomalyError
from autograd_lite.explaining.watch import Watch


class detect_anomaly(Scope):
    """A context that finds the operation that makes the first nan or infinity, in values and, if `backward` is
    called inside of it, in gradients.

    At its end it raises an AnomalyError that names the user's line, the operation with its operands and local
    partials, and the path along which it spread; with `error=False` it keeps it as `.anomaly`, or None.  Outside of
    the context nothing is recorded and nothing costs.  As a decorator it looks at each call, as `no_grad` does.

    >>> x = Value(0.0, label="x")
    >>> with detect_anomaly(error=False) as found:
    ...     y = x**0.5
    ...     y.backward()
    >>> found.anomaly.kind, found.anomaly.node.op, found.anomaly.operand
    ('gradient', 'pow', Value(data=0.0, grad=inf, label='x'))
    """

    def __init__(self, error: bool = True) -> None:
        if not isinstance(error, bool):
            check_called(self, error)
        self.error = error
        self.anomaly: Anomaly | None = None
        self.watch = Watch()

    def again(self) -> "detect_anomaly":
        return detect_anomaly(self.error)

    def modes(self) -> Settings:
        return self.watch.modes()

    def finish(self, exception: BaseException | None) -> None:
        self.anomaly = find(self.watch, find_names(None, infer=True))
        if self.anomaly is not None and exception is not None:  # which names the operation that failed
            exception.add_note(f"before that, {self.anomaly.text}")
        elif self.anomaly is not None and self.error:
            raise AnomalyError(self.anomaly)

    def check(self, result: Value) -> Anomaly | None:
        """The first anomaly in the graph of a result, in values or else in gradients; None if all is finite.

        The pass is its own: `.grad` stays as it is.
        """
        names = find_names(None, infer=True)
        return in_values(result, self.watch, names) or in_gradients(result, 1.0, self.watch, names)


def find(watch: Watch, names: Names) -> Anomaly | None:
    first, newest = cast("Value | None", watch.first), cast("Value | None", watch.newest)
    if newest is None:
        passes = (in_gradients(cast(Value, root), seed, watch, names) for root, seed in watch.passes)
        return next((found for found in passes if found is not None), None)
    found = in_values(newest, watch, names)
    if first is not None and found is not None and time_of(first) < time_of(found.node):
        return in_values(first, watch, names)  # it did not spread to the newest one
    return found


def in_values(root: Value, watch: Watch, names: Names) -> Anomaly | None:
    """The oldest node that is not finite though its operands are."""
    order = cast(list[Value], topological_order([root], everything=True))
    bad = {x for x in order if not math.isfinite(x.data)}
    origins = [x for x in order if x in bad and bad.isdisjoint(x.parents)]
    if not origins:
        return None
    names.name_parameters(order)
    node = min(origins, key=lambda x: (not x.parents, time_of(x)))
    way = shortest(root, bad, lambda x: x is node)
    return Anomaly("value", node, None, watch.lines.get(time_of(node), ""), way[::-1], root, names)


def in_gradients(root: Value, seed: float, watch: Watch, names: Names) -> Anomaly | None:
    """The first operation of the reverse pass that passes on what is not finite, though it got a finite gradient."""
    if not math.isfinite(root.data):
        return None
    walk = reverse(topological_order([root]), {root: seed}, float_terms, operator.add)
    adjoints: dict[Value, float] = {cast(Value, node): adjoint for node, adjoint in walk}
    bad = {x for x, adjoint in adjoints.items() if not math.isfinite(adjoint)}
    gathered: dict[Value, float] = {}
    for node, adjoint in adjoints.items():
        if node in bad:
            continue
        for operand, flow in cast(list[tuple[Value, float]], float_terms(node, adjoint)):
            if operand not in bad:
                continue
            before = gathered.get(operand, 0.0)
            gathered[operand] = before + flow
            if not math.isfinite(gathered[operand]):
                way, line = shortest(operand, bad, lambda x: not x.parents), watch.lines.get(time_of(node), "")
                joined = before if math.isfinite(flow) else 0.0
                names.name_parameters(adjoints)
                return Anomaly("gradient", node, operand, line, way, root, names, adjoints, joined)
    return None


def shortest(start: Value, among: Set[Value], done: Callable[[Value], bool]) -> list[Value]:
    """The shortest path from `start` over operands `among` these to a node that is `done`, or as far as it gets."""
    before: dict[Value, Value | None] = {start: None}
    queue = [start]
    for last in queue:  # which grows
        if done(last):
            break
        for x in last.parents:
            if x in among and x not in before:
                before[x] = last
                queue.append(x)
    way: list[Value] = []
    step: Value | None = last
    while step is not None:
        way.append(step)
        step = before[step]
    return way[::-1]
