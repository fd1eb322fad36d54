"""Forward mode over a sorted graph: the tangents of all nodes that some inputs reach, as floats or as graphs.

The step at one node, as a graph, is `Propagation.tangent`; with floats it takes the recorded partials.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.create_graph import times
from autograd_lite.core.graph import CONSTANT, STOPPED, Node, operands_of, partials_of
from autograd_lite.transforms.branches import propagation_for


def forward_pass(
    order: Sequence[Node], seeds: dict[Node, Any], push: Callable[[Node, dict[Node, Any]], Any]
) -> dict[Node, Any]:
    """Forward mode over a sorted graph: the tangents of all nodes that the seeds reach.

    `push(node, tangents)` gives that of a node from those of its operands, or None.
    """
    tangents = dict(seeds)
    for node in order:
        left, right = node._left, node._right
        if left is None:
            moved = not tangents.keys().isdisjoint(operands_of(node))
        else:
            moved = left in tangents or (right is not None and right in tangents)
        if moved and node not in tangents and not node._flags & STOPPED:
            tangent = push(node, tangents)
            if tangent is not None:
                tangents[node] = tangent
    return tangents


def float_tangents(order: Sequence[Node], seeds: dict[Node, Any]) -> dict[Node, Any]:
    """Forward mode with floats, from the recorded partials."""
    return forward_pass(order, seeds, push_floats)


def push_floats(node: Node, tangents: dict[Node, Any]) -> Any:
    """The sum of partial x tangent over the operands."""
    left, right = node._left, node._right
    if left is not None:
        first = None if left._flags & CONSTANT else tangents.get(left)
        second = None if right is None or right._flags & CONSTANT else tangents.get(right)
        if first is None:
            return None if second is None else second * node._dright
        return first * node._dleft if second is None else first * node._dleft + second * node._dright
    if node._row.payload is not None:
        return node._row.payload.push_floats(node, tangents)
    operands = operands_of(node)
    if node._row.selects:
        taken = operands[node._row.passing(operands[0]._data)]
        return tangents.get(taken, 0.0) if operands[1] in tangents or operands[2] in tangents else None
    result: Any = None
    for x, partial in zip(operands, partials_of(node), strict=True):
        if partial is not None and x in tangents:
            term = times(tangents[x], partial)
            result = term if result is None else result + term
    return result


def tangents(order: Sequence[Node], seeds: dict[Node, Any], outputs: Sequence[Any], record: bool) -> list[Any]:
    """The tangents of the outputs, 0.0 where nothing arrives: graphs with `record`, else floats."""
    if not record:
        moved = float_tangents(order, seeds)
        return [moved.get(x, 0.0) for x in outputs]
    propagation = propagation_for(outputs)
    start = {x: propagation.start(seed) for x, seed in seeds.items()}
    found = ieee_arithmetic().run(forward_pass, order, start, propagation.tangent)
    # the tangent of an input is its seed as it was given
    results = {x: seeds[x] if x in seeds else propagation.result(found[x]) for x in outputs if x in found}
    return [results.get(x, 0.0) for x in outputs]
