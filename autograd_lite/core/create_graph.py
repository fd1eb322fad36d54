"""The chain rule while recording: gradients and tangents that are graphs, to be differentiated again or compiled.

Above `graph`, and in its order, so that floats and graphs agree to the bit.  `adjoints` goes backwards, `tangents`
forwards.
Every contribution may hold only under a condition, that a branch was taken: so the gradient of a choice between
functions has the bits of the branch alone, as if the other had never been there.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from autograd_lite.core.graph import (
    ASSIGNED,
    BATCH_SUM,
    BATCHED,
    CHOSEN,
    CONSTANT,
    NUMBER,
    Node,
    born,
    operands_of,
    partials_of,
)
from autograd_lite.core.operands import ieee_arithmetic
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.table import cond, identity, logical_and, logical_not, logical_or
from autograd_lite.core.table.choices import decide


class Contributions:
    """What has reached a node while derivatives are recorded as a graph, added up in order at the end.

    Each contribution may hold only under a condition (that a branch was taken).  Where conditions mix, the
    contributions that don't hold are replaced by -0.0, which changes no sum.
    """

    def __init__(self) -> None:
        self.found: list[tuple[Any, Any]] = []

    def add(self, value: Any, condition: Any) -> None:
        self.found.append((value, condition))

    def total(self, choice: Node | None) -> tuple[Any, Any]:
        """The sum, and the condition under which any of it holds.

        If anything depends on a `choice`, it is a node of its own even where only one contribution came: others may
        have come from branches that were not taken, and derivatives of this sum have to be added up alike.
        """
        result, condition = self.found[0]
        for value, holds in self.found[1:]:
            if holds is condition:
                result = result + value
            else:
                result = masked(result, condition, -0.0) + masked(value, holds, -0.0)
                condition = either(condition, holds)
        if choice is not None and len(self.found) == 1:
            result = choice.apply(identity, (result,))
        return result, condition


def choice_among(roots: Sequence[Any]) -> Node | None:
    """One of the roots that depends on a choice between functions, if any does."""
    for x in roots:
        if isinstance(x, Node) and x._flags & CHOSEN:
            return x
    return None


def flagged(derivative: Any, choice: Node | None) -> Any:
    """A derivative of what depends on a choice depends on that choice too."""
    if choice is not None and isinstance(derivative, Node):
        derivative._flags |= CHOSEN
    return derivative


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
        if x._flags & ASSIGNED and born(x) >= born(node):
            raise RuntimeError(
                f"a graph cannot be differentiated with create_graph=True after data in it was assigned: "
                f"{x._row.name or 'a leaf'} now holds {x._data!r}, not what {node._row.name} was recorded "
                f"with; rebuild the graph after assigning, or leave create_graph at False"
            )


def symbolic_partials(node: Node, operands: tuple[Node, ...]) -> list[Any]:
    """The partials of a node as graphs; None where nothing flows.  The caller sees to it that rows never raise."""
    try:
        return partials_from(node, operands, [argument(x) for x in operands])
    except ArithmeticError:  # of plain numbers, as 1 / 0 in the partials of x / 0: as Values they are rows too
        return partials_from(node, operands, list(operands))


def partials_from(node: Node, operands: tuple[Node, ...], arguments: list[Any]) -> list[Any]:
    """What the row says of the partials."""
    texts = node._row.partials
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
    choice = choice_among(roots)
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
        arrived, from_samples = whole.pop(node, None), by_sample.pop(node, None)
        if node not in between or (arrived is None and from_samples is None):
            continue
        adjoint, condition = collect(node, arrived, from_samples, choice)
        if node in wanted:
            result[node] = masked(adjoint, condition, 0.0)
        operands = operands_of(node)
        if not any([x in between for x in operands]):  # noqa: C419  (a list is faster when compiled)
            continue  # an input, below which nobody asked: what was assigned there does not matter
        for x, value, holds in contributions(node, operands, adjoint, condition):
            if x in between:
                over_samples = bool(node._flags & BATCHED) and not x._flags & BATCHED
                sums = by_sample if over_samples else whole
                sums.setdefault(x, Contributions()).add(value, holds)
    return [flagged(result.get(x), choice) for x in inputs]


def collect(
    node: Node, whole: Contributions | None, samples: Contributions | None, choice: Node | None
) -> tuple[Any, Any]:
    """The adjoint of a node and the condition under which it holds; samples are summed here, once."""
    if samples is None:
        assert whole is not None
        return whole.total(choice)
    over_samples = node.apply(BATCH_SUM, (masked(*samples.total(choice), -0.0),))
    if whole is None:
        return over_samples, None
    return masked(*whole.total(choice), -0.0) + over_samples, None


def branches(node: Node) -> list[tuple[Node, Any]]:
    """Of a choice between functions, the branches that may have been taken, each with the condition for that."""
    chooser, a, b = operands_of(node)
    taken = chooser.truth()
    if taken is not None:
        return [(a if taken else b, None)]
    return [(a, argument(chooser)), (b, logical_not(argument(chooser)))]


def both(condition: Any, other: Any) -> Any:
    """What holds under two conditions, either of which may be None: always."""
    if condition is None or other is None:
        return other if condition is None else condition
    return logical_and(condition, other)


def either(condition: Any, other: Any) -> Any:
    """What holds under any of two conditions."""
    return None if condition is None or other is None else logical_or(condition, other)


def contributions(node: Node, operands: tuple[Node, ...], adjoint: Any, condition: Any) -> list[tuple[Node, Any, Any]]:
    """What a node passes back: (operand, contribution, the condition under which it holds)."""
    check_recorded(node, operands)
    with ieee_arithmetic():
        return products(node, operands, adjoint, condition)


def products(node: Node, operands: tuple[Node, ...], adjoint: Any, condition: Any) -> list[tuple[Node, Any, Any]]:
    """Adjoint x partial for each operand, with the condition under which it holds."""
    row = node._row
    if row is cond:
        return [(x, adjoint, both(condition, holds)) for x, holds in branches(node)]
    if row.selects:
        chooser = argument(operands[0])
        return [
            (operands[1], decide(chooser, lambda: adjoint, lambda: 0.0), condition),
            (operands[2], decide(chooser, lambda: 0.0, lambda: adjoint), condition),
        ]
    partials = symbolic_partials(node, operands)
    return [
        (x, times(adjoint, partial), condition)
        for x, partial in zip(operands, partials, strict=True)
        if partial is not None
    ]


def tangents(order: list[Node], seeds: dict[Node, Any], outputs: Sequence[Any], record: bool) -> list[Any]:
    """Forward mode over a sorted graph: the tangents of the outputs, 0.0 where nothing arrives.

    Each node's tangent is the sum of partial x operand's tangent; `seeds` holds those of the inputs.  With `record`
    they are graphs, else floats from the recorded partials.
    """
    if not record:
        moved = float_tangents(order, seeds)
        return [moved.get(x, 0.0) for x in outputs]
    choice = choice_among(outputs)
    found: dict[Node, tuple[Any, Any]] = {x: (tangent, None) for x, tangent in seeds.items()}
    for node in order:
        operands = operands_of(node)
        if node in found or not any(x in found for x in operands):
            continue
        sums = Contributions()
        add_terms(sums, node, operands, found)
        if sums.found:
            value, condition = sums.total(choice)
            if node._row is BATCH_SUM:
                value, condition = node.apply(BATCH_SUM, (masked(value, condition, -0.0),)), None
            found[node] = value, condition
    moved = {x: flagged(masked(*found[x], 0.0), choice) for x in outputs if x in found and x not in seeds}
    return [moved[x] if x in moved else seeds.get(x, 0.0) for x in outputs]


def float_tangents(order: list[Node], seeds: dict[Node, Any]) -> dict[Node, Any]:
    """The tangents of all nodes that the inputs reach, from the recorded partials."""
    result: dict[Node, Any] = dict(seeds)
    for node in order:
        if node in result:
            continue
        operands = operands_of(node)
        if node._row.selects:
            taken = operands[1] if operands[0]._data != 0.0 else operands[2]
            if operands[1] in result or operands[2] in result:
                result[node] = result.get(taken, 0.0)
            continue
        total: Any = None
        for x, partial in zip(operands, partials_of(node), strict=True):
            if partial is not None and x in result:
                term = times(result[x], partial)
                total = term if total is None else total + term
        if total is not None:
            result[node] = total
    return result


def add_terms(sums: Contributions, node: Node, operands: tuple[Node, ...], found: dict[Node, tuple[Any, Any]]) -> None:
    """Add the parts of the tangent of a node."""
    check_recorded(node, operands)
    with ieee_arithmetic():
        for value, condition in terms(node, operands, found):
            sums.add(value, condition)


def terms(node: Node, operands: tuple[Node, ...], found: dict[Node, tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The parts of the tangent of a node, each with the condition under which it holds."""
    if node._row is cond:
        return [(found[x][0], both(found[x][1], holds)) for x, holds in branches(node) if x in found]
    if node._row.selects:
        conditions = [found[x][1] for x in operands[1:] if x in found]
        if not conditions:
            return []
        a, b = [masked(*found[x], 0.0) if x in found else 0.0 for x in operands[1:]]
        return [(decide(argument(operands[0]), lambda: a, lambda: b), reduce(either, conditions))]
    return [
        (times(found[x][0], partial), found[x][1])
        for x, partial in zip(operands, symbolic_partials(node, operands), strict=True)
        if partial is not None and x in found
    ]
