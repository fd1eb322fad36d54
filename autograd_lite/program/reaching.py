"""The nodes that a program is made of: those between what it computes and what it is given."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import BATCH_SUM, BATCHED, DETACHED, LEAF, NUMBER, TRACED, Node, operands_of
from autograd_lite.core.table import mul
from autograd_lite.transforms.levels import no_number_of_a_step

Row = tuple[int, Node, list[Node]]
"""Sums over samples of the products of one node with others: the place of the first, that node, the others."""


def between(roots: Sequence[Any], numbers: dict[Node, int]) -> list[Node]:
    """The nodes without a number that the roots need, in order of creation: operands first."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[Node] = [x for x in roots if isinstance(x, Node)]
    while stack:
        node = stack.pop()
        if node not in seen and node not in numbers:
            seen.add(node)
            operands = operands_of(node)
            if operands:
                order.append(node)
                stack.extend(operands)
    order.sort(key=time_of)
    return order


def in_order(nodes: set[Node], numbers: dict[Node, int]) -> list[Node]:
    """Those of the nodes that have operands and no number, in order of creation."""
    order = [x for x in nodes if x not in numbers and operands_of(x)]
    order.sort(key=time_of)
    return order


def is_closed_over(x: Node, start: int) -> bool:
    """Whether a node was made before the time at which a trace began, and so by another function."""
    return time_of(x) <= start and not x._flags & TRACED and x._row is not DETACHED


def reached(outputs: Sequence[Any], start: int, inputs: set[Node], steps: set[Node]) -> tuple[set[Node], list[Any]]:
    """All nodes that the outputs depend on, and those created before the trace among them.

    Their operands are left out: they were computed before.  `steps` are the leaves of steps of loops.
    """
    before: list[Any] = []
    seen: set[Node] = set()
    stack: list[Node] = [x for x in reversed(outputs) if isinstance(x, Node)]
    while stack:
        x = stack.pop()
        if x in seen:
            continue
        seen.add(x)
        row = x._row
        if row is DETACHED or (row is LEAF and x in inputs):
            continue
        if is_closed_over(x, start):
            before.append(x)
        elif row is LEAF and x._flags & TRACED:
            if x in steps:
                raise no_number_of_a_step()
            raise TypeError(
                "a traced value of another call is used here, which has no number any more; return values from "
                "the compiled function in place of storing them"
            )
        else:
            left, right = x._left, x._right
            if left is None:
                stack.extend(reversed(operands_of(x)))
            else:
                if right is not None:
                    stack.append(right)
                stack.append(left)
    return seen, before


def within(
    outputs: Iterable[Any],
    leaves: set[Node],
    known: set[Node],
    start: int,
    spans: Sequence[tuple[int, int]],
    is_free: Callable[[Node], bool],
) -> tuple[list[Node], list[Node], set[Node]]:
    """The nodes of a part of a graph that was recorded after `start` or in one of the spans, and those that are known;
    those outside that it reads; and all that were seen, leaves too.

    Numbers are none of them; leaves and arrays are outside where they are `free`.
    """
    nodes: list[Node] = []
    free: list[Node] = []
    seen: set[Node] = set()
    stack: list[Node] = [x for x in outputs if isinstance(x, Node)]
    while stack:
        x = stack.pop()
        row = x._row
        if row is NUMBER or row is DETACHED or x in seen:
            continue
        seen.add(x)
        if x in leaves:
            continue
        time = time_of(x)
        inside = time > start or x in known
        for first, last in spans:
            inside = inside or first < time <= last
        if inside and not ((row is LEAF or row.payload is not None) and is_free(x)):
            nodes.append(x)
            stack.extend(operands_of(x))
        else:
            free.append(x)
    return nodes, free, seen


def rows_of_products(outputs: Sequence[Any]) -> list[Row]:
    """The runs of sums over the samples of products that have a factor in common, of two and more."""
    rows: list[Row] = []
    shared: Node | None = None
    inner: list[Node] = []
    start = 0
    for k, x in enumerate(outputs):
        a: Node | None = None
        b: Node | None = None
        if isinstance(x, Node) and x._row is BATCH_SUM:
            product = x._left
            if product is not None and product._row is mul:
                left, right = product._left, product._right
                if left is not None and right is not None and left._flags & right._flags & BATCHED:
                    a, b = left, right
        if len(inner) == 1 and b is not None and b is inner[0] and a is not shared:
            shared, inner = b, [shared]  # that one is the common one  # type: ignore[list-item]
        if len(inner) > 0 and a is not None and b is not None and (a is shared or b is shared):
            inner.append(b if a is shared else a)
            continue
        if len(inner) > 1 and shared is not None:
            rows.append((start, shared, inner))
        shared, inner, start = a, [b] if b is not None else [], k
    if len(inner) > 1 and shared is not None:
        rows.append((start, shared, inner))
    return rows
