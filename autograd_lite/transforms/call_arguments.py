"""The arguments of a call with a rule of its own, taken apart into operands and put together again."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.operands import Operand
from autograd_lite.trees import PyTreeDef, flatten


class Arguments:
    """Pytrees.  Floats and Values in them are operands; whole numbers and bools stay what they are."""

    def __init__(self, arguments: Sequence[Any], names: Sequence[str]) -> None:
        self.leaves: list[Any] = []
        self.treedefs: list[PyTreeDef] = []
        for x, name in zip(arguments, names, strict=True):
            leaves, treedef = flatten(x, name)
            self.leaves += leaves
            self.treedefs.append(treedef)
        self.places = [k for k, x in enumerate(self.leaves) if isinstance(x, Operand) or not isinstance(x, int)]

    def take_operands(self) -> list[Any]:
        """The operands, which are not kept: what is made of them may come to be in what they were an argument with."""
        found = [self.leaves[k] for k in self.places]
        for k in self.places:
            self.leaves[k] = 0.0
        return found

    def with_operands(self, numbers: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with these numbers in the places of the operands."""
        leaves = list(self.leaves)
        for k, x in zip(self.places, numbers, strict=True):
            leaves[k] = x
        return self.with_leaves(leaves)

    def tangents(self, numbers: Sequence[Any]) -> tuple[Any, ...]:
        """The same, with 0 in all other places."""
        leaves: list[Any] = [0.0] * len(self.leaves)
        for k, x in zip(self.places, numbers, strict=True):
            leaves[k] = x
        return self.with_leaves(leaves)

    def with_leaves(self, leaves: list[Any]) -> tuple[Any, ...]:
        parts, start = [], 0
        for treedef in self.treedefs:
            stop = start + treedef.num_leaves
            parts.append(treedef.unflatten(leaves[start:stop], copies=True))
            start = stop
        return tuple(parts)
