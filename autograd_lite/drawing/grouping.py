"""Which nodes share a box: those of one neuron or layer, and those that do the same.

A graph records no modules, so a module's nodes are recognised by its parameters: `belonging` says which module
each node computes.  `alike` needs no modules at all: nodes of one operation whose operands are alike are alike,
and so are the links of a chain that adds up such operands.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from autograd_lite.core.value import Value
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.sources import Source, Values


def belonging(source: Values, order: Sequence[Value]) -> dict[Value, str]:
    """The path of the module that each of these nodes belongs to; nodes outside of all modules are absent.

    A sum of products with a parameter belongs to the parameter's module; an activation to that of its operand.
    Whatever is computed from one module alone and used by another belongs to the first: the parts of an
    activation that is written in several operations.
    """
    parameters = source.names.parameters
    owner = {x: parameters[x] for x in order if x in parameters}
    affine: set[Value] = set()
    maybe: dict[Value, str] = {}
    for x in order:
        if x in owner or not x.parents:
            continue
        role = x.row.role
        own = [p for p in x.parents if p in parameters]
        others = [p for p in x.parents if p not in parameters]
        if own and others and role == "affine":
            paths = {owner[p] for p in own}
            owner[x] = common(paths)
            affine.add(x)
            continue
        inside = {owner[p] if p in owner else maybe.get(p) for p in others if p.parents}
        if len(inside) != 1 or own:
            continue
        path = inside.pop()
        if path is None:
            continue
        if role == "affine" and all(p in affine for p in others):
            owner[x] = path
            affine.add(x)
        elif role in ("activation", "saturating") and others[0] in affine:
            owner[x] = path
        else:
            maybe[x] = path
    for x in reversed(order):
        path = owner.get(x)
        if path is not None and x not in parameters:
            for p in x.parents:
                if p in maybe:
                    owner[p] = maybe.pop(p)
    return owner


def chain(path: str, modules: Mapping[str, Any]) -> list[str]:
    """The paths of the modules around and including that one, outermost first."""
    return sorted((p for p in modules if p in ("", path) or path.startswith(f"{p}.")), key=len)


def by_module(owner: Mapping[Value, str], names: Names, level: str) -> dict[Value, str]:
    """The module whose box each node goes into: the innermost ("neurons"), outermost ("model") or the next."""
    place = {"neurons": -1, "layers": 1, "model": 0}[level]
    homes = {}
    for path in set(owner.values()):
        around = chain(path, names.module_at)
        homes[path] = around[min(place, len(around) - 1)] if around else path
    return {x: homes[path] for x, path in owner.items()}


def within(owner: Mapping[Value, str], paths: Sequence[str]) -> dict[Value, str]:
    """The nodes that belong to the modules at these paths, each with that path."""
    found = {}
    for x, path in owner.items():
        for wanted in paths:
            if path == wanted or path.startswith(f"{wanted}."):
                found[x] = wanted
    return found


def common(paths: set[str]) -> str:
    """The innermost module that holds all of these."""
    parts = [path.split(".") for path in paths]
    kept = []
    for step in zip(*parts, strict=False):
        if len(set(step)) > 1:
            break
        kept.append(step[0])
    return ".".join(kept)


OUTSIDE = -1  # the class of operands that are not drawn


def alike(source: Source, order: Sequence[Any], atoms: Mapping[Any, Hashable]) -> dict[Any, int]:
    """A number for each node, the same for nodes that do the same; `atoms` holds what is already one thing."""
    kinds: dict[Hashable, int] = {}
    found: dict[Any, int] = {}
    made_of: list[tuple[Hashable, frozenset[int]]] = []  # for each class: its kin, the classes of its operands
    for x in order:
        key: Hashable
        kin: Hashable
        if x in atoms:
            kin, operands = atoms[x], frozenset[int]()
        else:
            kin = source.kin(x)
            operands = frozenset([found.get(p, OUTSIDE) for p in source.parents(x)])
            link = link_of_a_chain(kin, operands, made_of)
            if link is not None:
                found[x] = link
                continue
        key = (kin, operands)
        if key not in kinds:
            kinds[key] = len(made_of)
            made_of.append(key)
        found[x] = kinds[key]
    apart(source, order, atoms, found, len(made_of))
    return found


def apart(
    source: Source, order: Sequence[Any], atoms: Mapping[Any, Hashable], found: dict[Any, int], number: int
) -> None:
    """Give constants that are used in different places numbers of their own, from `number` on."""
    uses: dict[Any, set[tuple[int, int]]] = {}
    for x in order:
        operands = source.parents(x)
        for i, p in enumerate(operands):
            if not source.parents(p) and p not in atoms and source.is_constant(p):
                uses.setdefault(p, set()).add((found[x], i if len(operands) == 2 else 0))
    numbers: dict[Hashable, int] = {}
    for p, places in uses.items():
        if p in found:
            found[p] = numbers.setdefault((found[p], frozenset(places)), number + len(numbers))


def link_of_a_chain(
    kin: Hashable, operands: frozenset[int], made_of: list[tuple[Hashable, frozenset[int]]]
) -> int | None:
    """The class of an operand of the same kin that this node goes on with, as in a + b + c + ..."""
    for i in operands - {OUTSIDE}:
        before, ingredients = made_of[i]
        if before == kin and ingredients and operands - {i} <= ingredients:
            return i
    return None
