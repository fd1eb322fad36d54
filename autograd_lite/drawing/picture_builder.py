"""A picture made from a selection: boxes for nodes and groups, links between them, clusters around modules."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence, Set

from autograd_lite.drawing.expansion import expand
from autograd_lite.drawing.grouping import N, enclosing
from autograd_lite.drawing.names import module_text
from autograd_lite.drawing.number_format import count_text, numeral
from autograd_lite.drawing.picture import CONSTANT, GROUP, MORE, RESULT, Box, Link, Picture
from autograd_lite.drawing.selection import BoxGroup, Selection
from autograd_lite.drawing.sources import Source, family, sign_of, unit


def build_picture(
    source: Source[N], selected: Selection[N], expanded: str | None = None, precision: int = 4
) -> Picture:
    """The picture of what is selected; `expanded` is None, "products" or "sums"."""
    picture, groups = Picture(notes=list(selected.notes)), selected.groups
    members: dict[BoxGroup, list[N]] = {}
    for x in selected.kept:
        if x in groups:
            members.setdefault(groups[x], []).append(x)
    numbers = {group: f"g{i}" for i, group in enumerate(members)}
    # What something outside of its group uses, and the results.
    operands = ((x, p) for x in selected.kept if groups for p in source.parents(x))
    outputs = {*source.roots, *(p for x, p in operands if groups.get(p) != groups.get(x))}
    keys: dict[N, str] = {}
    for i, x in enumerate(selected.kept):
        group = groups.get(x)
        keys[x] = f"n{i}" if group is None else numbers[group]
        if group is None:
            picture.add(source.box(x, keys[x]))
        elif keys[x] not in picture.boxes:
            picture.add(group_box(source, group, members[group], outputs, keys[x], precision))
    add_clusters(picture, source, selected, keys)
    add_calls(picture, source, selected, keys)
    links_between(picture, source, selected, keys, expanded)
    picture.roots = list(dict.fromkeys(keys[x] for x in source.roots if x in keys))
    if len(source.roots) == 1 and source.roots[0] in groups:
        picture.gradient_of = source.name(source.roots[0])  # rather than what its box is called
    # The 1 that a bias is multiplied with has no link, and no box unless something else uses it.
    linked = {key for link in picture.links for key in (link.tail, link.head)} | set(picture.roots)
    picture.boxes = {key: box for key, box in picture.boxes.items() if key in linked}
    return picture


def group_box(source: Source[N], group: BoxGroup, nodes: Sequence[N], used: Set[N], key: str, precision: int) -> Box:
    """One box for many nodes, with the numbers of its outputs, or their range."""
    outputs = [x for x in nodes if x in used] or nodes[-1:]
    operations = sum(1 for x in nodes if source.parents(x))
    base = "" if operations else source.kind(nodes[0])
    if group.title:
        title, symbol, notes = group.title, "", [count_text(operations, "operation")]
    elif group.module is None:
        if set(source.roots).issuperset(nodes):
            base = RESULT
        families = {family(source.name(x)) for x in nodes}
        title = f"{families.pop()}…" if len(families) == 1 and "" not in families else ""
        symbol = sign_of(source, nodes[0]) if operations else ""
        notes = [count_text(len(nodes), base or "node")]
    else:
        module = source.modules.get(group.module)
        title, symbol = group.module or type(module).__name__, ""
        notes = [module_text(module), *([count_text(operations, "operation")] if len(outputs) > 1 else [])]
    box = Box(key, GROUP, title, symbol, notes=tuple(notes), flows=False, base=base)
    values = [v for x in outputs if (v := source.value(x)) is not None]
    slopes = [g for x in outputs if (g := source.gradient(x)) is not None]
    box.value_range, box.gradient_range = span(values, precision), span(slopes, precision)
    if len(outputs) == 1:
        box.value, box.gradient = next(iter(values), None), next(iter(slopes), None)
    box.tooltip = "\n".join([title or symbol, *notes])
    return box


def span(numbers: Sequence[float], precision: int) -> str:
    finite = [x for x in numbers if not math.isnan(x)]
    text = " … ".join(dict.fromkeys(numeral(end(finite), precision) for end in (min, max) if finite))
    return text if len(finite) == len(numbers) else ", ".join(filter(None, (text, "nan")))


def add_clusters(picture: Picture, source: Source[N], selected: Selection[N], keys: Mapping[N, str]) -> None:
    """Clusters around what belongs to one module: each module that holds more than one box."""
    modules = source.modules
    for x, path in ((x, path) for x, path in selected.owners.items() if x in keys):
        group = selected.groups.get(x)
        if group is None:
            around = enclosing(path, modules)
        elif group.module is not None:
            around = [p for p in enclosing(group.module, modules) if p != group.module]
        else:
            around = []  # what is alike may be of several modules
        if len(modules) > 1:
            around = [p for p in around if p]  # the model as a whole needs no cluster
        box = picture.boxes[keys[x]]
        box.clusters, box.short = tuple(around), path_inside(around[-1] if around else "", box.title)
        for outer, p in zip(["", *around], around, strict=False):
            picture.clusters.setdefault(p, " ".join(filter(None, (path_inside(outer, p), module_text(modules[p])))))


def add_calls(picture: Picture, source: Source[N], selected: Selection[N], keys: Mapping[N, str]) -> None:
    """Clusters around what belongs to one call, unless modules are around it."""
    for x, key in keys.items():
        box = picture.boxes[key]
        if x not in selected.groups and not box.clusters and (calls := source.calls(x)):
            box.clusters = tuple([call for call, _ in calls])
            picture.clusters.update(calls)


def path_inside(outer: str, path: str) -> str:
    """A path as it reads inside the module `outer`, whose own path need not be repeated."""
    return path.removeprefix(f"{outer}.") if outer else path


def links_between(
    picture: Picture, source: Source[N], selected: Selection[N], keys: Mapping[N, str], expanded: str | None
) -> None:
    """The links between boxes; those between the same two groups are one, those to what is left out one more."""
    groups = selected.groups
    between: dict[tuple[str, str], Link] = {}
    left_out: Counter[str] = Counter()
    for x in selected.kept:
        head, operands, upstream, one = keys[x], source.parents(x), source.gradient(x), unit(source, x)
        is_single = x not in groups and not any(p in groups for p in operands)
        if is_single and expanded and expand(picture, source, x, keys, expanded):
            continue
        for i, (parent, partial) in enumerate(zip(operands, source.partials(x), strict=True)):
            tail, flows = keys.get(parent), partial is not None or not source.has_partials
            if i == one:
                continue
            if tail is None:
                left_out[head] += 1
            elif x not in groups and parent not in groups:
                shown = None if source.is_array(x) or source.is_array(parent) else partial
                picture.links.append(Link(tail, head, shown, upstream, flows))
            elif tail != head:
                if (tail, head) not in between:
                    between[tail, head] = Link(tail, head, flows=False, count=0)
                    picture.links.append(between[tail, head])
                between[tail, head].count += 1
                between[tail, head].flows |= flows
    for x, role in roles(source, selected).items():
        box = picture.boxes[keys[x]]
        if box.kind == CONSTANT and not box.title:
            box.notes = (role,)
    for head, n in left_out.items():
        more = picture.add(Box(f"{head}more", MORE, f"… {count_text(n, 'operand')}", flows=False))
        picture.links.append(Link(more.key, head, flows=False))


def roles(source: Source[N], selected: Selection[N]) -> dict[N, str]:
    """What some operands are for: an exponent, or the target that an output of a module is compared with."""
    found: dict[N, str] = {}
    compared: set[N] = set()
    for x in reversed(selected.kept):
        operands, name = source.parents(x), source.row(x).name if source.parents(x) else ""
        if name == "pow":
            found[operands[1]] = "exponent"
        if name in ("pow", "square", "abs") or (name == "mul" and len(set(operands)) == 1):
            compared.add(operands[0])
        if name == "sub" and x in compared:
            for operand, other in (operands, operands[::-1]):
                if other in selected.owners:
                    found[operand] = "target"
    shown = set(selected.kept) - selected.groups.keys()
    return {x: role for x, role in found.items() if x in shown}
