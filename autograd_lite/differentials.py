"""The chain rule while recording: gradients and tangents that are graphs themselves.

Above `graph`, and in its order, so that floats and graphs agree to the bit.  `adjoints` goes backwards (for
gradients of gradients, and for programs, which are gradients recorded without numbers), `tangents` forwards.
"""

from collections.abc import Sequence
from typing import Any

from autograd_lite.graph import (
    ASSIGNED,
    BATCH_SUM,
    BATCHED,
    CONSTANT,
    NUMBER,
    Node,
    born,
    operands_of,
    partials_of,
    topological_order,
)
from autograd_lite.primitives import cond, decide, logical_and, logical_not, logical_or
from autograd_lite.rows import never_raising


class Contributions:
    """The sum of what has reached a node while a gradient is recorded as a graph.

    Each contribution may hold only under a condition (that a branch was taken).  Where conditions mix, the
    contributions that don't hold are replaced by -0.0, which changes no sum.
    """

    def __init__(self) -> None:
        self.total: Any = None
        self.condition: Any = None

    def add(self, value: Any, condition: Any) -> None:
        if self.total is None:
            self.total = value
            self.condition = condition
        elif self.condition is condition:
            self.total = self.total + value
        else:
            self.total = masked(self.total, self.condition, -0.0) + masked(value, condition, -0.0)
            if self.condition is None or condition is None:
                self.condition = None
            else:
                self.condition = logical_or(self.condition, condition)


def masked(value: Any, condition: Any, otherwise: float) -> Any:
    return value if condition is None else cond(condition, value, otherwise)


def times(adjoint: Any, partial: Any) -> Any:
    """adjoint x partial, without the products by 1 and -1 that change no bit."""
    if isinstance(partial, float):
        if partial == 1.0:
            return adjoint
        if partial == -1.0:
            return -adjoint
    if isinstance(adjoint, float) and adjoint == 1.0:
        return partial
    return adjoint * partial


def argument(node: Node) -> Any:
    """The operand as partials are to see it: the number itself where it is one."""
    return node._data if node._row is NUMBER else node


def check_recorded(node: Node, operands: Sequence[Node]) -> None:
    """Raise where data was assigned under a graph, so that its partials can't be recorded any more."""
    for x in (node, *operands):
        if x._flags & ASSIGNED and (born(x) > born(node) or (x is node and operands)):
            raise RuntimeError(
                f"a graph cannot be differentiated with create_graph=True after data in it was assigned: "
                f"{x._row.name or 'a leaf'} now holds {x._data!r}, not what {node._row.name} was recorded "
                f"with; rebuild the graph after assigning, or leave create_graph at False"
            )


def symbolic_partials(node: Node, operands: tuple[Node, ...]) -> list[Any]:
    """The partials of a node as graphs; None where nothing flows."""
    row = node._row
    texts = row.partials
    arguments = [argument(x) for x in operands]
    if not isinstance(texts, tuple):
        every: list[Any] = list(texts(node, arguments))
        return [None if x._flags & CONSTANT else p for x, p in zip(operands, every, strict=True)]
    partials: list[Any] = []
    for x, text in zip(operands, texts, strict=True):
        if text is None or x._flags & CONSTANT:
            partials.append(None)
        else:
            partials.append(text if isinstance(text, float) else text(node, *arguments))
    return partials


def adjoints(roots: Sequence[Node], seeds: Sequence[Any], inputs: Sequence[Node]) -> list[Any]:
    """The gradients of sum(seed x root) in the inputs, recorded as a graph; None where nothing arrived.

    The same walk as `sweep`, over the nodes that lie between the inputs and the roots.
    """
    order = topological_order(roots)
    between = set(inputs)
    for node in order:
        if node not in between and any(x in between for x in operands_of(node)):
            between.add(node)
    whole: dict[Node, Contributions] = {}
    by_sample: dict[Node, Contributions] = {}
    for root, seed in zip(roots, seeds, strict=True):
        whole.setdefault(root, Contributions()).add(seed, None)
    result: dict[Node, Any] = {}
    wanted = set(inputs)
    for node in reversed(order):
        if node not in between:
            continue
        adjoint, condition = collect(node, whole.pop(node, None), by_sample.pop(node, None))
        if node in wanted:
            result[node] = masked(adjoint, condition, 0.0)
        operands = operands_of(node)
        check_recorded(node, operands)
        with never_raising():
            for x, value, holds in contributions(node, operands, adjoint, condition):
                if x in between:
                    over_samples = bool(node._flags & BATCHED) and not x._flags & BATCHED
                    sums = by_sample if over_samples else whole
                    sums.setdefault(x, Contributions()).add(value, holds)
    return [result.get(x) for x in inputs]


def collect(node: Node, whole: Contributions | None, samples: Contributions | None) -> tuple[Any, Any]:
    """The adjoint of a node and the condition under which it holds; samples are summed here, once."""
    if samples is None:
        assert whole is not None
        return whole.total, whole.condition
    over_samples = node.apply(BATCH_SUM, (masked(samples.total, samples.condition, -0.0),))
    if whole is None:
        return over_samples, None
    return masked(whole.total, whole.condition, -0.0) + over_samples, None


def contributions(node: Node, operands: tuple[Node, ...], adjoint: Any, condition: Any) -> list[tuple[Node, Any, Any]]:
    """What a node passes back: (operand, contribution, the condition under which it holds)."""
    row = node._row
    if row.selects:
        chooser = argument(operands[0])
        a, b = operands[1], operands[2]
        if row is cond:
            first, second = chooser, logical_not(chooser)
            if condition is not None:
                first, second = logical_and(condition, first), logical_and(condition, second)
            return [(a, adjoint, first), (b, adjoint, second)]
        return [
            (a, decide(chooser, lambda: adjoint, lambda: 0.0), condition),
            (b, decide(chooser, lambda: 0.0, lambda: adjoint), condition),
        ]
    partials = symbolic_partials(node, operands)
    return [
        (x, times(adjoint, partial), condition)
        for x, partial in zip(operands, partials, strict=True)
        if partial is not None
    ]


def tangents(order: list[Node], seeds: dict[Node, Any], record: bool) -> dict[Node, Any]:
    """Forward mode over a sorted graph: each node's tangent is the sum of partial x operand's tangent.

    `seeds` holds the tangents of the inputs; nodes that no input reaches stay absent.  With `record` the
    tangents are graphs, else floats from the recorded partials.
    """
    result: dict[Node, Any] = dict(seeds)
    with never_raising():
        for node in order:
            if node in result:
                continue
            operands = operands_of(node)
            if not any(x in result for x in operands):
                continue
            row = node._row
            if record:
                check_recorded(node, operands)
            if row.selects:
                chooser = argument(operands[0]) if record else operands[0]._data
                a, b = result.get(operands[1], 0.0), result.get(operands[2], 0.0)
                result[node] = decide(chooser, lambda a=a: a, lambda b=b: b)  # type: ignore[misc]
                continue
            partials: list[Any] = symbolic_partials(node, operands) if record else partials_of(node)
            total: Any = None
            for x, partial in zip(operands, partials, strict=True):
                if partial is not None and x in result:
                    term = times(result[x], partial)
                    total = term if total is None else total + term
            if total is not None:
                result[node] = node.apply(BATCH_SUM, (total,)) if row is BATCH_SUM else total
    return result
