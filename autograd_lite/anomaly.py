"""`detect_anomaly`: where a nan or an infinity was first born, who wrote that line, and how it spread.

Above the core, whose `Watch` leaves the user's line for every operation inside of the context.  What is found
is an `Anomaly`: text, and a drawing with the way of the trouble in red.
"""

import linecache
import math
from collections import deque
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from autograd_lite.context import Watch
from autograd_lite.drawing.choosing import Plan, in_order
from autograd_lite.drawing.composing import compose
from autograd_lite.drawing.dot import Style
from autograd_lite.drawing.names import Names, find_names
from autograd_lite.drawing.numerals import numeral
from autograd_lite.drawing.sheet import Drawing
from autograd_lite.drawing.sources import Values, stored
from autograd_lite.drawing.theme import find_theme
from autograd_lite.graph import born, float_adjoints, topological_order
from autograd_lite.value import Value

MOST_OPERANDS = 6  # that are listed or drawn of one node
LONGEST_WAY = 24  # nodes of the way that are drawn


class AnomalyError(ArithmeticError):
    """A nan or an infinity was born; `anomaly` tells where."""

    def __init__(self, anomaly: "Anomaly") -> None:
        super().__init__(f"{anomaly.text}\n{anomaly.advice}")
        self.anomaly = anomaly


class Anomaly:
    """One birth of a nan or an infinity.

    kind      "value" where the forward pass made it, "gradient" where the reverse pass did
    node      the operation at fault: its result is no number, or its local partial turned the gradient bad
    operand   of a gradient: the operand of `node` whose gradient is no number
    line      "file:line" of the user's line that made the node; "" if that was outside of the context
    way       the nodes along which it spread: from `node` to the result, or on to an input
    """

    def __init__(
        self,
        kind: str,
        node: Value,
        operand: Value | None,
        line: str,
        way: list[Value],
        root: Value,
        names: Names,
        adjoints: dict[Value, float],
    ) -> None:
        self.kind, self.node, self.operand, self.line, self.way = kind, node, operand, line, way
        self.root, self.names, self.adjoints = root, names, adjoints

    @property
    def source(self) -> str:
        """The text of the user's line."""
        path, _, number = self.line.rpartition(":")
        return linecache.getline(path, int(number)).strip() if path else ""

    def called(self, x: Value) -> str:
        """A node as the text names it."""
        return self.names.of(x) or x.op or "an input"

    @property
    def text(self) -> str:
        """What was born where, from which operands, and how it spread."""
        node, called = self.node, self.called
        where = f" at {place(self.line)}" if self.line else ""
        shown = ", ".join(operand_text(p, self.names) for p in node.parents[:MOST_OPERANDS])
        more = f", ... ({len(node.parents)} operands)" if len(node.parents) > MOST_OPERANDS else ""
        call = f"{node.op}({shown}{more})" if node.parents else called(node)
        lines = []
        if self.kind == "value":
            made = "was made by" if node.parents else "was given as"
            lines.append(f"{numeral(node.data)} {made} {call}{where}")
        else:
            assert self.operand is not None
            i = next(i for i, p in enumerate(node.parents) if p is self.operand)
            partial = node.partials[i]
            lines.append(
                f"the gradient of {called(self.operand)} became {numeral(self.adjoints[self.operand])} in the reverse "
                f"pass of {call}{where}: upstream {numeral(self.adjoints[node])} × local partial "
                f"{numeral(partial if partial is not None else 0.0)}"
            )
        if self.source:
            lines.append(f"    {self.source}")
        if self.kind == "value" and node.parents:
            local = ", ".join("none" if p is None else numeral(p) for p in node.partials[:MOST_OPERANDS])
            lines.append(f"its local partials: {local}")
        if len(self.way) > 1:
            steps = [called(x) for x in self.way]
            if len(steps) > 12:
                steps = [*steps[:6], f"... {len(steps) - 12} more ...", *steps[-6:]]
            goal = "the result" if self.kind == "value" else "an input"
            lines.append(f"from there to {goal}: {' -> '.join(steps)}")
        return "\n".join(lines)

    @property
    def advice(self) -> str:
        """What to do about it."""
        if self.kind == "value":
            return "keep the operands where the operation is finite, with clip or where, or scale them down"
        return (
            "keep the operands away from the point where the local partial is infinite or unknown, with clip or where"
        )

    def draw(self, theme: str = "light", precision: int = 4) -> Drawing:
        """The way of the trouble in red, with the operands of every node on it."""
        way = self.way
        if len(way) > LONGEST_WAY:
            way = [*way[: LONGEST_WAY // 2], *way[-LONGEST_WAY // 2 :]]
        kept = {self.node, *way, *([] if self.operand is None else [self.operand])}
        for x in list(kept):
            kept.update(x.parents[:MOST_OPERANDS])
        root = self.way[-1] if self.kind == "value" else self.node
        source = Values([root], self.names, self.adjoints.get if self.kind == "gradient" else stored)
        notes = [self.text.splitlines()[0]]
        if len(self.way) > len(way):
            notes.append(f"the first and the last nodes of {len(self.way):,} on the way")
        order = [x for x in in_order(source, set(source.order)) if x in kept]
        picture = compose(source, Plan(order, notes=notes))
        picture.goal = self.names.of(self.root) or "result"
        keys = {x: f"n{i}" for i, x in enumerate(order)}
        red = {keys[x] for x in (self.node, *way) if x in keys}
        for key in red:
            picture.boxes[key].trouble = True
        bad = numeral(self.node.data if self.operand is None else self.adjoints[self.operand])
        picture.boxes[keys[self.node]].notes = (f"{bad} is {'born' if self.node.parents else 'given'} here",)
        steps = {(keys[a], keys[b]) for a, b in pairwise([self.node, *way]) if a in keys and b in keys}
        for link in picture.links:
            link.trouble = (link.tail, link.head) in steps or (link.head, link.tail) in steps
            if self.operand is not None and (link.tail, link.head) == (keys[self.operand], keys[self.node]):
                link.note = f"{numeral(self.adjoints[self.node])} × {numeral(link.partial or 0.0)}"
        return Drawing(picture, Style(theme=find_theme(theme), precision=precision))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Anomaly: {self.text.splitlines()[0]}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        bundle, metadata = self.draw()._repr_mimebundle_()
        return {**bundle, "text/plain": self.text}, metadata


class detect_anomaly:
    """A context that finds where a nan or an infinity is first born, in values and, if `backward` is called
    inside of it, in gradients.

    At its end it raises an AnomalyError that names the user's line, the operation with its operands and local
    partials, and the way of the trouble; with `error=False` it keeps it as `.anomaly`, or None.  Outside of
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

    def __exit__(self, kind: object, exception: BaseException | None, trace: object) -> None:
        self.watch.__exit__()
        self.anomaly = find(self.watch, find_names(None, infer=True))
        if exception is not None:  # it names the operation that failed; what went wrong before it is told too
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
    for root, seed in watch.passes:
        found = in_gradients(root, seed, watch, names)
        if found is not None:
            return found
    return None


def in_values(root: Any, watch: Watch, names: Names) -> Anomaly | None:
    """The oldest node that is not finite though its operands are."""
    order: list[Any] = topological_order([root], everything=True)
    bad = {x for x in order if not math.isfinite(x.data)}
    births = [x for x in order if x in bad and not any(p in bad for p in x.parents)]
    if not births:
        return None
    node = min(births, key=lambda x: (not x.parents, born(x)))
    way = shortest(root, lambda x: [p for p in x.parents if p in bad], lambda x: x is node)
    return Anomaly("value", node, None, watch.lines.get(born(node), ""), way[::-1], root, names, {})


def in_gradients(root: Any, seed: float, watch: Watch, names: Names) -> Anomaly | None:
    """The first operation of the reverse pass that passes on what is not finite, though it got a finite gradient."""
    if not math.isfinite(root.data):
        return None
    order: list[Any] = topological_order([root])
    adjoints = dict(zip(order, float_adjoints([root], [seed], order), strict=True))
    bad = {x for x in order if not math.isfinite(adjoints[x])}
    for node in reversed(order):
        if node in bad:
            continue
        for operand, partial in zip(node.parents, node.partials, strict=True):
            if partial is None or operand not in bad or math.isfinite(adjoints[node] * partial):
                continue
            way = shortest(operand, lambda x: [p for p in x.parents if p in bad], lambda x: not x.parents)
            line = watch.lines.get(born(node), "")
            return Anomaly("gradient", node, operand, line, way, root, names, adjoints)
    return None


def shortest(start: Any, following: Callable[[Any], Iterable[Any]], done: Callable[[Any], bool]) -> list[Any]:
    """The shortest way from `start` to a node that is `done`, both included; as far as it gets if there is none."""
    before: dict[Any, Any] = {start: None}
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
    while before[way[-1]] is not None:
        way.append(before[way[-1]])
    return way[::-1]


def place(line: str) -> str:
    """A line as a reader finds it; the cells of a notebook have made-up file names."""
    path, _, number = line.rpartition(":")
    return f"line {number} of a cell" if "ipykernel_" in path else line


def operand_text(x: Value, names: Names) -> str:
    name = names.of(x)
    return f"{name} = {numeral(x.data)}" if name else numeral(x.data)
