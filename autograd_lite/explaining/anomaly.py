"""`detect_anomaly`: where a nan or an infinity first appeared, on which line of the user, and how it spread.

Above the core, whose `Watch` leaves the user's line for every operation inside of the context.  What is found
is an `Anomaly` (`anomaly_report`): text, and a drawing with its way in red.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TypeVar

from autograd_lite.core.grad_mode import Watch
from autograd_lite.core.graph import born
from autograd_lite.core.reverse import float_adjoints, topological_order
from autograd_lite.core.value import Value
from autograd_lite.drawing.names import Names, find_names
from autograd_lite.explaining.anomaly_report import Anomaly, AnomalyError

T = TypeVar("T")


class detect_anomaly:
    """A context that finds where a nan or an infinity first appears, in values and, if `backward` is called
    inside of it, in gradients.

    At its end it raises an AnomalyError that names the user's line, the operation with its operands and local
    partials, and the way it took; with `error=False` it keeps it as `.anomaly`, or None.  Outside of
    the context nothing is recorded and nothing costs.

    >>> x = Value(0.0, label="x")
    >>> with detect_anomaly(error=False) as found:
    ...     y = x**0.5
    ...     y.backward()
    >>> found.anomaly.kind, found.anomaly.node.op, found.anomaly.operand
    ('gradient', 'pow', Value(data=0.0, grad=inf, label='x'))
    """

    def __init__(self, error: bool = True) -> None:
        self.error = error
        self.anomaly: Anomaly | None = None
        self.watch = Watch()

    def __enter__(self) -> "detect_anomaly":
        self.watch.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.watch.__exit__()
        self.anomaly = find(self.watch, find_names(None, infer=True))
        if exception is not None:  # it names the operation that failed; what went wrong before it is added
            if self.anomaly is not None:
                exception.add_note(f"before that, {self.anomaly.text}")
            return
        if self.anomaly is not None and self.error:
            raise AnomalyError(self.anomaly)

    def check(self, result: Value) -> Anomaly | None:
        """The first anomaly in the graph of a result, in values or else in gradients; None if all is finite.

        The pass is its own: `.grad` stays as it is.
        """
        names = find_names(None, infer=True)
        return in_values(result, self.watch, names) or in_gradients(result, 1.0, self.watch, names)


def find(watch: Watch, names: Names) -> Anomaly | None:
    """The first anomaly that a watch has seen."""
    newest: Any = watch.newest
    if newest is not None:
        found = in_values(newest, watch, names)
        first: Any = watch.first
        if first is not None and found is not None and born(first) < born(found.node):
            found = in_values(first, watch, names)  # it did not spread to the newest one
        return found
    passes: list[tuple[Any, float]] = list(watch.passes)
    for root, seed in passes:
        found = in_gradients(root, seed, watch, names)
        if found is not None:
            return found
    return None


def in_values(root: Value, watch: Watch, names: Names) -> Anomaly | None:
    """The oldest node that is not finite though its operands are."""
    order: list[Any] = topological_order([root], everything=True)
    bad = {x for x in order if not math.isfinite(x.data)}
    births = [x for x in order if x in bad and not any(p in bad for p in x.parents)]
    if not births:
        return None
    node = min(births, key=lambda x: (not x.parents, born(x)))
    way = shortest(root, lambda x: [p for p in x.parents if p in bad], lambda x: x is node)
    return Anomaly("value", node, None, watch.lines.get(born(node), ""), way[::-1], root, names, {})


def in_gradients(root: Value, seed: float, watch: Watch, names: Names) -> Anomaly | None:
    """The first operation of the reverse pass that passes on what is not finite, though it got a finite gradient."""
    if not math.isfinite(root.data):
        return None
    order: list[Any] = topological_order([root])
    adjoints = dict(zip(order, float_adjoints([root], [seed], order), strict=True))
    bad = {x for x in order if not math.isfinite(adjoints[x])}
    gathered: dict[Any, float] = {}
    for node in reversed(order):
        if node in bad:
            continue
        for operand, partial in zip(node.parents, node.partials, strict=True):
            if partial is None or operand not in bad:
                continue
            flow, before = adjoints[node] * partial, gathered.get(operand, 0.0)
            gathered[operand] = before + flow
            if math.isfinite(gathered[operand]):
                continue
            way = shortest(operand, lambda x: [p for p in x.parents if p in bad], lambda x: not x.parents)
            line = watch.lines.get(born(node), "")
            joined = before if math.isfinite(flow) else 0.0
            return Anomaly("gradient", node, operand, line, way, root, names, adjoints, joined)
    return None


def shortest(start: T, following: Callable[[T], Iterable[T]], done: Callable[[T], bool]) -> list[T]:
    """The shortest way from `start` to a node that is `done`, both included; as far as it gets if there is none."""
    before: dict[T, T | None] = {start: None}
    queue = deque([start])
    last = start
    while queue:
        last = queue.popleft()
        if done(last):
            break
        for x in following(last):
            if x not in before:
                before[x] = last
                queue.append(x)
    way = [last]
    while (previous := before[way[-1]]) is not None:
        way.append(previous)
    return way[::-1]
