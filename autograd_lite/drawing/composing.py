"""A picture made from its plan: boxes for nodes and groups, links between them, frames around modules."""

import math
from typing import Any

from autograd_lite.drawing.choosing import Group, Plan
from autograd_lite.drawing.expanding import expand
from autograd_lite.drawing.grouping import chain
from autograd_lite.drawing.numerals import counted, numeral
from autograd_lite.drawing.picture import GROUP, MORE, RESULT, Box, Frame, Link, Picture
from autograd_lite.drawing.sources import Source, Values, family, sign_of, unit


def compose(source: Source, what: Plan, expanded: str | None = None, precision: int = 4) -> Picture:
    """The picture that a plan describes; `expanded` is None, "products" or "sums"."""
    picture = Picture(total=len(source.order), notes=list(what.notes))
    keys: dict[Any, str] = {}
    members: dict[Group, list[Any]] = {}
    for x in what.kept:
        group = what.groups.get(x)
        if group is not None:
            members.setdefault(group, []).append(x)
    number: dict[Group, str] = {group: f"g{i}" for i, group in enumerate(members)}
    results, used = set(source.roots), used_outside(source, what)
    for i, x in enumerate(what.kept):
        group = what.groups.get(x)
        if group is None:
            keys[x] = picture.add(source.box(x, f"n{i}")).key
        else:
            keys[x] = number[group]
            if number[group] not in picture.boxes:
                picture.add(group_box(source, group, members[group], results, used, number[group], precision))
    add_frames(picture, source, what, keys)
    connect(picture, source, what, keys, expanded)
    picture.roots = list(dict.fromkeys(keys[x] for x in source.roots if x in keys))
    # The 1 that a bias is multiplied with has no link, and no box unless something else uses it.
    linked = {key for link in picture.links for key in (link.tail, link.head)} | set(picture.roots)
    picture.boxes = {key: box for key, box in picture.boxes.items() if key in linked}
    return picture


def used_outside(source: Source, what: Plan) -> set[Any]:
    """The nodes of groups that something outside of their group uses: the outputs of the group."""
    used = set(source.roots)
    if what.groups:
        for x in what.kept:
            group = what.groups.get(x)
            used.update(p for p in source.parents(x) if what.groups.get(p) != group)
    return used


def group_box(
    source: Source, group: Group, nodes: list[Any], results: set[Any], used: set[Any], key: str, precision: int
) -> Box:
    """One box for many nodes; it tells the numbers of its outputs, or in what range they lie."""
    kind, what = group
    outputs = [x for x in nodes if x in used] or nodes[-1:]
    operations = [x for x in nodes if source.parents(x)]
    notes = []
    base = "" if operations else source.box(nodes[0], key).kind
    if kind == "alike" and results.issuperset(nodes):
        base = RESULT
    if kind == "module" and isinstance(source, Values):
        module = source.names.module_at.get(what)
        title, symbol = what or type(module).__name__, ""
        notes.append(described(module))
        if len(outputs) > 1:
            notes.append(counted(len(operations), "operation"))
    else:
        title = common_name(source, nodes)
        symbol = sign_of(source, nodes[0]) if operations else ""
        notes.append(counted(len(nodes), base or "node"))
    box = Box(key, GROUP, title, symbol, notes=tuple(notes), flows=False, base=base)
    values = [v for x in outputs if (v := source.value(x)) is not None]
    slopes = [g for x in outputs if (g := source.gradient(x)) is not None]
    box.value_range = span(values, precision)
    box.gradient_range = span(slopes, precision)
    if len(outputs) == 1:
        box.value, box.gradient = values[0] if values else None, slopes[0] if slopes else None
    box.tooltip = "\n".join([title or symbol, *notes])
    return box


def common_name(source: Source, nodes: list[Any]) -> str:
    """What leaves, or results, of one family are called together."""
    bases = {family(source.name(x)) for x in nodes}
    return f"{bases.pop()}…" if len(bases) == 1 and "" not in bases else ""


def span(numbers: list[float], precision: int) -> str:
    """From the smallest to the largest number."""
    if not numbers:
        return ""
    finite = [x for x in numbers if not math.isnan(x)]
    if not finite:
        return "nan"
    low, high = numeral(min(finite), precision), numeral(max(finite), precision)
    text = low if low == high else f"{low} … {high}"
    return text if len(finite) == len(numbers) else f"{text}, nan"


def add_frames(picture: Picture, source: Source, what: Plan, keys: dict[Any, str]) -> None:
    """Frames around what belongs to one module: each module that holds more than one box."""
    if not isinstance(source, Values) or not what.owners:
        return
    modules = source.names.module_at
    for x, path in what.owners.items():
        key = keys.get(x)
        if key is None:
            continue
        group = what.groups.get(x)
        around = chain(path, modules)
        if group is not None:
            kind, inside = group  # what is alike may be of several modules
            around = [p for p in chain(inside, modules) if p != inside] if kind == "module" else []
        if len(modules) > 1:
            around = [p for p in around if p]  # the model as a whole needs no frame
        box = picture.boxes[key]
        box.frames = tuple(around)
        box.short = without(around[-1] if around else "", box.title)
        for p in around:
            if p not in picture.frames:
                outer = around[around.index(p) - 1] if around.index(p) else ""
                picture.frames[p] = Frame(p, " ".join(x for x in (without(outer, p), described(modules[p])) if x))


def without(outer: str, path: str) -> str:
    """A path as it reads inside the module `outer`, whose own path needs no second word."""
    return path.removeprefix(f"{outer}.") if outer else path


def described(module: Any) -> str:
    """A module in a few words, as it describes itself where it can."""
    describe = getattr(module, "describe", None)
    return str(describe()) if callable(describe) else type(module).__name__


def connect(picture: Picture, source: Source, what: Plan, keys: dict[Any, str], expanded: str | None) -> None:
    """The links between boxes; those between the same two groups are one, those to what is left out one more."""
    between: dict[tuple[str, str], Link] = {}
    left_out: dict[str, int] = {}
    for x in what.kept:
        head, group = keys[x], what.groups.get(x)
        upstream = source.gradient(x)
        operands, partials = source.parents(x), source.partials(x)
        is_single = group is None and not any(p in what.groups for p in operands)
        if is_single and expanded and expand(picture, source, x, keys, expanded):
            continue
        one = unit(source, x)
        for i, (parent, partial) in enumerate(zip(operands, partials, strict=True)):
            tail = keys.get(parent)
            if i == one:
                continue
            if tail is None:
                left_out[head] = left_out.get(head, 0) + 1
            elif group is None and parent not in what.groups:
                flows = partial is not None or not isinstance(source, Values)
                picture.links.append(Link(tail, head, partial, upstream, flows))
            elif tail != head:
                if (tail, head) not in between:
                    between[tail, head] = Link(tail, head, flows=False, count=0)
                    picture.links.append(between[tail, head])
                link = between[tail, head]
                link.count += 1
                link.flows = link.flows or partial is not None or not isinstance(source, Values)
    for head, n in left_out.items():
        more = picture.add(Box(f"{head}more", MORE, f"… {counted(n, 'operand')}", flows=False))
        picture.links.append(Link(more.key, head, flows=False))
