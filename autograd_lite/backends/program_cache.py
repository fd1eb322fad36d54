"""The programs of a compiled function, of which a bounded number is kept: those that were used last."""

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple, Protocol

from autograd_lite.support.user_lines import warn
from autograd_lite.trees import PyTreeDef
from autograd_lite.trees.registry import MODULE, ModuleStructure
from autograd_lite.trees.treedef import LeafEntry as Part

PROGRAMS = 64
"""Programs that are kept of one compiled function, each of a few megabytes."""


REBOUND = (
    "another Value, or a Module with other settings, is in the place of one that it closes over: assign the .data of a "
    "Value, or make it an argument"
)


class Key(NamedTuple):
    """What a program is made for: the structure of the arguments, and how results are given."""

    treedefs: tuple[PyTreeDef, ...]
    keywords: tuple[tuple[str, PyTreeDef], ...]
    lists: bool
    library: str
    few: bool


class Kept(Protocol):
    """What is kept; `used` is set at every use."""

    used: bool


class ProgramCache(dict[Key, Any]):
    """Entries by key.  The one that was not used for longest goes when there are too many, with one warning.

    A use sets a flag, which costs less than to keep an order: what was used since it was last looked at stays.
    Source: Corbató, A paging experiment with the Multics system (1968).
    """

    def __init__(self, name: str, names: Callable[[int], Sequence[str]]) -> None:
        self.name, self.names = name, names
        self.newest: Key | None = None
        self.warned = False
        self.replaced = 0
        self.count = 0
        """The programs that were made in all."""
        self.reasons: list[str] = []
        """Why each of the newest ones after the first was made."""

    def add(self, key: Key, entry: Kept) -> list[Kept]:
        """Keep an entry; returns those that went for it.  The caller holds the lock of the function."""
        gone: list[Kept] = []
        self.count += 1
        if self.newest is not None:
            self.reasons = [*self.reasons[1 - PROGRAMS :], REBOUND if key in self else self.change(key)]
        if key in self:
            self.count_replaced()
            gone.append(self.pop(key))
        while len(self) >= PROGRAMS:
            oldest = next(iter(self))
            found = self.pop(oldest)
            if found.used:
                found.used = False
                self[oldest] = found
            else:
                gone.append(found)
                self.tell(key)
        self[key] = entry
        self.newest = key
        return gone

    def tell(self, key: Key) -> None:
        """One warning that names what changes from one program to the next."""
        if not self.warned:
            self.warned = True
            warn(
                f"{self.name} was compiled more than {PROGRAMS} times, and of its programs those that were not used "
                f"for longest are dropped: {self.change(key)}"
            )

    def count_replaced(self) -> None:
        self.replaced += 1
        if self.replaced >= PROGRAMS and not self.warned:
            self.warned = True
            warn(f"{self.name} was compiled {PROGRAMS} times for arguments of one structure, because {REBOUND}")

    def change(self, key: Key) -> str:
        """In what the key differs from the one before."""
        old = self.newest
        if old is None:
            return "the arguments have ever new structures"
        names = [*self.names(len(key.treedefs)), *(name for name, _ in key.keywords)]
        before = [*old.treedefs, *(treedef for _, treedef in old.keywords)]
        now = [*key.treedefs, *(treedef for _, treedef in key.keywords)]
        for name, one, other in zip(names, before, now, strict=False):
            if one != other:
                return change_of(one, other, name)
        return f"it was called with {len(before)} arguments, then with {len(now)}; call it in one way"


def change_of(old: PyTreeDef, new: PyTreeDef, name: str) -> str:
    """In what one structure differs from another, and what to do."""
    for one, other in zip_longest(old.entries(name), new.entries(name)):
        if one is None or other is None or one.node != other.node or one.path != other.path:
            part = other or one
            if one is not None and other is not None and one.node.kind is other.node.kind is MODULE:
                return change_of_module(one.node.aux, other.node.aux, part.name)
            was, now = words_of(one), words_of(other)
            return f"argument {part.name} was {was}, then {now}; give it one size, or map over it with vmap"
    return f"argument {name} has other containers around its numbers; give it one structure"


def change_of_module(old: ModuleStructure, new: ModuleStructure, name: str) -> str:
    kind = type(new.module).__name__
    if old.module is not new.module:
        return f"argument {name} is another {kind}; keep one, and load the numbers of others into it"
    if old.names != new.names:
        return f"the {kind} in {name} has other parameters; keep its parameters, and assign their .data"
    pairs = zip_longest(old.settings, new.settings)  # type: ignore[call-overload]
    changed = next((k for k, (one, other) in enumerate(pairs) if one != other), -1)
    where = new.places[changed] if 0 <= changed < len(new.places) else ""
    what = f"the setting {where} of the {kind} in" if where else f"a setting of the {kind} in"
    return f"{what} {name} changes; pass what changes as an argument, which may be a number"


def words_of(part: Part | None) -> str:
    if part is None:
        return "not there"
    kind, aux, children, leaves = part.node
    return kind.words(aux, children or leaves)
