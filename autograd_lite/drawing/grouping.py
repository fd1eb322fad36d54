"""Which nodes make up a neuron or a layer: a graph records no modules, so they are recognised by parameters."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import takewhile
from operator import attrgetter
from typing import TypeVar

from autograd_lite.core.value import Value
from autograd_lite.nn.module import Module
from autograd_lite.trees.paths import is_within, parts

N = TypeVar("N", bound=Hashable)


def belonging(
    parameters: Mapping[Value, str], order: Sequence[Value],
    parents: Callable[[Value], Sequence[Value]] = attrgetter("parents"),
) -> dict[Value, str]:  # fmt: skip
    """The path of the module that each of these nodes belongs to; nodes outside of all modules are absent.

    A sum of products with a parameter belongs to the parameter's module; an activation to that of its operand, as does
    what is computed from one module alone and used by another: the parts of an activation of several operations.
    """
    owner = {x: parameters[x] for x in order if x in parameters}
    affine: set[Value] = set()
    maybe: dict[Value, str] = {}
    for x in order:
        operands = parents(x)
        if x in owner or not operands:
            continue
        role = x.row.role
        own = [p for p in operands if p in parameters]
        others = [p for p in operands if p not in parameters]
        if own and others and role == "affine":
            # The innermost module that holds them all: the names that their paths begin with alike.
            levels = zip(*(parts(owner[p]) for p in own), strict=False)
            owner[x] = "".join(names[0] for names in takewhile(lambda names: len(set(names)) == 1, levels))
            affine.add(x)
            continue
        inside = {owner.get(p, maybe.get(p)) for p in others if p.parents}
        path = inside.pop() if len(inside) == 1 and not own else None
        if path is None:
            continue
        if role == "affine" and all(p in affine for p in others):
            owner[x] = path
            affine.add(x)
        elif role in ("activation", "saturating", "rectifier") and others[0] in affine:
            owner[x] = path
        else:
            maybe[x] = path
    for x in reversed(order):
        if x in owner and x not in parameters:
            owner.update({p: maybe.pop(p) for p in parents(x) if p in maybe})
    return owner


def enclosing(path: str, modules: Mapping[str, Module]) -> list[str]:
    """The paths of the modules around and including that one, outermost first."""
    return sorted((p for p in modules if is_within(path, p)), key=len)


def by_module(owners: Mapping[N, str], modules: Mapping[str, Module], level: str) -> dict[N, str]:
    """The module whose box each node goes into: the innermost ("neurons"), outermost ("model") or the next."""
    depth = {"neurons": -1, "layers": 1, "model": 0}[level]
    around = {path: enclosing(path, modules) or [path] for path in set(owners.values())}
    homes = {path: paths[min(depth, len(paths) - 1)] for path, paths in around.items()}
    return {x: homes[path] for x, path in owners.items()}


def nodes_of_modules(owners: Mapping[N, str], paths: Sequence[str]) -> dict[N, str]:
    """The nodes that belong to the modules at these paths, each with that path."""
    return {x: home for x, path in owners.items() for home in paths if is_within(path, home)}
