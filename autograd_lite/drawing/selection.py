"""Which nodes are drawn, and which share a box: all of a small graph, of a large one a part, or groups."""

from collections import Counter, deque
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple

from autograd_lite.drawing.grouping import N, by_module, nodes_of_modules
from autograd_lite.drawing.number_format import count_text
from autograd_lite.drawing.similarity import alike
from autograd_lite.drawing.sources import Source

MOST = 70_000  # nodes that are looked at one by one, in a fraction of a second; larger graphs are cut to it
LEVELS = ("neurons", "layers", "model")
FEW_STEPS = 2  # of a loop, which are drawn one by one
MOST_STEPS = 8  # that have boxes of their own
MOST_RESULTS = 8  # that have boxes of their own where boxes are shared
LINKS_PER_BOX = 2.5  # more than that on average is a tangle
Collapse = str | Sequence[str] | bool | None


class BoxGroup(NamedTuple):
    """What nodes that share a box have in common: their module, or what they do."""

    module: str | None
    likeness: Hashable = None
    title: str = ""  # of steps of a loop


@dataclass
class Selection(Generic[N]):
    """What to draw of a source: which nodes, in whose boxes, and notes on the rest."""

    kept: list[N]  # in order, operands first
    groups: dict[N, BoxGroup] = field(default_factory=dict)  # of the nodes that share boxes
    owners: Mapping[N, str] = field(default_factory=dict)  # the path of the module that a node belongs to
    notes: list[str] = field(default_factory=list)


def select(
    source: Source[N], limit: int = 60, collapse: Collapse = None, focus: Hashable = None, radius: int = 2,
    fold: bool = True,
) -> Selection[N]:  # fmt: skip
    """What is drawn; with `fold`, the units of a network share boxes also where the graph is small."""
    total = len(source.order)
    if focus is not None:
        return neighbourhood(source, focus, radius)
    near = nearest_nodes(source, max(limit, MOST)) if total > max(limit, MOST) else set(source.order)
    notes = [f"the {len(near):,} nodes nearest to the result, of {total:,}"] if len(near) < total else []
    start = Selection(operands_first(source, near), notes=notes)
    start.owners = source.owners(start.kept)
    if collapse is not None and collapse is not False:
        return grouped(source, start, collapse)
    if collapse is None and fold and focus is None and (folded := in_steps(source, start, few=FEW_STEPS)):
        return folded
    if total <= limit:
        return network_units(source, start) if collapse is None and fold else start
    found = automatic(source, start, limit) if collapse is None else None
    if found is not None:
        return found
    near = nearest_nodes(source, limit)
    note = f"the {len(near):,} nodes nearest to the result, of {total:,}; see others with limit=, focus= and radius="
    return replace(start, kept=[x for x in start.kept if x in near], notes=[note])


def network_units(source: Source[N], start: Selection[N]) -> Selection[N]:
    """Each unit of a network in one box, with its weights; a single one, and what is no network of units, as it is."""
    homes = by_module(start.owners, source.modules, "neurons") if start.owners else {}
    sums = Counter(path for x, path in homes.items() if source.row(x).name == "dot")
    if len(sums) < 2 or max(sums.values()) > 1:
        return start
    note = f"{len(source.order):,} nodes: one box for each neuron; collapse=False draws all"
    return replace(start, groups={x: BoxGroup(path) for x, path in homes.items() if path in sums}, notes=[note])


def grouped(source: Source[N], start: Selection[N], collapse: str | Sequence[str] | bool) -> Selection[N]:
    if collapse == "alike":
        return with_alike(source, start)
    if collapse == "steps" or (not isinstance(collapse, (str, bool)) and all(x.startswith("step ") for x in collapse)):
        found = in_steps(source, start, None if collapse == "steps" else set(collapse))
        if found is None:
            raise ValueError(f'collapse={collapse!r} needs a loop of several steps, but none was found; choose "alike"')
        return found
    modules = source.modules
    if not modules or isinstance(collapse, bool):
        raise ValueError(
            f"collapse={collapse!r} needs a module, but none was found; have the model in a variable beside the "
            f'call, pass names={{"model": model}}, or choose collapse="alike"'
        )
    if isinstance(collapse, str) and collapse in LEVELS:
        inside = by_module(start.owners, modules, collapse)
    else:
        paths = [collapse] if isinstance(collapse, str) else list(collapse)
        missing = [path for path in paths if path not in modules]
        if missing:
            known = ", ".join(map(repr, list(modules)[:20]))
            raise ValueError(
                f"collapse names the module {missing[0]!r}, which is not there; choose among {known}, or "
                f"{', '.join(map(repr, LEVELS))}, 'alike'"
            )
        inside = nodes_of_modules(start.owners, paths)
    return replace(start, groups={x: BoxGroup(path) for x, path in inside.items()})


def in_steps(source: Source[N], start: Selection[N], only: Set[str] | None = None, few: int = 0) -> Selection[N] | None:
    """Each step of a loop in one box, of a long loop those in the middle together, or `only` some; None: no loop."""
    steps = source.steps(start.kept)
    if not steps or max([place.steps for place in steps.values()]) <= few:
        return None
    groups: dict[N, BoxGroup] = {}
    for x, (step, count, loop) in steps.items():
        title = f"step {step}"
        if only is None and count > MOST_STEPS and 2 < step < count:
            title = f"steps 3 to {count - 1}"
        if (only is None or title in only) and not (x in source.roots and len(source.roots) > MOST_RESULTS):
            groups[x] = BoxGroup(None, ("step", count, loop), title)
    note = f"{len(source.order):,} nodes: one box for each step of a loop; collapse=False draws all"
    return replace(start, groups=groups, notes=start.notes or [note])


def automatic(source: Source[N], start: Selection[N], limit: int) -> Selection[N] | None:
    """The most detailed grouping that is small enough, if there is one."""
    before = start.notes[0] if start.notes else f"{len(source.order):,} nodes"
    for level in (*(LEVELS if start.owners else ()), None):
        found, words = start, ""
        if level is not None:
            words = f"one box for {'the' if level == 'model' else 'each'} {level.removesuffix('s')}"
            found = replace(grouped(source, start, level), notes=[f"{before}: {words}"])
            if is_readable(source, found, limit):
                return found
            words += " and "
        merged = replace(with_alike(source, found), notes=[f"{before}: {words}one box for all that do the same"])
        if is_readable(source, merged, limit):
            return merged
    return None


def with_alike(source: Source[N], start: Selection[N]) -> Selection[N]:
    """A selection in which also the nodes outside of its groups share boxes, if they do the same."""
    apart = source.roots if len(source.roots) <= MOST_RESULTS else []
    atoms: dict[N, Hashable] = {**{root: ("root", root) for root in apart}, **start.groups}
    classes: dict[N, Hashable] = dict(alike(source, start.kept, atoms))
    for root in source.roots:
        if root in classes:
            classes[root] = ("root", classes[root])  # a result shares no box with what is none
    sizes = Counter(classes.values())
    others = {x: BoxGroup(None, kind) for x, kind in classes.items() if x not in start.groups and sizes[kind] > 1}
    notes = start.notes or [f"{len(source.order):,} nodes: one box for all that do the same"]
    return replace(start, groups=start.groups | others, notes=notes)


def is_readable(source: Source[N], found: Selection[N], limit: int) -> bool:
    """Whether the boxes and the links of a selection stay readable."""
    groups = found.groups
    boxes = {groups.get(x, x) for x in found.kept}
    if len(boxes) > limit:
        return False
    links = {(groups.get(p, p), groups.get(x, x)) for x in found.kept for p in source.parents(x)}
    return len(links) <= LINKS_PER_BOX * len(boxes)


def neighbourhood(source: Source[N], focus: Hashable, radius: int) -> Selection[N]:
    """The nodes at most `radius` steps from the focus, along the arrows or against them."""
    wanted = {focus}  # Values with the same number are equal, but differ as keys
    # The graph knows no children: all are found in one walk over the nodes, operands first.
    steps: dict[N, int] = {}
    for x in source.order:
        if x in wanted:
            steps[x] = 0
        elif steps and not steps.keys().isdisjoint(source.parents(x)):
            nearest_user = min(steps[p] for p in source.parents(x) if p in steps)
            if nearest_user < radius:
                steps[x] = nearest_user + 1
    if not steps:
        raise ValueError(f"focus={focus!r} is not in the graph that is drawn; pass a Value that the result depends on")
    start = next(iter(steps))
    below, ring = {start: None}, [start]
    for _ in range(radius):
        ring = list(dict.fromkeys(p for x in ring for p in source.parents(x) if p not in below))
        below.update(dict.fromkeys(ring))
    kept = below.keys() | steps.keys()
    inner = {p for x in kept for p in source.parents(x)}
    tops = dict.fromkeys(x for x in reversed([*below, *steps]) if x not in inner)
    order = operands_first(source, kept, list(tops))
    total, name = len(source.order), source.name(start) or "the focus"
    note = f"{count_text(len(order), 'node')} of {total:,}: within {radius} of {name}"
    return Selection(order, notes=[note] if len(order) < total else [])


def nearest_nodes(source: Source[N], limit: int) -> set[N]:
    """The nodes fewest steps from the results, at most `limit`."""
    queue = deque(source.roots[:limit])
    kept = set(queue)
    while queue and len(kept) < limit:
        for parent in source.parents(queue.popleft()):
            if parent not in kept and len(kept) < limit:
                kept.add(parent)
                queue.append(parent)
    return kept


def operands_first(source: Source[N], kept: Set[N], tops: Sequence[N] | None = None) -> list[N]:
    """Those nodes, operands first and from left to right as they are written, without a walk over all others.

    `tops` are those that no other one of them uses: the results, unless others are given.
    """
    order: list[N] = []
    done: set[N] = set()
    stack = [(x, False) for x in reversed(source.roots if tops is None else tops) if x in kept]
    while stack:
        x, opened = stack.pop()
        if opened:
            order.append(x)
        elif x not in done:
            done.add(x)
            stack.append((x, True))
            stack.extend((p, False) for p in reversed(source.parents(x)) if p in kept and p not in done)
    return order


def check_collapse(collapse: Collapse) -> None:
    """Refuse what is no option, as far as that goes without a graph."""
    known = collapse is None or collapse is False or isinstance(collapse, str)
    if not (known or (isinstance(collapse, Sequence) and all(isinstance(x, str) for x in collapse))):
        raise ValueError(
            f"collapse is {', '.join(map(repr, LEVELS))}, 'alike', the path of a module or a list of paths, or False "
            f"for no groups, but got {collapse!r}; choose one of them"
        )
