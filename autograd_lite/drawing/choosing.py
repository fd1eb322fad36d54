"""Which nodes of a graph are drawn, and as what: a graph of Values becomes a `Picture`.

All of it where that is small; what lies around a node (`focus`, `radius`); otherwise what is nearest to the
result, with a word on what was left out.
"""

from collections import deque
from collections.abc import Callable, Sequence

from autograd_lite.drawing.names import Names
from autograd_lite.drawing.numerals import counted
from autograd_lite.drawing.picture import (
    CONSTANT,
    INPUT,
    MORE,
    OPERATION,
    PARAMETER,
    RESULT,
    Box,
    Link,
    Picture,
)
from autograd_lite.drawing.signs import sign
from autograd_lite.graph import topological_order
from autograd_lite.value import Value

Gradients = Callable[[Value], float | None]


def stored(value: Value) -> float | None:
    """The gradient that a reverse pass left in a Value; None where none did."""
    return value.grad if value.has_grad else None


def choose(
    roots: Sequence[Value],
    names: Names,
    gradient: Gradients = stored,
    limit: int = 100,
    focus: Value | None = None,
    radius: int = 2,
) -> Picture:
    """The picture of the graph of `roots`."""
    order: list[Value] = topological_order(roots, everything=True)  # type: ignore[assignment]
    picture = Picture(total=len(order))
    if focus is not None:
        kept = around(order, focus, radius)
        if not kept:
            raise ValueError(
                f"focus={focus!r} is not in the graph that is drawn; pass a Value that the result depends on"
            )
        if len(kept) < len(order):
            where = names.of(focus) or sign(focus.row) or "the focus"
            picture.notes.append(f"{counted(len(kept), 'node')} of {len(order):,}: those within {radius} of {where}")
    elif len(order) > limit:
        kept = nearest(roots, limit)
        picture.notes.append(
            f"the {len(kept):,} nodes nearest to the result, of {len(order):,}; "
            f"see others with limit=, or focus= and radius="
        )
    else:
        kept = set(order)
    wanted = [x for x in order if x in kept] if len(kept) < len(order) else order
    keys = {x: f"n{i}" for i, x in enumerate(wanted)}
    results = set(roots)
    for x in wanted:
        picture.add(box_of(x, keys[x], names, gradient, x in results))
    for x in wanted:
        connect(picture, x, keys, gradient)
    picture.roots = [keys[x] for x in roots if x in keys]
    return picture


def box_of(x: Value, key: str, names: Names, gradient: Gradients, is_result: bool) -> Box:
    """The box of one node."""
    flows = bool(x.partials) and any(p is not None for p in x.partials)
    name = names.of(x)
    symbol = sign(x.row)
    if x.op == "":
        kind, flows = PARAMETER if x in names.parameters else INPUT, True
        symbol = ""
    elif not x.parents:
        kind, flows = CONSTANT, False
        symbol = "" if x.op == "constant" else x.op
    else:
        kind = RESULT if is_result else OPERATION
    value = None if x.is_traced else x.data
    slope = gradient(x) if flows else None
    return Box(key, kind, name, symbol, value, slope, flows, tooltip=tooltip(x, name, value, slope))


def tooltip(x: Value, name: str, value: float | None, slope: float | None) -> str:
    """Everything that is known of a node, at full precision, for the pointer that rests on it."""
    lines = [f"{name} = {x.row.formula}" if name else x.row.formula]
    if value is not None:
        lines.append(f"value {value!r}")
    if slope is not None:
        lines.append(f"gradient {slope!r}")
    return "\n".join(lines)


def connect(picture: Picture, x: Value, keys: dict[Value, str], gradient: Gradients) -> None:
    """The links into a node; one box stands for all of its operands that were left out."""
    left_out = 0
    upstream = gradient(x)
    for parent, partial in zip(x.parents, x.partials, strict=True):
        if parent in keys:
            picture.links.append(Link(keys[parent], keys[x], partial, upstream, partial is not None))
        else:
            left_out += 1
    if left_out:
        more = picture.add(Box(f"{keys[x]}more", MORE, f"… {counted(left_out, 'operand')}", flows=False))
        picture.links.append(Link(more.key, keys[x], flows=False))


def nearest(roots: Sequence[Value], limit: int) -> set[Value]:
    """The nodes fewest steps from the result, at most `limit`; a node and its constants come together."""
    kept = set(roots)
    queue = deque(roots)
    while queue and len(kept) < limit:
        for parent in queue.popleft().parents:
            if parent not in kept and len(kept) < limit:
                kept.add(parent)
                queue.append(parent)
    return kept


def around(order: Sequence[Value], focus: Value, radius: int) -> set[Value]:
    """The nodes at most `radius` steps from the focus, along the arrows or against them."""
    present = set(order)
    if focus not in present:
        return set()
    kept = {focus}
    ring = [focus]
    for _ in range(radius):  # against the arrows
        ring = [p for x in ring for p in x.parents]
        kept.update(ring)
    # Along the arrows: the graph knows no children, so they are looked up by one walk an arrow.
    ring_set = {focus}
    for _ in range(radius):
        ring_set = {x for x in order if any(p in ring_set for p in x.parents)} - kept
        kept |= ring_set
    return kept
