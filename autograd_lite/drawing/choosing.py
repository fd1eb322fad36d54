"""Which nodes of a graph are drawn, and which share a box: the plan of a picture.

All of a small graph; what lies around a node (`focus`, `radius`); one box for each neuron or layer, or for all
nodes that do the same; and where nothing of that makes it small enough, what is nearest to the result.  Whatever
is left out is said.
"""

from collections import Counter, deque
from collections.abc import Hashable, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from autograd_lite.drawing.grouping import alike, belonging, by_module, within
from autograd_lite.drawing.numerals import counted
from autograd_lite.drawing.sources import Source, Values

Group = tuple[str, Any]
"""What shares a box: ("module", its path) or ("alike", a number)."""

MOST = 70_000  # nodes that are looked at one by one, in a fraction of a second; larger graphs are cut to it
LEVELS = ("neurons", "layers", "model")
MOST_RESULTS = 8  # that have boxes of their own where boxes are shared
LINKS_PER_BOX = 2.5  # more than that on average is a tangle


@dataclass
class Plan:
    """What to draw of a source: which nodes, in whose boxes, and what to say about the rest."""

    kept: list[Any]  # in order, operands first
    groups: dict[Any, Group] = field(default_factory=dict)  # of the nodes that share boxes
    owners: dict[Any, str] = field(default_factory=dict)  # the path of the module that a node belongs to
    notes: list[str] = field(default_factory=list)


def plan(
    source: Source,
    limit: int = 60,
    collapse: Any = None,
    focus: Any = None,
    radius: int = 2,
) -> Plan:
    """The plan of a picture of at most about `limit` boxes."""
    total = len(source.order)
    if focus is not None:
        return planned_around(source, focus, radius)
    if total <= max(limit, MOST):
        start = Plan(in_order(source, set(source.order)))
    else:
        near = nearest(source, max(limit, MOST))
        start = Plan(in_order(source, near), notes=[f"the {len(near):,} nodes nearest to the result, of {total:,}"])
    if isinstance(source, Values) and source.names.parameters:
        start.owners = belonging(source, start.kept)
    if collapse is not None and collapse is not False:
        return grouped(source, start, collapse)
    if total <= limit:
        return start
    if collapse is None:
        found = automatic(source, start, limit)
        if found is not None:
            return found
    near = nearest(source, limit)
    note = f"the {len(near):,} nodes nearest to the result, of {total:,}; see others with limit=, focus= and radius="
    return replace(start, kept=[x for x in start.kept if x in near], notes=[note])


def grouped(source: Source, start: Plan, collapse: Any) -> Plan:
    """The plan in which groups are as the user asked for."""
    if collapse == "alike":
        return with_alike(source, start)
    if not isinstance(source, Values) or not source.names.modules:
        raise ValueError(
            f"collapse={collapse!r} needs a module, but none was found; have the model in a variable beside the "
            f'call, pass names={{"model": model}}, or choose collapse="alike"'
        )
    names = source.names
    if isinstance(collapse, str) and collapse in LEVELS:
        inside = by_module(start.owners, names, collapse)
    else:
        paths = [collapse] if isinstance(collapse, str) else list(collapse)
        for path in paths:
            if path not in names.module_at:
                known = ", ".join(repr(p) for p in list(names.module_at)[:20])
                raise ValueError(
                    f"collapse names the module {path!r}, which is not there; choose among {known}, or "
                    f"{', '.join(map(repr, LEVELS))}, 'alike'"
                )
        inside = within(start.owners, paths)
    start.groups = {x: ("module", path) for x, path in inside.items()}
    return start


def automatic(source: Source, start: Plan, limit: int) -> Plan | None:
    """The most detailed grouping that is small enough, if there is one."""
    candidates: list[tuple[str, dict[Any, Group]]] = []
    if start.owners and isinstance(source, Values):
        for level in LEVELS:
            inside = by_module(start.owners, source.names, level)
            words = f"one box for {'the' if level == 'model' else 'each'} {level.removesuffix('s')}"
            candidates.append((words, {x: ("module", path) for x, path in inside.items()}))
    candidates.append(("", {}))
    before = start.notes or [f"{len(source.order):,} nodes"]
    for words, groups in candidates:
        found = replace(start, groups=groups, notes=[f"{before[0]}: {words}"])
        if words and fits(source, found, limit):
            return found
        merged = with_alike(source, found)
        merged.notes = [f"{before[0]}: {words}{' and ' if words else ''}one box for all that do the same"]
        if fits(source, merged, limit):
            return merged
    return None


def with_alike(source: Source, start: Plan) -> Plan:
    """A plan in which also the nodes outside of its groups share boxes, if they do the same."""
    atoms: dict[Any, Hashable] = dict(start.groups)
    if len(source.roots) <= MOST_RESULTS:
        for root in source.roots:
            atoms.setdefault(root, ("root", root))
    classes: dict[Any, Hashable] = dict(alike(source, start.kept, atoms))
    for root in source.roots:
        if root in classes:
            classes[root] = ("root", classes[root])  # a result shares no box with what is none
    sizes = Counter(classes.values())
    groups = dict(start.groups)
    for x in start.kept:
        if x not in groups and sizes[classes[x]] > 1:
            groups[x] = ("alike", classes[x])
    notes = start.notes or [f"{len(source.order):,} nodes: one box for all that do the same"]
    return replace(start, groups=groups, notes=notes)


def fits(source: Source, found: Plan, limit: int) -> bool:
    """Whether the boxes and the links of a plan stay readable."""
    boxes = {found.groups.get(x, x) for x in found.kept}
    if len(boxes) > limit:
        return False
    links: set[tuple[Any, Any]] = set()
    for x in found.kept:
        head = found.groups.get(x, x)
        links.update((found.groups.get(p, p), head) for p in source.parents(x))
    return len(links) <= LINKS_PER_BOX * len(boxes)


def planned_around(source: Source, focus: Any, radius: int) -> Plan:
    """The nodes at most `radius` steps from the focus, along the arrows or against them."""
    below: dict[Any, None] = {focus: None}
    ring = [focus]
    for _ in range(radius):
        ring = list(dict.fromkeys(p for x in ring for p in source.parents(x) if p not in below))
        below.update(dict.fromkeys(ring))
    # The graph knows no children: all are found in one walk over the nodes, operands first.
    steps: dict[Any, int] = {}
    start = {focus}
    for x in source.order:
        if x in start:
            steps[x] = 0
        elif steps and not steps.keys().isdisjoint(source.parents(x)):
            nearest_user = min(steps[p] for p in source.parents(x) if p in steps)
            if nearest_user < radius:
                steps[x] = nearest_user + 1
    if not steps:
        raise ValueError(f"focus={focus!r} is not in the graph that is drawn; pass a Value that the result depends on")
    kept = below.keys() | steps.keys()
    inner = {p for x in kept for p in source.parents(x)}
    tops = [x for x in reversed([*below, *steps]) if x not in inner]
    order = in_order(source, kept, list(dict.fromkeys(tops)))
    if len(order) == len(source.order):
        return Plan(order)
    name = source.name(focus) or "the focus"
    return Plan(order, notes=[f"{counted(len(order), 'node')} of {len(source.order):,}: within {radius} of {name}"])


def nearest(source: Source, limit: int) -> set[Any]:
    """The nodes fewest steps from the results, at most `limit`."""
    queue = deque(source.roots[:limit])
    kept = set(queue)
    while queue and len(kept) < limit:
        for parent in source.parents(queue.popleft()):
            if parent not in kept and len(kept) < limit:
                kept.add(parent)
                queue.append(parent)
    return kept


def in_order(source: Source, kept: Set[Any], tops: Sequence[Any] | None = None) -> list[Any]:
    """Those nodes, operands first and from left to right as they are written, without a walk over all others.

    `tops` are those that no other one of them uses: the results, unless others are given.
    """
    order: list[Any] = []
    done: set[Any] = set()
    stack: list[tuple[Any, bool]] = [(x, False) for x in reversed(source.roots if tops is None else tops) if x in kept]
    while stack:
        x, opened = stack.pop()
        if opened:
            order.append(x)
        elif x not in done:
            done.add(x)
            stack.append((x, True))
            stack.extend((p, False) for p in reversed(source.parents(x)) if p in kept and p not in done)
    return order


def check_collapse(collapse: object) -> object:
    """The option, checked as far as that goes without a graph."""
    known = collapse is None or collapse is False or isinstance(collapse, str)
    if known or (isinstance(collapse, Sequence) and all(isinstance(x, str) for x in collapse)):
        return collapse
    raise ValueError(
        f"collapse is {', '.join(map(repr, LEVELS))}, 'alike', the path of a module or a list of paths, or False "
        f"for no groups, but got {collapse!r}; choose one of them"
    )
